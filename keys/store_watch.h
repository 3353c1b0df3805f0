/* SPDX-License-Identifier: Apache-2.0 */
/* Notice of a file that is replaced in a directory, by inotify where the system has it. */
#ifndef MINTMARK_KEYS_STORE_WATCH_H
#define MINTMARK_KEYS_STORE_WATCH_H

#include <stdbool.h>

struct mm_watch {
	int fd;        /* becomes readable after files were renamed into place or written; -1: not possible */
	int directory; /* inotify's name for the one that is watched; -1: none */
};
#define MM_WATCH_NONE ((struct mm_watch){-1, -1})

/* Watches `dirfd`. The caller closes watch->fd, which is -1 when the system cannot do it. */
void mm_watch_open(struct mm_watch *watch, int dirfd);
/* Watches `dirfd` instead of what it watched; the descriptor stays the same one, so that nobody needs to be told. */
void mm_watch_move(struct mm_watch *watch, int dirfd);
/* Empties the descriptor (-1 is an empty one); whether one of its events was about `name`, or events were lost. */
bool mm_watch_drain(const struct mm_watch *watch, const char *name);

#endif
