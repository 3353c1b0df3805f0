/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The access log: one line a request, text (key=value) or JSON. Each worker gathers its lines and writes them out four
 * times a second, so that logging costs the path of a request no system call; it never waits for whoever reads them.
 */
#ifndef MINTMARK_ISSUER_HTTP_ACCESSLOG_H
#define MINTMARK_ISSUER_HTTP_ACCESSLOG_H

#include <mintmark/bytes.h>
#include <mintmark/clock.h>
#include <mintmark/config.h>

/* What there is to say of one request; all is borrowed, `method` and `path` are absent when none was understood. */
struct mm_access_line {
	struct mm_span method;
	struct mm_span path; /* without the query, which may hold what a log should not */
	int status;
	size_t bytes; /* of the body as sent */
	int64_t duration_ns;
	const char *peer; /* address and port */
	const char *route;
	const char *tls;     /* "TLSv1.3", "-" for plain */
	struct mm_span user; /* absent: nobody */
};

struct mm_access_buffer {
	struct mm_buf lines;
	mm_time at; /* of `time` */
	char time[MM_TIME_TEXT_SIZE];
};

#define MM_ACCESS_FLUSH 32768 /* bytes: so many are written out before the quarter of a second is over */

/* Appends a line in `format`, which is not MM_ACCESS_OFF. Untrusted bytes are escaped. */
void mm_access_add(struct mm_access_buffer *buffer, enum mm_access_log format, mm_time now,
		   const struct mm_access_line *line);

/*
 * Writes the lines out in whole-line pieces that a pipe takes at once (PIPE_BUF), as far as the descriptor takes them
 * without waiting. Returns how many lines were dropped. The buffer is empty afterwards.
 */
size_t mm_access_flush(struct mm_access_buffer *buffer, int fd);

#endif
