/* SPDX-License-Identifier: Apache-2.0 */
/* What a command says: the answer, alone, on standard output; everything else on standard error. */
#ifndef MINTMARK_CLI_OUTPUT_H
#define MINTMARK_CLI_OUTPUT_H

#include "cli/command.h"

#include <jansson.h>

/* Writes the whole answer at once, so that a failure before it leaves standard output empty. MM_EIO, MM_ENOMEM. */
MM_MUSTCHECK enum mm_code mm_print(const struct mm_buf *answer, struct mm_err *err);

/* The same for JSON, indented and visible (see below); takes `answer` over (NULL: MM_ENOMEM). */
MM_MUSTCHECK enum mm_code mm_print_json(json_t *answer, struct mm_err *err);

/*
 * Appends what a stranger wrote so that it cannot steer a terminal: control characters, C1 and DEL included, become
 * \u00XX. In JSON text that changes nothing, and its line breaks are not the stranger's: `json` keeps them.
 */
void mm_add_visible(struct mm_buf *out, struct mm_span text, bool json);

/* "mintmark: …" on standard error. */
void mm_note(const char *format, ...) MM_PRINTF(1, 2);

/* What to do about the failure that the command is about to return; the last one stands. */
void mm_hint(struct mm_call *call, const char *format, ...) MM_PRINTF(2, 3);

bool mm_wants_json(const struct mm_call *call); /* for commands whose options begin with struct mm_common_options */

/* RFC 3339 as a JSON string; null for MM_NEVER. NULL when there is no memory. */
json_t *mm_json_time(mm_time time);

/* "in 59m", "3d2h ago", "now": the two largest units of the distance. */
#define MM_DISTANCE_SIZE 64
void mm_distance_format(mm_time time, mm_time now, char out[static MM_DISTANCE_SIZE]);

/* "2026-11-22T00:15:00Z (in 59m)" */
void mm_add_when(struct mm_buf *out, mm_time time, mm_time now);

#endif
