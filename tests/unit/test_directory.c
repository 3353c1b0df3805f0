/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/support.h"

#include <mintmark/claims.h>
#include <mintmark/directory.h>
#include <stdio.h>
#include <string.h>

#define ISSUER "https://oidc.example.com"

enum { POD, NODE, SECRET };

/* Records as the loader makes them; what they point to stands in the tests. */
static struct mm_directory *build(struct mm_account_record *accounts, size_t account_count,
				  struct mm_object_record *objects, size_t object_count)
{
	const struct mm_config config = {
		.service_accounts = {.any = !accounts, .n = account_count, .v = accounts},
		.bound_objects = {.any = !objects, .n = object_count, .v = objects},
	};
	struct mm_directory *directory = NULL;

	assert_ok(mm_directory_build(&config, &directory, NULL), NULL);
	return directory;
}

/* ---- service accounts ------------------------------------------------------------------------------------------- */

static void a_declared_account_is_what_was_declared(void **state)
{
	char namespace[] = "prod", name[] = "deployer", uid[] = "1234", audience[] = "aws";
	char *audiences[] = {audience};
	struct mm_account_record record = {
		.namespace = namespace, .name = name, .uid = uid, .audiences = {audiences, 1}, .max_ttl = 3600};
	mm_auto(mm_directory) directory = build(&record, 1, NULL, 0);
	struct mm_account account;
	struct mm_err err = {0};
	(void)state;

	namespace[0] = name[0] = uid[0] = audience[0] = '!'; /* nothing of the records is borrowed */
	assert_ok(mm_directory_account(directory, ISSUER, "prod", "deployer", &account, &err), &err);
	assert_string_equal(account.namespace, "prod");
	assert_string_equal(account.name, "deployer");
	assert_string_equal(account.uid, "1234");
	assert_int_equal(account.audiences->n, 1);
	assert_string_equal(account.audiences->v[0], "aws");
	assert_int_equal(account.max_ttl, 3600);
}

static void what_was_not_declared_is_derived_or_unbounded(void **state)
{
	char namespace[] = "prod", name[] = "deployer", expected[MM_UUID_SIZE];
	struct mm_account_record record = {.namespace = namespace, .name = name};
	mm_auto(mm_directory) directory = build(&record, 1, NULL, 0);
	struct mm_account account;
	(void)state;

	assert_ok(mm_service_account_uid(ISSUER, "prod", "deployer", expected, NULL), NULL);
	assert_ok(mm_directory_account(directory, ISSUER, "prod", "deployer", &account, NULL), NULL);
	assert_string_equal(account.uid, expected);
	assert_null(account.audiences);
	assert_int_equal(account.max_ttl, 0);
}

static void other_accounts_are_not_found(void **state)
{
	static const char *const others[][2] = {{"prod", "other"},     {"stage", "deployer"}, {"prod", "deploye"},
						{"prod", "deployer2"}, {"Prod", "deployer"},  {"", "deployer"},
						{"prod", ""},          {"deployer", "prod"},  {"prod", "\x1b[2J"}};
	char namespace[] = "prod", name[] = "deployer";
	struct mm_account_record record = {.namespace = namespace, .name = name};
	mm_auto(mm_directory) directory = build(&record, 1, NULL, 0);
	(void)state;

	for (size_t i = 0; i < MM_COUNT(others); i++) {
		struct mm_account account;
		struct mm_err err = {0};

		assert_fails(mm_directory_account(directory, ISSUER, others[i][0], others[i][1], &account, &err),
			     MM_ENOTFOUND, &err);
	}
}

static void where_none_is_declared_none_is_found(void **state)
{
	struct mm_account_record none;
	struct mm_object_record nothing;
	mm_auto(mm_directory) directory = build(&none, 0, &nothing, 0);
	struct mm_account account;
	struct mm_bindable bindable;
	struct mm_err err = {0};
	(void)state;

	assert_fails(mm_directory_account(directory, ISSUER, "n", "x", &account, &err), MM_ENOTFOUND, &err);
	assert_fails(mm_directory_bindable(directory, "Pod", "n", "p", "u", &bindable, &err), MM_ENOTFOUND, &err);
}

/* Of three thousand, in no order, every one is found, and none between them. */
static void many_accounts_are_told_apart(void **state)
{
	enum { COUNT = 3000 };
	static struct mm_account_record records[COUNT];
	static char namespaces[COUNT][16], names[COUNT][16], uids[COUNT][16];
	mm_auto(mm_directory) directory = NULL;
	(void)state;

	for (int i = 0; i < COUNT; i++) {
		int n = i * 1009 % COUNT; /* 1009 and 3000 have no common divisor */

		snprintf(namespaces[i], sizeof namespaces[i], "ns-%d", n % 50);
		snprintf(names[i], sizeof names[i], "sa-%d", n);
		snprintf(uids[i], sizeof uids[i], "uid-%d", n);
		records[i] = (struct mm_account_record){.namespace = namespaces[i], .name = names[i], .uid = uids[i]};
	}
	directory = build(records, COUNT, NULL, 0);
	for (int n = 0; n < COUNT; n++) {
		struct mm_account account;
		char namespace[16], name[16], uid[16];

		snprintf(namespace, sizeof namespace, "ns-%d", n % 50);
		snprintf(name, sizeof name, "sa-%d", n);
		snprintf(uid, sizeof uid, "uid-%d", n);
		assert_ok(mm_directory_account(directory, ISSUER, namespace, name, &account, NULL), NULL);
		assert_string_equal(account.uid, uid);
		snprintf(namespace, sizeof namespace, "ns-%d", (n + 1) % 50);
		assert_int_equal(mm_directory_account(directory, ISSUER, namespace, name, &account, NULL),
				 MM_ENOTFOUND);
	}
}

static void any_account_is_there_under_its_derived_uid(void **state)
{
	mm_auto(mm_directory) directory = build(NULL, 0, NULL, 0);
	struct mm_account account;
	char expected[MM_UUID_SIZE];
	(void)state;

	assert_ok(mm_service_account_uid(ISSUER, "n", "x.y", expected, NULL), NULL);
	assert_ok(mm_directory_account(directory, ISSUER, "n", "x.y", &account, NULL), NULL);
	assert_string_equal(account.namespace, "n");
	assert_string_equal(account.name, "x.y");
	assert_string_equal(account.uid, expected);
	assert_null(account.audiences);
	assert_int_equal(account.max_ttl, 0);
}

static void the_uid_depends_on_the_issuer(void **state)
{
	mm_auto(mm_directory) directory = build(NULL, 0, NULL, 0);
	struct mm_account one, other;
	(void)state;

	assert_ok(mm_directory_account(directory, ISSUER, "n", "x", &one, NULL), NULL);
	assert_ok(mm_directory_account(directory, ISSUER "/b", "n", "x", &other, NULL), NULL);
	assert_string_not_equal(one.uid, other.uid);
}

static void any_account_has_a_name_that_kubernetes_allows(void **state)
{
	static const char *const wrong[][2] = {{"", "x"},   {"n", ""},    {"N", "x"},        {"n.m", "x"},
					       {"n", "X"},  {"n", "x_y"}, {"n", ".x"},       {"n", "x/y"},
					       {"..", "x"}, {"n", ".."},  {"n", "\xc3\xbc"}, {"n", "a:b"}};
	mm_auto(mm_directory) directory = build(NULL, 0, NULL, 0);
	(void)state;

	for (size_t i = 0; i < MM_COUNT(wrong); i++) {
		struct mm_account account;
		struct mm_err err = {0};

		assert_fails(mm_directory_account(directory, ISSUER, wrong[i][0], wrong[i][1], &account, &err),
			     MM_ENOTFOUND, &err);
	}
}

/* ---- objects ---------------------------------------------------------------------------------------------------- */

static char n_name[] = "n", m_name[] = "m", x_name[] = "x", u_name[] = "u", v_name[] = "v", sa_name[] = "sa",
	    node_name[] = "node-1", node_uid[] = "node-uid";

static struct mm_object_record declared[] = {
	{.kind = SECRET, .namespace = n_name, .name = x_name},
	{.kind = POD,
	 .namespace = n_name,
	 .name = x_name,
	 .uid = u_name,
	 .service_account = sa_name,
	 .node_name = node_name,
	 .node_uid = node_uid},
	{.kind = NODE, .name = x_name, .uid = v_name},
	{.kind = POD, .namespace = m_name, .name = x_name, .uid = v_name, .service_account = sa_name},
};

static void a_declared_object_is_what_was_declared(void **state)
{
	mm_auto(mm_directory) directory = build(NULL, 0, declared, MM_COUNT(declared));
	struct mm_bindable pod;
	(void)state;

	assert_ok(mm_directory_bindable(directory, "Pod", "n", "x", "", &pod, NULL), NULL);
	assert_string_equal(pod.kind, "Pod");
	assert_string_equal(pod.name, "x");
	assert_string_equal(pod.uid, "u");
	assert_string_equal(pod.service_account, "sa");
	assert_string_equal(pod.node_name, "node-1");
	assert_string_equal(pod.node_uid, "node-uid");
	assert_ok(mm_directory_bindable(directory, "Pod", "m", "x", NULL, &pod, NULL), NULL);
	assert_string_equal(pod.uid, "v");
	assert_null(pod.node_name);
}

static void the_declared_uid_stands_over_the_callers(void **state)
{
	mm_auto(mm_directory) directory = build(NULL, 0, declared, MM_COUNT(declared));
	struct mm_bindable object;
	(void)state;

	assert_ok(mm_directory_bindable(directory, "Pod", "n", "x", "forged", &object, NULL), NULL);
	assert_string_equal(object.uid, "u");
	assert_ok(mm_directory_bindable(directory, "Secret", "n", "x", "told", &object, NULL), NULL);
	assert_string_equal(object.uid, "told");
	assert_ok(mm_directory_bindable(directory, "Secret", "n", "x", "", &object, NULL), NULL);
	assert_null(object.uid);
}

static void a_node_has_no_namespace(void **state)
{
	mm_auto(mm_directory) directory = build(NULL, 0, declared, MM_COUNT(declared));
	struct mm_bindable node;
	(void)state;

	assert_ok(mm_directory_bindable(directory, "Node", "whatever", "x", NULL, &node, NULL), NULL);
	assert_string_equal(node.uid, "v");
	assert_ok(mm_directory_bindable(directory, "Node", NULL, "x", NULL, &node, NULL), NULL);
}

static void other_objects_are_not_found(void **state)
{
	static const char *const others[][3] = {{"Pod", "n", "y"},       {"Pod", "o", "x"}, {"Secret", "m", "x"},
						{"Node", "n", "y"},      {"pod", "n", "x"}, {"", "n", "x"},
						{"ConfigMap", "n", "x"}, {"Pod", "", "x"},  {"Pod", "n", ""}};
	mm_auto(mm_directory) directory = build(NULL, 0, declared, MM_COUNT(declared));
	(void)state;

	for (size_t i = 0; i < MM_COUNT(others); i++) {
		struct mm_bindable object;
		struct mm_err err = {0};

		assert_fails(
			mm_directory_bindable(directory, others[i][0], others[i][1], others[i][2], "u", &object, &err),
			MM_ENOTFOUND, &err);
	}
}

static void any_object_is_what_the_caller_says(void **state)
{
	mm_auto(mm_directory) directory = build(NULL, 0, NULL, 0);
	struct mm_bindable object;
	(void)state;

	assert_ok(mm_directory_bindable(directory, "Pod", "n", "p-1", "u", &object, NULL), NULL);
	assert_string_equal(object.kind, "Pod");
	assert_string_equal(object.name, "p-1");
	assert_string_equal(object.uid, "u");
	assert_null(object.service_account);
	assert_null(object.node_name);
	assert_null(object.node_uid);
	assert_ok(mm_directory_bindable(directory, "Node", NULL, "node-1", "", &object, NULL), NULL);
	assert_null(object.uid);
}

static void any_object_has_a_kind_and_a_name_that_kubernetes_allows(void **state)
{
	static const char *const wrong[][3] = {{"pod", "n", "x"},       {"ConfigMap", "n", "x"}, {"Pod", "n", ""},
					       {"Pod", "n", "a b"},     {"Secret", "N", "x"},    {"Node", "n", "X"},
					       {"Pod", "n", "x\x1b[m"}, {"", "n", "x"}};
	mm_auto(mm_directory) directory = build(NULL, 0, NULL, 0);
	(void)state;

	for (size_t i = 0; i < MM_COUNT(wrong); i++) {
		struct mm_bindable object;
		struct mm_err err = {0};

		assert_fails(
			mm_directory_bindable(directory, wrong[i][0], wrong[i][1], wrong[i][2], "u", &object, &err),
			MM_ENOTFOUND, &err);
	}
}

static void it_lives_as_long_as_somebody_holds_it(void **state)
{
	struct mm_directory *first = build(NULL, 0, declared, MM_COUNT(declared));
	struct mm_directory *second = mm_directory_ref(first);
	struct mm_bindable pod;

	(void)state;
	mm_directory_free(first);
	assert_ok(mm_directory_bindable(second, "Pod", "n", "x", NULL, &pod, NULL), NULL);
	mm_directory_free(second);
}

/* ---- what tokens speak of --------------------------------------------------------------------------------------- */

/* In namespace prod; `uid` of the account, `more` members of kubernetes.io, each after a comma. NULL: it is vouched for. */
static void assert_vouched(const struct mm_directory *directory, const char *name, const char *uid, const char *more,
			   const char *why)
{
	json_t *claims = json_pack("{s:{s:s, s:{s:s, s:s}}}", "kubernetes.io", "namespace", "prod", "serviceaccount",
				   "name", name, "uid", uid);
	json_t *objects = json_loads(more, 0, NULL);
	struct mm_err err = {0};
	enum mm_code code;

	assert_int_equal(json_object_update(json_object_get(claims, "kubernetes.io"), objects), 0);
	code = mm_directory_vouch(directory, claims, &err);
	assert_int_equal(code, why ? MM_EVERIFY : MM_OK);
	assert_string_equal(err.text, why ? why : "");
	json_decref(objects);
	json_decref(claims);
}

static void an_account_is_vouched_for_while_it_is_declared_with_its_uid(void **state)
{
	char namespace[] = "prod", name[] = "deployer", other[] = "other", uid[] = "1234";
	struct mm_account_record records[] = {{.namespace = namespace, .name = name, .uid = uid},
					      {.namespace = namespace, .name = other}};
	mm_auto(mm_directory) listed = build(records, 2, NULL, 0);
	mm_auto(mm_directory) any = build(NULL, 0, NULL, 0);
	(void)state;

	assert_vouched(listed, "deployer", "1234", "{}", NULL);
	assert_vouched(listed, "deployer", "4321", "{}", "service account UID (1234) does not match claim (4321)");
	assert_vouched(listed, "other", "4321", "{}", NULL); /* nobody has declared its uid */
	assert_vouched(listed, "gone", "1234", "{}", "serviceaccounts \"gone\" not found");
	assert_vouched(any, "gone", "1234", "{}", NULL);
	assert_vouched(any, "Gone", "1234", "{}", "serviceaccounts \"Gone\" not found");
}

static void an_object_is_vouched_for_while_it_is_declared_with_its_uid(void **state)
{
	static const char gone[] = "service account token has been invalidated";
	char namespace[] = "prod", web[] = "web", node[] = "n1", uid[] = "uid";
	struct mm_object_record records[] = {{.kind = POD, .namespace = namespace, .name = web, .uid = uid},
					     {.kind = NODE, .name = node, .uid = uid},
					     {.kind = SECRET, .namespace = namespace, .name = web, .uid = uid}};
	mm_auto(mm_directory) listed = build(NULL, 0, records, 3);
	mm_auto(mm_directory) any = build(NULL, 0, NULL, 0);
	(void)state;

	assert_vouched(listed, "a", "1", "{\"pod\":{\"name\":\"web\",\"uid\":\"uid\"}}", NULL);
	assert_vouched(listed, "a", "1", "{\"pod\":{\"name\":\"db\",\"uid\":\"uid\"}}", gone);
	assert_vouched(any, "a", "1", "{\"pod\":{\"name\":\"db\",\"uid\":\"uid\"}}", NULL);
	assert_vouched(listed, "a", "1", "{\"pod\":{\"name\":\"web\",\"uid\":\"old\"}}",
		       "pod UID (uid) does not match service account pod ref claim (old)");
	assert_vouched(listed, "a", "1", "{\"secret\":{\"name\":\"web\"}}",
		       "secret UID (uid) does not match service account secret ref claim ()");
	assert_vouched(listed, "a", "1", "{\"node\":{\"name\":\"n2\",\"uid\":\"uid\"}}", gone);
	/* The node of a pod is only told. */
	assert_vouched(listed, "a", "1",
		       "{\"pod\":{\"name\":\"web\",\"uid\":\"uid\"},\"node\":{\"name\":\"n2\",\"uid\":\"x\"}}", NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_declared_account_is_what_was_declared),
		cmocka_unit_test(what_was_not_declared_is_derived_or_unbounded),
		cmocka_unit_test(other_accounts_are_not_found),
		cmocka_unit_test(where_none_is_declared_none_is_found),
		cmocka_unit_test(many_accounts_are_told_apart),
		cmocka_unit_test(any_account_is_there_under_its_derived_uid),
		cmocka_unit_test(the_uid_depends_on_the_issuer),
		cmocka_unit_test(any_account_has_a_name_that_kubernetes_allows),
		cmocka_unit_test(a_declared_object_is_what_was_declared),
		cmocka_unit_test(the_declared_uid_stands_over_the_callers),
		cmocka_unit_test(a_node_has_no_namespace),
		cmocka_unit_test(other_objects_are_not_found),
		cmocka_unit_test(any_object_is_what_the_caller_says),
		cmocka_unit_test(any_object_has_a_kind_and_a_name_that_kubernetes_allows),
		cmocka_unit_test(it_lives_as_long_as_somebody_holds_it),
		cmocka_unit_test(an_account_is_vouched_for_while_it_is_declared_with_its_uid),
		cmocka_unit_test(an_object_is_vouched_for_while_it_is_declared_with_its_uid),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
