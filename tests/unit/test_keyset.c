/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/keysets.h"

#include <string.h>

static void add(struct mm_keyset *set, const char *name, mm_time now)
{
	mm_auto(mm_key) key = test_key(name);

	test_add_first(set, key, now);
}

static void a_new_set_is_empty_at_revision_0(void **state)
{
	mm_auto(mm_keyset) set = NULL;
	(void)state;

	assert_ok(mm_keyset_new(&set, NULL), NULL);
	assert_int_equal(set->revision, 0);
	assert_int_equal(set->count, 0);
	assert_null(mm_keyset_signer(set, NULL, T0));
}

static void find_knows_exactly_the_kids_of_the_set(void **state)
{
	mm_auto(mm_keyset) set = test_first_set();
	(void)state;

	assert_ptr_equal(mm_keyset_find(set, mm_key_kid(set->records[1].key)), &set->records[1]);
	assert_null(mm_keyset_find(set, "x"));
	assert_null(mm_keyset_find(set, ""));
}

static void the_signer_is_the_active_key_of_the_algorithm(void **state)
{
	mm_auto(mm_keyset) set = test_first_set();
	(void)state;

	add(set, "ES256", T0 + 10);
	assert_ptr_equal(mm_keyset_signer(set, test_alg("EdDSA"), T0 + 10), &set->records[0]);
	assert_ptr_equal(mm_keyset_signer(set, test_alg("ES256"), T0 + 10), &set->records[2]);
	assert_null(mm_keyset_signer(set, test_alg("RS256"), T0 + 10));
}

static void without_an_algorithm_the_signer_is_the_longest_active_key(void **state)
{
	mm_auto(mm_keyset) set = NULL;
	(void)state;

	assert_ok(mm_keyset_new(&set, NULL), NULL);
	test_active(set, "EdDSA")->activated = T0 + 10;
	test_active(set, "ES256")->activated = T0 + 5;
	assert_ptr_equal(mm_keyset_signer(set, NULL, T0 + 20), &set->records[1]);
}

static void a_copy_is_changed_without_the_original(void **state)
{
	mm_auto(mm_keyset) set = test_first_set();
	mm_auto(mm_keyset) copy = NULL;
	(void)state;

	set->revision = 7;
	set->committed = T0 + 7;
	assert_ok(mm_keyset_copy(set, &copy, NULL), NULL);
	assert_int_equal(copy->revision, 7);
	assert_int_equal(copy->committed, T0 + 7);
	assert_int_equal(copy->count, 2);
	add(copy, "EdDSA", T0);
	copy->records[0].retired = T0 + 1;
	assert_int_equal(set->records[0].retired, MM_NEVER);
	assert_int_equal(set->count, 2);
}

static void a_copy_outlives_the_original(void **state)
{
	struct mm_keyset *set = test_first_set();
	mm_auto(mm_keyset) copy = NULL;
	char kid[MM_KID_SIZE];
	(void)state;

	memcpy(kid, mm_key_kid(set->records[0].key), sizeof(kid));
	assert_ok(mm_keyset_copy(set, &copy, NULL), NULL);
	mm_keyset_free(set);
	assert_non_null(mm_keyset_find(copy, kid));
	assert_true(mm_key_is_private(copy->records[0].key));
}

/* As a store gives it to who asks for public halves alone. */
static struct mm_keyset *public_copy(const struct mm_keyset *set)
{
	struct mm_keyset *copy = NULL;

	assert_ok(mm_keyset_copy(set, &copy, NULL), NULL);
	for (size_t i = 0; i < copy->count; i++) {
		struct mm_key *public = NULL;

		assert_ok(mm_key_public(copy->records[i].key, &public, NULL), NULL);
		mm_key_free(copy->records[i].key);
		copy->records[i].key = public;
	}
	return copy;
}

static void private_halves_are_kept_for_the_same_keys_where_their_state_has_one(void **state)
{
	mm_auto(mm_keyset) held = test_first_set();
	mm_auto(mm_keyset) set = public_copy(held);
	(void)state;

	set->records[1].revoked = T0 + 1;
	mm_keyset_keep_private(set, held, T0 + 1);
	assert_true(mm_key_is_private(set->records[0].key));
	assert_false(mm_key_is_private(set->records[1].key));
}

static void a_private_half_that_is_there_is_not_given_up_for_a_public_one(void **state)
{
	mm_auto(mm_keyset) set = test_first_set();
	mm_auto(mm_keyset) held = public_copy(set);
	(void)state;

	mm_keyset_keep_private(set, held, T0);
	assert_true(mm_key_is_private(set->records[0].key));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_new_set_is_empty_at_revision_0),
		cmocka_unit_test(find_knows_exactly_the_kids_of_the_set),
		cmocka_unit_test(the_signer_is_the_active_key_of_the_algorithm),
		cmocka_unit_test(without_an_algorithm_the_signer_is_the_longest_active_key),
		cmocka_unit_test(a_copy_is_changed_without_the_original),
		cmocka_unit_test(a_copy_outlives_the_original),
		cmocka_unit_test(private_halves_are_kept_for_the_same_keys_where_their_state_has_one),
		cmocka_unit_test(a_private_half_that_is_there_is_not_given_up_for_a_public_one),
	};

	return cmocka_run_group_tests_name("keyset", tests, NULL, NULL);
}
