/* SPDX-License-Identifier: Apache-2.0 */
/* The algorithms that keys may have: one row each (RFC 7518 §3.1, RFC 8037 §3.1). Nothing else is ever accepted. */
#ifndef MINTMARK_ALG_H
#define MINTMARK_ALG_H

#include <mintmark/bytes.h>

enum mm_kty { MM_KTY_RSA, MM_KTY_EC, MM_KTY_OKP };

struct mm_alg {
	const char *name; /* JWA name: "RS256" */
	enum mm_kty kty;
	const char *kty_name;  /* "RSA", "EC", "OKP" */
	const char *crv;       /* JWK curve name; NULL for RSA */
	const char *group;     /* OpenSSL's name of the curve; NULL for RSA */
	const char *digest;    /* OpenSSL's name of the digest; NULL for EdDSA */
	bool pss;              /* RSASSA-PSS, salt as long as the digest (RFC 7518 §3.5) */
	size_t coordinate_len; /* EC: bytes of x, y, r and s; OKP: bytes of x; 0 for RSA */
	size_t signature_len;  /* bytes of the JWS signature; 0 for RSA: that of the modulus */
	int libjwt;            /* libjwt's jwt_alg_t, -1 where libjwt 1.10 does not know it */
};

#define MM_ALG_COUNT 10
extern const struct mm_alg mm_algs[MM_ALG_COUNT];

const struct mm_alg *mm_alg_find(struct mm_span name); /* byte for byte; NULL when unknown */
const char *mm_alg_names(void);                        /* "RS256, RS384, …": for messages and help */

#define MM_RSA_BITS_MIN  2048
#define MM_RSA_BITS_MAX  8192
#define MM_SIGNATURE_MAX (MM_RSA_BITS_MAX / 8)

#endif
