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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_new_set_is_empty_at_revision_0),
		cmocka_unit_test(find_knows_exactly_the_kids_of_the_set),
		cmocka_unit_test(the_signer_is_the_active_key_of_the_algorithm),
		cmocka_unit_test(without_an_algorithm_the_signer_is_the_longest_active_key),
		cmocka_unit_test(a_copy_is_changed_without_the_original),
		cmocka_unit_test(a_copy_outlives_the_original),
	};

	return cmocka_run_group_tests_name("keyset", tests, NULL, NULL);
}
