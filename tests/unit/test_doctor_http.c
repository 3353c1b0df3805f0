/* SPDX-License-Identifier: Apache-2.0 */
#include "issuer/doctor/doctor_parts.h"
#include "tests/unit/reports.h"

#include <stdlib.h>
#include <string.h>

#define NOW ((mm_time)1700000000) /* Tue, 14 Nov 2023 22:13:20 GMT */

static void add_header(struct mm_fetched *fetched, const char *name, const char *value)
{
	if (!value)
		return;
	test_strings_add(&fetched->headers.names, name);
	test_strings_add(&fetched->headers.values, value);
}

static struct mm_doctor_look answer(const char *type, const char *control)
{
	struct mm_doctor_look look = {.fetched = {.status = 200, .url = strdup("https://a.test/x"), .elapsed_ms = 20}};

	mm_buf_add_str(&look.fetched.body, "{}");
	add_header(&look.fetched, "content-type", type);
	add_header(&look.fetched, "cache-control", control);
	return look;
}

static bool judge(enum mm_doctor_document document, struct mm_doctor_look look, struct mm_findings *report)
{
	bool readable = mm_doctor_judge_answer(document, &look, report);

	mm_fetched_clear(&look.fetched);
	return readable;
}

/* ---- headers ---------------------------------------------------------------------------------------------------- */

static void content_types_are_those_of_the_documents(void **state)
{
	static const struct {
		enum mm_doctor_document document;
		const char *type, *faults;
	} rows[] = {
		{MM_DOCTOR_DISCOVERY, "application/json", ""},
		{MM_DOCTOR_DISCOVERY, "Application/JSON ; charset=utf-8", ""},
		{MM_DOCTOR_DISCOVERY, "application/json;charset=utf-8", ""},
		{MM_DOCTOR_DISCOVERY, "application/jwk-set+json", "http.discovery-type"},
		{MM_DOCTOR_DISCOVERY, "application/jsonp", "http.discovery-type"},
		{MM_DOCTOR_DISCOVERY, "text/html", "http.discovery-type"},
		{MM_DOCTOR_DISCOVERY, NULL, "http.discovery-type"},
		{MM_DOCTOR_JWKS, "application/jwk-set+json", ""},
		{MM_DOCTOR_JWKS, "application/json", ""},
		{MM_DOCTOR_JWKS, "", "http.jwks-type"},
		{MM_DOCTOR_JWKS, "binary/octet-stream", "http.jwks-type"},
	};

	(void)state;
	for (size_t i = 0; i < MM_COUNT(rows); i++) {
		mm_auto_findings report = {0};

		assert_true(judge(rows[i].document, answer(rows[i].type, "max-age=60"), &report));
		assert_string_equal(test_faults(&report), rows[i].faults);
	}
}

static void caches_are_told_for_how_long(void **state)
{
	static const struct {
		const char *control, *says; /* NULL: nothing is wrong */
	} rows[] = {
		{"public, max-age=3600", NULL},
		{"max-age=1", NULL},
		{"Max-Age=86400", NULL},
		{"public,max-age=\"60\"", NULL},
		{"no-transform , max-age=60, must-revalidate", NULL},
		{NULL, "no Cache-Control"},
		{"", "ask anew"},
		{"public", "ask anew"},
		{"no-store", "ask anew"},
		{"max-age=3600, no-cache", "ask anew"},
		{"max-age=0", "ask anew"},
		{"s-maxage=60", "ask anew"},
		{"max-age", "no number"},
		{"max-age=soon", "no number"},
		{"max-age=-1", "no number"},
		{"max-age=86401", "86401 s"},
		{"max-age=99999999999999999999999", "s: for so long"},
	};

	(void)state;
	for (size_t i = 0; i < MM_COUNT(rows); i++) {
		mm_auto_findings report = {0};

		judge(MM_DOCTOR_JWKS, answer("application/json", rows[i].control), &report);
		assert_found(&report, rows[i].says ? MM_FINDING_WARN : MM_FINDING_PASS, "http.jwks-cache",
			     rows[i].says ? rows[i].says : "");
	}
}

static void a_compressed_body_is_not_read(void **state)
{
	struct mm_doctor_look look = answer("application/json", "max-age=60"),
			      same = answer("application/json", "max-age=60");
	mm_auto_findings report = {0}, fine = {0};

	(void)state;
	add_header(&look.fetched, "content-encoding", "gzip");
	assert_false(judge(MM_DOCTOR_DISCOVERY, look, &report));
	assert_string_equal(test_faults(&report), "http.discovery-encoding");
	add_header(&same.fetched, "content-encoding", "identity");
	assert_true(judge(MM_DOCTOR_DISCOVERY, same, &fine));
	assert_string_equal(test_faults(&fine), "");
}

static void the_time_that_it_took_is_held_against_that_of_sts(void **state)
{
	static const struct {
		int64_t ms;
		enum mm_finding_level level;
	} rows[] = {{0, MM_FINDING_PASS},    {1499, MM_FINDING_PASS}, {1500, MM_FINDING_WARN},
		    {4999, MM_FINDING_WARN}, {5000, MM_FINDING_FAIL}, {60000, MM_FINDING_FAIL}};

	(void)state;
	for (size_t i = 0; i < MM_COUNT(rows); i++) {
		struct mm_doctor_look look = answer("application/json", "max-age=60");
		mm_auto_findings report = {0};

		look.fetched.elapsed_ms = rows[i].ms;
		judge(MM_DOCTOR_JWKS, look, &report);
		assert_found(&report, rows[i].level, "http.jwks-time", " ms");
		assert_string_equal(test_faults(&report), rows[i].level == MM_FINDING_PASS ? "" : "http.jwks-time");
	}
}

/* ---- no answer -------------------------------------------------------------------------------------------------- */

static void a_failure_fails_one_check(void **state)
{
	static const struct {
		enum mm_code code;
		long status;
		const char *faults;
	} rows[] = {
		{MM_ETIMEOUT, 0, "jwks.fetch"},       {MM_ENETWORK, 0, "jwks.fetch"}, {MM_ETIMEOUT, 200, "jwks.fetch"},
		{MM_ENETWORK, 302, "jwks.redirects"}, {MM_ELIMIT, 200, "jwks.size"},  {MM_ELIMIT, 404, "jwks.status"},
	};

	(void)state;
	for (size_t i = 0; i < MM_COUNT(rows); i++) {
		struct mm_doctor_look look = {.code = rows[i].code,
					      .fetched = {.status = rows[i].status, .url = strdup("https://a.test")}};
		mm_auto_findings report = {0};

		mm_fail(&look.why, rows[i].code, "what happened");
		assert_false(judge(MM_DOCTOR_JWKS, look, &report));
		assert_string_equal(test_faults(&report), rows[i].faults);
	}
}

static void a_status_comes_with_what_to_do_about_it(void **state)
{
	static const struct {
		long status;
		const char *remedy;
	} rows[] = {{401, "let everybody read it"}, {403, "let everybody read it"}, {404, "publish it at"},
		    {429, "do not throttle"},       {500, "log of the server"},     {204, "log of the server"}};

	(void)state;
	for (size_t i = 0; i < MM_COUNT(rows); i++) {
		struct mm_doctor_look look = answer(NULL, NULL);
		mm_auto_findings report = {0};

		look.fetched.status = rows[i].status;
		assert_false(judge(MM_DOCTOR_DISCOVERY, look, &report));
		assert_string_equal(test_faults(&report), "discovery.status");
		assert_contains(mm_findings_find(&report, "discovery.status")->remedy, rows[i].remedy);
	}
}

static void redirects_that_were_followed_are_a_warning(void **state)
{
	struct mm_doctor_look look = answer("application/json", "max-age=60");
	mm_auto_findings report = {0};

	(void)state;
	look.fetched.redirects = 2;
	assert_true(judge(MM_DOCTOR_DISCOVERY, look, &report));
	assert_string_equal(test_faults(&report), "discovery.redirects");
	assert_found(&report, MM_FINDING_WARN, "discovery.redirects", "2 on the way to https://a.test/x");
}

/* ---- the clock, and a second look ------------------------------------------------------------------------------- */

static void clocks_may_differ_by_a_minute(void **state)
{
	static const struct {
		const char *date, *age;
		enum mm_finding_level level;
		const char *says;
	} rows[] = {
		{"Tue, 14 Nov 2023 22:13:20 GMT", NULL, MM_FINDING_PASS, "agrees"},
		{"Tue, 14 Nov 2023 22:12:21 GMT", NULL, MM_FINDING_PASS, "agrees"},
		{"Tue, 14 Nov 2023 22:12:20 GMT", NULL, MM_FINDING_WARN, "60 s behind"},
		{"Tue, 14 Nov 2023 22:14:20 GMT", NULL, MM_FINDING_WARN, "60 s ahead of"},
		{"Tue, 14 Nov 2023 22:08:20 GMT", NULL, MM_FINDING_FAIL, "300 s behind"},
		{"Tue, 14 Nov 2023 22:18:20 GMT", NULL, MM_FINDING_FAIL, "300 s ahead of"},
		{"Tue, 14 Nov 2023 21:13:20 GMT", "3600", MM_FINDING_PASS, "agrees"},
		{"Tue, 14 Nov 2023 22:13:20 GMT", "99999999999999999999", MM_FINDING_PASS, "agrees"},
		{"Tue, 14 Nov 2023 22:13:20 GMT", "31536001", MM_FINDING_PASS, "agrees"},
		{"Tue, 14 Nov 2023 22:13:20 GMT", "-5", MM_FINDING_PASS, "agrees"},
		{"yesterday", NULL, MM_FINDING_SKIP, "does not say"},
		{NULL, NULL, MM_FINDING_SKIP, "does not say"},
	};

	(void)state;
	for (size_t i = 0; i < MM_COUNT(rows); i++) {
		mm_auto_fetched fetched = {0};
		mm_auto_findings report = {0};

		add_header(&fetched, "date", rows[i].date);
		add_header(&fetched, "age", rows[i].age);
		mm_doctor_judge_clock(&fetched, NOW, &report);
		assert_found(&report, rows[i].level, "clock.date", rows[i].says);
	}
}

static void a_second_look_finds_the_same(void **state)
{
	static const struct {
		enum mm_code code;
		long status;
		const char *body, *says; /* NULL: all is well */
	} rows[] = {
		{MM_OK, 200, "{}", NULL},          {MM_OK, 200, "{} ", "other bytes"},
		{MM_OK, 200, "[]", "other bytes"}, {MM_OK, 429, "{}", "429 in place of 200"},
		{MM_ETIMEOUT, 0, "", "no answer"},
	};

	(void)state;
	for (size_t i = 0; i < MM_COUNT(rows); i++) {
		struct mm_doctor_look first = answer(NULL, NULL), second = {.code = rows[i].code};
		mm_auto_findings report = {0};

		second.fetched.status = rows[i].status;
		mm_buf_add_str(&second.fetched.body, rows[i].body);
		mm_fail(&second.why, MM_ETIMEOUT, "no answer");
		mm_doctor_judge_stability(&first, &second, &report);
		assert_found(&report, rows[i].says ? MM_FINDING_WARN : MM_FINDING_PASS, "jwks.stable",
			     rows[i].says ? rows[i].says : "the same bytes");
		mm_fetched_clear(&first.fetched);
		mm_fetched_clear(&second.fetched);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(content_types_are_those_of_the_documents),
		cmocka_unit_test(caches_are_told_for_how_long),
		cmocka_unit_test(a_compressed_body_is_not_read),
		cmocka_unit_test(the_time_that_it_took_is_held_against_that_of_sts),
		cmocka_unit_test(a_failure_fails_one_check),
		cmocka_unit_test(a_status_comes_with_what_to_do_about_it),
		cmocka_unit_test(redirects_that_were_followed_are_a_warning),
		cmocka_unit_test(clocks_may_differ_by_a_minute),
		cmocka_unit_test(a_second_look_finds_the_same),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
