/* SPDX-License-Identifier: Apache-2.0 */
/* The key set in memory: a list of records in order of creation, changed only in a copy that is then committed. */
#include <mintmark/keyset.h>
#include <stdlib.h>
#include <string.h>

enum mm_code mm_keyset_new(struct mm_keyset **out, struct mm_err *err)
{
	*out = calloc(1, sizeof(**out));
	return *out ? MM_OK : mm_fail(err, MM_ENOMEM, "key set: out of memory");
}

enum mm_code mm_keyset_copy(const struct mm_keyset *set, struct mm_keyset **out, struct mm_err *err)
{
	mm_auto(mm_keyset) copy = NULL;
	enum mm_code code = mm_keyset_new(&copy, err);

	if (code != MM_OK)
		return code;
	copy->revision = set->revision;
	copy->committed = set->committed;
	if (set->count > 0) {
		copy->records = calloc(set->count, sizeof(*copy->records));
		if (!copy->records)
			return mm_fail(err, MM_ENOMEM, "key set: out of memory");
	}
	for (size_t i = 0; i < set->count; i++) {
		copy->records[i] = set->records[i];
		copy->records[i].key = mm_key_ref(set->records[i].key);
		copy->count++;
	}
	*out = mm_take(copy);
	return MM_OK;
}

void mm_keyset_free(struct mm_keyset *set)
{
	if (!set)
		return;
	for (size_t i = 0; i < set->count; i++)
		mm_key_free(set->records[i].key);
	free(set->records);
	free(set);
}

const struct mm_key_record *mm_keyset_find(const struct mm_keyset *set, const char *kid)
{
	for (size_t i = 0; i < set->count; i++) {
		if (strcmp(mm_key_kid(set->records[i].key), kid) == 0)
			return &set->records[i];
	}
	return NULL;
}

const struct mm_key_record *mm_keyset_signer(const struct mm_keyset *set, const struct mm_alg *alg, mm_time now)
{
	const struct mm_key_record *oldest = NULL;

	for (size_t i = 0; i < set->count; i++) {
		const struct mm_key_record *record = &set->records[i];

		if (!mm_key_states[mm_key_state(record, now)].signs)
			continue;
		if (alg && mm_key_alg(record->key) != alg)
			continue;
		if (!oldest || record->activated < oldest->activated)
			oldest = record;
	}
	return oldest;
}

static size_t served_count(const struct mm_keyset *set, mm_time now)
{
	size_t served = 0;

	for (size_t i = 0; i < set->count; i++)
		served += mm_key_states[mm_key_state(&set->records[i], now)].in_jwks;
	return served;
}

static enum mm_code may_add(const struct mm_keyset *set, const struct mm_key *key, const struct mm_policy *policy,
			    mm_time now, struct mm_err *err)
{
	const struct mm_key_record *known = mm_keyset_find(set, mm_key_kid(key));
	size_t served = served_count(set, now);

	if (!mm_key_is_private(key))
		return mm_fail(err, MM_EREFUSED, "key %s: only its public half is there, so it could never sign",
			       mm_key_kid(key));
	if (known)
		return mm_fail(err, MM_EEXIST, "key %s: it is in the key set already (%s); a kid is never used twice",
			       mm_key_kid(key), mm_key_states[mm_key_state(known, now)].name);
	if (served >= policy->max_keys)
		return mm_fail(err, MM_EREFUSED, "key %s: the JWKS holds %zu keys already, and keys.max_keys is %u",
			       mm_key_kid(key), served, policy->max_keys);
	return MM_OK;
}

static enum mm_code append(struct mm_keyset *set, const struct mm_key_record *record, struct mm_err *err)
{
	struct mm_key_record *records = reallocarray(set->records, set->count + 1, sizeof(*records));

	if (!records)
		return mm_fail(err, MM_ENOMEM, "key set: out of memory");
	set->records = records;
	records[set->count++] = *record;
	return MM_OK;
}

enum mm_code mm_keyset_add(struct mm_keyset *set, const struct mm_key *key, const struct mm_policy *policy, mm_time now,
			   struct mm_err *err)
{
	bool never_served = set->revision == 0;
	struct mm_key_record record = {
		.created = now,
		.published = now,
		.publish_wait = never_served ? 0 : mm_policy_publish_wait(policy),
	};
	enum mm_code code = may_add(set, key, policy, now, err);

	if (code != MM_OK)
		return code;
	if (never_served && !mm_keyset_signer(set, mm_key_alg(key), now))
		record.activated = now;
	record.key = mm_key_ref(key);
	code = append(set, &record, err);
	if (code != MM_OK)
		mm_key_free(record.key);
	return code;
}
