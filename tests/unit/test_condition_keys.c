/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/condition_keys.h"
#include "tests/unit/support.h"

static enum mm_code read_keys(const char *const *texts, size_t count, struct mm_condition_keys *out, struct mm_err *err)
{
	mm_auto_strings given = {0};

	for (size_t i = 0; i < count; i++)
		test_strings_add(&given, texts[i]);
	return mm_condition_keys_read(&given, out, err);
}

static void each_key_has_its_values(void **state)
{
	static const char *const given[] = {"aws:SourceIp=203.0.113.7", "aws:TagKeys=a", "AWS:tagkeys=b=c", "empty="};
	MM_CLEANUP(mm_condition_keys_clear) struct mm_condition_keys keys = {0};
	struct mm_err err = {0};

	(void)state;
	assert_ok(read_keys(given, MM_COUNT(given), &keys, &err), &err);
	assert_int_equal(keys.names.n, 3);
	assert_string_equal(keys.v[0].name, "aws:SourceIp");
	assert_int_equal(keys.v[0].count, 1);
	assert_false(keys.v[0].multivalued);
	assert_string_equal(keys.v[1].name, "aws:TagKeys");
	assert_int_equal(keys.v[1].count, 2);
	assert_string_equal(keys.v[1].values[1], "b=c");
	assert_true(keys.v[1].multivalued);
	assert_string_equal(keys.v[2].values[0], "");
}

static void what_is_not_key_and_value_is_refused(void **state)
{
	static const char *const wrong[] = {"aws:SourceIp", "=x", "", "key=\xff"};

	(void)state;
	for (size_t i = 0; i < MM_COUNT(wrong); i++) {
		MM_CLEANUP(mm_condition_keys_clear) struct mm_condition_keys keys = {0};
		struct mm_err err = {0};

		assert_fails(read_keys(&wrong[i], 1, &keys, &err), MM_EUSAGE, &err);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_key_has_its_values),
		cmocka_unit_test(what_is_not_key_and_value_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
