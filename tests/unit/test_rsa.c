/* SPDX-License-Identifier: Apache-2.0 */
#include "keys/rsa.h"
#include "tests/unit/keyhelp.h"

#include <string.h>

static void the_numbers_of_a_private_key_make_the_same_key_again(void **state)
{
	mm_auto(mm_key) key = test_key("RS256");
	mm_ossl_auto(EVP_PKEY) again = NULL;
	mm_auto_rsa rsa = {0};
	struct mm_err err = {0};
	char *before, *after;
	mm_auto(mm_key) copy = NULL;

	(void)state;
	assert_ok(mm_rsa_from_pkey(mm_key_pkey(key), true, &rsa, &err), &err);
	assert_ok(mm_rsa_to_pkey(&rsa, true, &again, &err), &err);
	assert_ok(mm_key_from_pkey(test_alg("RS256"), again, &copy, &err), &err);
	before = test_export(key, MM_FORM_TRADITIONAL);
	after = test_export(copy, MM_FORM_TRADITIONAL);
	assert_string_equal(before, after);
	mm_string_free(&before);
	mm_string_free(&after);
}

static void the_numbers_of_a_public_key_are_two(void **state)
{
	mm_auto(mm_key) key = test_key("RS256");
	mm_auto_rsa rsa = {0};
	struct mm_err err = {0};

	(void)state;
	assert_ok(mm_rsa_from_pkey(mm_key_pkey(key), false, &rsa, &err), &err);
	assert_int_equal(BN_num_bits(rsa.v[MM_RSA_N]), 2048);
	assert_int_equal(BN_get_word(rsa.v[MM_RSA_E]), 65537);
	assert_null(rsa.v[MM_RSA_D]);
}

static void a_public_key_is_asked_in_vain_for_its_private_numbers(void **state)
{
	mm_auto(mm_key) key = test_key("RS256");
	mm_auto(mm_key) public = NULL;
	mm_auto_rsa rsa = {0};
	struct mm_err err = {0};

	(void)state;
	assert_ok(mm_key_public(key, &public, &err), &err);
	assert_fails_saying(mm_rsa_from_pkey(mm_key_pkey(public), true, &rsa, &err), MM_EREFUSED, &err, "no d");
}

/* Without the CRT parts OpenSSL would sign more slowly, and every export would lack them. */
static void a_private_key_of_n_e_and_d_alone_lacks_its_primes(void **state)
{
	mm_auto(mm_key) key = test_key("RS256");
	mm_ossl_auto(OSSL_PARAM_BLD) build = OSSL_PARAM_BLD_new();
	mm_ossl_auto(EVP_PKEY_CTX) context = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
	mm_ossl_auto(OSSL_PARAM) params = NULL;
	mm_ossl_auto(EVP_PKEY) bare = NULL;
	mm_auto(mm_key) refused = NULL;
	mm_auto_rsa rsa = {0};
	struct mm_err err = {0};

	(void)state;
	assert_ok(mm_rsa_from_pkey(mm_key_pkey(key), true, &rsa, &err), &err);
	for (size_t i = 0; i <= MM_RSA_D; i++)
		assert_true(OSSL_PARAM_BLD_push_BN(build, mm_rsa_names[i].ossl, rsa.v[i]));
	params = OSSL_PARAM_BLD_to_param(build);
	assert_int_equal(EVP_PKEY_fromdata_init(context), 1);
	assert_int_equal(EVP_PKEY_fromdata(context, &bare, EVP_PKEY_KEYPAIR, params), 1);
	assert_fails_saying(mm_key_from_pkey(test_alg("RS256"), bare, &refused, &err), MM_EREFUSED, &err, "no p");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_numbers_of_a_private_key_make_the_same_key_again),
		cmocka_unit_test(the_numbers_of_a_public_key_are_two),
		cmocka_unit_test(a_public_key_is_asked_in_vain_for_its_private_numbers),
		cmocka_unit_test(a_private_key_of_n_e_and_d_alone_lacks_its_primes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
