/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writing that survives power loss, and the lock under which it is done. An fsync that failed is never tried again,
 * not even after EINTR: the kernel may have dropped the pages and call them clean.
 */
#include <mintmark/file.h>

#include "base/name.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <mintmark/clock.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum mm_code mm_name_check(const char *name, struct mm_err *err)
{
	if (*name == '\0' || strcmp(name, ".") == 0 || strcmp(name, "..") == 0 || strchr(name, '/'))
		return mm_fail(err, MM_EUNSAFE, "\"%s\" is not the name of a file in its directory", name);
	return MM_OK;
}

/* ".NAME.tmp.XXXXXX" is what a temporary is called; sweeping touches nothing else. */
static const char temp_infix[] = ".tmp.";
enum { TEMP_RANDOM = 6, TEMP_TRIES = 100, MODE_BITS = 07777 };

static bool is_temp_name(const char *name)
{
	size_t len = strlen(name), tail = strlen(temp_infix) + TEMP_RANDOM;
	static const char letters[] = "0123456789abcdef";

	/* a dot, at least one character of NAME, and the tail */
	return len >= 2 + tail && name[0] == '.' && memcmp(name + len - tail, temp_infix, strlen(temp_infix)) == 0 &&
	       strspn(name + len - TEMP_RANDOM, letters) == TEMP_RANDOM;
}

/* A temporary of the file `of`; NULL: of any. */
static bool is_temp_of(const char *name, const char *of)
{
	size_t len = of ? strlen(of) : 0;

	return is_temp_name(name) &&
	       (!of || (strncmp(name + 1, of, len) == 0 && strlen(name) == 1 + len + strlen(temp_infix) + TEMP_RANDOM));
}

/* A new file beside `name`, open for writing, with no permission for anybody else; `*temp` is its name. */
static enum mm_code make_temp(int dirfd, const char *name, char **temp, int *fd, struct mm_err *err)
{
	for (int tries = 0; tries < TEMP_TRIES; tries++) {
		unsigned random;

		if (RAND_bytes((unsigned char *)&random, sizeof random) != 1)
			return mm_fail_openssl(err, MM_ECRYPTO, "no random bytes");
		mm_string_free(temp);
		if (asprintf(temp, ".%s%s%06x", name, temp_infix, random & 0xffffff) < 0) {
			*temp = NULL;
			return mm_fail(err, MM_ENOMEM, "out of memory");
		}
		*fd = openat(dirfd, *temp, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
		if (*fd >= 0)
			return MM_OK;
		if (errno != EEXIST && errno != EINTR)
			break;
	}
	return mm_fail_errno(err, "cannot write %s: a temporary file beside it", name);
}

/* dirfd may be AT_FDCWD, which cannot be synced itself. */
static bool sync_dir(int dirfd)
{
	mm_auto_fd here = dirfd == AT_FDCWD ? open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;

	return fsync(dirfd == AT_FDCWD ? here : dirfd) == 0;
}

static bool write_all(int fd, struct mm_span content)
{
	while (content.len > 0) {
		ssize_t n = write(fd, content.p, content.len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		content = mm_span(content.p + n, content.len - (size_t)n);
	}
	return true;
}

/* The content is on disk, under the temporary's name, when this returns MM_OK; `*fd` is closed. */
static enum mm_code fill_temp(int *fd, const char *name, struct mm_span content, mode_t mode, struct mm_err *err)
{
	int closed;

	/* fchmod and not openat's mode: the umask has no say in it. */
	if (fchmod(*fd, mode) != 0)
		return mm_fail_errno(err, "cannot write %s: fchmod", name);
	if (!write_all(*fd, content))
		return mm_fail_errno(err, "cannot write %s: write", name);
	if (fsync(*fd) != 0)
		return mm_fail_errno(err, "cannot write %s: fsync", name);
	closed = close(*fd);
	*fd = -1;
	/* EINTR: Linux has closed it nevertheless, and all is on disk. */
	if (closed != 0 && errno != EINTR)
		return mm_fail_errno(err, "cannot write %s: close", name);
	return MM_OK;
}

static bool move_over(int dirfd, const char *temp, const char *name)
{
	return renameat(dirfd, temp, dirfd, name) == 0;
}

/* Not every file system (NFS) knows RENAME_NOREPLACE, and not every one (FAT) has links. */
static bool move_beside(int dirfd, const char *temp, const char *name)
{
	if (renameat2(dirfd, temp, dirfd, name, RENAME_NOREPLACE) == 0)
		return true;
	return errno == EINVAL && linkat(dirfd, temp, dirfd, name, 0) == 0 && unlinkat(dirfd, temp, 0) == 0;
}

/* Writes a temporary beside `name` and gives it that name with `move`, which leaves the reason in errno. */
static enum mm_code put_file(int dirfd, const char *name, struct mm_span content, mode_t mode,
			     bool (*move)(int dirfd, const char *temp, const char *name), struct mm_err *err)
{
	mm_auto_string temp = NULL;
	mm_auto_fd fd = -1;
	enum mm_code code = mm_name_check(name, err);

	if (code == MM_OK)
		code = make_temp(dirfd, name, &temp, &fd, err);
	if (code != MM_OK)
		return code;
	code = fill_temp(&fd, name, content, mode, err);
	if (code == MM_OK && !move(dirfd, temp, name))
		code = errno == EEXIST ? mm_fail(err, MM_EEXIST, "%s is there already", name)
				       : mm_fail_errno(err, "cannot write %s: rename", name);
	if (code != MM_OK) {
		unlinkat(dirfd, temp, 0);
		return code;
	}
	if (!sync_dir(dirfd))
		return mm_fail_errno(err, "%s is written, but may not survive a power loss: fsync of its directory",
				     name);
	return MM_OK;
}

enum mm_code mm_file_replace(int dirfd, const char *name, struct mm_span content, mode_t mode, struct mm_err *err)
{
	return put_file(dirfd, name, content, mode, move_over, err);
}

enum mm_code mm_file_create(int dirfd, const char *name, struct mm_span content, mode_t mode, struct mm_err *err)
{
	return put_file(dirfd, name, content, mode, move_beside, err);
}

/* Whether `name` holds these very bytes and has this mode. MM_EUNSAFE: something else has its name. */
static enum mm_code is_current(int dirfd, const char *name, struct mm_span content, mode_t mode, bool *current,
			       struct mm_err *err)
{
	mm_auto_buf found = {0};
	struct mm_err why = {0};
	struct stat st;
	enum mm_code code = mm_file_read(dirfd, name, MM_FILE_ANY, content.len, &found, &why);

	*current = code == MM_OK && mm_span_eq(mm_buf_span(&found), content) &&
		   fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && (st.st_mode & MODE_BITS) == mode;
	if (code == MM_OK || code == MM_ENOTFOUND || code == MM_ELIMIT)
		return MM_OK;
	return mm_fail(err, code, "%s", why.text);
}

enum mm_code mm_file_update(int dirfd, const char *name, struct mm_span content, mode_t mode, bool *written,
			    struct mm_err *err)
{
	bool current = false;
	enum mm_code code = is_current(dirfd, name, content, mode, &current, err);

	*written = false;
	if (code != MM_OK)
		return code;
	if (!current) {
		code = mm_file_replace(dirfd, name, content, mode, err);
		*written = code == MM_OK;
		return code;
	}
	/* Whoever wrote what we found may have been killed before it was durable. */
	if (!sync_dir(dirfd))
		return mm_fail_errno(err, "%s is there, but may not survive a power loss: fsync of its directory",
				     name);
	return MM_OK;
}

enum mm_code mm_file_append(int fd, struct mm_span content, struct mm_err *err)
{
	struct stat before;
	enum mm_code code = MM_OK;

	if (fstat(fd, &before) != 0)
		return mm_fail_errno(err, "fstat");
	if (!write_all(fd, content))
		code = mm_fail_errno(err, "write");
	else if (fsync(fd) != 0)
		code = mm_fail_errno(err, "fsync");
	if (code != MM_OK)
		(void)!ftruncate(fd, before.st_size);
	return code;
}

enum mm_code mm_file_remove(int dirfd, const char *name, struct mm_err *err)
{
	enum mm_code code = mm_name_check(name, err);

	if (code != MM_OK)
		return code;
	if (unlinkat(dirfd, name, 0) != 0 && errno != ENOENT)
		return mm_fail_errno(err, "cannot remove %s", name);
	/* Also when it was gone: whoever removed it may have been killed before this. */
	if (!sync_dir(dirfd))
		return mm_fail_errno(err, "%s is removed, but may come back after a power loss: fsync of its directory",
				     name);
	return MM_OK;
}

/* Sweeps what readdir shows; `*removed` tells whether anything went. */
static enum mm_code sweep_listed(DIR *dir, const char *of, bool *removed, struct mm_err *err)
{
	const struct dirent *entry;
	struct stat st;

	for (errno = 0; (entry = readdir(dir)) != NULL; errno = 0) {
		if (!is_temp_of(entry->d_name, of) ||
		    fstatat(dirfd(dir), entry->d_name, &st, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISREG(st.st_mode))
			continue;
		if (unlinkat(dirfd(dir), entry->d_name, 0) != 0)
			return mm_fail_errno(err, "cannot remove the left-over %s", entry->d_name);
		*removed = true;
	}
	return errno ? mm_fail_errno(err, "cannot list the directory") : MM_OK;
}

static enum mm_code sweep(int dirfd, const char *of, struct mm_err *err)
{
	/* A descriptor of its own: the position in the listing belongs to the open file. */
	int fd = openat(dirfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
	bool removed = false;
	enum mm_code code;

	if (!dir) {
		code = mm_fail_errno(err, "cannot list the directory");
		mm_fd_close(&fd);
		return code;
	}
	code = sweep_listed(dir, of, &removed, err);
	closedir(dir);
	if (code == MM_OK && removed && !sync_dir(dirfd))
		code = mm_fail_errno(err, "cannot sync the directory");
	return code;
}

enum mm_code mm_dir_sweep(int dirfd, struct mm_err *err)
{
	return sweep(dirfd, NULL, err);
}

enum mm_code mm_file_sweep(int dirfd, const char *name, struct mm_err *err)
{
	return sweep(dirfd, name, err);
}

/*
 * An open file description lock: unlike flock it works over NFS, unlike a POSIX record lock it excludes another
 * thread of this process too and is not lost when some other descriptor of the file is closed. The kernel frees it
 * when the process dies, however it dies. F_OFD_SETLKW cannot be told how long to wait, hence the asking again.
 */
static bool try_lock(int fd)
{
	struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};

	return fcntl(fd, F_OFD_SETLK, &whole) == 0;
}

static enum mm_code wait_for_lock(int fd, const char *name, int wait_ms, struct mm_err *err)
{
	int64_t deadline = mm_clock_monotonic_ns() + (int64_t)wait_ms * 1000000;
	struct timespec pause = {.tv_nsec = 1000000};

	while (!try_lock(fd)) {
		if (errno != EAGAIN && errno != EACCES && errno != EINTR)
			return mm_fail_errno(err, "cannot lock %s", name);
		if (mm_clock_monotonic_ns() >= deadline)
			return mm_fail(err, MM_ETIMEOUT, "%s: another process has held the lock for %d ms", name,
				       wait_ms);
		nanosleep(&pause, NULL);
		if (pause.tv_nsec < 32000000)
			pause.tv_nsec *= 2;
	}
	return MM_OK;
}

enum mm_code mm_file_lock(int dirfd, const char *name, int wait_ms, int *fd, struct mm_err *err)
{
	mm_auto_fd opened = -1;
	enum mm_code code = mm_name_check(name, err);
	struct stat st;

	*fd = -1;
	if (code != MM_OK)
		return code;
	opened = openat(dirfd, name, O_RDWR | O_CREAT | O_NOFOLLOW | O_NOCTTY | O_CLOEXEC, 0600);
	if (opened < 0 && errno == ELOOP)
		return mm_fail(err, MM_EUNSAFE, "%s: is a symbolic link", name);
	if (opened < 0 || fstat(opened, &st) != 0)
		return mm_fail_errno(err, "cannot open the lock %s", name);
	if (!S_ISREG(st.st_mode))
		return mm_fail(err, MM_EUNSAFE, "%s: is not a regular file", name);
	code = wait_for_lock(opened, name, wait_ms, err);
	if (code != MM_OK)
		return code;
	*fd = opened;
	opened = -1;
	return MM_OK;
}

/* flock cannot be told how long to wait either. */
enum mm_code mm_dir_lock(int dirfd, const char *path, int wait_ms, struct mm_err *err)
{
	int64_t deadline = mm_clock_monotonic_ns() + (int64_t)wait_ms * 1000000;
	const struct timespec pause = {.tv_nsec = 10000000};

	while (flock(dirfd, LOCK_EX | LOCK_NB) != 0) {
		if (errno != EWOULDBLOCK && errno != EINTR)
			return mm_fail_errno(err, "%s: cannot lock the directory", path);
		if (mm_clock_monotonic_ns() >= deadline)
			return mm_fail(err, MM_ETIMEOUT, "%s: another process has been writing there for %d ms", path,
				       wait_ms);
		nanosleep(&pause, NULL);
	}
	return MM_OK;
}
