/* SPDX-License-Identifier: Apache-2.0 */
/* The --claim NAME=JSON flags of a command. */
#ifndef MINTMARK_CLI_CLAIM_FLAGS_H
#define MINTMARK_CLI_CLAIM_FLAGS_H

#include "cli/command.h"

#include <jansson.h>

/*
 * The claims as one object, which the caller frees; NULL when there are none. MM_EUSAGE: not NAME=JSON, or a name twice;
 * the hint says how a text is written.
 */
MM_MUSTCHECK enum mm_code mm_collect_claims(struct mm_call *call, const struct mm_strings *texts, json_t **out,
					    struct mm_err *err);

#endif
