/* SPDX-License-Identifier: Apache-2.0 */
/* Key sets for tests: made by hand, record by record, or as `init` makes them. */
#ifndef MINTMARK_TESTS_KEYSETS_H
#define MINTMARK_TESTS_KEYSETS_H

#include "tests/unit/keyhelp.h"

#include <mintmark/steps.h>
#include <mintmark/store.h>

#define T0 ((mm_time)1795306500) /* 2026-11-22T00:15:00Z */

/* EdDSA; publish_wait 3720 (1m + 1h + 1m), retire_wait 86520 (1m + 24h + 1m), at most 20 keys. */
extern const struct mm_policy test_policy;
#define TEST_PUBLISH_WAIT 3720
#define TEST_RETIRE_WAIT  86520

extern const struct mm_actor test_actor; /* who commits in tests */

/* Appends a record with a new key of `alg`, created at T0 and with no other step taken; the set keeps it. */
struct mm_key_record *test_record(struct mm_keyset *set, const char *alg);

/* Published, where there are no destinations to deliver it to. */
void test_published(struct mm_key_record *record, mm_time at);

/* As test_record, published and activated at T0. */
struct mm_key_record *test_active(struct mm_keyset *set, const char *alg);

/* Adds a key as `init` does: the first of its algorithm signs at `now`, any further one is ready at once. */
void test_add_first(struct mm_keyset *set, const struct mm_key *key, mm_time now);

/* The policy with those algorithms: test_policy_for("EdDSA", "ES256"), or NULL for the second. */
struct mm_policy test_policy_for(const char *first, const char *second);

/* An active key and a ready standby, both EdDSA, at revision 0, as the first commit of an issuer has them. */
struct mm_keyset *test_first_set(void);

#endif
