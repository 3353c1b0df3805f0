/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tokens that are wrong on purpose, for those who test what verifies them: `mintmark dev` over the admin listener and
 * `mintmark token create --fault`. Each fault is a row of one table, from which --help and the documents are made.
 * Nothing else in the program can make such a token.
 */
#ifndef MINTMARK_FAULT_H
#define MINTMARK_FAULT_H

#include <mintmark/mint.h>

struct mm_fault; /* a row */

/* The i-th row; NULL past the last. */
const struct mm_fault *mm_fault_at(size_t i);
const struct mm_fault *mm_fault_find(const char *name);
const char *mm_fault_name(const struct mm_fault *fault); /* "expired" */
const char *mm_fault_help(const struct mm_fault *fault); /* one line: what is wrong, or that it is good */

/* What a wrong token is made of, beside the request. */
struct mm_fault_request {
	const struct mm_fault *fault; /* NULL: none, only the rest */
	const char *issuer;           /* in place of the snapshot's; NULL: that one */
	const json_t *claims; /* an object: added, or in place of the claims of the same name; null takes one out */
};

/*
 * Mints it: the issuer is replaced first, then the fault is made, and the claims come last. The snapshot must have been
 * loaded with private keys. Of `out`, kid is that of the snapshot's key that signed, "" where it was none of them, and
 * the times are those of the claims, expires_at MM_NEVER when they have none that is an integer. MM_EREFUSED: the fault
 * needs a key that there is none of ("no retired key …", with what makes one), or the request is none that could be
 * minted without a fault. Where the fault takes a fresh key, one of RSA is up to 0.7 s in the making. Any thread.
 */
MM_MUSTCHECK enum mm_code mm_mint_faulty(const struct mm_snapshot *snapshot, const struct mm_mint_request *request,
					 const struct mm_fault_request *faulty, mm_time now, struct mm_minted *out,
					 struct mm_err *err);

#endif
