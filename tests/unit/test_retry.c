/* SPDX-License-Identifier: Apache-2.0 */
#include "issuer/retry.h"
#include "tests/unit/support.h"

#include <string.h>

#define SECOND_NS INT64_C(1000000000)

static struct mm_err because(const char *why)
{
	struct mm_err err = {.code = MM_EIO};

	strcpy(err.text, why);
	return err;
}

static void test_what_has_not_failed_is_due(void **state)
{
	const struct mm_retry retry = {0};

	(void)state;
	assert_true(mm_retry_due(&retry, 0));
}

static void test_the_delay_doubles_up_to_a_minute(void **state)
{
	static const int delays[] = {1, 2, 4, 8, 16, 32, 60, 60};
	const struct mm_err err = because("no");
	struct mm_retry retry = {0};
	int64_t now = 5 * SECOND_NS;

	(void)state;
	for (size_t i = 0; i < MM_COUNT(delays); i++) {
		(void)mm_retry_fail(&retry, &err, now);
		assert_false(mm_retry_due(&retry, now + delays[i] * SECOND_NS - 1));
		now += delays[i] * SECOND_NS;
		assert_true(mm_retry_due(&retry, now));
	}
}

static void test_the_same_failure_is_news_once(void **state)
{
	const struct mm_err one = because("one"), other = because("other");
	struct mm_retry retry = {0};

	(void)state;
	assert_true(mm_retry_fail(&retry, &one, 0));
	assert_false(mm_retry_fail(&retry, &one, 0));
	assert_true(mm_retry_fail(&retry, &other, 0));
}

static void test_success_begins_anew_and_says_once_that_something_had_failed(void **state)
{
	const struct mm_err err = because("no");
	struct mm_retry retry = {0};

	(void)state;
	(void)mm_retry_fail(&retry, &err, 0);
	(void)mm_retry_fail(&retry, &err, 0);
	assert_true(mm_retry_succeed(&retry));
	assert_false(mm_retry_succeed(&retry));
	assert_true(mm_retry_fail(&retry, &err, 0));
	assert_true(mm_retry_due(&retry, SECOND_NS));
}

static void test_what_is_put_off_waits_as_after_the_last_failure(void **state)
{
	const struct mm_err err = because("no");
	struct mm_retry retry = {0};

	(void)state;
	mm_retry_put_off(&retry, 0);
	assert_false(mm_retry_due(&retry, SECOND_NS - 1));
	assert_true(mm_retry_due(&retry, SECOND_NS));
	for (int i = 0; i < 3; i++)
		(void)mm_retry_fail(&retry, &err, 0);
	mm_retry_put_off(&retry, 0);
	assert_false(mm_retry_due(&retry, 4 * SECOND_NS - 1));
}

static void test_at_once_makes_it_due_and_the_failure_news(void **state)
{
	const struct mm_err err = because("no");
	struct mm_retry retry = {0};

	(void)state;
	(void)mm_retry_fail(&retry, &err, SECOND_NS);
	mm_retry_at_once(&retry);
	assert_true(mm_retry_due(&retry, SECOND_NS));
	assert_true(mm_retry_fail(&retry, &err, SECOND_NS));
	assert_int_equal(retry.delay, 2); /* it has failed nevertheless */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_has_not_failed_is_due),
		cmocka_unit_test(test_the_delay_doubles_up_to_a_minute),
		cmocka_unit_test(test_the_same_failure_is_news_once),
		cmocka_unit_test(test_success_begins_anew_and_says_once_that_something_had_failed),
		cmocka_unit_test(test_what_is_put_off_waits_as_after_the_last_failure),
		cmocka_unit_test(test_at_once_makes_it_due_and_the_failure_news),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
