/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The HTTP/1.1 request codec: bytes as they arrive become requests. Pure and incremental: no I/O, no clock, no
 * allocation; a byte is looked at a bounded number of times however the input is split.
 */
#ifndef MINTMARK_ISSUER_HTTP_CODEC_H
#define MINTMARK_ISSUER_HTTP_CODEC_H

#include "issuer/http/head.h"

#define MM_HEAD_MAX       8192 /* bytes of a head, and of a trailer section */
#define MM_CHUNK_LINE_MAX 128  /* bytes of a chunk's size, extensions and CRLF */
/* A buffer of this size always holds one request: with that many bytes the answer is never MM_PARSE_MORE. */
#define MM_REQUEST_MAX (MM_HEAD_MAX + MM_BODY_MAX + MM_HEAD_MAX)

enum mm_parse { MM_PARSE_MORE, MM_PARSE_DONE, MM_PARSE_BAD };

/* {0} is a codec that waits for a request; so it is made ready for the next one. */
struct mm_codec {
	enum { MM_AT_HEAD, MM_AT_BODY, MM_AT_CHUNK_SIZE, MM_AT_CHUNK_DATA, MM_AT_CHUNK_END, MM_AT_TRAILER } phase;
	size_t start;     /* of the request line: 2 after an empty line that is passed over (RFC 9112 §2.2) */
	size_t line;      /* of the line that is not complete yet */
	size_t searched;  /* no LF between line and here */
	size_t head_end;  /* where the body begins */
	size_t body_len;  /* decoded so far */
	size_t remaining; /* of the body or of the chunk */
	size_t trailer_len;
	unsigned lines;
	bool head_again;      /* the buffer may have moved since the head was parsed */
	bool dropping;        /* the body is counted and checked, not kept */
	bool expect_continue; /* the client waits for "100 Continue" before it sends the body; the caller clears it */
	size_t consumed;      /* MM_PARSE_DONE: bytes that belong to this request; what follows is the next one's */
	int status;           /* MM_PARSE_BAD: what to answer before closing */
	const char *why;      /* MM_PARSE_BAD: the reason, static */
};

/*
 * Looks at the `*len` bytes received since the request began. MM_PARSE_MORE: call again with the same bytes and more
 * behind them (the buffer may move). MM_PARSE_DONE: `request` has views into `buf`. MM_PARSE_BAD: answer and close.
 * A chunked body is decoded in place, which makes `*len` smaller.
 */
enum mm_parse mm_codec_feed(struct mm_codec *codec, char *buf, size_t *len, struct mm_request *request);

/*
 * After MM_PARSE_MORE, when the head is complete and nobody wants the body: what has come of it is taken out of the
 * buffer, which makes `*len` smaller, and what comes will be. The request will have an empty body.
 */
void mm_codec_drop_body(struct mm_codec *codec, char *buf, size_t *len);

/*
 * What can be said of a request that came to nothing, with MM_PARSE_BAD or too late: `request` gets its method and its
 * path when its request line is whole and valid (otherwise they are absent), and its fields when only its body was too
 * large (otherwise it has none).
 */
void mm_codec_glean(const struct mm_codec *codec, const char *buf, size_t len, struct mm_request *request);

/* Whether a request has begun, so that the deadline for its head runs. */
static inline bool mm_codec_begun(const struct mm_codec *codec)
{
	return codec->searched > 0;
}

/* Whether the head is complete and the body is not. */
static inline bool mm_codec_in_body(const struct mm_codec *codec)
{
	return codec->phase != MM_AT_HEAD;
}

#endif
