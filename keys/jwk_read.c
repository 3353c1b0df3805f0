/* SPDX-License-Identifier: Apache-2.0 */
#include "keys/jwk.h"

#include "keys/rsa.h"

#include <mintmark/base64url.h>
#include <mintmark/json.h>
#include <mintmark/ossl.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <string.h>

#define POINT_MAX (1 + 2 * MM_COORDINATE_MAX) /* uncompressed: 0x04, x, y */

/* RFC 7518 §6.2.2, §6.3.2 and §6.4.1, RFC 8037 §2 */
static const char *const private_members[] = {"d", "p", "q", "dp", "dq", "qi", "oth", "k"};

/* A member that must be there and be a string. */
static enum mm_code get_text(const json_t *jwk, const char *name, struct mm_span *out, struct mm_err *err)
{
	const json_t *member = json_object_get(jwk, name);

	if (!member)
		return mm_fail(err, MM_EPARSE, "JWK has no %s", name);
	if (!json_is_string(member))
		return mm_fail(err, MM_EPARSE, "JWK: %s is not a string", name);
	*out = mm_span(json_string_value(member), json_string_length(member));
	return MM_OK;
}

/* A member of `len` bytes exactly: coordinates and their like are written in full (RFC 7518 §6.2.1.2). */
static enum mm_code get_octets(const json_t *jwk, const char *name, uint8_t *out, size_t len, struct mm_err *err)
{
	struct mm_span text;
	size_t got = 0;
	enum mm_code code = get_text(jwk, name, &text, err);

	if (code != MM_OK)
		return code;
	if (text.len != mm_base64url_len(len))
		return mm_fail(err, MM_EPARSE, "JWK: %s must be %zu bytes, written in full", name, len);
	return mm_context(err, mm_base64url_decode(text, out, len, &got, err), "JWK: %s", name);
}

/* OpenSSL cleanses its copies of numbers that are flagged as secure, whether it has a secure heap or not. */
static enum mm_code to_number(const uint8_t *octets, size_t len, BIGNUM **out, struct mm_err *err)
{
	*out = BN_secure_new();
	if (!*out || !BN_bin2bn(octets, (int)len, *out))
		return mm_fail_openssl(err, MM_ENOMEM, "a number of a key");
	return MM_OK;
}

/* A Base64urlUInt: no leading zero octets, and zero itself never makes sense here (RFC 7518 §2, §6.3.1.1). */
static enum mm_code get_number(const json_t *jwk, const char *name, BIGNUM **out, struct mm_err *err)
{
	uint8_t octets[MM_JWK_NUMBER_MAX];
	struct mm_span text;
	size_t len = 0;
	enum mm_code code = get_text(jwk, name, &text, err);

	if (code != MM_OK)
		return code;
	code = mm_base64url_decode(text, octets, sizeof octets, &len, err);
	if (code != MM_OK)
		code = mm_context(err, code == MM_ELIMIT ? MM_EREFUSED : code, "JWK: %s", name);
	else if (len == 0 || octets[0] == 0)
		code = mm_fail(err, MM_EPARSE, "JWK: %s is empty or has leading zeros", name);
	else
		code = to_number(octets, len, out, err);
	OPENSSL_cleanse(octets, sizeof octets);
	return code;
}

static enum mm_code read_rsa(const json_t *jwk, bool private, EVP_PKEY **out, struct mm_err *err)
{
	mm_auto_rsa rsa = {0};

	if (json_object_get(jwk, "oth"))
		return mm_fail(err, MM_EREFUSED, "JWK: oth: RSA keys of more than two primes are not accepted");
	for (size_t i = 0; i < (private ? MM_RSA_COUNT : MM_RSA_PUBLIC_COUNT); i++) {
		enum mm_code code = get_number(jwk, mm_rsa_names[i].jwk, &rsa.v[i], err);

		if (code != MM_OK)
			return code;
	}
	return mm_rsa_to_pkey(&rsa, private, out, err);
}

static enum mm_code ec_to_pkey(const struct mm_alg *alg, const uint8_t *point, const BIGNUM *d, EVP_PKEY **out,
			       struct mm_err *err)
{
	mm_ossl_auto(OSSL_PARAM_BLD) build = OSSL_PARAM_BLD_new();
	mm_ossl_auto(EVP_PKEY_CTX) context = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
	mm_ossl_auto(OSSL_PARAM) params = NULL;

	if (!build || !context || !OSSL_PARAM_BLD_push_utf8_string(build, OSSL_PKEY_PARAM_GROUP_NAME, alg->group, 0) ||
	    !OSSL_PARAM_BLD_push_octet_string(build, OSSL_PKEY_PARAM_PUB_KEY, point, 1 + 2 * alg->coordinate_len) ||
	    (d && !OSSL_PARAM_BLD_push_BN_pad(build, OSSL_PKEY_PARAM_PRIV_KEY, d, alg->coordinate_len)))
		return mm_fail_openssl(err, MM_ECRYPTO, "EC key");
	params = OSSL_PARAM_BLD_to_param(build);
	if (!params || EVP_PKEY_fromdata_init(context) <= 0)
		return mm_fail_openssl(err, MM_ECRYPTO, "EC key");
	if (EVP_PKEY_fromdata(context, out, d ? EVP_PKEY_KEYPAIR : EVP_PKEY_PUBLIC_KEY, params) <= 0)
		return mm_fail_openssl(err, MM_EREFUSED, "JWK: x and y are no point on %s, or d is no scalar",
				       alg->crv);
	return MM_OK;
}

static enum mm_code read_ec(const json_t *jwk, const struct mm_alg *alg, bool private, EVP_PKEY **out,
			    struct mm_err *err)
{
	size_t len = alg->coordinate_len;
	uint8_t point[POINT_MAX] = {POINT_CONVERSION_UNCOMPRESSED};
	uint8_t scalar[MM_COORDINATE_MAX];
	mm_ossl_auto(BIGNUM) d = NULL;
	enum mm_code code = get_octets(jwk, "x", point + 1, len, err);

	if (code == MM_OK)
		code = get_octets(jwk, "y", point + 1 + len, len, err);
	if (code == MM_OK && private) {
		code = get_octets(jwk, "d", scalar, len, err);
		if (code == MM_OK)
			code = to_number(scalar, len, &d, err);
		OPENSSL_cleanse(scalar, sizeof scalar);
	}
	if (code != MM_OK)
		return code;
	return ec_to_pkey(alg, point, d, out, err);
}

static enum mm_code read_okp(const json_t *jwk, const struct mm_alg *alg, bool private, EVP_PKEY **out,
			     struct mm_err *err)
{
	uint8_t x[MM_COORDINATE_MAX], d[MM_COORDINATE_MAX], derived[MM_COORDINATE_MAX];
	size_t len = alg->coordinate_len, derived_len = sizeof derived;
	enum mm_code code = get_octets(jwk, "x", x, len, err);

	if (code != MM_OK)
		return code;
	if (!private) {
		*out = EVP_PKEY_new_raw_public_key_ex(NULL, alg->group, NULL, x, len);
		return *out ? MM_OK : mm_fail_openssl(err, MM_ECRYPTO, "%s key", alg->crv);
	}
	code = get_octets(jwk, "d", d, len, err);
	if (code == MM_OK) {
		*out = EVP_PKEY_new_raw_private_key_ex(NULL, alg->group, NULL, d, len);
		if (!*out || !EVP_PKEY_get_raw_public_key(*out, derived, &derived_len))
			code = mm_fail_openssl(err, MM_ECRYPTO, "%s key", alg->crv);
		else if (derived_len != len || memcmp(derived, x, len) != 0)
			code = mm_fail(err, MM_EREFUSED, "JWK: d does not belong to x");
	}
	OPENSSL_cleanse(d, sizeof d);
	return code;
}

/* The algorithm: the JWK's own or else `wanted` or else the first of the table that fits kty and crv. */
static enum mm_code choose_alg(const json_t *jwk, const struct mm_alg *wanted, const struct mm_alg **out,
			       struct mm_err *err)
{
	struct mm_span kty, crv = {0}, name;
	const struct mm_alg *alg = wanted;
	enum mm_code code = get_text(jwk, "kty", &kty, err);

	if (code == MM_OK && !mm_span_is(kty, "RSA") && json_object_get(jwk, "crv"))
		code = get_text(jwk, "crv", &crv, err);
	if (code == MM_OK && json_object_get(jwk, "alg")) {
		code = get_text(jwk, "alg", &name, err);
		if (code != MM_OK)
			return code;
		alg = mm_alg_find(name);
		if (!alg)
			return mm_fail(err, MM_EREFUSED, "JWK: alg %.*s; accepted: %s", (int)name.len, name.p,
				       mm_alg_names());
		if (wanted && alg != wanted)
			return mm_fail(err, MM_EREFUSED, "JWK is for %s, not for %s", alg->name, wanted->name);
	}
	if (code != MM_OK)
		return code;
	for (size_t i = 0; i < MM_ALG_COUNT && !alg; i++)
		if (mm_span_is(kty, mm_algs[i].kty_name) && (!mm_algs[i].crv || mm_span_is(crv, mm_algs[i].crv)))
			alg = &mm_algs[i];
	if (!alg || !mm_span_is(kty, alg->kty_name) || (alg->crv && !mm_span_is(crv, alg->crv)))
		return mm_fail(err, MM_EREFUSED, "JWK: no algorithm for kty %.*s%s%.*s%s%s", (int)kty.len, kty.p,
			       crv.p ? " crv " : "", (int)crv.len, crv.p ? crv.p : "", alg ? " with alg " : "",
			       alg ? alg->name : "");
	*out = alg;
	return MM_OK;
}

bool mm_jwk_allows(const json_t *jwk, const char *operation)
{
	const json_t *ops = json_object_get(jwk, "key_ops"), *op;
	size_t i;

	json_array_foreach(ops, i, op)
	{
		if (json_is_string(op) && strcmp(json_string_value(op), operation) == 0)
			return true;
	}
	return !ops;
}

const char *mm_jwk_private_member(const json_t *jwk)
{
	for (size_t i = 0; i < MM_COUNT(private_members); i++) {
		if (json_object_get(jwk, private_members[i]))
			return private_members[i];
	}
	return NULL;
}

/* use and key_ops, where they are there, must allow what we do with the key (RFC 7517 §4.2, §4.3). */
static enum mm_code check_purpose(const json_t *jwk, bool private, struct mm_err *err)
{
	const char *wanted = private ? "sign" : "verify";
	const json_t *use = json_object_get(jwk, "use");

	if (use && (!json_is_string(use) || strcmp(json_string_value(use), "sig") != 0))
		return mm_fail(err, MM_EREFUSED, "JWK: use is not \"sig\"");
	if (mm_jwk_allows(jwk, wanted))
		return MM_OK;
	return mm_fail(err, MM_EREFUSED, "JWK: key_ops does not have \"%s\"", wanted);
}

static enum mm_code check_halves(const json_t *jwk, bool private, struct mm_err *err)
{
	const char *member = private ? NULL : mm_jwk_private_member(jwk);

	if (member)
		return mm_fail(err, MM_EREFUSED, "JWK: %s is a private member in a public key", member);
	if (private && !json_object_get(jwk, "d") && !json_object_get(jwk, "k"))
		return mm_fail(err, MM_EREFUSED, "found a public JWK where a private one is needed");
	return MM_OK;
}

enum mm_code mm_jwk_to_key_as(const json_t *jwk, bool private, const struct mm_alg *wanted, struct mm_key **out,
			      struct mm_err *err)
{
	mm_ossl_auto(EVP_PKEY) pkey = NULL;
	const struct mm_alg *alg = NULL;
	enum mm_code code;

	if (!json_is_object(jwk))
		return mm_fail(err, MM_EPARSE, "JWK is not an object");
	code = check_halves(jwk, private, err);
	if (code == MM_OK)
		code = choose_alg(jwk, wanted, &alg, err);
	if (code == MM_OK)
		code = check_purpose(jwk, private, err);
	if (code != MM_OK)
		return code;
	switch (alg->kty) {
	case MM_KTY_RSA: code = read_rsa(jwk, private, &pkey, err); break;
	case MM_KTY_EC: code = read_ec(jwk, alg, private, &pkey, err); break;
	case MM_KTY_OKP: code = read_okp(jwk, alg, private, &pkey, err); break;
	}
	if (code != MM_OK)
		return code;
	return mm_key_from_pkey(alg, pkey, out, err);
}

enum mm_code mm_jwk_to_key(const json_t *jwk, bool private, struct mm_key **out, struct mm_err *err)
{
	return mm_jwk_to_key_as(jwk, private, NULL, out, err);
}

void mm_jwk_cleanse(json_t *jwk)
{
	const char *name;
	json_t *member;

	json_object_foreach(jwk, name, member) if (json_is_string(member))
		OPENSSL_cleanse((char *)(uintptr_t)json_string_value(member), json_string_length(member));
}
