/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The command that follows the key set (keys.on_change): run without a shell, one run at a time, until one has
 * succeeded for the newest revision. Nothing here waits: a turn looks how things stand, and does what is due. Used by
 * one thread. Why it is so: docs/decisions/0016.
 */
#ifndef MINTMARK_ISSUER_HOOK_H
#define MINTMARK_ISSUER_HOOK_H

#include <mintmark/config.h>
#include <mintmark/log.h>
#include <mintmark/metrics.h>
#include <sys/types.h>

struct mm_hook_stats {
	mm_counter succeeded; /* runs */
	mm_counter failed;    /* the others, and attempts to start one */
};

struct mm_hook {
	/* Given; borrowed. */
	struct mm_log *log;
	struct mm_hook_stats *stats;

	/* Its own; {0} at first. */
	struct mm_strings command; /* that was run last */
	uint64_t revision;         /* that it was told; 0: it was never run */
	unsigned failures;         /* of runs for that revision */
	int64_t retry_ns;          /* after a failure: when the next run is due */
	pid_t pid;                 /* of the run that is under way, and of its process group; 0: there is none */
	int64_t started_ns;
	int64_t end_ns; /* when it has taken too long: SIGTERM, or SIGKILL when that did not help */
	bool ending;    /* SIGTERM was sent */
};

/*
 * Sees whether a run has ended, ends one that takes too long, and starts one when revision or command are not those of
 * the last run, or when that failed some time ago. To be called after SIGCHLD, which must not be ignored, after
 * whatever may have changed configuration or revision, and once a second. `now_ns` is mm_clock_monotonic_ns. A process
 * that has a hook has no children but its runs and what they leave to it: whichever of them has ended is waited for.
 */
void mm_hook_turn(struct mm_hook *hook, const struct mm_config *config, uint64_t revision, int64_t now_ns);

/* The same without ever starting a run: for a server that stops. */
void mm_hook_finish(struct mm_hook *hook, int64_t now_ns);

/* The time of a run is up, whatever is left of it: SIGTERM at once. The next turns see to the rest. */
void mm_hook_end(struct mm_hook *hook, int64_t now_ns);

bool mm_hook_runs(const struct mm_hook *hook);

/* SIGKILL for a run that is still under way. */
void mm_hook_clear(struct mm_hook *hook);

#endif
