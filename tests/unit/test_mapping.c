/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/support.h"

#include "conf/mapping.h"

/* A table of its own: what the real one has, tests/unit/test_config.c looks at. */
struct things {
	char *colour;
	int64_t size;
	bool round;
	struct mm_strings parts;
};

static const struct mm_option rows[] = {
	{.name = "colour",
	 .type = MM_OPT_STRING,
	 .offset = offsetof(struct things, colour),
	 .min = 1,
	 .max = 9,
	 .required = true},
	{.name = "shape.size", .type = MM_OPT_INT, .offset = offsetof(struct things, size), .fallback = "7", .max = 99},
	{.name = "shape.round", .type = MM_OPT_BOOL, .offset = offsetof(struct things, round)},
	{.name = "parts", .type = MM_OPT_STRINGS, .offset = offsetof(struct things, parts), .max = 3},
};
static const struct mm_option_table table = {rows, MM_COUNT(rows)};

struct result {
	struct things things;
	size_t lines[MM_COUNT(rows)];
	struct mm_err err;
};

static enum mm_code read_into(struct result *result, const char *text, const char *name)
{
	const struct mm_place place = {.file = "f", .base_dir = ".", .name = name};
	mm_auto(mm_yaml) yaml = NULL;

	assert_ok(mm_yaml_read(mm_span_str(text), "f", &yaml, &result->err), &result->err);
	return mm_mapping_read(&table, yaml, &result->things, result->lines, &place, &result->err);
}

static void clear(struct result *result)
{
	for (size_t i = 0; i < MM_COUNT(rows); i++)
		mm_option_clear(&rows[i], &result->things);
}

static void refuse(const char *text, const char *name, const char *line)
{
	struct result result = {0};

	assert_int_equal(read_into(&result, text, name), MM_ECONFIG);
	assert_string_equal(result.err.text, line);
	clear(&result);
}

static void what_is_written_is_set_and_the_rest_are_defaults(void **state)
{
	struct result result = {0};
	(void)state;

	assert_ok(read_into(&result, "colour: red\nshape:\n  round: true\n", ""), &result.err);
	assert_string_equal(result.things.colour, "red");
	assert_int_equal(result.things.size, 7);
	assert_true(result.things.round);
	assert_int_equal(result.things.parts.n, 0);
	clear(&result);
}

static void lines_are_those_of_what_is_written(void **state)
{
	struct result result = {.lines = {9, 9, 9, 9}};
	(void)state;

	assert_ok(read_into(&result, "# \nparts: [a]\ncolour: red\nshape:\n  round: true\n", ""), &result.err);
	assert_int_equal(result.lines[0], 3);
	assert_int_equal(result.lines[1], 0);
	assert_int_equal(result.lines[2], 5);
	assert_int_equal(result.lines[3], 2);
	clear(&result);
}

static void a_struct_can_be_filled_again(void **state)
{
	struct result result = {0};
	(void)state;

	assert_ok(read_into(&result, "colour: red\nshape: {size: 8}\n", ""), &result.err);
	assert_ok(read_into(&result, "colour: blue\n", ""), &result.err);
	assert_string_equal(result.things.colour, "blue");
	assert_int_equal(result.things.size, 7);
	clear(&result);
}

static void names_stand_behind_the_place(void **state)
{
	(void)state;

	refuse("colour: ''\n", "", "f:1: colour: found \"\"; accepted: a text of 1 to 9 bytes");
	refuse("colour: ''\n", "t[3]", "f:1: t[3].colour: found \"\"; accepted: a text of 1 to 9 bytes");
	refuse("colour: red\nshape:\n  size: x\n", "t",
	       "f:3: t.shape.size: found \"x\"; accepted: a whole number from 0 to 99");
}

static void what_is_missing_is_told_with_the_place_of_the_mapping(void **state)
{
	(void)state;

	refuse("parts: [a]\n", "", "f: colour: missing; accepted: a text of 1 to 9 bytes");
	refuse("parts: [a]\n", "t[0]", "f:1: t[0].colour: missing; accepted: a text of 1 to 9 bytes");
}

static void unknown_keys_name_the_nearest_or_those_of_their_section(void **state)
{
	(void)state;

	refuse("color: red\n", "t", "f:1: t.color: unknown key; did you mean colour?");
	refuse("shape: {siz: 1}\n", "t", "f:1: t.shape.siz: unknown key; did you mean shape.size?");
	refuse("zzz: 1\n", "", "f:1: zzz: unknown key; accepted: colour, shape, parts");
	refuse("shape: {frobnicate: 1}\n", "", "f:1: shape.frobnicate: unknown key; accepted: size, round");
	refuse("shape: {me: 1}\n", "", "f:1: shape.me: unknown key; accepted: size, round");
	refuse("shape.size: 1\n", "", "f:1: shape.size: a key must be a name without dots; nest it");
}

static void a_section_is_a_mapping_or_empty(void **state)
{
	struct result result = {0};
	(void)state;

	assert_ok(read_into(&result, "colour: red\nshape:\n", ""), &result.err);
	clear(&result);
	refuse("shape: [size]\n", "", "f:1: shape: found a list; accepted: a mapping with size, round");
	refuse("shape: big\n", "t", "f:1: t.shape: found \"big\"; accepted: a mapping with size, round");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_written_is_set_and_the_rest_are_defaults),
		cmocka_unit_test(lines_are_those_of_what_is_written),
		cmocka_unit_test(a_struct_can_be_filled_again),
		cmocka_unit_test(names_stand_behind_the_place),
		cmocka_unit_test(what_is_missing_is_told_with_the_place_of_the_mapping),
		cmocka_unit_test(unknown_keys_name_the_nearest_or_those_of_their_section),
		cmocka_unit_test(a_section_is_a_mapping_or_empty),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
