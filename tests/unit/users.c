/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/users.h"

#include <string.h>

char *test_user_text(const struct mm_user *user)
{
	mm_auto_buf out = {0};

	mm_buf_printf(&out, "%s %s [", user->name ? user->name : "-", user->uid ? user->uid : "-");
	for (size_t i = 0; i < user->groups.n; i++)
		mm_buf_printf(&out, "%s%s", i ? "," : "", user->groups.v[i]);
	mm_buf_add_str(&out, "]");
	for (size_t i = 0; i < user->extra_count; i++)
		mm_buf_printf(&out, " %s=%s", user->extra[i].key, user->extra[i].value);
	return mm_buf_take(&out);
}

void assert_user(const struct mm_user *user, const char *text)
{
	mm_auto_string found = test_user_text(user);

	assert_string_equal(found, text);
}

static char *copy(const char *text)
{
	char *p = strdup(text);

	assert_non_null(p);
	return p;
}

void test_user_of_pod(struct mm_user *user, const char *uid)
{
	user->name = copy("system:serviceaccount:shop:default");
	user->uid = uid ? copy(uid) : NULL;
	test_strings_add(&user->groups, "system:serviceaccounts");
	test_strings_add(&user->groups, "system:authenticated");
	user->extra[0] = (struct mm_user_extra){"authentication.kubernetes.io/pod-name", copy("p")};
	user->extra[1] = (struct mm_user_extra){"authentication.kubernetes.io/credential-id", copy("JTI=1")};
	user->extra_count = 2;
}
