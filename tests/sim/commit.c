/* SPDX-License-Identifier: Apache-2.0 */
/* What holds of every commit: the new set against the one before it, and against what the world knows. */
#include "tests/sim/world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* One commit, and what was there before it. */
struct commit {
	struct world *world;
	struct process *process;
	const struct mm_keyset *before; /* NULL: none */
	const struct mm_keyset *after;
};

static const char *kid_of(const struct mm_key_record *record)
{
	return mm_key_kid(record->key);
}

/* The steps as they are written down, whatever the engine makes of them. */
static bool is_served(const struct mm_key_record *record)
{
	return record->published != MM_NEVER && record->removed == MM_NEVER && record->revoked == MM_NEVER;
}

static bool is_signing(const struct mm_key_record *record)
{
	return is_served(record) && record->activated != MM_NEVER && record->retired == MM_NEVER;
}

static bool is_waiting(const struct mm_key_record *record)
{
	return is_served(record) && record->activated == MM_NEVER && record->retired == MM_NEVER;
}

/* The record before this commit; NULL: it is new. */
static const struct mm_key_record *earlier(const struct commit *commit, size_t key)
{
	return commit->before && key < commit->before->count ? &commit->before->records[key] : NULL;
}

static size_t count(const struct mm_keyset *set, const struct mm_alg *alg, bool (*is)(const struct mm_key_record *))
{
	size_t found = 0;

	for (size_t i = 0; set && i < set->count; i++)
		found += (!alg || mm_key_alg(set->records[i].key) == alg) && is(&set->records[i]);
	return found;
}

/* ---- 5: nothing that was committed is lost ----------------------------------------------------------------------- */

static bool kept(mm_time before, mm_time after)
{
	return before == MM_NEVER || before == after;
}

static void check_record_kept(const struct commit *commit, const struct mm_key_record *before,
			      const struct mm_key_record *after)
{
	if (strcmp(kid_of(before), kid_of(after)) != 0)
		world_fail(commit->world, "5 what was committed is kept", "key %s was replaced by %s", kid_of(before),
			   kid_of(after));
	if (before->created != after->created || !kept(before->published, after->published) ||
	    !kept(before->delivered, after->delivered) || !kept(before->activated, after->activated) ||
	    !kept(before->retired, after->retired) || !kept(before->tainted, after->tainted) ||
	    !kept(before->removed, after->removed) || !kept(before->revoked, after->revoked))
		world_fail(commit->world, "5 what was committed is kept", "a step of key %s was undone", kid_of(after));
	/* The one begins with the delivery, and may become longer until then. */
	if ((before->publish_wait != after->publish_wait && before->delivered != MM_NEVER) ||
	    after->publish_wait < before->publish_wait || after->retire_wait < before->retire_wait)
		world_fail(commit->world, "5 what was committed is kept",
			   "a wait of key %s was changed from %lld, %lld "
			   "to %lld, %lld",
			   kid_of(after), (long long)before->publish_wait, (long long)before->retire_wait,
			   (long long)after->publish_wait, (long long)after->retire_wait);
}

static void check_kept(const struct commit *commit)
{
	size_t count_before = commit->before ? commit->before->count : 0;
	uint64_t before = commit->before ? commit->before->revision : 0;

	if (commit->after->revision != before + 1)
		world_fail(commit->world, "5 what was committed is kept", "revision %llu follows %llu",
			   (unsigned long long)commit->after->revision, (unsigned long long)before);
	if (commit->after->count < count_before)
		world_fail(commit->world, "5 what was committed is kept", "%zu records follow %zu",
			   commit->after->count, count_before);
	for (size_t i = 0; i < count_before && i < commit->after->count; i++)
		check_record_kept(commit, &commit->before->records[i], &commit->after->records[i]);
}

/* ---- 3, 4, 8: the set by itself ---------------------------------------------------------------------------------- */

static void check_alg(const struct commit *commit, const struct mm_alg *alg)
{
	size_t before = count(commit->before, alg, is_signing), after = count(commit->after, alg, is_signing);
	size_t waiting = count(commit->after, alg, is_waiting);
	bool configured = mm_policy_has_alg(&commit->process->policy, alg);

	if (after > 1 || (after == 0 && before > 0 && (configured || waiting > 0)))
		world_fail(commit->world, "3 one signer for each algorithm",
			   "%s: %zu keys sign and %zu wait, after %zu", alg->name, after, waiting, before);
}

static void check_set(const struct commit *commit)
{
	struct world *world = commit->world;
	size_t served = count(commit->after, NULL, is_served);
	struct mm_err err = {0};

	if (mm_keyset_check(commit->after, &err) != MM_OK)
		world_fail(world, "3 the set is in order", "%s", err.text);
	for (size_t i = 0; i < POOL_ALGS; i++)
		check_alg(commit, world->pool->algs[i]);
	if (count(commit->after, NULL, is_signing) == 0)
		world_fail(world, "3 one signer for each algorithm", "no key signs");
	if (served == 0 || served > commit->process->policy.max_keys)
		world_fail(world, "4 the JWKS is neither empty nor too large", "%zu keys of %u", served,
			   commit->process->policy.max_keys);
	for (size_t i = 0; i < commit->after->count; i++) {
		const struct mm_key_record *record = &commit->after->records[i];

		if (is_served(record) != mm_key_is_private(record->key))
			world_fail(world, "6 private halves are kept as long as they are served", "key %s",
				   kid_of(record));
	}
}

static void check_new_kid(const struct commit *commit, size_t key)
{
	for (size_t i = 0; i < key; i++) {
		if (strcmp(kid_of(&commit->after->records[i]), kid_of(&commit->after->records[key])) == 0)
			world_fail(commit->world, "8 no kid twice", "%s", kid_of(&commit->after->records[key]));
	}
}

/* ---- 1, 2, 7: each step that was taken --------------------------------------------------------------------------- */

static const struct mm_key_record *signer_of(const struct mm_keyset *set, const struct mm_alg *alg)
{
	for (size_t i = 0; i < set->count; i++) {
		if (mm_key_alg(set->records[i].key) == alg && is_signing(&set->records[i]))
			return &set->records[i];
	}
	return NULL;
}

/* One standby, a second one close to a takeover; more only where somebody asked for them. */
static void check_needed(const struct commit *commit, const struct mm_key_record *record)
{
	const struct mm_alg *alg = mm_key_alg(record->key);
	const struct mm_policy *policy = &commit->process->policy;
	const struct mm_key_record *signer = signer_of(commit->after, alg);
	mm_time now = process_clock(commit->process);
	bool near = !signer || (policy->rotate_every > 0 &&
				now >= signer->activated + policy->rotate_every - mm_policy_publish_wait(policy));
	size_t waiting = count(commit->after, alg, is_waiting);

	if (!commit->process->brings_keys && waiting > (near ? 2 : 1))
		world_fail(commit->world, "7 no key without need", "%s added %s, and %zu wait", commit->process->name,
			   kid_of(record), waiting);
}

static void key_published(const struct commit *commit, size_t key)
{
	const struct mm_key_record *record = &commit->after->records[key];
	struct world *world = commit->world;
	mm_duration demanded = mm_policy_publish_wait(&commit->process->policy);
	struct fact *facts = reallocarray(world->facts, world->fact_count + 1, sizeof *facts);

	if (!facts)
		abort();
	world->facts = facts;
	if (!commit->before)
		demanded = 0; /* nobody can have cached anything */
	facts[world->fact_count++] = (struct fact){
		.published = world->now,
		.delivered = commit->process->policy.delivers ? MM_NEVER : world->now,
		.publish_wait = demanded,
	};
	if (record->publish_wait != demanded)
		world_fail(world, "1 a new key waits", "key %s is told to wait %lld seconds, not %lld", kid_of(record),
			   (long long)record->publish_wait, (long long)demanded);
	check_new_kid(commit, key);
	if (commit->before)
		check_needed(commit, record);
}

static bool was_ready(const struct commit *commit, size_t key)
{
	const struct fact *fact = &commit->world->facts[key];
	/* Stamped by one clock and read by another one. */
	mm_duration differ = 2 * plan_clock_error(&commit->world->plan);

	return fact->delivered != MM_NEVER && commit->world->now >= fact->delivered + fact->publish_wait - differ;
}

/* Another key of the algorithm that could have signed without a gap when this one was taken. */
static bool another_was_ready(const struct commit *commit, size_t key)
{
	const struct mm_alg *alg = mm_key_alg(commit->after->records[key].key);
	mm_time now = process_clock(commit->process);

	for (size_t i = 0; commit->before && i < commit->before->count; i++) {
		const struct mm_key_record *record = &commit->before->records[i];

		if (i != key && mm_key_alg(record->key) == alg && is_waiting(record) && record->delivered != MM_NEVER &&
		    now >= record->delivered + record->publish_wait)
			return true;
	}
	return false;
}

/* A takeover by schedule leaves a standby that is ready, unless there is no room for one (docs/decisions/0014). */
static void check_covered(const struct commit *commit, size_t key)
{
	if (strcmp(commit->process->name, "rotor") != 0)
		return;
	if (!another_was_ready(commit, key) && commit->before &&
	    count(commit->before, NULL, is_served) < commit->process->policy.max_keys)
		world_fail(commit->world, "P a rotation leaves a ready standby", "not after key %s",
			   kid_of(&commit->after->records[key]));
}

static void key_activated(const struct commit *commit, size_t key)
{
	const struct mm_key_record *record = &commit->after->records[key];
	struct world *world = commit->world;
	struct fact *fact = &world->facts[key];

	check_covered(commit, key);
	if (was_ready(commit, key) || !commit->before)
		return; /* nobody has fetched anything before the first commit */
	if (!commit->process->gap && !commit->process->revokes)
		world_fail(world, "1 a new key waits", "%s let key %s sign after %lld of %lld seconds%s",
			   commit->process->name, kid_of(record), (long long)(world->now - fact->published),
			   (long long)fact->publish_wait, fact->delivered == MM_NEVER ? ", and not everywhere" : "");
	if (commit->process->revokes && another_was_ready(commit, key))
		world_fail(world, "6 the standby that is ready signs", "key %s signs instead", kid_of(record));
	/* From then on nobody can lack it; what was declared (ready_at) is that and clock_skew. */
	fact->gap_until = fact_known_at(world, fact);
	world_trace(world, "gap: key %zu until +%lld", key, (long long)(fact->gap_until - SIM_START));
}

static bool somebody_signs_with(const struct world *world, const struct mm_key_record *record)
{
	for (int i = 0; i < world->plan.replicas; i++) {
		if (world->replicas[i].view && replica_signer(world, i, mm_key_alg(record->key)) &&
		    strcmp(kid_of(replica_signer(world, i, mm_key_alg(record->key))), kid_of(record)) == 0)
			return true;
	}
	return false;
}

static void key_removed(const struct commit *commit, size_t key)
{
	const struct mm_key_record *record = &commit->after->records[key];
	struct world *world = commit->world;

	if (somebody_signs_with(world, record))
		world_fail(world, "2 a key outlives its tokens", "key %s is removed, and a replica signs with it",
			   kid_of(record));
	if (world->now < world->facts[key].expiry)
		world_fail(world, "2 a key outlives its tokens", "key %s is removed %lld seconds before a token of it",
			   kid_of(record), (long long)(world->facts[key].expiry - world->now));
}

static void check_steps(const struct commit *commit)
{
	for (size_t i = 0; i < commit->after->count; i++) {
		if (!earlier(commit, i))
			key_published(commit, i);
	}
	for (size_t i = 0; i < commit->after->count; i++) {
		const struct mm_key_record *before = earlier(commit, i), *after = &commit->after->records[i];

		if (after->activated != MM_NEVER && (!before || before->activated == MM_NEVER))
			key_activated(commit, i);
		if (after->removed != MM_NEVER && after->revoked == MM_NEVER && before && before->removed == MM_NEVER)
			key_removed(commit, i);
	}
}

/* ---- P: the schedule comes to rest ------------------------------------------------------------------------------- */

/* Within an hour in which nobody asked for anything, a rotor has one thing to do for each key at most. */
static void check_rest(const struct commit *commit)
{
	struct world *world = commit->world;

	if (strcmp(commit->process->name, "publisher") == 0)
		return; /* once for each revision that brings a key */
	if (strcmp(commit->process->name, "rotor") != 0) {
		world->asked = world->now;
		world->unasked = 0;
		return;
	}
	if (world->now - world->unasked_since >= HOUR) {
		world->unasked_since = world->now;
		world->unasked = 0;
	}
	if (++world->unasked > commit->process->policy.max_keys + 8)
		world_fail(world, "P the schedule comes to rest", "%u commits within an hour", world->unasked);
}

/* ---- the commit itself ------------------------------------------------------------------------------------------- */

static void forget_old(struct world *world)
{
	mm_time oldest = world->now - world->epoch->policy.propagation;
	size_t gone = 0;

	/* One that was replaced within `propagation` may still be served by a replica that starts. */
	while (gone + 1 < world->recent_count && world->recent[gone + 1]->committed < oldest)
		revision_free(world->recent[gone++]);
	memmove(world->recent, world->recent + gone, (world->recent_count - gone) * sizeof *world->recent);
	world->recent_count -= gone;
}

static void remember(struct world *world, struct mm_keyset *set)
{
	struct revision *revision = calloc(1, sizeof *revision);
	struct revision **recent = reallocarray(world->recent, world->recent_count + 1, sizeof *recent);

	if (!revision || !recent)
		abort();
	*revision = (struct revision){.references = 1, .number = set->revision, .committed = world->now, .set = set};
	recent[world->recent_count++] = revision;
	world->recent = recent;
	world->newest = revision;
	forget_old(world);
	for (int i = 0; i < world->plan.replicas; i++)
		world_put(world, rng_extreme(&world->rng, 0, world->epoch->policy.propagation), EVENT_VIEW, i,
			  revision->number);
}

static void trace_commit(const struct commit *commit)
{
	const struct mm_keyset *set = commit->after;
	char states[TRACE_WIDTH] = "";
	size_t at = 0;

	if (!commit->world->tracing && !commit->world->verbose)
		return;
	for (size_t i = 0; i < set->count && at + 16 < sizeof states; i++) {
		const struct mm_key_record *record = &set->records[i];

		if (is_served(record))
			at += (size_t)snprintf(states + at, sizeof states - at, " %zu=%s", i,
					       is_signing(record)   ? "signs"
					       : is_waiting(record) ? "waits"
								    : "retired");
	}
	world_trace(commit->world, "%s: revision %llu:%s", commit->process->name, (unsigned long long)set->revision,
		    states);
}

void commit_happened(struct world *world, struct process *process)
{
	struct commit commit = {.world = world, .process = process};
	struct mm_keyset *set = NULL;
	struct mm_err err = {0};

	if (mm_store_load(world->store, MM_LOAD_PRIVATE, &set, &err) != MM_OK) {
		world_fail(world, "5 what was committed is kept", "%s", err.text);
		return;
	}
	commit.before = world->newest ? world->newest->set : NULL;
	commit.after = set;
	world->commits++;
	trace_commit(&commit);
	check_kept(&commit);
	if (!world->failed)
		check_steps(&commit);
	if (!world->failed)
		delivery_check(world, process, commit.before, set);
	check_set(&commit);
	check_rest(&commit);
	if (rng_chance(&world->rng, 3))
		documents_check(world, set);
	remember(world, set);
}
