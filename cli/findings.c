/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/findings.h"

#include "cli/flow.h"
#include "cli/output.h"
#include "cli/terminal.h"

#include <mintmark/json.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define GAP 2 /* columns between two columns */

/* SGR parameters (ECMA-48 §8.3.117). */
static const char *const colours[] = {
	[MM_FINDING_PASS] = "32",
	[MM_FINDING_SKIP] = "37",
	[MM_FINDING_WARN] = "33",
	[MM_FINDING_FAIL] = "31",
};

/* ---- for people ------------------------------------------------------------------------------------------------- */

static size_t widest_check(const struct mm_findings *findings, enum mm_finding_level least)
{
	size_t widest = 0;

	for (size_t i = 0; i < findings->n; i++) {
		const struct mm_finding *finding = &findings->v[i];

		if (finding->level >= least && strlen(finding->check) > widest)
			widest = strlen(finding->check);
	}
	return widest;
}

/* All words of levels are equally long. */
static void add_level(struct mm_buf *out, enum mm_finding_level level, bool colour)
{
	if (colour)
		mm_buf_printf(out, "\x1b[%sm", colours[level]);
	mm_buf_add_str(out, mm_finding_levels[level]);
	if (colour)
		mm_buf_add_str(out, "\x1b[0m");
	mm_pad(out, GAP);
}

void mm_findings_add_text(struct mm_buf *out, const struct mm_findings *findings, enum mm_finding_level least,
			  bool colour)
{
	size_t widest = widest_check(findings, least);

	for (size_t i = 0; i < findings->n; i++) {
		const struct mm_finding *finding = &findings->v[i];

		if (finding->level < least)
			continue;
		add_level(out, finding->level, colour);
		mm_buf_printf(out, "%-*s%s\n", (int)(widest + GAP), finding->check, finding->text);
		if (!finding->remedy)
			continue;
		mm_pad(out, strlen(mm_finding_levels[finding->level]) + GAP + widest + GAP);
		mm_buf_printf(out, "%s\n", finding->remedy);
	}
}

void mm_findings_note(const struct mm_findings *findings, enum mm_finding_level least)
{
	mm_auto_buf text = {0};

	mm_findings_add_text(&text, findings, least, mm_terminal_of(STDERR_FILENO).colour);
	if (text.len > 0)
		fputs(text.p, stderr);
}

/* ---- for programs ----------------------------------------------------------------------------------------------- */

json_t *mm_findings_json(const struct mm_findings *findings)
{
	json_t *array = json_array();

	for (size_t i = 0; i < findings->n; i++) {
		const struct mm_finding *finding = &findings->v[i];
		json_t *object = json_pack("{s:s, s:s, s:s, s:s?}", "check", finding->check, "level",
					   mm_finding_levels[finding->level], "text", finding->text, "remedy",
					   finding->remedy);

		array = mm_json_append(array, object);
	}
	return array;
}
