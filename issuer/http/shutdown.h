/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How a server stops. The first signal drains it: requests, and a command that follows the keys, have
 * http.drain_timeout to come to their end. When that has passed, or at a second signal, all of it is ended; only what
 * must not be broken off is waited for, and at last not even that. Used by the main thread only.
 */
#ifndef MINTMARK_ISSUER_HTTP_SHUTDOWN_H
#define MINTMARK_ISSUER_HTTP_SHUTDOWN_H

#include "issuer/hook.h"
#include "issuer/http/crew.h"
#include "issuer/http/feed.h"
#include "issuer/publisher.h"
#include "issuer/rotor.h"

#include <event2/event.h>

/* One after the other. */
enum mm_stage {
	MM_STAGE_RUNNING,
	MM_STAGE_DRAINING, /* workers finish what they were asked; ends with http.drain_timeout, or a second signal */
	MM_STAGE_ENDING,   /* nothing is waited for, but what must not be broken off */
};

struct mm_shutdown {
	/* Given before mm_shutdown_open; borrowed. */
	struct event_base *base; /* whose loop ends with the server */
	struct mm_log *log;
	struct mm_feed *feed;
	struct mm_crew *crew;
	struct mm_hook *hook;
	struct mm_rotor *rotor;
	struct mm_publisher *publisher;

	/* Its own. */
	enum mm_stage stage;
	struct event *deadline;
};

MM_MUSTCHECK enum mm_code mm_shutdown_open(struct mm_shutdown *shutdown, struct mm_err *err);

/* SIGTERM or SIGINT came, or whatever else says `why`: the first time drains, the second one ends at once. */
void mm_shutdown_ask(struct mm_shutdown *shutdown, const char *why);

/*
 * After whatever may have been the last thing that was waited for: leaves the loop if it was. Does not return when
 * nothing but the making of a key or a publication is left while all is ended: the process exits then.
 */
void mm_shutdown_leave_when_done(struct mm_shutdown *shutdown);

void mm_shutdown_close(struct mm_shutdown *shutdown);

#endif
