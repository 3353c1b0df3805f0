/* SPDX-License-Identifier: Apache-2.0 */
/* Help, generated from the rows and wrapped at 80 columns. */
#ifndef MINTMARK_CLI_HELP_H
#define MINTMARK_CLI_HELP_H

#include "cli/command.h"

#define MM_HELP_COLUMNS 80

/* Appends the help for a command, a group, or the whole program (`command` NULL). */
void mm_help_write(const struct mm_command *const *commands, const struct mm_command *command, struct mm_buf *out);

MM_MUSTCHECK enum mm_code mm_help_print(const struct mm_command *const *commands, const struct mm_command *command,
					struct mm_err *err);

#endif
