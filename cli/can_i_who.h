/* SPDX-License-Identifier: Apache-2.0 */
/* Whom `mintmark caller can-i` asks about. */
#ifndef MINTMARK_CLI_CAN_I_WHO_H
#define MINTMARK_CLI_CAN_I_WHO_H

#include "cli/context.h"

#include <mintmark/callers.h>

/* {0} is nobody. */
struct mm_can_i_who {
	enum mm_caller_kind kind; /* by which credential; MM_CALLER_NOBODY: a name was given */
	struct mm_user user;      /* owned; without a name: the credential does not hold */
	struct mm_err refused;    /* why it does not */
};
void mm_can_i_who_clear(struct mm_can_i_who *who);

/*
 * Who has that user name, in `groups` and in those that everybody of the kind is in. MM_EUSAGE: no caller can have that
 * name, or these groups.
 */
MM_MUSTCHECK enum mm_code mm_can_i_named(const char *name, const struct mm_strings *groups, struct mm_can_i_who *out,
					 struct mm_err *err);
/*
 * Whom the admin listener would find behind a bearer token, or behind a client certificate; each is the path of a file,
 * "-" standard input. MM_OK also when it would find nobody.
 */
MM_MUSTCHECK enum mm_code mm_can_i_by_token(const char *path, const struct mm_config *config,
					    const struct mm_snapshot *snapshot, mm_time now, struct mm_can_i_who *out,
					    struct mm_err *err);
MM_MUSTCHECK enum mm_code mm_can_i_by_certificate(const char *path, const struct mm_config *config,
						  const struct mm_snapshot *snapshot, mm_time now,
						  struct mm_can_i_who *out, struct mm_err *err);

#endif
