/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A courier brings what is committed to one destination, again and again until it is there. Each has a thread of its own
 * while it works and a store handle of its own, so that no destination waits for another. By one thread but for that.
 */
#ifndef MINTMARK_ISSUER_COURIER_H
#define MINTMARK_ISSUER_COURIER_H

#include "issuer/job.h"
#include "issuer/retry.h"

#include <mintmark/destination.h>
#include <mintmark/log.h>
#include <mintmark/store.h>

struct mm_courier {
	char *name; /* of the destination, as it was configured */
	struct mm_destination *destination;
	struct mm_store *store;
	struct mm_log *log;
	struct mm_snapshot *snapshot; /* that was brought last, or should have been; referenced. NULL: none yet */
	bool delivered;               /* it is there */
	struct mm_retry retry;

	/* The job's while it works. */
	struct mm_job job;
	struct mm_destination_result result;
	bool overtaken; /* a newer revision was committed meanwhile */
	enum mm_code code;
	struct mm_err err;
};

/* `store` is shared; `done_fd`: see struct mm_job. MM_EPARSE: `name` is no destination; MM_EIO, MM_ENOMEM. */
MM_MUSTCHECK enum mm_code mm_courier_new(const char *name, const struct mm_destination_options *options,
					 struct mm_store *store, struct mm_log *log, int done_fd,
					 struct mm_courier **out, struct mm_err *err);
/* Starts when the destination may not hold that snapshot yet, and it is time: for one that is new, at once. */
void mm_courier_turn(struct mm_courier *courier, struct mm_snapshot *snapshot, int64_t steady_ns);

/* Whether the destination is known to hold what is in that snapshot. */
bool mm_courier_has_delivered(const struct mm_courier *courier, const struct mm_snapshot *snapshot);
/*
 * Takes the result of a journey that has ended, and logs what is news in it. Returns whether there was one to be counted:
 * one that was overtaken by a newer revision is not, and `*succeeded` tells of the others.
 */
bool mm_courier_collect(struct mm_courier *courier, int64_t steady_ns, bool *succeeded);

/* Not while it works. */
void mm_courier_free(struct mm_courier *courier);
MM_AUTO(mm_courier)

#endif
