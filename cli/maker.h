/* SPDX-License-Identifier: Apache-2.0 */
/* Where a command has its new keys from. */
#ifndef MINTMARK_CLI_MAKER_H
#define MINTMARK_CLI_MAKER_H

#include <mintmark/schedule.h>

/* As mm_generate_probed; a person at a terminal is told of a key that takes seconds to make. */
extern const struct mm_key_maker mm_cli_maker;

#endif
