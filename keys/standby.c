/* SPDX-License-Identifier: Apache-2.0 */
/* What a key set is asked before a step is taken: what stands by, until when, and what is served. */
#include <mintmark/steps.h>

/* ---- of a key ---------------------------------------------------------------------------------------------------- */

bool mm_key_is_standby(const struct mm_key_record *record)
{
	/* The time tells published from ready, and both stand by. */
	return mm_key_state(record, MM_NEVER) == MM_STATE_PUBLISHED || mm_key_state(record, MM_NEVER) == MM_STATE_READY;
}

bool mm_key_awaits_delivery(const struct mm_key_record *record)
{
	return record->delivered == MM_NEVER && mm_key_states[mm_key_state(record, MM_NEVER)].in_jwks;
}

mm_time mm_key_ready_at(const struct mm_key_record *record)
{
	return record->delivered == MM_NEVER ? MM_UNFORESEEN : record->delivered + record->publish_wait;
}

mm_time mm_key_removable_at(const struct mm_key_record *record)
{
	return record->retired + record->retire_wait;
}

mm_duration mm_key_longest_ttl(const struct mm_key_record *record, const struct mm_policy *policy)
{
	mm_duration promised = record->retire_wait - policy->propagation - policy->clock_skew;

	if (record->retire_wait == 0 || promised > policy->max_ttl)
		return policy->max_ttl;
	return promised > 0 ? promised : 0;
}

/* ---- of a set: who stands by ------------------------------------------------------------------------------------- */

const struct mm_key_record *mm_keyset_standby(const struct mm_keyset *set, const struct mm_alg *alg)
{
	const struct mm_key_record *first = NULL;

	for (size_t i = 0; i < set->count; i++) {
		const struct mm_key_record *record = &set->records[i];

		if (!mm_key_is_standby(record) || mm_key_alg(record->key) != alg)
			continue;
		if (!first || mm_key_ready_at(record) < mm_key_ready_at(first))
			first = record;
	}
	return first;
}

size_t mm_keyset_standby_count(const struct mm_keyset *set, const struct mm_alg *alg)
{
	size_t count = 0;

	for (size_t i = 0; i < set->count; i++)
		count += mm_key_is_standby(&set->records[i]) && mm_key_alg(set->records[i].key) == alg;
	return count;
}

bool mm_keyset_is_surplus(const struct mm_keyset *set, const struct mm_alg *alg, const struct mm_policy *policy)
{
	return !mm_policy_has_alg(policy, alg) && mm_keyset_signer(set, policy->algs[0], MM_NEVER);
}

bool mm_keyset_lacks_successor(const struct mm_keyset *set, const char *kid, const struct mm_policy *policy)
{
	const struct mm_key_record *record = mm_keyset_find(set, kid);
	const struct mm_alg *alg = record ? mm_key_alg(record->key) : NULL;

	return record && mm_key_state(record, MM_NEVER) == MM_STATE_ACTIVE && !mm_keyset_standby(set, alg) &&
	       !mm_keyset_is_surplus(set, alg, policy);
}

/* ---- of a set: what is served ------------------------------------------------------------------------------------ */

bool mm_keyset_awaits_delivery(const struct mm_keyset *set)
{
	for (size_t i = 0; i < set->count; i++) {
		if (mm_key_awaits_delivery(&set->records[i]))
			return true;
	}
	return false;
}

size_t mm_keyset_served(const struct mm_keyset *set)
{
	size_t served = 0;

	for (size_t i = 0; i < set->count; i++)
		served += mm_key_states[mm_key_state(&set->records[i], MM_NEVER)].in_jwks;
	return served;
}

enum mm_code mm_keyset_check_room(const struct mm_keyset *set, const struct mm_policy *policy, struct mm_err *err)
{
	size_t served = mm_keyset_served(set);

	if (served < policy->max_keys)
		return MM_OK;
	return mm_fail(err, MM_EREFUSED, "the JWKS holds %zu keys already, and keys.max_keys is %u", served,
		       policy->max_keys);
}
