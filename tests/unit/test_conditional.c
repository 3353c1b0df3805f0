/* SPDX-License-Identifier: Apache-2.0 */
#include "issuer/http/conditional.h"
#include "tests/unit/support.h"

#include <string.h>

#define ETAG     "\"abc_-1\""
#define MODIFIED ((mm_time)1795309200) /* Sun, 22 Nov 2026 01:00:00 GMT */

static bool not_modified(const char *name, const char *value)
{
	struct mm_request request = {.header_count = 1};

	request.headers[0] = (struct mm_header){mm_span_str(name), mm_span_str(value)};
	return mm_not_modified(&request, ETAG, MODIFIED);
}

static void without_a_condition_the_document_is_sent(void **state)
{
	struct mm_request request = {0};

	(void)state;
	assert_false(mm_not_modified(&request, ETAG, MODIFIED));
}

static void the_same_tag_matches_also_weakly_and_in_a_list(void **state)
{
	(void)state;
	assert_true(not_modified("If-None-Match", ETAG));
	assert_true(not_modified("if-none-match", "W/" ETAG));
	assert_true(not_modified("If-None-Match", "\"x\" , \"a,b\"," ETAG));
	assert_true(not_modified("If-None-Match", "*"));
}

static void another_tag_does_not_match(void **state)
{
	(void)state;
	assert_false(not_modified("If-None-Match", "\"abc\""));
	assert_false(not_modified("If-None-Match", "abc_-1"));
	assert_false(not_modified("If-None-Match", "w/" ETAG));
	assert_false(not_modified("If-None-Match", ""));
}

static void dates_decide_when_there_is_no_tag(void **state)
{
	(void)state;
	assert_true(not_modified("If-Modified-Since", "Sun, 22 Nov 2026 01:00:00 GMT"));
	assert_true(not_modified("If-Modified-Since", "Sun, 22 Nov 2026 01:00:01 GMT"));
	assert_false(not_modified("If-Modified-Since", "Sun, 22 Nov 2026 00:59:59 GMT"));
}

static void what_is_no_date_is_ignored(void **state)
{
	(void)state;
	assert_false(not_modified("If-Modified-Since", "tomorrow"));
	assert_false(not_modified("If-Modified-Since", "Sun, 22 Nov 2099 01:00:00 CET"));
	assert_false(not_modified("If-Modified-Since", "Sunday, 22-Nov-99 01:00:00 GMT"));
}

static void a_tag_that_differs_beats_a_date_that_agrees(void **state)
{
	struct mm_request request = {.header_count = 2};

	(void)state;
	request.headers[0] = (struct mm_header){mm_span_str("If-Modified-Since"),
						mm_span_str("Sun, 22 Nov 2026 02:00:00 GMT")};
	request.headers[1] = (struct mm_header){mm_span_str("If-None-Match"), mm_span_str("\"other\"")};
	assert_false(mm_not_modified(&request, ETAG, MODIFIED));
}

static void tags_may_be_spread_over_several_fields(void **state)
{
	struct mm_request request = {.header_count = 2};

	(void)state;
	request.headers[0] = (struct mm_header){mm_span_str("If-None-Match"), mm_span_str("\"other\"")};
	request.headers[1] = (struct mm_header){mm_span_str("If-None-Match"), mm_span_str(ETAG)};
	assert_true(mm_not_modified(&request, ETAG, MODIFIED));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_a_condition_the_document_is_sent),
		cmocka_unit_test(the_same_tag_matches_also_weakly_and_in_a_list),
		cmocka_unit_test(another_tag_does_not_match),
		cmocka_unit_test(dates_decide_when_there_is_no_tag),
		cmocka_unit_test(what_is_no_date_is_ignored),
		cmocka_unit_test(a_tag_that_differs_beats_a_date_that_agrees),
		cmocka_unit_test(tags_may_be_spread_over_several_fields),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
