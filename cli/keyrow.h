/* SPDX-License-Identifier: Apache-2.0 */
/* One key as commands show it. */
#ifndef MINTMARK_CLI_KEYROW_H
#define MINTMARK_CLI_KEYROW_H

#include <jansson.h>
#include <mintmark/keyset.h>

struct mm_key_row {
	const char *kid; /* borrowed from the record */
	const char *algorithm;
	const char *state;
	mm_time since;    /* when it came into that state */
	const char *next; /* what comes next: "ready", "stands by", … */
	mm_time next_at;  /* MM_NEVER: not known, or not a matter of time alone */
};

struct mm_key_row mm_key_row(const struct mm_key_record *record, mm_time now);

/* The same, the thumbprint and every stored time, as an object that the caller owns; NULL when there is no memory. */
json_t *mm_key_row_json(const struct mm_key_record *record, mm_time now);

#endif
