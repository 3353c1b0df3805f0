/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/output.h"

#include <errno.h>
#include <mintmark/json.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

const char *const mm_output_words[] = {"text", "json", NULL};

enum mm_code mm_print(const struct mm_buf *answer, struct mm_err *err)
{
	enum mm_code code = mm_buf_check(answer, err);

	for (size_t done = 0; code == MM_OK && done < answer->len;) {
		ssize_t n = write(STDOUT_FILENO, answer->p + done, answer->len - done);

		if (n >= 0)
			done += (size_t)n;
		else if (errno != EINTR)
			code = mm_fail_errno(err, "cannot write to standard output");
	}
	return code;
}

void mm_add_visible(struct mm_buf *out, struct mm_span text, bool json)
{
	for (size_t i = 0; i < text.len;) {
		unsigned c;
		size_t len = mm_unseen_at(text, i, &c);

		if (len == 0 || (json && c == '\n'))
			mm_buf_add(out, text.p + i, 1);
		else
			mm_buf_printf(out, "\\u%04x", c);
		i += len > 0 ? len : 1;
	}
}

enum mm_code mm_print_json(json_t *answer, struct mm_err *err)
{
	mm_auto_buf text = {0}, visible = {0};
	enum mm_code code;

	if (!answer)
		return mm_fail(err, MM_ENOMEM, "out of memory");
	code = mm_json_dump_pretty(answer, &text, err);
	json_decref(answer);
	mm_add_visible(&visible, mm_buf_span(&text), true);
	return code == MM_OK ? mm_print(&visible, err) : code;
}

void mm_note(const char *format, ...)
{
	va_list args;

	fputs("mintmark: ", stderr);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
}

void mm_hint(struct mm_call *call, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(call->hint, sizeof call->hint, format, args);
	va_end(args);
}

bool mm_wants_json(const struct mm_call *call)
{
	const struct mm_common_options *options = call->options;

	return options->output == MM_OUTPUT_JSON;
}

json_t *mm_json_time(mm_time time)
{
	char text[MM_TIME_TEXT_SIZE];

	if (time == MM_NEVER)
		return json_null();
	mm_time_format(time, text);
	return json_string(text);
}

void mm_distance_format(mm_time time, mm_time now, char out[static MM_DISTANCE_SIZE])
{
	static const mm_duration units[] = {86400, 3600, 60, 1};
	mm_duration distance = time > now ? time - now : now - time;
	char text[MM_DURATION_TEXT_SIZE];

	/* Whole units of the second largest that counts: 30d1h, not 30d1h12m3s. */
	for (size_t i = 0; i + 2 < MM_COUNT(units); i++) {
		if (distance >= units[i]) {
			distance -= distance % units[i + 1];
			break;
		}
	}
	mm_duration_format(distance, text);
	if (distance == 0)
		snprintf(out, MM_DISTANCE_SIZE, "now");
	else
		snprintf(out, MM_DISTANCE_SIZE, time > now ? "in %s" : "%s ago", text);
}

void mm_add_when(struct mm_buf *out, mm_time time, mm_time now)
{
	char at[MM_TIME_TEXT_SIZE], distance[MM_DISTANCE_SIZE];

	mm_time_format(time, at);
	mm_distance_format(time, now, distance);
	mm_buf_printf(out, "%s (%s)", at, distance);
}
