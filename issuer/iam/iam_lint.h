/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the lint share: the table of what can be found, and one statement on its way through them. */
#ifndef MINTMARK_ISSUER_IAM_IAM_LINT_H
#define MINTMARK_ISSUER_IAM_IAM_LINT_H

#include "issuer/iam/iam_policy.h"

/* The rows of the table in iam_lint_rows.c, each with its name, level and remedy; described in mintmark(1). */
enum mm_iam_check {
	MM_IAM_LINT_OK,
	MM_IAM_LINT_VERSION,
	MM_IAM_LINT_VARIABLE,
	MM_IAM_LINT_SIZE,
	MM_IAM_LINT_QUOTA,
	MM_IAM_LINT_SID,
	MM_IAM_LINT_NO_ALLOW,
	MM_IAM_LINT_EMPTY,
	MM_IAM_LINT_EVERYBODY,
	MM_IAM_LINT_NOT_PRINCIPAL,
	MM_IAM_LINT_PRINCIPAL,
	MM_IAM_LINT_PRINCIPAL_SLASH,
	MM_IAM_LINT_PRINCIPAL_WILDCARD,
	MM_IAM_LINT_ACTION,
	MM_IAM_LINT_ACTION_PRINCIPAL,
	MM_IAM_LINT_ACTION_WIDE,
	MM_IAM_LINT_POD_IDENTITY,
	MM_IAM_LINT_OPERATOR,
	MM_IAM_LINT_NULL_SET,
	MM_IAM_LINT_KEY,
	MM_IAM_LINT_KEY_SCHEME,
	MM_IAM_LINT_KEY_SLASH,
	MM_IAM_LINT_KEY_PROVIDER,
	MM_IAM_LINT_KEY_CLAIM,
	MM_IAM_LINT_WILDCARD,
	MM_IAM_LINT_VALUE,
	MM_IAM_LINT_FOR_ALL,
	MM_IAM_LINT_IF_EXISTS,
	MM_IAM_LINT_NEVER,
	MM_IAM_LINT_NO_SUB,
	MM_IAM_LINT_NO_AUD,
	MM_IAM_LINT_SUB_ANY,
	MM_IAM_LINT_SUB_WIDE,
	MM_IAM_LINT_SUB_FORM,
	MM_IAM_LINT_SUB_FOREIGN,
	MM_IAM_LINT_AUD_ANY,
	MM_IAM_LINT_AUD_VALUE,
	MM_IAM_LINT_COUNT
};

struct mm_iam_lint {
	const struct mm_iam_policy *policy;
	const struct mm_iam_rule *rule; /* NULL: it is about the policy as a whole */
	size_t index;                   /* of the rule */
	struct mm_findings *out;
};

/* Adds a finding of the row; the line begins with the statement ("Statement[0] (Sid)"), if it is about one. */
void mm_iam_complain(const struct mm_iam_lint *lint, enum mm_iam_check check, const char *format, ...) MM_PRINTF(3, 4);
const char *mm_iam_check_name(enum mm_iam_check check);

/* The parts of the lint, each for one statement. */
void mm_iam_lint_principals(const struct mm_iam_lint *lint);
void mm_iam_lint_actions(const struct mm_iam_lint *lint);
void mm_iam_lint_conditions(const struct mm_iam_lint *lint); /* operators, keys, and values as their operators ask */
void mm_iam_lint_identity(const struct mm_iam_lint *lint);   /* whose tokens an Allow takes: sub and aud */

/* ---- small ones ------------------------------------------------------------------------------------------------- */

/* Whether the statement takes tokens: it names a provider of OIDC, and the action for them. */
bool mm_iam_takes_tokens(const struct mm_iam_rule *rule);
/* How condition keys name the provider that is the i-th principal: "HOST/PATH"; NULL: it is no ARN of one. */
const char *mm_iam_provider_at(const struct mm_iam_rule *rule, size_t i);
bool mm_iam_has_action(const struct mm_iam_rule *rule, const char *action);
/* "PROVIDER:CLAIM" of a key for tokens, without a scheme; false: it is a key of AWS, or has no colon. */
bool mm_iam_key_split(const char *key, struct mm_span *provider, const char **claim);
/* Whether the value has * or ? outside of ${…}. */
bool mm_iam_has_wildcard(const struct mm_iam_policy *policy, const char *value);

#endif
