/* SPDX-License-Identifier: Apache-2.0 */
#include "issuer/http/notify.h"

#include <inttypes.h>
#include <mintmark/clock.h>
#include <mintmark/file.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

void mm_notify(const char *state)
{
	const char *path = getenv("NOTIFY_SOCKET");
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	mm_auto_fd fd = -1;
	socklen_t len;

	if (!path || (path[0] != '/' && path[0] != '@') || strlen(path) >= sizeof address.sun_path)
		return;
	memcpy(address.sun_path, path, strlen(path));
	if (path[0] == '@') /* the abstract name space, unix(7) */
		address.sun_path[0] = '\0';
	len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(path));
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd >= 0)
		(void)!sendto(fd, state, strlen(state), MSG_NOSIGNAL, (const struct sockaddr *)&address, len);
}

void mm_notify_reloading(void)
{
	char state[64];

	snprintf(state, sizeof state, "RELOADING=1\nMONOTONIC_USEC=%" PRId64, mm_clock_monotonic_ns() / 1000);
	mm_notify(state);
}

/* A number that systemd wrote; 0 for anything else. */
static long long number_in(const char *variable)
{
	const char *text = getenv(variable);
	long long number;
	char *end;

	if (!text)
		return 0;
	number = strtoll(text, &end, 10);
	return *end == '\0' && number > 0 && number < INT64_MAX / 1000 ? number : 0;
}

int64_t mm_notify_watchdog_ns(void)
{
	if (getenv("WATCHDOG_PID") && number_in("WATCHDOG_PID") != (long long)getpid())
		return 0;
	return number_in("WATCHDOG_USEC") * 1000 / 2;
}
