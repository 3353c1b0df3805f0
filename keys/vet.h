/* SPDX-License-Identifier: Apache-2.0 */
/* The rules that a key must satisfy to enter the program, from wherever it comes. */
#ifndef MINTMARK_KEYS_VET_H
#define MINTMARK_KEYS_VET_H

#include <mintmark/alg.h>
#include <openssl/types.h>

/*
 * Refuses (MM_EREFUSED) a key whose type or curve is not that of `alg`, a weak one, and one whose halves do not belong
 * together when `private`. The rules stand with mm_key_from_pkey. Takes a few milliseconds for RSA.
 */
MM_MUSTCHECK enum mm_code mm_vet(const struct mm_alg *alg, EVP_PKEY *pkey, bool private, struct mm_err *err);

/* What a key signs with when nobody says: RS256 for RSA, else what fits the curve. MM_EREFUSED: no algorithm fits. */
MM_MUSTCHECK enum mm_code mm_vet_default_alg(const EVP_PKEY *pkey, const struct mm_alg **alg, struct mm_err *err);

/*
 * Whether `modulus` has the shape of those that Infineon's RSALib made (CVE-2017-15361; Nemec et al., "The Return of
 * Coppersmith's Attack", 2017, §2.3): modulo every small prime it is a power of 65537. So is one of 2^27 sound ones.
 */
bool mm_roca_fingerprint(const BIGNUM *modulus);

#endif
