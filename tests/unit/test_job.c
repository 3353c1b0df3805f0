/* SPDX-License-Identifier: Apache-2.0 */
#include "issuer/job.h"
#include "tests/unit/support.h"

#include <mintmark/file.h>
#include <poll.h>
#include <semaphore.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct work {
	sem_t go;
	int done; /* written by the job, read once it was collected */
};

static void work(void *arg)
{
	struct work *mine = arg;

	sem_wait(&mine->go);
	mine->done++;
}

static void await(int fd)
{
	struct pollfd poll_fd = {.fd = fd, .events = POLLIN};

	assert_int_equal(poll(&poll_fd, 1, 10000), 1);
}

static void test_a_job_tells_when_it_has_ended_and_is_collected_once(void **state)
{
	mm_auto_fd fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	struct work mine = {.done = 0};
	struct mm_job job = {.run = work, .arg = &mine, .done_fd = fd};
	uint64_t count;

	(void)state;
	assert_false(mm_job_collect(&job));
	assert_int_equal(sem_init(&mine.go, 0, 0), 0);
	for (int round = 1; round <= 3; round++) {
		assert_int_equal(mm_job_start(&job, NULL), MM_OK);
		assert_true(job.works);
		assert_false(mm_job_collect(&job)); /* it does not wait */
		sem_post(&mine.go);
		await(fd);
		assert_true(mm_job_collect(&job));
		assert_false(job.works);
		assert_int_equal(mine.done, round);
		assert_false(mm_job_collect(&job));
		assert_int_equal(read(fd, &count, sizeof count), sizeof count);
	}
	sem_destroy(&mine.go);
}

static void test_several_jobs_may_have_one_descriptor(void **state)
{
	mm_auto_fd fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	struct work mine[3] = {0};
	struct mm_job jobs[3];
	int collected = 0;

	(void)state;
	for (int i = 0; i < 3; i++) {
		assert_int_equal(sem_init(&mine[i].go, 0, 1), 0);
		jobs[i] = (struct mm_job){.run = work, .arg = &mine[i], .done_fd = fd};
		assert_int_equal(mm_job_start(&jobs[i], NULL), MM_OK);
	}
	while (collected < 3) {
		uint64_t count;

		await(fd);
		(void)!read(fd, &count, sizeof count);
		for (int i = 0; i < 3; i++)
			collected += mm_job_collect(&jobs[i]);
	}
	for (int i = 0; i < 3; i++) {
		assert_int_equal(mine[i].done, 1);
		sem_destroy(&mine[i].go);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_job_tells_when_it_has_ended_and_is_collected_once),
		cmocka_unit_test(test_several_jobs_may_have_one_descriptor),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
