/* SPDX-License-Identifier: Apache-2.0 */
/* A store in a directory, inside: what reading (store_dir.c) and writing (store_dir_commit.c) share. */
#ifndef MINTMARK_KEYS_STORE_DIR_H
#define MINTMARK_KEYS_STORE_DIR_H

#include "keys/store_impl.h"
#include "keys/store_watch.h"

#include <mintmark/file.h>

#define MM_STORE_DIR_MODE 0700

struct dir_store {
	struct mm_store store;
	char *path;
	int fd;                   /* the directory that was found at `path` last */
	struct mm_watch watch;    /* none until somebody asks for it */
	struct mm_file_id loaded; /* the key set's file when it was read last */
};

/* Goes on with the directory that is at the path now, with the checks that the first one had to pass. */
MM_MUSTCHECK enum mm_code mm_dir_store_follow(struct dir_store *dir, struct mm_err *err);

/* Reads the set without material; `text` gets the file as it is. MM_ENOTFOUND: nothing was ever committed. */
MM_MUSTCHECK enum mm_code mm_dir_store_read(const struct dir_store *dir, struct mm_buf *text, struct mm_keyset **out,
					    struct mm_err *err);

/* The store's `commit`. */
MM_MUSTCHECK enum mm_code mm_dir_store_commit(struct mm_store *store, const struct mm_keyset *next, uint64_t expected,
					      const struct mm_actor *actor, struct mm_err *err);

#endif
