/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/keyhelp.h"

#include <mintmark/base64url.h>
#include <mintmark/json.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

/* "use,kty,…": the members in their order. */
static char *member_names(const json_t *jwk)
{
	struct mm_buf names = {0};
	const char *name;
	json_t *member;

	json_object_foreach((json_t *)(uintptr_t)jwk, name, member)
	{
		assert_true(json_is_string(member));
		mm_buf_printf(&names, "%s%s", names.len ? "," : "", name);
	}
	return mm_buf_take(&names);
}

static void a_public_jwk_has_kube_apiservers_members_in_its_order(void **state)
{
	static const struct {
		const char *alg, *names;
	} rows[] = {
		{"RS256", "use,kty,kid,alg,n,e"},     {"PS512", "use,kty,kid,alg,n,e"},
		{"ES256", "use,kty,kid,crv,alg,x,y"}, {"ES512", "use,kty,kid,crv,alg,x,y"},
		{"EdDSA", "use,kty,kid,crv,alg,x"},
	};

	(void)state;
	for (size_t i = 0; i < MM_COUNT(rows); i++) {
		mm_auto(mm_key) key = test_key(rows[i].alg); /* a private one: nothing of it may show */
		struct mm_err err = {0};
		json_t *jwk = NULL;
		char *names;

		assert_ok(mm_jwk_from_key(key, &jwk, &err), &err);
		names = member_names(jwk);
		assert_string_equal(names, rows[i].names);
		assert_string_equal(test_vector_text(jwk, "use"), "sig");
		assert_string_equal(test_vector_text(jwk, "alg"), rows[i].alg);
		assert_string_equal(test_vector_text(jwk, "kid"), mm_key_kid(key));
		free(names);
		json_decref(jwk);
	}
}

static void the_numbers_are_those_of_the_vectors(void **state)
{
	static const char *const vectors[] = {"rfc7515-a2.json", "rfc7515-a3.json", "rfc7520-4.3.json",
					      "rfc8037-a4.json"};
	static const char *const numbers[] = {"kty", "crv", "n", "e", "x", "y", "d", "p", "q", "dp", "dq", "qi"};

	(void)state;
	for (size_t i = 0; i < MM_COUNT(vectors); i++) {
		json_t *vector = test_vector(vectors[i]), *expected = json_object_get(vector, "jwk"), *written;
		mm_auto(mm_key) key = NULL;
		struct mm_err err = {0};
		char *text;

		assert_ok(mm_jwk_to_key(expected, true, &key, &err), &err);
		text = test_export(key, MM_FORM_PRIVATE_JWK);
		written = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
		assert_non_null(written);
		for (size_t n = 0; n < MM_COUNT(numbers); n++)
			assert_true(json_equal(json_object_get(expected, numbers[n]),
					       json_object_get(written, numbers[n])) ||
				    !json_object_get(expected, numbers[n]));
		mm_string_free(&text);
		json_decref(written);
		json_decref(vector);
	}
}

/* Whether the first byte is zero: eight zero bits are 'A' and then one of 'A' to 'P'. */
static bool begins_with_zero(const char *base64url)
{
	return base64url[0] == 'A' && base64url[1] >= 'A' && base64url[1] <= 'P';
}

/*
 * Coordinates keep their leading zeros (RFC 7518 §6.2.1.2). One key of 256 has one in x: 5000 without are one run of
 * 10^8.
 */
static void coordinates_with_leading_zeros_keep_their_length(void **state)
{
	bool seen = false;

	(void)state;
	for (int i = 0; i < 5000 && !seen; i++) {
		mm_auto(mm_key) key = test_key("ES256");
		mm_auto(mm_key) again = NULL;
		struct mm_err err = {0};
		json_t *jwk = NULL;

		assert_ok(mm_jwk_from_key(key, &jwk, &err), &err);
		assert_int_equal(strlen(test_vector_text(jwk, "x")), 43);
		assert_int_equal(strlen(test_vector_text(jwk, "y")), 43);
		assert_ok(mm_jwk_to_key(jwk, false, &again, &err), &err);
		assert_string_equal(mm_key_kid(again), mm_key_kid(key));
		seen = begins_with_zero(test_vector_text(jwk, "x"));
		json_decref(jwk);
	}
	assert_true(seen);
}

static void the_published_jwk_is_the_whole_public_key(void **state)
{
	(void)state;
	for (size_t i = 0; i < MM_ALG_COUNT; i++) {
		mm_auto(mm_key) key = test_key(mm_algs[i].name);
		mm_auto(mm_key) read = NULL;
		struct mm_err err = {0};
		json_t *jwk = NULL;

		assert_ok(mm_jwk_from_key(key, &jwk, &err), &err);
		assert_ok(mm_jwk_to_key(jwk, false, &read, &err), &err);
		assert_string_equal(mm_key_kid(read), mm_key_kid(key));
		assert_ptr_equal(mm_key_alg(read), &mm_algs[i]);
		json_decref(jwk);
	}
}

static void a_private_jwk_reads_back_as_the_same_private_key(void **state)
{
	(void)state;
	for (size_t i = 0; i < MM_ALG_COUNT; i++) {
		mm_auto(mm_key) key = test_key(mm_algs[i].name);
		mm_auto(mm_key) read = NULL;
		struct mm_err err = {0};
		char *text = test_export(key, MM_FORM_PRIVATE_JWK), *before, *after;

		assert_ok(mm_key_import(mm_span_str(text), NULL, (struct mm_span){0}, &read, &err), &err);
		assert_ptr_equal(mm_key_alg(read), &mm_algs[i]);
		before = test_export(key, MM_FORM_PKCS8);
		after = test_export(read, MM_FORM_PKCS8);
		assert_string_equal(before, after);
		mm_string_free(&text);
		mm_string_free(&before);
		mm_string_free(&after);
	}
}

/* The thumbprint is over the required members alone, so that kid, alg and use do not change it (RFC 7638 §3.2). */
static void the_thumbprint_does_not_depend_on_the_algorithm_nor_on_the_private_half(void **state)
{
	mm_auto(mm_key) rs256 = test_key("RS256");
	mm_auto(mm_key) ps512 = test_key("PS512");
	mm_auto(mm_key) public = NULL;
	char first[MM_KID_SIZE], second[MM_KID_SIZE];
	struct mm_err err = {0};

	(void)state;
	assert_ok(mm_key_public(ps512, &public, &err), &err);
	assert_ok(mm_key_thumbprint(rs256, first, &err), &err);
	assert_ok(mm_key_thumbprint(public, second, &err), &err);
	assert_string_equal(first, second);
}

static void the_thumbprint_of_an_ec_key_is_over_crv_kty_x_and_y(void **state)
{
	/* RFC 7638 has no such example; this is its rule, written out. */
	static const char hashed[] = "{\"crv\":\"P-256\",\"kty\":\"EC\","
				     "\"x\":\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\","
				     "\"y\":\"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0\"}";
	json_t *vector = test_vector("rfc7515-a3.json");
	char expected[MM_KID_SIZE] = "", found[MM_KID_SIZE];
	mm_auto(mm_key) key = NULL;
	struct mm_err err = {0};
	uint8_t digest[32];

	(void)state;
	assert_true(EVP_Digest(hashed, sizeof hashed - 1, digest, NULL, EVP_sha256(), NULL));
	mm_base64url_encode(expected, digest, sizeof digest);
	assert_ok(mm_jwk_to_key(json_object_get(vector, "jwk"), true, &key, &err), &err);
	assert_ok(mm_key_thumbprint(key, found, &err), &err);
	assert_string_equal(found, expected);
	json_decref(vector);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_public_jwk_has_kube_apiservers_members_in_its_order),
		cmocka_unit_test(the_numbers_are_those_of_the_vectors),
		cmocka_unit_test(coordinates_with_leading_zeros_keep_their_length),
		cmocka_unit_test(the_published_jwk_is_the_whole_public_key),
		cmocka_unit_test(a_private_jwk_reads_back_as_the_same_private_key),
		cmocka_unit_test(the_thumbprint_does_not_depend_on_the_algorithm_nor_on_the_private_half),
		cmocka_unit_test(the_thumbprint_of_an_ec_key_is_over_crv_kty_x_and_y),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
