/* SPDX-License-Identifier: Apache-2.0 */
#include <mintmark/certchain.h>

#include "base/certchain_list.h"

#include <arpa/inet.h>
#include <limits.h>
#include <mintmark/url.h>
#include <mintmark/x509.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>

enum { NAMES_SHOWN = 4 };

/* ---- one certificate -------------------------------------------------------------------------------------------- */

static enum mm_code take_name(const X509_NAME *name, char **out, struct mm_err *err)
{
	mm_auto_buf text = {0};

	mm_x509_add_name(&text, name);
	*out = mm_buf_take(&text);
	return *out ? MM_OK : mm_fail(err, MM_ENOMEM, "out of memory");
}

/* X509_check_ca says 1 for basicConstraints, and 3 for version 1; what it guesses beyond is not for us. */
static bool is_authority(X509 *x509)
{
	int kind = X509_check_ca(x509);

	return kind == 1 || kind == 3;
}

static enum mm_code fill(struct mm_certificate *certificate, X509 *x509, struct mm_err *err)
{
	const X509_NAME *subject = X509_get_subject_name(x509), *issuer = X509_get_issuer_name(x509);
	enum mm_code code = take_name(subject, &certificate->subject, err);

	if (code == MM_OK)
		code = take_name(issuer, &certificate->issuer, err);
	if (code != MM_OK)
		return code;
	if (!mm_x509_time(X509_get0_notBefore(x509), &certificate->not_before) ||
	    !mm_x509_time(X509_get0_notAfter(x509), &certificate->not_after))
		return mm_fail(err, MM_EPARSE, "the dates of %s cannot be read", certificate->subject);
	if (X509_digest(x509, EVP_sha1(), certificate->sha1, NULL) != 1 ||
	    X509_digest(x509, EVP_sha256(), certificate->sha256, NULL) != 1)
		return mm_fail_openssl(err, MM_ECRYPTO, "a certificate cannot be hashed");
	certificate->self_issued = X509_NAME_cmp(subject, issuer) == 0;
	certificate->is_ca = is_authority(x509);
	ERR_clear_error(); /* of extensions that cannot be read */
	X509_up_ref(x509);
	certificate->x509 = x509;
	return MM_OK;
}

bool mm_certificate_issued(const struct mm_certificate *issuer, const struct mm_certificate *certificate)
{
	bool signed_by = X509_NAME_cmp(X509_get_subject_name(issuer->x509), X509_get_issuer_name(certificate->x509)) ==
				 0 &&
			 X509_verify(certificate->x509, X509_get0_pubkey(issuer->x509)) == 1;

	ERR_clear_error();
	return signed_by;
}

bool mm_certificate_names(const struct mm_certificate *certificate, const char *host)
{
	const unsigned flags = X509_CHECK_FLAG_NEVER_CHECK_SUBJECT | X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS;
	bool names = mm_host_is_address(host) ? X509_check_ip_asc(certificate->x509, host, 0) == 1
					      : X509_check_host(certificate->x509, host, 0, flags, NULL) == 1;

	ERR_clear_error();
	return names;
}

static void add_host(struct mm_buf *out, const GENERAL_NAME *name)
{
	const ASN1_STRING *text = name->type == GEN_DNS ? name->d.dNSName : name->d.iPAddress;
	const unsigned char *bytes = ASN1_STRING_get0_data(text);
	int len = ASN1_STRING_length(text);
	char address[INET6_ADDRSTRLEN] = "?";

	/* A NUL must not hide what stands behind it. */
	for (int i = 0; name->type == GEN_DNS && i < len; i++)
		mm_buf_add(out, bytes[i] != '\0' ? (const char *)&bytes[i] : "?", 1);
	if (name->type == GEN_DNS)
		return;
	if (len == 4 || len == 16)
		inet_ntop(len == 4 ? AF_INET : AF_INET6, bytes, address, sizeof address);
	mm_buf_add_str(out, address);
}

void mm_certificate_add_names(struct mm_buf *out, const struct mm_certificate *certificate)
{
	GENERAL_NAMES *names = X509_get_ext_d2i(certificate->x509, NID_subject_alt_name, NULL, NULL);
	int found = 0;

	for (int i = 0; i < sk_GENERAL_NAME_num(names); i++) {
		const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, i);

		if ((name->type != GEN_DNS && name->type != GEN_IPADD) || found++ >= NAMES_SHOWN)
			continue;
		mm_buf_add_str(out, found > 1 ? ", " : "");
		add_host(out, name);
	}
	if (found > NAMES_SHOWN)
		mm_buf_printf(out, " and %d more", found - NAMES_SHOWN);
	else if (found == 0)
		mm_buf_add_str(out, "no host");
	GENERAL_NAMES_free(names);
	ERR_clear_error();
}

bool mm_certificate_expires_soon(const struct mm_certificate *certificate, mm_time now)
{
	mm_duration third = (certificate->not_after - certificate->not_before) / 3;

	return now <= certificate->not_after &&
	       certificate->not_after - now < (third < MM_EXPIRES_SOON ? third : MM_EXPIRES_SOON);
}

/* ---- all of them ------------------------------------------------------------------------------------------------ */

enum mm_code mm_certchain_from_list(const STACK_OF(X509) * list, struct mm_certchain **out, struct mm_err *err)
{
	mm_auto(mm_certchain) chain = calloc(1, sizeof *chain);
	size_t n = (size_t)sk_X509_num(list);
	enum mm_code code = MM_OK;

	*out = NULL;
	if (n > MM_CERTCHAIN_MAX)
		return mm_fail(err, MM_ELIMIT, "%zu certificates are more than the %d that are looked at", n,
			       MM_CERTCHAIN_MAX);
	if (chain)
		chain->v = calloc(n, sizeof *chain->v);
	if (!chain || !chain->v)
		return mm_fail(err, MM_ENOMEM, "out of memory");
	for (chain->n = 0; chain->n < n && code == MM_OK; chain->n++)
		code = fill(&chain->v[chain->n], sk_X509_value(list, (int)chain->n), err);
	if (code == MM_OK)
		*out = mm_take(chain);
	return code;
}

void mm_certchain_free(struct mm_certchain *chain)
{
	if (!chain)
		return;
	for (size_t i = 0; i < chain->n; i++) {
		X509_free(chain->v[i].x509);
		free(chain->v[i].subject);
		free(chain->v[i].issuer);
	}
	free(chain->v);
	free(chain->sni);
	free(chain);
}

/* ---- files ------------------------------------------------------------------------------------------------------ */

static enum mm_code read_der(struct mm_span text, STACK_OF(X509) * list, struct mm_err *err)
{
	const unsigned char *p = (const unsigned char *)text.p;
	X509 *x509 = text.len <= INT_MAX ? d2i_X509(NULL, &p, (long)text.len) : NULL;

	ERR_clear_error();
	if (!x509)
		return mm_fail(err, MM_EPARSE,
			       "no certificate: expected PEM (-----BEGIN CERTIFICATE-----), or one in DER");
	if (p != (const unsigned char *)text.p + text.len) {
		X509_free(x509);
		return mm_fail(err, MM_EPARSE, "bytes follow the certificate in DER: several must be in PEM");
	}
	if (sk_X509_push(list, x509) > 0)
		return MM_OK;
	X509_free(x509);
	return mm_fail(err, MM_ENOMEM, "out of memory");
}

enum mm_code mm_certchain_parse(struct mm_span text, struct mm_certchain **out, struct mm_err *err)
{
	STACK_OF(X509) *list = sk_X509_new_null();
	enum mm_code code = list ? mm_x509_read_pem(text, list, err) : mm_fail(err, MM_ENOMEM, "out of memory");

	*out = NULL;
	if (code == MM_OK && sk_X509_num(list) == 0)
		code = read_der(text, list, err);
	if (code == MM_OK)
		code = mm_certchain_from_list(list, out, err);
	sk_X509_pop_free(list, X509_free);
	return code;
}
