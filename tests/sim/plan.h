/* SPDX-License-Identifier: Apache-2.0 */
/* What a run is about, decided from its seed before it starts: the configurations, and how rough it gets. */
#ifndef TESTS_SIM_PLAN_H
#define TESTS_SIM_PLAN_H

#include "tests/sim/pool.h"
#include "tests/sim/rng.h"

#include <mintmark/policy.h>

#define MINUTE    ((mm_duration)60)
#define HOUR      ((mm_duration)3600)
#define DAY       ((mm_duration)86400)
#define SIM_START ((mm_time)1795306500) /* 2026-11-22T00:15:00Z */
#define SIM_SPAN  (730 * DAY)

enum { MAX_EPOCHS = 6, MAX_REPLICAS = 3, MAX_DESTINATIONS = 3 };

/* One configuration, for as long as it holds. */
struct epoch {
	mm_time start;
	struct mm_policy policy;
};

struct plan {
	struct epoch epochs[MAX_EPOCHS];
	size_t epoch_count;
	mm_time calm; /* from then on nothing goes wrong any more and nobody types anything */
	mm_time end;
	int replicas, verifiers;
	int destinations; /* 0: a run without */
	mm_duration upload_most, between_cuts;
	unsigned upload_failure_permille;
	size_t first_key;           /* of the pool */
	mm_duration between_tokens; /* all of these on average */
	mm_duration between_commands, between_downs, between_blackouts, between_outages, between_steps; /* 0: never */
	unsigned crash_permille, failure_permille;                                                      /* of commits */
	unsigned rival_permille; /* how often somebody else acts between a load and its commit */
};

void plan_make(struct plan *plan, struct rng *rng, const struct pool *pool);

/* Destinations, which most of the configurations name. */
void plan_add_destinations(struct plan *plan, struct rng *rng);

/* By how much a clock may be wrong, either way, so that the waits still suffice. */
mm_duration plan_clock_error(const struct plan *plan);

/*
 * For how long verifiers really keep a document that they fetch at `now`: a declared bound holds before verifiers make
 * use of a longer one, and is lowered only after the last one that kept a document for longer has dropped it.
 */
mm_duration plan_cache(const struct plan *plan, mm_time now);

#endif
