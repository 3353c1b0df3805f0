/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/keysets.h"

#define DAY 86400

static struct mm_policy policy;
static struct mm_err err;

/* ---- of a key ---------------------------------------------------------------------------------------------------- */

static void a_standby_is_published_and_nothing_else_yet(void **state)
{
	const struct mm_key_record waits = {.published = T0, .delivered = T0, .publish_wait = TEST_PUBLISH_WAIT};
	const struct mm_key_record ready = {.published = T0, .delivered = T0};
	const struct mm_key_record others[] = {
		{.created = T0},
		{.published = T0, .delivered = T0, .activated = T0},
		{.published = T0, .delivered = T0, .retired = T0},
		{.published = T0, .delivered = T0, .removed = T0},
		{.published = T0, .delivered = T0, .revoked = T0},
	};
	(void)state;

	assert_true(mm_key_is_standby(&waits));
	assert_true(mm_key_is_standby(&ready));
	for (size_t i = 0; i < MM_COUNT(others); i++)
		assert_false(mm_key_is_standby(&others[i]));
}

static void when_a_key_is_ready_is_known_once_it_is_delivered(void **state)
{
	struct mm_key_record record = {.published = T0, .publish_wait = TEST_PUBLISH_WAIT};
	(void)state;

	assert_int_equal(mm_key_ready_at(&record), MM_UNFORESEEN);
	record.delivered = T0 + 9;
	assert_int_equal(mm_key_ready_at(&record), T0 + 9 + TEST_PUBLISH_WAIT);
}

static void a_key_awaits_its_delivery_as_long_as_it_is_served(void **state)
{
	const struct mm_key_record served[] = {
		{.published = T0}, {.published = T0, .activated = T0}, {.published = T0, .retired = T0}};
	const struct mm_key_record others[] = {{.created = T0},
					       {.published = T0, .delivered = T0},
					       {.published = T0, .removed = T0},
					       {.published = T0, .revoked = T0}};
	(void)state;

	for (size_t i = 0; i < MM_COUNT(served); i++)
		assert_true(mm_key_awaits_delivery(&served[i]));
	for (size_t i = 0; i < MM_COUNT(others); i++)
		assert_false(mm_key_awaits_delivery(&others[i]));
}

static void tokens_live_as_long_as_policy_and_promise_allow(void **state)
{
	struct mm_key_record record = {.activated = T0, .retire_wait = mm_policy_retire_wait(&policy)};
	struct mm_policy other = policy;
	(void)state;

	assert_int_equal(mm_key_longest_ttl(&record, &policy), DAY);
	other.max_ttl = 2 * DAY;
	assert_int_equal(mm_key_longest_ttl(&record, &other), DAY);
	other.max_ttl = 60;
	assert_int_equal(mm_key_longest_ttl(&record, &other), 60);
}

static void a_promise_that_is_shorter_than_the_waits_allows_no_token(void **state)
{
	const struct mm_key_record record = {.activated = T0, .retire_wait = 1};
	(void)state;

	assert_int_equal(mm_key_longest_ttl(&record, &policy), 0);
}

static void what_has_promised_nothing_is_held_to_nothing(void **state)
{
	const struct mm_key_record record = {.activated = T0};
	(void)state;

	assert_int_equal(mm_key_longest_ttl(&record, &policy), DAY);
}

/* ---- of a set ---------------------------------------------------------------------------------------------------- */

static void the_standby_is_the_one_that_is_ready_first(void **state)
{
	mm_auto(mm_keyset) set = test_first_set();
	mm_auto(mm_key) later = test_key("EdDSA");
	(void)state;

	assert_ok(mm_keyset_publish(set, later, &policy, 10, T0, &err), &err);
	assert_ptr_equal(mm_keyset_standby(set, test_alg("EdDSA")), &set->records[1]);
	set->records[1].publish_wait = 20;
	assert_ptr_equal(mm_keyset_standby(set, test_alg("EdDSA")), &set->records[2]);
	assert_int_equal(mm_keyset_standby_count(set, test_alg("EdDSA")), 2);
	assert_null(mm_keyset_standby(set, test_alg("ES256")));
	assert_int_equal(mm_keyset_standby_count(set, test_alg("ES256")), 0);
}

static void what_is_not_delivered_is_ready_last(void **state)
{
	mm_auto(mm_keyset) set = test_first_set();
	mm_auto(mm_key) later = test_key("EdDSA");
	(void)state;

	assert_ok(mm_keyset_publish(set, later, &policy, 10, T0, &err), &err);
	assert_false(mm_keyset_awaits_delivery(set));
	set->records[1].delivered = MM_NEVER;
	assert_ptr_equal(mm_keyset_standby(set, test_alg("EdDSA")), &set->records[2]);
	assert_int_equal(mm_keyset_standby_count(set, test_alg("EdDSA")), 2);
	assert_true(mm_keyset_awaits_delivery(set));
}

static void retired_keys_are_served_and_tombstones_are_not(void **state)
{
	mm_auto(mm_keyset) set = test_first_set();
	(void)state;

	set->records[0].retired = T0;
	assert_int_equal(mm_keyset_served(set), 2);
	set->records[0].removed = T0;
	assert_int_equal(mm_keyset_served(set), 1);
	set->records[1].revoked = T0;
	assert_int_equal(mm_keyset_served(set), 0);
}

static void there_is_room_for_as_many_as_the_policy_allows(void **state)
{
	mm_auto(mm_keyset) set = test_first_set();
	struct mm_policy tight = policy;
	(void)state;

	tight.max_keys = 3;
	assert_ok(mm_keyset_check_room(set, &tight, &err), &err);
	tight.max_keys = 2;
	assert_fails_saying(mm_keyset_check_room(set, &tight, &err), MM_EREFUSED, &err, "keys.max_keys is 2");
}

static void an_algorithm_is_surplus_once_the_configured_one_signs(void **state)
{
	mm_auto(mm_keyset) set = test_first_set();
	struct mm_policy changed = test_policy_for("ES256", NULL);
	(void)state;

	assert_false(mm_keyset_is_surplus(set, test_alg("EdDSA"), &policy));
	assert_false(mm_keyset_is_surplus(set, test_alg("EdDSA"), &changed));
	test_active(set, "ES256");
	assert_true(mm_keyset_is_surplus(set, test_alg("EdDSA"), &changed));
	changed = test_policy_for("ES256", "EdDSA");
	assert_false(mm_keyset_is_surplus(set, test_alg("EdDSA"), &changed));
}

static void only_a_signer_without_standby_lacks_a_successor(void **state)
{
	mm_auto(mm_keyset) set = test_first_set();
	const char *signer = mm_key_kid(set->records[0].key), *standby = mm_key_kid(set->records[1].key);
	(void)state;

	assert_false(mm_keyset_lacks_successor(set, signer, &policy));
	assert_false(mm_keyset_lacks_successor(set, standby, &policy));
	assert_false(mm_keyset_lacks_successor(set, "x", &policy));
	set->records[1].revoked = T0;
	assert_true(mm_keyset_lacks_successor(set, signer, &policy));
	assert_false(mm_keyset_lacks_successor(set, standby, &policy));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_standby_is_published_and_nothing_else_yet),
		cmocka_unit_test(when_a_key_is_ready_is_known_once_it_is_delivered),
		cmocka_unit_test(a_key_awaits_its_delivery_as_long_as_it_is_served),
		cmocka_unit_test(tokens_live_as_long_as_policy_and_promise_allow),
		cmocka_unit_test(a_promise_that_is_shorter_than_the_waits_allows_no_token),
		cmocka_unit_test(what_has_promised_nothing_is_held_to_nothing),
		cmocka_unit_test(the_standby_is_the_one_that_is_ready_first),
		cmocka_unit_test(what_is_not_delivered_is_ready_last),
		cmocka_unit_test(retired_keys_are_served_and_tombstones_are_not),
		cmocka_unit_test(there_is_room_for_as_many_as_the_policy_allows),
		cmocka_unit_test(an_algorithm_is_surplus_once_the_configured_one_signs),
		cmocka_unit_test(only_a_signer_without_standby_lacks_a_successor),
	};

	policy = test_policy_for("EdDSA", NULL);
	return cmocka_run_group_tests_name("standby", tests, NULL, NULL);
}
