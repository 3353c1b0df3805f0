/* SPDX-License-Identifier: Apache-2.0 */
/* What a server is made of: for server.c, which starts and ends it, and server_watch.c, by which it lives. */
#ifndef MINTMARK_ISSUER_HTTP_SERVER_STATE_H
#define MINTMARK_ISSUER_HTTP_SERVER_STATE_H

#include "issuer/http/shutdown.h"

#include <mintmark/server.h>

/* What the main thread reacts to, beside the stores. */
enum {
	WATCH_SIGNALS,
	WATCH_STDIN,
	WATCH_WORKERS,
	WATCH_ROTOR,
	WATCH_PUBLISHER,
	WATCH_CLOCK,
	WATCH_WATCHDOG,
	WATCH_COUNT
};

struct mm_server {
	const struct mm_config *config; /* as it was at the start: what only a new start changes */
	const struct mm_server_options *options;
	struct mm_log *log;
	struct mm_feed_source *sources;
	struct mm_feed feed;
	struct mm_limits *limits;
	struct mm_rotor *rotor;
	struct mm_publisher *publisher;
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

/*
 * Makes the events of the main thread, which `server->base` calls from then on. What they wait for is open: signals,
 * standard input, the stores, the crew's end, the rotor. mm_server_unwatch in any case. MM_ENOMEM.
 */
MM_MUSTCHECK enum mm_code mm_server_watch(struct mm_server *server, struct mm_err *err);
void mm_server_unwatch(struct mm_server *server);

/* Whatever may have changed what those were told last that follow the keys: the destinations, and the command. */
void mm_server_follow_keys(struct mm_server *server);

#endif
