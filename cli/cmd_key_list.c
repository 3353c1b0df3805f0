/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/args.h"
#include "cli/context.h"
#include "cli/keyrow.h"
#include "cli/output.h"

#include <stdio.h>

static void add_text_row(struct mm_buf *out, const struct mm_key_row *row, mm_time now)
{
	char since[MM_TIME_TEXT_SIZE], next[MM_TIME_TEXT_SIZE], distance[MM_DISTANCE_SIZE];

	mm_time_format(row->since, since);
	mm_buf_printf(out, "%-43s  %-9s  %-9s  %-20s  ", row->kid, row->algorithm, row->state, since);
	if (row->next_at == MM_NEVER) {
		mm_buf_printf(out, "%s\n", row->next);
		return;
	}
	mm_time_format(row->next_at, next);
	mm_distance_format(row->next_at, now, distance);
	mm_buf_printf(out, "%s at %s (%s)\n", row->next, next, distance);
}

static enum mm_code print_text(const struct mm_keyset *set, mm_time now, struct mm_err *err)
{
	mm_auto_buf text = {0};

	mm_buf_printf(&text, "%-43s  %-9s  %-9s  %-20s  %s\n", "KID", "ALGORITHM", "STATE", "SINCE", "NEXT");
	for (size_t i = 0; i < set->count; i++) {
		struct mm_key_row row = mm_key_row(&set->records[i], now);

		add_text_row(&text, &row, now);
	}
	return mm_print(&text, err);
}

static enum mm_code print_json(const struct mm_keyset *set, mm_time now, struct mm_err *err)
{
	json_t *keys = json_array();

	for (size_t i = 0; i < set->count; i++)
		json_array_append_new(keys, mm_key_row_json(&set->records[i], now));
	return mm_print_json(json_pack("{s:I, s:o, s:o}", "revision", (json_int_t)set->revision, "committed",
				       mm_json_time(set->committed), "keys", keys),
			     err);
}

static enum mm_code run(struct mm_call *call, struct mm_err *err)
{
	mm_auto_context context = {0};
	enum mm_code code = mm_cli_open_set(call, MM_LOAD_PUBLIC, &context, err);

	if (code != MM_OK)
		return code;
	return (mm_wants_json(call) ? print_json : print_text)(context.set, mm_clock_now(), err);
}

static const struct mm_flag flags[] = {MM_FLAG_ROW_CONFIG, MM_FLAG_ROW_OUTPUT, {0}};

const struct mm_command mm_cmd_key_list = {
	.name = "key list",
	.arguments = "",
	.usage = "Lists the keys of the issuer in order of creation: kid, algorithm, state, since when, and what comes "
		 "next and when, where that is known. Tombstones of removed and revoked keys are listed too.",
	.flags = flags,
	.options_size = sizeof(struct mm_common_options),
	.run = run,
	.help = "list the keys, their states and what comes next",
};
