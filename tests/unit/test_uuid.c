/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/support.h"

#include <mintmark/uuid.h>
#include <string.h>

static void assert_version_4(const char *uuid)
{
	assert_int_equal(strlen(uuid), MM_UUID_SIZE - 1);
	for (int i = 0; uuid[i] != '\0'; i++)
		assert_int_equal(uuid[i] == '-', i == 8 || i == 13 || i == 18 || i == 23);
	assert_int_equal(uuid[14], '4');
	assert_non_null(strchr("89ab", uuid[19]));
	assert_int_equal(strspn(uuid, "0123456789abcdef-"), MM_UUID_SIZE - 1);
}

static void random_uuids_are_version_4_of_the_right_variant(void **state)
{
	(void)state;
	for (int i = 0; i < 1000; i++) {
		struct mm_err err = {0};
		char uuid[MM_UUID_SIZE];

		assert_ok(mm_uuid4(uuid, &err), &err);
		assert_version_4(uuid);
	}
}

static void random_uuids_differ(void **state)
{
	char first[MM_UUID_SIZE], second[MM_UUID_SIZE];

	(void)state;
	assert_ok(mm_uuid4(first, NULL), NULL);
	assert_ok(mm_uuid4(second, NULL), NULL);
	assert_string_not_equal(first, second);
}

static void name_based_uuids_are_version_5_in_the_url_namespace(void **state)
{
	/* python3 -c 'import uuid; print(uuid.uuid5(uuid.NAMESPACE_URL, "https://example.com"))' */
	static const char *const cases[][2] = {
		{"https://example.com", "4fd35a71-71ef-5a55-a9d9-aa75c889a6d0"},
		{"", "1b4db7eb-4057-5ddf-91e0-36dec72071f5"},
	};

	(void)state;
	for (size_t i = 0; i < MM_COUNT(cases); i++) {
		char uuid[MM_UUID_SIZE];

		mm_uuid5_url(mm_span_str(cases[i][0]), uuid);
		assert_string_equal(uuid, cases[i][1]);
	}
}

static void the_name_may_hold_any_bytes(void **state)
{
	char with[MM_UUID_SIZE], without[MM_UUID_SIZE];

	(void)state;
	mm_uuid5_url(mm_span("a\0b", 3), with);
	mm_uuid5_url(mm_span("a", 1), without);
	assert_string_not_equal(with, without);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(random_uuids_are_version_4_of_the_right_variant),
		cmocka_unit_test(random_uuids_differ),
		cmocka_unit_test(name_based_uuids_are_version_5_in_the_url_namespace),
		cmocka_unit_test(the_name_may_hold_any_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
