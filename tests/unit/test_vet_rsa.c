/* SPDX-License-Identifier: Apache-2.0 */
/* Weak and inconsistent RSA keys (RFC 7518 §3.3, CVE-2017-15361). */
#include "keys/rsa.h"
#include "keys/vet.h"
#include "tests/unit/keyhelp.h"

#include <mintmark/ossl.h>
#include <openssl/core_names.h>
#include <openssl/rsa.h>

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

static bool has_small_factor(const BIGNUM *n)
{
	for (BN_ULONG divisor = 3; divisor < 200; divisor += 2)
		if (BN_mod_word(n, divisor) == 0)
			return true;
	return false;
}

/* An odd number of so many bits without small factors: to the rules, a modulus like any other. */
static BIGNUM *modulus_of(int bits)
{
	BIGNUM *n = BN_new();

	assert_true(BN_rand(n, bits, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ODD));
	while (has_small_factor(n))
		assert_true(BN_add_word(n, 2));
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
		do
			BN_add_word(rsa.v[i], 2);
		while (i == MM_RSA_N && has_small_factor(rsa.v[i]));
		assert_ok(mm_rsa_to_pkey(&rsa, true, &changed, &err), &err);
		assert_fails_saying(mm_vet(test_alg("RS256"), changed, true, &err), MM_EREFUSED, &err,
				    "belong together");
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

/* ---- primes that are too close, or of different lengths -------------------------------------------------------- */

static BIGNUM *next_prime(BIGNUM *candidate)
{
	BN_CTX *context = BN_CTX_new();

	BN_set_bit(candidate, 0);
	while (BN_check_prime(candidate, context, NULL) != 1 || BN_mod_word(candidate, 65537) == 1)
		BN_add_word(candidate, 2);
	BN_CTX_free(context);
	return candidate;
}

/* A prime of so many bits, of which the first two are 1. */
static BIGNUM *prime_of(int bits)
{
	BIGNUM *prime = BN_new();

	assert_true(BN_rand(prime, bits, BN_RAND_TOP_TWO, BN_RAND_BOTTOM_ODD));
	return next_prime(prime);
}

/* The first prime that is at least 2^bits above `prime`. */
static BIGNUM *prime_beyond(const BIGNUM *prime, int bits)
{
	BIGNUM *distance = number(1), *sum = BN_new();

	BN_lshift(distance, distance, bits);
	BN_add(sum, prime, distance);
	BN_free(distance);
	return next_prime(sum);
}

/* Vets the key of p and q, both consumed; `part` NULL: it must pass. */
static void vet_primes(BIGNUM *p, BIGNUM *q, bool private, const char *part)
{
	mm_ossl_auto(EVP_PKEY) pkey = private_from_primes(p, q, NULL);
	struct mm_err err = {0};
	enum mm_code code = mm_vet(test_alg("RS256"), pkey, private, &err);

	if (part)
		assert_fails_saying(code, MM_EREFUSED, &err, part);
	else
		assert_ok(code, &err);
	BN_free(p);
	BN_free(q);
}

static void a_modulus_of_neighbouring_primes_is_refused(void **state)
{
	static const int distances[] = {1, 64, 500, 512};

	(void)state;
	for (size_t i = 0; i < MM_COUNT(distances); i++) {
		BIGNUM *p = prime_of(1024), *q = prime_beyond(p, distances[i]);

		vet_primes(BN_dup(p), BN_dup(q), false, "CVE-2022-26320");
		vet_primes(q, p, true, "CVE-2022-26320");
	}
}

static void the_square_of_a_prime_is_refused(void **state)
{
	BIGNUM *p = prime_of(1024), *n = BN_new();
	mm_ossl_auto(BN_CTX) context = BN_CTX_new();

	(void)state;
	BN_sqr(n, p, context);
	vet_public(n, number(65537), "CVE-2022-26320");
	BN_free(p);
}

static void primes_differ_in_their_first_100_bits(void **state)
{
	BIGNUM *p = prime_of(1024);

	(void)state;
	vet_primes(BN_dup(p), prime_beyond(p, 900), true, "too close");
	vet_primes(prime_beyond(p, 900), BN_dup(p), true, "too close");
	vet_primes(BN_dup(p), prime_beyond(p, 900), false, NULL); /* beyond what anybody can see from outside */
	vet_primes(BN_dup(p), prime_beyond(p, 930), true, NULL);
	BN_free(p);
}

static void primes_are_of_half_the_length_each(void **state)
{
	(void)state;
	vet_primes(prime_of(1000), prime_of(1048), true, "differ in length");
	vet_primes(prime_of(1048), prime_of(1000), true, "differ in length");
	vet_primes(prime_of(1024), prime_of(1025), true, NULL);
	vet_primes(prime_of(1025), prime_of(1024), true, NULL);
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
		cmocka_unit_test(a_modulus_of_neighbouring_primes_is_refused),
		cmocka_unit_test(the_square_of_a_prime_is_refused),
		cmocka_unit_test(primes_differ_in_their_first_100_bits),
		cmocka_unit_test(primes_are_of_half_the_length_each),
		cmocka_unit_test(an_rsa_key_of_three_primes_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
