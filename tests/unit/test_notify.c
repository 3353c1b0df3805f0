/* SPDX-License-Identifier: Apache-2.0 */
#include "issuer/http/notify.h"
#include "tests/unit/support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static struct test_dir dir;
static int listener;

static int setup(void **state)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	(void)state;
	test_dir_make(&dir);
	assert_true(snprintf(address.sun_path, sizeof address.sun_path, "%.90s/s", dir.path) > 0);
	listener = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);
	assert_int_equal(bind(listener, (struct sockaddr *)&address, sizeof address), 0);
	setenv("NOTIFY_SOCKET", address.sun_path, 1);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	unsetenv("NOTIFY_SOCKET");
	close(listener);
	test_dir_remove(&dir);
	return 0;
}

static void a_state_is_one_datagram(void **state)
{
	char got[64] = "";

	(void)state;
	mm_notify("READY=1");
	assert_int_equal(recv(listener, got, sizeof got - 1, 0), 7);
	assert_string_equal(got, "READY=1");
}

static void reloading_comes_with_the_monotonic_time(void **state)
{
	char got[64] = "";

	(void)state;
	mm_notify_reloading();
	assert_true(recv(listener, got, sizeof got - 1, 0) > 0);
	assert_int_equal(strncmp(got, "RELOADING=1\nMONOTONIC_USEC=", 27), 0);
	assert_true(strtoll(got + 27, NULL, 10) > 0);
}

static void where_nobody_listens_nothing_happens(void **state)
{
	char got[64];

	(void)state;
	setenv("NOTIFY_SOCKET", "relative", 1);
	mm_notify("READY=1");
	unsetenv("NOTIFY_SOCKET");
	mm_notify("READY=1");
	assert_int_equal(recv(listener, got, sizeof got, 0), -1);
}

static void the_watchdog_is_fed_twice_as_often_as_it_asks(void **state)
{
	char pid[32];

	(void)state;
	unsetenv("WATCHDOG_USEC");
	unsetenv("WATCHDOG_PID");
	assert_int_equal(mm_notify_watchdog_ns(), 0);
	setenv("WATCHDOG_USEC", "2000000", 1);
	assert_int_equal(mm_notify_watchdog_ns(), 1000000000);
	setenv("WATCHDOG_PID", "1", 1); /* meant for another process */
	assert_int_equal(mm_notify_watchdog_ns(), 0);
	snprintf(pid, sizeof pid, "%ld", (long)getpid());
	setenv("WATCHDOG_PID", pid, 1);
	assert_int_equal(mm_notify_watchdog_ns(), 1000000000);
	setenv("WATCHDOG_USEC", "nonsense", 1);
	assert_int_equal(mm_notify_watchdog_ns(), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_state_is_one_datagram),
		cmocka_unit_test(reloading_comes_with_the_monotonic_time),
		cmocka_unit_test(where_nobody_listens_nothing_happens),
		cmocka_unit_test(the_watchdog_is_fed_twice_as_often_as_it_asks),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
