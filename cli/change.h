/* SPDX-License-Identifier: Apache-2.0 */
/* What a command that changed the key set answers: what happened, and what happens next and when. */
#ifndef MINTMARK_CLI_CHANGE_H
#define MINTMARK_CLI_CHANGE_H

#include "cli/hurt.h"

#include <mintmark/manage.h>

/* "activated KID (ES256)", "published KID (ES256), ready at …": a line for each event. */
MM_MUSTCHECK enum mm_code mm_change_add_events(struct mm_buf *out, const struct mm_change *change, struct mm_err *err);

/* What the store holds now: where nothing was changed, what was found. */
const struct mm_keyset *mm_change_result(const struct mm_change *change);

/* "next: activate KID (ES256) at … (in 29d)" and a newline. */
void mm_add_next(struct mm_buf *out, const struct mm_keyset *set, const struct mm_policy *policy, mm_time now);

/*
 * {revision, events: [{event, key: as in key list}], hurt, next, warning}, owned by the caller; `warning` is the
 * store's, and null when its code is MM_OK.
 */
MM_MUSTCHECK enum mm_code mm_change_json(const struct mm_change *change, const struct mm_policy *policy,
					 const struct mm_err *warning, json_t **out, struct mm_err *err);

#endif
