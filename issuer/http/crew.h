/* SPDX-License-Identifier: Apache-2.0 */
/* All workers of a server and the sockets that they listen on. Used by the main thread only. */
#ifndef MINTMARK_ISSUER_HTTP_CREW_H
#define MINTMARK_ISSUER_HTTP_CREW_H

#include "issuer/http/listener.h"
#include "issuer/http/worker.h"

#include <mintmark/config.h>

struct mm_crew {
	int done_fd;  /* an eventfd: readable when a worker has ended; see mm_crew_ended */
	size_t count; /* as many as there are to be */
	char addresses[MM_LISTENER_COUNT][MM_ADDRESS_TEXT_SIZE]; /* that were bound; "" for a listener that is off */

	/* Its own. */
	size_t started;
	size_t ended;
	struct mm_worker **workers;
	struct mm_stats_board *board;
	int *fds[MM_LISTENER_COUNT]; /* one for each worker, until it takes it over: then -1 */
	_Atomic size_t open[MM_LISTENER_COUNT];
};

/* `count` 0: one worker for each processor. MM_EIO. mm_crew_clear in any case. */
MM_MUSTCHECK enum mm_code mm_crew_init(struct mm_crew *crew, size_t count, struct mm_err *err);

/* One, without an admin listener. */
size_t mm_listener_count(const struct mm_config *config);

/*
 * Binds the listeners and starts the workers, which answer from `slot`. Their stats stand on `board` from then on until
 * the crew is cleared. MM_EIO, MM_ENOMEM: some may run already.
 */
MM_MUSTCHECK enum mm_code mm_crew_start(struct mm_crew *crew, const struct mm_config *config, struct mm_live_slot *slot,
					struct mm_stats_board *board, struct mm_log *log, struct mm_err *err);

void mm_crew_order(struct mm_crew *crew, enum mm_worker_order order);
/* When done_fd is readable: whether all have ended. */
bool mm_crew_ended(struct mm_crew *crew);
/* Whether each worker's loop has turned in the last `patience_ns`, or at least in the last two seconds. */
bool mm_crew_turns(const struct mm_crew *crew, int64_t patience_ns);

/* Stops those that still run, waits for them, and frees all. */
void mm_crew_clear(struct mm_crew *crew);

#endif
