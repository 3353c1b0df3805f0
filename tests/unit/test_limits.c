/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/support.h"

#include <mintmark/clock.h>
#include <mintmark/limits.h>
#include <mintmark/thread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SECOND INT64_C(1000000000)
#define START  (1000 * SECOND)

static struct mm_limits *new_limits(void)
{
	struct mm_limits *limits = NULL;

	assert_ok(mm_limits_new(&limits, NULL), NULL);
	return limits;
}

/* How many of `tries` at that moment pass. */
static int passing(struct mm_limits *limits, const char *caller, int tries, int64_t rate, int64_t burst, int64_t now)
{
	int passed = 0;

	while (tries-- > 0)
		passed += mm_limits_take(limits, caller, rate, burst, now) == 0;
	return passed;
}

static void a_caller_has_a_burst_and_then_its_rate(void **state)
{
	mm_auto(mm_limits) limits = new_limits();
	(void)state;

	assert_int_equal(passing(limits, "a", 100, 10, 20, START), 20);
	assert_int_equal(passing(limits, "a", 100, 10, 20, START + SECOND / 10 - 1), 0);
	assert_int_equal(passing(limits, "a", 100, 10, 20, START + SECOND / 10), 1);
	assert_int_equal(passing(limits, "a", 100, 10, 20, START + SECOND), 9);
	assert_int_equal(passing(limits, "a", 100, 10, 20, START + 100 * SECOND), 20);
}

static void without_a_rate_there_is_no_bound(void **state)
{
	mm_auto(mm_limits) limits = new_limits();
	(void)state;

	assert_int_equal(passing(limits, "a", 10000, 0, 1, START), 10000);
}

static void a_burst_of_nothing_is_one(void **state)
{
	mm_auto(mm_limits) limits = new_limits();
	(void)state;

	assert_int_equal(passing(limits, "a", 10, 1, 0, START), 1);
	assert_int_equal(passing(limits, "a", 10, 1, 0, START + SECOND), 1);
}

static void the_refused_are_told_whole_seconds(void **state)
{
	mm_auto(mm_limits) limits = new_limits();
	(void)state;

	assert_int_equal(mm_limits_take(limits, "a", 1, 1, START), 0);
	assert_int_equal(mm_limits_take(limits, "a", 1, 1, START), 1);
	assert_int_equal(mm_limits_take(limits, "a", 1, 1, START + SECOND - 1), 1);
	assert_int_equal(mm_limits_take(limits, "a", 1, 1, START + SECOND), 0);
	assert_int_equal(mm_limits_take(limits, "b", 1000, 1, START), 0);
	assert_int_equal(mm_limits_take(limits, "b", 1000, 1, START), 1);
}

static void callers_do_not_pay_for_each_other(void **state)
{
	mm_auto(mm_limits) limits = new_limits();
	(void)state;

	assert_int_equal(passing(limits, "a", 10, 1, 5, START), 5);
	assert_int_equal(passing(limits, "b", 10, 1, 5, START), 5);
	assert_int_equal(passing(limits, "", 10, 1, 5, START), 5);
	assert_int_equal(passing(limits, "a-name-of-more-than-eight-bytes", 10, 1, 5, START), 5);
	assert_int_equal(passing(limits, "a-name-of-more-than-eight-bytez", 10, 1, 5, START), 5);
}

static void rate_and_burst_may_change(void **state)
{
	mm_auto(mm_limits) limits = new_limits();
	(void)state;

	assert_int_equal(passing(limits, "a", 1000, 1, 100, START), 100);
	/* It was 100 seconds from being full; at the new rate it is 1. */
	assert_int_equal(passing(limits, "a", 1000, 10, 10, START), 0);
	assert_int_equal(passing(limits, "a", 1000, 10, 10, START + SECOND), 10);
	assert_int_equal(passing(limits, "a", 1000, 10, 2, START + SECOND), 0);
}

static void numbers_may_be_huge(void **state)
{
	mm_auto(mm_limits) limits = new_limits();
	(void)state;

	assert_int_equal(passing(limits, "a", 1000, INT64_MAX, INT64_MAX, START), 1000);
	assert_int_equal(passing(limits, "b", 1000, 1, INT64_MAX, START), 1000);
}

/* Workers looked at the clock before they came here. */
static void a_clock_that_lags_gives_nothing_away(void **state)
{
	mm_auto(mm_limits) limits = new_limits();
	int passed = 0;
	(void)state;

	for (int64_t t = 0; t < 1000; t++) {
		passed += passing(limits, "a", 2, 10, 5, START + t * SECOND / 100);
		passed += passing(limits, "a", 2, 10, 5, START + t * SECOND / 100 - SECOND / 20);
	}
	assert_in_range(passed, 100, 5 + 100);
}

/* xorshift: the same on every run. */
static uint32_t draw(uint32_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 17;
	*seed ^= *seed << 5;
	return *seed;
}

/* In every stretch of time, and not only from the start on. */
static void assert_never_more(const int64_t *times, size_t count, int64_t rate, int64_t burst)
{
	for (size_t from = 0; from < count; from++) {
		for (size_t to = from; to < count; to++) {
			double allowed = (double)burst + (double)rate * (double)(times[to] - times[from]) / 1e9;

			if ((double)(to - from + 1) > allowed + 1e-6)
				fail_msg("%zu in %lld ns at %lld, %lld", to - from + 1,
					 (long long)(times[to] - times[from]), (long long)rate, (long long)burst);
		}
	}
}

static void never_more_than_burst_and_rate_pass(void **state)
{
	uint32_t seed = 20261122;
	(void)state;

	for (int round = 0; round < 200; round++) {
		mm_auto(mm_limits) limits = new_limits();
		int64_t rate = 1 + draw(&seed) % (round % 2 ? 5 : 3000), burst = 1 + draw(&seed) % 50;
		int64_t now = START, passed_at[300];
		size_t passed = 0;

		while (passed < MM_COUNT(passed_at)) {
			/* Mostly rushes, with pauses between them. */
			now += draw(&seed) % 16 ? draw(&seed) % (uint32_t)(SECOND / rate)
						: (int64_t)(draw(&seed) % 100) * (SECOND / rate);
			if (mm_limits_take(limits, "a", rate, burst, now) == 0)
				passed_at[passed++] = now;
		}
		assert_never_more(passed_at, passed, rate, burst);
	}
}

static void who_waits_as_told_is_served(void **state)
{
	mm_auto(mm_limits) limits = new_limits();
	int64_t now = START;
	(void)state;

	passing(limits, "a", 100, 3, 7, now);
	for (int i = 0; i < 100; i++) {
		int wait = mm_limits_take(limits, "a", 3, 7, now);

		now += wait * SECOND;
		if (wait > 0)
			assert_int_equal(mm_limits_take(limits, "a", 3, 7, now), 0);
	}
}

/* Of so many, each has its own bucket: nobody is let through for lack of one. */
static void many_callers_are_told_apart(void **state)
{
	mm_auto(mm_limits) limits = new_limits();
	(void)state;

	for (int round = 0; round < 2; round++) {
		for (int i = 0; i < MM_LIMITS_CALLERS_MAX; i++) {
			char caller[32];

			snprintf(caller, sizeof caller, "caller-%d", i);
			assert_int_equal(passing(limits, caller, 2, 1, 1, START), round == 0);
		}
	}
}

static void full_buckets_make_room(void **state)
{
	mm_auto(mm_limits) limits = new_limits();
	(void)state;

	for (int i = 0; i < 20 * MM_LIMITS_CALLERS_MAX; i++) {
		char caller[32];

		/* Each is full again after a second, in which 1024 others come. */
		snprintf(caller, sizeof caller, "caller-%d", i);
		assert_int_equal(passing(limits, caller, 2, 1, 1, START + (int64_t)i * SECOND / 1024), 1);
	}
}

static void when_all_buckets_are_taken_nobody_is_refused(void **state)
{
	mm_auto(mm_limits) limits = new_limits();
	(void)state;

	for (int i = 0; i < 16 * MM_LIMITS_CALLERS_MAX; i++) {
		char caller[32];

		snprintf(caller, sizeof caller, "caller-%d", i);
		assert_int_equal(mm_limits_take(limits, caller, 1, 1, START), 0);
	}
}

/* ---- many threads ----------------------------------------------------------------------------------------------- */

enum { THREADS = 8, TRIES = 20000 };

struct crowd {
	struct mm_limits *limits;
	_Atomic int passed;
	_Atomic int number;
};

static void *rush(void *arg)
{
	struct crowd *crowd = arg;
	char own[32];

	snprintf(own, sizeof own, "thread-%d", atomic_fetch_add(&crowd->number, 1));
	for (int i = 0; i < TRIES; i++) {
		atomic_fetch_add(&crowd->passed,
				 mm_limits_take(crowd->limits, "all", 1000, 100, START + i * 1000) == 0);
		mm_limits_take(crowd->limits, own, 1000, 100, START + i * 1000);
	}
	return NULL;
}

static void threads_share_a_bucket(void **state)
{
	mm_auto(mm_limits) limits = new_limits();
	struct crowd crowd = {.limits = limits};
	pthread_t threads[THREADS];
	(void)state;

	for (int i = 0; i < THREADS; i++)
		assert_ok(mm_thread_start(&threads[i], rush, &crowd, NULL), NULL);
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(pthread_join(threads[i], NULL), 0);
	/* 20 ms in all. */
	assert_int_equal(crowd.passed, 100 + 19);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_caller_has_a_burst_and_then_its_rate),
		cmocka_unit_test(without_a_rate_there_is_no_bound),
		cmocka_unit_test(a_burst_of_nothing_is_one),
		cmocka_unit_test(the_refused_are_told_whole_seconds),
		cmocka_unit_test(callers_do_not_pay_for_each_other),
		cmocka_unit_test(rate_and_burst_may_change),
		cmocka_unit_test(numbers_may_be_huge),
		cmocka_unit_test(a_clock_that_lags_gives_nothing_away),
		cmocka_unit_test(never_more_than_burst_and_rate_pass),
		cmocka_unit_test(who_waits_as_told_is_served),
		cmocka_unit_test(many_callers_are_told_apart),
		cmocka_unit_test(full_buckets_make_room),
		cmocka_unit_test(when_all_buckets_are_taken_nobody_is_refused),
		cmocka_unit_test(threads_share_a_bucket),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
