/* SPDX-License-Identifier: Apache-2.0 */
/* Both transports over a pair of sockets; the other end is OpenSSL's client, or nothing but the socket. */
#include "issuer/http/transport.h"
#include "tests/unit/tlspair.h"

#include <fcntl.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define NOW ((mm_time)1795309200)

static int pair[2];
static struct mm_transport transport;

static int setup(void **state)
{
	(void)state;
	return socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair);
}

static int teardown(void **state)
{
	(void)state;
	mm_transport_close(&transport);
	close(pair[1]);
	return 0;
}

static struct iovec piece(char *text)
{
	return (struct iovec){text, strlen(text)};
}

static void plain_reads_what_there_is_and_then_waits(void **state)
{
	char buf[16];
	size_t n;

	(void)state;
	assert_true(mm_transport_open(&transport, pair[0], NULL));
	assert_string_equal(transport.ops->protocol(&transport), "-");
	assert_int_equal(write(pair[1], "hello", 5), 5);
	assert_int_equal(transport.ops->read(&transport, buf, sizeof buf, &n), MM_IO_OK);
	assert_int_equal(n, 5);
	assert_int_equal(transport.ops->read(&transport, buf, sizeof buf, &n), MM_IO_WAIT_READ);
	shutdown(pair[1], SHUT_WR);
	assert_int_equal(transport.ops->read(&transport, buf, sizeof buf, &n), MM_IO_END);
}

static void plain_writes_pieces_until_the_peer_takes_no_more(void **state)
{
	static char large[65536];
	char a[] = "a", b[] = "b", got[2];
	const struct iovec two[] = {piece(a), piece(b)}, one = {large, sizeof large};
	enum mm_io io;
	size_t n;

	(void)state;
	assert_true(mm_transport_open(&transport, pair[0], NULL));
	assert_int_equal(transport.ops->write(&transport, two, 2, &n), MM_IO_OK);
	assert_int_equal(n, 2);
	assert_int_equal(read(pair[1], got, 2), 2);
	assert_memory_equal(got, "ab", 2);
	for (int i = 0; i < 1000 && (io = transport.ops->write(&transport, &one, 1, &n)) == MM_IO_OK; i++)
		;
	assert_int_equal(io, MM_IO_WAIT_WRITE);
}

static void a_peer_that_is_gone_fails_the_write_without_a_signal(void **state)
{
	char a[] = "a";
	const struct iovec one = piece(a);
	size_t n;

	(void)state;
	assert_true(mm_transport_open(&transport, pair[0], NULL));
	close(pair[1]);
	assert_int_equal(transport.ops->write(&transport, &one, 1, &n), MM_IO_FAILED);
}

/* Through TLS: client and server take turns in this one thread. */
static SSL_CTX *client_context;
static SSL *client;
static struct mm_tls *tls;

static int setup_tls(void **state)
{
	struct test_dir dir;
	char certificate[300], key[300];
	struct mm_err err = {0};

	test_dir_make(&dir);
	test_tls_pair(&dir, "crt", "key", NOW + 1800);
	snprintf(certificate, sizeof certificate, "%s/crt", dir.path);
	snprintf(key, sizeof key, "%s/key", dir.path);
	assert_ok(mm_tls_load(certificate, key, NOW, &tls, &err), &err);
	test_dir_remove(&dir);
	assert_int_equal(setup(state), 0);
	assert_true(mm_transport_open(&transport, pair[0], tls));
	client_context = SSL_CTX_new(TLS_client_method());
	client = SSL_new(client_context);
	assert_non_null(client);
	assert_int_equal(SSL_set_fd(client, pair[1]), 1);
	SSL_set_connect_state(client);
	return 0;
}

static int teardown_tls(void **state)
{
	SSL_free(client);
	SSL_CTX_free(client_context);
	mm_tls_free(tls);
	return teardown(state);
}

static void shake_hands(void)
{
	char buf[16];
	size_t n;

	for (int i = 0; i < 10 && SSL_do_handshake(client) != 1; i++)
		assert_int_equal(transport.ops->read(&transport, buf, sizeof buf, &n), MM_IO_WAIT_READ);
	assert_int_equal(transport.ops->read(&transport, buf, sizeof buf, &n), MM_IO_WAIT_READ);
}

static void reading_shakes_hands(void **state)
{
	(void)state;
	assert_string_equal(transport.ops->protocol(&transport), "");
	shake_hands();
	assert_string_equal(transport.ops->protocol(&transport), "TLSv1.3");
}

static void pieces_become_one_record(void **state)
{
	char a[] = "hello", b[] = ", ", c[] = "world", got[64];
	const struct iovec three[] = {piece(a), piece(b), piece(c)};
	size_t n;

	(void)state;
	shake_hands();
	assert_int_equal(transport.ops->write(&transport, three, 3, &n), MM_IO_OK);
	assert_int_equal(n, 12);
	assert_int_equal(SSL_read(client, got, sizeof got), 12); /* SSL_read never joins records */
	assert_memory_equal(got, "hello, world", 12);
}

static void what_one_read_leaves_in_a_record_is_announced(void **state)
{
	char buf[4];
	size_t n;

	(void)state;
	shake_hands();
	assert_int_equal(SSL_write(client, "hello", 5), 5);
	assert_int_equal(transport.ops->read(&transport, buf, sizeof buf, &n), MM_IO_OK);
	assert_true(transport.ops->has_more(&transport));
	assert_int_equal(transport.ops->read(&transport, buf, sizeof buf, &n), MM_IO_OK);
	assert_int_equal(n, 1);
	assert_false(transport.ops->has_more(&transport));
}

static void update_keys(int times)
{
	for (int i = 0; i < times; i++) {
		assert_int_equal(SSL_key_update(client, SSL_KEY_UPDATE_NOT_REQUESTED), 1);
		assert_int_equal(SSL_do_handshake(client), 1);
	}
}

static void one_read_ends_however_many_records_are_no_data(void **state)
{
	char buf[16];
	size_t n;

	(void)state;
	shake_hands();
	update_keys(50);
	assert_int_equal(SSL_write(client, "hello", 5), 5);
	assert_int_equal(transport.ops->read(&transport, buf, sizeof buf, &n), MM_IO_WAIT_READ);
	for (int i = 0; i < 50 && transport.ops->read(&transport, buf, sizeof buf, &n) != MM_IO_OK; i++)
		;
	assert_int_equal(n, 5);
	assert_memory_equal(buf, "hello", 5);
}

static void a_peer_that_sends_hardly_any_data_is_failed(void **state)
{
	enum mm_io io = MM_IO_WAIT_READ;
	char buf[16];
	size_t n;

	(void)state;
	shake_hands();
	for (int i = 0; i < 1000 && io != MM_IO_FAILED; i++) {
		update_keys(8);
		assert_int_equal(SSL_write(client, "x", 1), 1);
		while ((io = transport.ops->read(&transport, buf, sizeof buf, &n)) == MM_IO_WAIT_READ)
			;
	}
	assert_int_equal(io, MM_IO_FAILED);
}

static void much_data_in_small_records_is_not_held_against_a_peer(void **state)
{
	char buf[16];
	size_t n;

	(void)state;
	shake_hands();
	for (int i = 0; i < 10000; i++) {
		assert_int_equal(SSL_write(client, "x", 1), 1);
		assert_int_equal(transport.ops->read(&transport, buf, sizeof buf, &n), MM_IO_OK);
	}
	assert_int_equal(transport.ops->read(&transport, buf, sizeof buf, &n), MM_IO_WAIT_READ);
}

/* The bytes must be right when a write had to wait and is repeated from other memory (SSL_MODE_ACCEPT_MOVING_…). */
static void a_write_that_waited_goes_on_where_it_was(void **state)
{
	enum { TOTAL = 1 << 20 };
	unsigned char *sent = malloc(TOTAL), *got = malloc(TOTAL);
	size_t done = 0, received = 0;
	bool waited = false;

	(void)state;
	assert_non_null(sent);
	assert_non_null(got);
	for (size_t i = 0; i < TOTAL; i++)
		sent[i] = (unsigned char)(i * 7 + i / 251);
	shake_hands();
	while (received < TOTAL) {
		size_t n = 0, half = (TOTAL - done) / 2;
		const struct iovec two[] = {{sent + done, half}, {sent + done + half, TOTAL - done - half}};
		enum mm_io io = done < TOTAL ? transport.ops->write(&transport, two, 2, &n) : MM_IO_WAIT_WRITE;

		if (io == MM_IO_OK) {
			done += n;
			continue;
		}
		assert_int_equal(io, MM_IO_WAIT_WRITE);
		waited |= done < TOTAL;
		while (SSL_read_ex(client, got + received, TOTAL - received, &n) == 1 && n > 0)
			received += n;
	}
	assert_true(waited);
	assert_memory_equal(sent, got, TOTAL);
	free(sent);
	free(got);
}

static void plain_text_fails_the_handshake(void **state)
{
	char buf[16];
	size_t n;

	(void)state;
	assert_int_equal(write(pair[1], "GET / HTTP/1.1\r\n\r\n", 18), 18);
	assert_int_equal(transport.ops->read(&transport, buf, sizeof buf, &n), MM_IO_FAILED);
}

static void shutting_tells_the_peer(void **state)
{
	char got[16];

	(void)state;
	shake_hands();
	transport.ops->shut(&transport);
	assert_int_equal(SSL_read(client, got, sizeof got), 0);
	assert_int_equal(SSL_get_error(client, 0), SSL_ERROR_ZERO_RETURN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(plain_reads_what_there_is_and_then_waits, setup, teardown),
		cmocka_unit_test_setup_teardown(plain_writes_pieces_until_the_peer_takes_no_more, setup, teardown),
		cmocka_unit_test_setup_teardown(a_peer_that_is_gone_fails_the_write_without_a_signal, setup, teardown),
		cmocka_unit_test_setup_teardown(reading_shakes_hands, setup_tls, teardown_tls),
		cmocka_unit_test_setup_teardown(pieces_become_one_record, setup_tls, teardown_tls),
		cmocka_unit_test_setup_teardown(what_one_read_leaves_in_a_record_is_announced, setup_tls, teardown_tls),
		cmocka_unit_test_setup_teardown(one_read_ends_however_many_records_are_no_data, setup_tls,
						teardown_tls),
		cmocka_unit_test_setup_teardown(a_peer_that_sends_hardly_any_data_is_failed, setup_tls, teardown_tls),
		cmocka_unit_test_setup_teardown(much_data_in_small_records_is_not_held_against_a_peer, setup_tls,
						teardown_tls),
		cmocka_unit_test_setup_teardown(a_write_that_waited_goes_on_where_it_was, setup_tls, teardown_tls),
		cmocka_unit_test_setup_teardown(plain_text_fails_the_handshake, setup_tls, teardown_tls),
		cmocka_unit_test_setup_teardown(shutting_tells_the_peer, setup_tls, teardown_tls),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
