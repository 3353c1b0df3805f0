/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/loopback.h"

#include <netinet/in.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

void test_send(struct test_peer *peer, const void *bytes, size_t len)
{
	const char *p = bytes;

	while (len > 0) {
		ssize_t n = peer->tls ? SSL_write(peer->tls, p, (int)len) : send(peer->fd, p, len, MSG_NOSIGNAL);

		if (n <= 0)
			_exit(0); /* the client has gone */
		p += n;
		len -= (size_t)n;
	}
}

void test_sendf(struct test_peer *peer, const char *format, ...)
{
	char text[4096];
	va_list args;
	int len;

	va_start(args, format);
	len = vsnprintf(text, sizeof text, format, args);
	va_end(args);
	test_send(peer, text, (size_t)len);
}

static void add_extension(X509 *cert, X509 *issuer, int nid, const char *value)
{
	X509V3_CTX context;
	X509_EXTENSION *extension;

	X509V3_set_ctx_nodb(&context);
	X509V3_set_ctx(&context, issuer, cert, NULL, NULL, 0);
	extension = X509V3_EXT_conf_nid(NULL, &context, nid, value);
	assert_non_null(extension);
	assert_int_equal(X509_add_ext(cert, extension, -1), 1);
	X509_EXTENSION_free(extension);
}

/* A certificate that is valid for an hour; `issuer` NULL makes a CA that has signed itself. */
static X509 *make_cert(EVP_PKEY *key, const char *name, X509 *issuer, EVP_PKEY *issuer_key, const char *san)
{
	X509 *cert = X509_new();
	X509_NAME *subject;

	assert_non_null(cert);
	X509_set_version(cert, X509_VERSION_3);
	ASN1_INTEGER_set(X509_get_serialNumber(cert), issuer ? 2 : 1);
	X509_gmtime_adj(X509_getm_notBefore(cert), -60);
	X509_gmtime_adj(X509_getm_notAfter(cert), 3600);
	X509_set_pubkey(cert, key);
	subject = X509_get_subject_name(cert);
	X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, (const unsigned char *)name, -1, -1, 0);
	X509_set_issuer_name(cert, issuer ? X509_get_subject_name(issuer) : subject);
	add_extension(cert, issuer ? issuer : cert, NID_basic_constraints, issuer ? "CA:FALSE" : "critical,CA:TRUE");
	if (san)
		add_extension(cert, issuer, NID_subject_alt_name, san);
	assert_true(X509_sign(cert, issuer_key, EVP_sha256()) > 0);
	return cert;
}

static SSL_CTX *make_tls(const struct test_server_options *options)
{
	SSL_CTX *tls = SSL_CTX_new(TLS_server_method());
	EVP_PKEY *ca_key = EVP_EC_gen("P-256"), *key = EVP_EC_gen("P-256");
	X509 *ca = make_cert(ca_key, "test CA", NULL, ca_key, NULL);
	X509 *cert = make_cert(key, "test", ca, ca_key, options->san ? options->san : "IP:127.0.0.1");
	char path[512];
	FILE *out;

	snprintf(path, sizeof path, "%s/ca.pem", options->ca->path);
	out = fopen(path, "we");
	assert_non_null(out);
	assert_int_equal(PEM_write_X509(out, ca), 1);
	fclose(out);
	assert_int_equal(SSL_CTX_use_certificate(tls, cert), 1);
	assert_int_equal(SSL_CTX_use_PrivateKey(tls, key), 1);
	/* old versions need old signatures, which the default security level forbids */
	if (options->tls_max) {
		SSL_CTX_set_security_level(tls, 0);
		SSL_CTX_set_min_proto_version(tls, 0);
		SSL_CTX_set_max_proto_version(tls, options->tls_max);
	}
	X509_free(ca);
	X509_free(cert);
	EVP_PKEY_free(ca_key);
	EVP_PKEY_free(key);
	return tls;
}

static bool read_head(struct test_peer *peer, char *head, size_t size)
{
	size_t len = 0;

	while (len + 1 < size) {
		ssize_t n = peer->tls ? SSL_read(peer->tls, head + len, (int)(size - len - 1))
				      : recv(peer->fd, head + len, size - len - 1, 0);

		if (n <= 0)
			return false;
		len += (size_t)n;
		head[len] = '\0';
		if (strstr(head, "\r\n\r\n"))
			return true;
	}
	return false;
}

/* In a process of its own, for an answer may hang. */
static void serve_one(int fd, int port, SSL_CTX *tls, test_answer *answer)
{
	struct test_peer peer = {.fd = fd, .port = port};
	char head[8192];

	if (tls) {
		peer.tls = SSL_new(tls);
		SSL_set_fd(peer.tls, fd);
		if (SSL_accept(peer.tls) != 1)
			_exit(0);
	}
	if (read_head(&peer, head, sizeof head))
		answer(&peer, head);
	if (tls)
		SSL_shutdown(peer.tls);
	_exit(0);
}

static void serve(int listener, int port, SSL_CTX *tls, test_answer *answer)
{
	signal(SIGCHLD, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
	for (;;) {
		int fd = accept(listener, NULL, NULL);

		if (fd >= 0 && fork() == 0) {
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			serve_one(fd, port, tls, answer);
		}
		close(fd);
	}
}

void test_server_start(struct test_server *server, test_answer *answer, const struct test_server_options *options)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
	socklen_t len = sizeof address;
	int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	SSL_CTX *tls = options && options->ca ? make_tls(options) : NULL;

	assert_int_equal(bind(listener, (struct sockaddr *)&address, sizeof address), 0);
	assert_int_equal(listen(listener, 16), 0);
	assert_int_equal(getsockname(listener, (struct sockaddr *)&address, &len), 0);
	server->port = ntohs(address.sin_port);
	server->pid = fork();
	assert_true(server->pid >= 0);
	if (server->pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		serve(listener, server->port, tls, answer);
	}
	close(listener);
	SSL_CTX_free(tls);
}

void test_server_stop(struct test_server *server)
{
	kill(server->pid, SIGKILL);
	waitpid(server->pid, NULL, 0);
}
