/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Verifying tokens strictly (RFC 8725). The key is chosen by kid, the algorithm is the key's own; everything in the
 * header but alg, kid and typ is ignored or, where it changes the meaning (crit, b64), refused. Nothing is fetched
 * because a token says so.
 */
#ifndef MINTMARK_VERIFY_H
#define MINTMARK_VERIFY_H

#include <jansson.h>
#include <mintmark/clock.h>
#include <mintmark/key.h>

#define MM_TOKEN_MAX     20000  /* characters, where AWS stops */
#define MM_JWKS_MAX      524288 /* bytes */
#define MM_JWKS_KEYS_MAX 1000
#define MM_KID_MAX       1024 /* bytes of a kid that is looked up */
#define MM_LEEWAY        60   /* seconds, as in Kubernetes' TokenReview */

struct mm_jwks; /* public keys by kid; immutable */

/*
 * Reads a JWKS (RFC 7517 §5). Keys of unknown kty or with use other than "sig" are skipped, as the RFC asks; a key
 * that is known and breaks a rule of vetting, holds private members, or repeats a kid fails the whole: MM_EREFUSED
 * with its index and kid. MM_EPARSE, MM_ELIMIT.
 */
MM_MUSTCHECK enum mm_code mm_jwks_parse(struct mm_span text, struct mm_jwks **out, struct mm_err *err);
size_t mm_jwks_count(const struct mm_jwks *jwks);
/* The key with that kid, or NULL; borrowed. */
const struct mm_key *mm_jwks_find(const struct mm_jwks *jwks, struct mm_span kid);
void mm_jwks_free(struct mm_jwks *jwks);
MM_AUTO(mm_jwks)

struct mm_verify_options {
	const char *issuer;           /* iss must equal it byte for byte; NULL: any, but it must be there */
	const char *const *audiences; /* one of them must be in aud; none: any, but aud must be there */
	size_t audience_count;
	mm_time now;
	mm_duration leeway;
	bool signature_only; /* a JWS with any payload: claims are neither parsed nor checked */
};

/* What a token says; claims is NULL with signature_only. */
struct mm_token {
	json_t *header;
	json_t *claims;
	struct mm_buf payload;
	const struct mm_alg *alg; /* of the key that verified it; NULL when nothing was verified */
	char kid[MM_KID_MAX + 1]; /* "" when the header has none */
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

/*
 * Fetches what a stranger would: ISSUER/.well-known/openid-configuration, whose issuer must equal `issuer` byte for
 * byte (OpenID Connect Discovery 1.0 §4.3), then its jwks_uri. MM_ENETWORK, MM_ETIMEOUT, MM_ELIMIT, MM_EPARSE,
 * MM_EREFUSED; the line names the URL.
 */
MM_MUSTCHECK enum mm_code mm_jwks_discover(const char *issuer, const char *ca_file, struct mm_jwks **out,
					   struct mm_err *err);

#endif
