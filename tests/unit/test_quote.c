/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/support.h"

#include <string.h>

#define LITERAL(text) mm_span((text), sizeof(text) - 1)

static void assert_quoted(struct mm_span text, const char *expected)
{
	mm_auto_buf out = {0};

	mm_buf_add_quoted(&out, text);
	assert_ok(mm_buf_check(&out, NULL), NULL);
	assert_string_equal(out.p, expected);
}

/* strconv.Quote in Go. */
static void it_is_what_go_writes(void **state)
{
	(void)state;
	assert_quoted(LITERAL(""), "\"\"");
	assert_quoted(LITERAL("system:serviceaccount:a:b"), "\"system:serviceaccount:a:b\"");
	assert_quoted(LITERAL("a\"b\\c'd"), "\"a\\\"b\\\\c'd\"");
	assert_quoted(LITERAL("\a\b\t\n\v\f\r"), "\"\\a\\b\\t\\n\\v\\f\\r\"");
	assert_quoted(LITERAL("\0\x1b[2J\x7f"), "\"\\x00\\x1b[2J\\x7f\"");
	assert_quoted(LITERAL("J\xc3\xbcrgen \xf0\x9f\xaa\x99"), "\"J\xc3\xbcrgen \xf0\x9f\xaa\x99\"");
	assert_quoted(LITERAL("\xc2\x9b|\xe2\x80\xae|\xe2\x80\xa8"), "\"\\u009b|\\u202e|\\u2028\"");
}

static void bytes_that_are_no_utf8_are_shown_as_bytes(void **state)
{
	(void)state;
	assert_quoted(LITERAL("a\xff|\xc3"), "\"a\\xff|\\xc3\"");
	assert_quoted(LITERAL("\xc0\xaf|\xed\xa0\x80|\xf4\x90\x80\x80"),
		      "\"\\xc0\\xaf|\\xed\\xa0\\x80|\\xf4\\x90\\x80\\x80\"");
}

static void a_long_text_is_cut_between_characters(void **state)
{
	mm_auto_buf text = {0}, expected = {0};
	(void)state;

	for (int i = 0; i < MM_QUOTED_MAX - 1; i++)
		mm_buf_add_str(&text, "a");
	mm_buf_printf(&expected, "\"%s...\"", text.p);
	mm_buf_add_str(&text, "\xc3\xbc");
	assert_quoted(mm_buf_span(&text), expected.p);
}

static void a_text_of_just_the_length_is_whole(void **state)
{
	mm_auto_buf text = {0}, expected = {0};
	(void)state;

	for (int i = 0; i < MM_QUOTED_MAX; i++)
		mm_buf_add_str(&text, "a");
	mm_buf_printf(&expected, "\"%s\"", text.p);
	assert_quoted(mm_buf_span(&text), expected.p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_is_what_go_writes),
		cmocka_unit_test(bytes_that_are_no_utf8_are_shown_as_bytes),
		cmocka_unit_test(a_long_text_is_cut_between_characters),
		cmocka_unit_test(a_text_of_just_the_length_is_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
