/* SPDX-License-Identifier: Apache-2.0 */
/* Starting a program that is none of our own: without a shell, and with nothing of ours that it does not need. */
#ifndef MINTMARK_ISSUER_SPAWN_H
#define MINTMARK_ISSUER_SPAWN_H

#include <mintmark/bytes.h>
#include <sys/types.h>

/*
 * Starts command->v[0] with the rest as its arguments, in a process group of its own, whose number is `*pid`. Standard
 * input is empty, standard output goes where standard error goes; no other descriptor is open, and no signal blocked or
 * ignored. The caller waits for it. MM_EIO: it cannot be started (the line names it), MM_ENOMEM.
 */
MM_MUSTCHECK enum mm_code mm_spawn(const struct mm_strings *command, const struct mm_strings *environment, pid_t *pid,
				   struct mm_err *err);

#endif
