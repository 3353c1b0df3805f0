/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/support.h"

#include <mintmark/clock.h>
#include <string.h>

static void assert_parsed(const char *text, mm_duration expected)
{
	struct mm_err err = {0};
	mm_duration duration = -1;

	assert_ok(mm_duration_parse(text, &duration, &err), &err);
	assert_true(duration == expected);
}

static void assert_formatted(mm_duration duration, const char *expected)
{
	char text[MM_DURATION_TEXT_SIZE];

	mm_duration_format(duration, text);
	assert_string_equal(text, expected);
}

static void each_unit_is_known(void **state)
{
	(void)state;
	assert_parsed("90s", 90);
	assert_parsed("15m", 900);
	assert_parsed("1h", 3600);
	assert_parsed("30d", 2592000);
}

static void units_are_added_up(void **state)
{
	(void)state;
	assert_parsed("1h30m", 5400);
	assert_parsed("1d2h3m4s", 93784);
	assert_parsed("1d1s", 86401);
	assert_parsed("0h5m", 300);
}

static void nothing_is_0_or_0s(void **state)
{
	(void)state;
	assert_parsed("0", 0);
	assert_parsed("0s", 0);
	assert_parsed("0d0h", 0);
}

static void the_longest_is_63_bits_of_seconds(void **state)
{
	(void)state;
	assert_parsed("9223372036854775807s", INT64_MAX);
	assert_parsed("106751991167300d15h30m7s", INT64_MAX);
}

static void what_is_no_duration_is_refused(void **state)
{
	static const char *const cases[] = {
		"",
		"s",
		"1",
		"00",
		"-1s",
		"+1s",
		" 1s",
		"1s ",
		"1 s",
		"1.5h",
		"1ms",
		"1us",
		"1w",
		"1y",
		"1H",
		"30m1h",
		"1h1h",
		"1s1m",
		"1h30",
		"1hm",
		"h",
		"0x10s",
		"1e3s",
		"infinite",
		"1,5h",
		"1s0",
		"9223372036854775808s",
		"106751991167300d15h30m8s",
		"106751991167301d",
		"99999999999999999999s",
		"9223372036854775807s1s",
	};

	(void)state;
	for (size_t i = 0; i < MM_COUNT(cases); i++) {
		struct mm_err err = {0};
		mm_duration duration = 42;

		assert_int_equal(mm_duration_parse(cases[i], &duration, &err), MM_EPARSE);
		assert_contains(err.text, "expected one like 90s, 15m, 1h30m or 30d");
		assert_true(duration == 42);
	}
}

static void durations_are_written_in_the_largest_units(void **state)
{
	(void)state;
	assert_formatted(0, "0s");
	assert_formatted(59, "59s");
	assert_formatted(60, "1m");
	assert_formatted(90, "1m30s");
	assert_formatted(5400, "1h30m");
	assert_formatted(86400, "1d");
	assert_formatted(86401, "1d1s");
	assert_formatted(2592000, "30d");
	assert_formatted(INT64_MAX, "106751991167300d15h30m7s");
}

static void a_negative_duration_is_written_as_none(void **state)
{
	(void)state;
	assert_formatted(-5, "0s");
	assert_formatted(INT64_MIN, "0s");
}

static void what_is_formatted_parses_to_the_same(void **state)
{
	(void)state;
	for (mm_duration duration = 1; duration < INT64_MAX / 3; duration = duration * 2 + 17) {
		char text[MM_DURATION_TEXT_SIZE];

		mm_duration_format(duration, text);
		assert_parsed(text, duration);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_unit_is_known),
		cmocka_unit_test(units_are_added_up),
		cmocka_unit_test(nothing_is_0_or_0s),
		cmocka_unit_test(the_longest_is_63_bits_of_seconds),
		cmocka_unit_test(what_is_no_duration_is_refused),
		cmocka_unit_test(durations_are_written_in_the_largest_units),
		cmocka_unit_test(a_negative_duration_is_written_as_none),
		cmocka_unit_test(what_is_formatted_parses_to_the_same),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
