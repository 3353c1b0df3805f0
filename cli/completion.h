/* SPDX-License-Identifier: Apache-2.0 */
/* Shell completion, generated from the rows. */
#ifndef MINTMARK_CLI_COMPLETION_H
#define MINTMARK_CLI_COMPLETION_H

#include "cli/command.h"

/* Append a script that completes commands, flags, and the values that the rows know. */
void mm_completion_bash(const struct mm_command *const *commands, struct mm_buf *out);
void mm_completion_zsh(const struct mm_command *const *commands, struct mm_buf *out);

#endif
