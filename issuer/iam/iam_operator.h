/* SPDX-License-Identifier: Apache-2.0 */
/* The condition operators as one table, and how a policy names and uses them. */
#ifndef MINTMARK_ISSUER_IAM_IAM_OPERATOR_H
#define MINTMARK_ISSUER_IAM_IAM_OPERATOR_H

#include "issuer/iam/iam_compare.h"

#include <mintmark/iam.h>

enum mm_iam_type {
	MM_IAM_STRING,
	MM_IAM_NUMERIC,
	MM_IAM_DATE,
	MM_IAM_BOOL,
	MM_IAM_BINARY,
	MM_IAM_IP,
	MM_IAM_ARN,
	MM_IAM_NULL,
};

struct mm_iam_operator {
	const char *name;
	enum mm_iam_type type;
	bool negated;     /* holds when no value compares as `accepts` says; and when the request has no such key */
	bool wildcards;   /* * and ? in the policy's values stand for any text */
	bool variables;   /* ${…} in the policy's values stands for a value of the request */
	unsigned accepts; /* orders of `compare`, ored */
	/* NULL: Null, which compares nothing. */
	enum mm_iam_order (*compare)(struct mm_span wanted, const char *got);
};

enum mm_iam_set { MM_IAM_ONE, MM_IAM_FOR_ALL, MM_IAM_FOR_ANY };

/* An operator as a policy uses it: "ForAnyValue:StringLikeIfExists". */
struct mm_iam_use {
	const struct mm_iam_operator *op; /* NULL: there is none of that name */
	enum mm_iam_set set;
	bool if_exists;
};

/*
 * Reads the name, without regard to case: the guide does not tell, and IAM stores stringequals as it stands and matches
 * by it. Null takes no IfExists ("any condition operator name except the Null condition").
 */
struct mm_iam_use mm_iam_use_of(const char *name);

/* The operator that was probably meant by a name that is none; NULL: nothing is near. */
const char *mm_iam_operator_near(const char *name);

/* The i-th row of the table; NULL past the last. */
const struct mm_iam_operator *mm_iam_operator_at(size_t i);

#endif
