/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/support.h"

#include <mintmark/json.h>
#include <string.h>

enum { MAX = 65536 };

static enum mm_code load(const char *text, json_t **out, struct mm_err *err)
{
	return mm_json_load(mm_span_str(text), MAX, out, err);
}

/* `text` must be refused with `code` and a line that holds `part`. */
static void assert_refused(struct mm_span text, enum mm_code code, const char *part)
{
	struct mm_err err = {0};
	json_t *value = NULL;

	assert_int_equal(mm_json_load(text, MAX, &value, &err), code);
	assert_null(value);
	assert_contains(err.text, part);
}

/* `depth` objects, the innermost of which is empty. */
static char *nested(int depth, const char *open, char close)
{
	struct mm_buf buf = {0};

	for (int i = 1; i < depth; i++)
		mm_buf_add_str(&buf, open);
	mm_buf_add_str(&buf, "{}");
	for (int i = 1; i < depth; i++)
		mm_buf_add(&buf, &close, 1);
	return mm_buf_take(&buf);
}

static void an_object_is_loaded(void **state)
{
	struct mm_err err = {0};
	json_t *value;

	(void)state;
	assert_ok(load(" {\"a\": [1, -2.5, true, false, null, \"\\u20ac\"], \"b\": {}}\r\n\t ", &value, &err), &err);
	assert_int_equal(json_object_size(value), 2);
	json_decref(value);
}

static void the_text_need_not_be_terminated(void **state)
{
	struct mm_err err = {0};
	json_t *value;

	(void)state;
	assert_ok(mm_json_load(mm_span("{}x", 2), MAX, &value, &err), &err);
	json_decref(value);
}

static void anything_but_an_object_is_refused(void **state)
{
	static const char *const cases[] = {"[]", "[{}]", "1", "\"x\"", "null", "true", "", " ", "\n"};

	(void)state;
	for (size_t i = 0; i < MM_COUNT(cases); i++)
		assert_refused(mm_span_str(cases[i]), MM_EPARSE, "line ");
	assert_refused(mm_span_str(NULL), MM_EPARSE, "line 1, column 1");
}

static void more_than_max_len_bytes_are_refused(void **state)
{
	struct mm_err err = {0};
	json_t *value;

	(void)state;
	assert_ok(mm_json_load(mm_span_str("{    }"), 6, &value, &err), &err);
	json_decref(value);
	assert_fails(mm_json_load(mm_span_str("{    }"), 5, &value, &err), MM_ELIMIT, &err);
}

static void sixteen_levels_are_allowed_and_seventeen_refused(void **state)
{
	struct mm_err err = {0};
	mm_auto_string good = nested(MM_JSON_DEPTH_MAX, "{\"a\":", '}');
	mm_auto_string bad = nested(MM_JSON_DEPTH_MAX + 1, "{\"a\":", '}');
	json_t *value;

	(void)state;
	assert_ok(load(good, &value, &err), &err);
	json_decref(value);
	assert_refused(mm_span_str(bad), MM_ELIMIT, "line 1, column 81: nested deeper than 16 levels");
}

static void the_level_too_many_is_named_by_line_and_column(void **state)
{
	(void)state;
	assert_refused(mm_span_str("{\"a\":\n\n  [[[[[[[[\n[[[[[[[[ 1"), MM_ELIMIT, "line 4, column 8:");
}

static void arrays_count_as_levels(void **state)
{
	(void)state;
	assert_refused(mm_span_str("{\"a\":[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]}"), MM_ELIMIT, "nested");
}

static void a_hundred_thousand_levels_do_not_recurse(void **state)
{
	struct mm_err err = {0};
	mm_auto_string text = nested(100000, "[", ']');
	json_t *value;

	(void)state;
	assert_fails(mm_json_load(mm_span_str(text), strlen(text), &value, &err), MM_ELIMIT, &err);
}

static void brackets_in_strings_are_no_levels(void **state)
{
	struct mm_err err = {0};
	json_t *value;

	(void)state;
	assert_ok(load("{\"[[[[[[[[[[[[[[[[[[[[\\\"[[[[[\\\\\":\"{{{{{{{{{{{{{{{{{{{{{\"}", &value, &err), &err);
	json_decref(value);
}

static void levels_after_an_escaped_quotation_mark_are_seen(void **state)
{
	(void)state;
	/* the string ends after the escaped backslash */
	assert_refused(mm_span_str("{\"a\\\\\":[[[[[[[[[[[[[[[[[[1"), MM_ELIMIT, "nested");
}

static void closing_brackets_first_buy_no_depth(void **state)
{
	(void)state;
	assert_refused(mm_span_str("]]]]]]]]]]]]]]]]]]]]{[[[[[[[[[[[[[[[[[[[["), MM_ELIMIT, "nested");
}

static void siblings_are_no_levels(void **state)
{
	struct mm_err err = {0};
	mm_auto_buf text = {0};
	json_t *value;

	(void)state;
	mm_buf_add_str(&text, "{\"a\":[[]");
	for (int i = 0; i < 1000; i++)
		mm_buf_add_str(&text, ",[{}]");
	mm_buf_add_str(&text, "]}");
	assert_ok(load(text.p, &value, &err), &err);
	json_decref(value);
}

static void duplicate_members_are_refused(void **state)
{
	(void)state;
	assert_refused(mm_span_str("{\"alg\":1,\"alg\":2}"), MM_EPARSE, "duplicate");
	assert_refused(mm_span_str("{\"a\":{\"b\":1,\n\"b\":1}}"), MM_EPARSE, "line 2");
}

static void duplicate_members_are_refused_when_escaped(void **state)
{
	(void)state;
	assert_refused(mm_span_str("{\"alg\":1,\"\\u0061lg\":2}"), MM_EPARSE, "duplicate");
}

static void nul_is_refused_in_every_form(void **state)
{
	(void)state;
	assert_refused(mm_span("{\"a\":\"x\0y\"}", 11), MM_EPARSE, "column 8: a NUL byte");
	assert_refused(mm_span("{}\0", 3), MM_EPARSE, "NUL");
	assert_refused(mm_span("\0{}", 3), MM_EPARSE, "NUL");
	assert_refused(mm_span_str("{\"a\":\"\\u0000\"}"), MM_EPARSE, "line 1");
	assert_refused(mm_span_str("{\"a\\u0000\":1}"), MM_EPARSE, "line 1");
}

static void bad_utf8_is_refused(void **state)
{
	static const char *const cases[] = {
		"\xff",         /* never in UTF-8 */
		"\xc0\x80",     /* NUL in two bytes */
		"\xc3",         /* cut short */
		"\xed\xa0\x80", /* a surrogate */
		"\xf4\x90\x80\x80",
	};

	(void)state;
	for (size_t i = 0; i < MM_COUNT(cases); i++) {
		mm_auto_buf text = {0};

		mm_buf_printf(&text, "{\"a\":\"%s\"}", cases[i]);
		assert_refused(mm_buf_span(&text), MM_EPARSE, "unable to decode byte");
	}
}

static void half_a_surrogate_pair_is_refused(void **state)
{
	(void)state;
	assert_refused(mm_span_str("{\"a\":\"\\ud800\"}"), MM_EPARSE, "line 1");
	assert_refused(mm_span_str("{\"a\":\"\\ud800\\u0041\"}"), MM_EPARSE, "line 1");
	assert_refused(mm_span_str("{\"a\":\"\\udc00\"}"), MM_EPARSE, "line 1");
}

static void a_byte_order_mark_is_refused(void **state)
{
	(void)state;
	assert_refused(mm_span_str("\xef\xbb\xbf{}"), MM_EPARSE, "byte order mark");
	assert_refused(mm_span("\xff\xfe{\0}\0", 6), MM_EPARSE, "line 1");
}

static void trailing_bytes_are_refused(void **state)
{
	static const char *const cases[] = {"{}{}", "{} x", "{},", "{}}", "{}//", "{}\v"};

	(void)state;
	for (size_t i = 0; i < MM_COUNT(cases); i++)
		assert_refused(mm_span_str(cases[i]), MM_EPARSE, "line 1");
}

static void numbers_beyond_their_types_are_refused(void **state)
{
	(void)state;
	assert_refused(mm_span_str("{\"a\":9223372036854775808}"), MM_EPARSE, "too big");
	assert_refused(mm_span_str("{\"a\":-9223372036854775809}"), MM_EPARSE, "too big");
	assert_refused(mm_span_str("{\"a\":1e400}"), MM_EPARSE, "overflow");
	assert_refused(mm_span_str("{\"a\":-1e400}"), MM_EPARSE, "overflow");
}

static void what_json_does_not_know_is_refused(void **state)
{
	static const char *const cases[] = {"{\"a\":01}",   "{\"a\":+1}",  "{\"a\":.5}",     "{\"a\":1.}",
					    "{\"a\":0x10}", "{\"a\":NaN}", "{\"a\":True}",   "{\"a\":1,}",
					    "{'a':1}",      "{a:1}",       "{\"a\":\"\t\"}", "{\"a\":\"\\x41\"}",
					    "{\"a\"}",      "{\"a\":}",    "{\"a\":1",       "{/**/}"};

	(void)state;
	for (size_t i = 0; i < MM_COUNT(cases); i++)
		assert_refused(mm_span_str(cases[i]), MM_EPARSE, "line 1");
}

static void the_line_names_line_and_column_but_quotes_no_token(void **state)
{
	struct mm_err err = {0};
	json_t *value;

	(void)state;
	(void)load("{\n  \"d\": \"c2VjcmV0\" \"c2VjcmV1\"\n}", &value, &err);
	assert_contains(err.text, "line 2, column ");
	assert_null(strstr(err.text, "c2V"));
}

static void strings_are_got(void **state)
{
	struct mm_err err = {0};
	const char *text = NULL;
	json_t *object;

	(void)state;
	assert_ok(load("{\"s\":\"x\",\"i\":1,\"n\":null}", &object, &err), &err);
	assert_ok(mm_json_get_string(object, "s", &text, &err), &err);
	assert_string_equal(text, "x");
	assert_fails(mm_json_get_string(object, "absent", &text, &err), MM_ENOTFOUND, &err);
	assert_int_equal(mm_json_get_string(object, "i", &text, &err), MM_EPARSE);
	assert_string_equal(err.text, "member \"i\": expected a string, found an integer");
	mm_err_clear(&err);
	assert_fails(mm_json_get_string(object, "n", &text, &err), MM_EPARSE, &err);
	assert_string_equal(text, "x");
	json_decref(object);
}

static void integers_are_got(void **state)
{
	struct mm_err err = {0};
	int64_t number = 0;
	json_t *object;

	(void)state;
	assert_ok(load("{\"max\":9223372036854775807,\"min\":-9223372036854775808}", &object, &err), &err);
	assert_ok(mm_json_get_int(object, "max", &number, &err), &err);
	assert_true(number == INT64_MAX);
	assert_ok(mm_json_get_int(object, "min", &number, &err), &err);
	assert_true(number == INT64_MIN);
	assert_fails(mm_json_get_int(object, "absent", &number, &err), MM_ENOTFOUND, &err);
	json_decref(object);
}

static void integers_are_json_integers_only(void **state)
{
	static const char *const cases[][2] = {
		{"1.0", "a number that is not an integer"},
		{"1e3", "a number that is not an integer"},
		{"-0.0", "a number that is not an integer"},
		{"\"1\"", "a string"},
		{"null", "null"},
		{"true", "a boolean"},
		{"false", "a boolean"},
		{"[1]", "an array"},
		{"{}", "an object"},
	};

	(void)state;
	for (size_t i = 0; i < MM_COUNT(cases); i++) {
		struct mm_err err = {0};
		mm_auto_buf text = {0}, expected = {0};
		int64_t number = 42;
		json_t *object;

		mm_buf_printf(&text, "{\"exp\":%s}", cases[i][0]);
		mm_buf_printf(&expected, "member \"exp\": expected an integer, found %s", cases[i][1]);
		assert_ok(load(text.p, &object, &err), &err);
		assert_int_equal(mm_json_get_int(object, "exp", &number, &err), MM_EPARSE);
		assert_string_equal(err.text, expected.p);
		assert_int_equal(number, 42);
		json_decref(object);
	}
}

static void members_of_no_object_are_missing(void **state)
{
	const char *text;

	(void)state;
	assert_fails(mm_json_get_string(NULL, "a", &text, NULL), MM_ENOTFOUND, NULL);
}

static void dump_is_compact_and_keeps_or_sorts_the_order(void **state)
{
	struct mm_err err = {0};
	mm_auto_buf kept = {0}, sorted = {0};
	json_t *value;

	(void)state;
	assert_ok(load("{\"use\": \"sig\", \"alg\": [1, {\"b\": 1, \"a\": 2}]}", &value, &err), &err);
	assert_ok(mm_json_dump(value, false, &kept, &err), &err);
	assert_string_equal(kept.p, "{\"use\":\"sig\",\"alg\":[1,{\"b\":1,\"a\":2}]}");
	assert_ok(mm_json_dump(value, true, &sorted, &err), &err);
	assert_string_equal(sorted.p, "{\"alg\":[1,{\"a\":2,\"b\":1}],\"use\":\"sig\"}");
	json_decref(value);
}

static void dump_writes_any_value_and_appends(void **state)
{
	struct mm_err err = {0};
	mm_auto_buf out = {0};

	(void)state;
	mm_buf_add_str(&out, "x=");
	assert_ok(mm_json_dump(json_true(), false, &out, &err), &err);
	assert_string_equal(out.p, "x=true");
}

static void pretty_is_indented_by_two_and_ends_in_a_newline(void **state)
{
	struct mm_err err = {0};
	mm_auto_buf out = {0};
	json_t *value;

	(void)state;
	assert_ok(load("{\"b\":1,\"a\":[2]}", &value, &err), &err);
	assert_ok(mm_json_dump_pretty(value, &out, &err), &err);
	assert_string_equal(out.p, "{\n  \"b\": 1,\n  \"a\": [\n    2\n  ]\n}\n");
	json_decref(value);
}

static void a_value_that_holds_itself_is_refused(void **state)
{
	struct mm_err err = {0};
	mm_auto_buf out = {0};
	json_t *outer = json_array(), *inner = json_array();

	(void)state;
	assert_int_equal(json_array_append(outer, inner), 0);
	assert_int_equal(json_array_append(inner, outer), 0);
	assert_fails(mm_json_dump(outer, false, &out, &err), MM_EPARSE, &err);
	json_array_clear(inner);
	json_decref(inner);
	json_decref(outer);
}

static void a_failed_buffer_is_out_of_memory(void **state)
{
	struct mm_err err = {0};
	struct mm_buf out = {.failed = true};

	(void)state;
	assert_fails(mm_json_dump(json_true(), false, &out, &err), MM_ENOMEM, &err);
	assert_fails(mm_json_dump_pretty(json_true(), &out, &err), MM_ENOMEM, &err);
}

static void the_text_of_a_member_is_null_where_there_is_none(void **state)
{
	json_t *object = json_pack("{s:s, s:i}", "a", "text", "b", 1);

	(void)state;
	assert_string_equal(mm_json_text(object, "a"), "text");
	assert_null(mm_json_text(object, "b"));
	assert_null(mm_json_text(object, "c"));
	assert_null(mm_json_text(NULL, "a"));
	json_decref(object);
}

static void a_list_that_lacks_an_item_is_none(void **state)
{
	json_t *list = mm_json_append(mm_json_append(json_array(), json_integer(1)), json_integer(2));

	(void)state;
	assert_int_equal(json_array_size(list), 2);
	assert_null(mm_json_append(mm_json_append(list, NULL), json_integer(3)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_object_is_loaded),
		cmocka_unit_test(the_text_need_not_be_terminated),
		cmocka_unit_test(anything_but_an_object_is_refused),
		cmocka_unit_test(more_than_max_len_bytes_are_refused),
		cmocka_unit_test(sixteen_levels_are_allowed_and_seventeen_refused),
		cmocka_unit_test(the_level_too_many_is_named_by_line_and_column),
		cmocka_unit_test(arrays_count_as_levels),
		cmocka_unit_test(a_hundred_thousand_levels_do_not_recurse),
		cmocka_unit_test(brackets_in_strings_are_no_levels),
		cmocka_unit_test(levels_after_an_escaped_quotation_mark_are_seen),
		cmocka_unit_test(closing_brackets_first_buy_no_depth),
		cmocka_unit_test(siblings_are_no_levels),
		cmocka_unit_test(duplicate_members_are_refused),
		cmocka_unit_test(duplicate_members_are_refused_when_escaped),
		cmocka_unit_test(nul_is_refused_in_every_form),
		cmocka_unit_test(bad_utf8_is_refused),
		cmocka_unit_test(half_a_surrogate_pair_is_refused),
		cmocka_unit_test(a_byte_order_mark_is_refused),
		cmocka_unit_test(trailing_bytes_are_refused),
		cmocka_unit_test(numbers_beyond_their_types_are_refused),
		cmocka_unit_test(what_json_does_not_know_is_refused),
		cmocka_unit_test(the_line_names_line_and_column_but_quotes_no_token),
		cmocka_unit_test(strings_are_got),
		cmocka_unit_test(integers_are_got),
		cmocka_unit_test(integers_are_json_integers_only),
		cmocka_unit_test(members_of_no_object_are_missing),
		cmocka_unit_test(dump_is_compact_and_keeps_or_sorts_the_order),
		cmocka_unit_test(dump_writes_any_value_and_appends),
		cmocka_unit_test(pretty_is_indented_by_two_and_ends_in_a_newline),
		cmocka_unit_test(a_value_that_holds_itself_is_refused),
		cmocka_unit_test(a_failed_buffer_is_out_of_memory),
		cmocka_unit_test(the_text_of_a_member_is_null_where_there_is_none),
		cmocka_unit_test(a_list_that_lacks_an_item_is_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
