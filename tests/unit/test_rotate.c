/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/keysets.h"

#include <mintmark/schedule.h>
#include <string.h>

#define ROTATE_EVERY (30 * 86400)

static struct mm_keyset *set;
static struct mm_policy policy;
static struct mm_err err;
static unsigned made;

static enum mm_code plan(void *arg, const struct mm_alg *alg, unsigned rsa_bits, struct mm_key **out,
			 struct mm_err *why)
{
	(void)arg, (void)rsa_bits;
	return mm_key_planned(alg, ++made, out, why);
}

static enum mm_code make_nothing(void *arg, const struct mm_alg *alg, unsigned rsa_bits, struct mm_key **out,
				 struct mm_err *why)
{
	(void)arg, (void)alg, (void)rsa_bits, (void)out;
	return mm_fail(why, MM_ECRYPTO, "no entropy");
}

static int make_set(void **state)
{
	(void)state;
	policy = test_policy_for("EdDSA", NULL);
	set = test_first_set();
	memset(&err, 0, sizeof err);
	made = 0;
	return 0;
}

static int free_set(void **state)
{
	(void)state;
	mm_keyset_free(set);
	return 0;
}

static size_t rotate(mm_time now)
{
	const struct mm_key_maker maker = {.make = plan};
	mm_auto_buf why = {0};
	size_t steps;

	assert_ok(mm_rotate(set, &policy, MM_ACTIONS_ALL, now, &maker, &why, &steps, &err), &err);
	return steps;
}

static size_t count(enum mm_key_state state, mm_time now)
{
	size_t n = 0;

	for (size_t i = 0; i < set->count; i++)
		n += mm_key_state(&set->records[i], now) == state;
	return n;
}

static void before_anything_is_due_nothing_happens(void **state)
{
	(void)state;
	assert_int_equal(rotate(T0 + ROTATE_EVERY - TEST_PUBLISH_WAIT - 1), 0);
	assert_int_equal(set->count, 2);
}

static void each_step_is_taken_at_its_time(void **state)
{
	(void)state;
	assert_int_equal(rotate(T0 + ROTATE_EVERY - TEST_PUBLISH_WAIT), 1);
	assert_int_equal(count(MM_STATE_PUBLISHED, T0 + ROTATE_EVERY - TEST_PUBLISH_WAIT), 1);
	assert_int_equal(rotate(T0 + ROTATE_EVERY), 1);
	assert_int_equal(mm_key_state(&set->records[1], T0 + ROTATE_EVERY), MM_STATE_ACTIVE);
	assert_int_equal(mm_key_state(&set->records[2], T0 + ROTATE_EVERY), MM_STATE_READY);
	assert_int_equal(rotate(T0 + ROTATE_EVERY + TEST_RETIRE_WAIT), 1);
	assert_int_equal(mm_key_state(&set->records[0], T0 + ROTATE_EVERY + TEST_RETIRE_WAIT), MM_STATE_REMOVED);
}

/* Every action is stamped with the time at which it was taken, not with that at which it was due. */
static void what_is_late_is_stamped_with_the_time_of_now(void **state)
{
	const mm_time late = T0 + 3 * ROTATE_EVERY;
	(void)state;

	assert_int_equal(rotate(late), 1);
	assert_int_equal(set->records[2].published, late);
	assert_int_equal(rotate(late + TEST_PUBLISH_WAIT - 1), 0);
	assert_int_equal(rotate(late + TEST_PUBLISH_WAIT + 5), 1);
	assert_int_equal(set->records[1].activated, late + TEST_PUBLISH_WAIT + 5);
	assert_int_equal(set->records[0].retired, late + TEST_PUBLISH_WAIT + 5);
}

static void changing_the_algorithm_is_one_swap(void **state)
{
	const mm_time ready = T0 + TEST_PUBLISH_WAIT;
	(void)state;

	policy = test_policy_for("ES256", NULL);
	assert_int_equal(rotate(T0), 2); /* the one that is to sign, and the one that is to stand by then */
	assert_ptr_equal(mm_keyset_signer(set, NULL, T0), &set->records[0]);
	assert_int_equal(rotate(ready - 1), 0);
	assert_int_equal(rotate(ready), 2); /* activate, and give up EdDSA */
	assert_ptr_equal(mm_keyset_signer(set, NULL, ready), &set->records[2]);
	assert_int_equal(mm_key_state(&set->records[0], ready), MM_STATE_RETIRED);
	assert_int_equal(mm_key_state(&set->records[1], ready), MM_STATE_REMOVED);
	assert_int_equal(mm_key_state(&set->records[3], ready), MM_STATE_READY);
}

/* A clock that is a year ahead must not remove what tokens need, nor activate what nobody asked for. */
static void what_follows_from_a_step_by_hand_waits_for_nothing(void **state)
{
	const mm_time ahead = T0 + 365 * 86400;
	const struct mm_key_maker maker = {.make = plan};
	mm_auto_buf why = {0};
	size_t steps;
	(void)state;

	assert_ok(mm_keyset_activate(set, mm_key_kid(set->records[1].key), &policy, MM_GAP_REFUSED, T0, &err), &err);
	assert_ok(mm_rotate(set, &policy, MM_ACTIONS_WITHOUT_WAIT, ahead, &maker, &why, &steps, &err), &err);
	assert_int_equal(mm_key_state(&set->records[0], ahead), MM_STATE_RETIRED);
	assert_int_equal(mm_key_state(&set->records[1], ahead), MM_STATE_ACTIVE);
	assert_true(mm_keyset_standby_count(set, test_alg("EdDSA")) > 0);
}

static void the_reasons_are_told_each_once(void **state)
{
	const struct mm_key_maker maker = {.make = plan};
	mm_auto_buf why = {0};
	size_t steps;
	(void)state;

	policy = test_policy_for("EdDSA", "ES256");
	assert_ok(mm_rotate(set, &policy, MM_ACTIONS_ALL, T0 + ROTATE_EVERY, &maker, &why, &steps, &err), &err);
	assert_int_equal(steps, 3);
	assert_string_equal(why.p, "the next rotation needs a standby; the algorithm is new");
}

static void without_a_key_nothing_is_rotated(void **state)
{
	const struct mm_key_maker maker = {.make = make_nothing};
	mm_auto_buf why = {0};
	size_t steps;
	(void)state;

	assert_fails_saying(mm_rotate(set, &policy, MM_ACTIONS_ALL, T0 + ROTATE_EVERY, &maker, &why, &steps, &err),
			    MM_ECRYPTO, &err, "no entropy");
}

static void where_destinations_were_given_up_what_waits_for_them_is_delivered(void **state)
{
	const struct mm_key_record *record;
	(void)state;

	policy.delivers = true;
	assert_int_equal(rotate(T0 + ROTATE_EVERY - TEST_PUBLISH_WAIT), 1);
	assert_int_equal(rotate(T0 + 2 * ROTATE_EVERY), 0); /* nothing is due while it is awaited */
	policy.delivers = false;
	assert_int_equal(rotate(T0 + 2 * ROTATE_EVERY), 1);
	record = &set->records[2];
	assert_int_equal(record->delivered, T0 + 2 * ROTATE_EVERY);
	assert_int_equal(rotate(mm_key_ready_at(record)), 1);
	assert_int_equal(count(MM_STATE_ACTIVE, mm_key_ready_at(record)), 1);
}

/* Ten years, looked at every 61 minutes: one signer and one standby at any time, and never more than five keys. */
static void ten_years_pass_without_a_gap(void **state)
{
	const mm_time end = T0 + 10 * 365 * 86400;
	unsigned rotations = 0;
	(void)state;

	for (mm_time now = T0; now < end; now += 3660) {
		size_t steps = rotate(now);

		rotations += steps > 0 && set->records[set->count - 1].published != now;
		assert_int_equal(count(MM_STATE_ACTIVE, now), 1);
		assert_true(count(MM_STATE_READY, now) >= 1);
		assert_in_range(mm_keyset_served(set), 2, 5);
		assert_ok(mm_keyset_check(set, &err), &err);
	}
	assert_in_range(made, 119, 122);
	assert_true(rotations > 200); /* activations and removals */
}

#define test(name) cmocka_unit_test_setup_teardown(name, make_set, free_set)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(before_anything_is_due_nothing_happens),
		test(each_step_is_taken_at_its_time),
		test(what_is_late_is_stamped_with_the_time_of_now),
		test(changing_the_algorithm_is_one_swap),
		test(what_follows_from_a_step_by_hand_waits_for_nothing),
		test(the_reasons_are_told_each_once),
		test(without_a_key_nothing_is_rotated),
		test(where_destinations_were_given_up_what_waits_for_them_is_delivered),
		test(ten_years_pass_without_a_gap),
	};

	return cmocka_run_group_tests_name("rotate", tests, NULL, NULL);
}
