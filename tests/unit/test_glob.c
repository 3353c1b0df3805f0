/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/support.h"

#include <mintmark/rules.h>
#include <string.h>

static void assert_globs(bool expected, const char *const (*pairs)[2], size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (mm_glob_match(pairs[i][0], mm_span_str(pairs[i][1])) != expected)
			fail_msg("\"%s\" and \"%s\"", pairs[i][0], pairs[i][1]);
	}
}

static void a_star_stands_for_one_or_more_characters(void **state)
{
	static const char *const fits[][2] = {
		{"*", "a"},
		{"*", "*"},
		{"*", "a/b:c"},
		{"a*", "ab"},
		{"*a", "ba"},
		{"a*c", "abc"},
		{"a*c", "abcbc"},
		{"a*c", "acc"},
		{"**", "ab"},
		{"a*b*c", "a1b2c"},
		{"a*b*c", "abbbc"},
		{"*a*", "bab"},
		{"*ab*ab*", "xabyabz"},
		{"*aa", "aaa"},
		{"a*a", "aaa"},
		{"*.*.com", "a.b.com"},
		{"*a*b", "xaxab"},
		{"*ab*b", "aabbb"},
		{"***", "abc"},
		{"a**b", "axyb"},
	};
	static const char *const misses[][2] = {
		{"*", ""},        {"a*", "a"},       {"*a", "a"},         {"a*c", "ac"},    {"**", "a"},
		{"a*b*c", "abc"}, {"a*b*c", "a1bc"}, {"*a*", "ba"},       {"*a*", "ab"},    {"*ab*ab*", "xabab"},
		{"*aa", "aa"},    {"a*a", "aa"},     {"a*a", "a"},        {"a*", "ba"},     {"*.com", "a.com.b"},
		{"***", "ab"},    {"a**b", "axb"},   {"*ab*ab", "xabab"}, {"ab*ba", "aba"},
	};

	(void)state;
	assert_globs(true, fits, MM_COUNT(fits));
	assert_globs(false, misses, MM_COUNT(misses));
}

static void nothing_else_is_special(void **state)
{
	static const char *const fits[][2] = {
		{"a?", "a?"}, {"[ab]", "[ab]"}, {"a\\*", "a\\b"}, {"{a,b}*", "{a,b}c"}, {"a.c", "a.c"}, {"", ""},
	};
	static const char *const misses[][2] = {
		{"a?", "ab"}, {"[ab]", "a"}, {"a\\*", "a*"}, {"{a,b}*", "ac"}, {"a.c", "abc"},
		{"a", "ab"},  {"ab", "a"},   {"a", "A"},     {"A*", "ab"},     {"a", ""},
	};

	(void)state;
	assert_globs(true, fits, MM_COUNT(fits) - 1);
	assert_globs(false, misses, MM_COUNT(misses));
	assert_globs(false, &fits[MM_COUNT(fits) - 1], 1); /* nothing fits an empty text */
}

static void a_text_may_hold_any_bytes(void **state)
{
	(void)state;
	assert_true(mm_glob_match("a*c", mm_span("a\0c", 3)));
	assert_false(mm_glob_match("a", mm_span("a\0", 2)));
	assert_false(mm_glob_match("*", mm_span(NULL, 0)));
	assert_true(mm_glob_match("*\xc3\xbc", mm_span_str("\xff\xc3\xbc")));
}

/* What a star stands for, tried out one after the other. */
static bool slow_match(const char *pattern, const char *text)
{
	if (*pattern == '\0')
		return *text == '\0';
	if (*pattern != '*')
		return *pattern == *text && slow_match(pattern + 1, text + 1);
	for (; *text != '\0'; text++) {
		if (slow_match(pattern + 1, text + 1))
			return true;
	}
	return false;
}

/* The number `n` in base `strlen(letters)`, without leading zeros but for their being letters, too. */
static void spell(unsigned n, const char *letters, char out[static 16])
{
	size_t base = strlen(letters), len = 0;

	for (; n > 0; n = (n - 1) / (unsigned)base)
		out[len++] = letters[(n - 1) % base];
	out[len] = '\0';
}

static void all_short_patterns_and_texts_agree_with_trying_everything(void **state)
{
	(void)state;
	for (unsigned p = 1; p < 364; p++) {         /* up to 5 of a, b, * */
		for (unsigned t = 1; t < 255; t++) { /* up to 7 of a, b */
			char pattern[16], text[16];

			spell(p, "ab*", pattern);
			spell(t, "ab", text);
			if (mm_glob_match(pattern, mm_span_str(text)) != slow_match(pattern, text))
				fail_msg("\"%s\" and \"%s\"", pattern, text);
		}
	}
}

/* Would outlast the test where each star is tried at each place: 2^40 steps. */
static void many_stars_end_at_once(void **state)
{
	mm_auto_buf pattern = {0}, text = {0};
	(void)state;

	for (int i = 0; i < 40; i++)
		mm_buf_add_str(&pattern, "*aa");
	mm_buf_add_str(&pattern, "*b");
	for (int i = 0; i < 4096; i++)
		mm_buf_add_str(&text, "a");
	assert_false(mm_glob_match(pattern.p, mm_buf_span(&text)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_star_stands_for_one_or_more_characters),
		cmocka_unit_test(nothing_else_is_special),
		cmocka_unit_test(a_text_may_hold_any_bytes),
		cmocka_unit_test(all_short_patterns_and_texts_agree_with_trying_everything),
		cmocka_unit_test(many_stars_end_at_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
