/* SPDX-License-Identifier: Apache-2.0 */
/* Who is named, and for which actions. */
#include "issuer/iam/iam_lint.h"
#include "issuer/iam/iam_pattern.h"

#include <mintmark/trust.h>
#include <string.h>
#include <strings.h>

/* ---- principals ------------------------------------------------------------------------------------------------- */

/* The providers of web identities that are known to IAM by name (IAM User Guide, "Web identity session principals"). */
static const char *const by_name[] = {"accounts.google.com", "cognito-identity.amazonaws.com", "graph.facebook.com",
				      "www.amazon.com"};

/* What is wrong with the provider of a Federated principal; NULL: nothing. */
static const char *provider_objection(const char *text)
{
	struct mm_span provider;
	struct mm_arn arn;

	for (size_t i = 0; i < MM_COUNT(by_name); i++) {
		if (strcmp(text, by_name[i]) == 0)
			return NULL;
	}
	if (mm_aws_provider_name(text))
		return "is the issuer, not the ARN of the provider";
	if (mm_arn_parse(text, &arn, NULL) != MM_OK)
		return "is no ARN";
	if (mm_span_starts(arn.resource, "saml-provider/"))
		return NULL;
	if (!mm_span_is(arn.service, "iam") || arn.region.len > 0 ||
	    !mm_span_starts(arn.resource, MM_AWS_OIDC_PROVIDER))
		return "is no arn:aws:iam::ACCOUNT:oidc-provider/HOST/PATH";
	if (!mm_aws_account_is(arn.account))
		return "has no account of 12 digits";
	provider = mm_span(arn.resource.p + strlen(MM_AWS_OIDC_PROVIDER),
			   arn.resource.len - strlen(MM_AWS_OIDC_PROVIDER));
	if (mm_span_starts(provider, "https:") || mm_span_starts(provider, "http:"))
		return "has the issuer with its scheme; IAM leaves https:// out";
	return provider.len > 0 ? NULL : "has no host";
}

static void lint_federated(const struct mm_iam_lint *lint, const char *text)
{
	const char *objection = provider_objection(text);
	size_t len = strlen(text);

	if (strchr(text, '*') || strchr(text, '?'))
		mm_iam_complain(lint, MM_IAM_LINT_PRINCIPAL_WILDCARD,
				"Federated principal \"%.160s\": IAM compares principals exactly, wildcards are none",
				text);
	else if (objection)
		mm_iam_complain(lint, MM_IAM_LINT_PRINCIPAL, "Federated principal \"%.160s\" %s", text, objection);
	else if (text[len - 1] == '/')
		mm_iam_complain(lint, MM_IAM_LINT_PRINCIPAL_SLASH, "Federated principal \"%.160s\" ends in a slash",
				text);
}

static void lint_everybody(const struct mm_iam_lint *lint)
{
	const struct mm_iam_element *principals = &lint->rule->principals;

	if (lint->rule->deny)
		return;
	if (principals->negated)
		mm_iam_complain(lint, MM_IAM_LINT_NOT_PRINCIPAL,
				"NotPrincipal in an Allow: everybody else may assume the role, whoever that is");
	else if (principals->everybody)
		mm_iam_complain(lint, MM_IAM_LINT_EVERYBODY,
				"Principal \"*\": everybody, of all accounts and providers");
}

void mm_iam_lint_principals(const struct mm_iam_lint *lint)
{
	static const char federated[] = "Federated:";
	const struct mm_iam_element *principals = &lint->rule->principals;

	lint_everybody(lint);
	if (principals->as_shown.n == 0)
		mm_iam_complain(lint, MM_IAM_LINT_EMPTY, "Principal names nobody: the statement is for no request");
	for (size_t i = 0; i < principals->as_shown.n; i++) {
		const char *principal = mm_iam_as_written(principals, i);

		if (strncmp(principal, federated, strlen(federated)) == 0)
			lint_federated(lint, principal + strlen(federated));
	}
}

/* ---- actions ---------------------------------------------------------------------------------------------------- */

/* What IAM stores in a trust policy, which "may only specify STS AssumeRole actions". */
static const char *const trust_actions[] = {
	"sts:AssumeRole", "sts:AssumeRoleWithSAML", MM_STS_WEB_IDENTITY,
	"sts:TagSession", "sts:SetSourceIdentity",  "sts:SetContext",
};

static bool is_trust_action(const char *pattern)
{
	for (size_t i = 0; i < MM_COUNT(trust_actions); i++) {
		if (mm_iam_action_match(pattern, trust_actions[i]))
			return true;
	}
	return false;
}

/* The first principal that cannot bring a token; NULL: all can. */
static const char *without_token(const struct mm_iam_rule *rule)
{
	for (size_t i = 0; i < rule->principals.as_shown.n; i++) {
		const char *principal = mm_iam_as_written(&rule->principals, i);

		if (strncmp(principal, "Federated:", strlen("Federated:")) != 0)
			return principal;
	}
	return NULL;
}

static const char *first_provider(const struct mm_iam_rule *rule)
{
	const char *provider = NULL;

	for (size_t i = 0; i < rule->principals.as_shown.n && !provider; i++)
		provider = mm_iam_provider_at(rule, i);
	return provider;
}

static bool is_pod_identity(const struct mm_iam_rule *rule)
{
	for (size_t i = 0; i < rule->principals.as_shown.n; i++) {
		if (strcmp(mm_iam_as_written(&rule->principals, i), "Service:pods.eks.amazonaws.com") == 0)
			return true;
	}
	return false;
}

/* "Mismatched action for principal" of IAM Access Analyzer. */
static void lint_fit(const struct mm_iam_lint *lint)
{
	const struct mm_iam_rule *rule = lint->rule;
	const char *provider = first_provider(rule), *other = without_token(rule);

	if (rule->deny || rule->principals.negated || rule->principals.everybody)
		return;
	if (provider && !mm_iam_has_action(rule, MM_STS_WEB_IDENTITY))
		mm_iam_complain(lint, MM_IAM_LINT_ACTION_PRINCIPAL,
				"%s \"%.64s\": the tokens of %.160s are for " MM_STS_WEB_IDENTITY " alone",
				rule->actions.negated ? "NotAction" : "Action",
				rule->actions.as_shown.n > 0 ? mm_iam_as_written(&rule->actions, 0) : "", provider);
	else if (!provider && other && !rule->actions.negated && rule->actions.as_shown.n == 1 &&
		 strcasecmp(rule->actions.as_shown.v[0], MM_STS_WEB_IDENTITY) == 0)
		mm_iam_complain(lint, MM_IAM_LINT_ACTION_PRINCIPAL,
				MM_STS_WEB_IDENTITY " takes tokens of Federated principals; the statement names %.160s",
				other);
	if (is_pod_identity(rule) &&
	    (!mm_iam_has_action(rule, "sts:AssumeRole") || !mm_iam_has_action(rule, "sts:TagSession")))
		mm_iam_complain(lint, MM_IAM_LINT_POD_IDENTITY,
				"EKS Pod Identity needs both sts:AssumeRole and sts:TagSession");
}

void mm_iam_lint_actions(const struct mm_iam_lint *lint)
{
	const struct mm_iam_element *actions = &lint->rule->actions;

	if (actions->as_shown.n == 0)
		mm_iam_complain(lint, MM_IAM_LINT_EMPTY, "Action names nothing: the statement is for no request");
	if (actions->negated && !lint->rule->deny)
		mm_iam_complain(lint, MM_IAM_LINT_ACTION_WIDE, "NotAction allows whatever it does not name");
	for (size_t i = 0; i < actions->as_shown.n; i++) {
		const char *action = mm_iam_as_written(actions, i);

		if (!is_trust_action(action))
			mm_iam_complain(lint, MM_IAM_LINT_ACTION, "\"%.64s\" is no action of a trust policy", action);
		else if (!lint->rule->deny && !actions->negated && strpbrk(action, "*?"))
			mm_iam_complain(lint, MM_IAM_LINT_ACTION_WIDE,
					"\"%.64s\" allows more than " MM_STS_WEB_IDENTITY, action);
	}
	lint_fit(lint);
}
