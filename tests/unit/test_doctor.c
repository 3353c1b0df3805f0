/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/reports.h"

#include <fcntl.h>
#include <mintmark/doctor.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- the table -------------------------------------------------------------------------------------------------- */

static const struct mm_doctor_check *find(const char *name)
{
	const struct mm_doctor_check *check = mm_doctor_checks;

	while (check->name && strcmp(check->name, name) != 0)
		check++;
	return check->name ? check : NULL;
}

static void each_check_stands_there_once(void **state)
{
	(void)state;
	for (const struct mm_doctor_check *check = mm_doctor_checks; check->name; check++)
		assert_ptr_equal(find(check->name), check);
}

/* As deep as there are checks, or it goes in circles. */
static void assert_ends(const struct mm_doctor_check *check, int depth)
{
	assert_non_null(check);
	assert_true(depth < 50);
	for (const char *const *after = check->after; *after; after++)
		assert_ends(find(*after), depth + 1);
}

static void what_a_check_depends_on_is_there_and_leads_back_to_nothing(void **state)
{
	(void)state;
	for (const struct mm_doctor_check *check = mm_doctor_checks; check->name; check++)
		assert_ends(check, 0);
}

/* The names in the section CHECKS of docs/man/mintmark.1, each between two spaces. Freed by the caller. */
static char *names_in_the_manual(void)
{
	const char *top = getenv("MM_SRCDIR");
	int fd = open(top ? top : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	char *manual = test_file_read(fd, "docs/man/mintmark.1");
	char *begin = manual ? strstr(manual, "\n.Sh CHECKS\n") : NULL,
	     *end = begin ? strstr(begin + 5, "\n.Sh ") : NULL;
	mm_auto_buf names = {0};

	close(fd);
	assert_non_null(end);
	*end = '\0';
	for (char *line = strtok(begin, "\n"); line; line = strtok(NULL, "\n")) {
		if (strncmp(line, ".It Cm ", 7) == 0 || strncmp(line, ".Cm ", 4) == 0)
			mm_buf_printf(&names, "%s ", strchr(line, 'C') + 2);
	}
	free(manual);
	return mm_buf_take(&names);
}

static void the_manual_lists_the_checks_and_no_others(void **state)
{
	mm_auto_string names = names_in_the_manual();
	size_t listed = 0, n = 0;

	(void)state;
	for (const struct mm_doctor_check *check = mm_doctor_checks; check->name; check++) {
		char word[64];

		snprintf(word, sizeof word, " %s ", check->name);
		assert_contains(names, word);
		n++;
	}
	for (const char *p = names; (p = strchr(p, '.')) != NULL; p++)
		listed++;
	assert_int_equal(listed, n);
}

/* ---- reports without a network ---------------------------------------------------------------------------------- */

static void examine(const char *issuer, const struct mm_doctor_options *options, struct mm_findings *report)
{
	struct mm_err err = {0};

	assert_ok(mm_doctor(issuer, options, report, &err), &err);
}

static void what_could_not_be_asked_names_what_failed(void **state)
{
	static const char *const skipped[] = {"tls.reach",     "tls.trust",   "discovery.fetch", "discovery.issuer",
					      "jwks.material", "jwks.stable", "http.jwks-cache", "clock.date",
					      "aws.issuer",    "gcp.keys",    "azure.trust",     "aws.thumbprint"};
	const struct mm_doctor_options options = {.now = 1700000000};
	mm_auto_findings report = {0};

	(void)state;
	examine("http://oidc.example.com", &options, &report);
	assert_string_equal(test_faults(&report), "url.https");
	for (size_t i = 0; i < MM_COUNT(skipped); i++)
		assert_found(&report, MM_FINDING_SKIP, skipped[i], "url.https failed");
	assert_null(mm_findings_find(&report, "token.form"));
	assert_null(mm_findings_find(&report, "aws.issuer-port"));
	assert_null(mm_findings_find(&report, "tls.jwks-reach"));
}

static void a_report_is_in_the_order_of_the_table(void **state)
{
	const struct mm_doctor_options options = {.now = 1700000000};
	const struct mm_doctor_check *check = mm_doctor_checks;
	mm_auto_findings report = {0};

	(void)state;
	examine("http://oidc.example.com", &options, &report);
	for (size_t i = 0; i < report.n; i++) {
		const struct mm_doctor_check *next = find(report.v[i].check);

		assert_true(next >= check);
		check = next;
	}
}

static void clouds_that_nobody_asks_about_are_not_in_it(void **state)
{
	const bool clouds[MM_CLOUD_COUNT] = {[MM_CLOUD_GCP] = true};
	const struct mm_doctor_options options = {.now = 1700000000, .clouds = clouds};
	mm_auto_findings report = {0};

	(void)state;
	examine("https://oidc.example.com?a", &options, &report);
	assert_found(&report, MM_FINDING_SKIP, "gcp.issuer", "url.query failed");
	assert_null(mm_findings_find(&report, "aws.issuer"));
	assert_null(mm_findings_find(&report, "azure.trust"));
}

static void a_token_is_examined_as_far_as_it_can_be(void **state)
{
	const struct mm_doctor_options options = {.now = 1700000000, .token = mm_span_str("a.b")};
	mm_auto_findings report = {0};

	(void)state;
	examine("http://oidc.example.com", &options, &report);
	assert_found(&report, MM_FINDING_FAIL, "token.size", "3 characters");
	assert_found(&report, MM_FINDING_SKIP, "token.form", "token.size failed");
	assert_found(&report, MM_FINDING_SKIP, "token.signature", "token.size failed");
	assert_found(&report, MM_FINDING_SKIP, "token.expiry", "token.size failed");
}

static void what_is_no_url_or_no_address_is_refused(void **state)
{
	const struct mm_doctor_options nowhere = {.connect = "not an address"}, options = {0};
	mm_auto_findings report = {0};
	struct mm_err err = {0};

	(void)state;
	assert_fails(mm_doctor("oidc.example.com", &options, &report, &err), MM_EPARSE, &err);
	assert_fails(mm_doctor("https://oidc.example.com/#x", &options, &report, &err), MM_EPARSE, &err);
	assert_fails(mm_doctor("https://oidc.example.com", &nowhere, &report, &err), MM_EPARSE, &err);
	assert_int_equal(report.n, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_check_stands_there_once),
		cmocka_unit_test(what_a_check_depends_on_is_there_and_leads_back_to_nothing),
		cmocka_unit_test(the_manual_lists_the_checks_and_no_others),
		cmocka_unit_test(what_could_not_be_asked_names_what_failed),
		cmocka_unit_test(a_report_is_in_the_order_of_the_table),
		cmocka_unit_test(clouds_that_nobody_asks_about_are_not_in_it),
		cmocka_unit_test(a_token_is_examined_as_far_as_it_can_be),
		cmocka_unit_test(what_is_no_url_or_no_address_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
