/* SPDX-License-Identifier: Apache-2.0 */
/* An explanation of trust, for people and for programs. */
#ifndef MINTMARK_CLI_EXPLANATION_H
#define MINTMARK_CLI_EXPLANATION_H

#include <jansson.h>
#include <mintmark/explain.h>

/* The verdict and its likeliest reason, then what was found, then each statement and condition, then all hints. */
void mm_explanation_add_text(struct mm_buf *out, const struct mm_explanation *explanation, bool colour);

/*
 * {"allowed", "verdict", "error", "decided", "principal", "token", "provider", "account", "statements", "hints"}; NULL
 * when there is no memory.
 */
json_t *mm_explanation_json(const struct mm_explanation *explanation);

#endif
