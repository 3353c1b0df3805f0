/* SPDX-License-Identifier: Apache-2.0 */
/* What the main thread reacts to while a server runs. */
#include "issuer/http/announce.h"
#include "issuer/http/notify.h"
#include "issuer/http/server_state.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#define SECOND_NS INT64_C(1000000000)

static bool is_running(const struct mm_server *server)
{
	return server->shutdown.stage == MM_STAGE_RUNNING;
}

/* Whether the schedule is kept here: not where others do, and not where keys change by a test author's steps alone. */
static bool rotates(const struct mm_server *server)
{
	return !server->options->follow && !server->options->dev;
}

/* ---- what is done ------------------------------------------------------------------------------------------------ */

/*
 * After whatever may have changed what is due: the time, the key set, the policy. What cannot be read cannot be
 * committed to either; it is told already, and nothing is put off for it: what is due then is done when it can.
 */
static void rotate(struct mm_server *server)
{
	const struct mm_snapshot *snapshot = server->feed.snapshots[0];

	if (!rotates(server) || !is_running(server) || server->sources[0].failed)
		return;
	mm_rotor_turn(server->rotor, snapshot->set, &snapshot->policy, mm_clock_now(), mm_clock_steady_ns());
	mm_feed_note_rotation(&server->feed, mm_rotor_failed(server->rotor));
}

/* A command that is still running keeps its time while the server drains. */
static void run_hook(struct mm_server *server)
{
	int64_t now_ns = mm_clock_monotonic_ns();

	if (is_running(server))
		mm_hook_turn(&server->hook, mm_feed_config(&server->feed), server->feed.snapshots[0]->revision, now_ns);
	else
		mm_hook_finish(&server->hook, now_ns);
}

/* Who rotates also publishes: of several servers on one store the others only follow. */
static void publish(struct mm_server *server)
{
	if (rotates(server) && is_running(server))
		mm_publisher_turn(server->publisher, mm_feed_config(&server->feed), server->feed.snapshots[0],
				  mm_clock_steady_ns());
}

void mm_server_follow_keys(struct mm_server *server)
{
	publish(server);
	run_hook(server);
}

static void reload(struct mm_server *server)
{
	mm_log(server->log, MM_LOG_INFO, "reloading");
	mm_notify_reloading();
	mm_feed_reload(&server->feed);
	mm_rotor_retry(server->rotor);
	mm_publisher_retry(server->publisher);
	rotate(server);
	mm_notify("READY=1");
}

/* ---- what the main thread reacts to ------------------------------------------------------------------------------ */

static void on_signal(evutil_socket_t fd, short what, void *arg)
{
	struct mm_server *server = arg;
	struct signalfd_siginfo info;

	(void)what;
	while (read((int)fd, &info, sizeof info) == sizeof info) {
		if (info.ssi_signo == SIGTERM || info.ssi_signo == SIGINT)
			mm_shutdown_ask(&server->shutdown, strsignal((int)info.ssi_signo));
		else if (info.ssi_signo == SIGHUP && is_running(server))
			reload(server);
	}
	mm_server_follow_keys(server); /* also after SIGCHLD */
	mm_shutdown_leave_when_done(&server->shutdown);
}

static void on_stdin_ended(evutil_socket_t fd, short what, void *arg)
{
	struct mm_server *server = arg;

	(void)fd, (void)what;
	event_del(server->watches[WATCH_STDIN]);
	if (is_running(server))
		mm_shutdown_ask(&server->shutdown, "standard input was closed");
}

static void on_worker_ended(evutil_socket_t fd, short what, void *arg)
{
	struct mm_server *server = arg;

	(void)fd, (void)what;
	mm_shutdown_leave_when_done(&server->shutdown);
}

static void on_store(evutil_socket_t fd, short what, void *arg)
{
	struct mm_server *server = arg;

	(void)fd, (void)what;
	mm_feed_check_stores(&server->feed);
	rotate(server);
	mm_server_follow_keys(server);
}

static void on_rotor(evutil_socket_t fd, short what, void *arg)
{
	struct mm_server *server = arg;

	(void)fd, (void)what;
	mm_rotor_collect(server->rotor, mm_clock_steady_ns());
	mm_feed_check_stores(&server->feed);
	rotate(server);
	mm_server_follow_keys(server);
	mm_shutdown_leave_when_done(&server->shutdown);
}

static void on_publisher(evutil_socket_t fd, short what, void *arg)
{
	struct mm_server *server = arg;

	(void)fd, (void)what;
	mm_publisher_collect(server->publisher, mm_clock_steady_ns());
	mm_feed_check_stores(&server->feed);
	rotate(server);
	mm_server_follow_keys(server);
	mm_shutdown_leave_when_done(&server->shutdown);
}

static void on_second(evutil_socket_t fd, short what, void *arg)
{
	struct mm_server *server = arg;

	(void)fd, (void)what;
	if (is_running(server)) {
		mm_feed_check(&server->feed);
		rotate(server);
	}
	mm_server_follow_keys(server);
	mm_shutdown_leave_when_done(&server->shutdown);
}

static void on_watchdog(evutil_socket_t fd, short what, void *arg)
{
	struct mm_server *server = arg;

	(void)fd, (void)what;
	if (!is_running(server) || mm_crew_turns(&server->crew, server->watchdog_ns))
		mm_notify("WATCHDOG=1");
}

/* ---- the watches ------------------------------------------------------------------------------------------------- */

static enum mm_code watch(struct mm_server *server, int fd, event_callback_fn call, const struct timeval *every,
			  struct event **out, struct mm_err *err)
{
	short what = (short)(EV_PERSIST | (fd >= 0 ? EV_READ : 0));

	*out = event_new(server->base, fd, what, call, server);
	if (!*out || ((fd >= 0 || every) && event_add(*out, every) != 0))
		return mm_fail(err, MM_ENOMEM, "cannot start");
	return MM_OK;
}

static enum mm_code watch_stores(struct mm_server *server, struct mm_err *err)
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

enum mm_code mm_server_watch(struct mm_server *server, struct mm_err *err)
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
		[WATCH_PUBLISHER] = {mm_publisher_fd(server->publisher), on_publisher, NULL},
		[WATCH_CLOCK] = {-1, on_second, &second},
		[WATCH_WATCHDOG] = {-1, on_watchdog, server->watchdog_ns ? &watchdog : NULL},
	};
	enum mm_code code = watch_stores(server, err);

	for (int i = 0; code == MM_OK && i < WATCH_COUNT; i++)
		code = watch(server, rows[i].fd, rows[i].call, rows[i].every, &server->watches[i], err);
	return code;
}

void mm_server_unwatch(struct mm_server *server)
{
	for (int i = 0; i < WATCH_COUNT; i++) {
		if (server->watches[i])
			event_free(server->watches[i]);
	}
	for (size_t i = 0; server->stores && i < server->feed.source_count; i++) {
		if (server->stores[i])
			event_free(server->stores[i]);
	}
	free(server->stores);
}
