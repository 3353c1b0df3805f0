/* SPDX-License-Identifier: Apache-2.0 */
/* What each cloud asks beyond what has been said for all of them. */
#include "issuer/doctor/doctor_parts.h"

#include <mintmark/thumbprint.h>
#include <string.h>

/* The names of findings are static. */
static const struct names {
	const char *issuer, *keys, *trust;
} names[MM_CLOUD_COUNT] = {
	[MM_CLOUD_AWS] = {"aws.issuer", "aws.keys", "aws.thumbprint"},
	[MM_CLOUD_GCP] = {"gcp.issuer", "gcp.keys", "gcp.trust"},
	[MM_CLOUD_AZURE] = {"azure.issuer", "azure.keys", "azure.trust"},
};

/* The rules of cloud.c that the doctor has asked for everybody, under a name of its own. */
static const struct {
	const char *rule, *check;
} said[] = {
	{"issuer-scheme", "url.https"}, {"issuer-query", "url.query"}, {"issuer-slash", "url.slash"},
	{"issuer-case", "url.case"},    {"issuer-path", "url.path"},   {"issuer-host", "tls.address"},
	{"jwks-form", "jwks.keys"},     {"keys-none", "jwks.keys"},    {"key-kid", "jwks.kid"},
	{"key-alg", "jwks.alg"},        {"key-use", "jwks.use"},
};

static bool was_said(const char *name)
{
	const char *rule = strchr(name, '.') + 1;

	for (size_t i = 0; i < MM_COUNT(said); i++) {
		if (strcmp(said[i].rule, rule) == 0)
			return true;
	}
	return false;
}

/* Moves what is new to the report, or reports that all is well. `from` is empty afterwards. */
static void report_rest(struct mm_findings *from, const char *check, const char *good, struct mm_findings *report)
{
	size_t n = 0;

	for (size_t i = 0; i < from->n; i++) {
		if (was_said(from->v[i].check))
			continue;
		mm_finding_repeat(report, &from->v[i]);
		n++;
	}
	if (n == 0)
		mm_finding_add(report, MM_FINDING_PASS, check, NULL, "%s", good);
	report->failed = report->failed || from->failed;
	mm_findings_free(from);
}

static void judge_issuer(const struct mm_cloud *cloud, const char *issuer, struct mm_findings *report)
{
	struct mm_findings found = {0};

	if (!mm_doctor_holds(report, "url.https") || !mm_doctor_holds(report, "url.query"))
		return;
	mm_cloud_check_issuer(cloud, issuer, &found);
	report_rest(&found, names[cloud->id].issuer, "it takes this URL", report);
}

static void judge_keys(const struct mm_cloud *cloud, const json_t *jwks, struct mm_findings *report)
{
	struct mm_findings found = {0};

	if (!mm_doctor_holds(report, "jwks.usable"))
		return;
	mm_cloud_check_jwks(cloud, jwks, &found);
	report_rest(&found, names[cloud->id].keys, "it takes these keys", report);
}

/* ---- whom it trusts --------------------------------------------------------------------------------------------- */

static void add_thumbprint(const struct mm_doctor_server *server, struct mm_buf *out)
{
	char hex[MM_THUMBPRINT_SIZE];

	mm_thumbprint_hex(&server->chain->v[server->taken], hex);
	mm_buf_printf(out, "%s%s of %s", out->len > 0 ? " and " : "", hex, server->host);
}

/* IAM User Guide: its own authorities come first, and thumbprints where they do not vouch for the server. */
static void judge_thumbprint(const struct mm_doctor_patient *patient, bool public, struct mm_findings *report)
{
	mm_auto_buf needed = {0};

	if (public) {
		mm_finding_add(report, MM_FINDING_PASS, "aws.thumbprint", NULL,
			       "none is needed: IAM trusts the public authority");
		return;
	}
	for (size_t i = 0; i < MM_COUNT(patient->servers); i++) {
		if (patient->servers[i])
			add_thumbprint(patient->servers[i], &needed);
	}
	mm_finding_add(report, MM_FINDING_WARN, "aws.thumbprint",
		       "register it with the provider, and again whenever the authority changes (mintmark thumbprint)",
		       "not publicly trusted, so IAM needs the thumbprint %s", needed.failed ? "" : needed.p);
}

static void judge_trust(const struct mm_cloud *cloud, bool public, struct mm_findings *report)
{
	const char *check = names[cloud->id].trust;

	if (public)
		mm_finding_add(report, MM_FINDING_PASS, check, NULL, "publicly trusted");
	else if (cloud->id == MM_CLOUD_GCP)
		mm_finding_add(report, MM_FINDING_WARN, check,
			       "upload the JWKS with the provider, and anew with each rotation (mintmark register gcp "
			       "--upload-jwks)",
			       "not publicly trusted: it will not fetch the keys");
	else
		mm_finding_add(report, MM_FINDING_WARN, check,
			       "serve the documents with a public certificate, from a bucket or a CDN for instance",
			       "not publicly trusted: it will not fetch the keys");
}

/* Whether all servers are publicly trusted; false in `*known` when there is none, or nobody could be asked. */
static bool is_public(const struct mm_doctor_patient *patient, bool *known)
{
	bool public = true;

	*known = patient->servers[MM_DOCTOR_DISCOVERY] != NULL;
	for (size_t i = 0; i < MM_COUNT(patient->servers); i++) {
		const struct mm_doctor_server *server = patient->servers[i];

		*known = *known && (!server || server->public_known);
		public = public && (!server || server->public);
	}
	return public;
}

/* One fault is told once: what has failed of a server is not judged again for each cloud. */
static bool holds_of_all(const struct mm_doctor_patient *patient, const struct mm_findings *report, const char *check,
			 const char *of_jwks)
{
	return mm_doctor_holds(report, check) &&
	       (!patient->servers[MM_DOCTOR_JWKS] || mm_doctor_holds(report, of_jwks));
}

static void judge_trust_of(const struct mm_cloud *cloud, const struct mm_doctor_patient *patient,
			   struct mm_findings *report)
{
	bool known, public = is_public(patient, &known);

	if (!known)
		return;
	if (cloud->id == MM_CLOUD_AWS && holds_of_all(patient, report, "tls.chain", "tls.jwks-chain"))
		judge_thumbprint(patient, public, report);
	if (cloud->id != MM_CLOUD_AWS && holds_of_all(patient, report, "tls.trust", "tls.jwks-trust"))
		judge_trust(cloud, public, report);
}

void mm_doctor_judge_clouds(const struct mm_doctor_patient *patient, const bool *clouds, struct mm_findings *report)
{
	for (size_t i = 0; i < MM_CLOUD_COUNT; i++) {
		const struct mm_cloud *cloud = &mm_clouds[i];

		if (clouds && !clouds[i])
			continue;
		judge_issuer(cloud, patient->issuer, report);
		judge_keys(cloud, patient->jwks, report);
		judge_trust_of(cloud, patient, report);
	}
}
