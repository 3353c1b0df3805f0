/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/support.h"

#include <mintmark/dns.h>
#include <string.h>

static const char *const good_labels[] = {"a", "0", "default", "kube-system", "a--b", "1a"};
static const char *const bad_labels[] = {"", "-a", "a-", "A", "a.b", "a_b", "a b", "a/b", "\xc3\xa4", "a\n"};

static void a_label_is_what_kubernetes_says(void **state)
{
	struct mm_err err = {0};

	(void)state;
	for (size_t i = 0; i < MM_COUNT(good_labels); i++)
		assert_ok(mm_dns_label_check("namespace", good_labels[i], &err), &err);
	for (size_t i = 0; i < MM_COUNT(bad_labels); i++)
		assert_fails(mm_dns_label_check("namespace", bad_labels[i], &err), MM_EREFUSED, &err);
}

static void a_label_has_at_most_63_characters(void **state)
{
	char name[65];
	struct mm_err err = {0};

	(void)state;
	memset(name, 'a', sizeof name);
	name[63] = '\0';
	assert_ok(mm_dns_label_check("namespace", name, &err), &err);
	name[63] = 'a';
	name[64] = '\0';
	assert_fails(mm_dns_label_check("namespace", name, &err), MM_EREFUSED, &err);
}

static void a_subdomain_is_labels_between_dots(void **state)
{
	static const char *const good[] = {"a.b", "ip-10-0-0-1.eu-central-1.compute.internal", "1.2"};
	static const char *const bad[] = {"", ".", "a.", ".a", "a..b", "a.-b", "a-.b", "A.b"};
	struct mm_err err = {0};

	(void)state;
	for (size_t i = 0; i < MM_COUNT(good); i++)
		assert_ok(mm_dns_subdomain_check("node", good[i], &err), &err);
	for (size_t i = 0; i < MM_COUNT(bad); i++)
		assert_fails(mm_dns_subdomain_check("node", bad[i], &err), MM_EREFUSED, &err);
}

static void a_subdomain_has_at_most_253_characters(void **state)
{
	char name[255];
	struct mm_err err = {0};

	(void)state;
	memset(name, 'a', sizeof name);
	name[253] = '\0';
	assert_ok(mm_dns_subdomain_check("node", name, &err), &err);
	name[253] = 'a';
	name[254] = '\0';
	assert_fails(mm_dns_subdomain_check("node", name, &err), MM_EREFUSED, &err);
}

static void the_message_says_which_name_and_what_is_possible(void **state)
{
	struct mm_err err = {0};

	(void)state;
	assert_int_equal(mm_dns_label_check("namespace", "Prod", &err), MM_EREFUSED);
	assert_contains(err.text, "namespace \"Prod\"");
	assert_contains(err.text, "a-z");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_label_is_what_kubernetes_says),
		cmocka_unit_test(a_label_has_at_most_63_characters),
		cmocka_unit_test(a_subdomain_is_labels_between_dots),
		cmocka_unit_test(a_subdomain_has_at_most_253_characters),
		cmocka_unit_test(the_message_says_which_name_and_what_is_possible),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
