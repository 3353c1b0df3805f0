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

/* What the keys lead to, up to a NULL; it must be there. */
static const struct mm_yaml *find(const struct mm_yaml *yaml, const char *const keys[])
{
	for (; *keys; keys++) {
		size_t i = 0;

		while (i < yaml->count && strcmp(yaml->items[i].key, *keys) != 0)
			i++;
		if (i == yaml->count)
			fail_msg("no key %s", *keys);
		yaml = &yaml->items[i];
	}
	return yaml;
}
#define FIND(yaml, ...) find((yaml), (const char *const[]){__VA_ARGS__, NULL})

static void a_byte_order_mark_is_skipped(void **state)
{
	mm_auto(mm_yaml) yaml = read_yaml("\xef\xbb\xbf"
					  "a: 1\n");
	(void)state;

	assert_int_equal(yaml->count, 1);
	assert_string_equal(FIND(yaml, "a")->text, "1");
}

static void mappings_nest_and_every_key_has_its_line(void **state)
{
	mm_auto(mm_yaml) yaml = read_yaml("# comment\na: 1\nb:\n  c: two\n  d:\n    e: 'three'\n");
	(void)state;

	assert_int_equal(yaml->kind, MM_YAML_MAPPING);
	assert_int_equal(yaml->count, 2);
	assert_string_equal(FIND(yaml, "a")->text, "1");
	assert_int_equal(FIND(yaml, "a")->kind, MM_YAML_SCALAR);
	assert_int_equal(FIND(yaml, "a")->line, 2);
	assert_int_equal(FIND(yaml, "b")->kind, MM_YAML_MAPPING);
	assert_int_equal(FIND(yaml, "b")->count, 2);
	assert_string_equal(FIND(yaml, "b", "c")->text, "two");
	assert_int_equal(FIND(yaml, "b", "c")->line, 4);
	assert_string_equal(FIND(yaml, "b", "d", "e")->text, "three");
	assert_int_equal(FIND(yaml, "b", "d", "e")->line, 6);
}

static void lists_keep_their_order_in_both_styles(void **state)
{
	mm_auto(mm_yaml) yaml = read_yaml("a: [x, y]\nb:\n  - z\n  - w\nc: []\n");
	const struct mm_yaml *a = FIND(yaml, "a"), *b = FIND(yaml, "b");
	(void)state;

	assert_int_equal(a->kind, MM_YAML_LIST);
	assert_int_equal(a->count, 2);
	assert_null(a->items[0].key);
	assert_string_equal(a->items[1].text, "y");
	assert_int_equal(b->kind, MM_YAML_LIST);
	assert_string_equal(b->items[0].text, "z");
	assert_string_equal(b->items[1].text, "w");
	assert_int_equal(b->items[1].line, 4);
	assert_int_equal(FIND(yaml, "c")->kind, MM_YAML_LIST);
	assert_int_equal(FIND(yaml, "c")->count, 0);
}

static void lists_hold_mappings_and_lists_with_their_lines(void **state)
{
	mm_auto(mm_yaml) yaml = read_yaml("a:\n- b: 1\n  c: [d]\n-\n  b: 2\n- [e]\n-\n");
	const struct mm_yaml *a = FIND(yaml, "a");
	(void)state;

	assert_int_equal(a->count, 4);
	assert_int_equal(a->items[0].kind, MM_YAML_MAPPING);
	assert_int_equal(a->items[0].line, 2);
	assert_int_equal(FIND(&a->items[0], "c")->line, 3);
	assert_string_equal(FIND(&a->items[0], "c")->items[0].text, "d");
	assert_int_equal(a->items[1].line, 5);
	assert_string_equal(FIND(&a->items[1], "b")->text, "2");
	assert_int_equal(a->items[2].kind, MM_YAML_LIST);
	assert_int_equal(a->items[3].kind, MM_YAML_NOTHING);
	assert_int_equal(a->items[3].line, 7);
}

static void an_empty_file_is_an_empty_mapping(void **state)
{
	static const char *const texts[] = {"", "\n\n", "# nothing\n", "---\n", "{}", "---\n...\n"};
	(void)state;

	for (size_t i = 0; i < MM_COUNT(texts); i++) {
		mm_auto(mm_yaml) yaml = read_yaml(texts[i]);

		assert_int_equal(yaml->kind, MM_YAML_MAPPING);
		assert_int_equal(yaml->count, 0);
	}
}

static void a_key_without_value_is_nothing_and_quotes_are_something(void **state)
{
	mm_auto(mm_yaml) yaml = read_yaml("a:\nb: ~\nc: null\nd: ''\ne: '~'\nf: off\n");
	(void)state;

	assert_int_equal(FIND(yaml, "a")->kind, MM_YAML_NOTHING);
	assert_int_equal(FIND(yaml, "b")->kind, MM_YAML_NOTHING);
	assert_int_equal(FIND(yaml, "c")->kind, MM_YAML_NOTHING);
	assert_int_equal(FIND(yaml, "d")->kind, MM_YAML_SCALAR);
	assert_string_equal(FIND(yaml, "d")->text, "");
	assert_string_equal(FIND(yaml, "e")->text, "~");
	/* YAML 1.1's booleans are texts like any other: the option says what it is. */
	assert_string_equal(FIND(yaml, "f")->text, "off");
}

static void repeated_keys_name_both_lines(void **state)
{
	(void)state;

	refuse_text("a: 1\nb: 2\na: 3\n", "f.yaml:3: a: repeated; it stands in line 1 already");
	refuse_text("s:\n  a: 1\ns:\n  b: 1\n", "f.yaml:3: s: repeated; it stands in line 1 already");
	refuse_text("s: {a: 1, 'a': 2}\n", "f.yaml:1: s.a: repeated");
	refuse_text("s:\n- a: 1\n- a: 1\n  b: 2\n  a: 3\n", "f.yaml:5: s[1].a: repeated; it stands in line 3 already");
	refuse_text("s: {t: [[{a: 1, a: 2}]]}\n", "s.t[0][0].a: repeated");
}

/* Whether a dot is accepted is for the reader of the tree to say: in the names of annotations it is. */
static void keys_are_kept_as_they_are(void **state)
{
	mm_auto(mm_yaml) yaml = read_yaml("a.b/c: 1\n'd e': 2\n");
	(void)state;

	assert_string_equal(yaml->items[0].key, "a.b/c");
	assert_string_equal(yaml->items[1].key, "d e");
}

static void a_key_is_a_name(void **state)
{
	(void)state;

	refuse_text("'': 1\n", "f.yaml:1: a key must be a name");
	refuse_text("[a]: 1\n", "f.yaml:1: a key must be a name");
	refuse_text("{a: 1}: 1\n", "a key must be a name");
	refuse_text("? [a, b]\n: c\n", "a key must be a name");
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

/* Rules have many stars in them, and YAML takes them for something else. */
static void a_star_without_quotes_is_told(void **state)
{
	(void)state;

	refuse_text("a:\n- [*]\n", "f.yaml:2: not YAML: write \"*\", in quotes");
	refuse_text("a: *\n", "f.yaml:1: not YAML: write \"*\", in quotes");
	refuse_text("a: [*-x]\n", "f.yaml:1: anchors and aliases are not accepted; in quotes, a text may begin with *");
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

/* `open` so many times, then "1", then `close` as often. */
static char *nested(const char *open, const char *close, int depth)
{
	mm_auto_buf text = {0};

	for (int i = 0; i < depth; i++)
		mm_buf_add_str(&text, open);
	mm_buf_add_str(&text, "1");
	for (int i = 0; i < depth; i++)
		mm_buf_add_str(&text, close);
	return mm_buf_take(&text);
}

static void nesting_has_a_limit(void **state)
{
	mm_auto_string deepest = nested("{a: ", "}", MM_YAML_DEPTH_MAX);
	mm_auto_string deeper = nested("{a: ", "}", MM_YAML_DEPTH_MAX + 1);
	mm_auto_string mappings = nested("{a: ", "", 10000);
	mm_auto_string bottomless = nested("[", "", 100000);
	mm_auto(mm_yaml) yaml = read_yaml(deepest);
	mm_auto_buf text = {0};
	(void)state;

	refuse_text(deeper, "f.yaml:1: nested too deeply");
	refuse_text(mappings, "nested too deeply");
	mm_buf_printf(&text, "a: %s", bottomless);
	refuse_text(text.p, "nested too deeply");
}

/* "PREFIX" and so many lines of FORMAT, which has one %d. */
#define LINES(text, prefix, format, n)                                                                                 \
	do {                                                                                                           \
		mm_buf_reset(text);                                                                                    \
		mm_buf_add_str(text, prefix);                                                                          \
		for (int i = 0; i < (n); i++)                                                                          \
			mm_buf_printf(text, format, i);                                                                \
	} while (0)

static void number_of_keys_in_one_mapping_has_a_limit(void **state)
{
	mm_auto_buf text = {0};
	mm_auto(mm_yaml) yaml = NULL;
	(void)state;

	LINES(&text, "", "k%d: 1\n", MM_YAML_KEYS_MAX);
	yaml = read_yaml(text.p);
	assert_int_equal(yaml->count, MM_YAML_KEYS_MAX);
	LINES(&text, "", "k%d: 1\n", MM_YAML_KEYS_MAX + 1);
	refuse_text(text.p, "f.yaml:257: too many keys in one mapping");
}

static void number_of_keys_and_values_has_a_limit(void **state)
{
	mm_auto_buf text = {0};
	mm_auto(mm_yaml) yaml = NULL;
	(void)state;

	LINES(&text, "a:\n", "- %d\n", MM_YAML_NODES_MAX - 1);
	yaml = read_yaml(text.p);
	assert_int_equal(yaml->items[0].count, MM_YAML_NODES_MAX - 1);
	LINES(&text, "a:\n", "- %d\n", MM_YAML_NODES_MAX);
	refuse_text(text.p, "f.yaml:262145: too many keys and values");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_byte_order_mark_is_skipped),
		cmocka_unit_test(mappings_nest_and_every_key_has_its_line),
		cmocka_unit_test(lists_keep_their_order_in_both_styles),
		cmocka_unit_test(lists_hold_mappings_and_lists_with_their_lines),
		cmocka_unit_test(an_empty_file_is_an_empty_mapping),
		cmocka_unit_test(a_key_without_value_is_nothing_and_quotes_are_something),
		cmocka_unit_test(repeated_keys_name_both_lines),
		cmocka_unit_test(keys_are_kept_as_they_are),
		cmocka_unit_test(a_key_is_a_name),
		cmocka_unit_test(what_could_expand_or_redefine_is_refused),
		cmocka_unit_test(only_a_mapping_can_be_at_the_top),
		cmocka_unit_test(damaged_text_is_refused_with_its_line),
		cmocka_unit_test(a_star_without_quotes_is_told),
		cmocka_unit_test(nul_bytes_are_refused),
		cmocka_unit_test(other_encodings_than_utf8_are_refused),
		cmocka_unit_test(nesting_has_a_limit),
		cmocka_unit_test(number_of_keys_in_one_mapping_has_a_limit),
		cmocka_unit_test(number_of_keys_and_values_has_a_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
