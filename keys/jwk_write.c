/* SPDX-License-Identifier: Apache-2.0 */
#include "keys/jwk.h"

#include "keys/rsa.h"

#include <mintmark/base64url.h>
#include <mintmark/json.h>
#include <mintmark/ossl.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>

/* Appends a number as base64url, of `len` bytes, or of as few as it needs when `len` is 0. */
static enum mm_code add_number(struct mm_buf *out, const BIGNUM *number, size_t len, struct mm_err *err)
{
	uint8_t octets[MM_JWK_NUMBER_MAX];

	if (len == 0)
		len = (size_t)BN_num_bytes(number);
	if (len > sizeof octets || BN_bn2binpad(number, octets, (int)len) < 0)
		return mm_fail_openssl(err, MM_ECRYPTO, "a number of a key");
	mm_base64url_add(out, octets, len);
	OPENSSL_cleanse(octets, sizeof octets);
	return mm_buf_check(out, err);
}

static enum mm_code add_param(struct mm_buf *out, const EVP_PKEY *pkey, const char *param, size_t len,
			      struct mm_err *err)
{
	mm_ossl_auto(BIGNUM) number = NULL;

	if (!EVP_PKEY_get_bn_param(pkey, param, &number))
		return mm_fail_openssl(err, MM_ECRYPTO, "a key without %s", param);
	return add_number(out, number, len, err);
}

static enum mm_code set_text(json_t *jwk, const char *name, const char *text, size_t len, struct mm_err *err)
{
	if (json_object_set_new(jwk, name, json_stringn(text, len)) != 0)
		return mm_fail(err, MM_ENOMEM, "no memory for a JWK");
	return MM_OK;
}

static enum mm_code set_str(json_t *jwk, const char *name, const char *text, struct mm_err *err)
{
	struct mm_span span = mm_span_str(text);

	return set_text(jwk, name, span.p, span.len, err);
}

static enum mm_code set_param(json_t *jwk, const char *name, const EVP_PKEY *pkey, const char *param, size_t len,
			      struct mm_err *err)
{
	mm_auto_buf text = {0};
	enum mm_code code = add_param(&text, pkey, param, len, err);

	return code == MM_OK ? set_text(jwk, name, text.p, text.len, err) : code;
}

static enum mm_code set_okp_public(json_t *jwk, const EVP_PKEY *pkey, struct mm_err *err)
{
	uint8_t x[MM_COORDINATE_MAX];
	size_t len = sizeof x;
	mm_auto_buf text = {0};

	if (!EVP_PKEY_get_raw_public_key(pkey, x, &len))
		return mm_fail_openssl(err, MM_ECRYPTO, "an Ed25519 key");
	mm_base64url_add(&text, x, len);
	return set_text(jwk, "x", text.p, text.len, err);
}

static enum mm_code set_members(json_t *jwk, const struct mm_key *key, struct mm_err *err)
{
	const struct mm_alg *alg = mm_key_alg(key);
	const EVP_PKEY *pkey = mm_key_pkey(key);
	enum mm_code code = mm_key_check_made(key, err);

	if (code == MM_OK)
		code = set_str(jwk, "use", "sig", err);
	if (code == MM_OK)
		code = set_str(jwk, "kty", alg->kty_name, err);
	if (code == MM_OK)
		code = set_str(jwk, "kid", mm_key_kid(key), err);
	if (code == MM_OK && alg->crv)
		code = set_str(jwk, "crv", alg->crv, err);
	if (code == MM_OK)
		code = set_str(jwk, "alg", alg->name, err);
	if (code != MM_OK)
		return code;
	switch (alg->kty) {
	case MM_KTY_RSA:
		code = set_param(jwk, "n", pkey, OSSL_PKEY_PARAM_RSA_N, 0, err);
		return code == MM_OK ? set_param(jwk, "e", pkey, OSSL_PKEY_PARAM_RSA_E, 0, err) : code;
	case MM_KTY_EC:
		code = set_param(jwk, "x", pkey, OSSL_PKEY_PARAM_EC_PUB_X, alg->coordinate_len, err);
		return code == MM_OK ? set_param(jwk, "y", pkey, OSSL_PKEY_PARAM_EC_PUB_Y, alg->coordinate_len, err)
				     : code;
	case MM_KTY_OKP: return set_okp_public(jwk, pkey, err);
	}
	return mm_fail(err, MM_ECRYPTO, "%s has no JWK", alg->name);
}

enum mm_code mm_jwk_from_key(const struct mm_key *key, json_t **out, struct mm_err *err)
{
	json_t *jwk = json_object();
	enum mm_code code = jwk ? set_members(jwk, key, err) : mm_fail(err, MM_ENOMEM, "no memory for a JWK");

	if (code != MM_OK) {
		json_decref(jwk);
		return code;
	}
	*out = jwk;
	return MM_OK;
}

/* Appends ,"NAME":"  and what follows is the member's value up to the closing quote. */
static void open_member(struct mm_buf *out, const char *name)
{
	mm_buf_add_str(out, ",\"");
	mm_buf_add_str(out, name);
	mm_buf_add_str(out, "\":\"");
}

static enum mm_code add_rsa_private(struct mm_buf *out, const EVP_PKEY *pkey, struct mm_err *err)
{
	enum mm_code code = MM_OK;

	for (size_t i = MM_RSA_PUBLIC_COUNT; i < MM_RSA_COUNT && code == MM_OK; i++) {
		open_member(out, mm_rsa_names[i].jwk);
		code = add_param(out, pkey, mm_rsa_names[i].ossl, 0, err);
		mm_buf_add_str(out, "\"");
	}
	return code;
}

static enum mm_code add_ec_private(struct mm_buf *out, const EVP_PKEY *pkey, size_t len, struct mm_err *err)
{
	enum mm_code code;

	open_member(out, "d");
	code = add_param(out, pkey, OSSL_PKEY_PARAM_PRIV_KEY, len, err);
	mm_buf_add_str(out, "\"");
	return code;
}

static enum mm_code add_okp_private(struct mm_buf *out, const EVP_PKEY *pkey, struct mm_err *err)
{
	uint8_t d[MM_COORDINATE_MAX];
	size_t len = sizeof d;

	if (!EVP_PKEY_get_raw_private_key(pkey, d, &len))
		return mm_fail_openssl(err, MM_ECRYPTO, "an Ed25519 key");
	open_member(out, "d");
	mm_base64url_add(out, d, len);
	mm_buf_add_str(out, "\"");
	OPENSSL_cleanse(d, sizeof d);
	return MM_OK;
}

static enum mm_code add_private(struct mm_buf *out, const struct mm_key *key, struct mm_err *err)
{
	const struct mm_alg *alg = mm_key_alg(key);
	const EVP_PKEY *pkey = mm_key_pkey(key);

	switch (alg->kty) {
	case MM_KTY_RSA: return add_rsa_private(out, pkey, err);
	case MM_KTY_EC: return add_ec_private(out, pkey, alg->coordinate_len, err);
	case MM_KTY_OKP: return add_okp_private(out, pkey, err);
	}
	return mm_fail(err, MM_ECRYPTO, "%s has no JWK", alg->name);
}

enum mm_code mm_jwk_private_text(const struct mm_key *key, struct mm_buf *out, struct mm_err *err)
{
	json_t *public = NULL;
	enum mm_code code = mm_jwk_from_key(key, &public, err);

	if (code == MM_OK)
		code = mm_json_dump(public, false, out, err);
	json_decref(public);
	if (code != MM_OK)
		return code;
	out->len--; /* the closing brace comes after the private members */
	code = add_private(out, key, err);
	mm_buf_add_str(out, "}\n");
	return code == MM_OK ? mm_buf_check(out, err) : code;
}

enum mm_code mm_key_thumbprint(const struct mm_key *key, char out[static MM_KID_SIZE], struct mm_err *err)
{
	static const char *const required[] = {"crv", "e", "kty", "n", "x", "y"}; /* of all key types, RFC 7638 §3.2 */
	json_t *jwk = NULL, *hashed = json_object();
	mm_auto_buf text = {0};
	uint8_t digest[32];
	enum mm_code code = mm_jwk_from_key(key, &jwk, err);

	for (size_t i = 0; i < MM_COUNT(required) && code == MM_OK; i++)
		if (json_object_get(jwk, required[i]) &&
		    json_object_set(hashed, required[i], json_object_get(jwk, required[i])) != 0)
			code = mm_fail(err, MM_ENOMEM, "no memory for a JWK");
	if (code == MM_OK)
		code = mm_json_dump(hashed, true, &text, err);
	if (code == MM_OK && !EVP_Digest(text.p, text.len, digest, NULL, EVP_sha256(), NULL))
		code = mm_fail_openssl(err, MM_ECRYPTO, "SHA-256");
	if (code == MM_OK)
		out[mm_base64url_encode(out, digest, sizeof digest)] = '\0';
	json_decref(jwk);
	json_decref(hashed);
	return code;
}
