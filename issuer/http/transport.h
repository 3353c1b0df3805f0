/* SPDX-License-Identifier: Apache-2.0 */
/* The bytes of a connection, plain or through TLS, behind one small table. Never blocks. */
#ifndef MINTMARK_ISSUER_HTTP_TRANSPORT_H
#define MINTMARK_ISSUER_HTTP_TRANSPORT_H

#include "issuer/http/tls.h"

#include <sys/uio.h>

enum mm_io {
	MM_IO_OK,
	MM_IO_WAIT_READ,  /* again when the descriptor is readable */
	MM_IO_WAIT_WRITE, /* again when it is writable */
	MM_IO_END,        /* the peer will send no more */
	MM_IO_FAILED,
};

struct mm_transport;
struct stack_st_X509;

struct mm_transport_ops {
	/*
	 * Up to `cap` bytes; `*n` is set with MM_IO_OK. Through TLS the first calls shake hands. Takes a bounded number
	 * of bytes off the descriptor: MM_IO_WAIT_READ may mean that there are more at once. MM_IO_FAILED also when a
	 * peer sends too much that is no data.
	 */
	enum mm_io (*read)(struct mm_transport *transport, char *buf, size_t cap, size_t *n);
	/*
	 * The first bytes of the vector; `*n` is how many with MM_IO_OK. After MM_IO_WAIT_… the next call must begin
	 * with the same bytes.
	 */
	enum mm_io (*write)(struct mm_transport *transport, const struct iovec *iov, size_t count, size_t *n);
	/* Bytes were received that the descriptor will not announce again. */
	bool (*has_more)(const struct mm_transport *transport);
	/* "TLSv1.3" once the hands are shaken, "" before, "-" for plain. */
	const char *(*protocol)(const struct mm_transport *transport);
	/* No more will be written; reading goes on. */
	void (*shut)(struct mm_transport *transport);
};

struct mm_transport {
	const struct mm_transport_ops *ops;
	int fd;
	SSL *ssl;       /* NULL for plain */
	unsigned reads; /* TLS: how often OpenSSL may still read from the descriptor in this call */
	uint64_t paid;  /* TLS: received bytes that data accounts for */
};

/* Takes the descriptor over unless it fails: false, out of memory. `tls` NULL: plain. The struct must not move. */
MM_MUSTCHECK bool mm_transport_open(struct mm_transport *transport, int fd, const struct mm_tls *tls);
/* Reads bytes off the socket that nobody will look at, below TLS. As read, but never MM_IO_WAIT_WRITE. */
enum mm_io mm_transport_discard(struct mm_transport *transport, char *scratch, size_t cap, size_t *n);
/*
 * The certificate that the peer has shown, once the hands are shaken, and the chain that came with it; borrowed. NULL:
 * there is none. Not through TLS, none ever is.
 */
X509 *mm_transport_certificate(const struct mm_transport *transport, struct stack_st_X509 **chain);
void mm_transport_close(struct mm_transport *transport);

#endif
