/* SPDX-License-Identifier: Apache-2.0 */
/* What the log says of the key set that is served: what happened to its keys, and what is going to happen next. */
#ifndef MINTMARK_ISSUER_HTTP_ANNOUNCE_H
#define MINTMARK_ISSUER_HTTP_ANNOUNCE_H

#include "issuer/http/stats.h"

#include <mintmark/schedule.h>
#include <mintmark/snapshot.h>

/* For mm_log: "next=activate alg=… kid=… at=…", or "next=await alg=… kid=…": nobody knows until when. */
#define MM_F_NEXT(action)                                                                                              \
	MM_F_STR("next", mm_action_names[(action).kind]), MM_F_STR("alg", (action).alg ? (action).alg->name : NULL),   \
		MM_F_STR("kid", (action).record ? mm_key_kid((action).record->key) : NULL),                            \
		((action).kind == MM_ACTION_AWAIT ? MM_F_STR("at", NULL) : MM_F_TIME("at", (action).at))

struct mm_action mm_snapshot_next(const struct mm_snapshot *snapshot, mm_time now);

/*
 * `snapshot` has taken the place of one with the set `before`: a line for each event, whoever committed it, and a
 * last.
 */
void mm_announce_revision(struct mm_log *log, struct mm_reload_stats *stats, const struct mm_keyset *before,
			  const struct mm_snapshot *snapshot, mm_time now);

#endif
