/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/sim/pool.h"

#include "tests/sim/rng.h"

#include <openssl/evp.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Without keys there is nothing to simulate. */
static void must(enum mm_code code, const struct mm_err *err)
{
	if (code == MM_OK)
		return;
	fprintf(stderr, "sim: cannot make a key: %s\n", err->text);
	exit(2);
}

struct pool *pool_new(void)
{
	struct pool *pool = calloc(1, sizeof *pool);

	if (!pool)
		abort();
	pool->algs[0] = mm_alg_find(mm_span_str("EdDSA"));
	pool->algs[1] = mm_alg_find(mm_span_str("ES256"));
	return pool;
}

void pool_free(struct pool *pool)
{
	for (size_t i = 0; i < POOL_ALGS; i++) {
		for (size_t n = 0; n < POOL_KEYS; n++) {
			mm_key_free(pool->keys[i][n].private);
			mm_key_free(pool->keys[i][n].public);
		}
	}
	free(pool);
}

static EVP_PKEY *ed25519(const uint8_t secret[static 32])
{
	return EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, secret, 32);
}

/* ECPrivateKey (RFC 5915 §3) without the public half, which OpenSSL then computes. */
static EVP_PKEY *p256(const uint8_t secret[static 32])
{
	static const uint8_t head[] = {0x30, 0x31, 0x02, 0x01, 0x01, 0x04, 0x20};
	static const uint8_t tail[] = {0xa0, 0x0a, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07};
	uint8_t der[sizeof head + 32 + sizeof tail];
	const uint8_t *p = der;

	memcpy(der, head, sizeof head);
	memcpy(der + sizeof head, secret, 32);
	memcpy(der + sizeof head + 32, tail, sizeof tail);
	return d2i_PrivateKey(EVP_PKEY_EC, NULL, &p, sizeof der);
}

static void make(struct pool *pool, size_t family, size_t index)
{
	struct pool_key *key = &pool->keys[family][index];
	uint8_t secret[32];
	struct mm_err err = {0};
	struct rng rng;
	EVP_PKEY *pkey;

	rng_seed(&rng, family * POOL_KEYS + index);
	for (size_t i = 0; i < sizeof secret; i++)
		secret[i] = (uint8_t)rng_next(&rng);
	secret[0] &= 0x7f; /* below the order of P-256 */
	pkey = family == 0 ? ed25519(secret) : p256(secret);
	if (!pkey)
		must(mm_fail_openssl(&err, MM_ECRYPTO, "from its number"), &err);
	must(mm_key_from_pkey(pool->algs[family], pkey, &key->private, &err), &err);
	must(mm_key_public(key->private, &key->public, &err), &err);
	EVP_PKEY_free(pkey);
}

/* Where the kid is in the table, or should be. A kid is the text of a digest: its first characters are a good hash. */
static size_t place(const struct pool *pool, const char *kid)
{
	uint64_t hash;
	size_t i;

	memcpy(&hash, kid, sizeof hash);
	i = (size_t)(hash * UINT64_C(0x9e3779b97f4a7c15) >> 40) % MM_COUNT(pool->by_kid);
	while (pool->by_kid[i] && strcmp(mm_key_kid(pool->by_kid[i]->private), kid) != 0)
		i = (i + 1) % MM_COUNT(pool->by_kid);
	return i;
}

const struct pool_key *pool_key(struct pool *pool, const struct mm_alg *alg, size_t index)
{
	size_t family = alg == pool->algs[0] ? 0 : 1;
	struct pool_key *key = &pool->keys[family][index % POOL_KEYS];

	if (!key->private) {
		make(pool, family, index % POOL_KEYS);
		pool->by_kid[place(pool, mm_key_kid(key->private))] = key;
	}
	return key;
}

const struct pool_key *pool_find(const struct pool *pool, const char *kid)
{
	return pool->by_kid[place(pool, kid)];
}
