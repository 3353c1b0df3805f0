/* SPDX-License-Identifier: Apache-2.0 */
/* Notice of a file that is replaced in a directory, by inotify where the system has it. */
#include "keys/store_watch.h"

#include <mintmark/file.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

/* inotify takes a path only; through /proc it is the directory that is open, even when it was moved since. */
static int watch_directory(int inotify_fd, int dirfd)
{
	char path[sizeof("/proc/self/fd/") + 3 * sizeof(int)];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", dirfd);
	return inotify_add_watch(inotify_fd, path, IN_MOVED_TO | IN_CLOSE_WRITE | IN_ONLYDIR);
}

void mm_watch_open(struct mm_watch *watch, int dirfd)
{
	*watch = MM_WATCH_NONE;
	watch->fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	if (watch->fd >= 0)
		watch->directory = watch_directory(watch->fd, dirfd);
	if (watch->directory < 0)
		mm_fd_close(&watch->fd);
}

void mm_watch_move(struct mm_watch *watch, int dirfd)
{
	if (watch->fd < 0)
		return;
	if (watch->directory >= 0)
		(void)inotify_rm_watch(watch->fd, watch->directory);
	watch->directory = watch_directory(watch->fd, dirfd);
}

bool mm_watch_drain(const struct mm_watch *watch, const char *name)
{
	char events[4096] __attribute__((aligned(__alignof__(struct inotify_event))));
	bool seen = false;
	ssize_t len;

	if (watch->fd < 0)
		return false;
	while ((len = read(watch->fd, events, sizeof(events))) > 0) {
		for (const char *at = events; at < events + len;) {
			const struct inotify_event *event = (const void *)at;

			seen |= (event->mask & IN_Q_OVERFLOW) || (event->len > 0 && strcmp(event->name, name) == 0);
			at += sizeof(*event) + event->len;
		}
	}
	return seen;
}
