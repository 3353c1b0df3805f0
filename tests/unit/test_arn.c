/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/support.h"

#include <mintmark/trust.h>

static struct mm_err err;

static void assert_part(struct mm_span part, const char *text)
{
	assert_true(mm_span_is(part, text));
}

static void an_arn_has_five_parts_of_which_the_last_may_have_colons(void **state)
{
	struct mm_arn arn;
	(void)state;

	assert_ok(mm_arn_parse("arn:aws-cn:iam::123456789012:oidc-provider/h/p:q:r", &arn, &err), &err);
	assert_part(arn.partition, "aws-cn");
	assert_part(arn.service, "iam");
	assert_part(arn.region, "");
	assert_part(arn.account, "123456789012");
	assert_part(arn.resource, "oidc-provider/h/p:q:r");
}

static void what_is_no_arn_is_refused(void **state)
{
	static const char *const texts[] = {
		"",
		"arn",
		"arn:aws:iam::123456789012",
		"arn:aws:iam::123456789012:",
		"arn::iam::123456789012:role/a",
		"arn:aws:::123456789012:role/a",
		"ARN:aws:iam::123456789012:role/a",
		" arn:aws:iam::123456789012:role/a",
		"arn:aws:iam::123456789012:role/a\n",
		"arn:a*:iam::123456789012:role/a",
		"role/a",
	};
	struct mm_arn arn;
	(void)state;

	for (size_t i = 0; i < MM_COUNT(texts); i++)
		assert_fails(mm_arn_parse(texts[i], &arn, &err), MM_EPARSE, &err);
}

static void a_role_may_have_a_path(void **state)
{
	struct mm_arn arn;
	(void)state;

	assert_ok(mm_role_arn_parse("arn:aws:iam::123456789012:role/a", &arn, &err), &err);
	assert_ok(mm_role_arn_parse("arn:aws-us-gov:iam::123456789012:role/x/y/A+=,.@_-1", &arn, &err), &err);
	assert_part(arn.resource, "role/x/y/A+=,.@_-1");
}

static void what_is_no_role_is_refused_with_what_one_is(void **state)
{
	static const struct {
		const char *text, *rule;
	} rows[] = {
		{"builder", "no ARN, which is"},
		{"arn:aws:sts::123456789012:assumed-role/a/b", "of IAM, without a region"},
		{"arn:aws:iam:eu-west-1:123456789012:role/a", "of IAM, without a region"},
		{"arn:aws:iam::12345678901:role/a", "an account of 12 digits"},
		{"arn:aws:iam::12345678901x:role/a", "an account of 12 digits"},
		{"arn:aws:iam::1234567890123:role/a", "an account of 12 digits"},
		{"arn:aws:iam::123456789012:user/a", "role/NAME"},
		{"arn:aws:iam::123456789012:role/a*", "role/NAME"},
		{"arn:aws:iam::123456789012:role/a:b", "role/NAME"},
		{"arn:aws:iam::123456789012:role/", "1 to 64 characters"},
		{"arn:aws:iam::123456789012:role/p/", "1 to 64 characters"},
		{"arn:aws:iam::123456789012:role/"
		 "a2345678901234567890123456789012345678901234567890123456789012345",
		 "1 to 64 characters"},
	};
	struct mm_arn arn;
	(void)state;

	for (size_t i = 0; i < MM_COUNT(rows); i++) {
		assert_int_equal(mm_role_arn_parse(rows[i].text, &arn, &err), MM_EPARSE);
		assert_contains(err.text, rows[i].rule);
		mm_err_clear(&err);
	}
}

static void iam_names_a_provider_without_its_scheme(void **state)
{
	(void)state;

	assert_string_equal(mm_aws_provider_name("https://oidc.example.com/id/prod"), "oidc.example.com/id/prod");
	assert_null(mm_aws_provider_name("http://127.0.0.1:8080"));
	assert_null(mm_aws_provider_name("HTTPS://h"));
	assert_null(mm_aws_provider_name("h"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_arn_has_five_parts_of_which_the_last_may_have_colons),
		cmocka_unit_test(what_is_no_arn_is_refused),
		cmocka_unit_test(a_role_may_have_a_path),
		cmocka_unit_test(what_is_no_role_is_refused_with_what_one_is),
		cmocka_unit_test(iam_names_a_provider_without_its_scheme),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
