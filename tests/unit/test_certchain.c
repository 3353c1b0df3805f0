/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/certificates.h"

#include <mintmark/certchain.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>

/* What all tests use, made once: a root, an authority below it, and a server's certificate by that. */
static struct test_certificate root, middle, leaf;
static struct test_dir dir;

static int make(void **state)
{
	(void)state;
	test_dir_make(&dir);
	root = test_authority("root");
	middle = test_intermediate(&root, "middle");
	leaf = test_server_certificate(&middle, "leaf", "DNS:oidc.test,DNS:*.wild.test,IP:192.0.2.1,IP:2001:db8::1");
	test_pem_add(&dir, "root.pem", root.x509);
	return 0;
}

static int unmake(void **state)
{
	(void)state;
	test_certificate_free(&root);
	test_certificate_free(&middle);
	test_certificate_free(&leaf);
	test_dir_remove(&dir);
	return 0;
}

static void add_der(struct mm_buf *out, const struct test_certificate *certificate)
{
	unsigned char *der = NULL;
	int len = i2d_X509(certificate->x509, &der);

	assert_true(len > 0);
	mm_buf_add(out, der, (size_t)len);
	OPENSSL_free(der);
}

#define CHAIN(...) test_chain(TEST_LIST(__VA_ARGS__))

static void assert_parse_fails(struct mm_span text, enum mm_code code, const char *reason)
{
	struct mm_certchain *chain;
	struct mm_err err = {0};

	assert_int_equal(mm_certchain_parse(text, &chain, &err), code);
	assert_contains(err.text, reason);
	assert_null(chain);
	assert_int_equal(ERR_peek_error(), 0);
}

static void a_certificate_is_told_in_our_words(void **state)
{
	mm_auto(mm_certchain) chain = CHAIN(&leaf, &middle, &root);
	unsigned char sha1[20], sha256[32];

	(void)state;
	assert_int_equal(chain->n, 3);
	assert_string_equal(chain->v[0].subject, "CN=leaf");
	assert_string_equal(chain->v[0].issuer, "CN=middle");
	assert_int_equal(chain->v[0].not_before, CERT_NOW - 1800);
	assert_int_equal(chain->v[0].not_after, CERT_NOW + 1800);
	assert_int_equal(X509_digest(leaf.x509, EVP_sha1(), sha1, NULL), 1);
	assert_int_equal(X509_digest(leaf.x509, EVP_sha256(), sha256, NULL), 1);
	assert_memory_equal(chain->v[0].sha1, sha1, sizeof sha1);
	assert_memory_equal(chain->v[0].sha256, sha256, sizeof sha256);
	assert_false(chain->v[0].self_issued || chain->v[0].is_ca);
	assert_true(!chain->v[1].self_issued && chain->v[1].is_ca);
	assert_true(chain->v[2].self_issued && chain->v[2].is_ca);
	assert_null(chain->protocol);
	assert_null(chain->sni);
	assert_string_equal(chain->address, "");
}

static void the_order_of_a_file_and_repetitions_stay(void **state)
{
	mm_auto(mm_certchain) chain = CHAIN(&root, &leaf, &leaf, &middle);
	static const char *const expected[] = {"CN=root", "CN=leaf", "CN=leaf", "CN=middle"};

	(void)state;
	assert_int_equal(chain->n, 4);
	for (size_t i = 0; i < chain->n; i++)
		assert_string_equal(chain->v[i].subject, expected[i]);
}

/* As openssl s_client -showcerts prints it. */
static void text_around_certificates_is_passed_over(void **state)
{
	mm_auto(mm_certchain) chain = NULL;
	struct mm_err err = {0};
	mm_auto_buf text = {0};

	(void)state;
	mm_buf_add_str(&text, "CONNECTED(00000003)\n---\nCertificate chain\n 0 s:CN = leaf\n");
	test_add_pem(&text, &leaf);
	mm_buf_add_str(&text, " 1 s:CN = middle\n");
	test_add_pem(&text, &middle);
	mm_buf_add_str(&text, "---\nServer certificate\nsubject=CN = leaf\n");
	assert_ok(mm_certchain_parse(mm_buf_span(&text), &chain, &err), &err);
	assert_int_equal(chain->n, 2);
}

static void one_certificate_may_be_in_der(void **state)
{
	mm_auto(mm_certchain) chain = NULL;
	struct mm_err err = {0};
	mm_auto_buf der = {0};

	(void)state;
	add_der(&der, &middle);
	assert_ok(mm_certchain_parse(mm_buf_span(&der), &chain, &err), &err);
	assert_int_equal(chain->n, 1);
	assert_string_equal(chain->v[0].subject, "CN=middle");
	add_der(&der, &root);
	assert_parse_fails(mm_buf_span(&der), MM_EPARSE, "must be in PEM");
}

static void what_is_no_certificate_is_refused(void **state)
{
	mm_auto_buf text = {0};
	char *third;

	(void)state;
	assert_parse_fails(mm_span_str(""), MM_EPARSE, "no certificate");
	assert_parse_fails(mm_span_str("hello"), MM_EPARSE, "BEGIN CERTIFICATE");
	assert_parse_fails(mm_span("\x30\x82\xff\xff", 4), MM_EPARSE, "no certificate");
	assert_parse_fails(mm_span_str("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"), MM_EPARSE,
			   "certificate 1 in PEM is broken");
	test_add_pem(&text, &leaf);
	test_add_pem(&text, &middle);
	third = text.p + text.len / 2 + 100;
	memcpy(third, "!!!!", 4);
	assert_parse_fails(mm_buf_span(&text), MM_EPARSE, "certificate 2 in PEM is broken");
}

static void more_than_a_hundred_are_too_many(void **state)
{
	mm_auto(mm_certchain) chain = NULL;
	struct mm_err err = {0};
	mm_auto_buf text = {0};

	(void)state;
	for (int i = 0; i < MM_CERTCHAIN_MAX; i++)
		test_add_pem(&text, &root);
	assert_ok(mm_certchain_parse(mm_buf_span(&text), &chain, &err), &err);
	assert_int_equal(chain->n, MM_CERTCHAIN_MAX);
	test_add_pem(&text, &root);
	assert_parse_fails(mm_buf_span(&text), MM_ELIMIT, "101 certificates");
}

static void issued_means_names_and_signature(void **state)
{
	struct test_certificate impostor = test_intermediate(&root, "middle");
	mm_auto(mm_certchain) chain = CHAIN(&leaf, &middle, &root, &impostor);

	(void)state;
	assert_true(mm_certificate_issued(&chain->v[1], &chain->v[0]));
	assert_true(mm_certificate_issued(&chain->v[2], &chain->v[1]));
	assert_true(mm_certificate_issued(&chain->v[2], &chain->v[2]));
	assert_false(mm_certificate_issued(&chain->v[0], &chain->v[1]));
	assert_false(mm_certificate_issued(&chain->v[2], &chain->v[0]));
	assert_false(mm_certificate_issued(&chain->v[3], &chain->v[0]));
	assert_int_equal(ERR_peek_error(), 0);
	test_certificate_free(&impostor);
}

static void names_are_those_of_the_extension_alone(void **state)
{
	mm_auto(mm_certchain) chain = CHAIN(&leaf);
	static const char *const good[] = {"oidc.test", "OIDC.test", "a.wild.test", "192.0.2.1", "2001:db8::1"};
	static const char *const bad[] = {"leaf", "a.oidc.test", "wild.test", "a.b.wild.test", "192.0.2.2", "::1"};

	(void)state;
	for (size_t i = 0; i < MM_COUNT(good); i++)
		assert_true(mm_certificate_names(&chain->v[0], good[i]));
	for (size_t i = 0; i < MM_COUNT(bad); i++)
		assert_false(mm_certificate_names(&chain->v[0], bad[i]));
}

static void a_chain_to_a_trusted_root_verifies_in_any_order(void **state)
{
	mm_auto(mm_certchain) usual = CHAIN(&leaf, &middle);
	mm_auto(mm_certchain) mixed = CHAIN(&leaf, &root, &middle);
	struct mm_err err = {0};

	(void)state;
	assert_ok(mm_certchain_verify(usual, test_dir_path(&dir, "root.pem"), CERT_NOW, &err), &err);
	assert_ok(mm_certchain_verify(mixed, test_dir_path(&dir, "root.pem"), CERT_NOW, &err), &err);
}

static void a_chain_without_what_connects_it_does_not_verify(void **state)
{
	mm_auto(mm_certchain) chain = CHAIN(&leaf);
	struct mm_err err = {0};

	(void)state;
	assert_int_equal(mm_certchain_verify(chain, test_dir_path(&dir, "root.pem"), CERT_NOW, &err), MM_EVERIFY);
	assert_contains(err.text, "unable to get local issuer certificate");
}

static void an_expired_chain_does_not_verify(void **state)
{
	mm_auto(mm_certchain) chain = CHAIN(&leaf, &middle);
	struct mm_err err = {0};

	(void)state;
	assert_int_equal(mm_certchain_verify(chain, test_dir_path(&dir, "root.pem"), CERT_NOW + 3600, &err),
			 MM_EVERIFY);
	assert_contains(err.text, "expired");
}

static void the_certificate_of_a_client_is_none_of_a_server(void **state)
{
	struct test_certificate client = test_client(&root, "alice", "team");
	mm_auto(mm_certchain) chain = CHAIN(&client);
	struct mm_err err = {0};

	(void)state;
	assert_int_equal(mm_certchain_verify(chain, test_dir_path(&dir, "root.pem"), CERT_NOW, &err), MM_EVERIFY);
	assert_contains(err.text, "purpose");
	test_certificate_free(&client);
}

static void authorities_that_cannot_be_read_are_a_failure(void **state)
{
	mm_auto(mm_certchain) chain = CHAIN(&leaf);
	struct mm_err err = {0};

	(void)state;
	assert_int_equal(mm_certchain_verify(chain, "/nonexistent/ca.pem", CERT_NOW, &err), MM_EIO);
	assert_contains(err.text, "/nonexistent/ca.pem");
}

static void the_systems_authorities_are_asked_without_a_file(void **state)
{
	mm_auto(mm_certchain) chain = CHAIN(&leaf, &middle);
	struct mm_err err = {0};

	(void)state;
	setenv("SSL_CERT_DIR", "/nonexistent", 1);
	setenv("SSL_CERT_FILE", test_dir_path(&dir, "root.pem"), 1);
	assert_ok(mm_certchain_verify(chain, NULL, CERT_NOW, &err), &err);
	setenv("SSL_CERT_FILE", "/nonexistent/ca.pem", 1);
	assert_fails(mm_certchain_verify(chain, NULL, CERT_NOW, &err), MM_ENOTFOUND, &err);
	unsetenv("SSL_CERT_DIR");
	unsetenv("SSL_CERT_FILE");
}

/* What mm_certificate_add_names says of one name of that type. */
static void assert_shown(int type, const char *bytes, int len, const char *shown)
{
	struct mm_certificate certificate = {.x509 = X509_new()};
	GENERAL_NAMES *names = sk_GENERAL_NAME_new_null();
	GENERAL_NAME *name = GENERAL_NAME_new();
	ASN1_STRING *value = ASN1_STRING_type_new(type == GEN_DNS ? V_ASN1_IA5STRING : V_ASN1_OCTET_STRING);
	mm_auto_buf out = {0};

	assert_int_equal(ASN1_STRING_set(value, bytes, len), 1);
	GENERAL_NAME_set0_value(name, type, value);
	assert_true(sk_GENERAL_NAME_push(names, name) > 0);
	assert_int_equal(X509_add1_ext_i2d(certificate.x509, NID_subject_alt_name, names, 0, 0), 1);
	mm_certificate_add_names(&out, &certificate);
	assert_string_equal(out.p, shown);
	assert_false(mm_certificate_names(&certificate, "good.example"));
	GENERAL_NAMES_free(names);
	X509_free(certificate.x509);
}

static void names_that_are_none_are_shown_and_name_nobody(void **state)
{
	static const char nul[] = "good.example\0.evil.example";

	(void)state;
	assert_shown(GEN_DNS, nul, sizeof nul - 1, "good.example?.evil.example");
	assert_shown(GEN_IPADD, "\xc0\x00\x02\x01", 4, "192.0.2.1");
	assert_shown(GEN_IPADD, "\xc0\x00\x02", 3, "?");
	assert_shown(GEN_IPADD, "", 0, "?");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_that_are_none_are_shown_and_name_nobody),
		cmocka_unit_test(a_certificate_is_told_in_our_words),
		cmocka_unit_test(the_order_of_a_file_and_repetitions_stay),
		cmocka_unit_test(text_around_certificates_is_passed_over),
		cmocka_unit_test(one_certificate_may_be_in_der),
		cmocka_unit_test(what_is_no_certificate_is_refused),
		cmocka_unit_test(more_than_a_hundred_are_too_many),
		cmocka_unit_test(issued_means_names_and_signature),
		cmocka_unit_test(names_are_those_of_the_extension_alone),
		cmocka_unit_test(a_chain_to_a_trusted_root_verifies_in_any_order),
		cmocka_unit_test(a_chain_without_what_connects_it_does_not_verify),
		cmocka_unit_test(an_expired_chain_does_not_verify),
		cmocka_unit_test(the_certificate_of_a_client_is_none_of_a_server),
		cmocka_unit_test(authorities_that_cannot_be_read_are_a_failure),
		cmocka_unit_test(the_systems_authorities_are_asked_without_a_file),
	};

	return cmocka_run_group_tests(tests, make, unmake);
}
