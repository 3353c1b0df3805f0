/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The world of one run: true time, the store, replicas of `serve` and what each of them sees, operators, verifiers and
 * their caches, tokens. Everybody acts through the real engine; what happens is decided by the seed.
 */
#ifndef TESTS_SIM_WORLD_H
#define TESTS_SIM_WORLD_H

#include "tests/sim/plan.h"
#include "tests/sim/queue.h"

#include <mintmark/clockguard.h>
#include <mintmark/manage.h>

enum { MAX_DEPTH = 2 };   /* of events within events */
enum { RETRY_LAST = 60 }; /* seconds; as in issuer/rotor.c */

enum { MAX_VERIFIERS = 4, MAX_TOKENS = 64, TRACE_LINES = 40, TRACE_WIDTH = 160 };

struct world;

/* What was committed, and who looks at it: views, caches, and the list of those that a replica may still start with. */
struct revision {
	unsigned references;
	uint64_t number;
	mm_time committed; /* true time */
	struct mm_keyset *set;
};

#define GAP_OPEN INT64_MAX /* until a time that is known when the key is delivered */

/* What the world knows of a key and its record does not say. Records are never dropped, so its number is its place. */
struct fact {
	mm_time published;        /* true time of the commit */
	mm_time delivered;        /* true time at which all destinations had it; MM_NEVER: not yet */
	mm_duration publish_wait; /* as the policy demanded it then */
	mm_time gap_until; /* so long may its tokens be refused, because a verb said so; MM_NEVER: they may not */
	mm_time expiry;    /* of the last of its tokens, for the slowest verifier; true time */
};

/* Somebody with a handle of the store: the rotor of a replica, or a command. It lives for one call of the engine. */
struct process {
	struct world *world;
	const char *name;
	struct mm_store *store;  /* its own, with the faults before it */
	struct mm_policy policy; /* as configured when it began */
	mm_duration clock_error;
	mm_duration clock_set; /* the world's when it began */
	bool is_job;           /* of a rotor */
	bool gap;              /* whoever gave the command was told of a gap */
	bool brings_keys;      /* prepare and import add keys that nothing asked for */
	const char *revokes;   /* the kid */
	unsigned commits;
	bool dead;   /* crashed: what it does after that does not happen */
	bool failed; /* a fault was injected into it */
};

/* It works at one round at a time: one destination after the other, and then the commit. */
struct publisher {
	bool works;
	uint64_t round;
	struct revision *uploads;
	int next;      /* destination */
	uint64_t done; /* the number of the last revision that it brought everywhere */
};

struct replica {
	bool up, busy;
	mm_time up_since;
	mm_duration clock_error;
	struct revision *view;
	struct mm_clock_guard guard;
	uint64_t alarm; /* of the one event for its rotor that counts */
	struct publisher publisher;
};

struct destination {
	struct revision *has;   /* NULL: nothing yet */
	struct revision *older; /* which a cache before it may have, for `propagation` after it was replaced */
	mm_time replaced;
	bool cut; /* it cannot be reached by publishers */
};

struct verifier {
	int destination;        /* from which it fetches while they are open; -1: always from replicas */
	struct revision *cache; /* NULL: it has fetched nothing yet */
	mm_time until;          /* before that it does not fetch again */
};

struct token {
	size_t key;
	mm_time expiry; /* for the slowest verifier; true time */
	uint64_t number;
};

struct world {
	struct plan plan;
	struct rng rng;
	struct pool *pool;
	struct queue queue;
	mm_time now;           /* true */
	mm_duration clock_set; /* by how much the clocks of all hosts are wrong, since somebody set them */
	const struct epoch *epoch;
	int depth; /* of events within events: a call of the engine takes its time */

	struct mm_store *store; /* in memory, without faults */
	bool store_down;
	unsigned typing; /* commands under way */
	struct revision *newest;
	struct revision **recent; /* those that were the newest within `propagation`, and the newest */
	size_t recent_count;
	struct fact *facts;
	size_t fact_count;
	size_t dealt[POOL_ALGS];

	struct replica replicas[MAX_REPLICAS];
	struct verifier verifiers[MAX_VERIFIERS];
	struct destination destinations[MAX_DESTINATIONS];
	mm_time delivers_since; /* when the configuration began to name destinations */
	bool open;              /* verifiers fetch from them */
	struct token tokens[MAX_TOKENS];
	size_t token_count;
	uint64_t tokens_minted;

	mm_time disturbed; /* when something last stood in the way of progress */
	mm_time asked;     /* when the configuration or a command last changed what is wanted */
	unsigned unasked;  /* commits of rotors since then in the same hour */
	mm_time unasked_since;
	uint64_t commits, refusals, crashes, verified, events; /* to show that it was not a quiet run */

	bool failed;
	char failure[512];
	bool verbose, tracing;
	char trace[TRACE_LINES][TRACE_WIDTH];
	uint64_t traced;
};

/* ---- world.c: a run ---------------------------------------------------------------------------------------------- */
struct options {
	bool verbose; /* says all that happens */
	bool tracing; /* remembers it for the report of a failure */
};
/* Runs one seed. False: some rule was broken, and `world` says which one. */
bool world_run(struct world *world, struct pool *pool, uint64_t seed, struct options options);
void world_clear(struct world *world);
/* Lets time pass while somebody is busy; what is due meanwhile happens. */
void world_pass(struct world *world, mm_duration duration);
void world_put(struct world *world, mm_duration in, enum event_kind kind, int who, uint64_t arg);

/* A rule is broken: the first report counts. `rule` names it: "1 no verifier lacks a key". */
void world_fail(struct world *world, const char *rule, const char *format, ...) MM_PRINTF(3, 4);
void world_trace(struct world *world, const char *format, ...) MM_PRINTF(2, 3);

struct revision *revision_ref(struct revision *revision);
void revision_free(struct revision *revision);
bool revision_serves(const struct revision *revision, size_t key); /* whether its JWKS holds that key */

/* ---- process.c: the store with faults before it, keys out of the pool, clocks ------------------------------------ */
/* Gets ready to act. process_manage is for one call of a verb. */
void process_start(struct process *process, struct world *world, const char *name, mm_duration clock_error);
void process_end(struct process *process);
mm_time process_clock(void *process);
struct mm_manage process_manage(struct process *process, const struct mm_key_maker *maker);
enum mm_code process_make_key(void *process, const struct mm_alg *alg, unsigned rsa_bits, struct mm_key **out,
			      struct mm_err *err);
/* What holds after each call, whatever it was: an error means that nothing happened, and MM_OK that it did, once. */
void process_check(struct process *process, enum mm_code code, const struct mm_change *change,
		   const struct mm_err *err);

/* ---- commit.c: what holds of every commit ------------------------------------------------------------------------ */
void commit_happened(struct world *world, struct process *process);

/* ---- documents.c ------------------------------------------------------------------------------------------------- */
void documents_check(struct world *world, const struct mm_keyset *set); /* of the newest revision; it takes a while */

/* ---- replica.c --------------------------------------------------------------------------------------------------- */
void replica_up(struct world *world, int who);
void replica_down(struct world *world, int who, mm_duration how_long);
void replica_view(struct world *world, int who, uint64_t number);
void replica_rotor(struct world *world, int who); /* looks, and acts if something is due */
void replica_alarm(struct world *world, int who, mm_duration in);
mm_time replica_clock(const struct world *world, int who);
bool replica_holds(const struct world *world, int who); /* its clock was set forward */
bool replicas_hold(const struct world *world);
int replica_any_up(struct world *world); /* -1: none is */
void replicas_notice_clock(struct world *world);
const struct mm_key_record *replica_signer(const struct world *world, int who, const struct mm_alg *alg);

/* ---- publisher.c ------------------------------------------------------------------------------------------------- */
void publisher_turn(struct world *world, int who); /* looks, and begins a round if destinations may lack something */
void publisher_upload(struct world *world, int who, uint64_t round);
void publisher_stop(struct world *world, int who);
void destination_cut(struct world *world, int which);          /* or reached again */
bool destinations_have(const struct world *world, size_t key); /* all of them */
bool destinations_open(struct world *world);
struct revision *destination_answer(struct world *world, int which); /* to who fetches from it now */

/* ---- delivery.c -------------------------------------------------------------------------------------------------- */
void delivery_happened(struct world *world); /* a destination has something new */
void delivery_check(struct world *world, const struct process *process, const struct mm_keyset *before,
		    const struct mm_keyset *after);
mm_time fact_known_at(const struct world *world, const struct fact *fact); /* when no verifier can lack it; GAP_OPEN */

/* ---- operator.c -------------------------------------------------------------------------------------------------- */
void operator_command(struct world *world);

/* ---- verifier.c -------------------------------------------------------------------------------------------------- */
void verifier_mint(struct world *world, int replica, const struct mm_alg *alg, mm_duration ttl, bool verify_now);
void verifier_mint_some(struct world *world);
void verifier_token(struct world *world, uint64_t number);
void verifier_restart_some(struct world *world, int replica); /* they fetch from that replica, just now */
void verifier_restart_at_destination(struct world *world, int which);
void verifier_all_tokens(struct world *world);
/* A replica stops signing with what it sees now: tokens of the longest life are counted. */
void verifier_last_tokens(struct world *world, int replica);

/* ---- progress.c -------------------------------------------------------------------------------------------------- */
void progress_check(struct world *world);
void progress_check_end(struct world *world);

#endif
