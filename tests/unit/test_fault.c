/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/keysets.h"
#include "tests/unit/tokens.h"

#include <mintmark/base64url.h>
#include <mintmark/fault.h>
#include <mintmark/json.h>
#include <openssl/hmac.h>
#include <string.h>

#define NOW      ((mm_time)1700000000)
#define AUDIENCE "sts.example.com"

/* What our own verification says of each. */
static const struct {
	const char *name;
	enum mm_token_fault verdict;
} expected[] = {
	{"expired", MM_TOKEN_EXPIRED},
	{"not-yet-valid", MM_TOKEN_EARLY},
	{"issued-in-future", MM_TOKEN_FUTURE},
	{"short-lived", MM_TOKEN_GOOD},
	{"no-exp", MM_TOKEN_CLAIM},
	{"string-exp", MM_TOKEN_CLAIM},
	{"wrong-issuer", MM_TOKEN_ISSUER},
	{"issuer-with-slash", MM_TOKEN_ISSUER},
	{"no-issuer", MM_TOKEN_CLAIM},
	{"wrong-audience", MM_TOKEN_AUDIENCE},
	{"no-audience", MM_TOKEN_CLAIM},
	{"empty-audience", MM_TOKEN_AUDIENCE},
	{"no-subject", MM_TOKEN_GOOD},
	{"unpublished-key", MM_TOKEN_NO_KEY},
	{"retired-key", MM_TOKEN_GOOD},
	{"tainted-key", MM_TOKEN_GOOD},
	{"wrong-kid", MM_TOKEN_NO_KEY},
	{"other-kid", MM_TOKEN_SIGNATURE},
	{"no-kid", MM_TOKEN_GOOD},
	{"kid-path", MM_TOKEN_FORM},
	{"embedded-key", MM_TOKEN_NO_KEY},
	{"foreign-jku", MM_TOKEN_NO_KEY},
	{"alg-none", MM_TOKEN_FORM},
	{"hs256-with-public-key", MM_TOKEN_FORM},
	{"wrong-alg", MM_TOKEN_SIGNATURE},
	{"broken-signature", MM_TOKEN_SIGNATURE},
	{"zero-signature", MM_TOKEN_SIGNATURE},
	{"no-signature", MM_TOKEN_SIGNATURE},
	{"other-payload", MM_TOKEN_SIGNATURE},
	{"wrong-typ", MM_TOKEN_FORM},
	{"no-typ", MM_TOKEN_GOOD},
	{"unknown-crit", MM_TOKEN_FORM},
};

/* The signer, its standby, a retired and a tainted key, all for `alg`. */
static struct mm_snapshot *make_snapshot(const char *alg)
{
	struct mm_config config = test_config();
	mm_auto(mm_keyset) set = NULL;
	struct mm_policy policy = test_policy_for(alg, NULL);
	struct mm_snapshot *snapshot;
	struct mm_err err = {0};
	char name[16];

	config.keys.algorithm = strcpy(name, alg);
	assert_ok(mm_keyset_new(&set, &err), &err);
	for (unsigned i = 0; i < 4; i++) {
		mm_auto(mm_key) key = test_key(alg);

		if (strcmp(alg, "RS256") == 0 && i > 0)
			break; /* there is one in the vectors, and others are long in the making */
		test_add_first(set, key, NOW);
	}
	for (size_t i = 1; i < 3 && set->count == 4; i++)
		assert_ok(mm_keyset_activate(set, mm_key_kid(set->records[i].key), &policy, MM_GAP_ALLOWED, NOW, &err),
			  &err);
	if (set->count == 4)
		assert_ok(mm_keyset_taint(set, mm_key_kid(set->records[1].key), &policy, MM_GAP_ALLOWED, NOW, &err),
			  &err);
	assert_ok(mm_snapshot_build(&config, set, true, NOW, &snapshot, &err), &err);
	return snapshot;
}

static struct mm_snapshot *snapshot;

static int build_snapshot(void **state)
{
	(void)state;
	snapshot = make_snapshot("ES256");
	return 0;
}

static int free_snapshot(void **state)
{
	(void)state;
	mm_snapshot_free(snapshot);
	return 0;
}

static struct mm_mint_request builder(void)
{
	static const char *const audiences[] = {AUDIENCE};

	return (struct mm_mint_request){
		.namespace = "ci", .service_account = "builder", .audiences = audiences, .audience_count = 1};
}

static struct mm_minted mint(const struct mm_snapshot *from, const char *fault, const char *issuer,
			     const json_t *claims)
{
	const struct mm_fault_request faulty = {fault ? mm_fault_find(fault) : NULL, issuer, claims};
	struct mm_mint_request request = builder();
	struct mm_minted minted;
	struct mm_err err = {0};

	assert_true(!fault || faulty.fault);
	assert_ok(mm_mint_faulty(from, &request, &faulty, NOW, &minted, &err), &err);
	return minted;
}

static enum mm_token_fault verify(const struct mm_snapshot *by, const struct mm_minted *minted)
{
	static const char *const audiences[] = {AUDIENCE};
	const struct mm_verify_options options = {
		.issuer = by->issuer, .audiences = audiences, .audience_count = 1, .now = NOW, .leeway = MM_LEEWAY};
	MM_CLEANUP(mm_token_clear) struct mm_token token = {0};
	mm_auto(mm_jwks) jwks = NULL;
	struct mm_err err = {0};
	enum mm_code code;

	assert_ok(mm_jwks_parse(mm_buf_span(&by->documents->jwks.body), &jwks, &err), &err);
	code = mm_token_verify(mm_buf_span(&minted->token), jwks, &options, &token, &err);
	assert_int_equal(code == MM_OK, token.fault == MM_TOKEN_GOOD);
	return token.fault;
}

static struct mm_token inspect(const struct mm_minted *minted)
{
	struct mm_token token = {0};
	struct mm_err err = {0};

	assert_ok(mm_token_inspect(mm_buf_span(&minted->token), &token, &err), &err);
	return token;
}

static const char *header_text(const struct mm_token *token, const char *name)
{
	return json_string_value(json_object_get(token->header, name));
}

/* ---- the table --------------------------------------------------------------------------------------------------- */

static void every_fault_is_expected_here(void **state)
{
	size_t i = 0;

	(void)state;
	for (; mm_fault_at(i); i++) {
		assert_true(i < MM_COUNT(expected));
		assert_string_equal(mm_fault_name(mm_fault_at(i)), expected[i].name);
		assert_ptr_equal(mm_fault_find(expected[i].name), mm_fault_at(i));
	}
	assert_int_equal(i, MM_COUNT(expected));
	assert_null(mm_fault_find("none"));
}

static void help_is_one_line_without_a_full_stop(void **state)
{
	(void)state;
	for (size_t i = 0; mm_fault_at(i); i++) {
		const char *help = mm_fault_help(mm_fault_at(i));

		assert_true(strlen(help) > 0 && help[strlen(help) - 1] != '.');
		assert_null(strchr(help, '\n'));
	}
}

static void assert_each_is_refused_for_its_reason(const char *alg)
{
	struct mm_snapshot *from = make_snapshot(alg);

	for (size_t i = 0; i < MM_COUNT(expected); i++) {
		MM_CLEANUP(mm_minted_clear) struct mm_minted minted = mint(from, expected[i].name, NULL, NULL);
		enum mm_token_fault found = verify(from, &minted);

		if (found != expected[i].verdict)
			fail_msg("%s %s: %d, not %d", alg, expected[i].name, (int)found, (int)expected[i].verdict);
	}
	mm_snapshot_free(from);
}

static void each_token_is_refused_for_its_reason(void **state)
{
	(void)state;
	assert_each_is_refused_for_its_reason("ES256");
	assert_each_is_refused_for_its_reason("EdDSA");
}

static void rsa_keys_have_the_faults_that_need_no_second_key(void **state)
{
	static const char *const names[] = {"broken-signature", "zero-signature", "wrong-alg", "hs256-with-public-key"};
	struct mm_snapshot *from = make_snapshot("RS256");

	(void)state;
	for (size_t i = 0; i < MM_COUNT(names); i++) {
		MM_CLEANUP(mm_minted_clear) struct mm_minted minted = mint(from, names[i], NULL, NULL);

		assert_int_not_equal(verify(from, &minted), MM_TOKEN_GOOD);
	}
	mm_snapshot_free(from);
}

/* ---- what a fault leaves as it is -------------------------------------------------------------------------------- */

static void without_a_fault_the_token_is_the_usual_one(void **state)
{
	MM_CLEANUP(mm_minted_clear) struct mm_minted plain = {0};
	MM_CLEANUP(mm_minted_clear) struct mm_minted minted = mint(snapshot, NULL, NULL, NULL);
	MM_CLEANUP(mm_token_clear) struct mm_token one = {0};
	MM_CLEANUP(mm_token_clear) struct mm_token other = inspect(&minted);
	struct mm_mint_request request = builder();
	struct mm_err err = {0};

	(void)state;
	assert_ok(mm_mint(snapshot, &request, NOW, &plain, &err), &err);
	one = inspect(&plain);
	assert_int_equal(verify(snapshot, &minted), MM_TOKEN_GOOD);
	assert_true(json_equal(one.header, other.header));
	assert_int_equal(json_object_set_new(one.claims, "jti", json_string(minted.jti)), 0);
	assert_true(json_equal(one.claims, other.claims));
	assert_string_equal(minted.kid, plain.kid);
}

static void a_fault_of_the_header_changes_nothing_else(void **state)
{
	MM_CLEANUP(mm_minted_clear) struct mm_minted minted = mint(snapshot, "wrong-typ", NULL, NULL);
	MM_CLEANUP(mm_token_clear) struct mm_token token = inspect(&minted);

	(void)state;
	assert_int_equal(json_object_size(token.header), 3);
	assert_string_equal(header_text(&token, "alg"), "ES256");
	assert_string_equal(header_text(&token, "kid"), minted.kid);
	assert_int_equal(json_object_size(token.claims), 8);
}

static void members_are_sorted(void **state)
{
	json_t *claims = json_pack("{s:i, s:i}", "zz", 1, "aa", 2);
	MM_CLEANUP(mm_minted_clear) struct mm_minted minted = mint(snapshot, NULL, NULL, claims);
	MM_CLEANUP(mm_token_clear) struct mm_token token = inspect(&minted);

	(void)state;
	mm_buf_add(&token.payload, "", 1);
	assert_int_equal(strncmp(token.payload.p, "{\"aa\":2,\"aud\":[", 15), 0);
	assert_contains(token.payload.p, ",\"zz\":1}");
	json_decref(claims);
}

/* ---- claims and issuer ------------------------------------------------------------------------------------------- */

static void claims_are_added_replaced_and_taken_out(void **state)
{
	json_t *claims = json_pack("{s:s, s:s, s:n, s:n}", "team", "a", "sub", "me", "nbf", "absent");
	MM_CLEANUP(mm_minted_clear) struct mm_minted minted = mint(snapshot, NULL, NULL, claims);
	MM_CLEANUP(mm_token_clear) struct mm_token token = inspect(&minted);

	(void)state;
	assert_int_equal(verify(snapshot, &minted), MM_TOKEN_GOOD);
	assert_string_equal(json_string_value(json_object_get(token.claims, "team")), "a");
	assert_string_equal(json_string_value(json_object_get(token.claims, "sub")), "me");
	assert_null(json_object_get(token.claims, "nbf"));
	assert_int_equal(json_object_size(token.claims), 8);
	json_decref(claims);
}

static void claims_stand_above_what_the_fault_does(void **state)
{
	json_t *claims = json_pack("{s:I}", "exp", (json_int_t)(NOW - 7));
	MM_CLEANUP(mm_minted_clear) struct mm_minted minted = mint(snapshot, "expired", NULL, claims);

	(void)state;
	assert_int_equal(minted.expires_at, NOW - 7);
	assert_int_equal(minted.issued_at, NOW - 7200);
	json_decref(claims);
}

static void the_issuer_can_be_any(void **state)
{
	MM_CLEANUP(mm_minted_clear) struct mm_minted minted = mint(snapshot, NULL, "http://other", NULL);
	MM_CLEANUP(mm_minted_clear)
	struct mm_minted slashed = mint(snapshot, "issuer-with-slash", "http://other", NULL);
	MM_CLEANUP(mm_token_clear) struct mm_token token = inspect(&slashed);

	(void)state;
	assert_int_equal(verify(snapshot, &minted), MM_TOKEN_ISSUER);
	assert_string_equal(json_string_value(json_object_get(token.claims, "iss")), "http://other/");
}

/* ---- what is told of it ------------------------------------------------------------------------------------------ */

static void the_times_told_are_those_of_the_claims(void **state)
{
	MM_CLEANUP(mm_minted_clear) struct mm_minted expired = mint(snapshot, "expired", NULL, NULL);
	MM_CLEANUP(mm_minted_clear) struct mm_minted endless = mint(snapshot, "no-exp", NULL, NULL);
	MM_CLEANUP(mm_minted_clear) struct mm_minted text = mint(snapshot, "string-exp", NULL, NULL);

	(void)state;
	assert_int_equal(expired.expires_at, NOW - 3600);
	assert_int_equal(endless.expires_at, MM_NEVER);
	assert_int_equal(text.expires_at, MM_NEVER);
	assert_int_equal(text.issued_at, NOW);
}

static void the_kid_told_is_that_of_the_key_that_signed(void **state)
{
	MM_CLEANUP(mm_minted_clear) struct mm_minted fresh = mint(snapshot, "unpublished-key", NULL, NULL);
	MM_CLEANUP(mm_minted_clear) struct mm_minted retired = mint(snapshot, "retired-key", NULL, NULL);
	MM_CLEANUP(mm_minted_clear) struct mm_minted tainted = mint(snapshot, "tainted-key", NULL, NULL);
	MM_CLEANUP(mm_minted_clear) struct mm_minted wrong = mint(snapshot, "wrong-kid", NULL, NULL);

	(void)state;
	assert_string_equal(fresh.kid, "");
	assert_string_equal(retired.kid, mm_key_kid(snapshot->set->records[0].key));
	assert_string_equal(tainted.kid, mm_key_kid(snapshot->set->records[1].key));
	assert_string_equal(wrong.kid, mm_key_kid(snapshot->set->records[2].key));
}

static void the_jti_told_is_that_of_the_claims(void **state)
{
	json_t *claims = json_pack("{s:s}", "jti", "mine"), *none = json_pack("{s:n}", "jti");
	MM_CLEANUP(mm_minted_clear) struct mm_minted own = mint(snapshot, NULL, NULL, claims);
	MM_CLEANUP(mm_minted_clear) struct mm_minted without = mint(snapshot, NULL, NULL, none);

	(void)state;
	assert_string_equal(own.jti, "mine");
	assert_string_equal(without.jti, "");
	json_decref(claims);
	json_decref(none);
}

/* ---- some of the rows, looked at closely ------------------------------------------------------------------------- */

static void a_fresh_key_is_another_each_time(void **state)
{
	MM_CLEANUP(mm_minted_clear) struct mm_minted a = mint(snapshot, "unpublished-key", NULL, NULL);
	MM_CLEANUP(mm_minted_clear) struct mm_minted b = mint(snapshot, "unpublished-key", NULL, NULL);
	MM_CLEANUP(mm_token_clear) struct mm_token one = inspect(&a);
	MM_CLEANUP(mm_token_clear) struct mm_token other = inspect(&b);

	(void)state;
	assert_string_not_equal(one.kid, other.kid);
	assert_null(mm_keyset_find(snapshot->set, one.kid));
}

/* Whoever believed the header would accept it: the attack is a real one. */
static void the_embedded_key_verifies_its_token(void **state)
{
	const struct mm_verify_options options = {.issuer = snapshot->issuer, .now = NOW};
	MM_CLEANUP(mm_minted_clear) struct mm_minted minted = mint(snapshot, "embedded-key", NULL, NULL);
	MM_CLEANUP(mm_token_clear) struct mm_token token = inspect(&minted), verified = {0};
	mm_auto(mm_jwks) jwks = NULL;
	json_t *set = json_pack("{s:[O]}", "keys", json_object_get(token.header, "jwk"));
	mm_auto_buf text = {0};
	struct mm_err err = {0};

	(void)state;
	assert_null(mm_jwk_private_member(json_object_get(token.header, "jwk")));
	assert_ok(mm_json_dump(set, false, &text, &err), &err);
	assert_ok(mm_jwks_parse(mm_buf_span(&text), &jwks, &err), &err);
	assert_ok(mm_token_verify(mm_buf_span(&minted.token), jwks, &options, &verified, &err), &err);
	json_decref(set);
}

/* The HMAC of a token, with a secret that its verifier could be fooled into. */
static void assert_hs256(const struct mm_minted *minted, struct mm_span secret)
{
	const char *dot = strrchr(minted->token.p, '.');
	uint8_t made[64], found[64];
	unsigned made_len;
	size_t len;

	assert_ok(mm_base64url_decode(mm_span_str(dot + 1), found, sizeof found, &len, NULL), NULL);
	assert_non_null(HMAC(EVP_sha256(), secret.p, (int)secret.len, (const uint8_t *)minted->token.p,
			     (size_t)(dot - minted->token.p), made, &made_len));
	assert_int_equal(len, made_len);
	assert_memory_equal(found, made, len);
}

static void the_confusion_of_algorithms_would_work_on_a_bad_verifier(void **state)
{
	MM_CLEANUP(mm_minted_clear) struct mm_minted minted = mint(snapshot, "hs256-with-public-key", NULL, NULL);
	MM_CLEANUP(mm_minted_clear) struct mm_minted empty = mint(snapshot, "kid-path", NULL, NULL);
	MM_CLEANUP(mm_token_clear) struct mm_token token = inspect(&minted);
	mm_auto_string pem = test_export(mm_keyset_find(snapshot->set, minted.kid)->key, MM_FORM_PUBLIC_PEM);

	(void)state;
	assert_string_equal(header_text(&token, "alg"), "HS256");
	assert_hs256(&minted, mm_span_str(pem));
	assert_hs256(&empty, mm_span_str(""));
}

static void another_payload_is_another_one_whoever_the_subject_was(void **state)
{
	json_t *claims = json_pack("{s:s}", "sub", "system:serviceaccount:kube-system:admin");
	MM_CLEANUP(mm_minted_clear) struct mm_minted minted = mint(snapshot, "other-payload", NULL, claims);

	(void)state;
	assert_int_equal(verify(snapshot, &minted), MM_TOKEN_SIGNATURE);
	json_decref(claims);
}

static void alg_none_ends_in_a_dot(void **state)
{
	MM_CLEANUP(mm_minted_clear) struct mm_minted minted = mint(snapshot, "alg-none", NULL, NULL);
	MM_CLEANUP(mm_token_clear) struct mm_token token = inspect(&minted);

	(void)state;
	assert_string_equal(header_text(&token, "alg"), "none");
	assert_int_equal(minted.token.p[minted.token.len - 1], '.');
}

/* ---- what cannot be made ----------------------------------------------------------------------------------------- */

static void assert_refused(const struct mm_snapshot *from, const struct mm_mint_request *request, const char *fault,
			   const char *reason)
{
	const struct mm_fault_request faulty = {.fault = mm_fault_find(fault)};
	struct mm_minted minted;
	struct mm_err err = {0};

	assert_int_equal(mm_mint_faulty(from, request, &faulty, NOW, &minted, &err), MM_EREFUSED);
	assert_contains(err.text, reason);
	assert_null(minted.token.p);
}

static void a_key_that_is_not_there_is_told_with_what_makes_one(void **state)
{
	struct mm_snapshot *alone = make_snapshot("RS256");
	struct mm_mint_request request = builder();

	(void)state;
	assert_refused(alone, &request, "retired-key", "no retired key for RS256 is published: rotate the keys first");
	assert_refused(alone, &request, "tainted-key", "no tainted key for RS256 is published: taint a key first");
	assert_refused(alone, &request, "other-kid", "no other key for RS256 is published");
	mm_snapshot_free(alone);
}

static void a_request_that_could_not_be_minted_is_refused_all_the_same(void **state)
{
	struct mm_mint_request request = builder();

	(void)state;
	request.namespace = "Not A Name";
	assert_refused(snapshot, &request, "expired", "Not A Name");
	request = builder();
	request.ttl = 10 * 86400;
	assert_refused(snapshot, &request, "expired", "max_ttl");
}

static void a_token_that_nobody_would_read_is_refused(void **state)
{
	mm_auto_buf text = {0};
	struct mm_fault_request faulty = {0};
	struct mm_mint_request request = builder();
	struct mm_minted minted;
	struct mm_err err = {0};
	json_t *claims;

	(void)state;
	mm_buf_printf(&text, "%016000d", 0);
	faulty.claims = claims = json_pack("{s:s}", "long", text.p);
	assert_int_equal(mm_mint_faulty(snapshot, &request, &faulty, NOW, &minted, &err), MM_ELIMIT);
	assert_contains(err.text, "at most 20000");
	json_decref(claims);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_fault_is_expected_here),
		cmocka_unit_test(help_is_one_line_without_a_full_stop),
		cmocka_unit_test(each_token_is_refused_for_its_reason),
		cmocka_unit_test(rsa_keys_have_the_faults_that_need_no_second_key),
		cmocka_unit_test(without_a_fault_the_token_is_the_usual_one),
		cmocka_unit_test(a_fault_of_the_header_changes_nothing_else),
		cmocka_unit_test(members_are_sorted),
		cmocka_unit_test(claims_are_added_replaced_and_taken_out),
		cmocka_unit_test(claims_stand_above_what_the_fault_does),
		cmocka_unit_test(the_issuer_can_be_any),
		cmocka_unit_test(the_times_told_are_those_of_the_claims),
		cmocka_unit_test(the_kid_told_is_that_of_the_key_that_signed),
		cmocka_unit_test(the_jti_told_is_that_of_the_claims),
		cmocka_unit_test(a_fresh_key_is_another_each_time),
		cmocka_unit_test(the_embedded_key_verifies_its_token),
		cmocka_unit_test(the_confusion_of_algorithms_would_work_on_a_bad_verifier),
		cmocka_unit_test(another_payload_is_another_one_whoever_the_subject_was),
		cmocka_unit_test(alg_none_ends_in_a_dot),
		cmocka_unit_test(a_key_that_is_not_there_is_told_with_what_makes_one),
		cmocka_unit_test(a_request_that_could_not_be_minted_is_refused_all_the_same),
		cmocka_unit_test(a_token_that_nobody_would_read_is_refused),
	};

	return cmocka_run_group_tests(tests, build_snapshot, free_snapshot);
}
