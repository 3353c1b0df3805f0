/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Progress: while nothing stands in the way, what is due is done within a bound. What is due is worked out here again,
 * from the rules and not from the schedule, so that a schedule that forgets something is found.
 */
#include "tests/sim/world.h"

/* One thing that must have happened. */
struct duty {
	struct world *world;
	mm_time clock; /* of the slowest replica */
	mm_time since; /* true time: what counts as standing in the way ended then */
};

/* View by view: a rotor acts when it sees the reason, and tries again within ten minutes. */
static mm_duration bound(const struct world *world)
{
	const struct mm_policy *policy = &world->epoch->policy;

	return 2 * policy->propagation + 2 * policy->clock_skew + 30 * MINUTE;
}

/* A round may be under way that has the revision before; then every replica begins one of its own. */
static mm_duration delivery_bound(const struct world *world)
{
	const struct plan *plan = &world->plan;

	if (!world->epoch->policy.delivers)
		return 0;
	return 2 * DAY + (plan->replicas + 2) * plan->destinations * plan->upload_most;
}

static mm_time later(mm_time a, mm_time b)
{
	return a > b ? a : b;
}

/* `at` by the clock of the issuer; MM_NEVER: at once. Each commit takes all that is due, so each is a new beginning. */
static void must_be_done_in(const struct duty *duty, mm_time at, mm_duration longest, const char *what,
			    const char *whose)
{
	struct world *world = duty->world;
	mm_time since = later(duty->since, world->newest->committed);

	if (at > duty->clock)
		return;
	if (at != MM_NEVER)
		since = later(since, world->now - (duty->clock - at));
	if (since + longest < world->now)
		world_fail(world, "P what is due is done", "%s%s: overdue for %lld s", what, whose,
			   (long long)(world->now - since));
}

static void must_be_done(const struct duty *duty, mm_time at, const char *what, const char *whose)
{
	must_be_done_in(duty, at, bound(duty->world), what, whose);
}

static bool stands_by(const struct mm_key_record *record, const struct mm_alg *alg)
{
	return mm_key_alg(record->key) == alg && record->activated == MM_NEVER && record->retired == MM_NEVER &&
	       record->removed == MM_NEVER && record->revoked == MM_NEVER;
}

/* Nothing is later than what waits to be delivered. */
static mm_time ready_at(const struct mm_key_record *record)
{
	return record->delivered == MM_NEVER ? INT64_MAX : record->delivered + record->publish_wait;
}

/* The one that is ready first, but `other`. */
static const struct mm_key_record *first_standby(const struct mm_keyset *set, const struct mm_alg *alg,
						 const struct mm_key_record *other)
{
	const struct mm_key_record *first = NULL;

	for (size_t i = 0; i < set->count; i++) {
		const struct mm_key_record *record = &set->records[i];

		if (record != other && stands_by(record, alg) && (!first || ready_at(record) < ready_at(first)))
			first = record;
	}
	return first;
}

static bool is_full(const struct world *world)
{
	size_t count = 0;

	for (size_t i = 0; i < world->newest->set->count; i++)
		count += revision_serves(world->newest, i);
	return count >= world->epoch->policy.max_keys;
}

static const struct mm_key_record *signer(const struct mm_keyset *set, const struct mm_alg *alg)
{
	for (size_t i = 0; i < set->count; i++) {
		const struct mm_key_record *record = &set->records[i];

		if (mm_key_alg(record->key) == alg && record->activated != MM_NEVER && record->retired == MM_NEVER &&
		    record->revoked == MM_NEVER)
			return record;
	}
	return NULL;
}

/* A standby at any time, a second one in time for the rotation, and the rotation as soon as both are ready. */
static void check_configured(const struct duty *duty, const struct mm_alg *alg)
{
	struct world *world = duty->world;
	const struct mm_keyset *set = world->newest->set;
	const struct mm_policy *policy = &world->epoch->policy;
	const struct mm_key_record *signs = signer(set, alg), *standby = first_standby(set, alg, NULL), *next;
	mm_time aged;

	if (!standby && !is_full(world))
		must_be_done(duty, MM_NEVER, "a standby for ", alg->name);
	if (!standby || policy->rotate_every == 0)
		return;
	next = first_standby(set, alg, standby);
	if (!signs) {
		if (!next && !is_full(world))
			must_be_done(duty, MM_NEVER, "a second key for ", alg->name);
		must_be_done(duty, later(ready_at(standby), next ? ready_at(next) : MM_NEVER), "the first signer for ",
			     alg->name);
		return;
	}
	aged = signs->activated + policy->rotate_every;
	if (!next && !is_full(world))
		must_be_done(duty, aged - mm_policy_publish_wait(policy), "the next standby for ", alg->name);
	else
		must_be_done(duty, later(later(aged, ready_at(standby)), next ? ready_at(next) : MM_NEVER),
			     "rotation of ", mm_key_kid(signs->key));
}

static void check_unconfigured(const struct duty *duty, const struct mm_alg *alg)
{
	const struct mm_keyset *set = duty->world->newest->set;
	const struct mm_key_record *signs = signer(set, alg);

	if (signs && signer(set, duty->world->epoch->policy.algs[0]))
		must_be_done(duty, MM_NEVER, "giving up ", alg->name);
}

static void check_record(const struct duty *duty, const struct mm_key_record *record)
{
	const struct mm_policy *policy = &duty->world->epoch->policy;

	if (record->removed != MM_NEVER || record->revoked != MM_NEVER)
		return;
	if (record->delivered == MM_NEVER)
		must_be_done_in(duty, MM_NEVER, bound(duty->world) + delivery_bound(duty->world), "delivery of ",
				mm_key_kid(record->key));
	if (record->retired != MM_NEVER)
		must_be_done(duty, record->retired + record->retire_wait, "removal of ", mm_key_kid(record->key));
	else if (record->activated != MM_NEVER && record->retire_wait < mm_policy_retire_wait(policy))
		must_be_done(duty, MM_NEVER, "a longer retire_wait of ", mm_key_kid(record->key));
}

static bool somebody_can_act(struct world *world, mm_time *since)
{
	bool up = false;

	*since = INT64_MAX;
	for (int i = 0; i < world->plan.replicas; i++) {
		if (!world->replicas[i].up)
			continue;
		up = true;
		if (world->replicas[i].up_since < *since)
			*since = world->replicas[i].up_since;
	}
	*since = later(*since, later(world->disturbed, world->epoch->start));
	return up && !world->store_down && !replicas_hold(world);
}

void progress_check(struct world *world)
{
	struct duty duty = {.world = world};
	const struct mm_keyset *set = world->newest->set;

	duty.clock = world->now + world->clock_set - plan_clock_error(&world->plan);
	if (!somebody_can_act(world, &duty.since)) {
		world->disturbed = world->now;
		return;
	}
	for (size_t i = 0; i < set->count; i++)
		check_record(&duty, &set->records[i]);
	for (size_t i = 0; i < POOL_ALGS; i++) {
		if (mm_policy_has_alg(&world->epoch->policy, world->pool->algs[i]))
			check_configured(&duty, world->pool->algs[i]);
		else
			check_unconfigured(&duty, world->pool->algs[i]);
	}
}

/* After the last weeks, in which nothing went wrong: one signer, not too old, and a standby that is ready. */
void progress_check_end(struct world *world)
{
	const struct mm_policy *policy = &world->epoch->policy;
	const struct mm_keyset *set = world->newest->set;
	mm_time now = world->now + world->clock_set;

	progress_check(world);
	if (world->disturbed > world->plan.calm + 40 * DAY || policy->rotate_every == 0)
		return;
	for (size_t i = 0; i < policy->alg_count; i++) {
		const struct mm_key_record *signs = signer(set, policy->algs[i]);
		const struct mm_key_record *standby = first_standby(set, policy->algs[i], NULL);

		if (is_full(world))
			continue;
		if (!signs || !standby)
			world_fail(world, "P the end is a steady state", "%s: %s", policy->algs[i]->name,
				   signs ? "nothing stands by" : "nothing signs");
		else if (now > signs->activated + policy->rotate_every + bound(world) + delivery_bound(world))
			world_fail(world, "P the end is a steady state", "%s: the signer is too old",
				   policy->algs[i]->name);
		else if (now < ready_at(standby) && now > signs->activated + bound(world) + delivery_bound(world))
			world_fail(world, "P the end is a steady state", "%s: the standby is not ready",
				   policy->algs[i]->name);
	}
}
