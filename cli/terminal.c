/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/terminal.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define COLUMNS_USUAL 80

static bool is_set(const char *value)
{
	return value && *value != '\0';
}

static size_t columns_of(int fd)
{
	const char *text = getenv("COLUMNS");
	struct winsize size = {0};
	unsigned long columns = 0;

	if (ioctl(fd, TIOCGWINSZ, &size) == 0)
		columns = size.ws_col;
	if (columns == 0 && is_set(text))
		columns = strtoul(text, NULL, 10);
	if (columns == 0)
		columns = COLUMNS_USUAL;
	return columns < MM_COLUMNS_MIN ? MM_COLUMNS_MIN : columns > MM_COLUMNS_MAX ? MM_COLUMNS_MAX : columns;
}

/* The first that is set decides, as for setlocale(3); the program itself stays in the C locale. */
static bool speaks_utf8(void)
{
	const char *const names[] = {getenv("LC_ALL"), getenv("LC_CTYPE"), getenv("LANG")};

	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		if (is_set(names[i]))
			return strcasestr(names[i], "utf-8") || strcasestr(names[i], "utf8");
	}
	return false;
}

static bool has_colour(int fd)
{
	const char *term = getenv("TERM");

	return isatty(fd) && !is_set(getenv("NO_COLOR")) && is_set(term) && strcmp(term, "dumb") != 0;
}

struct mm_terminal mm_terminal_of(int fd)
{
	return (struct mm_terminal){.columns = columns_of(fd), .utf8 = speaks_utf8(), .colour = has_colour(fd)};
}
