/* SPDX-License-Identifier: Apache-2.0 */
/* The main thread of a server: starts the workers and feeds them. How it stops them: issuer/http/shutdown.h. */
#include "issuer/http/announce.h"
#include "issuer/http/descriptors.h"
#include "issuer/http/hangup.h"
#include "issuer/http/notify.h"
#include "issuer/http/server_state.h"
#include "issuer/quiet_maker.h"

#include <mintmark/file.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

static mm_time system_time(void *arg)
{
	(void)arg;
	return mm_clock_now();
}

/*
 * Signals are blocked in every thread and read from a descriptor: no handler interrupts anything. They stay blocked, so
 * that one more of them does not kill a server that is about to end well.
 */
static enum mm_code open_signals(struct mm_server *server, struct mm_err *err)
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

static enum mm_code open_loop(struct mm_server *server, struct mm_err *err)
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
		.publisher = server->publisher,
	};
	return mm_shutdown_open(&server->shutdown, err);
}

static enum mm_code announce(const struct mm_server *server, struct mm_err *err)
{
	const struct mm_server_options *options = server->options;
	const struct mm_feed *feed = &server->feed;
	const char *public = mm_sockets_public(server->crew.sockets);
	const char *admin = mm_sockets_admin(server->crew.sockets);
	const struct mm_snapshot *snapshot = feed->snapshots[0];
	struct mm_action next = mm_snapshot_next(snapshot, mm_clock_now());
	enum mm_code code = MM_OK;

	mm_log(server->log, MM_LOG_INFO, "serving", MM_F_STR("issuer", snapshot->issuer), MM_F_STR("public", public),
	       MM_F_STR("admin", admin ? admin : "off"), MM_F_STR("tls", feed->tls ? "on" : "off"),
	       MM_F_INT("workers", (int64_t)server->crew.count), MM_F_INT("revision", (int64_t)snapshot->revision),
	       MM_F_INT("keys", (int64_t)mm_keyset_served(snapshot->set)), MM_F_NEXT(next));
	if (admin && mm_rules_count(feed->rules) == 0)
		mm_log(server->log, MM_LOG_INFO, "no rules: nobody may mint, review or read metrics");
	if (options->ready)
		code = options->ready(options->ready_arg, public, admin, err);
	if (code == MM_OK)
		mm_notify("READY=1");
	return code;
}

static enum mm_code start_workers(struct mm_server *server, struct mm_err *err)
{
	struct mm_worker_parts parts = {
		.slot = &server->slot,
		.log = server->log,
		.clock = server->options->dev ? mm_dev_now : system_time,
		.clock_arg = server->options->dev,
		.dev = server->options->dev,
	};
	enum mm_code code = server->feed.admin ? mm_limits_new(&server->limits, err) : MM_OK;

	parts.limits = server->limits;
	return code == MM_OK ? mm_crew_start(&server->crew, server->config, &parts, &server->board, err) : code;
}

/* All that the main thread reacts to, and the first look at what it feeds the workers with. */
static enum mm_code start_feed(struct mm_server *server, struct mm_err *err)
{
	const struct mm_rotor_parts rotor = {
		.store = server->sources[0].store,
		.log = server->log,
		.stats = &server->board.rotor,
		.maker = &mm_quiet_maker,
	};
	const struct mm_publisher_parts publisher = {
		.store = server->sources[0].store,
		.log = server->log,
		.stats = &server->board.publisher,
	};
	enum mm_code code = mm_rotor_new(&rotor, &server->rotor, err);

	if (code == MM_OK)
		code = mm_publisher_new(&publisher, &server->publisher, err);
	if (code == MM_OK)
		code = open_loop(server, err);
	if (code == MM_OK)
		code = mm_server_watch(server, err); /* before the first load, so that no commit is missed in between */
	return code == MM_OK ? mm_feed_start(&server->feed, err) : code;
}

static enum mm_code start(struct mm_server *server, struct mm_err *err)
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

static void clear(struct mm_server *server)
{
	mm_crew_clear(&server->crew);
	mm_server_unwatch(server);
	mm_shutdown_close(&server->shutdown);
	if (server->base)
		event_base_free(server->base);
	mm_fd_close(&server->signal_fd);
	mm_fd_close(&server->stdin_fd);
	mm_hook_clear(&server->hook);
	mm_rotor_free(server->rotor);
	mm_publisher_free(server->publisher);
	mm_feed_clear(&server->feed);
	mm_live_slot_clear(&server->slot);
	mm_limits_free(server->limits);
	free(server->sources);
}

static enum mm_code collect_sources(struct mm_server *server, struct mm_store *store, struct mm_err *err)
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

static void init(struct mm_server *server)
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
		.log = server->log,
		.stats = &server->board.reloads,
		.slot = &server->slot,
	};
}

enum mm_code mm_server_run(const struct mm_config *config, struct mm_store *store, struct mm_log *log,
			   const struct mm_server_options *options, struct mm_err *err)
{
	struct mm_server server = {
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
	if (code == MM_OK)
		code = announce(&server, err);
	if (code == MM_OK) {
		mm_server_follow_keys(&server);
		event_base_dispatch(server.base);
		mm_log(log, MM_LOG_INFO, "stopped");
	}
	clear(&server);
	return code;
}
