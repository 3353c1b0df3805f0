/* SPDX-License-Identifier: Apache-2.0 */
/* The engine of rotation under a clock that jumps from one thing that is due to the next. */
#include <mintmark/forecast.h>

#include "keys/made.h"

static enum mm_code plan_key(void *arg, const struct mm_alg *alg, unsigned rsa_bits, struct mm_key **out,
			     struct mm_err *err)
{
	unsigned *planned = arg;

	(void)rsa_bits;
	return mm_key_planned(alg, ++*planned, out, err);
}

/* Numbers go on after the planned keys that a set has already: a kid is never used twice. */
static unsigned count_planned(const struct mm_keyset *set)
{
	unsigned planned = 0;

	for (size_t i = 0; i < set->count; i++)
		planned += mm_key_is_planned(set->records[i].key);
	return planned;
}

/* Nobody can foresee how long a destination takes: here each has everything at once. */
static struct mm_policy delivered_at_once(const struct mm_policy *policy)
{
	struct mm_policy assumed = *policy;

	assumed.delivers = false;
	return assumed;
}

static enum mm_code fail_limit(size_t max_steps, mm_time at, struct mm_err *err)
{
	char text[MM_TIME_TEXT_SIZE];

	mm_time_format(at, text);
	return mm_fail(err, MM_ELIMIT, "the forecast has come to %s, and has taken more than %zu steps", text,
		       max_steps);
}

static enum mm_code run_until(struct mm_keyset *set, const struct mm_policy *policy, mm_time now, mm_time until,
			      size_t max_steps, struct mm_err *err)
{
	unsigned planned = count_planned(set);
	const struct mm_key_maker planner = {plan_key, &planned};

	for (size_t taken = 0;;) {
		mm_auto_buf why = {0};
		struct mm_action next;
		size_t steps;
		enum mm_code code = mm_rotate(set, policy, MM_ACTIONS_ALL, now, &planner, &why, &steps, err);

		if (code != MM_OK)
			return code;
		taken += steps;
		if (taken > max_steps)
			return fail_limit(max_steps, now, err);
		next = mm_schedule_next(set, policy, now);
		if (next.kind == MM_ACTION_NONE || next.at > until)
			return MM_OK;
		now = next.at;
	}
}

enum mm_code mm_forecast(const struct mm_keyset *set, const struct mm_policy *policy, mm_time now, mm_time until,
			 size_t max_steps, struct mm_keyset **out, struct mm_err *err)
{
	const struct mm_policy assumed = delivered_at_once(policy);
	mm_auto(mm_keyset) future = NULL;
	enum mm_code code;

	if (until < now)
		return mm_fail(err, MM_EREFUSED, "a forecast cannot end before it begins");
	code = mm_keyset_copy(set, &future, err);
	if (code == MM_OK)
		code = run_until(future, &assumed, now, until, max_steps, err);
	if (code == MM_OK)
		*out = mm_take(future);
	return code;
}

enum mm_code mm_forecast_fresh(const struct mm_policy *policy, mm_time now, struct mm_keyset **out, struct mm_err *err)
{
	unsigned planned = 0;
	const struct mm_key_maker planner = {plan_key, &planned};
	const struct mm_policy assumed = delivered_at_once(policy);
	mm_auto(mm_keyset) set = NULL;
	enum mm_code code = mm_keyset_new(&set, err);

	if (code == MM_OK)
		code = mm_publish_first(set, &assumed, now, &planner, err);
	if (code == MM_OK)
		*out = mm_take(set);
	return code;
}
