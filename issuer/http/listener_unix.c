/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Listening on a socket file. Such a file outlives the process that made it, and whoever binds must tell one that is
 * dead from one that lives, then remove it, then bind: one at a time, so that nobody removes what another has just
 * bound. Hence the lock on the directory.
 */
#include "issuer/http/listener.h"

#include <errno.h>
#include <fcntl.h>
#include <mintmark/config.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define BACKLOG      1024
#define LOCK_WAIT_MS 2000

static enum mm_code fill_address(struct sockaddr_un *address, const char *path, struct mm_err *err)
{
	size_t len = strlen(path);

	*address = (struct sockaddr_un){.sun_family = AF_UNIX};
	if (len >= sizeof address->sun_path)
		return mm_fail(err, MM_ELIMIT, "%s: longer than the %zu bytes that the path of a socket may have", path,
			       sizeof address->sun_path - 1);
	memcpy(address->sun_path, path, len);
	return MM_OK;
}

/* Who can put another socket there gets the credentials of those who mean to talk to us. */
static enum mm_code check_parent(int fd, const char *path, const char *parent, struct mm_err *err)
{
	struct stat st;

	if (fstat(fd, &st) != 0)
		return mm_fail_errno(err, "cannot listen on " MM_LISTEN_UNIX "%s: the directory %s", path, parent);
	if ((st.st_uid == geteuid() || st.st_uid == 0) &&
	    (!(st.st_mode & (S_IWGRP | S_IWOTH)) || (st.st_mode & S_ISVTX)))
		return MM_OK;
	return mm_fail(err, MM_EUNSAFE,
		       "cannot listen on " MM_LISTEN_UNIX "%s: others can put another socket into the directory %s "
		       "(uid %u, mode %04o): chmod go-w, or chown it to the user that runs mintmark",
		       path, parent, (unsigned)st.st_uid, (unsigned)st.st_mode & 07777);
}

static enum mm_code lock_parent(const char *path, int *fd, struct mm_err *err)
{
	mm_auto_string parent = strdup(path);
	char *slash = parent ? strrchr(parent, '/') : NULL;
	enum mm_code code;

	if (!slash)
		return mm_fail(err, parent ? MM_EIO : MM_ENOMEM, "%s: %s", path,
			       parent ? "not an absolute path" : "out of memory");
	slash[slash == parent] = '\0';
	*fd = open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (*fd < 0)
		return mm_fail_errno(err, "cannot listen on " MM_LISTEN_UNIX "%s: the directory %s", path, parent);
	code = check_parent(*fd, path, parent, err);
	return code == MM_OK ? mm_dir_lock(*fd, parent, LOCK_WAIT_MS, err) : code;
}

static int new_socket(void)
{
	return socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
}

/* Removes a socket file that nobody listens on any more. Under the lock. */
static enum mm_code remove_stale(const struct sockaddr_un *address, struct mm_err *err)
{
	const char *path = address->sun_path;
	mm_auto_fd probe = -1;
	struct stat st;

	if (lstat(path, &st) != 0)
		return errno == ENOENT ? MM_OK : mm_fail_errno(err, "cannot listen on " MM_LISTEN_UNIX "%s", path);
	if (!S_ISSOCK(st.st_mode))
		return mm_fail(err, MM_EIO, "cannot listen on " MM_LISTEN_UNIX "%s: it is there and no socket", path);
	probe = new_socket();
	if (probe < 0)
		return mm_fail_errno(err, "cannot listen on " MM_LISTEN_UNIX "%s", path);
	if (connect(probe, (const struct sockaddr *)address, sizeof *address) == 0 || errno == EAGAIN)
		errno = EADDRINUSE; /* somebody takes connections, or would if there were not so many */
	else if (errno == ECONNREFUSED && unlink(path) == 0)
		return MM_OK;
	return mm_fail_errno(err, "cannot listen on " MM_LISTEN_UNIX "%s", path);
}

enum mm_code mm_listen_unix(const char *path, int *fd, struct mm_file_id *made, struct mm_err *err)
{
	struct sockaddr_un address;
	mm_auto_fd directory = -1;
	mm_auto_fd sock = -1;
	enum mm_code code = fill_address(&address, path, err);

	if (code == MM_OK)
		code = lock_parent(path, &directory, err);
	if (code == MM_OK)
		code = remove_stale(&address, err);
	if (code != MM_OK)
		return code;
	sock = new_socket();
	if (sock < 0 || bind(sock, (const struct sockaddr *)&address, sizeof address) != 0)
		return mm_fail_errno(err, "cannot listen on " MM_LISTEN_UNIX "%s", path);
	if (chmod(path, 0666) != 0 || listen(sock, BACKLOG) != 0) {
		code = mm_fail_errno(err, "cannot listen on " MM_LISTEN_UNIX "%s", path);
		(void)unlink(path);
		return code;
	}
	*made = mm_file_id(AT_FDCWD, path);
	*fd = sock;
	sock = -1;
	return MM_OK;
}

void mm_listen_unix_end(const char *path, struct mm_file_id made)
{
	mm_auto_fd directory = -1;

	/* Without the lock another process could put its own there between the look and the removal. */
	if (lock_parent(path, &directory, NULL) == MM_OK && mm_file_id_eq(mm_file_id(AT_FDCWD, path), made))
		(void)unlink(path);
}

void mm_peer_format(const struct ucred *peer, char text[static MM_ADDRESS_TEXT_SIZE])
{
	snprintf(text, MM_ADDRESS_TEXT_SIZE, MM_LISTEN_UNIX "uid=%lu,pid=%ld", (unsigned long)peer->uid,
		 (long)peer->pid);
}
