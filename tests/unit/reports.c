/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/reports.h"

#include <stdio.h>
#include <string.h>

void test_assert_found(const struct mm_findings *findings, enum mm_finding_level level, const char *check,
		       const char *part, const char *file, int line)
{
	const struct mm_finding *found = NULL;
	size_t n = 0;

	for (size_t i = 0; i < findings->n; i++) {
		if (strcmp(findings->v[i].check, check) == 0) {
			found = &findings->v[i];
			n++;
		}
	}
	if (n != 1)
		print_error("%s: found %zu times\n", check, n);
	else if (found->level != level || !strstr(found->text, part))
		print_error("%s: %s \"%s\", expected %s with \"%s\"\n", check, mm_finding_levels[found->level],
			    found->text, mm_finding_levels[level], part);
	else if (level >= MM_FINDING_WARN && !found->remedy)
		print_error("%s: it has no remedy\n", check);
	else
		return;
	_fail(file, line);
}

const char *test_faults(const struct mm_findings *findings)
{
	static char text[1024];
	size_t len = 0;

	text[0] = '\0';
	for (size_t i = 0; i < findings->n; i++) {
		if (findings->v[i].level >= MM_FINDING_WARN)
			len += (size_t)snprintf(text + len, sizeof text - len, "%s%s", len > 0 ? " " : "",
						findings->v[i].check);
		assert_true(len < sizeof text);
	}
	return text;
}
