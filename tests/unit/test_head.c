/* SPDX-License-Identifier: Apache-2.0 */
/* The head of a request: the rows of "what must be survived" that concern it, each by its name. */
#include "issuer/http/head.h"
#include "tests/unit/support.h"

#include <stdio.h>
#include <string.h>

static struct mm_request request;
static struct mm_framing framing;
static const char *why;

static int parse(const char *head)
{
	why = NULL;
	memset(&request, 0, sizeof request);
	return mm_head_parse(mm_span_str(head), &request, &framing, &why);
}

#define assert_span(span, text) assert_true(mm_span_is((span), (text)))

static void assert_refused(const char *head, int status, const char *reason)
{
	assert_int_equal(parse(head), status);
	assert_non_null(why);
	assert_contains(why, reason);
}

static void reads_method_path_query_and_fields(void **state)
{
	(void)state;
	assert_int_equal(parse("GET /a/b?c=d HTTP/1.1\r\nHost: h:1\r\nX-One:  two words\t\r\n\r\n"), 0);
	assert_int_equal(request.method, MM_GET);
	assert_span(request.method_text, "GET");
	assert_span(request.path, "/a/b");
	assert_span(request.query, "c=d");
	assert_span(request.host, "h:1");
	assert_span(mm_request_header(&request, "x-one"), "two words");
	assert_int_equal(request.header_count, 2);
	assert_true(request.keep_alive);
}

static void a_target_without_a_question_mark_has_no_query(void **state)
{
	(void)state;
	assert_int_equal(parse("HEAD / HTTP/1.1\r\nHost: h\r\n\r\n"), 0);
	assert_int_equal(request.method, MM_HEAD);
	assert_null(request.query.p);
}

static void methods_are_case_sensitive(void **state)
{
	(void)state;
	assert_int_equal(parse("get / HTTP/1.1\r\nHost: h\r\n\r\n"), 0);
	assert_int_equal(request.method, MM_OTHER_METHOD);
}

static void paths_are_not_decoded(void **state)
{
	(void)state;
	assert_int_equal(parse("GET /a/../%2e%2e//b HTTP/1.1\r\nHost: h\r\n\r\n"), 0);
	assert_span(request.path, "/a/../%2e%2e//b");
}

static void a_header_that_is_there_twice_is_absent(void **state)
{
	(void)state;
	assert_int_equal(parse("GET / HTTP/1.1\r\nHost: h\r\nA: 1\r\na: 2\r\n\r\n"), 0);
	assert_null(mm_request_header(&request, "A").p);
	assert_null(mm_request_header(&request, "B").p);
}

static void absolute_form_gives_path_and_host(void **state)
{
	(void)state;
	assert_int_equal(parse("GET HTTPS://other:1/p?q HTTP/1.1\r\nHost: h\r\n\r\n"), 0);
	assert_span(request.path, "/p");
	assert_span(request.query, "q");
	assert_span(request.host, "other:1");
}

static void absolute_form_without_a_path_is_the_root(void **state)
{
	(void)state;
	assert_int_equal(parse("GET http://other?q HTTP/1.1\r\nHost: h\r\n\r\n"), 0);
	assert_span(request.path, "/");
	assert_span(request.query, "q");
}

static void absolute_form_with_a_doubtful_authority_is_refused(void **state)
{
	static const char *const targets[] = {"http:///p", "http://u@h/p", "http://:80/p", "ftp://h/p",
					      "http:/p",   "http:p",       "h:80",         "*",
					      "p",         "http:"};
	char head[128];

	(void)state;
	for (size_t i = 0; i < MM_COUNT(targets); i++) {
		snprintf(head, sizeof head, "GET %s HTTP/1.1\r\nHost: h\r\n\r\n", targets[i]);
		assert_refused(head, 400, "target");
	}
}

static void a_path_that_begins_with_two_slashes_is_just_a_path(void **state)
{
	(void)state;
	assert_int_equal(parse("GET //evil/openid HTTP/1.1\r\nHost: h\r\n\r\n"), 0);
	assert_span(request.path, "//evil/openid");
	assert_span(request.host, "h");
}

static void control_bytes_in_the_target_are_refused(void **state)
{
	static const char *const targets[] = {"/a\tb", "/a\rb", "/a\x01", "/a\x7f", "/a\x80",
					      "/a b",  "/a#b",  "/\"",    ""};
	char head[128];

	(void)state;
	for (size_t i = 0; i < MM_COUNT(targets); i++) {
		snprintf(head, sizeof head, "GET %s HTTP/1.1\r\nHost: h\r\n\r\n", targets[i]);
		assert_int_equal(parse(head), 400);
	}
}

static void nul_in_target_name_or_value_is_refused(void **state)
{
	static const char target[] = "GET /\0 HTTP/1.1\r\nHost: h\r\n\r\n";
	static const char name[] = "GET / HTTP/1.1\r\nHost: h\r\nA\0: b\r\n\r\n";
	static const char value[] = "GET / HTTP/1.1\r\nHost: h\r\nA: \0\r\n\r\n";

	(void)state;
	assert_int_equal(mm_head_parse(mm_span(target, sizeof target - 1), &request, &framing, &why), 400);
	assert_int_equal(mm_head_parse(mm_span(name, sizeof name - 1), &request, &framing, &why), 400);
	assert_int_equal(mm_head_parse(mm_span(value, sizeof value - 1), &request, &framing, &why), 400);
}

static void other_versions_are_refused(void **state)
{
	static const char *const versions[] = {"HTTP/1.9", "HTTP/0.9", "HTTP/2.0",  "HTTP/1.10",
					       "HTTP/1.",  "http/1.1", "HTTP/1.1 ", ""};
	char head[128];

	(void)state;
	for (size_t i = 0; i < MM_COUNT(versions); i++) {
		snprintf(head, sizeof head, "GET / %s\r\nHost: h\r\n\r\n", versions[i]);
		assert_int_equal(parse(head), 400);
	}
	assert_int_equal(parse("GET /\r\nHost: h\r\n\r\n"), 400);
}

static void malformed_request_lines_are_refused(void **state)
{
	(void)state;
	assert_int_equal(parse("\r\n"), 400);
	assert_int_equal(parse(" GET / HTTP/1.1\r\nHost: h\r\n\r\n"), 400);
	assert_int_equal(parse("GET  / HTTP/1.1\r\nHost: h\r\n\r\n"), 400);
	assert_int_equal(parse("GET\t/ HTTP/1.1\r\nHost: h\r\n\r\n"), 400);
	assert_int_equal(parse("G(T / HTTP/1.1\r\nHost: h\r\n\r\n"), 400);
}

static void http_1_0_needs_no_host_and_closes(void **state)
{
	(void)state;
	assert_int_equal(parse("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"), 0);
	assert_false(request.keep_alive);
}

static void connection_close_closes_wherever_it_stands(void **state)
{
	(void)state;
	assert_int_equal(parse("GET / HTTP/1.1\r\nHost: h\r\nConnection: foo ,, Close\r\n\r\n"), 0);
	assert_false(request.keep_alive);
	assert_int_equal(parse("GET / HTTP/1.1\r\nHost: h\r\nConnection: closed\r\n\r\n"), 0);
	assert_true(request.keep_alive);
}

static void no_host_or_two_is_refused(void **state)
{
	(void)state;
	assert_refused("GET / HTTP/1.1\r\n\r\n", 400, "no Host");
	assert_refused("GET / HTTP/1.1\r\nHost: a\r\nhOST: a\r\n\r\n", 400, "several Host");
	assert_refused("GET http://a/ HTTP/1.1\r\n\r\n", 400, "no Host");
}

static void hosts_are_names_or_addresses_with_or_without_a_port(void **state)
{
	static const char *const hosts[] = {"h",       "H-1.example_x.", "127.0.0.1",  "127.0.0.1:0",
					    "h:65535", "[::1]",          "[::1]:8443", "[::ffff:127.0.0.1]:80"};
	char head[128];

	(void)state;
	for (size_t i = 0; i < MM_COUNT(hosts); i++) {
		snprintf(head, sizeof head, "GET / HTTP/1.1\r\nHost: %s\r\n\r\n", hosts[i]);
		assert_int_equal(parse(head), 0);
		assert_span(request.host, hosts[i]);
	}
}

static void malformed_hosts_are_refused(void **state)
{
	static const char *const hosts[] = {
		"",       "a b",    "a/b",   "u@h",     "a\"b",       ":80",         "h\x80",
		"h:",     "h:a",    "h:80:", "h:65536", "h:00080000", "a:b:c",       "[::1",
		"[::1]a", "[::1]:", "::1",   "[h]",     "[]",         "[127.0.0.1]", "[fe80::1%25eth0]",
		"h;a",    "h,h",    "%68"};
	char head[128];

	(void)state;
	for (size_t i = 0; i < MM_COUNT(hosts); i++) {
		snprintf(head, sizeof head, "GET / HTTP/1.1\r\nHost: %s\r\n\r\n", hosts[i]);
		assert_refused(head, 400, "malformed Host");
	}
}

static void doubtful_field_lines_are_refused(void **state)
{
	static const struct {
		const char *line, *reason;
	} rows[] = {
		{" folded", "begins with white space"},
		{"\tfolded", "begins with white space"},
		{"no colon", "without a colon"},
		{": no name", "malformed field name"},
		{"Na me: v", "malformed field name"},
		{"Name : v", "malformed field name"},
		{"N\xc3\xa4me: v", "malformed field name"},
		{"N(me: v", "malformed field name"},
		{"Name: a\rb", "control character"},
		{"Name: \x01", "control character"},
		{"Name: \x7f", "control character"},
	};
	char head[128];

	(void)state;
	for (size_t i = 0; i < MM_COUNT(rows); i++) {
		snprintf(head, sizeof head, "GET / HTTP/1.1\r\nHost: h\r\n%s\r\n\r\n", rows[i].line);
		assert_refused(head, 400, rows[i].reason);
	}
}

static void bytes_beyond_ascii_in_values_are_opaque(void **state)
{
	(void)state;
	assert_int_equal(parse("GET / HTTP/1.1\r\nHost: h\r\nA: \xff\xc3(\r\n\r\n"), 0);
	assert_span(mm_request_header(&request, "a"), "\xff\xc3(");
}

static void content_length_is_digits_alone(void **state)
{
	static const char *const values[] = {"+5", "-1", "0x5", "5, 5", "5 5", "", "5a", "1e1", "5;", "\"5\""};
	char head[128];

	(void)state;
	assert_int_equal(parse("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 0005\r\n\r\n"), 0);
	assert_true(framing.has_length);
	assert_int_equal(framing.length, 5);
	for (size_t i = 0; i < MM_COUNT(values); i++) {
		snprintf(head, sizeof head, "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: %s\r\n\r\n", values[i]);
		assert_refused(head, 400, "malformed Content-Length");
	}
}

static void white_space_before_the_colon_of_content_length_is_refused(void **state)
{
	(void)state;
	assert_refused("POST / HTTP/1.1\r\nHost: h\r\nContent-Length : 5\r\n\r\n", 400, "malformed field name");
}

static void two_content_lengths_are_refused_even_when_equal(void **state)
{
	(void)state;
	assert_refused("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n", 400, "several");
	assert_refused("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\ncontent-length: 5\r\n\r\n", 400, "several");
}

static void a_body_over_the_limit_is_413_however_large(void **state)
{
	(void)state;
	assert_int_equal(parse("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 65536\r\n\r\n"), 0);
	assert_refused("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 65537\r\n\r\n", 413, "body too large");
	assert_refused("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 18446744073709551621\r\n\r\n", 413,
		       "body too large");
}

static void transfer_encoding_other_than_chunked_is_refused(void **state)
{
	static const char *const values[] = {
		"Chunked", "gzip, chunked", "chunked, chunked", "identity", "\vchunked", "chunked;a=b", "", "xchunked"};
	char head[128];

	(void)state;
	assert_int_equal(parse("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"), 0);
	assert_true(framing.chunked);
	for (size_t i = 0; i < MM_COUNT(values); i++) {
		snprintf(head, sizeof head, "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: %s\r\n\r\n", values[i]);
		assert_int_equal(parse(head), 400);
	}
	assert_refused("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n",
		       400, "several Transfer-Encoding");
	assert_refused("POST / HTTP/1.0\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n", 400, "HTTP/1.0");
}

static void transfer_encoding_with_content_length_is_refused(void **state)
{
	(void)state;
	assert_refused("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n", 400,
		       "both");
	assert_refused("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\nContent-Length: 0\r\n\r\n", 400,
		       "both");
}

static void only_100_continue_can_be_expected(void **state)
{
	(void)state;
	assert_int_equal(parse("POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-Continue\r\nContent-Length: 1\r\n\r\n"), 0);
	assert_true(framing.expect_continue);
	assert_refused("POST / HTTP/1.1\r\nHost: h\r\nExpect: 200-ok\r\n\r\n", 417, "expectation");
}

/* A request with `count` fields. */
static int parse_fields(int count)
{
	mm_auto_buf head = {0};

	mm_buf_add_str(&head, "GET / HTTP/1.1\r\nHost: h\r\n");
	for (int i = 1; i < count; i++)
		mm_buf_add_str(&head, "A: b\r\n");
	mm_buf_add_str(&head, "\r\n");
	return parse(head.p);
}

static void sixty_four_fields_are_taken_and_one_more_is_431(void **state)
{
	(void)state;
	assert_int_equal(parse_fields(MM_HEADERS_MAX), 0);
	assert_int_equal(request.header_count, MM_HEADERS_MAX);
	assert_int_equal(parse_fields(MM_HEADERS_MAX + 1), 431);
	assert_contains(why, "too many fields");
}

static void a_target_of_2048_bytes_is_taken_and_one_more_is_414(void **state)
{
	char target[MM_TARGET_MAX + 2], head[MM_TARGET_MAX + 64];

	(void)state;
	memset(target, 'a', sizeof target);
	target[0] = '/';
	target[MM_TARGET_MAX] = '\0';
	snprintf(head, sizeof head, "GET %s HTTP/1.1\r\nHost: h\r\n\r\n", target);
	assert_int_equal(parse(head), 0);
	target[MM_TARGET_MAX] = 'a';
	target[MM_TARGET_MAX + 1] = '\0';
	snprintf(head, sizeof head, "GET %s HTTP/1.1\r\nHost: h\r\n\r\n", target);
	assert_refused(head, 414, "target too long");
}

static void lists_are_split_at_commas_and_trimmed(void **state)
{
	struct mm_span list = mm_span_str(" , a,\tb c ,,");
	struct mm_span element;

	(void)state;
	assert_true(mm_list_next(&list, &element));
	assert_span(element, "a");
	assert_true(mm_list_next(&list, &element));
	assert_span(element, "b c");
	assert_false(mm_list_next(&list, &element));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_method_path_query_and_fields),
		cmocka_unit_test(a_target_without_a_question_mark_has_no_query),
		cmocka_unit_test(methods_are_case_sensitive),
		cmocka_unit_test(paths_are_not_decoded),
		cmocka_unit_test(a_header_that_is_there_twice_is_absent),
		cmocka_unit_test(absolute_form_gives_path_and_host),
		cmocka_unit_test(absolute_form_without_a_path_is_the_root),
		cmocka_unit_test(absolute_form_with_a_doubtful_authority_is_refused),
		cmocka_unit_test(a_path_that_begins_with_two_slashes_is_just_a_path),
		cmocka_unit_test(control_bytes_in_the_target_are_refused),
		cmocka_unit_test(nul_in_target_name_or_value_is_refused),
		cmocka_unit_test(other_versions_are_refused),
		cmocka_unit_test(malformed_request_lines_are_refused),
		cmocka_unit_test(http_1_0_needs_no_host_and_closes),
		cmocka_unit_test(connection_close_closes_wherever_it_stands),
		cmocka_unit_test(no_host_or_two_is_refused),
		cmocka_unit_test(hosts_are_names_or_addresses_with_or_without_a_port),
		cmocka_unit_test(malformed_hosts_are_refused),
		cmocka_unit_test(doubtful_field_lines_are_refused),
		cmocka_unit_test(bytes_beyond_ascii_in_values_are_opaque),
		cmocka_unit_test(content_length_is_digits_alone),
		cmocka_unit_test(white_space_before_the_colon_of_content_length_is_refused),
		cmocka_unit_test(two_content_lengths_are_refused_even_when_equal),
		cmocka_unit_test(a_body_over_the_limit_is_413_however_large),
		cmocka_unit_test(transfer_encoding_other_than_chunked_is_refused),
		cmocka_unit_test(transfer_encoding_with_content_length_is_refused),
		cmocka_unit_test(only_100_continue_can_be_expected),
		cmocka_unit_test(sixty_four_fields_are_taken_and_one_more_is_431),
		cmocka_unit_test(a_target_of_2048_bytes_is_taken_and_one_more_is_414),
		cmocka_unit_test(lists_are_split_at_commas_and_trimmed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
