/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/support.h"

#include "conf/yaml_loader.h"

#include <string.h>

/* Reads what must be good. */
static struct mm_yaml *read_yaml(const char *text)
{
	struct mm_yaml *yaml = NULL;
	struct mm_err err = {0};

	assert_ok(mm_yaml_read(mm_span_str(text), "f.yaml", &yaml, &err), &err);
	return yaml;
}

/* Reads what must be refused, with `part` in the line. */
static void refuse(struct mm_span text, const char *part)
{
	mm_auto(mm_yaml) yaml = NULL;
	struct mm_err err = {0};

	assert_int_equal(mm_yaml_read(text, "f.yaml", &yaml, &err), MM_ECONFIG);
	assert_null(yaml);
	assert_contains(err.text, part);
}

static void refuse_text(const char *text, const char *part)
{
	refuse(mm_span_str(text), part);
}

static void a_byte_order_mark_is_skipped(void **state)
{
	mm_auto(mm_yaml) yaml = read_yaml("\xef\xbb\xbf"
					  "a: 1\n");
	(void)state;

	assert_int_equal(yaml->count, 1);
	assert_string_equal(mm_yaml_find(yaml, "a")->values.v[0], "1");
}

static void nested_keys_become_dotted_names_with_lines(void **state)
{
	mm_auto(mm_yaml) yaml = read_yaml("# comment\na: 1\nb:\n  c: two\n  d:\n    e: 'three'\n");
	(void)state;

	assert_int_equal(yaml->count, 5);
	assert_string_equal(mm_yaml_find(yaml, "a")->values.v[0], "1");
	assert_int_equal(mm_yaml_find(yaml, "a")->line, 2);
	assert_int_equal(mm_yaml_find(yaml, "b")->kind, MM_YAML_SECTION);
	assert_string_equal(mm_yaml_find(yaml, "b.c")->values.v[0], "two");
	assert_int_equal(mm_yaml_find(yaml, "b.c")->line, 4);
	assert_string_equal(mm_yaml_find(yaml, "b.d.e")->values.v[0], "three");
	assert_int_equal(mm_yaml_find(yaml, "b.d.e")->line, 6);
	assert_null(mm_yaml_find(yaml, "c"));
}

static void lists_keep_their_order_in_both_styles(void **state)
{
	mm_auto(mm_yaml) yaml = read_yaml("a: [x, y]\nb:\n  - z\n  - w\nc: []\n");
	const struct mm_yaml_entry *a = mm_yaml_find(yaml, "a"), *b = mm_yaml_find(yaml, "b");
	(void)state;

	assert_int_equal(a->kind, MM_YAML_LIST);
	assert_int_equal(a->values.n, 2);
	assert_string_equal(a->values.v[1], "y");
	assert_int_equal(b->kind, MM_YAML_LIST);
	assert_string_equal(b->values.v[0], "z");
	assert_string_equal(b->values.v[1], "w");
	assert_int_equal(mm_yaml_find(yaml, "c")->values.n, 0);
}

static void an_empty_file_has_no_entries(void **state)
{
	static const char *const texts[] = {"", "\n\n", "# nothing\n", "---\n", "{}", "---\n...\n"};
	(void)state;

	for (size_t i = 0; i < MM_COUNT(texts); i++) {
		mm_auto(mm_yaml) yaml = read_yaml(texts[i]);

		assert_int_equal(yaml->count, 0);
	}
}

static void a_key_without_value_is_nothing_and_quotes_are_something(void **state)
{
	mm_auto(mm_yaml) yaml = read_yaml("a:\nb: ~\nc: null\nd: ''\ne: '~'\nf: off\n");
	(void)state;

	assert_int_equal(mm_yaml_find(yaml, "a")->kind, MM_YAML_NOTHING);
	assert_int_equal(mm_yaml_find(yaml, "b")->kind, MM_YAML_NOTHING);
	assert_int_equal(mm_yaml_find(yaml, "c")->kind, MM_YAML_NOTHING);
	assert_int_equal(mm_yaml_find(yaml, "d")->kind, MM_YAML_SCALAR);
	assert_string_equal(mm_yaml_find(yaml, "d")->values.v[0], "");
	assert_string_equal(mm_yaml_find(yaml, "e")->values.v[0], "~");
	/* YAML 1.1's booleans are texts like any other: the option says what it is. */
	assert_string_equal(mm_yaml_find(yaml, "f")->values.v[0], "off");
}

static void repeated_keys_name_both_lines(void **state)
{
	(void)state;

	refuse_text("a: 1\nb: 2\na: 3\n", "f.yaml:3: a: repeated; it stands in line 1 already");
	refuse_text("s:\n  a: 1\ns:\n  b: 1\n", "f.yaml:3: s: repeated; it stands in line 1 already");
	refuse_text("s: {a: 1, 'a': 2}\n", "s.a: repeated");
}

static void a_dotted_key_is_no_other_way_to_nest(void **state)
{
	(void)state;

	refuse_text("a.b: 1\n", "f.yaml:1: a.b: a key must be a name without dots");
	refuse_text("'': 1\n", "a key must be a name");
	refuse_text("[a]: 1\n", "f.yaml:1: a key must be a name");
	refuse_text("{a: 1}: 1\n", "a key must be a name");
}

static void what_could_expand_or_redefine_is_refused(void **state)
{
	(void)state;

	refuse_text("a: &x 1\nb: *x\n", "f.yaml:1: anchors and aliases are not accepted");
	refuse_text("b: *x\n", "f.yaml:1: anchors and aliases are not accepted");
	refuse_text("a: &x [1]\n", "anchors and aliases");
	refuse_text("a: &x {b: 1}\n", "anchors and aliases");
	refuse_text("a: !!str 1\n", "f.yaml:1: tags are not accepted");
	refuse_text("a: 1\n---\nb: 2\n", "f.yaml:2: a second document is not accepted");
}

static void only_a_mapping_can_be_at_the_top(void **state)
{
	(void)state;

	refuse_text("just text\n", "f.yaml:1: found no mapping");
	refuse_text("- a\n- b\n", "f.yaml:1: found no mapping");
}

static void lists_of_anything_but_texts_are_refused(void **state)
{
	(void)state;

	refuse_text("a:\n  - b: 1\n", "f.yaml:2: a: found a list or mapping in the list");
	refuse_text("a: [[b]]\n", "found a list or mapping in the list");
	refuse_text("a:\n  - b\n  -\n", "f.yaml:3: a: found nothing in the list");
}

static void damaged_text_is_refused_with_its_line(void **state)
{
	static const char *const damaged[] = {
		"a: [1\n",   "a: 'x\n",   "a: 1\n\tb: 2\n",         "a: b: c\n", "a: \"\\q\"\n",
		"a: \xff\n", "a: \xc3\n", "%YAML 3.0\n---\na: 1\n", "a: {b\n",   "a: @x\n",
	};
	(void)state;

	for (size_t i = 0; i < MM_COUNT(damaged); i++)
		refuse_text(damaged[i], "not YAML: ");
	refuse_text("a: 1\nb: 'x\n", "f.yaml:");
}

static void nul_bytes_are_refused(void **state)
{
	static const char raw[] = "a: x\0y\n";
	(void)state;

	refuse(mm_span(raw, sizeof raw - 1), "f.yaml:1: ");
	refuse_text("a: \"x\\0y\"\n", "a NUL character is not accepted");
	refuse_text("\"a\\0b\": 1\n", "a NUL character is not accepted");
}

static void other_encodings_than_utf8_are_refused(void **state)
{
	static const char utf16[] = "\xff\xfe"
				    "a\0:\0 \0"
				    "1\0";
	(void)state;

	refuse(mm_span(utf16, sizeof utf16 - 1), "not YAML");
}

static void nesting_has_a_limit(void **state)
{
	mm_auto_buf text = {0};
	mm_auto(mm_yaml) yaml = NULL;
	(void)state;

	for (int i = 0; i < MM_YAML_DEPTH_MAX; i++)
		mm_buf_add_str(&text, "{a: ");
	mm_buf_add_str(&text, "1");
	for (int i = 0; i < MM_YAML_DEPTH_MAX; i++)
		mm_buf_add_str(&text, "}");
	yaml = read_yaml(text.p);
	assert_int_equal(yaml->count, MM_YAML_DEPTH_MAX);
	mm_buf_reset(&text);
	for (int i = 0; i < 10000; i++)
		mm_buf_add_str(&text, "{a: ");
	refuse_text(text.p, "nested too deeply");
}

static void number_of_keys_has_a_limit(void **state)
{
	mm_auto_buf text = {0};
	(void)state;

	for (int i = 0; i <= MM_YAML_ENTRIES_MAX; i++)
		mm_buf_printf(&text, "k%d: 1\n", i);
	refuse_text(text.p, "f.yaml:513: too many keys");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_byte_order_mark_is_skipped),
		cmocka_unit_test(nested_keys_become_dotted_names_with_lines),
		cmocka_unit_test(lists_keep_their_order_in_both_styles),
		cmocka_unit_test(an_empty_file_has_no_entries),
		cmocka_unit_test(a_key_without_value_is_nothing_and_quotes_are_something),
		cmocka_unit_test(repeated_keys_name_both_lines),
		cmocka_unit_test(a_dotted_key_is_no_other_way_to_nest),
		cmocka_unit_test(what_could_expand_or_redefine_is_refused),
		cmocka_unit_test(only_a_mapping_can_be_at_the_top),
		cmocka_unit_test(lists_of_anything_but_texts_are_refused),
		cmocka_unit_test(damaged_text_is_refused_with_its_line),
		cmocka_unit_test(nul_bytes_are_refused),
		cmocka_unit_test(other_encodings_than_utf8_are_refused),
		cmocka_unit_test(nesting_has_a_limit),
		cmocka_unit_test(number_of_keys_has_a_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
