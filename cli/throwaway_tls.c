/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/throwaway_tls.h"

#include <mintmark/file.h>
#include <mintmark/ossl.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define DAY  86400
#define YEAR (365 * DAY)

/* What clients ask of a certificate that is its own authority; those of OpenSSL in strict mode ask for most. */
static const struct {
	int nid;
	const char *value;
} extensions[] = {
	{NID_subject_alt_name, "DNS:localhost,IP:127.0.0.1,IP:::1"},
	{NID_basic_constraints, "critical,CA:TRUE,pathlen:0"},
	{NID_key_usage, "critical,digitalSignature,keyCertSign"},
	{NID_ext_key_usage, "serverAuth"},
	{NID_subject_key_identifier, "hash"},
};

static bool add_extensions(X509 *certificate)
{
	X509V3_CTX context;

	X509V3_set_ctx_nodb(&context);
	X509V3_set_ctx(&context, certificate, certificate, NULL, NULL, 0);
	for (size_t i = 0; i < MM_COUNT(extensions); i++) {
		X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &context, extensions[i].nid, extensions[i].value);
		bool added = extension && X509_add_ext(certificate, extension, -1) == 1;

		X509_EXTENSION_free(extension);
		if (!added)
			return false;
	}
	return true;
}

/* No two of them have one serial, or Firefox and Go's caches would take them for one (RFC 5280 §4.1.2.2). */
static bool set_serial(X509 *certificate)
{
	uint64_t serial;

	return RAND_bytes((unsigned char *)&serial, sizeof serial) == 1 &&
	       ASN1_INTEGER_set_uint64(X509_get_serialNumber(certificate), serial >> 1 | 1) == 1;
}

static bool fill(X509 *certificate, EVP_PKEY *key)
{
	X509_NAME *name = X509_get_subject_name(certificate);

	return X509_set_version(certificate, X509_VERSION_3) == 1 && set_serial(certificate) &&
	       X509_gmtime_adj(X509_getm_notBefore(certificate), -DAY) &&
	       X509_gmtime_adj(X509_getm_notAfter(certificate), YEAR) &&
	       X509_NAME_add_entry_by_NID(name, NID_commonName, MBSTRING_ASC, (const unsigned char *)"mintmark dev", -1,
					  -1, 0) == 1 &&
	       X509_set_issuer_name(certificate, name) == 1 && X509_set_pubkey(certificate, key) == 1 &&
	       add_extensions(certificate) && X509_sign(certificate, key, EVP_sha256()) > 0;
}

/* A file in memory with what `bio` holds, and the path by which this process can open it. */
static enum mm_code keep(BIO *bio, int *fd, char path[static MM_THROWAWAY_PATH_SIZE], struct mm_err *err)
{
	char *text;
	long len = BIO_get_mem_data(bio, &text);

	*fd = memfd_create("mintmark-tls", MFD_CLOEXEC);
	if (*fd < 0 || fchmod(*fd, 0600) != 0 || write(*fd, text, (size_t)len) != len)
		return mm_fail_errno(err, "cannot keep a certificate in memory");
	snprintf(path, MM_THROWAWAY_PATH_SIZE, "/proc/self/fd/%d", *fd);
	return MM_OK;
}

static enum mm_code keep_both(struct mm_throwaway_tls *out, X509 *certificate, EVP_PKEY *key, struct mm_err *err)
{
	mm_ossl_auto(BIO) public = BIO_new(BIO_s_mem());
	mm_ossl_auto(BIO) private = BIO_new(BIO_s_secmem());
	enum mm_code code;
	char *text;
	long len;

	if (!public || !private || PEM_write_bio_X509(public, certificate) != 1 ||
	    PEM_write_bio_PrivateKey(private, key, NULL, NULL, 0, NULL, NULL) != 1)
		return mm_fail_openssl(err, MM_ECRYPTO, "writing a certificate");
	len = BIO_get_mem_data(public, &text);
	mm_buf_add(&out->certificate, text, (size_t)len);
	code = mm_buf_check(&out->certificate, err);
	if (code == MM_OK)
		code = keep(public, &out->certificate_fd, out->certificate_path, err);
	return code == MM_OK ? keep(private, &out->key_fd, out->key_path, err) : code;
}

enum mm_code mm_throwaway_tls_make(struct mm_throwaway_tls *out, struct mm_err *err)
{
	mm_ossl_auto(EVP_PKEY) key = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256");
	mm_ossl_auto(X509) certificate = X509_new();

	if (!key || !certificate || !fill(certificate, key))
		return mm_fail_openssl(err, MM_ECRYPTO, "making a certificate");
	return keep_both(out, certificate, key, err);
}

void mm_throwaway_tls_clear(struct mm_throwaway_tls *tls)
{
	mm_fd_close(&tls->certificate_fd);
	mm_fd_close(&tls->key_fd);
	mm_buf_free(&tls->certificate);
}
