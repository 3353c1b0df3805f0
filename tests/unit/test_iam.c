/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/iamworld.h"
#include "tests/unit/support.h"

#include <mintmark/json.h>
#include <string.h>

#define STATEMENT "{\"Effect\":\"Allow\",\"Principal\":\"*\",\"Action\":\"*\"}"
#define POLICY    "{\"Version\":\"2012-10-17\",\"Statement\":[" STATEMENT "]}"

/* Apostrophes stand for quotation marks. */
static void quoted(const char *text, struct mm_buf *out)
{
	for (; *text; text++)
		mm_buf_add(out, *text == '\'' ? "\"" : text, 1);
}

static void assert_taken(const char *text)
{
	mm_auto(mm_iam_policy) policy = NULL;
	struct mm_err err = {0};

	if (mm_iam_policy_parse(mm_span_str(text), &policy, &err) != MM_OK)
		fail_msg("%s: %s", text, err.text);
}

static void assert_refused(const char *text, const char *part)
{
	mm_auto(mm_iam_policy) policy = NULL;
	struct mm_err err = {0};

	if (mm_iam_policy_parse(mm_span_str(text), &policy, &err) != MM_EPARSE || !strstr(err.text, part))
		fail_msg("%s\nexpected \"%s\"\nfound    \"%s\"", text, part, err.text);
	assert_null(policy);
}

static void a_policy_is_read_in_every_form_in_which_people_have_it(void **state)
{
	(void)state;
	assert_taken(POLICY);
	assert_taken("\n\t " POLICY "\n");
	assert_taken("{\"Statement\":" STATEMENT "}");
	assert_taken("{\"Id\":\"x y\",\"Statement\":[" STATEMENT "," STATEMENT "]}");
	/* aws iam get-role; the role alone (--query Role); aws iam create-role --cli-input-json */
	assert_taken("{\"Role\":{\"RoleName\":\"x\",\"AssumeRolePolicyDocument\":" POLICY "}}");
	assert_taken("{\"RoleName\":\"x\",\"AssumeRolePolicyDocument\":" POLICY "}");
	assert_taken(
		"{\"RoleName\":\"x\",\"AssumeRolePolicyDocument\":"
		"\"{\\\"Statement\\\":{\\\"Effect\\\":\\\"Deny\\\",\\\"Principal\\\":\\\"*\\\",\\\"Action\\\":[]}}\"}");
	/* as the API gives it (RFC 3986) */
	assert_taken(
		"%7B%22Statement%22%3A%7B%22Effect%22%3A%22Allow%22%2C%22Principal%22%3A%22%2A%22%2C%22Action%22%3A"
		"%22sts%3A%2a%22%7D%7D\n");
	assert_taken("{\"AssumeRolePolicyDocument\":\"%7B%22Statement%22%3A%7B%22Effect%22%3A%22Allow%22%2C%22Principal"
		     "%22%3A%22%2A%22%2C%22Action%22%3A%22%2A%22%7D%7D\"}");
}

static void what_is_no_policy_is_told_apart(void **state)
{
	(void)state;
	assert_refused("", "nothing there");
	assert_refused("x", "JSON: line 1");
	assert_refused("[" STATEMENT "]", "expected an object");
	assert_refused("{}", "no Statement");
	assert_refused("{\"Roles\":[]}", "unknown element \"Roles\"");
	assert_refused("{\"Version\":\"2012-10-17\"}", "no Statement");
	assert_refused("{\"Statement\":[]}", "an empty list");
	assert_refused("{\"Statement\":[1]}", "Statement[0]: not an object");
	assert_refused("{\"Statement\":\"x\"}", "Statement[0]: not an object");
	assert_refused("%7", "no two hex digits");
	assert_refused("%7B%2", "no two hex digits");
	assert_refused("%7B%xy", "no two hex digits");
	assert_refused("%", "no two hex digits");
	assert_refused("%7B%00%7D", "NUL");
	assert_refused("%FF%FE", "JSON");
	assert_refused("{\"AssumeRolePolicyDocument\":1}", "AssumeRolePolicyDocument: neither");
	assert_refused("{\"AssumeRolePolicyDocument\":\"\"}", "AssumeRolePolicyDocument: JSON");
	/* a document in a document is none */
	assert_refused("{\"AssumeRolePolicyDocument\":\"{\\\"AssumeRolePolicyDocument\\\":{}}\"}",
		       "unknown element \"AssumeRolePolicyDocument\"");
}

static void elements_of_a_policy_are_known_and_of_their_type(void **state)
{
	(void)state;
	assert_refused("{\"Version\":\"2012-10-17\",\"Statements\":[" STATEMENT "]}", "did you mean \"Statement\"?");
	assert_refused("{\"version\":\"2012-10-17\",\"Statement\":[" STATEMENT "]}", "did you mean \"Version\"?");
	assert_refused("{\"Comment\":\"\",\"Statement\":[" STATEMENT "]}", "unknown element \"Comment\"");
	assert_refused("{\"Id\":1,\"Statement\":[" STATEMENT "]}", "Id: not a string");
	assert_refused("{\"Version\":\"2012-10-18\",\"Statement\":[" STATEMENT "]}",
		       "Version: \"2012-10-18\": expected \"2012-10-17\"");
	assert_refused("{\"Version\":20121017,\"Statement\":[" STATEMENT "]}", "Version: \"no string\"");
	/* "Individual elements must not contain multiple instances of the same key." */
	assert_refused("{\"Statement\":" STATEMENT ",\"Statement\":" STATEMENT "}", "duplicate");
}

static void elements_of_a_statement_are_known_and_of_their_type(void **state)
{
	static const char *const rows[][2] = {
		{"'Principal':'*','Action':'*'", "Effect: missing"},
		{"'Effect':'allow','Principal':'*','Action':'*'", "Effect: \"allow\": expected \"Allow\" or \"Deny\""},
		{"'Effect':true,'Principal':'*','Action':'*'", "Effect: missing, or no string"},
		{"'Effect':'Allow','Action':'*'", "no Principal"},
		{"'Effect':'Allow','Principal':'*'", "no Action"},
		{"'Effect':'Allow','Principal':'*','NotPrincipal':'*','Action':'*'", "both Principal and NotPrincipal"},
		{"'Effect':'Allow','Principal':'*','Action':'*','NotAction':'*'", "both Action and NotAction"},
		{"'Effect':'Allow','Principal':'*','Action':'*','Resource':'*'",
		 "Resource: not allowed in a trust policy"},
		{"'Effect':'Allow','Principal':'*','Action':'*','NotResource':'*'", "not allowed in a trust policy"},
		{"'Effect':'Allow','Principal':'*','Actions':'*'", "did you mean \"Action\"?"},
		{"'Effect':'Allow','Principal':'*','Action':'*','Conditions':{}", "did you mean \"Condition\"?"},
		{"'effect':'Allow','Principal':'*','Action':'*'", "did you mean \"Effect\"?"},
		{"'Effect':'Allow','Principal':'*','Action':'*','X':1", "unknown element \"X\""},
		{"'Effect':'Allow','Principal':'*','Action':'*','Sid':1", "Sid: not a string"},
		{"'Effect':'Allow','Principal':'*','Action':1", "Action: expected a string"},
		{"'Effect':'Allow','Principal':'*','Action':['a',1]", "Action: expected a string"},
		{"'Effect':'Allow','Principal':'*','Action':{}", "Action: expected a string"},
		{"'Effect':'Allow','Principal':'arn:aws:iam::1:root','Action':'*'", "Principal: expected an object"},
		{"'Effect':'Allow','Principal':['*'],'Action':'*'", "Principal: expected an object"},
		{"'Effect':'Allow','NotPrincipal':1,'Action':'*'", "NotPrincipal: expected an object"},
		{"'Effect':'Allow','Principal':{'Federation':'x'},'Action':'*'", "did you mean \"Federated\"?"},
		{"'Effect':'Allow','Principal':{'aws':'x'},'Action':'*'", "Principal: unknown element \"aws\""},
		{"'Effect':'Allow','Principal':{'AWS':1},'Action':'*'", "Principal: AWS: expected a string"},
		{"'Effect':'Allow','Principal':'*','Action':'*','Effect':'Allow'", "duplicate"},
		{"'Effect':'Allow','Principal':'*','Action':'*','Condition':[]", "Condition: expected an object"},
		{"'Effect':'Allow','Principal':'*','Action':'*','Condition':{'Bool':[]}", "Condition: Bool: expected"},
		{"'Effect':'Allow','Principal':'*','Action':'*','Condition':{'Bool':{'k':null}}",
		 "Condition: Bool: k: expected a string, a number or a boolean"},
		{"'Effect':'Allow','Principal':'*','Action':'*','Condition':{'Bool':{'k':{}}}", "Bool: k: expected"},
		{"'Effect':'Allow','Principal':'*','Action':'*','Condition':{'Bool':{'k':['a',[]]}}",
		 "Bool: k: expected"},
		{"'Effect':'Allow','Principal':'*','Action':'*','Condition':{'Bool':{'k':'a','k':'b'}}", "duplicate"},
	};

	(void)state;
	for (size_t i = 0; i < MM_COUNT(rows); i++) {
		mm_auto_buf text = {0};

		quoted("{'Statement':[{'Effect':'Deny','Principal':'*','Action':'*'},{", &text);
		quoted(rows[i][0], &text);
		quoted("}]}", &text);
		assert_refused(text.p, rows[i][1]);
		if (strcmp(rows[i][1], "duplicate") != 0)
			assert_refused(text.p, "Statement[1]: ");
	}
}

static void a_policy_is_bounded(void **state)
{
	mm_auto(mm_iam_policy) policy = NULL;
	mm_auto_buf text = {0};
	struct mm_err err = {0};

	(void)state;
	mm_buf_add_str(&text, POLICY);
	while (text.len < MM_IAM_POLICY_MAX)
		mm_buf_add_str(&text, " ");
	assert_ok(mm_iam_policy_parse(mm_buf_span(&text), &policy, &err), &err);
	mm_iam_policy_free(mm_take(policy));
	mm_buf_add_str(&text, " ");
	assert_fails(mm_iam_policy_parse(mm_buf_span(&text), &policy, &err), MM_ELIMIT, &err);
	text.p[0] = '%';
	assert_fails(mm_iam_policy_parse(mm_buf_span(&text), &policy, &err), MM_ELIMIT, &err);
	mm_buf_reset(&text);
	mm_buf_add_str(&text, "{\"Statement\":");
	for (int i = 0; i < MM_JSON_DEPTH_MAX; i++)
		mm_buf_add_str(&text, "[");
	assert_fails(mm_iam_policy_parse(mm_buf_span(&text), &policy, &err), MM_ELIMIT, &err);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_policy_is_read_in_every_form_in_which_people_have_it),
		cmocka_unit_test(what_is_no_policy_is_told_apart),
		cmocka_unit_test(elements_of_a_policy_are_known_and_of_their_type),
		cmocka_unit_test(elements_of_a_statement_are_known_and_of_their_type),
		cmocka_unit_test(a_policy_is_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
