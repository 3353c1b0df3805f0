/* SPDX-License-Identifier: Apache-2.0 */
#include "issuer/http/response.h"
#include "tests/unit/support.h"

#include <string.h>

#define NOW ((mm_time)1795309200)

static char *head(const struct mm_response *response, bool keep_alive, mm_time now, struct mm_date *date)
{
	struct mm_buf out = {0};
	char *text;

	mm_response_head(&out, response, keep_alive, now, date);
	text = mm_buf_take(&out);
	assert_non_null(text);
	return text;
}

static void a_head_is_complete(void **state)
{
	struct mm_response response = {.status = 200, .content_type = "text/plain", .no_store = true};
	struct mm_date date = {0};
	mm_auto_string text = NULL;

	(void)state;
	mm_buf_add_str(&response.body, "ok");
	text = head(&response, true, NOW, &date);
	assert_string_equal(text, "HTTP/1.1 200 OK\r\n"
				  "Date: Sun, 22 Nov 2026 01:00:00 GMT\r\n"
				  "Cache-Control: no-store\r\n"
				  "Content-Type: text/plain\r\n"
				  "X-Content-Type-Options: nosniff\r\n"
				  "Content-Length: 2\r\n"
				  "\r\n");
	mm_response_clear(&response);
}

static void a_connection_that_closes_says_so(void **state)
{
	struct mm_response response = {.status = 404};
	struct mm_date date = {0};
	mm_auto_string text = head(&response, false, NOW, &date);

	(void)state;
	assert_contains(text, "\r\nConnection: close\r\n");
}

static void a_prepared_head_stops_before_its_own_lines(void **state)
{
	const struct mm_buf prepared = {0};
	struct mm_response response = {.status = 304, .prepared_headers = &prepared, .prepared_body = &prepared};
	struct mm_date date = {0};
	mm_auto_string text = head(&response, true, NOW, &date);

	(void)state;
	assert_string_equal(text, "HTTP/1.1 304 Not Modified\r\nDate: Sun, 22 Nov 2026 01:00:00 GMT\r\n");
}

static void the_date_follows_the_clock(void **state)
{
	struct mm_response response = {.status = 200};
	struct mm_date date = {0};
	mm_auto_string first = head(&response, true, NOW, &date);
	mm_auto_string second = head(&response, true, NOW + 1, &date);

	(void)state;
	assert_contains(first, "01:00:00 GMT");
	assert_contains(second, "01:00:01 GMT");
}

static void a_public_error_is_one_line_of_json(void **state)
{
	struct mm_response response = {0};

	(void)state;
	mm_response_error(&response, MM_ERROR_PLAIN, 404, NULL);
	assert_int_equal(response.status, 404);
	assert_string_equal(response.body.p, "{\"error\":\"not found\"}\n");
	assert_string_equal(response.content_type, "application/json");
	assert_true(response.no_store);
	mm_response_clear(&response);
}

static void an_admin_error_is_a_kubernetes_status(void **state)
{
	struct mm_response response = {0};

	(void)state;
	mm_response_error(&response, MM_ERROR_STATUS_JSON, 403, "a \"quoted\" reason");
	assert_string_equal(response.content_type, "application/json");
	assert_string_equal(response.body.p,
			    "{\"kind\":\"Status\",\"apiVersion\":\"v1\",\"metadata\":{},\"status\":\"Failure\","
			    "\"message\":\"a \\\"quoted\\\" reason\",\"reason\":\"Forbidden\",\"code\":403}\n");
	mm_response_clear(&response);
}

static void an_admin_error_can_be_protobuf(void **state)
{
	struct mm_response response = {0};

	(void)state;
	mm_response_error(&response, MM_ERROR_STATUS_PROTOBUF, 404, NULL);
	assert_string_equal(response.content_type, "application/vnd.kubernetes.protobuf");
	assert_memory_equal(response.body.p, "k8s\0", 4);
	mm_response_clear(&response);
}

static void who_is_to_come_back_later_reads_when(void **state)
{
	const struct mm_kube_status status = {.code = 429, .reason = "TooManyRequests", .retry_after = 7};
	struct mm_response response = {0};

	(void)state;
	mm_response_status(&response, MM_MEDIA_JSON, &status);
	assert_int_equal(response.status, 429);
	assert_string_equal(response.extra_headers.p, "Retry-After: 7\r\n");
	assert_contains(response.body.p, "\"details\":{\"retryAfterSeconds\":7}");
	assert_true(response.no_store);
	mm_response_clear(&response);
}

static void every_status_that_an_error_code_has_is_known(void **state)
{
	(void)state;
	for (int code = MM_EUSAGE; code < MM_CODE_COUNT; code++) {
		int status = mm_code_http_status((enum mm_code)code);

		assert_int_equal(mm_statuses[mm_status_index(status)].code, status);
	}
}

static void an_unknown_status_counts_as_500(void **state)
{
	(void)state;
	assert_int_equal(mm_statuses[mm_status_index(299)].code, 500);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_head_is_complete),
		cmocka_unit_test(a_connection_that_closes_says_so),
		cmocka_unit_test(a_prepared_head_stops_before_its_own_lines),
		cmocka_unit_test(the_date_follows_the_clock),
		cmocka_unit_test(a_public_error_is_one_line_of_json),
		cmocka_unit_test(an_admin_error_is_a_kubernetes_status),
		cmocka_unit_test(an_admin_error_can_be_protobuf),
		cmocka_unit_test(who_is_to_come_back_later_reads_when),
		cmocka_unit_test(every_status_that_an_error_code_has_is_known),
		cmocka_unit_test(an_unknown_status_counts_as_500),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
