/* SPDX-License-Identifier: Apache-2.0 */
/* What tells a directory whose key set was lost from one that never had any: the next `init` must spare its keys. */
#ifndef MINTMARK_KEYS_STORE_MARK_H
#define MINTMARK_KEYS_STORE_MARK_H

#include <mintmark/err.h>
#include <stdbool.h>

#define MM_STORE_SET  "keyset.json"
#define MM_STORE_KEYS "keys"
#define MM_STORE_LOCK "lock"

/* Leaves in the lock, durably, that a set was committed. MM_EIO: it could not; the next commit tries again. */
MM_MUSTCHECK enum mm_code mm_mark_set(int lock, struct mm_err *err);

/*
 * Why a set must be in the directory `dirfd`, for whoever finds none: the lock says that one was committed, or there
 * are private keys and no lock, which every first commit makes before it writes any. NULL: there need not be one.
 */
const char *mm_mark_of_set(int dirfd);

/* What to return then: MM_EIO. */
enum mm_code mm_mark_lost(const char *mark, struct mm_err *err);

#endif
