/* SPDX-License-Identifier: Apache-2.0 */
#include "issuer/http/listener.h"
#include "tests/unit/support.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <mintmark/file.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static void all_sockets_share_one_free_port(void **state)
{
	char bound[MM_ADDRESS_TEXT_SIZE];
	int fds[3], ports[3];
	struct mm_err err = {0};

	(void)state;
	assert_ok(mm_listen("127.0.0.1:0", 3, fds, bound, &err), &err);
	for (int i = 0; i < 3; i++) {
		struct sockaddr_in address;
		socklen_t len = sizeof address;
		int value = 0;

		assert_int_equal(getsockname(fds[i], (struct sockaddr *)&address, &len), 0);
		ports[i] = ntohs(address.sin_port);
		len = sizeof value;
		assert_int_equal(getsockopt(fds[i], SOL_SOCKET, SO_ACCEPTCONN, &value, &len), 0);
		assert_int_equal(value, 1);
		close(fds[i]);
	}
	assert_int_equal(ports[0], ports[1]);
	assert_int_equal(ports[0], ports[2]);
	assert_int_equal(ports[0], strtol(strrchr(bound, ':') + 1, NULL, 10));
}

static void an_address_that_somebody_listens_on_is_refused(void **state)
{
	char bound[MM_ADDRESS_TEXT_SIZE], again[MM_ADDRESS_TEXT_SIZE];
	struct mm_err err = {0};
	int fd, other;

	(void)state;
	assert_ok(mm_listen("127.0.0.1:0", 1, &fd, bound, &err), &err);
	assert_int_equal(mm_listen(bound, 1, &other, again, &err), MM_EIO);
	assert_contains(err.text, bound);
	assert_contains(err.text, "Address already in use");
	close(fd);
}

static void an_address_of_another_machine_is_refused(void **state)
{
	char bound[MM_ADDRESS_TEXT_SIZE];
	struct mm_err err = {0};
	int fd;

	(void)state;
	assert_fails(mm_listen("192.0.2.1:1", 1, &fd, bound, &err), MM_EIO, &err);
}

static void addresses_are_written_as_in_urls(void **state)
{
	struct sockaddr_storage address = {0};
	struct sockaddr_in *v4 = (struct sockaddr_in *)&address;
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&address;
	char text[MM_ADDRESS_TEXT_SIZE];

	(void)state;
	v4->sin_family = AF_INET;
	v4->sin_port = htons(80);
	assert_int_equal(inet_pton(AF_INET, "127.0.0.1", &v4->sin_addr), 1);
	mm_address_format(&address, text);
	assert_string_equal(text, "127.0.0.1:80");
	v6->sin6_family = AF_INET6;
	v6->sin6_port = htons(65535);
	assert_int_equal(inet_pton(AF_INET6, "2001:db8::1", &v6->sin6_addr), 1);
	mm_address_format(&address, text);
	assert_string_equal(text, "[2001:db8::1]:65535");
}

/* ---- socket files ------------------------------------------------------------------------------------------------ */

static struct test_dir dir;
static char path[300];
static struct mm_file_id made;

static int setup(void **state)
{
	(void)state;
	test_dir_make(&dir);
	snprintf(path, sizeof path, "%s", test_dir_path(&dir, "s"));
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	test_dir_remove(&dir);
	return 0;
}

static int listen_there(void)
{
	struct mm_err err = {0};
	int fd;

	assert_ok(mm_listen_unix(path, &fd, &made, &err), &err);
	return fd;
}

static bool connects(void)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	mm_auto_fd fd = socket(AF_UNIX, SOCK_STREAM, 0);

	memcpy(address.sun_path, path, strlen(path));
	return connect(fd, (struct sockaddr *)&address, sizeof address) == 0;
}

static void a_socket_file_is_for_everybody_whatever_the_umask(void **state)
{
	mode_t before = umask(0177);
	int fd = listen_there();

	(void)state;
	umask(before);
	assert_int_equal(test_file_mode(dir.fd, "s"), 0666);
	assert_true(connects());
	close(fd);
}

static void a_socket_that_somebody_listens_on_is_refused_and_stays(void **state)
{
	struct mm_err err = {0};
	int fd = listen_there(), other;

	(void)state;
	assert_int_equal(mm_listen_unix(path, &other, &made, &err), MM_EIO);
	assert_contains(err.text, "Address already in use");
	assert_true(connects());
	close(fd);
}

static void a_socket_file_of_the_dead_is_replaced(void **state)
{
	int fd = listen_there();

	(void)state;
	close(fd);
	assert_false(connects());
	fd = listen_there();
	assert_true(connects());
	close(fd);
}

static void what_is_no_socket_is_refused_and_stays(void **state)
{
	struct mm_err err = {0};
	int fd;

	(void)state;
	test_file_write(dir.fd, "s", "precious", 0600);
	assert_int_equal(mm_listen_unix(path, &fd, &made, &err), MM_EIO);
	assert_contains(err.text, "it is there and no socket");
	assert_true(test_file_exists(dir.fd, "s"));
}

/* Not even one that leads to a socket nobody listens on: that would be removed elsewhere. */
static void a_link_is_refused_and_stays(void **state)
{
	struct mm_err err = {0};
	int fd = listen_there();

	(void)state;
	close(fd);
	assert_int_equal(renameat(dir.fd, "s", dir.fd, "real"), 0);
	assert_int_equal(symlinkat("real", dir.fd, "s"), 0);
	assert_fails(mm_listen_unix(path, &fd, &made, &err), MM_EIO, &err);
	assert_true(test_file_exists(dir.fd, "real"));
}

static void a_directory_that_is_missing_is_named(void **state)
{
	struct mm_err err = {0};
	int fd;

	(void)state;
	snprintf(path, sizeof path, "%s", test_dir_path(&dir, "none/s"));
	assert_int_equal(mm_listen_unix(path, &fd, &made, &err), MM_EIO);
	assert_contains(err.text, "none: No such file or directory");
}

/* They would be talked to in our place. */
static void a_directory_in_which_others_could_put_a_socket_is_refused(void **state)
{
	static const struct {
		mode_t mode;
		bool is_safe;
	} rows[] = {{0777, false}, {0770, false}, {0702, false}, {01777, true}, {0755, true}};

	(void)state;
	for (size_t i = 0; i < MM_COUNT(rows); i++) {
		struct mm_err err = {0};
		int fd = -1;
		enum mm_code code;

		assert_int_equal(fchmod(dir.fd, rows[i].mode), 0);
		code = mm_listen_unix(path, &fd, &made, &err);
		assert_int_equal(code, rows[i].is_safe ? MM_OK : MM_EUNSAFE);
		assert_int_equal(test_file_exists(dir.fd, "s"), rows[i].is_safe);
		if (code == MM_OK)
			close(fd);
		else
			assert_contains(err.text, ": chmod go-w, or chown it");
	}
	assert_int_equal(fchmod(dir.fd, 0700), 0);
}

static void a_path_of_107_bytes_is_taken_and_of_108_refused(void **state)
{
	struct mm_err err = {0};
	size_t len = strlen(path);
	int fd;

	(void)state;
	memset(path + len, 's', 108 - len);
	path[108] = '\0';
	assert_fails(mm_listen_unix(path, &fd, &made, &err), MM_ELIMIT, &err);
	path[107] = '\0';
	close(listen_there());
}

static void the_file_goes_with_its_listener(void **state)
{
	int fd = listen_there();

	(void)state;
	close(fd);
	mm_listen_unix_end(path, made);
	assert_false(test_file_exists(dir.fd, "s"));
}

static void the_file_of_a_successor_stays(void **state)
{
	struct mm_file_id first;
	int fd = listen_there();

	(void)state;
	close(fd);
	first = made;
	fd = listen_there();
	mm_listen_unix_end(path, first);
	assert_true(connects());
	close(fd);
}

static void a_peer_is_written_by_user_and_process(void **state)
{
	const struct ucred peer = {.uid = 4294967294, .pid = 4194304};
	char text[MM_ADDRESS_TEXT_SIZE];

	(void)state;
	mm_peer_format(&peer, text);
	assert_string_equal(text, "unix:uid=4294967294,pid=4194304");
}

#define UNIX_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_sockets_share_one_free_port),
		cmocka_unit_test(an_address_that_somebody_listens_on_is_refused),
		cmocka_unit_test(an_address_of_another_machine_is_refused),
		cmocka_unit_test(addresses_are_written_as_in_urls),
		UNIX_TEST(a_socket_file_is_for_everybody_whatever_the_umask),
		UNIX_TEST(a_socket_that_somebody_listens_on_is_refused_and_stays),
		UNIX_TEST(a_socket_file_of_the_dead_is_replaced),
		UNIX_TEST(what_is_no_socket_is_refused_and_stays),
		UNIX_TEST(a_link_is_refused_and_stays),
		UNIX_TEST(a_directory_that_is_missing_is_named),
		UNIX_TEST(a_directory_in_which_others_could_put_a_socket_is_refused),
		UNIX_TEST(a_path_of_107_bytes_is_taken_and_of_108_refused),
		UNIX_TEST(the_file_goes_with_its_listener),
		UNIX_TEST(the_file_of_a_successor_stays),
		cmocka_unit_test(a_peer_is_written_by_user_and_process),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
