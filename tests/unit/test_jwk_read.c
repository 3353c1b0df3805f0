/* SPDX-License-Identifier: Apache-2.0 */
#include "keys/jwk.h"
#include "tests/unit/keyhelp.h"

#include <stdio.h>
#include <string.h>

#define RSA_JWK "rfc7515-a2.json"
#define EC_JWK  "rfc7515-a3.json"
#define OKP_JWK "rfc8037-a4.json"

static const char *const private_members[] = {"d", "p", "q", "dp", "dq", "qi", "oth", "k"};

/* The JWK of a vector, with its private half or without, freed by the caller. */
static json_t *published(const char *vector_name, bool private)
{
	json_t *vector = test_vector(vector_name), *jwk = json_incref(json_object_get(vector, "jwk"));

	json_decref(vector);
	for (size_t i = 0; i < MM_COUNT(private_members) && !private; i++)
		json_object_del(jwk, private_members[i]);
	return jwk;
}

/* Reads `jwk`, consumed; it must be refused with `code` and a line that holds `part`. */
static void check_refused(json_t *jwk, bool private, enum mm_code code, const char *part)
{
	struct mm_key *key = NULL;
	struct mm_err err = {0};

	assert_fails_saying(mm_jwk_to_key(jwk, private, &key, &err), code, &err, part);
	assert_null(key);
	json_decref(jwk);
}

/* Reads `jwk`, consumed; it must be a key for `alg`. */
static void check_reads(json_t *jwk, bool private, const char *alg)
{
	mm_auto(mm_key) key = NULL;
	struct mm_err err = {0};

	assert_ok(mm_jwk_to_key(jwk, private, &key, &err), &err);
	assert_string_equal(mm_key_alg(key)->name, alg);
	assert_int_equal(mm_key_is_private(key), private);
	json_decref(jwk);
}

/* `jwk` with a member set to a string, or removed when `text` is NULL. */
static json_t *with(json_t *jwk, const char *name, const char *text)
{
	if (text)
		json_object_set_new(jwk, name, json_string(text));
	else
		json_object_del(jwk, name);
	return jwk;
}

/* ---- which algorithm --------------------------------------------------------------------------------------------- */

static void a_jwk_without_alg_gets_rs256_or_what_fits_the_curve(void **state)
{
	(void)state;
	for (int private = 0; private < 2; private ++) {
		check_reads(published(RSA_JWK, private), private, "RS256");
		check_reads(published(EC_JWK, private), private, "ES256");
		check_reads(published("rfc7520-4.3.json", private), private, "ES512");
		check_reads(published(OKP_JWK, private), private, "EdDSA");
	}
}

static void the_alg_of_the_jwk_binds_the_key(void **state)
{
	(void)state;
	check_reads(with(published(RSA_JWK, false), "alg", "PS384"), false, "PS384");
	check_reads(with(published(EC_JWK, false), "alg", "ES256"), false, "ES256");
}

static void an_alg_that_does_not_fit_the_key_is_refused(void **state)
{
	static const struct {
		const char *vector, *alg;
	} rows[] = {{RSA_JWK, "ES256"}, {RSA_JWK, "EdDSA"}, {EC_JWK, "RS256"}, {EC_JWK, "ES384"},
		    {EC_JWK, "EdDSA"},  {OKP_JWK, "ES256"}, {OKP_JWK, "RS256"}};

	(void)state;
	for (size_t i = 0; i < MM_COUNT(rows); i++)
		check_refused(with(published(rows[i].vector, false), "alg", rows[i].alg), false, MM_EREFUSED,
			      rows[i].alg);
}

static void unknown_algorithms_types_and_curves_are_refused(void **state)
{
	static const char *const algs[] = {"", "none", "HS256", "RSA-OAEP", "ES256K", "Ed25519", "rs256"};

	(void)state;
	for (size_t i = 0; i < MM_COUNT(algs); i++)
		check_refused(with(published(RSA_JWK, false), "alg", algs[i]), false, MM_EREFUSED, "accepted: RS256");
	check_refused(with(published(RSA_JWK, false), "kty", "oct"), false, MM_EREFUSED, "kty oct");
	check_refused(with(published(RSA_JWK, false), "kty", "rsa"), false, MM_EREFUSED, "kty rsa");
	check_refused(with(published(EC_JWK, false), "crv", "secp256k1"), false, MM_EREFUSED, "crv secp256k1");
	check_refused(with(published(EC_JWK, false), "crv", "P-384"), false, MM_EPARSE, "48 bytes");
	check_refused(with(published(EC_JWK, false), "crv", "Ed25519"), false, MM_EREFUSED, "crv Ed25519");
	check_refused(with(published(OKP_JWK, false), "crv", "X25519"), false, MM_EREFUSED, "crv X25519");
	check_refused(with(published(OKP_JWK, false), "crv", "Ed448"), false, MM_EREFUSED, "crv Ed448");
	check_refused(with(published(EC_JWK, false), "crv", NULL), false, MM_EREFUSED, "kty EC");
}

static void a_wish_fills_in_a_missing_alg_and_refuses_another(void **state)
{
	json_t *jwk = published(RSA_JWK, true);
	mm_auto(mm_key) key = NULL;
	struct mm_key *refused = NULL;
	struct mm_err err = {0};

	(void)state;
	assert_ok(mm_jwk_to_key_as(jwk, true, test_alg("PS256"), &key, &err), &err);
	assert_string_equal(mm_key_alg(key)->name, "PS256");
	with(jwk, "alg", "RS256");
	assert_fails_saying(mm_jwk_to_key_as(jwk, true, test_alg("PS256"), &refused, &err), MM_EREFUSED, &err,
			    "for RS256, not for PS256");
	with(jwk, "alg", NULL);
	assert_fails_saying(mm_jwk_to_key_as(jwk, true, test_alg("ES256"), &refused, &err), MM_EREFUSED, &err,
			    "kty RSA");
	json_decref(jwk);
}

static void a_key_for_another_purpose_is_refused(void **state)
{
	(void)state;
	check_reads(with(published(RSA_JWK, false), "use", "sig"), false, "RS256");
	check_refused(with(published(RSA_JWK, false), "use", "enc"), false, MM_EREFUSED, "use");
	for (int private = 0; private < 2; private ++) {
		json_t *ours = published(EC_JWK, private), *other = published(EC_JWK, private);

		json_object_set_new(ours, "key_ops", json_pack("[ss]", "sign", "verify"));
		check_reads(ours, private, "ES256");
		json_object_set_new(other, "key_ops", json_pack("[s]", private ? "verify" : "sign"));
		check_refused(other, private, MM_EREFUSED, "key_ops");
	}
}

/* ---- halves ------------------------------------------------------------------------------------------------------ */

static void private_members_in_a_public_key_are_refused(void **state)
{
	static const char *const vectors[] = {RSA_JWK, EC_JWK, OKP_JWK};

	(void)state;
	for (size_t v = 0; v < MM_COUNT(vectors); v++)
		for (size_t i = 0; i < MM_COUNT(private_members); i++)
			check_refused(with(published(vectors[v], false), private_members[i], "AQAB"), false,
				      MM_EREFUSED, "private member");
}

static void a_public_key_is_not_taken_for_a_private_one(void **state)
{
	(void)state;
	check_refused(published(RSA_JWK, false), true, MM_EREFUSED, "public JWK");
	check_refused(published(EC_JWK, false), true, MM_EREFUSED, "public JWK");
	check_refused(published(OKP_JWK, false), true, MM_EREFUSED, "public JWK");
}

static void an_rsa_private_key_needs_all_its_numbers(void **state)
{
	static const char *const names[] = {"n", "e", "p", "q", "dp", "dq", "qi"};

	(void)state;
	for (size_t i = 0; i < MM_COUNT(names); i++) {
		char part[32];

		snprintf(part, sizeof part, "JWK has no %s", names[i]);
		check_refused(with(published(RSA_JWK, true), names[i], NULL), true, MM_EPARSE, part);
	}
}

static void rsa_of_more_than_two_primes_is_refused(void **state)
{
	json_t *jwk = published(RSA_JWK, true);

	(void)state;
	json_object_set_new(jwk, "oth", json_pack("[{s:s,s:s,s:s}]", "r", "Aw", "d", "AQ", "t", "AQ"));
	check_refused(jwk, true, MM_EREFUSED, "more than two primes");
}

static void halves_of_two_keys_are_refused(void **state)
{
	static const char *const algs[] = {"ES256", "EdDSA"};

	(void)state;
	for (size_t i = 0; i < MM_COUNT(algs); i++) {
		mm_auto(mm_key) one = test_key(algs[i]);
		mm_auto(mm_key) other = test_key(algs[i]);
		char *text = test_export(one, MM_FORM_PRIVATE_JWK),
		     *other_text = test_export(other, MM_FORM_PRIVATE_JWK);
		json_t *jwk = json_loads(text, 0, NULL), *donor = json_loads(other_text, 0, NULL);

		json_object_set(jwk, "d", json_object_get(donor, "d"));
		check_refused(jwk, true, MM_EREFUSED, "does not belong");
		json_decref(donor);
		mm_string_free(&text);
		mm_string_free(&other_text);
	}
	check_refused(with(published(RSA_JWK, true), "d", "AQAB"), true, MM_EREFUSED, "do not belong together");
}

/*
 * ---- numbers ------------------------------------------------------------------------------------------------------
 */

static void an_rsa_number_is_written_with_as_few_octets_as_it_needs(void **state)
{
	json_t *jwk = published(RSA_JWK, false);
	mm_auto_buf padded = {0};

	(void)state;
	check_refused(with(published(RSA_JWK, false), "e", "AAEAAQ"), false, MM_EPARSE, "leading zeros");
	check_refused(with(published(RSA_JWK, false), "e", ""), false, MM_EPARSE, "empty");
	check_refused(with(published(RSA_JWK, false), "e", "AA"), false, MM_EPARSE, "leading zeros");
	/* four zero characters are three zero octets in front, as a Java BigInteger would put one */
	mm_buf_printf(&padded, "AAAA%s", test_vector_text(jwk, "n"));
	check_refused(with(jwk, "n", padded.p), false, MM_EPARSE, "leading zeros");
}

static void a_number_longer_than_any_key_is_refused(void **state)
{
	char text[1368]; /* 1025 octets */

	(void)state;
	memset(text, 'B', sizeof text);
	text[sizeof text - 1] = '\0';
	check_refused(with(published(RSA_JWK, false), "n", text), false, MM_EREFUSED, "JWK: n");
	check_refused(with(published(RSA_JWK, false), "e", text), false, MM_EREFUSED, "JWK: e");
}

static void base64url_that_is_not_canonical_is_refused(void **state)
{
	static const char *const bad_e[] = {"AQAB=", "AQ+B", "AQ/B", "AQ B", "AQAB\n", "A", "AR"};

	(void)state;
	check_reads(with(published(RSA_JWK, false), "e", "AQAB"), false, "RS256");
	for (size_t i = 0; i < MM_COUNT(bad_e); i++)
		check_refused(with(published(RSA_JWK, false), "e", bad_e[i]), false, MM_EPARSE, "JWK: e");
	/* the last character of 32 octets has two bits that must be zero: U becomes V */
	check_refused(with(published(EC_JWK, false), "x", "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEV"), false,
		      MM_EPARSE, "JWK: x");
}

static void coordinates_are_written_in_full(void **state)
{
	static const struct {
		const char *vector, *member;
	} rows[] = {{EC_JWK, "x"}, {EC_JWK, "y"}, {EC_JWK, "d"}, {OKP_JWK, "x"}, {OKP_JWK, "d"}};
	static const char *const lengths[] = {"", "AQ", "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQ" /* 31 octets */,
					      "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEB" /* 33 octets */};

	(void)state;
	for (size_t i = 0; i < MM_COUNT(rows); i++)
		for (size_t l = 0; l < MM_COUNT(lengths); l++)
			check_refused(with(published(rows[i].vector, true), rows[i].member, lengths[l]), true,
				      MM_EPARSE, "32 bytes, written in full");
}

static void a_point_that_is_not_on_the_curve_is_refused(void **state)
{
	static const char zero[] = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

	(void)state;
	/* x and y of another key each, and the coordinates that some use for infinity */
	check_refused(with(published(EC_JWK, false), "x", "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"), false,
		      MM_EREFUSED, "no point on P-256");
	check_refused(with(published(EC_JWK, false), "y", "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU"), false,
		      MM_EREFUSED, "no point on P-256");
	check_refused(with(with(published(EC_JWK, false), "x", zero), "y", zero), false, MM_EREFUSED,
		      "no point on P-256");
	/* x not below the field's prime: 2^256-1 */
	check_refused(with(published(EC_JWK, false), "x", "__________________________________________8"), false,
		      MM_EREFUSED, "no point on P-256");
}

static void a_private_scalar_outside_1_to_n_minus_1_is_refused(void **state)
{
	/* 0, n, and 2^256-1 */
	static const char *const scalars[] = {"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
					      "_____wAAAAD__________7zm-q2nF56E87nKwvxjJVE",
					      "__________________________________________8"};

	(void)state;
	for (size_t i = 0; i < MM_COUNT(scalars); i++) {
		json_t *jwk = with(published(EC_JWK, true), "d", scalars[i]);
		struct mm_key *key = NULL;

		assert_int_equal(mm_jwk_to_key(jwk, true, &key, NULL), MM_EREFUSED);
		json_decref(jwk);
	}
}

static void weak_rsa_keys_are_refused(void **state)
{
	static const struct {
		const char *e, *part;
	} rows[] = {{"AQ", "e is 1;"}, {"Aw", "e is 3;"}, {"AQAA", "is even"}, {"AQAAAAE", "too large"}};

	(void)state;
	for (size_t i = 0; i < MM_COUNT(rows); i++)
		check_refused(with(published(RSA_JWK, false), "e", rows[i].e), false, MM_EREFUSED, rows[i].part);
	check_refused(with(published(RSA_JWK, false), "n", "AQEBAQEBAQEBAQEBAQEB"), false, MM_EREFUSED, "113 bits");
}

static void members_must_be_there_and_be_strings(void **state)
{
	static const struct {
		const char *vector, *member;
	} rows[] = {{RSA_JWK, "kty"}, {RSA_JWK, "n"}, {RSA_JWK, "e"},   {EC_JWK, "kty"},
		    {EC_JWK, "x"},    {EC_JWK, "y"},  {OKP_JWK, "kty"}, {OKP_JWK, "x"}};

	(void)state;
	for (size_t i = 0; i < MM_COUNT(rows); i++) {
		json_t *jwk = published(rows[i].vector, false);

		json_object_set_new(jwk, rows[i].member, json_integer(65537));
		check_refused(jwk, false, MM_EPARSE, "is not a string");
		check_refused(with(published(rows[i].vector, false), rows[i].member, NULL), false, MM_EPARSE, "has no");
	}
	check_refused(json_array(), false, MM_EPARSE, "not an object");
	check_refused(json_object(), false, MM_EPARSE, "has no kty");
}

/* x5c, x5u and jku say what a stranger wants us to trust or to fetch; they are as good as not there. */
static void members_that_point_elsewhere_have_no_effect(void **state)
{
	json_t *jwk = published(RSA_JWK, false);

	(void)state;
	with(with(jwk, "x5u", "https://attacker.example/"), "jku", "https://attacker.example/");
	json_object_set_new(jwk, "x5c", json_pack("[s]", "MAA="));
	check_reads(jwk, false, "RS256");
}

static void cleansing_leaves_no_text_in_the_object(void **state)
{
	json_t *jwk = published(EC_JWK, true);
	const char *d = json_string_value(json_object_get(jwk, "d"));

	(void)state;
	assert_int_equal(strlen(d), 43);
	mm_jwk_cleanse(jwk);
	assert_int_equal(strlen(d), 0);
	json_decref(jwk);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_jwk_without_alg_gets_rs256_or_what_fits_the_curve),
		cmocka_unit_test(the_alg_of_the_jwk_binds_the_key),
		cmocka_unit_test(an_alg_that_does_not_fit_the_key_is_refused),
		cmocka_unit_test(unknown_algorithms_types_and_curves_are_refused),
		cmocka_unit_test(a_wish_fills_in_a_missing_alg_and_refuses_another),
		cmocka_unit_test(a_key_for_another_purpose_is_refused),
		cmocka_unit_test(private_members_in_a_public_key_are_refused),
		cmocka_unit_test(a_public_key_is_not_taken_for_a_private_one),
		cmocka_unit_test(an_rsa_private_key_needs_all_its_numbers),
		cmocka_unit_test(rsa_of_more_than_two_primes_is_refused),
		cmocka_unit_test(halves_of_two_keys_are_refused),
		cmocka_unit_test(an_rsa_number_is_written_with_as_few_octets_as_it_needs),
		cmocka_unit_test(a_number_longer_than_any_key_is_refused),
		cmocka_unit_test(base64url_that_is_not_canonical_is_refused),
		cmocka_unit_test(coordinates_are_written_in_full),
		cmocka_unit_test(a_point_that_is_not_on_the_curve_is_refused),
		cmocka_unit_test(a_private_scalar_outside_1_to_n_minus_1_is_refused),
		cmocka_unit_test(weak_rsa_keys_are_refused),
		cmocka_unit_test(members_must_be_there_and_be_strings),
		cmocka_unit_test(members_that_point_elsewhere_have_no_effect),
		cmocka_unit_test(cleansing_leaves_no_text_in_the_object),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
