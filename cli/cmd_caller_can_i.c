/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/args.h"
#include "cli/can_i.h"
#include "cli/output.h"

#include <mintmark/json.h>
#include <string.h>

struct can_i_options {
	struct mm_common_options common;
	const char *as;
	struct mm_strings groups;
	const char *token;
	const char *certificate;
	const char *namespace;
	struct mm_strings audiences;
	mm_duration duration;
};

/* ---- what is asked ---------------------------------------------------------------------------------------------- */

static enum mm_code check_who(const struct can_i_options *options, struct mm_err *err)
{
	int given = !!options->as + !!options->token + !!options->certificate;

	if (given == 0)
		return mm_fail(err, MM_EUSAGE,
			       "caller can-i: who asks is missing; accepted: --as USER, --token FILE or --certificate "
			       "FILE");
	if (given > 1)
		return mm_fail(err, MM_EUSAGE,
			       "caller can-i: --as, --token and --certificate each say who asks; "
			       "accepted: one of them");
	if (options->groups.n > 0 && !options->as)
		return mm_fail(err, MM_EUSAGE, "caller can-i: --as-group needs --as: the credential names its groups");
	return MM_OK;
}

/* What becomes JSON, and of which no name in the configuration could be one. */
static enum mm_code check_text(const char *what, const char *text, struct mm_err *err)
{
	if (!text || mm_utf8_valid(mm_span_str(text)))
		return MM_OK;
	return mm_fail(err, MM_EUSAGE, "caller can-i: %s: not UTF-8", what);
}

static enum mm_code check_texts(const struct mm_call *call, struct mm_err *err)
{
	const struct can_i_options *options = call->options;
	enum mm_code code = check_text("--namespace", options->namespace, err);

	if (code == MM_OK && call->argument_count > 1)
		code = check_text("SERVICEACCOUNT", call->arguments[1], err);
	for (size_t i = 0; i < options->audiences.n && code == MM_OK; i++)
		code = check_text("--audience", options->audiences.v[i], err);
	return code;
}

static enum mm_code check_what(const struct mm_call *call, enum mm_privilege privilege, struct mm_err *err)
{
	const struct can_i_options *options = call->options;
	bool has_account = call->argument_count > 1;

	if (privilege == MM_PRIV_NONE)
		return mm_fail(err, MM_EUSAGE, "caller can-i: found \"%.80s\"; accepted: mint, review or metrics",
			       call->arguments[0]);
	if (privilege == MM_PRIV_MINT && !has_account)
		return mm_fail(err, MM_EUSAGE, "caller can-i: mint needs SERVICEACCOUNT");
	if (privilege != MM_PRIV_MINT &&
	    (has_account || options->namespace || options->audiences.n > 0 || options->duration > 0))
		return mm_fail(err, MM_EUSAGE,
			       "caller can-i: %s is for no service account; accepted: no SERVICEACCOUNT, --namespace, "
			       "--audience and --duration",
			       call->arguments[0]);
	return check_texts(call, err);
}

/* Loads the configuration, and of the key set what proves tokens where there is a credential to look at. */
static enum mm_code find_out_who(struct mm_call *call, struct mm_cli_context *context, struct mm_can_i_who *who,
				 struct mm_err *err)
{
	const struct can_i_options *options = call->options;
	mm_auto(mm_snapshot) snapshot = NULL;
	mm_time now = mm_clock_now();
	enum mm_code code;

	if (options->as) {
		code = mm_cli_load_config(call, context, err);
		return code == MM_OK ? mm_can_i_named(options->as, &options->groups, who, err) : code;
	}
	code = mm_cli_open_snapshot(call, false, now, context, &snapshot, err);
	if (code != MM_OK)
		return code;
	if (options->token)
		return mm_can_i_by_token(options->token, context->config, snapshot, now, who, err);
	return mm_can_i_by_certificate(options->certificate, context->config, snapshot, now, who, err);
}

/* ---- the answer ------------------------------------------------------------------------------------------------- */

static void add_list(struct mm_buf *out, const char *what, const struct mm_strings *list)
{
	mm_buf_printf(out, "%s: ", what);
	for (size_t i = 0; i < list->n; i++)
		mm_buf_printf(out, "%s%s", i > 0 ? ", " : "", list->v[i]);
	mm_buf_add_str(out, "\n");
}

static void add_bound(struct mm_buf *out, const char *what, mm_duration bound)
{
	char text[MM_DURATION_TEXT_SIZE];

	if (bound == INT64_MAX)
		return;
	mm_duration_format(bound, text);
	mm_buf_printf(out, "%s %s", what, text);
}

/* "lifetime: up to 1h (tokens.max_ttl 1d, rules 2h, service account 1h)" */
static void add_lifetime(struct mm_buf *out, const struct mm_can_i_bounds *bounds, mm_duration wanted)
{
	add_bound(out, "lifetime: up to", bounds->least);
	add_bound(out, " (tokens.max_ttl", bounds->tokens);
	add_bound(out, ", rules", bounds->rules);
	add_bound(out, ", service account", bounds->account);
	mm_buf_add_str(out, ")");
	if (wanted > bounds->least) {
		add_bound(out, "; a request for", wanted);
		mm_buf_add_str(out, " is shortened to that");
	}
	mm_buf_add_str(out, "\n");
}

static void add_who(struct mm_buf *out, const struct mm_can_i_who *who)
{
	if (!who->user.name)
		return;
	mm_buf_printf(out, "user: %s", who->user.name);
	if (who->kind != MM_CALLER_NOBODY)
		mm_buf_printf(out, ", known by %s", mm_caller_kind_name(who->kind));
	mm_buf_add_str(out, "\n");
	add_list(out, "groups", &who->user.groups);
}

static void add_reasons(struct mm_buf *out, const struct mm_config *config, const json_t *reasons)
{
	size_t i;
	json_t *reason;

	json_array_foreach(reasons, i, reason)
	{
		json_int_t rule = json_integer_value(json_object_get(reason, "rule"));

		if (rule > 0)
			mm_buf_printf(out, "rule %lld (%s:%lld) does not fit: ", (long long)rule, config->name,
				      (long long)json_integer_value(json_object_get(reason, "line")));
		mm_buf_printf(out, "%s\n", mm_json_text(reason, "text"));
	}
}

static enum mm_code print_text(const struct mm_can_i_question *question, const struct mm_can_i_answer *answer,
			       struct mm_err *err)
{
	mm_auto_buf text = {0}, visible = {0};
	enum mm_code code;

	add_who(&text, question->who);
	if (answer->audiences.n > 0)
		add_list(&text, "audiences", &answer->audiences);
	if (answer->allowed)
		mm_buf_printf(&text, "rule %zu (%s:%zu) allows it\n", answer->rule + 1, question->config->name,
			      answer->line);
	if (answer->allowed && question->privilege == MM_PRIV_MINT)
		add_lifetime(&text, &answer->bounds, question->duration);
	add_reasons(&text, question->config, answer->reasons);
	code = mm_buf_check(&text, err);
	if (code != MM_OK)
		return code;
	mm_buf_printf(&visible, "%s\n", answer->allowed ? "yes" : "no");
	for (char *rest = text.p, *line; (line = strsep(&rest, "\n")) && rest;) {
		mm_add_visible(&visible, mm_span_str(line), false);
		mm_buf_add_str(&visible, "\n");
	}
	return mm_print(&visible, err);
}

static json_t *json_strings(const struct mm_strings *list)
{
	json_t *array = json_array();

	for (size_t i = 0; i < list->n; i++)
		json_array_append_new(array, json_string(list->v[i]));
	return array;
}

static json_t *json_bound(mm_duration bound)
{
	return bound == INT64_MAX ? json_null() : json_integer(bound);
}

static json_t *json_who(const struct mm_can_i_who *who)
{
	if (!who->user.name)
		return json_null();
	return json_pack("{s:s, s:o, s:s*}", "name", who->user.name, "groups", json_strings(&who->user.groups),
			 "known_by", who->kind == MM_CALLER_NOBODY ? NULL : mm_caller_kind_name(who->kind));
}

static enum mm_code print_json(const struct mm_can_i_question *question, const struct mm_can_i_answer *answer,
			       struct mm_err *err)
{
	const struct mm_can_i_bounds *bounds = &answer->bounds;
	json_t *json = json_pack("{s:b, s:s, s:o, s:O}", "allowed", answer->allowed, "verb",
				 mm_privilege_word(question->privilege), "user", json_who(question->who), "reasons",
				 answer->reasons);

	if (question->privilege == MM_PRIV_MINT)
		json_object_update_new(json, json_pack("{s:s, s:s, s:o}", "namespace", question->namespace,
						       "service_account", question->service_account, "audiences",
						       json_strings(&answer->audiences)));
	if (answer->allowed)
		json_object_set_new(json, "rule",
				    json_pack("{s:I, s:s, s:I}", "number", (json_int_t)answer->rule + 1, "file",
					      question->config->name, "line", (json_int_t)answer->line));
	if (!answer->allowed)
		json_object_set_new(json, "refusal", json_string(answer->refusal.p));
	if (answer->allowed && question->privilege == MM_PRIV_MINT)
		json_object_set_new(json, "max_ttl",
				    json_pack("{s:I, s:o, s:o, s:o}", "seconds", (json_int_t)bounds->least, "rules",
					      json_bound(bounds->rules), "service_account", json_bound(bounds->account),
					      "tokens", json_bound(bounds->tokens)));
	return mm_print_json(json, err);
}

static enum mm_code run(struct mm_call *call, struct mm_err *err)
{
	const struct can_i_options *options = call->options;
	MM_CLEANUP(mm_can_i_answer_clear) struct mm_can_i_answer answer = {0};
	MM_CLEANUP(mm_can_i_who_clear) struct mm_can_i_who who = {0};
	mm_auto_context context = {0};
	struct mm_can_i_question question = {
		.who = &who,
		.privilege = mm_privilege_find(call->arguments[0]),
		.namespace = options->namespace ? options->namespace : "default",
		.service_account = call->argument_count > 1 ? call->arguments[1] : NULL,
		.audiences = &options->audiences,
		.duration = options->duration,
	};
	enum mm_code code = check_who(options, err);

	if (code == MM_OK)
		code = check_what(call, question.privilege, err);
	if (code == MM_OK)
		code = find_out_who(call, &context, &who, err);
	question.config = context.config;
	if (code == MM_OK)
		code = mm_can_i_decide(&question, &answer, err);
	if (code == MM_OK)
		code = (mm_wants_json(call) ? print_json : print_text)(&question, &answer, err);
	if (code == MM_OK && !answer.allowed)
		code = mm_fail(err, MM_EREFUSED, "the caller would read: %s", answer.refusal.p);
	return code;
}

#define AT(member) offsetof(struct can_i_options, member)

static const struct mm_flag flags[] = {
	{.name = "as", .type = MM_FLAG_TEXT, .offset = AT(as), .value = "USER", .help = "the user name of the caller"},
	{.name = "as-group",
	 .type = MM_FLAG_LIST,
	 .offset = AT(groups),
	 .value = "GROUP",
	 .help = "a group that the caller is in"},
	{.name = "token",
	 .type = MM_FLAG_FILE,
	 .offset = AT(token),
	 .value = "FILE",
	 .help = "the caller's bearer token, - for standard input, in place of --as"},
	{.name = "certificate",
	 .type = MM_FLAG_FILE,
	 .offset = AT(certificate),
	 .value = "FILE",
	 .help = "the caller's client certificate, in place of --as"},
	{.name = "namespace",
	 .letter = 'n',
	 .type = MM_FLAG_TEXT,
	 .offset = AT(namespace),
	 .value = "NAMESPACE",
	 .help = "the namespace of the service account; without it \"default\""},
	{.name = "audience",
	 .type = MM_FLAG_LIST,
	 .offset = AT(audiences),
	 .value = "AUDIENCE",
	 .help = "whom the token is for; without it those that the token would get"},
	{.name = "duration",
	 .type = MM_FLAG_DURATION,
	 .offset = AT(duration),
	 .value = "DURATION",
	 .help = "the lifetime of the token"},
	MM_FLAG_ROW_CONFIG,
	MM_FLAG_ROW_OUTPUT,
	{0},
};

const struct mm_command mm_cmd_caller_can_i = {
	.name = "caller can-i",
	.arguments = "mint|review|metrics [SERVICEACCOUNT]",
	.usage = "Says whether a caller of the admin listener may mint tokens for a service account, review tokens, or "
		 "read the metrics, by the rules of the configuration as it is in the file: yes and by which rule, or "
		 "no and of each rule the first part that does not fit. Exit status 0 for yes and 1 for no, with what "
		 "the caller would read.\n"
		 "\n"
		 "With --token or --certificate it says first who that is, or why the credential does not hold, which "
		 "callers are never told.",
	.flags = flags,
	.options_size = sizeof(struct can_i_options),
	.run = run,
	.help = "say whether a caller may mint, review or read metrics",
};
