/* SPDX-License-Identifier: Apache-2.0 */
#include "keys/vet.h"

#include "keys/fermat.h"
#include "keys/rsa.h"

#include <mintmark/ossl.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <stdio.h>
#include <string.h>

#define RSA_E_MIN 65537
/* The largest that Go's crypto/rsa, and so Kubernetes and what is built on it, verifies with. */
#define RSA_E_MAX 0x7fffffff

#define ED25519_LEN 32

/* The odd primes up to 167: their product is what RSALib built its smallest moduli around. */
static const unsigned small_primes[] = {3,   5,   7,   11,  13,  17,  19,  23,  29,  31,  37,  41,  43,
					47,  53,  59,  61,  67,  71,  73,  79,  83,  89,  97,  101, 103,
					107, 109, 113, 127, 131, 137, 139, 149, 151, 157, 163, 167};

#define GROUP_NAME_SIZE 64

static void group_name(const EVP_PKEY *pkey, char name[static GROUP_NAME_SIZE])
{
	ERR_set_mark();
	if (!EVP_PKEY_get_group_name(pkey, name, GROUP_NAME_SIZE, NULL))
		snprintf(name, GROUP_NAME_SIZE, "an unnamed curve");
	ERR_pop_to_mark();
}

static bool fits(const struct mm_alg *alg, const EVP_PKEY *pkey)
{
	char group[GROUP_NAME_SIZE];

	if (alg->kty != MM_KTY_EC)
		return EVP_PKEY_is_a(pkey, alg->kty == MM_KTY_RSA ? "RSA" : alg->group);
	if (!EVP_PKEY_is_a(pkey, "EC"))
		return false;
	group_name(pkey, group);
	return strcmp(group, alg->group) == 0;
}

#define DESCRIPTION_SIZE 128

/* "an EC key on secp256k1": for messages. */
static void describe(const EVP_PKEY *pkey, char text[static DESCRIPTION_SIZE])
{
	const char *type = EVP_PKEY_get0_type_name(pkey);
	char group[GROUP_NAME_SIZE];

	if (!EVP_PKEY_is_a(pkey, "EC")) {
		snprintf(text, DESCRIPTION_SIZE, "the key is of type %s", type ? type : "unknown");
		return;
	}
	group_name(pkey, group);
	snprintf(text, DESCRIPTION_SIZE, "the key is an EC key on %s", group);
}

enum mm_code mm_vet_default_alg(const EVP_PKEY *pkey, const struct mm_alg **alg, struct mm_err *err)
{
	char description[DESCRIPTION_SIZE];

	for (size_t i = 0; i < MM_ALG_COUNT; i++)
		if (fits(&mm_algs[i], pkey)) {
			*alg = &mm_algs[i];
			return MM_OK;
		}
	describe(pkey, description);
	return mm_fail(err, MM_EREFUSED, "%s; accepted: RSA, EC on P-256, P-384 or P-521, and Ed25519", description);
}

static bool is_power_of_65537(unsigned residue, unsigned prime)
{
	unsigned power = 1;

	do {
		if (power == residue)
			return true;
		power = power * (65537 % prime) % prime;
	} while (power != 1);
	return false;
}

bool mm_roca_fingerprint(const BIGNUM *modulus)
{
	for (size_t i = 0; i < MM_COUNT(small_primes); i++)
		if (!is_power_of_65537((unsigned)BN_mod_word(modulus, small_primes[i]), small_primes[i]))
			return false;
	return true;
}

static enum mm_code vet_modulus(const BIGNUM *n, BN_CTX *context, struct mm_err *err)
{
	int bits = BN_num_bits(n);

	if (bits < MM_RSA_BITS_MIN || bits > MM_RSA_BITS_MAX)
		return mm_fail(err, MM_EREFUSED, "an RSA modulus of %d bits; accepted: %d to %d (RFC 7518 §3.3)", bits,
			       MM_RSA_BITS_MIN, MM_RSA_BITS_MAX);
	if (!BN_is_odd(n))
		return mm_fail(err, MM_EREFUSED, "the RSA modulus is even");
	for (size_t i = 0; i < MM_COUNT(small_primes); i++)
		if (BN_mod_word(n, small_primes[i]) == 0)
			return mm_fail(err, MM_EREFUSED, "the RSA modulus is divisible by %u", small_primes[i]);
	if (mm_roca_fingerprint(n))
		return mm_fail(err, MM_EREFUSED,
			       "the RSA modulus is one of those that can be factored (ROCA, CVE-2017-15361): "
			       "generate a new key");
	if (mm_fermat_factors(n, context))
		return mm_fail(err, MM_EREFUSED,
			       "the RSA modulus is one of those that can be factored (Fermat, CVE-2022-26320): "
			       "generate a new key");
	return MM_OK;
}

static enum mm_code vet_exponent(const BIGNUM *e, struct mm_err *err)
{
	BN_ULONG value = BN_get_word(e); /* all ones when e is larger */

	if (!BN_is_odd(e))
		return mm_fail(err, MM_EREFUSED, "the RSA exponent e is even");
	if (value < RSA_E_MIN)
		return mm_fail(err, MM_EREFUSED, "the RSA exponent e is %lu; at least %d is required",
			       (unsigned long)value, RSA_E_MIN);
	if (value > RSA_E_MAX)
		return mm_fail(err, MM_EREFUSED, "the RSA exponent e is too large: many verifiers stop at 2^31-1");
	return MM_OK;
}

/* x·y ≡ 1 modulo m */
static bool inverse(const BIGNUM *x, const BIGNUM *y, const BIGNUM *m, BIGNUM *scratch, BN_CTX *context)
{
	return BN_mod_mul(scratch, x, y, m, context) && BN_is_one(scratch);
}

/*
 * One prime of the key: d inverts e modulo p-1, dp is d reduced, and p passes Fermat's test. BN_check_prime would take
 * 30 ms for each and bring nothing: who makes a pseudoprime on purpose has the private key anyway.
 */
static bool prime_consistent(const struct mm_rsa *rsa, const BIGNUM *p, const BIGNUM *dp, BN_CTX *context)
{
	mm_ossl_auto(BIGNUM) p_minus_1 = BN_secure_new();
	mm_ossl_auto(BIGNUM) scratch = BN_secure_new();
	mm_ossl_auto(BIGNUM) two = BN_new();

	return p_minus_1 && scratch && two && BN_is_odd(p) && !BN_is_one(p) && BN_sub(p_minus_1, p, BN_value_one()) &&
	       inverse(rsa->v[MM_RSA_D], rsa->v[MM_RSA_E], p_minus_1, scratch, context) &&
	       BN_nnmod(scratch, rsa->v[MM_RSA_D], p_minus_1, context) && BN_cmp(scratch, dp) == 0 &&
	       BN_set_word(two, 2) && BN_mod_exp_mont_consttime(scratch, two, p_minus_1, p, context, NULL) &&
	       BN_is_one(scratch);
}

static bool rsa_consistent(const struct mm_rsa *rsa, BN_CTX *context)
{
	const BIGNUM *p = rsa->v[MM_RSA_P], *q = rsa->v[MM_RSA_Q];
	mm_ossl_auto(BIGNUM) scratch = BN_secure_new();

	return scratch && BN_mul(scratch, p, q, context) && BN_cmp(scratch, rsa->v[MM_RSA_N]) == 0 &&
	       BN_cmp(rsa->v[MM_RSA_D], rsa->v[MM_RSA_N]) < 0 && prime_consistent(rsa, p, rsa->v[MM_RSA_DP], context) &&
	       prime_consistent(rsa, q, rsa->v[MM_RSA_DQ], context) && BN_cmp(rsa->v[MM_RSA_QI], p) < 0 &&
	       inverse(rsa->v[MM_RSA_QI], q, p, scratch, context);
}

/* FIPS 186-5 §A.1.3: primes of half the length each, which differ in their first 100 bits. */
static bool primes_apart(const struct mm_rsa *rsa)
{
	int bits = BN_num_bits(rsa->v[MM_RSA_N]), shorter = bits / 2, longer = bits - shorter;
	int p = BN_num_bits(rsa->v[MM_RSA_P]), q = BN_num_bits(rsa->v[MM_RSA_Q]);
	mm_ossl_auto(BIGNUM) difference = BN_secure_new();

	return p >= shorter && p <= longer && q >= shorter && q <= longer && difference &&
	       BN_sub(difference, rsa->v[MM_RSA_P], rsa->v[MM_RSA_Q]) && BN_num_bits(difference) > shorter - 100;
}

static bool has_third_prime(const EVP_PKEY *pkey)
{
	mm_ossl_auto(BIGNUM) prime = NULL;
	bool has;

	ERR_set_mark();
	has = EVP_PKEY_get_bn_param(pkey, OSSL_PKEY_PARAM_RSA_FACTOR3, &prime);
	ERR_pop_to_mark();
	return has;
}

static enum mm_code vet_rsa(EVP_PKEY *pkey, bool private, struct mm_err *err)
{
	mm_ossl_auto(BN_CTX) context = BN_CTX_secure_new();
	mm_auto_rsa rsa = {0};
	enum mm_code code;

	if (!context)
		return mm_fail_openssl(err, MM_ENOMEM, "RSA key");
	code = mm_rsa_from_pkey(pkey, private, &rsa, err);
	if (code == MM_OK)
		code = vet_modulus(rsa.v[MM_RSA_N], context, err);
	if (code == MM_OK)
		code = vet_exponent(rsa.v[MM_RSA_E], err);
	if (code != MM_OK || !private)
		return code;
	if (has_third_prime(pkey))
		return mm_fail(err, MM_EREFUSED, "the RSA key has more than two primes");
	if (!rsa_consistent(&rsa, context)) {
		ERR_clear_error();
		return mm_fail(err, MM_EREFUSED, "the numbers of the RSA key do not belong together");
	}
	if (!primes_apart(&rsa))
		return mm_fail(err, MM_EREFUSED,
			       "the primes of the RSA key differ in length, or are too close to each other "
			       "(FIPS 186-5 §A.1.3): generate a new key");
	return MM_OK;
}

static enum mm_code check(EVP_PKEY *pkey, bool private, struct mm_err *err)
{
	mm_ossl_auto(EVP_PKEY_CTX) context = EVP_PKEY_CTX_new_from_pkey(NULL, pkey, NULL);

	if (!context)
		return mm_fail_openssl(err, MM_ECRYPTO, "checking a key");
	if (EVP_PKEY_public_check(context) != 1) {
		ERR_clear_error();
		return mm_fail(err, MM_EREFUSED, "the public key is not a point of the curve");
	}
	if (private && EVP_PKEY_check(context) != 1) {
		ERR_clear_error();
		return mm_fail(err, MM_EREFUSED, "the private key does not belong to the public key");
	}
	return MM_OK;
}

static enum mm_code vet_ec(EVP_PKEY *pkey, bool private, struct mm_err *err)
{
	int explicit_params = 0;

	/* CVE-2020-0601: a curve that only looks like the named one; and the kid would be another */
	ERR_set_mark();
	EVP_PKEY_get_int_param(pkey, OSSL_PKEY_PARAM_EC_DECODED_FROM_EXPLICIT_PARAMS, &explicit_params);
	ERR_pop_to_mark();
	if (explicit_params)
		return mm_fail(err, MM_EREFUSED, "the EC key spells its curve out; a named curve is required");
	return check(pkey, private, err);
}

/*
 * Points that generate no more than eight others: with one of those for a public key everybody can sign. Their five
 * y coordinates, little-endian: order 1, 4, 2, 8 and 8. y at or above the field's prime is another name of a smaller
 * one (RFC 8032 §5.1.3).
 */
static bool ed25519_degenerate(const uint8_t encoded[static ED25519_LEN])
{
	static const uint8_t order8[2][ED25519_LEN] = {
		{0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4, 0x89, 0xf2, 0xef, 0x98, 0xf0,
		 0xd5, 0xdf, 0xac, 0x05, 0xd3, 0xc6, 0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53, 0xfc, 0x05},
		{0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b, 0x76, 0x0d, 0x10, 0x67, 0x0f,
		 0x2a, 0x20, 0x53, 0xfa, 0x2c, 0x39, 0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac, 0x03, 0x7a}};
	uint8_t y[ED25519_LEN];
	bool middle_zero = true, middle_ones = true;

	memcpy(y, encoded, sizeof y);
	y[ED25519_LEN - 1] &= 0x7f; /* the sign of x */
	for (size_t i = 1; i < ED25519_LEN - 1; i++) {
		middle_zero &= y[i] == 0;
		middle_ones &= y[i] == 0xff;
	}
	if (middle_zero && y[ED25519_LEN - 1] == 0 && y[0] <= 1)
		return true;
	if (middle_ones && y[ED25519_LEN - 1] == 0x7f && y[0] >= 0xec) /* p - 1 = 2^255 - 20 and above */
		return true;
	return memcmp(y, order8[0], sizeof y) == 0 || memcmp(y, order8[1], sizeof y) == 0;
}

static enum mm_code vet_okp(EVP_PKEY *pkey, bool private, struct mm_err *err)
{
	uint8_t public[ED25519_LEN];
	size_t len = sizeof public;

	if (EVP_PKEY_get_raw_public_key(pkey, public, &len) != 1 || len != sizeof public)
		return mm_fail_openssl(err, MM_EREFUSED, "the Ed25519 key has no public half");
	if (ed25519_degenerate(public))
		return mm_fail(err, MM_EREFUSED, "the Ed25519 public key is a point with which everybody can sign");
	return private ? check(pkey, private, err) : MM_OK;
}

enum mm_code mm_vet(const struct mm_alg *alg, EVP_PKEY *pkey, bool private, struct mm_err *err)
{
	if (!fits(alg, pkey)) {
		char description[DESCRIPTION_SIZE];

		describe(pkey, description);
		return mm_fail(err, MM_EREFUSED, "%s does not fit: %s", alg->name, description);
	}
	switch (alg->kty) {
	case MM_KTY_RSA: return vet_rsa(pkey, private, err);
	case MM_KTY_EC: return vet_ec(pkey, private, err);
	case MM_KTY_OKP: return vet_okp(pkey, private, err);
	}
	return mm_fail(err, MM_EREFUSED, "%s has no rules", alg->name);
}
