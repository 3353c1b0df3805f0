/* SPDX-License-Identifier: Apache-2.0 */
/* The future of a key set, by the same engine that will make it: mm_rotate under a clock that runs ahead. */
#ifndef MINTMARK_FORECAST_H
#define MINTMARK_FORECAST_H

#include <mintmark/schedule.h>

/*
 * The set as it will be at `until` if nobody does anything by hand: every time in it is the time at which the step was
 * or will be taken, and keys that are yet to be made are planned ones (mm_key_planned). Destinations are assumed to
 * have every key at once. The caller owns `*out`. MM_EREFUSED: `until` is before `now`. MM_ELIMIT: more than
 * `max_steps` steps.
 */
MM_MUSTCHECK enum mm_code mm_forecast(const struct mm_keyset *set, const struct mm_policy *policy, mm_time now,
				      mm_time until, size_t max_steps, struct mm_keyset **out, struct mm_err *err);

/* The key set that `init` would make at `now`, of planned keys; the caller owns `*out`. */
MM_MUSTCHECK enum mm_code mm_forecast_fresh(const struct mm_policy *policy, mm_time now, struct mm_keyset **out,
					    struct mm_err *err);

#endif
