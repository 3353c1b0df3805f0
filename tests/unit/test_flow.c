/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/support.h"

#include "cli/flow.h"

#include <stdlib.h>

static void check(const char *const *pieces, size_t columns, size_t indent, const char *expected)
{
	mm_auto_buf out = {0};
	struct mm_flow flow = {.out = &out, .columns = columns, .indent = indent};

	for (; *pieces; pieces++)
		mm_flow_add(&flow, *pieces);
	assert_string_equal(out.p, expected);
}
#define CHECK(columns, indent, expected, ...) check((const char *const[]){__VA_ARGS__, NULL}, columns, indent, expected)

static void pieces_stand_in_one_line_while_there_is_room(void **state)
{
	(void)state;

	CHECK(7, 0, "one two", "one", "two");
	CHECK(6, 0, "one\ntwo", "one", "two");
}

static void further_lines_are_indented(void **state)
{
	(void)state;

	CHECK(7, 2, "  one\n  two", "one", "two");
}

static void a_piece_is_broken_only_where_a_whole_line_is_too_short_for_it(void **state)
{
	(void)state;

	CHECK(9, 0, "one\ntwo three", "one", "two three");
	CHECK(8, 0, "one two\nthree", "one", "two three");
	CHECK(3, 0, "one\ntwothree", "one", "twothree");
}

static void characters_count_and_not_bytes_and_colours(void **state)
{
	(void)state;

	CHECK(5, 0, "→ → →", "→", "→", "→");
	CHECK(3, 0, "\x1b[31mX\x1b[0m X", "\x1b[31mX\x1b[0m", "X");
}

static void a_line_does_not_end_in_spaces(void **state)
{
	(void)state;

	CHECK(6, 0, "one\ntwo", "one ", "two");
}

static void the_end_of_a_line_keeps_the_lines_before_it(void **state)
{
	mm_auto_buf out = {0};
	(void)state;

	mm_pad(&out, 3);
	mm_end_line(&out);
	mm_pad(&out, 2);
	mm_buf_add_str(&out, "x");
	mm_pad(&out, 2);
	mm_end_line(&out);
	assert_string_equal(out.p, "\n  x\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pieces_stand_in_one_line_while_there_is_room),
		cmocka_unit_test(further_lines_are_indented),
		cmocka_unit_test(a_piece_is_broken_only_where_a_whole_line_is_too_short_for_it),
		cmocka_unit_test(characters_count_and_not_bytes_and_colours),
		cmocka_unit_test(a_line_does_not_end_in_spaces),
		cmocka_unit_test(the_end_of_a_line_keeps_the_lines_before_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
