/* SPDX-License-Identifier: Apache-2.0 */
#include "issuer/job.h"

#include <mintmark/thread.h>
#include <unistd.h>

static void *run(void *arg)
{
	struct mm_job *job = arg;
	uint64_t one = 1;
	int done_fd = job->done_fd;

	job->run(job->arg);
	job->ended = true;
	(void)!write(done_fd, &one, sizeof one);
	return NULL;
}

enum mm_code mm_job_start(struct mm_job *job, struct mm_err *err)
{
	enum mm_code code;

	job->ended = false;
	code = mm_thread_start(&job->thread, run, job, err);
	job->works = code == MM_OK;
	return code;
}

bool mm_job_collect(struct mm_job *job)
{
	if (!job->works || !job->ended)
		return false;
	pthread_join(job->thread, NULL);
	job->works = false;
	return true;
}
