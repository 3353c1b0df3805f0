/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Managing keys: what a command does to a store. Each loads the set, changes a copy, has every key that is going to
 * sign probed by a second implementation, and commits once. On success `*set` is what was committed, owned by the
 * caller; on failure nothing was changed. Beside what stands here: the store's errors, and MM_ECRYPTO when a probe
 * fails.
 */
#ifndef MINTMARK_MANAGE_H
#define MINTMARK_MANAGE_H

#include <mintmark/store.h>

/*
 * A fresh key set: an active key and a ready standby. With `import` (NULL: both are generated), which verifiers know
 * already, the standby waits in full (docs/decisions/0002). MM_EEXIST: there is a key set already; it is not touched.
 * MM_ECONFLICT: another init was faster. MM_EREFUSED: `import` is for another algorithm than the policy's.
 */
MM_MUSTCHECK enum mm_code mm_manage_init(struct mm_store *store, const struct mm_policy *policy,
					 const struct mm_key *import, mm_time now, struct mm_keyset **set,
					 struct mm_err *err);
/*
 * Adds `key` as a further published key. MM_EEXIST: its kid is or was in the set. MM_EREFUSED: keys.max_keys, or it is
 * public. MM_ECONFLICT: somebody committed first. MM_ENOTFOUND: there is no key set yet.
 */
MM_MUSTCHECK enum mm_code mm_manage_import(struct mm_store *store, const struct mm_policy *policy,
					   const struct mm_key *key, mm_time now, struct mm_keyset **set,
					   struct mm_err *err);

#endif
