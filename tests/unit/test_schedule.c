/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/keysets.h"

#include <mintmark/schedule.h>
#include <string.h>

#define ROTATE_EVERY (30 * 86400)

/* A set of one EdDSA signer and one ready standby since T0. */
static struct mm_keyset *set;
static struct mm_policy policy;
static struct mm_err err;

static int make_set(void **state)
{
	(void)state;
	policy = test_policy_for("EdDSA", NULL);
	set = test_first_set();
	set->revision = 1;
	memset(&err, 0, sizeof err);
	return 0;
}

static int free_set(void **state)
{
	(void)state;
	mm_keyset_free(set);
	return 0;
}

static void publish(const char *alg, mm_time now)
{
	mm_auto(mm_key) key = test_key(alg);

	assert_ok(mm_keyset_publish(set, key, &policy, mm_policy_publish_wait(&policy), now, &err), &err);
}

static void activate(size_t i, mm_time now)
{
	assert_ok(mm_keyset_activate(set, mm_key_kid(set->records[i].key), &policy, MM_GAP_ALLOWED, now, &err), &err);
}

static void revoke(size_t i, mm_time now)
{
	assert_ok(mm_keyset_revoke(set, mm_key_kid(set->records[i].key), &policy, now, &err), &err);
}

/* The next action must be of that kind, for that record (-1: none), at that time. */
static void assert_next(mm_time now, enum mm_action_kind kind, int record, mm_time at)
{
	struct mm_action next = mm_schedule_next(set, &policy, now);

	assert_string_equal(mm_action_names[next.kind], mm_action_names[kind]);
	assert_ptr_equal(next.record, record < 0 ? NULL : &set->records[record]);
	assert_int_equal(next.at, at);
}

static void assert_key(size_t record, mm_time now, enum mm_action_kind kind, mm_time at)
{
	struct mm_action next = mm_schedule_key(set, &policy, &set->records[record], now);

	assert_string_equal(mm_action_names[next.kind], mm_action_names[kind]);
	assert_int_equal(next.at, at);
}

/* ---- a rotation -------------------------------------------------------------------------------------------------- */

static void the_next_standby_is_published_one_wait_before_the_rotation(void **state)
{
	(void)state;
	assert_next(T0, MM_ACTION_PUBLISH, -1, T0 + ROTATE_EVERY - TEST_PUBLISH_WAIT);
}

static void then_the_first_standby_takes_over(void **state)
{
	(void)state;
	publish("EdDSA", T0 + ROTATE_EVERY - TEST_PUBLISH_WAIT);
	assert_next(T0, MM_ACTION_ACTIVATE, 1, T0 + ROTATE_EVERY);
}

static void then_its_predecessor_is_removed(void **state)
{
	(void)state;
	publish("EdDSA", T0 + ROTATE_EVERY - TEST_PUBLISH_WAIT);
	activate(1, T0 + ROTATE_EVERY);
	assert_next(T0 + ROTATE_EVERY, MM_ACTION_REMOVE, 0, T0 + ROTATE_EVERY + TEST_RETIRE_WAIT);
}

/* Invariant 1: downtime lengthens waits, it never skips one. */
static void a_standby_that_is_not_ready_is_waited_for(void **state)
{
	(void)state;
	revoke(1, T0);
	publish("EdDSA", T0 + ROTATE_EVERY - 10);
	publish("EdDSA", T0 + ROTATE_EVERY - 5);
	assert_next(T0 + ROTATE_EVERY, MM_ACTION_ACTIVATE, 2, T0 + ROTATE_EVERY - 5 + TEST_PUBLISH_WAIT);
}

/* Nobody takes over before there is somebody to stand by after that. */
static void a_signer_goes_on_until_there_are_two_ready_standbys(void **state)
{
	(void)state;
	publish("EdDSA", T0 + ROTATE_EVERY - 5);
	assert_next(T0 + ROTATE_EVERY, MM_ACTION_ACTIVATE, 1, T0 + ROTATE_EVERY - 5 + TEST_PUBLISH_WAIT);
}

static void but_in_a_full_jwks_it_does_not_wait(void **state)
{
	(void)state;
	policy.max_keys = 2;
	assert_next(T0, MM_ACTION_ACTIVATE, 1, T0 + ROTATE_EVERY);
}

static void after_a_long_downtime_everything_is_due_in_the_order_of_the_kinds(void **state)
{
	const mm_time late = T0 + 10 * ROTATE_EVERY;
	(void)state;

	assert_int_equal(mm_schedule_next(set, &policy, late).kind, MM_ACTION_PUBLISH);
	publish("EdDSA", late);
	assert_next(late, MM_ACTION_ACTIVATE, 1, late + TEST_PUBLISH_WAIT);
	publish("EdDSA", T0);
	assert_next(late, MM_ACTION_ACTIVATE, 1, T0 + ROTATE_EVERY);
	activate(1, late);
	assert_next(late, MM_ACTION_REMOVE, 0, late + TEST_RETIRE_WAIT);
}

/* Invariant 11. */
static void a_clock_set_back_brings_nothing_forward(void **state)
{
	(void)state;
	publish("EdDSA", T0 + 100);
	activate(1, T0 + 200);
	assert_next(T0 - 86400, MM_ACTION_REMOVE, 0, T0 + 200 + TEST_RETIRE_WAIT);
}

/* Invariant 2. */
static void the_wait_of_the_record_counts_and_not_that_of_the_policy(void **state)
{
	(void)state;
	publish("EdDSA", T0);
	activate(1, T0);
	policy.max_ttl = 1;
	assert_next(T0, MM_ACTION_REMOVE, 0, T0 + TEST_RETIRE_WAIT);
}

/* ---- a standby, always ------------------------------------------------------------------------------------------- */

static void a_missing_standby_is_due_at_once(void **state)
{
	(void)state;
	revoke(1, T0);
	assert_next(T0 + 5, MM_ACTION_PUBLISH, -1, T0 + 5);
}

static void in_a_full_jwks_it_waits_for_a_removal(void **state)
{
	(void)state;
	activate(1, T0);
	policy.max_keys = 2;
	assert_next(T0 + 5, MM_ACTION_REMOVE, 0, T0 + TEST_RETIRE_WAIT);
}

static void by_hand_nothing_is_activated(void **state)
{
	(void)state;
	policy.rotate_every = 0;
	assert_next(T0 + 100 * ROTATE_EVERY, MM_ACTION_NONE, -1, MM_NEVER);
}

static void by_hand_too_a_standby_is_published_and_a_retired_key_removed(void **state)
{
	(void)state;
	policy.rotate_every = 0;
	activate(1, T0);
	assert_next(T0, MM_ACTION_PUBLISH, -1, T0);
	publish("EdDSA", T0);
	assert_next(T0, MM_ACTION_REMOVE, 0, T0 + TEST_RETIRE_WAIT);
}

static void a_raised_max_ttl_is_promised_at_once(void **state)
{
	(void)state;
	policy.max_ttl++;
	assert_next(T0 + 3, MM_ACTION_EXTEND, 0, T0 + 3);
}

/* What was retired has signed for no longer than it was promised to stay. */
static void only_to_the_signer(void **state)
{
	(void)state;
	publish("EdDSA", T0);
	activate(1, T0 + 1);
	policy.max_ttl++;
	assert_next(T0 + 1, MM_ACTION_EXTEND, 1, T0 + 1);
	assert_ok(mm_keyset_extend(set, mm_key_kid(set->records[1].key), &policy, &err), &err);
	assert_next(T0 + 1, MM_ACTION_REMOVE, 0, T0 + 1 + TEST_RETIRE_WAIT);
}

/* ---- several algorithms ------------------------------------------------------------------------------------------ */

static void a_new_algorithm_is_published_then_waits_then_signs(void **state)
{
	(void)state;
	policy = test_policy_for("EdDSA", "ES256");
	assert_next(T0, MM_ACTION_PUBLISH, -1, T0);
	assert_ptr_equal(mm_schedule_next(set, &policy, T0).alg, test_alg("ES256"));
	publish("ES256", T0);
	assert_next(T0 + 5, MM_ACTION_PUBLISH, -1, T0 + 5); /* somebody has to stand by when it signs */
	publish("ES256", T0 + 5);
	assert_next(T0 + 5, MM_ACTION_ACTIVATE, 2, T0 + 5 + TEST_PUBLISH_WAIT);
}

static void an_algorithm_is_given_up_only_when_its_replacement_signs(void **state)
{
	(void)state;
	policy = test_policy_for("ES256", NULL);
	publish("ES256", T0);
	publish("ES256", T0);
	assert_next(T0, MM_ACTION_ACTIVATE, 2, T0 + TEST_PUBLISH_WAIT);
	activate(2, T0 + TEST_PUBLISH_WAIT);
	assert_next(T0 + TEST_PUBLISH_WAIT, MM_ACTION_RETIRE, 0, T0 + TEST_PUBLISH_WAIT);
}

/* Two processes with different configurations must not make and remove keys in a circle. */
static void a_standby_of_an_algorithm_that_was_never_used_is_removed_without_haste(void **state)
{
	(void)state;
	publish("ES256", T0);
	assert_next(T0 + TEST_PUBLISH_WAIT, MM_ACTION_REMOVE, 2, T0 + TEST_PUBLISH_WAIT + TEST_RETIRE_WAIT);
}

static void the_standby_of_an_algorithm_that_still_signs_is_kept(void **state)
{
	(void)state;
	policy = test_policy_for("ES256", NULL);
	policy.rotate_every = 0;
	publish("ES256", T0);
	publish("ES256", T0);
	assert_next(T0 + 100 * ROTATE_EVERY, MM_ACTION_NONE, -1, MM_NEVER);
}

static void in_a_full_jwks_it_makes_room_for_an_algorithm_that_has_no_key(void **state)
{
	(void)state;
	policy = test_policy_for("ES256", NULL);
	policy.max_keys = 2;
	assert_next(T0, MM_ACTION_REMOVE, 1, T0);
	policy.max_keys = 3;
	assert_next(T0, MM_ACTION_PUBLISH, -1, T0);
}

static void but_not_if_a_retired_key_is_going_to(void **state)
{
	(void)state;
	publish("EdDSA", T0);
	activate(1, T0);
	policy = test_policy_for("ES256", NULL);
	policy.max_keys = 3;
	assert_next(T0, MM_ACTION_REMOVE, 0, T0 + TEST_RETIRE_WAIT);
}

/* ---- one key ----------------------------------------------------------------------------------------------------- */

/* ---- destinations ------------------------------------------------------------------------------------------------ */

static void deliver(size_t i, mm_time at)
{
	set->records[i].delivered = at;
}

static void what_is_to_be_delivered_is_awaited(void **state)
{
	(void)state;
	policy.delivers = true;
	publish("EdDSA", T0 + 10);
	assert_next(T0 + 10, MM_ACTION_AWAIT, 2, MM_NEVER);
	assert_key(2, T0 + 10, MM_ACTION_AWAIT, MM_NEVER);
	deliver(2, T0 + 20);
	assert_next(T0 + 20, MM_ACTION_ACTIVATE, 1, T0 + ROTATE_EVERY);
	assert_key(2, T0 + 20, MM_ACTION_READY, T0 + 20 + TEST_PUBLISH_WAIT);
}

static void but_is_nothing_that_could_be_done(void **state)
{
	const struct mm_action never = {.kind = MM_ACTION_NONE}, ready = {.kind = MM_ACTION_READY, .at = T0};
	const struct mm_action due = {.kind = MM_ACTION_REMOVE, .at = T0};
	struct mm_action next;
	(void)state;

	policy.delivers = true;
	publish("EdDSA", T0);
	next = mm_schedule_next(set, &policy, MM_TIME_MAX - ROTATE_EVERY);
	assert_int_equal(next.kind, MM_ACTION_AWAIT);
	assert_false(mm_action_is_due(&next, MM_TIME_MAX));
	assert_false(mm_action_is_due(&never, T0));
	assert_false(mm_action_is_due(&ready, T0));
	assert_false(mm_action_is_due(&due, T0 - 1));
	assert_true(mm_action_is_due(&due, T0));
}

static void what_is_due_comes_before_it_and_what_is_foreseen_after_it(void **state)
{
	mm_time removable = T0 + 1 + TEST_RETIRE_WAIT;
	(void)state;

	activate(1, T0 + 1);
	policy.delivers = true;
	publish("EdDSA", T0 + 1);
	assert_next(removable - 1, MM_ACTION_AWAIT, 2, MM_NEVER);
	assert_next(removable, MM_ACTION_REMOVE, 0, removable);
}

/* Invariant 1: whatever the clock says. */
static void nothing_takes_over_before_it_is_delivered(void **state)
{
	(void)state;
	revoke(1, T0);
	policy.delivers = true;
	publish("EdDSA", T0);
	publish("EdDSA", T0);
	assert_next(T0 + 2 * ROTATE_EVERY, MM_ACTION_AWAIT, 2, MM_NEVER);
	assert_key(0, T0 + 2 * ROTATE_EVERY, MM_ACTION_AWAIT, MM_NEVER);
	deliver(2, T0 + 2 * ROTATE_EVERY);
	deliver(3, T0 + 2 * ROTATE_EVERY);
	assert_next(T0 + 2 * ROTATE_EVERY, MM_ACTION_ACTIVATE, 2, T0 + 2 * ROTATE_EVERY + TEST_PUBLISH_WAIT);
}

static void nor_before_the_standby_after_it_is(void **state)
{
	(void)state;
	policy.delivers = true;
	publish("EdDSA", T0 + ROTATE_EVERY - TEST_PUBLISH_WAIT);
	assert_next(T0 + ROTATE_EVERY, MM_ACTION_AWAIT, 2, MM_NEVER);
	assert_key(0, T0 + ROTATE_EVERY - 1, MM_ACTION_RETIRE, T0 + ROTATE_EVERY);
	assert_key(0, T0 + ROTATE_EVERY, MM_ACTION_AWAIT, MM_NEVER);
	assert_key(1, T0 + ROTATE_EVERY, MM_ACTION_AWAIT, MM_NEVER);
	deliver(2, T0 + ROTATE_EVERY + 5);
	assert_next(T0 + ROTATE_EVERY + 5, MM_ACTION_ACTIVATE, 1, T0 + ROTATE_EVERY + 5 + TEST_PUBLISH_WAIT);
}

static void without_destinations_what_waits_for_them_is_delivered_at_once(void **state)
{
	(void)state;
	policy.delivers = true;
	publish("EdDSA", T0 + 10);
	policy.delivers = false;
	assert_next(T0 + 20, MM_ACTION_DELIVER, 2, T0 + 20);
	assert_key(2, T0 + 20, MM_ACTION_DELIVER, T0 + 20);
}

static void a_standby_that_is_not_wanted_goes_delivered_or_not(void **state)
{
	mm_time gone = T0 + 10 + TEST_PUBLISH_WAIT + TEST_RETIRE_WAIT;
	(void)state;

	policy.delivers = true;
	publish("ES256", T0 + 10);
	assert_next(gone - 1, MM_ACTION_AWAIT, 2, MM_NEVER);
	assert_next(gone, MM_ACTION_REMOVE, 2, gone);
}

static void each_key_knows_what_comes_next_for_it(void **state)
{
	(void)state;
	publish("EdDSA", T0);
	assert_key(0, T0, MM_ACTION_RETIRE, T0 + ROTATE_EVERY);
	assert_key(1, T0, MM_ACTION_ACTIVATE, T0 + ROTATE_EVERY);
	assert_key(2, T0, MM_ACTION_READY, T0 + TEST_PUBLISH_WAIT);
	assert_key(2, T0 + TEST_PUBLISH_WAIT, MM_ACTION_NONE, MM_NEVER); /* the other one is first */
	activate(1, T0 + 1);
	assert_key(0, T0 + 1, MM_ACTION_REMOVE, T0 + 1 + TEST_RETIRE_WAIT);
	revoke(0, T0 + 1);
	assert_key(0, T0 + 1, MM_ACTION_NONE, MM_NEVER);
}

static void by_hand_signer_and_standby_stay(void **state)
{
	(void)state;
	policy.rotate_every = 0;
	assert_key(0, T0, MM_ACTION_NONE, MM_NEVER);
	assert_key(1, T0, MM_ACTION_NONE, MM_NEVER);
}

static void the_schedule_of_an_empty_set_is_its_first_keys(void **state)
{
	mm_auto(mm_keyset) empty = NULL;
	(void)state;

	assert_ok(mm_keyset_new(&empty, &err), &err);
	assert_int_equal(mm_schedule_next(empty, &policy, T0).kind, MM_ACTION_PUBLISH);
}

#define test(name) cmocka_unit_test_setup_teardown(name, make_set, free_set)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(the_next_standby_is_published_one_wait_before_the_rotation),
		test(then_the_first_standby_takes_over),
		test(then_its_predecessor_is_removed),
		test(a_standby_that_is_not_ready_is_waited_for),
		test(a_signer_goes_on_until_there_are_two_ready_standbys),
		test(but_in_a_full_jwks_it_does_not_wait),
		test(after_a_long_downtime_everything_is_due_in_the_order_of_the_kinds),
		test(a_clock_set_back_brings_nothing_forward),
		test(the_wait_of_the_record_counts_and_not_that_of_the_policy),
		test(a_missing_standby_is_due_at_once),
		test(in_a_full_jwks_it_waits_for_a_removal),
		test(by_hand_nothing_is_activated),
		test(by_hand_too_a_standby_is_published_and_a_retired_key_removed),
		test(a_raised_max_ttl_is_promised_at_once),
		test(only_to_the_signer),
		test(a_new_algorithm_is_published_then_waits_then_signs),
		test(an_algorithm_is_given_up_only_when_its_replacement_signs),
		test(a_standby_of_an_algorithm_that_was_never_used_is_removed_without_haste),
		test(the_standby_of_an_algorithm_that_still_signs_is_kept),
		test(in_a_full_jwks_it_makes_room_for_an_algorithm_that_has_no_key),
		test(but_not_if_a_retired_key_is_going_to),
		test(what_is_to_be_delivered_is_awaited),
		test(but_is_nothing_that_could_be_done),
		test(what_is_due_comes_before_it_and_what_is_foreseen_after_it),
		test(nothing_takes_over_before_it_is_delivered),
		test(nor_before_the_standby_after_it_is),
		test(without_destinations_what_waits_for_them_is_delivered_at_once),
		test(a_standby_that_is_not_wanted_goes_delivered_or_not),
		test(each_key_knows_what_comes_next_for_it),
		test(by_hand_signer_and_standby_stay),
		test(the_schedule_of_an_empty_set_is_its_first_keys),
	};

	return cmocka_run_group_tests_name("schedule", tests, NULL, NULL);
}
