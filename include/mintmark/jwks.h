/* SPDX-License-Identifier: Apache-2.0 */
/* Key sets of others, by which tokens are verified: read from a document, or fetched from a discovered issuer. */
#ifndef MINTMARK_JWKS_H
#define MINTMARK_JWKS_H

#include <mintmark/key.h>

#define MM_JWKS_MAX      524288 /* bytes */
#define MM_DISCOVERY_MAX 65536  /* bytes of a discovery document */
#define MM_JWKS_KEYS_MAX 1000
#define MM_KID_MAX       1024 /* bytes of a kid that is looked up */

struct mm_jwks; /* public keys by kid; immutable */

/*
 * Reads a JWKS. Ignored are, as RFC 7517 §5 asks, keys of unknown kty, crv or alg or for another use than signatures,
 * and keys that lack a member, have one that cannot be read, or break a rule of vetting; of the latter the reason is
 * kept for tokens that name such a key, which is never used. A private member in any of them and a kid that two keys
 * have, taken or not, fail the whole: MM_EREFUSED. So does a set in which not one key could be taken, with the code and
 * line of the first that could not: MM_EREFUSED, MM_EPARSE, MM_ELIMIT. Lines name index and kid.
 */
MM_MUSTCHECK enum mm_code mm_jwks_parse(struct mm_span text, struct mm_jwks **out, struct mm_err *err);
/* Of keys in hand, which are referenced; each has a kid of its own. MM_ENOMEM. */
MM_MUSTCHECK enum mm_code mm_jwks_from_keys(const struct mm_key *const *keys, size_t count, struct mm_jwks **out,
					    struct mm_err *err);
size_t mm_jwks_count(const struct mm_jwks *jwks); /* of keys that were taken */
/* The key with that kid, or NULL; borrowed. */
const struct mm_key *mm_jwks_find(const struct mm_jwks *jwks, struct mm_span kid);
void mm_jwks_free(struct mm_jwks *jwks);
MM_AUTO(mm_jwks)

/* Appends where the discovery document is: a slash at the end of the issuer is not doubled (Discovery 1.0 §4.1). */
void mm_discovery_url(const char *issuer, struct mm_buf *out);

/*
 * Fetches what a stranger would: ISSUER/.well-known/openid-configuration, whose issuer must equal `issuer` byte for
 * byte (OpenID Connect Discovery 1.0 §4.3), then its jwks_uri. MM_ENETWORK, MM_ETIMEOUT, MM_ELIMIT, MM_EPARSE,
 * MM_EREFUSED; the line names the URL. `ca_file`: see mm_fetch_options. `timeout_ms`: for both together; 0 = 5000.
 */
MM_MUSTCHECK enum mm_code mm_jwks_discover(const char *issuer, const char *ca_file, int timeout_ms,
					   struct mm_jwks **out, struct mm_err *err);

#endif
