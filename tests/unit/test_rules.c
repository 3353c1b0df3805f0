/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/support.h"

#include <mintmark/rules.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RULES_MAX 4

/* ---- a notation for rules, callers and requests ----------------------------------------------------------------- */

/* Adds what stands between commas. */
static void add_list(struct mm_strings *list, const char *text)
{
	mm_auto_string copy = strdup(text);
	char *rest = copy;

	for (char *item; (item = strsep(&rest, ","));)
		assert_ok(mm_strings_add(list, item, NULL), NULL);
}

/* "users=a,b may=mint namespaces=prod service_accounts=x audiences=aws ttl=1h", as in the configuration. */
static void parse_rule(struct mm_rule_record *rule, char *text)
{
	for (char *word; (word = strsep(&text, " "));) {
		const struct {
			const char *key;
			struct mm_strings *list;
		} lists[] = {
			{"users", &rule->users},
			{"groups", &rule->groups},
			{"may", &rule->may},
			{"namespaces", &rule->namespaces},
			{"service_accounts", &rule->service_accounts},
			{"audiences", &rule->audiences},
		};
		const char *value = strchr(word, '=');

		if (!value)
			continue;
		if (strncmp(word, "ttl=", 4) == 0)
			assert_ok(mm_duration_parse(value + 1, &rule->max_ttl, NULL), NULL);
		for (size_t i = 0; i < MM_COUNT(lists); i++) {
			if (strncmp(word, lists[i].key, (size_t)(value - word)) == 0)
				add_list(lists[i].list, value + 1);
		}
	}
}

/* Rules with a bar between them; rule i stands in line 10 * i + 10. */
static struct mm_rules *build(const char *text)
{
	static size_t lines[RULES_MAX] = {10, 20, 30, 40};
	struct mm_rule_record records[RULES_MAX] = {0};
	struct mm_config config = {.rules = {.lines = lines, .v = records}};
	mm_auto_string copy = strdup(text);
	struct mm_rules *rules = NULL;
	char *rest = copy;

	for (char *rule; *text != '\0' && (rule = strsep(&rest, "|"));) {
		assert_true(config.rules.n < RULES_MAX);
		parse_rule(&records[config.rules.n++], rule);
	}
	assert_ok(mm_rules_build(&config, &rules, NULL), NULL);
	for (size_t i = 0; i < config.rules.n; i++) {
		mm_strings_free(&records[i].users);
		mm_strings_free(&records[i].groups);
		mm_strings_free(&records[i].may);
		mm_strings_free(&records[i].namespaces);
		mm_strings_free(&records[i].service_accounts);
		mm_strings_free(&records[i].audiences);
	}
	return rules;
}

/* "name" or "name/group,group"; NULL: nobody. */
static void parse_caller(const char *text, struct mm_user *user)
{
	const char *slash = text ? strchr(text, '/') : NULL;

	if (!text)
		return;
	user->name = strndup(text, slash ? (size_t)(slash - text) : strlen(text));
	if (slash)
		add_list(&user->groups, slash + 1);
	add_list(&user->groups, MM_GROUP_AUTHENTICATED);
}

/* A request: "metrics", or "mint NAMESPACE/ACCOUNT AUDIENCE..."; `copy` holds what the question borrows. */
static void parse_request(char *copy, const char **audiences, struct mm_question *question)
{
	char *word = strsep(&copy, " ");

	question->privilege = strcmp(word, "dev") == 0 ? MM_PRIV_DEV : mm_privilege_find(word);
	question->audiences = audiences;
	word = strsep(&copy, " ");
	if (word) {
		char *slash = strchr(word, '/');

		question->namespace = mm_span(word, (size_t)(slash - word));
		question->service_account = mm_span_str(slash + 1);
	}
	while (copy)
		audiences[question->audience_count++] = strsep(&copy, " ");
}

/* "yes, rule 1" (counted as people do), " up to 1h" behind it; or "no: " and of each rule what did not fit. */
static void describe(const struct mm_rules *rules, const struct mm_question *question, struct mm_buf *out)
{
	static const char *const parts[] = {"allows", "who", "may", "namespace", "account", "audience"};
	char ttl[MM_DURATION_TEXT_SIZE];
	struct mm_decision decision;

	mm_rules_decide(rules, question, &decision);
	if (decision.allowed) {
		assert_int_equal(decision.line, 10 * decision.rule + 10);
		assert_int_equal(mm_rules_explain(rules, decision.rule, question), MM_RULE_ALLOWS);
		mm_buf_printf(out, "yes, rule %zu", decision.rule + 1);
		mm_duration_format(decision.max_ttl, ttl);
		if (decision.max_ttl != INT64_MAX)
			mm_buf_printf(out, " up to %s", ttl);
		return;
	}
	assert_int_equal(decision.max_ttl, 0);
	mm_buf_add_str(out, "no:");
	for (size_t i = 0; i < mm_rules_count(rules); i++)
		mm_buf_printf(out, " %s", parts[mm_rules_explain(rules, i, question)]);
	if (decision.audience)
		mm_buf_printf(out, " (%s)", decision.audience);
	if (decision.audiences_apart)
		mm_buf_add_str(out, " (together)");
}

struct row {
	const char *rules, *caller, *request, *decision;
};

static void check(const struct row *row)
{
	MM_CLEANUP(mm_user_clear) struct mm_user user = {0};
	mm_auto_string copy = strdup(row->request);
	mm_auto(mm_rules) rules = build(row->rules);
	struct mm_question question = {.user = row->caller ? &user : NULL};
	const char *audiences[8];
	mm_auto_buf found = {0};

	parse_caller(row->caller, &user);
	parse_request(copy, audiences, &question);
	describe(rules, &question, &found);
	if (strcmp(found.p, row->decision) != 0)
		fail_msg("[%s] %s: %s: found \"%s\", expected \"%s\"", row->rules, row->caller, row->request, found.p,
			 row->decision);
}

static void check_rows(const struct row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++)
		check(&rows[i]);
}

/* ---- caller x rule x request -> decision ------------------------------------------------------------------------ */

#define CI       "users=ci may=mint namespaces=prod service_accounts=deployer audiences=aws"
#define ANYTHING "may=mint,review,metrics namespaces=* service_accounts=* audiences=*"

static void what_no_rule_allows_is_denied(void **state)
{
	static const struct row rows[] = {
		{"", "ci", "mint prod/deployer aws", "no:"},
		{"", "ci/system:masters", "metrics", "no:"},
		{CI, "ci", "mint prod/deployer aws", "yes, rule 1"},
		{CI, "bob", "mint prod/deployer aws", "no: who"},
		{CI, "ci", "review", "no: may"},
		{CI, "ci", "metrics", "no: may"},
		{CI, "ci", "mint stage/deployer aws", "no: namespace"},
		{CI, "ci", "mint prod/default aws", "no: account"},
		{CI, "ci", "mint prod/deployer gcp", "no: audience (gcp)"},
	};

	(void)state;
	check_rows(rows, MM_COUNT(rows));
}

static void users_and_groups_say_who(void **state)
{
	static const struct row rows[] = {
		{"users=a,b may=review", "b", "review", "yes, rule 1"},
		{"users=a,b may=review", "c", "review", "no: who"},
		{"groups=devs may=review", "a/devs", "review", "yes, rule 1"},
		{"groups=devs may=review", "a/ops,devs", "review", "yes, rule 1"},
		{"groups=devs may=review", "a/ops", "review", "no: who"},
		{"groups=devs may=review", "devs", "review", "no: who"},
		{"users=devs may=review", "a/devs", "review", "no: who"},
		{"users=a groups=devs may=review", "a", "review", "yes, rule 1"},
		{"users=a groups=devs may=review", "b/devs", "review", "yes, rule 1"},
		{"users=a groups=devs may=review", "b/ops", "review", "no: who"},
		{"groups=system:authenticated may=review", "a", "review", "yes, rule 1"},
		{"may=review", "a", "review", "no: who"},
	};

	(void)state;
	check_rows(rows, MM_COUNT(rows));
}

static void users_are_no_globs_but_for_a_lone_star(void **state)
{
	static const struct row rows[] = {
		{"users=* may=review", "anybody", "review", "yes, rule 1"},
		{"groups=* may=review", "anybody", "review", "yes, rule 1"},
		{"users=ci-* may=review", "ci-1", "review", "no: who"},
		{"users=ci-* may=review", "ci-*", "review", "yes, rule 1"},
		{"users=** may=review", "a", "review", "no: who"},
		{"groups=dev* may=review", "a/devs", "review", "no: who"},
		{"users=ci may=review", "*", "review", "no: who"},
		{"users=ci may=review", "CI", "review", "no: who"},
		{"users=ci may=review", "ci ", "review", "no: who"},
		{"groups=ops may=review", "a/*", "review", "no: who"},
	};

	(void)state;
	check_rows(rows, MM_COUNT(rows));
}

static void nobody_may_do_nothing(void **state)
{
	static const struct row rows[] = {
		{"users=* " ANYTHING, NULL, "mint prod/deployer aws", "no: who"},
		{"users=* " ANYTHING, NULL, "review", "no: who"},
		{"groups=* " ANYTHING, NULL, "metrics", "no: who"},
		{"groups=system:authenticated " ANYTHING, NULL, "metrics", "no: who"},
	};

	(void)state;
	check_rows(rows, MM_COUNT(rows));
}

static void each_privilege_is_given_by_name(void **state)
{
	static const struct row rows[] = {
		{"users=a may=review,metrics", "a", "metrics", "yes, rule 1"},
		{"users=a may=review,metrics", "a", "review", "yes, rule 1"},
		{"users=a may=review,metrics", "a", "mint n/x aws", "no: may"},
		{"users=a may=metrics", "a", "review", "no: may"},
		{"users=a may=dev", "a", "dev", "no: may"},
		{"users=* groups=* may=*", "a", "review", "no: may"},
		{"users=* " ANYTHING, "a", "dev", "no: may"},
		/* The rest of a rule is about minting alone. */
		{"users=a may=mint,review namespaces=n service_accounts=x audiences=aws", "a", "review", "yes, rule 1"},
	};

	(void)state;
	check_rows(rows, MM_COUNT(rows));
}

static void namespaces_and_accounts_are_globs(void **state)
{
	static const struct row rows[] = {
		{"users=a may=mint namespaces=* service_accounts=* audiences=*", "a", "mint n/x aws", "yes, rule 1"},
		{"users=a may=mint namespaces=team-* service_accounts=x audiences=*", "a", "mint team-a/x aws",
		 "yes, rule 1"},
		{"users=a may=mint namespaces=team-* service_accounts=x audiences=*", "a", "mint team-/x aws",
		 "no: namespace"},
		{"users=a may=mint namespaces=team-* service_accounts=x audiences=*", "a", "mint team/x aws",
		 "no: namespace"},
		{"users=a may=mint namespaces=team-* service_accounts=x audiences=*", "a", "mint Team-a/x aws",
		 "no: namespace"},
		{"users=a may=mint namespaces=n,m service_accounts=*-ci,x audiences=*", "a", "mint m/a-ci aws",
		 "yes, rule 1"},
		{"users=a may=mint namespaces=n,m service_accounts=*-ci,x audiences=*", "a", "mint m/-ci aws",
		 "no: account"},
		{"users=a may=mint namespaces=n service_accounts=x audiences=*", "a", "mint n/xx aws", "no: account"},
		{"users=a may=mint namespaces=n service_accounts=x audiences=*", "a", "mint n1/x aws", "no: namespace"},
	};

	(void)state;
	check_rows(rows, MM_COUNT(rows));
}

static void empty_names_fit_nothing(void **state)
{
	static const struct row rows[] = {
		{"users=* " ANYTHING, "a", "mint /x aws", "no: namespace"},
		{"users=* " ANYTHING, "a", "mint n/ aws", "no: account"},
		{"users=* " ANYTHING, "a", "mint n/x ", "no: audience ()"},
		{"users=a may=mint", "a", "mint n/x aws", "no: namespace"},
		{"users=a may=mint namespaces=n", "a", "mint n/x aws", "no: account"},
		{"users=a may=mint namespaces=n service_accounts=x", "a", "mint n/x aws", "no: audience (aws)"},
	};

	(void)state;
	check_rows(rows, MM_COUNT(rows));
}

static void every_audience_must_be_allowed(void **state)
{
	static const struct row rows[] = {
		{"users=a may=mint namespaces=n service_accounts=x audiences=aws,gcp", "a", "mint n/x aws gcp",
		 "yes, rule 1"},
		{"users=a may=mint namespaces=n service_accounts=x audiences=aws,gcp", "a", "mint n/x aws azure gcp",
		 "no: audience (azure)"},
		{"users=a may=mint namespaces=n service_accounts=x audiences=aws,gcp", "a", "mint n/x azure vault",
		 "no: audience (azure)"},
		{"users=a may=mint namespaces=n service_accounts=x audiences=https://*.example.com", "a",
		 "mint n/x https://a.example.com", "yes, rule 1"},
		{"users=a may=mint namespaces=n service_accounts=x audiences=https://*.example.com", "a",
		 "mint n/x https://.example.com", "no: audience (https://.example.com)"},
		{"users=a may=mint namespaces=n service_accounts=x audiences=https://*.example.com", "a",
		 "mint n/x https://a.example.com.evil.org", "no: audience (https://a.example.com.evil.org)"},
		/* Without audiences only the rest is decided. */
		{CI, "ci", "mint prod/deployer", "yes, rule 1"},
		{CI, "ci", "mint prod/other", "no: account"},
	};

	(void)state;
	check_rows(rows, MM_COUNT(rows));
}

#define AWS   "users=a may=mint namespaces=n service_accounts=x audiences=aws"
#define GCP   "users=a may=mint namespaces=n service_accounts=x audiences=gcp"
#define VAULT "users=a may=mint namespaces=m service_accounts=y audiences=vault"

static void rules_are_never_combined(void **state)
{
	static const struct row rows[] = {
		{AWS "|" GCP, "a", "mint n/x gcp", "yes, rule 2"},
		{AWS "|" GCP, "a", "mint n/x aws gcp", "no: audience audience (together)"},
		{AWS "|" GCP, "a", "mint n/x aws gcp azure", "no: audience audience (azure)"},
		{AWS "|" VAULT, "a", "mint n/y aws", "no: account namespace"},
		{AWS "|" VAULT, "a", "mint m/x vault", "no: namespace account"},
		{AWS "|" VAULT, "a", "mint n/x vault", "no: audience namespace (vault)"},
		{AWS "|users=b may=mint namespaces=* service_accounts=* audiences=*", "a", "mint m/y vault",
		 "no: namespace who"},
		{"users=a may=review|users=b may=metrics", "a", "metrics", "no: may who"},
	};

	(void)state;
	check_rows(rows, MM_COUNT(rows));
}

static void the_longest_lifetime_of_the_rules_that_allow_it_counts(void **state)
{
	static const struct row rows[] = {
		{AWS " ttl=1h", "a", "mint n/x aws", "yes, rule 1 up to 1h"},
		{AWS " ttl=1h|" AWS " ttl=2h|" AWS " ttl=30m", "a", "mint n/x aws", "yes, rule 1 up to 2h"},
		{AWS " ttl=1h|" AWS, "a", "mint n/x aws", "yes, rule 1"},
		{AWS " ttl=1h|" GCP " ttl=24h", "a", "mint n/x aws", "yes, rule 1 up to 1h"},
		{GCP " ttl=24h|" AWS " ttl=1h", "a", "mint n/x aws", "yes, rule 2 up to 1h"},
		{GCP "|" AWS " ttl=1h", "a", "mint n/x", "yes, rule 1"},
	};

	(void)state;
	check_rows(rows, MM_COUNT(rows));
}

static void what_needs_no_rule_asks_none(void **state)
{
	char name[] = "a";
	const struct mm_user somebody = {.name = name};
	mm_auto(mm_rules) rules = build("");
	struct mm_decision decision;
	(void)state;

	mm_rules_decide(rules, &(struct mm_question){.privilege = MM_PRIV_NONE}, &decision);
	assert_true(decision.allowed);
	mm_rules_decide(rules, &(struct mm_question){.privilege = MM_PRIV_AUTHENTICATED}, &decision);
	assert_false(decision.allowed);
	mm_rules_decide(rules, &(struct mm_question){&somebody, .privilege = MM_PRIV_AUTHENTICATED}, &decision);
	assert_true(decision.allowed);
}

static void in_dev_one_user_may_do_everything(void **state)
{
	static const char *const requests[] = {"mint n/x aws https://b", "review", "metrics", "dev"};
	mm_auto(mm_rules) rules = NULL;
	(void)state;

	assert_ok(mm_rules_allow_all("dev", &rules, NULL), NULL);
	for (size_t i = 0; i < MM_COUNT(requests); i++) {
		char dev_name[] = "dev", other_name[] = "devil";
		const struct mm_user dev = {.name = dev_name}, other = {.name = other_name};
		mm_auto_string copy = strdup(requests[i]);
		struct mm_question question = {.user = &dev};
		struct mm_decision decision;
		const char *audiences[8];

		parse_request(copy, audiences, &question);
		mm_rules_decide(rules, &question, &decision);
		assert_true(decision.allowed);
		assert_true(decision.max_ttl == INT64_MAX);
		question.user = &other;
		mm_rules_decide(rules, &question, &decision);
		assert_false(decision.allowed);
		question.user = NULL;
		mm_rules_decide(rules, &question, &decision);
		assert_false(decision.allowed);
	}
}

static void rules_live_as_long_as_somebody_holds_them(void **state)
{
	struct mm_rules *first = build(CI), *second = mm_rules_ref(first);

	(void)state;
	mm_rules_free(first);
	assert_int_equal(mm_rules_count(second), 1);
	mm_rules_free(second);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_no_rule_allows_is_denied),
		cmocka_unit_test(users_and_groups_say_who),
		cmocka_unit_test(users_are_no_globs_but_for_a_lone_star),
		cmocka_unit_test(nobody_may_do_nothing),
		cmocka_unit_test(each_privilege_is_given_by_name),
		cmocka_unit_test(namespaces_and_accounts_are_globs),
		cmocka_unit_test(empty_names_fit_nothing),
		cmocka_unit_test(every_audience_must_be_allowed),
		cmocka_unit_test(rules_are_never_combined),
		cmocka_unit_test(the_longest_lifetime_of_the_rules_that_allow_it_counts),
		cmocka_unit_test(what_needs_no_rule_asks_none),
		cmocka_unit_test(in_dev_one_user_may_do_everything),
		cmocka_unit_test(rules_live_as_long_as_somebody_holds_them),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
