/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Listening sockets: of TCP one for each worker on the same address, so that the kernel spreads connections
 * (SO_REUSEPORT); of the Unix domain one for all.
 */
#ifndef MINTMARK_ISSUER_HTTP_LISTENER_H
#define MINTMARK_ISSUER_HTTP_LISTENER_H

#include <mintmark/bytes.h>
#include <mintmark/file.h>
#include <sys/socket.h>

/* An address and a port in text: "127.0.0.1:8443", "[::1]:8443"; or a peer on a socket: "unix:uid=1000,pid=4711". */
#define MM_ADDRESS_TEXT_SIZE 64

/*
 * Opens `count` non-blocking sockets that listen on `address` ("HOST:PORT"; port 0: the same free port for all) and
 * writes them to `fds`; `bound` is the address that was bound. MM_EIO: another process has the address (which
 * SO_REUSEPORT alone would hide), or it is not one of this machine's.
 */
MM_MUSTCHECK enum mm_code mm_listen(const char *address, size_t count, int *fds,
				    char bound[static MM_ADDRESS_TEXT_SIZE], struct mm_err *err);

/*
 * Listens on a socket file, to which whoever reaches its directory may connect (mode 0666, whatever the umask). A file
 * that a dead process left there is replaced. `made` is what mm_listen_unix_end needs. MM_EIO: somebody listens there,
 * it is no socket (and stays), or there is no such directory. MM_EUNSAFE: others than root could put another socket
 * into the directory. MM_ELIMIT: the path is longer than 107 bytes (unix(7)).
 */
MM_MUSTCHECK enum mm_code mm_listen_unix(const char *path, int *fd, struct mm_file_id *made, struct mm_err *err);
/* Removes the socket file, if it is still the one that was made. */
void mm_listen_unix_end(const char *path, struct mm_file_id made);

/* How the log calls a peer of the Unix domain, which has no address. */
void mm_peer_format(const struct ucred *peer, char text[static MM_ADDRESS_TEXT_SIZE]);
void mm_address_format(const struct sockaddr_storage *address, char text[static MM_ADDRESS_TEXT_SIZE]);

#endif
