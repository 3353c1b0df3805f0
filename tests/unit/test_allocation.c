/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Allocation failure is an error like any other: every allocation of base's own, and of conf's, is made to fail in
 * turn. The linker puts the functions below in the place of libc's (--wrap, see Makefile.am) for the code of this
 * program.
 */
#include "tests/unit/support.h"

#include <errno.h>
#include <fcntl.h>
#include <mintmark/base64url.h>
#include <mintmark/config.h>
#include <mintmark/file.h>
#include <mintmark/json.h>
#include <mintmark/log.h>
#include <mintmark/metrics.h>
#include <mintmark/url.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int calls_until_failure; /* 0 = none fails */

static bool fails(void)
{
	if (calls_until_failure == 0 || --calls_until_failure > 0)
		return false;
	errno = ENOMEM;
	return true;
}

#define WRAP(result, name, parameters, arguments)                                                                      \
	result __real_##name parameters;                                                                               \
	result __wrap_##name parameters;                                                                               \
	result __wrap_##name parameters                                                                                \
	{                                                                                                              \
		return fails() ? NULL : __real_##name arguments;                                                       \
	}

WRAP(void *, malloc, (size_t size), (size))
WRAP(void *, calloc, (size_t n, size_t size), (n, size))
WRAP(void *, reallocarray, (void *p, size_t n, size_t size), (p, n, size))
WRAP(char *, strdup, (const char *text), (text))
WRAP(char *, strndup, (const char *text, size_t len), (text, len))

typedef enum mm_code operation(struct mm_err *err);

/*
 * Lets each allocation of `run` fail until it gets through: each failure must be MM_ENOMEM, and there must have been
 * `at_least` of them.
 */
static void assert_each_failure_is_told(operation *run, int at_least)
{
	for (int at = 1;; at++) {
		struct mm_err err = {0};
		enum mm_code code;
		bool reached;

		calls_until_failure = at;
		code = run(&err);
		reached = calls_until_failure == 0;
		calls_until_failure = 0;
		if (!reached) {
			assert_ok(code, &err);
			assert_true(at > at_least);
			return;
		}
		assert_fails(code, MM_ENOMEM, &err);
	}
}

static enum mm_code fill_buffer(struct mm_err *err)
{
	mm_auto_buf buf = {0};

	mm_buf_add_str(&buf, "first");
	mm_buf_printf(&buf, "%0500d", 1);
	mm_buf_add_int(&buf, 5);
	mm_buf_add_double(&buf, 0.1);
	mm_base64url_add(&buf, "abc", 3);
	mm_json_add_string(&buf, "<text>");
	return mm_buf_check(&buf, err);
}

static enum mm_code fill_strings(struct mm_err *err)
{
	mm_auto_strings list = {0};
	enum mm_code code = MM_OK;

	for (int i = 0; i < 5 && code == MM_OK; i++)
		code = mm_strings_add(&list, "text", err);
	return code;
}

static enum mm_code parse_issuer(struct mm_err *err)
{
	mm_auto(mm_url) url = NULL;

	return mm_issuer_url_check("https://oidc.example.com:8443/id", &url, err);
}

static enum mm_code parse_url_with_query(struct mm_err *err)
{
	mm_auto(mm_url) url = NULL;

	return mm_url_parse("https://h/a?b", &url, err);
}

static enum mm_code parse_hostport(struct mm_err *err)
{
	mm_auto_string host = NULL;
	int port;

	return mm_hostport_parse("h:80", &host, &port, err);
}

static enum mm_code decode_base64url(struct mm_err *err)
{
	mm_auto_buf out = {0};

	return mm_base64url_decode_buf(mm_span_str("Zm9v"), &out, err);
}

static enum mm_code write_json(struct mm_err *err)
{
	json_t *value = json_pack("{s:[i,{s:b}],s:f}", "a", 1, "b", 1, "c", 0.5);
	mm_auto_buf out = {0};
	enum mm_code code = mm_json_add_value(&out, value, err);

	if (code == MM_OK)
		code = mm_json_dump_pretty(value, &out, err);
	json_decref(value);
	return code;
}

static enum mm_code read_a_file(struct mm_err *err)
{
	mm_auto_buf out = {0};

	return mm_path_read("/proc/self/maps", MM_FILE_ANY, 1 << 20, &out, err);
}

static enum mm_code open_a_directory(struct mm_err *err)
{
	mm_auto_fd fd = -1;

	return mm_dir_open("/tmp/", MM_FILE_ANY, &fd, err);
}

static enum mm_code make_a_directory(struct mm_err *err)
{
	mm_auto_fd fd = -1;

	return mm_dir_make(AT_FDCWD, "./.", 0700, MM_FILE_ANY, &fd, err);
}

static enum mm_code write_metrics(struct mm_err *err)
{
	const struct mm_label labels[] = {{"a", "b"}, {0}};
	const struct mm_histogram histogram = {.sum_ns = 1};
	mm_auto_buf out = {0};

	mm_metrics_family(&out, "x", "gauge", "help");
	mm_metrics_sample(&out, "x", labels, 1);
	mm_metrics_histogram(&out, "x", labels, &histogram);
	return mm_buf_check(&out, err);
}

static enum mm_code parse_config(struct mm_err *err)
{
	mm_auto(mm_config) config = NULL;

	return mm_config_parse(mm_span_str("issuer: https://h.example\n"
					   "data_dir: d\n"
					   "keys: {algorithms: [ES256, RS256], on_change: [/bin/true]}\n"
					   "rules: [{users: [a, b], may: [metrics]}]\n"
					   "service_accounts: [{namespace: n, name: a, annotations: {b/c: d}},\n"
					   "                   {namespace: n, name: b}]\n"
					   "bound_objects: [{kind: Node, name: w, uid: u}]\n"),
			       "f", "/base", &config, err);
}

static void buffers_tell(void **state)
{
	(void)state;
	assert_each_failure_is_told(fill_buffer, 2);
}

static void lists_of_strings_tell(void **state)
{
	(void)state;
	assert_each_failure_is_told(fill_strings, 9); /* five copies, and room for 1, 2, 4 and 8 */
}

static void urls_tell(void **state)
{
	(void)state;
	assert_each_failure_is_told(parse_issuer, 3);
	assert_each_failure_is_told(parse_url_with_query, 4);
	assert_each_failure_is_told(parse_hostport, 1);
}

static void base64url_tells(void **state)
{
	(void)state;
	assert_each_failure_is_told(decode_base64url, 1);
}

static void json_tells(void **state)
{
	(void)state;
	assert_each_failure_is_told(write_json, 3);
}

static void files_tell(void **state)
{
	(void)state;
	assert_each_failure_is_told(read_a_file, 1);
	assert_each_failure_is_told(open_a_directory, 1);
	assert_each_failure_is_told(make_a_directory, 2);
}

static void metrics_tell(void **state)
{
	(void)state;
	assert_each_failure_is_told(write_metrics, 2);
}

static void configurations_tell(void **state)
{
	(void)state;
	assert_each_failure_is_told(parse_config, 100);
}

static void a_log_line_is_whole_or_not_there(void **state)
{
	struct mm_log log = {.level = MM_LOG_INFO};
	int pipe_fds[2];
	char text[64];

	(void)state;
	assert_int_equal(pipe(pipe_fds), 0);
	log.fd = pipe_fds[1];
	calls_until_failure = 1;
	mm_log(&log, MM_LOG_INFO, "m");
	assert_int_equal(calls_until_failure, 0);
	close(pipe_fds[1]);
	assert_int_equal(read(pipe_fds[0], text, sizeof text), 0);
	close(pipe_fds[0]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(buffers_tell),
		cmocka_unit_test(lists_of_strings_tell),
		cmocka_unit_test(urls_tell),
		cmocka_unit_test(base64url_tells),
		cmocka_unit_test(json_tells),
		cmocka_unit_test(files_tell),
		cmocka_unit_test(metrics_tell),
		cmocka_unit_test(configurations_tell),
		cmocka_unit_test(a_log_line_is_whole_or_not_there),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
