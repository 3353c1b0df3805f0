/* SPDX-License-Identifier: Apache-2.0 */
#include "issuer/http/hangup.h"
#include "tests/unit/support.h"

#include <fcntl.h>
#include <mintmark/file.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

static int watch(int fd)
{
	struct mm_err err = {0};
	int watch;

	assert_ok(mm_hangup_watch(fd, &watch, &err), &err);
	return watch;
}

static bool is_readable(int fd)
{
	struct pollfd poll_fd = {.fd = fd, .events = POLLIN};

	return poll(&poll_fd, 1, 0) == 1;
}

static void a_pipe_hangs_up_when_its_last_writer_closes(void **state)
{
	int ends[2], noticed;

	(void)state;
	assert_int_equal(pipe(ends), 0);
	noticed = watch(ends[0]);
	assert_false(is_readable(noticed));
	close(ends[1]);
	assert_true(is_readable(noticed));
	close(noticed);
	close(ends[0]);
}

static void what_is_sent_is_no_end_and_stays_unread(void **state)
{
	char got[8];
	int ends[2], noticed;

	(void)state;
	assert_int_equal(pipe(ends), 0);
	noticed = watch(ends[0]);
	assert_int_equal(write(ends[1], "hello", 5), 5);
	assert_false(is_readable(noticed));
	close(ends[1]);
	assert_true(is_readable(noticed));
	assert_int_equal(read(ends[0], got, sizeof got), 5);
	close(noticed);
	close(ends[0]);
}

static void a_socket_hangs_up_when_the_other_end_sends_no_more(void **state)
{
	int ends[2], noticed;

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
	noticed = watch(ends[0]);
	assert_false(is_readable(noticed));
	shutdown(ends[1], SHUT_WR);
	assert_true(is_readable(noticed));
	close(noticed);
	close(ends[0]);
	close(ends[1]);
}

static void an_end_that_came_before_is_noticed(void **state)
{
	int ends[2], noticed;

	(void)state;
	assert_int_equal(pipe(ends), 0);
	close(ends[1]);
	noticed = watch(ends[0]);
	assert_true(is_readable(noticed));
	close(noticed);
	close(ends[0]);
}

static void files_and_dev_null_are_not_watched(void **state)
{
	static const char *const paths[] = {"/dev/null", "/proc/self/exe"};

	(void)state;
	for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
		int fd = open(paths[i], O_RDONLY);

		assert_true(fd >= 0);
		assert_int_equal(watch(fd), -1);
		close(fd);
	}
}

static void a_descriptor_that_is_closed_is_not_watched(void **state)
{
	int fd = open("/dev/null", O_RDONLY);

	(void)state;
	close(fd);
	assert_int_equal(watch(fd), -1);
}

/* As mm_process_guard_streams does it. */
static void a_place_that_was_taken_for_one_that_is_closed_is_not_watched(void **state)
{
	int fd = open("/", O_PATH);

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(watch(fd), -1);
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_pipe_hangs_up_when_its_last_writer_closes),
		cmocka_unit_test(what_is_sent_is_no_end_and_stays_unread),
		cmocka_unit_test(a_socket_hangs_up_when_the_other_end_sends_no_more),
		cmocka_unit_test(an_end_that_came_before_is_noticed),
		cmocka_unit_test(files_and_dev_null_are_not_watched),
		cmocka_unit_test(a_descriptor_that_is_closed_is_not_watched),
		cmocka_unit_test(a_place_that_was_taken_for_one_that_is_closed_is_not_watched),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
