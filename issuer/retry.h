/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Trying again: 1 s after a failure, then 2 s, up to a minute; and whether a failure is another one than the last, so
 * that each is logged once. {0} has not failed. By one thread.
 */
#ifndef MINTMARK_ISSUER_RETRY_H
#define MINTMARK_ISSUER_RETRY_H

#include <mintmark/clock.h>
#include <stdbool.h>

struct mm_retry {
	mm_duration delay; /* 0: the last try was a success */
	int64_t at_ns;     /* not before, by the steady clock */
	char complaint[MM_ERR_TEXT_MAX];
};

bool mm_retry_due(const struct mm_retry *retry, int64_t steady_ns);
/* Puts the next try off, and returns whether this is another failure than that of the last try. */
bool mm_retry_fail(struct mm_retry *retry, const struct mm_err *err, int64_t steady_ns);
/* Returns whether the last try was a failure. */
bool mm_retry_succeed(struct mm_retry *retry);
/* Not at once, although nothing failed. */
void mm_retry_put_off(struct mm_retry *retry, int64_t steady_ns);
/* At the next occasion, and a failure is news even if it is the same. */
void mm_retry_at_once(struct mm_retry *retry);

#endif
