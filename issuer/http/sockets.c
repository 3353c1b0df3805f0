/* SPDX-License-Identifier: Apache-2.0 */
#include "issuer/http/sockets.h"

#include "issuer/http/listener.h"

#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

/* "HOST:PORT" as it was bound, or "unix:/PATH". */
#define BOUND_SIZE 128

struct socket_set {
	int *fds; /* one for each worker; -1: taken */
	char bound[BOUND_SIZE];
	struct mm_file_id made; /* of the Unix domain: the socket file */
};

struct mm_sockets {
	size_t workers;
	struct socket_set sets[MM_LISTENER_COUNT];
};

size_t mm_workers_configured(const struct mm_config *config)
{
	cpu_set_t cores;

	if (config->http.workers > 0)
		return (size_t)config->http.workers;
	return sched_getaffinity(0, sizeof cores, &cores) == 0 ? (size_t)CPU_COUNT(&cores) : 1;
}

bool mm_admin_configured(const struct mm_config *config)
{
	return strcmp(config->listen.admin, MM_LISTEN_OFF) != 0;
}

/* One socket for all: whoever is free first accepts. */
static enum mm_code bind_unix(struct socket_set *set, size_t count, const char *address, struct mm_err *err)
{
	enum mm_code code = mm_listen_unix(mm_listen_unix_path(address), &set->fds[0], &set->made, err);

	if (code != MM_OK)
		return code;
	memcpy(set->bound, address, strlen(address) + 1); /* it fits: mm_listen_unix has seen to it */
	for (size_t i = 1; i < count; i++) {
		set->fds[i] = fcntl(set->fds[0], F_DUPFD_CLOEXEC, 0);
		if (set->fds[i] < 0)
			return mm_fail_errno(err, "cannot listen on %s", set->bound);
	}
	return MM_OK;
}

static enum mm_code bind_set(struct socket_set *set, size_t count, const char *address, struct mm_err *err)
{
	set->fds = malloc(count * sizeof *set->fds);
	if (!set->fds)
		return mm_fail(err, MM_ENOMEM, "out of memory");
	memset(set->fds, 0xff, count * sizeof *set->fds);
	return mm_listen_unix_path(address) ? bind_unix(set, count, address, err)
					    : mm_listen(address, count, set->fds, set->bound, err);
}

enum mm_code mm_sockets_bind(const struct mm_config *config, struct mm_sockets **out, struct mm_err *err)
{
	mm_auto(mm_sockets) sockets = calloc(1, sizeof *sockets);
	enum mm_code code;

	if (!sockets)
		return mm_fail(err, MM_ENOMEM, "out of memory");
	sockets->workers = mm_workers_configured(config);
	code = bind_set(&sockets->sets[MM_PUBLIC], sockets->workers, config->listen.public, err);
	if (code == MM_OK && mm_admin_configured(config))
		code = bind_set(&sockets->sets[MM_ADMIN], sockets->workers, config->listen.admin, err);
	if (code == MM_OK)
		*out = mm_take(sockets);
	return code;
}

size_t mm_sockets_workers(const struct mm_sockets *sockets)
{
	return sockets->workers;
}

int mm_sockets_take(struct mm_sockets *sockets, enum mm_listener_kind kind, size_t worker)
{
	struct socket_set *set = &sockets->sets[kind];
	int fd;

	if (!set->fds)
		return -1;
	fd = set->fds[worker];
	set->fds[worker] = -1;
	return fd;
}

const char *mm_sockets_public(const struct mm_sockets *sockets)
{
	return sockets->sets[MM_PUBLIC].bound;
}

const char *mm_sockets_admin(const struct mm_sockets *sockets)
{
	return sockets->sets[MM_ADMIN].fds ? sockets->sets[MM_ADMIN].bound : NULL;
}

void mm_sockets_free(struct mm_sockets *sockets)
{
	if (!sockets)
		return;
	for (int kind = 0; kind < MM_LISTENER_COUNT; kind++) {
		struct socket_set *set = &sockets->sets[kind];
		const char *path = mm_listen_unix_path(set->bound);

		for (size_t i = 0; set->fds && i < sockets->workers; i++)
			mm_fd_close(&set->fds[i]);
		free(set->fds);
		if (path)
			mm_listen_unix_end(path, set->made);
	}
	free(sockets);
}
