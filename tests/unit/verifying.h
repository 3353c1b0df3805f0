/* SPDX-License-Identifier: Apache-2.0 */
/* What the tests of verification share: one verifier who knows one key, and what it must say to tokens. */
#ifndef MINTMARK_TESTS_VERIFYING_H
#define MINTMARK_TESTS_VERIFYING_H

#include "tests/unit/support.h"
#include "tests/unit/tokens.h"

#define NOW    ((mm_time)1700000000)
#define ISSUER "https://oidc.example.com"
#define HEADER "{\"alg\":\"ES256\",\"kid\":\"k1\",\"typ\":\"JWT\"}"
#define CLAIMS                                                                                                         \
	"{\"aud\":[\"sts.amazonaws.com\"],\"exp\":1700003600,\"iat\":1700000000,\"iss\":\"" ISSUER "\","               \
	"\"nbf\":1700000000,\"sub\":\"system:serviceaccount:default:builder\"}"

/* Issuer and audience as in CLAIMS, at NOW with the usual leeway. */
extern const struct mm_verify_options strict;

/* The one key that the verifier knows, as "k1" of its JWKS. */
const struct mm_key *known_key(void);

enum mm_code verify_text(struct mm_span text, const struct mm_verify_options *options, struct mm_err *err);

/* With this header and these claims, correctly signed. */
void assert_accepted_with(const char *header, const char *claims, const struct mm_verify_options *options);
void assert_accepted(const char *header, const char *claims);
void assert_refused(const char *header, const char *claims, enum mm_code code, const char *reason);
void assert_claims_refused(const char *claims, const char *reason);

void assert_text_refused(struct mm_span text, enum mm_code code, const char *reason);

#endif
