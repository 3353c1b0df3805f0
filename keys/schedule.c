/* SPDX-License-Identifier: Apache-2.0 */
/* Which step comes next, and when: each rule of the schedule is one function. */
#include <mintmark/schedule.h>

const char *const mm_action_names[MM_ACTION_KINDS] = {
	[MM_ACTION_NONE] = "none",       [MM_ACTION_AWAIT] = "await",       [MM_ACTION_DELIVER] = "deliver",
	[MM_ACTION_READY] = "ready",     [MM_ACTION_EXTEND] = "extend",     [MM_ACTION_REMOVE] = "remove",
	[MM_ACTION_PUBLISH] = "publish", [MM_ACTION_ACTIVATE] = "activate", [MM_ACTION_RETIRE] = "retire",
};

/* How many standbys there are when a takeover is near: the one that takes over, and the one after it. */
#define STANDBYS_NEAR_TAKEOVER 2

/* What the rules look at. */
struct view {
	const struct mm_keyset *set;
	const struct mm_policy *policy;
	mm_time now;
};

static const struct mm_action none = {.kind = MM_ACTION_NONE, .at = MM_NEVER, .why = ""};

bool mm_action_is_due(const struct mm_action *action, mm_time now)
{
	return action->kind > MM_ACTION_AWAIT && action->at <= now;
}

static mm_time later(mm_time a, mm_time b)
{
	return a > b ? a : b;
}

/* When the signer has signed for long enough. */
static mm_time aged_at(const struct view *view, const struct mm_key_record *signer)
{
	return signer->activated + view->policy->rotate_every;
}

/* ---- the rules --------------------------------------------------------------------------------------------------- */

/*
 * A configured algorithm has no key yet, and the JWKS no room for one, nor will have: no retired key is going to leave
 * it. Without this, an algorithm could not be changed under a max_keys that is as low as it may be.
 */
static bool is_crowded(const struct view *view)
{
	if (mm_keyset_served(view->set) < view->policy->max_keys)
		return false;
	for (size_t i = 0; i < view->set->count; i++) {
		if (mm_key_state(&view->set->records[i], view->now) == MM_STATE_RETIRED)
			return false;
	}
	for (size_t i = 0; i < view->policy->alg_count; i++) {
		const struct mm_alg *alg = view->policy->algs[i];

		if (!mm_keyset_signer(view->set, alg, view->now) && !mm_keyset_standby(view->set, alg))
			return true;
	}
	return false;
}

/*
 * A standby of an algorithm that is not wanted any more goes when its signer does, unless its place is needed; and if
 * it was never in use, later. Not at once: while two processes disagree about the configuration, one would make the
 * keys that the other one throws away.
 */
static struct mm_action dismissal(const struct view *view, const struct mm_key_record *standby)
{
	const struct mm_alg *alg = mm_key_alg(standby->key);
	struct mm_action action = {.kind = MM_ACTION_REMOVE, .alg = alg, .record = standby};

	if (mm_policy_has_alg(view->policy, alg))
		return none;
	action.at = standby->published + standby->publish_wait + mm_policy_retire_wait(view->policy);
	action.why = "its algorithm is not configured";
	if (is_crowded(view))
		action.at = view->now;
	else if (mm_keyset_signer(view->set, alg, view->now))
		return none;
	return action;
}

static struct mm_action removal(const struct view *view, const struct mm_key_record *record)
{
	if (mm_key_is_standby(record))
		return dismissal(view, record);
	if (mm_key_state(record, view->now) != MM_STATE_RETIRED)
		return none;
	return (struct mm_action){MM_ACTION_REMOVE, mm_key_alg(record->key), record, mm_key_removable_at(record),
				  "its tokens have expired"};
}

/* Until it is, nothing is signed for longer than before (mm_key_longest_ttl). */
static struct mm_action extension(const struct view *view, const struct mm_key_record *record)
{
	if (mm_key_state(record, view->now) != MM_STATE_ACTIVE ||
	    record->retire_wait >= mm_policy_retire_wait(view->policy))
		return none;
	return (struct mm_action){MM_ACTION_EXTEND, mm_key_alg(record->key), record, view->now, "max_ttl was raised"};
}

/*
 * A publisher brings it where it is awaited. Where no destination is configured any more, nobody will, and whoever asks
 * us can have it.
 */
static struct mm_action delivery(const struct view *view, const struct mm_key_record *record)
{
	const struct mm_alg *alg = mm_key_alg(record->key);

	if (!mm_key_awaits_delivery(record))
		return none;
	if (view->policy->delivers)
		return (struct mm_action){MM_ACTION_AWAIT, alg, record, MM_NEVER, "not every destination has it yet"};
	return (struct mm_action){MM_ACTION_DELIVER, alg, record, view->now, "there are no destinations any more"};
}

/*
 * There is always a standby; and a second one by the time that the first takes over. A new algorithm begins with
 * both.
 */
static struct mm_action publication(const struct view *view, const struct mm_alg *alg)
{
	const struct mm_key_record *signer = mm_keyset_signer(view->set, alg, view->now);
	size_t standbys = mm_keyset_standby_count(view->set, alg);
	struct mm_action action = {.kind = MM_ACTION_PUBLISH, .alg = alg, .at = view->now};

	if (mm_keyset_served(view->set) >= view->policy->max_keys || standbys >= STANDBYS_NEAR_TAKEOVER)
		return none; /* if there is no room, until a retired key has made some */
	if (!signer) {
		action.why = "the algorithm is new";
	} else if (standbys == 0) {
		action.why = "no key stands by";
	} else if (view->policy->rotate_every > 0) {
		action.at = aged_at(view, signer) - mm_policy_publish_wait(view->policy);
		action.why = "the next rotation needs a standby";
	} else {
		return none;
	}
	return action;
}

/* The standby that is ready first after `first`, or that is to be delivered; NULL: there is none. */
static const struct mm_key_record *next_standby(const struct view *view, const struct mm_key_record *first)
{
	const struct mm_key_record *next = NULL;

	for (size_t i = 0; i < view->set->count; i++) {
		const struct mm_key_record *record = &view->set->records[i];

		if (record == first || mm_key_alg(record->key) != mm_key_alg(first->key) || !mm_key_is_standby(record))
			continue;
		if (!next || mm_key_ready_at(record) < mm_key_ready_at(next))
			next = record;
	}
	return next;
}

/*
 * When somebody stands by after the takeover: the `next` standby, or the one that is to be `published`. In a full JWKS
 * nobody can, and nobody is waited for.
 */
static mm_time covered_at(const struct view *view, const struct mm_key_record *next, mm_time published)
{
	if (next)
		return mm_key_ready_at(next);
	if (mm_keyset_served(view->set) >= view->policy->max_keys)
		return MM_NEVER;
	return later(view->now, published) + mm_policy_publish_wait(view->policy);
}

/*
 * What is late may have left the next standby late, too. Then the signer goes on, so that there is a ready standby
 * before and after the takeover. While one of the two is to be delivered, nobody knows until when.
 */
static struct mm_action activation(const struct view *view, const struct mm_alg *alg)
{
	const struct mm_key_record *signer = mm_keyset_signer(view->set, alg, view->now);
	const struct mm_key_record *standby = mm_keyset_standby(view->set, alg), *next;
	mm_time due = signer ? aged_at(view, signer) : MM_NEVER;
	mm_time ready;

	if (!standby || view->policy->rotate_every == 0)
		return none;
	next = next_standby(view, standby);
	ready = later(mm_key_ready_at(standby), covered_at(view, next, due - mm_policy_publish_wait(view->policy)));
	if (ready == MM_UNFORESEEN)
		return delivery(view, mm_key_awaits_delivery(standby) ? standby : next);
	return (struct mm_action){
		.kind = MM_ACTION_ACTIVATE,
		.alg = alg,
		.record = standby,
		.at = later(due, ready),
		.why = signer ? "rotate_every has passed" : "the algorithm is new",
	};
}

/* Only once tokens are signed by the algorithm that takes its place. */
static struct mm_action surrender(const struct view *view, const struct mm_key_record *record)
{
	const struct mm_alg *alg = mm_key_alg(record->key);

	if (mm_key_state(record, view->now) != MM_STATE_ACTIVE || !mm_keyset_is_surplus(view->set, alg, view->policy))
		return none;
	return (struct mm_action){MM_ACTION_RETIRE, alg, record, view->now, "its algorithm is not configured"};
}

/* ---- the next of all --------------------------------------------------------------------------------------------- */

/* What is awaited comes after what is due, and before what is foreseen: it may happen at any time. */
static mm_time turn_of(const struct view *view, const struct mm_action *action)
{
	return action->kind == MM_ACTION_AWAIT ? view->now + 1 : later(action->at, view->now);
}

/* What is due is taken in the order of the kinds, and what is not in that of time. */
static void consider(const struct view *view, unsigned kinds, struct mm_action *next, struct mm_action candidate)
{
	mm_time at = turn_of(view, &candidate), next_at = turn_of(view, next);

	if (candidate.kind == MM_ACTION_NONE || !(kinds & 1U << candidate.kind))
		return;
	if (next->kind == MM_ACTION_NONE || at < next_at || (at == next_at && candidate.kind < next->kind))
		*next = candidate;
}

struct mm_action mm_schedule_next_of(const struct mm_keyset *set, const struct mm_policy *policy, unsigned kinds,
				     mm_time now)
{
	const struct view view = {set, policy, now};
	struct mm_action next = none;

	for (size_t i = 0; i < set->count; i++) {
		const struct mm_key_record *record = &set->records[i];

		if (!mm_key_states[mm_key_state(record, now)].in_jwks)
			continue; /* nothing happens to a tombstone, and there may be thousands */
		consider(&view, kinds, &next, delivery(&view, record));
		consider(&view, kinds, &next, removal(&view, record));
		consider(&view, kinds, &next, extension(&view, record));
		consider(&view, kinds, &next, surrender(&view, record));
	}
	for (size_t i = 0; i < policy->alg_count; i++) {
		consider(&view, kinds, &next, publication(&view, policy->algs[i]));
		consider(&view, kinds, &next, activation(&view, policy->algs[i]));
	}
	return next;
}

struct mm_action mm_schedule_next(const struct mm_keyset *set, const struct mm_policy *policy, mm_time now)
{
	return mm_schedule_next_of(set, policy, MM_ACTIONS_ALL, now);
}

/* ---- the next of one key ----------------------------------------------------------------------------------------- */

static struct mm_action next_of_signer(const struct view *view, const struct mm_key_record *record)
{
	const struct mm_alg *alg = mm_key_alg(record->key);
	struct mm_action action = surrender(view, record);
	struct mm_action successor = activation(view, alg);

	if (action.kind != MM_ACTION_NONE || view->policy->rotate_every == 0 || !mm_policy_has_alg(view->policy, alg))
		return action;
	action = (struct mm_action){MM_ACTION_RETIRE, alg, record, aged_at(view, record), "its successor takes over"};
	if (successor.kind == MM_ACTION_ACTIVATE)
		action.at = successor.at;
	/* Until it is that old, its successor may be delivered in time. */
	return successor.kind != MM_ACTION_AWAIT || action.at > view->now ? action : successor;
}

static struct mm_action next_of_standby(const struct view *view, const struct mm_key_record *record)
{
	const struct mm_alg *alg = mm_key_alg(record->key);
	struct mm_action action = removal(view, record);

	if (action.kind == MM_ACTION_NONE && mm_policy_has_alg(view->policy, alg) &&
	    mm_keyset_standby(view->set, alg) == record)
		action = activation(view, alg);
	return action;
}

struct mm_action mm_schedule_key(const struct mm_keyset *set, const struct mm_policy *policy,
				 const struct mm_key_record *record, mm_time now)
{
	const struct view view = {set, policy, now};
	struct mm_action action = delivery(&view, record);

	if (action.kind != MM_ACTION_NONE)
		return action;
	switch (mm_key_state(record, now)) {
	case MM_STATE_PUBLISHED:
		return (struct mm_action){MM_ACTION_READY, mm_key_alg(record->key), record, mm_key_ready_at(record),
					  ""};
	case MM_STATE_READY: return next_of_standby(&view, record);
	case MM_STATE_ACTIVE: return next_of_signer(&view, record);
	case MM_STATE_RETIRED: return removal(&view, record);
	default: return none;
	}
}
