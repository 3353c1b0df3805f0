/* SPDX-License-Identifier: Apache-2.0 */
#include <mintmark/bytes.h>

#include <openssl/crypto.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BUF_CAP_MIN = 128 };

struct mm_span mm_span_str(const char *text)
{
	return mm_span(text, text ? strlen(text) : 0);
}

bool mm_span_eq(struct mm_span a, struct mm_span b)
{
	if (!a.p || !b.p)
		return a.p == b.p;
	return a.len == b.len && memcmp(a.p, b.p, a.len) == 0;
}

bool mm_span_is(struct mm_span a, const char *text)
{
	return mm_span_eq(a, mm_span_str(text));
}

bool mm_span_starts(struct mm_span a, const char *prefix)
{
	size_t len = strlen(prefix);

	return a.p && a.len >= len && memcmp(a.p, prefix, len) == 0;
}

static bool is_continuation(uint8_t c)
{
	return (c & 0xc0) == 0x80;
}

/* The length of the character at `p` in a well-formed table of RFC 3629 §4; 0 = malformed. */
static size_t utf8_char_len(const uint8_t *p, size_t left)
{
	uint8_t lead = p[0], low = 0x80, high = 0xbf;
	size_t len = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;

	if (len == 1)
		return 1;
	if (lead < 0xc2 || lead > 0xf4 || left < len)
		return 0;
	if (lead == 0xe0)
		low = 0xa0; /* shorter forms exist */
	else if (lead == 0xed)
		high = 0x9f; /* surrogates */
	else if (lead == 0xf0)
		low = 0x90;
	else if (lead == 0xf4)
		high = 0x8f; /* beyond U+10FFFF */
	if (p[1] < low || p[1] > high)
		return 0;
	for (size_t i = 2; i < len; i++) {
		if (!is_continuation(p[i]))
			return 0;
	}
	return len;
}

static bool is_unseen(unsigned c)
{
	return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0x61c || c == 0x200e || c == 0x200f ||
	       (c >= 0x2028 && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069);
}

size_t mm_unseen_at(struct mm_span text, size_t at, unsigned *c)
{
	const unsigned char *p = (const unsigned char *)text.p + at;
	size_t left = text.len - at, len = 1;

	*c = p[0];
	if (left > 1 && (p[0] & 0xe0) == 0xc0 && is_continuation(p[1])) {
		*c = (p[0] & 0x1fu) << 6 | (p[1] & 0x3fu);
		len = 2;
	} else if (left > 2 && (p[0] & 0xf0) == 0xe0 && is_continuation(p[1]) && is_continuation(p[2])) {
		*c = (p[0] & 0x0fu) << 12 | (p[1] & 0x3fu) << 6 | (p[2] & 0x3fu);
		len = 3;
	} else if (p[0] >= 0x80) {
		return 0;
	}
	return is_unseen(*c) ? len : 0;
}

bool mm_utf8_valid(struct mm_span text)
{
	const uint8_t *p = (const uint8_t *)text.p;

	for (size_t i = 0, len; i < text.len; i += len) {
		len = utf8_char_len(p + i, text.len - i);
		if (len == 0)
			return false;
	}
	return true;
}

/* realloc would leave the old bytes behind in the heap: so always a new block, and the old one cleansed. */
static bool buf_grow(struct mm_buf *buf, size_t need)
{
	size_t cap = buf->cap ? buf->cap : BUF_CAP_MIN;
	char *p;

	while (cap < need)
		cap = cap > SIZE_MAX / 2 ? need : cap * 2;
	p = malloc(cap);
	if (!p) {
		buf->failed = true;
		return false;
	}
	if (buf->p) {
		memcpy(p, buf->p, buf->len + 1);
		OPENSSL_cleanse(buf->p, buf->cap);
		free(buf->p);
	}
	buf->p = p;
	buf->cap = cap;
	return true;
}

void mm_buf_add_hex(struct mm_buf *buf, const uint8_t *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++)
		mm_buf_printf(buf, "%02x", bytes[i]);
}

char *mm_buf_reserve(struct mm_buf *buf, size_t len)
{
	if (buf->failed)
		return NULL;
	if (len >= SIZE_MAX - buf->len) {
		buf->failed = true;
		return NULL;
	}
	if (buf->len + len + 1 > buf->cap && !buf_grow(buf, buf->len + len + 1))
		return NULL;
	buf->p[buf->len + len] = '\0';
	return buf->p + buf->len;
}

void mm_buf_add(struct mm_buf *buf, const void *bytes, size_t len)
{
	char *room = mm_buf_reserve(buf, len);

	if (!room || len == 0)
		return;
	memcpy(room, bytes, len);
	buf->len += len;
}

void mm_buf_add_str(struct mm_buf *buf, const char *text)
{
	mm_buf_add(buf, text, strlen(text));
}

void mm_buf_add_span(struct mm_buf *buf, struct mm_span span)
{
	mm_buf_add(buf, span.p, span.len);
}

void mm_buf_printf(struct mm_buf *buf, const char *format, ...)
{
	va_list args;
	char *room;
	int len;

	va_start(args, format);
	len = vsnprintf(NULL, 0, format, args);
	va_end(args);
	room = len < 0 ? NULL : mm_buf_reserve(buf, (size_t)len);
	if (!room) {
		buf->failed = true;
		return;
	}
	va_start(args, format);
	vsnprintf(room, (size_t)len + 1, format, args);
	va_end(args);
	buf->len += (size_t)len;
}

void mm_buf_reset(struct mm_buf *buf)
{
	buf->len = 0;
	buf->failed = false;
	if (buf->p)
		buf->p[0] = '\0';
}

enum mm_code mm_buf_check(const struct mm_buf *buf, struct mm_err *err)
{
	return buf->failed ? mm_fail(err, MM_ENOMEM, "out of memory") : MM_OK;
}

struct mm_span mm_buf_span(const struct mm_buf *buf)
{
	return mm_span(buf->p ? buf->p : "", buf->len);
}

char *mm_buf_take(struct mm_buf *buf)
{
	char *text;

	if (!mm_buf_reserve(buf, 0))
		return NULL;
	text = buf->p;
	*buf = (struct mm_buf){0};
	return text;
}

void mm_buf_free(struct mm_buf *buf)
{
	if (buf->p)
		OPENSSL_cleanse(buf->p, buf->cap);
	free(buf->p);
	*buf = (struct mm_buf){0};
}
