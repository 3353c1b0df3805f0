/* SPDX-License-Identifier: Apache-2.0 */
/* Each row is a mistake that people make in trust policies, and what the lint must call it: that, and nothing else. */
#include "issuer/iam/iam_lint.h"
#include "tests/unit/iamworld.h"
#include "tests/unit/support.h"

#include <mintmark/file.h>
#include <stdlib.h>
#include <string.h>

#define HOST "oidc.example.com/id/prod"
#define SUB  "'" HOST ":sub':'system:serviceaccount:prod:app'"
#define AUD  "'" HOST ":aud':'sts.amazonaws.com'"
#define GOOD "{'StringEquals':{" SUB "," AUD "}}"
#define ALLOW                                                                                                          \
	"{'Effect':'Allow','Principal':{'Federated':'" TEST_PROVIDER "'},'Action':'sts:AssumeRoleWithWebIdentity',"

/* Apostrophes stand for quotation marks. The findings are in `out`. */
static void lint(const char *text, struct mm_findings *out)
{
	mm_auto(mm_iam_policy) policy = NULL;
	mm_auto_buf json = {0};
	struct mm_err err = {0};

	for (; *text; text++)
		mm_buf_add(&json, *text == '\'' ? "\"" : text, 1);
	policy = test_trust_policy(json.p);
	mm_iam_lint(policy, out);
	assert_ok(mm_findings_check(out, &err), &err);
}

/* The names of what is not a pass, in the order in which they were found: "policy.no-sub policy.no-aud". */
static void assert_lint(const char *text, const char *expected)
{
	mm_auto_findings findings = {0};
	mm_auto_buf found = {0};

	mm_buf_add_str(&found, "");
	lint(text, &findings);
	for (size_t i = 0; i < findings.n; i++) {
		const struct mm_finding *finding = &findings.v[i];

		if (finding->level == MM_FINDING_PASS)
			continue;
		mm_buf_printf(&found, "%s%s", found.len > 0 ? " " : "", finding->check);
		assert_non_null(finding->remedy);
	}
	if (strcmp(found.p, expected) != 0)
		fail_msg("%s\nexpected \"%s\"\nfound    \"%s\"", text, expected, found.p);
}

struct row {
	const char *part, *expected;
};

/* `part` behind `before`, and `after`. */
static void assert_rows(const char *before, const char *after, const struct row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		mm_auto_buf text = {0};

		mm_buf_printf(&text, "{'Version':'2012-10-17','Statement':[%s%s%s]}", before, rows[i].part, after);
		assert_lint(text.p, rows[i].expected);
	}
}

static void assert_condition(const char *condition, const char *expected)
{
	const struct row row = {condition, expected};

	assert_rows(ALLOW "'Condition':", "}", &row, 1);
}

#define assert_conditions(rows) assert_rows(ALLOW "'Condition':", "}", (rows), MM_COUNT(rows))

static void a_policy_for_one_account_is_sound(void **state)
{
	mm_auto_findings findings = {0};

	(void)state;
	lint("{'Version':'2012-10-17','Statement':{'Sid':'Prod'," /* no list */
	     "'Effect':'Allow','Principal':{'Federated':'" TEST_PROVIDER "'},"
	     "'Action':['sts:AssumeRoleWithWebIdentity','sts:TagSession'],'Condition':" GOOD "}}",
	     &findings);
	assert_int_equal(findings.n, 1);
	assert_int_equal(findings.v[0].level, MM_FINDING_PASS);
	assert_string_equal(findings.v[0].check, "policy.statement");
	assert_string_equal(findings.v[0].text, "Statement[0] (Prod): Allow, nothing to object to");
}

static void the_version_is_the_newer_one(void **state)
{
	(void)state;
	assert_lint("{'Statement':[" ALLOW "'Condition':" GOOD "}]}", "policy.version");
	assert_lint("{'Version':'2008-10-17','Statement':[" ALLOW "'Condition':" GOOD "}]}", "policy.version");
	assert_lint("{'Version':'2008-10-17','Statement':[" ALLOW "'Condition':{'StringEquals':{" SUB "," AUD
		    ",'aws:userid':'${aws:username}'}}}]}",
		    "policy.version policy.variable");
	assert_lint("{'Version':'2008-10-17','Statement':[" ALLOW "'Condition':{'StringEquals':{" SUB "," AUD
		    ",'aws:userid':'a${*}b'}}}]}",
		    "policy.version policy.variable policy.wildcard");
}

static void the_length_is_held_against_the_quotas(void **state)
{
	static const struct {
		const char *character;
		size_t count;
		const char *expected;
	} rows[] = {{"x", 100, ""}, {"é", 1500, ""}, {"x", 2048, "policy.size"}, {"x", 8192, "policy.quota"}};
	mm_auto_buf text = {0};

	(void)state;
	for (size_t i = 0; i < MM_COUNT(rows); i++) {
		mm_buf_reset(&text);
		mm_buf_add_str(&text, "{'Version':'2012-10-17','Id':'");
		for (size_t j = 0; j < rows[i].count; j++)
			mm_buf_add_str(&text, rows[i].character);
		/* white space does not count */
		for (size_t j = 0; j < 3000; j++)
			mm_buf_add_str(&text, " ");
		mm_buf_add_str(&text, "','Statement':[" ALLOW "'Condition':" GOOD "}]}");
		assert_lint(text.p, rows[i].expected);
	}
}

static void sids_are_unique_and_alphanumeric(void **state)
{
	static const struct row rows[] = {
		{ALLOW "'Sid':'A','Condition':" GOOD "}," ALLOW "'Sid':'B','Condition':" GOOD "}", ""},
		{ALLOW "'Sid':'','Condition':" GOOD "}," ALLOW "'Sid':'','Condition':" GOOD "}", ""},
		{ALLOW "'Sid':'A','Condition':" GOOD "}," ALLOW "'Sid':'A','Condition':" GOOD "}", "policy.sid"},
		{ALLOW "'Sid':'for the pods','Condition':" GOOD "}", "policy.sid"},
		{ALLOW "'Sid':'a-b','Condition':" GOOD "}", "policy.sid"},
	};

	(void)state;
	assert_rows("", "", rows, MM_COUNT(rows));
}

static void a_policy_without_allow_lets_nobody_in(void **state)
{
	static const struct row rows[] = {
		{"{'Effect':'Deny','Principal':'*','Action':'sts:AssumeRole'}", "policy.no-allow"},
		{"{'Effect':'Deny','Principal':'*','Action':'sts:*'}," ALLOW "'Condition':" GOOD "}", ""},
	};

	(void)state;
	assert_rows("", "", rows, MM_COUNT(rows));
}

static void principals_are_the_arns_of_providers(void **state)
{
#define ARN "arn:aws:iam::123456789012:"
	static const struct row rows[] = {
		{"{'Federated':'" TEST_PROVIDER "'}", ""},
		{"{'Federated':['" TEST_PROVIDER "']}", ""},
		{"{'Federated':'arn:aws-cn:iam::123456789012:oidc-provider/" HOST "'}", ""},
		{"'*'", "policy.everybody"},
		{"{'AWS':'*'}", "policy.everybody"},
		{"{'Federated':'https://" HOST "'}", "policy.principal"},
		{"{'Federated':'" HOST "'}", "policy.principal"},
		{"{'Federated':'" ARN "oidc-provider/https://" HOST "'}",
		 "policy.principal policy.key-provider policy.key-provider"},
		{"{'Federated':'" ARN "oidc_provider/" HOST "'}", "policy.principal"},
		{"{'Federated':'" ARN "oidc-provider/'}", "policy.principal policy.key-provider policy.key-provider"},
		{"{'Federated':'" ARN "role/x'}", "policy.principal"},
		{"{'Federated':'arn:aws:iam:eu-west-1:123456789012:oidc-provider/" HOST "'}", "policy.principal"},
		{"{'Federated':'arn:aws:sts::123456789012:oidc-provider/" HOST "'}", "policy.principal"},
		{"{'Federated':'arn:aws:iam::12345678901:oidc-provider/" HOST "'}", "policy.principal"},
		{"{'Federated':'arn:aws:iam::ACCOUNT:oidc-provider/" HOST "'}", "policy.principal"},
		{"{'Federated':'arn:aws:iam::*:oidc-provider/" HOST "'}", "policy.principal-wildcard"},
		{"{'Federated':'*'}", "policy.principal-wildcard"},
		{"{'Federated':'" TEST_PROVIDER "/'}", "policy.principal-slash policy.key-slash policy.key-slash"},
		{"{'AWS':'" ARN "root'}", "policy.action-principal"},
		{"{'Service':'ec2.amazonaws.com'}", "policy.action-principal"},
		{"{'AWS':'" ARN "root','Federated':'" TEST_PROVIDER "'}", ""},
		{"{}", "policy.empty"},
		{"{'Federated':[]}", "policy.empty"},
	};

	(void)state;
	assert_rows("{'Effect':'Allow','Action':'sts:AssumeRoleWithWebIdentity','Condition':" GOOD ",'Principal':", "}",
		    rows, MM_COUNT(rows));
}

static void whoever_is_not_named_is_no_principal(void **state)
{
	static const struct row rows[] = {
		{"{'Effect':'Allow','NotPrincipal':{'AWS':'123456789012'},'Action':'sts:AssumeRoleWithWebIdentity',"
		 "'Condition':" GOOD "}",
		 "policy.not-principal"},
		{ALLOW "'Condition':" GOOD "},{'Effect':'Deny','NotPrincipal':{'Federated':'" TEST_PROVIDER
		       "'},'Action':'sts:AssumeRoleWithWebIdentity'}",
		 ""},
	};

	(void)state;
	assert_rows("", "", rows, MM_COUNT(rows));
}

static void actions_are_those_for_tokens(void **state)
{
	static const struct row rows[] = {
		{"'Action':'sts:AssumeRoleWithWebIdentity'", ""},
		{"'Action':'STS:assumerolewithwebidentity'", ""},
		{"'Action':'sts:AssumeRole'", "policy.action-principal"},
		{"'Action':'sts:AssumeRoleWithSAML'", "policy.action-principal"},
		{"'Action':'sts:AssumeRoleWithWebIdentity '", "policy.action policy.action-principal"},
		{"'Action':'sts:AssumeRoleWithWebidentiy'", "policy.action policy.action-principal"},
		{"'Action':['s3:GetObject','sts:AssumeRoleWithWebIdentity']", "policy.action"},
		{"'Action':'sts:GetCallerIdentity'", "policy.action policy.action-principal"},
		{"'Action':'sts:*'", "policy.action-wide"},
		{"'Action':'*'", "policy.action-wide"},
		{"'Action':'sts:AssumeRoleWith*'", "policy.action-wide"},
		{"'Action':[]", "policy.empty policy.action-principal"},
		{"'NotAction':'sts:AssumeRole'", "policy.action-wide"},
	};

	(void)state;
	assert_rows("{'Effect':'Allow','Principal':{'Federated':'" TEST_PROVIDER "'},'Condition':" GOOD ",", "}", rows,
		    MM_COUNT(rows));
}

static void statements_for_others_are_left_alone(void **state)
{
	static const struct row rows[] = {
		{"'Principal':{'Service':'ec2.amazonaws.com'},'Action':'sts:AssumeRole'", ""},
		{"'Principal':{'AWS':'123456789012'},'Action':'sts:AssumeRole',"
		 "'Condition':{'StringEquals':{'sts:ExternalId':'x','aws:PrincipalTag/Team:a':'y'}}",
		 ""},
		{"'Principal':{'Service':'pods.eks.amazonaws.com'},'Action':['sts:AssumeRole','sts:TagSession']", ""},
		{"'Principal':{'Service':'pods.eks.amazonaws.com'},'Action':'sts:AssumeRole'", "policy.pod-identity"},
		{"'Principal':{'Service':'pods.eks.amazonaws.com'},'Action':'sts:TagSession'", "policy.pod-identity"},
		{"'Principal':{'Federated':'arn:aws:iam::123456789012:saml-provider/x'},'Action':'sts:"
		 "AssumeRoleWithSAML','Condition':{'StringEquals':{'SAML:aud':'https://signin.aws.amazon.com/saml'}}",
		 ""},
		{"'Principal':{'Federated':'cognito-identity.amazonaws.com'},'Action':'sts:"
		 "AssumeRoleWithWebIdentity','Condition':{'StringEquals':{'cognito-identity.amazonaws.com:aud':'pool'}"
		 "}",
		 ""},
	};

	(void)state;
	assert_rows("{'Effect':'Allow',", "}", rows, MM_COUNT(rows));
}

static void operators_are_known(void **state)
{
	static const struct row rows[] = {
		{"{'StringEquals':{" SUB "," AUD "},'StringMatches':{'aws:username':'a'}}", "policy.operator"},
		{"{'StringEqual':{" SUB "," AUD "}}", "policy.operator policy.operator policy.no-sub policy.no-aud"},
		{"{'ForAnyValues:StringEquals':{" SUB "," AUD "}}",
		 "policy.operator policy.operator policy.no-sub policy.no-aud"},
		{"{'StringEquals':{" SUB "," AUD "},'NullIfExists':{'aws:username':'true'}}", "policy.operator"},
		{"{'StringEquals':{" SUB "," AUD "},'ForAllValues:Null':{'aws:TagKeys':'false'}}", "policy.null-set"},
		{"{'StringEquals':{" SUB "," AUD "},'ForAnyValue:Null':{'aws:TagKeys':'true'}}", "policy.null-set"},
		{"{'stringequals':{" SUB "," AUD "}}", ""},
	};

	(void)state;
	assert_conditions(rows);
}

static void keys_name_the_provider_as_the_principal_does(void **state)
{
	static const struct row rows[] = {
		{"{'StringEquals':{'OIDC.example.com/id/prod:SUB':'system:serviceaccount:prod:app'," AUD "}}", ""},
		{"{'StringEquals':{'https://" HOST ":sub':'system:serviceaccount:prod:app'," AUD "}}",
		 "policy.key-scheme"},
		{"{'StringEquals':{" SUB ",'http://" HOST ":aud':'sts.amazonaws.com'}}", "policy.key-scheme"},
		{"{'StringEquals':{'" HOST "/:sub':'system:serviceaccount:prod:app'," AUD "}}", "policy.key-slash"},
		{"{'StringEquals':{'oidc.example.com:sub':'system:serviceaccount:prod:app'," AUD "}}",
		 "policy.key-provider"},
		{"{'StringEquals':{'oidc.example.com/id/test:sub':'system:serviceaccount:prod:app'," AUD "}}",
		 "policy.key-provider"},
		{"{'StringEquals':{'sub':'system:serviceaccount:prod:app'," AUD "}}", "policy.key policy.no-sub"},
		{"{'StringEquals':{" SUB "," AUD ",'" HOST ":kubernetes.io':'x'}}", "policy.key-claim"},
		{"{'StringEquals':{" SUB "," AUD ",'" HOST ":iss':'x'}}", "policy.key-claim"},
		{"{'StringEquals':{" SUB "," AUD "},'ForAnyValue:StringEquals':{'" HOST ":amr':'x'}}", ""},
		{"{'StringEquals':{" SUB "," AUD ",'aws:RequestedRegion':'eu-west-1'}}", ""},
	};

	(void)state;
	assert_conditions(rows);
}

static void a_statement_for_several_providers_may_have_keys_of_each(void **state)
{
	static const struct row rows[] = {
		{"'" HOST ":sub':'system:serviceaccount:prod:app'", ""},
		{"'other.example.com:sub':'system:serviceaccount:prod:app'", ""},
		{"'third.example.com:sub':'system:serviceaccount:prod:app'", "policy.key-provider"},
	};

	(void)state;
	assert_rows("{'Effect':'Allow','Principal':{'Federated':['" TEST_PROVIDER
		    "','arn:aws:iam::123456789012:oidc-provider/other.example.com']},"
		    "'Action':'sts:AssumeRoleWithWebIdentity','Condition':{'StringEquals':{" AUD ",",
		    "}}}", rows, MM_COUNT(rows));
}

static void wildcards_stand_under_like_alone(void **state)
{
	static const struct row rows[] = {
		{"{'StringEquals':{'" HOST ":sub':'system:serviceaccount:prod:*'," AUD "}}", "policy.wildcard"},
		{"{'StringEquals':{'" HOST ":sub':'system:serviceaccount:prod:app?'," AUD "}}", "policy.wildcard"},
		{"{'StringEqualsIgnoreCase':{'" HOST ":sub':'system:serviceaccount:*:app'," AUD "}}",
		 "policy.wildcard"},
		{"{'StringEquals':{" SUB "," AUD "},'StringNotEquals':{'" HOST ":sub':'system:*'}}", "policy.wildcard"},
		{"{'StringEquals':{'" HOST ":sub':['system:serviceaccount:prod:app','*']," AUD "}}", "policy.wildcard"},
		{"{'StringEquals':{" SUB "," AUD ",'aws:userid':'a${*}b'}}", ""},
		{"{'StringEquals':{" SUB "," AUD "},'ArnEquals':{'aws:SourceArn':'arn:aws:iam::*:role/x'}}", ""},
		{"{'StringLike':{" SUB "," AUD "}}", ""},
	};

	(void)state;
	assert_conditions(rows);
}

static void values_are_of_their_operators_type(void **state)
{
#define WITH(operator) "{'StringEquals':{" SUB "," AUD "}," operator"}"
	static const struct row rows[] = {
		{WITH("'NumericLessThan':{'aws:MultiFactorAuthAge':'3600'}"), ""},
		{WITH("'NumericLessThan':{'aws:MultiFactorAuthAge':'1h'}"), "policy.value"},
		{WITH("'NumericLessThan':{'aws:MultiFactorAuthAge':['1h','2h']}"), "policy.value policy.value"},
		{WITH("'DateLessThan':{'aws:CurrentTime':'2030-01-01'}"), ""},
		{WITH("'DateLessThan':{'aws:CurrentTime':'1795306500'}"), ""},
		{WITH("'DateLessThan':{'aws:CurrentTime':'01.01.2030'}"), "policy.value"},
		{WITH("'Bool':{'aws:SecureTransport':'true'}"), ""},
		{WITH("'Bool':{'aws:SecureTransport':'yes'}"), "policy.value"},
		{WITH("'Null':{'aws:TagKeys':'no'}"), "policy.value"},
		{WITH("'IpAddress':{'aws:SourceIp':['203.0.113.0/24','2001:db8::/32']}"), ""},
		{WITH("'IpAddress':{'aws:SourceIp':'203.0.113.0/33'}"), "policy.value"},
		{WITH("'NotIpAddress':{'aws:SourceIp':'203.0.113.*'}"), "policy.value"},
		{WITH("'ArnLike':{'aws:SourceArn':'arn:aws:iam::*:role/x'}"), ""},
		{WITH("'ArnLike':{'aws:SourceArn':'*'}"), "policy.value"},
		{WITH("'ArnLike':{'aws:SourceArn':'${aws:PrincipalArn}'}"), ""},
		{WITH("'StringEquals ':{'aws:SourceArn':'x'}"), "policy.operator"},
		{WITH("'StringNotEquals':{'aws:userid':[]}"), "policy.empty"},
	};

	(void)state;
	assert_conditions(rows);
}

static void a_missing_key_must_not_pass(void **state)
{
	static const struct row rows[] = {
		{"{'ForAllValues:StringEquals':{" SUB "," AUD "}}", "policy.for-all policy.for-all"},
		{"{'ForAllValues:StringLike':{" SUB "},'StringEquals':{" AUD "}}", "policy.for-all"},
		{"{'ForAllValues:StringEquals':{" SUB "},'StringEquals':{" AUD "},'Null':{'" HOST ":sub':'false'}}",
		 ""},
		{"{'ForAllValues:StringEquals':{" SUB "},'StringEquals':{" AUD "},'Null':{'" HOST ":sub':'true'}}",
		 "policy.for-all"},
		{"{'ForAllValues:StringEquals':{" SUB "},'StringEquals':{" AUD "},'Null':{'" HOST ":aud':'false'}}",
		 "policy.for-all"},
		{"{'ForAnyValue:StringEquals':{" SUB "," AUD "}}", ""},
		{"{'StringEqualsIfExists':{" SUB "},'StringEquals':{" AUD "}}", "policy.if-exists"},
		{"{'StringEquals':{" SUB "},'StringLikeIfExists':{" AUD "}}", "policy.if-exists"},
		{"{'StringEquals':{" SUB "," AUD "},'StringEqualsIfExists':{'aws:SourceVpc':'vpc-1'}}", ""},
	};

	(void)state;
	assert_conditions(rows);
}

static void sub_and_aud_are_constrained(void **state)
{
	static const struct row rows[] = {
		{"{'StringEquals':{" SUB "}}", "policy.no-aud"},
		{"{'StringEquals':{" AUD "}}", "policy.no-sub"},
		{"{}", "policy.no-sub policy.no-aud"},
		{"{'StringEquals':{" AUD "},'StringNotEquals':{" SUB "}}", "policy.no-sub"},
		{"{'StringEquals':{" AUD "},'Null':{'" HOST ":sub':'false'}}", "policy.no-sub"},
		{"{'StringEquals':{" SUB "," AUD "},'StringNotLike':{'" HOST ":sub':'*:default'}}", ""},
	};
	static const struct row whole[] = {{ALLOW "'Sid':'A'}", "policy.no-sub policy.no-aud"}};

	(void)state;
	assert_conditions(rows);
	assert_rows("", "", whole, 1);
}

static void a_sub_with_wildcards_is_no_wider_than_meant(void **state)
{
	static const struct row rows[] = {
		{"*", "policy.sub-any"},
		{"system:*", "policy.sub-any"},
		{"system:serviceaccount:*", "policy.sub-any"},
		{"system:serviceaccount:*:*", "policy.sub-any"},
		{"system:serviceaccount:*:app", "policy.sub-any"},
		{"system:serviceaccount:**:app", "policy.sub-any"},
		{"*:any-name", "policy.sub-any"},
		{"*:app", "policy.sub-any"},
		{"*app", "policy.sub-any"},
		{"system:*:a?p", "policy.sub-any"},
		{"*:prod:app", "policy.sub-foreign"},
		{"system:serviceaccount:prod*", "policy.sub-any"},
		{"system:serviceaccount:prod-*:app", "policy.sub-wide"},
		{"system:serviceaccount:pro?:app", "policy.sub-wide"},
		{"system:serviceaccount:prod:*", "policy.sub-wide"},
		{"system:serviceaccount:prod:app-*", "policy.sub-wide"},
		{"system:serviceaccount:prod-?", "policy.sub"},
		{"system:serviceaccount:Prod:*", "policy.sub"},
		{"system:serviceaccount:prod:app:*", "policy.sub"},
		{"system:serviceaccount::*", "policy.sub"},
		{"system:serviceaccount:prod/*:x", "policy.sub"},
		{"repo:octo-org/octo-repo:*", "policy.sub-foreign"},
	};

	(void)state;
	for (size_t i = 0; i < MM_COUNT(rows); i++) {
		mm_auto_buf condition = {0};

		mm_buf_printf(&condition, "{'StringEquals':{" AUD "},'StringLike':{'" HOST ":sub':'%s'}}",
			      rows[i].part);
		assert_condition(condition.p, rows[i].expected);
	}
}

static void a_sub_is_of_a_service_account(void **state)
{
	static const struct row rows[] = {
		{"system:serviceaccount:prod:app", ""},
		{"system:serviceaccount:prod:app.v1", ""},
		{"system:serviceaccount:prod", "policy.sub"},
		{"system:serviceaccount:prod:", "policy.sub"},
		{"system:serviceaccount::app", "policy.sub"},
		{"system:serviceaccount:Prod:app", "policy.sub"},
		{"system:serviceaccount:prod:App", "policy.sub"},
		{"system:serviceaccount:prod:app:x", "policy.sub"},
		{"system:serviceaccount:prod/app", "policy.sub"},
		{"system:serviceaccount: prod:app", "policy.sub"},
		{"system:serviceaccount:prod.x:app", "policy.sub"},
		{"system:serviceaccounts:prod:app", "policy.sub"},
		{"System:ServiceAccount:prod:app", "policy.sub"},
		{"serviceaccount:prod:app", "policy.sub"},
		{"system:prod:app", "policy.sub"},
		{"prod:app", "policy.sub-foreign"},
		{"prod/app", "policy.sub-foreign"},
		{"repo:octo-org/octo-repo:ref:refs/heads/main", "policy.sub-foreign"},
		{"system:serviceaccount:0123456789012345678901234567890123456789012345678901234567890123:app",
		 "policy.sub"},
		{"", "policy.sub-foreign"},
	};

	(void)state;
	for (size_t i = 0; i < MM_COUNT(rows); i++) {
		mm_auto_buf condition = {0};

		mm_buf_printf(&condition, "{'StringEquals':{" AUD ",'" HOST ":sub':'%s'}}", rows[i].part);
		assert_condition(condition.p, rows[i].expected);
	}
}

static void an_audience_is_that_of_sts(void **state)
{
	static const struct row rows[] = {
		{"'sts.amazonaws.com'", ""},
		{"'my-app'", ""},
		{"['sts.amazonaws.com','https://oidc.example.com/id/prod']", "policy.aud"},
		{"'https://oidc.example.com/id/prod'", "policy.aud"},
		{"'oidc.example.com/id/prod'", "policy.aud"},
		{"'https://sts.amazonaws.com'", "policy.aud"},
		{"'sts.amazon.com'", "policy.aud"},
		{"'sts.amazonaws.com/'", "policy.aud"},
		{"'STS.AmazonAWS.com'", "policy.aud"},
		{"'*'", "policy.aud-any"},
		{"'sts.*'", ""},
	};

	(void)state;
	for (size_t i = 0; i < MM_COUNT(rows); i++) {
		mm_auto_buf condition = {0};

		mm_buf_printf(&condition, "{'StringEquals':{" SUB "},'StringLike':{'" HOST ":aud':%s}}", rows[i].part);
		assert_condition(condition.p, rows[i].expected);
	}
}

static void conditions_that_exclude_each_other_are_found(void **state)
{
#define S(name) "'" HOST ":sub':'system:serviceaccount:prod:" name "'"
	static const struct row rows[] = {
		{"{'StringEquals':{" S("a") "," AUD "},'StringNotEquals':{" S("a") "}}", "policy.never"},
		{"{'StringEquals':{" S("a") "," AUD "},'StringNotEquals':{" S("b") "}}", ""},
		{"{'StringEquals':{" S("a") "," AUD "},'StringLike':{" S("b*") "}}", "policy.never policy.sub-wide"},
		{"{'StringEquals':{" S("a") "," AUD "},'StringLike':{" S("a*") "}}", "policy.sub-wide"},
		{"{'StringEquals':{" S("a") "," AUD "},'StringEqualsIgnoreCase':{" S("b") "}}", "policy.never"},
		{"{'StringEquals':{" S("a") "," AUD "},'stringEquals':{" S("b") "}}", "policy.never"},
		{"{'StringEquals':{" S("a") "," AUD "},'Null':{'" HOST ":sub':'true'}}", "policy.never"},
		{"{'StringEquals':{" S("a") "," AUD "},'StringEqualsIfExists':{" S("b") "}}",
		 "policy.never policy.if-exists"},
		{"{'StringEquals':{'" HOST ":sub':['system:serviceaccount:p:a','system:serviceaccount:p:b']," AUD
		 "},'StringNotLike':{'" HOST ":sub':'*:a'}}",
		 ""},
		{"{'StringEquals':{" SUB "," AUD ",'aws:userid':'a'},'StringLike':{'AWS:UserId':'b*'}}",
		 "policy.never"},
		{"{'StringEquals':{" SUB "," AUD
		 "},'StringLike':{'aws:userid':'a*'},'StringLikeIfExists':{'aws:userid':'ab*'}}",
		 ""},
	};

	(void)state;
	assert_conditions(rows);
}

static void a_deny_may_be_wide_and_must_be_readable(void **state)
{
#define DENY ALLOW "'Condition':" GOOD "},{'Effect':'Deny','Principal':'*','Action':'*'"
	static const struct row rows[] = {
		{DENY ",'Condition':{'StringLike':{'" HOST ":sub':'system:serviceaccount:*:default'}}}", ""},
		{DENY ",'Condition':{'StringNotEqualsIfExists':{'aws:PrincipalOrgID':'o-1'}}}", ""},
		{DENY ",'Condition':{'ForAllValues:StringEquals':{'" HOST ":sub':'x'}}}", ""},
		{DENY ",'Condition':{'StringEquals':{'" HOST ":sub':'system:serviceaccount:prod:*'}}}",
		 "policy.wildcard"},
		{DENY ",'Condition':{'StringEqual':{'" HOST ":sub':'x'}}}", "policy.operator"},
		{DENY ",'Condition':{'StringEquals':{'https://" HOST ":sub':'x'}}}", "policy.key-scheme"},
	};

	(void)state;
	assert_rows("", "", rows, MM_COUNT(rows));
}

static void a_finding_tells_the_statement_and_what_stands_there(void **state)
{
	mm_auto_findings findings = {0};
	const struct mm_finding *finding;

	(void)state;
	lint("{'Version':'2012-10-17','Statement':[" ALLOW "'Condition':" GOOD "}," ALLOW
	     "'Sid':'B\\u001b','Condition':{'StringEqual':{" AUD "},'StringEquals':{" SUB "," AUD "}}}]}",
	     &findings);
	finding = mm_findings_find(&findings, "policy.operator");
	assert_non_null(finding);
	assert_int_equal(finding->level, MM_FINDING_FAIL);
	assert_contains(finding->text, "Statement[1] (B");
	assert_contains(finding->text, "unknown operator \"StringEqual\": did you mean StringEquals?");
	assert_null(strchr(finding->text, '\x1b'));
}

static bool is_described(const char *manual, const char *name)
{
	for (const char *at = strstr(manual, name); at; at = strstr(at + 1, name)) {
		if (strchr(" \n", at[strlen(name)]))
			return true;
	}
	return false;
}

static void every_finding_is_in_the_manual(void **state)
{
	const char *srcdir = getenv("MM_SRCDIR");
	mm_auto_buf path = {0}, manual = {0};
	struct mm_err err = {0};

	(void)state;
	mm_buf_printf(&path, "%s/docs/man/mintmark.1", srcdir ? srcdir : ".");
	assert_ok(mm_path_read(path.p, MM_FILE_ANY, 1 << 20, &manual, &err), &err);
	for (enum mm_iam_check check = 0; check < MM_IAM_LINT_COUNT; check++) {
		if (!is_described(manual.p, mm_iam_check_name(check)))
			fail_msg("%s", mm_iam_check_name(check));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_policy_for_one_account_is_sound),
		cmocka_unit_test(the_version_is_the_newer_one),
		cmocka_unit_test(the_length_is_held_against_the_quotas),
		cmocka_unit_test(sids_are_unique_and_alphanumeric),
		cmocka_unit_test(a_policy_without_allow_lets_nobody_in),
		cmocka_unit_test(principals_are_the_arns_of_providers),
		cmocka_unit_test(whoever_is_not_named_is_no_principal),
		cmocka_unit_test(actions_are_those_for_tokens),
		cmocka_unit_test(statements_for_others_are_left_alone),
		cmocka_unit_test(operators_are_known),
		cmocka_unit_test(keys_name_the_provider_as_the_principal_does),
		cmocka_unit_test(a_statement_for_several_providers_may_have_keys_of_each),
		cmocka_unit_test(wildcards_stand_under_like_alone),
		cmocka_unit_test(values_are_of_their_operators_type),
		cmocka_unit_test(a_missing_key_must_not_pass),
		cmocka_unit_test(sub_and_aud_are_constrained),
		cmocka_unit_test(a_sub_with_wildcards_is_no_wider_than_meant),
		cmocka_unit_test(a_sub_is_of_a_service_account),
		cmocka_unit_test(an_audience_is_that_of_sts),
		cmocka_unit_test(conditions_that_exclude_each_other_are_found),
		cmocka_unit_test(a_deny_may_be_wide_and_must_be_readable),
		cmocka_unit_test(a_finding_tells_the_statement_and_what_stands_there),
		cmocka_unit_test(every_finding_is_in_the_manual),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
