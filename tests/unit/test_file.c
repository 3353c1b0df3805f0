/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/support.h"

#include <errno.h>
#include <fcntl.h>
#include <mintmark/file.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MAX = 1 << 20 };

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

static enum mm_code read_file(const char *name, enum mm_file_check check, struct mm_buf *out, struct mm_err *err)
{
	return mm_file_read(dir.fd, name, check, MAX, out, err);
}

/* The whole of a failure: the code, and what the line says. */
static void assert_line(enum mm_code found, enum mm_code expected, struct mm_err *err, const char *part)
{
	assert_int_equal(found, expected);
	assert_int_equal(err->code, expected);
	assert_contains(err->text, part);
	mm_err_clear(err);
}

static void a_file_is_read_whole_and_appended(void **state)
{
	struct mm_err err = {0};
	mm_auto_buf out = {0};

	(void)state;
	test_file_write(dir.fd, "f", "content\n", 0600);
	mm_buf_add_str(&out, "before ");
	assert_ok(read_file("f", MM_FILE_PRIVATE, &out, &err), &err);
	assert_string_equal(out.p, "before content\n");
	assert_int_equal(out.len, strlen(out.p));
}

static void an_empty_file_is_an_empty_string(void **state)
{
	struct mm_err err = {0};
	mm_auto_buf out = {0};

	(void)state;
	test_file_write(dir.fd, "f", "", 0600);
	assert_ok(mm_file_read(dir.fd, "f", MM_FILE_ANY, 0, &out, &err), &err);
	assert_string_equal(out.p, "");
}

static void a_large_file_is_read_whole(void **state)
{
	struct mm_err err = {0};
	mm_auto_buf out = {0};
	mm_auto_string content = malloc(300001);

	(void)state;
	memset(content, 'x', 300000);
	content[300000] = '\0';
	test_file_write(dir.fd, "f", content, 0600);
	assert_ok(read_file("f", MM_FILE_ANY, &out, &err), &err);
	assert_string_equal(out.p, content);
}

static void files_that_claim_no_size_are_read_whole(void **state)
{
	struct mm_err err = {0};
	mm_auto_buf out = {0};
	mm_auto_fd proc = open("/proc/self", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	(void)state;
	assert_ok(mm_file_read(proc, "maps", MM_FILE_ANY, MAX, &out, &err), &err);
	assert_contains(out.p, "[stack]");
}

static void a_file_of_exactly_the_limit_is_read_and_one_byte_more_refused(void **state)
{
	struct mm_err err = {0};
	mm_auto_buf out = {0};

	(void)state;
	test_file_write(dir.fd, "f", "12345678", 0600);
	assert_ok(mm_file_read(dir.fd, "f", MM_FILE_ANY, 8, &out, &err), &err);
	assert_line(mm_file_read(dir.fd, "f", MM_FILE_ANY, 7, &out, &err), MM_ELIMIT, &err,
		    "f: 8 bytes, of which 7 are allowed");
	assert_string_equal(out.p, "12345678");
}

static void the_limit_holds_for_files_that_claim_no_size(void **state)
{
	struct mm_err err = {0};
	mm_auto_buf out = {0};
	mm_auto_fd proc = open("/proc/self", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	(void)state;
	mm_buf_add_str(&out, "before");
	assert_line(mm_file_read(proc, "maps", MM_FILE_ANY, 10, &out, &err), MM_ELIMIT, &err, "maps");
	assert_string_equal(out.p, "before");
}

static void a_missing_file_is_not_found(void **state)
{
	struct mm_err err = {0};
	mm_auto_buf out = {0};

	(void)state;
	assert_line(read_file("f", MM_FILE_ANY, &out, &err), MM_ENOTFOUND, &err, "f: ");
	assert_line(mm_path_read(test_dir_path(&dir, "f"), MM_FILE_ANY, MAX, &out, &err), MM_ENOTFOUND, &err,
		    test_dir_path(&dir, "f"));
}

static void a_symbolic_link_is_refused_by_name(void **state)
{
	struct mm_err err = {0};
	mm_auto_buf out = {0};

	(void)state;
	test_file_write(dir.fd, "f", "x", 0600);
	assert_int_equal(symlinkat("f", dir.fd, "link"), 0);
	assert_int_equal(symlinkat("nowhere", dir.fd, "dangling"), 0);
	assert_line(read_file("link", MM_FILE_ANY, &out, &err), MM_EUNSAFE, &err, "link: is a symbolic link");
	assert_line(read_file("dangling", MM_FILE_ANY, &out, &err), MM_EUNSAFE, &err, "symbolic link");
}

static void what_is_no_regular_file_is_refused_without_waiting(void **state)
{
	struct mm_err err = {0};
	mm_auto_buf out = {0};
	mm_auto_fd dev = open("/dev", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	(void)state;
	assert_int_equal(mkfifoat(dir.fd, "fifo", 0600), 0);
	assert_int_equal(mkdirat(dir.fd, "sub", 0700), 0);
	assert_line(read_file("fifo", MM_FILE_ANY, &out, &err), MM_EUNSAFE, &err, "fifo: is not a regular file");
	assert_line(read_file("sub", MM_FILE_ANY, &out, &err), MM_EUNSAFE, &err, "sub: is not a regular file");
	assert_line(mm_file_read(dev, "zero", MM_FILE_ANY, MAX, &out, &err), MM_EUNSAFE, &err, "regular");
}

static void names_that_lead_out_of_the_directory_are_refused(void **state)
{
	static const char *const names[] = {"", ".", "..", "/etc/passwd", "../x", "sub/f", "f/"};

	(void)state;
	for (size_t i = 0; i < MM_COUNT(names); i++) {
		struct mm_err err = {0};
		mm_auto_buf out = {0};

		assert_fails(read_file(names[i], MM_FILE_ANY, &out, &err), MM_EUNSAFE, &err);
	}
}

static void permissions_are_checked_as_asked(void **state)
{
	static const struct {
		mode_t mode;
		enum mm_file_check check;
		bool good;
	} cases[] = {
		{0666, MM_FILE_ANY, true},      {0644, MM_FILE_OWNED, true},    {0664, MM_FILE_OWNED, false},
		{0646, MM_FILE_OWNED, false},   {0600, MM_FILE_PRIVATE, true},  {0400, MM_FILE_PRIVATE, true},
		{0711, MM_FILE_PRIVATE, true},  {0640, MM_FILE_PRIVATE, false}, {0604, MM_FILE_PRIVATE, false},
		{0620, MM_FILE_PRIVATE, false}, {0600, MM_FILE_HANDED, true},   {0640, MM_FILE_HANDED, false},
		{0604, MM_FILE_HANDED, false},  {0620, MM_FILE_HANDED, false},
	};

	(void)state;
	for (size_t i = 0; i < MM_COUNT(cases); i++) {
		struct mm_err err = {0};
		mm_auto_buf out = {0};

		test_file_write(dir.fd, "f", "x", cases[i].mode);
		assert_int_equal(read_file("f", cases[i].check, &out, &err), cases[i].good ? MM_OK : MM_EUNSAFE);
		assert_int_equal(mm_path_read(test_dir_path(&dir, "f"), cases[i].check, MAX, &out, NULL),
				 cases[i].good ? MM_OK : MM_EUNSAFE);
		if (!cases[i].good)
			assert_contains(err.text, "chmod go-");
		assert_int_equal(unlinkat(dir.fd, "f", 0), 0);
	}
}

/* As credentials of systemd, whose mode shows the mask of an ACL. */
static void root_may_hand_a_file_to_a_group(void **state)
{
	static const struct {
		mode_t mode;
		enum mm_file_check check;
		const char *remedy; /* NULL: it is good */
	} cases[] = {
		{0440, MM_FILE_HANDED, NULL},
		{0640, MM_FILE_HANDED, NULL},
		{0444, MM_FILE_HANDED, "chmod o-rwx"},
		{0460, MM_FILE_HANDED, "chmod go-w"},
		{0440, MM_FILE_PRIVATE, "chmod go-rwx"},
	};
	const gid_t group = 65534;

	(void)state;
	if (geteuid() != 0)
		skip();
	assert_int_equal(fchmod(dir.fd, 0711), 0);
	for (size_t i = 0; i < MM_COUNT(cases); i++) {
		struct mm_err err = {0};
		mm_auto_buf out = {0};
		enum mm_code code;

		test_file_write(dir.fd, "f", "x", cases[i].mode);
		assert_int_equal(fchownat(dir.fd, "f", 0, group, 0), 0);
		assert_int_equal(setegid(group), 0);
		assert_int_equal(seteuid(65534), 0);
		code = mm_path_read(test_dir_path(&dir, "f"), cases[i].check, MAX, &out, &err);
		assert_int_equal(seteuid(0), 0);
		assert_int_equal(setegid(0), 0);
		assert_int_equal(code, cases[i].remedy ? MM_EUNSAFE : MM_OK);
		if (cases[i].remedy)
			assert_contains(err.text, cases[i].remedy);
		assert_int_equal(unlinkat(dir.fd, "f", 0), 0);
	}
}

static void lines_name_the_whole_path(void **state)
{
	struct mm_err err = {0};
	mm_auto_buf out = {0};

	(void)state;
	assert_line(read_file("f", MM_FILE_ANY, &out, &err), MM_ENOTFOUND, &err, test_dir_path(&dir, "f"));
	assert_int_equal(symlinkat("f", dir.fd, "link"), 0);
	assert_line(read_file("link", MM_FILE_ANY, &out, &err), MM_EUNSAFE, &err, test_dir_path(&dir, "link"));
	test_file_write(dir.fd, "f", "xyz", 0600);
	assert_line(mm_file_read(dir.fd, "f", MM_FILE_ANY, 2, &out, &err), MM_ELIMIT, &err, test_dir_path(&dir, "f"));
}

static void where_the_whole_path_is_too_long_the_name_must_do(void **state)
{
	struct mm_err err = {0};
	mm_auto_buf out = {0};
	mm_auto_fd fd = -1;
	char name[201] = "";

	(void)state;
	memset(name, 'd', sizeof name - 1);
	assert_ok(mm_dir_make(dir.fd, name, 0700, MM_FILE_ANY, &fd, &err), &err);
	assert_int_equal(mm_file_read(fd, name, MM_FILE_ANY, 1, &out, &err), MM_ENOTFOUND);
	assert_memory_equal(err.text, name, sizeof name - 1);
}

static void an_unsafe_file_is_named_with_its_mode(void **state)
{
	struct mm_err err = {0};
	mm_auto_buf out = {0};

	(void)state;
	test_file_write(dir.fd, "f", "x", 0644);
	(void)read_file("f", MM_FILE_PRIVATE, &out, &err);
	assert_contains(err.text, test_dir_path(&dir, "f"));
	assert_contains(err.text, "mode 0644");
}

static void a_file_of_another_user_is_refused(void **state)
{
	struct mm_err err = {0};
	mm_auto_buf out = {0};

	(void)state;
	test_file_write(dir.fd, "f", "x", 0600);
	if (geteuid() != 0 || fchownat(dir.fd, "f", 12345, (gid_t)-1, 0) != 0)
		skip();
	assert_line(read_file("f", MM_FILE_OWNED, &out, &err), MM_EUNSAFE, &err,
		    "another user owns it (uid 12345, mode 0600): run mintmark as that user");
	assert_ok(read_file("f", MM_FILE_ANY, &out, &err), &err);
}

/* As when root ran a command in the directory of the service. */
static void a_file_that_its_owner_keeps_to_itself_is_told_with_the_remedy(void **state)
{
	int status = -1;
	pid_t child;

	(void)state;
	if (geteuid() != 0)
		skip();
	test_file_write(dir.fd, "f", "x", 0600);
	assert_int_equal(fchmod(dir.fd, 0755), 0);
	child = fork();
	if (child == 0) {
		struct mm_buf out = {0};
		struct mm_err err = {0};

		_exit(setuid(12345) == 0 && read_file("f", MM_FILE_OWNED, &out, &err) == MM_EIO &&
				      strstr(err.text, "f: Permission denied (uid 0 owns it): chown it to")
			      ? 0
			      : 1);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
}

static void a_file_of_root_is_trusted_by_others(void **state)
{
	int status = -1;
	pid_t child;

	(void)state;
	if (geteuid() != 0)
		skip();
	test_file_write(dir.fd, "f", "x", 0644);
	assert_int_equal(fchmod(dir.fd, 0755), 0);
	child = fork();
	if (child == 0) {
		struct mm_buf out = {0};

		_exit(setuid(12345) == 0 && read_file("f", MM_FILE_OWNED, &out, NULL) == MM_OK ? 0 : 1);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
}

static void a_path_may_be_a_link(void **state)
{
	struct mm_err err = {0};
	mm_auto_buf out = {0};

	(void)state;
	test_file_write(dir.fd, "f", "x", 0600);
	assert_int_equal(symlinkat("f", dir.fd, "link"), 0);
	assert_ok(mm_path_read(test_dir_path(&dir, "link"), MM_FILE_PRIVATE, MAX, &out, &err), &err);
	assert_string_equal(out.p, "x");
}

static void a_path_that_is_a_directory_cannot_be_read(void **state)
{
	struct mm_err err = {0};
	mm_auto_buf out = {0};

	(void)state;
	assert_line(mm_path_read(dir.path, MM_FILE_ANY, MAX, &out, &err), MM_EIO, &err, dir.path);
}

/* Runs mm_path_read("-") with `content` as the standard input. */
static enum mm_code read_standard_input(const char *content, size_t max, struct mm_buf *out, struct mm_err *err)
{
	int fds[2], kept = dup(STDIN_FILENO);
	enum mm_code code;

	assert_int_equal(pipe(fds), 0);
	assert_int_equal(write(fds[1], content, strlen(content)), (ssize_t)strlen(content));
	close(fds[1]);
	assert_int_equal(dup2(fds[0], STDIN_FILENO), STDIN_FILENO);
	close(fds[0]);
	code = mm_path_read("-", MM_FILE_PRIVATE, max, out, err);
	assert_true(fcntl(STDIN_FILENO, F_GETFD) >= 0);
	assert_int_equal(dup2(kept, STDIN_FILENO), STDIN_FILENO);
	close(kept);
	return code;
}

static void a_dash_is_standard_input(void **state)
{
	struct mm_err err = {0};
	mm_auto_buf out = {0};

	(void)state;
	assert_ok(read_standard_input("from a pipe", 11, &out, &err), &err);
	assert_string_equal(out.p, "from a pipe");
}

static void the_limit_holds_for_standard_input(void **state)
{
	struct mm_err err = {0};
	mm_auto_buf out = {0};

	(void)state;
	assert_line(read_standard_input("from a pipe", 10, &out, &err), MM_ELIMIT, &err, "standard input");
	assert_int_equal(out.len, 0);
}

static void a_directory_is_opened(void **state)
{
	struct mm_err err = {0};
	mm_auto_fd fd = -1;

	(void)state;
	assert_ok(mm_dir_open(dir.path, MM_FILE_PRIVATE, &fd, &err), &err);
	assert_true(fd >= 0);
	assert_int_equal(fcntl(fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
	mm_fd_close(&fd);
	assert_ok(mm_dir_open("/", MM_FILE_ANY, &fd, &err), &err);
}

static void slashes_at_the_end_mean_the_same_directory(void **state)
{
	struct mm_err err = {0};
	mm_auto_fd fd = -1;

	(void)state;
	assert_ok(mm_dir_open(test_dir_path(&dir, "//"), MM_FILE_PRIVATE, &fd, &err), &err);
}

static void a_directory_that_is_missing_is_not_found(void **state)
{
	struct mm_err err = {0};
	int fd = 7;

	(void)state;
	assert_line(mm_dir_open(test_dir_path(&dir, "sub"), MM_FILE_ANY, &fd, &err), MM_ENOTFOUND, &err,
		    test_dir_path(&dir, "sub"));
	assert_int_equal(fd, -1);
}

static void a_link_to_a_directory_is_refused_with_and_without_slash(void **state)
{
	struct mm_err err = {0};
	int fd;

	(void)state;
	assert_int_equal(mkdirat(dir.fd, "sub", 0700), 0);
	assert_int_equal(symlinkat("sub", dir.fd, "link"), 0);
	assert_line(mm_dir_open(test_dir_path(&dir, "link"), MM_FILE_ANY, &fd, &err), MM_EUNSAFE, &err,
		    "symbolic link");
	assert_line(mm_dir_open(test_dir_path(&dir, "link/"), MM_FILE_ANY, &fd, &err), MM_EUNSAFE, &err,
		    "symbolic link");
	assert_line(mm_dir_make(dir.fd, "link", 0700, MM_FILE_ANY, &fd, &err), MM_EUNSAFE, &err, "symbolic link");
}

static void a_file_is_no_directory(void **state)
{
	struct mm_err err = {0};
	int fd;

	(void)state;
	test_file_write(dir.fd, "f", "x", 0600);
	assert_line(mm_dir_open(test_dir_path(&dir, "f"), MM_FILE_ANY, &fd, &err), MM_EIO, &err, "Not a directory");
	assert_line(mm_dir_make(dir.fd, "f", 0700, MM_FILE_ANY, &fd, &err), MM_EIO, &err, "Not a directory");
}

static void the_empty_path_is_no_directory_and_the_root_is_one(void **state)
{
	struct mm_err err = {0};
	mm_auto_fd fd = -1;

	(void)state;
	assert_line(mm_dir_make(AT_FDCWD, "", 0700, MM_FILE_ANY, &fd, &err), MM_ENOTFOUND, &err, "is empty");
	mm_err_clear(&err);
	assert_ok(mm_dir_make(AT_FDCWD, "/", 0700, MM_FILE_ANY, &fd, &err), &err);
}

/* As /var/www may be: one that others pass through but cannot list. */
static void a_directory_in_one_that_cannot_be_read_is_opened(void **state)
{
	pid_t child;
	int status = -1;

	(void)state;
	if (geteuid() != 0)
		skip(); /* only root can have another own the parent */
	assert_int_equal(mkdirat(dir.fd, "own", 0700), 0);
	assert_int_equal(fchownat(dir.fd, "own", 65534, 65534, 0), 0);
	assert_int_equal(fchmod(dir.fd, 0711), 0);
	child = fork();
	if (child == 0) {
		int fd = -1;

		_exit(setgid(65534) != 0 || setuid(65534) != 0 ||
		      mm_dir_make(AT_FDCWD, test_dir_path(&dir, "own"), 0700, MM_FILE_OWNED, &fd, NULL) != MM_OK);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
}

static void permissions_of_directories_are_checked(void **state)
{
	struct mm_err err = {0};
	int fd = -1;

	(void)state;
	assert_int_equal(fchmod(dir.fd, 0770), 0);
	assert_line(mm_dir_open(dir.path, MM_FILE_OWNED, &fd, &err), MM_EUNSAFE, &err, dir.path);
	assert_int_equal(fd, -1);
	assert_int_equal(fchmod(dir.fd, 0755), 0);
	assert_line(mm_dir_open(dir.path, MM_FILE_PRIVATE, &fd, &err), MM_EUNSAFE, &err, "chmod go-rwx");
	assert_ok(mm_dir_open(dir.path, MM_FILE_OWNED, &fd, &err), &err);
	mm_fd_close(&fd);
}

static void a_directory_in_a_directory_is_opened_and_never_made(void **state)
{
	struct mm_err err = {0};
	mm_auto_fd fd = -1;

	(void)state;
	assert_line(mm_dir_open_at(dir.fd, "sub", MM_FILE_PRIVATE, &fd, &err), MM_ENOTFOUND, &err, "sub");
	assert_int_equal(mkdirat(dir.fd, "sub", 0700), 0);
	assert_int_equal(symlinkat("sub", dir.fd, "link"), 0);
	assert_ok(mm_dir_open_at(dir.fd, "sub", MM_FILE_PRIVATE, &fd, &err), &err);
	mm_fd_close(&fd);
	assert_line(mm_dir_open_at(dir.fd, "link", MM_FILE_ANY, &fd, &err), MM_EUNSAFE, &err, "symbolic link");
	assert_line(mm_dir_open_at(dir.fd, "..", MM_FILE_ANY, &fd, &err), MM_EUNSAFE, &err, "..");
	assert_line(mm_dir_open_at(dir.fd, "sub/", MM_FILE_ANY, &fd, &err), MM_EUNSAFE, &err, "sub/");
	assert_int_equal(fd, -1);
}

static void a_directory_is_made_with_its_mode_whatever_the_umask(void **state)
{
	static const mode_t masks[] = {0, 022, 077, 0777};

	(void)state;
	for (size_t i = 0; i < MM_COUNT(masks); i++) {
		struct mm_err err = {0};
		mode_t before = umask(masks[i]);
		mm_auto_fd fd = -1;
		enum mm_code code = mm_dir_make(dir.fd, "sub", 0750, MM_FILE_OWNED, &fd, &err);

		umask(before);
		/* with no permission at all in between, nobody but root can open it to correct that */
		if (masks[i] != 0777 || geteuid() == 0) {
			assert_ok(code, &err);
			assert_int_equal(test_file_mode(fd, ""), 0750);
		}
		assert_int_equal(unlinkat(dir.fd, "sub", AT_REMOVEDIR), 0);
	}
}

static void a_directory_that_is_there_is_opened_as_it_is(void **state)
{
	struct mm_err err = {0};
	mm_auto_fd fd = -1;

	(void)state;
	assert_int_equal(mkdirat(dir.fd, "sub", 0700), 0);
	assert_ok(mm_dir_make(dir.fd, "sub", 0755, MM_FILE_PRIVATE, &fd, &err), &err);
	assert_int_equal(test_file_mode(fd, ""), 0700);
}

static void a_directory_that_is_there_but_unsafe_is_refused(void **state)
{
	struct mm_err err = {0};
	int fd = -1;

	(void)state;
	assert_int_equal(mkdirat(dir.fd, "sub", 0700), 0);
	assert_int_equal(fchmodat(dir.fd, "sub", 0777, 0), 0);
	assert_line(mm_dir_make(dir.fd, "sub", 0700, MM_FILE_PRIVATE, &fd, &err), MM_EUNSAFE, &err,
		    test_dir_path(&dir, "sub"));
	assert_int_equal(fd, -1);
}

static void a_directory_is_made_at_a_path(void **state)
{
	struct mm_err err = {0};
	mm_auto_fd fd = -1;

	(void)state;
	assert_ok(mm_dir_make(AT_FDCWD, test_dir_path(&dir, "sub"), 0700, MM_FILE_PRIVATE, &fd, &err), &err);
	mm_fd_close(&fd);
	assert_ok(mm_dir_make(dir.fd, "sub/sub/", 0700, MM_FILE_PRIVATE, &fd, &err), &err);
	assert_int_equal(test_file_mode(fd, ""), 0700);
	assert_true(test_file_exists(dir.fd, "sub/sub"));
}

static void the_directory_that_we_are_in_is_there(void **state)
{
	struct mm_err err = {0};
	mm_auto_fd before = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), fd = -1;

	(void)state;
	assert_int_equal(fchdir(dir.fd), 0);
	assert_ok(mm_dir_make(AT_FDCWD, "./", 0700, MM_FILE_PRIVATE, &fd, &err), &err);
	assert_int_equal(fchdir(before), 0);
	assert_int_equal(test_dir_count(dir.fd), 0);
}

static void the_parents_of_a_directory_are_not_made(void **state)
{
	struct mm_err err = {0};
	int fd;

	(void)state;
	assert_line(mm_dir_make(dir.fd, "a/b", 0700, MM_FILE_ANY, &fd, &err), MM_EIO, &err, "a/b: ");
	assert_int_equal(test_dir_count(dir.fd), 0);
}

static void another_version_of_a_file_has_another_id(void **state)
{
	struct mm_err err = {0};
	struct mm_file_id first, second;

	(void)state;
	test_file_write(dir.fd, "f", "x", 0600);
	first = mm_file_id(dir.fd, "f");
	assert_true(mm_file_id_eq(first, mm_file_id(AT_FDCWD, test_dir_path(&dir, "f"))));
	assert_ok(mm_file_replace(dir.fd, "f", mm_span_str("x"), 0600, &err), &err);
	second = mm_file_id(dir.fd, "f");
	assert_false(mm_file_id_eq(first, second));
}

static void every_part_of_an_id_counts(void **state)
{
	const struct mm_file_id id = {1, 2, 3, 4, 5};
	const struct mm_file_id others[] = {
		{9, 2, 3, 4, 5}, {1, 9, 3, 4, 5}, {1, 2, 9, 4, 5}, {1, 2, 3, 9, 5}, {1, 2, 3, 4, 9}};

	(void)state;
	assert_true(mm_file_id_eq(id, id));
	for (size_t i = 0; i < MM_COUNT(others); i++)
		assert_false(mm_file_id_eq(id, others[i]));
}

static void closing_keeps_errno(void **state)
{
	int bad = 1000000, none = -1;

	(void)state;
	errno = ENOSPC;
	mm_fd_close(&bad);
	mm_fd_close(&none);
	assert_int_equal(errno, ENOSPC);
	assert_int_equal(bad, -1);
	assert_int_equal(none, -1);
}

static void the_id_of_a_link_is_that_of_the_file(void **state)
{
	(void)state;
	test_file_write(dir.fd, "f", "x", 0600);
	assert_int_equal(symlinkat("f", dir.fd, "link"), 0);
	assert_true(mm_file_id_eq(mm_file_id(dir.fd, "link"), mm_file_id(dir.fd, "f")));
}

static void a_missing_file_has_the_id_of_zeros(void **state)
{
	(void)state;
	assert_true(mm_file_id_eq(mm_file_id(dir.fd, "f"), (struct mm_file_id){0}));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_file_is_read_whole_and_appended),
		TEST(an_empty_file_is_an_empty_string),
		TEST(a_large_file_is_read_whole),
		TEST(files_that_claim_no_size_are_read_whole),
		TEST(a_file_of_exactly_the_limit_is_read_and_one_byte_more_refused),
		TEST(the_limit_holds_for_files_that_claim_no_size),
		TEST(a_missing_file_is_not_found),
		TEST(a_symbolic_link_is_refused_by_name),
		TEST(what_is_no_regular_file_is_refused_without_waiting),
		TEST(names_that_lead_out_of_the_directory_are_refused),
		TEST(permissions_are_checked_as_asked),
		TEST(root_may_hand_a_file_to_a_group),
		TEST(lines_name_the_whole_path),
		TEST(where_the_whole_path_is_too_long_the_name_must_do),
		TEST(an_unsafe_file_is_named_with_its_mode),
		TEST(a_file_of_another_user_is_refused),
		TEST(a_file_that_its_owner_keeps_to_itself_is_told_with_the_remedy),
		TEST(a_file_of_root_is_trusted_by_others),
		TEST(a_path_may_be_a_link),
		TEST(a_path_that_is_a_directory_cannot_be_read),
		TEST(a_dash_is_standard_input),
		TEST(the_limit_holds_for_standard_input),
		TEST(a_directory_is_opened),
		TEST(slashes_at_the_end_mean_the_same_directory),
		TEST(a_directory_that_is_missing_is_not_found),
		TEST(a_link_to_a_directory_is_refused_with_and_without_slash),
		TEST(a_file_is_no_directory),
		TEST(the_empty_path_is_no_directory_and_the_root_is_one),
		TEST(a_directory_in_one_that_cannot_be_read_is_opened),
		TEST(permissions_of_directories_are_checked),
		TEST(a_directory_in_a_directory_is_opened_and_never_made),
		TEST(a_directory_is_made_with_its_mode_whatever_the_umask),
		TEST(a_directory_that_is_there_is_opened_as_it_is),
		TEST(a_directory_that_is_there_but_unsafe_is_refused),
		TEST(a_directory_is_made_at_a_path),
		TEST(the_directory_that_we_are_in_is_there),
		TEST(the_parents_of_a_directory_are_not_made),
		TEST(another_version_of_a_file_has_another_id),
		TEST(every_part_of_an_id_counts),
		TEST(closing_keeps_errno),
		TEST(the_id_of_a_link_is_that_of_the_file),
		TEST(a_missing_file_has_the_id_of_zeros),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
