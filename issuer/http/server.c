/* SPDX-License-Identifier: Apache-2.0 */
/* The main thread of a server: starts the workers, feeds them, and stops them. */
#include <mintmark/server.h>

#include "issuer/http/feed.h"
#include "issuer/http/listener.h"
#include "issuer/http/notify.h"
#include "issuer/http/worker.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <unistd.h>

/*
 * What is open besides sockets. In each worker: its event loop, and what wakes it. In the process: standard streams,
 * signals, the store and its watch, and what is being read; some to spare.
 */
enum { WORKER_DESCRIPTORS = 2, PROCESS_DESCRIPTORS = 32 };

#define SECOND_NS        INT64_C(1000000000)
#define LOOP_PATIENCE_NS (8 * MM_TICK_MS * INT64_C(1000000)) /* the least for which a worker may be busy */

enum { WATCH_SIGNALS, WATCH_WORKERS, WATCH_STORE, WATCH_CLOCK, WATCH_WATCHDOG, WATCH_DEADLINE, WATCH_COUNT };

struct server {
	const struct mm_config *config; /* as it was at the start: what only a new start changes */
	struct mm_log *log;
	struct mm_feed feed;
	struct mm_live_slot slot;
	struct mm_stats_board board;
	size_t worker_count; /* as many as there are to be */
	size_t started;
	size_t ended;
	struct mm_worker **workers;
	_Atomic size_t open[MM_LISTENER_COUNT];
	int *fds[MM_LISTENER_COUNT]; /* one for each worker, until it takes it over: then -1 */
	char addresses[MM_LISTENER_COUNT][MM_ADDRESS_TEXT_SIZE]; /* "" for a listener that is off */
	struct event_base *base;
	struct event *watches[WATCH_COUNT];
	int signal_fd;
	int done_fd;         /* eventfd: how many workers have ended */
	int64_t watchdog_ns; /* how often systemd is to hear that all is well; 0: never */
	bool stopping;
};

static size_t core_count(void)
{
	cpu_set_t cores;

	if (sched_getaffinity(0, sizeof cores, &cores) != 0)
		return 1;
	return (size_t)CPU_COUNT(&cores);
}

static bool admin_is_off(const struct mm_config *config)
{
	return strcmp(config->listen.admin, "off") == 0;
}

static int64_t listener_count(const struct mm_config *config)
{
	return admin_is_off(config) ? 1 : MM_LISTENER_COUNT;
}

/* What so many connections on every listener would take, with what the process has open besides. */
static int64_t descriptors_needed(const struct server *server, int64_t connections)
{
	int64_t workers = (int64_t)server->worker_count;

	return listener_count(server->config) * (connections + workers) + workers * WORKER_DESCRIPTORS +
	       PROCESS_DESCRIPTORS;
}

/* A connection is a descriptor; the soft limit is a relic of select(2), which nothing here uses. */
static int64_t raise_descriptor_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
		return INT64_MAX;
	limit.rlim_cur = limit.rlim_max;
	(void)setrlimit(RLIMIT_NOFILE, &limit);
	return limit.rlim_max < INT64_MAX ? (int64_t)limit.rlim_max : INT64_MAX;
}

/*
 * As many connections as leave the process its own descriptors: out of those, it could not open the key set or the
 * certificate when they change. For each listener.
 */
static int64_t connections_allowed(const struct server *server)
{
	int64_t limit = raise_descriptor_limit();
	int64_t without = descriptors_needed(server, 0), configured = server->config->http.max_connections;
	int64_t allowed = limit > without ? (limit - without) / listener_count(server->config) : 0;

	if (allowed < configured)
		mm_log(server->log, MM_LOG_WARN, "the system allows fewer open files than there may be connections",
		       MM_F_INT("limit", limit), MM_F_INT("needed", descriptors_needed(server, configured)),
		       MM_F_INT("http.max_connections", configured), MM_F_INT("used", allowed > 0 ? allowed : 1));
	return allowed > 0 ? allowed : 1;
}

/* ---- stopping ---------------------------------------------------------------------------------------------------- */

static void order_all(struct server *server, enum mm_worker_order order)
{
	for (size_t i = 0; i < server->started; i++)
		mm_worker_order(server->workers[i], order);
}

/* The first signal drains, the second one ends at once. */
static void stop(struct server *server, int signal_number)
{
	struct timeval patience = {.tv_sec = server->feed.config->http.drain_timeout, .tv_usec = 1};

	mm_log(server->log, MM_LOG_INFO, server->stopping ? "stopping at once" : "stopping",
	       MM_F_STR("signal", strsignal(signal_number)));
	if (server->stopping) {
		order_all(server, MM_WORKER_STOP);
		return;
	}
	server->stopping = true;
	mm_notify("STOPPING=1");
	mm_feed_drain(&server->feed);
	order_all(server, MM_WORKER_DRAIN);
	event_add(server->watches[WATCH_DEADLINE], &patience);
}

static void on_drain_deadline(evutil_socket_t fd, short what, void *arg)
{
	struct server *server = arg;

	(void)fd, (void)what;
	mm_log(server->log, MM_LOG_WARN, "requests that are still under way are given up",
	       MM_F_DURATION("drain_timeout", server->feed.config->http.drain_timeout));
	order_all(server, MM_WORKER_STOP);
}

static void on_worker_ended(evutil_socket_t fd, short what, void *arg)
{
	struct server *server = arg;
	uint64_t n;

	(void)what;
	if (read((int)fd, &n, sizeof n) == sizeof n)
		server->ended += n;
	if (server->ended >= server->started)
		event_base_loopbreak(server->base);
}

/* ---- what the main thread reacts to ------------------------------------------------------------------------------ */

static void reload(struct server *server)
{
	mm_log(server->log, MM_LOG_INFO, "reloading");
	mm_notify_reloading();
	mm_feed_reload(&server->feed);
	mm_notify("READY=1");
}

static void on_signal(evutil_socket_t fd, short what, void *arg)
{
	struct server *server = arg;
	struct signalfd_siginfo info;

	(void)what;
	while (read((int)fd, &info, sizeof info) == sizeof info) {
		if (info.ssi_signo != SIGHUP)
			stop(server, (int)info.ssi_signo);
		else if (!server->stopping)
			reload(server);
	}
}

static void on_store(evutil_socket_t fd, short what, void *arg)
{
	struct server *server = arg;

	(void)fd, (void)what;
	mm_feed_check_store(&server->feed);
}

static void on_second(evutil_socket_t fd, short what, void *arg)
{
	struct server *server = arg;

	(void)fd, (void)what;
	if (!server->stopping)
		mm_feed_check(&server->feed);
}

/* Whether each worker's loop has turned of late. Those that have ended are no worse for it. */
static bool workers_turn(const struct server *server)
{
	int64_t patience = server->watchdog_ns > LOOP_PATIENCE_NS ? server->watchdog_ns : LOOP_PATIENCE_NS;
	int64_t oldest = mm_clock_monotonic_ns() - patience;

	for (size_t i = 0; !server->stopping && i < server->started; i++) {
		if (atomic_load_explicit(&server->workers[i]->ticked_ns, memory_order_relaxed) < oldest)
			return false;
	}
	return true;
}

static void on_watchdog(evutil_socket_t fd, short what, void *arg)
{
	struct server *server = arg;

	(void)fd, (void)what;
	if (workers_turn(server))
		mm_notify("WATCHDOG=1");
}

/*
 * Signals are blocked in every thread and read from a descriptor: no handler interrupts anything. They stay blocked, so
 * that one more of them does not kill a server that is about to end well.
 */
static enum mm_code open_signals(struct server *server, struct mm_err *err)
{
	sigset_t ours;

	sigemptyset(&ours);
	sigaddset(&ours, SIGTERM);
	sigaddset(&ours, SIGINT);
	sigaddset(&ours, SIGHUP);
	pthread_sigmask(SIG_BLOCK, &ours, NULL);
	server->signal_fd = signalfd(-1, &ours, SFD_CLOEXEC | SFD_NONBLOCK);
	server->done_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (server->signal_fd < 0 || server->done_fd < 0)
		return mm_fail_errno(err, "cannot start");
	return MM_OK;
}

static enum mm_code add_watches(struct server *server, struct mm_err *err)
{
	static const struct timeval second = {.tv_sec = 1};
	const struct timeval watchdog = {.tv_sec = server->watchdog_ns / SECOND_NS,
					 .tv_usec = server->watchdog_ns % SECOND_NS / 1000};
	const struct {
		int fd;
		short what;
		event_callback_fn call;
		const struct timeval *every;
	} rows[WATCH_COUNT] = {
		[WATCH_SIGNALS] = {server->signal_fd, EV_READ | EV_PERSIST, on_signal, NULL},
		[WATCH_WORKERS] = {server->done_fd, EV_READ | EV_PERSIST, on_worker_ended, NULL},
		[WATCH_STORE] = {mm_store_watch_fd(server->feed.store), EV_READ | EV_PERSIST, on_store, NULL},
		[WATCH_CLOCK] = {-1, EV_PERSIST, on_second, &second},
		[WATCH_WATCHDOG] = {-1, EV_PERSIST, on_watchdog, server->watchdog_ns ? &watchdog : NULL},
		[WATCH_DEADLINE] = {-1, 0, on_drain_deadline, NULL}, /* set by stop() */
	};

	server->base = event_base_new();
	if (!server->base)
		return mm_fail(err, MM_ENOMEM, "cannot start");
	for (int i = 0; i < WATCH_COUNT; i++) {
		server->watches[i] = event_new(server->base, rows[i].fd, rows[i].what, rows[i].call, server);
		if (!server->watches[i])
			return mm_fail(err, MM_ENOMEM, "cannot start");
		if ((rows[i].fd >= 0 || rows[i].every) && event_add(server->watches[i], rows[i].every) != 0)
			return mm_fail(err, MM_ENOMEM, "cannot start");
	}
	return MM_OK;
}

/* ---- starting ---------------------------------------------------------------------------------------------------- */

static enum mm_code open_listeners(struct server *server, struct mm_err *err)
{
	const char *const addresses[MM_LISTENER_COUNT] = {
		[MM_PUBLIC] = server->config->listen.public,
		[MM_ADMIN] = admin_is_off(server->config) ? NULL : server->config->listen.admin,
	};
	enum mm_code code = MM_OK;

	for (int kind = 0; code == MM_OK && kind < MM_LISTENER_COUNT; kind++) {
		server->fds[kind] = calloc(server->worker_count, sizeof(int));
		if (!server->fds[kind])
			return mm_fail(err, MM_ENOMEM, "out of memory");
		memset(server->fds[kind], 0xff, server->worker_count * sizeof(int));
		if (addresses[kind])
			code = mm_listen(addresses[kind], server->worker_count, server->fds[kind],
					 server->addresses[kind], err);
	}
	return code;
}

static void close_listeners(struct server *server)
{
	for (int kind = 0; kind < MM_LISTENER_COUNT; kind++) {
		for (size_t i = 0; server->fds[kind] && i < server->worker_count; i++)
			mm_fd_close(&server->fds[kind][i]);
		free(server->fds[kind]);
	}
}

static enum mm_code make_workers(struct server *server, struct mm_err *err)
{
	enum mm_code code = MM_OK;

	server->workers = calloc(server->worker_count, sizeof *server->workers);
	server->board.workers = calloc(server->worker_count, sizeof *server->board.workers);
	if (!server->workers || !server->board.workers)
		return mm_fail(err, MM_ENOMEM, "out of memory");
	for (size_t i = 0; code == MM_OK && i < server->worker_count; i++) {
		struct mm_worker_parts parts = {
			.slot = &server->slot,
			.board = &server->board,
			.log = server->log,
			.done_fd = server->done_fd,
			.open = server->open,
		};

		for (int kind = 0; kind < MM_LISTENER_COUNT; kind++) {
			parts.fds[kind] = server->fds[kind][i];
			server->fds[kind][i] = -1;
		}
		code = mm_worker_new(&parts, &server->workers[i], err);
		if (code == MM_OK)
			server->board.workers[server->board.worker_count++] = server->workers[i]->stats;
	}
	return code;
}

static enum mm_code start_workers(struct server *server, struct mm_err *err)
{
	for (size_t i = 0; i < server->worker_count; i++) {
		enum mm_code code = mm_worker_start(server->workers[i], err);

		if (code != MM_OK)
			return code;
		server->started++;
	}
	return MM_OK;
}

static void announce(struct server *server, const struct mm_server_options *options)
{
	const char *admin = server->addresses[MM_ADMIN][0] ? server->addresses[MM_ADMIN] : NULL;
	const struct mm_snapshot *snapshot = server->feed.snapshot;

	mm_log(server->log, MM_LOG_INFO, "serving", MM_F_STR("issuer", snapshot->issuer),
	       MM_F_STR("public", server->addresses[MM_PUBLIC]), MM_F_STR("admin", admin ? admin : "off"),
	       MM_F_STR("tls", server->feed.tls ? "on" : "off"), MM_F_INT("workers", (int64_t)server->worker_count),
	       MM_F_INT("revision", (int64_t)snapshot->revision), MM_F_INT("keys", (int64_t)snapshot->set->count));
	if (options->ready)
		options->ready(options->ready_arg, server->addresses[MM_PUBLIC], admin);
	mm_notify("READY=1");
}

static enum mm_code start(struct server *server, struct mm_err *err)
{
	enum mm_code code = open_signals(server, err);

	if (code == MM_OK)
		code = add_watches(server, err); /* before the first load, so that no commit is missed in between */
	if (code == MM_OK)
		code = mm_feed_start(&server->feed, err);
	if (code == MM_OK)
		code = open_listeners(server, err);
	if (code == MM_OK)
		code = make_workers(server, err);
	if (code == MM_OK)
		code = start_workers(server, err);
	return code;
}

static void clear(struct server *server)
{
	order_all(server, MM_WORKER_STOP);
	for (size_t i = 0; server->workers && i < server->worker_count; i++)
		mm_worker_join(server->workers[i]);
	for (size_t i = 0; server->workers && i < server->worker_count; i++)
		mm_worker_free(server->workers[i]);
	close_listeners(server);
	free(server->workers);
	free(server->board.workers);
	for (int i = 0; i < WATCH_COUNT; i++) {
		if (server->watches[i])
			event_free(server->watches[i]);
	}
	if (server->base)
		event_base_free(server->base);
	mm_fd_close(&server->signal_fd);
	mm_fd_close(&server->done_fd);
	mm_feed_clear(&server->feed);
	mm_live_slot_clear(&server->slot);
}

enum mm_code mm_server_run(const struct mm_config *config, struct mm_store *store, struct mm_log *log,
			   const struct mm_server_options *options, struct mm_err *err)
{
	struct server server = {.config = config, .log = log, .signal_fd = -1, .done_fd = -1};
	enum mm_code code;

	mm_live_slot_init(&server.slot);
	server.worker_count = config->http.workers > 0 ? (size_t)config->http.workers : core_count();
	server.board.started = mm_clock_now();
	server.board.log = log;
	server.watchdog_ns = mm_notify_watchdog_ns();
	server.feed = (struct mm_feed){
		.config = config,
		.config_path = options->config_path,
		.store = store,
		.log = log,
		.stats = &server.board.reloads,
		.slot = &server.slot,
		.connections_allowed = (size_t)connections_allowed(&server),
	};
	code = start(&server, err);
	if (code == MM_OK) {
		announce(&server, options);
		event_base_dispatch(server.base);
		mm_log(log, MM_LOG_INFO, "stopped");
	}
	clear(&server);
	return code;
}
