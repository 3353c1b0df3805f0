/* SPDX-License-Identifier: Apache-2.0 */
/* A trust policy as it was read, for the files that judge it. All texts are its own. */
#ifndef MINTMARK_ISSUER_IAM_IAM_POLICY_H
#define MINTMARK_ISSUER_IAM_IAM_POLICY_H

#include "issuer/iam/iam_operator.h"

/* Action or NotAction, Principal or NotPrincipal. */
struct mm_iam_element {
	bool negated;
	bool everybody;             /* a principal that is "*", or {"AWS": "*"}, which AWS reads as the same */
	struct mm_strings as_shown; /* "sts:AssumeRole", "Federated:ARN"; "!" before each when negated */
};

/* One key of one operator. */
struct mm_iam_clause {
	struct mm_iam_use use;
	char *name; /* of the operator, as written */
	char *key;  /* as written */
	struct mm_strings values;
};

struct mm_iam_rule {
	char *sid; /* NULL: it has none */
	bool deny;
	struct mm_iam_element actions, principals;
	struct mm_iam_clause *clauses;
	size_t clause_count;
};

/* How many there can be of anything is bounded by MM_IAM_POLICY_MAX alone. */
struct mm_iam_policy {
	bool has_version;
	bool variables;    /* version 2012-10-17: ${…} stands for a value of the request */
	size_t characters; /* as IAM counts them for its quota: without white space */
	struct mm_iam_rule *rules;
	size_t rule_count;
	char *role; /* its ARN; NULL: not known */
};

/* One of `element->as_shown` as it was written. */
static inline const char *mm_iam_as_written(const struct mm_iam_element *element, size_t i)
{
	return element->as_shown.v[i] + (element->negated ? 1 : 0);
}

/*
 * Reads an object of Statement into `rule`, which is cleared by the caller, also after a failure. MM_EPARSE: an element
 * that is unknown, missing or of a wrong type is named, with its place in the statement.
 */
MM_MUSTCHECK enum mm_code mm_iam_rule_read(const json_t *object, struct mm_iam_rule *rule, struct mm_err *err);
void mm_iam_rule_clear(struct mm_iam_rule *rule);

/*
 * Refuses an element that is none of `known` (NULL at the end) and names the nearest. Names are case-sensitive.
 * MM_EPARSE.
 */
MM_MUSTCHECK enum mm_code mm_iam_check_names(const json_t *object, const char *const *known, struct mm_err *err);

#endif
