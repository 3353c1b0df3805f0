/* SPDX-License-Identifier: Apache-2.0 */
/* Building a JWS in compact form (RFC 7515 §7.1) with everything prepared that can be. */
#ifndef MINTMARK_JWS_H
#define MINTMARK_JWS_H

#include <mintmark/signer.h>

struct mm_jws; /* a signer and its encoded protected header; immutable, used by any thread */

/*
 * With the header {"alg":…,"kid":…,"typ":"JWT"}, or `header` byte for byte when it is not NULL (vectors, tests).
 * Takes the signer over, also when it fails.
 */
MM_MUSTCHECK enum mm_code mm_jws_prepare(struct mm_signer *signer, const char *header, struct mm_jws **out,
					 struct mm_err *err);
const struct mm_alg *mm_jws_alg(const struct mm_jws *jws);
const char *mm_jws_kid(const struct mm_jws *jws);
void mm_jws_free(struct mm_jws *jws);
MM_AUTO(mm_jws)

/* Appends header.payload.signature over the payload's bytes as they are. MM_ECRYPTO, MM_ENOMEM. Any thread. */
MM_MUSTCHECK enum mm_code mm_jws_sign(const struct mm_jws *jws, struct mm_span payload, struct mm_buf *token,
				      struct mm_err *err);

#endif
