/* SPDX-License-Identifier: Apache-2.0 */
/*
 * IAM User Guide: "Condition operators", "Conditions with multiple context keys or values", "Single-valued vs.
 * multivalued context keys", "Variables and tags".
 */
#include "issuer/iam/iam_condition.h"
#include "issuer/iam/iam_pattern.h"

#include <string.h>
#include <strings.h>

/* Ordered, so that AND is the least and OR the greatest (Kleene's logic). */
enum truth { FALSE, UNSURE, TRUE };

static enum truth opposite(enum truth truth)
{
	return TRUE - truth;
}

bool mm_iam_is_claim(const char *claim)
{
	static const char *const claims[] = {"amr", "aud", "email", "oaud", "sub"};

	for (size_t i = 0; i < MM_COUNT(claims); i++) {
		if (strcasecmp(claim, claims[i]) == 0)
			return true;
	}
	return false;
}

/* ---- keys ------------------------------------------------------------------------------------------------------- */

static const struct mm_iam_key *find_in(const struct mm_iam_key *keys, size_t count, struct mm_span name)
{
	for (size_t i = 0; i < count; i++) {
		if (strncasecmp(keys[i].name, name.p, name.len) == 0 && keys[i].name[name.len] == '\0')
			return keys[i].count > 0 ? &keys[i] : NULL;
	}
	return NULL;
}

/* "Condition key names are not case-sensitive." NULL: the request does not have it. */
static const struct mm_iam_key *find_key(const struct mm_iam_context *context, struct mm_span name)
{
	const struct mm_iam_key *key = find_in(context->request->keys, context->request->key_count, name);

	return key ? key : find_in(context->times->keys, MM_COUNT(context->times->keys), name);
}

/* "you cannot use a multivalued context key as a policy variable" */
static const char *variable(const void *arg, struct mm_span name)
{
	const struct mm_iam_key *key = find_key(arg, name);

	return key && key->count == 1 && !key->multivalued ? key->values[0] : NULL;
}

static bool is_knowable(const struct mm_iam_context *context, const char *name)
{
	const struct mm_iam_request *request = context->request;

	return !request->knows || request->knows(request->arg, name);
}

static bool is_variable_knowable(const void *arg, struct mm_span name)
{
	mm_auto_string key = strndup(name.p, name.len);

	return key && is_knowable(arg, key);
}

/* ---- values ----------------------------------------------------------------------------------------------------- */

/* One value of the policy, as its operator reads it, and one of the request: whether they compare as it says. */
static enum truth compare(const struct mm_iam_context *context, const struct mm_iam_operator *op, const char *wanted,
			  const char *got, const char **why)
{
	struct mm_iam_expansion expansion = {.wildcards = op->wildcards,
					     .value = op->variables && context->variables ? variable : NULL,
					     .knows = is_variable_knowable,
					     .arg = context};
	struct mm_buf *pattern = context->scratch;
	enum mm_iam_order order;

	pattern->len = 0;
	mm_buf_add_str(pattern, "");
	if (!mm_iam_expand(&expansion, wanted, pattern)) {
		*why = "a policy variable has no value in this request";
		return UNSURE;
	}
	order = pattern->failed ? MM_IAM_UNREADABLE : op->compare(mm_buf_span(pattern), got);
	if (order == MM_IAM_UNREADABLE) {
		*why = "a value is not of the operator's type";
		return UNSURE;
	}
	return (order & op->accepts) != 0 ? TRUE : FALSE;
}

/*
 * One value of the request against all of the policy: OR, and NOR of a negated operator. IAM takes no condition without
 * values.
 */
static enum truth value_holds(const struct mm_iam_context *context, const struct mm_iam_clause *clause, const char *got,
			      const char **why)
{
	enum truth any = FALSE;

	if (clause->values.n == 0) {
		*why = "it names no value";
		return UNSURE;
	}
	for (size_t i = 0; i < clause->values.n && any != TRUE; i++) {
		enum truth one = compare(context, clause->use.op, clause->values.v[i], got, why);

		any = one > any ? one : any;
	}
	return clause->use.op->negated ? opposite(any) : any;
}

/*
 * "Multivalued context keys require a condition set operator": what comes of one without is not documented. It is
 * decided where both set operators would agree.
 */
static enum truth values_hold(const struct mm_iam_context *context, const struct mm_iam_clause *clause,
			      const struct mm_iam_key *key, const char **why)
{
	enum truth all = TRUE, any = FALSE;

	for (size_t i = 0; i < key->count; i++) {
		enum truth one = value_holds(context, clause, key->values[i], why);

		all = one < all ? one : all;
		any = one > any ? one : any;
	}
	if (clause->use.set == MM_IAM_FOR_ALL)
		return all;
	if (clause->use.set == MM_IAM_FOR_ANY || any == all)
		return any;
	*why = "the key has several values, and the operator neither ForAnyValue: nor ForAllValues:";
	return UNSURE;
}

/* ---- conditions ------------------------------------------------------------------------------------------------- */

/* "a null dataset, such as an empty string" */
static bool is_empty(const struct mm_iam_key *key)
{
	for (size_t i = 0; key && i < key->count; i++) {
		if (*key->values[i])
			return false;
	}
	return true;
}

/* Null is true for a key that is not there. With a set operator it "always returns true or false respectively". */
static enum truth null_holds(const struct mm_iam_clause *clause, const struct mm_iam_key *key, const char **why)
{
	enum truth any = FALSE;

	if (clause->use.set != MM_IAM_ONE)
		return clause->use.set == MM_IAM_FOR_ALL ? TRUE : FALSE;
	for (size_t i = 0; i < clause->values.n && any != TRUE; i++) {
		bool wanted;

		if (!mm_iam_read_bool(mm_span_str(clause->values.v[i]), &wanted)) {
			*why = "a value of Null is neither true nor false";
			any = UNSURE;
		} else if (wanted == is_empty(key)) {
			any = TRUE;
		}
	}
	return any;
}

/*
 * A condition on a key that the request does not have, or has without a value where that is the same. ForAnyValue with
 * IfExists: the guide says true for the one and false for the other, and not which of them wins.
 */
static enum truth absent_holds(const struct mm_iam_use *use)
{
	if (use->set == MM_IAM_FOR_ALL)
		return TRUE;
	if (use->set == MM_IAM_FOR_ANY)
		return use->if_exists ? UNSURE : FALSE;
	return use->if_exists || use->op->negated ? TRUE : FALSE;
}

static enum truth holds(const struct mm_iam_context *context, const struct mm_iam_clause *clause,
			const struct mm_iam_key *key, const char **why)
{
	bool absent = clause->use.set == MM_IAM_ONE ? !key : is_empty(key);

	if (!clause->use.op) {
		*why = "unknown operator";
		return UNSURE;
	}
	*why = key ? NULL : "the key is not in the request";
	if (clause->use.op->type == MM_IAM_NULL)
		return null_holds(clause, key, why);
	return absent ? absent_holds(&clause->use) : values_hold(context, clause, key, why);
}

bool mm_iam_clause_takes(const struct mm_iam_clause *clause, const char *value, struct mm_buf *scratch)
{
	const struct mm_iam_context nothing = {.variables = false, .scratch = scratch};
	const struct mm_iam_key key = {.name = clause->key, .values = &value, .count = 1};
	const char *why;

	return holds(&nothing, clause, &key, &why) != FALSE;
}

struct mm_iam_condition mm_iam_clause_evaluate(const struct mm_iam_context *context, const struct mm_iam_clause *clause,
					       bool deny)
{
	const struct mm_iam_key *got = find_key(context, mm_span_str(clause->key));
	struct mm_iam_condition out = {
		clause->name, clause->key,      (const char *const *)clause->values.v, clause->values.n,
		got,          MM_IAM_UNDECIDED, "nothing is known of this key here"};
	enum truth truth;

	if (clause->use.op && !got && !is_knowable(context, clause->key))
		return out;
	truth = holds(context, clause, got, &out.why);
	if (truth == UNSURE)
		out.outcome = deny ? MM_IAM_UNDECIDED : MM_IAM_NO_MATCH;
	else
		out.outcome = truth == TRUE ? MM_IAM_MATCH : MM_IAM_NO_MATCH;
	return out;
}
