/* SPDX-License-Identifier: Apache-2.0 */
/* Whose tokens an Allow takes: what it wants of sub and aud. */
#include "issuer/iam/iam_lint.h"
#include "issuer/iam/iam_pattern.h"

#include <mintmark/dns.h>
#include <mintmark/trust.h>
#include <mintmark/user.h>
#include <string.h>
#include <strings.h>

static bool is_on(const struct mm_iam_clause *clause, const char *claim)
{
	struct mm_span provider;
	const char *found;

	return clause->use.op && clause->use.op->type != MM_IAM_NULL &&
	       mm_iam_key_split(clause->key, &provider, &found) && strcasecmp(found, claim) == 0;
}

/* ---- sub -------------------------------------------------------------------------------------------------------- */

static bool is_run(struct mm_span text)
{
	for (size_t i = 0; i < text.len; i++) {
		if (text.p[i] != '*')
			return false;
	}
	return text.len > 0;
}

/* Whether names of Kubernetes can be like that. */
static bool is_like_a_name(struct mm_span text)
{
	for (size_t i = 0; i < text.len; i++) {
		if (!strchr("abcdefghijklmnopqrstuvwxyz0123456789-.*?", text.p[i]))
			return false;
	}
	return text.len > 0;
}

static void lint_names(const struct mm_iam_lint *lint, const char *value, struct mm_span namespace, struct mm_span name)
{
	if (!is_like_a_name(namespace) || !is_like_a_name(name))
		mm_iam_complain(lint, MM_IAM_LINT_SUB_FORM,
				"sub \"%.160s\" fits no service account: names have a-z, "
				"0-9, - and . alone",
				value);
	else if (is_run(namespace))
		mm_iam_complain(lint, MM_IAM_LINT_SUB_ANY, "sub \"%.160s\" fits service accounts of any namespace",
				value);
	else if (mm_aws_has_wildcard(namespace))
		mm_iam_complain(lint, MM_IAM_LINT_SUB_WIDE,
				"sub \"%.160s\" fits all namespaces like \"%.*s\", also those yet to be made", value,
				(int)namespace.len, namespace.p);
	else if (is_run(name))
		mm_iam_complain(lint, MM_IAM_LINT_SUB_WIDE, "sub \"%.160s\" fits every service account of \"%.*s\"",
				value, (int)namespace.len, namespace.p);
	else
		mm_iam_complain(lint, MM_IAM_LINT_SUB_WIDE, "sub \"%.160s\" fits all service accounts like \"%.*s\"",
				value, (int)name.len, name.p);
}

/* Whether accounts of any namespace fit, if they are called as the pattern ends: "*:app". */
static bool fits_any_namespace(const struct mm_iam_lint *lint, const char *pattern)
{
	const char *colon = strrchr(pattern, ':'), *name = colon ? colon + 1 : pattern;
	mm_auto_buf subject = {0};

	mm_buf_add_str(&subject, MM_USER_SERVICE_ACCOUNT "any-namespace:");
	for (const char *p = name; *p != '\0'; p++) {
		if (*p != '*')
			mm_buf_add(&subject, *p == '?' ? "a" : p, 1);
	}
	lint->out->failed = lint->out->failed || subject.failed;
	return *name != '\0' && !subject.failed && mm_iam_like(mm_span_str(pattern), mm_buf_span(&subject));
}

/* A value with wildcards, under StringLike. */
static void lint_pattern(const struct mm_iam_lint *lint, const char *value)
{
	struct mm_span rest = mm_span_str(value);
	const char *colon;

	if (mm_iam_like(rest, mm_span_str(MM_USER_SERVICE_ACCOUNT "any-namespace:any-name"))) {
		mm_iam_complain(lint, MM_IAM_LINT_SUB_ANY, "sub \"%.160s\" fits any service account", value);
		return;
	}
	if (!mm_span_starts(rest, MM_USER_SERVICE_ACCOUNT)) {
		if (fits_any_namespace(lint, value))
			mm_iam_complain(lint, MM_IAM_LINT_SUB_ANY,
					"sub \"%.160s\" fits service accounts of any namespace", value);
		else
			mm_iam_complain(lint, MM_IAM_LINT_SUB_FOREIGN,
					"sub \"%.160s\" does not begin with " MM_USER_SERVICE_ACCOUNT, value);
		return;
	}
	rest = mm_span(rest.p + strlen(MM_USER_SERVICE_ACCOUNT), rest.len - strlen(MM_USER_SERVICE_ACCOUNT));
	colon = memchr(rest.p, ':', rest.len);
	if (colon)
		lint_names(lint, value, mm_span(rest.p, (size_t)(colon - rest.p)), mm_span_str(colon + 1));
	else if (memchr(rest.p, '*', rest.len))
		mm_iam_complain(
			lint, MM_IAM_LINT_SUB_ANY,
			"sub \"%.160s\" has no colon behind the namespace: it fits longer names of namespaces, too",
			value);
	else
		mm_iam_complain(lint, MM_IAM_LINT_SUB_FORM, "sub \"%.160s\" has no name of a service account", value);
}

static void lint_subject(const struct mm_iam_lint *lint, const char *value)
{
	const char *colon, *names = strncmp(value, MM_USER_SERVICE_ACCOUNT, strlen(MM_USER_SERVICE_ACCOUNT)) == 0
					    ? value + strlen(MM_USER_SERVICE_ACCOUNT)
					    : NULL;
	struct mm_err err = {0};
	char namespace[64];

	if (!names) {
		bool near = strcasestr(value, "serviceaccount") || strncasecmp(value, "system:", 7) == 0;

		mm_iam_complain(lint, near ? MM_IAM_LINT_SUB_FORM : MM_IAM_LINT_SUB_FOREIGN,
				"sub \"%.160s\" does not begin with " MM_USER_SERVICE_ACCOUNT, value);
		return;
	}
	colon = strchr(names, ':');
	if (!colon || (size_t)(colon - names) >= sizeof namespace) {
		mm_iam_complain(lint, MM_IAM_LINT_SUB_FORM, "sub \"%.160s\" has no %s", value,
				colon ? "namespace of at most 63 characters" : "name of a service account");
		return;
	}
	memcpy(namespace, names, (size_t)(colon - names));
	namespace[colon - names] = '\0';
	if (mm_dns_label_check("namespace", namespace, &err) != MM_OK ||
	    mm_dns_subdomain_check("service account", colon + 1, &err) != MM_OK)
		mm_iam_complain(lint, MM_IAM_LINT_SUB_FORM, "sub \"%.120s\": %s", value, err.text);
}

/* ---- aud -------------------------------------------------------------------------------------------------------- */

static void lint_audience(const struct mm_iam_lint *lint, const struct mm_iam_clause *clause, const char *value)
{
	struct mm_span provider = {0};
	const char *claim;

	mm_iam_key_split(clause->key, &provider, &claim);
	if (clause->use.op->wildcards && is_run(mm_span_str(value)))
		mm_iam_complain(lint, MM_IAM_LINT_AUD_ANY, "aud \"%.160s\" fits any audience", value);
	else if (mm_aws_provider_name(value) || mm_span_is(provider, value))
		mm_iam_complain(
			lint, MM_IAM_LINT_AUD_VALUE,
			"aud \"%.160s\" looks like an issuer: tokens for it are for the API server, or for others",
			value);
	else if (strcmp(value, MM_AWS_AUDIENCE) != 0 && strcasestr(value, "amazon"))
		mm_iam_complain(lint, MM_IAM_LINT_AUD_VALUE, "aud \"%.160s\" is not " MM_AWS_AUDIENCE, value);
}

/* ---- both ------------------------------------------------------------------------------------------------------- */

/* True when some condition says what the claim must be. What only says what it must not be is reported. */
static bool is_constrained(const struct mm_iam_lint *lint, const char *claim, bool *excluded)
{
	bool constrained = false;

	*excluded = false;
	for (size_t i = 0; i < lint->rule->clause_count; i++) {
		const struct mm_iam_clause *clause = &lint->rule->clauses[i];

		if (!is_on(clause, claim))
			continue;
		constrained = constrained || !clause->use.op->negated;
		*excluded = *excluded || clause->use.op->negated;
	}
	return constrained;
}

static void lint_missing(const struct mm_iam_lint *lint)
{
	bool excluded;

	if (!is_constrained(lint, "sub", &excluded))
		mm_iam_complain(
			lint, MM_IAM_LINT_NO_SUB,
			excluded ? "sub is constrained by what it must not be alone: any other service account of "
				   "the cluster may assume this role"
				 : "sub is not constrained: any service account of the cluster may assume this "
				   "role");
	if (!is_constrained(lint, "aud", &excluded))
		mm_iam_complain(lint, MM_IAM_LINT_NO_AUD,
				"aud is not constrained: tokens for any audience that the provider lists will do");
}

static void lint_value(const struct mm_iam_lint *lint, const struct mm_iam_clause *clause, const char *value)
{
	bool wildcard = mm_iam_has_wildcard(lint->policy, value);

	if (strstr(value, "${") || (wildcard && !clause->use.op->wildcards))
		return; /* hangs on the request; or is reported already */
	if (is_on(clause, "aud"))
		lint_audience(lint, clause, value);
	else if (is_on(clause, "sub") && wildcard)
		lint_pattern(lint, value);
	else if (is_on(clause, "sub"))
		lint_subject(lint, value);
}

void mm_iam_lint_identity(const struct mm_iam_lint *lint)
{
	if (lint->rule->deny || !mm_iam_takes_tokens(lint->rule))
		return;
	lint_missing(lint);
	for (size_t i = 0; i < lint->rule->clause_count; i++) {
		const struct mm_iam_clause *clause = &lint->rule->clauses[i];

		if (!clause->use.op || clause->use.op->negated || clause->use.op->type != MM_IAM_STRING)
			continue;
		for (size_t j = 0; j < clause->values.n; j++)
			lint_value(lint, clause, clause->values.v[j]);
	}
}
