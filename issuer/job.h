/* SPDX-License-Identifier: Apache-2.0 */
/* One piece of work in a thread of its own, and the notice that it has ended. {0} has never run. */
#ifndef MINTMARK_ISSUER_JOB_H
#define MINTMARK_ISSUER_JOB_H

#include <mintmark/err.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

struct mm_job {
	/* Given before each start; borrowed. */
	void (*run)(void *arg);
	void *arg;   /* the job's own from its start until it was collected */
	int done_fd; /* an eventfd that becomes readable when it has ended; several jobs may have one */

	/* Its own. */
	pthread_t thread;
	bool works; /* started, and not collected yet */
	_Atomic bool ended;
};

MM_MUSTCHECK enum mm_code mm_job_start(struct mm_job *job, struct mm_err *err);
/* Whether the job has ended since: its arg is the caller's again. It never waits. */
bool mm_job_collect(struct mm_job *job);

#endif
