/* SPDX-License-Identifier: Apache-2.0 */
#include <mintmark/log.h>

#include <errno.h>
#include <mintmark/bytes.h>
#include <mintmark/json.h>
#include <string.h>
#include <unistd.h>

static const char *const level_names[] = {
	[MM_LOG_ERROR] = "error", [MM_LOG_WARN] = "warn", [MM_LOG_INFO] = "info", [MM_LOG_DEBUG] = "debug"};

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

	if (c == 0xc2 && utf8 && (unsigned char)p[1] < 0xa0) {
		mm_buf_printf(line, "\\u00%02x", (unsigned char)p[1]);
		return 2;
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

/* JSON knows no bytes: what is not UTF-8 gets a question mark for each foreign byte. */
static void add_json_value(struct mm_buf *line, const char *text)
{
	mm_auto_buf ascii = {0};

	if (mm_utf8_valid(mm_span_str(text))) {
		mm_json_add_string(line, text);
		return;
	}
	mm_buf_add_str(&ascii, text);
	for (size_t i = 0; i < ascii.len; i++) {
		if ((unsigned char)ascii.p[i] >= 0x80)
			ascii.p[i] = '?';
	}
	line->failed |= ascii.failed;
	mm_json_add_string(line, ascii.p ? ascii.p : "");
}

static void add_text(struct mm_buf *line, enum mm_log_format format, const char *key, const char *text)
{
	if (format == MM_LOG_TEXT) {
		mm_buf_printf(line, "%s%s=", line->len ? " " : "", key);
		add_text_value(line, text);
	} else {
		mm_buf_printf(line, "%s\"%s\":", line->len ? "," : "{", key);
		add_json_value(line, text);
	}
}

static void add_number(struct mm_buf *line, enum mm_log_format format, const char *key, int64_t number)
{
	mm_buf_printf(line, format == MM_LOG_TEXT ? " %s=%lld" : ",\"%s\":%lld", key, (long long)number);
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

/* One write, except where the system takes less; there is nobody to tell when it takes nothing. */
static void write_line(int fd, struct mm_span line)
{
	while (line.len > 0) {
		ssize_t n = write(fd, line.p, line.len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return;
		line = mm_span(line.p + n, line.len - (size_t)n);
	}
}

void mm_log_fields(const struct mm_log *log, enum mm_log_level level, const char *message,
		   const struct mm_field *fields)
{
	char now[MM_TIME_TEXT_SIZE];
	mm_auto_buf line = {0};
	int kept_errno = errno;

	if (!log || (int)level > atomic_load_explicit(&log->level, memory_order_relaxed))
		return;
	mm_time_format(mm_clock_now(), now);
	add_text(&line, log->format, "time", now);
	add_text(&line, log->format, "level", level_names[level]);
	add_text(&line, log->format, "msg", message);
	for (; fields->kind != MM_FIELD_END; fields++)
		add_field(&line, log->format, fields);
	mm_buf_add_str(&line, log->format == MM_LOG_TEXT ? "\n" : "}\n");
	if (!line.failed)
		write_line(log->fd, mm_buf_span(&line));
	errno = kept_errno;
}
