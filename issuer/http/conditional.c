/* SPDX-License-Identifier: Apache-2.0 */
#include "issuer/http/conditional.h"

#include "issuer/http/head.h"

#include <string.h>

/* Weak comparison (RFC 9110 §13.1.2). To split at commas is safe: our tags have none, no tag has a quote inside. */
static bool list_has_tag(struct mm_span list, const char *etag)
{
	struct mm_span tag;

	while (mm_list_next(&list, &tag)) {
		if (mm_span_starts(tag, "W/"))
			tag = mm_span(tag.p + 2, tag.len - 2);
		if (mm_span_is(tag, etag) || mm_span_is(tag, "*"))
			return true;
	}
	return false;
}

static bool not_modified_since(const struct mm_request *request, mm_time modified)
{
	struct mm_span value = mm_request_header(request, "If-Modified-Since");
	char date[MM_HTTP_DATE_SIZE];
	mm_time since;

	if (!value.p || value.len != MM_HTTP_DATE_SIZE - 1)
		return false;
	memcpy(date, value.p, value.len);
	date[value.len] = '\0';
	return mm_http_date_parse(date, &since, NULL) == MM_OK && modified <= since;
}

bool mm_not_modified(const struct mm_request *request, const char *etag, mm_time modified)
{
	bool tags_given = false;

	for (size_t i = 0; i < request->header_count; i++) {
		if (!mm_name_is(request->headers[i].name, "If-None-Match"))
			continue;
		tags_given = true;
		if (list_has_tag(request->headers[i].value, etag))
			return true;
	}
	return !tags_given && not_modified_since(request, modified);
}
