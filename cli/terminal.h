/* SPDX-License-Identifier: Apache-2.0 */
/* What the terminal that reads an answer can show. */
#ifndef MINTMARK_CLI_TERMINAL_H
#define MINTMARK_CLI_TERMINAL_H

#include <stdbool.h>
#include <stddef.h>

#define MM_COLUMNS_MIN 20
#define MM_COLUMNS_MAX 1000

struct mm_terminal {
	size_t columns; /* from MM_COLUMNS_MIN to MM_COLUMNS_MAX */
	bool utf8;
	bool colour;
};

/*
 * Of `fd`: its width, or that of $COLUMNS, or 80; UTF-8 when the locale is of it ($LC_ALL, $LC_CTYPE, $LANG); colour
 * when it is a terminal that has it and $NO_COLOR is not set (no-color.org).
 */
struct mm_terminal mm_terminal_of(int fd);

#endif
