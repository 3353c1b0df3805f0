/* SPDX-License-Identifier: Apache-2.0 */
#include "issuer/token/token.h"
#include "tests/unit/support.h"
#include "tests/unit/tokens.h"

#include <stdio.h>
#include <string.h>

/* "{"keys":[…]}" with the given text between the brackets. */
static enum mm_code parse(const char *keys, struct mm_jwks **out, struct mm_err *err)
{
	mm_auto_buf text = {0};

	mm_buf_printf(&text, "{\"keys\":[%s]}", keys);
	return mm_jwks_parse(mm_buf_span(&text), out, err);
}

static void assert_refused(const char *keys, enum mm_code code, const char *reason)
{
	mm_auto(mm_jwks) jwks = NULL;
	struct mm_err err = {0};

	assert_int_equal(parse(keys, &jwks, &err), code);
	assert_contains(err.text, reason);
	assert_null(jwks);
}

static void assert_count(const char *keys, size_t count)
{
	mm_auto(mm_jwks) jwks = NULL;
	struct mm_err err = {0};

	assert_ok(parse(keys, &jwks, &err), &err);
	assert_int_equal(mm_jwks_count(jwks), count);
}

/* The JWK of the n-th ES256 key, without that member (NULL: with all), and with those of the object `more`. */
static char *es256(unsigned n, const char *kid, const char *without, const char *more)
{
	mm_auto_string jwk = test_jwk(test_shared_key("ES256", n), kid);
	json_t *object = json_loads(jwk, 0, NULL), *members = json_loads(more, 0, NULL);
	char *text;

	if (without)
		json_object_del(object, without);
	json_object_update(object, members);
	text = json_dumps(object, JSON_COMPACT);
	json_decref(object);
	json_decref(members);
	return text;
}

static void keys_are_found_by_kid(void **state)
{
	mm_auto_string a = test_jwk(test_shared_key("ES256", 0), "b");
	mm_auto_string b = test_jwk(test_shared_key("EdDSA", 0), "a");
	mm_auto_string c = test_jwk(test_shared_key("RS256", 0), "abc");
	mm_auto(mm_jwks) jwks = NULL;
	mm_auto_buf keys = {0};
	struct mm_err err = {0};

	(void)state;
	mm_buf_printf(&keys, "%s,%s,%s", a, b, c);
	assert_ok(parse(keys.p, &jwks, &err), &err);
	assert_int_equal(mm_jwks_count(jwks), 3);
	assert_string_equal(mm_key_alg(mm_jwks_find(jwks, mm_span_str("a")))->name, "EdDSA");
	assert_string_equal(mm_key_alg(mm_jwks_find(jwks, mm_span_str("b")))->name, "ES256");
	assert_string_equal(mm_key_alg(mm_jwks_find(jwks, mm_span("abcd", 3)))->name, "RS256");
	assert_null(mm_jwks_find(jwks, mm_span_str("c")));
	assert_null(mm_jwks_find(jwks, mm_span_str("ab")));
	assert_null(mm_jwks_find(jwks, mm_span_str("abcd")));
	assert_null(mm_jwks_find(jwks, mm_span_str("")));
}

static void keys_without_kid_are_kept_but_not_found(void **state)
{
	mm_auto_string a = test_jwk(test_shared_key("ES256", 0), NULL);
	mm_auto_string b = test_jwk(test_shared_key("ES256", 1), "");
	mm_auto_buf keys = {0};
	mm_auto(mm_jwks) jwks = NULL;
	struct mm_err err = {0};

	(void)state;
	mm_buf_printf(&keys, "%s,%s", a, b);
	assert_ok(parse(keys.p, &jwks, &err), &err);
	assert_int_equal(mm_jwks_count(jwks), 2);
	assert_null(mm_jwks_find(jwks, mm_span_str("")));
}

static void an_empty_set_is_a_set(void **state)
{
	(void)state;
	assert_count("", 0);
}

static void what_is_not_for_us_is_skipped(void **state)
{
	static const char *const members[] = {
		"{\"kty\":\"oct\",\"k\":\"AAAA\"}",
		"{\"kty\":\"AKP\"}",
		"{\"use\":\"enc\"}",
		"{\"alg\":\"ECDH-ES\"}",
		"{\"crv\":\"secp256k1\"}",
		"{\"key_ops\":[\"sign\"]}",
		"{\"alg\":\"HS256\"}",
		"{\"key_ops\":[\"encrypt\"]}",
		"{\"key_ops\":[]}",
	};
	mm_auto_string good = test_jwk(test_shared_key("ES256", 1), "good");

	(void)state;
	for (size_t i = 0; i < MM_COUNT(members); i++) {
		mm_auto_string other = es256(0, "other", NULL, members[i]);
		mm_auto_buf keys = {0};

		mm_buf_printf(&keys, "%s,%s", other, good);
		assert_count(keys.p, 1);
	}
}

static void what_is_for_us_is_kept(void **state)
{
	static const char *const members[] = {
		"{\"use\":\"sig\"}", "{\"key_ops\":[\"verify\"]}", "{\"key_ops\":[\"sign\",\"verify\"]}",
		"{\"x5t\":\"AA\"}",  "{\"unknown\":{\"a\":[1]}}",
	};

	(void)state;
	for (size_t i = 0; i < MM_COUNT(members); i++) {
		mm_auto_string jwk = es256(0, "k", NULL, members[i]);

		assert_count(jwk, 1);
	}
}

static void without_alg_the_type_of_the_key_decides(void **state)
{
	mm_auto_string jwk = es256(0, "k", "alg", "{}");
	mm_auto(mm_jwks) jwks = NULL;
	struct mm_err err = {0};

	(void)state;
	assert_ok(parse(jwk, &jwks, &err), &err);
	assert_string_equal(mm_key_alg(mm_jwks_find(jwks, mm_span_str("k")))->name, "ES256");
}

static void private_members_fail_the_whole(void **state)
{
	static const char *const members[] = {"d", "p", "q", "dp", "dq", "qi", "k"};

	(void)state;
	for (size_t i = 0; i < MM_COUNT(members); i++) {
		char member[32];
		mm_auto_string jwk = NULL;

		snprintf(member, sizeof member, "{\"%s\":\"AAAA\"}", members[i]);
		jwk = es256(0, "k1", NULL, member);
		assert_refused(jwk, MM_EREFUSED, "key 0: kid \"k1\"");
	}
}

static void a_repeated_kid_fails_the_whole(void **state)
{
	mm_auto_string a = test_jwk(test_shared_key("ES256", 0), "same");
	mm_auto_string b = test_jwk(test_shared_key("ES256", 1), "same");
	mm_auto_buf keys = {0};

	(void)state;
	mm_buf_printf(&keys, "%s,%s", a, b);
	assert_refused(keys.p, MM_EREFUSED, "kid \"same\"");
}

static void a_repeated_kid_fails_the_whole_also_when_one_key_is_broken(void **state)
{
	mm_auto_string a = test_jwk(test_shared_key("ES256", 0), "same");
	mm_auto_string b = es256(1, "same", "y", "{}");
	mm_auto_buf keys = {0};

	(void)state;
	mm_buf_printf(&keys, "%s,%s", b, a);
	assert_refused(keys.p, MM_EREFUSED, "keys 0 and 1 both have kid \"same\"");
}

static void a_broken_key_is_not_taken_and_the_others_are(void **state)
{
	mm_auto_string good = test_jwk(test_shared_key("ES256", 0), "good");
	mm_auto_string no_y = es256(1, "bad", "y", "{}");
	mm_auto_string off_curve = es256(1, "bad", NULL, "{\"y\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAE\"}");
	mm_auto_string misfit = es256(1, "bad", NULL, "{\"alg\":\"ES384\"}");
	mm_auto_string number = es256(1, "bad", NULL, "{\"use\":7}");
	const char *const broken[] = {no_y, off_curve, misfit, number};

	(void)state;
	for (size_t i = 0; i < MM_COUNT(broken); i++) {
		mm_auto_buf keys = {0};
		mm_auto(mm_jwks) jwks = NULL;
		struct mm_err err = {0};
		size_t index = 0;

		mm_buf_printf(&keys, "{\"kty\":\"oct\"},%s,%s", broken[i], good);
		assert_ok(parse(keys.p, &jwks, &err), &err);
		assert_int_equal(mm_jwks_count(jwks), 1);
		assert_non_null(mm_jwks_find(jwks, mm_span_str("good")));
		assert_null(mm_jwks_find(jwks, mm_span_str("bad")));
		assert_non_null(mm_jwks_not_taken(jwks, "bad", &index));
		assert_int_equal(index, 1);
		assert_null(mm_jwks_not_taken(jwks, "good", &index));
		assert_refused(broken[i], i < 1 || i == 3 ? MM_EPARSE : MM_EREFUSED, "JWKS: key 0: kid \"bad\"");
	}
}

static void a_private_member_in_a_broken_key_fails_the_whole(void **state)
{
	mm_auto_string good = test_jwk(test_shared_key("ES256", 0), "good");
	mm_auto_string leaked = es256(1, "leaked", NULL, "{\"use\":7,\"d\":\"AAAA\"}");
	mm_auto_buf keys = {0};

	(void)state;
	mm_buf_printf(&keys, "%s,%s", good, leaked);
	assert_refused(keys.p, MM_EREFUSED, "key 1: kid \"leaked\": d is a private member");
}

/* 1024 bits; e = 1; e = 3, once common, which RFC 8017 forgeries like. */
static void weak_rsa_keys_are_refused(void **state)
{
	mm_auto_string good = test_jwk(test_shared_key("RS256", 0), "weak");
	static const char *const members[] = {
		"{\"e\":\"AQ\"}",
		"{\"e\":\"Aw\"}",
		"{\"e\":\"AQAC\"}",
		"{\"n\":\"4VbEmqL-"
		"9L7WhCo1Z7Hn4dR4CkCkCkCkCkCkCkCkCkCkCkCkCkCkCkCkCkCkCkCkCkCkCkCkCkCkCkCkCkCkCkCkCkCkCkCkCkC"
		"kCkCkCkCkCkCkCkCkCkCkCkCkCkCkCkCkCkCkCkCkCkCkCkCkCkCkCkCkCkCkCkCk\"}",
	};

	(void)state;
	for (size_t i = 0; i < MM_COUNT(members); i++) {
		json_t *jwk = json_loads(good, 0, NULL), *member = json_loads(members[i], 0, NULL);
		mm_auto_string text = NULL;

		json_object_update(jwk, member);
		text = json_dumps(jwk, 0);
		assert_refused(text, MM_EREFUSED, "kid \"weak\"");
		json_decref(jwk);
		json_decref(member);
	}
}

static void members_of_wrong_types_are_refused(void **state)
{
	static const char *const members[] = {"{\"kty\":7}", "{\"use\":[]}", "{\"alg\":null}", "{\"kid\":7}",
					      "{\"crv\":{}}"};
	mm_auto_string no_kty = es256(0, "k", "kty", "{}");

	(void)state;
	for (size_t i = 0; i < MM_COUNT(members); i++) {
		mm_auto_string jwk = es256(0, "k", NULL, members[i]);

		assert_refused(jwk, MM_EPARSE, "key 0");
	}
	assert_refused(no_kty, MM_EPARSE, "kty");
	assert_refused("7", MM_EPARSE, "key 0: not an object");
}

static void a_document_without_an_array_of_keys_is_refused(void **state)
{
	static const char *const texts[] = {"{}", "{\"keys\":{}}", "{\"keys\":null}", "[]", "", "{\"keys\":[]}x"};

	(void)state;
	for (size_t i = 0; i < MM_COUNT(texts); i++) {
		mm_auto(mm_jwks) jwks = NULL;
		struct mm_err err = {0};

		assert_fails(mm_jwks_parse(mm_span_str(texts[i]), &jwks, &err), MM_EPARSE, &err);
	}
}

static void a_kid_has_at_most_1024_bytes(void **state)
{
	char kid[MM_KID_MAX + 2];
	mm_auto_string at_limit = NULL;
	mm_auto_string over = NULL;

	(void)state;
	memset(kid, 'k', sizeof kid);
	kid[MM_KID_MAX] = '\0';
	at_limit = test_jwk(test_shared_key("ES256", 0), kid);
	assert_count(at_limit, 1);
	kid[MM_KID_MAX] = 'k';
	kid[MM_KID_MAX + 1] = '\0';
	over = test_jwk(test_shared_key("ES256", 0), kid);
	assert_refused(over, MM_ELIMIT, "kid of 1025 bytes");
}

static void a_set_has_at_most_1000_keys(void **state)
{
	mm_auto_buf keys = {0};

	(void)state;
	for (int i = 0; i < MM_JWKS_KEYS_MAX; i++)
		mm_buf_add_str(&keys, i == 0 ? "{\"kty\":\"oct\"}" : ",{\"kty\":\"oct\"}");
	assert_count(keys.p, 0);
	mm_buf_add_str(&keys, ",{\"kty\":\"oct\"}");
	assert_refused(keys.p, MM_ELIMIT, "1001 keys");
}

static void a_set_has_at_most_512_kib(void **state)
{
	mm_auto(mm_jwks) jwks = NULL;
	mm_auto_buf text = {0};
	struct mm_err err = {0};

	(void)state;
	mm_buf_printf(&text, "{\"keys\":[],\"x\":\"%0*d\"}", MM_JWKS_MAX, 0);
	assert_fails(mm_jwks_parse(mm_buf_span(&text), &jwks, &err), MM_ELIMIT, &err);
}

static void a_set_is_made_of_keys_in_hand(void **state)
{
	const struct mm_key *keys[] = {test_shared_key("ES256", 0), test_shared_key("EdDSA", 0),
				       test_shared_key("ES256", 1)};
	mm_auto(mm_jwks) jwks = NULL;
	struct mm_err err = {0};

	(void)state;
	assert_ok(mm_jwks_from_keys(keys, MM_COUNT(keys), &jwks, &err), &err);
	assert_int_equal(mm_jwks_count(jwks), 3);
	for (size_t i = 0; i < MM_COUNT(keys); i++)
		assert_ptr_equal(mm_jwks_find(jwks, mm_span_str(mm_key_kid(keys[i]))), keys[i]);
	assert_null(mm_jwks_find(jwks, mm_span_str("another")));
}

static void a_set_of_no_keys_knows_none(void **state)
{
	mm_auto(mm_jwks) jwks = NULL;
	struct mm_err err = {0};

	(void)state;
	assert_ok(mm_jwks_from_keys(NULL, 0, &jwks, &err), &err);
	assert_int_equal(mm_jwks_count(jwks), 0);
	assert_null(mm_jwks_find(jwks, mm_span_str("any")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keys_are_found_by_kid),
		cmocka_unit_test(keys_without_kid_are_kept_but_not_found),
		cmocka_unit_test(an_empty_set_is_a_set),
		cmocka_unit_test(what_is_not_for_us_is_skipped),
		cmocka_unit_test(what_is_for_us_is_kept),
		cmocka_unit_test(without_alg_the_type_of_the_key_decides),
		cmocka_unit_test(private_members_fail_the_whole),
		cmocka_unit_test(a_repeated_kid_fails_the_whole),
		cmocka_unit_test(a_repeated_kid_fails_the_whole_also_when_one_key_is_broken),
		cmocka_unit_test(a_broken_key_is_not_taken_and_the_others_are),
		cmocka_unit_test(a_private_member_in_a_broken_key_fails_the_whole),
		cmocka_unit_test(weak_rsa_keys_are_refused),
		cmocka_unit_test(members_of_wrong_types_are_refused),
		cmocka_unit_test(a_document_without_an_array_of_keys_is_refused),
		cmocka_unit_test(a_kid_has_at_most_1024_bytes),
		cmocka_unit_test(a_set_has_at_most_1000_keys),
		cmocka_unit_test(a_set_has_at_most_512_kib),
		cmocka_unit_test(a_set_is_made_of_keys_in_hand),
		cmocka_unit_test(a_set_of_no_keys_knows_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
