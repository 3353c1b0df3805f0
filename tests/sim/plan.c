/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/sim/plan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- configurations ---------------------------------------------------------------------------------------------- */

/* More rotations than that in one epoch cost time and show nothing new. */
enum { EPOCH_ROTATIONS = 50 };

/*
 * retire_wait has one clock_skew for two pairs of clocks: of who retires and who removes, and of who mints and who
 * verifies. It is enough if every clock is within a quarter of it.
 */
enum { CLOCK_SHARE = 4 };

/* The values that stay the same in a run. */
struct bounds {
	mm_duration propagation, clock_skew;
	int64_t max_keys;
	bool cache_changes;
	mm_duration verifier_cache;
};

static struct bounds draw_bounds(struct rng *rng)
{
	static const int64_t max_keys[] = {4, 6, 10, 20, 20, 20, 50, 100};

	return (struct bounds){
		.propagation = rng_magnitude(rng, 1, 2 * DAY),
		.clock_skew = rng_chance(rng, 100) ? 0 : rng_magnitude(rng, 1, 6 * HOUR),
		.max_keys = max_keys[rng_below(rng, MM_COUNT(max_keys))],
		.cache_changes = rng_chance(rng, 300),
		.verifier_cache = rng_magnitude(rng, 10, 7 * DAY),
	};
}

static void draw_algorithms(struct mm_config *config, struct rng *rng, const struct pool *pool, char **names)
{
	size_t first = (size_t)rng_below(rng, POOL_ALGS);

	for (size_t i = 0; i < POOL_ALGS; i++)
		names[i] = (char *)(uintptr_t)pool->algs[(first + i) % POOL_ALGS]->name;
	config->keys.algorithm = names[0];
	if (rng_chance(rng, 300))
		config->keys.algorithms = (struct mm_strings){names, POOL_ALGS};
}

/* One that the program accepts; drawn again until it does. */
static void draw_policy(struct mm_policy *policy, const struct bounds *bounds, mm_duration length, struct rng *rng,
			const struct pool *pool)
{
	struct mm_err err;

	do {
		char *names[POOL_ALGS];
		mm_duration cache = bounds->cache_changes ? rng_magnitude(rng, 10, 7 * DAY) : bounds->verifier_cache;
		mm_duration publish_wait = bounds->propagation + cache + bounds->clock_skew;
		mm_duration least = publish_wait > HOUR ? publish_wait : HOUR;
		struct mm_config config = {
			.keys = {.rsa_bits = 2048,
				 .verifier_cache = cache,
				 .propagation = bounds->propagation,
				 .clock_skew = bounds->clock_skew,
				 .max_keys = bounds->max_keys},
			.tokens = {.max_ttl = rng_magnitude(rng, 10 * MINUTE, 30 * DAY)},
		};

		draw_algorithms(&config, rng, pool, names);
		if (least < length / EPOCH_ROTATIONS)
			least = length / EPOCH_ROTATIONS;
		if (!rng_chance(rng, 150))
			config.keys.rotate_every = rng_chance(rng, 50) ? least : rng_magnitude(rng, least, 200 * DAY);
		mm_err_clear(&err);
		if (mm_policy_from_config(&config, policy, &err) == MM_OK)
			return;
	} while (true);
}

/* The first ones are shorter and may rotate by the hour; the last one takes what is left. */
static void draw_epochs(struct plan *plan, struct rng *rng, const struct pool *pool)
{
	const struct bounds bounds = draw_bounds(rng);
	size_t count = (size_t)rng_between(rng, 1, MAX_EPOCHS);
	mm_time start = SIM_START;

	for (plan->epoch_count = 0; plan->epoch_count < count; plan->epoch_count++) {
		struct epoch *epoch = &plan->epochs[plan->epoch_count];
		bool last = plan->epoch_count + 1 == count;
		mm_duration left = plan->end - start;
		/* Some are given up before anything has come of them. */
		mm_duration most = rng_chance(rng, 400) ? DAY : left / 2;
		mm_duration length = last ? left : rng_magnitude(rng, 10 * MINUTE, most);

		epoch->start = start;
		draw_policy(&epoch->policy, &bounds, length, rng, pool);
		start += length;
	}
}

mm_duration plan_clock_error(const struct plan *plan)
{
	return plan->epochs[0].policy.clock_skew / CLOCK_SHARE;
}

mm_duration plan_cache(const struct plan *plan, mm_time now)
{
	const struct epoch *epochs = plan->epochs;
	mm_duration settle = epochs[0].policy.propagation + epochs[0].policy.clock_skew;
	mm_duration least = INT64_MAX;

	for (size_t i = 0; i < plan->epoch_count; i++) {
		mm_duration cache = epochs[i].policy.verifier_cache;
		mm_duration before = i > 0 ? epochs[i - 1].policy.verifier_cache : 0;
		bool begins_later = i > 0 && epochs[i].start - before > now;
		bool ended = i + 1 < plan->epoch_count && epochs[i + 1].start + settle <= now;

		if (!begins_later && !ended && cache < least)
			least = cache;
	}
	return least;
}

/* ---- the weather ------------------------------------------------------------------------------------------------- */

static mm_duration draw_interval(struct rng *rng, unsigned permille, mm_duration least, mm_duration most)
{
	return rng_chance(rng, permille) ? rng_magnitude(rng, least, most) : 0;
}

void plan_make(struct plan *plan, struct rng *rng, const struct pool *pool)
{
	*plan = (struct plan){.end = SIM_START + SIM_SPAN, .calm = SIM_START + SIM_SPAN - 90 * DAY};
	draw_epochs(plan, rng, pool);
	plan->replicas = (int)rng_between(rng, 1, MAX_REPLICAS);
	plan->verifiers = (int)rng_between(rng, 2, 4);
	plan->first_key = (size_t)rng_below(rng, 64);
	plan->between_tokens = rng_magnitude(rng, 2 * DAY, 8 * DAY);
	plan->between_commands = draw_interval(rng, 800, 2 * DAY, 300 * DAY);
	plan->between_downs = draw_interval(rng, 800, 5 * DAY, 200 * DAY);
	plan->between_blackouts = draw_interval(rng, 300, 100 * DAY, 600 * DAY);
	plan->between_outages = draw_interval(rng, 600, 20 * DAY, 400 * DAY);
	plan->between_steps = draw_interval(rng, 500, 30 * DAY, 400 * DAY);
	plan->crash_permille = rng_chance(rng, 600) ? (unsigned)rng_magnitude(rng, 5, 200) : 0;
	plan->failure_permille = rng_chance(rng, 500) ? (unsigned)rng_magnitude(rng, 5, 200) : 0;
	plan->rival_permille = rng_chance(rng, 500) ? (unsigned)rng_magnitude(rng, 10, 300) : 0;
}

void plan_add_destinations(struct plan *plan, struct rng *rng)
{
	plan->destinations = (int)rng_between(rng, 1, MAX_DESTINATIONS);
	plan->upload_most = rng_magnitude(rng, 1, 3 * DAY);
	plan->between_cuts = draw_interval(rng, 700, 20 * DAY, 300 * DAY);
	plan->upload_failure_permille = rng_chance(rng, 600) ? (unsigned)rng_magnitude(rng, 5, 500) : 0;
	for (size_t i = 0; i < plan->epoch_count; i++)
		plan->epochs[i].policy.delivers = rng_chance(rng, 700);
}
