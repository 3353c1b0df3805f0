/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which statements a policy's author meant for this token, and why they do not allow it. Statements for other issuers
 * stand in many policies beside them; they are right as they are and nothing is said of them.
 */
#include "issuer/iam/explain_parts.h"
#include "issuer/iam/iam_operator.h"
#include "issuer/iam/iam_pattern.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#define WARN(check, remedy, ...) mm_finding_add(&trial->out->hints, MM_FINDING_WARN, check, remedy, __VA_ARGS__)

/* ---- the action ------------------------------------------------------------------------------------------------- */

static void hint_action(struct mm_trial *trial, const struct mm_iam_statement *statement, const char *label)
{
	MM_HINT("hint.action", "write " MM_STS_WEB_IDENTITY, "%s allows %s%s; a token is used for " MM_STS_WEB_IDENTITY,
		label, statement->actions.n > 0 ? statement->actions.v[0] : "nothing",
		statement->actions.n > 1 ? ", …" : "");
}

/* ---- the principal ---------------------------------------------------------------------------------------------- */

/* A principal that is not the provider of the token; the smaller, the nearer. */
enum nearness { SAME_NAME, OIDC_PROVIDER, FEDERATED, OTHER };

static enum nearness nearness(const struct mm_trial *trial, const char *principal, struct mm_arn *arn)
{
	const char *text = mm_behind(principal, "Federated:");

	if (!text)
		return OTHER;
	if (mm_arn_parse(text, arn, NULL) != MM_OK || !mm_span_starts(arn->resource, MM_AWS_OIDC_PROVIDER))
		return FEDERATED;
	return strcmp(arn->resource.p + strlen(MM_AWS_OIDC_PROVIDER), trial->name) == 0 ? SAME_NAME : OIDC_PROVIDER;
}

static void hint_other_arn(struct mm_trial *trial, const char *label, const char *principal, const struct mm_arn *arn)
{
	struct mm_arn own;

	if (!trial->provider_arn || mm_arn_parse(trial->provider_arn, &own, NULL) != MM_OK)
		return;
	if (!mm_span_eq(arn->account, own.account))
		MM_HINT("hint.account", "name the provider in the account of the role, and register it there",
			"%s: the principal is a provider of account %.*s, the role is in %.*s, and STS looks there "
			"alone",
			label, (int)arn->account.len, arn->account.p, (int)own.account.len, own.account.p);
	else if (!mm_span_eq(arn->partition, own.partition))
		MM_HINT("hint.partition", "write the partition of the role: aws, aws-cn or aws-us-gov",
			"%s: the principal is of partition %.*s, the role of %.*s", label, (int)arn->partition.len,
			arn->partition.p, (int)own.partition.len, own.partition.p);
	else
		MM_HINT("hint.principal", "write it as arn:aws:iam::ACCOUNT:oidc-provider/HOST/PATH",
			"%s: the principal is \"%.200s\", the request comes with \"%.200s\"", label, principal,
			trial->provider_arn);
}

static void hint_not_federated(struct mm_trial *trial, const char *label, const char *principal)
{
	if (strcmp(principal, "Service:pods.eks.amazonaws.com") == 0)
		MM_HINT("hint.pod-identity",
			"make an association (aws eks create-pod-identity-association), or write a Federated principal",
			"%s is for EKS Pod Identity, which takes no tokens by " MM_STS_WEB_IDENTITY, label);
	else
		MM_HINT("hint.principal-type",
			"write \"Principal\": {\"Federated\": \"arn:aws:iam::ACCOUNT:oidc-provider/HOST/PATH\"}",
			"%s: the principal is %.200s, and tokens come from a Federated one", label, principal);
}

static void hint_principal(struct mm_trial *trial, const struct mm_iam_statement *statement, const char *label)
{
	enum nearness best = OTHER;
	const char *principal = "nobody";
	char where[MM_LABEL_SIZE + 32];
	struct mm_arn arn = {0};

	for (size_t i = 0; i < statement->principals.n; i++) {
		struct mm_arn other;
		enum nearness near = nearness(trial, statement->principals.v[i], &other);

		if (i > 0 && near >= best)
			continue;
		best = near;
		arn = other;
		principal = statement->principals.v[i];
	}
	snprintf(where, sizeof where, "%s: the principal's provider", label);
	if (best == SAME_NAME)
		hint_other_arn(trial, label, principal, &arn);
	else if (best == OIDC_PROVIDER)
		mm_hint_provider(trial, where, arn.resource.p + strlen(MM_AWS_OIDC_PROVIDER), trial->name);
	else if (best == FEDERATED)
		MM_HINT("hint.principal", "write it as arn:aws:iam::ACCOUNT:oidc-provider/HOST/PATH",
			"%s: the principal \"%.200s\" is not the ARN of an OIDC provider", label, principal);
	else
		hint_not_federated(trial, label, principal);
}

/* ---- statements that were meant --------------------------------------------------------------------------------- */

/* How much of it is for this token; the more, the likelier that it was meant. */
static int closeness(const struct mm_iam_statement *statement)
{
	return 2 * statement->principal_matches + statement->action_matches;
}

static void hint_allow(struct mm_trial *trial, const struct mm_iam_statement *statement)
{
	char label[MM_LABEL_SIZE];

	mm_statement_label(statement, label);
	if (!statement->principal_matches)
		hint_principal(trial, statement, label);
	if (!statement->action_matches)
		hint_action(trial, statement, label);
	for (size_t i = 0; i < statement->condition_count; i++) {
		if (statement->conditions[i].outcome != MM_IAM_MATCH)
			mm_hint_condition(trial, statement, &statement->conditions[i]);
	}
}

static void hint_allows(struct mm_trial *trial)
{
	const struct mm_iam_decision *decision = &trial->out->decision;
	int best = -1;

	for (size_t i = 0; i < decision->count; i++) {
		const struct mm_iam_statement *statement = &decision->statements[i];

		if (!statement->deny && closeness(statement) > best)
			best = closeness(statement);
	}
	if (best < 0)
		MM_HINT("hint.no-allow", "add a statement that allows " MM_STS_WEB_IDENTITY,
			"no statement of the policy has the Effect Allow");
	for (size_t i = 0; i < decision->count; i++) {
		if (!decision->statements[i].deny && closeness(&decision->statements[i]) == best)
			hint_allow(trial, &decision->statements[i]);
	}
}

/* ---- what denies, and what allows too much ---------------------------------------------------------------------- */

static void hint_deny(struct mm_trial *trial, const struct mm_iam_statement *statement)
{
	bool could = statement->outcome == MM_IAM_UNDECIDED;
	const struct mm_iam_condition *condition = statement->condition_count > 0 ? &statement->conditions[0] : NULL;
	char label[MM_LABEL_SIZE];

	mm_statement_label(statement, label);
	MM_HINT("hint.deny", "an explicit Deny wins over every Allow: narrow its conditions, or take it out",
		"%s %s it explicitly%s%.160s", label, could ? "may deny" : "denies", condition ? ", by " : "",
		condition ? condition->key : "");
	for (size_t i = 0; could && i < statement->condition_count; i++) {
		if (statement->conditions[i].outcome == MM_IAM_UNDECIDED)
			mm_hint_condition(trial, statement, &statement->conditions[i]);
	}
}

/* Whether the condition leaves any account of the issuer out. */
static bool constrains_subject(const struct mm_trial *trial, const struct mm_iam_condition *condition)
{
	const struct mm_iam_operator *op = mm_iam_use_of(condition->operator).op;
	const char *claim = mm_behind_nocase(condition->key, trial->name);

	if (!claim || strcasecmp(claim, ":sub") != 0 || !op || op->negated || op->type == MM_IAM_NULL)
		return false;
	for (size_t i = 0; i < condition->wanted_count; i++) {
		/* What anything would fit, whatever the namespace and the name. */
		if (condition->wanted[i][strspn(condition->wanted[i], "*?")] == '\0' ||
		    mm_iam_like(mm_span_str(condition->wanted[i]), mm_span_str(MM_USER_SERVICE_ACCOUNT "\x01:\x01")))
			return false;
	}
	return true;
}

static void warn_unconstrained(struct mm_trial *trial, const struct mm_iam_statement *statement)
{
	char label[MM_LABEL_SIZE];

	for (size_t i = 0; i < statement->condition_count; i++) {
		if (constrains_subject(trial, &statement->conditions[i]))
			return;
	}
	mm_statement_label(statement, label);
	WARN("hint.sub-unconstrained", "add a condition StringEquals on HOST/PATH:sub",
	     "%s: sub is not constrained: any service account of %s may assume this role", label, trial->issuer);
}

void mm_hint_policy(struct mm_trial *trial)
{
	const struct mm_iam_decision *decision = &trial->out->decision;
	bool allowed = false;

	for (size_t i = 0; i < decision->count; i++) {
		const struct mm_iam_statement *statement = &decision->statements[i];

		if (statement->deny && statement->outcome != MM_IAM_NO_MATCH)
			hint_deny(trial, statement);
		allowed = allowed || (!statement->deny && statement->outcome == MM_IAM_MATCH);
	}
	if (!allowed)
		hint_allows(trial);
	for (size_t i = 0; i < decision->count; i++) {
		const struct mm_iam_statement *statement = &decision->statements[i];

		if (!statement->deny && statement->outcome == MM_IAM_MATCH && trial->issuer)
			warn_unconstrained(trial, statement);
	}
}
