/* SPDX-License-Identifier: Apache-2.0 */
/* What every store must do, whatever is behind it: the tests of include/mintmark/store.h. */
#ifndef MINTMARK_TESTS_STORE_CONTRACT_H
#define MINTMARK_TESTS_STORE_CONTRACT_H

#include "tests/unit/keysets.h"

#include <mintmark/store.h>

/* What a test finds in its state; a store's own fixture begins with it. */
struct store_fixture {
	struct mm_store *store; /* empty, and closed by the teardown */
};

#define STORE_CONTRACT_TESTS 28
/* Writes STORE_CONTRACT_TESTS tests to `out`, each with this setup and teardown; returns that number. */
size_t store_contract(struct CMUnitTest *out, CMFixtureFunction setup, CMFixtureFunction teardown);

/* The store of a test, and what it does when all is well. */
struct mm_store *store_of(void **state);
struct mm_keyset *store_loaded(struct mm_store *store, enum mm_store_load what);
void store_committed(struct mm_store *store, struct mm_keyset *next);
struct mm_store *store_shared(struct mm_store *store);

#endif
