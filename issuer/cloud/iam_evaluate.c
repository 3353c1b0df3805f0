/* SPDX-License-Identifier: Apache-2.0 */
/*
 * IAM User Guide, "Policy evaluation logic" and "Conditions with multiple context keys or values": what a condition, a
 * statement, a policy comes to. Where something cannot be said (a value is not of its operator's type, an operator is not
 * known), an Allow does not match by it, and a Deny may.
 */
#include "issuer/cloud/iam_pattern.h"
#include "issuer/cloud/iam_policy.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* Ordered, so that AND is the least and OR the greatest (Kleene's logic). */
enum truth { FALSE, UNSURE, TRUE };

static enum truth not(enum truth truth) { return TRUE - truth; }

/* What conditions are evaluated against: the request, and what every request has. */
struct context {
	const struct mm_iam_request *request;
	const struct mm_iam_times *times;
	bool variables;
};

/* aws:CurrentTime and aws:EpochTime; the decision owns them. */
struct mm_iam_times {
	char texts[2][MM_TIME_TEXT_SIZE];
	const char *values[2];
	struct mm_iam_key keys[2];
};

static struct mm_iam_times *times_new(mm_time now)
{
	struct mm_iam_times *times = calloc(1, sizeof *times);

	if (!times)
		return NULL;
	mm_time_format(now, times->texts[0]);
	snprintf(times->texts[1], sizeof times->texts[1], "%lld", (long long)now);
	for (size_t i = 0; i < MM_COUNT(times->keys); i++) {
		times->values[i] = times->texts[i];
		times->keys[i] = (struct mm_iam_key){
			.name = i == 0 ? "aws:CurrentTime" : "aws:EpochTime", .values = &times->values[i], .count = 1};
	}
	return times;
}

/* ---- keys ------------------------------------------------------------------------------------------------------- */

static const struct mm_iam_key *find_in(const struct mm_iam_key *keys, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++) {
		if (strcasecmp(keys[i].name, name) == 0)
			return keys[i].count > 0 ? &keys[i] : NULL;
	}
	return NULL;
}

/* "Condition key names are not case-sensitive." NULL: the request does not have it. */
static const struct mm_iam_key *find_key(const struct context *context, const char *name)
{
	const struct mm_iam_key *key = find_in(context->request->keys, context->request->key_count, name);

	return key ? key : find_in(context->times->keys, MM_COUNT(context->times->keys), name);
}

/* "you cannot use a multivalued context key as a policy variable" */
static const char *variable(const void *arg, const char *name)
{
	const struct mm_iam_key *key = find_key(arg, name);

	return key && key->count == 1 && !key->multivalued ? key->values[0] : NULL;
}

/* ---- values ----------------------------------------------------------------------------------------------------- */

/* One value of the policy, as its operator reads it, and one of the request: whether they compare as the operator says. */
static enum truth compare(const struct context *context, const struct mm_iam_operator *op, const char *wanted,
			  const char *got, const char **why)
{
	struct mm_iam_expansion expansion = {.wildcards = op->wildcards,
					     .value = op->variables && context->variables ? variable : NULL,
					     .arg = context};
	mm_auto_buf pattern = {0};
	enum mm_iam_order order;

	mm_buf_add_str(&pattern, "");
	if (!mm_iam_expand(&expansion, wanted, &pattern)) {
		*why = "a policy variable has no value in this request";
		return UNSURE;
	}
	if (pattern.failed) {
		*why = "out of memory";
		return UNSURE;
	}
	order = op->compare(mm_buf_span(&pattern), got);
	if (order == MM_IAM_UNREADABLE) {
		*why = "a value is not of the operator's type";
		return UNSURE;
	}
	return (order & op->accepts) != 0 ? TRUE : FALSE;
}

/* One value of the request against all of the policy: OR, and NOR of a negated operator. */
static enum truth value_holds(const struct context *context, const struct mm_iam_clause *clause, const char *got,
			      const char **why)
{
	enum truth any = FALSE;

	for (size_t i = 0; i < clause->values.n && any != TRUE; i++) {
		enum truth one = compare(context, clause->use.op, clause->values.v[i], got, why);

		any = one > any ? one : any;
	}
	return clause->use.op->negated ? not(any) : any;
}

/*
 * "Multivalued context keys require a condition set operator": what comes of one without is not documented. It is
 * decided where both set operators would agree.
 */
static enum truth values_hold(const struct context *context, const struct mm_iam_clause *clause,
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

static enum truth holds(const struct context *context, const struct mm_iam_clause *clause, const struct mm_iam_key *key,
			const char **why)
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

static bool is_knowable(const struct context *context, const char *name)
{
	const struct mm_iam_request *request = context->request;

	return !request->knows || request->knows(request->arg, name);
}

static struct mm_iam_condition evaluate_clause(const struct context *context, const struct mm_iam_clause *clause,
					       bool deny)
{
	struct mm_iam_condition out = {.operator= clause->name,
				       .key = clause->key,
				       .wanted = (const char *const *)clause->values.v,
				       .wanted_count = clause->values.n,
				       .got = find_key(context, clause->key)};
	enum truth truth;

	if (clause->use.op && !out.got && !is_knowable(context, clause->key)) {
		out.outcome = MM_IAM_UNDECIDED;
		out.why = "nothing is known of this key here";
		return out;
	}
	truth = holds(context, clause, out.got, &out.why);
	if (truth == UNSURE)
		out.outcome = deny ? MM_IAM_UNDECIDED : MM_IAM_NO_MATCH;
	else
		out.outcome = truth == TRUE ? MM_IAM_MATCH : MM_IAM_NO_MATCH;
	return out;
}

/* ---- statements ------------------------------------------------------------------------------------------------- */

static bool action_matches(const struct mm_iam_element *actions, const char *action)
{
	bool found = false;

	for (size_t i = 0; i < actions->as_shown.n && !found; i++)
		found = mm_iam_action_match(mm_iam_as_written(actions, i), action);
	return found != actions->negated;
}

/* Principals are compared exactly: "You cannot use a wildcard to match part of a principal name or ARN." */
static bool principal_matches(const struct mm_iam_element *principals, const struct mm_iam_request *request)
{
	size_t type = strlen(request->principal_type);
	bool found = principals->everybody;

	for (size_t i = 0; i < principals->as_shown.n && !found; i++) {
		const char *principal = mm_iam_as_written(principals, i);

		if (strncmp(principal, request->principal_type, type) == 0 && principal[type] == ':')
			found = strcmp(principal + type + 1, request->principal) == 0 ||
				strcmp(principal + type + 1, "*") == 0;
	}
	return found != principals->negated;
}

static enum mm_iam_outcome outcome_of(const struct mm_iam_statement *statement)
{
	enum mm_iam_outcome outcome = MM_IAM_MATCH;

	if (!statement->action_matches || !statement->principal_matches)
		return MM_IAM_NO_MATCH;
	for (size_t i = 0; i < statement->condition_count; i++) {
		if (statement->conditions[i].outcome == MM_IAM_NO_MATCH)
			return MM_IAM_NO_MATCH;
		if (statement->conditions[i].outcome == MM_IAM_UNDECIDED)
			outcome = MM_IAM_UNDECIDED;
	}
	return outcome;
}

static enum mm_code evaluate_rule(const struct context *context, const struct mm_iam_rule *rule,
				  struct mm_iam_statement *out, struct mm_err *err)
{
	out->sid = rule->sid;
	out->deny = rule->deny;
	out->action_matches = action_matches(&rule->actions, context->request->action);
	out->principal_matches = principal_matches(&rule->principals, context->request);
	out->actions = rule->actions.as_shown;
	out->principals = rule->principals.as_shown;
	out->conditions = calloc(rule->clause_count + 1, sizeof *out->conditions);
	if (!out->conditions)
		return mm_fail(err, MM_ENOMEM, "out of memory");
	out->condition_count = rule->clause_count;
	for (size_t i = 0; i < rule->clause_count; i++)
		out->conditions[i] = evaluate_clause(context, &rule->clauses[i], rule->deny);
	out->outcome = outcome_of(out);
	return MM_OK;
}

/* ---- the decision ----------------------------------------------------------------------------------------------- */

/* "an explicit deny in any of these policies overrides the allow" */
static enum mm_iam_verdict verdict_of(const struct mm_iam_decision *decision)
{
	bool allowed = false, undecided = false;

	for (size_t i = 0; i < decision->count; i++) {
		const struct mm_iam_statement *statement = &decision->statements[i];

		if (statement->outcome == MM_IAM_NO_MATCH)
			continue;
		if (statement->deny)
			return MM_IAM_DENIED_EXPLICIT;
		allowed = allowed || statement->outcome == MM_IAM_MATCH;
		undecided = undecided || statement->outcome == MM_IAM_UNDECIDED;
	}
	return allowed ? MM_IAM_ALLOWED : undecided ? MM_IAM_UNKNOWN : MM_IAM_DENIED;
}

enum mm_code mm_iam_evaluate(const struct mm_iam_policy *policy, const struct mm_iam_request *request, mm_time now,
			     struct mm_iam_decision *out, struct mm_err *err)
{
	mm_auto_iam_decision decision = {.times = times_new(now),
					 .statements = calloc(policy->rule_count, sizeof *decision.statements)};
	struct context context = {.request = request, .times = decision.times, .variables = policy->variables};
	enum mm_code code = MM_OK;

	*out = (struct mm_iam_decision){0};
	if (!decision.times || !decision.statements)
		return mm_fail(err, MM_ENOMEM, "out of memory");
	for (size_t i = 0; code == MM_OK && i < policy->rule_count; i++) {
		decision.statements[decision.count++].index = i;
		code = evaluate_rule(&context, &policy->rules[i], &decision.statements[i], err);
	}
	if (code != MM_OK)
		return code;
	decision.verdict = verdict_of(&decision);
	*out = decision;
	decision = (struct mm_iam_decision){0};
	return MM_OK;
}

void mm_iam_decision_clear(struct mm_iam_decision *decision)
{
	for (size_t i = 0; i < decision->count; i++)
		free(decision->statements[i].conditions);
	free(decision->statements);
	free(decision->times);
	*decision = (struct mm_iam_decision){0};
}
