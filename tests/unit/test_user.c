/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/users.h"

#include <string.h>

/* Groups as one text, "a,b"; "" is none. */
static enum mm_code build(const char *name, const char *uid, const char *groups, struct mm_user *user,
			  struct mm_err *err)
{
	mm_auto_string copy = strdup(groups);
	mm_auto_strings list = {0};
	char *rest = copy;

	for (char *group; *groups && (group = strsep(&rest, ","));)
		assert_ok(mm_strings_add(&list, group, err), err);
	return mm_user_build(name, uid, &list, user, err);
}

static void a_named_user_is_authenticated_and_in_each_group_once(void **state)
{
	static const struct {
		const char *name, *uid, *groups, *user;
	} rows[] = {
		{"alice", NULL, "", "alice - [system:authenticated]"},
		{"alice", "", "", "alice - [system:authenticated]"},
		{"alice", "1", "ops,dev", "alice 1 [ops,dev,system:authenticated]"},
		{"alice", "1", "ops,ops,dev,ops", "alice 1 [ops,dev,system:authenticated]"},
		{"alice", "1", "system:authenticated,ops", "alice 1 [system:authenticated,ops]"},
		{"system:node:n1", NULL, "system:nodes", "system:node:n1 - [system:nodes,system:authenticated]"},
		{"alice@example.com", "u 1", "system:masters",
		 "alice@example.com u 1 [system:masters,system:authenticated]"},
		{"J\xc3\xbcrgen M", NULL, "a b", "J\xc3\xbcrgen M - [a b,system:authenticated]"},
		{"unix", NULL, "system:serviceaccountsx", "unix - [system:serviceaccountsx,system:authenticated]"},
	};

	(void)state;
	for (size_t i = 0; i < MM_COUNT(rows); i++) {
		MM_CLEANUP(mm_user_clear) struct mm_user user;
		struct mm_err err = {0};

		assert_ok(build(rows[i].name, rows[i].uid, rows[i].groups, &user, &err), &err);
		assert_user(&user, rows[i].user);
	}
}

static void a_name_has_a_longest_length(void **state)
{
	struct mm_strings none = {0};
	struct mm_user user;
	struct mm_err err = {0};
	char name[514];

	(void)state;
	memset(name, 'a', sizeof name);
	name[sizeof name - 1] = '\0';
	assert_int_equal(mm_user_build(name, NULL, &none, &user, &err), MM_EREFUSED);
	assert_contains(err.text, "longer than 512 bytes");
	mm_err_clear(&err);
	name[sizeof name - 2] = '\0';
	assert_ok(mm_user_build(name, NULL, &none, &user, &err), &err);
	mm_user_clear(&user);
}

static void names_that_mislead_are_refused(void **state)
{
	static const char *const names[] = {
		"",
		" alice",
		"alice ",
		"al\nice",
		"al\x7f",
		"al\xff",
		"al\xe2\x80\xae"
		"ice", /* U+202E turns what follows round */
		"system:anonymous",
		"system:unauthenticated",
		"system:serviceaccount:default:builder",
		"system:serviceaccount:",
		"system:serviceaccounts",
		"system:serviceaccounts:default",
		"unix:uid:0",
		"unix:gid:0",
		"unix:",
	};

	(void)state;
	for (size_t i = 0; i < MM_COUNT(names); i++) {
		struct mm_strings none = {0};
		mm_auto_strings groups = {0};
		struct mm_user user;
		struct mm_err err = {0};

		assert_fails(mm_user_build(names[i], NULL, &none, &user, &err), MM_EREFUSED, &err);
		assert_user(&user, TEST_NOBODY);
		assert_ok(mm_strings_add(&groups, names[i], &err), &err);
		assert_fails(mm_user_build("alice", "1", &groups, &user, &err), MM_EREFUSED, &err);
		assert_user(&user, TEST_NOBODY);
	}
}

static void a_uid_that_cannot_be_seen_is_refused(void **state)
{
	struct mm_user user;
	struct mm_err err = {0};

	(void)state;
	assert_int_equal(build("alice", "1\n", "", &user, &err), MM_EREFUSED);
	assert_string_equal(err.text, "the uid is not UTF-8, has control characters or a space at one of its ends");
}

static void a_peer_is_its_uid_and_gid(void **state)
{
	MM_CLEANUP(mm_user_clear) struct mm_user low, high;
	struct mm_err err = {0};

	(void)state;
	assert_ok(mm_user_from_peer(0, 7, &low, &err), &err);
	assert_user(&low, "unix:uid:0 - [unix:gid:7,system:authenticated]");
	assert_ok(mm_user_from_peer(4294967295u, 4294967294u, &high, &err), &err);
	assert_user(&high, "unix:uid:4294967295 - [unix:gid:4294967294,system:authenticated]");
}

static void a_copy_is_whole_and_its_own(void **state)
{
	MM_CLEANUP(mm_user_clear) struct mm_user copy;
	struct mm_user user;
	struct mm_err err = {0};

	(void)state;
	assert_ok(build("alice", "1", "ops,dev", &user, &err), &err);
	user.extra[user.extra_count++] = (struct mm_user_extra){.key = "k", .value = strdup("v")};
	assert_ok(mm_user_copy(&user, &copy, &err), &err);
	mm_user_clear(&user);
	assert_user(&user, TEST_NOBODY);
	assert_user(&copy, "alice 1 [ops,dev,system:authenticated] k=v");
}

static void nobody_can_be_copied(void **state)
{
	MM_CLEANUP(mm_user_clear) struct mm_user copy;
	struct mm_user nobody = {0};
	struct mm_err err = {0};

	(void)state;
	assert_ok(mm_user_copy(&nobody, &copy, &err), &err);
	assert_user(&copy, TEST_NOBODY);
}

static void membership_is_by_the_whole_name(void **state)
{
	MM_CLEANUP(mm_user_clear) struct mm_user user;
	struct mm_err err = {0};

	(void)state;
	assert_ok(build("alice", NULL, "ops", &user, &err), &err);
	assert_true(mm_user_is_in(&user, "ops"));
	assert_true(mm_user_is_in(&user, MM_GROUP_AUTHENTICATED));
	assert_false(mm_user_is_in(&user, "op"));
	assert_false(mm_user_is_in(&user, "alice"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_named_user_is_authenticated_and_in_each_group_once),
		cmocka_unit_test(a_name_has_a_longest_length),
		cmocka_unit_test(names_that_mislead_are_refused),
		cmocka_unit_test(a_uid_that_cannot_be_seen_is_refused),
		cmocka_unit_test(a_peer_is_its_uid_and_gid),
		cmocka_unit_test(a_copy_is_whole_and_its_own),
		cmocka_unit_test(nobody_can_be_copied),
		cmocka_unit_test(membership_is_by_the_whole_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
