/* SPDX-License-Identifier: Apache-2.0 */
/* One key as commands show it, and what happens next to it or to the whole set. */
#ifndef MINTMARK_CLI_KEYROW_H
#define MINTMARK_CLI_KEYROW_H

#include <jansson.h>
#include <mintmark/schedule.h>

struct mm_key_row {
	const char *kid; /* borrowed from the record */
	const char *algorithm;
	const char *state;
	mm_time since;         /* when it came into that state */
	struct mm_action next; /* what the schedule says of it */
	const char *idle;      /* what it does when that is nothing: "signs", "stands by", "-" */
};

struct mm_key_row mm_key_row(const struct mm_keyset *set, const struct mm_policy *policy,
			     const struct mm_key_record *record, mm_time now);

/*
 * The same, the thumbprint, every stored time and wait, and what follows from them, as an object that the caller owns;
 * NULL when there is no memory.
 */
json_t *mm_key_row_json(const struct mm_keyset *set, const struct mm_policy *policy, const struct mm_key_record *record,
			mm_time now);

/* "ready in 1h2m", "ready 1h2m ago", or "ready 1h2m after it is delivered". */
#define MM_READY_SIZE 96
void mm_ready_format(const struct mm_key_record *record, mm_time now, char out[static MM_READY_SIZE]);

/* "ready at 2026-11-22T01:17:00Z (in 1h2m)", or after it is delivered, as above. */
void mm_add_ready(struct mm_buf *out, const struct mm_key_record *record, mm_time now);

/* "activate KID (ES256) at 2026-11-22T00:15:00Z (in 29d)": what mm_schedule_next says, without a newline. */
void mm_add_action(struct mm_buf *out, const struct mm_action *action, mm_time now);

/* {action, algorithm, kid, at, why}; null when nothing happens by itself. NULL when there is no memory. */
json_t *mm_action_json(const struct mm_action *action);

#endif
