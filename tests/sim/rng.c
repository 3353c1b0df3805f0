/* SPDX-License-Identifier: Apache-2.0 */
/* xoshiro256** by D. Blackman and S. Vigna, seeded by splitmix64 as they advise (https://prng.di.unimi.it/). */
#include "tests/sim/rng.h"

static uint64_t rotl(uint64_t x, int k)
{
	return (x << k) | (x >> (64 - k));
}

void rng_seed(struct rng *rng, uint64_t seed)
{
	for (int i = 0; i < 4; i++) {
		uint64_t z = seed += UINT64_C(0x9e3779b97f4a7c15);

		z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
		z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
		rng->s[i] = z ^ (z >> 31);
	}
}

uint64_t rng_next(struct rng *rng)
{
	uint64_t *s = rng->s, result = rotl(s[1] * 5, 7) * 9, t = s[1] << 17;

	s[2] ^= s[0];
	s[3] ^= s[1];
	s[1] ^= s[2];
	s[0] ^= s[3];
	s[2] ^= t;
	s[3] = rotl(s[3], 45);
	return result;
}

int64_t rng_below(struct rng *rng, int64_t n)
{
	return n > 1 ? (int64_t)(rng_next(rng) % (uint64_t)n) : 0; /* the bias is of no account here */
}

int64_t rng_between(struct rng *rng, int64_t least, int64_t most)
{
	return least + rng_below(rng, most - least + 1);
}

bool rng_chance(struct rng *rng, unsigned permille)
{
	return rng_below(rng, 1000) < (int64_t)permille;
}

int64_t rng_magnitude(struct rng *rng, int64_t least, int64_t most)
{
	int doublings = 0;
	int64_t value;

	while (least << (doublings + 1) <= most)
		doublings++;
	value = least << rng_below(rng, doublings + 1);
	value = rng_between(rng, value, 2 * value - 1);
	return value < most ? value : most;
}

int64_t rng_extreme(struct rng *rng, int64_t least, int64_t most)
{
	switch (rng_below(rng, 3)) {
	case 0: return least;
	case 1: return most;
	default: return rng_between(rng, least, most);
	}
}
