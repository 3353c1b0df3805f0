/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/support.h"

#include <mintmark/finding.h>
#include <stdio.h>
#include <string.h>

static void an_empty_list_passes(void **state)
{
	mm_auto_findings findings = {0};
	(void)state;

	assert_int_equal(mm_findings_worst(&findings), MM_FINDING_PASS);
	assert_null(mm_findings_find(&findings, "chain.expired"));
	assert_ok(mm_findings_check(&findings, NULL), NULL);
}

static void findings_keep_their_order(void **state)
{
	mm_auto_findings findings = {0};
	char expected[32];
	(void)state;

	for (int i = 0; i < 100; i++)
		mm_finding_add(&findings, MM_FINDING_PASS, "a.check", "a remedy", "number %d", i);
	assert_int_equal(findings.n, 100);
	for (int i = 0; i < 100; i++) {
		snprintf(expected, sizeof expected, "number %d", i);
		assert_string_equal(findings.v[i].text, expected);
		assert_string_equal(findings.v[i].remedy, "a remedy");
	}
	assert_ok(mm_findings_check(&findings, NULL), NULL);
}

static void the_worst_level_is_the_highest(void **state)
{
	mm_auto_findings findings = {0};
	(void)state;

	for (int level = MM_FINDING_PASS; level <= MM_FINDING_FAIL; level++) {
		mm_finding_add(&findings, (enum mm_finding_level)level, "a.check", NULL, "text");
		mm_finding_add(&findings, MM_FINDING_PASS, "a.check", NULL, "text");
		assert_int_equal(mm_findings_worst(&findings), level);
	}
}

static void the_first_of_a_name_is_found(void **state)
{
	mm_auto_findings findings = {0};
	(void)state;

	mm_finding_add(&findings, MM_FINDING_WARN, "chain.expired", NULL, "one");
	mm_finding_add(&findings, MM_FINDING_WARN, "chain.leaf-only", NULL, "two");
	mm_finding_add(&findings, MM_FINDING_FAIL, "chain.leaf-only", NULL, "three");
	assert_string_equal(mm_findings_find(&findings, "chain.leaf-only")->text, "two");
	assert_null(mm_findings_find(&findings, "chain"));
}

static void a_strangers_text_is_made_one_visible_line(void **state)
{
	mm_auto_findings findings = {0};
	(void)state;

	mm_finding_add(&findings, MM_FINDING_WARN, "a.check", NULL, "host %s", "a\nb\x1b[2J\xe2\x80\xae|J\xc3\xbcrgen");
	assert_string_equal(findings.v[0].text, "host a b?[2J???|J\xc3\xbcrgen");
	mm_finding_add(&findings, MM_FINDING_WARN, "a.check", NULL, "%s", "\xff");
	assert_string_equal(findings.v[1].text, "?");
}

static void a_long_text_is_cut_and_seen_to_be(void **state)
{
	mm_auto_findings findings = {0};
	char text[2 * MM_ERR_TEXT_MAX];
	(void)state;

	for (size_t len = MM_ERR_TEXT_MAX - 1; len < sizeof text; len++) {
		memset(text, 'a', len);
		text[len] = '\0';
		mm_findings_free(&findings);
		mm_finding_add(&findings, MM_FINDING_WARN, "a.check", NULL, "%s", text);
		assert_int_equal(strlen(findings.v[0].text), MM_ERR_TEXT_MAX - 1);
		if (len < MM_ERR_TEXT_MAX)
			assert_null(strstr(findings.v[0].text, "..."));
		else
			assert_string_equal(findings.v[0].text + MM_ERR_TEXT_MAX - 4, "...");
	}
}

static void moving_empties_the_source(void **state)
{
	mm_auto_findings to = {0}, from = {0};
	(void)state;

	mm_finding_add(&to, MM_FINDING_PASS, "a.one", NULL, "one");
	for (int i = 0; i < 5; i++)
		mm_finding_add(&from, MM_FINDING_WARN, "a.two", NULL, "%d", i);
	mm_findings_move(&to, &from);
	assert_int_equal(to.n, 6);
	assert_string_equal(to.v[5].text, "4");
	assert_int_equal(from.n, 0);
	assert_null(from.v);
	mm_findings_move(&to, &from);
	assert_int_equal(to.n, 6);
}

static void a_failure_sticks_and_moves_on(void **state)
{
	mm_auto_findings to = {0}, from = {.failed = true};
	struct mm_err err = {0};
	(void)state;

	mm_finding_add(&from, MM_FINDING_FAIL, "a.check", NULL, "text");
	assert_int_equal(from.n, 0);
	mm_findings_move(&to, &from);
	assert_fails(mm_findings_check(&to, &err), MM_ENOMEM, &err);
}

static void findings_are_repeated_as_they_stand_and_counted_by_level(void **state)
{
	mm_auto_findings from = {0}, to = {0};
	struct mm_err err = {0};

	(void)state;
	mm_finding_add(&from, MM_FINDING_WARN, "a.check", "a remedy", "%d%%", 100);
	mm_finding_repeat(&to, &from.v[0]);
	mm_finding_repeat(&to, &from.v[0]);
	mm_finding_add(&to, MM_FINDING_FAIL, "b.check", NULL, "b");
	assert_ok(mm_findings_check(&to, &err), &err);
	assert_string_equal(to.v[1].check, "a.check");
	assert_string_equal(to.v[1].text, "100%");
	assert_string_equal(to.v[1].remedy, "a remedy");
	assert_int_equal(mm_findings_count(&to, MM_FINDING_WARN), 2);
	assert_int_equal(mm_findings_count(&to, MM_FINDING_FAIL), 1);
	assert_int_equal(mm_findings_count(&to, MM_FINDING_PASS), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_empty_list_passes),
		cmocka_unit_test(findings_keep_their_order),
		cmocka_unit_test(the_worst_level_is_the_highest),
		cmocka_unit_test(the_first_of_a_name_is_found),
		cmocka_unit_test(a_strangers_text_is_made_one_visible_line),
		cmocka_unit_test(a_long_text_is_cut_and_seen_to_be),
		cmocka_unit_test(moving_empties_the_source),
		cmocka_unit_test(a_failure_sticks_and_moves_on),
		cmocka_unit_test(findings_are_repeated_as_they_stand_and_counted_by_level),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
