/* SPDX-License-Identifier: Apache-2.0 */
/* Chance, all of it from one seed: the same seed gives the same run on every machine. */
#ifndef TESTS_SIM_RNG_H
#define TESTS_SIM_RNG_H

#include <stdbool.h>
#include <stdint.h>

struct rng {
	uint64_t s[4];
};

void rng_seed(struct rng *rng, uint64_t seed);
uint64_t rng_next(struct rng *rng);
int64_t rng_below(struct rng *rng, int64_t n); /* 0 to n-1; 0 when n is below 1 */
int64_t rng_between(struct rng *rng, int64_t least, int64_t most);
bool rng_chance(struct rng *rng, unsigned permille);
/* As likely to be of one order of magnitude as of another: for durations. `least` is at least 1. */
int64_t rng_magnitude(struct rng *rng, int64_t least, int64_t most);
/* One of the two ends, or something between them: bounds break at their ends. */
int64_t rng_extreme(struct rng *rng, int64_t least, int64_t most);

#endif
