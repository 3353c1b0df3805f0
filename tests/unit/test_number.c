/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/support.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void assert_int_text(int64_t value, const char *expected)
{
	mm_auto_buf buf = {0};

	mm_buf_add_int(&buf, value);
	assert_string_equal(buf.p, expected);
}

static void integers_of_every_length_are_what_printf_writes(void **state)
{
	(void)state;
	for (int64_t value = 1; value < INT64_MAX / 10; value *= 10) {
		for (int64_t near = value - 1; near <= value + 1; near++) {
			char text[32];

			snprintf(text, sizeof text, "%" PRId64, near);
			assert_int_text(near, text);
			snprintf(text, sizeof text, "%" PRId64, -near);
			assert_int_text(-near, text);
		}
	}
}

static void the_ends_of_the_range_are_written(void **state)
{
	(void)state;
	assert_int_text(INT64_MAX, "9223372036854775807");
	assert_int_text(INT64_MIN, "-9223372036854775808");
}

static void all_pairs_of_digits_are_right(void **state)
{
	(void)state;
	for (int64_t value = 0; value < 10000; value++) {
		char text[32];

		snprintf(text, sizeof text, "%" PRId64, value);
		assert_int_text(value, text);
	}
}

static void reals_are_written_as_go_writes_them(void **state)
{
	/* what json.Marshal of Go makes of them */
	static const struct {
		double value;
		const char *text;
	} cases[] = {
		{0, "0"},
		{-0.0, "-0"},
		{1, "1"},
		{-1.5, "-1.5"},
		{0.1, "0.1"},
		{1.1, "1.1"},
		{100, "100"},
		{1e6, "1000000"},
		{0.000001, "0.000001"},
		{0.0000001, "1e-7"},
		{0.00000012, "1.2e-7"},
		{1e20, "100000000000000000000"},
		{123456789012345680000.0, "123456789012345680000"},
		{1e21, "1e+21"},
		{-1.5e300, "-1.5e+300"},
		{1.7976931348623157e308, "1.7976931348623157e+308"},
		{5e-324, "5e-324"},
		{1.0 / 3, "0.3333333333333333"},
		{9007199254740993.0, "9007199254740992"},
	};

	(void)state;
	for (size_t i = 0; i < MM_COUNT(cases); i++) {
		mm_auto_buf buf = {0};

		mm_buf_add_double(&buf, cases[i].value);
		assert_string_equal(buf.p, cases[i].text);
	}
}

static void reals_read_back_the_same(void **state)
{
	uint64_t seed = 42;

	(void)state;
	for (int i = 0; i < 20000; i++) {
		mm_auto_buf buf = {0};
		double value;

		seed = seed * 6364136223846793005u + 1442695040888963407u;
		memcpy(&value, &seed, sizeof value);
		if (value - value != 0) /* NaN and infinities */
			continue;
		mm_buf_add_double(&buf, value);
		assert_true(strtod(buf.p, NULL) == value);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(integers_of_every_length_are_what_printf_writes),
		cmocka_unit_test(the_ends_of_the_range_are_written),
		cmocka_unit_test(all_pairs_of_digits_are_right),
		cmocka_unit_test(reals_are_written_as_go_writes_them),
		cmocka_unit_test(reals_read_back_the_same),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
