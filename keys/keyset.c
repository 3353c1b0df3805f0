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

void mm_keyset_keep_private(struct mm_keyset *set, const struct mm_keyset *from, mm_time now)
{
	for (size_t i = 0; i < set->count; i++) {
		struct mm_key_record *record = &set->records[i];
		const struct mm_key_record *held = mm_keyset_find(from, mm_key_kid(record->key));

		if (!held || !mm_key_is_private(held->key) || !mm_key_states[mm_key_state(record, now)].has_material)
			continue;
		mm_key_free(record->key);
		record->key = mm_key_ref(held->key);
	}
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
