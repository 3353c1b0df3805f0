/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/timelines.h"

static struct mm_keyset *forecast(const struct mm_keyset *set, const struct mm_policy *policy, mm_time now,
				  mm_time until)
{
	struct mm_keyset *future = NULL;
	struct mm_err err = {0};

	assert_ok(mm_forecast(set, policy, now, until, 1000, &future, &err), &err);
	return future;
}

static struct mm_keyset *fresh(const struct mm_policy *policy)
{
	struct mm_keyset *set = NULL;
	struct mm_err err = {0};

	assert_ok(mm_forecast_fresh(policy, T0, &set, &err), &err);
	return set;
}

static void a_fresh_set_has_a_signer_and_a_ready_standby_for_each_algorithm(void **state)
{
	struct mm_policy policy = test_policy_for("RS256", "ES256");
	mm_auto(mm_keyset) set = fresh(&policy);
	struct mm_err err = {0};
	(void)state;

	assert_ok(mm_keyset_check(set, &err), &err);
	assert_int_equal(set->count, 4);
	for (size_t i = 0; i < policy.alg_count; i++) {
		assert_non_null(mm_keyset_signer(set, policy.algs[i], T0));
		assert_int_equal(mm_key_state(mm_keyset_standby(set, policy.algs[i]), T0), MM_STATE_READY);
	}
}

static void keys_are_published_and_activated_when_the_schedule_says(void **state)
{
	struct mm_policy policy = test_policy_for("EdDSA", NULL);
	mm_auto(mm_keyset) set = fresh(&policy);
	mm_auto(mm_keyset) future = forecast(set, &policy, T0, T0 + 31 * DAY + TEST_RETIRE_WAIT);
	const struct mm_key_record *first = mm_keyset_find(future, "planned-1");
	const struct mm_key_record *second = mm_keyset_find(future, "planned-2");
	const struct mm_key_record *third = mm_keyset_find(future, "planned-3");
	(void)state;

	assert_int_equal(future->count, 3);
	assert_int_equal(first->retired, T0 + 30 * DAY);
	assert_int_equal(first->removed, T0 + 30 * DAY + TEST_RETIRE_WAIT);
	assert_int_equal(second->activated, T0 + 30 * DAY);
	assert_int_equal(third->published, T0 + 30 * DAY - TEST_PUBLISH_WAIT);
	assert_int_equal(third->activated, MM_NEVER);
	assert_true(mm_key_is_planned(third->key));
}

static void destinations_are_assumed_to_have_every_key_at_once(void **state)
{
	struct mm_policy policy = test_policy_for("EdDSA", NULL);
	mm_auto(mm_keyset) set = NULL;
	mm_auto(mm_keyset) future = NULL;
	(void)state;

	policy.delivers = true;
	set = fresh(&policy);
	assert_false(mm_keyset_awaits_delivery(set));
	set->records[1].delivered = MM_NEVER;
	future = forecast(set, &policy, T0 + 100, T0 + 31 * DAY);
	assert_int_equal(future->records[1].delivered, T0 + 100);
	assert_int_equal(future->records[2].delivered, T0 + 30 * DAY - TEST_PUBLISH_WAIT);
	assert_int_equal(future->records[1].activated, T0 + 30 * DAY);
}

static void what_is_due_at_the_end_is_part_of_the_forecast(void **state)
{
	struct mm_policy policy = test_policy_for("EdDSA", NULL);
	mm_auto(mm_keyset) set = fresh(&policy);
	mm_auto(mm_keyset) before = forecast(set, &policy, T0, T0 + 30 * DAY - 1);
	mm_auto(mm_keyset) then = forecast(set, &policy, T0, T0 + 30 * DAY);
	(void)state;

	assert_int_equal(mm_keyset_find(before, "planned-2")->activated, MM_NEVER);
	assert_int_equal(mm_keyset_find(then, "planned-2")->activated, T0 + 30 * DAY);
}

static void a_forecast_can_be_continued(void **state)
{
	struct mm_policy policy = test_policy_for("RS256", "ES256");
	mm_auto(mm_keyset) set = fresh(&policy);
	mm_auto(mm_keyset) half = forecast(set, &policy, T0, T0 + 100 * DAY);
	mm_auto(mm_keyset) continued = forecast(half, &policy, T0 + 100 * DAY, T0 + 365 * DAY);
	mm_auto(mm_keyset) whole = forecast(set, &policy, T0, T0 + 365 * DAY);
	(void)state;

	assert_int_equal(continued->count, whole->count);
	for (size_t i = 0; i < whole->count; i++) {
		const struct mm_key_record *a = &continued->records[i], *b = &whole->records[i];

		assert_string_equal(mm_key_kid(a->key), mm_key_kid(b->key));
		assert_int_equal(a->published, b->published);
		assert_int_equal(a->activated, b->activated);
		assert_int_equal(a->retired, b->retired);
		assert_int_equal(a->removed, b->removed);
	}
}

static void every_moment_of_the_future_is_a_set_that_could_be_committed(void **state)
{
	struct mm_policy policy = test_policy_for("RS256", "ES256");
	mm_auto(mm_keyset) set = fresh(&policy);
	struct mm_err err = {0};
	(void)state;

	for (mm_time until = T0; until < T0 + 70 * DAY; until += DAY / 2) {
		mm_auto(mm_keyset) future = forecast(set, &policy, T0, until);

		assert_ok(mm_keyset_check(future, &err), &err);
	}
}

static void the_set_itself_is_not_changed(void **state)
{
	struct mm_policy policy = test_policy_for("EdDSA", NULL);
	mm_auto(mm_keyset) set = test_first_set();
	mm_auto(mm_keyset) future = forecast(set, &policy, T0, T0 + 365 * DAY);
	(void)state;

	assert_int_equal(set->count, 2);
	assert_int_equal(set->records[0].retired, MM_NEVER);
	assert_int_equal(set->records[1].activated, MM_NEVER);
	assert_true(future->count > 10);
}

static void by_hand_nothing_is_made_and_nothing_activated(void **state)
{
	struct mm_policy policy = test_policy_for("EdDSA", NULL);
	mm_auto(mm_keyset) set = test_first_set();
	mm_auto(mm_keyset) future = NULL;
	(void)state;

	policy.rotate_every = 0;
	future = forecast(set, &policy, T0, T0 + 3650 * DAY);
	assert_int_equal(future->count, 2);
	assert_int_equal(future->records[1].activated, MM_NEVER);
}

static void what_should_have_happened_before_begins_now(void **state)
{
	struct mm_policy policy = test_policy_for("EdDSA", NULL);
	mm_auto(mm_keyset) set = test_first_set();
	mm_time late = T0 + 47 * DAY;
	mm_auto(mm_keyset) future = forecast(set, &policy, late, late + TEST_PUBLISH_WAIT);
	(void)state;

	assert_int_equal(future->count, 3);
	assert_int_equal(future->records[2].published, late);
	assert_int_equal(future->records[0].retired, late + TEST_PUBLISH_WAIT);
	assert_int_equal(future->records[1].activated, late + TEST_PUBLISH_WAIT);
}

static void a_clock_before_all_records_takes_no_step_too_early(void **state)
{
	struct mm_policy policy = test_policy_for("EdDSA", NULL);
	mm_auto(mm_keyset) set = test_first_set();
	mm_auto(mm_keyset) future = forecast(set, &policy, T0 - 1000 * DAY, T0 + 30 * DAY);
	(void)state;

	assert_int_equal(future->records[1].activated, T0 + 30 * DAY);
}

static void the_past_cannot_be_forecast(void **state)
{
	struct mm_policy policy = test_policy_for("EdDSA", NULL);
	mm_auto(mm_keyset) set = test_first_set();
	struct mm_keyset *future = NULL;
	struct mm_err err = {0};
	(void)state;

	assert_fails(mm_forecast(set, &policy, T0, T0 - 1, 1000, &future, &err), MM_EREFUSED, &err);
	assert_null(future);
}

static void more_steps_than_allowed_are_not_taken(void **state)
{
	struct mm_policy policy = test_policy_for("EdDSA", NULL);
	mm_auto(mm_keyset) set = test_first_set();
	struct mm_keyset *future = NULL;
	struct mm_err err = {0};
	(void)state;

	/* The next standby, and the swap. */
	assert_fails_saying(mm_forecast(set, &policy, T0, T0 + 30 * DAY, 1, &future, &err), MM_ELIMIT, &err,
			    "2026-12-22T00:15:00Z");
	assert_null(future);
	assert_ok(mm_forecast(set, &policy, T0, T0 + 30 * DAY, 2, &future, &err), &err);
	mm_keyset_free(future);
}

static void an_empty_set_gets_its_keys(void **state)
{
	struct mm_policy policy = test_policy_for("EdDSA", NULL);
	struct mm_keyset *set = NULL;
	struct mm_err err = {0};
	mm_auto(mm_keyset) future = NULL;
	(void)state;

	assert_ok(mm_keyset_new(&set, &err), &err);
	future = forecast(set, &policy, T0, T0 + DAY);
	assert_int_equal(future->records[0].activated, T0 + TEST_PUBLISH_WAIT);
	mm_keyset_free(set);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_fresh_set_has_a_signer_and_a_ready_standby_for_each_algorithm),
		cmocka_unit_test(keys_are_published_and_activated_when_the_schedule_says),
		cmocka_unit_test(destinations_are_assumed_to_have_every_key_at_once),
		cmocka_unit_test(what_is_due_at_the_end_is_part_of_the_forecast),
		cmocka_unit_test(a_forecast_can_be_continued),
		cmocka_unit_test(every_moment_of_the_future_is_a_set_that_could_be_committed),
		cmocka_unit_test(the_set_itself_is_not_changed),
		cmocka_unit_test(by_hand_nothing_is_made_and_nothing_activated),
		cmocka_unit_test(what_should_have_happened_before_begins_now),
		cmocka_unit_test(a_clock_before_all_records_takes_no_step_too_early),
		cmocka_unit_test(the_past_cannot_be_forecast),
		cmocka_unit_test(more_steps_than_allowed_are_not_taken),
		cmocka_unit_test(an_empty_set_gets_its_keys),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
