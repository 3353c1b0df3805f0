/* SPDX-License-Identifier: Apache-2.0 */
/* Keys, tokens and key sets for the tests of issuer/. Every call succeeds or fails the test. */
#ifndef MINTMARK_TESTS_TOKENS_H
#define MINTMARK_TESTS_TOKENS_H

#include <mintmark/config.h>
#include <mintmark/jws.h>
#include <mintmark/token.h>

/* The n-th key for the algorithm; made when it is first asked for, and owned by this file. */
const struct mm_key *test_shared_key(const char *alg, unsigned n);

/* A compact JWS with exactly this header, signed by the key. Freed by the caller. */
char *test_token(const struct mm_key *key, const char *header, const char *payload);

/* Three parts, encoded and joined as they are. Freed by the caller. */
char *test_join(struct mm_span header, struct mm_span payload, struct mm_span signature);

/* The public JWK as text, with another kid; NULL: with none. Freed by the caller. */
char *test_jwk(const struct mm_key *key, const char *kid);

/* A key set with this one public key under that kid. Freed by the caller. */
struct mm_jwks *test_jwks(const struct mm_key *key, const char *kid);

/* ES256 for https://oidc.example.com/id/prod, with the defaults of mintmark.yaml; nothing in it is to be freed. */
struct mm_config test_config(void);

#endif
