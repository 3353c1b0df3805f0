/* SPDX-License-Identifier: Apache-2.0 */
/* The private keys of a directory store: one file KID.pem for each, in a directory of their own. */
#ifndef MINTMARK_KEYS_STORE_MATERIAL_H
#define MINTMARK_KEYS_STORE_MATERIAL_H

#include <mintmark/keyset.h>

/*
 * Gives each record that has material its private key. MM_ENOTFOUND: a file is missing, which it names. MM_EUNSAFE,
 * MM_EPARSE, MM_EREFUSED: the file is not private, not a key, or not this record's.
 */
MM_MUSTCHECK enum mm_code mm_material_load(int keys_fd, struct mm_keyset *set, struct mm_err *err);

/*
 * Writes, durably, the private keys of `next` that `stored` (NULL: nothing) does not have yet, and reads those that are
 * to sign from now on. MM_EREFUSED: a record of `next` has to have material and comes without it, and there is none
 * here either. MM_EPARSE, MM_EUNSAFE, MM_EREFUSED: what is to sign cannot be read.
 */
MM_MUSTCHECK enum mm_code mm_material_store(int keys_fd, const struct mm_keyset *stored, const struct mm_keyset *next,
					    struct mm_err *err);

/*
 * Removes, durably, every key file that no record of `set` (NULL: nothing) is to have. The bytes are not overwritten
 * first: journals, snapshots and flash keep copies that no overwriting reaches. Only under the writer's lock.
 */
MM_MUSTCHECK enum mm_code mm_material_destroy(int keys_fd, const struct mm_keyset *set, struct mm_err *err);

/* Whether there is any key file at all. MM_EIO: the directory cannot be listed. */
MM_MUSTCHECK enum mm_code mm_material_any(int keys_fd, bool *found, struct mm_err *err);

#endif
