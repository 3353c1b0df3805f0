/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/certificates.h"

#include <dlfcn.h>
#include <mintmark/certchain.h>
#include <netdb.h>
#include <netinet/in.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static struct test_certificate root, middle, leaf;

static int make(void **state)
{
	(void)state;
	signal(SIGPIPE, SIG_IGN);
	root = test_authority("root");
	middle = test_intermediate(&root, "middle");
	leaf = test_server_certificate(&middle, "leaf", "DNS:localhost,IP:127.0.0.1");
	return 0;
}

static int unmake(void **state)
{
	(void)state;
	test_certificate_free(&root);
	test_certificate_free(&middle);
	test_certificate_free(&leaf);
	return 0;
}

/* ---- servers ---------------------------------------------------------------------------------------------------- */

/* What a server in a process of its own does with the one connection that it accepts. */
typedef void behaviour(int fd, const void *arg);

struct server {
	pid_t pid;
	int port;
};

static struct server start(behaviour *behave, const void *arg)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
	socklen_t len = sizeof address;
	int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct server server;

	assert_int_equal(bind(listener, (struct sockaddr *)&address, sizeof address), 0);
	assert_int_equal(listen(listener, 16), 0);
	assert_int_equal(getsockname(listener, (struct sockaddr *)&address, &len), 0);
	server = (struct server){.pid = fork(), .port = ntohs(address.sin_port)};
	assert_true(server.pid >= 0);
	if (server.pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		behave(accept(listener, NULL, NULL), arg);
		_exit(0);
	}
	close(listener);
	return server;
}

static void stop(const struct server *server)
{
	kill(server->pid, SIGKILL);
	waitpid(server->pid, NULL, 0);
}

struct manner {
	const struct test_certificate *const *presented; /* the first is the server's own; NULL at the end */
	int version;                                     /* of TLS; 0: any */
	size_t cut;       /* after so many bytes of what it says nothing more comes; 0: never */
	useconds_t pause; /* between byte and byte */
	const char *expected_sni;
};

static SSL_CTX *tls_of(const struct manner *manner)
{
	SSL_CTX *tls = SSL_CTX_new(TLS_server_method());
	const struct test_certificate *const *p = manner->presented;

	SSL_CTX_set_security_level(tls, 0);
	SSL_CTX_set_mode(tls, SSL_MODE_NO_AUTO_CHAIN);
	SSL_CTX_set_min_proto_version(tls, manner->version);
	SSL_CTX_set_max_proto_version(tls, manner->version);
	SSL_CTX_use_certificate(tls, p[0]->x509);
	SSL_CTX_use_PrivateKey(tls, p[0]->key);
	while (*++p)
		SSL_CTX_add1_chain_cert(tls, (*p)->x509);
	return tls;
}

/* Sends what the server's TLS has to say, as its manner is. */
static void pass_on(int fd, BIO *said, const struct manner *manner, size_t *sent)
{
	char byte;

	while (BIO_read(said, &byte, 1) == 1) {
		if (manner->cut && ++*sent > manner->cut)
			pause();
		if (manner->pause)
			usleep(manner->pause);
		send(fd, &byte, 1, MSG_NOSIGNAL);
	}
}

static void speak_tls(int fd, const void *arg)
{
	const struct manner *manner = arg;
	SSL *tls = SSL_new(tls_of(manner));
	BIO *heard = BIO_new(BIO_s_mem()), *said = BIO_new(BIO_s_mem());
	char block[4096];
	size_t sent = 0;
	ssize_t n;

	SSL_set_bio(tls, heard, said);
	SSL_set_accept_state(tls);
	while ((n = recv(fd, block, sizeof block, 0)) > 0) {
		BIO_write(heard, block, (int)n);
		SSL_do_handshake(tls);
		if (manner->expected_sni && SSL_get_servername(tls, TLSEXT_NAMETYPE_host_name) &&
		    strcmp(SSL_get_servername(tls, TLSEXT_NAMETYPE_host_name), manner->expected_sni) != 0)
			_exit(1);
		pass_on(fd, said, manner, &sent);
	}
}

static void hang(int fd, const void *arg)
{
	(void)fd, (void)arg;
	pause();
}

/* Says the span `arg` once the client has said something, and waits until it goes. */
static void say(int fd, const void *arg)
{
	const struct mm_span *text = arg;
	char block[4096];

	(void)!recv(fd, block, sizeof block, 0);
	(void)!send(fd, text->p, text->len, MSG_NOSIGNAL);
	while (recv(fd, block, sizeof block, 0) > 0)
		;
}

static void say_nothing_and_close(int fd, const void *arg)
{
	char block[4096];

	(void)arg;
	(void)!recv(fd, block, sizeof block, 0);
}

static void reset(int fd, const void *arg)
{
	const struct linger now = {.l_onoff = 1};

	(void)arg;
	(void)!recv(fd, &(char){0}, 1, 0);
	setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
	close(fd);
}

/* ---- what is found ---------------------------------------------------------------------------------------------- */

#define LIST(...) ((const struct test_certificate *const[]){__VA_ARGS__, NULL})

/* The server that presents these must be seen to present exactly these. */
static void assert_presented(const struct test_certificate *const *list, int version, const char *protocol)
{
	const struct manner manner = {.presented = list, .version = version};
	struct server server = start(speak_tls, &manner);
	mm_auto(mm_certchain) chain = NULL;
	struct mm_err err = {0};
	size_t n = 0;

	assert_ok(mm_certchain_fetch("127.0.0.1", server.port, NULL, &chain, &err), &err);
	while (list[n])
		n++;
	assert_int_equal(chain->n, n);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(X509_cmp(chain->v[i].x509, list[i]->x509), 0);
	if (protocol)
		assert_string_equal(chain->protocol, protocol);
	stop(&server);
}

static void chains_of_any_length_are_as_presented(void **state)
{
	(void)state;
	assert_presented(LIST(&leaf), 0, NULL);
	assert_presented(LIST(&leaf, &middle), 0, NULL);
	assert_presented(LIST(&leaf, &middle, &root), 0, NULL);
}

static void the_wrong_order_repetitions_and_strangers_stay(void **state)
{
	struct test_certificate stranger = test_authority("stranger");

	(void)state;
	assert_presented(LIST(&leaf, &root, &middle), TLS1_2_VERSION, NULL);
	assert_presented(LIST(&leaf, &root, &middle), TLS1_3_VERSION, NULL);
	assert_presented(LIST(&leaf, &middle, &middle, &stranger, &leaf), 0, NULL);
	test_certificate_free(&stranger);
}

static void both_versions_of_tls_are_spoken(void **state)
{
	(void)state;
	assert_presented(LIST(&leaf, &middle), TLS1_2_VERSION, "TLSv1.2");
	assert_presented(LIST(&leaf, &middle), TLS1_3_VERSION, "TLSv1.3");
}

static void weak_keys_and_signatures_are_seen(void **state)
{
	static const struct test_name subject[] = {{.nid = NID_commonName, .text = "weak"}, {0}};
	struct test_certificate weak = test_certificate_make(&(struct test_certificate_spec){
		.subject = subject, .serial = 1, .rsa_bits = 1024, .digest = EVP_sha1()});

	(void)state;
	assert_presented(LIST(&weak), TLS1_2_VERSION, NULL);
	test_certificate_free(&weak);
}

static void a_hundred_certificates_are_looked_at_and_no_more(void **state)
{
	const struct test_certificate *list[MM_CERTCHAIN_MAX + 2] = {&leaf};
	const struct manner manner = {.presented = list};
	struct server server;
	struct mm_certchain *chain;
	struct mm_err err = {0};

	(void)state;
	for (size_t i = 1; i < MM_CERTCHAIN_MAX; i++)
		list[i] = &middle;
	assert_presented(list, 0, NULL);
	list[MM_CERTCHAIN_MAX] = &middle;
	server = start(speak_tls, &manner);
	assert_int_equal(mm_certchain_fetch("127.0.0.1", server.port, NULL, &chain, &err), MM_ELIMIT);
	assert_contains(err.text, "101 certificates");
	stop(&server);
}

static void the_name_is_sent_and_an_address_is_not(void **state)
{
	const struct manner manner = {.presented = LIST(&leaf), .expected_sni = "localhost"};
	struct server server = start(speak_tls, &manner);
	mm_auto(mm_certchain) named = NULL;
	mm_auto(mm_certchain) numbered = NULL;
	struct mm_err err = {0};
	char address[64];

	(void)state;
	assert_ok(mm_certchain_fetch("localhost", server.port, &(struct mm_certchain_options){.connect = "127.0.0.1"},
				     &named, &err),
		  &err);
	assert_string_equal(named->sni, "localhost");
	stop(&server);
	server = start(speak_tls, &manner);
	assert_ok(mm_certchain_fetch("127.0.0.1", server.port, NULL, &numbered, &err), &err);
	assert_null(numbered->sni);
	snprintf(address, sizeof address, "127.0.0.1:%d", server.port);
	assert_string_equal(numbered->address, address);
	stop(&server);
}

static void another_place_can_be_connected_to_under_the_name(void **state)
{
	const struct manner manner = {.presented = LIST(&leaf), .expected_sni = "oidc.test"};
	struct server server = start(speak_tls, &manner);
	mm_auto(mm_certchain) chain = NULL;
	struct mm_err err = {0};
	char place[64];

	(void)state;
	snprintf(place, sizeof place, "127.0.0.1:%d", server.port);
	assert_ok(mm_certchain_fetch("oidc.test", 443, &(struct mm_certchain_options){.connect = place}, &chain, &err),
		  &err);
	assert_string_equal(chain->sni, "oidc.test");
	assert_string_equal(chain->address, place);
	stop(&server);
}

static bool is_not(const char *address, const void *context)
{
	return strcmp(address, context) != 0;
}

static void addresses_are_asked_about_before_they_are_connected_to(void **state)
{
	const struct manner manner = {.presented = LIST(&leaf)};
	struct mm_certchain_options options = {.connect = "127.0.0.1", .allows = is_not, .context = "127.0.0.1"};
	struct server server = start(speak_tls, &manner);
	struct mm_certchain *chain;
	struct mm_err err = {0};

	(void)state;
	assert_int_equal(mm_certchain_fetch("localhost", server.port, &options, &chain, &err), MM_EREFUSED);
	assert_contains(err.text, "its address 127.0.0.1 is not");
	mm_err_clear(&err);
	options.connect = "::1";
	options.context = "::1";
	assert_int_equal(mm_certchain_fetch("localhost", server.port, &options, &chain, &err), MM_EREFUSED);
	assert_contains(err.text, "its address ::1 is not");
	mm_err_clear(&err);
	options.connect = "127.0.0.1";
	assert_ok(mm_certchain_fetch("localhost", server.port, &options, &chain, &err), &err);
	mm_certchain_free(chain);
	stop(&server);
}

/* ---- what goes wrong -------------------------------------------------------------------------------------------- */

/* The line names host and port, and the reason. */
static void assert_fetch_fails(behaviour *behave, const void *arg, int timeout_ms, enum mm_code code,
			       const char *reason)
{
	struct server server = start(behave, arg);
	struct mm_certchain *chain;
	struct mm_err err = {0};
	char place[64];

	snprintf(place, sizeof place, "127.0.0.1:%d: ", server.port);
	assert_int_equal(mm_certchain_fetch("127.0.0.1", server.port,
					    &(struct mm_certchain_options){.timeout_ms = timeout_ms}, &chain, &err),
			 code);
	assert_null(chain);
	assert_contains(err.text, place);
	assert_contains(err.text, reason);
	assert_int_equal(ERR_peek_error(), 0);
	stop(&server);
}

static void a_server_that_hangs_does_not_hang_us(void **state)
{
	(void)state;
	assert_fetch_fails(hang, NULL, 100, MM_ETIMEOUT, "the TLS handshake did not end in 100 ms");
}

static void nor_does_one_that_stops_anywhere(void **state)
{
	static const size_t places[] = {1, 5, 90, 200, 400, 700};

	(void)state;
	for (size_t i = 0; i < MM_COUNT(places); i++) {
		struct manner manner = {.presented = LIST(&leaf, &middle, &root), .cut = places[i]};

		assert_fetch_fails(speak_tls, &manner, 100, MM_ETIMEOUT, "TLS handshake");
	}
}

static void bytes_that_drip_do_not_move_the_deadline(void **state)
{
	const struct manner manner = {.presented = LIST(&leaf, &middle, &root), .pause = 20000};

	(void)state;
	assert_fetch_fails(speak_tls, &manner, 200, MM_ETIMEOUT, "TLS handshake");
}

/* HelloRequest, which a client passes over (RFC 5246 §7.4.1.1): more of them than can be read. */
static void flood(int fd, const void *arg)
{
	static char records[64][5 + 16384];

	(void)arg;
	for (size_t i = 0; i < MM_COUNT(records); i++)
		memcpy(records[i], "\x16\x03\x03\x40", 4);
	while (send(fd, records, sizeof records, MSG_NOSIGNAL) == sizeof records)
		;
}

static void nor_do_bytes_that_never_end(void **state)
{
	(void)state;
	alarm(10);
	assert_fetch_fails(flood, NULL, 300, MM_ETIMEOUT, "the TLS handshake did not end");
	alarm(0);
}

static void what_is_no_tls_is_said_to_be_none(void **state)
{
	const struct mm_span http = mm_span_str("HTTP/1.1 400 Bad Request\r\n\r\n");
	const struct mm_span ssh = mm_span_str("SSH-2.0-OpenSSH_9.2p1\r\n");

	(void)state;
	assert_fetch_fails(say, &http, 0, MM_ENETWORK, "does not speak TLS");
	assert_fetch_fails(say, &ssh, 0, MM_ENETWORK, "does not speak TLS");
}

static void a_connection_that_ends_is_said_to_have(void **state)
{
	(void)state;
	assert_fetch_fails(say_nothing_and_close, NULL, 0, MM_ENETWORK, "closed the connection");
	assert_fetch_fails(reset, NULL, 0, MM_ENETWORK, "reset by peer");
}

static void an_old_version_is_refused(void **state)
{
	const struct manner manner = {.presented = LIST(&leaf), .version = TLS1_1_VERSION};

	(void)state;
	assert_fetch_fails(speak_tls, &manner, 0, MM_ENETWORK, "no TLS 1.2");
}

/* A ServerHello of TLS 1.2 with renegotiation_info (RFC 5246 §7.4.1.3), and a Certificate message (§7.4.2). */
#define SERVER_HELLO                                                                                                   \
	"\x16\x03\x03\x00\x31\x02\x00\x00\x2d\x03\x03"                                                                 \
	"12345678901234567890123456789012"                                                                             \
	"\x00\xc0\x2b\x00\x00\x05\xff\x01\x00\x01\x00"

static void what_is_no_certificate_is_refused(void **state)
{
	static const char no_der[] = SERVER_HELLO "\x16\x03\x03\x00\x0e\x0b\x00\x00\x0a\x00\x00\x07\x00\x00\x04"
						  "\x30\x82\xff\xff";
	static const char wrong_length[] = SERVER_HELLO "\x16\x03\x03\x00\x0e\x0b\x00\x00\x0a\x00\x00\x07\x00\x00\xff"
							"\x30\x82\xff\xff";
	static const char none[] = SERVER_HELLO "\x16\x03\x03\x00\x07\x0b\x00\x00\x03\x00\x00\x00";
	const struct mm_span texts[] = {mm_span(no_der, sizeof no_der - 1),
					mm_span(wrong_length, sizeof wrong_length - 1), mm_span(none, sizeof none - 1)};

	(void)state;
	for (size_t i = 0; i < MM_COUNT(texts); i++)
		assert_fetch_fails(say, &texts[i], 0, MM_ENETWORK, "TLS handshake: ");
}

static void too_large_a_message_is_a_limit(void **state)
{
	static const struct test_name subject[] = {{.nid = NID_commonName, .text = "large"}, {0}};
	mm_auto_buf san = {0};
	struct test_certificate large;
	struct manner manner = {0};

	(void)state;
	mm_buf_add_str(&san, "DNS:a.test");
	for (int i = 0; i < 8000; i++)
		mm_buf_printf(&san, ",DNS:name-%d.test", i);
	large = test_certificate_make(&(struct test_certificate_spec){.subject = subject, .serial = 1, .san = san.p});
	manner.presented = LIST(&large);
	assert_fetch_fails(speak_tls, &manner, 0, MM_ELIMIT, "larger than 100 KiB");
	test_certificate_free(&large);
}

static void nobody_listening_is_a_failure(void **state)
{
	struct mm_certchain *chain;
	struct mm_err err = {0};

	(void)state;
	assert_int_equal(mm_certchain_fetch("127.0.0.1", 1, NULL, &chain, &err), MM_ENETWORK);
	assert_contains(err.text, "127.0.0.1:1: ");
	assert_contains(err.text, "connect");
}

/* getaddrinfo of libcurl's resolver thread: the executable's stands before libc's. */
int getaddrinfo(const char *name, const char *service, const struct addrinfo *hints, struct addrinfo **out)
{
	int (*real)(const char *, const char *, const struct addrinfo *, struct addrinfo **) = NULL;

	if (strcmp(name, "unknown.test") == 0)
		return EAI_NONAME;
	if (strcmp(name, "slow.test") == 0) {
		sleep(20);
		return EAI_AGAIN;
	}
	*(void **)&real = dlsym(RTLD_NEXT, "getaddrinfo");
	return real(name, service, hints, out);
}

static void a_name_that_cannot_be_resolved_is_named(void **state)
{
	const struct mm_certchain_options options = {.timeout_ms = 100};
	struct mm_certchain *chain;
	struct mm_err err = {0};

	(void)state;
	assert_int_equal(mm_certchain_fetch("unknown.test", 443, NULL, &chain, &err), MM_ENETWORK);
	assert_contains(err.text, "Could not resolve host: unknown.test");
	mm_err_clear(&err);
	assert_int_equal(mm_certchain_fetch("slow.test", 443, &options, &chain, &err), MM_ETIMEOUT);
	assert_contains(err.text, "Resolving timed out");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(chains_of_any_length_are_as_presented),
		cmocka_unit_test(the_wrong_order_repetitions_and_strangers_stay),
		cmocka_unit_test(both_versions_of_tls_are_spoken),
		cmocka_unit_test(weak_keys_and_signatures_are_seen),
		cmocka_unit_test(a_hundred_certificates_are_looked_at_and_no_more),
		cmocka_unit_test(the_name_is_sent_and_an_address_is_not),
		cmocka_unit_test(another_place_can_be_connected_to_under_the_name),
		cmocka_unit_test(addresses_are_asked_about_before_they_are_connected_to),
		cmocka_unit_test(a_server_that_hangs_does_not_hang_us),
		cmocka_unit_test(nor_does_one_that_stops_anywhere),
		cmocka_unit_test(bytes_that_drip_do_not_move_the_deadline),
		cmocka_unit_test(nor_do_bytes_that_never_end),
		cmocka_unit_test(what_is_no_tls_is_said_to_be_none),
		cmocka_unit_test(a_connection_that_ends_is_said_to_have),
		cmocka_unit_test(an_old_version_is_refused),
		cmocka_unit_test(what_is_no_certificate_is_refused),
		cmocka_unit_test(too_large_a_message_is_a_limit),
		cmocka_unit_test(nobody_listening_is_a_failure),
		cmocka_unit_test(a_name_that_cannot_be_resolved_is_named),
	};

	return cmocka_run_group_tests(tests, make, unmake);
}
