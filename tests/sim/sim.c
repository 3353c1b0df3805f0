/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sim [--seed N] [--runs N] [--jobs N] [--verbose]: simulates so many runs of two years of rotation, from that seed on;
 * of a seed without a number of runs, one.
 * A run that breaks a rule is told with its last events, and how to see all of them; then the exit status is 1.
 */
#include "tests/sim/world.h"

#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { RUNS = 300 }; /* unless told otherwise: make check */

struct job {
	uint64_t seed, runs, step;
	bool verbose;
};

struct totals {
	uint64_t commits, refusals, crashes, verified, events, keys;
};

static void report(struct world *world, uint64_t seed, const char *program)
{
	uint64_t first = world->traced > TRACE_LINES ? world->traced - TRACE_LINES : 0;

	printf("FAILED with seed %" PRIu64 ": %s\n", seed, world->failure);
	for (uint64_t i = first; i < world->traced; i++)
		printf("    %s\n", world->trace[i % TRACE_LINES]);
	printf("reproduce it with: %s --seed %" PRIu64 " --verbose\n", program, seed);
}

static void add(struct totals *totals, const struct world *world)
{
	totals->commits += world->commits;
	totals->refusals += world->refusals;
	totals->crashes += world->crashes;
	totals->verified += world->verified;
	totals->events += world->events;
	totals->keys += world->fact_count;
}

/* The first time without a trace, which costs more than the run; a seed does the same again. */
static bool run_seed(struct pool *pool, uint64_t seed, bool verbose, struct totals *totals, const char *program)
{
	struct world world;
	bool good = world_run(&world, pool, seed, (struct options){.verbose = verbose});

	add(totals, &world);
	world_clear(&world);
	if (good)
		return true;
	world_run(&world, pool, seed, (struct options){.tracing = true});
	report(&world, seed, program);
	world_clear(&world);
	return false;
}

static int run_job(const struct job *job, const char *program)
{
	struct pool *pool = pool_new();
	struct totals totals = {0};
	uint64_t done = 0;
	bool good = true;

	for (uint64_t i = 0; good && i < job->runs; i += job->step, done++)
		good = run_seed(pool, job->seed + i, job->verbose, &totals, program);
	printf("%" PRIu64 " runs of 2 years: %" PRIu64 " events, %" PRIu64 " keys, %" PRIu64 " commits, %" PRIu64
	       " refusals and failures, %" PRIu64 " crashes, %" PRIu64 " verifications\n",
	       done, totals.events, totals.keys, totals.commits, totals.refusals, totals.crashes, totals.verified);
	pool_free(pool);
	fflush(stdout);
	return good ? 0 : 1;
}

/* Job n of `jobs` takes each jobs-th seed. */
static int run_jobs(struct job job, uint64_t jobs, const char *program)
{
	int status, result = 0;

	job.step = jobs;
	for (uint64_t i = 0; i < jobs; i++) {
		pid_t pid = fork();

		if (pid < 0)
			return 2;
		if (pid == 0) {
			struct job mine = job;

			mine.seed += i;
			mine.runs -= i < mine.runs ? i : mine.runs;
			_exit(run_job(&mine, program));
		}
	}
	while (wait(&status) > 0) {
		if (status != 0)
			result = 1;
	}
	return result;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {{"seed", required_argument, NULL, 's'},
						{"runs", required_argument, NULL, 'r'},
						{"jobs", required_argument, NULL, 'j'},
						{"verbose", no_argument, NULL, 'v'},
						{0}};
	struct job job = {.seed = 1, .step = 1};
	uint64_t jobs = 1;
	bool one = false;
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (option) {
		case 's':
			job.seed = strtoull(optarg, NULL, 10);
			one = true;
			break;
		case 'r': job.runs = strtoull(optarg, NULL, 10); break;
		case 'j': jobs = strtoull(optarg, NULL, 10); break;
		case 'v': job.verbose = true; break;
		default: return 2;
		}
	}
	if (job.runs == 0)
		job.runs = one ? 1 : RUNS;
	return jobs > 1 ? run_jobs(job, jobs, argv[0]) : run_job(&job, argv[0]);
}
