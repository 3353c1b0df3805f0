/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Real keys, made once and dealt out again in each run, which has a store of its own. They are derived from their
 * number, so that kids, too, are the same for a seed on every machine.
 */
#ifndef TESTS_SIM_POOL_H
#define TESTS_SIM_POOL_H

#include <mintmark/key.h>

enum { POOL_ALGS = 2, POOL_KEYS = 4096 };

struct pool_key {
	struct mm_key *private;
	struct mm_key *public;
};

struct pool {
	const struct mm_alg *algs[POOL_ALGS]; /* EdDSA, ES256 */
	struct pool_key keys[POOL_ALGS][POOL_KEYS];
	struct pool_key *by_kid[4 * POOL_ALGS * POOL_KEYS]; /* a hash table */
};

struct pool *pool_new(void);
void pool_free(struct pool *pool);
/* Number `index` of `alg`, made when it is asked for first. Borrowed. */
const struct pool_key *pool_key(struct pool *pool, const struct mm_alg *alg, size_t index);
/* The key with that kid among those that were asked for; NULL: none. */
const struct pool_key *pool_find(const struct pool *pool, const char *kid);

#endif
