/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The rotor: does what the schedule says when it is due, on a store to which others may commit as well. It belongs to
 * one thread, which turns it about once a second: the schedule is in wall-clock time, and a timer counts another.
 *
 * The work is done by a job in a thread of its own, with a store handle of its own: making a key takes up to seconds,
 * and a commit as long as the file system pleases. What a job commits is found in the store, like anybody's commit.
 */
#ifndef MINTMARK_ISSUER_ROTOR_H
#define MINTMARK_ISSUER_ROTOR_H

#include <mintmark/log.h>
#include <mintmark/metrics.h>
#include <mintmark/schedule.h>
#include <mintmark/store.h>

/* For the metrics, which other threads read. */
struct mm_rotor_stats {
	mm_counter failures;
	_Atomic bool held; /* the clock was set forward */
};

/* What a rotor works with; all of it is borrowed and outlives the rotor. */
struct mm_rotor_parts {
	struct mm_store *store; /* shared once, by mm_rotor_new */
	struct mm_log *log;
	struct mm_rotor_stats *stats;
	const struct mm_key_maker *maker; /* used in the job's thread */
};

struct mm_rotor;

/* MM_EIO, MM_ENOMEM. */
MM_MUSTCHECK enum mm_code mm_rotor_new(const struct mm_rotor_parts *parts, struct mm_rotor **out, struct mm_err *err);

/*
 * Starts a job when something is due by this key set, the newest that is known, and none is running. `now` and
 * `steady_ns` are both clocks at one moment: after a step forward nothing is done for the longest wait (clockguard.h).
 * After a failure it is tried again 1 s later, then 2 s, up to a minute; and at once when the revision is another one.
 */
void mm_rotor_turn(struct mm_rotor *rotor, const struct mm_keyset *set, const struct mm_policy *policy, mm_time now,
		   int64_t steady_ns);

int mm_rotor_fd(const struct mm_rotor *rotor); /* readable when a job has ended: then mm_rotor_collect */

/*
 * Takes the result of the job that has ended. A failure is logged, once for each different reason, and so is what went
 * wrong after a commit. Look into the store afterwards.
 */
void mm_rotor_collect(struct mm_rotor *rotor, int64_t steady_ns);

bool mm_rotor_works(const struct mm_rotor *rotor);     /* a job is running */
bool mm_rotor_makes_key(const struct mm_rotor *rotor); /* and has not come to its commit: nothing is changed yet */
bool mm_rotor_failed(const struct mm_rotor *rotor);    /* something is due, and the last job could not do it */
void mm_rotor_retry(struct mm_rotor *rotor); /* at the next turn, and a failure is logged even if it is the same */

/* Not while a job is running. */
void mm_rotor_free(struct mm_rotor *rotor);
MM_AUTO(mm_rotor)

#endif
