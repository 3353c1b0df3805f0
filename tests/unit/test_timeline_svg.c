/* SPDX-License-Identifier: Apache-2.0 */
/* That it is XML, and where its shapes stand, tests/functional/test_cli_timeline.py looks at. */
#include "tests/unit/timelines.h"

#include "cli/timeline_svg.h"

#include <stdlib.h>
#include <string.h>

static char *drawing_of(const struct mm_timeline *timeline, const char *title)
{
	struct mm_buf out = {0};

	mm_timeline_svg(timeline, title, &out);
	assert_false(out.failed);
	return mm_buf_take(&out);
}

static size_t count(const char *text, const char *part)
{
	size_t found = 0;

	for (text = strstr(text, part); text; text = strstr(text + 1, part))
		found++;
	return found;
}

static void a_delivery_that_came_later_is_a_shape_of_its_own(void **state)
{
	struct test_story story = test_story_begin();
	char *text;
	(void)state;

	story.set->records[3].delivered += 2 * DAY;
	test_story_show(&story, T0 - 13 * DAY, T0 + 30 * DAY);
	text = drawing_of(story.timeline, "keys");
	assert_contains(text, "<title>planned-4 RS256 delivered 2026-11-12T00:15:00Z → 2026-11-12T01:17:00Z</title>");
	assert_contains(text, ">delivered, waits</text>");
	free(text);
	test_story_free(&story);
}

static void every_phase_in_the_window_is_drawn_and_told(void **state)
{
	struct test_story story = test_story_begin();
	char *text;
	(void)state;

	test_story_show(&story, T0 - 12 * DAY, T0 + 30 * DAY);
	text = drawing_of(story.timeline, "keys");
	assert_int_equal(count(text, "<title>planned-3 RS256 "), 3);
	assert_contains(text, "<title>planned-3 RS256 ready 2026-11-02T01:17:00Z → 2026-11-12T00:15:00Z</title>");
	assert_contains(text, "<title>planned-3 RS256 revoked 2026-11-19T00:15:00Z</title></path>");
	assert_contains(text, "<title>planned-2 RS256 tainted ");
	assert_int_equal(count(text, "planned-1 "), 0);
	/* The fourth, the sixth, the fifth and the seventh sign; one is in the legend. */
	assert_int_equal(count(text, "class=\"active\""), 7);
	free(text);
	test_story_free(&story);
}

static void the_legend_explains_what_is_drawn_and_nothing_else(void **state)
{
	struct test_story story = test_story_begin();
	char *text;
	(void)state;

	test_story_show(&story, T0, T0 + DAY);
	text = drawing_of(story.timeline, "keys");
	assert_contains(text, ">active, signs</text>");
	assert_contains(text, ">ready, stands by</text>");
	assert_null(strstr(text, ">revoked</text>"));
	free(text);
	test_story_free(&story);
}

static void a_title_is_text_whatever_it_holds(void **state)
{
	struct test_story story = test_story_begin();
	char *text;
	(void)state;

	test_story_show(&story, T0, T0 + DAY);
	text = drawing_of(story.timeline, "</title><script>&\"'\x1b\u202e é");
	assert_int_equal(count(text, "&#60;/title&#62;&#60;script&#62;&#38;&#34;&#39;\ufffd\ufffd é"), 2);
	assert_null(strstr(text, "<script"));
	free(text);
	text = drawing_of(story.timeline, "not \xff UTF-8");
	assert_contains(text, "<title id=\"mm-title\"></title>");
	free(text);
	test_story_free(&story);
}

static void it_needs_nothing_from_elsewhere(void **state)
{
	struct test_story story = test_story_begin();
	char *text;
	(void)state;

	test_story_show(&story, T0, T0 + DAY);
	text = drawing_of(story.timeline, "keys");
	assert_int_equal(count(text, "http"), 1); /* the name of the vocabulary */
	assert_int_equal(count(text, "href"), 0);
	assert_int_equal(count(text, "@import"), 0);
	free(text);
	test_story_free(&story);
}

static void a_key_that_signs_says_so_where_there_is_room(void **state)
{
	struct test_story story = test_story_begin();
	char *text;
	(void)state;

	test_story_show(&story, T0 - 12 * DAY, T0 + 90 * DAY);
	text = drawing_of(story.timeline, "keys");
	assert_contains(text, ">signs Dec 10 – Jan 9</text>");
	free(text);
	test_story_free(&story);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_delivery_that_came_later_is_a_shape_of_its_own),
		cmocka_unit_test(every_phase_in_the_window_is_drawn_and_told),
		cmocka_unit_test(the_legend_explains_what_is_drawn_and_nothing_else),
		cmocka_unit_test(a_title_is_text_whatever_it_holds),
		cmocka_unit_test(it_needs_nothing_from_elsewhere),
		cmocka_unit_test(a_key_that_signs_says_so_where_there_is_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
