/* SPDX-License-Identifier: Apache-2.0 */
/* The steps of a key's life: what each needs, what it stamps, and which wait begins with it. */
#include <mintmark/steps.h>
#include <stdlib.h>
#include <string.h>

/* A clock that was set back must not put a step before the one that it follows. */
static mm_time stamp(mm_time now, mm_time previous)
{
	return now > previous ? now : previous;
}

static const char *state_name(const struct mm_key_record *record, mm_time now)
{
	return mm_key_states[mm_key_state(record, now)].name;
}

/* ---- records of a set, to be changed ----------------------------------------------------------------------------- */

static enum mm_code find(struct mm_keyset *set, const char *kid, struct mm_key_record **out, struct mm_err *err)
{
	const struct mm_key_record *found = mm_keyset_find(set, kid);

	if (!found)
		return mm_fail(err, MM_ENOTFOUND, "there is no key %.80s", kid);
	*out = &set->records[found - set->records];
	return MM_OK;
}

static struct mm_key_record *signer(struct mm_keyset *set, const struct mm_alg *alg)
{
	const struct mm_key_record *found = mm_keyset_signer(set, alg, MM_NEVER);

	return found ? &set->records[found - set->records] : NULL;
}

static struct mm_key_record *standby(struct mm_keyset *set, const struct mm_alg *alg)
{
	const struct mm_key_record *found = mm_keyset_standby(set, alg);

	return found ? &set->records[found - set->records] : NULL;
}

/* ---- publish ----------------------------------------------------------------------------------------------------- */

static enum mm_code may_publish(const struct mm_keyset *set, const struct mm_key *key, const struct mm_policy *policy,
				mm_time now, struct mm_err *err)
{
	const struct mm_key_record *known = mm_keyset_find(set, mm_key_kid(key));

	if (!mm_key_is_private(key) && !mm_key_is_planned(key))
		return mm_fail(err, MM_EREFUSED, "key %s: only its public half is there, so it could never sign",
			       mm_key_kid(key));
	if (known)
		return mm_fail(err, MM_EEXIST, "key %s: it is in the key set already (%s); a kid is never used twice",
			       mm_key_kid(key), state_name(known, now));
	return mm_context(err, mm_keyset_check_room(set, policy, err), "key %s", mm_key_kid(key));
}

/*
 * A key of an algorithm that was given up comes after that, whatever the clock says: the other way round it would have
 * been the standby that did not take over (mm_keyset_check).
 */
static mm_time after_giving_up(struct mm_keyset *set, const struct mm_alg *alg, mm_time now)
{
	if (signer(set, alg))
		return now;
	for (size_t i = 0; i < set->count; i++) {
		const struct mm_key_record *record = &set->records[i];

		if (mm_key_alg(record->key) == alg && record->activated != MM_NEVER)
			now = stamp(now, (record->retired != MM_NEVER ? record->retired : record->revoked) + 1);
	}
	return now;
}

enum mm_code mm_keyset_publish(struct mm_keyset *set, const struct mm_key *key, const struct mm_policy *policy,
			       mm_duration wait, mm_time now, struct mm_err *err)
{
	enum mm_code code = may_publish(set, key, policy, now, err);
	struct mm_key_record *records;

	if (code != MM_OK)
		return code;
	records = reallocarray(set->records, set->count + 1, sizeof(*records));
	if (!records)
		return mm_fail(err, MM_ENOMEM, "key set: out of memory");
	set->records = records;
	now = after_giving_up(set, mm_key_alg(key), now);
	records[set->count++] = (struct mm_key_record){
		.key = mm_key_ref(key),
		.created = now,
		.published = now,
		.delivered = policy->delivers ? MM_NEVER : now,
		.publish_wait = wait,
	};
	return MM_OK;
}

enum mm_code mm_keyset_publish_successor(struct mm_keyset *set, const struct mm_key *key,
					 const struct mm_policy *policy, mm_time now, struct mm_err *err)
{
	struct mm_policy with_room = *policy;

	/* More than max_keys may be served already: it may have been lowered. */
	with_room.max_keys = (unsigned)mm_keyset_served(set) + 1;
	return mm_keyset_publish(set, key, &with_room, mm_policy_publish_wait(policy), now, err);
}

/* ---- deliver ----------------------------------------------------------------------------------------------------- */

static bool serves(const struct mm_keyset *set, const struct mm_key_record *record)
{
	const struct mm_key_record *found = mm_keyset_find(set, mm_key_kid(record->key));

	return found && mm_key_states[mm_key_state(found, MM_NEVER)].in_jwks;
}

size_t mm_keyset_deliver(struct mm_keyset *set, const struct mm_keyset *delivered, const struct mm_policy *policy,
			 mm_time now)
{
	mm_duration wait = mm_policy_publish_wait(policy);
	size_t stamped = 0;

	for (size_t i = 0; i < set->count; i++) {
		struct mm_key_record *record = &set->records[i];

		if (!mm_key_awaits_delivery(record) || (delivered && !serves(delivered, record)))
			continue;
		record->delivered = stamp(now, record->published);
		if (record->publish_wait > 0 && record->publish_wait < wait)
			record->publish_wait = wait;
		stamped++;
	}
	return stamped;
}

/* ---- activate ---------------------------------------------------------------------------------------------------- */

/* Tokens may be under way from now on that live as long as the policy allows; what was promised stays promised. */
static void promise(struct mm_key_record *record, const struct mm_policy *policy)
{
	mm_duration wait = mm_policy_retire_wait(policy);

	if (wait > record->retire_wait)
		record->retire_wait = wait;
}

static void retire(struct mm_key_record *record, const struct mm_policy *policy, mm_time now)
{
	mm_time previous = record->activated != MM_NEVER ? record->activated : record->published;

	record->retired = stamp(now, previous);
	promise(record, policy);
}

static void swap(struct mm_keyset *set, struct mm_key_record *successor, const struct mm_policy *policy, mm_time now)
{
	struct mm_key_record *predecessor = signer(set, mm_key_alg(successor->key));

	if (predecessor)
		retire(predecessor, policy, now);
	successor->activated = stamp(now, successor->published);
	promise(successor, policy);
}

static enum mm_code check_ready(const struct mm_key_record *record, mm_time now, struct mm_err *err)
{
	char at[MM_TIME_TEXT_SIZE];

	if (mm_key_state(record, now) == MM_STATE_READY)
		return MM_OK;
	if (mm_key_awaits_delivery(record))
		return mm_fail(err, MM_EREFUSED,
			       "key %s is not published everywhere yet: until it is, and its wait is over, verifiers "
			       "may not have it",
			       mm_key_kid(record->key));
	mm_time_format(mm_key_ready_at(record), at);
	return mm_fail(err, MM_EREFUSED, "key %s is not ready before %s: until then verifiers may not have it",
		       mm_key_kid(record->key), at);
}

enum mm_code mm_keyset_activate(struct mm_keyset *set, const char *kid, const struct mm_policy *policy, enum mm_gap gap,
				mm_time now, struct mm_err *err)
{
	struct mm_key_record *record;
	enum mm_code code = find(set, kid, &record, err);

	if (code != MM_OK)
		return code;
	if (!mm_key_is_standby(record))
		return mm_fail(err, MM_EREFUSED, "key %s is %s; only a key that stands by can be activated", kid,
			       state_name(record, now));
	if (gap == MM_GAP_REFUSED)
		code = check_ready(record, now, err);
	if (code == MM_OK)
		swap(set, record, policy, now);
	return code;
}

/* ---- taint and revoke -------------------------------------------------------------------------------------------- */

/* The standby of the signer `record` takes over, unless it would be given up in the same commit. */
static enum mm_code replace(struct mm_keyset *set, const struct mm_key_record *record, const struct mm_policy *policy,
			    enum mm_gap gap, mm_time now, struct mm_err *err)
{
	const struct mm_alg *alg = mm_key_alg(record->key);
	struct mm_key_record *successor = standby(set, alg);
	enum mm_code code = MM_OK;

	if (mm_keyset_is_surplus(set, alg, policy))
		return mm_keyset_give_up(set, alg, policy, now, err);
	if (!successor)
		return mm_fail(err, MM_EREFUSED, "key %s signs, and no other %s key stands by to take over",
			       mm_key_kid(record->key), alg->name);
	if (gap == MM_GAP_REFUSED)
		code = mm_context(err, check_ready(successor, now, err), "key %s signs, and its successor cannot yet",
				  mm_key_kid(record->key));
	if (code == MM_OK)
		swap(set, successor, policy, now);
	return code;
}

enum mm_code mm_keyset_taint(struct mm_keyset *set, const char *kid, const struct mm_policy *policy, enum mm_gap gap,
			     mm_time now, struct mm_err *err)
{
	struct mm_key_record *record;
	enum mm_code code = find(set, kid, &record, err);

	if (code != MM_OK)
		return code;
	if (!mm_key_states[mm_key_state(record, now)].in_jwks)
		return mm_fail(err, MM_EREFUSED, "key %s is %s, and not served any more", kid, state_name(record, now));
	if (record->tainted != MM_NEVER)
		return mm_fail(err, MM_EREFUSED, "key %s is tainted already", kid);
	if (record->activated == MM_NEVER && record->retired == MM_NEVER)
		retire(record, policy, now);
	else if (record->retired == MM_NEVER)
		code = replace(set, record, policy, gap, now, err);
	if (code == MM_OK)
		record->tainted = stamp(now, record->created);
	return code;
}

/* The last step but removal, which may come at any time. */
static mm_time last_step(const struct mm_key_record *record)
{
	const mm_time steps[] = {record->created, record->published, record->delivered, record->activated,
				 record->retired};
	mm_time last = MM_NEVER;

	for (size_t i = 0; i < MM_COUNT(steps); i++)
		last = stamp(steps[i], last);
	return last;
}

enum mm_code mm_keyset_revoke(struct mm_keyset *set, const char *kid, const struct mm_policy *policy, mm_time now,
			      struct mm_err *err)
{
	struct mm_key_record *record;
	enum mm_code code = find(set, kid, &record, err);

	if (code != MM_OK)
		return code;
	if (record->revoked != MM_NEVER)
		return mm_fail(err, MM_EREFUSED, "key %s is revoked already", kid);
	if (mm_key_state(record, now) == MM_STATE_ACTIVE)
		code = replace(set, record, policy, MM_GAP_ALLOWED, now, err);
	if (code == MM_OK)
		record->revoked = stamp(now, last_step(record));
	return code;
}

/* ---- remove, give up, extend ------------------------------------------------------------------------------------- */

static enum mm_code may_remove(const struct mm_key_record *record, mm_time now, struct mm_err *err)
{
	char at[MM_TIME_TEXT_SIZE];

	if (mm_key_is_standby(record))
		return MM_OK;
	if (mm_key_state(record, now) != MM_STATE_RETIRED)
		return mm_fail(err, MM_EREFUSED, "key %s is %s; only a retired key or a standby can be removed",
			       mm_key_kid(record->key), state_name(record, now));
	if (now >= mm_key_removable_at(record))
		return MM_OK;
	mm_time_format(mm_key_removable_at(record), at);
	return mm_fail(err, MM_EREFUSED, "key %s cannot be removed before %s: until then tokens need it",
		       mm_key_kid(record->key), at);
}

enum mm_code mm_keyset_remove(struct mm_keyset *set, const char *kid, mm_time now, struct mm_err *err)
{
	struct mm_key_record *record;
	enum mm_code code = find(set, kid, &record, err);

	if (code == MM_OK)
		code = may_remove(record, now, err);
	if (code == MM_OK)
		record->removed = stamp(now, last_step(record));
	return code;
}

static bool others_sign(const struct mm_keyset *set, const struct mm_alg *alg)
{
	for (size_t i = 0; i < MM_ALG_COUNT; i++) {
		if (&mm_algs[i] != alg && mm_keyset_signer(set, &mm_algs[i], MM_NEVER))
			return true;
	}
	return false;
}

enum mm_code mm_keyset_give_up(struct mm_keyset *set, const struct mm_alg *alg, const struct mm_policy *policy,
			       mm_time now, struct mm_err *err)
{
	struct mm_key_record *last = signer(set, alg);
	struct mm_key_record *waiting;

	if (!others_sign(set, alg))
		return mm_fail(err, MM_EREFUSED, "%s cannot be given up: no key of another algorithm signs", alg->name);
	if (last)
		retire(last, policy, now);
	while ((waiting = standby(set, alg)))
		waiting->removed = stamp(now, last_step(waiting));
	return MM_OK;
}

enum mm_code mm_keyset_extend(struct mm_keyset *set, const char *kid, const struct mm_policy *policy,
			      struct mm_err *err)
{
	struct mm_key_record *record;
	enum mm_code code = find(set, kid, &record, err);

	if (code != MM_OK)
		return code;
	if (mm_key_state(record, MM_NEVER) != MM_STATE_ACTIVE)
		return mm_fail(err, MM_EREFUSED, "key %s does not sign", kid);
	promise(record, policy);
	return MM_OK;
}
