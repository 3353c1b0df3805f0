/* SPDX-License-Identifier: Apache-2.0 */
#include "issuer/doctor/doctor_parts.h"
#include "tests/unit/reports.h"

static const struct {
	const char *issuer;
	const char *faults; /* that are found, and nothing else */
} rows[] = {
	{"https://oidc.example.com", ""},
	{"https://oidc.example.com/id/PROD", ""},
	{"https://oidc.eks.eu-central-1.amazonaws.com/id/0123456789ABCDEF", ""},
	{"https://container.googleapis.com/v1/projects/p/locations/l/clusters/c", ""},
	{"https://oidc.example.com:8443", ""},
	{"http://127.0.0.1:8080", "url.https"},
	{"http://oidc.example.com", "url.https"},
	{"https://oidc.example.com?a=b", "url.query"},
	{"https://oidc.example.com/id?", "url.query"},
	{"https://oidc.example.com:443/id", "url.port"},
	{"https://oidc.example.com/", "url.slash"},
	{"https://oidc.example.com/id/", "url.slash"},
	{"https://OIDC.example.com", "url.case"},
	{"HTTPS://oidc.example.com", "url.case"},
	{"https://oidc.example.com/a//b", "url.path"},
	{"https://oidc.example.com/a/./b", "url.path"},
	{"https://oidc.example.com/a/..", "url.path"},
	{"https://oidc.example.com/a%2fb", "url.path"},
	{"https://oidc.example.com/.hidden", ""},
	{"https://oidc.example.com/a/...", ""},
	{"http://LOCALHOST:80/%20/?q", "url.https url.query url.port url.slash url.case url.path"},
};

static void each_url_has_its_faults_and_no_others(void **state)
{
	(void)state;
	for (size_t i = 0; i < MM_COUNT(rows); i++) {
		mm_auto_findings report = {0};
		mm_auto(mm_url) url = NULL;
		struct mm_err err = {0};

		assert_ok(mm_url_parse(rows[i].issuer, &url, &err), &err);
		mm_doctor_judge_url(rows[i].issuer, url, &report);
		assert_string_equal(test_faults(&report), rows[i].faults);
		assert_int_equal(report.n, 6);
	}
}

static void what_differs_between_two_urls_is_said(void **state)
{
	static const struct {
		const char *found, *wanted, *says;
	} differences[] = {
		{"https://a.test/", "https://a.test", "a slash at its end that does not belong"},
		{"https://a.test", "https://a.test/", "lacks the slash at its end"},
		{"https://A.test", "https://a.test", "upper and lower case"},
		{"http://a.test", "https://a.test", "the scheme"},
		{"a.test", "https://a.test", "the scheme"},
		{"https://a.test//", "https://a.test", "another issuer"},
		{"https://b.test", "https://a.test", "another issuer"},
		{"", "https://a.test", "another issuer"},
	};

	(void)state;
	for (size_t i = 0; i < MM_COUNT(differences); i++)
		assert_contains(mm_doctor_difference(differences[i].found, differences[i].wanted), differences[i].says);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_url_has_its_faults_and_no_others),
		cmocka_unit_test(what_differs_between_two_urls_is_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
