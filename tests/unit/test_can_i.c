/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/support.h"

#include "cli/can_i.h"
#include "tests/unit/users.h"

#include <string.h>

static const char configuration[] = "issuer: https://oidc.example.com\n"
				    "tokens: {audiences: [api], max_ttl: 12h}\n"
				    "service_accounts:\n"
				    "- {namespace: prod, name: deployer, audiences: [aws, gcp], max_ttl: 2h}\n"
				    "- {namespace: prod, name: plain}\n"
				    "rules:\n"
				    "- users: [ci]\n"
				    "  may: [mint]\n"
				    "  namespaces: [prod]\n"
				    "  service_accounts: [deployer, ghost]\n"
				    "  audiences: [aws]\n"
				    "  max_ttl: 1h\n"
				    "- groups: [devs]\n"
				    "  may: [mint, review]\n"
				    "  namespaces: [prod]\n"
				    "  service_accounts: ['*']\n"
				    "  audiences: ['*']\n";

static struct mm_config *load(const char *text)
{
	struct mm_config *config = NULL;
	struct mm_err err = {0};

	assert_ok(mm_config_parse(mm_span_str(text), "m.yaml", "/", &config, &err), &err);
	return config;
}

/* One question, and what must be answered: each part of `reasons`, in this order, in the texts of the reasons. */
struct question {
	const char *user, *group; /* group NULL: none */
	enum mm_privilege privilege;
	const char *service_account, *audience; /* audience NULL: not said */
	mm_duration duration;
};

static void ask(const char *text, const struct question *question, struct mm_can_i_answer *answer)
{
	MM_CLEANUP(mm_can_i_who_clear) struct mm_can_i_who who = {0};
	mm_auto(mm_config) config = load(text);
	mm_auto_strings groups = {0}, audiences = {0};
	const struct mm_can_i_question asked = {
		.config = config,
		.who = &who,
		.privilege = question->privilege,
		.namespace = "prod",
		.service_account = question->service_account,
		.audiences = &audiences,
		.duration = question->duration,
	};
	struct mm_err err = {0};

	if (question->group)
		assert_ok(mm_strings_add(&groups, question->group, &err), &err);
	if (question->audience)
		assert_ok(mm_strings_add(&audiences, question->audience, &err), &err);
	if (question->user)
		assert_ok(mm_can_i_named(question->user, &groups, &who, &err), &err);
	else
		mm_fail(&who.refused, MM_EVERIFY, "bearer token: unknown");
	assert_ok(mm_can_i_decide(&asked, answer, &err), &err);
	assert_int_equal(answer->allowed, json_array_size(answer->reasons) == 0);
	assert_int_equal(answer->allowed, answer->refusal.len == 0);
}

static const char *reason(const struct mm_can_i_answer *answer, size_t i)
{
	return json_string_value(json_object_get(json_array_get(answer->reasons, i), "text"));
}

static void what_a_rule_allows_is_allowed_by_it(void **state)
{
	MM_CLEANUP(mm_can_i_answer_clear) struct mm_can_i_answer answer = {0};
	(void)state;

	ask(configuration, &(struct question){"x", "devs", MM_PRIV_REVIEW, NULL, NULL, 0}, &answer);
	assert_true(answer.allowed);
	assert_int_equal(answer.rule, 1);
	assert_int_equal(answer.line, 13);
}

static void every_bound_of_the_lifetime_is_said(void **state)
{
	MM_CLEANUP(mm_can_i_answer_clear) struct mm_can_i_answer ci = {0}, dev = {0};
	(void)state;

	ask(configuration, &(struct question){"ci", NULL, MM_PRIV_MINT, "deployer", "aws", 86400}, &ci);
	assert_true(ci.allowed);
	assert_int_equal(ci.line, 7);
	assert_int_equal(ci.bounds.least, 3600);
	assert_int_equal(ci.bounds.rules, 3600);
	assert_int_equal(ci.bounds.account, 7200);
	assert_int_equal(ci.bounds.tokens, 43200);
	ask(configuration, &(struct question){"d", "devs", MM_PRIV_MINT, "plain", "x", 0}, &dev);
	assert_true(dev.allowed);
	assert_int_equal(dev.bounds.least, 43200);
	assert_true(dev.bounds.rules == INT64_MAX && dev.bounds.account == INT64_MAX);
}

static void without_an_audience_it_is_about_those_that_the_token_would_get(void **state)
{
	MM_CLEANUP(mm_can_i_answer_clear) struct mm_can_i_answer own = {0}, usual = {0};
	(void)state;

	ask(configuration, &(struct question){"ci", NULL, MM_PRIV_MINT, "deployer", NULL, 0}, &own);
	assert_false(own.allowed);
	assert_int_equal(own.audiences.n, 2);
	assert_string_equal(reason(&own, 0), "audiences: aws");
	assert_contains(own.refusal.p, "no rule allows the audience \"gcp\"");
	ask(configuration, &(struct question){"d", "devs", MM_PRIV_MINT, "plain", NULL, 0}, &usual);
	assert_true(usual.allowed);
	assert_int_equal(usual.audiences.n, 1);
	assert_string_equal(usual.audiences.v[0], "api");
}

static void of_each_rule_the_first_part_that_does_not_fit_is_shown(void **state)
{
	MM_CLEANUP(mm_can_i_answer_clear) struct mm_can_i_answer answer = {0};
	const json_t *second;
	(void)state;

	ask(configuration, &(struct question){"ci", NULL, MM_PRIV_MINT, "plain", "aws", 0}, &answer);
	assert_false(answer.allowed);
	assert_int_equal(json_array_size(answer.reasons), 2);
	assert_string_equal(reason(&answer, 0), "service_accounts: deployer, ghost");
	assert_string_equal(reason(&answer, 1), "users: none; groups: devs");
	second = json_array_get(answer.reasons, 1);
	assert_int_equal(json_integer_value(json_object_get(second, "rule")), 2);
	assert_int_equal(json_integer_value(json_object_get(second, "line")), 13);
	assert_string_equal(json_string_value(json_object_get(second, "part")), "users");
	assert_string_equal(answer.refusal.p,
			    "serviceaccounts \"plain\" is forbidden: User \"ci\" cannot create resource "
			    "\"serviceaccounts/token\" in API group \"\" in the namespace \"prod\"");
}

static void an_account_that_is_not_declared_is_told_after_the_rules(void **state)
{
	MM_CLEANUP(mm_can_i_answer_clear) struct mm_can_i_answer allowed = {0}, denied = {0};
	(void)state;

	ask(configuration, &(struct question){"ci", NULL, MM_PRIV_MINT, "ghost", "aws", 0}, &allowed);
	assert_false(allowed.allowed);
	assert_string_equal(allowed.refusal.p, "serviceaccounts \"ghost\" not found");
	assert_contains(reason(&allowed, 0), "is not declared");
	ask(configuration, &(struct question){"bob", NULL, MM_PRIV_MINT, "ghost", "aws", 0}, &denied);
	assert_contains(denied.refusal.p, "is forbidden: User \"bob\"");
}

static void an_account_has_audiences_of_its_own(void **state)
{
	MM_CLEANUP(mm_can_i_answer_clear) struct mm_can_i_answer answer = {0};
	(void)state;

	ask(configuration, &(struct question){"d", "devs", MM_PRIV_MINT, "deployer", "azure", 0}, &answer);
	assert_false(answer.allowed);
	assert_string_equal(reason(&answer, 0), "the service account has other audiences: aws, gcp");
	assert_string_equal(answer.refusal.p, "serviceaccounts \"deployer\" is forbidden: the service account has no "
					      "audience \"azure\"");
}

static void a_token_request_has_a_least_lifetime(void **state)
{
	static const struct {
		mm_duration duration;
		bool allowed;
	} rows[] = {{599, false}, {600, true}, {INT64_C(1) << 32, true}, {(INT64_C(1) << 32) + 1, false}};
	(void)state;

	for (size_t i = 0; i < MM_COUNT(rows); i++) {
		MM_CLEANUP(mm_can_i_answer_clear) struct mm_can_i_answer answer = {0};

		ask(configuration, &(struct question){"ci", NULL, MM_PRIV_MINT, "deployer", "aws", rows[i].duration},
		    &answer);
		assert_int_equal(answer.allowed, rows[i].allowed);
	}
}

static void without_rules_that_is_the_reason(void **state)
{
	MM_CLEANUP(mm_can_i_answer_clear) struct mm_can_i_answer answer = {0};
	(void)state;

	ask("issuer: https://oidc.example.com\n", &(struct question){"a", NULL, MM_PRIV_METRICS, NULL, NULL, 0},
	    &answer);
	assert_string_equal(reason(&answer, 0), "there are no rules, so nobody may do anything");
	assert_string_equal(answer.refusal.p, "forbidden: User \"a\" cannot get path \"/metrics\"");
}

static void a_credential_that_does_not_hold_is_unauthorized(void **state)
{
	MM_CLEANUP(mm_can_i_answer_clear) struct mm_can_i_answer answer = {0};
	(void)state;

	ask(configuration, &(struct question){NULL, NULL, MM_PRIV_REVIEW, NULL, NULL, 0}, &answer);
	assert_false(answer.allowed);
	assert_string_equal(reason(&answer, 0), "bearer token: unknown");
	assert_string_equal(answer.refusal.p, "Unauthorized");
}

/* ---- who ------------------------------------------------------------------------------------------------------- */

static void assert_named(const char *name, const char *group, const char *expected)
{
	MM_CLEANUP(mm_can_i_who_clear) struct mm_can_i_who who = {0};
	mm_auto_strings groups = {0};
	struct mm_err err = {0};

	if (group)
		assert_ok(mm_strings_add(&groups, group, &err), &err);
	assert_ok(mm_can_i_named(name, &groups, &who, &err), &err);
	assert_user(&who.user, expected);
}

static void a_name_brings_the_groups_of_its_kind(void **state)
{
	(void)state;
	assert_named("alice", NULL, "alice - [system:authenticated]");
	assert_named("alice", "devs", "alice - [devs,system:authenticated]");
	assert_named("alice", "system:authenticated", "alice - [system:authenticated]");
	assert_named("system:serviceaccount:n:x.y", NULL,
		     "system:serviceaccount:n:x.y - [system:serviceaccounts,system:serviceaccounts:n,"
		     "system:authenticated]");
	assert_named("unix:uid:0", "unix:gid:0", "unix:uid:0 - [unix:gid:0,system:authenticated]");
}

static void names_that_no_caller_has_are_refused(void **state)
{
	static const char *const names[] = {"system:anonymous",
					    "",
					    " alice",
					    "a\x1b[m",
					    "\xff",
					    "system:serviceaccount:n",
					    "system:serviceaccount:",
					    "system:serviceaccount:N:x",
					    "system:serviceaccount:n:",
					    "system:serviceaccount:n:x:y",
					    "unix:uid:",
					    "unix:uid:a",
					    "unix:gid:0"};
	(void)state;

	for (size_t i = 0; i < MM_COUNT(names); i++) {
		MM_CLEANUP(mm_can_i_who_clear) struct mm_can_i_who who = {0};
		struct mm_err err = {0};

		if (mm_can_i_named(names[i], &(struct mm_strings){0}, &who, &err) != MM_EUSAGE)
			fail_msg("\"%s\" was accepted", names[i]);
	}
}

static void a_service_account_is_in_no_other_group(void **state)
{
	MM_CLEANUP(mm_can_i_who_clear) struct mm_can_i_who who = {0};
	mm_auto_strings groups = {0};
	struct mm_err err = {0};
	(void)state;

	assert_ok(mm_strings_add(&groups, "devs", &err), &err);
	assert_fails(mm_can_i_named("system:serviceaccount:n:x", &groups, &who, &err), MM_EUSAGE, &err);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_a_rule_allows_is_allowed_by_it),
		cmocka_unit_test(every_bound_of_the_lifetime_is_said),
		cmocka_unit_test(without_an_audience_it_is_about_those_that_the_token_would_get),
		cmocka_unit_test(of_each_rule_the_first_part_that_does_not_fit_is_shown),
		cmocka_unit_test(an_account_that_is_not_declared_is_told_after_the_rules),
		cmocka_unit_test(an_account_has_audiences_of_its_own),
		cmocka_unit_test(a_token_request_has_a_least_lifetime),
		cmocka_unit_test(without_rules_that_is_the_reason),
		cmocka_unit_test(a_credential_that_does_not_hold_is_unauthorized),
		cmocka_unit_test(a_name_brings_the_groups_of_its_kind),
		cmocka_unit_test(names_that_no_caller_has_are_refused),
		cmocka_unit_test(a_service_account_is_in_no_other_group),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
