/* SPDX-License-Identifier: Apache-2.0 */
/* The tables as JSON, for the tests that compare the documentation with them ("mintmark help --dump json"). */
#ifndef MINTMARK_CLI_DUMP_H
#define MINTMARK_CLI_DUMP_H

#include "cli/command.h"

#include <jansson.h>

/*
 * {"version", "commands": [{"name", "arguments", "help", "group", "flags": [{"name", "letter", "value", …}]}],
 * "options": [{"name", "type", "default", "accepts", …}]}; owned by the caller, NULL when there is no memory.
 */
json_t *mm_dump_tables(const struct mm_command *const *commands);

#endif
