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

/* Loads a fresh pair into `tls`, and into the client where that is to show it. */
static void load_pair(bool for_client)
{
	struct test_dir dir;
	char certificate[300], key[300];
	struct mm_err err = {0};

	test_dir_make(&dir);
	test_tls_pair(&dir, "crt", "key", NOW + 1800);
	snprintf(certificate, sizeof certificate, "%s/crt", dir.path);
	snprintf(key, sizeof key, "%s/key", dir.path);
	if (for_client) {
		assert_int_equal(SSL_CTX_use_certificate_file(client_context, certificate, SSL_FILETYPE_PEM), 1);
		assert_int_equal(SSL_CTX_use_PrivateKey_file(client_context, key, SSL_FILETYPE_PEM), 1);
	} else {
		assert_ok(mm_tls_load(certificate, key, NOW, &tls, &err), &err);
	}
	test_dir_remove(&dir);
}

/* A connection that has not shaken hands yet. */
static void connect_pair(void)
{
	void *nothing = NULL;

	assert_int_equal(setup(&nothing), 0);
	assert_true(mm_transport_open(&transport, pair[0], tls));
	client = SSL_new(client_context);
	assert_non_null(client);
	assert_int_equal(SSL_set_fd(client, pair[1]), 1);
	SSL_set_connect_state(client);
}

static int setup_tls(void **state)
{
	(void)state;
	client_context = SSL_CTX_new(TLS_client_method());
	load_pair(false);
	connect_pair();
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

/* ---- for callers ------------------------------------------------------------------------------------------------- */

static STACK_OF(X509_NAME) * authorities;

/* The server asks for a certificate of two authorities, of which the client's is none. */
static int setup_callers(void **state)
{
	struct mm_tls *plain;
	struct mm_err err = {0};

	(void)state;
	client_context = SSL_CTX_new(TLS_client_method());
	load_pair(false);
	authorities = sk_X509_NAME_new_null();
	for (int i = 0; i < 2; i++) {
		X509_NAME *name = X509_NAME_new();
		const unsigned char cn[] = {'c', 'a', (unsigned char)('0' + i)};

		assert_int_equal(X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, cn, sizeof cn, -1, 0), 1);
		assert_true(sk_X509_NAME_push(authorities, name) > 0);
	}
	plain = tls;
	assert_ok(mm_tls_for_callers(plain, authorities, &tls, &err), &err);
	assert_int_equal(mm_tls_expires(tls), mm_tls_expires(plain));
	mm_tls_free(plain); /* the copy lives by itself */
	return 0;
}

static int teardown_callers(void **state)
{
	sk_X509_NAME_pop_free(authorities, X509_NAME_free);
	return teardown_tls(state);
}

static void the_peer_is_asked_by_the_names_of_the_authorities(void **state)
{
	const STACK_OF(X509_NAME) * asked;

	(void)state;
	connect_pair();
	shake_hands();
	asked = SSL_get0_peer_CA_list(client);
	assert_int_equal(sk_X509_NAME_num(asked), 2);
	for (int i = 0; i < 2; i++)
		assert_int_equal(X509_NAME_cmp(sk_X509_NAME_value(asked, i), sk_X509_NAME_value(authorities, i)), 0);
}

static void who_has_no_certificate_gets_in_without(void **state)
{
	STACK_OF(X509) *chain = NULL;

	(void)state;
	connect_pair();
	shake_hands();
	assert_null(mm_transport_certificate(&transport, &chain));
}

/* Whether it is good is not for TLS to say. In both versions the chain is what came behind the certificate. */
static void any_certificate_is_accepted_and_known(void **state)
{
	static const int versions[] = {TLS1_2_VERSION, TLS1_3_VERSION};

	(void)state;
	load_pair(true);
	assert_int_equal(SSL_CTX_add1_chain_cert(client_context, SSL_CTX_get0_certificate(client_context)), 1);
	for (size_t i = 0; i < MM_COUNT(versions); i++) {
		STACK_OF(X509) *chain = NULL;
		X509 *shown;

		connect_pair();
		assert_int_equal(SSL_set_min_proto_version(client, versions[i]), 1);
		assert_int_equal(SSL_set_max_proto_version(client, versions[i]), 1);
		assert_null(mm_transport_certificate(&transport, &chain)); /* the hands are not shaken */
		shake_hands();
		shown = mm_transport_certificate(&transport, &chain);
		assert_non_null(shown);
		assert_int_equal(X509_cmp(shown, SSL_CTX_get0_certificate(client_context)), 0);
		assert_int_equal(sk_X509_num(chain), 1);
		if (i + 1 < MM_COUNT(versions)) {
			SSL_free(client);
			mm_transport_close(&transport);
			close(pair[1]);
		}
	}
}

/* A client that shows somebody else's certificate cannot sign by its key. */
static void a_certificate_without_its_key_fails_the_handshake(void **state)
{
	char buf[16];
	size_t n;
	enum mm_io io = MM_IO_WAIT_READ;
	EVP_PKEY *other = EVP_EC_gen("P-256");
	X509 *certificate;

	(void)state;
	load_pair(true);
	connect_pair();
	certificate = X509_dup(SSL_CTX_get0_certificate(client_context));
	assert_int_equal(X509_set_pubkey(certificate, other), 1); /* with it the client's library is content */
	assert_int_equal(SSL_use_certificate(client, certificate), 1);
	assert_int_equal(SSL_use_PrivateKey(client, other), 1);
	assert_int_equal(X509_set_pubkey(certificate, SSL_CTX_get0_privatekey(client_context)), 1);
	for (int i = 0; i < 10 && io == MM_IO_WAIT_READ; i++) {
		(void)SSL_do_handshake(client);
		io = transport.ops->read(&transport, buf, sizeof buf, &n);
	}
	assert_int_equal(io, MM_IO_FAILED);
	assert_true(SSL_is_init_finished(client)); /* it had nothing against itself */
	X509_free(certificate);
	EVP_PKEY_free(other);
}

static int sessions_offered;

static int count_session(SSL *ssl, SSL_SESSION *session)
{
	(void)ssl, (void)session;
	sessions_offered++;
	return 0;
}

static int sessions_of(int version)
{
	char buf[16];

	sessions_offered = 0;
	SSL_CTX_set_session_cache_mode(client_context, SSL_SESS_CACHE_CLIENT);
	SSL_CTX_sess_set_new_cb(client_context, count_session);
	connect_pair();
	assert_int_equal(SSL_set_max_proto_version(client, version), 1);
	shake_hands();
	(void)SSL_read(client, buf, sizeof buf); /* TLS 1.3 sends tickets after the handshake */
	SSL_free(client);
	mm_transport_close(&transport);
	close(pair[1]);
	client = NULL;
	return sessions_offered;
}

static void no_session_of_a_caller_can_be_resumed(void **state)
{
	struct mm_tls *for_callers = tls;

	(void)state;
	assert_int_equal(sessions_of(TLS1_2_VERSION), 0);
	assert_int_equal(sessions_of(TLS1_3_VERSION), 0);
	load_pair(false); /* others can: the test would notice */
	assert_true(sessions_of(TLS1_3_VERSION) > 0);
	mm_tls_free(for_callers);
	connect_pair();
}

#define CALLERS_TEST(name) cmocka_unit_test_setup_teardown(name, setup_callers, teardown_callers)

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
		CALLERS_TEST(the_peer_is_asked_by_the_names_of_the_authorities),
		CALLERS_TEST(who_has_no_certificate_gets_in_without),
		CALLERS_TEST(any_certificate_is_accepted_and_known),
		CALLERS_TEST(a_certificate_without_its_key_fails_the_handshake),
		CALLERS_TEST(no_session_of_a_caller_can_be_resumed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
