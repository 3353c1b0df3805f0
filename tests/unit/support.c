/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/support.h"

#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

void test_assert_code(enum mm_code found, enum mm_code expected, struct mm_err *err, const char *call, const char *file,
		      int line)
{
	if (found != expected) {
		print_error("%s: %s, expected %s (%s)\n", call, mm_code_name(found), mm_code_name(expected),
			    err ? err->text : "");
		_fail(file, line);
	}
	if (err && err->code != expected) {
		print_error("%s: returned %s, but err holds %s\n", call, mm_code_name(found), mm_code_name(err->code));
		_fail(file, line);
	}
	if (err && expected != MM_OK && err->text[0] == '\0') {
		print_error("%s: fails without a word\n", call);
		_fail(file, line);
	}
	mm_err_clear(err);
}

void test_assert_contains(const char *text, const char *part, const char *file, int line)
{
	if (!text || !strstr(text, part)) {
		print_error("\"%s\" does not hold \"%s\"\n", text ? text : "(null)", part);
		_fail(file, line);
	}
}

int test_count_in(int fd, const char *part)
{
	static char text[65536];
	ssize_t len = pread(fd, text, sizeof text - 1, 0);
	int n = 0;

	assert_true(len >= 0);
	text[len] = '\0';
	for (const char *at = text; (at = strstr(at, part)); at++)
		n++;
	return n;
}

void test_strings_add(struct mm_strings *list, const char *text)
{
	struct mm_err err = {0};

	assert_ok(mm_strings_add(list, text, &err), &err);
}

void test_dir_make(struct test_dir *dir)
{
	const char *tmp = getenv("TMPDIR");

	snprintf(dir->path, sizeof dir->path, "%s/mintmark-test-XXXXXX", tmp ? tmp : "/tmp");
	assert_non_null(mkdtemp(dir->path));
	dir->fd = open(dir->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_true(dir->fd >= 0);
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *where)
{
	(void)st;
	(void)type;
	(void)where;
	return remove(path);
}

void test_dir_remove(struct test_dir *dir)
{
	close(dir->fd);
	nftw(dir->path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

void test_file_write(int dirfd, const char *name, const char *content, mode_t mode)
{
	int fd = openat(dirfd, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, content, strlen(content)), (ssize_t)strlen(content));
	assert_int_equal(fchmod(fd, mode), 0);
	close(fd);
}

char *test_file_read(int dirfd, const char *name)
{
	int fd = openat(dirfd, name, O_RDONLY | O_CLOEXEC);
	struct stat st;
	char *content;

	if (fd < 0)
		return NULL;
	assert_int_equal(fstat(fd, &st), 0);
	content = calloc(1, (size_t)st.st_size + 1);
	assert_non_null(content);
	assert_int_equal(read(fd, content, (size_t)st.st_size), st.st_size);
	close(fd);
	return content;
}

bool test_file_exists(int dirfd, const char *name)
{
	struct stat st;

	return fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW) == 0;
}

mode_t test_file_mode(int dirfd, const char *name)
{
	struct stat st;

	assert_int_equal(fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH), 0);
	return st.st_mode & 07777;
}

const char *test_dir_path(const struct test_dir *dir, const char *name)
{
	static char path[512];

	snprintf(path, sizeof path, "%s/%s", dir->path, name);
	return path;
}

int test_dir_count(int dirfd)
{
	DIR *dir = fdopendir(openat(dirfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
	const struct dirent *entry;
	int n = 0;

	assert_non_null(dir);
	while ((entry = readdir(dir)) != NULL)
		n += strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
	closedir(dir);
	return n;
}
