/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The handler seam: request in, response out, no transport in it. HTTP/1.1 stands in front of it today, HTTP/2 later.
 * What a route allows and which privilege it needs is a row of the route table, checked by the dispatcher and never by
 * a handler.
 */
#ifndef MINTMARK_HTTP_H
#define MINTMARK_HTTP_H

#include <mintmark/bytes.h>
#include <mintmark/clock.h>

enum mm_method { MM_GET = 1, MM_HEAD = 2, MM_POST = 4, MM_PUT = 8, MM_OTHER_METHOD = 16 };

struct mm_header {
	struct mm_span name; /* as sent; compared without case */
	struct mm_span value;
};
#define MM_HEADERS_MAX 64

/* Views into the connection's buffer, valid while the handler runs. */
struct mm_request {
	enum mm_method method;
	struct mm_span method_text;
	struct mm_span path;  /* as sent, not decoded; begins with '/': an empty one of an absolute form reads "/" */
	struct mm_span query; /* without '?'; absent when there is none */
	struct mm_span host;
	struct mm_header headers[MM_HEADERS_MAX];
	size_t header_count;
	struct mm_span body;
	bool keep_alive;
};
/* The value of the only header of that name; absent when there is none or several. */
struct mm_span mm_request_header(const struct mm_request *request, const char *name);

/*
 * Either `prepared` (rendered header lines after Date, and body, both borrowed from a snapshot that outlives the
 * response) or content_type and body, which the handler fills.
 */
struct mm_response {
	int status;
	const struct mm_buf *prepared_headers;
	const struct mm_buf *prepared_body;
	const char *content_type;
	struct mm_buf body;
	struct mm_buf extra_headers; /* whole lines with CRLF */
	bool no_store;
};

#endif
