/* SPDX-License-Identifier: Apache-2.0 */
/* One run: what happens when, from the first key set to the end. */
#include "tests/sim/world.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Every third run has destinations, at any seed. */
#define SEEDS_WITH_DESTINATIONS 3

/* ---- reports ----------------------------------------------------------------------------------------------------- */

void world_trace(struct world *world, const char *format, ...)
{
	char line[TRACE_WIDTH];
	va_list arguments;
	int at;

	if (!world->verbose && !world->tracing)
		return;
	at = snprintf(line, sizeof line, "day %7.3f  ", (double)(world->now - SIM_START) / (double)DAY);
	va_start(arguments, format);
	vsnprintf(line + at, sizeof line - (size_t)at, format, arguments);
	va_end(arguments);
	if (world->verbose)
		puts(line);
	memcpy(world->trace[world->traced++ % TRACE_LINES], line, sizeof line);
}

void world_fail(struct world *world, const char *rule, const char *format, ...)
{
	va_list arguments;
	int at;

	if (world->failed)
		return;
	world->failed = true;
	at = snprintf(world->failure, sizeof world->failure, "%s: ", rule);
	va_start(arguments, format);
	vsnprintf(world->failure + at, sizeof world->failure - (size_t)at, format, arguments);
	va_end(arguments);
	world_trace(world, "BROKEN: %s", world->failure);
}

/* ---- revisions --------------------------------------------------------------------------------------------------- */

struct revision *revision_ref(struct revision *revision)
{
	revision->references++;
	return revision;
}

void revision_free(struct revision *revision)
{
	if (!revision || --revision->references > 0)
		return;
	mm_keyset_free(revision->set);
	free(revision);
}

bool revision_serves(const struct revision *revision, size_t key)
{
	/* Which of the states that are not served it is does not depend on the time. */
	return key < revision->set->count &&
	       mm_key_states[mm_key_state(&revision->set->records[key], revision->set->committed)].in_jwks;
}

/* ---- the weather ------------------------------------------------------------------------------------------------- */

void world_put(struct world *world, mm_duration in, enum event_kind kind, int who, uint64_t arg)
{
	queue_put(&world->queue, (struct event){.at = world->now + in, .kind = kind, .who = who, .arg = arg});
}

/* Something that happens at random, unless the run is without it, and not in the last weeks. */
static void put_again(struct world *world, mm_duration between, enum event_kind kind, int who)
{
	mm_duration in;

	if (between == 0)
		return;
	in = 1 + rng_below(&world->rng, 2 * between);
	if (world->now + in < world->plan.calm)
		world_put(world, in, kind, who, 0);
}

static void blackout(struct world *world)
{
	mm_duration how_long = rng_magnitude(&world->rng, DAY, 40 * DAY);

	for (int i = 0; i < world->plan.replicas; i++)
		replica_down(world, i, how_long + rng_below(&world->rng, HOUR));
	put_again(world, world->plan.between_blackouts, EVENT_BLACKOUT, 0);
}

static void outage(struct world *world)
{
	world->store_down = !world->store_down;
	world->disturbed = world->now;
	world_trace(world, "the store %s", world->store_down ? "cannot be written" : "can be written again");
	if (world->store_down)
		world_put(world, rng_magnitude(&world->rng, MINUTE, 10 * DAY), EVENT_OUTAGE, 0, 0);
	else
		put_again(world, world->plan.between_outages, EVENT_OUTAGE, 0);
	for (int i = 0; i < world->plan.replicas && !world->store_down; i++)
		replica_alarm(world, i, rng_below(&world->rng, RETRY_LAST));
}

static bool all_are_up(const struct world *world)
{
	for (int i = 0; i < world->plan.replicas; i++) {
		if (!world->replicas[i].up)
			return false;
	}
	return true;
}

/*
 * All hosts have the same source of time. Forward only while all replicas are up: one that starts later has nothing to
 * compare with (mintmark/clockguard.h), nor has a command.
 */
static void step_clock(struct world *world)
{
	bool forward = rng_chance(&world->rng, 500) && all_are_up(world) && !world->typing;

	world->clock_set += forward ? DAY : -DAY;
	world->disturbed = world->now;
	world_trace(world, "the clock is set %s by a day", forward ? "forward" : "back");
	replicas_notice_clock(world);
	if (forward && !replicas_hold(world))
		world_fail(world, "11 a clock that is set forward is noticed", "nobody did");
}

static void change_policy(struct world *world, size_t epoch)
{
	const struct mm_policy *policy = &world->plan.epochs[epoch].policy;

	/* Tokens that were minted until now may have been longer. */
	for (int i = 0; i < world->plan.replicas; i++) {
		if (world->replicas[i].up)
			verifier_last_tokens(world, i);
	}
	if (epoch > 0 && world->plan.between_steps > 0 && rng_chance(&world->rng, 200))
		step_clock(world);
	if (!policy->delivers)
		world->open = false;
	else if (epoch == 0 || !world->epoch->policy.delivers)
		world->delivers_since = world->now;
	world->epoch = &world->plan.epochs[epoch];
	world->asked = world->now;
	world->unasked = 0;
	world_trace(world,
		    "configuration: %s%s%s, rotate_every %lld, verifier_cache %lld, propagation %lld, "
		    "clock_skew %lld, max_ttl %lld, max_keys %u",
		    policy->algs[0]->name, policy->alg_count > 1 ? "+" : "",
		    policy->alg_count > 1 ? policy->algs[1]->name : "", (long long)policy->rotate_every,
		    (long long)policy->verifier_cache, (long long)policy->propagation, (long long)policy->clock_skew,
		    (long long)policy->max_ttl, policy->max_keys);
	for (int i = 0; i < world->plan.replicas; i++) {
		if (!world->replicas[i].up)
			continue;
		replica_alarm(world, i, rng_below(&world->rng, 2));
		publisher_turn(world, i);
	}
}

/* ---- events ------------------------------------------------------------------------------------------------------ */

static void happen(struct world *world, const struct event *event)
{
	const struct plan *plan = &world->plan;

	world->events++;
	switch (event->kind) {
	case EVENT_VIEW: replica_view(world, event->who, event->arg); break;
	case EVENT_ROTOR:
		if (event->arg == world->replicas[event->who].alarm)
			replica_rotor(world, event->who);
		break;
	case EVENT_DOWN:
		replica_down(world, event->who, rng_magnitude(&world->rng, 10, 7 * DAY));
		put_again(world, plan->between_downs, EVENT_DOWN, event->who);
		break;
	case EVENT_UP: replica_up(world, event->who); break;
	case EVENT_BLACKOUT: blackout(world); break;
	case EVENT_OUTAGE: outage(world); break;
	case EVENT_STEP:
		step_clock(world);
		put_again(world, plan->between_steps, EVENT_STEP, 0);
		break;
	case EVENT_POLICY: change_policy(world, event->arg); break;
	case EVENT_OPERATOR:
		operator_command(world);
		put_again(world, plan->between_commands, EVENT_OPERATOR, 0);
		break;
	case EVENT_MINT:
		progress_check(world);
		verifier_mint_some(world);
		world_put(world, 1 + rng_below(&world->rng, 2 * plan->between_tokens), EVENT_MINT, 0, 0);
		break;
	case EVENT_VERIFY: verifier_token(world, event->arg); break;
	case EVENT_PUBLISH: publisher_turn(world, event->who); break;
	case EVENT_CUT:
		destination_cut(world, event->who);
		if (!world->destinations[event->who].cut)
			put_again(world, plan->between_cuts, EVENT_CUT, event->who);
		break;
	case EVENT_UPLOAD: publisher_upload(world, event->who, event->arg); break;
	}
}

static void run_until(struct world *world, mm_time until)
{
	struct event event;

	while (!world->failed && queue_take(&world->queue, until, &event)) {
		world->now = event.at > world->now ? event.at : world->now;
		happen(world, &event);
	}
	if (until > world->now)
		world->now = until;
}

void world_pass(struct world *world, mm_duration duration)
{
	if (world->depth >= MAX_DEPTH)
		return;
	world->depth++;
	run_until(world, world->now + duration);
	world->depth--;
}

/* ---- a run ------------------------------------------------------------------------------------------------------- */

static bool create_keys(struct world *world)
{
	struct process process;
	struct mm_key_maker maker = {process_make_key, &process};
	struct mm_manage manage;
	mm_auto_change change = {0};
	struct mm_err err = {0};
	enum mm_code code;

	process_start(&process, world, "init", 0);
	process.brings_keys = true;
	manage = process_manage(&process, &maker);
	code = mm_manage_init(&manage, NULL, &change, &err);
	process_check(&process, code, &change, &err);
	process_end(&process);
	return code == MM_OK;
}

static void begin(struct world *world)
{
	const struct plan *plan = &world->plan;
	mm_duration error = plan_clock_error(plan);

	for (int i = 0; i < plan->replicas; i++) {
		world->replicas[i].clock_error = rng_extreme(&world->rng, -error, error);
		world_put(world, rng_below(&world->rng, HOUR), EVENT_UP, i, 0);
		put_again(world, plan->between_downs, EVENT_DOWN, i);
	}
	put_again(world, plan->between_blackouts, EVENT_BLACKOUT, 0);
	put_again(world, plan->between_outages, EVENT_OUTAGE, 0);
	put_again(world, plan->between_steps, EVENT_STEP, 0);
	put_again(world, plan->between_commands, EVENT_OPERATOR, 0);
	for (int i = 0; i < plan->destinations; i++)
		put_again(world, plan->between_cuts, EVENT_CUT, i);
	world_put(world, 0, EVENT_MINT, 0, 0);
	for (size_t i = 1; i < plan->epoch_count; i++)
		world_put(world, plan->epochs[i].start - SIM_START, EVENT_POLICY, 0, i);
	change_policy(world, 0);
}

bool world_run(struct world *world, struct pool *pool, uint64_t seed, struct options options)
{
	struct mm_err err = {0};

	*world = (struct world){.pool = pool, .now = SIM_START, .verbose = options.verbose, .tracing = options.tracing};
	rng_seed(&world->rng, seed);
	plan_make(&world->plan, &world->rng, pool);
	if (seed % SEEDS_WITH_DESTINATIONS == 0)
		plan_add_destinations(&world->plan, &world->rng);
	for (int i = 0; i < world->plan.verifiers; i++)
		world->verifiers[i].destination = (int)rng_below(&world->rng, world->plan.destinations + 1) - 1;
	world->epoch = &world->plan.epochs[0];
	if (mm_store_open_memory(&world->store, &err) != MM_OK)
		abort();
	for (int tries = 0; !create_keys(world); tries++) {
		if (tries > 100)
			world_fail(world, "P the engine works", "no key set can be made");
		if (world->failed || world->newest)
			break;
	}
	begin(world);
	run_until(world, world->plan.end);
	if (!world->failed)
		progress_check_end(world);
	return !world->failed;
}

void world_clear(struct world *world)
{
	for (int i = 0; i < MAX_REPLICAS; i++) {
		revision_free(world->replicas[i].view);
		revision_free(world->replicas[i].publisher.uploads);
	}
	for (int i = 0; i < MAX_DESTINATIONS; i++) {
		revision_free(world->destinations[i].has);
		revision_free(world->destinations[i].older);
	}
	for (int i = 0; i < MAX_VERIFIERS; i++)
		revision_free(world->verifiers[i].cache);
	for (size_t i = 0; i < world->recent_count; i++)
		revision_free(world->recent[i]);
	free(world->recent);
	free(world->facts);
	mm_store_free(world->store);
	queue_clear(&world->queue);
}
