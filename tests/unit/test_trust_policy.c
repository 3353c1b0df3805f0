/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/support.h"

#include <mintmark/trust.h>
#include <stdio.h>
#include <string.h>

#define ISSUER   "https://oidc.example.com/id/prod"
#define PROVIDER "arn:aws:iam::123456789012:oidc-provider/oidc.example.com/id/prod"

static struct mm_trust trust;
static struct mm_findings findings;
static struct mm_err err;

static int begin(void **state)
{
	(void)state;
	trust = (struct mm_trust){.issuer = ISSUER, .partition = "aws", .account = "123456789012"};
	return 0;
}

static int end(void **state)
{
	(void)state;
	mm_strings_free(&trust.subjects);
	mm_strings_free(&trust.audiences);
	mm_findings_free(&findings);
	return 0;
}

static void add_subject(const char *text)
{
	test_strings_add(&trust.subjects, text);
}

/* In the words of the IAM User Guide, and not of the code. */
static void assert_policy(const char *expected)
{
	json_t *wanted = json_loads(expected, 0, NULL), *policy = NULL;

	assert_non_null(wanted);
	assert_ok(mm_trust_policy(&trust, &policy, &findings, &err), &err);
	assert_true(json_equal(policy, wanted));
	json_decref(policy);
	json_decref(wanted);
}

static void refuse(enum mm_code code, const char *part)
{
	json_t *policy = NULL;

	assert_int_equal(mm_trust_policy(&trust, &policy, &findings, &err), code);
	assert_contains(err.text, part);
	assert_null(policy);
	mm_err_clear(&err);
}

#define BEGIN                                                                                                          \
	"{\"Version\": \"2012-10-17\", \"Statement\": [{\"Effect\": \"Allow\", \"Principal\": {\"Federated\": "        \
	"\"" PROVIDER "\"}, \"Action\": \"sts:AssumeRoleWithWebIdentity\", \"Condition\": "
#define AUD "\"oidc.example.com/id/prod:aud\": \"sts.amazonaws.com\""
#define SUB "\"oidc.example.com/id/prod:sub\": "

static void one_account_is_compared_exactly_and_so_is_the_audience(void **state)
{
	(void)state;

	add_subject("system:serviceaccount:build:runner");
	assert_policy(BEGIN "{\"StringEquals\": {" AUD ", " SUB "\"system:serviceaccount:build:runner\"}}}]}");
	assert_int_equal(findings.n, 0);
}

static void several_accounts_are_a_list_each_once(void **state)
{
	(void)state;

	add_subject("system:serviceaccount:build:runner");
	add_subject("system:serviceaccount:ci:a.b");
	add_subject("system:serviceaccount:build:runner");
	assert_policy(BEGIN "{\"StringEquals\": {" AUD ", " SUB "[\"system:serviceaccount:build:runner\", "
			    "\"system:serviceaccount:ci:a.b\"]}}}]}");
}

static void a_wildcard_that_was_asked_for_is_a_pattern_beside_an_exact_audience(void **state)
{
	(void)state;

	trust.wildcards = true;
	add_subject("system:serviceaccount:build:deploy-*");
	assert_policy(BEGIN "{\"StringEquals\": {" AUD "}, \"StringLike\": {" SUB
			    "\"system:serviceaccount:build:deploy-*\"}}}]}");
	assert_int_equal(findings.n, 0);
}

/* Conditions of one statement must all hold: together in one, they would trust nobody. */
static void exact_accounts_and_patterns_have_a_statement_each(void **state)
{
	(void)state;

	trust.wildcards = true;
	add_subject("system:serviceaccount:build:deploy-?");
	add_subject("system:serviceaccount:build:runner");
	assert_policy(BEGIN "{\"StringEquals\": {" AUD ", " SUB "\"system:serviceaccount:build:runner\"}}}, "
			    "{\"Effect\": \"Allow\", \"Principal\": {\"Federated\": \"" PROVIDER "\"}, \"Action\": "
			    "\"sts:AssumeRoleWithWebIdentity\", \"Condition\": {\"StringEquals\": {" AUD
			    "}, \"StringLike\": {" SUB "\"system:serviceaccount:build:deploy-?\"}}}]}");
}

static void audiences_are_those_that_are_named(void **state)
{
	(void)state;

	add_subject("system:serviceaccount:build:runner");
	test_strings_add(&trust.audiences, "sts.amazonaws.com");
	test_strings_add(&trust.audiences, "other");
	assert_policy(BEGIN
		      "{\"StringEquals\": {\"oidc.example.com/id/prod:aud\": [\"sts.amazonaws.com\", \"other\"], " SUB
		      "\"system:serviceaccount:build:runner\"}}}]}");
}

/* IAM User Guide, "Specifying special characters that have no values": ${$}. */
static void an_audience_is_no_policy_variable(void **state)
{
	(void)state;

	add_subject("system:serviceaccount:build:runner");
	test_strings_add(&trust.audiences, "a$b${c}$");
	assert_policy(BEGIN "{\"StringEquals\": {\"oidc.example.com/id/prod:aud\": \"a$b${$}{c}$\", " SUB
			    "\"system:serviceaccount:build:runner\"}}}]}");
}

static void partition_and_account_are_those_of_the_provider(void **state)
{
	json_t *policy = NULL;
	const char *arn = NULL;
	(void)state;

	trust.partition = "aws-us-gov";
	trust.account = "000000000001";
	add_subject("system:serviceaccount:build:runner");
	assert_ok(mm_trust_policy(&trust, &policy, &findings, &err), &err);
	assert_int_equal(json_unpack(policy, "{s:[{s:{s:s}}]}", "Statement", "Principal", "Federated", &arn), 0);
	assert_string_equal(arn, "arn:aws-us-gov:iam::000000000001:oidc-provider/oidc.example.com/id/prod");
	json_decref(policy);
}

/* Amazon EKS User Guide, "Create IAM role with trust policy required by EKS Pod Identity". */
static void pod_identity_trusts_the_service_and_lets_it_tag_sessions(void **state)
{
	(void)state;

	trust = (struct mm_trust){.pod_identity = true};
	assert_policy("{\"Version\": \"2012-10-17\", \"Statement\": [{\"Effect\": \"Allow\", \"Principal\": "
		      "{\"Service\": \"pods.eks.amazonaws.com\"}, \"Action\": [\"sts:AssumeRole\", "
		      "\"sts:TagSession\"]}]}");
}

static void an_issuer_that_aws_would_not_register_is_refused_with_the_rule(void **state)
{
	static const struct {
		const char *issuer, *check;
	} rows[] = {
		{"https://oidc.example.com:8443", "aws.issuer-port"},
		{"http://127.0.0.1:8080", "aws.issuer-scheme"},
		{"https://oidc.example.com?x=y", "aws.issuer-query"},
		{"oidc.example.com", "aws.issuer-url"},
	};
	(void)state;

	add_subject("system:serviceaccount:build:runner");
	for (size_t i = 0; i < MM_COUNT(rows); i++) {
		trust.issuer = rows[i].issuer;
		refuse(MM_EREFUSED, "issuer");
		assert_non_null(mm_findings_find(&findings, rows[i].check));
		mm_findings_free(&findings);
	}
}

static void accounts_and_partitions_of_aws_are_checked(void **state)
{
	static const char *const accounts[] = {"", "12345678901", "1234567890123", "12345678901a", "1234-5678-9012"};
	static const char *const partitions[] = {"", "AWS", "aws:iam", "awsome", "aws cn"};
	(void)state;

	add_subject("system:serviceaccount:build:runner");
	for (size_t i = 0; i < MM_COUNT(accounts); i++) {
		trust.account = accounts[i];
		refuse(MM_EREFUSED, "accepted: 12 digits");
	}
	trust.account = "123456789012";
	for (size_t i = 0; i < MM_COUNT(partitions); i++) {
		trust.partition = partitions[i];
		refuse(MM_EREFUSED, "accepted: aws, aws-cn");
	}
}

static void an_audience_is_a_text_of_at_most_255_characters(void **state)
{
	char longest[257];
	(void)state;

	memset(longest, 'a', sizeof longest);
	longest[256] = '\0';
	add_subject("system:serviceaccount:build:runner");
	test_strings_add(&trust.audiences, longest);
	refuse(MM_EREFUSED, "256 characters");
	mm_strings_free(&trust.audiences);
	test_strings_add(&trust.audiences, "");
	refuse(MM_EREFUSED, "audience 1: empty");
	mm_strings_free(&trust.audiences);
	test_strings_add(&trust.audiences, "\xff");
	refuse(MM_EREFUSED, "not UTF-8");
}

/* IAM and AWS STS quotas, "Role trust policy length". */
static void the_length_of_a_policy_is_bounded(void **state)
{
	char subject[64];
	json_t *policy = NULL;
	(void)state;

	for (int i = 0; i < 40; i++) {
		snprintf(subject, sizeof subject, "system:serviceaccount:namespace-%02d:service-account", i);
		add_subject(subject);
	}
	assert_ok(mm_trust_policy(&trust, &policy, &findings, &err), &err);
	json_decref(policy);
	assert_int_equal(mm_findings_find(&findings, "trust.size")->level, MM_FINDING_WARN);
	for (int i = 40; i < 160; i++) {
		snprintf(subject, sizeof subject, "system:serviceaccount:namespace-%02d:service-account", i);
		add_subject(subject);
	}
	refuse(MM_EREFUSED, "IAM takes at most 8192");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(one_account_is_compared_exactly_and_so_is_the_audience),
		TEST(several_accounts_are_a_list_each_once),
		TEST(a_wildcard_that_was_asked_for_is_a_pattern_beside_an_exact_audience),
		TEST(exact_accounts_and_patterns_have_a_statement_each),
		TEST(audiences_are_those_that_are_named),
		TEST(an_audience_is_no_policy_variable),
		TEST(partition_and_account_are_those_of_the_provider),
		TEST(pod_identity_trusts_the_service_and_lets_it_tag_sessions),
		TEST(an_issuer_that_aws_would_not_register_is_refused_with_the_rule),
		TEST(accounts_and_partitions_of_aws_are_checked),
		TEST(an_audience_is_a_text_of_at_most_255_characters),
		TEST(the_length_of_a_policy_is_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
