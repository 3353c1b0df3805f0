/* SPDX-License-Identifier: Apache-2.0 */
/* IAM User Guide, "Policy evaluation logic": what the statements come to, and what of them. */
#include "issuer/iam/iam_condition.h"
#include "issuer/iam/iam_pattern.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

/* ---- statements ------------------------------------------------------------------------------------------------- */

/* IAM takes no element that names nothing; one of an Allow is for no request then, also when it is negated. */
static bool is_for(const struct mm_iam_element *element, bool found, bool deny)
{
	return found != element->negated && (deny || element->as_shown.n > 0);
}

static bool action_matches(const struct mm_iam_rule *rule, const char *action)
{
	const struct mm_iam_element *actions = &rule->actions;
	bool found = false;

	for (size_t i = 0; i < actions->as_shown.n && !found; i++)
		found = mm_iam_action_match(mm_iam_as_written(actions, i), action);
	return is_for(actions, found, rule->deny);
}

/*
 * Principals are compared exactly: "You cannot use a wildcard to match part of a principal name or ARN." Of a star that
 * is all of one which is not of AWS, the guide says nothing: it never allows, and may deny.
 */
static bool principal_matches(const struct mm_iam_rule *rule, const struct mm_iam_request *request)
{
	const struct mm_iam_element *principals = &rule->principals;
	size_t type = strlen(request->principal_type);
	bool found = principals->everybody;

	for (size_t i = 0; i < principals->as_shown.n && !found; i++) {
		const char *principal = mm_iam_as_written(principals, i);

		if (strncmp(principal, request->principal_type, type) == 0 && principal[type] == ':')
			found = strcmp(principal + type + 1, request->principal) == 0 ||
				(strcmp(principal + type + 1, "*") == 0 && rule->deny != principals->negated);
	}
	return is_for(principals, found, rule->deny);
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

static enum mm_code evaluate_rule(const struct mm_iam_context *context, const struct mm_iam_rule *rule,
				  struct mm_iam_statement *out, struct mm_err *err)
{
	out->sid = rule->sid;
	out->deny = rule->deny;
	out->action_matches = action_matches(rule, context->request->action);
	out->principal_matches = principal_matches(rule, context->request);
	out->actions = rule->actions.as_shown;
	out->principals = rule->principals.as_shown;
	out->conditions = calloc(rule->clause_count + 1, sizeof *out->conditions);
	if (!out->conditions)
		return mm_fail(err, MM_ENOMEM, "out of memory");
	out->condition_count = rule->clause_count;
	for (size_t i = 0; i < rule->clause_count; i++)
		out->conditions[i] = mm_iam_clause_evaluate(context, &rule->clauses[i], rule->deny);
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
	mm_auto_buf scratch = {0};
	struct mm_iam_context context = {
		.request = request, .times = decision.times, .variables = policy->variables, .scratch = &scratch};
	enum mm_code code = MM_OK;

	*out = (struct mm_iam_decision){0};
	if (!decision.times || !decision.statements)
		return mm_fail(err, MM_ENOMEM, "out of memory");
	for (size_t i = 0; code == MM_OK && i < policy->rule_count; i++) {
		decision.statements[decision.count++].index = i;
		code = evaluate_rule(&context, &policy->rules[i], &decision.statements[i], err);
	}
	if (code == MM_OK)
		code = mm_buf_check(&scratch, err);
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
