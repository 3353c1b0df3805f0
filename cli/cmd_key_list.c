/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/args.h"
#include "cli/context.h"
#include "cli/keyname.h"
#include "cli/keyrow.h"
#include "cli/output.h"

#include <string.h>

#define TOMBSTONE_SHOWN (30 * (mm_duration)86400) /* without --all */

struct list_options {
	struct mm_common_options common;
	bool all;
};

/* ---- for people ------------------------------------------------------------------------------------------------- */

static bool is_old_tombstone(const struct mm_key_record *record, const struct mm_key_row *row, mm_time now)
{
	return !mm_key_states[mm_key_state(record, now)].has_material && now - row->since > TOMBSTONE_SHOWN;
}

/* A key that stands by or signs may wait for the delivery of another one. */
static void add_awaited(struct mm_buf *out, const struct mm_key_row *row)
{
	const struct mm_key *awaited = row->next.record->key;
	char kid[MM_KID_SIZE];

	mm_kid_short(awaited, kid);
	if (strcmp(mm_key_kid(awaited), row->kid) == 0)
		mm_buf_add_str(out, "await delivery\n");
	else
		mm_buf_printf(out, "await delivery of %s\n", kid);
}

static void add_row(struct mm_buf *out, const struct mm_key_row *row, mm_time now)
{
	char since[MM_TIME_TEXT_SIZE];

	mm_time_format(row->since, since);
	mm_buf_printf(out, "%-43s  %-9s  %-9s  %-20s  ", row->kid, row->algorithm, row->state, since);
	if (row->next.kind == MM_ACTION_NONE) {
		mm_buf_printf(out, "%s\n", row->idle);
		return;
	}
	if (row->next.kind == MM_ACTION_AWAIT) {
		add_awaited(out, row);
		return;
	}
	mm_buf_printf(out, "%s at ", mm_action_names[row->next.kind]);
	mm_add_when(out, row->next.at, now);
	mm_buf_add_str(out, "\n");
}

/* What the rotor or 'key rotate --due' does next, in the words of the log. */
static void add_next(struct mm_buf *out, const struct mm_action *next)
{
	char at[MM_TIME_TEXT_SIZE];

	mm_buf_printf(out, "next=%s", mm_action_names[next->kind]);
	if (next->record)
		mm_buf_printf(out, " kid=%s", mm_key_kid(next->record->key));
	else if (next->kind != MM_ACTION_NONE)
		mm_buf_printf(out, " algorithm=%s", next->alg->name);
	mm_time_format(next->at, at);
	if (next->at != MM_NEVER)
		mm_buf_printf(out, " at=%s", at);
	mm_buf_add_str(out, "\n");
}

static enum mm_code print_text(const struct mm_cli_context *context, bool all, mm_time now, struct mm_err *err)
{
	const struct mm_keyset *set = context->set;
	struct mm_action next = mm_schedule_next(set, &context->policy, now);
	mm_auto_buf text = {0};
	size_t left_out = 0;

	mm_buf_printf(&text, "%-43s  %-9s  %-9s  %-20s  %s\n", "KID", "ALGORITHM", "STATE", "SINCE", "NEXT");
	for (size_t i = 0; i < set->count; i++) {
		struct mm_key_row row = mm_key_row(set, &context->policy, &set->records[i], now);

		if (!all && is_old_tombstone(&set->records[i], &row, now))
			left_out++;
		else
			add_row(&text, &row, now);
	}
	if (left_out > 0)
		mm_buf_printf(&text, "%zu removed or revoked more than 30 days ago: --all lists them\n", left_out);
	add_next(&text, &next);
	return mm_print(&text, err);
}

/* ---- for programs ----------------------------------------------------------------------------------------------- */

static enum mm_code print_json(const struct mm_cli_context *context, mm_time now, struct mm_err *err)
{
	const struct mm_keyset *set = context->set;
	struct mm_action next = mm_schedule_next(set, &context->policy, now);
	json_t *keys = json_array();

	for (size_t i = 0; i < set->count; i++)
		json_array_append_new(keys, mm_key_row_json(set, &context->policy, &set->records[i], now));
	return mm_print_json(json_pack("{s:I, s:o, s:o, s:o}", "revision", (json_int_t)set->revision, "committed",
				       mm_json_time(set->committed), "keys", keys, "next", mm_action_json(&next)),
			     err);
}

static enum mm_code run(struct mm_call *call, struct mm_err *err)
{
	const struct list_options *options = call->options;
	mm_time now = mm_clock_now();
	mm_auto_context context = {0};
	enum mm_code code = mm_cli_open_set(call, MM_LOAD_PUBLIC, &context, err);

	if (code != MM_OK)
		return code;
	return mm_wants_json(call) ? print_json(&context, now, err) : print_text(&context, options->all, now, err);
}

static const struct mm_flag flags[] = {
	{.name = "all",
	 .type = MM_FLAG_SWITCH,
	 .offset = offsetof(struct list_options, all),
	 .help = "also the keys that were removed or revoked more than 30 days ago; in JSON they always are"},
	MM_FLAG_ROW_CONFIG,
	MM_FLAG_ROW_OUTPUT,
	{0},
};

const struct mm_command mm_cmd_key_list = {
	.name = "key list",
	.arguments = "",
	.usage = "Lists the keys of the issuer in order of creation: kid, algorithm, state, since when, and what "
		 "happens to it next and when. The last line is what happens next of all: 'mintmark serve' does it by "
		 "itself, or 'mintmark key rotate --due'.",
	.flags = flags,
	.options_size = sizeof(struct list_options),
	.run = run,
	.help = "list the keys, their states and what comes next",
};
