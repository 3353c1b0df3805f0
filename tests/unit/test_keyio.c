/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/keyhelp.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <stdlib.h>
#include <string.h>

static const struct mm_span no_passphrase = {0};

static void check_refused(const char *text, const char *alg, enum mm_code code, const char *part)
{
	struct mm_key *key = NULL;
	struct mm_err err = {0};

	assert_fails_saying(mm_key_import(mm_span_str(text), alg ? test_alg(alg) : NULL, no_passphrase, &key, &err),
			    code, &err, part);
	assert_null(key);
}

/* What some other program wrote: `pkey`, consumed, in its traditional form where it has one. */
static char *foreign_pem(EVP_PKEY *pkey)
{
	BIO *bio = BIO_new(BIO_s_mem());
	char *data, *text;
	long len;

	assert_non_null(pkey);
	assert_true(PEM_write_bio_PrivateKey_traditional(bio, pkey, NULL, NULL, 0, NULL, NULL) == 1 ||
		    PEM_write_bio_PrivateKey(bio, pkey, NULL, NULL, 0, NULL, NULL) == 1);
	len = BIO_get_mem_data(bio, &data);
	text = strndup(data, (size_t)len);
	BIO_free(bio);
	EVP_PKEY_free(pkey);
	return text;
}

static void every_private_form_is_imported_for_the_algorithm_that_was_asked_for(void **state)
{
	static const enum mm_key_form forms[] = {MM_FORM_PKCS8, MM_FORM_TRADITIONAL, MM_FORM_PRIVATE_JWK};

	(void)state;
	for (size_t i = 0; i < MM_ALG_COUNT; i++) {
		mm_auto(mm_key) key = test_key(mm_algs[i].name);

		for (size_t f = 0; f < MM_COUNT(forms); f++) {
			mm_auto(mm_key) read = NULL;
			struct mm_err err = {0};
			char *text;

			if (forms[f] == MM_FORM_TRADITIONAL && mm_algs[i].kty == MM_KTY_OKP)
				continue;
			text = test_export(key, forms[f]);
			assert_ok(mm_key_import(mm_span_str(text), &mm_algs[i], no_passphrase, &read, &err), &err);
			assert_ptr_equal(mm_key_alg(read), &mm_algs[i]);
			assert_true(mm_key_is_private(read));
			assert_string_equal(mm_key_kid(read), mm_key_kid(key));
			mm_string_free(&text);
		}
	}
}

static void pem_without_a_wish_gets_rs256_or_what_fits_the_curve(void **state)
{
	static const char *const names[] = {"RS256", "ES256", "ES384", "ES512", "EdDSA"};

	(void)state;
	for (size_t i = 0; i < MM_COUNT(names); i++) {
		mm_auto(mm_key) key = test_key(names[i]);
		mm_auto(mm_key) read = NULL;
		struct mm_err err = {0};
		char *text = test_export(key, MM_FORM_PKCS8);

		assert_ok(mm_key_import(mm_span_str(text), NULL, no_passphrase, &read, &err), &err);
		assert_string_equal(mm_key_alg(read)->name, names[i]);
		mm_string_free(&text);
	}
}

static void an_algorithm_that_does_not_fit_is_refused(void **state)
{
	mm_auto(mm_key) key = test_key("ES256");
	char *pem = test_export(key, MM_FORM_PKCS8), *jwk = test_export(key, MM_FORM_PRIVATE_JWK);

	(void)state;
	check_refused(pem, "ES384", MM_EREFUSED, "ES384 does not fit: the key is an EC key on prime256v1");
	check_refused(pem, "RS256", MM_EREFUSED, "RS256 does not fit");
	check_refused(jwk, "ES384", MM_EREFUSED, "for ES256, not for ES384");
	mm_string_free(&pem);
	mm_string_free(&jwk);
}

static void keys_that_others_made_badly_are_refused(void **state)
{
	struct {
		char *pem;
		const char *part;
	} rows[] = {
		{foreign_pem(EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)1024)), "1024 bits"},
		{foreign_pem(EVP_PKEY_Q_keygen(NULL, NULL, "EC", "secp256k1")), "secp256k1"},
		{foreign_pem(EVP_PKEY_Q_keygen(NULL, NULL, "X25519")), "X25519"},
		{foreign_pem(EVP_PKEY_Q_keygen(NULL, NULL, "ED448")), "ED448"},
	};

	(void)state;
	for (size_t i = 0; i < MM_COUNT(rows); i++) {
		check_refused(rows[i].pem, NULL, MM_EREFUSED, rows[i].part);
		free(rows[i].pem);
	}
}

static void a_pem_key_with_e_3_or_three_primes_is_refused(void **state)
{
	static const struct {
		BN_ULONG e;
		int primes;
		const char *part;
	} rows[] = {{3, 2, "e is 3;"}, {65537, 3, "more than two primes"}};

	(void)state;
	for (size_t i = 0; i < MM_COUNT(rows); i++) {
		EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
		EVP_PKEY *pkey = NULL;
		BIGNUM *e = BN_new();
		char *pem;

		BN_set_word(e, rows[i].e);
		assert_int_equal(EVP_PKEY_keygen_init(context), 1);
		assert_int_equal(EVP_PKEY_CTX_set_rsa_keygen_bits(context, 2048), 1);
		assert_int_equal(EVP_PKEY_CTX_set1_rsa_keygen_pubexp(context, e), 1);
		assert_int_equal(EVP_PKEY_CTX_set_rsa_keygen_primes(context, rows[i].primes), 1);
		assert_int_equal(EVP_PKEY_generate(context, &pkey), 1);
		pem = foreign_pem(pkey);
		check_refused(pem, NULL, MM_EREFUSED, rows[i].part);
		free(pem);
		BN_free(e);
		EVP_PKEY_CTX_free(context);
	}
}

static void duplicate_members_of_a_jwk_are_refused_also_when_escaped(void **state)
{
	static const char head[] =
		"{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\","
		"\"y\":\"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0\","
		"\"d\":\"jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI\"";
	static const char *const tails[] = {",\"kty\":\"EC\"}", ",\"\\u006bty\":\"EC\"}",
					    ",\"d\":\"jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI\"}"};
	mm_auto(mm_key) key = NULL;
	mm_auto_buf text = {0};
	struct mm_err err = {0};

	(void)state;
	mm_buf_printf(&text, " \r\n\t%s}", head);
	assert_ok(mm_key_import(mm_buf_span(&text), NULL, no_passphrase, &key, &err), &err);
	for (size_t i = 0; i < MM_COUNT(tails); i++) {
		mm_buf_reset(&text);
		mm_buf_printf(&text, "%s%s", head, tails[i]);
		check_refused(text.p, NULL, MM_EPARSE, "JWK");
	}
}

static void a_jwk_set_is_not_a_jwk(void **state)
{
	(void)state;
	check_refused("{\"keys\":[]}", NULL, MM_EPARSE, "found a JWK set");
}

static void a_public_jwk_is_not_taken_for_a_private_one(void **state)
{
	mm_auto(mm_key) key = test_key("ES256");
	char *jwk = test_export(key, MM_FORM_PUBLIC_JWK);

	(void)state;
	check_refused(jwk, NULL, MM_EREFUSED, "found a public JWK");
	free(jwk);
}

static void nothing_and_zeros_are_no_key(void **state)
{
	static const char zeros[16];
	struct mm_key *key = NULL;
	struct mm_err err = {0};

	(void)state;
	check_refused("", NULL, MM_EPARSE, "no key found");
	check_refused("{", NULL, MM_EPARSE, "JWK");
	assert_fails_saying(mm_key_import(mm_span(zeros, sizeof zeros), NULL, no_passphrase, &key, &err), MM_EPARSE,
			    &err, "no key found");
}

static void a_file_that_is_too_long_is_not_looked_at(void **state)
{
	char *text = calloc(1, MM_KEY_FILE_MAX + 1);
	struct mm_key *key = NULL;
	struct mm_err err = {0};

	(void)state;
	memset(text, '\n', MM_KEY_FILE_MAX + 1);
	assert_fails_saying(mm_key_import(mm_span(text, MM_KEY_FILE_MAX + 1), NULL, no_passphrase, &key, &err),
			    MM_ELIMIT, &err, "at most 65536");
	assert_fails_saying(mm_key_import(mm_span(text, MM_KEY_FILE_MAX), NULL, no_passphrase, &key, &err), MM_EPARSE,
			    &err, "no key found");
	free(text);
}

static void a_public_key_has_no_private_form(void **state)
{
	static const enum mm_key_form forms[] = {MM_FORM_PKCS8, MM_FORM_TRADITIONAL, MM_FORM_PRIVATE_JWK};
	mm_auto(mm_key) key = test_key("ES256");
	mm_auto(mm_key) public = NULL;
	struct mm_err err = {0};

	(void)state;
	assert_ok(mm_key_public(key, &public, &err), &err);
	for (size_t i = 0; i < MM_COUNT(forms); i++) {
		mm_auto_buf text = {0};

		assert_fails_saying(mm_key_export(public, forms[i], &text, &err), MM_EREFUSED, &err, mm_key_kid(key));
		assert_int_equal(text.len, 0);
	}
}

static void ed25519_has_no_traditional_form(void **state)
{
	mm_auto(mm_key) key = test_key("EdDSA");
	mm_auto_buf text = {0};
	struct mm_err err = {0};

	(void)state;
	assert_fails_saying(mm_key_export(key, MM_FORM_TRADITIONAL, &text, &err), MM_EREFUSED, &err, "use PKCS#8");
	assert_int_equal(text.len, 0);
}

static void public_forms_of_a_private_key_hold_no_secret(void **state)
{
	(void)state;
	for (size_t i = 0; i < MM_ALG_COUNT; i++) {
		mm_auto(mm_key) key = test_key(mm_algs[i].name);
		char *pem = test_export(key, MM_FORM_PUBLIC_PEM), *jwk = test_export(key, MM_FORM_PUBLIC_JWK);

		assert_null(strstr(pem, "PRIVATE"));
		assert_null(strstr(jwk, "\"d\""));
		free(pem);
		free(jwk);
	}
}

static void every_form_is_text_that_ends_its_last_line(void **state)
{
	mm_auto(mm_key) key = test_key("ES256");

	(void)state;
	for (enum mm_key_form form = MM_FORM_PKCS8; form <= MM_FORM_PRIVATE_JWK; form++) {
		char *text = test_export(key, form);

		assert_int_equal(text[strlen(text) - 1], '\n');
		mm_string_free(&text);
	}
}

static void every_form_gives_the_public_half(void **state)
{
	static const enum mm_key_form forms[] = {MM_FORM_PKCS8, MM_FORM_PUBLIC_PEM, MM_FORM_PUBLIC_JWK,
						 MM_FORM_PRIVATE_JWK};
	static const char *const algs[] = {"RS256", "ES256", "ES384", "EdDSA"};

	(void)state;
	for (size_t i = 0; i < MM_COUNT(algs); i++) {
		mm_auto(mm_key) key = test_key(algs[i]);

		for (size_t f = 0; f < MM_COUNT(forms); f++) {
			mm_auto(mm_key) read = NULL;
			mm_auto_string text = test_export(key, forms[f]);
			struct mm_err err = {0};

			assert_ok(mm_key_import_public(mm_span_str(text), &read, &err), &err);
			assert_false(mm_key_is_private(read));
			assert_string_equal(mm_key_kid(read), mm_key_kid(key));
			assert_ptr_equal(mm_key_alg(read), mm_key_alg(key));
		}
	}
}

static void what_has_no_one_public_half_is_refused(void **state)
{
	static const char public_block[] = "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n";
	static const char certificate[] = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
	mm_auto(mm_key) key = test_key("ES256");
	mm_auto_string text = test_export(key, MM_FORM_PUBLIC_PEM);
	mm_auto_buf two = {0};
	static const struct {
		const char *text;
		enum mm_code code;
		const char *reason;
	} cases[] = {
		{"", MM_EPARSE, "no key found"},
		{"[]", MM_EPARSE, "no key found"},
		{public_block, MM_EPARSE, "damaged"},
		{certificate, MM_EPARSE, "found CERTIFICATE"},
		{"{\"kty\":\"EC\"}", MM_EREFUSED, "JWK: "},
	};
	struct mm_key *read;
	struct mm_err err = {0};

	(void)state;
	for (size_t i = 0; i < MM_COUNT(cases); i++) {
		assert_fails_saying(mm_key_import_public(mm_span_str(cases[i].text), &read, &err), cases[i].code, &err,
				    cases[i].reason);
		assert_null(read);
	}
	mm_buf_printf(&two, "%s%s", text, text);
	assert_fails_saying(mm_key_import_public(mm_buf_span(&two), &read, &err), MM_EPARSE, &err,
			    "found PUBLIC KEY, PUBLIC KEY");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_private_form_is_imported_for_the_algorithm_that_was_asked_for),
		cmocka_unit_test(pem_without_a_wish_gets_rs256_or_what_fits_the_curve),
		cmocka_unit_test(an_algorithm_that_does_not_fit_is_refused),
		cmocka_unit_test(keys_that_others_made_badly_are_refused),
		cmocka_unit_test(a_pem_key_with_e_3_or_three_primes_is_refused),
		cmocka_unit_test(duplicate_members_of_a_jwk_are_refused_also_when_escaped),
		cmocka_unit_test(a_jwk_set_is_not_a_jwk),
		cmocka_unit_test(a_public_jwk_is_not_taken_for_a_private_one),
		cmocka_unit_test(nothing_and_zeros_are_no_key),
		cmocka_unit_test(a_file_that_is_too_long_is_not_looked_at),
		cmocka_unit_test(a_public_key_has_no_private_form),
		cmocka_unit_test(ed25519_has_no_traditional_form),
		cmocka_unit_test(public_forms_of_a_private_key_hold_no_secret),
		cmocka_unit_test(every_form_is_text_that_ends_its_last_line),
		cmocka_unit_test(every_form_gives_the_public_half),
		cmocka_unit_test(what_has_no_one_public_half_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
