/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The life of every key, past and future, as a picture or a list of it needs it: what follows from the times in a key
 * set that mm_forecast has carried on.
 */
#ifndef MINTMARK_TIMELINE_H
#define MINTMARK_TIMELINE_H

#include <mintmark/schedule.h>

/* The states of a key, and of the retired ones those that were tainted apart. */
enum mm_phase_kind {
	MM_PHASE_GENERATED,
	MM_PHASE_PUBLISHED,
	MM_PHASE_DELIVERED, /* where that came later than being published: until then no wait had begun */
	MM_PHASE_READY,
	MM_PHASE_ACTIVE,
	MM_PHASE_RETIRED,
	MM_PHASE_TAINTED,
	MM_PHASE_REMOVED,
	MM_PHASE_REVOKED,
	MM_PHASE_KINDS
};
extern const char *const mm_phase_names[MM_PHASE_KINDS]; /* "generated", … */

/* One stretch of a key's life; the next one begins where it ends, and none is empty. */
struct mm_phase {
	enum mm_phase_kind kind;
	mm_time from;
	mm_time to; /* MM_NEVER: no end is known */
};

struct mm_life {
	const struct mm_key_record *record; /* borrowed from the set */
	size_t count;
	struct mm_phase phases[MM_PHASE_KINDS]; /* each kind at most once, in order of time */
};

/* A key comes into a phase, when that begins. */
struct mm_timeline_event {
	const struct mm_life *life;
	const struct mm_phase *phase;
};

struct mm_timeline {
	mm_time from, now, to; /* the window; now is in it */
	size_t count, event_count;
	struct mm_life *lives;            /* of keys that are in the window: by algorithm, then in order of creation */
	struct mm_timeline_event *events; /* those in the window, in order of time */
	size_t left_out;                  /* keys that are not in the window: they were gone before it begins */
	size_t planned;                   /* how many of the keys are yet to be made */
	size_t most_served;               /* the most keys that the JWKS holds at once within the window, … */
	mm_time most_served_at;           /* … and since when, the first time */
};

/*
 * `future` is what mm_forecast made for `now` and `to`, and outlives the timeline; `policy` tells what comes after
 * `to`. MM_EREFUSED: not from <= now < to. MM_ENOMEM.
 */
MM_MUSTCHECK enum mm_code mm_timeline_new(const struct mm_keyset *future, const struct mm_policy *policy, mm_time from,
					  mm_time now, mm_time to, struct mm_timeline **out, struct mm_err *err);
void mm_timeline_free(struct mm_timeline *timeline);
MM_AUTO(mm_timeline)

/* When the oldest key that is served now was published; `now` where none is. What came before is history. */
mm_time mm_timeline_begin(const struct mm_keyset *set, mm_time now);

/*
 * Whether there is something to see of `phase` in the window, and where. A key that was removed is not to be seen; a
 * revocation is a moment.
 */
bool mm_timeline_shows(const struct mm_timeline *timeline, const struct mm_phase *phase, mm_time *from, mm_time *to);

/* Whether there is something to see of any phase of this kind: what a legend explains. */
bool mm_timeline_has(const struct mm_timeline *timeline, enum mm_phase_kind kind);

#endif
