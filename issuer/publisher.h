/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The publisher: brings what is committed to every destination of the option `publish`, and commits that it is there, so
 * that the waits of new keys begin (mm_manage_deliver). It belongs to one thread, which turns it about once a second.
 * The work is done by a job in a thread of its own with a store handle of its own: a bucket takes as long as it takes.
 */
#ifndef MINTMARK_ISSUER_PUBLISHER_H
#define MINTMARK_ISSUER_PUBLISHER_H

#include <mintmark/config.h>
#include <mintmark/log.h>
#include <mintmark/metrics.h>
#include <mintmark/store.h>

/* For the metrics, which other threads read. */
struct mm_publisher_stats {
	mm_counter succeeded;      /* rounds in which every destination came to hold the newest revision */
	mm_counter failed;         /* the others */
	_Atomic uint64_t revision; /* the newest that is everywhere; 0: none yet */
};

/* All of it is borrowed and outlives the publisher. */
struct mm_publisher_parts {
	struct mm_store *store; /* shared once, by mm_publisher_new */
	struct mm_log *log;
	struct mm_publisher_stats *stats;
};

struct mm_publisher;

/* MM_EIO, MM_ENOMEM. */
MM_MUSTCHECK enum mm_code mm_publisher_new(const struct mm_publisher_parts *parts, struct mm_publisher **out,
					   struct mm_err *err);

/*
 * Starts a job when destinations are configured, none is running, and one of them may not hold `revision`: at the start,
 * when revision or configuration are others than in the last round that succeeded, 1 s, then 2 s, up to a minute after a
 * failure. A destination that already succeeded with that revision is not asked again.
 */
void mm_publisher_turn(struct mm_publisher *publisher, const struct mm_config *config, uint64_t revision,
		       int64_t steady_ns);

int mm_publisher_fd(const struct mm_publisher *publisher); /* readable when a job has ended: then collect */

/* Takes the result of the job that has ended, and logs what is news in it: each destination that failed or recovered. */
void mm_publisher_collect(struct mm_publisher *publisher, int64_t steady_ns);

bool mm_publisher_works(const struct mm_publisher *publisher); /* a job is running */

/* Not while a job is running. */
void mm_publisher_free(struct mm_publisher *publisher);
MM_AUTO(mm_publisher)

#endif
