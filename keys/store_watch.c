/* SPDX-License-Identifier: Apache-2.0 */
/* Notice of a file that is replaced in a directory, by inotify where the system has it. */
#include "keys/store_watch.h"
#include <mintmark/file.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

/* inotify takes a path only; through /proc it is the directory that is open, even when it was moved since. */
int mm_watch_open(int dirfd)
{
	mm_auto_fd fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	char path[sizeof("/proc/self/fd/") + 3 * sizeof(int)];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", dirfd);
	if (fd >= 0 && inotify_add_watch(fd, path, IN_MOVED_TO | IN_CLOSE_WRITE | IN_ONLYDIR) >= 0) {
		int watching = fd;

		fd = -1;
		return watching;
	}
	return -1;
}

bool mm_watch_drain(int watch_fd, const char *name)
{
	char events[4096] __attribute__((aligned(__alignof__(struct inotify_event))));
	bool seen = false;
	ssize_t len;

	if (watch_fd < 0)
		return false;
	while ((len = read(watch_fd, events, sizeof(events))) > 0) {
		for (const char *at = events; at < events + len;) {
			const struct inotify_event *event = (const void *)at;

			seen |= (event->mask & IN_Q_OVERFLOW) || (event->len > 0 && strcmp(event->name, name) == 0);
			at += sizeof(*event) + event->len;
		}
	}
	return seen;
}
