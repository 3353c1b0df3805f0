/* SPDX-License-Identifier: Apache-2.0 */
/* Which key somebody means who names one on the command line. */
#ifndef MINTMARK_CLI_KEYNAME_H
#define MINTMARK_CLI_KEYNAME_H

#include "cli/command.h"

#include <mintmark/keyset.h>

#define MM_KEY_PREFIX_MIN 8

/*
 * The key that `name` means: a kid; its beginning, of at least MM_KEY_PREFIX_MIN characters, if no other kid of the set
 * begins so; or "active", the signer of `alg` at `now` (NULL: that which tokens get by default, as mm_mint has it).
 * MM_ENOTFOUND: none does, or several do; the hint lists those that can have been meant.
 */
MM_MUSTCHECK enum mm_code mm_key_by_name(struct mm_call *call, const struct mm_keyset *set,
					 const struct mm_policy *policy, const struct mm_alg *alg, const char *name,
					 mm_time now, const struct mm_key_record **out, struct mm_err *err);

/* The shortest name of a key, for pictures: MM_KEY_PREFIX_MIN characters of its kid; a planned key's is whole. */
void mm_kid_short(const struct mm_key *key, char out[static MM_KID_SIZE]);

#endif
