/* SPDX-License-Identifier: Apache-2.0 */
/* The replicas of `serve`: what each of them sees of the store, and its rotor. */
#include "tests/sim/world.h"

#define SECOND_NS INT64_C(1000000000)

mm_time replica_clock(const struct world *world, int who)
{
	return world->now + world->clock_set + world->replicas[who].clock_error;
}

const struct mm_key_record *replica_signer(const struct world *world, int who, const struct mm_alg *alg)
{
	return mm_keyset_signer(world->replicas[who].view->set, alg, replica_clock(world, who));
}

int replica_any_up(struct world *world)
{
	int first = (int)rng_below(&world->rng, world->plan.replicas);

	for (int i = 0; i < world->plan.replicas; i++) {
		int who = (first + i) % world->plan.replicas;

		if (world->replicas[who].up)
			return who;
	}
	return -1;
}

/* ---- the clock --------------------------------------------------------------------------------------------------- */

static int64_t steady_ns(const struct world *world)
{
	return (world->now - SIM_START) * SECOND_NS;
}

bool replica_holds(const struct world *world, int who)
{
	return world->replicas[who].up && mm_clock_guard_holds(&world->replicas[who].guard, steady_ns(world));
}

bool replicas_hold(const struct world *world)
{
	for (int i = 0; i < world->plan.replicas; i++) {
		if (replica_holds(world, i))
			return true;
	}
	return false;
}

static mm_duration longest_wait(const struct world *world, const struct mm_keyset *set)
{
	const struct mm_policy *policy = &world->epoch->policy;
	mm_duration longest = mm_policy_publish_wait(policy);

	if (mm_policy_retire_wait(policy) > longest)
		longest = mm_policy_retire_wait(policy);
	for (size_t i = 0; i < set->count; i++) {
		if (set->records[i].publish_wait > longest)
			longest = set->records[i].publish_wait;
		if (set->records[i].retire_wait > longest)
			longest = set->records[i].retire_wait;
	}
	return longest;
}

/* The real one looks each second; here nothing happens between two looks. */
static void look_at_clock(struct world *world, int who)
{
	struct replica *replica = &world->replicas[who];

	if (mm_clock_guard_look(&replica->guard, replica_clock(world, who), steady_ns(world),
				world->epoch->policy.clock_skew, longest_wait(world, replica->view->set)) > 0)
		world_trace(world, "replica %d: its clock was set forward; it holds still for %lld s", who,
			    (long long)((replica->guard.hold_until_ns - steady_ns(world)) / SECOND_NS));
}

/* ---- the view ---------------------------------------------------------------------------------------------------- */

static void check_view(struct world *world, int who)
{
	const struct revision *view = world->replicas[who].view;

	for (size_t i = 0; i < POOL_ALGS; i++) {
		const struct mm_key_record *signer = replica_signer(world, who, world->pool->algs[i]);

		if (signer &&
		    (signer->revoked != MM_NEVER || !revision_serves(view, (size_t)(signer - view->set->records))))
			world_fail(world, "6 revoked is revoked", "replica %d signs with key %s at revision %llu", who,
				   mm_key_kid(signer->key), (unsigned long long)view->number);
	}
	if (!mm_keyset_signer(view->set, NULL, replica_clock(world, who)))
		world_fail(world, "11 minting goes on", "replica %d has no signer", who);
}

void replicas_notice_clock(struct world *world)
{
	for (int i = 0; i < world->plan.replicas; i++) {
		if (!world->replicas[i].up)
			continue;
		look_at_clock(world, i);
		check_view(world, i);
		replica_alarm(world, i, 1);
	}
}

static void see(struct world *world, int who, struct revision *revision)
{
	struct replica *replica = &world->replicas[who];

	revision_free(replica->view);
	replica->view = revision_ref(revision);
	world_trace(world, "replica %d sees revision %llu", who, (unsigned long long)revision->number);
	check_view(world, who);
	/* What it signs with from now on, every verifier must have, whichever replica it asked. */
	for (size_t i = 0; i < POOL_ALGS; i++) {
		if (replica_signer(world, who, world->pool->algs[i]))
			verifier_mint(world, who, world->pool->algs[i], world->epoch->policy.max_ttl, true);
	}
	replica_alarm(world, who, rng_below(&world->rng, 3));
	publisher_turn(world, who);
}

static struct revision *find_recent(const struct world *world, uint64_t number)
{
	for (size_t i = 0; i < world->recent_count; i++) {
		if (world->recent[i]->number == number)
			return world->recent[i];
	}
	return NULL;
}

void replica_view(struct world *world, int who, uint64_t number)
{
	struct replica *replica = &world->replicas[who];
	struct revision *revision = find_recent(world, number);

	if (!replica->up || replica->view->number >= number || !revision)
		return;
	/* The worst moment to fetch, and to mint. */
	verifier_restart_some(world, who);
	verifier_last_tokens(world, who);
	see(world, who, revision);
	verifier_restart_some(world, who);
	verifier_all_tokens(world);
}

/* ---- up and down ------------------------------------------------------------------------------------------------- */

/* One that starts may find a mirror that is as late as it may be. */
void replica_up(struct world *world, int who)
{
	struct replica *replica = &world->replicas[who];
	size_t stale = (size_t)rng_below(&world->rng, (int64_t)world->recent_count);
	struct revision *revision = rng_chance(&world->rng, 500) ? world->newest : world->recent[stale];

	if (replica->up)
		return;
	while (stale + 1 < world->recent_count &&
	       world->recent[stale + 1]->committed + world->epoch->policy.propagation <= world->now)
		revision = world->recent[++stale];
	replica->up = true;
	replica->up_since = world->now;
	mm_clock_guard_start(&replica->guard, replica_clock(world, who), steady_ns(world));
	world_trace(world, "replica %d starts", who);
	see(world, who, revision);
	for (size_t i = 0; i < world->recent_count; i++) {
		mm_duration age = world->now - world->recent[i]->committed;

		if (world->recent[i]->number > revision->number)
			world_put(world, world->epoch->policy.propagation - age, EVENT_VIEW, who,
				  world->recent[i]->number);
	}
}

void replica_down(struct world *world, int who, mm_duration how_long)
{
	struct replica *replica = &world->replicas[who];

	if (!replica->up || replica->busy || replicas_hold(world))
		return; /* a guard that is stopped forgets */
	verifier_last_tokens(world, who);
	replica->up = false;
	publisher_stop(world, who);
	revision_free(mm_take(replica->view));
	world_put(world, how_long, EVENT_UP, who, 0);
	world_trace(world, "replica %d stops for %lld s", who, (long long)how_long);
}

/* ---- the rotor --------------------------------------------------------------------------------------------------- */

void replica_alarm(struct world *world, int who, mm_duration in)
{
	struct replica *replica = &world->replicas[who];

	world_put(world, in, EVENT_ROTOR, who, ++replica->alarm);
}

/* The real one tries more often in a long outage, or until it sees what was done; nothing comes of it. */
static mm_duration retry(struct world *world, enum mm_code code)
{
	if (code == MM_OK)
		return HOUR;
	return world->store_down ? 6 * HOUR : rng_between(&world->rng, 1, RETRY_LAST);
}

/* In the job thread of the replica, with a handle of its own. */
static void run_due(struct world *world, int who)
{
	struct replica *replica = &world->replicas[who];
	bool sees_all = replica->view == world->newest;
	uint64_t commits = world->commits;
	struct mm_err err = {0};
	struct process process;
	struct mm_key_maker maker = {process_make_key, &process};
	struct mm_manage manage;
	mm_auto_change change = {0};
	enum mm_code code;

	process_start(&process, world, "rotor", replica->clock_error);
	process.is_job = true;
	manage = process_manage(&process, &maker);
	replica->busy = true;
	code = mm_manage_run_due(&manage, &change, &err);
	replica->busy = false;
	process_check(&process, code, &change, &err);
	if (code == MM_OK && sees_all && world->commits == commits)
		world_fail(world, "P the schedule comes to rest", "replica %d: something is due, and nothing is done",
			   who);
	if (code != MM_OK && !process.failed)
		world_fail(world, "P what is due can be done", "replica %d: %s", who, err.text);
	process_end(&process);
	if (process.dead)
		replica_down(world, who, rng_magnitude(&world->rng, 1, HOUR));
	else
		replica_alarm(world, who, retry(world, code));
}

void replica_rotor(struct world *world, int who)
{
	struct replica *replica = &world->replicas[who];
	struct mm_action action;
	mm_time clock = replica_clock(world, who);

	if (!replica->up || replica->busy)
		return;
	look_at_clock(world, who);
	if (replica_holds(world, who)) {
		replica_alarm(world, who, (replica->guard.hold_until_ns - steady_ns(world)) / SECOND_NS + 1);
		return;
	}
	/* What is awaited comes with another revision. */
	action = mm_schedule_next_of(replica->view->set, &world->epoch->policy,
				     MM_ACTIONS_ALL & ~(1U << MM_ACTION_AWAIT), clock);
	if (action.kind == MM_ACTION_NONE)
		return; /* until it sees another revision or another configuration */
	if (action.at > clock)
		replica_alarm(world, who, action.at - clock + rng_below(&world->rng, 2));
	else
		run_due(world, who);
}
