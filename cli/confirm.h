/* SPDX-License-Identifier: Apache-2.0 */
/* The question before a change that hurts somebody. */
#ifndef MINTMARK_CLI_CONFIRM_H
#define MINTMARK_CLI_CONFIRM_H

#include "cli/command.h"

/*
 * Asks on standard error and reads the answer from standard input, which must be a terminal: a script says --yes.
 * MM_OK: the answer was y or yes. MM_EREFUSED: it was another one, or none. MM_EUSAGE: there is nobody to ask; the hint
 * names --yes.
 */
MM_MUSTCHECK enum mm_code mm_confirm(struct mm_call *call, struct mm_err *err);

#endif
