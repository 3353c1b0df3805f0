/* SPDX-License-Identifier: Apache-2.0 */
/* The quick way through JSON: what it takes, it takes as jansson does; what it leaves, mm_json_load still decides. */
#include "base/json_plain.h"
#include "tests/unit/support.h"

#include <mintmark/json.h>
#include <stdlib.h>
#include <string.h>

/* In a block of its own length, so that the sanitizer sees the first byte read beyond it. */
static json_t *read_exactly(const char *text, size_t len)
{
	char *exact = malloc(len ? len : 1);
	json_t *value;

	memcpy(exact, text, len);
	value = mm_json_plain(mm_span(exact, len));
	free(exact);
	return value;
}

static void assert_plain(const char *text)
{
	json_t *value = read_exactly(text, strlen(text)), *expected = json_loads(text, JSON_REJECT_DUPLICATES, NULL);

	if (!value || !json_equal(value, expected))
		fail_msg("%s: %s", text, value ? "read as something else" : "not read");
	json_decref(value);
	json_decref(expected);
}

static void assert_left(const char *text)
{
	json_t *value = read_exactly(text, strlen(text));

	if (value)
		fail_msg("%s: read", text);
}

static void what_programs_write_is_read(void **state)
{
	static const char *const texts[] = {
		"{}",
		"{\"a\":1}",
		" \t\r\n{ \"a\" : [ ] , \"b\" : { } } \n",
		"{\"aud\":[\"a\",\"b\"],\"exp\":1700000000,\"x\":{\"y\":[[1],[2,3]]}}",
		"{\"a\":null,\"b\":true,\"c\":false}",
		"{\"a\":0,\"b\":999999999999999999}",
		"{\"\":\"\"}",
		"{\"\xc3\xa9\":\"\xf0\x9f\x94\x91 \x7f\"}",
		"{\"a\":\"/<>&'\"}",
	};

	(void)state;
	for (size_t i = 0; i < MM_COUNT(texts); i++)
		assert_plain(texts[i]);
}

static void members_keep_their_order(void **state)
{
	json_t *value = read_exactly("{\"b\":1,\"a\":2}", 13);
	mm_auto_buf text = {0};

	(void)state;
	assert_ok(mm_json_dump(value, false, &text, NULL), NULL);
	assert_string_equal(text.p, "{\"b\":1,\"a\":2}");
	json_decref(value);
}

/* It may be JSON or not: jansson says. */
static void what_takes_interpretation_is_left(void **state)
{
	static const char *const texts[] = {
		"{\"a\":\"\\u0041\"}",
		"{\"\\u0061\":1}",
		"{\"a\":\"\\\"\"}",
		"{\"a\":1.5}",
		"{\"a\":1e3}",
		"{\"a\":-1}",
		"{\"a\":9223372036854775807}",
		"{\"a\":1000000000000000000}",
	};

	(void)state;
	for (size_t i = 0; i < MM_COUNT(texts); i++) {
		json_t *value;
		struct mm_err err = {0};

		assert_left(texts[i]);
		assert_ok(mm_json_load(mm_span_str(texts[i]), 100, &value, &err), &err);
		json_decref(value);
	}
}

static void what_is_wrong_is_left_too(void **state)
{
	static const char *const texts[] = {
		"",
		" ",
		"[]",
		"1",
		"\"a\"",
		"{",
		"}",
		"{]",
		"[}",
		"{\"a\"",
		"{\"a\":",
		"{\"a\":1",
		"{\"a\":1,",
		"{\"a\":1,}",
		"{,}",
		"{\"a\" 1}",
		"{\"a\":1 \"b\":2}",
		"{a:1}",
		"{'a':1}",
		"{\"a\":01}",
		"{\"a\":00}",
		"{\"a\":+1}",
		"{\"a\":1x}",
		"{\"a\":tru}",
		"{\"a\":truex}",
		"{\"a\":True}",
		"{\"a\":nul}",
		"{\"a\":[1,]}",
		"{\"a\":[,1]}",
		"{\"a\":[1 2]}",
		"{\"a\":1}}",
		"{\"a\":1}x",
		"{\"a\":1}{",
		"{\"a\":1,\"a\":1}",
		"{\"a\":{\"b\":1,\"b\":2}}",
		"{\"a\":\"\n\"}",
		"{\"a\":\"\x1f\"}",
		"{\"a\":\"\xff\"}",
		"{\"\xc0\x80\":1}",
		"{\"a\":\"\xed\xa0\x80\"}",
		"\xef\xbb\xbf{}",
		"{\"a\":\"b",
		"{\"a\":\v1}",
		"{\"a\":/**/1}",
	};

	(void)state;
	for (size_t i = 0; i < MM_COUNT(texts); i++)
		assert_left(texts[i]);
}

static void a_nul_is_left_wherever_it_stands(void **state)
{
	static const char inside[] = "{\"a\":\"\0\"}", between[] = "{\0}", after[] = "{}\0";

	(void)state;
	assert_null(read_exactly(inside, sizeof inside - 1));
	assert_null(read_exactly(between, sizeof between - 1));
	assert_null(read_exactly(after, sizeof after - 1));
}

/* Of a text that is cut anywhere nothing is read. */
static void a_text_that_is_cut_is_left(void **state)
{
	static const char text[] = "{\"a\":[\"b\",{\"c\":null}],\"d\":12}";

	(void)state;
	for (size_t len = 0; len < strlen(text); len++)
		assert_null(read_exactly(text, len));
	assert_plain(text);
}

static void levels_beyond_the_limit_are_left(void **state)
{
	mm_auto_buf text = {0};

	(void)state;
	mm_buf_printf(&text, "{\"a\":%.*s%.*s}", MM_JSON_DEPTH_MAX - 1, "[[[[[[[[[[[[[[[[[[[[", MM_JSON_DEPTH_MAX - 1,
		      "]]]]]]]]]]]]]]]]]]]]");
	assert_plain(text.p);
	mm_buf_reset(&text);
	mm_buf_printf(&text, "{\"a\":%.*s%.*s}", MM_JSON_DEPTH_MAX, "[[[[[[[[[[[[[[[[[[[[", MM_JSON_DEPTH_MAX,
		      "]]]]]]]]]]]]]]]]]]]]");
	assert_left(text.p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_programs_write_is_read),       cmocka_unit_test(members_keep_their_order),
		cmocka_unit_test(what_takes_interpretation_is_left), cmocka_unit_test(what_is_wrong_is_left_too),
		cmocka_unit_test(a_nul_is_left_wherever_it_stands),  cmocka_unit_test(a_text_that_is_cut_is_left),
		cmocka_unit_test(levels_beyond_the_limit_are_left),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
