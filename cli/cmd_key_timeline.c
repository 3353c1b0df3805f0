/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/args.h"
#include "cli/context.h"
#include "cli/foresee.h"
#include "cli/output.h"
#include "cli/timeline_svg.h"
#include "cli/timeline_text.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* What is shown of the future of keys that are rotated by hand. */
#define USUAL_FUTURE (90 * (mm_duration)86400)

struct timeline_options {
	struct mm_common_options common;
	const char *since;
	const char *until;
	const char *width;
};

static enum mm_code parse_width(const struct timeline_options *options, struct mm_terminal *terminal,
				struct mm_err *err)
{
	size_t width = 0, digits;

	if (!options->width)
		return MM_OK;
	if (options->common.output != MM_PICTURE_TEXT)
		return mm_fail(err, MM_EUSAGE, "--width: only the text has a width in columns; accepted: with -o text");
	digits = strspn(options->width, "0123456789");
	if (digits <= 4 && options->width[digits] == '\0')
		width = strtoul(options->width, NULL, 10);
	if (width < MM_COLUMNS_MIN || width > MM_COLUMNS_MAX)
		return mm_fail(err, MM_EUSAGE, "--width: found \"%.80s\"; accepted: a number of columns from %d to %d",
			       options->width, MM_COLUMNS_MIN, MM_COLUMNS_MAX);
	terminal->columns = width;
	return MM_OK;
}

/* Two rotations ahead, and back to where the oldest key that is still served begins, unless asked otherwise. */
static enum mm_code choose_window(const struct timeline_options *options, const struct mm_cli_context *context,
				  mm_time now, mm_time *since, mm_time *until, struct mm_err *err)
{
	mm_duration rotate_every = context->policy.rotate_every;
	enum mm_code code = MM_OK;

	*since = mm_timeline_begin(context->set, now);
	*until = now + (rotate_every > 0 ? 2 * rotate_every : USUAL_FUTURE);
	if (options->since)
		code = mm_horizon_back("since", options->since, now, since, err);
	if (code == MM_OK && options->until)
		code = mm_horizon_ahead("until", options->until, now, until, err);
	return code;
}

static enum mm_code print(const struct mm_timeline *timeline, const struct mm_terminal *terminal, int form,
			  const char *issuer, struct mm_err *err)
{
	mm_auto_buf text = {0}, title = {0};

	if (form == MM_PICTURE_JSON)
		return mm_print_json(mm_timeline_json(timeline), err);
	mm_buf_printf(&title, "Signing keys of %s", issuer);
	if (form == MM_PICTURE_TEXT)
		mm_timeline_text(timeline, terminal, &text);
	else if (!title.failed)
		mm_timeline_svg(timeline, title.p, &text);
	return title.failed ? mm_buf_check(&title, err) : mm_print(&text, err);
}

static enum mm_code show(struct mm_call *call, const struct mm_cli_context *context, const struct mm_terminal *terminal,
			 struct mm_err *err)
{
	const struct timeline_options *options = call->options;
	mm_auto_foresight foresight = {0};
	mm_time now = mm_clock_now(), since, until;
	enum mm_code code = choose_window(options, context, now, &since, &until, err);

	if (code == MM_OK)
		code = mm_foresee(call, context->set, &context->policy, since, now, until, &foresight, err);
	if (code != MM_OK)
		return mm_context(err, code, "key timeline");
	return print(foresight.timeline, terminal, options->common.output, context->config->issuer, err);
}

static enum mm_code run(struct mm_call *call, struct mm_err *err)
{
	struct mm_terminal terminal = mm_terminal_of(STDOUT_FILENO);
	mm_auto_context context = {0};
	enum mm_code code = mm_context(err, parse_width(call->options, &terminal, err), "key timeline");

	if (code == MM_OK)
		code = mm_cli_open_set(call, MM_LOAD_PUBLIC, &context, err);
	return code == MM_OK ? show(call, &context, &terminal, err) : code;
}

static const struct mm_flag flags[] = {
	{.name = "since",
	 .type = MM_FLAG_TEXT,
	 .offset = offsetof(struct timeline_options, since),
	 .value = "WHEN",
	 .help = "how far to look back: 90d, 1y, or a time (default: to where the oldest served key begins)"},
	{.name = "until",
	 .type = MM_FLAG_TEXT,
	 .offset = offsetof(struct timeline_options, until),
	 .value = "WHEN",
	 .help = "how far to look ahead, likewise (default: two rotations, or 90d where they are by hand)"},
	{.name = "width",
	 .type = MM_FLAG_TEXT,
	 .offset = offsetof(struct timeline_options, width),
	 .value = "COLUMNS",
	 .help = "of the text (default: that of the terminal, $COLUMNS, or 80)"},
	MM_FLAG_ROW_CONFIG,
	MM_FLAG_ROW_PICTURE,
	{0},
};

const struct mm_command mm_cmd_key_timeline = {
	.name = "key timeline",
	.arguments = "",
	.usage = "Draws the past and the future of every key: which keys are served, and which one signs when. The "
		 "future is what the schedule does if nobody does anything by hand; keys that are yet to be made are "
		 "called planned-1, planned-2 and so on.\n"
		 "\n"
		 "Whatever is drawn of a key, it is in the JWKS then. Keys that left it before the time that is shown "
		 "are left out. Times are UTC.",
	.flags = flags,
	.options_size = sizeof(struct timeline_options),
	.run = run,
	.help = "draw the past and the future of every key",
};
