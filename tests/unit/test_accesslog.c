/* SPDX-License-Identifier: Apache-2.0 */
#include "issuer/http/accesslog.h"
#include "tests/unit/support.h"

#include <fcntl.h>
#include <jansson.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define NOW ((mm_time)1795309200)

static struct mm_access_line line_of(const char *method, const char *path)
{
	return (struct mm_access_line){
		.method = mm_span_str(method),
		.path = mm_span_str(path),
		.status = 200,
		.bytes = 914,
		.duration_ns = 1000042999,
		.peer = "[::1]:4711",
		.route = "jwks",
		.tls = "TLSv1.3",
		.user = mm_span_str("system:serviceaccount:a:b"),
	};
}

static void a_text_line_says_it_all(void **state)
{
	struct mm_access_buffer buffer = {0};
	struct mm_access_line line = line_of("GET", "/openid/v1/jwks");

	(void)state;
	mm_access_add(&buffer, MM_ACCESS_TEXT, NOW, &line);
	assert_string_equal(buffer.lines.p,
			    "time=2026-11-22T01:00:00Z level=info msg=access method=GET path=\"/openid/v1/jwks\" "
			    "status=200 bytes=914 duration=1.000042 peer=[::1]:4711 route=jwks tls=TLSv1.3 "
			    "user=system:serviceaccount:a:b\n");
	mm_buf_free(&buffer.lines);
}

static void a_json_line_is_an_object(void **state)
{
	struct mm_access_buffer buffer = {0};
	struct mm_access_line line = line_of("GET", "/x");
	json_t *object;

	(void)state;
	mm_access_add(&buffer, MM_ACCESS_JSON, NOW, &line);
	object = json_loads(buffer.lines.p, JSON_REJECT_DUPLICATES, NULL);
	assert_non_null(object);
	assert_string_equal(json_string_value(json_object_get(object, "path")), "/x");
	assert_int_equal(json_integer_value(json_object_get(object, "status")), 200);
	assert_true(json_real_value(json_object_get(object, "duration")) > 1.0);
	assert_int_equal(json_object_size(object), 12);
	json_decref(object);
	mm_buf_free(&buffer.lines);
}

static void untrusted_bytes_cannot_end_a_line_or_a_value(void **state)
{
	static const char path[] = "/a\" status=500\n\x1b[31m\\\xff";
	struct mm_access_buffer buffer = {0};
	struct mm_access_line line = line_of("GET", path);
	json_t *object;

	(void)state;
	mm_access_add(&buffer, MM_ACCESS_TEXT, NOW, &line);
	assert_contains(buffer.lines.p, "path=\"/a\\x22\\x20status=500\\x0a\\x1b[31m\\x5c\\xff\" status=200");
	mm_buf_reset(&buffer.lines);
	mm_access_add(&buffer, MM_ACCESS_JSON, NOW, &line);
	object = json_loads(buffer.lines.p, 0, NULL);
	assert_non_null(object);
	json_decref(object);
	mm_buf_free(&buffer.lines);
}

static void a_user_that_somebody_chose_cannot_forge_a_field(void **state)
{
	struct mm_access_buffer buffer = {0};
	struct mm_access_line line = line_of("GET", "/x");

	(void)state;
	line.user = mm_span_str("eve route=token\n");
	mm_access_add(&buffer, MM_ACCESS_TEXT, NOW, &line);
	assert_contains(buffer.lines.p, " user=eve\\x20route=token\\x0a\n");
	mm_buf_free(&buffer.lines);
}

static void nobody_is_a_dash(void **state)
{
	struct mm_access_buffer buffer = {0};
	struct mm_access_line line = line_of("GET", "/x");

	(void)state;
	line.user = (struct mm_span){0};
	mm_access_add(&buffer, MM_ACCESS_TEXT, NOW, &line);
	assert_contains(buffer.lines.p, " user=-\n");
	mm_buf_free(&buffer.lines);
}

static void what_was_not_understood_is_a_dash(void **state)
{
	struct mm_access_buffer buffer = {0};
	struct mm_access_line line = line_of(NULL, NULL);

	(void)state;
	mm_access_add(&buffer, MM_ACCESS_TEXT, NOW, &line);
	assert_contains(buffer.lines.p, " method=- path=\"-\" ");
	mm_buf_free(&buffer.lines);
}

/* Several times what a pipe takes at once, in lines whose length does not divide it. */
static size_t fill(struct mm_access_buffer *buffer, size_t bytes)
{
	struct mm_access_line line = line_of("GET", "/openid/v1/jwks");
	size_t n = 0;

	for (; buffer->lines.len < bytes; n++)
		mm_access_add(buffer, MM_ACCESS_TEXT, NOW, &line);
	return n;
}

static void everything_is_written_where_there_is_room(void **state)
{
	struct mm_access_buffer buffer = {0};
	size_t len;
	char *got;
	int fds[2];

	(void)state;
	assert_int_equal(pipe(fds), 0);
	fill(&buffer, (size_t)PIPE_BUF * 3);
	len = buffer.lines.len;
	assert_int_equal(mm_access_flush(&buffer, fds[1]), 0);
	assert_int_equal(buffer.lines.len, 0);
	got = calloc(1, len + 1);
	assert_non_null(got);
	assert_int_equal(read(fds[0], got, len + 1), len);
	free(got);
	close(fds[0]);
	close(fds[1]);
	mm_buf_free(&buffer.lines);
}

static void a_reader_that_sleeps_costs_lines_and_no_time(void **state)
{
	struct mm_access_buffer buffer = {0};
	size_t dropped = 0, added = 0, read_lines = 0;
	char byte;
	int fds[2];

	(void)state;
	assert_int_equal(pipe(fds), 0);
	for (int i = 0; i < 8; i++) {
		added += fill(&buffer, 32768);
		dropped += mm_access_flush(&buffer, fds[1]);
	}
	assert_true(dropped > 0);
	close(fds[1]);
	while (read(fds[0], &byte, 1) == 1)
		read_lines += byte == '\n';
	assert_int_equal(byte, '\n'); /* only whole lines were dropped */
	assert_int_equal(read_lines + dropped, added);
	close(fds[0]);
	mm_buf_free(&buffer.lines);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_text_line_says_it_all),
		cmocka_unit_test(a_json_line_is_an_object),
		cmocka_unit_test(untrusted_bytes_cannot_end_a_line_or_a_value),
		cmocka_unit_test(a_user_that_somebody_chose_cannot_forge_a_field),
		cmocka_unit_test(nobody_is_a_dash),
		cmocka_unit_test(what_was_not_understood_is_a_dash),
		cmocka_unit_test(everything_is_written_where_there_is_room),
		cmocka_unit_test(a_reader_that_sleeps_costs_lines_and_no_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
