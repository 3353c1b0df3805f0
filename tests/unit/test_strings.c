/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/support.h"

#include <stdio.h>
#include <string.h>

static void strings_are_copied_and_found(void **state)
{
	struct mm_err err = {0};
	mm_auto_strings list = {0};
	char name[16];

	(void)state;
	assert_false(mm_strings_has(&list, ""));
	for (int i = 0; i < 100; i++) {
		snprintf(name, sizeof name, "n%d", i);
		assert_ok(mm_strings_add(&list, name, &err), &err);
	}
	assert_int_equal(list.n, 100);
	assert_string_equal(list.v[0], "n0");
	assert_string_equal(list.v[99], "n99");
	assert_true(mm_strings_has(&list, "n64"));
	assert_false(mm_strings_has(&list, "n100"));
	mm_strings_free(&list);
	assert_null(list.v);
	assert_int_equal(list.n, 0);
}

static void lists_are_equal_in_order_and_a_copy_is_its_own(void **state)
{
	mm_auto_strings list = {0};
	mm_auto_strings copy = {0};
	mm_auto_strings other = {0};
	struct mm_err err = {0};

	(void)state;
	assert_true(mm_strings_eq(&list, &other));
	assert_ok(mm_strings_add(&list, "a", &err), &err);
	assert_ok(mm_strings_add(&list, "b", &err), &err);
	assert_ok(mm_strings_add(&other, "b", &err), &err);
	assert_false(mm_strings_eq(&list, &other));
	assert_ok(mm_strings_add(&other, "a", &err), &err);
	assert_false(mm_strings_eq(&list, &other));
	assert_ok(mm_strings_add(&copy, "before", &err), &err);
	assert_ok(mm_strings_copy(&copy, &list, &err), &err);
	mm_strings_free(&list);
	assert_int_equal(copy.n, 2);
	assert_string_equal(copy.v[0], "a");
	assert_string_equal(copy.v[1], "b");
}

static void owned_strings_are_freed_once(void **state)
{
	char *text = strdup("secret"), *none = NULL;

	(void)state;
	mm_string_free(&text);
	assert_null(text);
	mm_string_free(&text);
	mm_string_free(&none);
	assert_null(none);
}

static void a_string_takes_the_place_of_another(void **state)
{
	mm_auto_string text = NULL;
	struct mm_err err = {0};

	(void)state;
	assert_ok(mm_string_set(&text, "first", &err), &err);
	assert_ok(mm_string_set(&text, "second", &err), &err);
	assert_string_equal(text, "second");
	assert_ok(mm_string_set(&text, text + 3, &err), &err);
	assert_string_equal(text, "ond");
	assert_ok(mm_string_set(&text, NULL, &err), &err);
	assert_null(text);
}

static void absent_strings_are_equal_to_each_other_alone(void **state)
{
	(void)state;
	assert_true(mm_string_eq(NULL, NULL));
	assert_true(mm_string_eq("a", "a"));
	assert_false(mm_string_eq("a", "b"));
	assert_false(mm_string_eq(NULL, ""));
	assert_false(mm_string_eq("", NULL));
}

static void the_first_of_a_name_is_found(void **state)
{
	mm_auto_pairs pairs = {0};
	struct mm_err err = {0};

	(void)state;
	for (char value[] = "1"; *value < '4'; ++*value) {
		assert_ok(mm_strings_add(&pairs.names, *value == '1' ? "other" : "name", &err), &err);
		assert_ok(mm_strings_add(&pairs.values, value, &err), &err);
	}
	assert_string_equal(mm_pairs_find(&pairs, "name"), "2");
	assert_null(mm_pairs_find(&pairs, "nam"));
	mm_pairs_free(&pairs);
	assert_null(mm_pairs_find(&pairs, "name"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(strings_are_copied_and_found),
		cmocka_unit_test(lists_are_equal_in_order_and_a_copy_is_its_own),
		cmocka_unit_test(owned_strings_are_freed_once),
		cmocka_unit_test(a_string_takes_the_place_of_another),
		cmocka_unit_test(absent_strings_are_equal_to_each_other_alone),
		cmocka_unit_test(the_first_of_a_name_is_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
