/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/args.h"
#include "cli/input.h"
#include "cli/output.h"

#include <mintmark/json.h>
#include <mintmark/token.h>

/* The claims that are times, for people. */
static const struct {
	const char *name, *says;
} times[] = {{"iat", "issued"}, {"nbf", "not before"}, {"exp", "expires"}};

static void add_times(const json_t *claims, mm_time now, struct mm_buf *out)
{
	for (size_t i = 0; i < MM_COUNT(times); i++) {
		char text[MM_TIME_TEXT_SIZE], distance[MM_DISTANCE_SIZE];
		int64_t time;

		if (mm_json_get_int(claims, times[i].name, &time, NULL) != MM_OK)
			continue;
		mm_time_format(time, text);
		mm_distance_format(time, now, distance);
		mm_buf_printf(out, "%-11s %s (%s)\n", times[i].says, text, distance);
	}
}

static enum mm_code print_text(const struct mm_token *token, struct mm_err *err)
{
	mm_auto_buf text = {0}, visible = {0};
	enum mm_code code;

	mm_buf_add_str(&text, "header ");
	code = mm_json_dump_pretty(token->header, &text, err);
	if (code == MM_OK) {
		mm_buf_add_str(&text, "claims ");
		code = mm_json_dump_pretty(token->claims, &text, err);
	}
	if (code != MM_OK)
		return code;
	add_times(token->claims, mm_clock_now(), &text);
	mm_add_visible(&visible, mm_buf_span(&text), true);
	return mm_print(&visible, err);
}

static enum mm_code run(struct mm_call *call, struct mm_err *err)
{
	MM_CLEANUP(mm_token_clear) struct mm_token token = {0};
	mm_auto_buf text = {0};
	enum mm_code code = mm_read_token(call, &text, err);

	if (code == MM_OK)
		code = mm_token_inspect(mm_buf_span(&text), &token, err);
	if (code != MM_OK)
		return code;
	if (mm_wants_json(call))
		return mm_print_json(
			json_pack("{s:b, s:O, s:O}", "verified", 0, "header", token.header, "claims", token.claims),
			err);
	code = print_text(&token, err);
	if (code == MM_OK)
		mm_note("nothing was verified: anybody can have written this");
	return code;
}

static const struct mm_flag flags[] = {MM_FLAG_ROW_OUTPUT, {0}};

const struct mm_command mm_cmd_token_inspect = {
	.name = "token inspect",
	.arguments = "[TOKEN|-]",
	.usage = "Decodes a token and shows what it says. It verifies nothing: neither the signature nor the times. "
		 "Without TOKEN, or with -, the token is read from standard input, which keeps it out of process "
		 "listings.",
	.flags = flags,
	.options_size = sizeof(struct mm_common_options),
	.run = run,
	.help = "show what a token says, without verifying it",
};
