/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/certificates.h"

#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static void add_names(X509_NAME *to, const struct test_name *names)
{
	for (; names->nid != 0; names++) {
		int type = names->type ? names->type : V_ASN1_UTF8STRING;
		int len = names->len ? names->len : (int)strlen(names->text);

		assert_int_equal(X509_NAME_add_entry_by_NID(to, names->nid, type, (const unsigned char *)names->text,
							    len, -1, 0),
				 1);
	}
}

static void add_extension(X509 *to, int nid, const char *value)
{
	X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, NULL, nid, value);

	assert_non_null(extension);
	assert_int_equal(X509_add_ext(to, extension, -1), 1);
	X509_EXTENSION_free(extension);
}

static void set_validity(X509 *x509, const struct test_certificate_spec *spec)
{
	bool is_usual = spec->from == 0 && spec->until == 0;
	mm_time from = is_usual ? CERT_NOW - 1800 : spec->from, until = is_usual ? CERT_NOW + 1800 : spec->until;

	assert_non_null(ASN1_TIME_set(X509_getm_notBefore(x509), (time_t)from));
	assert_non_null(ASN1_TIME_set(X509_getm_notAfter(x509), (time_t)until));
}

struct test_certificate test_certificate_make(const struct test_certificate_spec *spec)
{
	struct test_certificate made = {
		.x509 = X509_new(),
		.key = spec->rsa_bits ? EVP_RSA_gen(spec->rsa_bits) : EVP_EC_gen("P-256"),
	};
	const struct test_certificate *issuer = spec->issuer ? spec->issuer : &made;

	assert_non_null(made.x509);
	assert_non_null(made.key);
	assert_int_equal(X509_set_version(made.x509, X509_VERSION_3), 1);
	assert_int_equal(ASN1_INTEGER_set(X509_get_serialNumber(made.x509), spec->serial), 1);
	set_validity(made.x509, spec);
	add_names(X509_get_subject_name(made.x509), spec->subject);
	assert_int_equal(X509_set_issuer_name(made.x509, X509_get_subject_name(issuer->x509)), 1);
	assert_int_equal(X509_set_pubkey(made.x509, made.key), 1);
	if (spec->is_authority)
		add_extension(made.x509, NID_basic_constraints, "critical,CA:TRUE");
	if (spec->usage)
		add_extension(made.x509, NID_ext_key_usage, spec->usage);
	if (spec->san)
		add_extension(made.x509, NID_subject_alt_name, spec->san);
	assert_true(X509_sign(made.x509, issuer->key, spec->digest ? spec->digest : EVP_sha256()) > 0);
	return made;
}

void test_certificate_free(struct test_certificate *certificate)
{
	X509_free(certificate->x509);
	EVP_PKEY_free(certificate->key);
	*certificate = (struct test_certificate){0};
}

struct test_certificate test_authority(const char *name)
{
	const struct test_name subject[] = {{.nid = NID_commonName, .text = name}, {0}};

	return test_certificate_make(
		&(struct test_certificate_spec){.subject = subject, .serial = 1, .is_authority = true});
}

struct test_certificate test_client(const struct test_certificate *issuer, const char *user, const char *group)
{
	const struct test_name subject[] = {
		{.nid = NID_organizationName, .text = group}, {.nid = NID_commonName, .text = user}, {0}};

	return test_certificate_make(&(struct test_certificate_spec){
		.issuer = issuer, .subject = subject, .serial = 7, .usage = "clientAuth"});
}

struct test_certificate test_intermediate(const struct test_certificate *issuer, const char *name)
{
	const struct test_name subject[] = {{.nid = NID_commonName, .text = name}, {0}};

	return test_certificate_make(&(struct test_certificate_spec){
		.issuer = issuer, .subject = subject, .serial = 2, .is_authority = true});
}

struct test_certificate test_server_certificate(const struct test_certificate *issuer, const char *name,
						const char *san)
{
	const struct test_name subject[] = {{.nid = NID_commonName, .text = name}, {0}};

	return test_certificate_make(
		&(struct test_certificate_spec){.issuer = issuer, .subject = subject, .serial = 3, .san = san});
}

struct test_certificate test_certificate_between(const struct test_certificate *issuer, const char *name,
						 const char *san, mm_time from, mm_time until)
{
	const struct test_name subject[] = {{.nid = NID_commonName, .text = name}, {0}};
	static long serial = 100;

	return test_certificate_make(&(struct test_certificate_spec){.issuer = issuer,
								     .subject = subject,
								     .serial = serial++,
								     .from = from,
								     .until = until,
								     .is_authority = !san,
								     .san = san});
}

static void revoke(X509_CRL *list, long serial, mm_time at)
{
	X509_REVOKED *entry = X509_REVOKED_new();
	ASN1_INTEGER *number = ASN1_INTEGER_new();
	ASN1_TIME *time = ASN1_TIME_set(NULL, (time_t)at);

	assert_int_equal(ASN1_INTEGER_set(number, serial), 1);
	assert_int_equal(X509_REVOKED_set_serialNumber(entry, number), 1);
	assert_int_equal(X509_REVOKED_set_revocationDate(entry, time), 1);
	assert_int_equal(X509_CRL_add0_revoked(list, entry), 1);
	ASN1_INTEGER_free(number);
	ASN1_TIME_free(time);
}

static ASN1_TIME *asn1_time(mm_time time)
{
	ASN1_TIME *made = ASN1_TIME_set(NULL, (time_t)time);

	assert_non_null(made);
	return made;
}

X509_CRL *test_crl(const struct test_certificate *issuer, mm_time from, mm_time until, long serial)
{
	X509_CRL *list = X509_CRL_new();
	ASN1_TIME *begins = asn1_time(from), *ends = until ? asn1_time(until) : NULL;

	assert_int_equal(X509_CRL_set_version(list, X509_CRL_VERSION_2), 1);
	assert_int_equal(X509_CRL_set_issuer_name(list, X509_get_subject_name(issuer->x509)), 1);
	assert_int_equal(X509_CRL_set1_lastUpdate(list, begins), 1);
	if (ends)
		assert_int_equal(X509_CRL_set1_nextUpdate(list, ends), 1);
	if (serial)
		revoke(list, serial, from);
	assert_int_equal(X509_CRL_sort(list), 1);
	assert_true(X509_CRL_sign(list, issuer->key, EVP_sha256()) > 0);
	ASN1_TIME_free(begins);
	ASN1_TIME_free(ends);
	return list;
}

void test_add_pem(struct mm_buf *out, const struct test_certificate *certificate)
{
	BIO *bio = BIO_new(BIO_s_mem());
	char *text;
	long len;

	assert_int_equal(PEM_write_bio_X509(bio, certificate->x509), 1);
	len = BIO_get_mem_data(bio, &text);
	mm_buf_add(out, text, (size_t)len);
	BIO_free(bio);
}

struct mm_certchain *test_chain(const struct test_certificate *const *list)
{
	struct mm_certchain *chain;
	struct mm_err err = {0};
	mm_auto_buf text = {0};

	for (; *list; list++)
		test_add_pem(&text, *list);
	assert_ok(mm_certchain_parse(mm_buf_span(&text), &chain, &err), &err);
	return chain;
}

static FILE *open_to_append(const struct test_dir *dir, const char *name)
{
	FILE *file = fopen(test_dir_path(dir, name), "a");

	assert_non_null(file);
	assert_int_equal(fchmod(fileno(file), 0644), 0);
	return file;
}

void test_pem_add(const struct test_dir *dir, const char *name, X509 *certificate)
{
	FILE *file = open_to_append(dir, name);

	assert_int_equal(PEM_write_X509(file, certificate), 1);
	fclose(file);
}

void test_pem_add_crl(const struct test_dir *dir, const char *name, X509_CRL *list)
{
	FILE *file = open_to_append(dir, name);

	assert_int_equal(PEM_write_X509_CRL(file, list), 1);
	fclose(file);
	X509_CRL_free(list);
}
