/* SPDX-License-Identifier: Apache-2.0 */
/* A row of the table of faults, and what its functions work on: issuer/fault.c has the rows, mint_faulty.c obeys. */
#ifndef MINTMARK_ISSUER_FAULT_H
#define MINTMARK_ISSUER_FAULT_H

#include <mintmark/fault.h>

/* The token while it is made. */
struct mm_fault_work {
	const struct mm_snapshot *snapshot;
	const struct mm_key *key; /* that signs; borrowed from the snapshot, or `fresh` */
	struct mm_key *fresh;     /* owned; NULL: none */
	json_t *header;           /* owned, and so are the claims */
	json_t *claims;
};

/* Whose signature it gets, and whose kid and alg, unless the row says something else. */
enum mm_fault_key {
	MM_FAULT_KEY_SIGNER,
	MM_FAULT_KEY_FRESH, /* of the same algorithm; never published, and gone afterwards */
	MM_FAULT_KEY_RETIRED,
	MM_FAULT_KEY_TAINTED,
};

/* Everything that is left out stays as it is in a good token. */
struct mm_fault {
	const char *name;
	const char *help;
	enum mm_fault_key key;
	/* In seconds from now; 0: left alone. Well beyond any leeway. */
	struct {
		mm_duration exp, iat, nbf;
	} times;
	/* Objects as text that are laid over header and claims; null takes a member out. */
	const char *header;
	const char *claims;
	const char *claims_afterwards; /* when it is signed */
	/* Changes header or claims before it is signed. */
	enum mm_code (*alter)(struct mm_fault_work *work, struct mm_err *err);
	/* Changes the signature of `text`: room for MM_SIGNATURE_MAX bytes, of which `*len` are used. */
	enum mm_code (*seal)(const struct mm_fault_work *work, struct mm_span text, uint8_t *signature, size_t *len,
			     struct mm_err *err);
};

#endif
