/* SPDX-License-Identifier: Apache-2.0 */
/* Key sets of others, by which tokens are verified: read from a document, or fetched from a discovered issuer. */
#ifndef MINTMARK_JWKS_H
#define MINTMARK_JWKS_H

#include <mintmark/key.h>

#define MM_JWKS_MAX      524288 /* bytes */
#define MM_JWKS_KEYS_MAX 1000
#define MM_KID_MAX       1024 /* bytes of a kid that is looked up */

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

/*
 * Fetches what a stranger would: ISSUER/.well-known/openid-configuration, whose issuer must equal `issuer` byte for
 * byte (OpenID Connect Discovery 1.0 §4.3), then its jwks_uri. MM_ENETWORK, MM_ETIMEOUT, MM_ELIMIT, MM_EPARSE,
 * MM_EREFUSED; the line names the URL. `ca_file`: see mm_fetch_options.
 */
MM_MUSTCHECK enum mm_code mm_jwks_discover(const char *issuer, const char *ca_file, struct mm_jwks **out,
					   struct mm_err *err);

#endif
