/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/keysets.h"

/* Every test starts from an empty set, which is freed after it. */
static int make_set(void **state)
{
	struct mm_keyset *set = NULL;

	assert_ok(mm_keyset_new(&set, NULL), NULL);
	*state = set;
	return 0;
}

static int free_set(void **state)
{
	mm_keyset_free(*state);
	return 0;
}

static void assert_good(const struct mm_keyset *set)
{
	struct mm_err err = {0};

	assert_ok(mm_keyset_check(set, &err), &err);
}

static void assert_refused(const struct mm_keyset *set, const char *why)
{
	struct mm_err err = {0};

	assert_fails_saying(mm_keyset_check(set, &err), MM_EREFUSED, &err, why);
}

static struct mm_key_record *standby(struct mm_keyset *set, const char *alg, mm_time published)
{
	struct mm_key_record *record = test_record(set, alg);

	record->created = published;
	test_published(record, published);
	return record;
}

static struct mm_key_record *retired(struct mm_keyset *set, const char *alg, mm_time at)
{
	struct mm_key_record *record = test_active(set, alg);

	record->retired = at;
	record->retire_wait = 100;
	return record;
}

/* ---- what is good ----------------------------------------------------------------------------------------------- */

static void an_empty_set_is_good(void **state)
{
	assert_good(*state);
}

static void a_key_in_every_state_is_good(void **state)
{
	struct mm_keyset *set = *state;

	retired(set, "EdDSA", T0 + 10)->removed = T0 + 110;
	retired(set, "EdDSA", T0 + 10)->revoked = T0 + 20;
	retired(set, "EdDSA", T0 + 20)->tainted = T0 + 30;
	test_active(set, "EdDSA")->activated = T0 + 20;
	standby(set, "EdDSA", T0)->publish_wait = 3720;
	test_record(set, "EdDSA");
	test_record(set, "EdDSA")->removed = T0;
	standby(set, "EdDSA", T0)->revoked = T0 + 5;
	assert_good(set);
}

static void all_steps_within_one_second_are_good(void **state)
{
	struct mm_keyset *set = *state;
	struct mm_key_record *record = test_active(set, "EdDSA");

	record->retired = T0;
	record->removed = T0;
	test_active(set, "EdDSA");
	assert_good(set);
}

/* A set that was good when it was committed can be read for ever after, whatever the clock does. */
static void times_far_from_now_are_good(void **state)
{
	struct mm_key_record *record = test_active(*state, "EdDSA");

	record->created = 1;
	test_published(record, 1);
	record->activated = MM_TIME_MAX;
	assert_good(*state);
}

/* ---- steps of one key ------------------------------------------------------------------------------------------- */

static void created_must_be_there(void **state)
{
	test_active(*state, "EdDSA")->created = MM_NEVER;
	assert_refused(*state, "created is missing");
}

static void published_before_created_is_refused(void **state)
{
	test_active(*state, "EdDSA")->created = T0 + 1;
	assert_refused(*state, "published (2026-11-22T00:15:00Z) before it was created (2026-11-22T00:15:01Z)");
}

static void activated_before_published_is_refused(void **state)
{
	test_active(*state, "EdDSA")->activated = T0 - 1;
	assert_refused(*state, "activated");
}

static void retired_before_activated_is_refused(void **state)
{
	test_active(*state, "EdDSA");
	retired(*state, "ES256", T0 - 1);
	assert_refused(*state, "retired (2026-11-22T00:14:59Z) before it was activated");
}

static void removed_before_retired_is_refused(void **state)
{
	test_active(*state, "EdDSA");
	retired(*state, "ES256", T0 + 10)->removed = T0 + 9;
	assert_refused(*state, "before it was retired");
}

/* The step between is missing: the order still holds between its neighbours. */
static void removed_before_published_is_refused(void **state)
{
	test_active(*state, "EdDSA");
	standby(*state, "EdDSA", T0 + 10)->removed = T0 + 9;
	((struct mm_keyset *)*state)->records[1].created = T0;
	assert_refused(*state, "before it was published");
}

static void activated_without_published_is_refused(void **state)
{
	test_published(test_active(*state, "EdDSA"), MM_NEVER);
	assert_refused(*state, "activated or retired, but never published");
}

static void retired_without_published_is_refused(void **state)
{
	test_active(*state, "EdDSA");
	test_record(*state, "EdDSA")->retired = T0;
	assert_refused(*state, "never published");
}

static void removed_without_retired_is_refused_of_a_key_that_signed(void **state)
{
	test_active(*state, "EdDSA");
	test_active(*state, "ES256")->removed = T0 + 1;
	assert_refused(*state, "removed, but not retired");
}

/* Invariant 2: tokens that it signed may still be valid. */
static void removed_before_retire_wait_has_passed_is_refused(void **state)
{
	struct mm_key_record *record;

	test_active(*state, "EdDSA");
	record = retired(*state, "ES256", T0 + 10);
	record->removed = T0 + 109;
	assert_refused(*state, "before its retire_wait of 100 seconds had passed");
	record->removed = T0 + 110;
	assert_good(*state);
}

static void tainted_without_retired_is_refused(void **state)
{
	test_active(*state, "EdDSA")->tainted = T0;
	assert_refused(*state, "tainted, but not retired");
}

static void tainted_before_created_is_refused(void **state)
{
	test_active(*state, "EdDSA");
	retired(*state, "ES256", T0)->tainted = T0 - 1;
	assert_refused(*state, "tainted");
}

static void a_step_after_revoked_is_refused(void **state)
{
	test_active(*state, "EdDSA");
	retired(*state, "ES256", T0 + 10)->revoked = T0 + 9;
	assert_refused(*state, "revoked (2026-11-22T00:15:09Z) before it was retired (2026-11-22T00:15:10Z)");
}

static void a_wait_without_its_step_is_refused(void **state)
{
	struct mm_key_record *record;

	test_active(*state, "EdDSA");
	record = test_record(*state, "EdDSA");
	record->publish_wait = 1;
	assert_refused(*state, "publish_wait without published");
	record->publish_wait = 0;
	record->retire_wait = 1;
	assert_refused(*state, "retire_wait without activated or retired");
}

static void waits_must_be_durations(void **state)
{
	struct mm_key_record *record = test_active(*state, "EdDSA");

	record->publish_wait = -1;
	assert_refused(*state, "publish_wait");
	record->publish_wait = INT64_MAX;
	assert_refused(*state, "publish_wait");
	record->publish_wait = 0;
	record->retired = T0;
	record->retire_wait = -1;
	assert_refused(*state, "retire_wait");
}

static void times_that_cannot_be_written_are_refused(void **state)
{
	struct mm_key_record *record = test_active(*state, "EdDSA");

	record->activated = MM_TIME_MAX + 1;
	assert_refused(*state, "activated is not a time");
	record->activated = T0;
	record->created = -1;
	assert_refused(*state, "created is not a time");
	record->created = T0;
	record->retired = T0;
	record->tainted = INT64_MAX;
	assert_refused(*state, "tainted is not a time");
	record->tainted = MM_NEVER;
	record->revoked = INT64_MIN;
	assert_refused(*state, "revoked is not a time");
}

/* ---- delivery ---------------------------------------------------------------------------------------------------- */

/* A key may sign before every destination has it: after a revoke, or in the first key set. */
static void a_key_may_be_delivered_at_any_time_while_it_is_served(void **state)
{
	struct mm_key_record *record;

	test_active(*state, "ES256");
	record = test_active(*state, "EdDSA");
	record->delivered = MM_NEVER;
	assert_good(*state);
	record->delivered = T0 + 100;
	assert_good(*state);
	record->retired = T0 + 50;
	assert_good(*state);
	record->removed = T0 + 100;
	assert_good(*state);
}

static void delivered_before_published_is_refused(void **state)
{
	test_active(*state, "EdDSA")->delivered = T0 - 1;
	assert_refused(*state, "delivered (2026-11-22T00:14:59Z) before it was published");
}

static void delivered_without_published_is_refused(void **state)
{
	test_active(*state, "EdDSA");
	test_record(*state, "EdDSA")->delivered = T0;
	assert_refused(*state, "delivered, but never published");
}

static void a_tombstone_is_not_delivered(void **state)
{
	struct mm_key_record *record;

	test_active(*state, "EdDSA");
	record = standby(*state, "EdDSA", T0);
	record->delivered = T0 + 2;
	record->removed = T0 + 1;
	assert_refused(*state, "removed (2026-11-22T00:15:01Z) before it was delivered");
	record->removed = MM_NEVER;
	record->revoked = T0 + 1;
	assert_refused(*state, "revoked (2026-11-22T00:15:01Z) before it was delivered");
}

static void a_delivery_that_cannot_be_written_is_refused(void **state)
{
	test_active(*state, "EdDSA")->delivered = MM_TIME_MAX + 1;
	assert_refused(*state, "delivered is not a time");
}

static void the_message_names_the_key(void **state)
{
	struct mm_keyset *set = *state;

	test_active(set, "EdDSA");
	test_active(set, "ES256")->created = MM_NEVER;
	assert_refused(set, mm_key_kid(set->records[1].key));
}

/* ---- the set as a whole ----------------------------------------------------------------------------------------- */

static void a_kid_that_is_there_twice_is_refused(void **state)
{
	struct mm_keyset *set = *state;
	struct mm_key_record *twin;

	test_active(set, "EdDSA");
	twin = standby(set, "EdDSA", T0);
	mm_key_free(twin->key);
	twin->key = mm_key_ref(set->records[0].key);
	assert_refused(set, "twice");
	twin->revoked = T0; /* also as a tombstone */
	assert_refused(set, "twice");
}

static void two_signers_of_one_algorithm_are_refused(void **state)
{
	test_active(*state, "EdDSA");
	test_active(*state, "EdDSA");
	assert_refused(*state, "EdDSA: two keys sign");
}

static void a_signer_for_each_of_several_algorithms_is_good(void **state)
{
	test_active(*state, "EdDSA");
	test_active(*state, "ES256");
	standby(*state, "ES256", T0);
	assert_good(*state);
}

static void a_set_in_which_nobody_signs_is_refused(void **state)
{
	standby(*state, "EdDSA", T0);
	assert_refused(*state, "no key signs");
}

static void a_set_of_tombstones_alone_is_refused(void **state)
{
	test_active(*state, "EdDSA")->revoked = T0 + 1;
	assert_refused(*state, "no key signs");
}

static void a_standby_that_did_not_take_over_is_refused(void **state)
{
	struct mm_keyset *set = *state;
	struct mm_key_record *stopped;

	test_active(set, "EdDSA");
	standby(set, "ES256", T0 + 10);
	stopped = retired(set, "ES256", T0 + 10);
	assert_refused(set, "ES256: no key signs");
	stopped->retired = MM_NEVER;
	stopped->retire_wait = 0;
	stopped->revoked = T0 + 10;
	assert_refused(set, "did not take over");
}

/* Of several that stopped, the last one counts, wherever in the set it stands. */
static void a_standby_must_take_over_from_the_last_signer(void **state)
{
	struct mm_keyset *set = *state;

	test_active(set, "EdDSA");
	retired(set, "ES256", T0 + 20);
	retired(set, "ES256", T0 + 5);
	standby(set, "ES256", T0 + 10);
	assert_refused(set, "did not take over");
	set->records[1].retired = T0 + 5;
	set->records[2].retired = T0 + 20;
	assert_refused(set, mm_key_kid(set->records[2].key));
}

static void an_algorithm_may_be_introduced_beside_another(void **state)
{
	test_active(*state, "EdDSA");
	standby(*state, "ES256", T0);
	assert_good(*state);
}

static void an_algorithm_may_be_given_up_for_another(void **state)
{
	test_active(*state, "EdDSA");
	retired(*state, "ES256", T0 + 10);
	assert_good(*state);
}

/* Back to an algorithm that was given up: its new key was published after the last signer had stopped. */
static void an_algorithm_may_come_back(void **state)
{
	test_active(*state, "EdDSA");
	retired(*state, "ES256", T0 + 10);
	standby(*state, "ES256", T0 + 11);
	assert_good(*state);
}

static void a_generated_key_need_not_take_over(void **state)
{
	test_active(*state, "EdDSA");
	retired(*state, "ES256", T0 + 10);
	test_record(*state, "ES256");
	assert_good(*state);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_set, free_set)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(an_empty_set_is_good),
		TEST(a_key_in_every_state_is_good),
		TEST(all_steps_within_one_second_are_good),
		TEST(times_far_from_now_are_good),
		TEST(created_must_be_there),
		TEST(published_before_created_is_refused),
		TEST(activated_before_published_is_refused),
		TEST(retired_before_activated_is_refused),
		TEST(removed_before_retired_is_refused),
		TEST(removed_before_published_is_refused),
		TEST(activated_without_published_is_refused),
		TEST(retired_without_published_is_refused),
		TEST(removed_without_retired_is_refused_of_a_key_that_signed),
		TEST(removed_before_retire_wait_has_passed_is_refused),
		TEST(tainted_without_retired_is_refused),
		TEST(tainted_before_created_is_refused),
		TEST(a_step_after_revoked_is_refused),
		TEST(a_wait_without_its_step_is_refused),
		TEST(waits_must_be_durations),
		TEST(times_that_cannot_be_written_are_refused),
		TEST(a_key_may_be_delivered_at_any_time_while_it_is_served),
		TEST(delivered_before_published_is_refused),
		TEST(delivered_without_published_is_refused),
		TEST(a_tombstone_is_not_delivered),
		TEST(a_delivery_that_cannot_be_written_is_refused),
		TEST(the_message_names_the_key),
		TEST(a_kid_that_is_there_twice_is_refused),
		TEST(two_signers_of_one_algorithm_are_refused),
		TEST(a_signer_for_each_of_several_algorithms_is_good),
		TEST(a_set_in_which_nobody_signs_is_refused),
		TEST(a_set_of_tombstones_alone_is_refused),
		TEST(a_standby_that_did_not_take_over_is_refused),
		TEST(a_standby_must_take_over_from_the_last_signer),
		TEST(an_algorithm_may_be_introduced_beside_another),
		TEST(an_algorithm_may_be_given_up_for_another),
		TEST(an_algorithm_may_come_back),
		TEST(a_generated_key_need_not_take_over),
	};

	return cmocka_run_group_tests_name("keyset_check", tests, NULL, NULL);
}
