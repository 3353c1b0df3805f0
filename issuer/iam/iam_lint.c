/* SPDX-License-Identifier: Apache-2.0 */
/* The lint: what concerns the policy as a whole, and then each statement by itself. */
#include "issuer/iam/iam_lint.h"
#include "issuer/iam/iam_pattern.h"

#include <mintmark/trust.h>
#include <string.h>
#include <strings.h>

/* IAM and STS quotas, "Role trust policy length": by default, and as far as it can be raised. */
enum { QUOTA = 2048, QUOTA_MAX = 8192 };

/* ---- small ones ------------------------------------------------------------------------------------------------- */

const char *mm_iam_provider_at(const struct mm_iam_rule *rule, size_t i)
{
	static const char federated[] = "Federated:";
	const char *principal = mm_iam_as_written(&rule->principals, i);
	struct mm_arn arn;

	if (strncmp(principal, federated, strlen(federated)) != 0 ||
	    mm_arn_parse(principal + strlen(federated), &arn, NULL) != MM_OK ||
	    !mm_span_starts(arn.resource, MM_AWS_OIDC_PROVIDER))
		return NULL;
	return arn.resource.p + strlen(MM_AWS_OIDC_PROVIDER);
}

bool mm_iam_has_action(const struct mm_iam_rule *rule, const char *action)
{
	bool found = false;

	for (size_t i = 0; i < rule->actions.as_shown.n && !found; i++)
		found = mm_iam_action_match(mm_iam_as_written(&rule->actions, i), action);
	return found != rule->actions.negated;
}

bool mm_iam_takes_tokens(const struct mm_iam_rule *rule)
{
	bool provider = rule->principals.everybody || rule->principals.negated;

	for (size_t i = 0; i < rule->principals.as_shown.n && !provider; i++)
		provider = mm_iam_provider_at(rule, i) != NULL;
	return provider && mm_iam_has_action(rule, MM_STS_WEB_IDENTITY);
}

bool mm_iam_key_split(const char *key, struct mm_span *provider, const char **claim)
{
	static const char *const services[] = {"aws:", "sts:", "saml:", "iam:"};
	const char *name = mm_aws_provider_name(key), *colon;

	name = name ? name : key;
	colon = strrchr(name, ':');
	for (size_t i = 0; i < MM_COUNT(services); i++) {
		if (strncasecmp(name, services[i], strlen(services[i])) == 0)
			return false;
	}
	if (!colon)
		return false;
	*provider = mm_span(name, (size_t)(colon - name));
	*claim = colon + 1;
	return true;
}

bool mm_iam_has_wildcard(const struct mm_iam_policy *policy, const char *value)
{
	for (; *value; value++) {
		const char *end = policy->variables && value[0] == '$' && value[1] == '{' ? strchr(value, '}') : NULL;

		if (*value == '*' || *value == '?')
			return true;
		if (end)
			value = end;
	}
	return false;
}

/* ---- the whole -------------------------------------------------------------------------------------------------- */

static bool has_variable(const struct mm_iam_rule *rule)
{
	for (size_t i = 0; i < rule->clause_count; i++) {
		for (size_t j = 0; j < rule->clauses[i].values.n; j++) {
			if (strstr(rule->clauses[i].values.v[j], "${"))
				return true;
		}
	}
	return false;
}

static void lint_version(const struct mm_iam_lint *lint)
{
	const struct mm_iam_policy *policy = lint->policy;

	if (policy->variables)
		return;
	mm_iam_complain(lint, MM_IAM_LINT_VERSION, "%s",
			policy->has_version ? "Version 2008-10-17 is the old one: use 2012-10-17"
					    : "no Version, which means 2008-10-17");
	for (size_t i = 0; i < policy->rule_count; i++) {
		struct mm_iam_lint statement = {policy, &policy->rules[i], i, lint->out};

		if (has_variable(&policy->rules[i]))
			mm_iam_complain(&statement, MM_IAM_LINT_VARIABLE,
					"${…} is plain text in version 2008-10-17, not a variable");
	}
}

static void lint_size(const struct mm_iam_lint *lint)
{
	size_t characters = lint->policy->characters;

	if (characters > QUOTA_MAX)
		mm_iam_complain(lint, MM_IAM_LINT_QUOTA, "%zu characters without white space; IAM takes at most %d",
				characters, QUOTA_MAX);
	else if (characters > QUOTA)
		mm_iam_complain(
			lint, MM_IAM_LINT_SIZE,
			"%zu characters without white space; IAM takes %d, unless the account's quota was raised",
			characters, QUOTA);
}

static void lint_allow(const struct mm_iam_lint *lint)
{
	for (size_t i = 0; i < lint->policy->rule_count; i++) {
		if (!lint->policy->rules[i].deny)
			return;
	}
	mm_iam_complain(lint, MM_IAM_LINT_NO_ALLOW, "no statement allows anything: nobody can assume the role");
}

/* ---- a statement ------------------------------------------------------------------------------------------------ */

/* "Statement IDs (SID) must be alpha-numeric", and "in a single policy must be unique": what IAM answers. */
static void lint_sid(const struct mm_iam_lint *lint)
{
	static const char allowed[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
	const char *sid = lint->rule->sid;

	if (!sid || !*sid)
		return;
	if (sid[strspn(sid, allowed)] != '\0')
		mm_iam_complain(lint, MM_IAM_LINT_SID, "Sid \"%.64s\" has other characters than letters and digits",
				sid);
	for (size_t i = 0; i < lint->index; i++) {
		const char *other = lint->policy->rules[i].sid;

		if (other && strcmp(sid, other) == 0) {
			mm_iam_complain(lint, MM_IAM_LINT_SID, "Sid \"%.64s\" is that of Statement[%zu], too", sid, i);
			return;
		}
	}
}

static void lint_statement(const struct mm_iam_lint *lint)
{
	size_t before = lint->out->n;

	lint_sid(lint);
	mm_iam_lint_principals(lint);
	mm_iam_lint_actions(lint);
	mm_iam_lint_conditions(lint);
	mm_iam_lint_identity(lint);
	if (lint->out->n == before)
		mm_iam_complain(lint, MM_IAM_LINT_OK, "%s, nothing to object to", lint->rule->deny ? "Deny" : "Allow");
}

void mm_iam_lint(const struct mm_iam_policy *policy, struct mm_findings *findings)
{
	const struct mm_iam_lint whole = {.policy = policy, .out = findings};

	lint_version(&whole);
	lint_size(&whole);
	lint_allow(&whole);
	for (size_t i = 0; i < policy->rule_count; i++)
		lint_statement(&(struct mm_iam_lint){policy, &policy->rules[i], i, findings});
}
