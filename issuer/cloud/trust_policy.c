/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Trust policies of roles (IAM User Guide, "Create a role for OpenID Connect federation"; Amazon EKS User Guide, "IAM
 * roles for service accounts" and "EKS Pod Identity").
 */
#include "issuer/cloud/trust_subject.h"

#include <mintmark/cloud.h>
#include <mintmark/iam.h>
#include <mintmark/json.h>
#include <string.h>

/* IAM and AWS STS quotas, "Role trust policy length", white space not counted: usual, and after a request for more. */
enum { POLICY_USUAL = 2048, POLICY_MAX = 8192 };

/* ---- the policy ------------------------------------------------------------------------------------------------- */

/* A text as a value of a condition, where ${ would begin a policy variable. NULL: no memory. */
static json_t *literal(const char *text)
{
	mm_auto_buf value = {0};

	for (const char *brace; (brace = strstr(text, "${")); text = brace + 1) {
		mm_buf_add(&value, text, (size_t)(brace - text));
		mm_buf_add_str(&value, "${$}");
	}
	mm_buf_add_str(&value, text);
	return value.failed ? NULL : json_stringn(value.p, value.len);
}

/* One as a text, several as a list, as AWS' own consoles write them. */
static json_t *one_or_several(const struct mm_strings *texts)
{
	json_t *array;

	if (texts->n == 1)
		return literal(texts->v[0]);
	array = json_array();
	for (size_t i = 0; i < texts->n; i++)
		array = mm_json_append(array, literal(texts->v[i]));
	return array;
}

/* What the statements are made of. */
struct parts {
	const struct mm_strings *audiences;
	char *provider;  /* its ARN */
	char *aud, *sub; /* condition keys */
};

static void parts_clear(struct parts *parts)
{
	mm_string_free(&parts->provider);
	mm_string_free(&parts->aud);
	mm_string_free(&parts->sub);
}

static char *join(const char *a, const char *b)
{
	mm_auto_buf text = {0};

	mm_buf_add_str(&text, a);
	mm_buf_add_str(&text, b);
	return mm_buf_take(&text);
}

static enum mm_code make_parts(const struct mm_trust *trust, const struct mm_strings *audiences, struct parts *out,
			       struct mm_err *err)
{
	const char *name = mm_aws_provider_name(trust->issuer);
	mm_auto_buf provider = {0};

	mm_buf_printf(&provider, "arn:%s:iam::%s:oidc-provider/%s", trust->partition, trust->account, name);
	out->audiences = audiences;
	out->provider = mm_buf_take(&provider);
	out->aud = join(name, ":aud");
	out->sub = join(name, ":sub");
	return out->provider && out->aud && out->sub ? MM_OK : mm_fail(err, MM_ENOMEM, "out of memory");
}

static json_t *statement(const struct parts *parts, json_t *condition)
{
	return json_pack("{s:s, s:{s:s}, s:s, s:o}", "Effect", "Allow", "Principal", "Federated", parts->provider,
			 "Action", MM_STS_WEB_IDENTITY, "Condition", condition);
}

static json_t *exact_statement(const struct parts *parts, const struct mm_strings *subjects)
{
	return statement(parts, json_pack("{s:{s:o, s:o}}", "StringEquals", parts->aud,
					  one_or_several(parts->audiences), parts->sub, one_or_several(subjects)));
}

/* All conditions of a statement must hold: patterns cannot stand beside the exact ones. */
static json_t *wild_statement(const struct parts *parts, const struct mm_strings *subjects)
{
	return statement(parts,
			 json_pack("{s:{s:o}, s:{s:o}}", "StringEquals", parts->aud, one_or_several(parts->audiences),
				   "StringLike", parts->sub, one_or_several(subjects)));
}

static json_t *policy_of(json_t *statements)
{
	return json_pack("{s:s, s:o}", "Version", "2012-10-17", "Statement", statements);
}

static json_t *pod_identity_policy(void)
{
	return policy_of(json_pack("[{s:s, s:{s:s}, s:[s, s]}]", "Effect", "Allow", "Principal", "Service",
				   "pods.eks.amazonaws.com", "Action", "sts:AssumeRole", "sts:TagSession"));
}

static json_t *web_identity_policy(const struct parts *parts, const struct mm_strings *exact,
				   const struct mm_strings *wild)
{
	if (wild->n == 0)
		return policy_of(json_pack("[o]", exact_statement(parts, exact)));
	if (exact->n == 0)
		return policy_of(json_pack("[o]", wild_statement(parts, wild)));
	return policy_of(json_pack("[o, o]", exact_statement(parts, exact), wild_statement(parts, wild)));
}

/* ---- what AWS would refuse -------------------------------------------------------------------------------------- */

static const struct mm_finding *first_failure(const struct mm_findings *findings)
{
	for (size_t i = 0; i < findings->n; i++) {
		if (findings->v[i].level == MM_FINDING_FAIL)
			return &findings->v[i];
	}
	return NULL;
}

/* "aws", "aws-cn", "aws-us-gov", and whatever is added. */
static bool is_partition(const char *text)
{
	return strncmp(text, "aws", 3) == 0 && (text[3] == '\0' || text[3] == '-') &&
	       text[strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-")] == '\0';
}

static enum mm_code check_names(const struct mm_trust *trust, const struct mm_strings *audiences,
				struct mm_findings *findings, struct mm_err *err)
{
	const struct mm_cloud *aws = &mm_clouds[MM_CLOUD_AWS];
	const struct mm_finding *failure;

	if (!mm_aws_account_is(mm_span_str(trust->account)))
		return mm_fail(err, MM_EREFUSED, "AWS account \"%.40s\": accepted: 12 digits", trust->account);
	if (!is_partition(trust->partition))
		return mm_fail(err, MM_EREFUSED, "AWS partition \"%.40s\": accepted: aws, aws-cn, aws-us-gov, ...",
			       trust->partition);
	for (size_t i = 0; i < audiences->n; i++) {
		if (*audiences->v[i] == '\0' || !mm_utf8_valid(mm_span_str(audiences->v[i])))
			return mm_fail(err, MM_EREFUSED, "audience %zu: empty, or not UTF-8", i + 1);
	}
	mm_cloud_check_issuer(aws, trust->issuer, findings);
	mm_cloud_check_audiences(aws, audiences, findings);
	failure = first_failure(findings);
	return failure ? mm_fail(err, MM_EREFUSED, "%s", failure->text) : mm_findings_check(findings, err);
}

static enum mm_code check_size(const json_t *policy, struct mm_findings *findings, struct mm_err *err)
{
	mm_auto_buf text = {0};
	enum mm_code code = mm_json_dump(policy, false, &text, err);

	if (code != MM_OK || text.len <= POLICY_USUAL)
		return code;
	if (text.len > POLICY_MAX)
		return mm_fail(err, MM_EREFUSED,
			       "the policy has %zu characters, and IAM takes at most %d; accepted: fewer service "
			       "accounts for each role",
			       text.len, POLICY_MAX);
	mm_finding_add(findings, MM_FINDING_WARN, "trust.size",
		       "ask AWS for a higher quota \"Role trust policy length\", or take several roles",
		       "the policy has %zu characters; the quota of an account is %d unless it was raised", text.len,
		       POLICY_USUAL);
	return MM_OK;
}

static enum mm_code web_identity(const struct mm_trust *trust, const struct mm_strings *audiences, json_t **out,
				 struct mm_findings *findings, struct mm_err *err)
{
	MM_CLEANUP(parts_clear) struct parts parts = {0};
	mm_auto_strings exact = {0}, wild = {0};
	enum mm_code code = check_names(trust, audiences, findings, err);

	if (code == MM_OK)
		code = mm_trust_subjects(trust, &exact, &wild, findings, err);
	if (code == MM_OK)
		code = make_parts(trust, audiences, &parts, err);
	if (code != MM_OK)
		return code;
	*out = web_identity_policy(&parts, &exact, &wild);
	return *out ? check_size(*out, findings, err) : mm_fail(err, MM_ENOMEM, "out of memory");
}

enum mm_code mm_trust_policy(const struct mm_trust *trust, json_t **out, struct mm_findings *findings,
			     struct mm_err *err)
{
	mm_auto_strings usual = {0};
	enum mm_code code = mm_strings_add(&usual, MM_AWS_AUDIENCE, err);

	*out = NULL;
	if (code == MM_OK && trust->pod_identity)
		*out = pod_identity_policy();
	else if (code == MM_OK)
		code = web_identity(trust, trust->audiences.n > 0 ? &trust->audiences : &usual, out, findings, err);
	if (code == MM_OK)
		code = *out ? mm_findings_check(findings, err) : mm_fail(err, MM_ENOMEM, "out of memory");
	if (code != MM_OK) {
		json_decref(*out);
		*out = NULL;
	}
	return code;
}
