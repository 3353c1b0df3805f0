/* SPDX-License-Identifier: Apache-2.0 */
#include "issuer/http/sockets.h"
#include "tests/unit/support.h"

#include <mintmark/file.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
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

static struct mm_config *config_of(const char *admin, int workers)
{
	mm_auto_buf text = {0};
	struct mm_config *config;
	struct mm_err err = {0};

	mm_buf_printf(&text, "issuer: https://h.example\nhttp: {workers: %d}\n", workers);
	mm_buf_printf(&text, "listen: {public: '127.0.0.1:0', admin: '%s'}\n", admin);
	assert_ok(mm_config_parse(mm_buf_span(&text), "test", "/", &config, &err), &err);
	return config;
}

static void each_listener_has_a_descriptor_for_each_worker_once(void **state)
{
	mm_auto(mm_config) config = config_of("127.0.0.1:0", 3);
	mm_auto(mm_sockets) sockets = NULL;
	struct mm_err err = {0};

	(void)state;
	assert_ok(mm_sockets_bind(config, &sockets, &err), &err);
	assert_int_equal(mm_sockets_workers(sockets), 3);
	for (int kind = 0; kind < MM_LISTENER_COUNT; kind++) {
		for (size_t i = 0; i < 3; i++) {
			int fd = mm_sockets_take(sockets, (enum mm_listener_kind)kind, i);

			assert_true(fd >= 0);
			assert_int_equal(mm_sockets_take(sockets, (enum mm_listener_kind)kind, i), -1);
			close(fd);
		}
	}
	assert_string_not_equal(mm_sockets_public(sockets), "127.0.0.1:0");
	assert_string_not_equal(mm_sockets_admin(sockets), mm_sockets_public(sockets));
}

static void a_listener_that_is_off_has_none(void **state)
{
	mm_auto(mm_config) config = config_of("off", 1);
	mm_auto(mm_sockets) sockets = NULL;
	struct mm_err err = {0};

	(void)state;
	assert_ok(mm_sockets_bind(config, &sockets, &err), &err);
	assert_null(mm_sockets_admin(sockets));
	assert_int_equal(mm_sockets_take(sockets, MM_ADMIN, 0), -1);
}

static void a_socket_file_is_shared_by_all_workers_and_goes_with_the_sockets(void **state)
{
	mm_auto(mm_config) config = NULL;
	struct mm_sockets *sockets;
	struct stat first, second;
	struct mm_err err = {0};
	char address[300];
	int a, b;

	(void)state;
	snprintf(address, sizeof address, "unix:%s", test_dir_path(&dir, "s"));
	config = config_of(address, 2);
	assert_ok(mm_sockets_bind(config, &sockets, &err), &err);
	assert_string_equal(mm_sockets_admin(sockets), address);
	a = mm_sockets_take(sockets, MM_ADMIN, 0);
	b = mm_sockets_take(sockets, MM_ADMIN, 1);
	assert_int_equal(fstat(a, &first), 0);
	assert_int_equal(fstat(b, &second), 0);
	assert_true(a != b && first.st_ino == second.st_ino);
	close(a);
	close(b);
	assert_true(test_file_exists(dir.fd, "s"));
	mm_sockets_free(sockets);
	assert_false(test_file_exists(dir.fd, "s"));
}

static void what_failed_to_bind_leaves_nothing_behind(void **state)
{
	mm_auto(mm_config) config = NULL;
	struct mm_sockets *sockets = NULL;
	struct mm_err err = {0};
	char address[300];

	(void)state;
	test_file_write(dir.fd, "s", "precious", 0600);
	snprintf(address, sizeof address, "unix:%s", test_dir_path(&dir, "s"));
	config = config_of(address, 2);
	assert_fails(mm_sockets_bind(config, &sockets, &err), MM_EIO, &err);
	assert_null(sockets);
	assert_true(test_file_exists(dir.fd, "s"));
}

static void there_is_one_worker_for_each_processor_unless_it_is_said(void **state)
{
	mm_auto(mm_config) three = config_of("off", 3);
	mm_auto(mm_config) unsaid = config_of("off", 0);

	(void)state;
	assert_int_equal(mm_workers_configured(three), 3);
	assert_true(mm_workers_configured(unsaid) >= 1);
}

#define SOCKETS_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		SOCKETS_TEST(each_listener_has_a_descriptor_for_each_worker_once),
		SOCKETS_TEST(a_listener_that_is_off_has_none),
		SOCKETS_TEST(a_socket_file_is_shared_by_all_workers_and_goes_with_the_sockets),
		SOCKETS_TEST(what_failed_to_bind_leaves_nothing_behind),
		SOCKETS_TEST(there_is_one_worker_for_each_processor_unless_it_is_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
