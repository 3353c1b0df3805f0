/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The head of an HTTP/1.1 request, parsed strictly (RFC 9112). Whatever two parsers could read differently is refused,
 * because that is what request smuggling lives on.
 */
#ifndef MINTMARK_ISSUER_HTTP_HEAD_H
#define MINTMARK_ISSUER_HTTP_HEAD_H

#include "issuer/http/grammar.h"

#define MM_TARGET_MAX 2048  /* bytes of the request target */
#define MM_BODY_MAX   65536 /* bytes of the decoded body */

/* How the body is delimited (RFC 9112 §6), and what else the connection must know. */
struct mm_framing {
	bool chunked;
	bool has_length;
	size_t length;
	bool expect_continue; /* the client waits for 100 (RFC 9110 §10.1.1) */
};

/* Parses a request line without its CRLF into its part of `request`. False: it is not valid. */
bool mm_request_line_parse(struct mm_span line, struct mm_request *request);

/*
 * Parses a whole head, from the request line up to and including the empty line; every line must end in CRLF.
 * Returns 0, or the status to answer with (400, 413, 414, 417, 431) and the reason in `*why` (static). The views in
 * `request` point into `head`. An absolute-form target (RFC 9112 §3.2.2) becomes its path, and its authority the host.
 */
int mm_head_parse(struct mm_span head, struct mm_request *request, struct mm_framing *framing, const char **why);

#endif
