/* SPDX-License-Identifier: Apache-2.0 */
#include "issuer/http/crew.h"

#include <mintmark/file.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define LOOP_PATIENCE_NS (8 * MM_TICK_MS * INT64_C(1000000)) /* the least for which a worker may be busy */

enum mm_code mm_crew_init(struct mm_crew *crew, const struct mm_config *config, struct mm_sockets *sockets,
			  struct mm_err *err)
{
	*crew = (struct mm_crew){
		.sockets = sockets,
		.count = sockets ? mm_sockets_workers(sockets) : mm_workers_configured(config),
		.done_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK),
	};
	return crew->done_fd < 0 ? mm_fail_errno(err, "cannot start") : MM_OK;
}

/* ---- starting ---------------------------------------------------------------------------------------------------- */

static enum mm_code make_worker(struct mm_crew *crew, size_t i, const struct mm_worker_parts *common,
				struct mm_err *err)
{
	struct mm_worker_parts parts = *common;
	enum mm_code code;

	parts.board = crew->board;
	parts.done_fd = crew->done_fd;
	parts.open = crew->open;
	parts.under_way = &crew->under_way;
	for (int kind = 0; kind < MM_LISTENER_COUNT; kind++)
		parts.fds[kind] = mm_sockets_take(crew->sockets, (enum mm_listener_kind)kind, i);
	code = mm_worker_new(&parts, &crew->workers[i], err);
	if (code == MM_OK)
		crew->board->workers[crew->board->worker_count++] = crew->workers[i]->stats;
	return code;
}

enum mm_code mm_crew_start(struct mm_crew *crew, const struct mm_config *config, const struct mm_worker_parts *parts,
			   struct mm_stats_board *board, struct mm_err *err)
{
	enum mm_code code = crew->sockets ? MM_OK : mm_sockets_bind(config, &crew->sockets, err);

	if (code != MM_OK)
		return code;
	crew->board = board;
	crew->workers = calloc(crew->count, sizeof *crew->workers);
	board->workers = calloc(crew->count, sizeof *board->workers);
	if (!crew->workers || !board->workers)
		return mm_fail(err, MM_ENOMEM, "out of memory");
	for (size_t i = 0; code == MM_OK && i < crew->count; i++)
		code = make_worker(crew, i, parts, err);
	while (code == MM_OK && crew->started < crew->count) { /* not before the board is complete */
		code = mm_worker_start(crew->workers[crew->started], err);
		crew->started += code == MM_OK;
	}
	return code;
}

/* ---- running and stopping ---------------------------------------------------------------------------------------- */

void mm_crew_order(struct mm_crew *crew, enum mm_worker_order order)
{
	for (size_t i = 0; i < crew->started; i++)
		mm_worker_order(crew->workers[i], order);
}

bool mm_crew_ended(struct mm_crew *crew)
{
	uint64_t n;

	if (read(crew->done_fd, &n, sizeof n) == sizeof n)
		crew->ended += n;
	return crew->ended >= crew->started;
}

bool mm_crew_turns(const struct mm_crew *crew, int64_t patience_ns)
{
	int64_t oldest = mm_clock_monotonic_ns() - (patience_ns > LOOP_PATIENCE_NS ? patience_ns : LOOP_PATIENCE_NS);

	for (size_t i = 0; i < crew->started; i++) {
		if (atomic_load_explicit(&crew->workers[i]->ticked_ns, memory_order_relaxed) < oldest)
			return false;
	}
	return true;
}

void mm_crew_clear(struct mm_crew *crew)
{
	mm_crew_order(crew, MM_WORKER_STOP);
	for (size_t i = 0; crew->workers && i < crew->count; i++)
		mm_worker_join(crew->workers[i]);
	for (size_t i = 0; crew->workers && i < crew->count; i++)
		mm_worker_free(crew->workers[i]);
	free(mm_take(crew->workers));
	mm_sockets_free(mm_take(crew->sockets));
	if (crew->board) {
		free(mm_take(crew->board->workers));
		crew->board->worker_count = 0;
	}
	mm_fd_close(&crew->done_fd);
}
