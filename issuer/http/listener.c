/* SPDX-License-Identifier: Apache-2.0 */
#include "issuer/http/listener.h"

#include <arpa/inet.h>
#include <errno.h>
#include <mintmark/file.h>
#include <mintmark/url.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>

#define BACKLOG 1024

static void set_port(struct sockaddr_storage *address, int port)
{
	if (address->ss_family == AF_INET6)
		((struct sockaddr_in6 *)address)->sin6_port = htons((uint16_t)port);
	else
		((struct sockaddr_in *)address)->sin_port = htons((uint16_t)port);
}

static int get_port(const struct sockaddr_storage *address)
{
	if (address->ss_family == AF_INET6)
		return ntohs(((const struct sockaddr_in6 *)address)->sin6_port);
	return ntohs(((const struct sockaddr_in *)address)->sin_port);
}

void mm_address_format(const struct sockaddr_storage *address, char text[static MM_ADDRESS_TEXT_SIZE])
{
	bool v6 = address->ss_family == AF_INET6;
	char host[INET6_ADDRSTRLEN] = "?";

	if (v6)
		inet_ntop(AF_INET6, &((const struct sockaddr_in6 *)address)->sin6_addr, host, sizeof host);
	else
		inet_ntop(AF_INET, &((const struct sockaddr_in *)address)->sin_addr, host, sizeof host);
	snprintf(text, MM_ADDRESS_TEXT_SIZE, v6 ? "[%s]:%d" : "%s:%d", host, get_port(address));
}

/* The first address of the host; an empty host or "*" is not accepted by mm_hostport_parse. */
static enum mm_code resolve(const char *text, struct sockaddr_storage *address, struct mm_err *err)
{
	const struct addrinfo hints = {.ai_flags = AI_PASSIVE, .ai_socktype = SOCK_STREAM};
	mm_auto_string host = NULL;
	struct addrinfo *found;
	enum mm_code code;
	int port, failure;

	code = mm_hostport_parse(text, &host, &port, err);
	if (code != MM_OK)
		return code;
	failure = getaddrinfo(host, NULL, &hints, &found);
	if (failure)
		return mm_fail(err, MM_EIO, "%s: %s", text, gai_strerror(failure));
	*address = (struct sockaddr_storage){0};
	memcpy(address, found->ai_addr, found->ai_addrlen);
	freeaddrinfo(found);
	set_port(address, port);
	return MM_OK;
}

static bool set(int fd, int level, int option, int value)
{
	return setsockopt(fd, level, option, &value, sizeof value) == 0;
}

static enum mm_code open_bound(const struct sockaddr_storage *address, bool shared, int *fd, struct mm_err *err)
{
	socklen_t len = address->ss_family == AF_INET6 ? sizeof(struct sockaddr_in6) : sizeof(struct sockaddr_in);
	char text[MM_ADDRESS_TEXT_SIZE];
	mm_auto_fd sock = socket(address->ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (sock >= 0 && set(sock, SOL_SOCKET, SO_REUSEADDR, 1) &&
	    (!shared || set(sock, SOL_SOCKET, SO_REUSEPORT, 1)) &&
	    (address->ss_family != AF_INET6 || set(sock, IPPROTO_IPV6, IPV6_V6ONLY, 0)) &&
	    bind(sock, (const struct sockaddr *)address, len) == 0) {
		*fd = sock;
		sock = -1;
		return MM_OK;
	}
	mm_address_format(address, text);
	return mm_fail_errno(err, "cannot listen on %s", text);
}

/* A socket that shares with nobody finds out whether another process listens there; ours would share with it. */
static enum mm_code check_free(const struct sockaddr_storage *address, struct mm_err *err)
{
	mm_auto_fd probe = -1;

	return get_port(address) == 0 ? MM_OK : open_bound(address, false, &probe, err);
}

/* Opens one socket; `address` gets the port that was chosen, if it was 0. */
static enum mm_code listen_once(struct sockaddr_storage *address, int *fd, struct mm_err *err)
{
	socklen_t len = sizeof *address;
	mm_auto_fd sock = -1;
	enum mm_code code = open_bound(address, true, &sock, err);

	if (code != MM_OK)
		return code;
	/* Accepted sockets inherit it. */
	if (!set(sock, IPPROTO_TCP, TCP_NODELAY, 1) || listen(sock, BACKLOG) != 0 ||
	    getsockname(sock, (struct sockaddr *)address, &len) != 0)
		return mm_fail_errno(err, "cannot listen");
	*fd = sock;
	sock = -1;
	return MM_OK;
}

enum mm_code mm_listen(const char *text, size_t count, int *fds, char bound[static MM_ADDRESS_TEXT_SIZE],
		       struct mm_err *err)
{
	struct sockaddr_storage address;
	enum mm_code code = resolve(text, &address, err);
	size_t n = 0;

	if (code == MM_OK)
		code = check_free(&address, err);
	while (code == MM_OK && n < count) {
		code = listen_once(&address, &fds[n], err);
		n += code == MM_OK;
	}
	if (code == MM_OK) {
		mm_address_format(&address, bound);
		return MM_OK;
	}
	while (n > 0)
		mm_fd_close(&fds[--n]);
	return code;
}
