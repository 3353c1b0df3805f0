/* SPDX-License-Identifier: Apache-2.0 */
#include "keys/ecdsa.h"
#include "tests/unit/support.h"

#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/objects.h>
#include <string.h>

static const struct mm_alg *const *curves(size_t *count)
{
	static const struct mm_alg *found[3];
	static const char *const names[] = {"ES256", "ES384", "ES512"};

	for (size_t i = 0; i < MM_COUNT(names); i++)
		found[i] = mm_alg_find(mm_span_str(names[i]));
	*count = MM_COUNT(names);
	return found;
}

/* The order as OpenSSL knows it. */
static BIGNUM *openssl_order(const struct mm_alg *alg)
{
	EC_GROUP *group = EC_GROUP_new_by_curve_name(OBJ_sn2nid(alg->group));
	BIGNUM *order = BN_dup(EC_GROUP_get0_order(group));

	EC_GROUP_free(group);
	return order;
}

static struct mm_span put(const struct mm_alg *alg, uint8_t *raw, const BIGNUM *r, const BIGNUM *s)
{
	assert_true(BN_bn2binpad(r, raw, (int)alg->coordinate_len) >= 0);
	assert_true(BN_bn2binpad(s, raw + alg->coordinate_len, (int)alg->coordinate_len) >= 0);
	return mm_span(raw, alg->signature_len);
}

/* Ours and OpenSSL's encoding of r, s must be the same, and lead back. */
static void check_round_trip(const struct mm_alg *alg, const BIGNUM *r, const BIGNUM *s)
{
	uint8_t raw[MM_ECDSA_DER_MAX], back[MM_ECDSA_DER_MAX], der[MM_ECDSA_DER_MAX];
	ECDSA_SIG *signature = ECDSA_SIG_new();
	unsigned char *expected = NULL;
	size_t len = 0;
	int expected_len;

	ECDSA_SIG_set0(signature, BN_dup(r), BN_dup(s));
	expected_len = i2d_ECDSA_SIG(signature, &expected);
	assert_true(mm_ecdsa_to_der(alg, put(alg, raw, r, s), der, &len));
	assert_int_equal(len, expected_len);
	assert_memory_equal(der, expected, len);
	assert_true(mm_ecdsa_from_der(alg, mm_span(der, len), back));
	assert_memory_equal(back, raw, alg->signature_len);
	OPENSSL_free(expected);
	ECDSA_SIG_free(signature);
}

static void both_forms_lead_to_each_other_as_openssl_writes_them(void **state)
{
	size_t count;
	const struct mm_alg *const *algs = curves(&count);

	(void)state;
	for (size_t i = 0; i < count; i++) {
		BIGNUM *last = openssl_order(algs[i]), *one = BN_new(), *some = BN_new();

		BN_sub_word(last, 1);
		BN_one(one);
		check_round_trip(algs[i], one, last);
		check_round_trip(algs[i], last, one);
		check_round_trip(algs[i], last, last);
		for (int bits = 1; bits < BN_num_bits(last); bits++) { /* every length, top bit of a byte set or not */
			BN_zero(some);
			BN_set_bit(some, bits - 1);
			check_round_trip(algs[i], some, one);
			BN_sub_word(some, bits > 1);
			check_round_trip(algs[i], last, some);
		}
		BN_free(last);
		BN_free(one);
		BN_free(some);
	}
}

static void zero_and_the_order_and_above_are_refused_for_r_and_s(void **state)
{
	size_t count;
	const struct mm_alg *const *algs = curves(&count);

	(void)state;
	for (size_t i = 0; i < count; i++) {
		BIGNUM *order = openssl_order(algs[i]), *one = BN_new(),
		       *bad[3] = {BN_new(), BN_dup(order), BN_dup(order)};
		uint8_t raw[MM_ECDSA_DER_MAX], der[MM_ECDSA_DER_MAX];
		size_t len;

		BN_one(one);
		BN_zero(bad[0]);
		BN_add_word(bad[2], 1);
		assert_true(mm_ecdsa_to_der(algs[i], put(algs[i], raw, one, one), der, &len));
		for (size_t b = 0; b < MM_COUNT(bad); b++) {
			assert_false(mm_ecdsa_to_der(algs[i], put(algs[i], raw, bad[b], one), der, &len));
			assert_false(mm_ecdsa_to_der(algs[i], put(algs[i], raw, one, bad[b]), der, &len));
			BN_free(bad[b]);
		}
		BN_free(order);
		BN_free(one);
	}
}

static void the_same_numbers_are_refused_in_der(void **state)
{
	size_t count;
	const struct mm_alg *const *algs = curves(&count);

	(void)state;
	for (size_t i = 0; i < count; i++) {
		ECDSA_SIG *signature = ECDSA_SIG_new();
		BIGNUM *one = BN_new();
		unsigned char *der = NULL;
		uint8_t raw[MM_ECDSA_DER_MAX];
		int len;

		BN_one(one);
		ECDSA_SIG_set0(signature, one, openssl_order(algs[i]));
		len = i2d_ECDSA_SIG(signature, &der);
		assert_false(mm_ecdsa_from_der(algs[i], mm_span(der, (size_t)len), raw));
		OPENSSL_free(der);
		ECDSA_SIG_free(signature);
	}
}

static void a_raw_signature_of_another_length_is_refused(void **state)
{
	size_t count;
	const struct mm_alg *const *algs = curves(&count);
	uint8_t raw[2 * MM_ECDSA_DER_MAX], der[MM_ECDSA_DER_MAX];
	size_t len;

	(void)state;
	memset(raw, 1, sizeof raw);
	for (size_t i = 0; i < count; i++)
		for (size_t n = 0; n < sizeof raw; n++)
			assert_int_equal(mm_ecdsa_to_der(algs[i], mm_span(raw, n), der, &len),
					 n == algs[i]->signature_len);
}

static void der_that_is_not_the_one_encoding_is_refused(void **state)
{
	static const struct {
		const char *what;
		uint8_t bytes[16];
		size_t len;
	} rows[] = {
		{"nothing", {0}, 0},
		{"a lone tag", {0x30}, 1},
		{"an empty sequence", {0x30, 0x00}, 2},
		{"one number", {0x30, 3, 2, 1, 1}, 5},
		{"three numbers", {0x30, 9, 2, 1, 1, 2, 1, 1, 2, 1, 1}, 11},
		{"a byte behind", {0x30, 6, 2, 1, 1, 2, 1, 1, 0}, 9},
		{"a byte too few", {0x30, 6, 2, 1, 1, 2, 1}, 7},
		{"a set", {0x31, 6, 2, 1, 1, 2, 1, 1}, 8},
		{"no integer", {0x30, 6, 3, 1, 1, 2, 1, 1}, 8},
		{"negative", {0x30, 6, 2, 1, 0x81, 2, 1, 1}, 8},
		{"a needless zero", {0x30, 7, 2, 2, 0, 1, 2, 1, 1}, 9},
		{"zero", {0x30, 6, 2, 1, 0, 2, 1, 1}, 8},
		{"an empty integer", {0x30, 5, 2, 0, 2, 1, 1}, 7},
		{"a needlessly long length", {0x30, 0x81, 6, 2, 1, 1, 2, 1, 1}, 9},
		{"a length of two bytes", {0x30, 0x82, 0, 6, 2, 1, 1, 2, 1, 1}, 10},
		{"indefinite length", {0x30, 0x80, 2, 1, 1, 2, 1, 1, 0, 0}, 10},
		{"an integer longer than all", {0x30, 6, 2, 0x7f, 1, 2, 1, 1}, 8},
	};
	static const uint8_t good[] = {0x30, 6, 2, 1, 1, 2, 1, 1};
	const struct mm_alg *alg = mm_alg_find(mm_span_str("ES256"));
	uint8_t raw[64];

	(void)state;
	assert_true(mm_ecdsa_from_der(alg, mm_span(good, sizeof good), raw));
	for (size_t i = 0; i < MM_COUNT(rows); i++)
		if (mm_ecdsa_from_der(alg, mm_span(rows[i].bytes, rows[i].len), raw))
			fail_msg("accepted: %s", rows[i].what);
}

static void a_number_of_a_larger_curve_is_refused(void **state)
{
	uint8_t raw[MM_ECDSA_DER_MAX], der[MM_ECDSA_DER_MAX];
	const struct mm_alg *large = mm_alg_find(mm_span_str("ES384"));
	size_t len = 0;

	(void)state;
	memset(raw, 1, sizeof raw);
	assert_true(mm_ecdsa_to_der(large, mm_span(raw, large->signature_len), der, &len));
	assert_false(mm_ecdsa_from_der(mm_alg_find(mm_span_str("ES256")), mm_span(der, len), raw));
}

static void an_algorithm_that_is_not_ecdsa_has_no_such_form(void **state)
{
	uint8_t raw[64], der[MM_ECDSA_DER_MAX];
	size_t len;

	(void)state;
	memset(raw, 1, sizeof raw);
	assert_false(mm_ecdsa_to_der(mm_alg_find(mm_span_str("RS256")), mm_span(raw, 0), der, &len));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_forms_lead_to_each_other_as_openssl_writes_them),
		cmocka_unit_test(zero_and_the_order_and_above_are_refused_for_r_and_s),
		cmocka_unit_test(the_same_numbers_are_refused_in_der),
		cmocka_unit_test(a_raw_signature_of_another_length_is_refused),
		cmocka_unit_test(der_that_is_not_the_one_encoding_is_refused),
		cmocka_unit_test(a_number_of_a_larger_curve_is_refused),
		cmocka_unit_test(an_algorithm_that_is_not_ecdsa_has_no_such_form),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
