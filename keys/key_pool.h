/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Keys that were made in the course of one verb. Making one may take seconds, so what was made is kept: for the attempt
 * that follows, when the time has to be read again or another process committed first.
 */
#ifndef MINTMARK_KEYS_KEY_POOL_H
#define MINTMARK_KEYS_KEY_POOL_H

#include <mintmark/schedule.h>

struct mm_key_pool {
	const struct mm_key_maker *maker; /* who makes what is not there */
	size_t count;
	size_t dealt; /* of this attempt */
	struct mm_key *keys[2 * MM_ALG_COUNT + 1];
};
void mm_key_pool_clear(struct mm_key_pool *pool); /* for MM_CLEANUP */

/* For mm_key_maker.make; `arg` is the pool. MM_ELIMIT: more keys than any verb needs. */
MM_MUSTCHECK enum mm_code mm_key_pool_make(void *arg, const struct mm_alg *alg, unsigned rsa_bits, struct mm_key **out,
					   struct mm_err *err);

/* Before each attempt: all keys may be dealt again. */
void mm_key_pool_rewind(struct mm_key_pool *pool);

#endif
