/* SPDX-License-Identifier: Apache-2.0 */
#include "issuer/kube/client_ca.h"

#include <mintmark/file.h>
#include <mintmark/ossl.h>
#include <mintmark/x509.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdlib.h>

MM_OSSL_AUTO(X509_CRL, X509_CRL_free)

enum {
	DEPTH_MAX = 8,     /* authorities between a certificate and one of ours */
	AUTH_LEVEL = 2,    /* 112 bits, as for the handshake: no RSA below 2048 bits, no SHA-1 */
	NAMES_MAX = 61440, /* bytes of all names: a request for a certificate has 65535 for them (RFC 8446 §4.3.2) */
};

/* Whoever can write to these files can say who may mint. */
static enum mm_code read_pem(const char *path, size_t max, struct mm_buf *text, BIO **bio, struct mm_err *err)
{
	enum mm_code code = mm_path_read(path, MM_FILE_OWNED, max, text, err);

	if (code != MM_OK)
		return code;
	*bio = BIO_new_mem_buf(text->len > 0 ? text->p : "", (int)text->len);
	return *bio ? MM_OK : mm_fail_openssl(err, MM_ENOMEM, "%s", path);
}

/* After the last block there is none that begins; anything else is a block that cannot be read. */
static enum mm_code end_of_pem(const char *path, const char *what, int count, struct mm_err *err)
{
	bool is_end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;

	if (!is_end)
		return mm_fail_openssl(err, MM_ECONFIG, "%s: %s %d is damaged", path, what, count + 1);
	ERR_clear_error();
	return count > 0 ? MM_OK : mm_fail(err, MM_ECONFIG, "%s: no %s in it; accepted: PEM", path, what);
}

/* "PATH: certificate 2 (CN=clients): WHY", where `err` has the reason. */
static enum mm_code blame(const char *path, const char *what, int number, const X509_NAME *name, enum mm_code code,
			  struct mm_err *err)
{
	mm_auto_buf text = {0};

	if (code == MM_OK)
		return code;
	mm_x509_add_name(&text, name);
	return mm_context(err, code, "%s: %s %d (%.160s)", path, what, number, mm_buf_span(&text).p);
}

/* ---- authorities ------------------------------------------------------------------------------------------------- */

static enum mm_code add_authority(struct mm_client_ca *ca, X509 *certificate, struct mm_err *err)
{
	X509_NAME *name;

	/* 1: by basicConstraints. What OpenSSL knows besides are guesses about certificates of the last century. */
	if (X509_check_ca(certificate) != 1)
		return mm_fail(err, MM_ECONFIG, "is of no authority (basicConstraints with CA:TRUE)");
	if (X509_STORE_add_cert(ca->store, certificate) != 1)
		return mm_fail_openssl(err, MM_ECONFIG, "cannot be used");
	if (sk_X509_push(ca->authorities, certificate) <= 0)
		return mm_fail_openssl(err, MM_ENOMEM, "out of memory");
	X509_up_ref(certificate);
	name = X509_NAME_dup(X509_get_subject_name(certificate));
	if (!name || sk_X509_NAME_push(ca->names, name) <= 0) {
		X509_NAME_free(name);
		return mm_fail_openssl(err, MM_ENOMEM, "out of memory");
	}
	return MM_OK;
}

static enum mm_code read_authorities(struct mm_client_ca *ca, const char *path, struct mm_err *err)
{
	mm_auto_buf text = {0};
	mm_ossl_auto(BIO) bio = NULL;
	enum mm_code code = read_pem(path, MM_CLIENT_CA_MAX, &text, &bio, err);

	for (int number = 1; code == MM_OK; number++) {
		mm_ossl_auto(X509) certificate = PEM_read_bio_X509(bio, NULL, mm_no_passphrase, NULL);

		if (!certificate)
			return end_of_pem(path, "certificate", number - 1, err);
		code = add_authority(ca, certificate, err);
		code = blame(path, "certificate", number, X509_get_subject_name(certificate), code, err);
	}
	return code;
}

/*
 * What else must hold of a client's certificate. PARTIAL_CHAIN: what stands in the file is trusted because it stands
 * there, be it a root or not; so an operator can trust the authority for clients alone, and not all that its root has
 * signed.
 */
static enum mm_code set_demands(X509_STORE *store, struct mm_err *err)
{
	X509_VERIFY_PARAM *demands = X509_STORE_get0_param(store);

	X509_VERIFY_PARAM_set_depth(demands, DEPTH_MAX);
	X509_VERIFY_PARAM_set_auth_level(demands, AUTH_LEVEL);
	if (X509_VERIFY_PARAM_set_flags(demands, X509_V_FLAG_PARTIAL_CHAIN) == 1 &&
	    X509_VERIFY_PARAM_set_purpose(demands, X509_PURPOSE_SSL_CLIENT) == 1)
		return MM_OK;
	return mm_fail_openssl(err, MM_ECRYPTO, "cannot set up the verification of client certificates");
}

/* Beyond it every handshake would fail. */
static enum mm_code check_names(const struct mm_client_ca *ca, const char *path, struct mm_err *err)
{
	int len = 0;

	for (int i = 0; i < sk_X509_NAME_num(ca->names); i++)
		len += i2d_X509_NAME(sk_X509_NAME_value(ca->names, i), NULL) + 2;
	if (len <= NAMES_MAX)
		return MM_OK;
	return mm_fail(err, MM_ECONFIG, "%s: the names of its %d certificates take %d bytes; accepted: up to %d", path,
		       sk_X509_NAME_num(ca->names), len, NAMES_MAX);
}

enum mm_code mm_client_ca_load(const char *path, struct mm_client_ca **out, struct mm_err *err)
{
	mm_auto(mm_client_ca) ca = calloc(1, sizeof *ca);
	enum mm_code code;

	*out = NULL;
	if (!ca)
		return mm_fail(err, MM_ENOMEM, "out of memory");
	ca->authorities = sk_X509_new_null();
	ca->names = sk_X509_NAME_new_null();
	ca->lists = sk_X509_CRL_new_null();
	ca->store = X509_STORE_new();
	if (!ca->authorities || !ca->names || !ca->lists || !ca->store)
		return mm_fail_openssl(err, MM_ENOMEM, "out of memory");
	code = set_demands(ca->store, err);
	if (code == MM_OK)
		code = read_authorities(ca, path, err);
	if (code == MM_OK)
		code = check_names(ca, path, err);
	if (code == MM_OK)
		*out = mm_take(ca);
	return code;
}

/* ---- lists ------------------------------------------------------------------------------------------------------- */

/* Which of the authorities has signed it; NULL: none. */
static const X509 *signer_of(const struct mm_client_ca *ca, X509_CRL *list)
{
	const X509 *signer = NULL;

	for (int i = 0; !signer && i < sk_X509_num(ca->authorities); i++) {
		const X509 *authority = sk_X509_value(ca->authorities, i);

		if (X509_NAME_cmp(X509_get_subject_name(authority), X509_CRL_get_issuer(list)) == 0 &&
		    X509_CRL_verify(list, X509_get0_pubkey(authority)) == 1)
			signer = authority;
	}
	ERR_clear_error();
	return signer;
}

/* Of two lists by one authority OpenSSL would look at the one that it takes for the better one. */
static enum mm_code check_signer(const struct mm_client_ca *ca, X509_CRL *list, struct mm_err *err)
{
	const X509 *signer = signer_of(ca, list);

	if (!signer)
		return mm_fail(err, MM_ECONFIG, "is signed by none of the authorities in callers.client_ca");
	for (int i = 0; i < sk_X509_CRL_num(ca->lists); i++) {
		if (signer_of(ca, sk_X509_CRL_value(ca->lists, i)) == signer)
			return mm_fail(err, MM_ECONFIG, "is by the same authority as CRL %d: keep the newer one",
				       i + 1);
	}
	return MM_OK;
}

static enum mm_code check_authorities(const struct mm_client_ca *ca, X509_CRL *list, struct mm_err *err)
{
	for (int i = 0; i < sk_X509_num(ca->authorities); i++) {
		X509 *authority = sk_X509_value(ca->authorities, i);
		X509_REVOKED *entry;

		if (X509_CRL_get0_by_cert(list, &entry, authority) == 1)
			return mm_fail(err, MM_ECONFIG, "revokes certificate %d of the authorities: take it out there",
				       i + 1);
	}
	return MM_OK;
}

static enum mm_code add_list(struct mm_client_ca *ca, X509_CRL *list, struct mm_err *err)
{
	enum mm_code code = check_signer(ca, list, err);

	if (code == MM_OK)
		code = check_authorities(ca, list, err);
	if (code != MM_OK)
		return code;
	if (!X509_CRL_get0_nextUpdate(list))
		return mm_fail(err, MM_ECONFIG, "has no nextUpdate (RFC 5280 §5.1.2.5)");
	if (X509_STORE_add_crl(ca->store, list) != 1)
		return mm_fail_openssl(err, MM_ECONFIG, "cannot be used");
	if (sk_X509_CRL_push(ca->lists, list) <= 0)
		return mm_fail_openssl(err, MM_ENOMEM, "out of memory");
	X509_CRL_up_ref(list);
	return MM_OK;
}

enum mm_code mm_client_ca_load_lists(struct mm_client_ca *ca, const char *path, struct mm_err *err)
{
	mm_auto_buf text = {0};
	mm_ossl_auto(BIO) bio = NULL;
	enum mm_code code = read_pem(path, MM_CLIENT_CRL_MAX, &text, &bio, err);

	for (int number = 1; code == MM_OK; number++) {
		mm_ossl_auto(X509_CRL) list = PEM_read_bio_X509_CRL(bio, NULL, mm_no_passphrase, NULL);

		if (!list)
			return end_of_pem(path, "CRL", number - 1, err);
		code = add_list(ca, list, err);
		code = blame(path, "CRL", number, X509_CRL_get_issuer(list), code, err);
	}
	return code;
}

void mm_client_ca_free(struct mm_client_ca *ca)
{
	if (!ca)
		return;
	sk_X509_pop_free(ca->authorities, X509_free);
	sk_X509_NAME_pop_free(ca->names, X509_NAME_free);
	sk_X509_CRL_pop_free(ca->lists, X509_CRL_free);
	X509_STORE_free(ca->store);
	free(ca);
}
