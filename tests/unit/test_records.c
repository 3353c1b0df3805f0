/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/support.h"

#include "conf/values.h"
#include "tests/unit/written.h"

#include <stdlib.h>

#define RULE "{users: [a], may: [metrics]}"

static const struct mm_rule_record *rule_of(const struct mm_config *config, size_t i)
{
	assert_true(i < config->rules.n);
	return &((const struct mm_rule_record *)config->rules.v)[i];
}

static void each_record_has_its_fields_and_its_line(void **state)
{
	mm_auto(mm_config) config = written_config_new();
	(void)state;

	written_accept(config, "rules",
		       "\n- users: [ann, ben]\n  may: [mint, review]\n  namespaces: [a, 'b-*']\n"
		       "  service_accounts: ['*']\n  audiences: [x]\n  max_ttl: 1h30m\n"
		       "- groups: ['*']\n  may:\n  - metrics\n");
	assert_int_equal(config->rules.n, 2);
	assert_false(config->rules.any);
	assert_int_equal(config->rules.lines[0], 2);
	assert_int_equal(config->rules.lines[1], 8);
	assert_string_equal(rule_of(config, 0)->users.v[1], "ben");
	assert_string_equal(rule_of(config, 0)->may.v[1], "review");
	assert_string_equal(rule_of(config, 0)->namespaces.v[1], "b-*");
	assert_string_equal(rule_of(config, 0)->service_accounts.v[0], "*");
	assert_string_equal(rule_of(config, 0)->audiences.v[0], "x");
	assert_int_equal(rule_of(config, 0)->max_ttl, 5400);
	assert_int_equal(rule_of(config, 0)->groups.n, 0);
	assert_int_equal(rule_of(config, 1)->users.n, 0);
	assert_string_equal(rule_of(config, 1)->groups.v[0], "*");
	assert_int_equal(rule_of(config, 1)->max_ttl, 0);
}

static void an_empty_list_is_no_record(void **state)
{
	mm_auto(mm_config) config = written_config_new();
	(void)state;

	written_accept(config, "service_accounts", "any");
	written_accept(config, "service_accounts", "[]");
	assert_int_equal(config->service_accounts.n, 0);
	assert_false(config->service_accounts.any);
}

static void any_stands_in_place_of_the_list_where_it_may(void **state)
{
	mm_auto(mm_config) config = written_config_new();
	(void)state;

	written_accept(config, "service_accounts", "[{namespace: n, name: a}]");
	written_accept(config, "service_accounts", "any");
	assert_true(config->service_accounts.any);
	assert_int_equal(config->service_accounts.n, 0);
	written_refuse("service_accounts", "Any",
		       "found \"Any\"; accepted: any, or a list of at most 10000 mappings "
		       "with namespace, name, uid, audiences, max_ttl and annotations");
	written_refuse("service_accounts", "''", "found \"\"");
	written_refuse("rules", "any", "found \"any\"; accepted: a list of at most 1000 mappings with users, groups");
}

static void records_are_mappings_in_a_list(void **state)
{
	(void)state;

	written_refuse("rules", "{users: [a]}", "f.yaml:1: rules: found a mapping; accepted: a list");
	written_refuse("rules", "~", "f.yaml:1: rules: found nothing");
	written_refuse("rules", "[" RULE ", a]", "f.yaml:1: rules[1]: found \"a\"; accepted: a list");
	written_refuse("rules", "\n- " RULE "\n-\n", "f.yaml:3: rules[1]: found nothing");
	written_refuse("rules", "[[" RULE "]]", "rules[0]: found a list");
	written_refuse("service_accounts", "[any]", "service_accounts[0]: found \"any\"");
}

static void a_wrong_field_is_told_with_its_full_name_and_line(void **state)
{
	(void)state;

	written_refuse("rules", "\n- " RULE "\n- users: [a]\n  may: [mnt]\n",
		       "f.yaml:4: rules[1].may: found \"mnt\"; accepted: a list of 1 to 3 different ones of mint, "
		       "review or metrics");
	written_refuse("rules", "[{users: a, may: [mint]}]", "rules[0].users: found \"a\"; accepted: a list of 1 to");
	written_refuse("rules", "[{users: {a: b}, may: [mint]}]", "rules[0].users: found a mapping");
	written_refuse("rules", "[{users: [a], may: {b: c}}]", "rules[0].may: found a mapping");
	written_refuse("rules", "[{users: [[a]], may: [mint]}]", "rules[0].users: found a list");
	written_refuse("service_accounts", "[{namespace: n, name: {a: b}}]",
		       "service_accounts[0].name: found a mapping");
	written_refuse("rules", "[{users: [a], may: [mint], max_ttl: 0}]", "rules[0].max_ttl: found \"0\"");
	written_refuse("rules", "[{users: [a], may: [mint], max_ttl: 366d}]", "a duration from 1s to 365d");
}

static void an_unknown_field_names_the_nearest_or_all(void **state)
{
	mm_auto(mm_config) config = written_config_new();
	struct mm_err err = {0};
	(void)state;

	assert_int_equal(written_set(config, "rules", "\n- may: [mint]\n  user: [a]\n", &err), MM_ECONFIG);
	assert_string_equal(err.text, "f.yaml:3: rules[0].user: unknown key; did you mean users?");
	mm_err_clear(&err);
	assert_int_equal(written_set(config, "rules", "[{zzz: 1}]", &err), MM_ECONFIG);
	assert_string_equal(err.text, "f.yaml:1: rules[0].zzz: unknown key; accepted: users, groups, may, namespaces, "
				      "service_accounts, audiences, max_ttl");
	mm_err_clear(&err);
	assert_int_equal(written_set(config, "rules", "[{users.a: 1}]", &err), MM_ECONFIG);
	assert_contains(err.text, "rules[0].users.a: a key must be a name without dots");
}

static void a_missing_field_is_told_with_the_line_of_the_record(void **state)
{
	(void)state;

	written_refuse("rules", "\n- " RULE "\n- users: [a]\n",
		       "f.yaml:3: rules[1].may: missing; accepted: a list of 1 to 3 different ones of mint");
	written_refuse("service_accounts", "[{}]", "service_accounts[0].namespace: missing; accepted: a name that");
	written_refuse("service_accounts", "[{namespace: n}]", "service_accounts[0].name: missing");
	written_refuse("bound_objects", "[{kind: Node, name: n}]", "bound_objects[0].uid: missing");
}

static void the_number_of_records_has_a_limit(void **state)
{
	mm_auto(mm_config) config = written_config_new();
	mm_auto_buf most = {0}, more = {0};
	(void)state;

	mm_buf_add_str(&most, "[" RULE);
	for (int i = 1; i < 1000; i++)
		mm_buf_add_str(&most, ", " RULE);
	mm_buf_add_span(&more, mm_buf_span(&most));
	mm_buf_add_str(&most, "]");
	mm_buf_add_str(&more, ", " RULE "]");
	written_accept(config, "rules", most.p);
	assert_int_equal(config->rules.n, 1000);
	written_refuse("rules", more.p, "rules: found a mapping: one too many; accepted: a list of at most 1000");
}

/* The last of three is wrong: what the first two hold is freed (seen by the sanitizer), the old list is kept. */
static void wrong_records_leave_the_old_ones(void **state)
{
	mm_auto(mm_config) config = written_config_new();
	struct mm_err err = {0};
	(void)state;

	written_accept(config, "rules", "[" RULE "]");
	assert_fails(written_set(config, "rules", "[{users: [b], may: [mint]}, " RULE ", {users: [c], may: []}]", &err),
		     MM_ECONFIG, &err);
	assert_int_equal(config->rules.n, 1);
	assert_string_equal(rule_of(config, 0)->users.v[0], "a");
}

static void records_are_equal_when_all_their_fields_are(void **state)
{
	static const char *const different[] = {
		"[" RULE ", " RULE "]",
		"[]",
		"[{users: [b], may: [metrics]}]",
		"[{users: [a], may: [review]}]",
		"[{users: [a], may: [metrics], max_ttl: 1h}]",
	};
	const struct mm_option *rules = mm_option_find("rules");
	mm_auto(mm_config) one = written_config_new();
	mm_auto(mm_config) other = written_config_new();
	(void)state;

	written_accept(one, "rules", "[" RULE "]");
	written_accept(other, "rules", "\n\n- " RULE "\n"); /* elsewhere in the file */
	assert_true(mm_option_equal(rules, one, other));
	for (size_t i = 0; i < MM_COUNT(different); i++) {
		written_accept(other, "rules", different[i]);
		assert_false(mm_option_equal(rules, one, other));
		assert_false(mm_option_equal(rules, other, one));
	}
}

static void any_is_not_the_empty_list(void **state)
{
	mm_auto(mm_config) one = written_config_new();
	mm_auto(mm_config) other = written_config_new();
	(void)state;

	written_accept(one, "bound_objects", "any");
	written_accept(other, "bound_objects", "[]");
	assert_false(mm_option_equal(mm_option_find("bound_objects"), one, other));
}

static void a_copy_has_the_fields_and_the_lines(void **state)
{
	struct mm_config *from = written_config_new();
	mm_auto(mm_config) to = written_config_new();
	struct mm_err err = {0};
	(void)state;

	written_accept(to, "rules", "[" RULE ", " RULE "]");
	written_accept(from, "rules", "\n\n- {users: [b], may: [review], max_ttl: 5m}\n");
	assert_ok(mm_option_copy(mm_option_find("rules"), to, from, &err), &err);
	mm_config_free(from);
	assert_int_equal(to->rules.n, 1);
	assert_int_equal(to->rules.lines[0], 3);
	assert_string_equal(rule_of(to, 0)->users.v[0], "b");
	assert_int_equal(rule_of(to, 0)->max_ttl, 300);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_record_has_its_fields_and_its_line),
		cmocka_unit_test(an_empty_list_is_no_record),
		cmocka_unit_test(any_stands_in_place_of_the_list_where_it_may),
		cmocka_unit_test(records_are_mappings_in_a_list),
		cmocka_unit_test(a_wrong_field_is_told_with_its_full_name_and_line),
		cmocka_unit_test(an_unknown_field_names_the_nearest_or_all),
		cmocka_unit_test(a_missing_field_is_told_with_the_line_of_the_record),
		cmocka_unit_test(the_number_of_records_has_a_limit),
		cmocka_unit_test(wrong_records_leave_the_old_ones),
		cmocka_unit_test(records_are_equal_when_all_their_fields_are),
		cmocka_unit_test(any_is_not_the_empty_list),
		cmocka_unit_test(a_copy_has_the_fields_and_the_lines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
