/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A shared object for LD_PRELOAD that makes one file operation of an unmodified program fail, or the program die there.
 *
 *     FAULTFS_OP     what is counted: fsync (fdatasync too), write, rename, unlink, truncate, or any (all of these)
 *     FAULTFS_AT     the number of the operation that fails, from 1; only that one, so that a retry would be seen
 *     FAULTFS_ERRNO  what it fails with: ENOSPC, EIO (the default), EINTR, EDQUOT or EROFS; or SHORT: a write takes half
 *                    of its bytes and says so, which is no failure
 *     FAULTFS_KILL   if 1, the process kills itself (SIGKILL) in the place of failing; a write has put half of its
 *                    bytes into the file by then
 *
 * Only regular files and directories count: logs to a terminal or pipe, sockets and eventfds do not. Counted over the
 * whole process, in the order of the calls. To try every point: FAULTFS_OP=any, FAULTFS_AT=1, 2, 3, … until the program
 * ends as if nothing had happened.
 */
#define _GNU_SOURCE 1
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The function of libc that ours stands before. */
#define NEXT(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

static atomic_long calls;

static bool is_counted(const char *op)
{
	const char *wanted = getenv("FAULTFS_OP");

	return wanted && (strcmp(wanted, op) == 0 || strcmp(wanted, "any") == 0);
}

/* Whether this call is the one; each call that is counted must ask exactly once. */
static bool is_the_one(const char *op)
{
	const char *at = getenv("FAULTFS_AT");

	return at && is_counted(op) && atomic_fetch_add(&calls, 1) + 1 == strtol(at, NULL, 10);
}

static bool is_file(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && (S_ISREG(st.st_mode) || S_ISDIR(st.st_mode));
}

static bool must_die(void)
{
	const char *kill_it = getenv("FAULTFS_KILL");

	return kill_it && strcmp(kill_it, "1") == 0;
}

static bool must_be_short(void)
{
	const char *wanted = getenv("FAULTFS_ERRNO");

	return wanted && strcmp(wanted, "SHORT") == 0;
}

/* Dies, or sets errno and returns -1: the result of the operation. */
static int fault(void)
{
	static const struct {
		const char *name;
		int number;
	} errors[] = {{"ENOSPC", ENOSPC}, {"EIO", EIO}, {"EINTR", EINTR}, {"EDQUOT", EDQUOT}, {"EROFS", EROFS}};
	const char *wanted = getenv("FAULTFS_ERRNO");

	if (must_die())
		kill(getpid(), SIGKILL);
	errno = EIO;
	for (size_t i = 0; wanted && i < sizeof errors / sizeof errors[0]; i++) {
		if (strcmp(errors[i].name, wanted) == 0)
			errno = errors[i].number;
	}
	return -1;
}

int fsync(int fd)
{
	return is_file(fd) && is_the_one("fsync") ? fault() : NEXT(fsync)(fd);
}

int fdatasync(int fd)
{
	return is_file(fd) && is_the_one("fsync") ? fault() : NEXT(fdatasync)(fd);
}

ssize_t write(int fd, const void *bytes, size_t len)
{
	if (!is_file(fd) || !is_the_one("write"))
		return NEXT(write)(fd, bytes, len);
	if (must_be_short())
		return NEXT(write)(fd, bytes, len / 2);
	if (must_die())
		(void)!NEXT(write)(fd, bytes, len / 2);
	return fault();
}

int ftruncate(int fd, off_t length)
{
	return is_file(fd) && is_the_one("truncate") ? fault() : NEXT(ftruncate)(fd, length);
}

int rename(const char *from, const char *to)
{
	return is_the_one("rename") ? fault() : NEXT(rename)(from, to);
}

int renameat(int from_dir, const char *from, int to_dir, const char *to)
{
	return is_the_one("rename") ? fault() : NEXT(renameat)(from_dir, from, to_dir, to);
}

int renameat2(int from_dir, const char *from, int to_dir, const char *to, unsigned flags)
{
	return is_the_one("rename") ? fault() : NEXT(renameat2)(from_dir, from, to_dir, to, flags);
}

int unlink(const char *path)
{
	return is_the_one("unlink") ? fault() : NEXT(unlink)(path);
}

int unlinkat(int dir, const char *path, int flags)
{
	return is_the_one("unlink") ? fault() : NEXT(unlinkat)(dir, path, flags);
}
