/* SPDX-License-Identifier: Apache-2.0 */
#include "issuer/http/accesslog.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* What stands for itself in both formats; everything else is written as \xHH or \u00HH. */
static bool is_plain(char c)
{
	return c > ' ' && c < 0x7f && c != '"' && c != '\\';
}

static void add_escaped(struct mm_buf *out, struct mm_span text, const char *escape)
{
	size_t from = 0;

	for (size_t i = 0; i < text.len; i++) {
		if (is_plain(text.p[i]))
			continue;
		mm_buf_add(out, text.p + from, i - from);
		mm_buf_printf(out, "\\%s%02x", escape, (unsigned char)text.p[i]);
		from = i + 1;
	}
	mm_buf_add(out, text.p + from, text.len - from);
}

/* Seconds with six digits, as Prometheus and nginx have them. */
static void add_seconds(struct mm_buf *out, int64_t ns)
{
	char digits[] = "000000";
	int64_t us = ns > 0 ? ns / 1000 : 0;

	mm_buf_add_int(out, us / 1000000);
	us %= 1000000;
	for (int i = 5; i >= 0; i--, us /= 10)
		digits[i] = (char)('0' + us % 10);
	mm_buf_add(out, ".", 1);
	mm_buf_add(out, digits, 6);
}

static struct mm_span or_dash(struct mm_span text)
{
	return text.len > 0 ? text : mm_span_str("-");
}

/* ---- what a line says, in order ---------------------------------------------------------------------------------- */

static void add_method(struct mm_buf *out, const struct mm_access_line *line, const char *escape)
{
	add_escaped(out, or_dash(line->method), escape);
}

static void add_path(struct mm_buf *out, const struct mm_access_line *line, const char *escape)
{
	add_escaped(out, or_dash(line->path), escape);
}

static void add_status(struct mm_buf *out, const struct mm_access_line *line, const char *escape)
{
	(void)escape;
	mm_buf_add_int(out, line->status);
}

static void add_bytes(struct mm_buf *out, const struct mm_access_line *line, const char *escape)
{
	(void)escape;
	mm_buf_add_int(out, (int64_t)line->bytes);
}

static void add_duration(struct mm_buf *out, const struct mm_access_line *line, const char *escape)
{
	(void)escape;
	add_seconds(out, line->duration_ns);
}

static void add_peer(struct mm_buf *out, const struct mm_access_line *line, const char *escape)
{
	(void)escape;
	mm_buf_add_str(out, line->peer);
}

static void add_route(struct mm_buf *out, const struct mm_access_line *line, const char *escape)
{
	(void)escape;
	mm_buf_add_str(out, line->route);
}

static void add_tls(struct mm_buf *out, const struct mm_access_line *line, const char *escape)
{
	(void)escape;
	mm_buf_add_str(out, line->tls);
}

static void add_user(struct mm_buf *out, const struct mm_access_line *line, const char *escape)
{
	add_escaped(out, or_dash(line->user), escape);
}

enum quotes { QUOTES_NEVER, QUOTES_IN_JSON, QUOTES_ALWAYS };

static const struct {
	const char *name;
	enum quotes quotes;
	void (*add)(struct mm_buf *out, const struct mm_access_line *line, const char *escape);
} fields[] = {
	{"method", QUOTES_IN_JSON, add_method},   {"path", QUOTES_ALWAYS, add_path},
	{"status", QUOTES_NEVER, add_status},     {"bytes", QUOTES_NEVER, add_bytes},
	{"duration", QUOTES_NEVER, add_duration}, {"peer", QUOTES_IN_JSON, add_peer},
	{"route", QUOTES_IN_JSON, add_route},     {"tls", QUOTES_IN_JSON, add_tls},
	{"user", QUOTES_IN_JSON, add_user},
};

/* What stands around them. */
static const struct format {
	const char *before_time, *after_time;
	const char *before_name, *after_name;
	const char *end;
	enum quotes quotes; /* fields that ask for this much have them */
	const char *escape;
} formats[] = {
	[MM_ACCESS_TEXT] = {"time=", " level=info msg=access", " ", "=", "\n", QUOTES_ALWAYS, "x"},
	[MM_ACCESS_JSON] = {"{\"time\":\"", "\",\"level\":\"info\",\"msg\":\"access\"", ",\"", "\":", "}\n",
			    QUOTES_IN_JSON, "u00"},
};

void mm_access_add(struct mm_access_buffer *buffer, enum mm_access_log format, mm_time now,
		   const struct mm_access_line *line)
{
	const struct format *form = &formats[format];
	struct mm_buf *out = &buffer->lines;

	if (buffer->at != now || !buffer->time[0]) {
		mm_time_format(now, buffer->time);
		buffer->at = now;
	}
	mm_buf_add_str(out, form->before_time);
	mm_buf_add_str(out, buffer->time);
	mm_buf_add_str(out, form->after_time);
	for (size_t i = 0; i < MM_COUNT(fields); i++) {
		const char *quote = fields[i].quotes >= form->quotes ? "\"" : "";

		mm_buf_add_str(out, form->before_name);
		mm_buf_add_str(out, fields[i].name);
		mm_buf_add_str(out, form->after_name);
		mm_buf_add_str(out, quote);
		fields[i].add(out, line, form->escape);
		mm_buf_add_str(out, quote);
	}
	mm_buf_add_str(out, form->end);
}

/* ---- writing them out -------------------------------------------------------------------------------------------- */

static size_t count_lines(struct mm_span lines)
{
	size_t n = 0;

	for (size_t i = 0; i < lines.len; i++)
		n += lines.p[i] == '\n';
	return n;
}

/* The whole lines that fit into PIPE_BUF; a line that is longer than that goes alone. */
static size_t next_portion(struct mm_span lines)
{
	const char *end = NULL;

	if (lines.len <= PIPE_BUF)
		return lines.len;
	end = memrchr(lines.p, '\n', PIPE_BUF);
	if (!end)
		end = memchr(lines.p, '\n', lines.len);
	return (size_t)(end - lines.p) + 1;
}

/* A pipe or socket whose reader sleeps must not put a worker to sleep. */
static bool takes(int fd)
{
	struct pollfd poll_fd = {.fd = fd, .events = POLLOUT};

	return poll(&poll_fd, 1, 0) == 1 && (poll_fd.revents & POLLOUT);
}

size_t mm_access_flush(struct mm_access_buffer *buffer, int fd)
{
	struct mm_span rest = mm_buf_span(&buffer->lines);
	size_t dropped;

	while (rest.len > 0 && takes(fd)) {
		ssize_t n = write(fd, rest.p, next_portion(rest));

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		rest = mm_span(rest.p + n, rest.len - (size_t)n);
	}
	dropped = count_lines(rest);
	mm_buf_reset(&buffer->lines);
	return dropped;
}
