/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/functional/faultfs.c is linked into this program, so that its fsync, write, rename and unlink stand before
 * libc's. Faults are asked for in a child (its environment and its count are its own).
 */
#include "tests/unit/support.h"

#include <errno.h>
#include <fcntl.h>
#include <mintmark/clock.h>
#include <mintmark/file.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static struct test_dir dir;

static int setup(void **state)
{
	(void)state;
	test_dir_make(&dir);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	test_dir_remove(&dir);
	return 0;
}

static enum mm_code replace(const char *name, const char *content, struct mm_err *err)
{
	return mm_file_replace(dir.fd, name, mm_span_str(content), 0600, err);
}

static void assert_content(const char *name, const char *expected)
{
	mm_auto_string content = test_file_read(dir.fd, name);

	assert_non_null(content);
	assert_string_equal(content, expected);
}

/* What is done in a child to which a fault happens. */
typedef enum mm_code operation(struct mm_err *err);

/* How it ended: the operation's code and line, or killed. */
struct outcome {
	bool killed;
	struct mm_err err;
};

static struct outcome run_child(operation *run)
{
	struct outcome outcome = {.killed = false};
	int fds[2], status;
	pid_t child;

	assert_int_equal(pipe(fds), 0);
	child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		struct mm_err err = {0};

		if (run(&err) != err.code)
			_exit(1);
		_exit(write(fds[1], &err, sizeof err) == (ssize_t)sizeof err ? 0 : 1);
	}
	close(fds[1]);
	assert_int_equal(waitpid(child, &status, 0), child);
	outcome.killed = WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
	if (!outcome.killed)
		assert_int_equal(read(fds[0], &outcome.err, sizeof outcome.err), sizeof outcome.err);
	close(fds[0]);
	return outcome;
}

static struct outcome run_with_fault(operation *run, const char *op, int at, const char *error)
{
	struct outcome outcome;
	char number[16];

	snprintf(number, sizeof number, "%d", at);
	setenv("FAULTFS_OP", op, 1);
	setenv("FAULTFS_AT", number, 1);
	setenv(error ? "FAULTFS_ERRNO" : "FAULTFS_KILL", error ? error : "1", 1);
	/* the parent writes nothing meanwhile, so that the child counts from 0 */
	outcome = run_child(run);
	unsetenv("FAULTFS_OP");
	unsetenv("FAULTFS_AT");
	unsetenv("FAULTFS_ERRNO");
	unsetenv("FAULTFS_KILL");
	return outcome;
}

static enum mm_code replace_f(struct mm_err *err)
{
	return replace("f", "new content", err);
}

static enum mm_code remove_f(struct mm_err *err)
{
	return mm_file_remove(dir.fd, "f", err);
}

static enum mm_code make_sub(struct mm_err *err)
{
	mm_auto_fd fd = -1;

	enum mm_code code = mm_dir_make(dir.fd, "sub", 0700, MM_FILE_PRIVATE, &fd, err);

	return (code == MM_OK) == (fd >= 0) ? code : MM_EUSAGE;
}

/* The fault leaves the old file and nothing else, and the line names the step and the reason. */
static void assert_old_is_kept(const char *op, int at, const char *error, const char *step)
{
	struct outcome outcome;

	test_file_write(dir.fd, "f", "old", 0600);
	outcome = run_with_fault(replace_f, op, at, error);
	assert_int_equal(outcome.err.code, MM_EIO);
	assert_contains(outcome.err.text, step);
	assert_content("f", "old");
	assert_int_equal(test_dir_count(dir.fd), 1);
}

static void a_new_file_has_content_and_mode_whatever_the_umask(void **state)
{
	static const mode_t masks[] = {0, 077, 0777};

	(void)state;
	for (size_t i = 0; i < MM_COUNT(masks); i++) {
		struct mm_err err = {0};
		mode_t before = umask(masks[i]);
		enum mm_code code = mm_file_replace(dir.fd, "f", mm_span("a\0b", 3), 0644, &err);
		mm_auto_buf out = {0};

		umask(before);
		assert_ok(code, &err);
		assert_int_equal(test_file_mode(dir.fd, "f"), 0644);
		assert_ok(mm_file_read(dir.fd, "f", MM_FILE_ANY, 10, &out, &err), &err);
		assert_true(mm_span_eq(mm_buf_span(&out), mm_span("a\0b", 3)));
		assert_int_equal(unlinkat(dir.fd, "f", 0), 0);
	}
}

static void the_old_file_is_replaced_with_its_mode(void **state)
{
	struct mm_err err = {0};

	(void)state;
	test_file_write(dir.fd, "f", "a much longer old content", 0644);
	assert_ok(replace("f", "new", &err), &err);
	assert_content("f", "new");
	assert_int_equal(test_file_mode(dir.fd, "f"), 0600);
	assert_int_equal(test_dir_count(dir.fd), 1);
}

static void the_same_content_is_written_again(void **state)
{
	struct mm_err err = {0};
	struct mm_file_id before;

	(void)state;
	assert_ok(replace("f", "same", &err), &err);
	before = mm_file_id(dir.fd, "f");
	assert_ok(replace("f", "same", &err), &err);
	assert_false(mm_file_id_eq(before, mm_file_id(dir.fd, "f")));
}

static void a_file_may_become_empty(void **state)
{
	struct mm_err err = {0};

	(void)state;
	test_file_write(dir.fd, "f", "old", 0600);
	assert_ok(replace("f", "", &err), &err);
	assert_content("f", "");
}

static void whoever_has_the_old_file_open_keeps_it(void **state)
{
	struct mm_err err = {0};
	char content[8] = {0};
	mm_auto_fd fd = -1;

	(void)state;
	test_file_write(dir.fd, "f", "old", 0600);
	fd = openat(dir.fd, "f", O_RDONLY | O_CLOEXEC);
	assert_ok(replace("f", "new", &err), &err);
	assert_int_equal(read(fd, content, sizeof content), 3);
	assert_string_equal(content, "old");
}

static void a_link_is_replaced_and_not_what_it_points_to(void **state)
{
	struct mm_err err = {0};

	(void)state;
	test_file_write(dir.fd, "target", "old", 0600);
	assert_int_equal(symlinkat("target", dir.fd, "f"), 0);
	assert_ok(replace("f", "new", &err), &err);
	assert_content("target", "old");
	assert_content("f", "new");
}

static void a_new_file_is_created_with_its_mode(void **state)
{
	struct mm_err err = {0};
	mm_auto_string content = NULL;

	(void)state;
	assert_ok(mm_file_create(dir.fd, "f", mm_span_str("new"), 0640, &err), &err);
	content = test_file_read(dir.fd, "f");
	assert_string_equal(content, "new");
	assert_int_equal(test_file_mode(dir.fd, "f"), 0640);
	assert_int_equal(test_dir_count(dir.fd), 1);
}

static void what_is_there_is_not_created_over(void **state)
{
	struct mm_err err = {0};
	mm_auto_string content = NULL;

	(void)state;
	test_file_write(dir.fd, "f", "old", 0600);
	assert_int_equal(symlinkat("nowhere", dir.fd, "link"), 0);
	assert_fails(mm_file_create(dir.fd, "f", mm_span_str("new"), 0600, &err), MM_EEXIST, &err);
	assert_fails(mm_file_create(dir.fd, "link", mm_span_str("new"), 0600, &err), MM_EEXIST, &err);
	content = test_file_read(dir.fd, "f");
	assert_string_equal(content, "old");
	assert_int_equal(test_dir_count(dir.fd), 2);
}

static void a_directory_is_not_replaced(void **state)
{
	struct mm_err err = {0};

	(void)state;
	assert_int_equal(mkdirat(dir.fd, "f", 0700), 0);
	assert_fails(replace("f", "new", &err), MM_EIO, &err);
	assert_int_equal(test_dir_count(dir.fd), 1);
}

static void names_that_lead_out_are_refused_everywhere(void **state)
{
	static const char *const names[] = {"", ".", "..", "/tmp/x", "../x", "sub/f"};

	(void)state;
	assert_int_equal(mkdirat(dir.fd, "sub", 0700), 0);
	for (size_t i = 0; i < MM_COUNT(names); i++) {
		struct mm_err err = {0};
		int fd = -1;

		assert_fails(replace(names[i], "x", &err), MM_EUNSAFE, &err);
		assert_fails(mm_file_remove(dir.fd, names[i], &err), MM_EUNSAFE, &err);
		assert_fails(mm_file_lock(dir.fd, names[i], 0, &fd, &err), MM_EUNSAFE, &err);
		assert_int_equal(fd, -1);
	}
	assert_int_equal(test_dir_count(dir.fd), 1);
}

static void the_current_directory_will_do(void **state)
{
	struct mm_err err = {0};
	mm_auto_fd before = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	(void)state;
	assert_int_equal(fchdir(dir.fd), 0);
	assert_ok(mm_file_replace(AT_FDCWD, "f", mm_span_str("x"), 0600, &err), &err);
	assert_content("f", "x");
	assert_ok(mm_file_remove(AT_FDCWD, "f", &err), &err);
	assert_int_equal(fchdir(before), 0);
	assert_int_equal(test_dir_count(dir.fd), 0);
}

static void a_full_disk_leaves_the_old_file(void **state)
{
	(void)state;
	assert_old_is_kept("write", 1, "ENOSPC", "write: No space left on device");
}

static enum mm_code replace_f_within_5_bytes(struct mm_err *err)
{
	struct rlimit small = {5, 5};

	if (setrlimit(RLIMIT_FSIZE, &small) != 0 || signal(SIGXFSZ, SIG_IGN) == SIG_ERR)
		return mm_fail(err, MM_EUSAGE, "cannot set the limit");
	return replace_f(err);
}

static void a_disk_that_fills_up_half_way_leaves_the_old_file(void **state)
{
	struct outcome outcome;

	(void)state;
	/* the first write takes five bytes, the next none */
	test_file_write(dir.fd, "f", "old", 0600);
	outcome = run_child(replace_f_within_5_bytes);
	assert_int_equal(outcome.err.code, MM_EIO);
	assert_contains(outcome.err.text, "write: File too large");
	assert_content("f", "old");
	assert_int_equal(test_dir_count(dir.fd), 1);
}

static void a_failing_fsync_is_fatal_and_not_tried_again(void **state)
{
	(void)state;
	/* only the first fsync fails: one that was tried again would succeed, and so would the replacing */
	assert_old_is_kept("fsync", 1, "EIO", "fsync: Input/output error");
	assert_old_is_kept("fsync", 1, "EINTR", "fsync: Interrupted");
}

static void a_failing_rename_leaves_the_old_file(void **state)
{
	(void)state;
	assert_old_is_kept("rename", 1, "EROFS", "rename: Read-only");
}

static void a_failing_fsync_of_the_directory_is_told_apart(void **state)
{
	struct outcome outcome;

	(void)state;
	test_file_write(dir.fd, "f", "old", 0600);
	outcome = run_with_fault(replace_f, "fsync", 2, "EIO");
	assert_int_equal(outcome.err.code, MM_EIO);
	assert_contains(outcome.err.text, "f is written, but may not survive a power loss");
	assert_content("f", "new content");
	assert_int_equal(test_dir_count(dir.fd), 1);
}

static void file_and_directory_are_synced(void **state)
{
	(void)state;
	/* there is no third fsync that could fail */
	assert_int_equal(run_with_fault(replace_f, "fsync", 3, "EIO").err.code, MM_OK);
	assert_int_equal(run_with_fault(replace_f, "fsync", 2, "EIO").err.code, MM_EIO);
}

/* ---- updating ---- */

static enum mm_code update_f(struct mm_err *err)
{
	bool written;

	return mm_file_update(dir.fd, "f", mm_span_str("same"), 0600, &written, err);
}

static void assert_updates(const char *content, mode_t mode, bool expected)
{
	struct mm_err err = {0};
	bool written = !expected;

	assert_ok(mm_file_update(dir.fd, "f", mm_span_str(content), mode, &written, &err), &err);
	assert_int_equal(written, expected);
	assert_content("f", content);
	assert_int_equal(test_file_mode(dir.fd, "f"), mode);
}

static void an_update_writes_what_is_new_and_leaves_what_is_the_same(void **state)
{
	struct mm_file_id id;

	(void)state;
	assert_updates("first", 0600, true);
	id = mm_file_id(dir.fd, "f");
	assert_updates("first", 0600, false);
	assert_true(mm_file_id_eq(id, mm_file_id(dir.fd, "f")));
	assert_updates("longer than the first", 0600, true);
	assert_updates("short", 0600, true);
}

static void an_update_mends_the_mode(void **state)
{
	(void)state;
	test_file_write(dir.fd, "f", "content", 0644);
	assert_updates("content", 0600, true);
}

static void an_update_does_not_follow_a_link(void **state)
{
	struct mm_err err = {0};
	bool written = true;

	(void)state;
	test_file_write(dir.fd, "target", "precious", 0600);
	assert_int_equal(symlinkat("target", dir.fd, "f"), 0);
	assert_fails(mm_file_update(dir.fd, "f", mm_span_str("new"), 0600, &written, &err), MM_EUNSAFE, &err);
	assert_false(written);
	assert_content("target", "precious");
}

static void what_is_there_already_is_synced_too(void **state)
{
	struct outcome outcome;

	(void)state;
	test_file_write(dir.fd, "f", "same", 0600);
	outcome = run_with_fault(update_f, "fsync", 1, "EIO");
	assert_int_equal(outcome.err.code, MM_EIO);
	assert_contains(outcome.err.text, "f is there, but may not survive a power loss");
}

static void where_nothing_can_be_made_the_step_is_named(void **state)
{
	struct mm_err err = {0};
	int proc = open("/proc/self", O_RDONLY | O_DIRECTORY | O_CLOEXEC), fd;

	(void)state;
	assert_int_equal(mm_file_replace(proc, "f", mm_span_str("x"), 0600, &err), MM_EIO);
	assert_contains(err.text, "cannot write f: a temporary file beside it: ");
	mm_err_clear(&err);
	assert_int_equal(mm_file_lock(proc, "lock", 0, &fd, &err), MM_EIO);
	assert_contains(err.text, "cannot open the lock lock: ");
	close(proc);
}

static void an_interrupted_write_goes_on(void **state)
{
	(void)state;
	assert_int_equal(run_with_fault(replace_f, "write", 1, "EINTR").err.code, MM_OK);
	assert_content("f", "new content");
}

static void a_write_that_takes_half_goes_on_where_it_was(void **state)
{
	(void)state;
	assert_int_equal(run_with_fault(replace_f, "write", 1, "SHORT").err.code, MM_OK);
	assert_content("f", "new content");
	assert_int_equal(run_with_fault(replace_f, "write", 2, "EIO").err.code, MM_OK);
}

static void killed_anywhere_the_file_is_old_or_new_and_the_rest_is_swept(void **state)
{
	int at = 0, olds = 0, news = 0;
	struct outcome outcome;

	(void)state;
	do {
		struct mm_err err = {0};
		mm_auto_string content = NULL;

		test_file_write(dir.fd, "f", "old", 0600);
		outcome = run_with_fault(replace_f, "any", ++at, NULL);
		content = test_file_read(dir.fd, "f");
		assert_true(strcmp(content, "old") == 0 || strcmp(content, "new content") == 0);
		olds += strcmp(content, "old") == 0;
		news += strcmp(content, "old") != 0;
		assert_ok(mm_dir_sweep(dir.fd, &err), &err);
		assert_int_equal(test_dir_count(dir.fd), 1);
	} while (outcome.killed);
	/* before write, fsync and rename; before the directory's fsync, and not at all */
	assert_int_equal(olds, 3);
	assert_int_equal(news, 2);
}

/* ---- appending ---- */

static enum mm_code append_to_f(struct mm_err *err)
{
	mm_auto_fd fd = -1;
	enum mm_code code = mm_file_open_append(dir.fd, "f", MM_FILE_OWNED, 0600, &fd, err);

	return code == MM_OK ? mm_file_append(fd, mm_span_str("new line\n"), err) : code;
}

static void what_is_appended_stands_at_the_end(void **state)
{
	struct mm_err err = {0};

	(void)state;
	assert_ok(append_to_f(&err), &err);
	assert_int_equal(test_file_mode(dir.fd, "f"), 0600);
	assert_ok(append_to_f(&err), &err);
	assert_content("f", "new line\nnew line\n");
}

/* The directory's for a file with nothing in it, and the file's. */
static void what_is_appended_is_synced(void **state)
{
	(void)state;
	assert_contains(run_with_fault(append_to_f, "fsync", 1, "EIO").err.text, "f: cannot make the file last");
	assert_content("f", "");
	assert_contains(run_with_fault(append_to_f, "fsync", 2, "EIO").err.text, "fsync: Input/output error");
	assert_content("f", "");
	assert_int_equal(run_with_fault(append_to_f, "fsync", 3, "EIO").err.code, MM_OK);
	assert_contains(run_with_fault(append_to_f, "fsync", 1, "EIO").err.text, "fsync: Input/output error");
	assert_content("f", "new line\n");
	assert_int_equal(run_with_fault(append_to_f, "fsync", 2, "EIO").err.code, MM_OK);
}

static enum mm_code append_to_f_within_8_bytes(struct mm_err *err)
{
	struct rlimit small = {8, 8};

	if (setrlimit(RLIMIT_FSIZE, &small) != 0 || signal(SIGXFSZ, SIG_IGN) == SIG_ERR)
		return mm_fail(err, MM_EUSAGE, "cannot set the limit");
	return append_to_f(err);
}

static void what_could_not_be_appended_whole_is_taken_back(void **state)
{
	(void)state;
	test_file_write(dir.fd, "f", "old\n", 0600);
	assert_contains(run_child(append_to_f_within_8_bytes).err.text, "write: File too large");
	assert_content("f", "old\n");
}

static void what_may_be_no_log_of_ours_is_not_opened(void **state)
{
	struct mm_err err = {0};
	int fd;

	(void)state;
	assert_int_equal(symlinkat("elsewhere", dir.fd, "link"), 0);
	assert_int_equal(mm_file_open_append(dir.fd, "link", MM_FILE_OWNED, 0600, &fd, &err), MM_EUNSAFE);
	assert_contains(err.text, "is a symbolic link");
	assert_false(test_file_exists(dir.fd, "elsewhere"));
	mm_err_clear(&err);
	test_file_write(dir.fd, "open", "", 0602);
	assert_int_equal(mm_file_open_append(dir.fd, "open", MM_FILE_OWNED, 0600, &fd, &err), MM_EUNSAFE);
	assert_contains(err.text, "chmod go-w");
	assert_int_equal(fd, -1);
}

/* ---- removing ---- */

static void removing_removes(void **state)
{
	struct mm_err err = {0};

	(void)state;
	test_file_write(dir.fd, "f", "x", 0600);
	assert_ok(mm_file_remove(dir.fd, "f", &err), &err);
	assert_int_equal(test_dir_count(dir.fd), 0);
}

static void removing_what_is_not_there_is_no_error(void **state)
{
	struct mm_err err = {0};

	(void)state;
	assert_ok(mm_file_remove(dir.fd, "f", &err), &err);
}

static void removing_a_directory_fails(void **state)
{
	struct mm_err err = {0};

	(void)state;
	assert_int_equal(mkdirat(dir.fd, "f", 0700), 0);
	assert_fails(mm_file_remove(dir.fd, "f", &err), MM_EIO, &err);
}

static void a_removal_that_may_not_last_is_told(void **state)
{
	struct outcome outcome;

	(void)state;
	test_file_write(dir.fd, "f", "x", 0600);
	outcome = run_with_fault(remove_f, "unlink", 1, "EROFS");
	assert_int_equal(outcome.err.code, MM_EIO);
	assert_contains(outcome.err.text, "cannot remove f");
	outcome = run_with_fault(remove_f, "fsync", 1, "EIO");
	assert_int_equal(outcome.err.code, MM_EIO);
	assert_contains(outcome.err.text, "f is removed, but may come back");
}

static void making_a_directory_syncs_its_parent_even_if_it_is_there(void **state)
{
	(void)state;
	assert_int_equal(run_with_fault(make_sub, "fsync", 1, "EIO").err.code, MM_EIO);
	assert_int_equal(run_with_fault(make_sub, "fsync", 1, "EIO").err.code, MM_EIO);
	assert_int_equal(run_with_fault(make_sub, "fsync", 2, "EIO").err.code, MM_OK);
}

static void sweeping_takes_temporaries_and_nothing_else(void **state)
{
	static const char *const swept[] = {".f.tmp.0123ab", ".keyset.json.tmp.ffffff", "..f.tmp.000000",
					    ".x.tmp.y.tmp.abcdef"};
	static const char *const kept[] = {"f",
					   "f.tmp.0123ab",
					   ".tmp.0123ab",
					   ".f.tmp.0123a",
					   ".f.tmp.0123abc",
					   ".f.tmp.0123aB",
					   ".f.tmp.0123ag",
					   ".f.tmp0123ab",
					   ".f.tmp.",
					   ".f.swp.0123ab",
					   "lock"};
	struct mm_err err = {0};

	(void)state;
	for (size_t i = 0; i < MM_COUNT(swept); i++)
		test_file_write(dir.fd, swept[i], "x", 0600);
	for (size_t i = 0; i < MM_COUNT(kept); i++)
		test_file_write(dir.fd, kept[i], "x", 0600);
	assert_int_equal(mkdirat(dir.fd, ".d.tmp.0123ab", 0700), 0);
	assert_int_equal(symlinkat("f", dir.fd, ".l.tmp.0123ab"), 0);
	assert_ok(mm_dir_sweep(dir.fd, &err), &err);
	for (size_t i = 0; i < MM_COUNT(swept); i++)
		assert_false(test_file_exists(dir.fd, swept[i]));
	for (size_t i = 0; i < MM_COUNT(kept); i++)
		assert_true(test_file_exists(dir.fd, kept[i]));
	assert_true(test_file_exists(dir.fd, ".d.tmp.0123ab"));
	assert_true(test_file_exists(dir.fd, ".l.tmp.0123ab"));
}

static void sweeping_for_one_file_leaves_those_of_others(void **state)
{
	static const char *const kept[] = {".e.tmp.0123ab", ".ff.tmp.0123ab", ".f.tmp.x.tmp.0123ab", ".f.tmp.0123aB"};
	struct mm_err err = {0};

	(void)state;
	test_file_write(dir.fd, ".f.tmp.0123ab", "x", 0600);
	for (size_t i = 0; i < MM_COUNT(kept); i++)
		test_file_write(dir.fd, kept[i], "x", 0600);
	assert_ok(mm_file_sweep(dir.fd, "f", &err), &err);
	assert_int_equal(test_dir_count(dir.fd), MM_COUNT(kept));
	assert_false(test_file_exists(dir.fd, ".f.tmp.0123ab"));
}

static void sweeping_twice_sees_what_came_in_between(void **state)
{
	struct mm_err err = {0};

	(void)state;
	for (int i = 0; i < 2; i++) {
		test_file_write(dir.fd, ".f.tmp.0123ab", "x", 0600);
		assert_ok(mm_dir_sweep(dir.fd, &err), &err);
		assert_int_equal(test_dir_count(dir.fd), 0);
	}
}

static enum mm_code sweep_one(struct mm_err *err)
{
	return mm_dir_sweep(dir.fd, err);
}

static void a_sweep_that_fails_is_told(void **state)
{
	struct mm_err err = {0};

	(void)state;
	test_file_write(dir.fd, ".f.tmp.0123ab", "x", 0600);
	assert_contains(run_with_fault(sweep_one, "unlink", 1, "EROFS").err.text, ".f.tmp.0123ab");
	assert_contains(run_with_fault(sweep_one, "fsync", 1, "EIO").err.text, "sync");
	assert_fails(mm_dir_sweep(-1, &err), MM_EIO, &err);
}

static void a_lock_excludes_a_second_one_in_the_same_process(void **state)
{
	struct mm_err err = {0};
	mm_auto_fd first = -1, second = -1;

	(void)state;
	assert_ok(mm_file_lock(dir.fd, "lock", 0, &first, &err), &err);
	assert_int_equal(mm_file_lock(dir.fd, "lock", 0, &second, &err), MM_ETIMEOUT);
	assert_contains(err.text, "lock: ");
	assert_int_equal(second, -1);
	assert_int_equal(fcntl(first, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
	assert_int_equal(test_file_mode(dir.fd, "lock"), 0600);
}

static void closing_frees_the_lock(void **state)
{
	struct mm_err err = {0};
	mm_auto_fd first = -1, second = -1;

	(void)state;
	assert_ok(mm_file_lock(dir.fd, "lock", 0, &first, &err), &err);
	mm_fd_close(&first);
	assert_ok(mm_file_lock(dir.fd, "lock", 0, &second, &err), &err);
}

static void closing_another_descriptor_of_the_file_does_not(void **state)
{
	struct mm_err err = {0};
	mm_auto_fd first = -1, second = -1;

	(void)state;
	assert_ok(mm_file_lock(dir.fd, "lock", 0, &first, &err), &err);
	close(openat(dir.fd, "lock", O_RDWR | O_CLOEXEC));
	assert_fails(mm_file_lock(dir.fd, "lock", 0, &second, &err), MM_ETIMEOUT, &err);
}

static enum mm_code lock_at_once(struct mm_err *err)
{
	mm_auto_fd fd = -1;

	return mm_file_lock(dir.fd, "lock", 0, &fd, err);
}

static void a_lock_excludes_other_processes(void **state)
{
	struct mm_err err = {0};
	mm_auto_fd fd = -1;

	(void)state;
	assert_ok(mm_file_lock(dir.fd, "lock", 0, &fd, &err), &err);
	assert_int_equal(run_child(lock_at_once).err.code, MM_ETIMEOUT);
	mm_fd_close(&fd);
	assert_int_equal(run_child(lock_at_once).err.code, MM_OK);
}

static enum mm_code lock_and_die(struct mm_err *err)
{
	int fd;

	if (mm_file_lock(dir.fd, "lock", 0, &fd, err) == MM_OK)
		kill(getpid(), SIGKILL);
	return MM_OK;
}

static void a_process_that_is_killed_leaves_no_lock(void **state)
{
	struct mm_err err = {0};
	mm_auto_fd fd = -1;

	(void)state;
	assert_true(run_child(lock_and_die).killed);
	assert_ok(mm_file_lock(dir.fd, "lock", 0, &fd, &err), &err);
}

static void the_wait_lasts_until_the_lock_is_free(void **state)
{
	struct mm_err err = {0};
	mm_auto_fd fd = -1;
	int ready[2];
	char byte;
	pid_t child;

	(void)state;
	assert_int_equal(pipe(ready), 0);
	child = fork();
	if (child == 0) {
		int held;

		if (mm_file_lock(dir.fd, "lock", 0, &held, NULL) != MM_OK || write(ready[1], "x", 1) != 1)
			_exit(1);
		usleep(50000);
		_exit(0);
	}
	assert_int_equal(read(ready[0], &byte, 1), 1);
	assert_ok(mm_file_lock(dir.fd, "lock", 60000, &fd, &err), &err);
	assert_int_equal(waitpid(child, NULL, 0), child);
	close(ready[0]);
	close(ready[1]);
}

static void the_wait_is_over_when_it_is_over(void **state)
{
	struct mm_err err = {0};
	mm_auto_fd first = -1, second = -1;
	int64_t before = mm_clock_monotonic_ns();

	(void)state;
	assert_ok(mm_file_lock(dir.fd, "lock", 0, &first, &err), &err);
	assert_fails(mm_file_lock(dir.fd, "lock", 30, &second, &err), MM_ETIMEOUT, &err);
	assert_true(mm_clock_monotonic_ns() - before >= 30000000);
}

static void what_is_no_regular_file_is_no_lock(void **state)
{
	struct mm_err err = {0};
	int fd = -1;

	(void)state;
	assert_int_equal(symlinkat("elsewhere", dir.fd, "link"), 0);
	assert_int_equal(mkfifoat(dir.fd, "fifo", 0600), 0);
	assert_fails(mm_file_lock(dir.fd, "link", 0, &fd, &err), MM_EUNSAFE, &err);
	assert_fails(mm_file_lock(dir.fd, "fifo", 0, &fd, &err), MM_EUNSAFE, &err);
	assert_false(test_file_exists(dir.fd, "elsewhere"));
}

static void a_locked_directory_excludes_others_until_it_is_closed(void **state)
{
	struct mm_err err = {0};
	mm_auto_fd first = -1, second = -1;

	(void)state;
	assert_ok(mm_dir_open(dir.path, MM_FILE_ANY, &first, &err), &err);
	assert_ok(mm_dir_open(dir.path, MM_FILE_ANY, &second, &err), &err);
	assert_ok(mm_dir_lock(first, "DIR", 0, &err), &err);
	assert_fails(mm_dir_lock(second, "DIR", 0, &err), MM_ETIMEOUT, &err);
	mm_fd_close(&first);
	assert_ok(mm_dir_lock(second, "DIR", 0, &err), &err);
	assert_int_equal(test_dir_count(dir.fd), 0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_new_file_has_content_and_mode_whatever_the_umask),
		TEST(the_old_file_is_replaced_with_its_mode),
		TEST(the_same_content_is_written_again),
		TEST(a_file_may_become_empty),
		TEST(whoever_has_the_old_file_open_keeps_it),
		TEST(a_link_is_replaced_and_not_what_it_points_to),
		TEST(a_new_file_is_created_with_its_mode),
		TEST(what_is_there_is_not_created_over),
		TEST(a_directory_is_not_replaced),
		TEST(names_that_lead_out_are_refused_everywhere),
		TEST(the_current_directory_will_do),
		TEST(a_full_disk_leaves_the_old_file),
		TEST(a_disk_that_fills_up_half_way_leaves_the_old_file),
		TEST(a_failing_fsync_is_fatal_and_not_tried_again),
		TEST(a_failing_rename_leaves_the_old_file),
		TEST(a_failing_fsync_of_the_directory_is_told_apart),
		TEST(file_and_directory_are_synced),
		TEST(an_update_writes_what_is_new_and_leaves_what_is_the_same),
		TEST(an_update_mends_the_mode),
		TEST(an_update_does_not_follow_a_link),
		TEST(what_is_there_already_is_synced_too),
		TEST(where_nothing_can_be_made_the_step_is_named),
		TEST(an_interrupted_write_goes_on),
		TEST(a_write_that_takes_half_goes_on_where_it_was),
		TEST(killed_anywhere_the_file_is_old_or_new_and_the_rest_is_swept),
		TEST(what_is_appended_stands_at_the_end),
		TEST(what_is_appended_is_synced),
		TEST(what_could_not_be_appended_whole_is_taken_back),
		TEST(what_may_be_no_log_of_ours_is_not_opened),
		TEST(removing_removes),
		TEST(removing_what_is_not_there_is_no_error),
		TEST(removing_a_directory_fails),
		TEST(a_removal_that_may_not_last_is_told),
		TEST(making_a_directory_syncs_its_parent_even_if_it_is_there),
		TEST(sweeping_takes_temporaries_and_nothing_else),
		TEST(sweeping_for_one_file_leaves_those_of_others),
		TEST(sweeping_twice_sees_what_came_in_between),
		TEST(a_sweep_that_fails_is_told),
		TEST(a_lock_excludes_a_second_one_in_the_same_process),
		TEST(closing_frees_the_lock),
		TEST(closing_another_descriptor_of_the_file_does_not),
		TEST(a_lock_excludes_other_processes),
		TEST(a_process_that_is_killed_leaves_no_lock),
		TEST(the_wait_lasts_until_the_lock_is_free),
		TEST(the_wait_is_over_when_it_is_over),
		TEST(what_is_no_regular_file_is_no_lock),
		TEST(a_locked_directory_excludes_others_until_it_is_closed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
