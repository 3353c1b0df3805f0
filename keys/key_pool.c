/* SPDX-License-Identifier: Apache-2.0 */
#include "keys/key_pool.h"

void mm_key_pool_clear(struct mm_key_pool *pool)
{
	for (size_t i = 0; i < pool->count; i++)
		mm_key_free(pool->keys[i]);
	*pool = (struct mm_key_pool){0};
}

void mm_key_pool_rewind(struct mm_key_pool *pool)
{
	pool->dealt = 0;
}

/* Brings a key for `alg` that was not dealt yet to the place of the next one to be dealt. */
static bool find(struct mm_key_pool *pool, const struct mm_alg *alg, unsigned rsa_bits)
{
	for (size_t i = pool->dealt; i < pool->count; i++) {
		struct mm_key *key = pool->keys[i];

		if (mm_key_alg(key) != alg || (alg->kty == MM_KTY_RSA && mm_key_bits(key) != rsa_bits))
			continue;
		pool->keys[i] = pool->keys[pool->dealt];
		pool->keys[pool->dealt] = key;
		return true;
	}
	return false;
}

static enum mm_code add(struct mm_key_pool *pool, const struct mm_alg *alg, unsigned rsa_bits, struct mm_err *err)
{
	struct mm_key *key;
	enum mm_code code;

	if (pool->count == MM_COUNT(pool->keys))
		return mm_fail(err, MM_ELIMIT, "more than %zu new keys at once", pool->count);
	code = pool->maker->make(pool->maker->arg, alg, rsa_bits, &key, err);
	if (code == MM_OK)
		pool->keys[pool->count++] = key;
	return code;
}

enum mm_code mm_key_pool_make(void *arg, const struct mm_alg *alg, unsigned rsa_bits, struct mm_key **out,
			      struct mm_err *err)
{
	struct mm_key_pool *pool = arg;
	enum mm_code code = MM_OK;

	while (code == MM_OK && !find(pool, alg, rsa_bits))
		code = add(pool, alg, rsa_bits, err);
	if (code == MM_OK)
		*out = mm_key_ref(pool->keys[pool->dealt++]);
	return code;
}
