/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/tlspair.h"

#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <time.h>

static FILE *open_file(const struct test_dir *dir, const char *name)
{
	char path[512];
	FILE *file;

	snprintf(path, sizeof path, "%s/%s", dir->path, name);
	file = fopen(path, "w");
	assert_non_null(file);
	return file;
}

static X509 *self_signed(EVP_PKEY *pkey, mm_time expires)
{
	X509 *certificate = X509_new();
	X509_NAME *name;

	assert_non_null(certificate);
	assert_int_equal(X509_set_version(certificate, X509_VERSION_3), 1);
	assert_int_equal(ASN1_INTEGER_set(X509_get_serialNumber(certificate), (long)expires), 1);
	assert_non_null(ASN1_TIME_set(X509_getm_notBefore(certificate), (time_t)expires - 3600));
	assert_non_null(ASN1_TIME_set(X509_getm_notAfter(certificate), (time_t)expires));
	name = X509_get_subject_name(certificate);
	assert_int_equal(
		X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)"localhost", -1, -1, 0), 1);
	assert_int_equal(X509_set_issuer_name(certificate, name), 1);
	assert_int_equal(X509_set_pubkey(certificate, pkey), 1);
	assert_true(X509_sign(certificate, pkey, EVP_sha256()) > 0);
	return certificate;
}

void test_tls_pair(const struct test_dir *dir, const char *certificate_name, const char *key_name, mm_time expires)
{
	EVP_PKEY *pkey = EVP_EC_gen("P-256");
	X509 *certificate;
	FILE *file;

	assert_non_null(pkey);
	certificate = self_signed(pkey, expires);
	file = open_file(dir, certificate_name);
	assert_int_equal(PEM_write_X509(file, certificate), 1);
	fclose(file);
	file = open_file(dir, key_name);
	assert_int_equal(PEM_write_PrivateKey(file, pkey, NULL, NULL, 0, NULL, NULL), 1);
	fclose(file);
	X509_free(certificate);
	EVP_PKEY_free(pkey);
}
