/* SPDX-License-Identifier: Apache-2.0 */
/* Hostile tokens: what is wrong with their form, their JSON and their signatures. */
#include "tests/unit/verifying.h"

#include <mintmark/base64url.h>
#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <string.h>

static void not_exactly_two_dots_is_refused(void **state)
{
	mm_auto_string good = test_token(known_key(), HEADER, CLAIMS);
	mm_auto_buf five = {0}, many = {0};

	(void)state;
	assert_text_refused(mm_span_str(""), MM_EPARSE, "0 dots");
	assert_text_refused(mm_span_str("e30"), MM_EPARSE, "0 dots");
	assert_text_refused(mm_span_str("e30.e30"), MM_EPARSE, "1 dots");
	mm_buf_printf(&five, "%s.e30.e30", good); /* as a JWE has */
	assert_text_refused(mm_buf_span(&five), MM_EPARSE, "4 dots");
	mm_buf_printf(&many, "%s.", good);
	assert_text_refused(mm_buf_span(&many), MM_EPARSE, "3 dots");
	for (int i = 0; i < 997; i++)
		mm_buf_add_str(&many, ".");
	assert_text_refused(mm_buf_span(&many), MM_EPARSE, "1000 dots");
}

static void empty_parts_are_refused(void **state)
{
	(void)state;
	assert_text_refused(mm_span_str(".."), MM_EPARSE, "header");
	assert_text_refused(mm_span_str(".e30."), MM_EPARSE, "header");
	assert_text_refused(mm_span_str("e30.."), MM_EVERIFY, "alg is missing");
}

/* 20,000 characters, where AWS stops, and not one more. */
static void a_token_has_at_most_20000_characters(void **state)
{
	enum {
		FRAME = sizeof("{\"aud\":\"sts.amazonaws.com\",\"exp\":1700003600,\"iss\":\"" ISSUER "\",\"x\":\"\"}") -
			1
	};
	struct mm_err err = {0};

	(void)state;
	for (int len = 14000; len < 16000 && err.code == MM_OK; len++) {
		mm_auto_buf claims = {0};
		mm_auto_string token = NULL;
		enum mm_code code;

		mm_buf_printf(&claims,
			      "{\"aud\":\"sts.amazonaws.com\",\"exp\":1700003600,\"iss\":\"" ISSUER
			      "\",\"x\":\"%0*d\"}",
			      len - FRAME, 0);
		token = test_token(known_key(), HEADER, claims.p);
		if (strlen(token) < MM_TOKEN_MAX - 1)
			continue;
		code = verify_text(mm_span_str(token), &strict, &err);
		assert_int_equal(code, strlen(token) <= MM_TOKEN_MAX ? MM_OK : MM_ELIMIT);
	}
	assert_int_equal(err.code, MM_ELIMIT);
}

/* A good token of which one character was changed for what a lenient decoder would read as the same. */
static void base64_that_is_not_canonical_is_refused(void **state)
{
	mm_auto_string good = test_token(known_key(), HEADER, CLAIMS);
	size_t header_len = strcspn(good, ".");
	mm_auto_buf padded = {0}, header_padded = {0}, spaced = {0}, newline = {0}, inner = {0}, plus = {0};

	(void)state;
	mm_buf_printf(&padded, "%s==", good);
	assert_text_refused(mm_buf_span(&padded), MM_EPARSE, "signature");
	mm_buf_printf(&header_padded, "%.*s=%s", (int)header_len, good, good + header_len);
	assert_text_refused(mm_buf_span(&header_padded), MM_EPARSE, "header");
	mm_buf_printf(&spaced, " %s", good);
	assert_text_refused(mm_buf_span(&spaced), MM_EPARSE, "header");
	mm_buf_printf(&newline, "%s\n", good);
	assert_text_refused(mm_buf_span(&newline), MM_EPARSE, "signature");
	mm_buf_printf(&inner, "%.*s\r\n %s", (int)header_len, good, good + header_len);
	assert_text_refused(mm_buf_span(&inner), MM_EPARSE, "header");
	mm_buf_printf(&plus, "%.*s.+/+/", (int)(strrchr(good, '.') - good), good);
	assert_text_refused(mm_buf_span(&plus), MM_EPARSE, "signature");
}

/*
 * 64 bytes end in a character of which four bits are unused: with any of them set the text is another, the bytes not.
 */
static void unused_last_bits_must_be_zero(void **state)
{
	static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
	mm_auto_string token = test_token(known_key(), HEADER, CLAIMS);
	char *last = token + strlen(token) - 1;

	(void)state;
	assert_int_equal((strchr(alphabet, *last) - alphabet) % 16, 0);
	*last = alphabet[strchr(alphabet, *last) - alphabet + 1];
	assert_text_refused(mm_span_str(token), MM_EPARSE, "last bits");
}

/* Each as header and as payload: bytes, what is wrong with them. */
static void json_that_is_not_strict_is_refused(void **state)
{
	static const struct {
		struct mm_span text;
		enum mm_code code;
	} rows[] = {
#define ROW(text, code) {{text, sizeof(text) - 1}, code}
		ROW("", MM_EPARSE),
		ROW("null", MM_EPARSE),
		ROW("[]", MM_EPARSE),
		ROW("\"ES256\"", MM_EPARSE),
		ROW("{\"alg\":\"ES256\",}", MM_EPARSE),
		ROW("{'alg':'ES256'}", MM_EPARSE),
		ROW("{\"alg\":\"ES256\"} ,", MM_EPARSE),
		ROW("{\"alg\":\"ES256\"}{}", MM_EPARSE),
		ROW("{\"alg\":\"ES256\"}\0", MM_EPARSE),
		ROW("{\"alg\":\"ES256\",\"x\":\"\xff\"}", MM_EPARSE),
		ROW("{\"alg\":\"ES256\",\"x\":\"\xc0\xaf\"}", MM_EPARSE),
		ROW("{\"alg\":\"ES256\",\"x\":\"\xed\xa0\x80\"}", MM_EPARSE),
		ROW("{\"alg\":\"ES256\",\"x\":\"\\ud800\"}", MM_EPARSE),
		ROW("{\"alg\":\"ES256\",\"x\":\"a\0b\"}", MM_EPARSE),
		ROW("{\"alg\":\"ES256\",\"x\":\"\\u0000\"}", MM_EPARSE),
		ROW("{\"alg\":\"ES256\",\"x\":1e400}", MM_EPARSE),
		ROW("{\"alg\":\"ES256\",\"x\":NaN}", MM_EPARSE),
		ROW("\xef\xbb\xbf{\"alg\":\"ES256\"}", MM_EPARSE),
		ROW("\xff\xfe{\0", MM_EPARSE),
		ROW("{\"x\":[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]}", MM_ELIMIT),
#undef ROW
	};

	(void)state;
	for (size_t i = 0; i < MM_COUNT(rows); i++) {
		mm_auto_string as_header = test_join(rows[i].text, mm_span_str(CLAIMS), mm_span_str("x"));
		mm_auto_buf payload = {0};
		mm_auto(mm_jws) jws = NULL;
		mm_auto_buf token = {0};
		struct mm_signer *signer;
		struct mm_err err = {0};

		assert_text_refused(mm_span_str(as_header), rows[i].code, "token: header");
		assert_ok(mm_signer_local(known_key(), &signer, &err), &err);
		assert_ok(mm_jws_prepare(signer, HEADER, &jws, &err), &err);
		assert_ok(mm_jws_sign(jws, rows[i].text, &token, &err), &err);
		assert_text_refused(mm_buf_span(&token), rows[i].code, "token: payload");
	}
}

static void nesting_of_16_levels_is_accepted(void **state)
{
	(void)state;
	assert_accepted("{\"alg\":\"ES256\",\"kid\":\"k1\",\"x\":[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]}", CLAIMS);
}

static void a_header_of_more_than_8_kib_is_refused(void **state)
{
	mm_auto_buf header = {0};

	(void)state;
	mm_buf_printf(&header, "{\"alg\":\"ES256\",\"kid\":\"k1\",\"x\":\"%08200d\"}", 0);
	assert_refused(header.p, CLAIMS, MM_ELIMIT, "header");
}

static void duplicate_members_are_refused_also_when_escaped(void **state)
{
	(void)state;
	assert_refused("{\"alg\":\"ES256\",\"alg\":\"ES256\",\"kid\":\"k1\"}", CLAIMS, MM_EPARSE, "header");
	assert_refused("{\"alg\":\"ES256\",\"\\u0061lg\":\"none\",\"kid\":\"k1\"}", CLAIMS, MM_EPARSE, "header");
	assert_refused(HEADER, "{\"aud\":\"a\",\"exp\":1700003600,\"iss\":\"" ISSUER "\",\"\\u0069ss\":\"x\"}",
		       MM_EPARSE, "payload");
}

/* The good token with `signature` in place of its own. */
static void assert_signature_refused(const uint8_t *signature, size_t len)
{
	mm_auto_string token = test_join(mm_span_str(HEADER), mm_span_str(CLAIMS), mm_span(signature, len));

	assert_text_refused(mm_span_str(token), MM_EVERIFY, "does not verify");
}

/* The 64 bytes of a good signature over HEADER and CLAIMS. */
static void good_signature(uint8_t out[static 64])
{
	mm_auto_string token = test_token(known_key(), HEADER, CLAIMS);
	size_t len;
	struct mm_err err = {0};

	assert_ok(mm_base64url_decode(mm_span_str(strrchr(token, '.') + 1), out, 64, &len, &err), &err);
	assert_int_equal(len, 64);
}

/* The order of P-256. */
static const uint8_t order[32] = {0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x00, 0xff, 0xff, 0xff,
				  0xff, 0xff, 0xff, 0xff, 0xff, 0xbc, 0xe6, 0xfa, 0xad, 0xa7, 0x17,
				  0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51};
static const uint8_t zero[32];

/* CVE-2022-21449 ("psychic signatures") and its neighbours. */
static void r_and_s_of_zero_or_the_order_are_refused(void **state)
{
	const uint8_t *const values[] = {zero, order, NULL};

	(void)state;
	for (size_t r = 0; r < MM_COUNT(values); r++) {
		for (size_t s = 0; s < MM_COUNT(values); s++) {
			uint8_t signature[64];

			good_signature(signature);
			if (values[r])
				memcpy(signature, values[r], 32);
			if (values[s])
				memcpy(signature + 32, values[s], 32);
			if (values[r] || values[s])
				assert_signature_refused(signature, sizeof signature);
		}
	}
}

static void der_in_place_of_raw_is_refused(void **state)
{
	ECDSA_SIG *pair = ECDSA_SIG_new();
	uint8_t raw[64], *der = NULL;
	int len;

	(void)state;
	good_signature(raw);
	ECDSA_SIG_set0(pair, BN_bin2bn(raw, 32, NULL), BN_bin2bn(raw + 32, 32, NULL));
	len = i2d_ECDSA_SIG(pair, &der);
	assert_in_range(len, 60, 72);
	assert_signature_refused(der, (size_t)len);
	OPENSSL_free(der);
	ECDSA_SIG_free(pair);
}

static void signatures_of_another_length_are_refused(void **state)
{
	uint8_t signature[130] = {0};

	(void)state;
	good_signature(signature);
	assert_signature_refused(signature, 0);
	assert_signature_refused(signature, 63);
	assert_signature_refused(signature, 65);
	assert_signature_refused(signature, 128);
	memmove(signature + 1, signature, 64); /* the same numbers, with leading zeros */
	signature[0] = 0;
	assert_signature_refused(signature, 65);
}

static void an_rsa_signature_must_be_as_long_as_the_modulus(void **state)
{
	static const char header[] = "{\"alg\":\"RS256\",\"kid\":\"k1\"}";
	const struct mm_key *key = test_shared_key("RS256", 0);
	mm_auto(mm_jwks) jwks = test_jwks(key, "k1");
	mm_auto_string good = test_token(key, header, CLAIMS);
	uint8_t signature[257] = {0};
	size_t len;
	struct mm_err err = {0};

	(void)state;
	assert_ok(mm_base64url_decode(mm_span_str(strrchr(good, '.') + 1), signature + 1, 256, &len, &err), &err);
	for (size_t skip = 0; skip < 3; skip += 2) {
		mm_auto_string token = test_join(mm_span_str(header), mm_span_str(CLAIMS),
						 mm_span(signature + skip, sizeof signature - skip));
		MM_CLEANUP(mm_token_clear) struct mm_token out = {0};

		assert_fails(mm_token_verify(mm_span_str(token), jwks, &strict, &out, &err), MM_EVERIFY, &err);
	}
}

static void a_signature_longer_than_any_is_refused(void **state)
{
	uint8_t signature[MM_SIGNATURE_MAX + 1] = {0};
	mm_auto_string token = test_join(mm_span_str(HEADER), mm_span_str(CLAIMS),
					 mm_span(signature, sizeof signature));

	(void)state;
	assert_text_refused(mm_span_str(token), MM_ELIMIT, "signature");
}

/* Every character of the token counts. */
static void a_change_anywhere_is_refused(void **state)
{
	mm_auto_string token = test_token(known_key(), HEADER, CLAIMS);

	(void)state;
	for (size_t i = 0; i < strlen(token); i += 7) {
		char kept = token[i];
		struct mm_err err = {0};

		if (kept == '.')
			continue;
		token[i] = kept == 'A' ? 'Q' : 'A';
		assert_int_not_equal(verify_text(mm_span_str(token), &strict, &err), MM_OK);
		token[i] = kept;
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(not_exactly_two_dots_is_refused),
		cmocka_unit_test(empty_parts_are_refused),
		cmocka_unit_test(a_token_has_at_most_20000_characters),
		cmocka_unit_test(base64_that_is_not_canonical_is_refused),
		cmocka_unit_test(unused_last_bits_must_be_zero),
		cmocka_unit_test(json_that_is_not_strict_is_refused),
		cmocka_unit_test(nesting_of_16_levels_is_accepted),
		cmocka_unit_test(a_header_of_more_than_8_kib_is_refused),
		cmocka_unit_test(duplicate_members_are_refused_also_when_escaped),
		cmocka_unit_test(r_and_s_of_zero_or_the_order_are_refused),
		cmocka_unit_test(der_in_place_of_raw_is_refused),
		cmocka_unit_test(signatures_of_another_length_are_refused),
		cmocka_unit_test(an_rsa_signature_must_be_as_long_as_the_modulus),
		cmocka_unit_test(a_signature_longer_than_any_is_refused),
		cmocka_unit_test(a_change_anywhere_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
