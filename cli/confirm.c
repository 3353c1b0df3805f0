/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/confirm.h"

#include "cli/output.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

static bool is_yes(const char *answer)
{
	return strcasecmp(answer, "y") == 0 || strcasecmp(answer, "yes") == 0;
}

enum mm_code mm_confirm(struct mm_call *call, struct mm_err *err)
{
	char answer[64];

	if (!isatty(STDIN_FILENO)) {
		mm_hint(call, "--yes goes on without asking");
		return mm_fail(err, MM_EUSAGE,
			       "nothing was changed: standard input is no terminal, so nobody can be asked");
	}
	fputs("Go on? [y/N] ", stderr);
	if (!fgets(answer, sizeof answer, stdin)) {
		fputc('\n', stderr); /* the end of file was typed: the cursor stands behind the question */
		answer[0] = '\0';
	}
	answer[strcspn(answer, "\n")] = '\0';
	if (is_yes(answer))
		return MM_OK;
	return mm_fail(err, MM_EREFUSED, "nothing was changed: the answer was not yes");
}
