/* SPDX-License-Identifier: Apache-2.0 */
#include <mintmark/err.h>

#include <errno.h>
#include <mintmark/bytes.h>
#include <openssl/err.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

struct code_row {
	const char *name;
	int http_status;
	int exit_status;
};

static const struct code_row codes[MM_CODE_COUNT] = {
	[MM_OK] = {"ok", 200, 0},
	[MM_EUSAGE] = {"usage", 400, 2},
	[MM_ECONFIG] = {"config", 500, 2},
	[MM_EPARSE] = {"parse", 400, 1},
	[MM_EREFUSED] = {"refused", 422, 1},
	[MM_EVERIFY] = {"verify", 401, 1},
	[MM_ELIMIT] = {"limit", 413, 1},
	[MM_ENOTFOUND] = {"not-found", 404, 1},
	[MM_EEXIST] = {"exists", 409, 1},
	[MM_ECONFLICT] = {"conflict", 409, 1},
	[MM_EUNSAFE] = {"unsafe", 500, 1},
	[MM_EIO] = {"io", 500, 1},
	[MM_ENETWORK] = {"network", 502, 1},
	[MM_ETIMEOUT] = {"timeout", 504, 1},
	[MM_ECRYPTO] = {"crypto", 500, 1},
	[MM_ENOMEM] = {"memory", 503, 1},
};

/* A line under construction, apart from err->text, so that arguments may point into err->text. */
struct line {
	char text[MM_ERR_TEXT_MAX];
	size_t len;
	bool cut;
};

static void line_vadd(struct line *line, const char *format, va_list args)
{
	size_t room = sizeof line->text - line->len;
	int wanted = vsnprintf(line->text + line->len, room, format, args);

	if (wanted < 0)
		wanted = 0;
	if ((size_t)wanted >= room) {
		line->cut = true;
		wanted = (int)room - 1;
	}
	line->len += (size_t)wanted;
	line->text[line->len] = '\0';
}

static void MM_PRINTF(2, 3) line_add(struct line *line, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	line_vadd(line, format, args);
	va_end(args);
}

/* Ends a cut line in "...", without leaving half a UTF-8 character before it. */
static void line_ellipsis(struct line *line)
{
	static const char dots[] = "...";
	size_t keep = line->len;

	if (keep > sizeof line->text - sizeof dots)
		keep = sizeof line->text - sizeof dots;
	while (keep > 0 && ((unsigned char)line->text[keep] & 0xc0) == 0x80)
		keep--;
	memcpy(line->text + keep, dots, sizeof dots);
	line->len = keep + sizeof dots - 1;
}

/*
 * The line may quote a stranger's bytes, and ends on a terminal or in a JSON answer: mm_unseen_at, and nothing but
 * UTF-8.
 */
static void line_tame(struct line *line)
{
	struct mm_span text = mm_span(line->text, line->len);
	bool utf8 = mm_utf8_valid(text);
	size_t len;

	for (size_t i = 0; i < line->len; i += len) {
		unsigned char first = (unsigned char)line->text[i];
		unsigned c = first;

		len = utf8 || first < 0x80 ? mm_unseen_at(text, i, &c) : 1;
		if (len > 0)
			memset(line->text + i, c == '\n' || c == '\r' || c == '\t' ? ' ' : '?', len);
		else
			len = 1;
	}
}

static enum mm_code store(struct mm_err *err, enum mm_code code, struct line *line)
{
	if (line->cut)
		line_ellipsis(line);
	line_tame(line);
	err->code = code;
	memcpy(err->text, line->text, line->len + 1);
	return code;
}

static bool holds_failure(const struct mm_err *err)
{
	return err && err->code != MM_OK;
}

enum mm_code mm_fail(struct mm_err *err, enum mm_code code, const char *format, ...)
{
	struct line line = {.len = 0};
	va_list args;

	if (holds_failure(err))
		return err->code;
	if (!err)
		return code;
	va_start(args, format);
	line_vadd(&line, format, args);
	va_end(args);
	return store(err, code, &line);
}

enum mm_code mm_fail_errno(struct mm_err *err, const char *format, ...)
{
	int number = errno;
	enum mm_code code = number == ENOMEM ? MM_ENOMEM : MM_EIO;
	struct line line = {.len = 0};
	va_list args;

	if (holds_failure(err))
		return err->code;
	if (!err)
		return code;
	va_start(args, format);
	line_vadd(&line, format, args);
	va_end(args);
	errno = number;
	line_add(&line, ": %m");
	store(err, code, &line);
	errno = number;
	return code;
}

/* Adds the reason of the oldest error in OpenSSL's queue, if there is one. */
static void line_add_openssl(struct line *line)
{
	unsigned long error = ERR_peek_error();
	const char *reason = ERR_reason_error_string(error);

	if (error && ERR_SYSTEM_ERROR(error)) {
		errno = ERR_GET_REASON(error);
		line_add(line, ": %m");
	} else if (error && reason) {
		line_add(line, ": %s", reason);
	} else if (error) {
		line_add(line, ": OpenSSL error %08lx", error);
	}
}

enum mm_code mm_fail_openssl(struct mm_err *err, enum mm_code code, const char *format, ...)
{
	struct line line = {.len = 0};
	va_list args;

	if (err && err->code == MM_OK) {
		va_start(args, format);
		line_vadd(&line, format, args);
		va_end(args);
		line_add_openssl(&line);
		store(err, code, &line);
	}
	ERR_clear_error();
	return err ? err->code : code;
}

enum mm_code mm_context(struct mm_err *err, enum mm_code code, const char *format, ...)
{
	struct line line = {.len = 0};
	va_list args;

	if (code == MM_OK || !err)
		return code;
	va_start(args, format);
	line_vadd(&line, format, args);
	va_end(args);
	if (err->text[0] != '\0')
		line_add(&line, ": %s", err->text);
	store(err, holds_failure(err) ? err->code : code, &line);
	return code;
}

void mm_err_clear(struct mm_err *err)
{
	if (!err)
		return;
	err->code = MM_OK;
	err->text[0] = '\0';
}

static const struct code_row *code_row(enum mm_code code)
{
	return &codes[code];
}

const char *mm_code_name(enum mm_code code)
{
	return code_row(code)->name;
}

int mm_code_http_status(enum mm_code code)
{
	return code_row(code)->http_status;
}

int mm_code_exit_status(enum mm_code code)
{
	return code_row(code)->exit_status;
}
