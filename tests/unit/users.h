/* SPDX-License-Identifier: Apache-2.0 */
/* Users as one text, for tests of whom somebody is taken for. */
#ifndef MINTMARK_TESTS_USERS_H
#define MINTMARK_TESTS_USERS_H

#include "tests/unit/support.h"

#include <mintmark/user.h>

#define TEST_NOBODY "- - []"

/* "name uid [group,group] key=value key=value", with - where there is nothing. Freed by the caller. */
char *test_user_text(const struct mm_user *user);

void assert_user(const struct mm_user *user, const char *text);

/* The account default in the namespace shop, with two groups, and two extra that are not in order; `uid` NULL: none. */
void test_user_of_pod(struct mm_user *user, const char *uid);

#endif
