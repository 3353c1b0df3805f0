/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/support.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <limits.h>
#include <mintmark/log.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static int setup(void **state)
{
	struct mm_log *log = calloc(1, sizeof *log);

	assert_non_null(log);
	*log = (struct mm_log){.fd = memfd_create("log", MFD_CLOEXEC), .level = MM_LOG_DEBUG};
	*state = log;
	return log->fd >= 0 ? 0 : -1;
}

static int teardown(void **state)
{
	struct mm_log *log = *state;

	close(log->fd);
	free(log);
	return 0;
}

/* What has been logged, in static space. */
static const char *logged(const struct mm_log *log)
{
	static char text[65536];
	ssize_t len = pread(log->fd, text, sizeof text - 1, 0);

	assert_true(len >= 0);
	text[len] = '\0';
	return text;
}

/* The line without its time, which is that of the system clock. */
static const char *after_time(const struct mm_log *log)
{
	const char *text = logged(log);
	const char *level = strstr(text, "level");

	assert_non_null(level);
	return level;
}

static void a_line_is_time_level_message_and_fields(void **state)
{
	struct mm_log *log = *state;
	struct mm_err err = {0};
	mm_time time;
	char text[MM_TIME_TEXT_SIZE];

	mm_log(log, MM_LOG_INFO, "key activated", MM_F_STR("kid", "abc"), MM_F_INT("n", -7),
	       MM_F_TIME("retire_at", 1795306500), MM_F_DURATION("wait", 5400));
	assert_string_equal(after_time(log), "level=info msg=\"key activated\" kid=abc n=-7 "
					     "retire_at=2026-11-22T00:15:00Z wait=1h30m\n");
	assert_int_equal(sscanf(logged(log), "time=%20s level=", text), 1);
	assert_ok(mm_time_parse(text, &time, &err), &err);
}

static void a_message_needs_no_fields(void **state)
{
	struct mm_log *log = *state;

	mm_log(log, MM_LOG_WARN, "reloaded");
	assert_string_equal(after_time(log), "level=warn msg=reloaded\n");
}

static void lines_above_the_level_are_dropped(void **state)
{
	struct mm_log *log = *state;

	log->level = MM_LOG_WARN;
	mm_log(log, MM_LOG_INFO, "no");
	mm_log(log, MM_LOG_DEBUG, "no");
	assert_string_equal(logged(log), "");
	mm_log(log, MM_LOG_ERROR, "yes");
	assert_string_equal(after_time(log), "level=error msg=yes\n");
}

static void the_audit_is_written_whatever_the_level(void **state)
{
	struct mm_log *log = *state;

	log->level = MM_LOG_ERROR;
	mm_log(log, MM_LOG_AUDIT, "token minted", MM_F_STR("jti", "x"));
	assert_string_equal(after_time(log), "level=audit msg=\"token minted\" jti=x\n");
}

static void no_log_is_no_error(void **state)
{
	(void)state;
	mm_log(NULL, MM_LOG_ERROR, "nowhere", MM_F_INT("n", 1));
}

static void values_that_would_confuse_a_reader_are_quoted(void **state)
{
	struct mm_log *log = *state;

	mm_log(log, MM_LOG_INFO, "m", MM_F_STR("a", ""), MM_F_STR("b", "x y"), MM_F_STR("c", "x=y"),
	       MM_F_STR("d", "\"q\""), MM_F_STR("e", "back\\slash"), MM_F_STR("f", "/plain?path&x:1"));
	assert_string_equal(after_time(log), "level=info msg=m a=\"\" b=\"x y\" c=\"x=y\" d=\"\\\"q\\\"\" "
					     "e=\"back\\\\slash\" f=/plain?path&x:1\n");
}

static void no_value_can_begin_a_line_or_move_a_terminal(void **state)
{
	struct mm_log *log = *state;

	mm_log(log, MM_LOG_INFO, "m\nlevel=error", MM_F_STR("a", "x\n\r\t\033[2J\177"),
	       MM_F_STR("b", "\302\2332J\302\240"), MM_F_STR("c", "\x80\xff"), MM_F_STR("d", "\177"));
	assert_string_equal(after_time(log), "level=info msg=\"m\\nlevel=error\" a=\"x\\n\\x0d\\x09\\x1b[2J\\x7f\" "
					     "b=\"\\u009b2J\302\240\" c=\"\\x80\\xff\" d=\"\\x7f\"\n");
}

static void no_value_turns_the_line_around(void **state)
{
	struct mm_log *log = *state;

	mm_log(log, MM_LOG_INFO, "m", MM_F_STR("a", "\u202eb\u2028\u20ac"));
	assert_string_equal(after_time(log), "level=info msg=m a=\"\\u202eb\\u2028\u20ac\"\n");
	log->format = MM_LOG_JSON;
	mm_log(log, MM_LOG_INFO, "m", MM_F_STR("a", "\u202eb\u2028\u20ac"));
	assert_non_null(strstr(after_time(log), "\"a\":\"\\u202eb\\u2028\u20ac\"}"));
}

static void a_null_string_is_left_out(void **state)
{
	struct mm_log *log = *state;

	mm_log(log, MM_LOG_INFO, "m", MM_F_STR("a", NULL), MM_F_INT("b", 1));
	assert_string_equal(after_time(log), "level=info msg=m b=1\n");
}

static void a_time_that_has_not_come_is_never(void **state)
{
	struct mm_log *log = *state;

	mm_log(log, MM_LOG_INFO, "m", MM_F_TIME("at", MM_NEVER));
	assert_string_equal(after_time(log), "level=info msg=m at=never\n");
}

static void an_err_is_a_field(void **state)
{
	struct mm_log *log = *state;
	struct mm_err err = {0};

	(void)mm_fail(&err, MM_EIO, "disk is full");
	mm_log(log, MM_LOG_ERROR, "m", MM_F_ERR(&err));
	assert_string_equal(after_time(log), "level=error msg=m error=\"disk is full\"\n");
}

static void json_lines_are_objects_with_typed_members(void **state)
{
	struct mm_log *log = *state;
	json_t *line;

	log->format = MM_LOG_JSON;
	mm_log(log, MM_LOG_INFO, "key \"a\"\n", MM_F_STR("kid", "<a>\xe2\x80\xa8"), MM_F_INT("n", 5),
	       MM_F_TIME("at", 1795306500), MM_F_DURATION("wait", 60));
	line = json_loads(logged(log), 0, NULL);
	assert_non_null(line);
	assert_string_equal(json_string_value(json_object_get(line, "level")), "info");
	assert_string_equal(json_string_value(json_object_get(line, "msg")), "key \"a\"\n");
	assert_string_equal(json_string_value(json_object_get(line, "kid")), "<a>\xe2\x80\xa8");
	assert_int_equal(json_integer_value(json_object_get(line, "n")), 5);
	assert_string_equal(json_string_value(json_object_get(line, "at")), "2026-11-22T00:15:00Z");
	assert_string_equal(json_string_value(json_object_get(line, "wait")), "1m");
	assert_int_equal(json_object_size(line), 7);
	json_decref(line);
}

static void bytes_that_are_no_utf8_leave_a_json_line_valid(void **state)
{
	struct mm_log *log = *state;
	json_t *line;

	log->format = MM_LOG_JSON;
	mm_log(log, MM_LOG_INFO, "m", MM_F_STR("a", "\x80x\xff\n\xc3"));
	line = json_loads(logged(log), 0, NULL);
	assert_non_null(line);
	assert_string_equal(json_string_value(json_object_get(line, "a")), "?x?\n?");
	json_decref(line);
}

static void errno_is_kept(void **state)
{
	struct mm_log *log = *state, broken = {.fd = -1, .level = MM_LOG_DEBUG};

	errno = ENOSPC;
	mm_log(log, MM_LOG_INFO, "m");
	mm_log(&broken, MM_LOG_INFO, "m");
	assert_int_equal(errno, ENOSPC);
}

enum { LINES = 200, THREADS = 4 };

static void *log_lines(void *log)
{
	char long_text[1000];

	memset(long_text, 'x', sizeof long_text - 1);
	long_text[sizeof long_text - 1] = '\0';
	for (int i = 0; i < LINES; i++)
		mm_log((struct mm_log *)log, MM_LOG_INFO, "m", MM_F_STR("a", long_text));
	return NULL;
}

static void lines_of_several_threads_do_not_mix(void **state)
{
	struct mm_log log = {.level = MM_LOG_INFO};
	pthread_t threads[THREADS];
	int pipe_fds[2], lines = 0;
	FILE *in;
	char line[4096];

	(void)state;
	assert_int_equal(pipe(pipe_fds), 0);
	log.fd = pipe_fds[1];
	(void)fcntl(log.fd, F_SETPIPE_SZ, 1 << 20);
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, log_lines, &log), 0);
	in = fdopen(pipe_fds[0], "r");
	while (lines < LINES * THREADS && fgets(line, sizeof line, in)) {
		assert_memory_equal(line, "time=", 5);
		assert_int_equal(strlen(line), strlen("time=2026-11-22T00:15:00Z level=info msg=m a=\n") + 999);
		lines++;
	}
	assert_int_equal(lines, LINES * THREADS);
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	fclose(in);
	close(pipe_fds[1]);
}

/*
 * A log into a pipe whose reader sleeps, filled until a line was dropped. Were it not for that, SIGALRM would end it.
 */
static void fill(struct mm_log *log, int pipe_fds[static 2])
{
	assert_int_equal(pipe(pipe_fds), 0);
	*log = (struct mm_log){.fd = pipe_fds[1], .level = MM_LOG_INFO};
	alarm(60);
	while (mm_log_dropped(log) == 0)
		mm_log(log, MM_LOG_INFO, "filling");
	alarm(0);
}

/* Takes what is in the pipe. */
static void drain(int fd)
{
	char bytes[4096];

	assert_int_equal(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
	while (read(fd, bytes, sizeof bytes) > 0)
		;
}

static void a_line_that_nobody_takes_is_dropped_and_counted(void **state)
{
	struct mm_log log;
	int pipe_fds[2];

	(void)state;
	fill(&log, pipe_fds);
	for (int i = 0; i < 50; i++)
		mm_log(&log, MM_LOG_INFO, "more");
	assert_int_equal(mm_log_dropped(&log), 51);
	close(pipe_fds[0]);
	close(pipe_fds[1]);
}

static void a_reader_that_is_back_learns_how_many_lines_it_missed(void **state)
{
	static const char missed[] =
		"level=warn msg=\"lines of the log were dropped because nobody took them\" lines=2\n";
	char text[4096];
	struct mm_log log;
	int pipe_fds[2];
	ssize_t len;

	(void)state;
	fill(&log, pipe_fds);
	mm_log(&log, MM_LOG_INFO, "more");
	drain(pipe_fds[0]);
	mm_log(&log, MM_LOG_INFO, "back");
	len = read(pipe_fds[0], text, sizeof text - 1);
	assert_true(len > 0);
	text[len] = '\0';
	assert_non_null(strstr(text, missed));
	assert_non_null(strstr(strstr(text, missed), "level=info msg=back\n"));

	mm_log(&log, MM_LOG_INFO, "again");
	len = read(pipe_fds[0], text, sizeof text - 1);
	assert_true(len > 0);
	text[len] = '\0';
	assert_null(strstr(text, "dropped"));
	assert_int_equal(mm_log_dropped(&log), 2);
	close(pipe_fds[0]);
	close(pipe_fds[1]);
}

/* More than PIPE_BUF could be torn, and a write of it could sleep although poll(2) sees room. */
static void a_long_line_is_cut_at_a_field(void **state)
{
	struct mm_log *log = *state;
	char long_text[5000];
	json_t *line;

	memset(long_text, '"', sizeof long_text - 1);
	long_text[sizeof long_text - 1] = '\0';
	log->format = MM_LOG_JSON;
	mm_log(log, MM_LOG_INFO, "m", MM_F_INT("n", 5), MM_F_STR("file", long_text), MM_F_STR("kid", "abc"));
	assert_true(strlen(logged(log)) <= PIPE_BUF);
	line = json_loads(logged(log), 0, NULL);
	assert_non_null(line);
	assert_int_equal(json_integer_value(json_object_get(line, "n")), 5);
	assert_string_equal(json_string_value(json_object_get(line, "file")), "...");
	json_decref(line);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_line_is_time_level_message_and_fields, setup, teardown),
		cmocka_unit_test_setup_teardown(a_message_needs_no_fields, setup, teardown),
		cmocka_unit_test_setup_teardown(lines_above_the_level_are_dropped, setup, teardown),
		cmocka_unit_test_setup_teardown(the_audit_is_written_whatever_the_level, setup, teardown),
		cmocka_unit_test(no_log_is_no_error),
		cmocka_unit_test_setup_teardown(values_that_would_confuse_a_reader_are_quoted, setup, teardown),
		cmocka_unit_test_setup_teardown(no_value_can_begin_a_line_or_move_a_terminal, setup, teardown),
		cmocka_unit_test_setup_teardown(no_value_turns_the_line_around, setup, teardown),
		cmocka_unit_test_setup_teardown(a_null_string_is_left_out, setup, teardown),
		cmocka_unit_test_setup_teardown(a_time_that_has_not_come_is_never, setup, teardown),
		cmocka_unit_test_setup_teardown(an_err_is_a_field, setup, teardown),
		cmocka_unit_test_setup_teardown(json_lines_are_objects_with_typed_members, setup, teardown),
		cmocka_unit_test_setup_teardown(bytes_that_are_no_utf8_leave_a_json_line_valid, setup, teardown),
		cmocka_unit_test_setup_teardown(errno_is_kept, setup, teardown),
		cmocka_unit_test(lines_of_several_threads_do_not_mix),
		cmocka_unit_test(a_line_that_nobody_takes_is_dropped_and_counted),
		cmocka_unit_test(a_reader_that_is_back_learns_how_many_lines_it_missed),
		cmocka_unit_test_setup_teardown(a_long_line_is_cut_at_a_field, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
