/* SPDX-License-Identifier: Apache-2.0 */
/* Real commands under a clock that is an argument: what they do is waited for, what the clock does is not. */
#include "tests/unit/support.h"

#include "issuer/hook.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define SECOND INT64_C(1000000000)

static struct test_dir dir;
static struct mm_log log_file;
static struct mm_hook_stats stats;
static struct mm_hook hook;
static struct mm_config config;
static int64_t now;

static int setup(void **state)
{
	static char issuer[] = "https://h.example", path[] = "/etc/m.yaml";

	(void)state;
	test_dir_make(&dir);
	log_file = (struct mm_log){.fd = openat(dir.fd, "log", O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600),
				   .level = MM_LOG_DEBUG};
	stats = (struct mm_hook_stats){0};
	hook = (struct mm_hook){.log = &log_file, .stats = &stats};
	config = (struct mm_config){.issuer = issuer, .path = path, .data_dir = dir.path};
	now = 1000 * SECOND;
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	mm_hook_clear(&hook);
	mm_strings_free(&config.keys.on_change);
	close(log_file.fd);
	test_dir_remove(&dir);
	return 0;
}

/* ---- steps ------------------------------------------------------------------------------------------------------- */

/* The command is a shell with this script; the directory of the test is its $0. */
static void use_script(const char *script)
{
	const char *const words[] = {"/bin/sh", "-c", script, dir.path};

	mm_strings_free(&config.keys.on_change);
	for (size_t i = 0; i < MM_COUNT(words); i++)
		assert_ok(mm_strings_add(&config.keys.on_change, words[i], NULL), NULL);
}

static void turn(uint64_t revision)
{
	mm_hook_turn(&hook, &config, revision, now);
}

/* Looks again and again until it is so, for as long as a slow machine may need. */
#define await(condition)                                                                                               \
	do {                                                                                                           \
		for (int tries_ = 0; tries_ < 20000 && !(condition); tries_++)                                         \
			usleep(1000);                                                                                  \
		assert_true(condition);                                                                                \
	} while (0)

static bool is_over(pid_t pid)
{
	siginfo_t info = {0};

	assert_int_equal(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT), 0);
	return info.si_pid == pid;
}

/* Returns when the run is over; the hook does not know it yet. */
static void await_end(void)
{
	assert_true(mm_hook_runs(&hook));
	await(is_over(hook.pid));
}

/* One run from its start to its end. */
static void run_once(uint64_t revision)
{
	turn(revision);
	await_end();
	mm_hook_finish(&hook, now);
	assert_false(mm_hook_runs(&hook));
}

static void assert_file(const char *name, const char *content)
{
	mm_auto_string found = test_file_read(dir.fd, name);

	assert_non_null(found);
	assert_string_equal(found, content);
}

static void assert_logged(const char *part)
{
	mm_auto_string text = test_file_read(dir.fd, "log");

	assert_contains(text, part);
}

/* ---- what a run is given ----------------------------------------------------------------------------------------- */

static void the_first_turn_runs_the_command_with_what_it_needs_to_know(void **state)
{
	mm_auto_buf expected = {0};

	(void)state;
	setenv("MINTMARK_REVISION", "of somebody else", 1);
	setenv("NOTIFY_SOCKET", "/of/systemd", 1);
	setenv("SOME_VARIABLE", "inherited", 1);
	use_script("echo $MINTMARK_REVISION $MINTMARK_CONFIG $MINTMARK_DATA_DIR $MINTMARK_ISSUER $SOME_VARIABLE "
		   "${NOTIFY_SOCKET-unset} >$0/out");
	run_once(7);
	unsetenv("MINTMARK_REVISION");
	unsetenv("NOTIFY_SOCKET");
	unsetenv("SOME_VARIABLE");
	mm_buf_printf(&expected, "7 /etc/m.yaml %s https://h.example inherited unset\n", dir.path);
	assert_file("out", expected.p);
	assert_int_equal(mm_counter_get(&stats.succeeded), 1);
	assert_logged("msg=\"keys.on_change succeeded\" revision=7");
}

static void a_configuration_without_a_file_has_no_name(void **state)
{
	(void)state;
	setenv("MINTMARK_CONFIG", "of somebody else", 1);
	config.path = NULL;
	use_script("echo ${MINTMARK_CONFIG-unset} >$0/out");
	run_once(1);
	unsetenv("MINTMARK_CONFIG");
	assert_file("out", "unset\n");
}

/* A line such as "SigIgn:\t0000000000001000". Signals 32 and 33 are glibc's own: posix_spawn leaves them ignored. */
static unsigned long long signals_in(const char *text, const char *name)
{
	const char *line = strstr(text, name);

	assert_non_null(line);
	return strtoull(line + strlen(name), NULL, 16) & 0x7fffffff;
}

static void signals_are_as_a_program_expects_them(void **state)
{
	mm_auto_string found = NULL;
	sigset_t some, before;

	(void)state;
	sigemptyset(&some);
	sigaddset(&some, SIGTERM);
	sigaddset(&some, SIGCHLD);
	sigprocmask(SIG_BLOCK, &some, &before);
	signal(SIGPIPE, SIG_IGN);
	use_script("exec cat /proc/self/status >$0/out");
	run_once(1);
	sigprocmask(SIG_SETMASK, &before, NULL);
	signal(SIGPIPE, SIG_DFL);
	found = test_file_read(dir.fd, "out");
	assert_int_equal(signals_in(found, "SigBlk:"), 0);
	assert_int_equal(signals_in(found, "SigIgn:"), 0);
}

static void nothing_is_open_but_the_standard_streams(void **state)
{
	int leaked = fcntl(dir.fd, F_DUPFD, 77); /* without O_CLOEXEC */

	(void)state;
	assert_true(leaked >= 77);
	use_script("read x; echo \"stdin: $?\" >$0/out; exec ls /proc/self/fd >>$0/out");
	run_once(1);
	close(leaked);
	assert_file("out", "stdin: 1\n0\n1\n2\n3\n"); /* 3 is the directory that ls reads */
}

/* ---- when it is run ---------------------------------------------------------------------------------------------- */

static void a_revision_is_told_once(void **state)
{
	(void)state;
	use_script("echo $MINTMARK_REVISION >>$0/out");
	run_once(1);
	now += 3600 * SECOND;
	turn(1);
	assert_false(mm_hook_runs(&hook));
	run_once(2);
	run_once(1); /* a backup was put in place */
	assert_file("out", "1\n2\n1\n");
}

static void changes_during_a_run_lead_to_one_more(void **state)
{
	(void)state;
	use_script("echo $MINTMARK_REVISION >>$0/out; until test -e $0/go; do sleep 0.01; done");
	turn(1);
	turn(2);
	turn(3);
	turn(4);
	test_file_write(dir.fd, "go", "", 0600);
	await_end();
	turn(4); /* sees the end, and starts the next */
	await_end();
	turn(4);
	assert_false(mm_hook_runs(&hook));
	assert_file("out", "1\n4\n");
}

static void a_new_command_is_told_too(void **state)
{
	(void)state;
	use_script("echo old >>$0/out");
	run_once(1);
	use_script("echo new >>$0/out");
	run_once(1);
	assert_file("out", "old\nnew\n");
}

static void without_a_command_nothing_is_run_and_nothing_remembered(void **state)
{
	(void)state;
	use_script("echo $MINTMARK_REVISION >>$0/out");
	run_once(1);
	mm_strings_free(&config.keys.on_change);
	turn(2);
	assert_false(mm_hook_runs(&hook));
	use_script("echo $MINTMARK_REVISION >>$0/out");
	run_once(1);
	assert_file("out", "1\n1\n");
}

static void one_who_stops_starts_nothing(void **state)
{
	(void)state;
	use_script("exit 1");
	run_once(1);
	now += 3600 * SECOND;
	mm_hook_finish(&hook, now);
	assert_false(mm_hook_runs(&hook));
}

/* ---- failures ---------------------------------------------------------------------------------------------------- */

static void a_failure_is_told_and_tried_again(void **state)
{
	(void)state;
	use_script("echo $MINTMARK_REVISION >>$0/out; test -e $0/good || exit 3");
	run_once(5);
	assert_logged("msg=\"keys.on_change failed\" revision=5 command=/bin/sh result=\"exit status 3\"");
	assert_logged("retry_in=1s");
	assert_int_equal(mm_counter_get(&stats.failed), 1);
	now += SECOND - 1;
	turn(5);
	assert_false(mm_hook_runs(&hook));
	now += 1;
	test_file_write(dir.fd, "good", "", 0600);
	run_once(5);
	now += 3600 * SECOND;
	turn(5);
	assert_false(mm_hook_runs(&hook));
	assert_file("out", "5\n5\n");
	assert_int_equal(mm_counter_get(&stats.failed), 1);
	assert_int_equal(mm_counter_get(&stats.succeeded), 1);
}

static void the_pause_doubles_up_to_five_minutes(void **state)
{
	static const int64_t pauses[] = {1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300};

	(void)state;
	use_script("exit 1");
	for (size_t i = 0; i < MM_COUNT(pauses); i++) {
		run_once(1);
		assert_int_equal(hook.retry_ns - now, pauses[i] * SECOND);
		now = hook.retry_ns;
	}
	run_once(2);
	assert_int_equal(hook.retry_ns - now, SECOND);
}

static void a_change_does_not_wait_for_the_pause(void **state)
{
	(void)state;
	use_script("echo $MINTMARK_REVISION >>$0/out; exit 1");
	run_once(1);
	run_once(2);
	assert_file("out", "1\n2\n");
}

static void a_program_that_is_not_there_is_told_and_tried_again(void **state)
{
	(void)state;
	assert_ok(mm_strings_add(&config.keys.on_change, "/no/such/program", NULL), NULL);
	turn(1);
	assert_false(mm_hook_runs(&hook));
	assert_logged("msg=\"keys.on_change cannot be run\" revision=1 error=\"/no/such/program: No such file or "
		      "directory\" retry_in=1s");
	assert_int_equal(mm_counter_get(&stats.failed), 1);
	turn(1);
	assert_int_equal(mm_counter_get(&stats.failed), 1);
	now += SECOND;
	turn(1);
	assert_int_equal(mm_counter_get(&stats.failed), 2);
}

/* ---- runs that do not end ---------------------------------------------------------------------------------------- */

static void a_run_of_a_minute_is_ended(void **state)
{
	(void)state;
	use_script("exec sleep 1000");
	turn(1);
	now += 60 * SECOND - 1;
	turn(1);
	assert_false(hook.ending);
	now += 1;
	turn(1);
	await_end();
	mm_hook_finish(&hook, now);
	assert_logged("msg=\"keys.on_change takes too long and is ended\" revision=1 command=/bin/sh signal=SIGTERM");
	assert_logged("result=\"signal 15\" milliseconds=60000 retry_in=1s");
}

static void who_ignores_that_is_killed_five_seconds_later(void **state)
{
	(void)state;
	use_script("trap '' TERM; touch $0/trapped; while :; do sleep 0.01; done");
	turn(1);
	await(test_file_exists(dir.fd, "trapped"));
	now += 60 * SECOND;
	turn(1);
	now += 5 * SECOND - 1;
	turn(1);
	assert_false(is_over(hook.pid));
	now += 1;
	turn(1);
	await_end();
	mm_hook_finish(&hook, now);
	assert_logged("result=\"signal 9\"");
}

/* Gone, or a zombie that waits for whoever adopted it. */
static bool is_gone(const char *pid)
{
	mm_auto_buf path = {0};
	char line[512] = "";
	FILE *stat;

	mm_buf_printf(&path, "/proc/%.*s/stat", (int)strcspn(pid, "\n"), pid);
	stat = fopen(path.p, "re");
	if (!stat)
		return true;
	(void)!fgets(line, sizeof line, stat);
	fclose(stat);
	return strstr(line, ") Z ") != NULL;
}

/* The shell obeys SIGTERM; what it has started does not. */
static void what_it_has_started_is_ended_with_it(void **state)
{
	mm_auto_string child = NULL;

	(void)state;
	use_script("(trap '' TERM; touch $0/trapped; while :; do sleep 0.01; done) & echo $! >$0/child; "
		   "touch $0/started; wait");
	turn(1);
	await(test_file_exists(dir.fd, "trapped"));
	await(test_file_exists(dir.fd, "started"));
	mm_hook_end(&hook, now);
	await_end();
	mm_hook_finish(&hook, now);
	child = test_file_read(dir.fd, "child");
	await(is_gone(child));
}

/* The shell waits for its child to tidy up, which nobody but us has told to. */
static void all_of_it_is_told_to_end(void **state)
{
	(void)state;
	use_script("trap 'until test -e $0/tidy; do sleep 0.01; done; exit 1' TERM; "
		   "(trap 'touch $0/tidy; exit' TERM; touch $0/trapped; while :; do sleep 0.01; done) & wait");
	turn(1);
	await(test_file_exists(dir.fd, "trapped"));
	mm_hook_end(&hook, now);
	await_end();
	assert_true(test_file_exists(dir.fd, "tidy"));
}

static void the_time_of_a_run_can_be_up_at_once(void **state)
{
	(void)state;
	use_script("exec sleep 1000");
	turn(1);
	mm_hook_end(&hook, now);
	await_end();
	mm_hook_finish(&hook, now);
	assert_logged("result=\"signal 15\" milliseconds=0");
}

static void what_is_cleared_is_killed(void **state)
{
	pid_t pid;
	int status;

	(void)state;
	use_script("exec sleep 1000");
	turn(1);
	pid = hook.pid;
	mm_hook_clear(&hook);
	assert_false(mm_hook_runs(&hook));
	await(is_over(pid));
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(WTERMSIG(status), SIGKILL);
}

/* As in a container, where a server is process 1. */
static void what_a_command_leaves_behind_is_waited_for(void **state)
{
	siginfo_t info = {0};
	int gate;

	(void)state;
	assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
	assert_int_equal(mkfifoat(dir.fd, "gate", 0600), 0);
	use_script("(read line <$0/gate; exit 3) & exit 0");
	run_once(1);
	assert_int_equal(mm_counter_get(&stats.succeeded), 1);
	assert_int_equal(waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT), 0); /* ours now, and it goes on */
	assert_int_equal(info.si_pid, 0);
	gate = openat(dir.fd, "gate", O_RDWR | O_CLOEXEC);
	assert_int_equal(write(gate, "\n", 1), 1);
	await((mm_hook_finish(&hook, now), waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) != 0));
	close(gate);
	assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 0), 0);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_first_turn_runs_the_command_with_what_it_needs_to_know),
		TEST(a_configuration_without_a_file_has_no_name),
		TEST(signals_are_as_a_program_expects_them),
		TEST(nothing_is_open_but_the_standard_streams),
		TEST(a_revision_is_told_once),
		TEST(changes_during_a_run_lead_to_one_more),
		TEST(a_new_command_is_told_too),
		TEST(without_a_command_nothing_is_run_and_nothing_remembered),
		TEST(one_who_stops_starts_nothing),
		TEST(a_failure_is_told_and_tried_again),
		TEST(the_pause_doubles_up_to_five_minutes),
		TEST(a_change_does_not_wait_for_the_pause),
		TEST(a_program_that_is_not_there_is_told_and_tried_again),
		TEST(a_run_of_a_minute_is_ended),
		TEST(who_ignores_that_is_killed_five_seconds_later),
		TEST(what_it_has_started_is_ended_with_it),
		TEST(all_of_it_is_told_to_end),
		TEST(the_time_of_a_run_can_be_up_at_once),
		TEST(what_is_cleared_is_killed),
		TEST(what_a_command_leaves_behind_is_waited_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
