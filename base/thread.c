/* SPDX-License-Identifier: Apache-2.0 */
#include <mintmark/thread.h>

#include <errno.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#define STACK_SIZE (512 * 1024) /* a handshake needs some 30 KiB; the default of 8 MiB counts when memory is locked */

enum mm_code mm_thread_start(pthread_t *thread, void *(*run)(void *arg), void *arg, struct mm_err *err)
{
	pthread_attr_t attributes;
	sigset_t all, before;

	pthread_attr_init(&attributes);
	pthread_attr_setstacksize(&attributes, STACK_SIZE);
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before); /* a new thread inherits it */
	errno = pthread_create(thread, &attributes, run, arg);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	pthread_attr_destroy(&attributes);
	return errno ? mm_fail_errno(err, "cannot start a thread") : MM_OK;
}

/*
 * Not SCHED_IDLE: on a busy machine such a thread may not run for minutes, and if it holds one of OpenSSL's or the
 * allocator's locks just then, all others wait with it.
 */
void mm_thread_lowest_priority(void)
{
	/* On Linux it is of the thread, in spite of POSIX. It is never refused: less is always allowed. */
	(void)setpriority(PRIO_PROCESS, (id_t)gettid(), 19);
}
