/* SPDX-License-Identifier: Apache-2.0 */
#include "issuer/http/shutdown.h"

#include "issuer/http/notify.h"

#include <stdlib.h>
#include <unistd.h>

#define LAST_PATIENCE_S 3 /* for what is still under way when nothing is waited for any more */

static void set_deadline(struct mm_shutdown *shutdown, mm_duration seconds)
{
	const struct timeval patience = {.tv_sec = seconds, .tv_usec = 1};

	event_add(shutdown->deadline, &patience);
}

static void drain(struct mm_shutdown *shutdown)
{
	shutdown->stage = MM_STAGE_DRAINING;
	mm_notify("STOPPING=1");
	mm_feed_drain(shutdown->feed);
	mm_crew_order(shutdown->crew, MM_WORKER_DRAIN);
	set_deadline(shutdown, mm_feed_config(shutdown->feed)->http.drain_timeout);
}

static void end(struct mm_shutdown *shutdown)
{
	shutdown->stage = MM_STAGE_ENDING;
	mm_crew_order(shutdown->crew, MM_WORKER_STOP);
	mm_hook_end(shutdown->hook, mm_clock_monotonic_ns());
	set_deadline(shutdown, LAST_PATIENCE_S);
}

void mm_shutdown_ask(struct mm_shutdown *shutdown, const char *why)
{
	bool is_first = shutdown->stage == MM_STAGE_RUNNING;

	mm_log(shutdown->log, MM_LOG_INFO, is_first ? "stopping" : "stopping at once", MM_F_STR("why", why));
	if (is_first)
		drain(shutdown);
	else
		end(shutdown);
}

/* Whether there is a job that may have begun with a commit, which is not broken off without need. */
static bool commits(const struct mm_shutdown *shutdown)
{
	return mm_publisher_commits(shutdown->publisher) ||
	       (mm_rotor_works(shutdown->rotor) && !mm_rotor_makes_key(shutdown->rotor));
}

/*
 * A key that is being made is no reason to go on: RSA may take minutes, and nothing is changed before the commit. Nor is
 * a publication: what is half done is done again by the next start. A commit that works for so long hangs in the file
 * system. No thread is killed in the middle of a commit; the process ends under it. That is a kill -9 to the store, which
 * survives it (docs/decisions/0003), and nothing else is left to lose. Not exit(3), which would take OpenSSL away from a
 * thread that still uses it.
 */
static void give_up(struct mm_shutdown *shutdown)
{
	bool hangs = commits(shutdown);

	mm_hook_clear(shutdown->hook);
	mm_crew_clear(shutdown->crew); /* their access logs are written out */
	if (hangs) {
		mm_log(shutdown->log, MM_LOG_ERROR,
		       "a commit of the key set does not end; it is given up, as by kill -9");
		_exit(EXIT_FAILURE);
	}
	if (mm_rotor_works(shutdown->rotor))
		mm_log(shutdown->log, MM_LOG_INFO,
		       "stopped; a key that was being made is thrown away, the next start makes one");
	else
		mm_log(shutdown->log, MM_LOG_INFO,
		       "stopped; a publication is broken off, the next start publishes again");
	_exit(EXIT_SUCCESS);
}

static bool has_jobs(const struct mm_shutdown *shutdown)
{
	return mm_rotor_works(shutdown->rotor) || mm_publisher_works(shutdown->publisher);
}

void mm_shutdown_leave_when_done(struct mm_shutdown *shutdown)
{
	if (!mm_crew_ended(shutdown->crew) || mm_hook_runs(shutdown->hook))
		return;
	if (!has_jobs(shutdown))
		event_base_loopbreak(shutdown->base);
	else if (shutdown->stage == MM_STAGE_ENDING && !commits(shutdown))
		give_up(shutdown);
}

static void on_deadline(evutil_socket_t fd, short what, void *arg)
{
	struct mm_shutdown *shutdown = arg;

	(void)fd, (void)what;
	if (shutdown->stage == MM_STAGE_ENDING) {
		mm_hook_clear(shutdown->hook);
		if (has_jobs(shutdown))
			give_up(shutdown);
		mm_shutdown_leave_when_done(shutdown);
		return;
	}
	mm_log(shutdown->log, MM_LOG_WARN, "what is still under way is given up",
	       MM_F_DURATION("drain_timeout", mm_feed_config(shutdown->feed)->http.drain_timeout));
	end(shutdown);
}

enum mm_code mm_shutdown_open(struct mm_shutdown *shutdown, struct mm_err *err)
{
	shutdown->deadline = event_new(shutdown->base, -1, 0, on_deadline, shutdown);
	return shutdown->deadline ? MM_OK : mm_fail(err, MM_ENOMEM, "cannot start");
}

void mm_shutdown_close(struct mm_shutdown *shutdown)
{
	if (shutdown->deadline)
		event_free(shutdown->deadline);
	shutdown->deadline = NULL;
}
