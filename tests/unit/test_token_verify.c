/* SPDX-License-Identifier: Apache-2.0 */
/* Which key and which algorithm a token may be verified with, and what its header may say (RFC 8725). */
#include "tests/unit/keyhelp.h"
#include "tests/unit/verifying.h"

#include <mintmark/base64url.h>
#include <mintmark/keyio.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <string.h>

static void a_good_token_is_accepted_and_shown(void **state)
{
	mm_auto(mm_jwks) jwks = test_jwks(known_key(), "k1");
	mm_auto_string text = test_token(known_key(), HEADER, CLAIMS);
	MM_CLEANUP(mm_token_clear) struct mm_token token = {0};
	struct mm_err err = {0};

	(void)state;
	assert_ok(mm_token_verify(mm_span_str(text), jwks, &strict, &token, &err), &err);
	assert_string_equal(token.kid, "k1");
	assert_string_equal(token.alg->name, "ES256");
	assert_string_equal(token.payload.p, CLAIMS);
	assert_string_equal(json_string_value(json_object_get(token.claims, "iss")), ISSUER);
	assert_string_equal(json_string_value(json_object_get(token.header, "alg")), "ES256");
}

static void without_kid_every_key_of_the_algorithm_is_tried(void **state)
{
	(void)state;
	assert_accepted("{\"alg\":\"ES256\"}", CLAIMS);
	assert_accepted("{\"alg\":\"ES256\",\"kid\":\"\"}", CLAIMS);
}

static void types_of_identity_tokens_are_accepted(void **state)
{
	static const char *const types[] = {"JWT", "jwt", "application/jwt", "at+jwt", "application/at+JWT"};

	(void)state;
	for (size_t i = 0; i < MM_COUNT(types); i++) {
		char header[128];

		snprintf(header, sizeof header, "{\"alg\":\"ES256\",\"kid\":\"k1\",\"typ\":\"%s\"}", types[i]);
		assert_accepted(header, CLAIMS);
	}
}

static void other_types_are_refused(void **state)
{
	static const char *const types[] = {"\"logout+jwt\"", "\"dpop+jwt\"", "\"JOSE\"", "\"\"", "null", "7", "[]"};

	(void)state;
	for (size_t i = 0; i < MM_COUNT(types); i++) {
		char header[128];

		snprintf(header, sizeof header, "{\"alg\":\"ES256\",\"kid\":\"k1\",\"typ\":%s}", types[i]);
		assert_refused(header, CLAIMS, MM_EVERIFY, "typ is");
	}
}

static void audience_may_be_a_string(void **state)
{
	(void)state;
	assert_accepted(HEADER, "{\"aud\":\"sts.amazonaws.com\",\"exp\":1700003600,\"iss\":\"" ISSUER "\"}");
}

static void signature_only_takes_any_payload_and_type(void **state)
{
	const struct mm_verify_options options = {.signature_only = true};

	(void)state;
	assert_accepted_with("{\"alg\":\"ES256\",\"kid\":\"k1\",\"typ\":\"JOSE\"}", "not JSON \xff", &options);
	assert_accepted_with("{\"alg\":\"ES256\",\"kid\":\"k1\"}", "", &options);
}

/* A JWKS with the public half of a vector's key, under the kid that its JWS names. */
static struct mm_jwks *vector_jwks(const json_t *vector, const char *kid)
{
	static const char *const private_members[] = {"d", "p", "q", "dp", "dq", "qi"};
	json_t *jwk = json_deep_copy(json_object_get(vector, "jwk"));
	mm_auto_string text = NULL;
	mm_auto_buf document = {0};
	struct mm_jwks *jwks;
	struct mm_err err = {0};

	for (size_t i = 0; i < MM_COUNT(private_members); i++)
		json_object_del(jwk, private_members[i]);
	json_object_set_new(jwk, "alg", json_string(test_vector_text(vector, "alg")));
	json_object_set_new(jwk, "kid", json_string(kid));
	text = json_dumps(jwk, JSON_COMPACT);
	json_decref(jwk);
	mm_buf_printf(&document, "{\"keys\":[%s]}", text);
	assert_ok(mm_jwks_parse(mm_buf_span(&document), &jwks, &err), &err);
	return jwks;
}

static void tokens_of_the_rfcs_are_accepted(void **state)
{
	static const char *const vectors[] = {"rfc7515-a2.json",  "rfc7515-a3.json",  "rfc7520-4.1.json",
					      "rfc7520-4.2.json", "rfc7520-4.3.json", "rfc8037-a4.json"};
	const struct mm_verify_options options = {.signature_only = true};

	(void)state;
	for (size_t i = 0; i < MM_COUNT(vectors); i++) {
		json_t *vector = test_vector(vectors[i]);
		struct mm_span text = mm_span_str(test_vector_text(vector, "jws"));
		MM_CLEANUP(mm_token_clear) struct mm_token shown = {0};
		MM_CLEANUP(mm_token_clear) struct mm_token token = {0};
		mm_auto(mm_jwks) jwks = NULL;
		struct mm_err err = {0};

		(void)!mm_token_inspect(text, &shown, NULL); /* for the kid; the payloads are not JSON */
		jwks = vector_jwks(vector, shown.kid);
		assert_ok(mm_token_verify(text, jwks, &options, &token, &err), &err);
		assert_string_equal(token.alg->name, test_vector_text(vector, "alg"));
		json_decref(vector);
	}
}

static void without_wishes_any_issuer_and_audience_will_do(void **state)
{
	const struct mm_verify_options options = {.now = NOW};

	(void)state;
	assert_accepted_with(HEADER, "{\"aud\":[\"x\"],\"exp\":1700003600,\"iss\":\"y\"}", &options);
}

static void alg_none_in_any_writing_is_refused(void **state)
{
	static const char *const algs[] = {"none", "None", "NONE", "nOnE", ""};

	(void)state;
	for (size_t i = 0; i < MM_COUNT(algs); i++) {
		mm_auto_buf header = {0};
		mm_auto_string token = NULL;

		mm_buf_printf(&header, "{\"alg\":\"%s\",\"kid\":\"k1\"}", algs[i]);
		token = test_join(mm_buf_span(&header), mm_span_str(CLAIMS), mm_span_str(""));
		assert_text_refused(mm_span_str(token), MM_EVERIFY, "accepted: RS256");
	}
}

static void alg_missing_or_not_a_string_is_refused(void **state)
{
	(void)state;
	assert_refused("{\"kid\":\"k1\"}", CLAIMS, MM_EVERIFY, "alg is missing");
	assert_refused("{\"alg\":null,\"kid\":\"k1\"}", CLAIMS, MM_EVERIFY, "alg is missing");
	assert_refused("{\"alg\":[\"ES256\"],\"kid\":\"k1\"}", CLAIMS, MM_EVERIFY, "alg is missing");
	assert_refused("{\"alg\":\"es256\",\"kid\":\"k1\"}", CLAIMS, MM_EVERIFY, "accepted: RS256");
}

/* The classic: the verifier's public key, in each form that it might be kept in, as an HMAC secret. */
static void hs256_keyed_with_the_public_key_is_refused(void **state)
{
	static const char header[] = "{\"alg\":\"HS256\",\"kid\":\"k1\",\"typ\":\"JWT\"}";
	static const enum mm_key_form forms[] = {MM_FORM_PUBLIC_PEM, MM_FORM_PUBLIC_JWK};

	(void)state;
	for (size_t i = 0; i < MM_COUNT(forms); i++) {
		mm_auto_string unsigned_token = test_join(mm_span_str(header), mm_span_str(CLAIMS), mm_span_str(""));
		mm_auto_string token = NULL;
		mm_auto_buf secret = {0};
		uint8_t mac[32];
		struct mm_err err = {0};

		assert_ok(mm_key_export(known_key(), forms[i], &secret, &err), &err);
		HMAC(EVP_sha256(), secret.p, (int)secret.len, (const uint8_t *)unsigned_token,
		     strlen(unsigned_token) - 1, mac, NULL);
		token = test_join(mm_span_str(header), mm_span_str(CLAIMS), mm_span(mac, sizeof mac));
		assert_text_refused(mm_span_str(token), MM_EVERIFY, "alg is \"HS256\"");
	}
}

static void another_algorithm_than_the_keys_is_refused(void **state)
{
	mm_auto(mm_jwks) jwks = test_jwks(test_shared_key("RS256", 0), "k1"); /* RS256 by its JWK */
	mm_auto_string token = NULL;
	MM_CLEANUP(mm_token_clear) struct mm_token out = {0};
	mm_auto(mm_key) as_rs512 = NULL;
	struct mm_err err = {0};

	(void)state;
	assert_ok(mm_key_from_pkey(mm_alg_find(mm_span_str("RS512")), mm_key_pkey(test_shared_key("RS256", 0)),
				   &as_rs512, &err),
		  &err);
	token = test_token(as_rs512, "{\"alg\":\"RS512\",\"kid\":\"k1\"}", CLAIMS);
	assert_int_equal(mm_token_verify(mm_span_str(token), jwks, &strict, &out, &err), MM_EVERIFY);
	assert_contains(err.text, "alg is RS512, but the key \"k1\" is for RS256");
	assert_null(out.alg);
}

static void without_kid_the_algorithm_still_is_the_keys(void **state)
{
	(void)state;
	assert_refused("{\"alg\":\"ES384\"}", CLAIMS, MM_EVERIFY, "none of the 0 keys for ES384");
}

static void another_key_is_refused(void **state)
{
	mm_auto_string with_kid = test_token(test_shared_key("ES256", 1), HEADER, CLAIMS);
	mm_auto_string without_kid = test_token(test_shared_key("ES256", 1), "{\"alg\":\"ES256\"}", CLAIMS);

	(void)state;
	assert_text_refused(mm_span_str(with_kid), MM_EVERIFY, "does not verify");
	assert_text_refused(mm_span_str(without_kid), MM_EVERIFY, "none of the 1 keys for ES256 verifies it");
}

/* CVE-2018-0114: a key that the token brings along. It is signed with that key, so believing it would succeed. */
static void keys_in_the_header_are_never_used(void **state)
{
	mm_auto_string jwk = test_jwk(test_shared_key("ES256", 1), "k1");
	mm_auto_buf header = {0};
	mm_auto_string token = NULL;

	(void)state;
	mm_buf_printf(&header, "{\"alg\":\"ES256\",\"kid\":\"k1\",\"jwk\":%s}", jwk);
	token = test_token(test_shared_key("ES256", 1), header.p, CLAIMS);
	assert_text_refused(mm_span_str(token), MM_EVERIFY, "does not verify");
}

/* Nothing is fetched: the addresses would not answer, and the token is good without them. */
static void addresses_of_keys_in_the_header_are_ignored(void **state)
{
	(void)state;
	assert_accepted("{\"alg\":\"ES256\",\"jku\":\"https://192.0.2.1/jwks\",\"jwk\":{},\"kid\":\"k1\","
			"\"x5c\":[\"AA==\"],\"x5u\":\"https://192.0.2.1/x\"}",
			CLAIMS);
}

static void kid_is_only_looked_up(void **state)
{
	static const char *const kids[] = {"../../../../dev/null", "/etc/passwd", "k1' OR '1'='1", "k1 ", "K1", "k"};

	(void)state;
	for (size_t i = 0; i < MM_COUNT(kids); i++) {
		mm_auto_buf header = {0};

		mm_buf_printf(&header, "{\"alg\":\"ES256\",\"kid\":\"%s\"}", kids[i]);
		assert_refused(header.p, CLAIMS, MM_EVERIFY, "no key has its kid");
	}
	assert_refused("{\"alg\":\"ES256\",\"kid\":1}", CLAIMS, MM_EPARSE, "kid");
	assert_refused("{\"alg\":\"ES256\",\"kid\":\"k1\\u0000\"}", CLAIMS, MM_EPARSE, "header");
}

static void kid_of_up_to_1024_bytes_is_looked_up(void **state)
{
	char kid[MM_KID_MAX + 2];
	mm_auto_buf header = {0}, longer = {0};

	(void)state;
	memset(kid, 'k', sizeof kid);
	kid[MM_KID_MAX] = '\0';
	mm_buf_printf(&header, "{\"alg\":\"ES256\",\"kid\":\"%s\"}", kid);
	assert_refused(header.p, CLAIMS, MM_EVERIFY, "no key has its kid");
	kid[MM_KID_MAX] = 'k';
	kid[MM_KID_MAX + 1] = '\0';
	mm_buf_printf(&longer, "{\"alg\":\"ES256\",\"kid\":\"%s\"}", kid);
	assert_refused(longer.p, CLAIMS, MM_ELIMIT, "kid of 1025 bytes");
}

static void kid_of_a_mebibyte_is_refused_by_size(void **state)
{
	mm_auto_buf header = {0};
	char *room;

	(void)state;
	mm_buf_add_str(&header, "{\"alg\":\"ES256\",\"kid\":\"");
	room = mm_buf_reserve(&header, 1048576);
	assert_non_null(room);
	memset(room, 'k', 1048576);
	header.len += 1048576;
	mm_buf_add_str(&header, "\"}");
	assert_refused(header.p, CLAIMS, MM_ELIMIT, "characters");
}

static void crit_is_refused_whatever_it_lists(void **state)
{
	static const char *const values[] = {"[\"b64\"]", "[\"exp\"]", "[\"alg\"]", "[]", "null", "\"\""};

	(void)state;
	for (size_t i = 0; i < MM_COUNT(values); i++) {
		mm_auto_buf header = {0};

		mm_buf_printf(&header, "{\"alg\":\"ES256\",\"crit\":%s,\"kid\":\"k1\"}", values[i]);
		assert_refused(header.p, CLAIMS, MM_EVERIFY, "\"crit\"");
	}
}

static void b64_is_refused(void **state)
{
	(void)state;
	assert_refused("{\"alg\":\"ES256\",\"b64\":false,\"kid\":\"k1\"}", CLAIMS, MM_EVERIFY, "\"b64\"");
	assert_refused("{\"alg\":\"ES256\",\"b64\":true,\"kid\":\"k1\"}", CLAIMS, MM_EVERIFY, "\"b64\"");
	assert_refused("{\"alg\":\"ES256\",\"b64\":false,\"crit\":[\"b64\"],\"kid\":\"k1\"}", CLAIMS, MM_EVERIFY,
		       "\"crit\"");
}

/* A bad signature must not be a way to learn what the claims' rules would say. */
static void claims_are_not_read_before_the_signature(void **state)
{
	mm_auto_string token = test_token(test_shared_key("ES256", 1), HEADER, "{\"exp\":1}");

	(void)state;
	assert_text_refused(mm_span_str(token), MM_EVERIFY, "does not verify");
}

/* What strangers wrote ends on a terminal. */
static void messages_are_one_line_without_control_characters(void **state)
{
	mm_auto_string token = test_token(known_key(),
					  "{\"alg\":\"ES256\",\"kid\":\"\\u001b[31m\\nmintmark: verified\"}", CLAIMS);
	struct mm_err err = {0};

	(void)state;
	assert_int_equal(verify_text(mm_span_str(token), &strict, &err), MM_EVERIFY);
	for (const char *p = err.text; *p; p++)
		assert_in_range((unsigned char)*p, 0x20, 0xff);
}

static enum mm_token_fault fault_of(const char *text, const struct mm_verify_options *options)
{
	mm_auto(mm_jwks) jwks = test_jwks(known_key(), "k1");
	MM_CLEANUP(mm_token_clear) struct mm_token token = {0};
	enum mm_code code = mm_token_verify(mm_span_str(text), jwks, options, &token, NULL);

	assert_int_equal(code == MM_OK, token.fault == MM_TOKEN_GOOD);
	return token.fault;
}

#define ES256(members)                 "{\"alg\":\"ES256\"," members "}"
#define CLAIMS_OF(aud, exp, iss, more) "{\"aud\":" aud ",\"exp\":" exp ",\"iss\":\"" iss "\"" more "}"
#define AUD                            "[\"sts.amazonaws.com\"]"
#define EXP                            "1700003600"

/* Of a token that is wrong in several ways, the first in the order of the checks. */
static void the_first_fault_is_told(void **state)
{
	static const struct {
		const char *header, *claims;
		enum mm_token_fault fault;
	} rows[] = {
		{HEADER, CLAIMS, MM_TOKEN_GOOD},
		{ES256("\"typ\":\"JWT\""), CLAIMS, MM_TOKEN_GOOD},
		{"{\"kid\":\"k1\"}", CLAIMS, MM_TOKEN_FORM},
		{"{\"alg\":\"none\",\"kid\":\"k1\"}", CLAIMS, MM_TOKEN_FORM},
		{ES256("\"kid\":\"k1\",\"crit\":[]"), CLAIMS, MM_TOKEN_FORM},
		{ES256("\"kid\":\"k1\",\"typ\":\"dpop+jwt\""), CLAIMS, MM_TOKEN_FORM},
		{ES256("\"kid\":7"), CLAIMS, MM_TOKEN_FORM},
		{HEADER, "[]", MM_TOKEN_FORM},
		{ES256("\"kid\":\"k2\""), CLAIMS_OF("[]", "0", "x", ""), MM_TOKEN_NO_KEY},
		{"{\"alg\":\"ES384\"}", CLAIMS, MM_TOKEN_NO_KEY},
		{"{\"alg\":\"ES384\",\"kid\":\"k1\"}", CLAIMS, MM_TOKEN_SIGNATURE},
		{HEADER, CLAIMS_OF("[]", "0", "x", ""), MM_TOKEN_ISSUER},
		{HEADER, CLAIMS_OF("[\"a\"]", "0", ISSUER, ""), MM_TOKEN_AUDIENCE},
		{HEADER, CLAIMS_OF("[]", EXP, ISSUER, ""), MM_TOKEN_AUDIENCE},
		{HEADER, CLAIMS_OF(AUD, "1699999940", ISSUER, ",\"nbf\":1700009999"), MM_TOKEN_EXPIRED},
		{HEADER, CLAIMS_OF(AUD, EXP, ISSUER, ",\"nbf\":1700000061"), MM_TOKEN_EARLY},
		{HEADER, CLAIMS_OF(AUD, EXP, ISSUER, ",\"iat\":1700000061"), MM_TOKEN_FUTURE},
		{HEADER, CLAIMS_OF("7", EXP, ISSUER, ""), MM_TOKEN_CLAIM},
		{HEADER, CLAIMS_OF(AUD, "\"x\"", ISSUER, ""), MM_TOKEN_CLAIM},
		{HEADER, CLAIMS_OF(AUD, EXP, ISSUER, ",\"iat\":-1"), MM_TOKEN_CLAIM},
		{HEADER, CLAIMS_OF(AUD, EXP, ISSUER, ",\"nbf\":1.5"), MM_TOKEN_CLAIM},
		{HEADER, CLAIMS_OF(AUD, EXP, ISSUER, ",\"sub\":7"), MM_TOKEN_CLAIM},
		{HEADER, "{\"aud\":" AUD ",\"iss\":\"" ISSUER "\"}", MM_TOKEN_CLAIM},
	};

	(void)state;
	for (size_t i = 0; i < MM_COUNT(rows); i++) {
		mm_auto_string token = test_token(known_key(), rows[i].header, rows[i].claims);
		enum mm_token_fault fault = fault_of(token, &strict);

		if (fault != rows[i].fault)
			fail_msg("%s %s: %d, not %d", rows[i].header, rows[i].claims, fault, rows[i].fault);
	}
}

static void what_is_no_jws_has_a_fault_of_form(void **state)
{
	(void)state;
	assert_int_equal(fault_of("", &strict), MM_TOKEN_FORM);
	assert_int_equal(fault_of("a.b", &strict), MM_TOKEN_FORM);
	assert_int_equal(fault_of("e30.e30.!", &strict), MM_TOKEN_FORM);
}

static void another_key_is_a_fault_of_the_signature(void **state)
{
	mm_auto_string by_kid = test_token(test_shared_key("ES256", 1), HEADER, CLAIMS);
	mm_auto_string by_any = test_token(test_shared_key("ES256", 1), "{\"alg\":\"ES256\"}", CLAIMS);

	(void)state;
	assert_int_equal(fault_of(by_kid, &strict), MM_TOKEN_SIGNATURE);
	assert_int_equal(fault_of(by_any, &strict), MM_TOKEN_SIGNATURE);
}

static void a_payload_that_is_no_json_is_no_fault_of_a_signature(void **state)
{
	const struct mm_verify_options options = {.now = NOW, .signature_only = true};
	mm_auto_string token = test_token(known_key(), HEADER, "text");

	(void)state;
	assert_int_equal(fault_of(token, &options), MM_TOKEN_GOOD);
	assert_int_equal(fault_of(token, &strict), MM_TOKEN_FORM);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_good_token_is_accepted_and_shown),
		cmocka_unit_test(without_kid_every_key_of_the_algorithm_is_tried),
		cmocka_unit_test(types_of_identity_tokens_are_accepted),
		cmocka_unit_test(other_types_are_refused),
		cmocka_unit_test(audience_may_be_a_string),
		cmocka_unit_test(signature_only_takes_any_payload_and_type),
		cmocka_unit_test(tokens_of_the_rfcs_are_accepted),
		cmocka_unit_test(without_wishes_any_issuer_and_audience_will_do),
		cmocka_unit_test(alg_none_in_any_writing_is_refused),
		cmocka_unit_test(alg_missing_or_not_a_string_is_refused),
		cmocka_unit_test(hs256_keyed_with_the_public_key_is_refused),
		cmocka_unit_test(another_algorithm_than_the_keys_is_refused),
		cmocka_unit_test(without_kid_the_algorithm_still_is_the_keys),
		cmocka_unit_test(another_key_is_refused),
		cmocka_unit_test(keys_in_the_header_are_never_used),
		cmocka_unit_test(addresses_of_keys_in_the_header_are_ignored),
		cmocka_unit_test(kid_is_only_looked_up),
		cmocka_unit_test(kid_of_up_to_1024_bytes_is_looked_up),
		cmocka_unit_test(kid_of_a_mebibyte_is_refused_by_size),
		cmocka_unit_test(crit_is_refused_whatever_it_lists),
		cmocka_unit_test(b64_is_refused),
		cmocka_unit_test(claims_are_not_read_before_the_signature),
		cmocka_unit_test(messages_are_one_line_without_control_characters),
		cmocka_unit_test(the_first_fault_is_told),
		cmocka_unit_test(what_is_no_jws_has_a_fault_of_form),
		cmocka_unit_test(another_key_is_a_fault_of_the_signature),
		cmocka_unit_test(a_payload_that_is_no_json_is_no_fault_of_a_signature),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
