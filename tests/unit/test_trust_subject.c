/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/support.h"

#include "issuer/cloud/trust_subject.h"

#include <stdlib.h>

static struct mm_err err;

/* Sorts one subject; the level of what was found, and its name in `*check`, NULL: nothing. */
static enum mm_code sort(const char *text, bool wildcards, const char **check, bool *wild)
{
	struct mm_trust trust = {.wildcards = wildcards};
	mm_auto_strings exact = {0}, patterns = {0};
	mm_auto_findings findings = {0};
	enum mm_code code;

	test_strings_add(&trust.subjects, text);
	code = mm_trust_subjects(&trust, &exact, &patterns, &findings, &err);
	mm_strings_free(&trust.subjects);
	*check = findings.n > 0 ? findings.v[0].check : NULL;
	*wild = patterns.n > 0;
	return code;
}

static void what_is_wide_is_warned_of(void **state)
{
	static const struct {
		const char *subject, *check;
		bool wild;
	} rows[] = {
		{"system:serviceaccount:build:runner", NULL, false},
		{"system:serviceaccount:build:deploy-*", NULL, true},
		{"system:serviceaccount:build:?", NULL, true},
		{"system:serviceaccount:build:default", "trust.default-account", false},
		{"system:serviceaccount:build:*", "trust.wide-account", true},
		{"system:serviceaccount:build:?*", "trust.wide-account", true},
		{"system:serviceaccount:build-*:runner", "trust.wide-namespace", true},
		{"system:serviceaccount:*:runner", "trust.wide-namespace", true},
		{"system:serviceaccount:build-?:*", "trust.wide-namespace", true},
		{"system:serviceaccount:*:*", "trust.wide-issuer", true},
		{"system:serviceaccount:**:*?", "trust.wide-issuer", true},
	};
	(void)state;

	for (size_t i = 0; i < MM_COUNT(rows); i++) {
		const char *check;
		bool wild;

		assert_ok(sort(rows[i].subject, true, &check, &wild), &err);
		assert_int_equal(wild, rows[i].wild);
		if (rows[i].check)
			assert_string_equal(check, rows[i].check);
		else
			assert_null(check);
	}
}

static void a_wildcard_that_nobody_asked_for_is_refused(void **state)
{
	static const char *const subjects[] = {"system:serviceaccount:build:*", "system:serviceaccount:*:runner",
					       "system:serviceaccount:build:runner-?"};
	const char *check;
	bool wild;
	(void)state;

	for (size_t i = 0; i < MM_COUNT(subjects); i++) {
		assert_int_equal(sort(subjects[i], false, &check, &wild), MM_EREFUSED);
		assert_contains(err.text, "accepted: exact names, unless wildcards are asked for");
		mm_err_clear(&err);
	}
}

static void what_no_token_can_have_as_its_subject_is_refused(void **state)
{
	static const char *const subjects[] = {
		"",
		"build:runner",
		"system:serviceaccount:build",
		"system:serviceaccount::runner",
		"system:serviceaccount:build:",
		"system:serviceaccount:build:runner:x",
		"system:serviceaccount:Build:runner",
		"system:serviceaccount:build.x:runner",
		"system:serviceaccount:build:run_ner",
		"system:serviceaccount:build:${aws:x}",
		"system:serviceaccount:bu*_:runner",
		"system:serviceaccount:b.*:runner",
		"system:serviceaccount:build:*:x",
		"system:serviceaccount:build:A*",
		"system:serviceaccount:*:",
	};
	const char *check;
	bool wild;
	(void)state;

	for (size_t i = 0; i < MM_COUNT(subjects); i++)
		assert_fails(sort(subjects[i], true, &check, &wild), MM_EREFUSED, &err);
}

static void a_role_that_would_trust_everybody_is_refused(void **state)
{
	struct mm_trust trust = {.wildcards = true};
	mm_auto_strings exact = {0}, patterns = {0};
	mm_auto_findings findings = {0};
	(void)state;

	assert_fails(mm_trust_subjects(&trust, &exact, &patterns, &findings, &err), MM_EREFUSED, &err);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_wide_is_warned_of),
		cmocka_unit_test(a_wildcard_that_nobody_asked_for_is_refused),
		cmocka_unit_test(what_no_token_can_have_as_its_subject_is_refused),
		cmocka_unit_test(a_role_that_would_trust_everybody_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
