/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/support.h"

#include "tests/unit/written.h"

#define ISSUER "issuer: https://h.example\n"
#define MINT   "users: [a], may: [mint], namespaces: [n], service_accounts: [s]"

static void accept(const char *text)
{
	mm_auto(mm_config) config = written_parse(text);

	assert_non_null(config);
}

static void refuse(const char *text, const char *part)
{
	written_parse_refuse(text, part);
}

/* ---- rules ------------------------------------------------------------------------------------------------------- */

static void a_rule_is_for_somebody(void **state)
{
	(void)state;

	accept(ISSUER "rules: [{users: [a], may: [review]}, {groups: [b], may: [review]}]\n");
	refuse(ISSUER "rules:\n- users: [a]\n  may: [review]\n- may: [review]\n",
	       "f.yaml:5: rules[1]: for nobody; accepted: users, groups, or both");
}

static void beside_everybody_nobody_is_named(void **state)
{
	(void)state;

	accept(ISSUER "rules: [{users: ['*'], may: [review]}, {groups: ['*'], may: [review]}]\n");
	refuse(ISSUER "rules:\n- users: ['*']\n  groups: [a]\n  may: [review]\n",
	       "f.yaml:3: rules[0]: \"*\" is everybody already; accepted: it alone, or names");
	refuse(ISSUER "rules:\n- users: [a, '*']\n  may: [review]\n",
	       "f.yaml:3: rules[0]: \"*\" is everybody already; accepted: it alone, or names");
}

static void a_minting_rule_says_for_what(void **state)
{
	(void)state;

	accept(ISSUER "rules: [{" MINT ", audiences: ['*']}]\n");
	accept(ISSUER "rules: [{" MINT ", audiences: [x], max_ttl: 10m}]\n");
	accept(ISSUER "rules: [{users: [a], may: [review, mint], namespaces: [n], service_accounts: [s], "
		      "audiences: [x]}]\n");
	refuse(ISSUER "rules: [{" MINT "}]\n", "f.yaml:2: rules[0]: may mint, but not said for what; accepted: "
					       "namespaces, service_accounts and audiences too");
	refuse(ISSUER "rules: [{users: [a], may: [mint], namespaces: [n], audiences: [x]}]\n", "may mint, but");
	refuse(ISSUER "rules: [{users: [a], may: [mint], service_accounts: [s], audiences: [x]}]\n", "may mint, but");
}

/* A bound that bounds nothing would be taken for one that does. */
static void other_rules_have_no_bounds_of_minting(void **state)
{
	static const char *const bounds[] = {"namespaces: [n]", "service_accounts: [s]", "audiences: [x]",
					     "max_ttl: 1h"};
	(void)state;

	for (size_t i = 0; i < MM_COUNT(bounds); i++) {
		mm_auto_buf text = {0};

		mm_buf_printf(&text, ISSUER "rules: [{users: [a], may: [review, metrics], %s}]\n", bounds[i]);
		refuse(text.p, "f.yaml:2: rules[0]: namespaces, service_accounts, audiences and max_ttl only bound "
			       "minting; accepted: a rule without them, or mint in may");
	}
}

/* ---- service accounts -------------------------------------------------------------------------------------------- */

static void an_account_is_declared_once(void **state)
{
	(void)state;

	accept(ISSUER
	       "service_accounts: [{namespace: n, name: a}, {namespace: m, name: a}, {namespace: n, name: b}]\n");
	refuse(ISSUER "service_accounts:\n- {namespace: n, name: b}\n- {namespace: m, name: a}\n"
		      "- {namespace: n, name: b}\n",
	       "f.yaml:5: service_accounts[2]: account n/b: repeated; it stands in line 3 already");
}

/* ---- bound objects ----------------------------------------------------------------------------------------------- */

static void each_kind_has_its_fields(void **state)
{
	(void)state;

	accept(ISSUER "bound_objects:\n"
		      "- {kind: Pod, namespace: n, name: p, uid: u, service_account: s}\n"
		      "- {kind: Pod, namespace: n, name: q, uid: u, service_account: s, node_name: w, node_uid: v}\n"
		      "- {kind: Secret, namespace: n, name: p, uid: u}\n"
		      "- {kind: Node, name: p, uid: u}\n");
}

static void a_field_of_another_kind_or_none_is_told(void **state)
{
	static const struct {
		const char *object, *part;
	} rows[] = {
		{"kind: Pod, name: o, uid: u, service_account: s",
		 "f.yaml:2: bound_objects[0]: a Pod without namespace; accepted: namespace, name, uid and "
		 "service_account"},
		{"kind: Pod, namespace: n, name: o, uid: u", "a Pod without service_account"},
		{"kind: Pod, namespace: n, name: o, uid: u, service_account: s, node_name: w", "a Pod with node_name"},
		{"kind: Pod, namespace: n, name: o, uid: u, service_account: s, node_uid: w",
		 "a Pod without node_name"},
		{"kind: Node, namespace: n, name: o, uid: u", "a Node with namespace; accepted: name and uid alone"},
		{"kind: Node, name: o, uid: u, service_account: s", "a Node with service_account"},
		{"kind: Node, name: o, uid: u, node_name: w, node_uid: v", "a Node with node_name"},
		{"kind: Secret, name: o, uid: u",
		 "a Secret without namespace; accepted: namespace, name and uid alone"},
		{"kind: Secret, namespace: n, name: o, uid: u, service_account: s", "a Secret with service_account"},
		{"kind: Secret, namespace: n, name: o, uid: u, node_uid: v", "a Secret with node_uid"},
	};
	(void)state;

	for (size_t i = 0; i < MM_COUNT(rows); i++) {
		mm_auto_buf text = {0};

		mm_buf_printf(&text, ISSUER "bound_objects: [{%s}]\n", rows[i].object);
		refuse(text.p, rows[i].part);
	}
}

static void an_object_is_declared_once(void **state)
{
	(void)state;

	refuse(ISSUER "bound_objects:\n- {kind: Node, name: w, uid: u}\n- {kind: Node, name: w, uid: v}\n",
	       "f.yaml:4: bound_objects[1]: Node w: repeated; it stands in line 3 already");
	refuse(ISSUER "bound_objects:\n- {kind: Secret, namespace: n, name: s, uid: u}\n"
		      "- {kind: Secret, namespace: n, name: s, uid: v}\n",
	       "Secret n/s: repeated");
	accept(ISSUER "bound_objects:\n- {kind: Secret, namespace: n, name: s, uid: u}\n"
		      "- {kind: Secret, namespace: m, name: s, uid: u}\n"
		      "- {kind: Node, name: s, uid: u}\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_rule_is_for_somebody),
		cmocka_unit_test(beside_everybody_nobody_is_named),
		cmocka_unit_test(a_minting_rule_says_for_what),
		cmocka_unit_test(other_rules_have_no_bounds_of_minting),
		cmocka_unit_test(an_account_is_declared_once),
		cmocka_unit_test(each_kind_has_its_fields),
		cmocka_unit_test(a_field_of_another_kind_or_none_is_told),
		cmocka_unit_test(an_object_is_declared_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
