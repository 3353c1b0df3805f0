/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/keysets.h"

#include <string.h>

static enum mm_code add(struct mm_keyset *set, const char *name, mm_time now, struct mm_err *err)
{
	mm_auto(mm_key) key = test_key(name);

	return mm_keyset_add(set, key, &test_policy, now, err);
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

static void the_first_key_is_active_and_the_second_is_ready_at_once(void **state)
{
	mm_auto(mm_keyset) set = test_first_set();
	(void)state;

	assert_int_equal(mm_key_state(&set->records[0], T0), MM_STATE_ACTIVE);
	assert_int_equal(mm_key_state(&set->records[1], T0), MM_STATE_READY);
	assert_int_equal(set->records[1].publish_wait, 0);
}

static void the_first_key_of_each_algorithm_is_active(void **state)
{
	mm_auto(mm_keyset) set = test_first_set();
	struct mm_err err = {0};
	(void)state;

	assert_ok(add(set, "ES256", T0, &err), &err);
	assert_ok(add(set, "ES256", T0, &err), &err);
	assert_int_equal(mm_key_state(&set->records[2], T0), MM_STATE_ACTIVE);
	assert_int_equal(mm_key_state(&set->records[3], T0), MM_STATE_READY);
}

static void a_key_added_to_a_committed_set_waits_in_full(void **state)
{
	mm_auto(mm_keyset) set = test_first_set();
	struct mm_err err = {0};
	(void)state;

	set->revision = 1;
	assert_ok(add(set, "EdDSA", T0 + 100, &err), &err);
	assert_int_equal(set->records[2].created, T0 + 100);
	assert_int_equal(set->records[2].published, T0 + 100);
	assert_int_equal(set->records[2].publish_wait, TEST_PUBLISH_WAIT);
	assert_int_equal(set->records[2].activated, MM_NEVER);
}

/* Verifiers have a JWKS of this set without it, even though the algorithm has no signer yet. */
static void the_first_key_of_an_algorithm_that_is_introduced_later_waits_too(void **state)
{
	mm_auto(mm_keyset) set = test_first_set();
	struct mm_err err = {0};
	(void)state;

	set->revision = 1;
	assert_ok(add(set, "ES256", T0, &err), &err);
	assert_int_equal(mm_key_state(&set->records[2], T0), MM_STATE_PUBLISHED);
	assert_ok(mm_keyset_check(set, &err), &err);
}

static void what_was_added_is_private_and_shared(void **state)
{
	mm_auto(mm_keyset) set = NULL;
	mm_auto(mm_key) key = test_key("EdDSA");
	(void)state;

	assert_ok(mm_keyset_new(&set, NULL), NULL);
	assert_ok(mm_keyset_add(set, key, &test_policy, T0, NULL), NULL);
	assert_true(mm_key_is_private(set->records[0].key));
	assert_string_equal(mm_key_kid(set->records[0].key), mm_key_kid(key));
}

static void a_kid_is_never_used_twice(void **state)
{
	mm_auto(mm_keyset) set = test_first_set();
	struct mm_err err = {0};
	(void)state;

	assert_fails_saying(mm_keyset_add(set, set->records[1].key, &test_policy, T0, &err), MM_EEXIST, &err, "ready");
	set->records[1].revoked = T0;
	assert_fails_saying(mm_keyset_add(set, set->records[1].key, &test_policy, T0, &err), MM_EEXIST, &err,
			    "revoked");
	assert_int_equal(set->count, 2);
}

static void a_public_key_is_refused(void **state)
{
	mm_auto(mm_keyset) set = test_first_set();
	mm_auto(mm_key) private = test_key("EdDSA");
	mm_auto(mm_key) public = NULL;
	struct mm_err err = {0};
	(void)state;

	assert_ok(mm_key_public(private, &public, &err), &err);
	assert_fails_saying(mm_keyset_add(set, public, &test_policy, T0, &err), MM_EREFUSED, &err, "public half");
	assert_int_equal(set->count, 2);
}

static void max_keys_counts_the_keys_that_are_served(void **state)
{
	const struct mm_policy narrow = {.max_keys = 3};
	mm_auto(mm_keyset) set = test_first_set();
	mm_auto(mm_key) third = test_key("EdDSA");
	mm_auto(mm_key) fourth = test_key("EdDSA");
	struct mm_err err = {0};
	(void)state;

	assert_ok(mm_keyset_add(set, third, &narrow, T0, &err), &err);
	assert_fails_saying(mm_keyset_add(set, fourth, &narrow, T0, &err), MM_EREFUSED, &err,
			    "holds 3 keys already, and keys.max_keys is 3");
	set->records[2].revoked = T0;
	assert_ok(mm_keyset_add(set, fourth, &narrow, T0, &err), &err);
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

	assert_ok(add(set, "ES256", T0 + 10, NULL), NULL);
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
	copy->records[0].retired = T0 + 1;
	assert_ok(add(copy, "EdDSA", T0, NULL), NULL);
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
		cmocka_unit_test(the_first_key_is_active_and_the_second_is_ready_at_once),
		cmocka_unit_test(the_first_key_of_each_algorithm_is_active),
		cmocka_unit_test(a_key_added_to_a_committed_set_waits_in_full),
		cmocka_unit_test(the_first_key_of_an_algorithm_that_is_introduced_later_waits_too),
		cmocka_unit_test(what_was_added_is_private_and_shared),
		cmocka_unit_test(a_kid_is_never_used_twice),
		cmocka_unit_test(a_public_key_is_refused),
		cmocka_unit_test(max_keys_counts_the_keys_that_are_served),
		cmocka_unit_test(find_knows_exactly_the_kids_of_the_set),
		cmocka_unit_test(the_signer_is_the_active_key_of_the_algorithm),
		cmocka_unit_test(without_an_algorithm_the_signer_is_the_longest_active_key),
		cmocka_unit_test(a_copy_is_changed_without_the_original),
		cmocka_unit_test(a_copy_outlives_the_original),
	};

	return cmocka_run_group_tests_name("keyset", tests, NULL, NULL);
}
