/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/timelines.h"

#include "cli/timeline_text.h"

#include <stdlib.h>
#include <string.h>

static char *text_of(const struct mm_timeline *timeline, size_t columns, bool utf8, bool colour)
{
	struct mm_terminal terminal = {.columns = columns, .utf8 = utf8, .colour = colour};
	struct mm_buf out = {0};

	mm_timeline_text(timeline, &terminal, &out);
	assert_false(out.failed);
	return mm_buf_take(&out);
}

static void check_text(const struct mm_timeline *timeline, size_t columns, bool utf8, const char *expected)
{
	char *text = text_of(timeline, columns, utf8, false);

	assert_string_equal(text, expected);
	free(text);
}

static void the_picture_has_a_row_for_each_key_and_its_times_below(void **state)
{
	struct test_story story = test_story_begin();
	(void)state;

	test_story_show(&story, T0 - 12 * DAY, T0 + 30 * DAY);
	check_text(story.timeline, 80, true,
		   "2026-11-10T00:15:00Z → 2026-12-22T00:15:00Z\n"
		   "\n"
		   "                                  ▼ now, 2026-11-22T00:15:00Z\n"
		   "                        Nov 16      Nov 23    Nov 30     Dec 7     Dec 14\n"
		   "KEY       ALG   ────────┬─────────┼─┬─────────┬──────────┬─────────┬──────────┬─\n"
		   "planned-2 RS256 ███▚▚▚            │\n"
		   "planned-3 RS256 ━━━██████████╳    │\n"
		   "planned-4 RS256 ╌━━━━━━━━━━━━█████│████████████████████████████████████████▒▒\n"
		   "planned-5 RS256              ╌━━━━│━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━█████\n"
		   "planned-9 RS256                   │                                        ╌━━━━\n"
		   "planned-6 ES256 ██████████████████│███████████████████████████▒\n"
		   "planned-7 ES256 ━━━━━━━━━━━━━━━━━━│━━━━━━━━━━━━━━━━━━━━━━━━━━━██████████████████\n"
		   "planned-8 ES256                   │                          ╌━━━━━━━━━━━━━━━━━━\n"
		   "(1 key from before this time is left out)\n"
		   "\n"
		   "╌ published, waits  ━ ready, stands by  █ active, signs\n"
		   "▒ retired, still served  ▚ tainted, still served  ╳ revoked\n"
		   "\n"
		   "planned-2  published 2026-10-03T00:15:00Z → ready 2026-10-03T01:17:00Z\n"
		   "           → active 2026-11-02T00:15:00Z → tainted 2026-11-12T00:15:00Z\n"
		   "           → removed 2026-11-14T00:15:00Z\n"
		   "planned-3  published 2026-11-02T00:15:00Z → ready 2026-11-02T01:17:00Z\n"
		   "           → active 2026-11-12T00:15:00Z → revoked 2026-11-19T00:15:00Z\n"
		   "planned-4  published 2026-11-10T00:15:00Z → ready 2026-11-10T01:17:00Z\n"
		   "           → active 2026-11-19T00:15:00Z → retired 2026-12-19T00:15:00Z\n"
		   "           → removed 2026-12-20T00:17:00Z\n"
		   "planned-5  published 2026-11-19T00:15:00Z → ready 2026-11-19T01:17:00Z\n"
		   "           → active 2026-12-19T00:15:00Z until 2027-01-18T00:15:00Z\n"
		   "planned-9  published 2026-12-18T23:13:00Z → ready 2026-12-19T00:15:00Z\n"
		   "           until 2027-01-18T00:15:00Z\n"
		   "planned-6  active 2026-11-10T00:15:00Z → retired 2026-12-10T00:15:00Z\n"
		   "           → removed 2026-12-11T00:17:00Z\n"
		   "planned-7  ready 2026-11-10T00:15:00Z → active 2026-12-10T00:15:00Z\n"
		   "           until 2027-01-09T00:15:00Z\n"
		   "planned-8  published 2026-12-09T23:13:00Z → ready 2026-12-10T00:15:00Z\n"
		   "           until 2027-01-09T00:15:00Z\n");
	test_story_free(&story);
}

static void in_ascii_phases_differ_too(void **state)
{
	struct test_story story = test_story_begin();
	(void)state;

	test_story_show(&story, T0 - 12 * DAY, T0 + 30 * DAY);
	check_text(story.timeline, 60, false,
		   "2026-11-10T00:15:00Z -> 2026-12-22T00:15:00Z\n"
		   "\n"
		   "                            v now, 2026-11-22T00:15:00Z\n"
		   "                              Nov 23        Dec 7\n"
		   "KEY       ALG   ------------|-+-------------+-------------+-\n"
		   "planned-2 RS256 ##%%        |\n"
		   "planned-3 RS256 --#######X  |\n"
		   "planned-4 RS256 .--------###|###########################=\n"
		   "planned-5 RS256          .--|---------------------------####\n"
		   "planned-9 RS256             |                           .---\n"
		   "planned-6 ES256 ############|##################=\n"
		   "planned-7 ES256 ------------|------------------#############\n"
		   "planned-8 ES256             |                  .------------\n"
		   "(1 key from before this time is left out)\n"
		   "\n"
		   ". published, waits  - ready, stands by  # active, signs\n"
		   "= retired, still served  % tainted, still served  X revoked\n"
		   "\n"
		   "planned-2  published 2026-10-03T00:15:00Z\n"
		   "           -> ready 2026-10-03T01:17:00Z\n"
		   "           -> active 2026-11-02T00:15:00Z\n"
		   "           -> tainted 2026-11-12T00:15:00Z\n"
		   "           -> removed 2026-11-14T00:15:00Z\n"
		   "planned-3  published 2026-11-02T00:15:00Z\n"
		   "           -> ready 2026-11-02T01:17:00Z\n"
		   "           -> active 2026-11-12T00:15:00Z\n"
		   "           -> revoked 2026-11-19T00:15:00Z\n"
		   "planned-4  published 2026-11-10T00:15:00Z\n"
		   "           -> ready 2026-11-10T01:17:00Z\n"
		   "           -> active 2026-11-19T00:15:00Z\n"
		   "           -> retired 2026-12-19T00:15:00Z\n"
		   "           -> removed 2026-12-20T00:17:00Z\n"
		   "planned-5  published 2026-11-19T00:15:00Z\n"
		   "           -> ready 2026-11-19T01:17:00Z\n"
		   "           -> active 2026-12-19T00:15:00Z\n"
		   "           until 2027-01-18T00:15:00Z\n"
		   "planned-9  published 2026-12-18T23:13:00Z\n"
		   "           -> ready 2026-12-19T00:15:00Z\n"
		   "           until 2027-01-18T00:15:00Z\n"
		   "planned-6  active 2026-11-10T00:15:00Z\n"
		   "           -> retired 2026-12-10T00:15:00Z\n"
		   "           -> removed 2026-12-11T00:17:00Z\n"
		   "planned-7  ready 2026-11-10T00:15:00Z\n"
		   "           -> active 2026-12-10T00:15:00Z\n"
		   "           until 2027-01-09T00:15:00Z\n"
		   "planned-8  published 2026-12-09T23:13:00Z\n"
		   "           -> ready 2026-12-10T00:15:00Z\n"
		   "           until 2027-01-09T00:15:00Z\n");
	test_story_free(&story);
}

static void twenty_columns_are_enough(void **state)
{
	struct test_story story = test_story_begin();
	(void)state;

	story.policy.rotate_every = 0;
	test_story_show(&story, T0 - 2 * DAY, T0 + 30 * DAY);
	check_text(story.timeline, 20, true,
		   "2026-11-20T00:15:00Z\n"
		   "→\n"
		   "2026-12-22T00:15:00Z\n"
		   "\n"
		   "           ▼\n"
		   "\n"
		   "KEY       ─┼────────\n"
		   "planned-4 █│████████\n"
		   "planned-5 ━│━━━━━━━━\n"
		   "planned-6 █│████████\n"
		   "planned-7 ━│━━━━━━━━\n"
		   "(3 keys from before\n"
		   "this time are left\n"
		   "out)\n"
		   "\n"
		   "━ ready, stands by\n"
		   "█ active, signs\n"
		   "\n"
		   "planned-4 published\n"
		   "2026-11-10T00:15:00Z\n"
		   "→ ready\n"
		   "2026-11-10T01:17:00Z\n"
		   "→ active\n"
		   "2026-11-19T00:15:00Z\n"
		   "planned-5 published\n"
		   "2026-11-19T00:15:00Z\n"
		   "→ ready\n"
		   "2026-11-19T01:17:00Z\n"
		   "planned-6 active\n"
		   "2026-11-10T00:15:00Z\n"
		   "planned-7 ready\n"
		   "2026-11-10T00:15:00Z\n");
	test_story_free(&story);
}

static void a_delivery_that_came_later_parts_the_wait(void **state)
{
	struct test_story story = test_story_begin();
	char *text;
	(void)state;

	story.set->records[3].delivered += 2 * DAY;
	test_story_show(&story, T0 - 13 * DAY, T0 + 2 * DAY);
	text = text_of(story.timeline, 80, true, false);
	assert_contains(text, "╍ delivered, waits  ");
	assert_contains(text, "\nplanned-4 RS256     ╌╌╌╌╌╌╌╌╍━━━━");
	assert_contains(text, "planned-4  published 2026-11-10T00:15:00Z → delivered 2026-11-12T00:15:00Z\n");
	free(text);
	text = text_of(story.timeline, 80, false, false);
	assert_contains(text, "\nplanned-4 RS256     ........:----");
	free(text);
	test_story_free(&story);
}

static size_t columns_of(const char *line, size_t len)
{
	size_t columns = 0;

	for (size_t i = 0; i < len; i++)
		columns += ((unsigned char)line[i] & 0xc0) != 0x80;
	return columns;
}

static void no_line_is_longer_than_the_terminal_is_wide(void **state)
{
	struct test_story story = test_story_begin();
	(void)state;

	test_story_show(&story, T0 - 12 * DAY, T0 + 60 * DAY);
	for (size_t columns = MM_COLUMNS_MIN; columns < 200; columns++) {
		char *text = text_of(story.timeline, columns, columns % 2 == 0, false);

		for (const char *line = text; *line != '\0';) {
			size_t len = strcspn(line, "\n");

			assert_true(columns_of(line, len) <= columns);
			assert_true(len == 0 || line[len - 1] != ' ');
			line += len + 1;
		}
		free(text);
	}
	test_story_free(&story);
}

/* Takes out what sets colours; each must be ended in its line. */
static void strip_colours(char *text)
{
	char *to = text;
	bool set = false;

	for (const char *from = text; *from != '\0'; from++) {
		if (*from == '\x1b') {
			set = strncmp(from, "\x1b[0m", 4) != 0;
			from += strcspn(from, "m");
			continue;
		}
		assert_false(set && *from == '\n');
		*to++ = *from;
	}
	*to = '\0';
}

static void colours_add_nothing_to_what_is_said(void **state)
{
	struct test_story story = test_story_begin();
	char *plain, *coloured;
	(void)state;

	test_story_show(&story, T0 - 12 * DAY, T0 + 60 * DAY);
	plain = text_of(story.timeline, 100, true, false);
	coloured = text_of(story.timeline, 100, true, true);
	assert_null(strchr(plain, '\x1b'));
	assert_non_null(strchr(coloured, '\x1b'));
	strip_colours(coloured);
	assert_string_equal(coloured, plain);
	free(plain);
	free(coloured);
	test_story_free(&story);
}

static void a_wait_of_an_hour_is_seen_beside_years(void **state)
{
	struct test_story story = test_story_begin();
	char *text;
	(void)state;

	story.policy.rotate_every = 365 * DAY;
	test_story_show(&story, T0, T0 + 700 * DAY);
	text = text_of(story.timeline, 80, false, false);
	assert_contains(text, "planned-8 ES256 |                               .------------------------------");
	free(text);
	test_story_free(&story);
}

static void a_tick_in_the_first_cell_of_the_future_is_right_of_now(void **state)
{
	struct test_story story = test_story_begin();
	char *text;
	(void)state;

	test_story_show(&story, T0 - 12 * DAY, T0 + 90 * DAY);
	text = text_of(story.timeline, 80, true, false);
	assert_contains(text, "─┼┬─");
	assert_contains(text, "\n                         Nov 23   Dec 7 ");
	free(text);
	test_story_free(&story);
}

static void an_empty_set_has_no_picture(void **state)
{
	struct test_story story = {.policy = test_policy_for("EdDSA", NULL)};
	struct mm_err err = {0};
	(void)state;

	assert_ok(mm_keyset_new(&story.set, &err), &err);
	assert_ok(mm_timeline_new(story.set, &story.policy, T0, T0, T0 + DAY, &story.timeline, &err), &err);
	check_text(story.timeline, 80, false, "2026-11-22T00:15:00Z -> 2026-11-23T00:15:00Z\nno key in this time\n");
	test_story_free(&story);
}

static void a_hundred_tombstones_are_counted_and_not_drawn(void **state)
{
	struct test_story story = test_story_begin();
	char *text;
	(void)state;

	for (unsigned i = 0; i < 100; i++) {
		struct mm_key_record *record = test_planned(story.set, "RS256", 8 + i, T0 - 400 * DAY);

		record->revoked = T0 - 300 * DAY;
	}
	test_story_show(&story, T0 - 12 * DAY, T0 + 30 * DAY);
	text = text_of(story.timeline, 80, false, false);
	assert_contains(text, "(101 keys from before this time are left out)\n");
	assert_null(strstr(text, "planned-1 "));
	free(text);
	test_story_free(&story);
}

static void real_keys_have_the_beginning_of_their_kid(void **state)
{
	mm_auto(mm_keyset) set = test_first_set();
	struct mm_policy policy = test_policy_for("EdDSA", NULL);
	mm_auto(mm_timeline) timeline = NULL;
	struct mm_err err = {0};
	char beginning[16], *text;
	(void)state;

	assert_ok(mm_timeline_new(set, &policy, T0, T0, T0 + DAY, &timeline, &err), &err);
	text = text_of(timeline, 80, false, false);
	snprintf(beginning, sizeof beginning, "%.8s EdDSA ", mm_key_kid(set->records[0].key));
	assert_contains(text, beginning);
	assert_null(strstr(text, mm_key_kid(set->records[0].key)));
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_picture_has_a_row_for_each_key_and_its_times_below),
		cmocka_unit_test(in_ascii_phases_differ_too),
		cmocka_unit_test(twenty_columns_are_enough),
		cmocka_unit_test(a_delivery_that_came_later_parts_the_wait),
		cmocka_unit_test(no_line_is_longer_than_the_terminal_is_wide),
		cmocka_unit_test(colours_add_nothing_to_what_is_said),
		cmocka_unit_test(a_wait_of_an_hour_is_seen_beside_years),
		cmocka_unit_test(a_tick_in_the_first_cell_of_the_future_is_right_of_now),
		cmocka_unit_test(an_empty_set_has_no_picture),
		cmocka_unit_test(a_hundred_tombstones_are_counted_and_not_drawn),
		cmocka_unit_test(real_keys_have_the_beginning_of_their_kid),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
