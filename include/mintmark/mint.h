/* SPDX-License-Identifier: Apache-2.0 */
/* Minting: what was asked for becomes a token, or is refused. Nothing is parsed and no key looked up on this path. */
#ifndef MINTMARK_MINT_H
#define MINTMARK_MINT_H

#include <mintmark/claims.h>
#include <mintmark/snapshot.h>

/* What is asked for; everything is borrowed. The rest of the claims follows from the snapshot and `now`. */
struct mm_mint_request {
	const char *namespace;
	const char *service_account;  /* NULL: `subject` alone */
	const char *uid;              /* NULL: mm_service_account_uid */
	const char *subject;          /* NULL: the service account's */
	const char *const *audiences; /* none: the default audiences */
	size_t audience_count;
	mm_duration ttl; /* 0: the default */
	/*
	 * As kube-apiserver does for clients that read their token once: it expires after MM_EXTENDED_TTL, and warns
	 * (warnafter) after `ttl`. Only where the key set has promised as much; otherwise `ttl` holds.
	 */
	bool extend;
	const char *bound_kind; /* NULL, "Pod", "Node" or "Secret" */
	struct mm_object_ref bound;
	struct mm_object_ref node; /* that the pod runs on; only for a Pod */
	const json_t *extra;
	const struct mm_alg *alg; /* NULL: that of the snapshot's first signer */
};

struct mm_minted {
	struct mm_buf token; /* owned: mm_minted_clear */
	char jti[MM_UUID_SIZE];
	const char *kid; /* borrowed from the snapshot */
	mm_time issued_at;
	mm_time expires_at;
};
void mm_minted_clear(struct mm_minted *minted); /* cleanses; for MM_CLEANUP */

/* The longest `ttl` that mm_mint grants with `alg` (NULL: the first signer's); 0: nothing signs with it. */
mm_duration mm_mint_longest_ttl(const struct mm_snapshot *snapshot, const struct mm_alg *alg);

/*
 * Mints one token. MM_EREFUSED: names that Kubernetes would not allow, a lifetime below one second or above
 * mm_mint_longest_ttl, an unknown bound kind, an algorithm without an active key (the line says which have one), a
 * subject of the form system:serviceaccount:… that is not the subject of the account that is named. MM_ELIMIT: the
 * token would be longer than MM_TOKEN_MAX. MM_ECRYPTO, MM_ENOMEM, and the errors of mm_claims_write. Any thread.
 */
MM_MUSTCHECK enum mm_code mm_mint(const struct mm_snapshot *snapshot, const struct mm_mint_request *request,
				  mm_time now, struct mm_minted *out, struct mm_err *err);

#endif
