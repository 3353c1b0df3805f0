/* SPDX-License-Identifier: Apache-2.0 */
/* What one condition comes to. */
#ifndef MINTMARK_ISSUER_IAM_IAM_CONDITION_H
#define MINTMARK_ISSUER_IAM_IAM_CONDITION_H

#include "issuer/iam/iam_policy.h"

/* aws:CurrentTime and aws:EpochTime, which every request has; owned by the decision. */
struct mm_iam_times {
	char texts[2][MM_TIME_TEXT_SIZE];
	const char *values[2];
	struct mm_iam_key keys[2];
};

/* What conditions are evaluated against. */
struct mm_iam_context {
	const struct mm_iam_request *request;
	const struct mm_iam_times *times;
	bool variables;         /* ${…} is expanded */
	struct mm_buf *scratch; /* for patterns; that it failed is to be seen at the end */
};

/*
 * Whether IAM makes a condition key of this claim of tokens, whoever issues them (IAM User Guide, "Available keys for
 * AWS OIDC federation"); of few issuers it takes others, too.
 */
bool mm_iam_is_claim(const char *claim);

/*
 * Where something cannot be said (a value is not of its operator's type, an operator is not known), it does not hold in
 * an Allow, and is undecided in a Deny.
 */
struct mm_iam_condition mm_iam_clause_evaluate(const struct mm_iam_context *context, const struct mm_iam_clause *clause,
					       bool deny);

/*
 * Whether the condition could hold for a request that has its key with this one value: also where that cannot be said.
 * Variables are not expanded.
 */
bool mm_iam_clause_takes(const struct mm_iam_clause *clause, const char *value, struct mm_buf *scratch);

#endif
