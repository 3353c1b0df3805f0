/* SPDX-License-Identifier: Apache-2.0 */
/* Findings on the command line: a line for each for people, an array of objects for programs. */
#ifndef MINTMARK_CLI_FINDINGS_H
#define MINTMARK_CLI_FINDINGS_H

#include <jansson.h>
#include <mintmark/finding.h>

/*
 * Appends those of level `least` or worse, in their order: level, name and text in columns, and on a line of its own,
 * below the text, the remedy. `colour`: of the level, for a terminal that has it (terminal.h).
 */
void mm_findings_add_text(struct mm_buf *out, const struct mm_findings *findings, enum mm_finding_level least,
			  bool colour);

/* The same on standard error, for a command whose answer is something else. */
void mm_findings_note(const struct mm_findings *findings, enum mm_finding_level least);

/* All of them: [{"check", "level", "text", "remedy"}]; a remedy that there is not is null. NULL: out of memory. */
json_t *mm_findings_json(const struct mm_findings *findings);

#endif
