/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void spans_are_equal_when_their_bytes_are(void **state)
{
	(void)state;
	assert_true(mm_span_eq(mm_span("a\0b", 3), mm_span("a\0b", 3)));
	assert_false(mm_span_eq(mm_span("a\0b", 3), mm_span("a\0c", 3)));
	assert_false(mm_span_eq(mm_span_str("ab"), mm_span_str("abc")));
	assert_true(mm_span_is(mm_span("abc", 2), "ab"));
	assert_false(mm_span_is(mm_span("abc", 2), "abc"));
}

static void an_absent_span_equals_only_another(void **state)
{
	(void)state;
	assert_null(mm_span_str(NULL).p);
	assert_true(mm_span_eq(mm_span_str(NULL), mm_span_str(NULL)));
	assert_false(mm_span_eq(mm_span_str(NULL), mm_span_str("")));
	assert_false(mm_span_is(mm_span_str(NULL), ""));
	assert_false(mm_span_starts(mm_span_str(NULL), ""));
}

static void a_span_starts_with_its_prefixes(void **state)
{
	(void)state;
	assert_true(mm_span_starts(mm_span_str("Bearer x"), "Bearer "));
	assert_true(mm_span_starts(mm_span_str("x"), ""));
	assert_true(mm_span_starts(mm_span_str("Bearer "), "Bearer "));
	assert_false(mm_span_starts(mm_span_str("Bear"), "Bearer "));
	assert_false(mm_span_starts(mm_span_str("bearer x"), "Bearer "));
}

static void additions_are_terminated(void **state)
{
	mm_auto_buf buf = {0};

	(void)state;
	mm_buf_add(&buf, "a\0b", 3);
	assert_int_equal(buf.len, 3);
	assert_int_equal(buf.p[3], '\0');
	mm_buf_add_str(&buf, "cd");
	mm_buf_add_span(&buf, mm_span("efg", 2));
	mm_buf_printf(&buf, "%d-%s", 7, "x");
	mm_buf_printf(&buf, "%s", "");
	assert_memory_equal(buf.p, "a\0bcdef7-x", 11);
	assert_int_equal(buf.len, 10);
	assert_ok(mm_buf_check(&buf, NULL), NULL);
}

static void nothing_added_to_an_empty_buffer_is_an_empty_string(void **state)
{
	mm_auto_buf buf = {0};

	(void)state;
	mm_buf_add(&buf, NULL, 0);
	mm_buf_add_span(&buf, mm_span_str(NULL));
	assert_string_equal(buf.p, "");
	assert_int_equal(buf.len, 0);
}

static void growth_keeps_the_content(void **state)
{
	mm_auto_buf buf = {0};

	(void)state;
	for (int i = 0; i < 10000; i++)
		mm_buf_add(&buf, &"0123456789"[i % 10], 1);
	assert_int_equal(buf.len, 10000);
	for (size_t i = 0; i < buf.len; i++)
		assert_int_equal(buf.p[i], '0' + (int)(i % 10));
	assert_int_equal(buf.p[10000], '\0');
}

static void room_that_is_there_is_used(void **state)
{
	mm_auto_buf buf = {0};
	char *before;

	(void)state;
	mm_buf_add(&buf, "x", 1);
	before = buf.p;
	assert_true(buf.cap > 2);
	while (buf.len + 1 < buf.cap)
		mm_buf_add(&buf, "x", 1);
	assert_ptr_equal(buf.p, before);
}

static void reserved_room_can_be_filled_to_the_last_byte(void **state)
{
	mm_auto_buf buf = {0};
	char *room;

	(void)state;
	mm_buf_add_str(&buf, "head");
	room = mm_buf_reserve(&buf, 1000);
	assert_non_null(room);
	memset(room, 'x', 1000);
	buf.len += 1000;
	assert_int_equal(buf.len, 1004);
	assert_int_equal(buf.p[1004], '\0');
	assert_memory_equal(buf.p, "headx", 5);
}

static void printf_writes_more_than_the_first_block(void **state)
{
	mm_auto_buf buf = {0};

	(void)state;
	mm_buf_printf(&buf, "%0*d", 5000, 1);
	assert_int_equal(buf.len, 5000);
	assert_int_equal(buf.p[4999], '1');
	assert_int_equal(buf.p[5000], '\0');
}

static void a_failed_allocation_sticks_until_reset(void **state)
{
	struct mm_err err = {0};
	mm_auto_buf buf = {0};

	(void)state;
	mm_buf_add_str(&buf, "kept");
	assert_null(mm_buf_reserve(&buf, SIZE_MAX));
	mm_buf_add_str(&buf, "x");
	mm_buf_printf(&buf, "y");
	mm_buf_add_int(&buf, 1);
	assert_int_equal(buf.len, 4);
	assert_null(mm_buf_reserve(&buf, 1));
	assert_null(mm_buf_take(&buf));
	assert_fails(mm_buf_check(&buf, &err), MM_ENOMEM, &err);
	mm_buf_reset(&buf);
	mm_buf_add_str(&buf, "x");
	assert_ok(mm_buf_check(&buf, &err), &err);
	assert_string_equal(buf.p, "x");
}

static void reset_keeps_the_memory(void **state)
{
	mm_auto_buf buf = {0};
	char *before;

	(void)state;
	mm_buf_add_str(&buf, "abc");
	before = buf.p;
	mm_buf_reset(&buf);
	assert_int_equal(buf.len, 0);
	assert_string_equal(buf.p, "");
	assert_ptr_equal(buf.p, before);
	mm_buf_reset(&(struct mm_buf){0});
}

static void the_span_of_an_empty_buffer_is_empty_and_not_absent(void **state)
{
	const struct mm_buf buf = {0};

	(void)state;
	assert_true(mm_span_is(mm_buf_span(&buf), ""));
}

static void take_hands_the_string_over(void **state)
{
	mm_auto_buf buf = {0};
	mm_auto_string text = NULL;

	(void)state;
	mm_buf_add_str(&buf, "abc");
	text = mm_buf_take(&buf);
	assert_string_equal(text, "abc");
	assert_null(buf.p);
	assert_int_equal(buf.len, 0);
}

static void take_of_an_empty_buffer_is_an_empty_string(void **state)
{
	mm_auto_buf buf = {0};
	mm_auto_string text = mm_buf_take(&buf);

	(void)state;
	assert_string_equal(text, "");
}

static void free_empties(void **state)
{
	struct mm_buf buf = {0};

	(void)state;
	mm_buf_add_str(&buf, "abc");
	mm_buf_free(&buf);
	assert_null(buf.p);
	assert_int_equal(buf.len, 0);
	assert_int_equal(buf.cap, 0);
	mm_buf_free(&buf);
}

static void well_formed_utf8_is_valid(void **state)
{
	/* the first and last of every length, and the neighbours of the surrogates */
	static const char *const cases[] = {"",
					    "a\x7f",
					    "\xc2\x80",
					    "\xdf\xbf",
					    "\xe0\xa0\x80",
					    "\xed\x9f\xbf",
					    "\xee\x80\x80",
					    "\xef\xbf\xbf",
					    "\xf0\x90\x80\x80",
					    "\xf4\x8f\xbf\xbf",
					    "a\u20acb\U0001f511c"};

	(void)state;
	for (size_t i = 0; i < MM_COUNT(cases); i++)
		assert_true(mm_utf8_valid(mm_span_str(cases[i])));
	assert_true(mm_utf8_valid(mm_span("a\0b", 3)));
}

static void malformed_utf8_is_not(void **state)
{
	static const char *const cases[] = {
		"\x80", /* continuation alone */
		"\xc0\x80",
		"\xc1\xbf",
		"\xe0\x9f\xbf",
		"\xf0\x8f\xbf\xbf", /* too long a form */
		"\xed\xa0\x80",
		"\xed\xbf\xbf", /* surrogates */
		"\xf4\x90\x80\x80",
		"\xf5\x80\x80\x80",
		"\xff",
		"\xfe", /* beyond the end */
		"\xc2",
		"\xc2(",
		"\xe2\x82",
		"\xf0\x9f\x94",
		"\xe2\x28\xa1", /* cut short */
		"\xe2\x82\x28",
		"\xf0\x28\x8c\xbc",
		"\xf0\x90\x28\xbc",
		"\xf0\x90\x8c\x28",
		"a\xc2",
	};

	(void)state;
	for (size_t i = 0; i < MM_COUNT(cases); i++)
		assert_false(mm_utf8_valid(mm_span_str(cases[i])));
}

static void utf8_is_not_read_beyond_its_end(void **state)
{
	(void)state;
	assert_false(mm_utf8_valid(mm_span("\xe2\x82\xac", 2)));
	assert_false(mm_utf8_valid(mm_span("\xf0\x9f\x94\x91", 3)));
}

static void hex_is_two_digits_for_each_byte(void **state)
{
	static const uint8_t bytes[] = {0x00, 0x0f, 0xa0, 0xff};
	mm_auto_buf buf = {0};

	(void)state;
	mm_buf_add_str(&buf, "sha1 ");
	mm_buf_add_hex(&buf, bytes, sizeof bytes);
	assert_string_equal(buf.p, "sha1 000fa0ff");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(spans_are_equal_when_their_bytes_are),
		cmocka_unit_test(an_absent_span_equals_only_another),
		cmocka_unit_test(a_span_starts_with_its_prefixes),
		cmocka_unit_test(well_formed_utf8_is_valid),
		cmocka_unit_test(malformed_utf8_is_not),
		cmocka_unit_test(utf8_is_not_read_beyond_its_end),
		cmocka_unit_test(additions_are_terminated),
		cmocka_unit_test(nothing_added_to_an_empty_buffer_is_an_empty_string),
		cmocka_unit_test(growth_keeps_the_content),
		cmocka_unit_test(room_that_is_there_is_used),
		cmocka_unit_test(reserved_room_can_be_filled_to_the_last_byte),
		cmocka_unit_test(printf_writes_more_than_the_first_block),
		cmocka_unit_test(a_failed_allocation_sticks_until_reset),
		cmocka_unit_test(reset_keeps_the_memory),
		cmocka_unit_test(the_span_of_an_empty_buffer_is_empty_and_not_absent),
		cmocka_unit_test(take_hands_the_string_over),
		cmocka_unit_test(take_of_an_empty_buffer_is_an_empty_string),
		cmocka_unit_test(free_empties),
		cmocka_unit_test(hex_is_two_digits_for_each_byte),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
