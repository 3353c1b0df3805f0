/* SPDX-License-Identifier: Apache-2.0 */
#include <mintmark/limits.h>

#include <openssl/rand.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define SECOND INT64_C(1000000000) /* ns */

/*
 * A caller's bucket stands somewhere in a window of the table that begins where its hash says. All of the window is
 * looked at, so that a bucket that has filled up can be given to another caller without a word to anybody. There are
 * four times as many places as buckets, so that a window is next to never taken while not all buckets are.
 */
#define PLACES ((size_t)4 * MM_LIMITS_CALLERS_MAX)
#define WINDOW ((size_t)32)
_Static_assert((PLACES & (PLACES - 1)) == 0, "places are found by a mask");

struct bucket {
	uint64_t caller; /* the hash stands for the name: it is keyed, so nobody can look for a second one */
	int64_t full_at; /* ns; one that is full is like one that is not there */
};

struct mm_limits {
	pthread_mutex_t lock;
	uint64_t key[2];
	int64_t now_ns; /* the latest that anybody came with: workers look at the clock before they wait for the lock */
	struct bucket buckets[PLACES + WINDOW];
};

/* ---- SipHash-2-4 (Aumasson, Bernstein 2012) --------------------------------------------------------------------- */

static uint64_t rotate(uint64_t x, int bits)
{
	return x << bits | x >> (64 - bits);
}

static void sip_rounds(uint64_t v[static 4], int count)
{
	while (count-- > 0) {
		v[0] += v[1];
		v[2] += v[3];
		v[1] = rotate(v[1], 13) ^ v[0];
		v[3] = rotate(v[3], 16) ^ v[2];
		v[0] = rotate(v[0], 32);
		v[2] += v[1];
		v[0] += v[3];
		v[1] = rotate(v[1], 17) ^ v[2];
		v[3] = rotate(v[3], 21) ^ v[0];
		v[2] = rotate(v[2], 32);
	}
}

static void sip_word(uint64_t v[static 4], uint64_t word)
{
	v[3] ^= word;
	sip_rounds(v, 2);
	v[0] ^= word;
}

/* Words are read as this machine has them: the hash never leaves it. */
static uint64_t siphash(const uint64_t key[static 2], const char *text, size_t len)
{
	uint64_t v[4] = {key[0] ^ 0x736f6d6570736575, key[1] ^ 0x646f72616e646f6d, key[0] ^ 0x6c7967656e657261,
			 key[1] ^ 0x7465646279746573};
	uint64_t word;

	for (size_t left = len; left >= sizeof word; left -= sizeof word, text += sizeof word) {
		memcpy(&word, text, sizeof word);
		sip_word(v, word);
	}
	word = 0;
	memcpy(&word, text, len % sizeof word);
	sip_word(v, word | (uint64_t)len << 56);
	v[2] ^= 0xff;
	sip_rounds(v, 4);
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}

/* ---- the table -------------------------------------------------------------------------------------------------- */

enum mm_code mm_limits_new(struct mm_limits **out, struct mm_err *err)
{
	mm_auto(mm_limits) limits = NULL;
	struct mm_limits *made = calloc(1, sizeof *made);

	if (!made)
		return mm_fail(err, MM_ENOMEM, "out of memory");
	pthread_mutex_init(&made->lock, NULL);
	limits = made;
	if (RAND_bytes((unsigned char *)limits->key, sizeof limits->key) != 1)
		return mm_fail_openssl(err, MM_ECRYPTO, "no random bytes");
	*out = mm_take(limits);
	return MM_OK;
}

void mm_limits_free(struct mm_limits *limits)
{
	if (!limits)
		return;
	pthread_mutex_destroy(&limits->lock);
	free(limits);
}

/* The caller's bucket, or else one that is full; NULL: there is neither. */
static struct bucket *find(struct mm_limits *limits, uint64_t caller, int64_t now_ns)
{
	struct bucket *window = &limits->buckets[caller & (PLACES - 1)], *full = NULL;

	for (size_t i = 0; i < WINDOW; i++) {
		if (window[i].caller == caller)
			return &window[i];
		if (!full && window[i].full_at <= now_ns)
			full = &window[i];
	}
	if (full)
		*full = (struct bucket){.caller = caller, .full_at = now_ns};
	return full;
}

/* Takes one, where `each` ns fill up one of `burst`; returns how many ns are missing for that, 0: it was there. */
static int64_t take(struct bucket *bucket, int64_t each, int64_t burst, int64_t now_ns)
{
	int64_t whole = each * burst, full_at = bucket->full_at;

	if (full_at < now_ns)
		full_at = now_ns;
	/* No emptier than empty: it may have been emptied under a slower rate. */
	if (full_at > now_ns + whole)
		full_at = now_ns + whole;
	bucket->full_at = full_at;
	if (full_at + each > now_ns + whole)
		return full_at + each - now_ns - whole;
	bucket->full_at += each;
	return 0;
}

int mm_limits_take(struct mm_limits *limits, const char *caller, int64_t rate, int64_t burst, int64_t now_ns)
{
	uint64_t hash = siphash(limits->key, caller, strlen(caller));
	int64_t each, missing = 0;
	struct bucket *bucket;

	if (rate <= 0)
		return 0;
	each = (SECOND - 1) / rate + 1; /* rounded up: never more than the rate */
	if (burst < 1)
		burst = 1;
	if (burst > INT64_MAX / 4 / each)
		burst = INT64_MAX / 4 / each;
	pthread_mutex_lock(&limits->lock);
	if (limits->now_ns < now_ns)
		limits->now_ns = now_ns;
	bucket = find(limits, hash, limits->now_ns);
	if (bucket)
		missing = take(bucket, each, burst, limits->now_ns);
	pthread_mutex_unlock(&limits->lock);
	return (int)((missing + SECOND - 1) / SECOND);
}
