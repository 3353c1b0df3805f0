/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/users.h"

#include <mintmark/json.h>

#define SUB     "\"sub\":\"system:serviceaccount:prod:web\""
#define ACCOUNT "\"namespace\":\"prod\",\"serviceaccount\":{\"name\":\"web\",\"uid\":\"u1\"}"
#define GROUPS  "system:serviceaccounts,system:serviceaccounts:prod,system:authenticated"
#define WEB     "system:serviceaccount:prod:web u1 [" GROUPS "]"

#define CREDENTIAL "authentication.kubernetes.io/credential-id"
#define NODE       "authentication.kubernetes.io/node-"
#define POD        "authentication.kubernetes.io/pod-"

static enum mm_code from_text(const char *text, struct mm_user *user, struct mm_err *err)
{
	json_t *claims = json_loads(text, 0, NULL);
	enum mm_code code;

	assert_non_null(claims);
	code = mm_user_from_claims(claims, user, err);
	json_decref(claims);
	return code;
}

static void claims_become_the_user_that_kubernetes_says(void **state)
{
	static const struct {
		const char *claims, *user;
	} rows[] = {
		{"{" SUB ",\"kubernetes.io\":{" ACCOUNT "}}", WEB},
		{"{" SUB ",\"jti\":\"j1\",\"kubernetes.io\":{" ACCOUNT "}}", WEB " " CREDENTIAL "=JTI=j1"},
		{"{" SUB ",\"jti\":\"\",\"kubernetes.io\":{" ACCOUNT "}}", WEB},
		{"{" SUB ",\"kubernetes.io\":{" ACCOUNT ",\"pod\":{\"name\":\"p\",\"uid\":\"pu\"}}}",
		 WEB " " POD "name=p " POD "uid=pu"},
		{"{" SUB ",\"kubernetes.io\":{" ACCOUNT ",\"pod\":{\"name\":\"p\"}}}", WEB},
		{"{" SUB ",\"kubernetes.io\":{" ACCOUNT ",\"node\":{\"name\":\"n\"}}}", WEB " " NODE "name=n"},
		{"{" SUB ",\"kubernetes.io\":{" ACCOUNT ",\"node\":{\"uid\":\"nu\"}}}", WEB},
		{"{" SUB ",\"kubernetes.io\":{" ACCOUNT ",\"secret\":{\"name\":\"s\",\"uid\":\"su\"}}}", WEB},
		{"{" SUB ",\"jti\":\"j1\",\"kubernetes.io\":{" ACCOUNT ",\"pod\":{\"name\":\"p\",\"uid\":\"pu\"},"
		 "\"node\":{\"name\":\"n\",\"uid\":\"nu\"}}}",
		 WEB " " CREDENTIAL "=JTI=j1 " NODE "name=n " NODE "uid=nu " POD "name=p " POD "uid=pu"},
	};

	(void)state;
	for (size_t i = 0; i < MM_COUNT(rows); i++) {
		MM_CLEANUP(mm_user_clear) struct mm_user user;
		struct mm_err err = {0};

		assert_ok(from_text(rows[i].claims, &user, &err), &err);
		assert_user(&user, rows[i].user);
	}
}

static void claims_of_no_account_are_refused(void **state)
{
	static const struct {
		const char *claims, *why;
	} rows[] = {
		{"{}", "no kubernetes.io"},
		{"{" SUB "}", "no kubernetes.io"},
		{"{" SUB ",\"kubernetes.io\":7}", "kubernetes.io is not an object"},
		{"{" SUB ",\"kubernetes.io\":{}}", "namespace"},
		{"{" SUB ",\"kubernetes.io\":{\"namespace\":\"prod\"}}", "serviceaccount"},
		{"{" SUB ",\"kubernetes.io\":{\"namespace\":[],\"serviceaccount\":{}}}", "namespace is not a string"},
		{"{" SUB ",\"kubernetes.io\":{\"namespace\":\"prod\",\"serviceaccount\":\"web\"}}",
		 "serviceaccount is not an object"},
		{"{" SUB ",\"kubernetes.io\":{\"namespace\":\"prod\",\"serviceaccount\":{\"name\":\"web\"}}}",
		 "serviceaccount has no uid"},
		{"{" SUB ",\"kubernetes.io\":{" ACCOUNT ",\"pod\":\"p\"}}", "pod is not an object"},
		{"{" SUB ",\"kubernetes.io\":{" ACCOUNT ",\"node\":{\"name\":1}}}", "node: name is not a string"},
		{"{" SUB ",\"jti\":1,\"kubernetes.io\":{" ACCOUNT "}}", "jti is not a string"},
		{"{\"kubernetes.io\":{" ACCOUNT "}}", "sub is missing"},
		{"{\"sub\":\"alice\",\"kubernetes.io\":{" ACCOUNT "}}",
		 "sub is \"alice\", not \"system:serviceaccount:prod:web\""},
		{"{\"sub\":\"system:serviceaccount:prod:webb\",\"kubernetes.io\":{" ACCOUNT "}}", "sub is"},
		/* Two accounts could have this sub. */
		{"{\"sub\":\"system:serviceaccount:a:b:c\",\"kubernetes.io\":{\"namespace\":\"a:b\","
		 "\"serviceaccount\":{\"name\":\"c\",\"uid\":\"u\"}}}",
		 "namespace \"a:b\""},
		{"{\"sub\":\"system:serviceaccount:a:b:c\",\"kubernetes.io\":{\"namespace\":\"a\","
		 "\"serviceaccount\":{\"name\":\"b:c\",\"uid\":\"u\"}}}",
		 "serviceaccount \"b:c\""},
	};

	(void)state;
	for (size_t i = 0; i < MM_COUNT(rows); i++) {
		struct mm_user user;
		struct mm_err err = {0};

		assert_int_equal(from_text(rows[i].claims, &user, &err), MM_EVERIFY);
		assert_int_equal(err.code, MM_EVERIFY);
		assert_contains(err.text, rows[i].why);
		assert_user(&user, TEST_NOBODY);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(claims_become_the_user_that_kubernetes_says),
		cmocka_unit_test(claims_of_no_account_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
