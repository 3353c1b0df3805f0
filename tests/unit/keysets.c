/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/keysets.h"

#include <stdlib.h>

const struct mm_policy test_policy = {
	.alg_count = 1,
	.algs = {&mm_algs[MM_ALG_COUNT - 1]},
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

void test_published(struct mm_key_record *record, mm_time at)
{
	record->published = record->delivered = at;
}

struct mm_key_record *test_active(struct mm_keyset *set, const char *alg)
{
	struct mm_key_record *record = test_record(set, alg);

	test_published(record, T0);
	record->activated = T0;
	return record;
}

void test_add_first(struct mm_keyset *set, const struct mm_key *key, mm_time now)
{
	struct mm_err err = {0};

	assert_ok(mm_keyset_publish(set, key, &test_policy, 0, now, &err), &err);
	if (!mm_keyset_signer(set, mm_key_alg(key), now))
		assert_ok(mm_keyset_activate(set, mm_key_kid(key), &test_policy, MM_GAP_REFUSED, now, &err), &err);
}

struct mm_policy test_policy_for(const char *first, const char *second)
{
	struct mm_policy policy = test_policy;

	policy.alg_count = second ? 2 : 1;
	policy.algs[0] = test_alg(first);
	policy.algs[1] = second ? test_alg(second) : NULL;
	return policy;
}

struct mm_keyset *test_first_set(void)
{
	struct mm_keyset *set = NULL;
	struct mm_err err = {0};

	assert_ok(mm_keyset_new(&set, &err), &err);
	for (int i = 0; i < 2; i++) {
		mm_auto(mm_key) key = test_key("EdDSA");

		test_add_first(set, key, T0);
	}
	return set;
}
