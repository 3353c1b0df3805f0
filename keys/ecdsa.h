/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The two forms of an ECDSA signature: JWS has r and s side by side, each as long as the curve's order (RFC 7518
 * §3.4); OpenSSL has the DER of SEQUENCE { r INTEGER, s INTEGER } (RFC 3279 §2.2.3). Without allocations.
 */
#ifndef MINTMARK_KEYS_ECDSA_H
#define MINTMARK_KEYS_ECDSA_H

#include <mintmark/alg.h>

#define MM_ECDSA_DER_MAX 141 /* P-521: 3 for the sequence, and twice 2 + 1 + 66 */

/*
 * Writes the alg->signature_len bytes of the JWS form. False: not the one DER encoding of such a signature, or r or s
 * outside [1, n-1].
 */
MM_MUSTCHECK bool mm_ecdsa_from_der(const struct mm_alg *alg, struct mm_span der, uint8_t *raw);

/* The other way round. False: wrong length, or r or s outside [1, n-1] (CVE-2022-21449). */
MM_MUSTCHECK bool mm_ecdsa_to_der(const struct mm_alg *alg, struct mm_span raw, uint8_t der[static MM_ECDSA_DER_MAX],
				  size_t *len);

#endif
