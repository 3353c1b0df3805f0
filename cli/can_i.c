/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/can_i.h"

#include <mintmark/tokenapi.h>

void mm_can_i_answer_clear(struct mm_can_i_answer *answer)
{
	mm_strings_free(&answer->audiences);
	mm_buf_free(&answer->refusal);
	json_decref(answer->reasons);
	*answer = (struct mm_can_i_answer){0};
}

struct work {
	const struct mm_can_i_question *asked;
	struct mm_can_i_answer *answer;
	struct mm_rules *rules;
	struct mm_directory *directory;
	struct mm_account account;
	bool has_account;
};

/* ---- why not ---------------------------------------------------------------------------------------------------- */

/* Takes `reason` over, which says what the text is about. */
static void add_reason(struct work *work, json_t *reason, const struct mm_buf *text)
{
	work->answer->allowed = false;
	json_object_set_new(reason, "text", json_stringn(text->p, text->len));
	json_array_append_new(work->answer->reasons, reason);
}

/* "users: a, b" */
static void add_list(struct mm_buf *out, const char *what, const struct mm_strings *list)
{
	mm_buf_printf(out, "%s: %s", what, list->n == 0 ? "none" : "");
	for (size_t i = 0; i < list->n; i++)
		mm_buf_printf(out, "%s%s", i > 0 ? ", " : "", list->v[i]);
}

/* The first part of the rule that does not fit, and what the rule says there. */
static void add_rule_reason(struct work *work, size_t i, enum mm_rule_part part)
{
	const struct mm_records *records = &work->asked->config->rules;
	const struct mm_rule_record *rule = (const struct mm_rule_record *)records->v + i;
	const struct {
		const char *name;
		const struct mm_strings *says;
	} parts[] = {
		[MM_RULE_WHO] = {"users", &rule->users},
		[MM_RULE_MAY] = {"may", &rule->may},
		[MM_RULE_NAMESPACE] = {"namespaces", &rule->namespaces},
		[MM_RULE_ACCOUNT] = {"service_accounts", &rule->service_accounts},
		[MM_RULE_AUDIENCE] = {"audiences", &rule->audiences},
	};
	mm_auto_buf text = {0};

	add_list(&text, parts[part].name, parts[part].says);
	if (part == MM_RULE_WHO) {
		mm_buf_add_str(&text, "; ");
		add_list(&text, "groups", &rule->groups);
	}
	add_reason(work,
		   json_pack("{s:I, s:I, s:s}", "rule", (json_int_t)i + 1, "line", (json_int_t)records->lines[i],
			     "part", parts[part].name),
		   &text);
}

static void add_rule_reasons(struct work *work, const struct mm_question *question)
{
	mm_auto_buf text = {0};

	for (size_t i = 0; i < mm_rules_count(work->rules); i++)
		add_rule_reason(work, i, mm_rules_explain(work->rules, i, question));
	if (mm_rules_count(work->rules) > 0)
		return;
	mm_buf_add_str(&text, "there are no rules, so nobody may do anything");
	add_reason(work, json_object(), &text);
}

/* ---- the steps of a TokenRequest -------------------------------------------------------------------------------- */

static enum mm_code find_account(struct work *work, struct mm_err *err)
{
	const struct mm_can_i_question *asked = work->asked;
	mm_auto_buf text = {0};
	struct mm_err why = {0};
	enum mm_code code = mm_directory_account(work->directory, asked->config->issuer, asked->namespace,
						 asked->service_account, &work->account, &why);

	work->has_account = code == MM_OK;
	if (code != MM_ENOTFOUND)
		return code == MM_OK ? MM_OK : mm_fail(err, code, "%s", why.text);
	mm_buf_add_str(&text, why.text);
	add_reason(work, json_object(), &text);
	mm_buf_reset(&text);
	if (work->answer->refusal.len > 0)
		return MM_OK;
	mm_buf_add_str(&work->answer->refusal, "serviceaccounts ");
	mm_buf_add_quoted(&work->answer->refusal, mm_span_str(asked->service_account));
	mm_buf_add_str(&work->answer->refusal, " not found");
	return MM_OK;
}

/* Those asked for, else the account's own, else those of the API, else the issuer. */
static enum mm_code choose_audiences(struct work *work, struct mm_err *err)
{
	const struct mm_can_i_question *asked = work->asked;
	struct mm_strings *out = &work->answer->audiences;

	if (asked->audiences->n > 0)
		return mm_strings_copy(out, asked->audiences, err);
	if (work->has_account && work->account.audiences)
		return mm_strings_copy(out, work->account.audiences, err);
	if (asked->config->tokens.audiences.n > 0)
		return mm_strings_copy(out, &asked->config->tokens.audiences, err);
	return mm_strings_add(out, asked->config->issuer, err);
}

static void check_account_audiences(struct work *work)
{
	const struct mm_strings *own = work->has_account ? work->account.audiences : NULL;
	const struct mm_strings *audiences = &work->answer->audiences;
	mm_auto_buf text = {0};
	size_t i = 0;

	while (i < audiences->n && (!own || mm_strings_has(own, audiences->v[i])))
		i++;
	if (i == audiences->n)
		return;
	add_list(&text, "the service account has other audiences", own);
	add_reason(work, json_object(), &text);
	if (work->answer->refusal.len > 0)
		return;
	mm_buf_printf(&work->answer->refusal,
		      "serviceaccounts \"%s\" is forbidden: the service account has no audience ", work->account.name);
	mm_buf_add_quoted(&work->answer->refusal, mm_span_str(audiences->v[i]));
}

static void check_duration(struct work *work)
{
	mm_duration duration = work->asked->duration;
	const char *why = duration == 0 ? NULL : mm_token_request_lifetime_fault(duration);
	mm_auto_buf text = {0};

	if (!why)
		return;
	mm_buf_printf(&text, "a TokenRequest %s", why);
	add_reason(work, json_object(), &text);
	if (work->answer->refusal.len == 0)
		mm_buf_add_str(&work->answer->refusal, why);
}

static void set_bounds(struct work *work, const struct mm_decision *decision)
{
	struct mm_can_i_bounds *bounds = &work->answer->bounds;

	bounds->rules = decision->max_ttl;
	bounds->account = work->account.max_ttl > 0 ? work->account.max_ttl : INT64_MAX;
	bounds->tokens = work->asked->config->tokens.max_ttl;
	bounds->least = bounds->rules < bounds->account ? bounds->rules : bounds->account;
	if (bounds->tokens < bounds->least)
		bounds->least = bounds->tokens;
}

/* ---- the decision ----------------------------------------------------------------------------------------------- */

/* In the order of the server: the rules as far as the path tells, the account, its audiences, the rules again. */
static enum mm_code decide_mint(struct work *work, struct mm_question *question, struct mm_err *err)
{
	struct mm_can_i_answer *answer = work->answer;
	struct mm_decision decision;
	enum mm_code code;

	question->namespace = mm_span_str(work->asked->namespace);
	question->service_account = mm_span_str(work->asked->service_account);
	mm_rules_decide(work->rules, question, &decision);
	if (!decision.allowed)
		mm_rules_forbidden(question, &decision, mm_span_str(""), &answer->refusal);
	code = find_account(work, err);
	if (code == MM_OK)
		code = choose_audiences(work, err);
	if (code != MM_OK)
		return code;
	check_account_audiences(work);
	question->audiences = (const char *const *)answer->audiences.v;
	question->audience_count = answer->audiences.n;
	mm_rules_decide(work->rules, question, &decision);
	if (!decision.allowed && answer->refusal.len == 0)
		mm_rules_forbidden(question, &decision, mm_span_str(""), &answer->refusal);
	if (!decision.allowed)
		add_rule_reasons(work, question);
	check_duration(work);
	answer->rule = decision.rule;
	answer->line = decision.line;
	set_bounds(work, &decision);
	return MM_OK;
}

static void decide_other(struct work *work, const struct mm_question *question)
{
	struct mm_can_i_answer *answer = work->answer;
	struct mm_decision decision;

	mm_rules_decide(work->rules, question, &decision);
	answer->rule = decision.rule;
	answer->line = decision.line;
	if (decision.allowed)
		return;
	mm_rules_forbidden(question, &decision, mm_span_str("/metrics"), &answer->refusal);
	add_rule_reasons(work, question);
}

static void refuse_credential(struct work *work)
{
	mm_auto_buf text = {0};

	mm_buf_add_str(&text, work->asked->who->refused.text);
	add_reason(work, json_object(), &text);
	mm_buf_add_str(&work->answer->refusal, "Unauthorized");
}

static enum mm_code decide(struct work *work, struct mm_err *err)
{
	struct mm_question question = {.user = &work->asked->who->user, .privilege = work->asked->privilege};
	enum mm_code code = mm_rules_build(work->asked->config, &work->rules, err);

	if (code == MM_OK)
		code = mm_directory_build(work->asked->config, &work->directory, err);
	if (code != MM_OK)
		return code;
	if (!question.user->name)
		refuse_credential(work);
	else if (question.privilege == MM_PRIV_MINT)
		code = decide_mint(work, &question, err);
	else
		decide_other(work, &question);
	return code == MM_OK ? mm_buf_check(&work->answer->refusal, err) : code;
}

enum mm_code mm_can_i_decide(const struct mm_can_i_question *question, struct mm_can_i_answer *answer,
			     struct mm_err *err)
{
	struct work work = {.asked = question, .answer = answer};
	enum mm_code code;

	*answer = (struct mm_can_i_answer){.allowed = true, .reasons = json_array()};
	code = decide(&work, err);
	mm_rules_free(work.rules);
	mm_directory_free(work.directory);
	return code;
}
