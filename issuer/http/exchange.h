/* SPDX-License-Identifier: Apache-2.0 */
/* One exchange: the parsed request in worker->request becomes an answer in worker->outbox, counted and logged. */
#ifndef MINTMARK_ISSUER_HTTP_EXCHANGE_H
#define MINTMARK_ISSUER_HTTP_EXCHANGE_H

#include "issuer/http/worker.h"

/* What is known of the other side. */
struct mm_origin {
	enum mm_listener_kind listener;
	const char *address; /* and port */
	const char *tls;
	struct mm_peer *peer; /* what the connection proved; NULL: nothing, as on the public listener */
	int64_t began_ns;     /* when the first byte of the request came */
};

/* Answers worker->request. Returns whether the connection stays open. Sets worker->now_ns. */
bool mm_exchange_answer(struct mm_worker *worker, const struct mm_origin *origin);

/* Whether a route reads the body of worker->request, which has not come yet. */
bool mm_exchange_wants_body(struct mm_worker *worker, const struct mm_origin *origin);

/*
 * Answers what never became a request; the connection closes. Of worker->request only what could be gleaned is looked
 * at (mm_codec_glean). `why` NULL: the status's own message.
 */
void mm_exchange_refuse(struct mm_worker *worker, const struct mm_origin *origin, int status, const char *why);

#endif
