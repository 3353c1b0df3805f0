/* SPDX-License-Identifier: Apache-2.0 */
/* What a server presents, judged as a client would that checks everything. */
#include "issuer/doctor/doctor_parts.h"

#include <mintmark/ossl.h>
#include <mintmark/thumbprint.h>
#include <openssl/x509v3.h>
#include <string.h>

/* The checks of one server: the issuer's, or that of jwks_uri where it is another. */
enum check { TLS_REACH, TLS_ADDRESS, TLS_VERSION, TLS_NAME, TLS_EXPIRY, TLS_ORDER, TLS_CHAIN, TLS_TRUST, TLS_COUNT };
static const char *const names[MM_DOCTOR_DOCUMENT_COUNT][TLS_COUNT] = {
	[MM_DOCTOR_DISCOVERY] = {"tls.reach", "tls.address", "tls.version", "tls.name", "tls.expiry", "tls.order",
				 "tls.chain", "tls.trust"},
	[MM_DOCTOR_JWKS] = {"tls.jwks-reach", "tls.jwks-address", "tls.jwks-version", "tls.jwks-name",
			    "tls.jwks-expiry", "tls.jwks-order", "tls.jwks-chain", "tls.jwks-trust"},
};

void mm_doctor_judge_unreached(enum mm_doctor_document document, const struct mm_err *why, struct mm_findings *report)
{
	mm_finding_add(report, MM_FINDING_FAIL, names[document][TLS_REACH],
		       "the clouds connect from anywhere: name, address, firewall, and TLS 1.2 or 1.3 must be right; "
		       "--connect is for a host that is not in DNS yet",
		       "%s", why->text);
}

static void judge_address(const char *const *checks, const struct mm_doctor_server *server, struct mm_findings *report)
{
	const char *address = server->chain->address;

	if (server->placed)
		mm_finding_add(report, MM_FINDING_SKIP, checks[TLS_ADDRESS], NULL,
			       "%s was given: whether %s can be found is not known", address, server->host);
	else if (server->scope == MM_SCOPE_PUBLIC)
		mm_finding_add(report, MM_FINDING_PASS, checks[TLS_ADDRESS], NULL, "%s is %s", server->host, address);
	else
		mm_finding_add(report, MM_FINDING_WARN, checks[TLS_ADDRESS],
			       "have the name lead the world to an address that it can reach",
			       "%s is %s, a %s address that no cloud can reach, unless the name is another for them",
			       server->host, address, mm_scope_words[server->scope]);
}

/* What is found of a chain (thumbprint.h), and the check of which it speaks; of one check the worst comes first. */
static const struct {
	const char *found;
	enum check check;
} same[] = {
	{"chain.name-mismatch", TLS_NAME},  {"chain.expired", TLS_EXPIRY},    {"chain.not-yet-valid", TLS_EXPIRY},
	{"chain.expires-soon", TLS_EXPIRY}, {"chain.wrong-order", TLS_ORDER}, {"chain.unrelated", TLS_ORDER},
};

static const struct mm_finding *worst_of(const struct mm_findings *found, enum check check)
{
	const struct mm_finding *worst = NULL;

	for (size_t i = 0; i < MM_COUNT(same) && !worst; i++) {
		if (same[i].check == check)
			worst = mm_findings_find(found, same[i].found);
	}
	return worst;
}

static void report_worst(const struct mm_findings *found, enum mm_doctor_document document, enum check check,
			 const char *good, struct mm_findings *report)
{
	const struct mm_finding *worst = worst_of(found, check);

	if (worst)
		mm_finding_add(report, worst->level, names[document][check], worst->remedy, "%s", worst->text);
	else
		mm_finding_add(report, MM_FINDING_PASS, names[document][check], NULL, "%s", good);
}

/* ---- whether it is trusted -------------------------------------------------------------------------------------- */

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

static void judge_distrusted(const char *const *checks, const struct mm_doctor_server *server, const char *why,
			     struct mm_findings *report)
{
	const struct mm_certificate *leaf = &server->chain->v[0];

	if (is_incomplete(server)) {
		mm_finding_add(report, MM_FINDING_FAIL, checks[TLS_CHAIN],
			       "present the intermediate certificates after the server's own (fullchain.pem)",
			       "the certificate of %s is presented without that of its issuer, %s", leaf->subject,
			       leaf->issuer);
		return;
	}
	mm_finding_add(report, MM_FINDING_PASS, checks[TLS_CHAIN], NULL, "nothing is seen to be missing");
	mm_finding_add(report, MM_FINDING_FAIL, checks[TLS_TRUST],
		       "get a certificate of a public authority; or say with --cacert that a private one is meant: AWS "
		       "then needs the thumbprint, and GCP the JWKS itself",
		       "%s", why);
}

/* Whom the certificate convinces: the public authorities, of which `found` speaks, or those that were given. */
static enum mm_code judge_trust(const char *const *checks, struct mm_doctor_server *server,
				const struct mm_findings *found, struct mm_findings *report, struct mm_err *err)
{
	const struct mm_finding *public = mm_findings_find(found, "chain.publicly-trusted"),
				*private = mm_findings_find(found, "chain.private");
	struct mm_err why = {0};
	enum mm_code code = MM_EVERIFY;

	server->public = public && public->level == MM_FINDING_PASS;
	server->public_known = server->public || private;
	if (!server->public && server->ca_file)
		code = mm_certchain_verify(server->chain, server->ca_file, server->now, &why);
	if (code != MM_OK && code != MM_EVERIFY)
		return mm_fail(err, code, "%s", why.text);
	if (server->public || code == MM_OK) {
		mm_finding_add(report, MM_FINDING_PASS, checks[TLS_CHAIN], NULL, "complete");
		mm_finding_add(report, MM_FINDING_PASS, checks[TLS_TRUST], NULL, "%s%s",
			       server->public ? "publicly trusted" : "trusted by ",
			       server->public ? "" : server->ca_file);
	} else if (server->ca_file || private) {
		judge_distrusted(checks, server, server->ca_file ? why.text : private->text, report);
	} else if (public) {
		/* There is nobody to ask. Whoever relies on the answer must not take that for a yes. */
		mm_finding_add(report, MM_FINDING_FAIL, checks[TLS_TRUST], public->remedy, "%s", public->text);
	}
	return MM_OK;
}

enum mm_code mm_doctor_judge_chain(enum mm_doctor_document document, struct mm_doctor_server *server,
				   struct mm_findings *report, struct mm_err *err)
{
	const char *const *checks = names[document];
	char until[MM_TIME_TEXT_SIZE];
	mm_auto_findings found = {0};
	enum mm_code code = mm_thumbprint_judge(server->chain, server->host, NULL, server->now, &server->taken, &found,
						err);

	if (code != MM_OK)
		return code;
	mm_time_format(server->chain->v[0].not_after, until);
	mm_finding_add(report, MM_FINDING_PASS, checks[TLS_REACH], NULL, "%s at %s", server->host,
		       server->chain->address);
	judge_address(checks, server, report);
	mm_finding_add(report, MM_FINDING_PASS, checks[TLS_VERSION], NULL, "%s", server->chain->protocol);
	report_worst(&found, document, TLS_NAME, "the certificate is for this host", report);
	report_worst(&found, document, TLS_EXPIRY, until, report);
	report_worst(&found, document, TLS_ORDER, "each certificate is followed by its issuer", report);
	report->failed = report->failed || found.failed;
	/* Of an expired one nobody is convinced, and that has been said. */
	return mm_doctor_holds(report, checks[TLS_EXPIRY]) ? judge_trust(checks, server, &found, report, err) : MM_OK;
}
