/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/support.h"

#include <mintmark/claims.h>

/* Computed with: python3 -c 'import uuid; print(uuid.uuid5(uuid.NAMESPACE_URL, "https://…#system:…"))' */
static void the_uid_of_an_account_is_a_name_based_uuid(void **state)
{
	char uid[MM_UUID_SIZE];
	struct mm_err err = {0};

	(void)state;
	assert_ok(mm_service_account_uid("https://oidc.example.com/id/prod", "default", "builder", uid, &err), &err);
	assert_string_equal(uid, "a4937396-7044-5fa5-835a-83c90c267e93");
}

static void the_uid_depends_on_issuer_namespace_and_name(void **state)
{
	static const char *const names[][3] = {
		{"https://a", "n", "s"}, {"https://b", "n", "s"}, {"https://a", "m", "s"}, {"https://a", "n", "t"}};
	char uids[MM_COUNT(names)][MM_UUID_SIZE];
	struct mm_err err = {0};

	(void)state;
	for (size_t i = 0; i < MM_COUNT(names); i++) {
		assert_ok(mm_service_account_uid(names[i][0], names[i][1], names[i][2], uids[i], &err), &err);
		for (size_t j = 0; j < i; j++)
			assert_string_not_equal(uids[i], uids[j]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_uid_of_an_account_is_a_name_based_uuid),
		cmocka_unit_test(the_uid_depends_on_issuer_namespace_and_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
