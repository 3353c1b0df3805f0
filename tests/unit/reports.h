/* SPDX-License-Identifier: Apache-2.0 */
/* What a test asks of findings. */
#ifndef MINTMARK_TESTS_REPORTS_H
#define MINTMARK_TESTS_REPORTS_H

#include "tests/unit/support.h"

#include <mintmark/finding.h>

/* Of that check there must be one finding, of that level, whose text has `part`; what is not right has a remedy. */
#define assert_found(findings, level, check, part)                                                                     \
	test_assert_found((findings), (level), (check), (part), __FILE__, __LINE__)
void test_assert_found(const struct mm_findings *findings, enum mm_finding_level level, const char *check,
		       const char *part, const char *file, int line);

/* The names of those that warn or fail, in their order, with a space between them, in static space. */
const char *test_faults(const struct mm_findings *findings);

#endif
