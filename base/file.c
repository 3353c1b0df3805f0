/* SPDX-License-Identifier: Apache-2.0 */
/* Opening directories and reading files, with the checks that keys need. Writing is in durable.c. */
#include <mintmark/file.h>

#include "base/name.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

void mm_fd_close(int *fd)
{
	int kept_errno = errno;

	if (*fd >= 0)
		close(*fd);
	*fd = -1;
	errno = kept_errno;
}

enum { PATH_SPACE = 256 };

/* The whole path of `name` in `dirfd`, for the user who must repair it; `name` when the system does not tell. */
static const char *path_in(int dirfd, const char *name, char space[static PATH_SPACE])
{
	char link[40];
	ssize_t len;

	if (dirfd == AT_FDCWD)
		return name;
	snprintf(link, sizeof link, "/proc/self/fd/%d", dirfd);
	len = readlink(link, space, PATH_SPACE);
	if (len <= 0 || space[0] != '/' || (size_t)len + strlen(name) + 2 > PATH_SPACE)
		return name;
	snprintf(space + len, PATH_SPACE - (size_t)len, "/%s", name);
	return space;
}

static const char give_us[] = "chown it to the user that runs mintmark";

/* What is wrong with owner or mode, and the command that repairs it; NULL when nothing is. */
static const char *objection(const struct stat *st, enum mm_file_check check, const char **remedy)
{
	if ((check & MM_FILE_OWNED) == 0)
		return NULL;
	if (st->st_uid != geteuid() && st->st_uid != 0) {
		/* That first: root would take it away from the service by a chown. */
		*remedy = "run mintmark as that user, or chown it to the one that does";
		return "another user owns it";
	}
	if (st->st_mode & (S_IWGRP | S_IWOTH)) {
		*remedy = "chmod go-w";
		return "group or others may write to it";
	}
	if (check == MM_FILE_HANDED && st->st_uid != geteuid()) {
		*remedy = "chmod o-rwx";
		return st->st_mode & S_IROTH ? "others may read it" : NULL;
	}
	if (check != MM_FILE_OWNED && st->st_mode & (S_IRGRP | S_IROTH)) {
		*remedy = "chmod go-rwx";
		return "group or others may read it";
	}
	return NULL;
}

static enum mm_code check_fd(int fd, const char *path, enum mm_file_check check, struct stat *st, struct mm_err *err)
{
	const char *wrong, *remedy = NULL;

	if (fstat(fd, st) != 0)
		return mm_fail_errno(err, "%s", path);
	wrong = objection(st, check, &remedy);
	if (wrong)
		return mm_fail(err, MM_EUNSAFE, "%s: %s (uid %u, mode %04o): %s", path, wrong, (unsigned)st->st_uid,
			       (unsigned)st->st_mode & 07777, remedy);
	return MM_OK;
}

/* Why openat(…, O_NOFOLLOW) failed, from errno. O_DIRECTORY turns the ELOOP of a link into ENOTDIR. */
static enum mm_code open_failed(int dirfd, const char *name, const char *path, struct mm_err *err)
{
	int number = errno;
	struct stat st;
	bool is_there = fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW) == 0;

	if (number == ENOENT)
		return mm_fail(err, MM_ENOTFOUND, "%s: there is no such file or directory", path);
	if ((number == ELOOP || number == ENOTDIR) && is_there && S_ISLNK(st.st_mode))
		return mm_fail(err, MM_EUNSAFE, "%s: is a symbolic link: name what it points to", path);
	if (number == EACCES && is_there && st.st_uid != geteuid())
		return mm_fail(err, MM_EIO, "%s: Permission denied (uid %u owns it): %s", path, (unsigned)st.st_uid,
			       give_us);
	errno = number;
	return mm_fail_errno(err, "%s", path);
}

static enum mm_code open_dir(int dirfd, const char *name, enum mm_file_check check, int *fd, struct mm_err *err)
{
	char space[PATH_SPACE];
	const char *path = path_in(dirfd, name, space);
	mm_auto_fd opened = openat(dirfd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	struct stat st;
	enum mm_code code;

	*fd = -1;
	if (opened < 0)
		return open_failed(dirfd, name, path, err);
	code = check_fd(opened, path, check, &st, err);
	if (code != MM_OK)
		return code;
	*fd = opened;
	opened = -1;
	return MM_OK;
}

/* A copy without slashes at the end: "link/" would be followed in spite of O_NOFOLLOW. */
static char *without_slashes(const char *path)
{
	size_t len = strlen(path);

	while (len > 1 && path[len - 1] == '/')
		len--;
	return strndup(path, len);
}

enum mm_code mm_dir_open(const char *path, enum mm_file_check check, int *fd, struct mm_err *err)
{
	mm_auto_string plain = without_slashes(path);

	*fd = -1;
	if (!plain)
		return mm_fail(err, MM_ENOMEM, "out of memory");
	return open_dir(AT_FDCWD, plain, check, fd, err);
}

enum mm_code mm_dir_open_at(int dirfd, const char *name, enum mm_file_check check, int *fd, struct mm_err *err)
{
	enum mm_code code = mm_name_check(name, err);

	*fd = -1;
	return code == MM_OK ? open_dir(dirfd, name, check, fd, err) : code;
}

/* Opens the directory in which the last component of `path` stands; `*name` is that component. */
static int open_parent(int dirfd, const char *path, const char **name)
{
	const char *slash = strrchr(path, '/');
	mm_auto_string parent = slash ? strndup(path, slash == path ? 1 : (size_t)(slash - path)) : strdup(".");

	*name = slash ? slash + 1 : path;
	return parent ? openat(dirfd, parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
}

/* Makes what open_dir did not find. Its parent is touched here alone: it may be one that nobody may read, as 0711. */
static enum mm_code make_dir(int dirfd, const char *path, mode_t mode, enum mm_file_check check, int *fd,
			     struct mm_err *err)
{
	const char *name;
	mm_auto_fd parent = open_parent(dirfd, path, &name);
	enum mm_code code;
	bool made;

	if (parent < 0)
		return mm_fail_errno(err, "%s: cannot open the directory that it is to stand in", path);
	made = mkdirat(parent, name, mode) == 0;
	if (!made && errno != EEXIST)
		return mm_fail_errno(err, "%s: cannot make the directory", path);
	code = open_dir(parent, name, check, fd, err);
	if (code == MM_OK && ((made && fchmod(*fd, mode) != 0) || fsync(parent) != 0)) {
		code = mm_fail_errno(err, "%s: cannot make the directory last", path);
		mm_fd_close(fd);
	}
	return code;
}

/* Whoever made it may have been killed before it was to last. A parent that we may not open, we did not make it in. */
static enum mm_code sync_parent(int dirfd, const char *path, struct mm_err *err)
{
	const char *name;
	mm_auto_fd parent = open_parent(dirfd, path, &name);

	if (parent < 0 ? errno == EACCES : fsync(parent) == 0)
		return MM_OK;
	return mm_fail_errno(err, "%s: cannot make the directory last", path);
}

enum mm_code mm_dir_make(int dirfd, const char *path, mode_t mode, enum mm_file_check check, int *fd,
			 struct mm_err *err)
{
	mm_auto_string plain = without_slashes(path);
	struct mm_err why = {0};
	enum mm_code code;

	*fd = -1;
	if (!plain)
		return mm_fail(err, MM_ENOMEM, "out of memory");
	if (*plain == '\0')
		return mm_fail(err, MM_ENOTFOUND, "the path of the directory is empty");
	code = open_dir(dirfd, plain, check, fd, &why);
	if (code == MM_ENOTFOUND)
		return make_dir(dirfd, plain, mode, check, fd, err);
	if (code != MM_OK)
		return mm_fail(err, code, "%s", why.text);
	code = sync_parent(dirfd, plain, err);
	if (code != MM_OK)
		mm_fd_close(fd);
	return code;
}

/* Reads to the end, or one byte past `max`, which tells that there is more. */
static enum mm_code read_all(int fd, const char *path, size_t max, size_t expected, struct mm_buf *out,
			     struct mm_err *err)
{
	size_t total = 0;

	for (;;) {
		size_t want = expected > total ? expected - total : 4096;
		char *room;
		ssize_t n;

		if (want > max - total)
			want = max - total + 1;
		room = mm_buf_reserve(out, want);
		if (!room)
			return mm_buf_check(out, err);
		n = read(fd, room, want);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return mm_fail_errno(err, "%s: cannot read", path);
		if (n == 0)
			break;
		total += (size_t)n;
		if (total > max)
			return mm_fail(err, MM_ELIMIT, "%s: larger than the %zu bytes that are allowed", path, max);
		out->len += (size_t)n;
	}
	out->p[out->len] = '\0';
	return MM_OK;
}

/* Reads all of `fd`; on failure `out` is as long as it was. */
static enum mm_code read_fd(int fd, const char *path, size_t max, const struct stat *st, struct mm_buf *out,
			    struct mm_err *err)
{
	size_t before = out->len;
	/* One more byte than its size: then the read that finds the end comes with the first. */
	size_t expected = S_ISREG(st->st_mode) ? (size_t)st->st_size + 1 : 0;
	enum mm_code code;

	if (expected > 0 && expected - 1 > max)
		return mm_fail(err, MM_ELIMIT, "%s: %zu bytes, of which %zu are allowed", path, expected - 1, max);
	code = read_all(fd, path, max, expected, out, err);
	if (code != MM_OK && out->p) {
		out->len = before;
		out->p[before] = '\0';
	}
	return code;
}

/* Opens the regular file `name`, whose whole path is `path`; `*fd` is -1 when that fails. */
static enum mm_code open_regular(int dirfd, const char *name, const char *path, int flags, mode_t mode,
				 enum mm_file_check check, struct stat *st, int *fd, struct mm_err *err)
{
	/* Without O_NONBLOCK a FIFO of that name would hold us until somebody writes to it. */
	mm_auto_fd opened = openat(dirfd, name, flags | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC, mode);
	enum mm_code code;

	*fd = -1;
	if (opened < 0)
		return open_failed(dirfd, name, path, err);
	code = check_fd(opened, path, check, st, err);
	if (code == MM_OK && !S_ISREG(st->st_mode))
		code = mm_fail(err, MM_EUNSAFE, "%s: is not a regular file", path);
	if (code != MM_OK)
		return code;
	*fd = opened;
	opened = -1;
	return MM_OK;
}

enum mm_code mm_file_read(int dirfd, const char *name, enum mm_file_check check, size_t max, struct mm_buf *out,
			  struct mm_err *err)
{
	enum mm_code code = mm_name_check(name, err);
	char space[PATH_SPACE];
	const char *path;
	struct stat st;
	mm_auto_fd fd = -1;

	if (code != MM_OK)
		return code;
	path = path_in(dirfd, name, space);
	code = open_regular(dirfd, name, path, O_RDONLY, 0, check, &st, &fd, err);
	return code == MM_OK ? read_fd(fd, path, max, &st, out, err) : code;
}

enum mm_code mm_file_open_append(int dirfd, const char *name, enum mm_file_check check, mode_t mode, int *fd,
				 struct mm_err *err)
{
	enum mm_code code = mm_name_check(name, err);
	char space[PATH_SPACE];
	const char *path;
	struct stat st;

	*fd = -1;
	if (code != MM_OK)
		return code;
	path = path_in(dirfd, name, space);
	code = open_regular(dirfd, name, path, O_RDWR | O_APPEND | O_CREAT, mode, check, &st, fd, err);
	/* Whoever made it may have been killed before it was to last; with something in it, it was to. */
	if (code == MM_OK && st.st_size == 0 && fsync(dirfd) != 0) {
		code = mm_fail_errno(err, "%s: cannot make the file last", path);
		mm_fd_close(fd);
	}
	return code;
}

enum mm_code mm_path_read(const char *path, enum mm_file_check check, size_t max, struct mm_buf *out,
			  struct mm_err *err)
{
	bool standard_input = strcmp(path, "-") == 0;
	const char *name = standard_input ? "standard input" : path;
	struct stat st;
	enum mm_code code;
	mm_auto_fd fd = standard_input ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0)
				       : open(path, O_RDONLY | O_NOCTTY | O_CLOEXEC);

	if (fd < 0)
		return errno == ENOENT ? mm_fail(err, MM_ENOTFOUND, "%s: there is no such file", name)
				       : mm_fail_errno(err, "%s", name);
	/* What is behind standard input is whoever's who started us: nothing to check. */
	code = check_fd(fd, name, standard_input ? MM_FILE_ANY : check, &st, err);
	return code == MM_OK ? read_fd(fd, name, max, &st, out, err) : code;
}

static int64_t ns(struct timespec t)
{
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

struct mm_file_id mm_file_id(int dirfd, const char *path)
{
	struct stat st;

	if (fstatat(dirfd, path, &st, 0) != 0)
		return (struct mm_file_id){0};
	return (struct mm_file_id){st.st_dev, st.st_ino, st.st_size, ns(st.st_mtim), ns(st.st_ctim)};
}

bool mm_file_id_eq(struct mm_file_id a, struct mm_file_id b)
{
	return a.dev == b.dev && a.ino == b.ino && a.size == b.size && a.mtime_ns == b.mtime_ns &&
	       a.ctime_ns == b.ctime_ns;
}
