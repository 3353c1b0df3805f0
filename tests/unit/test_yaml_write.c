/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/support.h"

#include <mintmark/yaml.h>

static void assert_yaml(const char *json, const char *yaml)
{
	json_t *value = json_loads(json, JSON_DECODE_ANY, NULL);
	mm_auto_buf text = {0};

	assert_non_null(value);
	mm_yaml_add(&text, value);
	json_decref(value);
	assert_string_equal(text.p, yaml);
}

static void mappings_and_lists_are_blocks(void **state)
{
	(void)state;

	assert_yaml("{\"a\": 1, \"b\": {\"c\": true, \"d\": {\"e\": null}}, \"f\": \"g\"}",
		    "a: 1\nb:\n  c: true\n  d:\n    e: null\nf: g\n");
	assert_yaml("{\"a\": [1, 2], \"b\": [{\"c\": 1, \"d\": [3]}, {\"e\": 2}]}",
		    "a:\n- 1\n- 2\nb:\n- c: 1\n  d:\n  - 3\n- e: 2\n");
	assert_yaml("[[1, 2], [], {}]", "- - 1\n  - 2\n- []\n- {}\n");
	assert_yaml("{\"a\": {}, \"b\": []}", "a: {}\nb: []\n");
}

static void what_is_plainly_a_text_has_no_quotes(void **state)
{
	static const char *const plain[] = {"a", "app", "eks.amazonaws.com/role-arn", "/var/run", "AWS_REGION", "nope"};
	(void)state;

	for (size_t i = 0; i < MM_COUNT(plain); i++) {
		mm_auto_buf json = {0}, yaml = {0};

		mm_buf_printf(&json, "{\"%s\": \"%s\"}", plain[i], plain[i]);
		mm_buf_printf(&yaml, "%s: %s\n", plain[i], plain[i]);
		assert_yaml(json.p, yaml.p);
	}
}

/* Each of these is something else, or nothing, to a reader of YAML 1.1 or 1.2. */
static void what_could_be_something_else_is_quoted(void **state)
{
	static const char *const quoted[] = {
		"",
		"true",
		"No",
		"ON",
		"y",
		"null",
		"~",
		"1",
		"012",
		"1e3",
		"0x1",
		"1_0",
		"1:30",
		"-",
		"- a",
		"a: b",
		"a:",
		"a #b",
		"*a",
		"!a",
		"|",
		"'a'",
		"%a",
		"@a",
		"`a`",
		"[a]",
		"{a}",
		"a,b",
		".5",
		".inf",
		"=",
		" a",
		"a ",
		"?",
		"---",
		"2026-11-22",
		"arn:aws:iam::1:role/a",
	};
	(void)state;

	for (size_t i = 0; i < MM_COUNT(quoted); i++) {
		mm_auto_buf json = {0}, yaml = {0};

		mm_buf_printf(&json, "{\"a\": \"%s\"}", quoted[i]);
		mm_buf_printf(&yaml, "a: \"%s\"\n", quoted[i]);
		assert_yaml(json.p, yaml.p);
	}
}

static void what_cannot_be_seen_is_escaped(void **state)
{
	(void)state;

	assert_yaml("{\"a\": \"\\u0001\\n\\\"\\\\\\u007f\\u2028\"}", "a: \"\\u0001\\n\\\"\\\\\\u007f\\u2028\"\n");
	assert_yaml("{\"a b\": \"\\u00e4\"}", "\"a b\": \"\xc3\xa4\"\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(mappings_and_lists_are_blocks),
		cmocka_unit_test(what_is_plainly_a_text_has_no_quotes),
		cmocka_unit_test(what_could_be_something_else_is_quoted),
		cmocka_unit_test(what_cannot_be_seen_is_escaped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
