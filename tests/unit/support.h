/* SPDX-License-Identifier: Apache-2.0 */
/* What the unit tests share: cmocka with its many includes, assertions on codes, throwaway directories. */
#ifndef MINTMARK_TESTS_SUPPORT_H
#define MINTMARK_TESTS_SUPPORT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <mintmark/bytes.h>
#include <mintmark/err.h>
#include <sys/types.h>

/* The call must succeed; on failure the test shows the line in `err`. */
#define assert_ok(call, err) test_assert_code((call), MM_OK, (err), #call, __FILE__, __LINE__)
/*
 * The call must fail with `code`, and `err` (may be NULL) must hold that code and a line; it is cleared for the next.
 */
#define assert_fails(call, code, err) test_assert_code((call), (code), (err), #call, __FILE__, __LINE__)
void test_assert_code(enum mm_code found, enum mm_code expected, struct mm_err *err, const char *call, const char *file,
		      int line);

/* `text` must hold `part`. */
#define assert_contains(text, part) test_assert_contains((text), (part), __FILE__, __LINE__)
void test_assert_contains(const char *text, const char *part, const char *file, int line);

void test_strings_add(struct mm_strings *list, const char *text); /* must succeed */

/* How often `part` stands in the file, of which the first 64 KiB are looked at. */
int test_count_in(int fd, const char *part);

/* An empty directory of mode 0700 under $TMPDIR, and its removal with all that is in it. */
struct test_dir {
	char path[256];
	int fd;
};
void test_dir_make(struct test_dir *dir);
void test_dir_remove(struct test_dir *dir);

/* A file with exactly this content and mode; and its content, which the caller frees (NULL: there is no such file). */
void test_file_write(int dirfd, const char *name, const char *content, mode_t mode);
char *test_file_read(int dirfd, const char *name);
bool test_file_exists(int dirfd, const char *name);
/* Its permissions, of the link where it is one; "" is the directory itself. */
mode_t test_file_mode(int dirfd, const char *name);
/* The path of `name` in the directory, in static space: good until the next call. */
const char *test_dir_path(const struct test_dir *dir, const char *name);
/* The number of entries, without "." and "..". */
int test_dir_count(int dirfd);

#endif
