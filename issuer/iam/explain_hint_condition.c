/* SPDX-License-Identifier: Apache-2.0 */
/* Why a condition does not hold: its operator, its key, and then its values. */
#include "issuer/iam/explain_parts.h"
#include "issuer/iam/iam_condition.h"
#include "issuer/iam/iam_operator.h"
#include "issuer/iam/iam_pattern.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

/* One condition that does not hold, taken apart. */
struct failed {
	const struct mm_iam_statement *statement;
	const struct mm_iam_condition *condition;
	struct mm_iam_use use;
	char label[MM_LABEL_SIZE];
	char where[MM_LABEL_SIZE + 280]; /* "Statement[0] (Sid), KEY" */
	char provider[256];              /* what stands before the last colon of the key; "" without one */
	const char *claim;               /* what stands behind it; the whole key without one */
};

/* ---- the operator ----------------------------------------------------------------------------------------------- */

static bool hint_operator(struct mm_trial *trial, const struct failed *failed)
{
	const char *near;

	if (failed->use.op)
		return false;
	near = mm_iam_operator_near(failed->condition->operator);
	MM_HINT("hint.operator", "write an operator that IAM knows, such as StringEquals or StringLike",
		"%s: there is no operator \"%s\"%s%s", failed->label, failed->condition->operator,
		near ? "; near: " : "", near ? near : "");
	return true;
}

static bool hint_undecided(struct mm_trial *trial, const struct failed *failed)
{
	if (failed->condition->outcome != MM_IAM_UNDECIDED || failed->condition->got)
		return false;
	MM_HINT("hint.undecided", "say what it will be, with --context KEY=VALUE",
		"%s: it hangs on %s, of which the token says nothing", failed->label, failed->condition->key);
	return true;
}

/* ---- a key that the request does not have ----------------------------------------------------------------------- */

static bool hint_external_id(struct mm_trial *trial, const struct failed *failed)
{
	if (strcasecmp(failed->condition->key, "sts:ExternalId") != 0)
		return false;
	MM_HINT("hint.external-id", "take the condition out: sub says who it is",
		"%s: sts:ExternalId is a parameter of AssumeRole, and " MM_STS_WEB_IDENTITY " has none", failed->label);
	return true;
}

static bool hint_form(struct mm_trial *trial, const struct failed *failed)
{
	if (failed->provider[0] != '\0' && (mm_iam_is_claim(failed->claim) || !strchr(failed->claim, '/')))
		return false;
	MM_HINT("hint.key-form", "write it as HOST/PATH:sub or HOST/PATH:aud, the issuer without https://",
		"%s: the condition key \"%.200s\" does not end in a colon and a claim", failed->label,
		failed->condition->key);
	return true;
}

/* The provider is right, and the claim has no key, or the token has not the claim. */
static bool hint_claim(struct mm_trial *trial, const struct failed *failed)
{
	if (strcasecmp(failed->provider, trial->name) != 0)
		return false;
	if (mm_iam_is_claim(failed->claim))
		MM_HINT("hint.claim-missing", "put the claim into the token, or take the condition out",
			"%s: the token has no claim for \"%.200s\"", failed->label, failed->condition->key);
	else
		MM_HINT("hint.key-claim",
			"only aud, sub, amr, email and oaud are condition keys; put what must be checked into sub",
			"%s: STS makes no condition key of the claim \"%.64s\"%s", failed->label, failed->claim,
			strcasecmp(failed->claim, "azp") == 0 ? ": where there is azp, it is the value of :aud" : "");
	return true;
}

/* "arn:aws:iam::123456789012:oidc-provider/HOST/PATH:sub" */
static bool hint_arn(struct mm_trial *trial, const struct failed *failed)
{
	if (!mm_behind_nocase(failed->condition->key, "arn:"))
		return false;
	MM_HINT("hint.key-arn", "write HOST/PATH:sub, the part behind oidc-provider/",
		"%s: the condition key \"%.200s\" begins with an ARN", failed->label, failed->condition->key);
	return true;
}

/* Whether the statement's own principal names that provider: then it is told there, and right as such. */
static bool is_of_principal(const struct failed *failed)
{
	const struct mm_strings *principals = &failed->statement->principals;

	for (size_t i = 0; i < principals->n; i++) {
		const char *name = strstr(principals->v[i], MM_AWS_OIDC_PROVIDER);

		if (name && strcasecmp(name + strlen(MM_AWS_OIDC_PROVIDER), failed->provider) == 0)
			return true;
	}
	return false;
}

static bool hint_key_provider(struct mm_trial *trial, const struct failed *failed)
{
	char where[sizeof failed->where + 32];

	if (failed->statement->principal_matches || !is_of_principal(failed)) {
		snprintf(where, sizeof where, "%s: the provider in the condition key", failed->label);
		mm_hint_provider(trial, where, failed->provider, trial->name);
	}
	return true;
}

/* ---- values ----------------------------------------------------------------------------------------------------- */

static bool hint_excluded(struct mm_trial *trial, const struct failed *failed)
{
	if (!failed->use.op->negated)
		return false;
	MM_HINT("hint.excluded", "change the value that it excludes, or take the token of another account",
		"%s is \"%.160s\", which %s excludes", failed->where, failed->condition->got->values[0],
		failed->condition->operator);
	return true;
}

static bool hint_several(struct mm_trial *trial, const struct failed *failed)
{
	const struct mm_iam_key *got = failed->condition->got;

	if (got->count < 2 || failed->use.set != MM_IAM_ONE)
		return false;
	MM_HINT("hint.several-values",
		"ask for a token with one audience alone; for amr, write ForAnyValue: before the operator",
		"%s has %zu values, \"%.160s\" first, and %s wants one", failed->where, got->count, got->values[0],
		failed->condition->operator);
	return true;
}

/* Said wherever a star is not one; the rest of the value is looked at only when it would not fit either. */
static bool hint_wildcard(struct mm_trial *trial, const struct failed *failed)
{
	const struct mm_iam_condition *condition = failed->condition;
	struct mm_span got = mm_span_str(condition->got->values[0]);
	const char *wild = NULL;
	bool fits = false;

	if (failed->use.op->type != MM_IAM_STRING || failed->use.op->wildcards)
		return false;
	for (size_t i = 0; i < condition->wanted_count && !fits; i++) {
		struct mm_span wanted = mm_span_str(condition->wanted[i]);

		if (!mm_aws_has_wildcard(wanted))
			continue;
		fits = mm_iam_like(wanted, got);
		wild = fits || !wild ? condition->wanted[i] : wild;
	}
	if (wild)
		MM_HINT("hint.wildcard", "write StringLike in its place",
			"%s is \"%.160s\", the policy wants \"%.160s\": %s does not expand * and ?", failed->where,
			got.p, wild, condition->operator);
	return fits;
}

static bool hint_lookalike(struct mm_trial *trial, const struct failed *failed)
{
	const struct mm_iam_condition *condition = failed->condition;

	for (size_t i = 0; i < condition->wanted_count; i++) {
		if (failed->use.op->type == MM_IAM_STRING &&
		    mm_hint_lookalike(trial, failed->where, condition->wanted[i], condition->got->values[0]))
			return true;
	}
	return false;
}

static bool hint_own_claim(struct mm_trial *trial, const struct failed *failed)
{
	const struct mm_iam_condition *condition = failed->condition;

	if (failed->use.op->type != MM_IAM_STRING || strcasecmp(failed->provider, trial->name) != 0)
		return false;
	if (strcasecmp(failed->claim, "sub") == 0)
		mm_hint_subject(trial, failed->label, condition->wanted, condition->wanted_count);
	else if (strcasecmp(failed->claim, "aud") == 0)
		mm_hint_audience(trial, failed->where, condition->wanted, condition->wanted_count);
	else
		return false;
	return true;
}

static bool hint_value(struct mm_trial *trial, const struct failed *failed)
{
	const struct mm_iam_condition *condition = failed->condition;

	MM_HINT("hint.value", NULL, "%s is \"%.160s\", the policy wants \"%.160s\"%s by %s", failed->where,
		condition->got->values[0], condition->wanted_count > 0 ? condition->wanted[0] : "",
		condition->wanted_count > 1 ? " or others" : "", condition->operator);
	return true;
}

/* ---- which of them ---------------------------------------------------------------------------------------------- */

typedef bool hint(struct mm_trial *trial, const struct failed *failed);

/* Each list in the order of what is likeliest: the first that returns true has said it all. */
static hint *const always[] = {hint_operator, hint_undecided, NULL};
static hint *const without_key[] = {hint_external_id, hint_arn, hint_form, hint_claim, hint_key_provider, NULL};
static hint *const with_value[] = {hint_excluded,  hint_several, hint_wildcard, hint_lookalike,
				   hint_own_claim, hint_value,   NULL};

static bool say(hint *const *hints, struct mm_trial *trial, const struct failed *failed)
{
	for (; *hints; hints++) {
		if ((*hints)(trial, failed))
			return true;
	}
	return false;
}

void mm_hint_condition(struct mm_trial *trial, const struct mm_iam_statement *statement,
		       const struct mm_iam_condition *condition)
{
	struct failed failed = {
		.statement = statement,
		.condition = condition,
		.use = mm_iam_use_of(condition->operator),
		.claim = condition->key,
	};
	const char *colon = strrchr(condition->key, ':');

	mm_statement_label(statement, failed.label);
	snprintf(failed.where, sizeof failed.where, "%s: %.255s", failed.label, condition->key);
	if (colon) {
		snprintf(failed.provider, sizeof failed.provider, "%.*s", (int)(colon - condition->key),
			 condition->key);
		failed.claim = colon + 1;
	}
	if (say(always, trial, &failed))
		return;
	say(condition->got && condition->got->count > 0 ? with_value : without_key, trial, &failed);
}
