/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/timelines.h"

#include <string.h>

struct expected {
	enum mm_phase_kind kind;
	mm_time from, to;
};

static void check_phases(const struct mm_life *life, const struct expected *expected, size_t count)
{
	assert_int_equal(life->count, count);
	for (size_t i = 0; i < count; i++) {
		assert_int_equal(life->phases[i].kind, expected[i].kind);
		assert_int_equal(life->phases[i].from, expected[i].from);
		assert_int_equal(life->phases[i].to, expected[i].to);
	}
}
#define CHECK_PHASES(life, ...)                                                                                        \
	check_phases((life), (const struct expected[]){__VA_ARGS__}, MM_COUNT(((const struct expected[]){__VA_ARGS__})))

static void a_removed_key_went_through_all_its_states(void **state)
{
	struct test_story story = test_story_begin();
	(void)state;

	test_story_show(&story, T0 - 70 * DAY, T0 + 10 * DAY);
	CHECK_PHASES(test_life(story.timeline, 1),
		     {MM_PHASE_PUBLISHED, T0 - 60 * DAY, T0 - 60 * DAY + TEST_PUBLISH_WAIT},
		     {MM_PHASE_READY, T0 - 60 * DAY + TEST_PUBLISH_WAIT, T0 - 50 * DAY},
		     {MM_PHASE_ACTIVE, T0 - 50 * DAY, T0 - 20 * DAY}, {MM_PHASE_RETIRED, T0 - 20 * DAY, T0 - 18 * DAY},
		     {MM_PHASE_REMOVED, T0 - 18 * DAY, MM_NEVER});
	test_story_free(&story);
}

static void a_tainted_signer_is_tainted_from_the_moment_it_retires(void **state)
{
	struct test_story story = test_story_begin();
	(void)state;

	test_story_show(&story, T0 - 70 * DAY, T0 + 10 * DAY);
	assert_int_equal(test_life(story.timeline, 2)->count, 5);
	assert_int_equal(test_life(story.timeline, 2)->phases[3].kind, MM_PHASE_TAINTED);
	assert_int_equal(test_life(story.timeline, 2)->phases[3].from, T0 - 10 * DAY);
	test_story_free(&story);
}

static void a_key_that_is_tainted_after_it_retired_was_retired_before(void **state)
{
	struct test_story story = test_story_begin();
	const struct mm_life *life;
	(void)state;

	story.set->records[1].tainted += DAY / 2;
	test_story_show(&story, T0 - 70 * DAY, T0 + 10 * DAY);
	life = test_life(story.timeline, 2);
	assert_int_equal(life->phases[3].kind, MM_PHASE_RETIRED);
	assert_int_equal(life->phases[3].to, T0 - 10 * DAY + DAY / 2);
	assert_int_equal(life->phases[4].kind, MM_PHASE_TAINTED);
	test_story_free(&story);
}

static void a_revoked_signer_is_never_retired(void **state)
{
	struct test_story story = test_story_begin();
	const struct mm_life *life;
	(void)state;

	test_story_show(&story, T0 - 70 * DAY, T0 + 10 * DAY);
	life = test_life(story.timeline, 3);
	assert_int_equal(life->count, 4);
	assert_int_equal(life->phases[2].kind, MM_PHASE_ACTIVE);
	assert_int_equal(life->phases[3].kind, MM_PHASE_REVOKED);
	assert_int_equal(life->phases[3].from, T0 - 3 * DAY);
	test_story_free(&story);
}

static void a_standby_that_is_revoked_before_it_is_ready_never_was(void **state)
{
	struct test_story story = test_story_begin();
	(void)state;

	story.set->records[4].created = T0 - 1000;
	test_published(&story.set->records[4], T0 - 1000);
	story.set->records[4].revoked = T0 - 500;
	test_story_show(&story, T0 - 70 * DAY, T0 + 10 * DAY);
	CHECK_PHASES(test_life(story.timeline, 5), {MM_PHASE_PUBLISHED, T0 - 1000, T0 - 500},
		     {MM_PHASE_REVOKED, T0 - 500, MM_NEVER});
	test_story_free(&story);
}

static void a_key_that_was_activated_before_it_was_ready_went_straight_there(void **state)
{
	struct test_story story = test_story_begin();
	const struct mm_life *life;
	(void)state;

	story.set->records[3].created = T0 - 3 * DAY - 60;
	test_published(&story.set->records[3], T0 - 3 * DAY - 60);
	test_story_show(&story, T0 - 70 * DAY, T0 + 10 * DAY);
	life = test_life(story.timeline, 4);
	assert_int_equal(life->phases[0].kind, MM_PHASE_PUBLISHED);
	assert_int_equal(life->phases[1].kind, MM_PHASE_ACTIVE);
	assert_int_equal(life->phases[1].from, T0 - 3 * DAY);
	test_story_free(&story);
}

static void a_key_that_was_delivered_later_waited_from_then_on(void **state)
{
	struct test_story story = test_story_begin();
	(void)state;

	story.set->records[3].delivered += 100;
	test_story_show(&story, T0 - 70 * DAY, T0 + 10 * DAY);
	CHECK_PHASES(test_life(story.timeline, 4), {MM_PHASE_PUBLISHED, T0 - 12 * DAY, T0 - 12 * DAY + 100},
		     {MM_PHASE_DELIVERED, T0 - 12 * DAY + 100, T0 - 12 * DAY + 100 + TEST_PUBLISH_WAIT},
		     {MM_PHASE_READY, T0 - 12 * DAY + 100 + TEST_PUBLISH_WAIT, T0 - 3 * DAY},
		     {MM_PHASE_ACTIVE, T0 - 3 * DAY, T0 + 27 * DAY});
	test_story_free(&story);
}

/* After a revoke, say: then its delivery ended no wait. */
static void a_key_that_signed_before_it_was_delivered_was_never_only_delivered(void **state)
{
	struct test_story story = test_story_begin();
	(void)state;

	story.set->records[3].delivered = T0 - 2 * DAY;
	test_story_show(&story, T0 - 70 * DAY, T0 + 10 * DAY);
	CHECK_PHASES(test_life(story.timeline, 4), {MM_PHASE_PUBLISHED, T0 - 12 * DAY, T0 - 3 * DAY},
		     {MM_PHASE_ACTIVE, T0 - 3 * DAY, T0 + 27 * DAY});
	test_story_free(&story);
}

static void a_key_that_was_never_delivered_was_never_ready(void **state)
{
	struct test_story story = test_story_begin();
	(void)state;

	story.set->records[4].delivered = MM_NEVER;
	story.set->records[4].revoked = T0 - 500;
	test_story_show(&story, T0 - 70 * DAY, T0 + 10 * DAY);
	CHECK_PHASES(test_life(story.timeline, 5), {MM_PHASE_PUBLISHED, T0 - 3 * DAY, T0 - 500},
		     {MM_PHASE_REVOKED, T0 - 500, MM_NEVER});
	test_story_free(&story);
}

static void the_first_keys_of_a_set_were_never_only_published(void **state)
{
	struct test_story story = test_story_begin();
	(void)state;

	test_story_show(&story, T0 - 70 * DAY, T0 + 10 * DAY);
	CHECK_PHASES(test_life(story.timeline, 6), {MM_PHASE_ACTIVE, T0 - 12 * DAY, T0 + 18 * DAY});
	CHECK_PHASES(test_life(story.timeline, 7), {MM_PHASE_READY, T0 - 12 * DAY, T0 + 18 * DAY});
	test_story_free(&story);
}

static void ends_beyond_the_forecast_are_foreseen(void **state)
{
	struct test_story story = test_story_begin();
	const struct mm_life *retired, *published;
	(void)state;

	test_story_show(&story, T0, T0 + 18 * DAY);
	retired = test_life(story.timeline, 6);
	assert_int_equal(retired->phases[retired->count - 1].kind, MM_PHASE_RETIRED);
	assert_int_equal(retired->phases[retired->count - 1].to, T0 + 18 * DAY + TEST_RETIRE_WAIT);
	test_story_free(&story);

	story = test_story_begin();
	test_story_show(&story, T0, T0 + 18 * DAY - 60);
	published = test_life(story.timeline, 8);
	CHECK_PHASES(published, {MM_PHASE_PUBLISHED, T0 + 18 * DAY - TEST_PUBLISH_WAIT, T0 + 18 * DAY},
		     {MM_PHASE_READY, T0 + 18 * DAY, MM_NEVER});
	test_story_free(&story);
}

static void by_hand_nobody_knows_when_a_signer_ends(void **state)
{
	struct test_story story = test_story_begin();
	(void)state;

	story.policy.rotate_every = 0;
	test_story_show(&story, T0, T0 + 90 * DAY);
	CHECK_PHASES(test_life(story.timeline, 6), {MM_PHASE_ACTIVE, T0 - 12 * DAY, MM_NEVER});
	CHECK_PHASES(test_life(story.timeline, 7), {MM_PHASE_READY, T0 - 12 * DAY, MM_NEVER});
	assert_int_equal(story.timeline->planned, story.timeline->count);
	test_story_free(&story);
}

static void keys_stand_by_algorithm_and_then_in_order_of_creation(void **state)
{
	static const char *const order[] = {"planned-1", "planned-2", "planned-3", "planned-4", "planned-5",
					    "planned-9", "planned-6", "planned-7", "planned-8"};
	struct test_story story = test_story_begin();
	(void)state;

	test_story_show(&story, T0 - 70 * DAY, T0 + 30 * DAY);
	assert_int_equal(story.timeline->count, MM_COUNT(order));
	for (size_t i = 0; i < MM_COUNT(order); i++)
		assert_string_equal(mm_key_kid(story.timeline->lives[i].record->key), order[i]);
	test_story_free(&story);
}

static void the_window_begins_with_the_oldest_key_that_is_served(void **state)
{
	struct test_story story = test_story_begin();
	mm_auto(mm_keyset) empty = NULL;
	struct mm_err err = {0};
	(void)state;

	assert_int_equal(mm_timeline_begin(story.set, T0), T0 - 12 * DAY);
	assert_int_equal(mm_timeline_begin(story.set, T0 - 1000 * DAY), T0 - 1000 * DAY);
	assert_int_equal(mm_timeline_begin(story.set, T0 - 12 * DAY - 1), T0 - 12 * DAY - 1);
	assert_ok(mm_keyset_new(&empty, &err), &err);
	assert_int_equal(mm_timeline_begin(empty, T0), T0);
	test_story_free(&story);
}

static void keys_that_were_gone_before_the_window_are_left_out(void **state)
{
	struct test_story story = test_story_begin();
	(void)state;

	test_story_show(&story, T0 - 5 * DAY, T0 + 10 * DAY);
	assert_int_equal(story.timeline->left_out, 2);
	assert_int_equal(story.timeline->count, 5);
	assert_string_equal(mm_key_kid(story.timeline->lives[0].record->key), "planned-3");
	test_story_free(&story);
}

static void a_phase_is_seen_as_far_as_it_is_in_the_window(void **state)
{
	struct test_story story = test_story_begin();
	const struct mm_timeline *timeline;
	mm_time from, to;
	(void)state;

	test_story_show(&story, T0 - 5 * DAY, T0 + 10 * DAY);
	timeline = story.timeline;
	assert_false(mm_timeline_shows(timeline, &(struct mm_phase){MM_PHASE_ACTIVE, T0 - 9 * DAY, T0 - 5 * DAY}, &from,
				       &to));
	assert_true(mm_timeline_shows(timeline, &(struct mm_phase){MM_PHASE_ACTIVE, T0 - 9 * DAY, T0}, &from, &to));
	assert_int_equal(from, T0 - 5 * DAY);
	assert_int_equal(to, T0);
	assert_true(mm_timeline_shows(timeline, &(struct mm_phase){MM_PHASE_READY, T0, MM_NEVER}, &from, &to));
	assert_int_equal(to, T0 + 10 * DAY);
	assert_false(
		mm_timeline_shows(timeline, &(struct mm_phase){MM_PHASE_READY, T0 + 10 * DAY, MM_NEVER}, &from, &to));
	assert_false(mm_timeline_shows(timeline, &(struct mm_phase){MM_PHASE_REMOVED, T0, MM_NEVER}, &from, &to));
	assert_false(
		mm_timeline_shows(timeline, &(struct mm_phase){MM_PHASE_REVOKED, T0 - 9 * DAY, MM_NEVER}, &from, &to));
	assert_true(mm_timeline_shows(timeline, &(struct mm_phase){MM_PHASE_REVOKED, T0, MM_NEVER}, &from, &to));
	assert_int_equal(from, to);
	test_story_free(&story);
}

static void events_are_the_beginnings_of_phases_in_order_of_time(void **state)
{
	static const struct {
		mm_time at;
		enum mm_phase_kind kind;
		const char *kid;
	} expected[] = {
		{T0 - 3 * DAY, MM_PHASE_PUBLISHED, "planned-5"},
		{T0 - 3 * DAY, MM_PHASE_ACTIVE, "planned-4"},
		{T0 - 3 * DAY, MM_PHASE_REVOKED, "planned-3"},
		{T0 - 3 * DAY + TEST_PUBLISH_WAIT, MM_PHASE_READY, "planned-5"},
		{T0 + 18 * DAY - TEST_PUBLISH_WAIT, MM_PHASE_PUBLISHED, "planned-8"},
		{T0 + 18 * DAY, MM_PHASE_READY, "planned-8"},
		{T0 + 18 * DAY, MM_PHASE_ACTIVE, "planned-7"},
		{T0 + 18 * DAY, MM_PHASE_RETIRED, "planned-6"},
	};
	struct test_story story = test_story_begin();
	(void)state;

	test_story_show(&story, T0 - 5 * DAY, T0 + 18 * DAY);
	assert_int_equal(story.timeline->event_count, MM_COUNT(expected));
	for (size_t i = 0; i < MM_COUNT(expected); i++) {
		const struct mm_timeline_event *event = &story.timeline->events[i];

		assert_int_equal(event->phase->from, expected[i].at);
		assert_int_equal(event->phase->kind, expected[i].kind);
		assert_string_equal(mm_key_kid(event->life->record->key), expected[i].kid);
	}
	test_story_free(&story);
}

static void a_removal_that_is_overdue_is_an_event_of_now(void **state)
{
	struct test_story story = test_story_begin();
	(void)state;

	story.set->records[1].removed = MM_NEVER;
	test_story_show(&story, T0, T0 + DAY);
	assert_int_equal(story.timeline->event_count, 1);
	assert_int_equal(story.timeline->events[0].phase->kind, MM_PHASE_REMOVED);
	assert_int_equal(story.timeline->events[0].phase->from, T0);
	test_story_free(&story);
}

static void the_most_keys_at_once_are_counted_where_they_are_first(void **state)
{
	struct test_story story = test_story_begin();
	(void)state;

	test_story_show(&story, T0, T0 + 60 * DAY);
	/* RS256 4 and 5, ES256 6 and 7; and 8, while 6 stays for its tokens. */
	assert_int_equal(story.timeline->most_served, 5);
	assert_int_equal(story.timeline->most_served_at, T0 + 18 * DAY - TEST_PUBLISH_WAIT);
	test_story_free(&story);

	story = test_story_begin();
	test_story_show(&story, T0, T0 + DAY);
	assert_int_equal(story.timeline->most_served, 4);
	assert_int_equal(story.timeline->most_served_at, T0);
	test_story_free(&story);
}

static void a_key_that_leaves_when_another_comes_is_not_counted_with_it(void **state)
{
	struct test_story story = test_story_begin();
	(void)state;

	/* The third would have been removed in the second in which the fifth was published. */
	story.set->records[2].revoked = MM_NEVER;
	story.set->records[2].retired = story.set->records[2].activated;
	story.set->records[2].removed = story.set->records[4].published;
	test_story_show(&story, T0 - 4 * DAY, T0 + DAY);
	assert_int_equal(story.timeline->most_served, 4);
	assert_int_equal(story.timeline->most_served_at, T0 - 4 * DAY);
	test_story_free(&story);
}

static void a_window_that_does_not_hold_now_is_refused(void **state)
{
	struct test_story story = test_story_begin();
	struct mm_err err = {0};
	(void)state;

	assert_fails(mm_timeline_new(story.set, &story.policy, T0 + 1, T0, T0 + 2, &story.timeline, &err), MM_EREFUSED,
		     &err);
	assert_fails(mm_timeline_new(story.set, &story.policy, T0, T0, T0, &story.timeline, &err), MM_EREFUSED, &err);
	assert_null(story.timeline);
	test_story_free(&story);
}

static void a_clock_before_all_records_has_everything_before_it(void **state)
{
	struct test_story story = test_story_begin();
	mm_time now = T0 - 1000 * DAY;
	mm_auto(mm_keyset) future = NULL;
	mm_auto(mm_timeline) timeline = NULL;
	struct mm_err err = {0};
	(void)state;

	assert_ok(mm_forecast(story.set, &story.policy, now, T0, 1000, &future, &err), &err);
	assert_ok(mm_timeline_new(future, &story.policy, mm_timeline_begin(story.set, now), now, T0, &timeline, &err),
		  &err);
	assert_int_equal(timeline->from, now);
	assert_int_equal(timeline->left_out, 0);
	assert_int_equal(timeline->count, story.set->count);
	test_story_free(&story);
}

static void a_year_of_any_policy_has_no_gap_and_no_empty_phase(void **state)
{
	struct test_story story = test_story_begin();
	(void)state;

	test_story_show(&story, T0 - 70 * DAY, T0 + 365 * DAY);
	for (size_t i = 0; i < story.timeline->count; i++) {
		const struct mm_life *life = &story.timeline->lives[i];

		for (size_t j = 0; j < life->count; j++) {
			const struct mm_phase *phase = &life->phases[j];

			assert_true(phase->to == MM_NEVER ? j + 1 == life->count : phase->to > phase->from);
			if (j > 0)
				assert_int_equal(phase->from, life->phases[j - 1].to);
		}
	}
	test_story_free(&story);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_removed_key_went_through_all_its_states),
		cmocka_unit_test(a_tainted_signer_is_tainted_from_the_moment_it_retires),
		cmocka_unit_test(a_key_that_is_tainted_after_it_retired_was_retired_before),
		cmocka_unit_test(a_revoked_signer_is_never_retired),
		cmocka_unit_test(a_standby_that_is_revoked_before_it_is_ready_never_was),
		cmocka_unit_test(a_key_that_was_activated_before_it_was_ready_went_straight_there),
		cmocka_unit_test(a_key_that_was_delivered_later_waited_from_then_on),
		cmocka_unit_test(a_key_that_signed_before_it_was_delivered_was_never_only_delivered),
		cmocka_unit_test(a_key_that_was_never_delivered_was_never_ready),
		cmocka_unit_test(the_first_keys_of_a_set_were_never_only_published),
		cmocka_unit_test(ends_beyond_the_forecast_are_foreseen),
		cmocka_unit_test(by_hand_nobody_knows_when_a_signer_ends),
		cmocka_unit_test(keys_stand_by_algorithm_and_then_in_order_of_creation),
		cmocka_unit_test(the_window_begins_with_the_oldest_key_that_is_served),
		cmocka_unit_test(keys_that_were_gone_before_the_window_are_left_out),
		cmocka_unit_test(a_phase_is_seen_as_far_as_it_is_in_the_window),
		cmocka_unit_test(events_are_the_beginnings_of_phases_in_order_of_time),
		cmocka_unit_test(a_removal_that_is_overdue_is_an_event_of_now),
		cmocka_unit_test(the_most_keys_at_once_are_counted_where_they_are_first),
		cmocka_unit_test(a_key_that_leaves_when_another_comes_is_not_counted_with_it),
		cmocka_unit_test(a_window_that_does_not_hold_now_is_refused),
		cmocka_unit_test(a_clock_before_all_records_has_everything_before_it),
		cmocka_unit_test(a_year_of_any_policy_has_no_gap_and_no_empty_phase),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
