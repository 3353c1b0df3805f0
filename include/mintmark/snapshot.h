/* SPDX-License-Identifier: Apache-2.0 */
/*
 * All that requests need of one committed revision of one issuer: immutable, shared by reference count. Whoever holds
 * one sees one revision whole, whatever is committed meanwhile. Everything about an issuer URL hangs off its snapshot;
 * the program has no mutable globals (docs/decisions/0011).
 */
#ifndef MINTMARK_SNAPSHOT_H
#define MINTMARK_SNAPSHOT_H

#include <mintmark/config.h>
#include <mintmark/document.h>
#include <mintmark/jwks.h>
#include <mintmark/jws.h>
#include <mintmark/policy.h>

/* What signs for one algorithm. */
struct mm_snapshot_signer {
	struct mm_jws *jws;
	/*
	 * The longest lifetime of any token by it: the policy's max_ttl, or less while the key set has promised less. A
	 * raised one holds from the revision in which the key is kept for as long (docs/decisions/0012). It may be more
	 * than the snapshot's max_ttl, for tokens that are extended.
	 */
	mm_duration max_ttl;
};

struct mm_snapshot {
	uint64_t revision;
	char *issuer;
	struct mm_policy policy;
	struct mm_keyset *set;
	struct mm_documents *documents;
	struct mm_jwks *verifiers;   /* what verifies its tokens: the accepted keys */
	struct mm_strings audiences; /* the default audiences of a token, and those of this API */
	mm_duration default_ttl;
	mm_duration max_ttl; /* as configured: of a token that is not extended */
	bool extend_expiration;
	/* The policy's algorithms first, in its order, as far as they sign already; the first of all is the default. */
	size_t signer_count;
	struct mm_snapshot_signer signers[MM_ALG_COUNT];
};

/*
 * Builds one from what was configured and what was committed; both are copied. `with_signers` false: nothing is to be
 * signed (jwks, discovery, publish, caller can-i), and `set` may be public. The caller has the first reference.
 * MM_ECONFIG: a policy that cannot be kept. MM_EREFUSED: no key is published, or a key that should sign is public.
 * MM_ECRYPTO, MM_ENOMEM.
 */
MM_MUSTCHECK enum mm_code mm_snapshot_build(const struct mm_config *config, const struct mm_keyset *set,
					    bool with_signers, mm_time now, struct mm_snapshot **out,
					    struct mm_err *err);
struct mm_snapshot *mm_snapshot_ref(struct mm_snapshot *snapshot);
void mm_snapshot_free(struct mm_snapshot *snapshot); /* gives one reference back; any thread */
MM_AUTO(mm_snapshot)

#endif
