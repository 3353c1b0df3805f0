/* SPDX-License-Identifier: Apache-2.0 */
#include "issuer/iam/explain_parts.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

void mm_statement_label(const struct mm_iam_statement *statement, char out[static MM_LABEL_SIZE])
{
	if (statement->sid)
		snprintf(out, MM_LABEL_SIZE, "Statement[%zu] (%.64s)", statement->index, statement->sid);
	else
		snprintf(out, MM_LABEL_SIZE, "Statement[%zu]", statement->index);
}

const char *mm_behind(const char *text, const char *prefix)
{
	size_t len = strlen(prefix);

	return strncmp(text, prefix, len) == 0 ? text + len : NULL;
}

const char *mm_behind_nocase(const char *text, const char *prefix)
{
	size_t len = strlen(prefix);

	return strncasecmp(text, prefix, len) == 0 ? text + len : NULL;
}

bool mm_subject_split(const char *subject, struct mm_span *namespace, struct mm_span *name)
{
	const char *rest = mm_behind(subject, MM_USER_SERVICE_ACCOUNT);
	const char *colon = rest ? strchr(rest, ':') : NULL;

	if (!colon)
		return false;
	*namespace = mm_span(rest, (size_t)(colon - rest));
	*name = mm_span_str(colon + 1);
	return namespace->len > 0 && name->len > 0;
}

/* In seconds up to two minutes, in minutes up to two days, in hours up to a month, then in days. */
void mm_distance_text(mm_time a, mm_time b, char out[static MM_DURATION_TEXT_SIZE])
{
	static const struct {
		uint64_t below, unit;
	} steps[] = {{120, 1}, {2 * 86400, 60}, {30 * 86400, 3600}, {UINT64_MAX, 86400}};
	uint64_t distance = a > b ? (uint64_t)a - (uint64_t)b : (uint64_t)b - (uint64_t)a;
	size_t i = 0;

	if (distance > (uint64_t)MM_TIME_MAX)
		distance = (uint64_t)MM_TIME_MAX;
	while (distance >= steps[i].below)
		i++;
	mm_duration_format((mm_duration)(distance - distance % steps[i].unit), out);
}
