/* SPDX-License-Identifier: Apache-2.0 */
/* The table of checks, and the report that is made of what the judges found. */
#include "issuer/doctor/doctor_parts.h"

#include <stdlib.h>
#include <string.h>

/*
 * The order is that of the report; a check may depend on one that is further down. What has no dependence and only
 * speaks up when something is wrong is not missed where it is silent: aws.issuer-port, tls.jwks-reach of a jwks_uri on
 * the issuer's own host.
 */
const struct mm_doctor_check mm_doctor_checks[] = {
	{"url.https", {NULL}},
	{"url.query", {NULL}},
	{"url.port", {NULL}},
	{"url.slash", {NULL}},
	{"url.case", {NULL}},
	{"url.path", {NULL}},

	{"tls.reach", {"url.https", "url.query"}},
	{"tls.address", {"tls.reach"}},
	{"tls.version", {"tls.reach"}},
	{"tls.name", {"tls.reach"}},
	{"tls.expiry", {"tls.reach"}},
	{"tls.order", {"tls.reach"}},
	{"tls.chain", {"tls.expiry"}},
	{"tls.trust", {"tls.chain"}},

	{"discovery.fetch", {"url.https", "url.query", "tls.reach"}},
	{"discovery.redirects", {"discovery.fetch"}},
	{"discovery.status", {"discovery.redirects"}},
	{"discovery.size", {"discovery.status"}},
	{"discovery.json", {"discovery.size", "http.discovery-encoding"}},
	{"discovery.issuer", {"discovery.json"}},
	{"discovery.jwks-uri", {"discovery.json"}},
	{"discovery.jwks-host", {"discovery.jwks-uri"}},
	{"discovery.response-types", {"discovery.json"}},
	{"discovery.subject-types", {"discovery.json"}},
	{"discovery.algorithms", {"discovery.json"}},

	{"tls.jwks-reach", {NULL}},
	{"tls.jwks-address", {"tls.jwks-reach"}},
	{"tls.jwks-version", {"tls.jwks-reach"}},
	{"tls.jwks-name", {"tls.jwks-reach"}},
	{"tls.jwks-expiry", {"tls.jwks-reach"}},
	{"tls.jwks-order", {"tls.jwks-reach"}},
	{"tls.jwks-chain", {"tls.jwks-expiry"}},
	{"tls.jwks-trust", {"tls.jwks-chain"}},

	{"jwks.fetch", {"discovery.jwks-host", "tls.jwks-reach"}},
	{"jwks.redirects", {"jwks.fetch"}},
	{"jwks.status", {"jwks.redirects"}},
	{"jwks.size", {"jwks.status"}},
	{"jwks.json", {"jwks.size", "http.jwks-encoding"}},
	{"jwks.keys", {"jwks.json"}},
	{"jwks.private", {"jwks.keys"}},
	{"jwks.kid", {"jwks.keys"}},
	{"jwks.kid-unique", {"jwks.keys"}},
	{"jwks.kty", {"jwks.keys"}},
	{"jwks.use", {"jwks.keys"}},
	{"jwks.alg", {"jwks.keys"}},
	{"jwks.material", {"jwks.keys"}},
	{"jwks.usable", {"jwks.private", "jwks.kid", "jwks.kty", "jwks.use", "jwks.alg", "jwks.material"}},
	{"jwks.alg-listed", {"jwks.usable", "discovery.algorithms"}},
	{"jwks.stable", {"jwks.size"}},

	{"http.discovery-type", {"discovery.size"}},
	{"http.discovery-cache", {"discovery.size"}},
	{"http.discovery-encoding", {"discovery.size"}},
	{"http.discovery-time", {"discovery.fetch"}},
	{"http.jwks-type", {"jwks.size"}},
	{"http.jwks-cache", {"jwks.size"}},
	{"http.jwks-encoding", {"jwks.size"}},
	{"http.jwks-time", {"jwks.fetch"}},
	{"http.cors", {"discovery.size"}},

	{"clock.date", {"discovery.fetch"}},

	{"aws.issuer", {"url.https", "url.query"}},
	{"aws.issuer-port", {NULL}},
	{"aws.issuer-length", {NULL}},
	{"aws.keys", {"jwks.usable"}},
	{"aws.keys-count", {NULL}},
	{"aws.key-algorithm", {NULL}},
	{"aws.thumbprint", {"tls.chain", "tls.jwks-chain"}},
	{"gcp.issuer", {"url.https", "url.query"}},
	{"gcp.keys", {"jwks.usable"}},
	{"gcp.key-algorithm", {NULL}},
	{"gcp.trust", {"tls.trust", "tls.jwks-trust"}},
	{"azure.issuer", {"url.https", "url.query"}},
	{"azure.issuer-length", {NULL}},
	{"azure.keys", {"jwks.usable"}},
	{"azure.keys-count", {NULL}},
	{"azure.key-algorithm", {NULL}},
	{"azure.trust", {"tls.trust", "tls.jwks-trust"}},

	{"token.size", {NULL}},
	{"token.form", {"token.size"}},
	{"token.kid", {"token.form", "jwks.kid-unique", "jwks.private", "jwks.usable"}},
	{"token.algorithm", {"token.kid"}},
	{"token.signature", {"token.kid", "token.algorithm"}},
	{"token.issuer", {"token.form"}},
	{"token.subject", {"token.form"}},
	{"token.audience", {"token.form"}},
	{"token.times", {"token.form"}},
	{"token.expiry", {"token.times"}},
	{"token.issued-at", {"token.times"}},
	{"token.not-before", {"token.times"}},
	{"token.lifetime", {"token.times"}},
	{NULL, {NULL}},
};

bool mm_doctor_holds(const struct mm_findings *report, const char *check)
{
	const struct mm_finding *finding = mm_findings_find(report, check);

	return finding && finding->level != MM_FINDING_FAIL;
}

/* ---- the report ------------------------------------------------------------------------------------------------- */

static const struct mm_doctor_check *find_check(const char *name)
{
	const struct mm_doctor_check *check = mm_doctor_checks;

	while (check->name && strcmp(check->name, name) != 0)
		check++;
	return check;
}

/* The check that failed, because of which this one could not be made; NULL: there is none. */
static const char *obstacle(const struct mm_findings *found, const struct mm_doctor_check *check)
{
	for (const char *const *after = check->after; *after; after++) {
		const struct mm_finding *finding = mm_findings_find(found, *after);
		const char *name = NULL;

		if (!finding)
			name = obstacle(found, find_check(*after));
		else if (finding->level == MM_FINDING_FAIL)
			name = *after;
		if (name)
			return name;
	}
	return NULL;
}

static bool is_of(const char *check, const char *group)
{
	size_t len = strlen(group);

	return strncmp(check, group, len) == 0 && check[len] == '.';
}

/* Whether anybody asked for it. */
static bool is_wanted(const char *check, const struct mm_doctor_options *options)
{
	for (size_t i = 0; options->clouds && i < MM_CLOUD_COUNT; i++) {
		if (!options->clouds[i] && is_of(check, mm_clouds[i].name))
			return false;
	}
	return options->token.p || !is_of(check, "token");
}

/* Appends what was found under this name; false: nothing was. */
static bool report_found(const struct mm_findings *found, const char *check, struct mm_findings *findings)
{
	bool said = false;

	for (size_t i = 0; i < found->n; i++) {
		if (strcmp(found->v[i].check, check) != 0)
			continue;
		mm_finding_repeat(findings, &found->v[i]);
		said = true;
	}
	return said;
}

/*
 * What was found, in the order of the table, and what could not be found because of a failure. A name that has no row,
 * such as a rule that a cloud got in the meantime, comes last: nothing that was found is lost.
 */
static void arrange(const struct mm_findings *found, const struct mm_doctor_options *options,
		    struct mm_findings *findings)
{
	for (const struct mm_doctor_check *check = mm_doctor_checks; check->name; check++) {
		const char *because;

		if (report_found(found, check->name, findings) || !is_wanted(check->name, options))
			continue;
		because = obstacle(found, check);
		if (because)
			mm_finding_add(findings, MM_FINDING_SKIP, check->name, NULL, "not made, because %s failed",
				       because);
	}
	for (size_t i = 0; i < found->n; i++) {
		if (!find_check(found->v[i].check)->name)
			mm_finding_repeat(findings, &found->v[i]);
	}
	findings->failed = findings->failed || found->failed;
}

static enum mm_code check_connect(const char *connect, struct mm_err *err)
{
	mm_auto_string host = NULL;
	int port;

	return connect ? mm_host_parse(connect, 0, &host, &port, err) : MM_OK;
}

enum mm_code mm_doctor(const char *issuer, const struct mm_doctor_options *options, struct mm_findings *findings,
		       struct mm_err *err)
{
	mm_auto(mm_url) url = NULL;
	mm_auto_findings found = {0};
	enum mm_code code = mm_url_parse(issuer, &url, err);

	if (code == MM_OK)
		code = check_connect(options->connect, err);
	if (code != MM_OK)
		return code;
	mm_doctor_judge_url(issuer, url, &found);
	code = mm_doctor_visit(issuer, url, options, &found, err);
	if (code == MM_OK) {
		arrange(&found, options, findings);
		code = mm_findings_check(findings, err);
	}
	return code;
}
