/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/support.h"

#include <mintmark/clock.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define LAST_SECOND INT64_C(253402300799)

static void assert_formatted(mm_time time, const char *expected)
{
	char text[MM_TIME_TEXT_SIZE];

	mm_time_format(time, text);
	assert_string_equal(text, expected);
}

static void assert_parsed(const char *text, mm_time expected)
{
	struct mm_err err = {0};
	mm_time time = -1;

	assert_ok(mm_time_parse(text, &time, &err), &err);
	assert_true(time == expected);
}

static void times_are_rfc_3339(void **state)
{
	(void)state;
	assert_formatted(0, "1970-01-01T00:00:00Z");
	assert_formatted(1795306500, "2026-11-22T00:15:00Z");
	assert_formatted(951782400, "2000-02-29T00:00:00Z");
	assert_formatted(4107542400, "2100-03-01T00:00:00Z");
	assert_formatted(LAST_SECOND, "9999-12-31T23:59:59Z");
}

static void times_out_of_range_are_the_nearest_in_it(void **state)
{
	(void)state;
	assert_formatted(-1, "1970-01-01T00:00:00Z");
	assert_formatted(INT64_MIN, "1970-01-01T00:00:00Z");
	assert_formatted(LAST_SECOND + 1, "9999-12-31T23:59:59Z");
	assert_formatted(INT64_MAX, "9999-12-31T23:59:59Z");
}

static void the_calendar_is_that_of_the_c_library(void **state)
{
	(void)state;
	/* a step of a day and a second short of 13 hours meets every day of every month and every hour */
	for (mm_time time = 0; time <= LAST_SECOND; time += 86400 * 11 + 46799) {
		char ours[MM_TIME_TEXT_SIZE], theirs[40], ours_http[MM_HTTP_DATE_SIZE], theirs_http[40];
		time_t seconds = time;
		struct tm tm;

		assert_non_null(gmtime_r(&seconds, &tm));
		strftime(theirs, sizeof theirs, "%Y-%m-%dT%H:%M:%SZ", &tm);
		strftime(theirs_http, sizeof theirs_http, "%a, %d %b %Y %H:%M:%S GMT", &tm);
		mm_time_format(time, ours);
		mm_http_date_format(time, ours_http);
		assert_string_equal(ours, theirs);
		assert_string_equal(ours_http, theirs_http);
	}
}

static void what_is_formatted_parses_to_the_same_time(void **state)
{
	(void)state;
	for (mm_time time = 0; time <= LAST_SECOND; time += 86400 * 17 + 3607) {
		char text[MM_TIME_TEXT_SIZE], date[MM_HTTP_DATE_SIZE];
		mm_time back = -1;

		mm_time_format(time, text);
		assert_parsed(text, time);
		mm_http_date_format(time, date);
		assert_ok(mm_http_date_parse(date, &back, NULL), NULL);
		assert_true(back == time);
	}
}

static void offsets_are_applied(void **state)
{
	(void)state;
	assert_parsed("2026-11-22T01:45:00+01:30", 1795306500);
	assert_parsed("2026-11-21T16:15:00-08:00", 1795306500);
	assert_parsed("2026-11-22T00:15:00-00:00", 1795306500);
	assert_parsed("1969-12-31T23:00:00-01:00", 0);
}

static void small_letters_and_fractions_are_rfc_3339_too(void **state)
{
	(void)state;
	assert_parsed("2026-11-22t00:15:00z", 1795306500);
	assert_parsed("2026-11-22T00:15:00.999999999Z", 1795306500);
	assert_parsed("2026-11-22T01:15:00.5+01:00", 1795306500);
}

static void digits_are_seconds_since_the_epoch(void **state)
{
	(void)state;
	assert_parsed("0", 0);
	assert_parsed("1795306500", 1795306500);
	assert_parsed("253402300799", LAST_SECOND);
}

static void leap_seconds_stand_at_the_end_of_a_utc_day_only(void **state)
{
	struct mm_err err = {0};
	mm_time time;

	(void)state;
	assert_parsed("2016-12-31T23:59:60Z", 1483228800);
	assert_parsed("2017-01-01T00:59:60+01:00", 1483228800);
	assert_fails(mm_time_parse("2016-12-31T22:59:60Z", &time, &err), MM_EPARSE, &err);
}

static void what_is_no_time_is_refused(void **state)
{
	static const char *const cases[] = {
		"",
		" ",
		"now",
		"-1",
		"+1",
		"1.5",
		"1795306500 ",
		" 1795306500",
		"0x10",
		"253402300800",
		"99999999999999999999999999",
		"2026-11-22",
		"2026-11-22T00:15Z",
		"2026-11-22T00:15:00",
		"2026-11-22 00:15:00Z",
		"2026-11-22T00:15:00Z ",
		"2026-11-22T00:15:00.Z",
		"2026-11-22T00:15:00+0130",
		"2026-11-22T00:15:00+24:00",
		"2026-11-22T00:15:00+01:60",
		"2026-11-22T24:00:00Z",
		"2026-11-22T00:60:00Z",
		"2026-11-22T00:15:61Z",
		"2026-00-22T00:15:00Z",
		"2026-13-22T00:15:00Z",
		"2026-11-00T00:15:00Z",
		"2026-11-31T00:15:00Z",
		"2026-02-29T00:15:00Z",
		"2100-02-29T00:15:00Z",
		"0000-01-01T00:00:00Z",
		"1969-12-31T23:59:59Z",
		"1970-01-01T00:00:00+00:01",
		"9999-12-31T23:59:59-00:01",
		"12026-11-22T00:15:00Z",
		"26-11-22T00:15:00Z",
		"2026-1-22T00:15:00Z",
	};

	(void)state;
	for (size_t i = 0; i < MM_COUNT(cases); i++) {
		struct mm_err err = {0};
		mm_time time = 42;

		assert_int_equal(mm_time_parse(cases[i], &time, &err), MM_EPARSE);
		assert_contains(err.text, "2026-11-22T00:15:00Z");
		assert_true(time == 42);
	}
}

static void http_dates_are_imf_fixdate(void **state)
{
	struct mm_err err = {0};
	char text[MM_HTTP_DATE_SIZE];
	mm_time time;

	(void)state;
	/* the example of RFC 9110 §5.6.7 */
	mm_http_date_format(784111777, text);
	assert_string_equal(text, "Sun, 06 Nov 1994 08:49:37 GMT");
	assert_ok(mm_http_date_parse(text, &time, &err), &err);
	assert_true(time == 784111777);
}

static void other_dates_are_refused(void **state)
{
	static const char *const cases[] = {
		"",
		"Sunday, 06-Nov-94 08:49:37 GMT",
		"Sun Nov  6 08:49:37 1994",
		"Mon, 06 Nov 1994 08:49:37 GMT",
		"Sun, 06 nov 1994 08:49:37 GMT",
		"sun, 06 Nov 1994 08:49:37 GMT",
		"Sun, 06 Nov 1994 08:49:37 UTC",
		"Sun, 06 Nov 1994 08:49:37 gmt",
		"Sun, 06 Nov 1994 08:49:37 GMT ",
		" Sun, 06 Nov 1994 08:49:37 GMT",
		"Sun,  6 Nov 1994 08:49:37 GMT",
		"Sun; 06 Nov 1994 08:49:37 GMT",
		"Sun, 06-Nov-1994 08:49:37 GMT",
		"Sun, 06 Xxx 1994 08:49:37 GMT",
		"Sun, 00 Nov 1994 08:49:37 GMT",
		"Sun, 31 Nov 1994 08:49:37 GMT",
		"Sun, 06 Nov 1994 24:49:37 GMT",
		"Sun, 06 Nov 1994 08:60:37 GMT",
		"Sun, 06 Nov 1994 08:49:60 GMT",
		"Sun, 06 Nov 1994 08.49.37 GMT",
		"Wed, 31 Dec 1969 23:59:59 GMT",
	};

	(void)state;
	for (size_t i = 0; i < MM_COUNT(cases); i++) {
		struct mm_err err = {0};
		mm_time time;

		assert_fails(mm_http_date_parse(cases[i], &time, &err), MM_EPARSE, &err);
	}
}

static void the_system_clock_is_that_of_the_system(void **state)
{
	mm_time before = time(NULL), now = mm_clock_now();

	(void)state;
	assert_true(now >= before && now <= time(NULL) + 1);
}

static void the_monotonic_clock_does_not_go_backwards(void **state)
{
	int64_t last = mm_clock_monotonic_ns();

	(void)state;
	for (int i = 0; i < 1000; i++) {
		int64_t next = mm_clock_monotonic_ns();

		assert_true(next >= last);
		last = next;
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(times_are_rfc_3339),
		cmocka_unit_test(times_out_of_range_are_the_nearest_in_it),
		cmocka_unit_test(the_calendar_is_that_of_the_c_library),
		cmocka_unit_test(what_is_formatted_parses_to_the_same_time),
		cmocka_unit_test(offsets_are_applied),
		cmocka_unit_test(small_letters_and_fractions_are_rfc_3339_too),
		cmocka_unit_test(digits_are_seconds_since_the_epoch),
		cmocka_unit_test(leap_seconds_stand_at_the_end_of_a_utc_day_only),
		cmocka_unit_test(what_is_no_time_is_refused),
		cmocka_unit_test(http_dates_are_imf_fixdate),
		cmocka_unit_test(other_dates_are_refused),
		cmocka_unit_test(the_system_clock_is_that_of_the_system),
		cmocka_unit_test(the_monotonic_clock_does_not_go_backwards),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
