/* SPDX-License-Identifier: Apache-2.0 */
/* Notice of a file that is replaced in a directory, by inotify where the system has it. */
#ifndef KEYS_STORE_WATCH_H
#define KEYS_STORE_WATCH_H

#include <stdbool.h>

/* A descriptor that becomes readable after files in `dirfd` were renamed into place or written; -1: not possible. */
int mm_watch_open(int dirfd);

/* Empties the descriptor (-1 is an empty one); whether one of its events was about `name`, or events were lost. */
bool mm_watch_drain(int watch_fd, const char *name);

#endif
