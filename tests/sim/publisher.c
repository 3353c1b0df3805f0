/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Destinations, and the publisher of each replica: it brings the newest revision to one after the other, and commits
 * that it is everywhere.
 */
#include "tests/sim/world.h"

/* Who points verifiers at destinations does not do so while somebody may still be at work who knows of none. */
#define SETTLED (10 * MINUTE)

static mm_duration draw_upload(struct world *world)
{
	return rng_extreme(&world->rng, 1, world->plan.upload_most);
}

/* ---- destinations ------------------------------------------------------------------------------------------------ */

bool destinations_have(const struct world *world, size_t key)
{
	for (int i = 0; i < world->plan.destinations; i++) {
		if (!world->destinations[i].has || !revision_serves(world->destinations[i].has, key))
			return false;
	}
	return true;
}

/* Whoever asks within `propagation` may be answered by a cache before it, which has the older one. */
struct revision *destination_answer(struct world *world, int which)
{
	struct destination *destination = &world->destinations[which];
	bool may_be_old = world->now < destination->replaced + world->epoch->policy.propagation;

	if (destination->older && may_be_old && rng_chance(&world->rng, 500))
		return destination->older;
	return destination->has;
}

static bool is_settled(const struct world *world)
{
	for (int i = 0; i < world->plan.destinations; i++) {
		const struct destination *destination = &world->destinations[i];

		if (destination->has != world->newest ||
		    world->now < destination->replaced + world->epoch->policy.propagation)
			return false;
	}
	return world->now >= world->delivers_since + SETTLED;
}

/* Verifiers are pointed at them once each had what is served, for so long that no cache has anything else. */
bool destinations_open(struct world *world)
{
	if (!world->epoch->policy.delivers)
		return false;
	if (!world->open && is_settled(world)) {
		world->open = true;
		world_trace(world, "verifiers fetch from destinations");
	}
	return world->open;
}

/* For hours or weeks, in which others have what it lacks. */
void destination_cut(struct world *world, int which)
{
	struct destination *destination = &world->destinations[which];

	destination->cut = !destination->cut;
	world->disturbed = world->now;
	world_trace(world, "destination %d %s", which, destination->cut ? "is cut off" : "can be reached again");
	if (destination->cut)
		world_put(world, rng_magnitude(&world->rng, HOUR, 30 * DAY), EVENT_CUT, which, 0);
}

static void receive(struct world *world, int which, struct revision *revision)
{
	struct destination *destination = &world->destinations[which];

	if (destination->has == revision)
		return;
	verifier_restart_at_destination(world, which);
	/* Of several that were replaced within `propagation`, the oldest is the worst. */
	if (world->now >= destination->replaced + world->epoch->policy.propagation) {
		revision_free(destination->older);
		destination->older = mm_take(destination->has);
		destination->replaced = world->now;
	}
	revision_free(destination->has);
	destination->has = revision_ref(revision);
	world_trace(world, "destination %d has revision %llu", which, (unsigned long long)revision->number);
	delivery_happened(world);
	verifier_restart_at_destination(world, which);
	if (destinations_open(world))
		verifier_all_tokens(world);
}

/* ---- publishers -------------------------------------------------------------------------------------------------- */

static void end_round(struct publisher *publisher)
{
	publisher->works = false;
	publisher->round++;
	revision_free(mm_take(publisher->uploads));
}

void publisher_stop(struct world *world, int who)
{
	end_round(&world->replicas[who].publisher);
	world->replicas[who].publisher.done = 0; /* the next one has to look what is there */
}

/* The real one tries again each minute; nothing comes of it. */
static void fail_round(struct world *world, int who, const char *why)
{
	end_round(&world->replicas[who].publisher);
	world->disturbed = world->now;
	world_trace(world, "replica %d: %s", who, why);
	world_put(world, rng_between(&world->rng, 1, world->now < world->plan.calm ? DAY : HOUR), EVENT_PUBLISH, who,
		  0);
}

void publisher_turn(struct world *world, int who)
{
	struct replica *replica = &world->replicas[who];
	struct publisher *publisher = &replica->publisher;

	if (!replica->up || publisher->works || !world->epoch->policy.delivers ||
	    replica->view->number <= publisher->done)
		return;
	publisher->works = true;
	publisher->uploads = revision_ref(world->newest); /* with a handle of its own, which sees it at once */
	publisher->next = 0;
	world_put(world, draw_upload(world), EVENT_UPLOAD, who, publisher->round);
}

/* In the job thread of the replica, with a handle of its own. */
static void deliver(struct world *world, int who)
{
	struct publisher *publisher = &world->replicas[who].publisher;
	struct mm_err err = {0};
	struct process process;
	struct mm_manage manage;
	mm_auto_change change = {0};
	enum mm_code code;

	process_start(&process, world, "publisher", world->replicas[who].clock_error);
	manage = process_manage(&process, NULL);
	code = mm_manage_deliver(&manage, publisher->uploads->set, &change, &err);
	process_check(&process, code, &change, &err);
	process_end(&process);
	if (process.dead)
		replica_down(world, who, rng_magnitude(&world->rng, 1, HOUR));
	if (!publisher->works)
		return;
	if (code != MM_OK) {
		fail_round(world, who, err.text);
		return;
	}
	publisher->done = publisher->uploads->number;
	end_round(publisher);
	publisher_turn(world, who);
}

static bool fails(struct world *world, int destination)
{
	return world->destinations[destination].cut ||
	       (world->now < world->plan.calm && rng_chance(&world->rng, world->plan.upload_failure_permille));
}

void publisher_upload(struct world *world, int who, uint64_t round)
{
	struct publisher *publisher = &world->replicas[who].publisher;
	struct revision *has;

	if (!publisher->works || publisher->round != round)
		return;
	has = world->destinations[publisher->next].has;
	if (has && has->number > publisher->uploads->number) {
		end_round(publisher); /* as a store with conditional writes does it */
		publisher_turn(world, who);
		return;
	}
	if (fails(world, publisher->next)) {
		fail_round(world, who, "an upload fails");
		return;
	}
	receive(world, publisher->next, publisher->uploads);
	if (++publisher->next < world->plan.destinations)
		world_put(world, draw_upload(world), EVENT_UPLOAD, who, round);
	else
		deliver(world, who);
}
