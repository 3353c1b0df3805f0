/* SPDX-License-Identifier: Apache-2.0 */
/* libcurl resolves and connects, within the deadline and to each address; TLS is ours, for curl shows no such chain. */
#include <mintmark/certchain.h>

#include "base/certchain_list.h"

#include <arpa/inet.h>
#include <errno.h>
#include <mintmark/clock.h>
#include <mintmark/transfer.h>
#include <mintmark/url.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

enum { TIMEOUT_MS = 5000 };

struct call {
	const struct mm_certchain_options *options;
	struct mm_transfer transfer;    /* holds the connection */
	char refused[INET6_ADDRSTRLEN]; /* the last address that was not allowed */
	SSL_CTX *rules;
	SSL *tls;
	int fd;
	int timeout_ms;
	int64_t deadline_ns;
};

static void call_end(struct call *call)
{
	SSL_free(call->tls);
	SSL_CTX_free(call->rules);
	mm_transfer_end(&call->transfer);
}

static int left_ms(const struct call *call)
{
	int64_t left = (call->deadline_ns - mm_clock_monotonic_ns()) / 1000000;

	return left > 0 ? (int)left : 0;
}

/* ---- connecting ------------------------------------------------------------------------------------------------- */

/* Called by curl for each address, resolved or not; the next one is tried after CURL_SOCKET_BAD. */
static curl_socket_t on_socket(void *context, curlsocktype purpose, struct curl_sockaddr *address)
{
	const struct sockaddr_in *four = (const void *)&address->addr;
	const struct sockaddr_in6 *six = (const void *)&address->addr;
	struct call *call = context;
	char text[INET6_ADDRSTRLEN] = "";

	(void)purpose;
	if (!inet_ntop(address->family, address->family == AF_INET6 ? (const void *)&six->sin6_addr : &four->sin_addr,
		       text, sizeof text))
		return CURL_SOCKET_BAD;
	if (!call->options->allows(text, call->options->context)) {
		memcpy(call->refused, text, sizeof text);
		return CURL_SOCKET_BAD;
	}
	return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

static bool set_allows(struct call *call)
{
	return curl_easy_setopt(call->transfer.curl, CURLOPT_OPENSOCKETFUNCTION, on_socket) == CURLE_OK &&
	       curl_easy_setopt(call->transfer.curl, CURLOPT_OPENSOCKETDATA, call) == CURLE_OK;
}

static enum mm_code reach(struct call *call, const char *host, int port, struct mm_err *err)
{
	CURL *curl = call->transfer.curl;
	curl_socket_t fd = CURL_SOCKET_BAD;
	mm_auto_buf url = {0};
	CURLcode result;

	mm_buf_add_str(&url, "http://");
	mm_host_add(&url, host);
	mm_buf_printf(&url, ":%d/", port);
	if (url.failed || (call->options->allows && !set_allows(call)) ||
	    curl_easy_setopt(curl, CURLOPT_URL, url.p) != CURLE_OK ||
	    curl_easy_setopt(curl, CURLOPT_CONNECT_ONLY, 1L) != CURLE_OK ||
	    curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long)call->timeout_ms) != CURLE_OK)
		return mm_fail(err, MM_ENOMEM, "out of memory");
	result = curl_easy_perform(curl);
	if (result != CURLE_OK && call->refused[0] != '\0')
		return mm_fail(err, MM_EREFUSED, "its address %s is not for connecting to from here", call->refused);
	if (result != CURLE_OK)
		return mm_transfer_failed(&call->transfer, result, err);
	if (curl_easy_getinfo(curl, CURLINFO_ACTIVESOCKET, &fd) != CURLE_OK || fd == CURL_SOCKET_BAD)
		return mm_fail(err, MM_ENETWORK, "the connection is gone already");
	call->fd = fd;
	return MM_OK;
}

static void note_address(const struct call *call, struct mm_certchain *chain)
{
	char *ip = NULL;
	long port = 0;

	curl_easy_getinfo(call->transfer.curl, CURLINFO_PRIMARY_IP, &ip);
	curl_easy_getinfo(call->transfer.curl, CURLINFO_PRIMARY_PORT, &port);
	if (ip)
		snprintf(chain->address, sizeof chain->address, strchr(ip, ':') ? "[%s]:%ld" : "%s:%ld", ip, port);
}

/* ---- the handshake ---------------------------------------------------------------------------------------------- */

/* Instead of verification, which would also cost a hostile chain's signatures: nothing is trusted here. */
static int accept_any(X509_STORE_CTX *store, void *arg)
{
	(void)store, (void)arg;
	return 1;
}

/* The chain of a server with weak keys is to be seen as well: level 0. It is judged, not trusted. */
static bool set_rules(SSL_CTX *rules)
{
	SSL_CTX_set_cert_verify_callback(rules, accept_any, NULL);
	SSL_CTX_set_security_level(rules, 0);
	return SSL_CTX_set_min_proto_version(rules, TLS1_2_VERSION) == 1;
}

/* OpenSSL passes over messages such as HelloRequest: while they keep coming, SSL_connect does not return by itself. */
static long before_read(BIO *bio, int operation, const char *bytes, size_t len, int argi, long argl, int result,
			size_t *done)
{
	const struct call *call = (const void *)BIO_get_callback_arg(bio);

	(void)bytes, (void)len, (void)argi, (void)argl, (void)done;
	return operation == BIO_CB_READ && left_ms(call) == 0 ? -1 : result;
}

static enum mm_code begin_tls(struct call *call, const char *host, struct mm_err *err)
{
	static const unsigned char alpn[] = "\x08http/1.1";

	call->rules = SSL_CTX_new(TLS_client_method());
	if (!call->rules || !set_rules(call->rules))
		return mm_fail_openssl(err, MM_ECRYPTO, "TLS cannot be prepared");
	call->tls = SSL_new(call->rules);
	if (!call->tls || SSL_set_fd(call->tls, call->fd) != 1 ||
	    SSL_set_alpn_protos(call->tls, alpn, sizeof alpn - 1) != 0)
		return mm_fail_openssl(err, MM_ENOMEM, "out of memory");
	BIO_set_callback_arg(SSL_get_rbio(call->tls), (char *)call);
	BIO_set_callback_ex(SSL_get_rbio(call->tls), before_read);
	/* RFC 6066 §3: no addresses */
	if (!mm_host_is_address(host) && SSL_set_tlsext_host_name(call->tls, host) != 1)
		return mm_fail_openssl(err, MM_EPARSE, "the name cannot be sent to the server (SNI)");
	return MM_OK;
}

/* What a handshake failed of, where OpenSSL's words help nobody. */
static const struct {
	int reason;
	enum mm_code code;
	const char *text;
} failures[] = {
	{SSL_R_WRONG_VERSION_NUMBER, MM_ENETWORK,
	 "what answers there does not speak TLS (plain http, or another port?)"},
	{SSL_R_HTTP_REQUEST, MM_ENETWORK, "what answers there does not speak TLS (plain http, or another port?)"},
	{SSL_R_UNEXPECTED_EOF_WHILE_READING, MM_ENETWORK, "the server closed the connection during the TLS handshake"},
	{SSL_R_UNSUPPORTED_PROTOCOL, MM_ENETWORK, "the server speaks no TLS 1.2 or newer"},
	{SSL_R_TLSV1_ALERT_PROTOCOL_VERSION, MM_ENETWORK, "the server speaks no TLS 1.2 or newer"},
	{SSL_R_TLSV1_UNRECOGNIZED_NAME, MM_ENETWORK, "the server does not know this name (SNI)"},
	{SSL_R_EXCESSIVE_MESSAGE_SIZE, MM_ELIMIT, "the certificates that it presents are larger than 100 KiB"},
};

/* `kind` is what SSL_get_error said; errno is of the call that failed, or 0. */
static enum mm_code handshake_failed(int kind, struct mm_err *err)
{
	unsigned long error = ERR_peek_error();

	for (size_t i = 0; ERR_GET_LIB(error) == ERR_LIB_SSL && i < MM_COUNT(failures); i++) {
		if (ERR_GET_REASON(error) == failures[i].reason)
			return mm_fail(err, failures[i].code, "%s", failures[i].text);
	}
	if (kind != SSL_ERROR_SYSCALL || error)
		return mm_fail_openssl(err, MM_ENETWORK, "TLS handshake");
	return errno ? mm_fail(err, MM_ENETWORK, "TLS handshake: %m")
		     : mm_fail(err, MM_ENETWORK, "TLS handshake: the connection was closed");
}

static enum mm_code await(const struct call *call, int kind, struct mm_err *err)
{
	struct pollfd event = {.fd = call->fd, .events = kind == SSL_ERROR_WANT_READ ? POLLIN : POLLOUT};

	if (poll(&event, 1, left_ms(call)) < 0 && errno != EINTR)
		return mm_fail_errno(err, "poll");
	return MM_OK;
}

static enum mm_code shake_hands(const struct call *call, struct mm_err *err)
{
	enum mm_code code = MM_OK;

	while (code == MM_OK) {
		int done, kind;

		ERR_clear_error();
		errno = 0;
		done = SSL_connect(call->tls);
		if (done == 1)
			return MM_OK;
		if (left_ms(call) == 0)
			return mm_fail(err, MM_ETIMEOUT, "it is connected, but the TLS handshake did not end in %d ms",
				       call->timeout_ms);
		kind = SSL_get_error(call->tls, done);
		if (kind != SSL_ERROR_WANT_READ && kind != SSL_ERROR_WANT_WRITE)
			return handshake_failed(kind, err);
		code = await(call, kind, err);
	}
	return code;
}

/* ---- everything ------------------------------------------------------------------------------------------------- */

static enum mm_code take_chain(const struct call *call, struct mm_certchain **out, struct mm_err *err)
{
	const STACK_OF(X509) *presented = SSL_get_peer_cert_chain(call->tls); /* a client's begins with the leaf */
	const char *sni = SSL_get_servername(call->tls, TLSEXT_NAMETYPE_host_name);
	enum mm_code code;

	if (!presented || sk_X509_num(presented) == 0)
		return mm_fail(err, MM_ENETWORK, "the server presents no certificate");
	code = mm_certchain_from_list(presented, out, err);
	if (code != MM_OK)
		return code;
	(*out)->protocol = SSL_get_version(call->tls);
	(*out)->sni = sni ? strdup(sni) : NULL;
	note_address(call, *out);
	return !sni || (*out)->sni ? MM_OK : mm_fail(err, MM_ENOMEM, "out of memory");
}

static enum mm_code run(struct call *call, const char *host, int port, struct mm_certchain **out, struct mm_err *err)
{
	enum mm_code code = reach(call, host, port, err);

	if (code == MM_OK)
		code = begin_tls(call, host, err);
	if (code == MM_OK)
		code = shake_hands(call, err);
	if (code == MM_OK)
		code = take_chain(call, out, err);
	if (code == MM_OK)
		SSL_shutdown(call->tls); /* that the server need not guess; whether it hears is all the same */
	return code;
}

enum mm_code mm_certchain_fetch(const char *host, int port, const struct mm_certchain_options *options,
				struct mm_certchain **out, struct mm_err *err)
{
	static const struct mm_certchain_options defaults = {0};
	MM_CLEANUP(call_end) struct call call = {.options = options ? options : &defaults};
	mm_auto(mm_certchain) chain = NULL;
	enum mm_code code;

	*out = NULL;
	call.timeout_ms = call.options->timeout_ms ? call.options->timeout_ms : TIMEOUT_MS;
	call.deadline_ns = mm_clock_monotonic_ns() + (int64_t)call.timeout_ms * 1000000;
	code = mm_transfer_begin(&call.transfer, call.options->connect, err);
	if (code == MM_OK)
		code = run(&call, host, port, &chain, err);
	ERR_clear_error();
	if (code == MM_OK)
		*out = mm_take(chain);
	return mm_context(err, code, strchr(host, ':') ? "[%s]:%d" : "%s:%d", host, port);
}
