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

static void add_text_line(struct mm_buf *out, const char *time, const struct mm_access_line *line)
{
	mm_buf_add_str(out, "time=");
	mm_buf_add_str(out, time);
	mm_buf_add_str(out, " level=info msg=access method=");
	add_escaped(out, or_dash(line->method), "x");
	mm_buf_add_str(out, " path=\"");
	add_escaped(out, or_dash(line->path), "x");
	mm_buf_add_str(out, "\" status=");
	mm_buf_add_int(out, line->status);
	mm_buf_add_str(out, " bytes=");
	mm_buf_add_int(out, (int64_t)line->bytes);
	mm_buf_add_str(out, " duration=");
	add_seconds(out, line->duration_ns);
	mm_buf_add_str(out, " peer=");
	mm_buf_add_str(out, line->peer);
	mm_buf_add_str(out, " route=");
	mm_buf_add_str(out, line->route);
	mm_buf_add_str(out, " tls=");
	mm_buf_add_str(out, line->tls);
	mm_buf_add_str(out, "\n");
}

static void add_json_line(struct mm_buf *out, const char *time, const struct mm_access_line *line)
{
	mm_buf_add_str(out, "{\"time\":\"");
	mm_buf_add_str(out, time);
	mm_buf_add_str(out, "\",\"level\":\"info\",\"msg\":\"access\",\"method\":\"");
	add_escaped(out, or_dash(line->method), "u00");
	mm_buf_add_str(out, "\",\"path\":\"");
	add_escaped(out, or_dash(line->path), "u00");
	mm_buf_add_str(out, "\",\"status\":");
	mm_buf_add_int(out, line->status);
	mm_buf_add_str(out, ",\"bytes\":");
	mm_buf_add_int(out, (int64_t)line->bytes);
	mm_buf_add_str(out, ",\"duration\":");
	add_seconds(out, line->duration_ns);
	mm_buf_add_str(out, ",\"peer\":\"");
	mm_buf_add_str(out, line->peer);
	mm_buf_add_str(out, "\",\"route\":\"");
	mm_buf_add_str(out, line->route);
	mm_buf_add_str(out, "\",\"tls\":\"");
	mm_buf_add_str(out, line->tls);
	mm_buf_add_str(out, "\"}\n");
}

void mm_access_add(struct mm_access_buffer *buffer, enum mm_access_log format, mm_time now,
		   const struct mm_access_line *line)
{
	if (buffer->at != now || !buffer->time[0]) {
		mm_time_format(now, buffer->time);
		buffer->at = now;
	}
	if (format == MM_ACCESS_JSON)
		add_json_line(&buffer->lines, buffer->time, line);
	else
		add_text_line(&buffer->lines, buffer->time, line);
}

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
