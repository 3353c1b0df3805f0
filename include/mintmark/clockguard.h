/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Notices when the system clock is set forward. Waits are counted by the wall clock, since they outlive processes; set
 * forward, it would end them before verifiers could have fetched anything. While a guard holds, nothing that depends on
 * a wait may be done; after the longest wait in force all of them have passed for certain. A clock that is set back
 * only makes waits longer, and does not concern it.
 */
#ifndef MINTMARK_CLOCKGUARD_H
#define MINTMARK_CLOCKGUARD_H

#include <mintmark/clock.h>
#include <stdbool.h>

struct mm_clock_guard {
	/* Its own. */
	mm_time wall; /* the two clocks when they agreed last */
	int64_t steady_ns;
	int64_t hold_until_ns; /* by the steady clock */
};

/* Both clocks at one moment; `steady_ns` is mm_clock_steady_ns: it is never set, and runs on while the host sleeps. */
void mm_clock_guard_start(struct mm_clock_guard *guard, mm_time wall, int64_t steady_ns);

/*
 * Compares the two clocks. When the wall clock has gained more than `tolerance` on the steady one since they agreed
 * last, the guard holds for `longest_wait` from now on, and the gain is returned; otherwise 0.
 */
mm_duration mm_clock_guard_look(struct mm_clock_guard *guard, mm_time wall, int64_t steady_ns, mm_duration tolerance,
				mm_duration longest_wait);

bool mm_clock_guard_holds(const struct mm_clock_guard *guard, int64_t steady_ns);

#endif
