/* SPDX-License-Identifier: Apache-2.0 */
/* What the files that read tokens share among themselves. */
#ifndef MINTMARK_ISSUER_TOKEN_TOKEN_H
#define MINTMARK_ISSUER_TOKEN_TOKEN_H

#include <mintmark/token.h>

#define MM_TOKEN_HEADER_MAX 8192 /* bytes of the decoded header */

/* The three parts of a compact JWS, still encoded; borrowed from the text. */
struct mm_token_parts {
	struct mm_span header;
	struct mm_span payload;
	struct mm_span signature;
	struct mm_span signed_text; /* header.payload */
};

/* Splits by the two dots; allocates nothing. MM_ELIMIT: longer than MM_TOKEN_MAX. MM_EPARSE: not exactly two dots. */
MM_MUSTCHECK enum mm_code mm_token_split(struct mm_span text, struct mm_token_parts *parts, struct mm_err *err);

/* Sets token->header and token->kid. MM_EPARSE, MM_ELIMIT (MM_TOKEN_HEADER_MAX, MM_KID_MAX). */
MM_MUSTCHECK enum mm_code mm_token_read_header(const struct mm_token_parts *parts, struct mm_token *token,
					       struct mm_err *err);

/* Sets token->payload, and token->claims when `json`. MM_EPARSE. */
MM_MUSTCHECK enum mm_code mm_token_read_payload(const struct mm_token_parts *parts, bool json, struct mm_token *token,
						struct mm_err *err);

/* The rules for the claims of a token whose signature was verified. Sets token->fault. MM_EVERIFY. */
MM_MUSTCHECK enum mm_code mm_token_check_claims(const struct mm_verify_options *options, struct mm_token *token,
						struct mm_err *err);

/* The i-th key, whatever its kid, for i below mm_jwks_count; borrowed. */
const struct mm_key *mm_jwks_at(const struct mm_jwks *jwks, size_t i);
/* The kid under which the document has it; "" when it has none there. Borrowed. */
const char *mm_jwks_kid_at(const struct mm_jwks *jwks, size_t i);

/* Why the key with that kid, the `*index`-th of the document, was not taken; NULL when there is none. Borrowed. */
const char *mm_jwks_not_taken(const struct mm_jwks *jwks, const char *kid, size_t *index);

#endif
