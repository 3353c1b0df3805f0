/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How many hold an object that is immutable once it is built: keys, snapshots, and what else threads share. Whoever lets
 * go of the last reference frees it.
 */
#ifndef MINTMARK_REFS_H
#define MINTMARK_REFS_H

#include <stdatomic.h>
#include <stdbool.h>

struct mm_refs {
	_Atomic unsigned count;
};

/* The one who builds the object has the first. */
static inline void mm_refs_init(struct mm_refs *refs)
{
	atomic_init(&refs->count, 1);
}

/* For who holds one already, or the lock under which one stands: nothing has to be ordered by it. */
static inline void mm_refs_take(struct mm_refs *refs)
{
	atomic_fetch_add_explicit(&refs->count, 1, memory_order_relaxed);
}

/* True: that was the last. Acquire and release: what other threads did with the object comes before it is freed. */
static inline bool mm_refs_drop(struct mm_refs *refs)
{
	return atomic_fetch_sub_explicit(&refs->count, 1, memory_order_acq_rel) == 1;
}

#endif
