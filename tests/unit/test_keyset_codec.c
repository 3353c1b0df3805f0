/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/keysets.h"

#include <mintmark/json.h>
#include <mintmark/keyio.h>
#include <stdlib.h>
#include <string.h>

/*
 * The keys of RFC 8032 §7.1, tests 1 and 2, one that signs and one that took every step. This text is the format: it
 * never changes, because every data directory in the world is written in it.
 */
#define X_A   "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"
#define KID_A "BuP9j9opu2CrWVV95h7bCuzbIxE0vjDnW0Vfjht5L6k"
#define X_B   "PUAXw-hDiVqStwqnTRt-vJyYLM8uxJaMwM1V8Sr0Zgw"
#define KID_B "3rLe053Cb84OYIW2_DS_a1lBkTu_4uphQRPP-eAEwXA"

#define IDENTITY(x, kid)                                                                                               \
	"      \"kid\": \"" kid "\",\n"                                                                                \
	"      \"alg\": \"EdDSA\",\n" JWK(x, kid)
#define JWK(x, kid)                                                                                                    \
	"      \"jwk\": {\n"                                                                                           \
	"        \"use\": \"sig\",\n"                                                                                  \
	"        \"kty\": \"OKP\",\n"                                                                                  \
	"        \"kid\": \"" kid "\",\n"                                                                              \
	"        \"crv\": \"Ed25519\",\n"                                                                              \
	"        \"alg\": \"EdDSA\",\n"                                                                                \
	"        \"x\": \"" x "\"\n"                                                                                   \
	"      },\n"

/* clang-format off */
static const char golden[] =
	"{\n"
	"  \"format\": \"mintmark-keyset/1\",\n"
	"  \"revision\": 42,\n"
	"  \"committed\": \"2026-11-22T00:15:08Z\",\n"
	"  \"keys\": [\n"
	"    {\n"
	IDENTITY(X_A, KID_A)
	"      \"created\": \"2026-11-22T00:15:00Z\",\n"
	"      \"published\": \"2026-11-22T00:15:01Z\",\n"
	"      \"publish_wait\": 3720,\n"
	"      \"activated\": \"2026-11-22T00:15:02Z\",\n"
	"      \"retire_wait\": 3600\n"
	"    },\n"
	"    {\n"
	IDENTITY(X_B, KID_B)
	"      \"created\": \"2026-11-22T00:15:00Z\",\n"
	"      \"published\": \"2026-11-22T00:15:01Z\",\n"
	"      \"publish_wait\": 0,\n"
	"      \"activated\": \"2026-11-22T00:15:02Z\",\n"
	"      \"retire_wait\": 86520,\n"
	"      \"retired\": \"2026-11-22T00:15:03Z\",\n"
	"      \"tainted\": \"2026-11-22T00:15:04Z\",\n"
	"      \"removed\": \"2026-11-23T00:17:03Z\",\n"
	"      \"revoked\": \"2026-11-22T00:15:06Z\"\n"
	"    }\n"
	"  ]\n"
	"}\n";
/* clang-format on */

static struct mm_key *golden_key(const char *x)
{
	json_t *jwk = json_pack("{s:s, s:s, s:s, s:s}", "kty", "OKP", "crv", "Ed25519", "alg", "EdDSA", "x", x);
	struct mm_key *key = NULL;
	struct mm_err err = {0};

	assert_ok(mm_jwk_to_key(jwk, false, &key, &err), &err);
	json_decref(jwk);
	return key;
}

static struct mm_keyset *decoded(const char *text)
{
	struct mm_keyset *set = NULL;
	struct mm_err err = {0};

	assert_ok(mm_keyset_decode(mm_span_str(text), &set, &err), &err);
	return set;
}

static char *encoded(const struct mm_keyset *set)
{
	mm_auto_buf text = {0};
	struct mm_err err = {0};

	assert_ok(mm_keyset_encode(set, &text, &err), &err);
	assert_ok(mm_buf_check(&text, &err), &err);
	return mm_buf_take(&text);
}

static void assert_text_refused(const char *text, enum mm_code code, const char *why)
{
	struct mm_keyset *set = NULL;
	struct mm_err err = {0};

	assert_fails_saying(mm_keyset_decode(mm_span_str(text), &set, &err), code, &err, why);
	assert_null(set);
}

/* The golden text with its one occurrence of `from` replaced; the caller frees it. */
static char *golden_with(const char *from, const char *to)
{
	const char *at = strstr(golden, from);
	mm_auto_buf text = {0};

	assert_non_null(at);
	mm_buf_add(&text, golden, (size_t)(at - golden));
	mm_buf_add_str(&text, to);
	mm_buf_add_str(&text, at + strlen(from));
	return mm_buf_take(&text);
}

static void assert_change_refused(const char *from, const char *to, enum mm_code code, const char *why)
{
	mm_auto_string text = golden_with(from, to);

	assert_text_refused(text, code, why);
}

/* ---- the format ------------------------------------------------------------------------------------------------- */

static void writes_the_format_byte_for_byte(void **state)
{
	mm_auto(mm_keyset) set = NULL;
	mm_auto_string text = NULL;
	(void)state;

	assert_ok(mm_keyset_new(&set, NULL), NULL);
	set->revision = 42;
	set->committed = T0 + 8;
	set->records = calloc(2, sizeof(*set->records));
	assert_non_null(set->records);
	set->count = 2;
	set->records[0] = (struct mm_key_record){.key = golden_key(X_A),
						 .created = T0,
						 .published = T0 + 1,
						 .delivered = T0 + 1,
						 .publish_wait = 3720,
						 .activated = T0 + 2,
						 .retire_wait = 3600};
	set->records[1] = (struct mm_key_record){.key = golden_key(X_B),
						 .created = T0,
						 .published = T0 + 1,
						 .delivered = T0 + 1,
						 .activated = T0 + 2,
						 .retired = T0 + 3,
						 .retire_wait = TEST_RETIRE_WAIT,
						 .tainted = T0 + 4,
						 .removed = T0 + 3 + TEST_RETIRE_WAIT,
						 .revoked = T0 + 6};
	text = encoded(set);
	assert_string_equal(text, golden);
}

static void reads_what_it_wrote(void **state)
{
	mm_auto(mm_keyset) set = decoded(golden);
	mm_auto_string text = encoded(set);
	(void)state;

	assert_int_equal(set->revision, 42);
	assert_int_equal(set->committed, T0 + 8);
	assert_int_equal(set->count, 2);
	assert_string_equal(mm_key_kid(set->records[0].key), KID_A);
	assert_string_equal(text, golden);
}

static void assert_same_record(const struct mm_key_record *found, const struct mm_key_record *expected)
{
	struct mm_key_record a = *found, b = *expected;

	assert_string_equal(mm_key_kid(a.key), mm_key_kid(b.key));
	assert_ptr_equal(mm_key_alg(a.key), mm_key_alg(b.key));
	a.key = b.key = NULL;
	assert_memory_equal(&a, &b, sizeof(a));
}

static void assert_kept(const char *alg)
{
	mm_auto(mm_keyset) set = NULL;
	mm_auto(mm_keyset) again = NULL;
	mm_auto_string text = NULL;

	assert_ok(mm_keyset_new(&set, NULL), NULL);
	set->revision = MM_REVISION_MAX;
	set->committed = T0;
	test_active(set, alg)->publish_wait = 1;
	text = encoded(set);
	again = decoded(text);
	assert_int_equal(again->revision, set->revision);
	assert_int_equal(again->count, 1);
	assert_same_record(&again->records[0], &set->records[0]);
}

static void keeps_a_key_of_every_algorithm(void **state)
{
	(void)state;
	for (size_t i = 0; i < MM_ALG_COUNT; i++)
		assert_kept(mm_algs[i].name);
}

static void an_empty_set_is_written_and_read(void **state)
{
	mm_auto(mm_keyset) set = NULL;
	mm_auto(mm_keyset) again = NULL;
	mm_auto_string text = NULL;
	(void)state;

	assert_ok(mm_keyset_new(&set, NULL), NULL);
	set->revision = 1;
	set->committed = T0;
	text = encoded(set);
	again = decoded(text);
	assert_int_equal(again->count, 0);
}

/* The set has the private halves; the text must not, in whatever form. */
static void writes_no_private_member(void **state)
{
	mm_auto(mm_keyset) set = NULL;
	mm_auto_string text = NULL;
	(void)state;

	assert_ok(mm_keyset_new(&set, NULL), NULL);
	test_active(set, "RS256");
	test_active(set, "ES256");
	test_active(set, "EdDSA");
	set->revision = 1;
	set->committed = T0;
	text = encoded(set);
	for (const char *const *name = (const char *const[]){"\"d\"", "\"p\"", "\"q\"", "\"dp\"", "\"dq\"", "\"qi\"",
							     "\"k\"", "PRIVATE", NULL};
	     *name; name++)
		assert_null(strstr(text, *name));
}

static void appends_to_what_the_buffer_holds(void **state)
{
	mm_auto(mm_keyset) set = decoded(golden);
	mm_auto_buf text = {0};
	(void)state;

	mm_buf_add_str(&text, "before");
	assert_ok(mm_keyset_encode(set, &text, NULL), NULL);
	assert_int_equal(strncmp(text.p, "before{", 7), 0);
	assert_string_equal(text.p + 6, golden);
}

/* ---- what is refused -------------------------------------------------------------------------------------------- */

static void another_format_is_refused_and_the_readable_ones_are_named(void **state)
{
	(void)state;
	assert_change_refused("mintmark-keyset/1", "mintmark-keyset/2", MM_EPARSE,
			      "found \"mintmark-keyset/2\"; this program reads mintmark-keyset/1");
}

/* A newer format may have any members: what is said is its version, not its first unknown member. */
static void the_version_is_judged_before_anything_else(void **state)
{
	(void)state;
	assert_text_refused("{\"new\": 1, \"format\": \"mintmark-keyset/2\"}", MM_EPARSE, "this program reads");
	assert_text_refused("{\"new\": 1}", MM_ENOTFOUND, "format");
}

static void every_member_of_the_set_must_be_there(void **state)
{
	(void)state;
	assert_change_refused("  \"revision\": 42,\n", "", MM_ENOTFOUND, "revision");
	assert_change_refused("  \"committed\": \"2026-11-22T00:15:08Z\",\n", "", MM_ENOTFOUND, "committed");
	assert_text_refused("{\"format\":\"mintmark-keyset/1\",\"revision\":1,\"committed\":\"2026-11-22T00:15:08Z\"}",
			    MM_EPARSE, "keys is missing");
}

static void every_member_of_a_key_must_be_there(void **state)
{
	(void)state;
	assert_change_refused("      \"kid\": \"" KID_A "\",\n      \"alg\"", "      \"alg\"", MM_ENOTFOUND, "kid");
	assert_change_refused("      \"alg\": \"EdDSA\",\n      \"jwk\"", "      \"jwk\"", MM_ENOTFOUND, "alg");
	assert_change_refused(JWK(X_A, KID_A), "", MM_EPARSE, "jwk is missing");
	assert_change_refused("      \"created\": \"2026-11-22T00:15:00Z\",\n", "", MM_EREFUSED, "created is missing");
}

static void unknown_members_are_refused_at_every_level(void **state)
{
	(void)state;
	assert_change_refused("  \"revision\"", "  \"note\": 1,\n  \"revision\"", MM_EPARSE,
			      "unknown member \"note\" in format mintmark-keyset/1");
	assert_change_refused("      \"created\"", "      \"note\": 1,\n      \"created\"", MM_EPARSE,
			      "unknown member \"note\"");
	assert_change_refused("        \"crv\"", "        \"note\": 1,\n        \"crv\"", MM_EREFUSED, "other members");
}

static void repeated_members_are_refused(void **state)
{
	(void)state;
	assert_change_refused("  \"revision\"", "  \"revision\": 41,\n  \"revision\"", MM_EPARSE, "");
}

static void revisions_begin_at_1_and_end_one_before_the_last_integer(void **state)
{
	(void)state;
	assert_change_refused("42", "0", MM_EPARSE, "revision: found 0");
	assert_change_refused("42", "-1", MM_EPARSE, "revision: found -1");
	assert_change_refused("42", "9223372036854775807", MM_EPARSE, "accepted: 1 to 9223372036854775806");
	assert_change_refused("42", "42.0", MM_EPARSE, "revision");
	assert_change_refused("42", "\"42\"", MM_EPARSE, "revision");
	assert_change_refused("42", "9223372036854775808", MM_EPARSE, "");
}

static void a_kid_of_another_key_is_refused(void **state)
{
	(void)state;
	assert_change_refused("\"kid\": \"Bu", "\"kid\": \"Cu", MM_EREFUSED,
			      "kid is not that of the key in jwk, which is " KID_A);
}

static void a_jwk_of_another_key_is_refused(void **state)
{
	(void)state;
	assert_change_refused(X_A, X_B, MM_EREFUSED, "kid is not that of");
}

static void an_alg_that_is_not_the_keys_is_refused(void **state)
{
	(void)state;
	assert_change_refused("      \"alg\": \"EdDSA\",\n      \"jwk\"", "      \"alg\": \"ES256\",\n      \"jwk\"",
			      MM_EREFUSED, "alg is ES256, but EdDSA in jwk");
}

static void a_private_member_in_the_jwk_is_refused(void **state)
{
	(void)state;
	assert_change_refused("        \"crv\"",
			      "        \"d\": \"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A\",\n        \"crv\"",
			      MM_EREFUSED, "jwk");
}

static void times_have_one_text_only(void **state)
{
	static const char *const others[] = {"2026-11-22T00:15:02+00:00",
					     "2026-11-22t00:15:02z",
					     "2026-11-22 00:15:02Z",
					     "2026-11-22T00:15:02.0Z",
					     "1795306502",
					     "1970-01-01T00:00:00Z",
					     "2026-02-30T00:00:00Z",
					     "",
					     "soon"};
	(void)state;

	for (size_t i = 0; i < MM_COUNT(others); i++)
		assert_change_refused("2026-11-22T00:15:02Z", others[i], MM_EPARSE, "activated");
	assert_change_refused("\"2026-11-22T00:15:02Z\"", "1795306502", MM_EPARSE, "activated");
	assert_change_refused("\"2026-11-22T00:15:02Z\"", "null", MM_EPARSE, "activated");
}

static void a_wait_stands_beside_its_step_and_only_there(void **state)
{
	(void)state;
	assert_change_refused("      \"publish_wait\": 3720,\n", "", MM_EPARSE, "publish_wait must stand beside");
	assert_change_refused("      \"retire_wait\": 86520,\n", "", MM_EPARSE, "retire_wait must stand beside");
	assert_change_refused("      \"activated\": \"2026-11-22T00:15:02Z\",\n", "", MM_EPARSE,
			      "retire_wait must stand beside");
}

/* As it was written before that wait was frozen with the first signature. */
static void a_signer_may_lack_its_retire_wait(void **state)
{
	mm_auto_string text = golden_with(",\n      \"retire_wait\": 3600", "");
	mm_auto(mm_keyset) set = decoded(text);
	(void)state;

	assert_int_equal(set->records[0].retire_wait, 0);
}

static void waits_are_whole_seconds(void **state)
{
	(void)state;
	assert_change_refused("3720", "3720.5", MM_EPARSE, "publish_wait");
	assert_change_refused("3720", "\"1h2m\"", MM_EPARSE, "publish_wait");
	assert_change_refused("3720", "-1", MM_EREFUSED, "publish_wait");
}

static void the_whole_is_checked(void **state)
{
	(void)state;
	assert_change_refused("00:15:01Z", "00:15:03Z", MM_EREFUSED, "before it was published");
	assert_change_refused("\n      \"activated\": \"2026-11-22T00:15:02Z\",\n      \"retire_wait\": 3600",
			      "\n      \"removed\": \"2026-11-22T00:15:02Z\"", MM_EREFUSED, "no key signs");
}

static void the_message_names_the_key(void **state)
{
	(void)state;
	assert_change_refused("3720", "true", MM_EPARSE, "key " KID_A ": member \"publish_wait\"");
}

static void keys_must_be_an_array_of_objects(void **state)
{
	static const char head[] = "{\"format\":\"mintmark-keyset/1\",\"revision\":1,"
				   "\"committed\":\"2026-11-22T00:15:08Z\",\"keys\":";
	static const char *const others[] = {"{}}", "null}", "[null]}", "[[]]}", "[{\"kid\":1}]}"};
	(void)state;

	for (size_t i = 0; i < MM_COUNT(others); i++) {
		mm_auto_buf text = {0};

		mm_buf_add_str(&text, head);
		mm_buf_add_str(&text, others[i]);
		assert_text_refused(text.p, MM_EPARSE, "");
	}
}

static void a_text_that_was_cut_off_is_refused_wherever(void **state)
{
	(void)state;
	/* The last byte is the newline: without it the object is still whole. */
	for (size_t len = 0; len < sizeof(golden) - 2; len++) {
		struct mm_keyset *set = NULL;

		assert_int_not_equal(mm_keyset_decode(mm_span(golden, len), &set, NULL), MM_OK);
		assert_null(set);
	}
}

/* One bit of the text at a time: whatever is still accepted is a set that is good and is written as it was read. */
static void a_text_with_a_wrong_bit_is_refused_or_good(void **state)
{
	char text[sizeof(golden)];
	(void)state;

	for (size_t bit = 0; bit < 8 * (sizeof(golden) - 1); bit++) {
		struct mm_keyset *set = NULL;

		memcpy(text, golden, sizeof(golden));
		text[bit / 8] ^= (char)(1 << bit % 8);
		if (mm_keyset_decode(mm_span(text, sizeof(golden) - 1), &set, NULL) == MM_OK) {
			assert_int_equal(mm_keyset_check(set, NULL), MM_OK);
			assert_string_equal(mm_key_kid(set->records[0].key), KID_A);
			mm_keyset_free(set);
		}
	}
}

static void a_text_beyond_the_limit_is_refused(void **state)
{
	mm_auto_buf text = {0};
	struct mm_keyset *set = NULL;
	char *spaces = mm_buf_reserve(&text, MM_KEYSET_TEXT_MAX);
	(void)state;

	assert_non_null(spaces);
	memset(spaces, ' ', MM_KEYSET_TEXT_MAX);
	text.len += MM_KEYSET_TEXT_MAX;
	mm_buf_add_str(&text, golden);
	assert_int_equal(mm_keyset_decode(mm_buf_span(&text), &set, NULL), MM_ELIMIT);
}

static int allocations_left;

static void *limited_malloc(size_t size)
{
	return allocations_left-- > 0 ? malloc(size) : NULL;
}

/* Every allocation of the JSON library fails once. The library does not always tell why it failed, only that it did. */
static void running_out_of_memory_is_an_error_wherever(void **state)
{
	mm_auto(mm_keyset) set = decoded(golden);
	enum mm_code encoding = MM_ENOMEM, decoding = MM_ENOMEM;
	(void)state;

	for (int i = 0; encoding != MM_OK || decoding != MM_OK; i++) {
		mm_auto(mm_keyset) again = NULL;
		mm_auto_buf text = {0};

		json_set_alloc_funcs(limited_malloc, free);
		allocations_left = i;
		encoding = mm_keyset_encode(set, &text, NULL);
		allocations_left = i;
		decoding = mm_keyset_decode(mm_span_str(golden), &again, NULL);
		json_set_alloc_funcs(malloc, free);
		assert_int_equal(encoding == MM_OK, mm_span_is(mm_buf_span(&text), golden));
		assert_int_equal(decoding == MM_OK, again != NULL);
		assert_true(i < 1000);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(writes_the_format_byte_for_byte),
		cmocka_unit_test(reads_what_it_wrote),
		cmocka_unit_test(keeps_a_key_of_every_algorithm),
		cmocka_unit_test(an_empty_set_is_written_and_read),
		cmocka_unit_test(writes_no_private_member),
		cmocka_unit_test(appends_to_what_the_buffer_holds),
		cmocka_unit_test(another_format_is_refused_and_the_readable_ones_are_named),
		cmocka_unit_test(the_version_is_judged_before_anything_else),
		cmocka_unit_test(every_member_of_the_set_must_be_there),
		cmocka_unit_test(every_member_of_a_key_must_be_there),
		cmocka_unit_test(unknown_members_are_refused_at_every_level),
		cmocka_unit_test(repeated_members_are_refused),
		cmocka_unit_test(revisions_begin_at_1_and_end_one_before_the_last_integer),
		cmocka_unit_test(a_kid_of_another_key_is_refused),
		cmocka_unit_test(a_jwk_of_another_key_is_refused),
		cmocka_unit_test(an_alg_that_is_not_the_keys_is_refused),
		cmocka_unit_test(a_private_member_in_the_jwk_is_refused),
		cmocka_unit_test(times_have_one_text_only),
		cmocka_unit_test(a_wait_stands_beside_its_step_and_only_there),
		cmocka_unit_test(a_signer_may_lack_its_retire_wait),
		cmocka_unit_test(waits_are_whole_seconds),
		cmocka_unit_test(the_whole_is_checked),
		cmocka_unit_test(the_message_names_the_key),
		cmocka_unit_test(keys_must_be_an_array_of_objects),
		cmocka_unit_test(a_text_that_was_cut_off_is_refused_wherever),
		cmocka_unit_test(a_text_with_a_wrong_bit_is_refused_or_good),
		cmocka_unit_test(a_text_beyond_the_limit_is_refused),
		cmocka_unit_test(running_out_of_memory_is_an_error_wherever),
	};

	return cmocka_run_group_tests_name("keyset_codec", tests, NULL, NULL);
}
