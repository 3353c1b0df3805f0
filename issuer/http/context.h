/* SPDX-License-Identifier: Apache-2.0 */
/* What stands around one request while it is answered, and what a handler is. */
#ifndef MINTMARK_ISSUER_HTTP_CONTEXT_H
#define MINTMARK_ISSUER_HTTP_CONTEXT_H

#include "issuer/http/live.h"

#include <mintmark/http.h>
#include <mintmark/kubeapi.h>
#include <mintmark/limits.h>
#include <mintmark/log.h>

enum mm_listener_kind { MM_PUBLIC, MM_ADMIN, MM_LISTENER_COUNT };

struct mm_dev;
struct mm_stats_board;
struct mm_worker_stats;

/* Refused credentials, by one worker: a flood of them is not to become one of lines in the log. {0} at first. */
struct mm_refusals {
	int64_t told_ns; /* when the log was last told; 0: never */
	int64_t untold;  /* since then */
};

/* What a handler may look at besides the request. */
struct mm_context {
	/* What comes with the request; everything is borrowed. Only `live` and `listener` are needed for all routes. */
	enum mm_listener_kind listener;
	const struct mm_live *live;         /* outlives the response */
	const struct mm_stats_board *board; /* of all workers */
	struct mm_worker_stats *stats;      /* this worker's own */
	struct mm_refusals *refusals;       /* likewise */
	struct mm_log *log;
	struct mm_limits *limits;
	struct mm_live_slot *slot;
	struct mm_dev *dev;   /* NULL: this is not `mintmark dev` */
	struct mm_peer *peer; /* what the connection proved; NULL: nothing */
	const char *address;  /* of the peer */
	mm_time now;          /* the time that holds for tokens */
	int64_t now_ns;       /* monotonic */

	/* What the dispatcher finds out before the handler runs. */
	const struct mm_live_issuer *issuer; /* under whose path the request is; at the root, the first */
	struct mm_span namespace, name;      /* of the path; absent where the route has none */
	enum mm_media media;                 /* of the answer, as far as it is an object of the Kubernetes API */
	bool acceptable;                     /* the caller takes an answer in one of the forms */
	struct mm_identity caller;           /* mm_identity_clear after the answer */
	struct mm_decision decision;         /* why it is allowed to */
};

/*
 * Fills `response`, which is empty; status 0 is taken for 200. On failure the dispatcher makes an error of the code,
 * with the line for the caller to read if the code blames the caller, and otherwise for the log.
 */
typedef enum mm_code mm_handler(const struct mm_context *context, const struct mm_request *request,
				struct mm_response *response, struct mm_err *err);

#endif
