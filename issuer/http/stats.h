/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the server counts. Each worker writes its own struct and reads nobody's; the metrics page adds them up. The
 * pages of two workers never share a cache line: each struct is allocated by itself, aligned.
 */
#ifndef MINTMARK_ISSUER_HTTP_STATS_H
#define MINTMARK_ISSUER_HTTP_STATS_H

#include "issuer/hook.h"
#include "issuer/http/response.h"
#include "issuer/http/route.h"
#include "issuer/publisher.h"
#include "issuer/rotor.h"

#include <mintmark/event.h>
#include <mintmark/log.h>
#include <mintmark/metrics.h>

/* Why the server closed a connection that the client still had a use for. */
enum mm_close_reason { MM_CLOSE_LIMIT, MM_CLOSE_TIMEOUT, MM_CLOSE_BAD_REQUEST, MM_CLOSE_TLS, MM_CLOSE_REASONS };

#define MM_CALLER_KINDS (MM_CALLER_UNIX + 1)

/* Why somebody is to come back later, and what came of a TokenReview. */
enum mm_throttle { MM_THROTTLE_RATE, MM_THROTTLE_CONCURRENT, MM_THROTTLES };
enum mm_review { MM_REVIEW_AUTHENTICATED, MM_REVIEW_REJECTED, MM_REVIEWS };

/* By one worker. */
struct mm_worker_stats {
	mm_counter requests[MM_ROUTE_COUNT + 1]
			   [MM_STATUS_COUNT]; /* the last row: no route matched, or no request came to be */
	struct mm_histogram latency;          /* first byte of the request to answer ready */
	mm_counter accepted[MM_LISTENER_COUNT];
	mm_counter closed[MM_LISTENER_COUNT]; /* accepted - closed are open */
	mm_counter closed_by_us[MM_CLOSE_REASONS];
	mm_counter accept_errors;
	mm_counter authentications[MM_CALLER_KINDS][2]; /* refused, accepted */
	mm_counter throttled[MM_THROTTLES];
	mm_counter minted[MM_ALG_COUNT];
	mm_counter refused[MM_STATUS_COUNT]; /* tokens, to callers who are somebody */
	mm_counter reviews[MM_REVIEWS];
	mm_counter log_dropped; /* lines of the access log that nobody took off our hands */
};

/* What is loaded while serving. */
enum mm_reload { MM_RELOAD_CONFIG, MM_RELOAD_TLS, MM_RELOAD_CALLERS, MM_RELOAD_STORE, MM_RELOAD_COUNT };

/* By the main thread. */
struct mm_reload_stats {
	mm_counter done[MM_RELOAD_COUNT];
	mm_counter failed[MM_RELOAD_COUNT];
	mm_counter key_events[MM_EVENT_KINDS]; /* in the key sets that were loaded, whoever committed them */
};

/* All of them, for the metrics page; complete before the first worker runs. */
struct mm_stats_board {
	mm_time started;
	const struct mm_log *log;
	struct mm_reload_stats reloads;
	struct mm_rotor_stats rotor;
	struct mm_hook_stats hook;
	struct mm_publisher_stats publisher;
	size_t worker_count;
	const struct mm_worker_stats **workers;
};

#endif
