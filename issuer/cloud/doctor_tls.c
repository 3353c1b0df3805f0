/* SPDX-License-Identifier: Apache-2.0 */
/* What a server presents, judged as a client would that checks everything. */
#include "issuer/cloud/doctor_parts.h"

#include <mintmark/ossl.h>
#include <mintmark/thumbprint.h>
#include <openssl/x509v3.h>
#include <string.h>

/* The checks of one server: the issuer's, or that of jwks_uri where it is another. */
static const struct names {
	const char *reach, *address, *version, *name, *expiry, *order, *chain, *trust;
} names[MM_DOCTOR_DOCUMENT_COUNT] = {
	[MM_DOCTOR_DISCOVERY] = {"tls.reach", "tls.address", "tls.version", "tls.name", "tls.expiry", "tls.order",
				 "tls.chain", "tls.trust"},
	[MM_DOCTOR_JWKS] = {"tls.jwks-reach", "tls.jwks-address", "tls.jwks-version", "tls.jwks-name",
			    "tls.jwks-expiry", "tls.jwks-order", "tls.jwks-chain", "tls.jwks-trust"},
};

void mm_doctor_judge_unreached(enum mm_doctor_document document, const struct mm_err *why, struct mm_findings *report)
{
	mm_finding_add(report, MM_FINDING_FAIL, names[document].reach,
		       "the clouds connect from anywhere: name, address, firewall, and TLS 1.2 or 1.3 must be right",
		       "%s", why->text);
}

static void judge_address(const struct names *checks, const struct mm_doctor_server *server, struct mm_findings *report)
{
	const char *address = server->chain->address;

	if (server->placed)
		mm_finding_add(report, MM_FINDING_SKIP, checks->address, NULL,
			       "%s was given: whether %s can be found is not known", address, server->host);
	else if (server->scope == MM_SCOPE_PUBLIC)
		mm_finding_add(report, MM_FINDING_PASS, checks->address, NULL, "%s is %s", server->host, address);
	else
		mm_finding_add(report, MM_FINDING_WARN, checks->address,
			       "have the name lead the world to an address that it can reach",
			       "%s is %s, a %s address that no cloud can reach, unless the name is another for them",
			       server->host, address, mm_scope_words[server->scope]);
}

static void judge_name(const struct names *checks, const struct mm_doctor_server *server, struct mm_findings *report)
{
	const struct mm_certificate *leaf = &server->chain->v[0];

	if (mm_certificate_names(leaf, server->host))
		mm_finding_add(report, MM_FINDING_PASS, checks->name, NULL, "the certificate is for %s", server->host);
	else
		mm_finding_add(report, MM_FINDING_FAIL, checks->name,
			       "get a certificate whose subjectAltName has the host",
			       "the certificate of %s is not for the host %s", leaf->subject, server->host);
}

/* How long before its end a certificate should have been renewed: ACME clients do it after two thirds of its life. */
static mm_duration soon(const struct mm_certificate *certificate)
{
	mm_duration third = (certificate->not_after - certificate->not_before) / 3;

	return third < MM_EXPIRES_SOON ? third : MM_EXPIRES_SOON;
}

static enum mm_finding_level level_of_dates(const struct mm_certificate *certificate, mm_time now)
{
	if (now > certificate->not_after || now < certificate->not_before)
		return MM_FINDING_FAIL;
	return certificate->not_after - now < soon(certificate) ? MM_FINDING_WARN : MM_FINDING_PASS;
}

/* The worst of the chain speaks for it; of equals, the one that ends first. */
static void judge_expiry(const struct names *checks, const struct mm_doctor_server *server, struct mm_findings *report)
{
	const struct mm_certchain *chain = server->chain;
	const struct mm_certificate *worst = &chain->v[0];
	char from[MM_TIME_TEXT_SIZE], until[MM_TIME_TEXT_SIZE];
	enum mm_finding_level level = level_of_dates(worst, server->now);

	for (size_t i = 1; i < chain->n; i++) {
		enum mm_finding_level other = level_of_dates(&chain->v[i], server->now);

		if (other < level || (other == level && chain->v[i].not_after >= worst->not_after))
			continue;
		worst = &chain->v[i];
		level = other;
	}
	mm_time_format(worst->not_before, from);
	mm_time_format(worst->not_after, until);
	if (server->now < worst->not_before)
		mm_finding_add(report, level, checks->expiry, "set the clock of whoever issues certificates, or wait",
			       "the certificate of %s is valid from %s on only", worst->subject, from);
	else
		mm_finding_add(report, level, checks->expiry,
			       level == MM_FINDING_PASS ? NULL : "renew it, and have it renewed in time by a program",
			       "the certificate of %s %s %s", worst->subject,
			       level == MM_FINDING_FAIL ? "expired at" : "expires at", until);
}

/* How many, from the server's own on, are each issued by the next (RFC 5246 §7.4.2). */
static size_t path_length(const struct mm_certchain *chain)
{
	size_t n = 1;

	while (n < chain->n && mm_certificate_issued(&chain->v[n], &chain->v[n - 1]))
		n++;
	return n;
}

static void judge_order(const struct names *checks, const struct mm_certchain *chain, struct mm_findings *report)
{
	size_t n = path_length(chain);

	if (n == chain->n)
		mm_finding_add(report, MM_FINDING_PASS, checks->order, NULL,
			       "%zu certificate%s, each issued by the next", n, n == 1 ? "" : "s");
	else
		mm_finding_add(report, MM_FINDING_WARN, checks->order,
			       "present the server's certificate, then its issuer, then that one's, and nothing else: "
			       "AWS IAM takes the thumbprint of the last",
			       "certificate %zu of %zu, %s, did not issue the one before it, %s", n + 1, chain->n,
			       chain->v[n].subject, chain->v[n - 1].subject);
}

/* The certificate says where its issuer's can be had: it is not from a root, and seldom from a private authority. */
static bool tells_of_its_issuer(const struct mm_certificate *certificate)
{
	AUTHORITY_INFO_ACCESS *access = X509_get_ext_d2i(certificate->x509, NID_info_access, NULL, NULL);
	bool tells = false;

	for (int i = 0; i < sk_ACCESS_DESCRIPTION_num(access); i++)
		tells = tells || OBJ_obj2nid(sk_ACCESS_DESCRIPTION_value(access, i)->method) == NID_ad_ca_issuers;
	AUTHORITY_INFO_ACCESS_free(access);
	return tells;
}

/*
 * A chain that no authority vouches for: does it lack something, or is the authority an unknown one? It lacks something
 * when it ends in the server's own certificate, and that comes from an intermediate: it says so itself, or the
 * authority that was given did not issue it.
 */
static bool is_incomplete(const struct mm_doctor_server *server)
{
	const struct mm_certchain *chain = server->chain;
	const struct mm_certificate *leaf = &chain->v[0];

	for (size_t i = 1; i < chain->n; i++) {
		if (mm_certificate_issued(&chain->v[i], leaf))
			return false;
	}
	return !leaf->self_issued && (server->ca_file || tells_of_its_issuer(leaf));
}

static void judge_distrusted(const struct names *checks, const struct mm_doctor_server *server,
			     const struct mm_err *why, struct mm_findings *report)
{
	const struct mm_certificate *leaf = &server->chain->v[0];

	if (is_incomplete(server)) {
		mm_finding_add(report, MM_FINDING_FAIL, checks->chain,
			       "present the intermediate certificates after the server's own (fullchain.pem)",
			       "the certificate of %s is presented without that of its issuer, %s", leaf->subject,
			       leaf->issuer);
		return;
	}
	mm_finding_add(report, MM_FINDING_PASS, checks->chain, NULL, "nothing is seen to be missing");
	mm_finding_add(report, MM_FINDING_FAIL, checks->trust,
		       "get a certificate of a public authority; or say with --cacert that a private one is meant: AWS "
		       "then needs the thumbprint, and GCP the JWKS itself",
		       "%s%s: %s", server->ca_file ? "neither the system's authorities nor " : "not publicly trusted",
		       server->ca_file ? server->ca_file : "", why->text);
}

static void judge_trusted(const struct names *checks, const struct mm_doctor_server *server, struct mm_findings *report)
{
	mm_finding_add(report, MM_FINDING_PASS, checks->chain, NULL, "complete");
	mm_finding_add(report, MM_FINDING_PASS, checks->trust, NULL, "%s%s",
		       server->public ? "publicly trusted" : "trusted by ", server->public ? "" : server->ca_file);
}

/* Expired certificates are no reason for distrust here: that has been said. */
static enum mm_code judge_trust(const struct names *checks, struct mm_doctor_server *server, struct mm_findings *report,
				struct mm_err *err)
{
	struct mm_err why = {0};
	enum mm_code code;

	if (!mm_doctor_holds(report, checks->expiry))
		return MM_OK;
	code = mm_certchain_verify(server->chain, NULL, server->now, &why);
	server->public_known = code == MM_OK || code == MM_EVERIFY;
	server->public = code == MM_OK;
	if (code != MM_OK && server->ca_file) {
		why = (struct mm_err){0};
		code = mm_certchain_verify(server->chain, server->ca_file, server->now, &why);
	}
	if (code == MM_OK)
		judge_trusted(checks, server, report);
	else if (code == MM_EVERIFY)
		judge_distrusted(checks, server, &why, report);
	else if (code == MM_ENOTFOUND)
		mm_finding_add(report, MM_FINDING_WARN, checks->trust, "install ca-certificates, or give --cacert",
			       "%s", why.text);
	else
		return mm_fail(err, code, "%s", why.text);
	return MM_OK;
}

enum mm_code mm_doctor_judge_chain(enum mm_doctor_document document, struct mm_doctor_server *server,
				   struct mm_findings *report, struct mm_err *err)
{
	const struct names *checks = &names[document];

	mm_finding_add(report, MM_FINDING_PASS, checks->reach, NULL, "%s at %s", server->host, server->chain->address);
	judge_address(checks, server, report);
	mm_finding_add(report, MM_FINDING_PASS, checks->version, NULL, "%s", server->chain->protocol);
	judge_name(checks, server, report);
	judge_expiry(checks, server, report);
	judge_order(checks, server->chain, report);
	return judge_trust(checks, server, report, err);
}
