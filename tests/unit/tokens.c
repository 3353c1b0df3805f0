/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/tokens.h"
#include "tests/unit/keyhelp.h"

#include <mintmark/base64url.h>
#include <mintmark/json.h>
#include <mintmark/keyio.h>
#include <mintmark/signer.h>

enum { KEYS_MAX = 4 };

const struct mm_key *test_shared_key(const char *alg, unsigned n)
{
	static struct mm_key *keys[MM_ALG_COUNT][KEYS_MAX];
	const struct mm_alg *row = mm_alg_find(mm_span_str(alg));
	struct mm_key **key;
	struct mm_err err = {0};

	assert_non_null(row);
	assert_in_range(n, 0, KEYS_MAX - 1);
	key = &keys[row - mm_algs][n];
	if (!*key && n == 0)
		*key = test_key(alg);
	else if (!*key)
		assert_ok(mm_key_generate(row, MM_RSA_BITS_MIN, key, &err), &err);
	return *key;
}

char *test_token(const struct mm_key *key, const char *header, const char *payload)
{
	mm_auto(mm_jws) jws = NULL;
	mm_auto_buf token = {0};
	struct mm_signer *signer;
	struct mm_err err = {0};

	assert_ok(mm_signer_local(key, &signer, &err), &err);
	assert_ok(mm_jws_prepare(signer, header, &jws, &err), &err);
	assert_ok(mm_jws_sign(jws, mm_span_str(payload), &token, &err), &err);
	return mm_buf_take(&token);
}

char *test_join(struct mm_span header, struct mm_span payload, struct mm_span signature)
{
	mm_auto_buf token = {0};

	mm_base64url_add(&token, header.p, header.len);
	mm_buf_add_str(&token, ".");
	mm_base64url_add(&token, payload.p, payload.len);
	mm_buf_add_str(&token, ".");
	mm_base64url_add(&token, signature.p, signature.len);
	return mm_buf_take(&token);
}

char *test_jwk(const struct mm_key *key, const char *kid)
{
	mm_auto_buf text = {0};
	struct mm_err err = {0};
	json_t *jwk;

	assert_ok(mm_jwk_from_key(key, &jwk, &err), &err);
	if (kid)
		assert_int_equal(json_object_set_new(jwk, "kid", json_string(kid)), 0);
	else
		assert_int_equal(json_object_del(jwk, "kid"), 0);
	assert_ok(mm_json_dump(jwk, false, &text, &err), &err);
	json_decref(jwk);
	return mm_buf_take(&text);
}

struct mm_jwks *test_jwks(const struct mm_key *key, const char *kid)
{
	mm_auto_string jwk = test_jwk(key, kid);
	mm_auto_buf text = {0};
	struct mm_jwks *jwks;
	struct mm_err err = {0};

	mm_buf_printf(&text, "{\"keys\":[%s]}", jwk);
	assert_ok(mm_jwks_parse(mm_buf_span(&text), &jwks, &err), &err);
	return jwks;
}

struct mm_config test_config(void)
{
	static char issuer[] = "https://oidc.example.com/id/prod", algorithm[] = "ES256";

	return (struct mm_config){
		.issuer = issuer,
		.keys = {.algorithm = algorithm,
			 .rsa_bits = 2048,
			 .rotate_every = 30 * 86400,
			 .verifier_cache = 3600,
			 .propagation = 60,
			 .clock_skew = 60,
			 .max_keys = 20},
		.tokens = {.default_ttl = 3600, .max_ttl = 86400},
	};
}
