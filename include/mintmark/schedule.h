/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The schedule: which step comes next, and when. Pure functions of key set, policy and time, so that a year of rotation
 * is simulated in a millisecond. The model is Knot DNS's key manager (RFC 7583).
 *
 * For each algorithm of the policy there is one signer and at least one standby. With rotate_every, the standby takes
 * over when the signer is that old, and the next standby is published one publish_wait before, so that it has become
 * ready; were it not, the signer would go on until it has. By hand (0) nothing is activated by the schedule. An
 * algorithm that the policy does not name any more is given up as soon as the first one that it names signs.
 */
#ifndef MINTMARK_SCHEDULE_H
#define MINTMARK_SCHEDULE_H

#include <mintmark/bytes.h>
#include <mintmark/steps.h>

enum mm_action_kind {
	MM_ACTION_NONE,
	MM_ACTION_READY, /* nothing to do: the clock alone makes a published key ready */
	MM_ACTION_AWAIT, /* nothing to do here: a publisher has yet to deliver it, nobody knows when (`at` MM_NEVER) */
	/* From here on in the order in which those that are due are taken. */
	MM_ACTION_DELIVER, /* no destination is configured any more: what waits for one is delivered by being served */
	MM_ACTION_EXTEND,  /* a longer retire_wait for a signer: max_ttl was raised */
	MM_ACTION_REMOVE,
	MM_ACTION_PUBLISH,  /* a new key: `record` is NULL */
	MM_ACTION_ACTIVATE, /* and its predecessor retires in the same commit */
	MM_ACTION_RETIRE,   /* its algorithm is given up; or, of one key, its successor takes over */
	MM_ACTION_KINDS
};
extern const char *const mm_action_names[MM_ACTION_KINDS]; /* "none", "ready", "remove", … */

struct mm_action {
	enum mm_action_kind kind;
	const struct mm_alg *alg;
	const struct mm_key_record *record; /* borrowed from the set */
	mm_time at;                         /* due when it is not later than now; MM_NEVER for MM_ACTION_NONE */
	const char *why;                    /* "rotate_every has passed": static; "" for none and ready */
};

/* Whether there is something to do now: neither of the kinds that the schedule only waits for. */
bool mm_action_is_due(const struct mm_action *action, mm_time now);

/*
 * The next thing to do; never MM_ACTION_READY. What is awaited (MM_ACTION_AWAIT) comes after what is due, and before
 * what is foreseen.
 */
struct mm_action mm_schedule_next(const struct mm_keyset *set, const struct mm_policy *policy, mm_time now);

/* Which kinds of actions are looked for: bits 1 << MM_ACTION_… */
#define MM_ACTIONS_ALL (~0U)
/* What follows from a step by hand. No wait has to be over for any of it, so a clock that is wrong does no harm. */
#define MM_ACTIONS_WITHOUT_WAIT (1U << MM_ACTION_EXTEND | 1U << MM_ACTION_PUBLISH | 1U << MM_ACTION_RETIRE)
struct mm_action mm_schedule_next_of(const struct mm_keyset *set, const struct mm_policy *policy, unsigned kinds,
				     mm_time now);

/* The next thing that happens to one key of the set: what `key list` says of it. */
struct mm_action mm_schedule_key(const struct mm_keyset *set, const struct mm_policy *policy,
				 const struct mm_key_record *record, mm_time now);

/* Where new keys come from: generated, planned (mm_forecast), or from a pool that was made before (tests). */
struct mm_key_maker {
	/* The caller owns `*out`. A key that is going to be committed was probed (mm_probe). */
	enum mm_code (*make)(void *arg, const struct mm_alg *alg, unsigned rsa_bits, struct mm_key **out,
			     struct mm_err *err);
	void *arg;
};

/*
 * Takes all actions of those kinds that are due, and those that become due by them. `*steps` is how many there were;
 * their reasons are appended to `why`, each once. MM_OK with 0 steps: nothing was due. On an error, the maker's or
 * MM_ENOMEM, the set is of no use any more.
 */
MM_MUSTCHECK enum mm_code mm_rotate(struct mm_keyset *set, const struct mm_policy *policy, unsigned kinds, mm_time now,
				    const struct mm_key_maker *maker, struct mm_buf *why, size_t *steps,
				    struct mm_err *err);

#endif
