/* SPDX-License-Identifier: Apache-2.0 */
/* Keys whose type, curve or halves do not fit, and points that are none. Of RSA: test_vet_rsa.c. */
#include "keys/vet.h"
#include "tests/unit/keyhelp.h"

#include <mintmark/ossl.h>
#include <openssl/core_names.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <string.h>

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

static void the_point_at_infinity_is_refused(void **state)
{
	/* SEQUENCE { SEQUENCE { id-ecPublicKey, prime256v1 }, BIT STRING 00 } */
	static const uint8_t der[] = {0x30, 0x19, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48,
				      0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48,
				      0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x02, 0x00, 0x00};
	const unsigned char *in = der;
	mm_ossl_auto(EVP_PKEY) pkey = d2i_PUBKEY(NULL, &in, sizeof der);
	struct mm_err err = {0};

	(void)state;
	assert_non_null(pkey);
	assert_fails_saying(mm_vet(test_alg("ES256"), pkey, false, &err), MM_EREFUSED, &err,
			    "not a point of the curve");
}

/*
 * ---- Ed25519 points of small order --------------------------------------------------------------------------------
 */

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
		cmocka_unit_test(halves_of_two_keys_are_refused),
		cmocka_unit_test(a_key_fits_the_algorithms_of_its_type_and_curve_alone),
		cmocka_unit_test(without_a_wish_rsa_gets_rs256_and_a_curve_its_own),
		cmocka_unit_test(other_types_and_curves_are_refused_by_name),
		cmocka_unit_test(a_key_bound_to_rsassa_pss_is_refused),
		cmocka_unit_test(a_curve_that_is_spelled_out_is_refused),
		cmocka_unit_test(the_point_at_infinity_is_refused),
		cmocka_unit_test(openssl_takes_anybodys_signature_for_the_neutral_point),
		cmocka_unit_test(ed25519_points_of_small_order_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
