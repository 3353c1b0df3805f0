/* SPDX-License-Identifier: Apache-2.0 */
/* OpenSSL's handles under the cleanup rule of <mintmark/attr.h>:  mm_ossl_auto(BIO) bio = BIO_new(…);  */
#ifndef MINTMARK_OSSL_H
#define MINTMARK_OSSL_H

#include <mintmark/attr.h>
#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/decoder.h>
#include <openssl/encoder.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/x509.h>

#define mm_ossl_auto(type) MM_CLEANUP(type##_cleanup) type *
#define MM_OSSL_AUTO(type, destroy)                                                                                    \
	static inline void type##_cleanup(type **owned)                                                                \
	{                                                                                                              \
		destroy(*owned);                                                                                       \
	}

MM_OSSL_AUTO(BIGNUM, BN_clear_free)
MM_OSSL_AUTO(BIO, BIO_free)
MM_OSSL_AUTO(BN_CTX, BN_CTX_free)
MM_OSSL_AUTO(EVP_MD_CTX, EVP_MD_CTX_free)
MM_OSSL_AUTO(EVP_PKEY, EVP_PKEY_free)
MM_OSSL_AUTO(EVP_PKEY_CTX, EVP_PKEY_CTX_free)
MM_OSSL_AUTO(OSSL_ENCODER_CTX, OSSL_ENCODER_CTX_free)
MM_OSSL_AUTO(OSSL_PARAM, OSSL_PARAM_free)
MM_OSSL_AUTO(OSSL_PARAM_BLD, OSSL_PARAM_BLD_free)
MM_OSSL_AUTO(X509, X509_free)

#endif
