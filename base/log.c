/* SPDX-License-Identifier: Apache-2.0 */
#include <mintmark/log.h>

#include <errno.h>
#include <limits.h>
#include <mintmark/bytes.h>
#include <mintmark/json.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#define PATIENCE_NS INT64_C(100000000) /* how long one line may wait for its reader */
#define ROOM_TO_END 128                /* for a key whose value is left out, and for the end of the line */
#define LINE_SIZE   PIPE_BUF           /* what a pipe takes whole or not at all, pipe(7) */
#define LINE_USUAL  511                /* bytes: one allocation for most lines */

static const char *const level_names[] = {
	[MM_LOG_ERROR] = "error", [MM_LOG_WARN] = "warn", [MM_LOG_INFO] = "info", [MM_LOG_DEBUG] = "debug"};

static const char *level_name(enum mm_log_level level)
{
	return level == MM_LOG_AUDIT ? "audit" : level_names[level];
}

/* What a reader of key=value would stumble over: then the value is quoted. */
static bool is_plain(const char *text)
{
	for (const char *p = text; *p != '\0'; p++) {
		unsigned char c = (unsigned char)*p;

		if (c <= ' ' || c >= 0x7f || c == '"' || c == '=' || c == '\\')
			return false;
	}
	return *text != '\0';
}

/* One character of a quoted value: no control character (C1 included, which some terminals obey) gets through. */
static size_t add_quoted_char(struct mm_buf *line, const char *p, bool utf8)
{
	unsigned char c = (unsigned char)*p;
	unsigned point;
	size_t len = c >= 0x80 && utf8 ? mm_unseen_at(mm_span(p, strnlen(p, 3)), 0, &point) : 0;

	if (len > 0) {
		mm_buf_printf(line, "\\u%04x", point);
		return len;
	}
	if (c == '"' || c == '\\')
		mm_buf_printf(line, "\\%c", c);
	else if (c == '\n')
		mm_buf_add(line, "\\n", 2);
	else if (c < 0x20 || c == 0x7f || (c >= 0x80 && !utf8))
		mm_buf_printf(line, "\\x%02x", c);
	else
		mm_buf_add(line, p, 1);
	return 1;
}

static void add_text_value(struct mm_buf *line, const char *text)
{
	bool utf8;

	if (is_plain(text)) {
		mm_buf_add_str(line, text);
		return;
	}
	utf8 = mm_utf8_valid(mm_span_str(text));
	mm_buf_add(line, "\"", 1);
	while (*text != '\0')
		text += add_quoted_char(line, text, utf8);
	mm_buf_add(line, "\"", 1);
}

/* Without printf, as all that a line is made of: a line of the audit is on the path of a request. */
static void add_key(struct mm_buf *line, enum mm_log_format format, const char *key)
{
	if (format == MM_LOG_TEXT) {
		mm_buf_add_str(line, line->len ? " " : "");
		mm_buf_add_str(line, key);
		mm_buf_add(line, "=", 1);
	} else {
		mm_buf_add_str(line, line->len ? ",\"" : "{\"");
		mm_buf_add_str(line, key);
		mm_buf_add(line, "\":", 2);
	}
}

static void add_text(struct mm_buf *line, enum mm_log_format format, const char *key, const char *text)
{
	add_key(line, format, key);
	if (format == MM_LOG_TEXT)
		add_text_value(line, text);
	else
		mm_json_add_text(line, text);
}

static void add_number(struct mm_buf *line, enum mm_log_format format, const char *key, int64_t number)
{
	add_key(line, format, key);
	mm_buf_add_int(line, number);
}

static void add_field(struct mm_buf *line, enum mm_log_format format, const struct mm_field *field)
{
	char text[MM_DURATION_TEXT_SIZE];

	switch (field->kind) {
	case MM_FIELD_END: break;
	case MM_FIELD_STR:
		if (field->text)
			add_text(line, format, field->key, field->text);
		break;
	case MM_FIELD_INT: add_number(line, format, field->key, field->number); break;
	case MM_FIELD_TIME:
		mm_time_format(field->number, text);
		add_text(line, format, field->key, field->number == MM_NEVER ? "never" : text);
		break;
	case MM_FIELD_DURATION:
		mm_duration_format(field->number, text);
		add_text(line, format, field->key, text);
		break;
	}
}

/*
 * Fields while there is room: the first that would make the line too long keeps its name, those after it are left
 * out.
 */
static void add_fields(struct mm_buf *line, enum mm_log_format format, const struct mm_field *fields)
{
	for (; fields->kind != MM_FIELD_END; fields++) {
		size_t before = line->len;

		add_field(line, format, fields);
		if (line->len <= LINE_SIZE - ROOM_TO_END)
			continue;
		line->len = before;
		add_text(line, format, fields->key, "...");
		return;
	}
}

static void make_line(struct mm_buf *line, enum mm_log_format format, enum mm_log_level level, const char *message,
		      const struct mm_field *fields)
{
	char now[MM_TIME_TEXT_SIZE];

	mm_buf_reserve(line, LINE_USUAL);
	mm_time_format(mm_clock_now(), now);
	add_text(line, format, "time", now);
	add_text(line, format, "level", level_name(level));
	add_text(line, format, "msg", message);
	add_fields(line, format, fields);
	mm_buf_add_str(line, format == MM_LOG_TEXT ? "\n" : "}\n");
}

/*
 * Whether a write would not sleep, waited for until `deadline`. The descriptor may be shared with other programs, so
 * it cannot be made non-blocking. An error counts as yes: the write finds it out.
 */
static bool wait_for_room(int fd, int64_t deadline)
{
	struct pollfd entry = {.fd = fd, .events = POLLOUT};
	int ready;

	do {
		int64_t left = deadline - mm_clock_monotonic_ns();

		ready = poll(&entry, 1, left > 0 ? (int)(left / 1000000) : 0);
	} while (ready < 0 && errno == EINTR);
	return ready > 0;
}

/* One write, except where the system takes less. */
static bool write_line(int fd, struct mm_span line, int64_t deadline)
{
	while (line.len > 0) {
		ssize_t n;

		if (!wait_for_room(fd, deadline))
			return false;
		n = write(fd, line.p, line.len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		line = mm_span(line.p + n, line.len - (size_t)n);
	}
	return true;
}

/* A reader that let one line wait in vain is waited for no more, until it reads again. */
static bool offer_line(struct mm_log *log, const struct mm_buf *line)
{
	bool stalled = atomic_load_explicit(&log->stalled, memory_order_relaxed);
	int64_t deadline = stalled ? 0 : mm_clock_monotonic_ns() + PATIENCE_NS;
	bool taken = !line->failed && write_line(log->fd, mm_buf_span(line), deadline);

	atomic_store_explicit(&log->stalled, !taken, memory_order_relaxed);
	return taken;
}

/* Says how many lines are missing in front of the one that is about to be written. */
static void report_dropped(struct mm_log *log)
{
	uint64_t missing = atomic_exchange_explicit(&log->unreported, 0, memory_order_relaxed);
	mm_auto_buf line = {0};

	if (missing == 0)
		return;
	make_line(&line, log->format, MM_LOG_WARN, "lines of the log were dropped because nobody took them",
		  (const struct mm_field[]){MM_F_INT("lines", (int64_t)missing), {0}});
	if (!offer_line(log, &line))
		atomic_fetch_add_explicit(&log->unreported, missing, memory_order_relaxed);
}

void mm_log_fields(struct mm_log *log, enum mm_log_level level, const char *message, const struct mm_field *fields)
{
	mm_auto_buf line = {0};
	int kept_errno = errno;

	if (!log || (int)level > atomic_load_explicit(&log->level, memory_order_relaxed))
		return;
	make_line(&line, log->format, level, message, fields);
	report_dropped(log);
	if (!offer_line(log, &line)) {
		atomic_fetch_add_explicit(&log->unreported, 1, memory_order_relaxed);
		atomic_fetch_add_explicit(&log->dropped, 1, memory_order_relaxed);
	}
	errno = kept_errno;
}

uint64_t mm_log_dropped(const struct mm_log *log)
{
	return atomic_load_explicit(&log->dropped, memory_order_relaxed);
}
