/* SPDX-License-Identifier: Apache-2.0 */
/* The numbers of an RSA key (RFC 8017 §3), under the names that JWK and OpenSSL give them. */
#ifndef MINTMARK_KEYS_RSA_H
#define MINTMARK_KEYS_RSA_H

#include <mintmark/err.h>
#include <mintmark/ossl.h>
#include <stdbool.h>
#include <stddef.h>

enum mm_rsa_number { MM_RSA_N, MM_RSA_E, MM_RSA_D, MM_RSA_P, MM_RSA_Q, MM_RSA_DP, MM_RSA_DQ, MM_RSA_QI, MM_RSA_COUNT };
#define MM_RSA_PUBLIC_COUNT MM_RSA_D

struct mm_rsa_name {
	const char *jwk;  /* RFC 7518 §6.3 */
	const char *ossl; /* EVP_PKEY-RSA(7) */
};
extern const struct mm_rsa_name mm_rsa_names[MM_RSA_COUNT];

/* Those that are not known are NULL; the private ones are flagged so that OpenSSL cleanses its copies. */
struct mm_rsa {
	BIGNUM *v[MM_RSA_COUNT];
};
void mm_rsa_free(struct mm_rsa *rsa); /* cleanses */
#define mm_auto_rsa MM_CLEANUP(mm_rsa_free) struct mm_rsa

/* The numbers of an RSA key, the private ones when `private`. MM_EREFUSED names a number that the key lacks. */
MM_MUSTCHECK enum mm_code mm_rsa_from_pkey(const EVP_PKEY *pkey, bool private, struct mm_rsa *out, struct mm_err *err);

/* The reverse; `*out` is freed by the caller. MM_ECRYPTO. */
MM_MUSTCHECK enum mm_code mm_rsa_to_pkey(const struct mm_rsa *rsa, bool private, EVP_PKEY **out, struct mm_err *err);

#endif
