/* SPDX-License-Identifier: Apache-2.0 */
/* The main thread of a server: starts the workers and feeds them. How it stops them: issuer/http/shutdown.h. */
#include <mintmark/server.h>

#include "issuer/http/announce.h"
#include "issuer/http/descriptors.h"
#include "issuer/http/notify.h"
#include "issuer/http/shutdown.h"
#include "issuer/quiet_maker.h"

#include <mintmark/file.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

#define SECOND_NS INT64_C(1000000000)

enum { WATCH_SIGNALS, WATCH_WORKERS, WATCH_STORE, WATCH_ROTOR, WATCH_CLOCK, WATCH_WATCHDOG, WATCH_COUNT };

struct server {
	const struct mm_config *config; /* as it was at the start: what only a new start changes */
	struct mm_log *log;
	struct mm_feed feed;
	struct mm_rotor *rotor;
	bool follows; /* others rotate */
	struct mm_hook hook;
	struct mm_live_slot slot;
	struct mm_stats_board board;
	struct mm_crew crew;
	struct mm_shutdown shutdown;
	struct event_base *base;
	struct event *watches[WATCH_COUNT];
	int signal_fd;
	int64_t watchdog_ns; /* how often systemd is to hear that all is well; 0: never */
};

static bool is_running(const struct server *server)
{
	return server->shutdown.stage == MM_STAGE_RUNNING;
}

/* ---- what is done ------------------------------------------------------------------------------------------------ */

/*
 * After whatever may have changed what is due: the time, the key set, the policy. What cannot be read cannot be
 * committed to either; it is told already, and nothing is put off for it: what is due then is done when it can.
 */
static void rotate(struct server *server)
{
	const struct mm_snapshot *snapshot = server->feed.snapshot;

	if (server->follows || !is_running(server) || server->feed.store_failed)
		return;
	mm_rotor_turn(server->rotor, snapshot->set, &snapshot->policy, mm_clock_now(), mm_clock_steady_ns());
	mm_feed_note_rotation(&server->feed, mm_rotor_failed(server->rotor));
}

/* Likewise. A command that is still running keeps its time while the server drains. */
static void run_hook(struct server *server)
{
	int64_t now_ns = mm_clock_monotonic_ns();

	if (is_running(server))
		mm_hook_turn(&server->hook, server->feed.config, server->feed.snapshot->revision, now_ns);
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
			mm_shutdown_signal(&server->shutdown, (int)info.ssi_signo);
		else if (info.ssi_signo == SIGHUP && is_running(server))
			reload(server);
	}
	run_hook(server); /* also after SIGCHLD */
	mm_shutdown_leave_when_done(&server->shutdown);
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
	mm_feed_check_store(&server->feed);
	rotate(server);
	run_hook(server);
}

static void on_rotor(evutil_socket_t fd, short what, void *arg)
{
	struct server *server = arg;

	(void)fd, (void)what;
	mm_rotor_collect(server->rotor, mm_clock_steady_ns());
	mm_feed_check_store(&server->feed);
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
		[WATCH_ROTOR] = {mm_rotor_fd(server->rotor), EV_READ | EV_PERSIST, on_rotor, NULL},
		[WATCH_CLOCK] = {-1, EV_PERSIST, on_second, &second},
		[WATCH_WATCHDOG] = {-1, EV_PERSIST, on_watchdog, server->watchdog_ns ? &watchdog : NULL},
	};

	for (int i = 0; i < WATCH_COUNT; i++) {
		server->watches[i] = event_new(server->base, rows[i].fd, rows[i].what, rows[i].call, server);
		if (!server->watches[i])
			return mm_fail(err, MM_ENOMEM, "cannot start");
		if ((rows[i].fd >= 0 || rows[i].every) && event_add(server->watches[i], rows[i].every) != 0)
			return mm_fail(err, MM_ENOMEM, "cannot start");
	}
	return MM_OK;
}

static void announce(struct server *server, const struct mm_server_options *options)
{
	const char *public = server->crew.addresses[MM_PUBLIC];
	const char *admin = server->crew.addresses[MM_ADMIN][0] ? server->crew.addresses[MM_ADMIN] : NULL;
	const struct mm_snapshot *snapshot = server->feed.snapshot;
	struct mm_action next = mm_snapshot_next(snapshot, mm_clock_now());

	mm_log(server->log, MM_LOG_INFO, "serving", MM_F_STR("issuer", snapshot->issuer), MM_F_STR("public", public),
	       MM_F_STR("admin", admin ? admin : "off"), MM_F_STR("tls", server->feed.tls ? "on" : "off"),
	       MM_F_INT("workers", (int64_t)server->crew.count), MM_F_INT("revision", (int64_t)snapshot->revision),
	       MM_F_INT("keys", (int64_t)mm_keyset_served(snapshot->set)), MM_F_NEXT(next));
	if (options->ready)
		options->ready(options->ready_arg, public, admin);
	mm_notify("READY=1");
}

static enum mm_code start(struct server *server, struct mm_err *err)
{
	const struct mm_config *config = server->config;
	const struct mm_rotor_parts rotor = {
		.store = server->feed.store,
		.log = server->log,
		.stats = &server->board.rotor,
		.maker = &mm_quiet_maker,
	};
	enum mm_code code = open_signals(server, err);

	if (code == MM_OK)
		code = mm_crew_init(&server->crew, (size_t)config->http.workers, err);
	if (code == MM_OK)
		code = mm_rotor_new(&rotor, &server->rotor, err);
	if (code == MM_OK)
		code = open_loop(server, err);
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
	mm_shutdown_close(&server->shutdown);
	if (server->base)
		event_base_free(server->base);
	mm_fd_close(&server->signal_fd);
	mm_hook_clear(&server->hook);
	mm_rotor_free(server->rotor);
	mm_feed_clear(&server->feed);
	mm_live_slot_clear(&server->slot);
}

enum mm_code mm_server_run(const struct mm_config *config, struct mm_store *store, struct mm_log *log,
			   const struct mm_server_options *options, struct mm_err *err)
{
	struct server server = {
		.config = config, .log = log, .follows = options->follow, .crew.done_fd = -1, .signal_fd = -1};
	enum mm_code code;

	mm_live_slot_init(&server.slot);
	server.board.started = mm_clock_now();
	server.board.log = log;
	server.watchdog_ns = mm_notify_watchdog_ns();
	server.hook = (struct mm_hook){.log = log, .stats = &server.board.hook};
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
		run_hook(&server);
		event_base_dispatch(server.base);
		mm_log(log, MM_LOG_INFO, "stopped");
	}
	clear(&server);
	return code;
}
