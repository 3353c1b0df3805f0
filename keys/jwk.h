/* SPDX-License-Identifier: Apache-2.0 */
/* What reading and writing JWKs share, and what keyio.c needs of them beyond <mintmark/keyio.h>. */
#ifndef MINTMARK_KEYS_JWK_H
#define MINTMARK_KEYS_JWK_H

#include <mintmark/keyio.h>

#define MM_COORDINATE_MAX 66                    /* bytes: P-521 */
#define MM_JWK_NUMBER_MAX (MM_RSA_BITS_MAX / 8) /* bytes of the longest number: n */

/* As mm_jwk_to_key; `alg`, unless NULL, is what a JWK without one gets, and one that has another is refused. */
MM_MUSTCHECK enum mm_code mm_jwk_to_key_as(const json_t *jwk, bool private, const struct mm_alg *alg,
					   struct mm_key **out, struct mm_err *err);

/* Appends the private JWK as a line of text: through jansson, copies of it would stay in the heap. */
MM_MUSTCHECK enum mm_code mm_jwk_private_text(const struct mm_key *key, struct mm_buf *out, struct mm_err *err);

#endif
