/* SPDX-License-Identifier: Apache-2.0 */
/* The main thread of a server: starts the workers, feeds them, and stops them. */
#include <mintmark/server.h>

#include "issuer/http/crew.h"
#include "issuer/http/descriptors.h"
#include "issuer/http/feed.h"
#include "issuer/http/notify.h"

#include <mintmark/file.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#define SECOND_NS INT64_C(1000000000)

enum { WATCH_SIGNALS, WATCH_WORKERS, WATCH_STORE, WATCH_CLOCK, WATCH_WATCHDOG, WATCH_DEADLINE, WATCH_COUNT };

struct server {
	const struct mm_config *config; /* as it was at the start: what only a new start changes */
	struct mm_log *log;
	struct mm_feed feed;
	struct mm_live_slot slot;
	struct mm_stats_board board;
	struct mm_crew crew;
	struct event_base *base;
	struct event *watches[WATCH_COUNT];
	int signal_fd;
	int64_t watchdog_ns; /* how often systemd is to hear that all is well; 0: never */
	bool stopping;
};

/* ---- stopping ---------------------------------------------------------------------------------------------------- */

/* The first signal drains, the second one ends at once. */
static void stop(struct server *server, int signal_number)
{
	struct timeval patience = {.tv_sec = server->feed.config->http.drain_timeout, .tv_usec = 1};

	mm_log(server->log, MM_LOG_INFO, server->stopping ? "stopping at once" : "stopping",
	       MM_F_STR("signal", strsignal(signal_number)));
	if (server->stopping) {
		mm_crew_order(&server->crew, MM_WORKER_STOP);
		return;
	}
	server->stopping = true;
	mm_notify("STOPPING=1");
	mm_feed_drain(&server->feed);
	mm_crew_order(&server->crew, MM_WORKER_DRAIN);
	event_add(server->watches[WATCH_DEADLINE], &patience);
}

static void on_drain_deadline(evutil_socket_t fd, short what, void *arg)
{
	struct server *server = arg;

	(void)fd, (void)what;
	mm_log(server->log, MM_LOG_WARN, "requests that are still under way are given up",
	       MM_F_DURATION("drain_timeout", server->feed.config->http.drain_timeout));
	mm_crew_order(&server->crew, MM_WORKER_STOP);
}

static void on_worker_ended(evutil_socket_t fd, short what, void *arg)
{
	struct server *server = arg;

	(void)fd, (void)what;
	if (mm_crew_ended(&server->crew))
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

static void on_watchdog(evutil_socket_t fd, short what, void *arg)
{
	struct server *server = arg;

	(void)fd, (void)what;
	if (server->stopping || mm_crew_turns(&server->crew, server->watchdog_ns))
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
	return server->signal_fd < 0 ? mm_fail_errno(err, "cannot start") : MM_OK;
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
		[WATCH_WORKERS] = {server->crew.done_fd, EV_READ | EV_PERSIST, on_worker_ended, NULL},
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

static void announce(struct server *server, const struct mm_server_options *options)
{
	const char *public = server->crew.addresses[MM_PUBLIC];
	const char *admin = server->crew.addresses[MM_ADMIN][0] ? server->crew.addresses[MM_ADMIN] : NULL;
	const struct mm_snapshot *snapshot = server->feed.snapshot;

	mm_log(server->log, MM_LOG_INFO, "serving", MM_F_STR("issuer", snapshot->issuer), MM_F_STR("public", public),
	       MM_F_STR("admin", admin ? admin : "off"), MM_F_STR("tls", server->feed.tls ? "on" : "off"),
	       MM_F_INT("workers", (int64_t)server->crew.count), MM_F_INT("revision", (int64_t)snapshot->revision),
	       MM_F_INT("keys", (int64_t)snapshot->set->count));
	if (options->ready)
		options->ready(options->ready_arg, public, admin);
	mm_notify("READY=1");
}

static enum mm_code start(struct server *server, struct mm_err *err)
{
	const struct mm_config *config = server->config;
	enum mm_code code = open_signals(server, err);

	if (code == MM_OK)
		code = mm_crew_init(&server->crew, (size_t)config->http.workers, err);
	if (code != MM_OK)
		return code;
	server->feed.connections_allowed = mm_connections_allowed(config, mm_listener_count(config), server->crew.count,
								  server->log);
	code = add_watches(server, err); /* before the first load, so that no commit is missed in between */
	if (code == MM_OK)
		code = mm_feed_start(&server->feed, err);
	if (code == MM_OK)
		code = mm_crew_start(&server->crew, config, &server->slot, &server->board, server->log, err);
	return code;
}

static void clear(struct server *server)
{
	mm_crew_clear(&server->crew);
	for (int i = 0; i < WATCH_COUNT; i++) {
		if (server->watches[i])
			event_free(server->watches[i]);
	}
	if (server->base)
		event_base_free(server->base);
	mm_fd_close(&server->signal_fd);
	mm_feed_clear(&server->feed);
	mm_live_slot_clear(&server->slot);
}

enum mm_code mm_server_run(const struct mm_config *config, struct mm_store *store, struct mm_log *log,
			   const struct mm_server_options *options, struct mm_err *err)
{
	struct server server = {.config = config, .log = log, .crew.done_fd = -1, .signal_fd = -1};
	enum mm_code code;

	mm_live_slot_init(&server.slot);
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
