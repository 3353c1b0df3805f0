/* SPDX-License-Identifier: Apache-2.0 */
/* From argv to a command and back to an exit status. */
#ifndef MINTMARK_CLI_RUN_H
#define MINTMARK_CLI_RUN_H

#include "cli/command.h"

/*
 * Finds the command that argv names, parses the rest by its row, hardens the process where the row says so, runs it,
 * and reports a failure as "mintmark: LINE" and "hint: …" on standard error. Returns the exit status of mintmark(1):
 * 0 done, 1 refused or failed, 2 the command line or the configuration is wrong.
 */
int mm_cli_run(const struct mm_command *const *commands, int argc, char **argv);

/* The row with that name, or NULL; "token create" is one name. */
const struct mm_command *mm_command_find(const struct mm_command *const *commands, const char *name);
/*
 * The command, or group of commands, that `word` names in `group` (NULL: at the top). MM_EUSAGE: none; the line names
 * the nearest one.
 */
MM_MUSTCHECK enum mm_code mm_command_look_up(const struct mm_command *const *commands, const struct mm_command *group,
					     const char *word, const struct mm_command **out, struct mm_err *err);
/* Whether `command` is in the group `group` ("token"); NULL asks whether it is at the top. */
bool mm_command_in(const struct mm_command *command, const struct mm_command *group);
/* The last word of the command's name. */
const char *mm_command_word(const struct mm_command *command);

#endif
