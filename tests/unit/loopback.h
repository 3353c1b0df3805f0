/* SPDX-License-Identifier: Apache-2.0 */
/* A throwaway HTTP(S) server on 127.0.0.1, in a process of its own, that answers whatever a test wants. */
#ifndef MINTMARK_TESTS_LOOPBACK_H
#define MINTMARK_TESTS_LOOPBACK_H

#include "tests/unit/support.h"

#include <openssl/ssl.h>

/* One connection, in the server's process. */
struct test_peer {
	int fd;
	SSL *tls; /* NULL = plain */
	int port; /* the server's */
};

/* Writes an answer to `request` (the head, with its NUL); the connection is closed when it returns. */
typedef void test_answer(struct test_peer *peer, const char *request);
void test_send(struct test_peer *peer, const void *bytes, size_t len);
void test_sendf(struct test_peer *peer, const char *format, ...) MM_PRINTF(2, 3);

struct test_server_options {
	const char *san;           /* subjectAltName of the certificate; NULL = "IP:127.0.0.1" */
	int tls_max;               /* the newest TLS version; 0 = any */
	const struct test_dir *ca; /* https: where "ca.pem" is written, a CA made for this server; NULL = plain http */
};

struct test_server {
	int pid;
	int port;
};
void test_server_start(struct test_server *server, test_answer *answer, const struct test_server_options *options);
void test_server_stop(struct test_server *server);

#endif
