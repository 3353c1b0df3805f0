/* SPDX-License-Identifier: Apache-2.0 */
/* Whoever acts does so through a store that crashes and fails, with keys out of the pool, and by a clock of its own. */
#include "tests/sim/world.h"

#include <stdlib.h>
#include <string.h>

/* ---- the store with faults before it ----------------------------------------------------------------------------- */

struct faulty_store {
	struct mm_store store;
	struct mm_store *inner;
	struct process *process;
};

static struct faulty_store *self(struct mm_store *store)
{
	return (struct faulty_store *)store;
}

static enum mm_code fault(struct process *process, const char *what, struct mm_err *err)
{
	process->failed = true;
	process->world->disturbed = process->world->now;
	world_trace(process->world, "%s: %s", process->name, what);
	return mm_fail(err, MM_EIO, "%s", what);
}

static enum mm_code die(struct process *process, const char *what, struct mm_err *err)
{
	process->dead = true;
	process->world->crashes++;
	return fault(process, what, err);
}

/* They were made with the pool. The store would make them anew each time, and that costs more than all the rest. */
static void take_public_halves(const struct pool *pool, struct mm_keyset *set)
{
	for (size_t i = 0; i < set->count; i++) {
		struct mm_key *key = set->records[i].key;
		const struct pool_key *known = mm_key_is_private(key) ? pool_find(pool, mm_key_kid(key)) : NULL;

		if (!known)
			continue;
		set->records[i].key = mm_key_ref(known->public);
		mm_key_free(key);
	}
}

static enum mm_code faulty_load(struct mm_store *store, enum mm_store_load what, struct mm_keyset **out,
				struct mm_err *err)
{
	struct process *process = self(store)->process;
	enum mm_code code;

	if (process->dead)
		return mm_fail(err, MM_EIO, "it crashed");
	if (process->world->store_down && rng_chance(&process->world->rng, 300))
		return fault(process, "the store cannot be read", err);
	code = mm_store_load(self(store)->inner, MM_LOAD_PRIVATE, out, err);
	if (code == MM_OK && what == MM_LOAD_PUBLIC)
		take_public_halves(process->world->pool, *out);
	return code;
}

/* Between a load and its commit somebody else may be faster; in no time, since the steps are stamped already. */
static void let_rivals_act(struct process *process)
{
	struct world *world = process->world;

	if (!world->newest || world->depth >= MAX_DEPTH || world->now >= world->plan.calm ||
	    !rng_chance(&world->rng, world->plan.rival_permille))
		return;
	world->depth += MAX_DEPTH;
	if (rng_chance(&world->rng, 300))
		operator_command(world);
	else
		replica_rotor(world, (int)rng_below(&world->rng, world->plan.replicas));
	world->depth -= MAX_DEPTH;
}

static enum mm_code faulty_commit(struct mm_store *store, const struct mm_keyset *next, uint64_t expected,
				  const struct mm_actor *actor, struct mm_err *err)
{
	struct mm_store *inner = self(store)->inner;
	struct process *process = self(store)->process;
	struct world *world = process->world;
	bool rough = world->now < world->plan.calm && !replicas_hold(world);
	enum mm_code code;

	let_rivals_act(process);
	if (process->dead)
		return mm_fail(err, MM_EIO, "it crashed");
	if (world->store_down || (rough && rng_chance(&world->rng, world->plan.failure_permille)))
		return fault(process, "the store cannot be written", err);
	if (rough && rng_chance(&world->rng, world->plan.crash_permille))
		return die(process, "crashed before a commit", err);
	code = inner->ops->commit(inner, next, expected, actor, err);
	if (code != MM_OK)
		return code;
	process->commits++;
	commit_happened(world, process);
	if (rough && rng_chance(&world->rng, world->plan.crash_permille))
		return die(process, "crashed after a commit", err);
	return MM_OK;
}

static int faulty_watch_fd(struct mm_store *store)
{
	return mm_store_watch_fd(self(store)->inner);
}

static bool faulty_changed(struct mm_store *store)
{
	return mm_store_changed(self(store)->inner);
}

static enum mm_code faulty_share(struct mm_store *store, struct mm_store **out, struct mm_err *err);

static void faulty_close(struct mm_store *store)
{
	mm_store_free(self(store)->inner);
	free(store);
}

static const struct mm_store_ops faulty_ops = {
	.load = faulty_load,
	.commit = faulty_commit,
	.watch_fd = faulty_watch_fd,
	.changed = faulty_changed,
	.share = faulty_share,
	.close = faulty_close,
};

static enum mm_code open_faulty(struct process *process, struct mm_store *original, struct mm_store **out,
				struct mm_err *err)
{
	struct faulty_store *faulty = calloc(1, sizeof *faulty);
	enum mm_code code;

	if (!faulty)
		return mm_fail(err, MM_ENOMEM, "out of memory");
	*faulty = (struct faulty_store){.store.ops = &faulty_ops, .process = process};
	code = mm_store_share(original, &faulty->inner, err);
	if (code != MM_OK)
		free(faulty);
	else
		*out = &faulty->store;
	return code;
}

static enum mm_code faulty_share(struct mm_store *store, struct mm_store **out, struct mm_err *err)
{
	return open_faulty(self(store)->process, self(store)->inner, out, err);
}

/* ---- keys and clocks --------------------------------------------------------------------------------------------- */

/* The job of a rotor does not believe a clock that is set forward while it works (issuer/rotor.c). */
mm_time process_clock(void *process)
{
	const struct process *who = process;
	mm_duration set = who->world->clock_set;

	if (who->is_job && set > who->clock_set)
		set = who->clock_set;
	return who->world->now + set + who->clock_error;
}

/* Each takes its time, in which others act. */
enum mm_code process_make_key(void *process, const struct mm_alg *alg, unsigned rsa_bits, struct mm_key **out,
			      struct mm_err *err)
{
	struct process *who = process;
	struct world *world = who->world;
	size_t family = alg == world->pool->algs[0] ? 0 : 1;

	(void)rsa_bits;
	if (rng_chance(&world->rng, 300))
		world_pass(world, rng_between(&world->rng, 1, 20));
	if (world->now < world->plan.calm && rng_chance(&world->rng, 5))
		return fault(who, "a key cannot be made", err);
	*out = mm_key_ref(pool_key(world->pool, alg, world->plan.first_key + world->dealt[family]++)->private);
	return MM_OK;
}

/* ---- one call of the engine -------------------------------------------------------------------------------------- */

void process_start(struct process *process, struct world *world, const char *name, mm_duration clock_error)
{
	struct mm_err err = {0};

	*process = (struct process){
		.world = world,
		.name = name,
		.policy = world->epoch->policy,
		.clock_set = world->clock_set,
		.clock_error = clock_error,
	};
	if (open_faulty(process, world->store, &process->store, &err) != MM_OK)
		abort();
}

void process_end(struct process *process)
{
	mm_store_free(process->store);
}

struct mm_manage process_manage(struct process *process, const struct mm_key_maker *maker)
{
	return (struct mm_manage){
		.store = process->store,
		.policy = &process->policy,
		.actor = {.name = process->name},
		.maker = maker,
		.clock = process_clock,
		.clock_arg = process,
	};
}

static bool is_refusal(enum mm_code code)
{
	return code == MM_EREFUSED || code == MM_ENOTFOUND || code == MM_EEXIST || code == MM_ECONFLICT;
}

void process_check(struct process *process, enum mm_code code, const struct mm_change *change, const struct mm_err *err)
{
	struct world *world = process->world;
	bool idle = code == MM_OK && !change->after;

	if (process->dead)
		return; /* nobody is left who could be told anything */
	if (code == MM_OK && !idle && process->commits != 1)
		world_fail(world, "5 acknowledged means committed", "%s: %u commits", process->name, process->commits);
	if ((code != MM_OK || idle) && process->commits != 0)
		world_fail(world, "5 what failed changed nothing", "%s: %u commits and %s", process->name,
			   process->commits, code == MM_OK ? "nothing was due" : err->text);
	if (code != MM_OK && !is_refusal(code) && !process->failed)
		world_fail(world, "P the engine works", "%s: %s", process->name, err->text);
	world->refusals += code != MM_OK;
}
