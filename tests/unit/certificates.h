/* SPDX-License-Identifier: Apache-2.0 */
/* Certificates and lists of revoked ones, made as a test wants them. Every call succeeds or fails the test. */
#ifndef MINTMARK_TESTS_CERTIFICATES_H
#define MINTMARK_TESTS_CERTIFICATES_H

#include "tests/unit/support.h"

#include <mintmark/certchain.h>
#include <openssl/types.h>

#define CERT_NOW ((mm_time)1700000000)

/* A part of a name; the last of a list is {0}. */
struct test_name {
	int nid;
	const char *text;
	int len;  /* 0: of a string */
	int type; /* of ASN.1; 0: UTF8String */
};

struct test_certificate_spec {
	const struct test_certificate *issuer; /* NULL: itself */
	const struct test_name *subject;
	long serial;
	mm_time from, until; /* both 0: the hour around CERT_NOW */
	bool is_authority;
	const char *usage;    /* extendedKeyUsage; NULL: it has none */
	const char *san;      /* subjectAltName, "DNS:a.test,IP:127.0.0.1"; NULL: it has none */
	unsigned rsa_bits;    /* 0: P-256 */
	const EVP_MD *digest; /* NULL: SHA-256 */
};

struct test_certificate {
	X509 *x509;
	EVP_PKEY *key;
};
struct test_certificate test_certificate_make(const struct test_certificate_spec *spec);
void test_certificate_free(struct test_certificate *certificate); /* for MM_CLEANUP */

/* An authority of this CN, with serial number 1; and the certificate 7 of a client by it, both valid at CERT_NOW. */
struct test_certificate test_authority(const char *name);
struct test_certificate test_client(const struct test_certificate *issuer, const char *user, const char *group);

/* An authority below `issuer`, and a server's certificate by it (NULL: by itself), for the names in `san`. */
struct test_certificate test_intermediate(const struct test_certificate *issuer, const char *name);
struct test_certificate test_server_certificate(const struct test_certificate *issuer, const char *name,
						const char *san);

/* With that CN, valid between the two times; `san` NULL: an authority. Serial numbers count up from 100. */
struct test_certificate test_certificate_between(const struct test_certificate *issuer, const char *name,
						 const char *san, mm_time from, mm_time until);

/* The chain that a PEM file of these is, which the caller frees; the last of the list is NULL. */
#define TEST_LIST(...) ((const struct test_certificate *const[]){__VA_ARGS__, NULL})
struct mm_certchain *test_chain(const struct test_certificate *const *list);
void test_add_pem(struct mm_buf *out, const struct test_certificate *certificate);

/* A list by `issuer` from `from` to `until` (0: never, and that is not said) that revokes `serial` (0: nothing). */
X509_CRL *test_crl(const struct test_certificate *issuer, mm_time from, mm_time until, long serial);

/* Appends to `name` in the directory, as PEM; the file is made with mode 0644. */
void test_pem_add(const struct test_dir *dir, const char *name, X509 *certificate);
/* The same of a list, which is freed. */
void test_pem_add_crl(const struct test_dir *dir, const char *name, X509_CRL *list);

#endif
