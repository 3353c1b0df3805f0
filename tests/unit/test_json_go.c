/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/support.h"

#include <mintmark/json.h>
#include <stdio.h>

static void assert_string_text(const char *text, const char *expected)
{
	mm_auto_buf buf = {0};

	mm_json_add_string(&buf, text);
	assert_string_equal(buf.p, expected);
}

static void assert_text_text(const char *text, const char *expected)
{
	mm_auto_buf buf = {0};

	mm_json_add_text(&buf, text);
	assert_string_equal(buf.p, expected);
}

/* `text` is loaded by jansson with everything allowed, and written. */
static void assert_value_text(const char *text, const char *expected)
{
	struct mm_err err = {0};
	mm_auto_buf buf = {0};
	json_t *value = json_loads(text, JSON_DECODE_ANY, NULL);

	assert_non_null(value);
	assert_ok(mm_json_add_value(&buf, value, &err), &err);
	assert_string_equal(buf.p, expected);
	json_decref(value);
}

static void plain_strings_are_quoted(void **state)
{
	(void)state;
	assert_string_text("", "\"\"");
	assert_string_text("system:serviceaccount:ns:name/-_.~'", "\"system:serviceaccount:ns:name/-_.~'\"");
	assert_string_text("\177", "\"\177\"");
}

static void quotes_and_backslashes_are_escaped(void **state)
{
	(void)state;
	assert_string_text("\"a\\b\"", "\"\\\"a\\\\b\\\"\"");
}

static void newlines_and_tabs_have_short_forms(void **state)
{
	(void)state;
	assert_string_text("a\nb\rc\td", "\"a\\nb\\rc\\td\"");
}

static void other_controls_are_escaped_by_number(void **state)
{
	(void)state;
	for (char c = 1; c < 0x20; c++) {
		char text[] = {c, '\0'}, expected[16];

		if (c == '\n' || c == '\r' || c == '\t')
			continue;
		snprintf(expected, sizeof expected, "\"\\u%04x\"", (unsigned)c);
		assert_string_text(text, expected);
	}
}

static void html_is_escaped(void **state)
{
	(void)state;
	assert_string_text("<a&b>", "\"\\u003ca\\u0026b\\u003e\"");
}

static void line_separators_are_escaped_and_their_neighbours_not(void **state)
{
	(void)state;
	assert_string_text("\u2027\u2028\u2029\u202a", "\"\u2027\\u2028\\u2029\u202a\"");
	assert_string_text("\u20ac\u2128 \u00e2", "\"\u20ac\u2128 \u00e2\"");
}

static void other_characters_stay_utf8(void **state)
{
	(void)state;
	assert_string_text("gr\u00fc\u00df \U0001f511", "\"gr\u00fc\u00df \U0001f511\"");
}

static void what_people_should_not_see_raw_is_escaped(void **state)
{
	(void)state;
	assert_text_text("caf\xc3\xa9", "\"caf\xc3\xa9\"");
	assert_text_text("\xe2\x80\xae\xc2\x9b\177", "\"\\u202e\\u009b\\u007f\"");
	assert_text_text("\n\"\\", "\"\\n\\\"\\\\\"");
}

static void foreign_bytes_become_question_marks(void **state)
{
	(void)state;
	assert_text_text("caf\xe9 \xc3\xa9", "\"caf? ??\"");
	assert_text_text("\xff\x1b", "\"?\\u001b\"");
}

static void scalars_are_written(void **state)
{
	(void)state;
	assert_value_text("null", "null");
	assert_value_text("true", "true");
	assert_value_text("false", "false");
	assert_value_text("-9223372036854775808", "-9223372036854775808");
	assert_value_text("\"<\"", "\"\\u003c\"");
	assert_value_text("1.50", "1.5");
	assert_value_text("1e3", "1000");
}

static void elements_stay_in_order(void **state)
{
	(void)state;
	assert_value_text("[]", "[]");
	assert_value_text("[ 3, 1, [2], {} ]", "[3,1,[2],{}]");
}

static void members_are_sorted_at_every_level(void **state)
{
	(void)state;
	assert_value_text("{\"b\":{\"z\":1,\"a\":2},\"a\":[{\"y\":1,\"x\":[]}],\"B\":{}}",
			  "{\"B\":{},\"a\":[{\"x\":[],\"y\":1}],\"b\":{\"a\":2,\"z\":1}}");
}

static void members_are_sorted_by_bytes(void **state)
{
	(void)state;
	/* as Go: 'é' (c3 a9) after 'z', a prefix before the longer name */
	assert_value_text("{\"\\u00e9\":1,\"z\":2,\"ab\":3,\"a\":4,\"\":5}",
			  "{\"\":5,\"a\":4,\"ab\":3,\"z\":2,\"\u00e9\":1}");
}

static void names_of_members_are_escaped(void **state)
{
	(void)state;
	assert_value_text("{\"<\\\"\":1}", "{\"\\u003c\\\"\":1}");
}

/* `depth` arrays around a number. */
static json_t *nested(int depth)
{
	json_t *value = json_integer(1);

	while (depth-- > 0)
		value = json_pack("[o]", value);
	return value;
}

static void what_can_be_read_can_be_written_and_nothing_deeper(void **state)
{
	struct mm_err err = {0};
	mm_auto_buf buf = {0};
	json_t *good = nested(MM_JSON_DEPTH_MAX), *bad = nested(MM_JSON_DEPTH_MAX + 1);

	(void)state;
	assert_ok(mm_json_add_value(&buf, good, &err), &err);
	json_decref(good);
	good = json_pack("{s:o}", "a", nested(MM_JSON_DEPTH_MAX - 1));
	assert_ok(mm_json_add_value(&buf, good, &err), &err);
	assert_fails(mm_json_add_value(&buf, bad, &err), MM_ELIMIT, &err);
	json_decref(good);
	json_decref(bad);
}

static void a_deep_member_is_refused_too(void **state)
{
	struct mm_err err = {0};
	mm_auto_buf buf = {0};
	json_t *bad = json_pack("{s:o}", "a", nested(MM_JSON_DEPTH_MAX));

	(void)state;
	assert_fails(mm_json_add_value(&buf, bad, &err), MM_ELIMIT, &err);
	json_decref(bad);
}

static void a_failed_buffer_is_out_of_memory(void **state)
{
	struct mm_err err = {0};
	struct mm_buf buf = {.failed = true};

	(void)state;
	assert_fails(mm_json_add_value(&buf, json_true(), &err), MM_ENOMEM, &err);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(plain_strings_are_quoted),
		cmocka_unit_test(quotes_and_backslashes_are_escaped),
		cmocka_unit_test(newlines_and_tabs_have_short_forms),
		cmocka_unit_test(other_controls_are_escaped_by_number),
		cmocka_unit_test(html_is_escaped),
		cmocka_unit_test(line_separators_are_escaped_and_their_neighbours_not),
		cmocka_unit_test(other_characters_stay_utf8),
		cmocka_unit_test(what_people_should_not_see_raw_is_escaped),
		cmocka_unit_test(foreign_bytes_become_question_marks),
		cmocka_unit_test(scalars_are_written),
		cmocka_unit_test(elements_stay_in_order),
		cmocka_unit_test(members_are_sorted_at_every_level),
		cmocka_unit_test(members_are_sorted_by_bytes),
		cmocka_unit_test(names_of_members_are_escaped),
		cmocka_unit_test(what_can_be_read_can_be_written_and_nothing_deeper),
		cmocka_unit_test(a_deep_member_is_refused_too),
		cmocka_unit_test(a_failed_buffer_is_out_of_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
