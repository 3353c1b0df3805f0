/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/support.h"

#include <mintmark/suggest.h>
#include <string.h>

static void distance_counts_edits(void **state)
{
	static const struct {
		const char *a, *b;
		size_t distance;
	} rows[] = {
		{"", "", 0},           {"serve", "serve", 0},    {"", "abc", 3},         {"abc", "", 3},
		{"serve", "sreve", 1}, {"serve", "serv", 1},     {"serve", "servee", 1}, {"serve", "sorve", 1},
		{"ab", "ba", 1},       {"kitten", "sitting", 3}, {"ca", "abc", 3}, /* not 2: no edit within a swap */
	};
	(void)state;

	for (size_t i = 0; i < MM_COUNT(rows); i++)
		assert_int_equal(mm_edit_distance(rows[i].a, rows[i].b), rows[i].distance);
}

static void distance_of_long_names_is_not_computed(void **state)
{
	char name[MM_SUGGEST_NAME_MAX + 2] = {0};
	(void)state;

	memset(name, 'a', MM_SUGGEST_NAME_MAX);
	assert_int_equal(mm_edit_distance(name, name), 0);
	assert_int_equal(mm_edit_distance(name, ""), MM_SUGGEST_NAME_MAX);
	name[MM_SUGGEST_NAME_MAX] = 'a';
	assert_true(mm_edit_distance(name, name) == SIZE_MAX);
	assert_true(mm_edit_distance("a", name) == SIZE_MAX);
}

/* What is suggested for `wanted` among the commands. */
static const char *suggested(const char *wanted)
{
	static const char *const names[] = {"init", "serve", "token", "key", "jwks", "discovery", "publish", "version"};
	struct mm_suggestion suggestion = {.wanted = wanted};

	for (size_t i = 0; i < MM_COUNT(names); i++)
		mm_suggestion_offer(&suggestion, names[i]);
	return suggestion.nearest;
}

static void nearest_name_is_suggested(void **state)
{
	(void)state;

	assert_string_equal(suggested("tokn"), "token");
	assert_string_equal(suggested("sreve"), "serve");
	assert_string_equal(suggested("pubilsh"), "publish");
	assert_string_equal(suggested("jwk"), "jwks");
}

static void beginning_of_a_name_is_enough(void **state)
{
	(void)state;

	assert_string_equal(suggested("disc"), "discovery");
	assert_null(suggested("d"));
}

static void nothing_is_suggested_for_what_is_far_from_all(void **state)
{
	(void)state;

	assert_null(suggested("frobnicate"));
	assert_null(suggested(""));
	assert_null(suggested("x"));
}

static void first_of_equally_near_names_stands(void **state)
{
	struct mm_suggestion suggestion = {.wanted = "bat"};
	(void)state;

	mm_suggestion_offer(&suggestion, "cat");
	mm_suggestion_offer(&suggestion, "hat");
	assert_string_equal(suggestion.nearest, "cat");
	mm_suggestion_offer(&suggestion, "bat");
	assert_string_equal(suggestion.nearest, "bat");
	assert_int_equal(suggestion.distance, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(distance_counts_edits),
		cmocka_unit_test(distance_of_long_names_is_not_computed),
		cmocka_unit_test(nearest_name_is_suggested),
		cmocka_unit_test(beginning_of_a_name_is_enough),
		cmocka_unit_test(nothing_is_suggested_for_what_is_far_from_all),
		cmocka_unit_test(first_of_equally_near_names_stands),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
