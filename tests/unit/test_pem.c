/* SPDX-License-Identifier: Apache-2.0 */
#include "keys/pem.h"
#include "tests/unit/keyhelp.h"

#include <mintmark/ossl.h>
#include <openssl/pem.h>
#include <stdlib.h>
#include <string.h>

static const struct mm_span no_passphrase = {0};

/* Reads `text`, whose key must have the kid of `key`. */
static void check_reads(const char *text, struct mm_span passphrase, const struct mm_key *key)
{
	mm_ossl_auto(EVP_PKEY) pkey = NULL;
	mm_auto(mm_key) read = NULL;
	struct mm_err err = {0};

	assert_ok(mm_pem_read_private(mm_span_str(text), passphrase, &pkey, &err), &err);
	assert_ok(mm_key_from_pkey(mm_key_alg(key), pkey, &read, &err), &err);
	assert_true(mm_key_is_private(read));
	assert_string_equal(mm_key_kid(read), mm_key_kid(key));
}

static void check_refused(const char *text, enum mm_code code, const char *part)
{
	mm_ossl_auto(EVP_PKEY) pkey = NULL;
	struct mm_err err = {0};

	assert_fails_saying(mm_pem_read_private(mm_span_str(text), no_passphrase, &pkey, &err), code, &err, part);
	assert_null(pkey);
}

static char *bio_text(BIO *bio)
{
	char *data;
	long len = BIO_get_mem_data(bio, &data);

	return strndup(data, (size_t)len);
}

static char *joined(const char *a, const char *b, const char *c)
{
	struct mm_buf text = {0};

	mm_buf_printf(&text, "%s%s%s", a, b, c);
	return mm_buf_take(&text);
}

/* ---- what is written ------------------------------------------------------------------------------------------- */

static void every_form_has_its_label_and_reads_back(void **state)
{
	static const struct {
		const char *alg;
		enum mm_key_form form;
		const char *first_line;
	} rows[] = {
		{"RS256", MM_FORM_PKCS8, "-----BEGIN PRIVATE KEY-----\n"},
		{"RS256", MM_FORM_TRADITIONAL, "-----BEGIN RSA PRIVATE KEY-----\n"},
		{"ES256", MM_FORM_PKCS8, "-----BEGIN PRIVATE KEY-----\n"},
		{"ES256", MM_FORM_TRADITIONAL, "-----BEGIN EC PRIVATE KEY-----\n"},
		{"ES384", MM_FORM_TRADITIONAL, "-----BEGIN EC PRIVATE KEY-----\n"},
		{"ES512", MM_FORM_PKCS8, "-----BEGIN PRIVATE KEY-----\n"},
		{"ES512", MM_FORM_TRADITIONAL, "-----BEGIN EC PRIVATE KEY-----\n"},
		{"EdDSA", MM_FORM_PKCS8, "-----BEGIN PRIVATE KEY-----\n"},
	};

	(void)state;
	for (size_t i = 0; i < MM_COUNT(rows); i++) {
		mm_auto(mm_key) key = test_key(rows[i].alg);
		char *pem = test_export(key, rows[i].form);

		assert_memory_equal(pem, rows[i].first_line, strlen(rows[i].first_line));
		check_reads(pem, no_passphrase, key);
		mm_string_free(&pem);
	}
}

static void a_public_key_is_written_as_openssl_does(void **state)
{
	mm_auto(mm_key) key = test_key("ES256");
	mm_ossl_auto(BIO) bio = BIO_new(BIO_s_mem());
	char *ours = test_export(key, MM_FORM_PUBLIC_PEM), *theirs;

	(void)state;
	assert_true(PEM_write_bio_PUBKEY(bio, mm_key_pkey(key)));
	theirs = bio_text(bio);
	assert_string_equal(ours, theirs);
	free(ours);
	free(theirs);
}

/* ---- passphrases ------------------------------------------------------------------------------------------------ */

static const char words[] = "correct horse";

static char *encrypted(const struct mm_key *key, bool traditional)
{
	mm_ossl_auto(BIO) bio = BIO_new(BIO_s_mem());
	const EVP_CIPHER *cipher = EVP_aes_256_cbc();
	int written;

	if (traditional)
		written = PEM_write_bio_PrivateKey_traditional(bio, mm_key_pkey(key), cipher, (const uint8_t *)words,
							       sizeof words - 1, NULL, NULL);
	else
		written = PEM_write_bio_PKCS8PrivateKey(bio, mm_key_pkey(key), cipher, words, sizeof words - 1, NULL,
							NULL);
	assert_int_equal(written, 1);
	return bio_text(bio);
}

static void encrypted_keys_open_with_their_passphrase_and_tell_wrong_from_missing(void **state)
{
	static const struct {
		const char *alg;
		bool traditional;
		const char *mark;
	} rows[] = {
		{"RS256", false, "BEGIN ENCRYPTED PRIVATE KEY"}, {"ES256", false, "BEGIN ENCRYPTED PRIVATE KEY"},
		{"EdDSA", false, "BEGIN ENCRYPTED PRIVATE KEY"}, {"RS256", true, "DEK-Info: AES-256-CBC"},
		{"ES512", true, "DEK-Info: AES-256-CBC"},
	};

	(void)state;
	for (size_t i = 0; i < MM_COUNT(rows); i++) {
		mm_auto(mm_key) key = test_key(rows[i].alg);
		char *pem = encrypted(key, rows[i].traditional);
		mm_ossl_auto(EVP_PKEY) pkey = NULL;
		struct mm_err err = {0};

		assert_contains(pem, rows[i].mark);
		check_reads(pem, mm_span_str(words), key);
		check_refused(pem, MM_EREFUSED, "no passphrase was given");
		assert_fails_saying(mm_pem_read_private(mm_span_str(pem), mm_span_str("wrong"), &pkey, &err),
				    MM_EREFUSED, &err, "another passphrase");
		assert_fails_saying(mm_pem_read_private(mm_span_str(pem), mm_span_str(""), &pkey, &err), MM_EREFUSED,
				    &err, "another passphrase");
		free(pem);
	}
}

static void a_passphrase_for_a_key_that_has_none_is_not_used(void **state)
{
	mm_auto(mm_key) key = test_key("ES256");
	char *pem = test_export(key, MM_FORM_PKCS8);

	(void)state;
	check_reads(pem, mm_span_str(words), key);
	mm_string_free(&pem);
}

static void a_passphrase_longer_than_openssl_takes_is_said_to_be(void **state)
{
	mm_auto(mm_key) key = test_key("ES256");
	char *pem = encrypted(key, false), *longer = calloc(1, PEM_BUFSIZE + 2);
	mm_ossl_auto(EVP_PKEY) pkey = NULL;
	struct mm_err err = {0};

	(void)state;
	memset(longer, 'x', PEM_BUFSIZE + 1);
	assert_fails_saying(mm_pem_read_private(mm_span_str(pem), mm_span_str(longer), &pkey, &err), MM_ELIMIT, &err,
			    "longer than 1024 bytes");
	free(pem);
	free(longer);
}

/*
 * ---- what is around the key ---------------------------------------------------------------------------------------
 */

static const char certificate[] = "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n";
/* As `openssl ecparam -name prime256v1 -genkey` writes it. */
static const char parameters[] = "-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n";

static void curve_parameters_before_the_key_and_text_around_it_do_no_harm(void **state)
{
	mm_auto(mm_key) key = test_key("ES256");
	char *pem = test_export(key, MM_FORM_TRADITIONAL);
	char *with_parameters = joined(parameters, pem, "");
	char *with_text = joined("Bag Attributes\n    friendlyName: x\nKey Attributes: <No Attributes>\n", pem, "\n\n");

	(void)state;
	check_reads(with_parameters, no_passphrase, key);
	check_reads(with_text, no_passphrase, key);
	mm_string_free(&pem);
	mm_string_free(&with_parameters);
	mm_string_free(&with_text);
}

static void anything_beside_the_one_key_is_refused_and_named(void **state)
{
	mm_auto(mm_key) key = test_key("ES256");
	char *pem = test_export(key, MM_FORM_PKCS8), *public = test_export(key, MM_FORM_PUBLIC_PEM);
	struct {
		char *text;
		const char *part;
	} rows[] = {
		{joined(pem, certificate, ""), "found PRIVATE KEY, CERTIFICATE"},
		{joined(certificate, pem, ""), "found CERTIFICATE, PRIVATE KEY"},
		{joined(pem, pem, ""), "found PRIVATE KEY, PRIVATE KEY"},
		{joined(pem, public, ""), "found PRIVATE KEY, PUBLIC KEY"},
		{joined(certificate, "", ""), "found CERTIFICATE;"},
		{joined("-----BEGIN OPENSSH PRIVATE KEY-----\nMAA=\n-----END OPENSSH PRIVATE KEY-----\n", "", ""),
		 "found OPENSSH PRIVATE KEY"},
		{joined(parameters, "", ""), "found EC PARAMETERS"},
	};

	(void)state;
	for (size_t i = 0; i < MM_COUNT(rows); i++) {
		check_refused(rows[i].text, MM_EPARSE, rows[i].part);
		mm_string_free(&rows[i].text);
	}
	mm_string_free(&pem);
	free(public);
}

static void a_public_key_is_not_taken_for_a_private_one(void **state)
{
	mm_auto(mm_key) key = test_key("RS256");
	char *public = test_export(key, MM_FORM_PUBLIC_PEM);

	(void)state;
	check_refused(public, MM_EREFUSED, "found a public key (PUBLIC KEY)");
	check_refused("-----BEGIN RSA PUBLIC KEY-----\nMAA=\n-----END RSA PUBLIC KEY-----\n", MM_EREFUSED,
		      "found a public key (RSA PUBLIC KEY)");
	free(public);
}

static void text_without_a_key_is_refused(void **state)
{
	(void)state;
	check_refused("", MM_EPARSE, "no key found");
	check_refused("\n", MM_EPARSE, "no key found");
	check_refused("hello, world\n", MM_EPARSE, "no key found");
	check_refused("0\x82\x01\x02 DER", MM_EPARSE, "no key found");
}

static void a_damaged_key_is_refused(void **state)
{
	mm_auto(mm_key) key = test_key("ES256");
	char *pem = test_export(key, MM_FORM_PKCS8), *changed;

	(void)state;
	for (size_t len = 1; len + 1 < strlen(pem); len++) { /* cut anywhere but before the last newline */
		mm_ossl_auto(EVP_PKEY) pkey = NULL;
		struct mm_err err = {0};

		assert_int_equal(mm_pem_read_private(mm_span(pem, len), no_passphrase, &pkey, &err), MM_EPARSE);
	}
	changed = strdup(pem);
	*strchr(strchr(changed, '\n') + 1, 'M') = '!';
	check_refused(changed, MM_EPARSE, "damaged");
	mm_string_free(&changed);
	changed = strdup(pem);
	memcpy(strchr(changed, '\n') + 1, "AAAA", 4);
	check_refused(changed, MM_EPARSE, "damaged");
	mm_string_free(&changed);
	check_refused("-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----\n", MM_EPARSE, "damaged");
	mm_string_free(&pem);
}

static void a_key_under_the_wrong_label_is_refused(void **state)
{
	mm_auto(mm_key) key = test_key("ES256");
	char *pem = test_export(key, MM_FORM_TRADITIONAL), *body = strchr(pem, '\n') + 1;
	mm_auto_buf text = {0};

	(void)state;
	*strstr(body, "-----END") = '\0';
	mm_buf_printf(&text, "-----BEGIN RSA PRIVATE KEY-----\n%s-----END RSA PRIVATE KEY-----\n", body);
	check_refused(text.p, MM_EPARSE, "damaged or of an unknown kind");
	mm_string_free(&pem);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_form_has_its_label_and_reads_back),
		cmocka_unit_test(a_public_key_is_written_as_openssl_does),
		cmocka_unit_test(encrypted_keys_open_with_their_passphrase_and_tell_wrong_from_missing),
		cmocka_unit_test(a_passphrase_for_a_key_that_has_none_is_not_used),
		cmocka_unit_test(a_passphrase_longer_than_openssl_takes_is_said_to_be),
		cmocka_unit_test(curve_parameters_before_the_key_and_text_around_it_do_no_harm),
		cmocka_unit_test(anything_beside_the_one_key_is_refused_and_named),
		cmocka_unit_test(a_public_key_is_not_taken_for_a_private_one),
		cmocka_unit_test(text_without_a_key_is_refused),
		cmocka_unit_test(a_damaged_key_is_refused),
		cmocka_unit_test(a_key_under_the_wrong_label_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
