/* SPDX-License-Identifier: Apache-2.0 */
/* Listening sockets: one for each worker on the same address, so that the kernel spreads connections (SO_REUSEPORT). */
#ifndef MINTMARK_ISSUER_HTTP_LISTENER_H
#define MINTMARK_ISSUER_HTTP_LISTENER_H

#include <mintmark/bytes.h>
#include <sys/socket.h>

/* An address and a port in text: "127.0.0.1:8443", "[::1]:8443". */
#define MM_ADDRESS_TEXT_SIZE 64

/*
 * Opens `count` non-blocking sockets that listen on `address` ("HOST:PORT"; port 0: the same free port for all) and
 * writes them to `fds`; `bound` is the address that was bound. MM_EIO: another process has the address (which
 * SO_REUSEPORT alone would hide), or it is not one of this machine's.
 */
MM_MUSTCHECK enum mm_code mm_listen(const char *address, size_t count, int *fds,
				    char bound[static MM_ADDRESS_TEXT_SIZE], struct mm_err *err);

void mm_address_format(const struct sockaddr_storage *address, char text[static MM_ADDRESS_TEXT_SIZE]);

#endif
