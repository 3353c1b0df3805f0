/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The key set of one issuer. Timestamps are stored, states are derived: mm_key_state is a pure function of a record
 * and a time (RFC 7583 is the model). What each state means is one row of one table.
 */
#ifndef MINTMARK_KEYSET_H
#define MINTMARK_KEYSET_H

#include <mintmark/clock.h>
#include <mintmark/key.h>
#include <mintmark/policy.h>

enum mm_key_state {
	MM_STATE_GENERATED,
	MM_STATE_PUBLISHED,
	MM_STATE_READY,
	MM_STATE_ACTIVE,
	MM_STATE_RETIRED,
	MM_STATE_REMOVED,
	MM_STATE_REVOKED,
	MM_STATE_COUNT
};

struct mm_key_state_row {
	const char *name;
	bool in_jwks;      /* served to verifiers */
	bool signs;        /* exactly one for each algorithm */
	bool accepted;     /* by our own review */
	bool has_material; /* the private half is kept */
};
extern const struct mm_key_state_row mm_key_states[MM_STATE_COUNT];

/* The times are MM_NEVER when the step was not taken yet. The waits were frozen when their step was taken. */
struct mm_key_record {
	struct mm_key *key; /* owned reference; private where the store was asked for it and still has it */
	mm_time created;
	mm_time published;
	/*
	 * When every configured destination had it: only from then on can the world fetch it, so publish_wait counts
	 * from here (docs/decisions/0021). Without destinations: `published`. Of a published key MM_NEVER means not yet.
	 */
	mm_time delivered;
	mm_time activated;
	mm_time retired;
	mm_time tainted; /* retired because it is not trusted to sign any more */
	mm_time removed;
	mm_time revoked;
	mm_duration publish_wait; /* from delivered until ready; frozen for good when it is delivered */
	/*
	 * From retired until it may be removed. Frozen when the key is activated, and never shortened afterwards: a
	 * token with the lifetime that was allowed then may be under way (docs/decisions/0012).
	 */
	mm_duration retire_wait;
};

#define MM_REVISION_MAX (INT64_MAX - 1) /* of a stored set: JSON readers hold integers in 64 bits with a sign */

struct mm_keyset {
	uint64_t revision; /* 1 for the first commit, then one more each */
	mm_time committed; /* when this revision was committed */
	size_t count;
	struct mm_key_record *records; /* in order of creation */
};

enum mm_key_state mm_key_state(const struct mm_key_record *record, mm_time now);

/* An empty set at revision 0. */
MM_MUSTCHECK enum mm_code mm_keyset_new(struct mm_keyset **out, struct mm_err *err);
/* A deep copy (keys are shared by reference): the thing that a change is made to before it is committed. */
MM_MUSTCHECK enum mm_code mm_keyset_copy(const struct mm_keyset *set, struct mm_keyset **out, struct mm_err *err);
/* Gives the records of a public set the private halves that `from` has of the same keys, where their state keeps one. */
void mm_keyset_keep_private(struct mm_keyset *set, const struct mm_keyset *from, mm_time now);
void mm_keyset_free(struct mm_keyset *set);
MM_AUTO(mm_keyset)

const struct mm_key_record *mm_keyset_find(const struct mm_keyset *set, const char *kid);
/* The record that signs with `alg` at `now`; `alg` NULL: the oldest active one. NULL when there is none. */
const struct mm_key_record *mm_keyset_signer(const struct mm_keyset *set, const struct mm_alg *alg, mm_time now);

/*
 * The stored form: JSON, "format": "mintmark-keyset/1", public halves and times only. Decoding checks the whole: kid
 * equals the key, unique, times in order, one signer for each algorithm that has keys in use. MM_EPARSE, MM_EREFUSED.
 * MM_ELIMIT: more than MM_KEYSET_TEXT_MAX bytes, which is room for some 20,000 keys, tombstones included.
 */
#define MM_KEYSET_TEXT_MAX (16 << 20)
MM_MUSTCHECK enum mm_code mm_keyset_encode(const struct mm_keyset *set, struct mm_buf *out, struct mm_err *err);
MM_MUSTCHECK enum mm_code mm_keyset_decode(struct mm_span text, struct mm_keyset **out, struct mm_err *err);
/* The checks of mm_keyset_decode on a set in memory; every store applies them before it commits. */
MM_MUSTCHECK enum mm_code mm_keyset_check(const struct mm_keyset *set, struct mm_err *err);

#endif
