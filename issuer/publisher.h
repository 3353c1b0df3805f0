/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The publisher: brings what is committed to every destination of the option `publish`, and when all of them hold it,
 * commits that (mm_manage_deliver), so that the waits of new keys begin. It belongs to one thread, which turns it about
 * once a second and after whatever may have changed revision or configuration. Nothing here waits: the destinations have
 * couriers, and the commit a thread of its own.
 */
#ifndef MINTMARK_ISSUER_PUBLISHER_H
#define MINTMARK_ISSUER_PUBLISHER_H

#include <mintmark/config.h>
#include <mintmark/log.h>
#include <mintmark/metrics.h>
#include <mintmark/snapshot.h>
#include <mintmark/store.h>

/* For the metrics, which other threads read. */
struct mm_publisher_stats {
	mm_counter succeeded; /* journeys to one destination */
	mm_counter failed;
	_Atomic uint64_t revision; /* the last that was everywhere; 0: none yet, or no destinations */
	_Atomic uint64_t behind;   /* destinations that are not known to hold the newest one */
};

/* All of it is borrowed and outlives the publisher. */
struct mm_publisher_parts {
	struct mm_store *store; /* shared */
	struct mm_log *log;
	struct mm_publisher_stats *stats;
};

struct mm_publisher;

/* MM_EIO, MM_ENOMEM. */
MM_MUSTCHECK enum mm_code mm_publisher_new(const struct mm_publisher_parts *parts, struct mm_publisher **out,
					   struct mm_err *err);

/* `snapshot` is the newest that is known; it is referenced where it is still needed afterwards. */
void mm_publisher_turn(struct mm_publisher *publisher, const struct mm_config *config, struct mm_snapshot *snapshot,
		       int64_t steady_ns);

int mm_publisher_fd(const struct mm_publisher *publisher); /* readable when a job has ended: then collect */

/* Takes the results of the jobs that have ended. Look into the store afterwards: there may have been a commit. */
void mm_publisher_collect(struct mm_publisher *publisher, int64_t steady_ns);

bool mm_publisher_works(const struct mm_publisher *publisher);   /* a job is running; it may be broken off... */
bool mm_publisher_commits(const struct mm_publisher *publisher); /* ...but for this one, without need */
void mm_publisher_retry(struct mm_publisher *publisher);         /* what failed is tried again at the next turn */

/* Not while a job is running. */
void mm_publisher_free(struct mm_publisher *publisher);
MM_AUTO(mm_publisher)

#endif
