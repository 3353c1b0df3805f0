/* SPDX-License-Identifier: Apache-2.0 */
#include "issuer/http/transport.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* The most that one TLS record carries (RFC 8446 §5.1); so much is gathered into one. */
#define RECORD_MAX 16384
/* Of header, padding and tag around the data of one record; what is beyond it counts as no data. */
#define RECORD_OVERHEAD 64
/* Bytes that are no data, from one peer: the handshake, padding, KeyUpdates (27 each; one after many GB is honest). */
#define NO_DATA_MAX 131072
/* Two for each record: its header and the rest. OpenSSL reads no further ahead. */
#define READS_PER_CALL 16

static enum mm_io plain_failure(enum mm_io wait)
{
	return errno == EAGAIN || errno == EINTR ? wait : MM_IO_FAILED;
}

static enum mm_io plain_read(struct mm_transport *transport, char *buf, size_t cap, size_t *n)
{
	ssize_t got = recv(transport->fd, buf, cap, 0);

	if (got > 0) {
		*n = (size_t)got;
		return MM_IO_OK;
	}
	return got == 0 ? MM_IO_END : plain_failure(MM_IO_WAIT_READ);
}

static enum mm_io plain_write(struct mm_transport *transport, const struct iovec *iov, size_t count, size_t *n)
{
	union {
		const struct iovec *given;
		struct iovec *asked; /* sendmsg only reads */
	} vector = {.given = iov};
	struct msghdr message = {.msg_iov = vector.asked, .msg_iovlen = count};
	ssize_t sent = sendmsg(transport->fd, &message, MSG_NOSIGNAL);

	if (sent < 0)
		return plain_failure(MM_IO_WAIT_WRITE);
	*n = (size_t)sent;
	return MM_IO_OK;
}

static bool plain_has_more(const struct mm_transport *transport)
{
	(void)transport;
	return false;
}

static const char *plain_protocol(const struct mm_transport *transport)
{
	(void)transport;
	return "-";
}

static void plain_shut(struct mm_transport *transport)
{
	shutdown(transport->fd, SHUT_WR);
}

static const struct mm_transport_ops plain_ops = {
	.read = plain_read,
	.write = plain_write,
	.has_more = plain_has_more,
	.protocol = plain_protocol,
	.shut = plain_shut,
};

static enum mm_io tls_failure(SSL *ssl, int result)
{
	int why = SSL_get_error(ssl, result);

	ERR_clear_error(); /* the queue belongs to the thread, and the next connection must find it empty */
	switch (why) {
	case SSL_ERROR_WANT_READ: return MM_IO_WAIT_READ;
	case SSL_ERROR_WANT_WRITE: return MM_IO_WAIT_WRITE;
	case SSL_ERROR_ZERO_RETURN: return MM_IO_END;
	default: return MM_IO_FAILED;
	}
}

/*
 * SSL_read goes on for as long as records come that are no data (KeyUpdates, TLS 1.2 hellos that are turned down), and
 * would never return to one who is sent nothing else. After so many reads the descriptor has nothing, for now.
 */
static long ration_reads(BIO *bio, int operation, const char *buf, size_t len, int argi, long argl, int result,
			 size_t *processed)
{
	struct mm_transport *transport = (void *)BIO_get_callback_arg(bio);

	(void)buf, (void)len, (void)argi, (void)argl, (void)processed;
	if (operation != BIO_CB_READ)
		return result;
	BIO_clear_retry_flags(bio);
	if (transport->reads > 0) {
		transport->reads--;
		return result;
	}
	BIO_set_retry_read(bio);
	return -1;
}

static enum mm_io tls_read(struct mm_transport *transport, char *buf, size_t cap, size_t *n)
{
	int result;

	transport->reads = READS_PER_CALL;
	result = SSL_read_ex(transport->ssl, buf, cap, n);
	if (result != 1) {
		uint64_t received = BIO_number_read(SSL_get_rbio(transport->ssl));
		enum mm_io io = tls_failure(transport->ssl, result);

		return received > transport->paid + NO_DATA_MAX ? MM_IO_FAILED : io;
	}
	transport->paid += *n + RECORD_OVERHEAD;
	return MM_IO_OK;
}

/* Gathers into one record: a record for each piece would cost its header, its tag and a write. */
static size_t gather(char *record, const struct iovec *iov, size_t count)
{
	size_t len = 0;

	for (size_t i = 0; i < count && len < RECORD_MAX; i++) {
		size_t n = iov[i].iov_len < RECORD_MAX - len ? iov[i].iov_len : RECORD_MAX - len;

		memcpy(record + len, iov[i].iov_base, n);
		len += n;
	}
	return len;
}

static enum mm_io tls_write(struct mm_transport *transport, const struct iovec *iov, size_t count, size_t *n)
{
	char record[RECORD_MAX] __attribute__((uninitialized));
	int result;

	if (count == 1 || iov[0].iov_len >= RECORD_MAX) {
		result = SSL_write_ex(transport->ssl, iov[0].iov_base, iov[0].iov_len, n);
	} else {
		size_t len = gather(record, iov, count);
		result = SSL_write_ex(transport->ssl, record, len, n);
	}
	return result == 1 ? MM_IO_OK : tls_failure(transport->ssl, result);
}

static bool tls_has_more(const struct mm_transport *transport)
{
	return SSL_pending(transport->ssl) > 0;
}

static const char *tls_protocol(const struct mm_transport *transport)
{
	return SSL_is_init_finished(transport->ssl) ? SSL_get_version(transport->ssl) : "";
}

static void tls_shut(struct mm_transport *transport)
{
	if (SSL_is_init_finished(transport->ssl))
		SSL_shutdown(transport->ssl); /* close_notify, if there is room for it */
	ERR_clear_error();
	shutdown(transport->fd, SHUT_WR);
}

static const struct mm_transport_ops tls_ops = {
	.read = tls_read,
	.write = tls_write,
	.has_more = tls_has_more,
	.protocol = tls_protocol,
	.shut = tls_shut,
};

bool mm_transport_open(struct mm_transport *transport, int fd, const struct mm_tls *tls)
{
	*transport = (struct mm_transport){.ops = tls ? &tls_ops : &plain_ops, .fd = fd};
	if (!tls)
		return true;
	transport->ssl = mm_tls_accept(tls, fd);
	if (!transport->ssl)
		return false;
	BIO_set_callback_arg(SSL_get_rbio(transport->ssl), (char *)transport);
	BIO_set_callback_ex(SSL_get_rbio(transport->ssl), ration_reads);
	return true;
}

enum mm_io mm_transport_discard(struct mm_transport *transport, char *scratch, size_t cap, size_t *n)
{
	return plain_read(transport, scratch, cap, n);
}

X509 *mm_transport_certificate(const struct mm_transport *transport, struct stack_st_X509 **chain)
{
	if (!transport->ssl || !SSL_is_init_finished(transport->ssl))
		return NULL;
	*chain = SSL_get_peer_cert_chain(transport->ssl); /* of a server without the certificate itself */
	return SSL_get0_peer_certificate(transport->ssl);
}

void mm_transport_close(struct mm_transport *transport)
{
	SSL_free(transport->ssl);
	if (transport->fd >= 0)
		close(transport->fd);
	*transport = (struct mm_transport){.fd = -1};
}
