/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/support.h"

#include <mintmark/url.h>
#include <stdio.h>
#include <string.h>

static void issuers_are_https_or_loopback(void **state)
{
	static const char *const cases[] = {"https://oidc.example.com",     "https://oidc.example.com/id/prod",
					    "https://h:8443/a-b_c.d~e",     "http://127.0.0.1:8080",
					    "http://localhost:8080/id",     "http://[::1]:8080/id",
					    "https://h/.well/..hidden/a..b"};

	(void)state;
	for (size_t i = 0; i < MM_COUNT(cases); i++) {
		struct mm_err err = {0};
		mm_auto(mm_url) url = NULL;

		assert_ok(mm_issuer_url_check(cases[i], &url, &err), &err);
		assert_non_null(url);
		assert_ok(mm_issuer_url_check(cases[i], NULL, &err), &err);
	}
}

static void what_is_no_issuer_is_refused_with_the_reason(void **state)
{
	static const struct {
		const char *issuer;
		enum mm_code code;
		const char *reason;
	} cases[] = {
		{"oidc.example.com", MM_EPARSE, "https://"},  {"https://h/#f", MM_EPARSE, "fragment"},
		{"https://u@h", MM_EPARSE, "user"},           {"https://h?q", MM_EREFUSED, "query"},
		{"https://h/?", MM_EREFUSED, "query"},        {"http://oidc.example.com", MM_EREFUSED, "https://"},
		{"http://10.0.0.1", MM_EREFUSED, "loopback"}, {"https://h/", MM_EREFUSED, "slash"},
		{"https://h/id/", MM_EREFUSED, "slash"},      {"https://h//id", MM_EREFUSED, "//"},
		{"https://h/a/./b", MM_EREFUSED, "segments"}, {"https://h/a/../b", MM_EREFUSED, "segments"},
		{"https://h/..", MM_EREFUSED, "segments"},    {"https://h/a/.", MM_EREFUSED, "segments"},
		{"https://h/a%20b", MM_EREFUSED, "percent"},  {"https://H", MM_EREFUSED, "lower case"},
		{"HTTPS://h", MM_EREFUSED, "lower case"},     {"https://[2001:DB8::1]", MM_EREFUSED, "lower case"},
	};

	(void)state;
	for (size_t i = 0; i < MM_COUNT(cases); i++) {
		struct mm_err err = {0};
		struct mm_url *url = NULL;

		assert_int_equal(mm_issuer_url_check(cases[i].issuer, &url, &err), cases[i].code);
		assert_contains(err.text, "issuer");
		assert_contains(err.text, cases[i].reason);
		assert_contains(err.text, cases[i].issuer);
		assert_null(url);
	}
}

static void the_path_of_an_issuer_may_have_capitals(void **state)
{
	struct mm_err err = {0};

	(void)state;
	assert_ok(mm_issuer_url_check("https://h/ID/Prod", NULL, &err), &err);
}

static void an_issuer_has_at_most_255_characters(void **state)
{
	struct mm_err err = {0};
	char issuer[300] = "https://h/";

	(void)state;
	memset(issuer + strlen(issuer), 'a', 245);
	assert_int_equal(strlen(issuer), 255);
	assert_ok(mm_issuer_url_check(issuer, NULL, &err), &err);
	strcat(issuer, "a");
	assert_int_equal(mm_issuer_url_check(issuer, NULL, &err), MM_EREFUSED);
	assert_contains(err.text, "255");
}

static void the_default_port_of_an_issuer_is_left_off(void **state)
{
	struct mm_err err = {0};

	(void)state;
	assert_int_equal(mm_issuer_url_check("https://h:443/id", NULL, &err), MM_EREFUSED);
	assert_contains(err.text, "leave :443 off");
	mm_err_clear(&err);
	assert_int_equal(mm_issuer_url_check("http://127.0.0.1:80", NULL, &err), MM_EREFUSED);
	assert_contains(err.text, "leave :80 off");
	mm_err_clear(&err);
	assert_ok(mm_issuer_url_check("https://h:80/id", NULL, &err), &err);
	assert_ok(mm_issuer_url_check("http://127.0.0.1:443", NULL, &err), &err);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(issuers_are_https_or_loopback),
		cmocka_unit_test(what_is_no_issuer_is_refused_with_the_reason),
		cmocka_unit_test(the_path_of_an_issuer_may_have_capitals),
		cmocka_unit_test(an_issuer_has_at_most_255_characters),
		cmocka_unit_test(the_default_port_of_an_issuer_is_left_off),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
