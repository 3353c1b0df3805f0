/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/support.h"

#include <mintmark/rules.h>
#include <string.h>

static void every_word_of_may_is_found_again(void **state)
{
	static const char *const words[] = {"mint", "review", "metrics"};

	(void)state;
	for (size_t i = 0; i < MM_COUNT(words); i++)
		assert_string_equal(mm_privilege_word(mm_privilege_find(words[i])), words[i]);
	assert_int_equal(mm_privilege_find("dev"), MM_PRIV_NONE);
	assert_int_equal(mm_privilege_find(""), MM_PRIV_NONE);
	assert_int_equal(mm_privilege_find("Mint"), MM_PRIV_NONE);
	assert_null(mm_privilege_word(MM_PRIV_DEV));
}

static char bob_name[] = "bob";

static void assert_forbidden(const struct mm_question *question, const struct mm_decision *decision, const char *path,
			     const char *expected)
{
	mm_auto_buf out = {0};

	mm_rules_forbidden(question, decision, mm_span_str(path), &out);
	assert_ok(mm_buf_check(&out, NULL), NULL);
	assert_string_equal(out.p, expected);
}

static void the_denied_read_what_kubernetes_says(void **state)
{
	const struct mm_user bob = {.name = bob_name};
	const struct mm_decision no = {0};
	struct mm_question question = {&bob, MM_PRIV_MINT, mm_span_str("n"), mm_span_str("x"), NULL, 0};
	(void)state;

	assert_forbidden(&question, &no, "/api/v1/namespaces/n/serviceaccounts/x/token",
			 "serviceaccounts \"x\" is forbidden: User \"bob\" cannot create resource "
			 "\"serviceaccounts/token\" in API group \"\" in the namespace \"n\"");
	question.privilege = MM_PRIV_REVIEW;
	assert_forbidden(&question, &no, "/apis/authentication.k8s.io/v1/tokenreviews",
			 "tokenreviews.authentication.k8s.io is forbidden: User \"bob\" cannot create resource "
			 "\"tokenreviews\" in API group \"authentication.k8s.io\" at the cluster scope");
	question.privilege = MM_PRIV_METRICS;
	assert_forbidden(&question, &no, "/metrics", "forbidden: User \"bob\" cannot get path \"/metrics\"");
	question.privilege = MM_PRIV_DEV;
	assert_forbidden(&question, &no, "/dev/clock", "forbidden: User \"bob\" cannot use path \"/dev/clock\"");
	question.user = NULL;
	assert_forbidden(&question, &no, "/dev/clock",
			 "forbidden: User \"system:anonymous\" cannot use path \"/dev/clock\"");
}

#define CANNOT                                                                                                         \
	"serviceaccounts \"x\" is forbidden: User \"bob\" cannot create resource \"serviceaccounts/token\" in API "    \
	"group \"\" in the namespace \"n\""

static void the_denied_read_which_audience_it_was(void **state)
{
	const struct mm_user bob = {.name = bob_name};
	const struct mm_question question = {&bob, MM_PRIV_MINT, mm_span_str("n"), mm_span_str("x"), NULL, 0};

	(void)state;
	assert_forbidden(&question, &(struct mm_decision){.audience = "a\n\"b\""}, NULL,
			 CANNOT ": no rule allows the audience \"a\\n\\\"b\\\"\"");
	assert_forbidden(&question, &(struct mm_decision){.audiences_apart = true}, NULL,
			 CANNOT ": no rule allows these audiences together");
}

static void hostile_names_are_quoted(void **state)
{
	char name[] = "\x1b[2J\xff\"\n";
	const struct mm_user user = {.name = name};
	const struct mm_question question = {&user, MM_PRIV_MINT, mm_span("n\0", 2), mm_span_str("\r\n"), NULL, 0};

	(void)state;
	assert_forbidden(&question, &(struct mm_decision){0}, NULL,
			 "serviceaccounts \"\\r\\n\" is forbidden: User \"\\x1b[2J\\xff\\\"\\n\" cannot create "
			 "resource \"serviceaccounts/token\" in API group \"\" in the namespace \"n\\x00\"");
}

static void a_message_has_a_bounded_length(void **state)
{
	mm_auto_buf name = {0}, out = {0};
	struct mm_user user = {0};
	struct mm_question question = {&user, MM_PRIV_MINT, {0}, {0}, NULL, 0};
	(void)state;

	for (int i = 0; i < 100000; i++)
		mm_buf_add(&name, "\xff", 1);
	user.name = name.p;
	question.namespace = question.service_account = mm_buf_span(&name);
	mm_rules_forbidden(&question, &(struct mm_decision){.audience = name.p}, mm_buf_span(&name), &out);
	assert_true(out.len < 4 * 4 * MM_QUOTED_MAX + 256);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_word_of_may_is_found_again),
		cmocka_unit_test(the_denied_read_what_kubernetes_says),
		cmocka_unit_test(the_denied_read_which_audience_it_was),
		cmocka_unit_test(hostile_names_are_quoted),
		cmocka_unit_test(a_message_has_a_bounded_length),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
