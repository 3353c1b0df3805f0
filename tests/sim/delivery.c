/* SPDX-License-Identifier: Apache-2.0 */
/* When each key was everywhere, by true time, and whether the key set says so too early. */
#include "tests/sim/world.h"

/* What waits for nothing goes on doing so. */
static mm_duration longer_wait(mm_duration wait, const struct mm_policy *policy)
{
	mm_duration demanded = mm_policy_publish_wait(policy);

	return wait > 0 && wait < demanded ? demanded : wait;
}

static void note(struct world *world, size_t key)
{
	struct fact *fact = &world->facts[key];

	fact->delivered = world->now;
	fact->publish_wait = longer_wait(fact->publish_wait, &world->epoch->policy);
	if (fact->gap_until == GAP_OPEN)
		fact->gap_until = fact_known_at(world, fact);
	world_trace(world, "key %zu is everywhere", key);
}

mm_time fact_known_at(const struct world *world, const struct fact *fact)
{
	if (fact->delivered == MM_NEVER)
		return GAP_OPEN;
	return fact->delivered + fact->publish_wait - world->epoch->policy.clock_skew;
}

void delivery_happened(struct world *world)
{
	for (size_t i = 0; i < world->fact_count; i++) {
		if (world->facts[i].delivered == MM_NEVER && destinations_have(world, i))
			note(world, i);
	}
}

static void check_stamp(struct world *world, const struct process *process, size_t key, const struct mm_key_record *was,
			const struct mm_key_record *record)
{
	const char *kid = mm_key_kid(record->key);

	if (world->facts[key].delivered == MM_NEVER && process->policy.delivers)
		world_fail(world, "1 delivered means everywhere", "%s says so of key %zu (%s)", process->name, key,
			   kid);
	else if (world->facts[key].delivered == MM_NEVER)
		note(world, key);
	if (was && record->publish_wait != longer_wait(was->publish_wait, &process->policy))
		world_fail(world, "1 a new key waits", "key %s was to wait %lld seconds, and is delivered to wait %lld",
			   kid, (long long)was->publish_wait, (long long)record->publish_wait);
}

/* Without destinations a key is delivered by being published, or by their being taken out of the configuration. */
void delivery_check(struct world *world, const struct process *process, const struct mm_keyset *before,
		    const struct mm_keyset *after)
{
	for (size_t i = 0; i < after->count; i++) {
		const struct mm_key_record *record = &after->records[i];
		const struct mm_key_record *was = before && i < before->count ? &before->records[i] : NULL;

		if (record->delivered != MM_NEVER && (!was || was->delivered == MM_NEVER))
			check_stamp(world, process, i, was, record);
	}
}
