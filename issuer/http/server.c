/* SPDX-License-Identifier: Apache-2.0 */
/* The main thread of a server: starts the workers and feeds them. How it stops them: issuer/http/shutdown.h. */
#include <mintmark/server.h>

#include "issuer/http/announce.h"
#include "issuer/http/descriptors.h"
#include "issuer/http/hangup.h"
#include "issuer/http/notify.h"
#include "issuer/http/shutdown.h"
#include "issuer/quiet_maker.h"

#include <mintmark/file.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#define SECOND_NS INT64_C(1000000000)

enum { WATCH_SIGNALS, WATCH_STDIN, WATCH_WORKERS, WATCH_ROTOR, WATCH_CLOCK, WATCH_WATCHDOG, WATCH_COUNT };

struct server {
	const struct mm_config *config; /* as it was at the start: what only a new start changes */
	const struct mm_server_options *options;
	struct mm_log *log;
	struct mm_feed_source *sources;
	struct mm_feed feed;
	struct mm_limits *limits;
	struct mm_rotor *rotor;
	struct mm_hook hook;
	struct mm_live_slot slot;
	struct mm_stats_board board;
	struct mm_crew crew;
	struct mm_shutdown shutdown;
	struct event_base *base;
	struct event *watches[WATCH_COUNT];
	struct event **stores; /* one for each source */
	int signal_fd;
	int stdin_fd;        /* readable when standard input is at its end; -1: that does not matter */
	int64_t watchdog_ns; /* how often systemd is to hear that all is well; 0: never */
};

static bool is_running(const struct server *server)
{
	return server->shutdown.stage == MM_STAGE_RUNNING;
}

static mm_time system_time(void *arg)
{
	(void)arg;
	return mm_clock_now();
}

/* Whether the schedule is kept here: not where others do, and not where keys change by a test author's steps alone. */
static bool rotates(const struct server *server)
{
	return !server->options->follow && !server->options->dev;
}

/* ---- what is done ------------------------------------------------------------------------------------------------ */

/*
 * After whatever may have changed what is due: the time, the key set, the policy. What cannot be read cannot be
 * committed to either; it is told already, and nothing is put off for it: what is due then is done when it can.
 */
static void rotate(struct server *server)
{
	const struct mm_snapshot *snapshot = server->feed.snapshots[0];

	if (!rotates(server) || !is_running(server) || server->sources[0].failed)
		return;
	mm_rotor_turn(server->rotor, snapshot->set, &snapshot->policy, mm_clock_now(), mm_clock_steady_ns());
	mm_feed_note_rotation(&server->feed, mm_rotor_failed(server->rotor));
}

/* Likewise. A command that is still running keeps its time while the server drains. */
static void run_hook(struct server *server)
{
	int64_t now_ns = mm_clock_monotonic_ns();

	if (is_running(server))
		mm_hook_turn(&server->hook, mm_feed_config(&server->feed), server->feed.snapshots[0]->revision, now_ns);
	else
		mm_hook_finish(&server->hook, now_ns);
}

static void reload(struct server *server)
{
	mm_log(server->log, MM_LOG_INFO, "reloading");
	mm_notify_reloading();
	mm_feed_reload(&server->feed);
	mm_rotor_retry(server->rotor);
	rotate(server);
	mm_notify("READY=1");
}

/* ---- what the main thread reacts to ------------------------------------------------------------------------------ */

static void on_signal(evutil_socket_t fd, short what, void *arg)
{
	struct server *server = arg;
	struct signalfd_siginfo info;

	(void)what;
	while (read((int)fd, &info, sizeof info) == sizeof info) {
		if (info.ssi_signo == SIGTERM || info.ssi_signo == SIGINT)
			mm_shutdown_ask(&server->shutdown, strsignal((int)info.ssi_signo));
		else if (info.ssi_signo == SIGHUP && is_running(server))
			reload(server);
	}
	run_hook(server); /* also after SIGCHLD */
	mm_shutdown_leave_when_done(&server->shutdown);
}

static void on_stdin_ended(evutil_socket_t fd, short what, void *arg)
{
	struct server *server = arg;

	(void)fd, (void)what;
	event_del(server->watches[WATCH_STDIN]);
	if (is_running(server))
		mm_shutdown_ask(&server->shutdown, "standard input was closed");
}

static void on_worker_ended(evutil_socket_t fd, short what, void *arg)
{
	struct server *server = arg;

	(void)fd, (void)what;
	mm_shutdown_leave_when_done(&server->shutdown);
}

static void on_store(evutil_socket_t fd, short what, void *arg)
{
	struct server *server = arg;

	(void)fd, (void)what;
	mm_feed_check_stores(&server->feed);
	rotate(server);
	run_hook(server);
}

static void on_rotor(evutil_socket_t fd, short what, void *arg)
{
	struct server *server = arg;

	(void)fd, (void)what;
	mm_rotor_collect(server->rotor, mm_clock_steady_ns());
	mm_feed_check_stores(&server->feed);
	rotate(server);
	run_hook(server);
	mm_shutdown_leave_when_done(&server->shutdown);
}

static void on_second(evutil_socket_t fd, short what, void *arg)
{
	struct server *server = arg;

	(void)fd, (void)what;
	if (is_running(server)) {
		mm_feed_check(&server->feed);
		rotate(server);
	}
	run_hook(server);
	mm_shutdown_leave_when_done(&server->shutdown);
}

static void on_watchdog(evutil_socket_t fd, short what, void *arg)
{
	struct server *server = arg;

	(void)fd, (void)what;
	if (!is_running(server) || mm_crew_turns(&server->crew, server->watchdog_ns))
		mm_notify("WATCHDOG=1");
}

/* ---- starting ---------------------------------------------------------------------------------------------------- */

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
	sigaddset(&ours, SIGCHLD);
	(void)signal(SIGCHLD, SIG_DFL); /* whoever started us may have left it ignored: nobody could be waited for */
	pthread_sigmask(SIG_BLOCK, &ours, NULL);
	server->signal_fd = signalfd(-1, &ours, SFD_CLOEXEC | SFD_NONBLOCK);
	return server->signal_fd < 0 ? mm_fail_errno(err, "cannot start") : MM_OK;
}

static enum mm_code open_loop(struct server *server, struct mm_err *err)
{
	server->base = event_base_new();
	if (!server->base)
		return mm_fail(err, MM_ENOMEM, "cannot start");
	server->shutdown = (struct mm_shutdown){
		.base = server->base,
		.log = server->log,
		.feed = &server->feed,
		.crew = &server->crew,
		.hook = &server->hook,
		.rotor = server->rotor,
	};
	return mm_shutdown_open(&server->shutdown, err);
}

static enum mm_code watch(struct server *server, int fd, event_callback_fn call, const struct timeval *every,
			  struct event **out, struct mm_err *err)
{
	short what = (short)(EV_PERSIST | (fd >= 0 ? EV_READ : 0));

	*out = event_new(server->base, fd, what, call, server);
	if (!*out || ((fd >= 0 || every) && event_add(*out, every) != 0))
		return mm_fail(err, MM_ENOMEM, "cannot start");
	return MM_OK;
}

static enum mm_code watch_stores(struct server *server, struct mm_err *err)
{
	size_t count = server->feed.source_count;
	enum mm_code code = MM_OK;

	server->stores = calloc(count, sizeof(struct event *));
	if (!server->stores)
		return mm_fail(err, MM_ENOMEM, "cannot start");
	for (size_t i = 0; code == MM_OK && i < count; i++) {
		int fd = mm_store_watch_fd(server->sources[i].store);

		code = watch(server, fd, on_store, NULL, &server->stores[i], err);
	}
	return code;
}

static enum mm_code add_watches(struct server *server, struct mm_err *err)
{
	static const struct timeval second = {.tv_sec = 1};
	const struct timeval watchdog = {.tv_sec = server->watchdog_ns / SECOND_NS,
					 .tv_usec = server->watchdog_ns % SECOND_NS / 1000};
	const struct {
		int fd;
		event_callback_fn call;
		const struct timeval *every;
	} rows[WATCH_COUNT] = {
		[WATCH_SIGNALS] = {server->signal_fd, on_signal, NULL},
		[WATCH_STDIN] = {server->stdin_fd, on_stdin_ended, NULL},
		[WATCH_WORKERS] = {server->crew.done_fd, on_worker_ended, NULL},
		[WATCH_ROTOR] = {mm_rotor_fd(server->rotor), on_rotor, NULL},
		[WATCH_CLOCK] = {-1, on_second, &second},
		[WATCH_WATCHDOG] = {-1, on_watchdog, server->watchdog_ns ? &watchdog : NULL},
	};
	enum mm_code code = watch_stores(server, err);

	for (int i = 0; code == MM_OK && i < WATCH_COUNT; i++)
		code = watch(server, rows[i].fd, rows[i].call, rows[i].every, &server->watches[i], err);
	return code;
}

static void announce(const struct server *server)
{
	const struct mm_server_options *options = server->options;
	const struct mm_feed *feed = &server->feed;
	const char *public = mm_sockets_public(server->crew.sockets);
	const char *admin = mm_sockets_admin(server->crew.sockets);
	const struct mm_snapshot *snapshot = feed->snapshots[0];
	struct mm_action next = mm_snapshot_next(snapshot, feed->clock(feed->clock_arg));

	mm_log(server->log, MM_LOG_INFO, "serving", MM_F_STR("issuer", snapshot->issuer), MM_F_STR("public", public),
	       MM_F_STR("admin", admin ? admin : "off"), MM_F_STR("tls", feed->tls ? "on" : "off"),
	       MM_F_INT("workers", (int64_t)server->crew.count), MM_F_INT("revision", (int64_t)snapshot->revision),
	       MM_F_INT("keys", (int64_t)mm_keyset_served(snapshot->set)), MM_F_NEXT(next));
	if (admin && mm_rules_count(feed->rules) == 0)
		mm_log(server->log, MM_LOG_INFO, "no rules: nobody may mint, review or read metrics");
	if (options->ready)
		options->ready(options->ready_arg, public, admin);
	mm_notify("READY=1");
}

static enum mm_code start_workers(struct server *server, struct mm_err *err)
{
	const struct mm_worker_parts parts = {
		.slot = &server->slot,
		.log = server->log,
		.clock = server->feed.clock,
		.clock_arg = server->feed.clock_arg,
		.limits = server->limits,
		.dev = server->options->dev,
	};
	enum mm_code code = server->feed.admin ? mm_limits_new(&server->limits, err) : MM_OK;

	return code == MM_OK ? mm_crew_start(&server->crew, server->config, &parts, &server->board, err) : code;
}

/* All that the main thread reacts to, and the first look at what it feeds the workers with. */
static enum mm_code start_feed(struct server *server, struct mm_err *err)
{
	const struct mm_rotor_parts rotor = {
		.store = server->sources[0].store,
		.log = server->log,
		.stats = &server->board.rotor,
		.maker = &mm_quiet_maker,
	};
	enum mm_code code = mm_rotor_new(&rotor, &server->rotor, err);

	if (code == MM_OK)
		code = open_loop(server, err);
	if (code == MM_OK)
		code = add_watches(server, err); /* before the first load, so that no commit is missed in between */
	return code == MM_OK ? mm_feed_start(&server->feed, err) : code;
}

static enum mm_code start(struct server *server, struct mm_err *err)
{
	enum mm_code code = mm_crew_init(&server->crew, server->config, server->options->sockets, err);

	if (code == MM_OK)
		code = open_signals(server, err);
	if (code == MM_OK && server->options->stop_with_stdin)
		code = mm_hangup_watch(STDIN_FILENO, &server->stdin_fd, err);
	if (code != MM_OK)
		return code;
	server->feed.connections_allowed = mm_connections_allowed(
		server->config, server->feed.admin ? MM_LISTENER_COUNT : 1, server->crew.count, server->log);
	code = start_feed(server, err);
	return code == MM_OK ? start_workers(server, err) : code;
}

static void clear(struct server *server)
{
	mm_crew_clear(&server->crew);
	for (int i = 0; i < WATCH_COUNT; i++) {
		if (server->watches[i])
			event_free(server->watches[i]);
	}
	for (size_t i = 0; server->stores && i < server->feed.source_count; i++) {
		if (server->stores[i])
			event_free(server->stores[i]);
	}
	free(server->stores);
	mm_shutdown_close(&server->shutdown);
	if (server->base)
		event_base_free(server->base);
	mm_fd_close(&server->signal_fd);
	mm_fd_close(&server->stdin_fd);
	mm_hook_clear(&server->hook);
	mm_rotor_free(server->rotor);
	mm_feed_clear(&server->feed);
	mm_live_slot_clear(&server->slot);
	mm_limits_free(server->limits);
	free(server->sources);
}

static enum mm_code collect_sources(struct server *server, struct mm_store *store, struct mm_err *err)
{
	const struct mm_server_options *options = server->options;

	server->sources = calloc(1 + options->more_count, sizeof *server->sources);
	if (!server->sources)
		return mm_fail(err, MM_ENOMEM, "out of memory");
	server->sources[0] = (struct mm_feed_source){.config = server->config, .store = store};
	for (size_t i = 0; i < options->more_count; i++)
		server->sources[1 + i] = (struct mm_feed_source){
			.config = options->more[i].config,
			.store = options->more[i].store,
		};
	return MM_OK;
}

static void init(struct server *server)
{
	const struct mm_server_options *options = server->options;

	mm_live_slot_init(&server->slot);
	server->board.started = mm_clock_now();
	server->board.log = server->log;
	server->watchdog_ns = mm_notify_watchdog_ns();
	server->hook = (struct mm_hook){.log = server->log, .stats = &server->board.hook};
	server->feed = (struct mm_feed){
		.sources = server->sources,
		.source_count = 1 + options->more_count,
		.config_path = options->config_path,
		.admin = mm_admin_configured(server->config),
		.dev_token = options->dev_token,
		.clock = options->dev ? mm_dev_now : system_time,
		.clock_arg = options->dev,
		.log = server->log,
		.stats = &server->board.reloads,
		.slot = &server->slot,
	};
}

enum mm_code mm_server_run(const struct mm_config *config, struct mm_store *store, struct mm_log *log,
			   const struct mm_server_options *options, struct mm_err *err)
{
	struct server server = {
		.config = config,
		.options = options,
		.log = log,
		.signal_fd = -1,
		.stdin_fd = -1,
	};
	enum mm_code code = collect_sources(&server, store, err);

	if (code != MM_OK) {
		mm_sockets_free(options->sockets);
		return code;
	}
	init(&server);
	code = start(&server, err);
	if (code == MM_OK) {
		announce(&server);
		run_hook(&server);
		event_base_dispatch(server.base);
		mm_log(log, MM_LOG_INFO, "stopped");
	}
	clear(&server);
	return code;
}
