/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/explanation.h"

#include "cli/findings.h"
#include "cli/flow.h"
#include "cli/output.h"

#include <mintmark/json.h>

static const char *const outcomes[] = {
	[MM_IAM_MATCH] = "matches",
	[MM_IAM_NO_MATCH] = "does not match",
	[MM_IAM_UNDECIDED] = "undecided",
};

/* The same for programs. */
static const char *const outcome_words[] = {
	[MM_IAM_MATCH] = "match",
	[MM_IAM_NO_MATCH] = "no-match",
	[MM_IAM_UNDECIDED] = "undecided",
};

static const char *const verdicts[] = {
	[MM_IAM_ALLOWED] = "allowed",
	[MM_IAM_DENIED] = "denied",
	[MM_IAM_DENIED_EXPLICIT] = "denied-explicitly",
	[MM_IAM_UNKNOWN] = "undecided",
};

/* The answer of STS in one word; that of the policy alone where STS would come so far. */
static const char *verdict(const struct mm_explanation *explanation)
{
	return explanation->decided ? verdicts[explanation->decision.verdict] : verdicts[MM_IAM_DENIED];
}

/* ---- for people ------------------------------------------------------------------------------------------------- */

static void add_value(struct mm_buf *out, const char *text)
{
	mm_buf_add_quoted(out, mm_span_str(text));
}

static void add_values(struct mm_buf *out, const char *what, const char *const *values, size_t count)
{
	mm_buf_printf(out, "    %-8s", what);
	for (size_t i = 0; i < count; i++) {
		mm_buf_add_str(out, i > 0 ? ", " : "");
		add_value(out, values[i]);
	}
	mm_buf_add_str(out, "\n");
}

static void add_condition(struct mm_buf *out, const struct mm_iam_condition *condition)
{
	mm_buf_add_str(out, "  ");
	mm_add_visible(out, mm_span_str(condition->operator), false);
	mm_buf_add_str(out, " ");
	mm_add_visible(out, mm_span_str(condition->key), false);
	mm_buf_printf(out, ": %s", outcomes[condition->outcome]);
	if (condition->why)
		mm_buf_printf(out, ", %s", condition->why);
	mm_buf_add_str(out, "\n");
	add_values(out, "wanted", condition->wanted, condition->wanted_count);
	if (condition->got)
		add_values(out, "got", condition->got->values, condition->got->count);
	else
		mm_buf_add_str(out, "    got     nothing\n");
}

static void add_element(struct mm_buf *out, const char *what, bool matches, const struct mm_strings *written,
			const char *got)
{
	mm_buf_printf(out, "  %s: %s\n", what, outcomes[matches ? MM_IAM_MATCH : MM_IAM_NO_MATCH]);
	add_values(out, "wanted", (const char *const *)written->v, written->n);
	add_values(out, "got", &got, 1);
}

static void add_statement(struct mm_buf *out, const struct mm_iam_statement *statement, const char *principal)
{
	mm_buf_printf(out, "Statement[%zu]", statement->index);
	if (statement->sid) {
		mm_buf_add_str(out, " ");
		add_value(out, statement->sid);
	}
	mm_buf_printf(out, ", %s: %s\n", statement->deny ? "Deny" : "Allow", outcomes[statement->outcome]);
	add_element(out, "principal", statement->principal_matches, &statement->principals, principal);
	add_element(out, "action", statement->action_matches, &statement->actions, MM_STS_WEB_IDENTITY);
	for (size_t i = 0; i < statement->condition_count; i++)
		add_condition(out, &statement->conditions[i]);
}

static void add_findings(struct mm_buf *out, const char *title, const struct mm_findings *findings, bool colour)
{
	if (findings->n == 0)
		return;
	mm_buf_printf(out, "\n%s\n", title);
	mm_findings_add_text(out, findings, MM_FINDING_PASS, colour);
}

void mm_explanation_add_text(struct mm_buf *out, const struct mm_explanation *explanation, bool colour)
{
	const struct mm_findings *hints = &explanation->hints;
	const struct mm_iam_decision *decision = &explanation->decision;

	mm_buf_printf(out, "%s%s%s\n", verdict(explanation), explanation->error ? ": " : "",
		      explanation->error ? explanation->error : "");
	if (!explanation->allowed && hints->n > 0)
		mm_buf_printf(out, "probably: %s\n", hints->v[0].text);
	add_findings(out, "The token", &explanation->token, colour);
	add_findings(out, "The provider", &explanation->provider, colour);
	add_findings(out, "The service account", &explanation->account, colour);
	if (decision->count > 0)
		mm_buf_printf(out, "\nThe policy%s\n",
			      explanation->decided ? "" : ", which STS would not come to look at");
	for (size_t i = 0; i < decision->count; i++)
		add_statement(out, &decision->statements[i], explanation->principal);
	add_findings(out, "What is probably wrong", hints, colour);
}

/* ---- for programs ----------------------------------------------------------------------------------------------- */

static json_t *json_texts(const char *const *values, size_t count)
{
	json_t *array = json_array();

	for (size_t i = 0; i < count; i++)
		array = mm_json_append(array, json_string(values[i]));
	return array;
}

static json_t *json_condition(const struct mm_iam_condition *condition)
{
	const struct mm_iam_key *got = condition->got;

	return json_pack("{s:s, s:s, s:s, s:o, s:o, s:s?}", "operator", condition->operator, "key", condition->key,
			 "outcome", outcome_words[condition->outcome], "wanted",
			 json_texts(condition->wanted, condition->wanted_count), "got",
			 got ? json_texts(got->values, got->count) : json_null(), "why", condition->why);
}

static json_t *json_element(bool matches, const struct mm_strings *written)
{
	return json_pack("{s:b, s:o}", "matches", matches, "wanted",
			 json_texts((const char *const *)written->v, written->n));
}

static json_t *json_statement(const struct mm_iam_statement *statement)
{
	json_t *conditions = json_array();

	for (size_t i = 0; i < statement->condition_count; i++)
		conditions = mm_json_append(conditions, json_condition(&statement->conditions[i]));
	return json_pack("{s:I, s:s?, s:s, s:s, s:o, s:o, s:o}", "index", (json_int_t)statement->index, "sid",
			 statement->sid, "effect", statement->deny ? "Deny" : "Allow", "outcome",
			 outcome_words[statement->outcome], "principal",
			 json_element(statement->principal_matches, &statement->principals), "action",
			 json_element(statement->action_matches, &statement->actions), "conditions", conditions);
}

static json_t *json_statements(const struct mm_iam_decision *decision)
{
	json_t *array = json_array();

	for (size_t i = 0; i < decision->count; i++)
		array = mm_json_append(array, json_statement(&decision->statements[i]));
	return array;
}

json_t *mm_explanation_json(const struct mm_explanation *explanation)
{
	return json_pack("{s:b, s:s, s:s?, s:b, s:s?, s:o, s:o, s:o, s:o, s:o}", "allowed", explanation->allowed,
			 "verdict", verdict(explanation), "error", explanation->error, "decided", explanation->decided,
			 "principal", explanation->principal, "token", mm_findings_json(&explanation->token),
			 "provider", mm_findings_json(&explanation->provider), "account",
			 mm_findings_json(&explanation->account), "statements", json_statements(&explanation->decision),
			 "hints", mm_findings_json(&explanation->hints));
}
