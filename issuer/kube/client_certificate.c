/* SPDX-License-Identifier: Apache-2.0 */
#include "issuer/kube/client_certificate.h"

#include <mintmark/ossl.h>
#include <mintmark/x509.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <string.h>

/* ---- whether it holds -------------------------------------------------------------------------------------------- */

/* What the operator can do about it, where OpenSSL's words do not tell. */
static const char *advice(int error)
{
	switch (error) {
	case X509_V_ERR_CRL_HAS_EXPIRED:
	case X509_V_ERR_CRL_NOT_YET_VALID: return ": callers.client_crl needs a newer one";
	case X509_V_ERR_UNABLE_TO_GET_CRL: return ": callers.client_crl needs one by its issuer";
	default: return "";
	}
}

static enum mm_code refuse(int error, struct mm_err *err)
{
	if (error == X509_V_ERR_OUT_OF_MEM)
		return mm_fail(err, MM_ENOMEM, "out of memory");
	if (error == X509_V_OK || error == X509_V_ERR_UNSPECIFIED)
		return mm_fail_openssl(err, MM_ECRYPTO, "cannot be verified");
	return mm_fail(err, MM_EVERIFY, "%s%s", X509_verify_cert_error_string(error), advice(error));
}

static void lower(mm_time *until, const ASN1_TIME *end)
{
	mm_time time;

	if (mm_x509_time(end, &time) && time < *until)
		*until = time;
}

static mm_time valid_until(const struct mm_client_ca *ca, const struct stack_st_X509 *chain)
{
	mm_time until = MM_TIME_MAX;

	for (int i = 0; i < sk_X509_num(chain); i++) {
		const X509 *certificate = sk_X509_value(chain, i);

		lower(&until, X509_get0_notAfter(certificate));
		for (int k = 0; k < sk_X509_CRL_num(ca->lists); k++) {
			const X509_CRL *list = sk_X509_CRL_value(ca->lists, k);

			if (X509_NAME_cmp(X509_CRL_get_issuer(list), X509_get_issuer_name(certificate)) == 0)
				lower(&until, X509_CRL_get0_nextUpdate(list));
		}
	}
	return until;
}

static enum mm_code verify_in(X509_STORE_CTX *context, const struct mm_client_ca *ca, X509 *certificate,
			      struct stack_st_X509 *chain, mm_time now, unsigned long flags, mm_time *until,
			      struct mm_err *err)
{
	if (X509_STORE_CTX_init(context, ca->store, certificate, chain) != 1)
		return mm_fail_openssl(err, MM_ENOMEM, "out of memory");
	X509_VERIFY_PARAM_set_time(X509_STORE_CTX_get0_param(context), (time_t)now);
	X509_STORE_CTX_set_flags(context, flags);
	if (X509_verify_cert(context) != 1)
		return refuse(X509_STORE_CTX_get_error(context), err);
	*until = valid_until(ca, X509_STORE_CTX_get0_chain(context));
	return MM_OK;
}

static enum mm_code verify_with(const struct mm_client_ca *ca, X509 *certificate, struct stack_st_X509 *chain,
				mm_time now, unsigned long flags, mm_time *until, struct mm_err *err)
{
	X509_STORE_CTX *context = X509_STORE_CTX_new();
	enum mm_code code = context ? verify_in(context, ca, certificate, chain, now, flags, until, err)
				    : mm_fail_openssl(err, MM_ENOMEM, "out of memory");

	X509_STORE_CTX_free(context);
	return code;
}

/*
 * The lists are asked only about what an authority has signed. OpenSSL alone would ask them first, and hash all of the
 * list for its signature: 13 ms with one of 10 MB, for any forgery with an issuer's name on it.
 *
 * The certificate itself is looked for in them, and none of the chain: that is all of it, since a list is by an
 * authority of ours, at which the chain ends, and of those none is revoked (client_ca.c).
 */
static enum mm_code verify(const struct mm_client_ca *ca, X509 *certificate, struct stack_st_X509 *chain, mm_time now,
			   mm_time *until, struct mm_err *err)
{
	enum mm_code code = verify_with(ca, certificate, chain, now, 0, until, err);

	if (code == MM_OK && sk_X509_CRL_num(ca->lists) > 0)
		code = verify_with(ca, certificate, chain, now, X509_V_FLAG_CRL_CHECK, until, err);
	return code;
}

/* ---- what it says ------------------------------------------------------------------------------------------------ */

static enum mm_code add_text(const X509_NAME_ENTRY *entry, const char *what, struct mm_strings *out, struct mm_err *err)
{
	unsigned char *text = NULL;
	int len = ASN1_STRING_to_UTF8(&text, X509_NAME_ENTRY_get_data(entry));
	enum mm_code code = MM_OK;

	if (len < 0)
		code = mm_fail_openssl(err, MM_EVERIFY, "%s is not a text", what);
	else if (memchr(text, '\0', (size_t)len))
		code = mm_fail(err, MM_EVERIFY, "%s has a NUL in it", what);
	else
		code = mm_strings_add(out, (const char *)text, err);
	OPENSSL_free(text);
	return code;
}

static enum mm_code read_texts(const X509_NAME *name, int nid, struct mm_strings *out, struct mm_err *err)
{
	enum mm_code code = MM_OK;

	for (int i = -1; code == MM_OK && (i = X509_NAME_get_index_by_NID(name, nid, i)) >= 0;)
		code = add_text(X509_NAME_get_entry(name, i), OBJ_nid2sn(nid), out, err);
	return code;
}

static enum mm_code read_user(const X509_NAME *subject, struct mm_user *user, struct mm_err *err)
{
	mm_auto_strings names = {0}, groups = {0};
	struct mm_err why = {0};
	enum mm_code code = read_texts(subject, NID_commonName, &names, err);

	if (code == MM_OK)
		code = read_texts(subject, NID_organizationName, &groups, err);
	if (code == MM_OK && names.n != 1)
		code = mm_fail(err, MM_EVERIFY, "%zu CNs in place of one, which is the user", names.n);
	if (code != MM_OK)
		return code;
	code = mm_user_build(names.v[0], NULL, &groups, user, &why);
	return code == MM_OK ? MM_OK : mm_fail(err, code == MM_EREFUSED ? MM_EVERIFY : code, "%s", why.text);
}

enum mm_code mm_client_certificate_user(const struct mm_client_ca *ca, X509 *certificate, struct stack_st_X509 *chain,
					mm_time now, struct mm_user *user, mm_time *until, struct mm_err *err)
{
	const X509_NAME *subject = X509_get_subject_name(certificate);
	mm_auto_buf text = {0};
	enum mm_code code = verify(ca, certificate, chain, now, until, err);

	*user = (struct mm_user){0};
	if (code == MM_OK)
		code = read_user(subject, user, err);
	ERR_clear_error(); /* of a bad certificate: a TLS connection of this thread would take it for its own */
	if (code == MM_OK)
		return MM_OK;
	mm_x509_add_name(&text, subject);
	return mm_context(err, code, "client certificate \"%.160s\"", mm_buf_span(&text).p);
}
