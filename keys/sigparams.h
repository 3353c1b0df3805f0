/* SPDX-License-Identifier: Apache-2.0 */
/* What signing and verifying must agree on. */
#ifndef MINTMARK_KEYS_SIGPARAMS_H
#define MINTMARK_KEYS_SIGPARAMS_H

#include <mintmark/alg.h>
#include <openssl/core_names.h>
#include <openssl/params.h>

#define MM_SIGPARAMS_COUNT 3

/*
 * The parameters of OpenSSL's signing and verifying contexts for `alg`: those of RSASSA-PSS with MGF1 of the same
 * digest and a salt of its length (RFC 7518 §3.5), else none.
 */
static inline void mm_sigparams(const struct mm_alg *alg, OSSL_PARAM params[static MM_SIGPARAMS_COUNT])
{
	static char pss[] = OSSL_PKEY_RSA_PAD_MODE_PSS, salt[] = OSSL_PKEY_RSA_PSS_SALT_LEN_DIGEST;

	if (alg->pss) {
		*params++ = OSSL_PARAM_construct_utf8_string(OSSL_SIGNATURE_PARAM_PAD_MODE, pss, 0);
		*params++ = OSSL_PARAM_construct_utf8_string(OSSL_SIGNATURE_PARAM_PSS_SALTLEN, salt, 0);
	}
	*params = OSSL_PARAM_construct_end();
}

#endif
