/* SPDX-License-Identifier: Apache-2.0 */
/* Operators, condition keys, and values as their operators ask. */
#include "issuer/iam/iam_condition.h"
#include "issuer/iam/iam_lint.h"

#include <mintmark/trust.h>
#include <string.h>
#include <strings.h>

/* ---- operators -------------------------------------------------------------------------------------------------- */

static void lint_operator(const struct mm_iam_lint *lint, const struct mm_iam_clause *clause)
{
	const char *near = mm_iam_operator_near(clause->name);

	mm_iam_complain(lint, MM_IAM_LINT_OPERATOR, "unknown operator \"%.64s\"%s%s%s", clause->name,
			near ? ": did you mean " : "", near ? near : "", near ? "?" : "");
}

/* Whether another condition refuses requests without the key. */
static bool must_exist(const struct mm_iam_rule *rule, const char *key)
{
	for (size_t i = 0; i < rule->clause_count; i++) {
		const struct mm_iam_clause *clause = &rule->clauses[i];
		bool absent;

		if (clause->use.op && clause->use.op->type == MM_IAM_NULL && clause->use.set == MM_IAM_ONE &&
		    strcasecmp(clause->key, key) == 0 && clause->values.n == 1 &&
		    mm_iam_read_bool(mm_span_str(clause->values.v[0]), &absent) && !absent)
			return true;
	}
	return false;
}

/* What lets requests pass that do not have the key. */
static void lint_absence(const struct mm_iam_lint *lint, const struct mm_iam_clause *clause)
{
	struct mm_span provider;
	const char *claim;

	if (clause->use.op->type == MM_IAM_NULL) {
		if (clause->use.set != MM_IAM_ONE)
			mm_iam_complain(lint, MM_IAM_LINT_NULL_SET, "%s is always %s", clause->name,
					clause->use.set == MM_IAM_FOR_ALL ? "true" : "false");
		return;
	}
	if (lint->rule->deny || must_exist(lint->rule, clause->key))
		return;
	if (clause->use.set == MM_IAM_FOR_ALL)
		mm_iam_complain(lint, MM_IAM_LINT_FOR_ALL, "%s holds for every request that does not have %.160s",
				clause->name, clause->key);
	else if (clause->use.if_exists && mm_iam_key_split(clause->key, &provider, &claim))
		mm_iam_complain(lint, MM_IAM_LINT_IF_EXISTS, "%s holds for every request that does not have %.160s",
				clause->name, clause->key);
}

/* ---- keys ------------------------------------------------------------------------------------------------------- */

static struct mm_span without_slashes(struct mm_span name)
{
	while (name.len > 0 && name.p[name.len - 1] == '/')
		name.len--;
	return name;
}

static bool same_name(struct mm_span a, struct mm_span b)
{
	return a.len == b.len && strncasecmp(a.p, b.p, a.len) == 0;
}

static void lint_provider(const struct mm_iam_lint *lint, const char *key, struct mm_span provider, const char *claim)
{
	const char *named = NULL, *nearest = NULL;

	for (size_t i = 0; i < lint->rule->principals.as_shown.n; i++) {
		struct mm_span other = mm_span_str(mm_iam_provider_at(lint->rule, i));

		if (!other.p)
			continue;
		named = other.p;
		if (same_name(provider, other)) {
			if (!mm_iam_is_claim(claim))
				mm_iam_complain(lint, MM_IAM_LINT_KEY_CLAIM,
						"key \"%.160s\": of a token IAM has aud, sub, amr and email, and "
						"other claims of few providers",
						key);
			return;
		}
		if (same_name(without_slashes(provider), without_slashes(other)))
			nearest = other.p;
	}
	if (nearest)
		mm_iam_complain(lint, MM_IAM_LINT_KEY_SLASH, "key \"%.160s\": the principal is \"%.160s\"", key,
				nearest);
	else if (named)
		mm_iam_complain(lint, MM_IAM_LINT_KEY_PROVIDER, "key \"%.160s\" is of another provider than \"%.160s\"",
				key, named);
}

/* The providers that IAM knows by name have keys of their own; a principal of theirs is none of OIDC's ARNs. */
static bool names_provider(const struct mm_iam_rule *rule, struct mm_span provider)
{
	static const char federated[] = "Federated:";

	for (size_t i = 0; i < rule->principals.as_shown.n; i++) {
		const char *principal = mm_iam_as_written(&rule->principals, i);

		if (strncmp(principal, federated, strlen(federated)) == 0 &&
		    mm_span_is(provider, principal + strlen(federated)))
			return true;
	}
	return false;
}

static void lint_key(const struct mm_iam_lint *lint, const char *key)
{
	struct mm_span provider;
	const char *claim;

	if (!strchr(key, ':'))
		mm_iam_complain(lint, MM_IAM_LINT_KEY, "key \"%.160s\" does not say whose it is", key);
	else if (strncasecmp(key, "https:", 6) == 0 || strncasecmp(key, "http:", 5) == 0)
		mm_iam_complain(lint, MM_IAM_LINT_KEY_SCHEME,
				"key \"%.160s\" has the issuer with its scheme: no "
				"request has such a key",
				key);
	else if (mm_iam_key_split(key, &provider, &claim) && !names_provider(lint->rule, provider))
		lint_provider(lint, key, provider, claim);
}

/* ---- values ----------------------------------------------------------------------------------------------------- */

/* A request's value of each type: what cannot be compared with it is not of the type. */
static const char *const specimens[] = {
	[MM_IAM_STRING] = "", [MM_IAM_NUMERIC] = "0", [MM_IAM_DATE] = "0",       [MM_IAM_BOOL] = "true",
	[MM_IAM_BINARY] = "", [MM_IAM_IP] = "::",     [MM_IAM_ARN] = "arn:::::", [MM_IAM_NULL] = "",
};

static bool is_of_type(const struct mm_iam_operator *op, const char *value)
{
	bool null;

	if (op->type == MM_IAM_NULL)
		return mm_iam_read_bool(mm_span_str(value), &null);
	return op->compare(mm_span_str(value), specimens[op->type]) != MM_IAM_UNREADABLE;
}

static void lint_values(const struct mm_iam_lint *lint, const struct mm_iam_clause *clause)
{
	const struct mm_iam_operator *op = clause->use.op;

	if (clause->values.n == 0)
		mm_iam_complain(lint, MM_IAM_LINT_EMPTY, "%s of %.160s has no values: it holds %s", clause->name,
				clause->key, op->negated ? "for all" : "for none");
	for (size_t i = 0; i < clause->values.n; i++) {
		const char *value = clause->values.v[i];

		if (op->type == MM_IAM_STRING && !op->wildcards && mm_iam_has_wildcard(lint->policy, value))
			mm_iam_complain(
				lint, MM_IAM_LINT_WILDCARD,
				"%s of %.120s takes \"%.160s\" letter for letter: * and ? are no wildcards there",
				clause->name, clause->key, value);
		else if (!is_of_type(op, value) && !(op->variables && strstr(value, "${")))
			mm_iam_complain(lint, MM_IAM_LINT_VALUE, "%s of %.120s cannot read \"%.160s\"", clause->name,
					clause->key, value);
	}
}

/* ---- conditions that exclude each other ------------------------------------------------------------------------- */

/* A condition that leaves its key nothing but its own values. */
static bool is_exact(const struct mm_iam_clause *clause)
{
	for (size_t i = 0; i < clause->values.n; i++) {
		if (strstr(clause->values.v[i], "${"))
			return false;
	}
	return clause->use.op && clause->use.op->compare == mm_iam_compare_text && !clause->use.op->negated &&
	       !clause->use.op->wildcards && clause->use.set == MM_IAM_ONE && !clause->use.if_exists &&
	       clause->values.n > 0;
}

static bool excludes(const struct mm_iam_clause *exact, const struct mm_iam_clause *other)
{
	mm_auto_buf scratch = {0};

	if (!other->use.op || other->use.set != MM_IAM_ONE || strcasecmp(exact->key, other->key) != 0)
		return false;
	for (size_t i = 0; i < exact->values.n; i++) {
		if (mm_iam_clause_takes(other, exact->values.v[i], &scratch))
			return false;
	}
	return true;
}

/* The first that excludes it; a pair of exact ones is told once. */
static void lint_never(const struct mm_iam_lint *lint, size_t exact)
{
	const struct mm_iam_clause *clauses = lint->rule->clauses;

	for (size_t i = 0; i < lint->rule->clause_count && is_exact(&clauses[exact]); i++) {
		if (i == exact || (i < exact && is_exact(&clauses[i])) || !excludes(&clauses[exact], &clauses[i]))
			continue;
		mm_iam_complain(lint, MM_IAM_LINT_NEVER,
				"%s and %s of %.160s exclude each other: the statement never matches",
				clauses[exact].name, clauses[i].name, clauses[exact].key);
		return;
	}
}

void mm_iam_lint_conditions(const struct mm_iam_lint *lint)
{
	for (size_t i = 0; i < lint->rule->clause_count; i++) {
		const struct mm_iam_clause *clause = &lint->rule->clauses[i];

		lint_key(lint, clause->key);
		if (!clause->use.op) {
			lint_operator(lint, clause);
			continue;
		}
		lint_absence(lint, clause);
		lint_values(lint, clause);
		lint_never(lint, i);
	}
}
