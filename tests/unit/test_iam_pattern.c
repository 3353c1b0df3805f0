/* SPDX-License-Identifier: Apache-2.0 */
#include "issuer/iam/iam_pattern.h"
#include "tests/unit/support.h"

#include <string.h>

static const char *value_of(const void *arg, struct mm_span name)
{
	(void)arg;
	return mm_span_is(name, "a") ? "1*" : mm_span_is(name, "b") ? "" : NULL;
}

/* The pattern, with its wildcards as < (run) and ! (one character); "-" when a variable has no value. */
static void assert_expanded(const struct mm_iam_expansion *expansion, const char *value, const char *expected)
{
	mm_auto_buf out = {0};

	mm_buf_add_str(&out, "");
	if (!mm_iam_expand(expansion, value, &out)) {
		mm_buf_reset(&out);
		mm_buf_add_str(&out, "-");
	}
	for (size_t i = 0; i < out.len; i++) {
		if (out.p[i] == MM_IAM_RUN)
			out.p[i] = '<';
		else if (out.p[i] == MM_IAM_ONE_CHARACTER)
			out.p[i] = '!';
	}
	if (strcmp(out.p, expected) != 0)
		fail_msg("\"%s\": expected \"%s\", found \"%s\"", value, expected, out.p);
}

static void variables_and_wildcards_are_replaced_where_they_are_asked_for(void **state)
{
	static const struct mm_iam_expansion none = {0}, wildcards = {.wildcards = true},
					     variables = {.value = value_of},
					     both = {.wildcards = true, .value = value_of};

	(void)state;
	assert_expanded(&none, "a*?${a}", "a*?${a}");
	assert_expanded(&wildcards, "a*?${a}", "a<!${a}");
	assert_expanded(&variables, "a*?${a}", "a*?1*");
	assert_expanded(&both, "a*?${a}", "a<!1*");
	assert_expanded(&both, "${*}${?}${$}", "*?$");
	assert_expanded(&both, "${b}", "");
	assert_expanded(&both, "x${a}y${a}z", "x1*y1*z");
	assert_expanded(&both, "$", "$");
	assert_expanded(&both, "$$", "$$");
	assert_expanded(&both, "${c}", "-");
	assert_expanded(&both, "${}", "-");
	assert_expanded(&both, "${a", "-");
	assert_expanded(&both, "${", "-");
	assert_expanded(&both, "}", "}");
	assert_expanded(&both, "${c, 'd'}", "d");
	assert_expanded(&both, "${c, 'd*'}", "d*");
	assert_expanded(&both, "${c, ''}", "");
	assert_expanded(&both, "${a, 'd'}", "1*");
	assert_expanded(&both, "${c, '}", "-");
	assert_expanded(&both, "${c, 'd}", "-");
	assert_expanded(&both, "${c,'d'}", "-");
	assert_expanded(&both, "${c, d}", "-");
	assert_expanded(&both, "", "");
}

struct row {
	const char *pattern, *text;
	bool expected;
};

static void a_star_is_any_text_and_a_question_mark_one_character(void **state)
{
	static const struct row rows[] = {
		{"", "", true},           {"", "a", false},
		{"a", "", false},         {"*", "", true},
		{"*", "abc", true},       {"**", "", true},
		{"?", "a", true},         {"?", "", false},
		{"?", "ab", false},       {"??", "ab", true},
		{"?", "é", true},         {"?", "€", true},
		{"?", "😀", true},         {"??", "é", false},
		{"a*", "a", true},        {"*a", "ba", true},
		{"*a", "ab", false},      {"a*b", "ab", true},
		{"a*b", "axxb", true},    {"a*b", "axxbx", false},
		{"a*b*c", "abc", true},   {"a*b*c", "aXbYc", true},
		{"a*b*c", "acb", false},  {"*ab", "aab", true},
		{"*aab", "aaab", true},   {"*?", "", false},
		{"*?", "a", true},        {"?*", "a", true},
		{"a?c*", "abcd", true},   {"a?c*", "acd", false},
		{"*b?d", "abcbxd", true}, {"*.*.com", "a.b.com", true},
		{"[ab]", "a", false},     {"[ab]", "[ab]", true},
		{"a\\*", "a\\b", true},   {"a\\*", "a*", false},
		{"*é*", "aéb", true},     {"A", "a", false},
	};

	(void)state;
	for (size_t i = 0; i < MM_COUNT(rows); i++) {
		if (mm_iam_like(mm_span_str(rows[i].pattern), mm_span_str(rows[i].text)) != rows[i].expected)
			fail_msg("\"%s\" and \"%s\"", rows[i].pattern, rows[i].text);
	}
}

static void stars_that_came_from_values_are_stars(void **state)
{
	static const char pattern[] = {'a', '*', MM_IAM_RUN, MM_IAM_ONE_CHARACTER, '?'};

	(void)state;
	assert_true(mm_iam_pattern_match(mm_span(pattern, sizeof pattern), mm_span_str("a*bc?")));
	assert_true(mm_iam_pattern_match(mm_span(pattern, sizeof pattern), mm_span_str("a*c?")));
	assert_false(mm_iam_pattern_match(mm_span(pattern, sizeof pattern), mm_span_str("abbc?")));
	assert_false(mm_iam_pattern_match(mm_span(pattern, sizeof pattern), mm_span_str("a*bcd")));
}

static void actions_are_compared_without_case(void **state)
{
	(void)state;
	assert_true(mm_iam_action_match("STS:assume*", "sts:AssumeRole"));
	assert_true(mm_iam_action_match("*", "sts:AssumeRole"));
	assert_true(mm_iam_action_match("sts:AssumeRol?", "sts:AssumeRole"));
	assert_false(mm_iam_action_match("sts:AssumeRole", "sts:AssumeRoleWithSAML"));
	assert_false(mm_iam_action_match("", "sts:AssumeRole"));
	assert_false(mm_iam_action_match("ec2:*", "sts:AssumeRole"));
}

/* Twenty stars, and a text that nearly fits: trying each place of each star would take longer than anybody waits. */
static void many_stars_cost_no_more_than_one(void **state)
{
	mm_auto_buf pattern = {0}, text = {0};

	(void)state;
	for (int i = 0; i < 20; i++)
		mm_buf_add_str(&pattern, "*a");
	mm_buf_add_str(&pattern, "*b");
	for (int i = 0; i < 2000; i++)
		mm_buf_add_str(&text, "a");
	assert_false(mm_iam_like(mm_buf_span(&pattern), mm_buf_span(&text)));
	mm_buf_add_str(&text, "b");
	assert_true(mm_iam_like(mm_buf_span(&pattern), mm_buf_span(&text)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(variables_and_wildcards_are_replaced_where_they_are_asked_for),
		cmocka_unit_test(a_star_is_any_text_and_a_question_mark_one_character),
		cmocka_unit_test(stars_that_came_from_values_are_stars),
		cmocka_unit_test(actions_are_compared_without_case),
		cmocka_unit_test(many_stars_cost_no_more_than_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
