/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/support.h"

#include <jwt.h>
#include <mintmark/alg.h>
#include <openssl/evp.h>
#include <openssl/obj_mac.h>
#include <openssl/objects.h>
#include <stdio.h>
#include <string.h>

static void every_algorithm_is_found_by_its_name(void **state)
{
	(void)state;
	for (size_t i = 0; i < MM_ALG_COUNT; i++)
		assert_ptr_equal(mm_alg_find(mm_span_str(mm_algs[i].name)), &mm_algs[i]);
}

static void other_names_are_unknown(void **state)
{
	static const char *const names[] = {"",       "none",   "None",    "HS256", "rs256",    "RS256 ", "RS25",
					    "RS2566", "ES256K", "Ed25519", "eddsa", "RSA-OAEP", NULL};

	(void)state;
	for (size_t i = 0; i < MM_COUNT(names); i++)
		assert_null(mm_alg_find(mm_span_str(names[i])));
	assert_null(mm_alg_find(mm_span("RS256\0", 6)));
}

static void the_list_of_names_is_that_of_the_table(void **state)
{
	mm_auto_buf names = {0};

	(void)state;
	for (size_t i = 0; i < MM_ALG_COUNT; i++)
		mm_buf_printf(&names, "%s%s", i ? ", " : "", mm_algs[i].name);
	assert_string_equal(mm_alg_names(), names.p);
}

static void libjwt_calls_its_constants_by_the_same_names(void **state)
{
	(void)state;
	for (size_t i = 0; i < MM_ALG_COUNT; i++)
		if (mm_algs[i].libjwt >= 0)
			assert_string_equal(jwt_alg_str((jwt_alg_t)mm_algs[i].libjwt), mm_algs[i].name);
}

static void libjwt_judges_all_that_is_not_pss_or_eddsa(void **state)
{
	(void)state;
	for (size_t i = 0; i < MM_ALG_COUNT; i++)
		assert_int_equal(mm_algs[i].libjwt < 0, mm_algs[i].pss || mm_algs[i].kty == MM_KTY_OKP);
}

static void digests_are_as_long_as_the_name_of_the_algorithm_says(void **state)
{
	(void)state;
	for (size_t i = 0; i < MM_ALG_COUNT; i++) {
		EVP_MD *digest;
		char bits[8];

		if (!mm_algs[i].digest)
			continue;
		digest = EVP_MD_fetch(NULL, mm_algs[i].digest, NULL);
		assert_non_null(digest);
		snprintf(bits, sizeof bits, "%d", EVP_MD_get_size(digest) * 8);
		assert_string_equal(mm_algs[i].name + 2, bits);
		EVP_MD_free(digest);
	}
}

static void curves_are_those_of_rfc_7518(void **state)
{
	static const struct {
		const char *alg, *crv;
		int nid;
	} rows[] = {{"ES256", "P-256", NID_X9_62_prime256v1},
		    {"ES384", "P-384", NID_secp384r1},
		    {"ES512", "P-521", NID_secp521r1}};

	(void)state;
	for (size_t i = 0; i < MM_COUNT(rows); i++) {
		const struct mm_alg *alg = mm_alg_find(mm_span_str(rows[i].alg));

		assert_string_equal(alg->crv, rows[i].crv);
		assert_int_equal(OBJ_sn2nid(alg->group), rows[i].nid);
		assert_int_equal(alg->signature_len, 2 * alg->coordinate_len);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_algorithm_is_found_by_its_name),
		cmocka_unit_test(other_names_are_unknown),
		cmocka_unit_test(the_list_of_names_is_that_of_the_table),
		cmocka_unit_test(libjwt_calls_its_constants_by_the_same_names),
		cmocka_unit_test(libjwt_judges_all_that_is_not_pss_or_eddsa),
		cmocka_unit_test(digests_are_as_long_as_the_name_of_the_algorithm_says),
		cmocka_unit_test(curves_are_those_of_rfc_7518),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
