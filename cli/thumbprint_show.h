/* SPDX-License-Identifier: Apache-2.0 */
/* Chains and thumbprints, for people and for programs. */
#ifndef MINTMARK_CLI_THUMBPRINT_SHOW_H
#define MINTMARK_CLI_THUMBPRINT_SHOW_H

#include <jansson.h>
#include <mintmark/thumbprint.h>

/* Appends whose chain it is, and each certificate with names and dates; the one that was taken is marked. */
void mm_chain_add_text(struct mm_buf *out, const struct mm_thumbprint *thumbprint, mm_time now);

/* The same as an object, with both thumbprints and the findings. NULL: out of memory. */
json_t *mm_thumbprint_json(const struct mm_thumbprint *thumbprint);

#endif
