/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/support.h"

#include "cli/output.h"

static void distances_have_the_two_largest_units(void **state)
{
	static const struct {
		mm_time time;
		const char *text;
	} rows[] = {
		{1000000, "now"},
		{1000001, "in 1s"},
		{999999, "1s ago"},
		{1000000 + 3599, "in 59m59s"},
		{1000000 + 3600, "in 1h"},
		{1000000 + 3661, "in 1h1m"},
		{1000000 - 7200 - 59, "2h ago"},
		{1000000 + 86400 + 3600 + 120 + 3, "in 1d1h"},
		{1000000 + 30 * 86400 + 59 * 60, "in 30d"},
	};
	(void)state;

	for (size_t i = 0; i < MM_COUNT(rows); i++) {
		char text[MM_DISTANCE_SIZE];

		mm_distance_format(rows[i].time, 1000000, text);
		assert_string_equal(text, rows[i].text);
	}
}

static void a_time_stands_with_its_distance(void **state)
{
	mm_auto_buf text = {0};
	(void)state;

	mm_add_when(&text, 1795306500, 1795306500 - 3600);
	assert_string_equal(text.p, "2026-11-22T00:15:00Z (in 1h)");
}

static char *visible(const char *text, bool json)
{
	struct mm_buf out = {0};

	mm_add_visible(&out, mm_span_str(text), json);
	return mm_buf_take(&out);
}

static void control_characters_become_visible(void **state)
{
	static const struct {
		const char *text, *visible;
		bool json;
	} rows[] = {
		{"plain \"text\" \\ \xc3\xa9", "plain \"text\" \\ \xc3\xa9", false},
		{"\x1b[2J", "\\u001b[2J", false},
		{"a\nb\r", "a\\u000ab\\u000d", false},
		{"a\nb\r", "a\nb\\u000d", true},
		{"\x7f", "\\u007f", false},
		{"\xc2\x9b", "\\u009b", true}, /* U+009B, the one-character form of ESC [ */
		{"\xc2\xa0", "\xc2\xa0", false},
		{"\xc2", "\xc2", false},
		{"\xc2\n", "\xc2\\u000a", false},
		{"\u200e\u200f\u2028\u202e", "\\u200e\\u200f\\u2028\\u202e", false},
		{"\u2066\u2069\u061c\u206a", "\\u2066\\u2069\\u061c\u206a", true},
	};
	(void)state;

	for (size_t i = 0; i < MM_COUNT(rows); i++) {
		mm_auto_string text = visible(rows[i].text, rows[i].json);

		assert_string_equal(text, rows[i].visible);
	}
}

static void a_time_that_never_was_is_null(void **state)
{
	json_t *never = mm_json_time(MM_NEVER), *once = mm_json_time(1795306500);
	(void)state;

	assert_true(json_is_null(never));
	assert_string_equal(json_string_value(once), "2026-11-22T00:15:00Z");
	json_decref(never);
	json_decref(once);
}

static void the_last_hint_stands(void **state)
{
	struct mm_call call = {0};
	(void)state;

	mm_hint(&call, "first");
	mm_hint(&call, "second %d", 2);
	assert_string_equal(call.hint, "second 2");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(distances_have_the_two_largest_units),
		cmocka_unit_test(a_time_stands_with_its_distance),
		cmocka_unit_test(control_characters_become_visible),
		cmocka_unit_test(a_time_that_never_was_is_null),
		cmocka_unit_test(the_last_hint_stands),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
