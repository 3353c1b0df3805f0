/* SPDX-License-Identifier: Apache-2.0 */
/* Text for a terminal that is only so wide. */
#ifndef MINTMARK_CLI_FLOW_H
#define MINTMARK_CLI_FLOW_H

#include <mintmark/bytes.h>

struct mm_flow {
	struct mm_buf *out;
	size_t columns;
	size_t indent; /* of every line, also of the first where nothing stands in it yet */
	size_t column; /* where the line under way ends; 0: nothing stands in it */
};

/*
 * Appends a piece after a space, or in the next line where there is no room for it; it is broken, at its spaces, only
 * where a whole line is too short for it. It is UTF-8 of characters one column wide, and may set colours.
 */
void mm_flow_add(struct mm_flow *flow, const char *piece);

/* `columns` spaces. */
void mm_pad(struct mm_buf *out, size_t columns);

/* A newline, in place of the spaces that the line ends with. */
void mm_end_line(struct mm_buf *out);

#endif
