/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/users.h"

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
