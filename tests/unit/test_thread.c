/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/support.h"

#include <mintmark/thread.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

struct seen {
	sigset_t blocked;
	int priority;
};

static void *look(void *arg)
{
	struct seen *seen = arg;

	pthread_sigmask(SIG_SETMASK, NULL, &seen->blocked);
	seen->priority = getpriority(PRIO_PROCESS, (id_t)gettid());
	return NULL;
}

static void *look_at_lowest_priority(void *arg)
{
	mm_thread_lowest_priority();
	return look(arg);
}

static struct seen seen_in_thread(void *(*run)(void *))
{
	struct seen seen = {0};
	struct mm_err err = {0};
	pthread_t thread;

	assert_ok(mm_thread_start(&thread, run, &seen, &err), &err);
	assert_int_equal(pthread_join(thread, NULL), 0);
	return seen;
}

static void signals_reach_who_starts_a_thread_and_not_the_thread(void **state)
{
	struct seen seen = seen_in_thread(look), here = {0};

	(void)state;
	look(&here);
	assert_int_equal(sigismember(&seen.blocked, SIGTERM), 1);
	assert_int_equal(sigismember(&seen.blocked, SIGUSR1), 1);
	assert_int_equal(sigismember(&here.blocked, SIGTERM), 0);
}

static void the_lowest_priority_is_of_one_thread(void **state)
{
	int before = getpriority(PRIO_PROCESS, 0);

	(void)state;
	assert_int_equal(seen_in_thread(look).priority, before);
	assert_int_equal(seen_in_thread(look_at_lowest_priority).priority, 19);
	assert_int_equal(getpriority(PRIO_PROCESS, 0), before);
	assert_int_equal(seen_in_thread(look).priority, before);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(signals_reach_who_starts_a_thread_and_not_the_thread),
		cmocka_unit_test(the_lowest_priority_is_of_one_thread),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
