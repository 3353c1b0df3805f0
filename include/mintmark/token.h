/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Verifying tokens strictly (RFC 8725). The key is chosen by kid, the algorithm is the key's own; everything in the
 * header but alg, kid and typ is ignored or, where it changes the meaning (crit, b64), refused. Nothing is fetched
 * because a token says so.
 */
#ifndef MINTMARK_TOKEN_H
#define MINTMARK_TOKEN_H

#include <jansson.h>
#include <mintmark/clock.h>
#include <mintmark/jwks.h>

#define MM_TOKEN_MAX 20000 /* characters, where AWS stops */
#define MM_LEEWAY    60    /* seconds, as in Kubernetes' TokenReview */

struct mm_verify_options {
	const char *issuer;           /* iss must equal it byte for byte; NULL: any, but it must be there */
	const char *const *audiences; /* one of them must be in aud; none: any, but aud must be there */
	size_t audience_count;
	mm_time now;
	mm_duration leeway;
	bool signature_only; /* a JWS with any payload: claims are neither parsed nor checked */
};

/* What was wrong first, in the order of the checks. */
enum mm_token_fault {
	MM_TOKEN_GOOD,
	MM_TOKEN_FORM,      /* no JWS, or one that is not accepted whatever the key */
	MM_TOKEN_NO_KEY,    /* no key with its kid or, without one, none for its alg */
	MM_TOKEN_SIGNATURE, /* it has a key, which does not verify it */
	MM_TOKEN_ISSUER,    /* iss is another one */
	MM_TOKEN_AUDIENCE,  /* aud has none of those wanted */
	MM_TOKEN_EXPIRED,
	MM_TOKEN_EARLY,  /* nbf */
	MM_TOKEN_FUTURE, /* iat */
	MM_TOKEN_CLAIM,  /* a claim is missing, or has not the form that it must have */
};

/* What a token says; claims is NULL with signature_only. */
struct mm_token {
	json_t *header;
	json_t *claims;
	struct mm_buf payload;
	const struct mm_alg *alg;  /* of the key that verified it; NULL when nothing was verified */
	char kid[MM_KID_MAX + 1];  /* "" when the header has none */
	enum mm_token_fault fault; /* of a token that did not verify; says nothing of MM_ENOMEM and MM_ECRYPTO */
};
void mm_token_clear(struct mm_token *token); /* for MM_CLEANUP; {0} is an empty one */

/*
 * Verifies. Order: size and dots, header, key, signature, and only then the claims. Without a kid every key of the
 * right algorithm is tried. MM_EVERIFY with the reason ("expired at …, now is …"); MM_EPARSE: not a JWS; MM_ELIMIT.
 * `*token` (must be {0}) is filled as far as the work came.
 */
MM_MUSTCHECK enum mm_code mm_token_verify(struct mm_span text, const struct mm_jwks *jwks,
					  const struct mm_verify_options *options, struct mm_token *token,
					  struct mm_err *err);

/* Decodes under the same limits and verifies nothing. */
MM_MUSTCHECK enum mm_code mm_token_inspect(struct mm_span text, struct mm_token *token, struct mm_err *err);

#endif
