/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/keysets.h"

#include <stdlib.h>

const struct mm_policy test_policy = {
	.rotate_every = 30 * 86400,
	.verifier_cache = 3600,
	.propagation = 60,
	.clock_skew = 60,
	.max_ttl = 86400,
	.max_keys = 20,
};

const struct mm_actor test_actor = {.name = "test", .why = "it has to"};

struct mm_key_record *test_record(struct mm_keyset *set, const char *alg)
{
	set->records = reallocarray(set->records, set->count + 1, sizeof(*set->records));
	assert_non_null(set->records);
	set->records[set->count] = (struct mm_key_record){.key = test_key(alg), .created = T0};
	return &set->records[set->count++];
}

struct mm_key_record *test_active(struct mm_keyset *set, const char *alg)
{
	struct mm_key_record *record = test_record(set, alg);

	record->published = T0;
	record->activated = T0;
	return record;
}

struct mm_keyset *test_first_set(void)
{
	struct mm_keyset *set = NULL;
	struct mm_err err = {0};

	assert_ok(mm_keyset_new(&set, &err), &err);
	for (int i = 0; i < 2; i++) {
		mm_auto(mm_key) key = test_key("EdDSA");

		assert_ok(mm_keyset_add(set, key, &test_policy, T0, &err), &err);
	}
	return set;
}
