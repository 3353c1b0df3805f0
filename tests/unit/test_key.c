/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/keyhelp.h"

#include <mintmark/ossl.h>
#include <openssl/core_names.h>
#include <stdlib.h>
#include <string.h>

static void a_generated_key_has_the_properties_of_its_algorithm(void **state)
{
	static const struct {
		const char *alg;
		unsigned rsa_bits, bits;
		size_t signature_len;
	} rows[] = {
		{"PS512", 2048, 2048, 256}, {"ES256", 0, 256, 64}, {"ES384", 0, 384, 96},
		{"ES512", 0, 521, 132},     {"EdDSA", 0, 256, 64},
	};

	(void)state;
	for (size_t i = 0; i < MM_COUNT(rows); i++) {
		mm_auto(mm_key) key = NULL;
		struct mm_err err = {0};

		assert_ok(mm_key_generate(test_alg(rows[i].alg), rows[i].rsa_bits, &key, &err), &err);
		assert_ptr_equal(mm_key_alg(key), test_alg(rows[i].alg));
		assert_true(mm_key_is_private(key));
		assert_int_equal(mm_key_bits(key), rows[i].bits);
		assert_int_equal(mm_key_signature_len(key), rows[i].signature_len);
	}
}

static void rsa_of_other_sizes_is_not_generated(void **state)
{
	static const unsigned sizes[] = {0, 1024, 2047, 2049, 8192};
	mm_auto(mm_key) key = NULL;
	struct mm_err err = {0};

	(void)state;
	for (size_t i = 0; i < MM_COUNT(sizes); i++)
		assert_fails_saying(mm_key_generate(test_alg("RS256"), sizes[i], &key, &err), MM_EREFUSED, &err,
				    "2048, 3072 or 4096");
}

static void two_generated_keys_differ(void **state)
{
	mm_auto(mm_key) one = test_key("ES256");
	mm_auto(mm_key) other = test_key("ES256");

	(void)state;
	assert_string_not_equal(mm_key_kid(one), mm_key_kid(other));
}

/* The expected ones are from: openssl pkey -pubout -outform DER | openssl dgst -sha256 -binary | basenc --base64url */
static void the_kid_is_the_hash_of_the_public_key_that_openssl_writes(void **state)
{
	static const struct {
		const char *vector, *kid;
	} rows[] = {
		{"rfc7515-a2.json", "b9E8JDWjYefFiM0X9V9a098Bd6ZsFyemogCEX016uIw"},
		{"rfc7515-a3.json", "K9G7DESol8MKeqCZHN442AYv5EHeUNoPRoJTRPYC6Cc"},
		{"rfc7520-4.3.json", "xkeaFaUKxM2bZBTifGm_NzRdwQRtxkiHXEiY-9Ncx0s"},
		{"rfc8037-a4.json", "BuP9j9opu2CrWVV95h7bCuzbIxE0vjDnW0Vfjht5L6k"},
	};

	(void)state;
	for (size_t i = 0; i < MM_COUNT(rows); i++) {
		json_t *vector = test_vector(rows[i].vector);
		mm_auto(mm_key) key = NULL;
		struct mm_err err = {0};

		assert_ok(mm_jwk_to_key(json_object_get(vector, "jwk"), true, &key, &err), &err);
		assert_string_equal(mm_key_kid(key), rows[i].kid);
		json_decref(vector);
	}
}

static void the_kid_does_not_depend_on_the_algorithm(void **state)
{
	mm_auto(mm_key) rs256 = test_key("RS256");
	mm_auto(mm_key) ps512 = test_key("PS512");

	(void)state;
	assert_string_equal(mm_key_kid(rs256), mm_key_kid(ps512));
}

/* Go writes points uncompressed, whatever they were read from, and computes the kid from that. */
static void a_compressed_point_gives_the_same_kid(void **state)
{
	mm_auto(mm_key) key = test_key("ES384");
	mm_auto(mm_key) compressed = NULL;
	mm_ossl_auto(EVP_PKEY) copy = EVP_PKEY_dup(mm_key_pkey(key));
	struct mm_err err = {0};
	char form[32] = "";

	(void)state;
	assert_true(EVP_PKEY_set_utf8_string_param(copy, OSSL_PKEY_PARAM_EC_POINT_CONVERSION_FORMAT, "compressed"));
	assert_ok(mm_key_from_pkey(test_alg("ES384"), copy, &compressed, &err), &err);
	assert_string_equal(mm_key_kid(compressed), mm_key_kid(key));
	assert_true(EVP_PKEY_get_utf8_string_param(copy, OSSL_PKEY_PARAM_EC_POINT_CONVERSION_FORMAT, form, sizeof form,
						   NULL));
	assert_string_equal(form, "compressed"); /* what was handed in stays as it was */
}

static void the_public_half_is_the_same_key_without_its_secret(void **state)
{
	static const char *const names[] = {"RS256", "PS384", "ES256", "ES384", "ES512", "EdDSA"};

	(void)state;
	for (size_t i = 0; i < MM_COUNT(names); i++) {
		mm_auto(mm_key) key = test_key(names[i]);
		mm_auto(mm_key) public = NULL;
		mm_auto(mm_key) again = NULL;
		struct mm_err err = {0};

		assert_ok(mm_key_public(key, &public, &err), &err);
		assert_false(mm_key_is_private(public));
		assert_string_equal(mm_key_kid(public), mm_key_kid(key));
		assert_ptr_equal(mm_key_alg(public), mm_key_alg(key));
		assert_int_equal(mm_key_signature_len(public), mm_key_signature_len(key));
		/* nothing of the secret is left in the handle: vetted again, it is a public key */
		assert_ok(mm_key_from_pkey(mm_key_alg(public), mm_key_pkey(public), &again, &err), &err);
		assert_false(mm_key_is_private(again));
	}
}

static void a_key_lives_until_its_last_reference_is_given_back(void **state)
{
	struct mm_key *key = test_key("EdDSA"), *other = mm_key_ref(key);

	(void)state;
	assert_ptr_equal(key, other);
	mm_key_free(key);
	assert_int_equal(strlen(mm_key_kid(other)), MM_KID_SIZE - 1); /* ASan would tell */
	mm_key_free(other);
	mm_key_free(NULL);
}

static void a_key_lives_longer_than_the_handle_that_it_was_made_of(void **state)
{
	EVP_PKEY *pkey = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "prime256v1");
	mm_auto(mm_key) key = NULL;
	struct mm_err err = {0};
	char *pem;

	(void)state;
	assert_ok(mm_key_from_pkey(test_alg("ES256"), pkey, &key, &err), &err);
	EVP_PKEY_free(pkey);
	pem = test_export(key, MM_FORM_PKCS8);
	assert_contains(pem, "BEGIN PRIVATE KEY");
	mm_string_free(&pem);
}

static void keys_from_elsewhere_are_vetted(void **state)
{
	mm_ossl_auto(EVP_PKEY) weak = EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)1024);
	mm_auto(mm_key) key = NULL;
	struct mm_err err = {0};

	(void)state;
	assert_fails_saying(mm_key_from_pkey(test_alg("RS256"), weak, &key, &err), MM_EREFUSED, &err, "1024 bits");
	assert_null(key);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_generated_key_has_the_properties_of_its_algorithm),
		cmocka_unit_test(rsa_of_other_sizes_is_not_generated),
		cmocka_unit_test(two_generated_keys_differ),
		cmocka_unit_test(the_kid_is_the_hash_of_the_public_key_that_openssl_writes),
		cmocka_unit_test(the_kid_does_not_depend_on_the_algorithm),
		cmocka_unit_test(a_compressed_point_gives_the_same_kid),
		cmocka_unit_test(the_public_half_is_the_same_key_without_its_secret),
		cmocka_unit_test(a_key_lives_until_its_last_reference_is_given_back),
		cmocka_unit_test(a_key_lives_longer_than_the_handle_that_it_was_made_of),
		cmocka_unit_test(keys_from_elsewhere_are_vetted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
