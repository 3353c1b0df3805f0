/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A worker: one thread with its own event loop, its own listening sockets, its own connections and its own counters.
 * It shares with others what nobody changes (the live object) and what only it writes (its stats).
 */
#ifndef MINTMARK_ISSUER_HTTP_WORKER_H
#define MINTMARK_ISSUER_HTTP_WORKER_H

#include "issuer/http/accesslog.h"
#include "issuer/http/conn.h"
#include "issuer/http/outbox.h"
#include "issuer/http/stats.h"

#include <event2/event.h>
#include <mintmark/dev.h>
#include <mintmark/limits.h>
#include <mintmark/log.h>

#define MM_TICK_MS      250   /* deadlines are enforced, and lines written out, this often */
#define MM_SCRATCH_SIZE 16384 /* what one read takes; a whole TLS record */

struct mm_worker;

/* One listener as one worker has it. */
struct mm_endpoint {
	struct mm_worker *worker;
	enum mm_listener_kind kind;
	int fd;                  /* -1: none, or closed by draining */
	struct event *accepting; /* NULL likewise */
	bool paused;             /* out of descriptors: accepting again at the next tick */
	size_t open;
	struct mm_conn_list lists[MM_PHASE_COUNT]; /* each in the order in which its phase, or its request, began */
};

enum mm_worker_order { MM_WORKER_RUN, MM_WORKER_DRAIN, MM_WORKER_STOP };

/* What a worker is given; all of it outlives the worker. The crew fills in what stands after `dev`. */
struct mm_worker_parts {
	struct mm_live_slot *slot;
	struct mm_log *log;
	/* The time that holds for tokens; dates and deadlines have the system's. */
	mm_time (*clock)(void *arg);
	void *clock_arg;
	struct mm_limits *limits; /* one for all workers; NULL without an admin listener */
	struct mm_dev *dev;       /* NULL: none */
	const struct mm_stats_board *board;
	int fds[MM_LISTENER_COUNT]; /* listening sockets, taken over; -1: none */
	int done_fd;                /* an eventfd: gets 1 when the worker has ended */
	_Atomic size_t *open;       /* connections on each listener, of all workers: MM_LISTENER_COUNT of them */
	_Atomic size_t *under_way;  /* bodies that are held for the admin listener, of all workers */
};

struct mm_worker {
	struct mm_worker_parts parts;
	struct mm_worker_stats *stats;
	struct event_base *base;
	struct event *tick;
	struct event *woken;
	int wake_fd;
	_Atomic int order;         /* enum mm_worker_order */
	_Atomic int64_t ticked_ns; /* monotonic: when it started, and then every MM_TICK_MS as long as its loop turns */
	pthread_t thread;
	bool running;

	/* Everything from here on is the thread's own. */
	bool draining;
	int64_t pause_told_ns; /* when the log was last told that accepting paused; 0: never */
	int64_t pauses;        /* since then */
	int64_t now_ns;        /* monotonic, of the event that is being handled */
	const struct mm_live *live;
	struct mm_live_view view;
	struct mm_endpoint endpoints[MM_LISTENER_COUNT];
	struct mm_date date;
	struct mm_access_buffer access;
	struct mm_refusals refusals;
	struct mm_request request; /* the one that is being answered */
	struct mm_outbox outbox;   /* of the connection that is being handled; empty between events */
	char scratch[MM_SCRATCH_SIZE];
};

/* Makes a worker that does not run yet; takes the sockets over even when it fails. MM_ENOMEM, MM_EIO. */
MM_MUSTCHECK enum mm_code mm_worker_new(const struct mm_worker_parts *parts, struct mm_worker **out,
					struct mm_err *err);
/* Starts its thread, with every signal blocked. MM_EIO. */
MM_MUSTCHECK enum mm_code mm_worker_start(struct mm_worker *worker, struct mm_err *err);
/* From any thread. DRAIN: no new connections, ends when the last one is closed. STOP: ends at once. */
void mm_worker_order(struct mm_worker *worker, enum mm_worker_order order);
/* Waits for its thread, if it runs; the worker must have been ordered to stop or to drain. NULL is passed over. */
void mm_worker_join(struct mm_worker *worker);
/* When no worker runs any more: they read each other's stats. */
void mm_worker_free(struct mm_worker *worker);
MM_AUTO(mm_worker)

/* The time that holds for tokens. */
mm_time mm_worker_time(const struct mm_worker *worker);

/* For connections: the clock and the live object, once for each event. */
void mm_worker_begin_event(struct mm_worker *worker);
/* For connections: one has gone. Ends the loop of a draining worker after the last. */
void mm_worker_conn_gone(struct mm_worker *worker);

#endif
