/* SPDX-License-Identifier: Apache-2.0 */
#include "issuer/http/worker.h"

#include <errno.h>
#include <mintmark/file.h>
#include <mintmark/thread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define ACCEPT_BATCH 64        /* connections taken in one go, before those that are open get their turn */
#define DRAIN_BATCH  SOMAXCONN /* more than the kernel has accepted for us */

#define PAUSE_TOLD_EVERY_NS INT64_C(60000000000) /* it may pause with every tick */

mm_time mm_worker_time(const struct mm_worker *worker)
{
	return worker->parts.clock(worker->parts.clock_arg);
}

void mm_worker_begin_event(struct mm_worker *worker)
{
	worker->now_ns = mm_clock_monotonic_ns();
	worker->live = mm_live_look(worker->parts.slot, &worker->view);
}

static size_t open_connections(const struct mm_worker *worker)
{
	return worker->endpoints[MM_PUBLIC].open + worker->endpoints[MM_ADMIN].open;
}

static bool is_accepting(const struct mm_worker *worker)
{
	return worker->endpoints[MM_PUBLIC].accepting || worker->endpoints[MM_ADMIN].accepting;
}

void mm_worker_conn_gone(struct mm_worker *worker)
{
	if (worker->draining && !is_accepting(worker) && open_connections(worker) == 0)
		event_base_loopbreak(worker->base);
}

static void pause_accepting(struct mm_endpoint *endpoint, int reason)
{
	struct mm_worker *worker = endpoint->worker;

	event_del(endpoint->accepting);
	endpoint->paused = true;
	worker->pauses++;
	if (worker->pause_told_ns && worker->now_ns - worker->pause_told_ns < PAUSE_TOLD_EVERY_NS)
		return;
	mm_log(worker->parts.log, MM_LOG_WARN, "cannot accept connections for a moment",
	       MM_F_STR("error", strerror(reason)), MM_F_INT("times", worker->pauses));
	worker->pause_told_ns = worker->now_ns;
	worker->pauses = 0;
}

/* Whether to go on accepting at once. Errors of the connection to be (accept(2)) are none of ours. */
static bool after_accept_error(struct mm_endpoint *endpoint, int reason)
{
	if (reason == EAGAIN)
		return false;
	mm_counter_add(&endpoint->worker->stats->accept_errors, 1);
	switch (reason) {
	case ECONNABORTED:
	case EINTR:
	case EPROTO:
	case ENETDOWN:
	case ENETUNREACH:
	case EHOSTDOWN:
	case EHOSTUNREACH: return true;
	default: break;
	}
	for (int i = 0; i < MM_LISTENER_COUNT; i++) {
		if (mm_conn_evict(&endpoint->worker->endpoints[i])) /* its descriptor is needed more elsewhere */
			return true;
	}
	pause_accepting(endpoint, reason); /* else the loop would spin: the socket stays readable */
	return false;
}

static void accept_one(struct mm_endpoint *endpoint, int fd, const struct sockaddr_storage *peer)
{
	struct mm_worker *worker = endpoint->worker;

	_Atomic size_t *open = &worker->parts.open[endpoint->kind];

	/* Counted first, so that two workers cannot both take the last place. */
	if (atomic_fetch_add_explicit(open, 1, memory_order_relaxed) >= worker->live->settings.max_connections &&
	    !mm_conn_evict(endpoint)) {
		mm_counter_add(&worker->stats->closed_by_us[MM_CLOSE_LIMIT], 1);
		atomic_fetch_sub_explicit(open, 1, memory_order_relaxed);
		close(fd);
		return;
	}
	mm_conn_open(endpoint, fd, peer);
}

static void accept_up_to(struct mm_endpoint *endpoint, int max)
{
	bool more = true;

	for (int i = 0; i < max && more; i++) {
		struct sockaddr_storage peer;
		socklen_t len = sizeof peer;
		int fd = accept4(endpoint->fd, (struct sockaddr *)&peer, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);

		if (fd >= 0)
			accept_one(endpoint, fd, &peer);
		else
			more = after_accept_error(endpoint, errno);
	}
}

static void on_accept(evutil_socket_t fd, short what, void *arg)
{
	struct mm_endpoint *endpoint = arg;

	(void)fd, (void)what;
	mm_worker_begin_event(endpoint->worker);
	accept_up_to(endpoint, ACCEPT_BATCH);
}

static void flush_access(struct mm_worker *worker)
{
	size_t dropped;

	if (worker->access.lines.len == 0)
		return;
	dropped = mm_access_flush(&worker->access, worker->parts.log->fd);
	mm_counter_add(&worker->stats->log_dropped, dropped);
}

static void on_tick(evutil_socket_t fd, short what, void *arg)
{
	struct mm_worker *worker = arg;

	(void)fd, (void)what;
	mm_worker_begin_event(worker);
	atomic_store_explicit(&worker->ticked_ns, worker->now_ns, memory_order_relaxed);
	for (int i = 0; i < MM_LISTENER_COUNT; i++) {
		struct mm_endpoint *endpoint = &worker->endpoints[i];

		mm_conn_sweep(endpoint, worker->now_ns);
		if (endpoint->paused && endpoint->accepting) {
			endpoint->paused = false;
			event_add(endpoint->accepting, NULL);
		}
	}
	flush_access(worker);
}

static void close_listener(struct mm_endpoint *endpoint)
{
	if (endpoint->accepting)
		event_free(mm_take(endpoint->accepting));
	mm_fd_close(&endpoint->fd);
}

/*
 * A listener goes only after what the kernel has accepted for us was taken from it: closing it would reset those. They
 * come after the connections that are closed for being idle, and have a moment for their request (MM_LAST_CALL_NS).
 */
static void drain(struct mm_worker *worker)
{
	if (worker->draining)
		return;
	worker->draining = true;
	for (int i = 0; i < MM_LISTENER_COUNT; i++)
		mm_conn_drain(&worker->endpoints[i]);
	for (int i = 0; i < MM_LISTENER_COUNT; i++) {
		if (worker->endpoints[i].accepting)
			accept_up_to(&worker->endpoints[i], DRAIN_BATCH);
		close_listener(&worker->endpoints[i]);
	}
	mm_worker_conn_gone(worker);
}

static void on_woken(evutil_socket_t fd, short what, void *arg)
{
	struct mm_worker *worker = arg;
	uint64_t ignored;

	(void)what;
	(void)!read((int)fd, &ignored, sizeof ignored);
	mm_worker_begin_event(worker);
	switch (atomic_load(&worker->order)) {
	case MM_WORKER_DRAIN: drain(worker); break;
	case MM_WORKER_STOP: event_base_loopbreak(worker->base); break;
	default: break;
	}
}

static void *run(void *arg)
{
	struct mm_worker *worker = arg;
	uint64_t one = 1;

	mm_worker_begin_event(worker);
	event_base_dispatch(worker->base);
	for (int i = 0; i < MM_LISTENER_COUNT; i++) {
		close_listener(&worker->endpoints[i]);
		mm_conn_close_all(&worker->endpoints[i]);
	}
	flush_access(worker);
	mm_live_view_clear(&worker->view);
	(void)!write(worker->parts.done_fd, &one, sizeof one);
	return NULL;
}

static struct event_base *new_base(void)
{
	struct event_config *config = event_config_new();
	struct event_base *base = NULL;

	/*
	 * One thread, one base: no locks. Not with EVENT_BASE_FLAG_EPOLL_USE_CHANGELIST: that puts off removing a
	 * descriptor until after it was closed, when its number may be another thread's.
	 */
	if (config && event_config_set_flag(config, EVENT_BASE_FLAG_NOLOCK) == 0)
		base = event_base_new_with_config(config);
	if (config)
		event_config_free(config);
	return base;
}

static bool add_events(struct mm_worker *worker)
{
	struct timeval tick = {.tv_usec = MM_TICK_MS * 1000};

	worker->tick = event_new(worker->base, -1, EV_PERSIST, on_tick, worker);
	worker->woken = event_new(worker->base, worker->wake_fd, EV_READ | EV_PERSIST, on_woken, worker);
	if (!worker->tick || event_add(worker->tick, &tick) != 0 || !worker->woken ||
	    event_add(worker->woken, NULL) != 0)
		return false;
	for (int i = 0; i < MM_LISTENER_COUNT; i++) {
		struct mm_endpoint *endpoint = &worker->endpoints[i];

		if (endpoint->fd < 0)
			continue;
		endpoint->accepting = event_new(worker->base, endpoint->fd, EV_READ | EV_PERSIST, on_accept, endpoint);
		if (!endpoint->accepting || event_add(endpoint->accepting, NULL) != 0)
			return false;
	}
	return true;
}

/* Aligned to what two cores could contend for, see stats.h. */
static struct mm_worker_stats *new_stats(void)
{
	size_t size = (sizeof(struct mm_worker_stats) + 127) / 128 * 128;
	struct mm_worker_stats *stats = aligned_alloc(128, size);

	if (stats)
		memset(stats, 0, size);
	return stats;
}

static void init_endpoints(struct mm_worker *worker)
{
	for (int i = 0; i < MM_LISTENER_COUNT; i++) {
		struct mm_endpoint *endpoint = &worker->endpoints[i];

		endpoint->worker = worker;
		endpoint->kind = (enum mm_listener_kind)i;
		endpoint->fd = worker->parts.fds[i];
		for (int phase = 0; phase < MM_PHASE_COUNT; phase++)
			TAILQ_INIT(&endpoint->lists[phase]);
	}
}

enum mm_code mm_worker_new(const struct mm_worker_parts *parts, struct mm_worker **out, struct mm_err *err)
{
	mm_auto(mm_worker) worker = calloc(1, sizeof *worker);

	if (!worker) {
		for (int i = 0; i < MM_LISTENER_COUNT; i++) {
			if (parts->fds[i] >= 0)
				close(parts->fds[i]);
		}
		return mm_fail(err, MM_ENOMEM, "out of memory");
	}
	worker->parts = *parts;
	worker->wake_fd = -1;
	init_endpoints(worker);
	worker->stats = new_stats();
	worker->base = new_base();
	if (!worker->stats || !worker->base)
		return mm_fail(err, MM_ENOMEM, "cannot make a worker");
	worker->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (worker->wake_fd < 0)
		return mm_fail_errno(err, "cannot make a worker");
	if (!add_events(worker))
		return mm_fail(err, MM_ENOMEM, "cannot make a worker");
	*out = mm_take(worker);
	return MM_OK;
}

enum mm_code mm_worker_start(struct mm_worker *worker, struct mm_err *err)
{
	enum mm_code code;

	atomic_store_explicit(&worker->ticked_ns, mm_clock_monotonic_ns(), memory_order_relaxed);
	code = mm_thread_start(&worker->thread, run, worker, err);
	worker->running = code == MM_OK;
	return code;
}

void mm_worker_order(struct mm_worker *worker, enum mm_worker_order order)
{
	uint64_t one = 1;

	atomic_store(&worker->order, order);
	(void)!write(worker->wake_fd, &one, sizeof one);
}

void mm_worker_join(struct mm_worker *worker)
{
	if (worker && worker->running)
		pthread_join(worker->thread, NULL);
	if (worker)
		worker->running = false;
}

void mm_worker_free(struct mm_worker *worker)
{
	if (!worker)
		return;
	for (int i = 0; i < MM_LISTENER_COUNT; i++)
		close_listener(&worker->endpoints[i]);
	if (worker->tick)
		event_free(worker->tick);
	if (worker->woken)
		event_free(worker->woken);
	if (worker->base)
		event_base_free(worker->base);
	mm_fd_close(&worker->wake_fd);
	mm_buf_free(&worker->outbox.copied);
	mm_buf_free(&worker->access.lines);
	free(worker->stats);
	free(worker);
}
