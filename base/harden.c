/* SPDX-License-Identifier: Apache-2.0 */
#include <mintmark/harden.h>

#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

enum mm_code mm_process_harden(struct mm_err *err)
{
	static const struct rlimit none = {0, 0};

	if (setrlimit(RLIMIT_CORE, &none) != 0)
		return mm_fail_errno(err, "cannot forbid core dumps");
	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0)
		return mm_fail_errno(err, "cannot make the process undumpable");
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		return mm_fail_errno(err, "cannot give up new privileges");
	if (signal(SIGPIPE, SIG_IGN) == SIG_ERR || signal(SIGXFSZ, SIG_IGN) == SIG_ERR)
		return mm_fail_errno(err, "cannot ignore SIGPIPE and SIGXFSZ");
	umask(077);
	return MM_OK;
}

void mm_process_guard_streams(void)
{
	/* The lowest free number is the one that open(2) takes. O_PATH: neither readable nor writable (EBADF). */
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
		if (fcntl(fd, F_GETFD) < 0)
			(void)!open("/", O_PATH);
	}
}

/* Under a finite limit a lock on future memory makes later allocations fail: worse than a key in swap. */
static bool lift_memlock_limit(void)
{
	static const struct rlimit unlimited = {RLIM_INFINITY, RLIM_INFINITY};

	return setrlimit(RLIMIT_MEMLOCK, &unlimited) == 0;
}

bool mm_process_lock_memory(void)
{
	/* On fault: what is never touched (stacks, arenas) needs no memory. */
	return lift_memlock_limit() && mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT) == 0;
}
