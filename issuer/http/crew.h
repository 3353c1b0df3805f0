/* SPDX-License-Identifier: Apache-2.0 */
/* All workers of a server and the sockets that they listen on. Used by the main thread only. */
#ifndef MINTMARK_ISSUER_HTTP_CREW_H
#define MINTMARK_ISSUER_HTTP_CREW_H

#include "issuer/http/sockets.h"
#include "issuer/http/worker.h"

struct mm_crew {
	int done_fd;                /* an eventfd: readable when a worker has ended; see mm_crew_ended */
	size_t count;               /* as many as there are to be */
	struct mm_sockets *sockets; /* once they are bound */

	/* Its own. */
	size_t started;
	size_t ended;
	struct mm_worker **workers;
	struct mm_stats_board *board;
	_Atomic size_t open[MM_LISTENER_COUNT];
	_Atomic size_t under_way;
};

/* `sockets` are taken over; NULL: mm_crew_start binds them. MM_EIO. mm_crew_clear in any case. */
MM_MUSTCHECK enum mm_code mm_crew_init(struct mm_crew *crew, const struct mm_config *config, struct mm_sockets *sockets,
				       struct mm_err *err);

/*
 * Binds the listeners and starts the workers. Each gets `parts`, with its own descriptors in it and what all of the
 * crew share. Their stats stand on `board` from then on until the crew is cleared. MM_EIO, MM_ENOMEM: some may run
 * already.
 */
MM_MUSTCHECK enum mm_code mm_crew_start(struct mm_crew *crew, const struct mm_config *config,
					const struct mm_worker_parts *parts, struct mm_stats_board *board,
					struct mm_err *err);

void mm_crew_order(struct mm_crew *crew, enum mm_worker_order order);
/* When done_fd is readable: whether all have ended. */
bool mm_crew_ended(struct mm_crew *crew);
/* Whether each worker's loop has turned in the last `patience_ns`, or at least in the last two seconds. */
bool mm_crew_turns(const struct mm_crew *crew, int64_t patience_ns);

/* Stops those that still run, waits for them, and frees all. */
void mm_crew_clear(struct mm_crew *crew);

#endif
