/* SPDX-License-Identifier: Apache-2.0 */
#ifndef KEYS_SIGPARAMS_H
#define KEYS_SIGPARAMS_H

#include <mintmark/alg.h>
#include <openssl/params.h>

#define MM_SIGPARAMS_COUNT 3

/*
 * The parameters of OpenSSL's signing and verifying contexts for `alg`: those of RSASSA-PSS with MGF1 of the same
 * digest and a salt of its length (RFC 7518 §3.5), else none.
 */
void mm_sigparams(const struct mm_alg *alg, OSSL_PARAM params[static MM_SIGPARAMS_COUNT]);

#endif
