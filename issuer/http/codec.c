/* SPDX-License-Identifier: Apache-2.0 */
#include "issuer/http/codec.h"

#include <string.h>

/* Longer than any method we know, a target at its limit, the version and CRLF; the rest is the head parser's. */
#define REQUEST_LINE_MAX (MM_TARGET_MAX + 64)

static enum mm_parse bad(struct mm_codec *codec, int status, const char *why)
{
	codec->status = status;
	codec->why = why;
	return MM_PARSE_BAD;
}

/* The next whole line without its CRLF. A bare LF never ends a line, here or anywhere else. */
static enum mm_parse next_line(struct mm_codec *codec, const char *buf, size_t len, struct mm_span *line)
{
	const char *lf = memchr(buf + codec->searched, '\n', len - codec->searched);
	size_t end;

	if (!lf) {
		codec->searched = len;
		return MM_PARSE_MORE;
	}
	end = (size_t)(lf - buf) + 1;
	if (end - codec->line < 2 || lf[-1] != '\r')
		return bad(codec, 400, "a line that does not end in CRLF");
	*line = mm_span(buf + codec->line, end - codec->line - 2);
	codec->line = codec->searched = end;
	return MM_PARSE_DONE;
}

static enum mm_parse finish(struct mm_codec *codec, const char *buf, size_t consumed, struct mm_request *request)
{
	if (codec->head_again) {
		struct mm_framing framing;
		int status = mm_head_parse(mm_span(buf + codec->start, codec->head_end - codec->start), request,
					   &framing, &codec->why);
		if (status)
			return bad(codec, status, codec->why);
	}
	request->body = mm_span(buf + codec->head_end, codec->dropping ? 0 : codec->body_len);
	codec->consumed = consumed;
	return MM_PARSE_DONE;
}

static enum mm_parse parse_head(struct mm_codec *codec, const char *buf, struct mm_request *request)
{
	struct mm_framing framing;
	const char *why = NULL;
	int status = mm_head_parse(mm_span(buf + codec->start, codec->line - codec->start), request, &framing, &why);

	if (status)
		return bad(codec, status, why);
	codec->head_end = codec->line;
	codec->remaining = framing.length;
	codec->expect_continue = framing.expect_continue;
	if (framing.chunked)
		codec->phase = MM_AT_CHUNK_SIZE;
	else
		codec->phase = MM_AT_BODY;
	return MM_PARSE_DONE;
}

/* The limits hold for what has arrived, whether or not its line is complete. */
static enum mm_parse check_head_size(struct mm_codec *codec, size_t len)
{
	size_t received = codec->searched > codec->line ? len : codec->line;

	if (codec->lines == 0 && received - codec->start > REQUEST_LINE_MAX)
		return bad(codec, 414, "request line too long");
	if (received - codec->start > MM_HEAD_MAX)
		return bad(codec, 431, "head too large");
	return MM_PARSE_MORE;
}

static enum mm_parse feed_head(struct mm_codec *codec, const char *buf, size_t len, struct mm_request *request)
{
	for (;;) {
		struct mm_span line;
		enum mm_parse got = next_line(codec, buf, len, &line);

		if (got == MM_PARSE_BAD || check_head_size(codec, len) == MM_PARSE_BAD)
			return MM_PARSE_BAD;
		if (got == MM_PARSE_MORE)
			return MM_PARSE_MORE;
		if (line.len == 0 && codec->lines > 0)
			return parse_head(codec, buf, request);
		if (line.len == 0 && codec->start > 0)
			return bad(codec, 400, "empty lines before the request line");
		if (line.len == 0)
			codec->start = codec->line;
		else if (++codec->lines > 1 + MM_HEADERS_MAX)
			return bad(codec, 431, "too many fields");
	}
}

/* chunk-size [ chunk-ext ] (RFC 9112 §7.1): at most eight hexadecimal digits; extensions are passed over. */
static enum mm_parse take_chunk_size(struct mm_codec *codec, struct mm_span line)
{
	static const char digits[] = "0123456789abcdef";
	size_t size = 0;
	size_t i;

	for (i = 0; i < line.len && line.p[i] != ';'; i++) {
		char c = line.p[i] >= 'A' && line.p[i] <= 'F' ? (char)(line.p[i] | 0x20) : line.p[i];
		const char *digit = c ? strchr(digits, c) : NULL;

		if (!digit || i == 8)
			return bad(codec, 400, "malformed chunk size");
		size = size * 16 + (size_t)(digit - digits);
	}
	if (i == 0)
		return bad(codec, 400, "malformed chunk size");
	for (; i < line.len; i++) {
		if ((line.p[i] < ' ' && line.p[i] != '\t') || line.p[i] == 0x7f)
			return bad(codec, 400, "control character in a chunk extension");
	}
	if (size > MM_BODY_MAX - codec->body_len)
		return bad(codec, 413, "body too large");
	codec->remaining = size;
	codec->phase = size > 0 ? MM_AT_CHUNK_DATA : MM_AT_TRAILER;
	return MM_PARSE_DONE;
}

static enum mm_parse feed_chunk_size(struct mm_codec *codec, const char *buf, size_t len)
{
	size_t start = codec->line;
	struct mm_span line;
	enum mm_parse got = next_line(codec, buf, len, &line);

	if (got == MM_PARSE_BAD)
		return got;
	if ((got == MM_PARSE_DONE ? codec->line : len) - start > MM_CHUNK_LINE_MAX)
		return bad(codec, 400, "chunk size line too long");
	return got == MM_PARSE_DONE ? take_chunk_size(codec, line) : MM_PARSE_MORE;
}

/* What is there of a chunk, or of a body that is not chunked. */
static enum mm_parse feed_data(struct mm_codec *codec, char *buf, size_t len)
{
	size_t n = len - codec->line < codec->remaining ? len - codec->line : codec->remaining;

	if (!codec->dropping)
		memmove(buf + codec->head_end + codec->body_len, buf + codec->line, n);
	codec->body_len += n;
	codec->remaining -= n;
	codec->line += n;
	codec->searched = codec->line;
	return codec->remaining > 0 ? MM_PARSE_MORE : MM_PARSE_DONE;
}

static enum mm_parse feed_chunk_data(struct mm_codec *codec, char *buf, size_t len)
{
	enum mm_parse got = feed_data(codec, buf, len);

	if (got == MM_PARSE_DONE)
		codec->phase = MM_AT_CHUNK_END;
	return got;
}

static enum mm_parse feed_chunk_end(struct mm_codec *codec, const char *buf, size_t len)
{
	size_t n = len - codec->line < 2 ? len - codec->line : 2;

	if (memcmp(buf + codec->line, "\r\n", n) != 0)
		return bad(codec, 400, "chunk data longer than its size");
	if (n < 2)
		return MM_PARSE_MORE;
	codec->line += 2;
	codec->searched = codec->line;
	codec->phase = MM_AT_CHUNK_SIZE;
	return MM_PARSE_DONE;
}

/* Trailer fields are checked and dropped (RFC 9112 §7.1.2). `*end` is set after the last line. */
static enum mm_parse feed_trailer(struct mm_codec *codec, const char *buf, size_t len, bool *end)
{
	size_t start = codec->line;
	struct mm_header ignored;
	struct mm_span line;
	enum mm_parse got = next_line(codec, buf, len, &line);

	if (got == MM_PARSE_BAD)
		return got;
	if (codec->trailer_len + ((got == MM_PARSE_DONE ? codec->line : len) - start) > MM_HEAD_MAX)
		return bad(codec, 431, "trailer too large");
	if (got == MM_PARSE_MORE)
		return got;
	codec->trailer_len += codec->line - start;
	*end = line.len == 0;
	if (!*end && !mm_field_parse(line, &ignored, &codec->why))
		return bad(codec, 400, codec->why);
	return MM_PARSE_DONE;
}

/* What was received and not decoded yet moves up behind what is kept, so that the buffer stays bounded. */
static void close_gap(struct mm_codec *codec, char *buf, size_t *len)
{
	size_t kept = codec->head_end + (codec->dropping ? 0 : codec->body_len);
	size_t gap = codec->line - kept;

	if (gap == 0)
		return;
	memmove(buf + kept, buf + codec->line, *len - codec->line);
	*len -= gap;
	codec->line -= gap;
	codec->searched -= gap;
}

static enum mm_parse feed_body(struct mm_codec *codec, char *buf, size_t *len, struct mm_request *request)
{
	enum mm_parse got = MM_PARSE_DONE;
	bool end = codec->phase == MM_AT_BODY;

	if (end)
		got = feed_data(codec, buf, *len);
	while (got == MM_PARSE_DONE && !end) {
		if (codec->phase == MM_AT_CHUNK_SIZE)
			got = feed_chunk_size(codec, buf, *len);
		else if (codec->phase == MM_AT_CHUNK_DATA)
			got = feed_chunk_data(codec, buf, *len);
		else if (codec->phase == MM_AT_CHUNK_END)
			got = feed_chunk_end(codec, buf, *len);
		else
			got = feed_trailer(codec, buf, *len, &end);
	}
	if (got == MM_PARSE_DONE)
		return finish(codec, buf, codec->line, request);
	if (got == MM_PARSE_MORE)
		close_gap(codec, buf, len);
	return got;
}

enum mm_parse mm_codec_feed(struct mm_codec *codec, char *buf, size_t *len, struct mm_request *request)
{
	enum mm_parse got;

	if (codec->phase == MM_AT_HEAD) {
		got = feed_head(codec, buf, *len, request);
		if (got != MM_PARSE_DONE)
			return got;
	}
	got = feed_body(codec, buf, len, request);
	codec->head_again = true;
	return got;
}

void mm_codec_drop_body(struct mm_codec *codec, char *buf, size_t *len)
{
	codec->dropping = true;
	close_gap(codec, buf, len);
}

/* Only a body can be too large: the head was whole and valid. */
static void glean_head(const struct mm_codec *codec, const char *buf, struct mm_request *request)
{
	size_t end = codec->head_end ? codec->head_end : codec->line;
	struct mm_framing framing;
	const char *why;

	(void)mm_head_parse(mm_span(buf + codec->start, end - codec->start), request, &framing, &why);
}

void mm_codec_glean(const struct mm_codec *codec, const char *buf, size_t len, struct mm_request *request)
{
	const char *line = buf + codec->start;
	const char *lf = len > codec->start ? memchr(line, '\n', len - codec->start) : NULL;

	if (codec->status == 413) {
		glean_head(codec, buf, request);
		return;
	}
	request->header_count = 0;
	if (lf && lf > line && lf[-1] == '\r' && mm_request_line_parse(mm_span(line, (size_t)(lf - line) - 1), request))
		return;
	request->method = MM_OTHER_METHOD;
	request->method_text = request->path = (struct mm_span){0};
}
