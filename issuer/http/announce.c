/* SPDX-License-Identifier: Apache-2.0 */
#include "issuer/http/announce.h"

#include <mintmark/event.h>
#include <stdio.h>

struct announcement {
	struct mm_log *log;
	struct mm_reload_stats *stats;
};

struct mm_action mm_snapshot_next(const struct mm_snapshot *snapshot, mm_time now)
{
	return mm_schedule_next(snapshot->set, &snapshot->policy, now);
}

static enum mm_code announce_event(void *arg, const struct mm_event *event, struct mm_err *err)
{
	const struct announcement *announcement = arg;
	const struct mm_key *key = event->record->key;
	char message[32];

	(void)err;
	mm_counter_add(&announcement->stats->key_events[event->kind], 1);
	snprintf(message, sizeof message, "key %s", mm_event_names[event->kind]);
	mm_log(announcement->log, MM_LOG_INFO, message, MM_F_STR("kid", mm_key_kid(key)),
	       MM_F_STR("alg", mm_key_alg(key)->name));
	return MM_OK;
}

void mm_announce_revision(struct mm_log *log, struct mm_reload_stats *stats, const struct mm_keyset *before,
			  const struct mm_snapshot *snapshot, mm_time now)
{
	struct announcement announcement = {log, stats};
	struct mm_action next = mm_snapshot_next(snapshot, now);

	/* It fails only when announce_event does. */
	(void)!mm_keyset_events(before, snapshot->set, announce_event, &announcement, NULL);
	mm_log(log, MM_LOG_INFO, "key set loaded", MM_F_INT("revision", (int64_t)snapshot->revision),
	       MM_F_INT("keys", (int64_t)mm_keyset_served(snapshot->set)), MM_F_NEXT(next));
}
