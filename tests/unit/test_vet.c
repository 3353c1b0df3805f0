/* SPDX-License-Identifier: Apache-2.0 */
/* Weak and mismatched keys. Every rule of facts about hostile keys (RFC 7518, RFC 8725, CVE-2017-15361) is a test. */
#include "keys/ossl.h"
#include "keys/rsa.h"
#include "keys/vet.h"
#include "tests/unit/keyhelp.h"
#include <openssl/core_names.h>
#include <openssl/x509.h>
#include <string.h>

/* The modulus of a sound key. */
static BIGNUM *sound_modulus(void)
{
	mm_auto(mm_key) key = test_key("RS256");
	BIGNUM *n = NULL;

	assert_true(EVP_PKEY_get_bn_param(mm_key_pkey(key), OSSL_PKEY_PARAM_RSA_N, &n));
	return n;
}

static BIGNUM *number(BN_ULONG word)
{
	BIGNUM *bn = BN_new();

	assert_true(BN_set_word(bn, word));
	return bn;
}

/* Vets a public key of n and e, both consumed; `part` NULL: it must pass. */
static void vet_public(BIGNUM *n, BIGNUM *e, const char *part)
{
	mm_ossl_auto(EVP_PKEY) pkey = test_rsa_public(n, e);
	struct mm_err err = {0};

	if (part)
		assert_fails_saying(mm_vet(test_alg("RS256"), pkey, false, &err), MM_EREFUSED, &err, part);
	else
		assert_ok(mm_vet(test_alg("RS256"), pkey, false, &err), &err);
	BN_free(n);
	BN_free(e);
}

/* An odd number of so many bits without small divisors: the top bit, and then the next number that passes. */
static BIGNUM *modulus_of(int bits)
{
	BIGNUM *n = BN_new();
	bool divisible = true;

	assert_true(BN_rand(n, bits, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ODD));
	while (divisible) {
		divisible = false;
		assert_true(BN_add_word(n, 2));
		for (BN_ULONG p = 3; p < 200; p += 2)
			divisible |= BN_mod_word(n, p) == 0;
	}
	assert_int_equal(BN_num_bits(n), bits);
	return n;
}

static void rsa_from_2048_to_8192_bits_is_accepted(void **state)
{
	(void)state;
	vet_public(modulus_of(2048), number(65537), NULL);
	vet_public(modulus_of(2049), number(65537), NULL);
	vet_public(modulus_of(8192), number(65537), NULL);
}

static void smaller_and_larger_rsa_is_refused(void **state)
{
	(void)state;
	vet_public(modulus_of(512), number(65537), "512 bits");
	vet_public(modulus_of(1024), number(65537), "1024 bits");
	vet_public(modulus_of(2047), number(65537), "2047 bits");
	vet_public(modulus_of(8193), number(65537), "8193 bits");
	vet_public(modulus_of(16384), number(65537), "16384 bits");
}

static void tiny_even_and_huge_exponents_are_refused(void **state)
{
	static const struct {
		BN_ULONG e;
		const char *part;
	} rows[] = {
		{0, "is even"},
		{1, "e is 1;"},
		{2, "is even"},
		{3, "e is 3;"},
		{17, "e is 17;"},
		{257, "e is 257;"},
		{65535, "e is 65535;"},
		{65536, "is even"},
		{65538, "is even"},
		{2147483648, "is even"},
		{2147483649, "too large"},
		{4294967297, "too large"},
		{65537, NULL},
		{65539, NULL},
		{2147483647, NULL},
	};
	BIGNUM *n = sound_modulus();

	(void)state;
	for (size_t i = 0; i < MM_COUNT(rows); i++)
		vet_public(BN_dup(n), number(rows[i].e), rows[i].part);
	vet_public(BN_dup(n), BN_dup(n), "too large");
	BN_free(n);
}

static void an_even_modulus_and_one_with_a_small_factor_are_refused(void **state)
{
	BIGNUM *even = sound_modulus(), *divisible = sound_modulus();

	(void)state;
	BN_add_word(even, 1);
	while (BN_mod_word(divisible, 167) != 0 || !BN_is_odd(divisible))
		BN_add_word(divisible, 1);
	vet_public(even, number(65537), "is even");
	vet_public(divisible, number(65537), "is divisible by");
}

/* ---- ROCA ----------------------------------------------------------------------------------------------------- */

/* The product of the first 126 primes: what RSALib built its 2048-bit moduli around. */
static BIGNUM *primorial(void)
{
	BIGNUM *product = number(1);
	unsigned found = 0;

	for (BN_ULONG candidate = 2; found < 126; candidate++) {
		bool prime = true;

		for (BN_ULONG divisor = 2; divisor * divisor <= candidate; divisor++)
			prime &= candidate % divisor != 0;
		if (prime) {
			assert_true(BN_mul_word(product, candidate));
			found++;
		}
	}
	return product;
}

/* A prime as RSALib made them: k·M + (65537^a mod M), of 1024 bits, from the first k at or above `start`. */
static BIGNUM *roca_prime(BN_ULONG a, BN_ULONG start)
{
	BIGNUM *m = primorial(), *power = BN_new(), *base = number(65537), *exponent = number(a), *prime = BN_new();
	BIGNUM *k = number(3);
	BN_CTX *context = BN_CTX_new();

	assert_true(BN_mod_exp(power, base, exponent, m, context));
	assert_true(BN_lshift(k, k, 1022)); /* so that the product of two has 2048 bits */
	assert_true(BN_div(k, NULL, k, m, context));
	BN_add_word(k, start);
	do {
		BN_add_word(k, 1);
		assert_true(BN_mul(prime, k, m, context));
		assert_true(BN_add(prime, prime, power));
	} while (BN_check_prime(prime, context, NULL) != 1);
	assert_int_equal(BN_num_bits(prime), 1024);
	BN_free(m);
	BN_free(power);
	BN_free(base);
	BN_free(exponent);
	BN_free(k);
	BN_CTX_free(context);
	return prime;
}

/* A whole private key from its primes; e = 65537 and the rest follows. */
static EVP_PKEY *private_from_primes(const BIGNUM *p, const BIGNUM *q, const BIGNUM *totient)
{
	mm_auto_rsa rsa = {0};
	BN_CTX *context = BN_CTX_new();
	BIGNUM *p1 = BN_dup(p), *q1 = BN_dup(q), *phi = BN_new();
	EVP_PKEY *pkey = NULL;
	struct mm_err err = {0};

	for (size_t i = 0; i < MM_RSA_COUNT; i++)
		rsa.v[i] = BN_secure_new();
	BN_sub_word(p1, 1);
	BN_sub_word(q1, 1);
	BN_mul(phi, p1, q1, context);
	BN_copy(rsa.v[MM_RSA_P], p);
	BN_copy(rsa.v[MM_RSA_Q], q);
	BN_set_word(rsa.v[MM_RSA_E], 65537);
	BN_mul(rsa.v[MM_RSA_N], p, q, context);
	assert_non_null(BN_mod_inverse(rsa.v[MM_RSA_D], rsa.v[MM_RSA_E], totient ? totient : phi, context));
	BN_mod(rsa.v[MM_RSA_DP], rsa.v[MM_RSA_D], p1, context);
	BN_mod(rsa.v[MM_RSA_DQ], rsa.v[MM_RSA_D], q1, context);
	assert_non_null(BN_mod_inverse(rsa.v[MM_RSA_QI], q, p, context));
	assert_ok(mm_rsa_to_pkey(&rsa, true, &pkey, &err), &err);
	BN_free(p1);
	BN_free(q1);
	BN_free(phi);
	BN_CTX_free(context);
	return pkey;
}

static void a_key_as_rsalib_made_them_is_refused(void **state)
{
	BIGNUM *p = roca_prime(1234567, 1u << 20), *q = roca_prime(7654321, 1u << 30), *n = BN_new();
	mm_ossl_auto(EVP_PKEY) pkey = private_from_primes(p, q, NULL);
	mm_ossl_auto(BN_CTX) context = BN_CTX_new();
	struct mm_err err = {0};

	(void)state;
	assert_fails_saying(mm_vet(test_alg("RS256"), pkey, true, &err), MM_EREFUSED, &err, "CVE-2017-15361");
	BN_mul(n, p, q, context);
	vet_public(n, number(65537), "CVE-2017-15361");
	BN_free(p);
	BN_free(q);
}

/* The fingerprint is no more than that: one small prime that disagrees clears a modulus. */
static void a_modulus_that_differs_at_one_prime_is_no_roca_modulus(void **state)
{
	BIGNUM *n = roca_prime(1234567, 1u << 20), *m = primorial();

	(void)state;
	assert_true(mm_roca_fingerprint(n));
	BN_div_word(m, 11); /* adding M/11 changes the residue modulo 11 alone, where 65537 makes only 1 and 10 */
	do
		BN_add(n, n, m);
	while (BN_mod_word(n, 11) == 1 || BN_mod_word(n, 11) == 10);
	assert_false(mm_roca_fingerprint(n));
	BN_free(n);
	BN_free(m);
}

static void sound_moduli_do_not_have_the_fingerprint(void **state)
{
	BIGNUM *n = sound_modulus();

	(void)state;
	assert_false(mm_roca_fingerprint(n));
	BN_free(n);
}

/* ---- halves that do not belong together ------------------------------------------------------------------------- */

static void an_rsa_key_with_any_number_changed_is_refused(void **state)
{
	mm_auto(mm_key) key = test_key("RS256");

	(void)state;
	for (size_t i = 0; i < MM_RSA_COUNT; i++) {
		mm_ossl_auto(EVP_PKEY) changed = NULL;
		mm_auto_rsa rsa = {0};
		struct mm_err err = {0};

		assert_ok(mm_rsa_from_pkey(mm_key_pkey(key), true, &rsa, &err), &err);
		BN_add_word(rsa.v[i], i == MM_RSA_N ? 2 * 3 * 5 * 7 * 11 * 13 : 2);
		assert_ok(mm_rsa_to_pkey(&rsa, true, &changed, &err), &err);
		assert_int_equal(mm_vet(test_alg("RS256"), changed, true, &err), MM_EREFUSED);
	}
}

/* d is right modulo p-1, but p is the product of two primes: signatures would not verify. */
static void a_prime_that_is_none_is_refused(void **state)
{
	mm_ossl_auto(BN_CTX) context = BN_CTX_new();
	BIGNUM *a = BN_new(), *b = BN_new(), *p = BN_new(), *q = BN_new(), *p1, *q1, *phi = BN_new();
	mm_ossl_auto(EVP_PKEY) pkey = NULL;
	struct mm_err err = {0};

	(void)state;
	do {
		assert_true(BN_generate_prime_ex(a, 512, 0, NULL, NULL, NULL));
		assert_true(BN_generate_prime_ex(b, 512, 0, NULL, NULL, NULL));
		assert_true(BN_generate_prime_ex(q, 1024, 0, NULL, NULL, NULL));
		BN_mul(p, a, b, context);
		p1 = BN_dup(p);
		q1 = BN_dup(q);
		BN_sub_word(p1, 1);
		BN_sub_word(q1, 1);
		BN_mul(phi, p1, q1, context);
		BN_free(p1);
		BN_free(q1);
		BN_mul(a, p, q, context);
	} while (BN_mod_word(phi, 65537) == 0 || BN_num_bits(a) != 2048);
	pkey = private_from_primes(p, q, phi);
	assert_fails_saying(mm_vet(test_alg("RS256"), pkey, true, &err), MM_EREFUSED, &err, "belong together");
	BN_free(a);
	BN_free(b);
	BN_free(p);
	BN_free(q);
	BN_free(phi);
}

static void an_rsa_key_of_three_primes_is_refused(void **state)
{
	mm_ossl_auto(EVP_PKEY_CTX) context = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
	mm_ossl_auto(EVP_PKEY) pkey = NULL;
	struct mm_err err = {0};

	(void)state;
	assert_int_equal(EVP_PKEY_keygen_init(context), 1);
	assert_int_equal(EVP_PKEY_CTX_set_rsa_keygen_bits(context, 2048), 1);
	assert_int_equal(EVP_PKEY_CTX_set_rsa_keygen_primes(context, 3), 1);
	assert_int_equal(EVP_PKEY_generate(context, &pkey), 1);
	assert_fails_saying(mm_vet(test_alg("RS256"), pkey, true, &err), MM_EREFUSED, &err, "more than two primes");
}

/* A key of EC or OKP with the public half of one and the private half of another. */
static EVP_PKEY *crossed(const struct mm_alg *alg, const struct mm_key *public_half, const struct mm_key *private_half)
{
	mm_ossl_auto(EVP_PKEY_CTX) context = EVP_PKEY_CTX_new_from_pkey(NULL, mm_key_pkey(public_half), NULL);
	uint8_t point[200], scalar[200];
	mm_ossl_auto(BIGNUM) d = NULL;
	size_t point_len = 0, scalar_len = sizeof scalar;
	OSSL_PARAM params[4], *next = params;
	EVP_PKEY *pkey = NULL;

	assert_true(EVP_PKEY_get_octet_string_param(mm_key_pkey(public_half), OSSL_PKEY_PARAM_PUB_KEY, point,
						    sizeof point, &point_len));
	if (alg->kty == MM_KTY_EC) {
		assert_true(EVP_PKEY_get_bn_param(mm_key_pkey(private_half), OSSL_PKEY_PARAM_PRIV_KEY, &d));
		assert_true(BN_bn2nativepad(d, scalar, (int)alg->coordinate_len) > 0);
		*next++ = OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, (char *)(uintptr_t)alg->group,
							   0);
		*next++ = OSSL_PARAM_construct_BN(OSSL_PKEY_PARAM_PRIV_KEY, scalar, alg->coordinate_len);
	} else {
		assert_true(EVP_PKEY_get_raw_private_key(mm_key_pkey(private_half), scalar, &scalar_len));
		*next++ = OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PRIV_KEY, scalar, scalar_len);
	}
	*next++ = OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, point, point_len);
	*next = OSSL_PARAM_construct_end();
	assert_int_equal(EVP_PKEY_fromdata_init(context), 1);
	assert_int_equal(EVP_PKEY_fromdata(context, &pkey, EVP_PKEY_KEYPAIR, params), 1);
	return pkey;
}

static void halves_of_two_keys_are_refused(void **state)
{
	static const char *const names[] = {"ES256", "ES384", "ES512", "EdDSA"};

	(void)state;
	for (size_t i = 0; i < MM_COUNT(names); i++) {
		const struct mm_alg *alg = test_alg(names[i]);
		mm_auto(mm_key) one = test_key(names[i]);
		mm_auto(mm_key) other = test_key(names[i]);
		mm_ossl_auto(EVP_PKEY) same = crossed(alg, one, one);
		mm_ossl_auto(EVP_PKEY) mixed = crossed(alg, one, other);
		struct mm_err err = {0};

		assert_ok(mm_vet(alg, same, true, &err), &err);
		assert_fails_saying(mm_vet(alg, mixed, true, &err), MM_EREFUSED, &err, "does not belong");
	}
}

/* ---- types and curves ------------------------------------------------------------------------------------------- */

static void a_key_fits_the_algorithms_of_its_type_and_curve_alone(void **state)
{
	static const char *const of_key[] = {"RS256", "ES256", "ES384", "ES512", "EdDSA"};

	(void)state;
	for (size_t i = 0; i < MM_COUNT(of_key); i++) {
		mm_auto(mm_key) key = test_key(of_key[i]);

		for (size_t a = 0; a < MM_ALG_COUNT; a++) {
			const struct mm_alg *own = test_alg(of_key[i]), *alg = &mm_algs[a];
			bool fits = alg->kty == own->kty && (alg->kty == MM_KTY_RSA || alg == own);
			struct mm_err err = {0};

			if (fits)
				assert_ok(mm_vet(alg, mm_key_pkey(key), true, &err), &err);
			else
				assert_fails_saying(mm_vet(alg, mm_key_pkey(key), true, &err), MM_EREFUSED, &err,
						    "does not fit");
		}
	}
}

static void without_a_wish_rsa_gets_rs256_and_a_curve_its_own(void **state)
{
	static const char *const names[] = {"RS256", "ES256", "ES384", "ES512", "EdDSA"};

	(void)state;
	for (size_t i = 0; i < MM_COUNT(names); i++) {
		mm_auto(mm_key) key = test_key(names[i]);
		const struct mm_alg *alg = NULL;
		struct mm_err err = {0};

		assert_ok(mm_vet_default_alg(mm_key_pkey(key), &alg, &err), &err);
		assert_string_equal(alg->name, names[i]);
	}
}

static void other_types_and_curves_are_refused_by_name(void **state)
{
	const struct {
		EVP_PKEY *pkey;
		const char *part;
	} rows[] = {
		{EVP_PKEY_Q_keygen(NULL, NULL, "EC", "secp256k1"), "EC key on secp256k1"},
		{EVP_PKEY_Q_keygen(NULL, NULL, "EC", "prime192v1"), "EC key on prime192v1"},
		{EVP_PKEY_Q_keygen(NULL, NULL, "X25519"), "type X25519"},
		{EVP_PKEY_Q_keygen(NULL, NULL, "ED448"), "type ED448"},
	};

	(void)state;
	for (size_t i = 0; i < MM_COUNT(rows); i++) {
		const struct mm_alg *alg = NULL;
		struct mm_err err = {0};

		assert_non_null(rows[i].pkey);
		assert_fails_saying(mm_vet_default_alg(rows[i].pkey, &alg, &err), MM_EREFUSED, &err, rows[i].part);
		for (size_t a = 0; a < MM_ALG_COUNT; a++)
			assert_fails_saying(mm_vet(&mm_algs[a], rows[i].pkey, true, &err), MM_EREFUSED, &err,
					    rows[i].part);
		EVP_PKEY_free(rows[i].pkey);
	}
}

/* Its SubjectPublicKeyInfo is another than that of the same numbers as RSA, and so would the kid be. */
static void a_key_bound_to_rsassa_pss_is_refused(void **state)
{
	mm_ossl_auto(EVP_PKEY_CTX) context = EVP_PKEY_CTX_new_from_name(NULL, "RSA-PSS", NULL);
	mm_ossl_auto(EVP_PKEY) pkey = NULL;
	struct mm_err err = {0};

	(void)state;
	assert_int_equal(EVP_PKEY_keygen_init(context), 1);
	assert_int_equal(EVP_PKEY_CTX_set_rsa_keygen_bits(context, 2048), 1);
	assert_int_equal(EVP_PKEY_generate(context, &pkey), 1);
	assert_fails_saying(mm_vet(test_alg("PS256"), pkey, true, &err), MM_EREFUSED, &err, "type RSA-PSS");
}

static void a_curve_that_is_spelled_out_is_refused(void **state)
{
	mm_auto(mm_key) key = test_key("ES256");
	mm_ossl_auto(EVP_PKEY) copy = EVP_PKEY_dup(mm_key_pkey(key));
	mm_ossl_auto(EVP_PKEY) read = NULL;
	unsigned char *der = NULL;
	const unsigned char *in;
	struct mm_err err = {0};
	int len;

	(void)state;
	assert_true(EVP_PKEY_set_utf8_string_param(copy, OSSL_PKEY_PARAM_EC_ENCODING, OSSL_PKEY_EC_ENCODING_EXPLICIT));
	len = i2d_PUBKEY(copy, &der);
	in = der;
	read = d2i_PUBKEY(NULL, &in, len);
	OPENSSL_free(der);
	assert_non_null(read);
	assert_fails_saying(mm_vet(test_alg("ES256"), read, false, &err), MM_EREFUSED, &err, "named curve");
}

/* ---- Ed25519 points of small order -------------------------------------------------------------------------------- */

static EVP_PKEY *ed25519_point(const uint8_t encoded[static 32])
{
	EVP_PKEY *pkey = EVP_PKEY_new_raw_public_key_ex(NULL, "ED25519", NULL, encoded, 32);

	assert_non_null(pkey);
	return pkey;
}

/* Why it matters: R = the neutral point and S = 0 is a signature of any message by the neutral point. */
static void openssl_takes_anybodys_signature_for_the_neutral_point(void **state)
{
	static const uint8_t neutral[32] = {1}, signature[64] = {1};
	mm_ossl_auto(EVP_PKEY) pkey = ed25519_point(neutral);
	mm_ossl_auto(EVP_MD_CTX) context = EVP_MD_CTX_new();

	(void)state;
	assert_int_equal(EVP_DigestVerifyInit_ex(context, NULL, NULL, NULL, NULL, pkey, NULL), 1);
	assert_int_equal(EVP_DigestVerify(context, signature, sizeof signature, (const uint8_t *)"any", 3), 1);
}

static void ed25519_points_of_small_order_are_refused(void **state)
{
	static const uint8_t order8[] = {0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4,
					 0x89, 0xf2, 0xef, 0x98, 0xf0, 0xd5, 0xdf, 0xac, 0x05, 0xd3, 0xc6,
					 0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53, 0xfc, 0x05};
	uint8_t points[6][32] = {{0}, {1}};

	(void)state;
	memcpy(points[2], order8, sizeof order8);
	for (size_t i = 0; i < 32; i++) /* the other of order 8 is p - y */
		points[3][i] = (uint8_t)~order8[i];
	points[3][0] -= 18;
	points[3][31] &= 0x7f;
	memset(points[4], 0xff, 32); /* p - 1 */
	points[4][0] = 0xec;
	points[4][31] = 0x7f;
	memset(points[5], 0xff, 32); /* p + 1: the neutral point under another name */
	points[5][0] = 0xee;
	points[5][31] = 0x7f;
	for (size_t i = 0; i < MM_COUNT(points); i++)
		for (unsigned sign = 0; sign < 2; sign++) {
			mm_ossl_auto(EVP_PKEY) pkey = NULL;
			struct mm_err err = {0};

			points[i][31] = (uint8_t)((points[i][31] & 0x7f) | sign << 7);
			pkey = ed25519_point(points[i]);
			assert_fails_saying(mm_vet(test_alg("EdDSA"), pkey, false, &err), MM_EREFUSED, &err,
					    "everybody can sign");
		}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(rsa_from_2048_to_8192_bits_is_accepted),
		cmocka_unit_test(smaller_and_larger_rsa_is_refused),
		cmocka_unit_test(tiny_even_and_huge_exponents_are_refused),
		cmocka_unit_test(an_even_modulus_and_one_with_a_small_factor_are_refused),
		cmocka_unit_test(a_key_as_rsalib_made_them_is_refused),
		cmocka_unit_test(a_modulus_that_differs_at_one_prime_is_no_roca_modulus),
		cmocka_unit_test(sound_moduli_do_not_have_the_fingerprint),
		cmocka_unit_test(an_rsa_key_with_any_number_changed_is_refused),
		cmocka_unit_test(a_prime_that_is_none_is_refused),
		cmocka_unit_test(an_rsa_key_of_three_primes_is_refused),
		cmocka_unit_test(halves_of_two_keys_are_refused),
		cmocka_unit_test(a_key_fits_the_algorithms_of_its_type_and_curve_alone),
		cmocka_unit_test(without_a_wish_rsa_gets_rs256_and_a_curve_its_own),
		cmocka_unit_test(other_types_and_curves_are_refused_by_name),
		cmocka_unit_test(a_key_bound_to_rsassa_pss_is_refused),
		cmocka_unit_test(a_curve_that_is_spelled_out_is_refused),
		cmocka_unit_test(openssl_takes_anybodys_signature_for_the_neutral_point),
		cmocka_unit_test(ed25519_points_of_small_order_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
