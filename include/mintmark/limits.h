/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A token bucket for each caller (generic cell rate algorithm: one time stamp is the whole bucket). One table for all
 * workers, since a caller's connections may be anywhere; a look takes its lock for some tens of nanoseconds.
 */
#ifndef MINTMARK_LIMITS_H
#define MINTMARK_LIMITS_H

#include <mintmark/bytes.h>

#define MM_LIMITS_CALLERS_MAX 4096 /* buckets; a full one (a caller that has paused) makes room for another */

struct mm_limits;

MM_MUSTCHECK enum mm_code mm_limits_new(struct mm_limits **out, struct mm_err *err);
void mm_limits_free(struct mm_limits *limits);
MM_AUTO(mm_limits)

/*
 * Takes one from the caller's bucket of `burst`, which gets `rate` a second; rate 0: no bound. Both may change between
 * calls (a reload). Returns 0, or in how many whole seconds (at least 1) to come back (Retry-After, RFC 9110 §10.2.3).
 * With no bucket to be had, nobody is refused. `now_ns` is monotonic. Any thread.
 */
int mm_limits_take(struct mm_limits *limits, const char *caller, int64_t rate, int64_t burst, int64_t now_ns);

#endif
