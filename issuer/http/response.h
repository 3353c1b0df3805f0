/* SPDX-License-Identifier: Apache-2.0 */
/* Responses as bytes: the statuses that mintmark answers with, the head, and errors in the two forms. */
#ifndef MINTMARK_ISSUER_HTTP_RESPONSE_H
#define MINTMARK_ISSUER_HTTP_RESPONSE_H

#include <mintmark/http.h>
#include <mintmark/kubeapi.h>

/* One row for each status that is ever sent: the metrics have a counter for each. */
struct mm_status {
	int code;
	const char *phrase;  /* RFC 9110 §15 */
	const char *reason;  /* Kubernetes' metav1.StatusReason; "" where it has none */
	const char *message; /* of an error that says nothing more particular */
};
#define MM_STATUS_COUNT 22
extern const struct mm_status mm_statuses[MM_STATUS_COUNT];

/* The row of `code`; that of 500 when there is none. */
size_t mm_status_index(int code);

/* Makes `*out`, which must be empty, a Status with the code and reason of the row, and `message` (NULL: the row's). */
void mm_status_fill(struct mm_kube_status *out, int code, const char *message);

/* The lines "HTTP/1.1 200 OK" and "Date: …" change once a second at most; a worker keeps the date here. */
struct mm_date {
	mm_time at;
	char text[MM_HTTP_DATE_SIZE];
};

/*
 * Appends everything before the body, or, for a prepared response, before its prepared headers. `now` is the Date;
 * `date` remembers its text. Without `keep_alive` the head says that the connection closes.
 */
void mm_response_head(struct mm_buf *out, const struct mm_response *response, bool keep_alive, mm_time now,
		      struct mm_date *date);

/* The body's length, whether it is prepared or not. */
size_t mm_response_body_len(const struct mm_response *response);

/* The forms of an error: a one-line JSON object {"error":…}, or a Kubernetes Status object in one of its forms. */
enum mm_error_form { MM_ERROR_PLAIN, MM_ERROR_STATUS_JSON, MM_ERROR_STATUS_PROTOBUF };

/* Makes `response`, which must be empty, an error; `message` NULL is the status's own. Never cached. */
void mm_response_error(struct mm_response *response, enum mm_error_form form, int status, const char *message);
/* Likewise, of one that has more to say; Retry-After included. */
void mm_response_status(struct mm_response *response, enum mm_media media, const struct mm_kube_status *status);

/* Frees what the handler put into it; {0} afterwards. */
void mm_response_clear(struct mm_response *response);

#endif
