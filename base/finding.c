/* SPDX-License-Identifier: Apache-2.0 */
#include <mintmark/finding.h>

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *const mm_finding_levels[] = {
	[MM_FINDING_PASS] = "pass",
	[MM_FINDING_SKIP] = "skip",
	[MM_FINDING_WARN] = "warn",
	[MM_FINDING_FAIL] = "fail",
};

/* Room for one more. The list is full at every power of two, so that the capacity need not be stored. */
static bool reserve(struct mm_findings *findings)
{
	struct mm_finding *v;

	if (findings->failed || (findings->n & (findings->n - 1)) != 0)
		return !findings->failed;
	v = reallocarray(findings->v, findings->n ? findings->n * 2 : 1, sizeof *v);
	if (v)
		findings->v = v;
	findings->failed = !v;
	return v != NULL;
}

void mm_finding_add(struct mm_findings *findings, enum mm_finding_level level, const char *check, const char *remedy,
		    const char *format, ...)
{
	char text[MM_ERR_TEXT_MAX + 1]; /* one more than a line may have: what is cut here is seen to be cut */
	struct mm_err line = {0};
	va_list args;
	char *copy;

	va_start(args, format);
	vsnprintf(text, sizeof text, format, args);
	va_end(args);
	mm_fail(&line, MM_EREFUSED, "%s", text); /* what makes an error one visible line makes this one */
	copy = strdup(line.text);
	if (!copy || !reserve(findings)) {
		free(copy);
		findings->failed = true;
		return;
	}
	findings->v[findings->n++] = (struct mm_finding){
		.level = level, .check = check, .text = copy, .remedy = remedy};
}

void mm_finding_repeat(struct mm_findings *findings, const struct mm_finding *finding)
{
	mm_finding_add(findings, finding->level, finding->check, finding->remedy, "%s", finding->text);
}

void mm_findings_move(struct mm_findings *to, struct mm_findings *from)
{
	to->failed = to->failed || from->failed;
	for (size_t i = 0; i < from->n; i++) {
		if (reserve(to))
			to->v[to->n++] = from->v[i];
		else
			free(from->v[i].text);
	}
	from->n = 0;
	mm_findings_free(from);
}

enum mm_finding_level mm_findings_worst(const struct mm_findings *findings)
{
	enum mm_finding_level worst = MM_FINDING_PASS;

	for (size_t i = 0; i < findings->n; i++) {
		if (findings->v[i].level > worst)
			worst = findings->v[i].level;
	}
	return worst;
}

size_t mm_findings_count(const struct mm_findings *findings, enum mm_finding_level level)
{
	size_t count = 0;

	for (size_t i = 0; i < findings->n; i++)
		count += findings->v[i].level == level;
	return count;
}

const struct mm_finding *mm_findings_find(const struct mm_findings *findings, const char *check)
{
	for (size_t i = 0; i < findings->n; i++) {
		if (strcmp(findings->v[i].check, check) == 0)
			return &findings->v[i];
	}
	return NULL;
}

enum mm_code mm_findings_check(const struct mm_findings *findings, struct mm_err *err)
{
	return findings->failed ? mm_fail(err, MM_ENOMEM, "out of memory") : MM_OK;
}

void mm_findings_free(struct mm_findings *findings)
{
	for (size_t i = 0; i < findings->n; i++)
		free(findings->v[i].text);
	free(findings->v);
	*findings = (struct mm_findings){0};
}
