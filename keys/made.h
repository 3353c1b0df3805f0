/* SPDX-License-Identifier: Apache-2.0 */
/* Keys that are made for a set: by a verb, by the schedule, or planned by a forecast. */
#ifndef MINTMARK_KEYS_MADE_H
#define MINTMARK_KEYS_MADE_H

#include <mintmark/schedule.h>

/* Makes a key for `alg` and publishes it. Errors of the maker and of mm_keyset_publish. */
MM_MUSTCHECK enum mm_code mm_publish_made(struct mm_keyset *set, const struct mm_policy *policy,
					  const struct mm_alg *alg, mm_duration wait, mm_time now,
					  const struct mm_key_maker *maker, struct mm_err *err);

/*
 * Into an empty set, for each algorithm of the policy: a signer, then a standby. Nobody can have cached a document of a
 * set that did not exist, so neither waits (docs/decisions/0002).
 */
MM_MUSTCHECK enum mm_code mm_publish_first(struct mm_keyset *set, const struct mm_policy *policy, mm_time now,
					   const struct mm_key_maker *maker, struct mm_err *err);

#endif
