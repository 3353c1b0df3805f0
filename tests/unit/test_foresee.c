/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/timelines.h"

#include "cli/foresee.h"

static mm_time ahead(const char *text)
{
	mm_time time = MM_NEVER;
	struct mm_err err = {0};

	assert_ok(mm_horizon_ahead("until", text, T0, &time, &err), &err);
	return time;
}

static mm_time back(const char *text)
{
	mm_time time = MM_NEVER;
	struct mm_err err = {0};

	assert_ok(mm_horizon_back("since", text, T0, &time, &err), &err);
	return time;
}

static void a_horizon_is_a_duration_or_a_time(void **state)
{
	(void)state;

	assert_int_equal(ahead("90d"), T0 + 90 * DAY);
	assert_int_equal(ahead("1s"), T0 + 1);
	assert_int_equal(ahead("2027-11-22T00:15:00Z"), T0 + 365 * DAY);
	assert_int_equal(back("90d"), T0 - 90 * DAY);
	assert_int_equal(back("2026-11-21T00:15:00Z"), T0 - DAY);
	assert_int_equal(back("0s"), T0);
}

static void a_horizon_may_be_in_years(void **state)
{
	(void)state;

	assert_int_equal(ahead("1y"), T0 + 365 * DAY);
	assert_int_equal(ahead("100y"), T0 + 36500 * DAY);
	assert_int_equal(back("2y"), T0 - 730 * DAY);
}

static void what_lies_before_1970_is_its_beginning(void **state)
{
	(void)state;

	assert_int_equal(back("100y"), 1);
}

static void a_horizon_on_the_wrong_side_or_too_far_away_is_refused(void **state)
{
	static const char *const wrong_ahead[] = {
		"0s",
		"0y",
		"101y",
		"9999y",
		"99999y",
		"y",
		"1y2d",
		"-1d",
		"",
		"1w",
		"2026-11-22T00:15:00Z",
		"2020-01-01T00:00:00Z",
		"9999-12-31T23:59:59Z",
		"yesterday",
		"99999999999d",
		"86400",
	};
	static const char *const wrong_back[] = {"101y", "2027-01-01T00:00:00Z", "y", "", "tomorrow"};
	struct mm_err err = {0};
	mm_time time;
	(void)state;

	for (size_t i = 0; i < MM_COUNT(wrong_ahead); i++)
		assert_fails_saying(mm_horizon_ahead("until", wrong_ahead[i], T0, &time, &err), MM_EUSAGE, &err,
				    "a time after now such as 2027-11-22T00:15:00Z, at most 100y away");
	for (size_t i = 0; i < MM_COUNT(wrong_back); i++)
		assert_fails_saying(mm_horizon_back("since", wrong_back[i], T0, &time, &err), MM_EUSAGE, &err,
				    "a time before now such as 2025-11-22T00:15:00Z, at most 100y away");
}

static void too_many_steps_are_a_limit_with_a_hint(void **state)
{
	struct test_story story = test_story_begin();
	mm_auto_foresight foresight = {0};
	struct mm_call call = {0};
	struct mm_err err = {0};
	(void)state;

	story.policy.rotate_every = TEST_PUBLISH_WAIT;
	story.policy.max_keys = 100;
	assert_fails(mm_foresee(&call, story.set, &story.policy, T0, T0, T0 + 36500 * DAY, &foresight, &err), MM_ELIMIT,
		     &err);
	assert_contains(call.hint, "--until");
	test_story_free(&story);
}

static void json_has_spans_and_events(void **state)
{
	struct test_story story = test_story_begin();
	json_t *json, *key, *span;
	(void)state;

	test_story_show(&story, T0 - 5 * DAY, T0 + 18 * DAY);
	json = mm_timeline_json(story.timeline);
	assert_int_equal(json_array_size(json_object_get(json, "keys")), 6);
	assert_int_equal(json_array_size(json_object_get(json, "events")), 8);
	assert_int_equal(json_integer_value(json_object_get(json, "left_out")), 2);
	key = json_array_get(json_object_get(json, "keys"), 0);
	assert_string_equal(json_string_value(json_object_get(key, "kid")), "planned-3");
	assert_string_equal(json_string_value(json_object_get(key, "algorithm")), "RS256");
	span = json_array_get(json_object_get(key, "spans"), 3);
	assert_string_equal(json_string_value(json_object_get(span, "state")), "revoked");
	assert_string_equal(json_string_value(json_object_get(span, "from")), "2026-11-19T00:15:00Z");
	assert_true(json_is_null(json_object_get(span, "to")));
	json_decref(json);
	test_story_free(&story);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_horizon_is_a_duration_or_a_time),
		cmocka_unit_test(a_horizon_may_be_in_years),
		cmocka_unit_test(what_lies_before_1970_is_its_beginning),
		cmocka_unit_test(a_horizon_on_the_wrong_side_or_too_far_away_is_refused),
		cmocka_unit_test(too_many_steps_are_a_limit_with_a_hint),
		cmocka_unit_test(json_has_spans_and_events),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
