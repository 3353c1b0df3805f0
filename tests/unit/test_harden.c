/* SPDX-License-Identifier: Apache-2.0 */
/* Each test hardens a child, for it cannot be undone. */
#include "tests/unit/support.h"

#include <errno.h>
#include <fcntl.h>
#include <mintmark/harden.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* Runs `check` in a hardened child: it must return true there. */
static void assert_when_hardened(bool (*check)(void))
{
	pid_t child = fork();
	int status = -1;

	assert_true(child >= 0);
	if (child == 0)
		_exit(mm_process_harden(NULL) == MM_OK && check() ? 0 : 1);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static bool core_limit_is_zero(void)
{
	struct rlimit limit;

	return getrlimit(RLIMIT_CORE, &limit) == 0 && limit.rlim_cur == 0 && limit.rlim_max == 0;
}

static void no_core_is_dumped(void **state)
{
	(void)state;
	assert_when_hardened(core_limit_is_zero);
}

static bool is_undumpable(void)
{
	return prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == 0;
}

static void the_process_is_not_dumpable(void **state)
{
	(void)state;
	assert_when_hardened(is_undumpable);
}

static bool has_no_new_privileges(void)
{
	return prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1;
}

static void no_new_privileges_can_be_had(void **state)
{
	(void)state;
	assert_when_hardened(has_no_new_privileges);
}

static bool umask_is_077(void)
{
	return umask(0) == 077;
}

static void new_files_are_private(void **state)
{
	(void)state;
	assert_when_hardened(umask_is_077);
}

static bool survives_sigpipe(void)
{
	return raise(SIGPIPE) == 0;
}

static void a_closed_pipe_does_not_kill(void **state)
{
	(void)state;
	assert_when_hardened(survives_sigpipe);
}

static bool survives_sigxfsz(void)
{
	return raise(SIGXFSZ) == 0;
}

static void a_limit_of_file_size_does_not_kill(void **state)
{
	(void)state;
	assert_when_hardened(survives_sigxfsz);
}

/* VmLck is 0 unless the whole is locked. */
static bool memory_is_locked(void)
{
	FILE *in = fopen("/proc/self/status", "re");
	char line[128];
	long locked = -1;

	while (in && locked < 0 && fgets(line, sizeof line, in))
		(void)sscanf(line, "VmLck: %ld kB", &locked);
	if (in)
		fclose(in);
	return locked > 0;
}

#ifdef __SANITIZE_ADDRESS__
enum { SANITIZED = 1 }; /* the sanitizer makes mlockall do nothing, successfully */
#else
enum { SANITIZED = 0 };
#endif

static bool locks_as_it_says(void)
{
	bool locked = mm_process_lock_memory();
	void *large = malloc(64 << 20);
	bool allocates = large != NULL;

	if (large)
		memset(large, 1, 64 << 20);
	free(large);
	return allocates && (SANITIZED || locked == memory_is_locked());
}

static void locking_memory_tells_the_truth_and_leaves_allocation_working(void **state)
{
	(void)state;
	assert_when_hardened(locks_as_it_says);
}

/* A limit that root could not lift either: the lock must be left alone rather than make malloc fail. */
static bool leaves_it_under_a_limit(void)
{
	struct rlimit small = {65536, 65536};

	if (setrlimit(RLIMIT_MEMLOCK, &small) != 0 || (geteuid() == 0 && setuid(65534) != 0))
		return false;
	return !mm_process_lock_memory() && locks_as_it_says();
}

static void under_a_limit_memory_is_not_locked(void **state)
{
	(void)state;
	assert_when_hardened(leaves_it_under_a_limit);
}

/* Runs last in its child: it has no standard streams any more. */
static bool nothing_takes_the_place_of_a_closed_stream(void)
{
	char byte;
	int file;

	for (int fd = 0; fd <= 2; fd++)
		close(fd);
	mm_process_guard_streams();
	file = open("/dev/null", O_RDWR);
	return file > 2 && write(1, "", 1) < 0 && errno == EBADF && write(2, "", 1) < 0 && read(0, &byte, 1) < 0;
}

static void closed_streams_are_guarded(void **state)
{
	(void)state;
	assert_when_hardened(nothing_takes_the_place_of_a_closed_stream);
}

static bool an_open_stream_is_left_alone(void)
{
	int pipe_fds[2];

	if (pipe(pipe_fds) != 0 || dup2(pipe_fds[1], 1) != 1)
		return false;
	mm_process_guard_streams();
	return write(1, "", 1) == 1;
}

static void open_streams_are_left_alone(void **state)
{
	(void)state;
	assert_when_hardened(an_open_stream_is_left_alone);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_core_is_dumped),
		cmocka_unit_test(the_process_is_not_dumpable),
		cmocka_unit_test(no_new_privileges_can_be_had),
		cmocka_unit_test(new_files_are_private),
		cmocka_unit_test(a_closed_pipe_does_not_kill),
		cmocka_unit_test(a_limit_of_file_size_does_not_kill),
		cmocka_unit_test(locking_memory_tells_the_truth_and_leaves_allocation_working),
		cmocka_unit_test(under_a_limit_memory_is_not_locked),
		cmocka_unit_test(closed_streams_are_guarded),
		cmocka_unit_test(open_streams_are_left_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
