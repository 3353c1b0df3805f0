/* SPDX-License-Identifier: Apache-2.0 */
#include "issuer/http/listener.h"
#include "tests/unit/support.h"

#include <arpa/inet.h>
#include <mintmark/file.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_sockets_share_one_free_port),
		cmocka_unit_test(an_address_that_somebody_listens_on_is_refused),
		cmocka_unit_test(an_address_of_another_machine_is_refused),
		cmocka_unit_test(addresses_are_written_as_in_urls),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
