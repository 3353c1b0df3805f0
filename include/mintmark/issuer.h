/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One issuer: everything that belongs to one issuer URL hangs off this struct, and the program has no mutable
 * globals. The server holds a table of issuers, with one entry today.
 */
#ifndef MINTMARK_ISSUER_H
#define MINTMARK_ISSUER_H

#include <mintmark/claims.h>
#include <mintmark/config.h>
#include <mintmark/document.h>
#include <mintmark/jws.h>
#include <mintmark/store.h>

/*
 * All that requests need of one committed revision: immutable, shared by reference count. Whoever holds one sees one
 * revision whole, whatever is committed meanwhile.
 */
struct mm_snapshot {
	uint64_t revision;
	char *issuer;
	struct mm_policy policy;
	struct mm_keyset *set;
	struct mm_documents *documents;
	struct mm_strings audiences; /* the default audiences of a token */
	mm_duration default_ttl;
	mm_duration max_ttl;
	size_t signer_count; /* the policy's algorithm first */
	struct mm_jws *signers[MM_ALG_COUNT];
};
/* `with_signers` false: only the documents are needed (jwks, discovery, publish), and `set` may be public. */
MM_MUSTCHECK enum mm_code mm_snapshot_build(const struct mm_config *config, const struct mm_keyset *set,
					    bool with_signers, mm_time now, struct mm_snapshot **out,
					    struct mm_err *err);
struct mm_snapshot *mm_snapshot_ref(struct mm_snapshot *snapshot);
void mm_snapshot_free(struct mm_snapshot *snapshot); /* gives one reference back */
MM_AUTO(mm_snapshot)

/* What is asked for; everything is borrowed. The rest of the claims follows from the snapshot and `now`. */
struct mm_mint_request {
	const char *namespace;
	const char *service_account;  /* NULL: `subject` alone */
	const char *uid;              /* NULL: mm_service_account_uid */
	const char *subject;          /* NULL: the service account's */
	const char *const *audiences; /* none: the default audiences */
	size_t audience_count;
	mm_duration ttl;        /* 0: the default */
	const char *bound_kind; /* NULL, "Pod", "Node" or "Secret" */
	struct mm_object_ref bound;
	const json_t *extra;
	const struct mm_alg *alg; /* NULL: the first signer's */
};

struct mm_minted {
	struct mm_buf token;
	char jti[MM_UUID_SIZE];
	const char *kid; /* borrowed from the snapshot */
	mm_time issued_at;
	mm_time expires_at;
};
void mm_minted_clear(struct mm_minted *minted); /* cleanses; for MM_CLEANUP */

/*
 * Mints one token. MM_EREFUSED: names that Kubernetes would not allow, a lifetime below one second or above max_ttl,
 * an unknown bound kind, an algorithm without a key. Any thread.
 */
MM_MUSTCHECK enum mm_code mm_mint(const struct mm_snapshot *snapshot, const struct mm_mint_request *request,
				  mm_time now, struct mm_minted *out, struct mm_err *err);

/*
 * Key management: what a command does to a store. Each loads, changes a copy, probes what is going to sign, commits
 * once. `import` may be NULL: a key is generated. On success `*set` is what was committed.
 */
/*
 * A fresh key set: an active key and a ready standby. With `import`, which verifiers know already, the standby waits in
 * full (docs/decisions/0002). MM_EEXIST: there is a key set already; it is not touched. MM_ECONFLICT: another init
 * was faster. MM_EREFUSED: `import` is for another algorithm than the policy's.
 */
MM_MUSTCHECK enum mm_code mm_manage_init(struct mm_store *store, const struct mm_policy *policy,
					 const struct mm_key *import, mm_time now, struct mm_keyset **set,
					 struct mm_err *err);
/* Adds `key` as a further published key. MM_EEXIST, MM_EREFUSED, MM_ECONFLICT. */
MM_MUSTCHECK enum mm_code mm_manage_import(struct mm_store *store, const struct mm_policy *policy,
					   const struct mm_key *key, mm_time now, struct mm_keyset **set,
					   struct mm_err *err);

#endif
