/* SPDX-License-Identifier: Apache-2.0 */
/* Threads of a server: with every signal blocked, since signals are the main thread's, and a small stack. */
#ifndef MINTMARK_THREAD_H
#define MINTMARK_THREAD_H

#include <mintmark/err.h>
#include <pthread.h>

/* Starts `run(arg)` in a thread that the caller joins. MM_EIO. */
MM_MUSTCHECK enum mm_code mm_thread_start(pthread_t *thread, void *(*run)(void *arg), void *arg, struct mm_err *err);

/* For the calling thread, for good: it gets next to nothing while others have work to do (nice 19). */
void mm_thread_lowest_priority(void);

#endif
