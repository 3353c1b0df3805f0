/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/timelines.h"

#include "cli/timescale.h"

#include <string.h>

/* A window without keys. */
static struct mm_timeline window(mm_time from, mm_time now, mm_time to)
{
	return (struct mm_timeline){.from = from, .now = now, .to = to};
}

/* ---- places ------------------------------------------------------------------------------------------------------ */

static void now_is_between_two_cells_with_the_past_before_it(void **state)
{
	struct mm_timeline timeline = window(T0 - 10 * DAY, T0, T0 + 30 * DAY);
	struct mm_scale scale = mm_scale_cells(&timeline, 60);
	(void)state;

	assert_int_equal(scale.now, 15);
	assert_int_equal(mm_scale_place(&scale, T0 - 1), 14);
	assert_int_equal(mm_scale_place(&scale, T0), 15);
	assert_int_equal(mm_scale_place(&scale, T0 - 100 * DAY), 0);
	assert_int_equal(mm_scale_place(&scale, T0 + 15 * DAY), 37);
	assert_int_equal(mm_scale_place(&scale, T0 + 100 * DAY), 60);
}

static void neither_past_nor_future_is_without_a_cell(void **state)
{
	struct mm_timeline recent = window(T0 - 1, T0, T0 + 300 * DAY), old = window(T0 - 300 * DAY, T0, T0 + 1),
			   fresh = window(T0, T0, T0 + DAY);
	(void)state;

	assert_int_equal(mm_scale_cells(&recent, 60).now, 1);
	assert_int_equal(mm_scale_cells(&old, 60).now, 59);
	assert_int_equal(mm_scale_cells(&fresh, 60).now, 0);
}

static void a_drawing_is_linear(void **state)
{
	struct mm_timeline timeline = window(T0 - 10 * DAY, T0, T0 + 30 * DAY);
	struct mm_scale scale = mm_scale_drawn(&timeline, 800, 4);
	(void)state;

	assert_float_equal(mm_scale_place(&scale, T0 - 5 * DAY), 100, 0.001);
	assert_float_equal(mm_scale_place(&scale, T0), 200, 0.001);
	assert_float_equal(mm_scale_place(&scale, T0 + DAY), 220, 0.001);
}

/* ---- bars -------------------------------------------------------------------------------------------------------- */

static void every_phase_has_a_cell_whatever_its_length(void **state)
{
	struct test_story story = test_story_begin();
	(void)state;

	test_story_show(&story, T0 - 5 * DAY, T0 + 300 * DAY);
	for (size_t cells = MM_PHASE_KINDS; cells < 200; cells++) {
		struct mm_scale scale = mm_scale_cells(story.timeline, cells);

		for (size_t i = 0; i < story.timeline->count; i++) {
			struct mm_bar bars[MM_PHASE_KINDS];
			size_t count = mm_scale_bars(&scale, &story.timeline->lives[i], bars);

			for (size_t j = 0; j < count; j++) {
				assert_true(bars[j].to - bars[j].from >= 1);
				assert_true(j == 0 ? bars[j].from >= 0 : bars[j].from >= bars[j - 1].to);
				assert_true(bars[j].to <= (double)cells);
			}
		}
	}
	test_story_free(&story);
}

static void what_is_pushed_over_the_right_edge_is_pushed_back(void **state)
{
	struct mm_timeline timeline = window(T0, T0, T0 + 100);
	struct mm_scale scale = mm_scale_cells(&timeline, 10);
	struct mm_life life = {.count = 3,
			       .phases = {{MM_PHASE_READY, T0, T0 + 97},
					  {MM_PHASE_ACTIVE, T0 + 97, T0 + 98},
					  {MM_PHASE_RETIRED, T0 + 98, T0 + 99}}};
	struct mm_bar bars[MM_PHASE_KINDS];
	(void)state;

	assert_int_equal(mm_scale_bars(&scale, &life, bars), 3);
	assert_int_equal(bars[0].from, 0);
	assert_int_equal(bars[0].to, 8);
	assert_int_equal(bars[1].from, 8);
	assert_int_equal(bars[2].from, 9);
	assert_int_equal(bars[2].to, 10);
}

static void what_is_not_to_be_seen_has_no_bar(void **state)
{
	struct test_story story = test_story_begin();
	struct mm_scale scale;
	struct mm_bar bars[MM_PHASE_KINDS];
	(void)state;

	test_story_show(&story, T0 - 9 * DAY, T0 + DAY);
	scale = mm_scale_cells(story.timeline, 60);
	assert_int_equal(mm_scale_bars(&scale, test_life(story.timeline, 2), bars), 1);
	assert_int_equal(bars[0].phase->kind, MM_PHASE_TAINTED);
	test_story_free(&story);
}

/* ---- ticks ------------------------------------------------------------------------------------------------------- */

/* The labels, with spaces between them. */
static void check_labels(mm_time from, mm_time to, size_t room, const char *expected)
{
	struct mm_tick ticks[MM_TICKS_MAX];
	size_t count = mm_ticks(from, to, room, ticks);
	char labels[1024] = "";

	for (size_t i = 0; i < count; i++) {
		strcat(labels, i > 0 ? " " : "");
		strcat(labels, ticks[i].label);
	}
	assert_string_equal(labels, expected);
}

static void ticks_are_round_times_of_the_calendar(void **state)
{
	(void)state;

	check_labels(T0, T0 + 40, 60, "00:15:00 00:15:15 00:15:30");
	check_labels(T0, T0 + 3600, 60, "00:15 00:30 00:45 01:00");
	check_labels(T0 - 3600, T0 + 6 * 3600, 60, "Nov 22 01:00 02:00 03:00 04:00 05:00 06:00");
	check_labels(T0, T0 + 3 * DAY, 60, "12:00 Nov 23 12:00 Nov 24 12:00 Nov 25");
	check_labels(T0, T0 + 4 * DAY, 60, "Nov 23 Nov 24 Nov 25 Nov 26");
	check_labels(T0, T0 + 30 * DAY, 60, "Nov 23 Nov 30 Dec 7 Dec 14 Dec 21");
	check_labels(T0, T0 + 180 * DAY, 60, "Dec 2027 Feb Mar Apr May");
	check_labels(T0, T0 + 1000 * DAY, 60, "2027 Apr Jul Oct 2028 Apr Jul Oct 2029 Apr Jul");
	check_labels(T0, T0 + 10000 * DAY, 60, "2030 2035 2040 2045 2050");
}

static void months_of_different_length_begin_on_their_first(void **state)
{
	struct mm_tick ticks[MM_TICKS_MAX];
	size_t count = mm_ticks(T0, T0 + 180 * DAY, 60, ticks);
	char text[MM_TIME_TEXT_SIZE];
	(void)state;

	for (size_t i = 0; i < count; i++) {
		mm_time_format(ticks[i].at, text);
		assert_string_equal(text + strlen("2026-12-"), "01T00:00:00Z");
	}
}

static void ticks_leave_room_for_their_labels_from_a_minute_to_a_century(void **state)
{
	(void)state;

	for (mm_duration length = 60; length < 36600 * DAY; length += length / 7) {
		for (size_t room = 10; room < 300; room += 13) {
			struct mm_tick ticks[MM_TICKS_MAX];
			size_t count = mm_ticks(T0, T0 + length, room, ticks);
			size_t needed = 0;

			for (size_t i = 0; i < count; i++) {
				needed += strlen(ticks[i].label) + (i > 0);
				assert_true(ticks[i].at >= T0 && ticks[i].at < T0 + length);
				assert_true(i == 0 || ticks[i].at > ticks[i - 1].at);
			}
			assert_true(needed <= room);
		}
	}
}

static void a_short_time_is_as_fine_as_the_window(void **state)
{
	struct mm_timeline days = window(T0, T0, T0 + 30 * DAY), hours = window(T0, T0, T0 + DAY),
			   seconds = window(T0, T0, T0 + 60);
	char text[MM_TICK_LABEL_SIZE];
	(void)state;

	mm_time_short(&days, T0, text);
	assert_string_equal(text, "Nov 22");
	mm_time_short(&hours, T0, text);
	assert_string_equal(text, "00:15");
	mm_time_short(&seconds, T0 + 7, text);
	assert_string_equal(text, "00:15:07");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(now_is_between_two_cells_with_the_past_before_it),
		cmocka_unit_test(neither_past_nor_future_is_without_a_cell),
		cmocka_unit_test(a_drawing_is_linear),
		cmocka_unit_test(every_phase_has_a_cell_whatever_its_length),
		cmocka_unit_test(what_is_pushed_over_the_right_edge_is_pushed_back),
		cmocka_unit_test(what_is_not_to_be_seen_has_no_bar),
		cmocka_unit_test(ticks_are_round_times_of_the_calendar),
		cmocka_unit_test(months_of_different_length_begin_on_their_first),
		cmocka_unit_test(ticks_leave_room_for_their_labels_from_a_minute_to_a_century),
		cmocka_unit_test(a_short_time_is_as_fine_as_the_window),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
