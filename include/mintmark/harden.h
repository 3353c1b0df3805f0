/* SPDX-License-Identifier: Apache-2.0 */
/* What a process that holds private keys does to itself before it reads the first of them. */
#ifndef MINTMARK_HARDEN_H
#define MINTMARK_HARDEN_H

#include <mintmark/err.h>
#include <stdbool.h>

/*
 * No core dumps (RLIMIT_CORE 0), not dumpable nor traceable by others of the same uid (PR_SET_DUMPABLE 0), no new
 * privileges (PR_SET_NO_NEW_PRIVS), umask 077, SIGPIPE ignored.
 */
MM_MUSTCHECK enum mm_code mm_process_harden(struct mm_err *err);

/*
 * Takes the places of those standard streams that are closed, so that no file which is opened later gets their number
 * and the output that was meant for the stream. Reading and writing them fails as before. First of all in a program.
 */
void mm_process_guard_streams(void);

/* Locks the process's memory so that keys are not swapped out. Best effort: returns whether the system allowed it. */
bool mm_process_lock_memory(void);

#endif
