/* SPDX-License-Identifier: Apache-2.0 */
#include "keys/rsa.h"

#include <openssl/core_names.h>
#include <openssl/err.h>

const struct mm_rsa_name mm_rsa_names[MM_RSA_COUNT] = {
	[MM_RSA_N] = {"n", OSSL_PKEY_PARAM_RSA_N},           [MM_RSA_E] = {"e", OSSL_PKEY_PARAM_RSA_E},
	[MM_RSA_D] = {"d", OSSL_PKEY_PARAM_RSA_D},           [MM_RSA_P] = {"p", OSSL_PKEY_PARAM_RSA_FACTOR1},
	[MM_RSA_Q] = {"q", OSSL_PKEY_PARAM_RSA_FACTOR2},     [MM_RSA_DP] = {"dp", OSSL_PKEY_PARAM_RSA_EXPONENT1},
	[MM_RSA_DQ] = {"dq", OSSL_PKEY_PARAM_RSA_EXPONENT2}, [MM_RSA_QI] = {"qi", OSSL_PKEY_PARAM_RSA_COEFFICIENT1},
};

static size_t number_count(bool private)
{
	return private ? MM_RSA_COUNT : MM_RSA_PUBLIC_COUNT;
}

void mm_rsa_free(struct mm_rsa *rsa)
{
	for (size_t i = 0; i < MM_RSA_COUNT; i++) {
		BN_clear_free(rsa->v[i]);
		rsa->v[i] = NULL;
	}
}

enum mm_code mm_rsa_from_pkey(const EVP_PKEY *pkey, bool private, struct mm_rsa *out, struct mm_err *err)
{
	for (size_t i = 0; i < number_count(private); i++)
		if (!EVP_PKEY_get_bn_param(pkey, mm_rsa_names[i].ossl, &out->v[i])) {
			ERR_clear_error();
			return mm_fail(err, MM_EREFUSED, "the RSA key has no %s", mm_rsa_names[i].jwk);
		}
	return MM_OK;
}

enum mm_code mm_rsa_to_pkey(const struct mm_rsa *rsa, bool private, EVP_PKEY **out, struct mm_err *err)
{
	mm_ossl_auto(OSSL_PARAM_BLD) build = OSSL_PARAM_BLD_new();
	mm_ossl_auto(EVP_PKEY_CTX) context = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
	mm_ossl_auto(OSSL_PARAM) params = NULL;

	if (!build || !context)
		return mm_fail_openssl(err, MM_ECRYPTO, "RSA key");
	for (size_t i = 0; i < number_count(private); i++)
		if (!OSSL_PARAM_BLD_push_BN(build, mm_rsa_names[i].ossl, rsa->v[i]))
			return mm_fail_openssl(err, MM_ECRYPTO, "RSA key: %s", mm_rsa_names[i].jwk);
	params = OSSL_PARAM_BLD_to_param(build);
	if (!params || EVP_PKEY_fromdata_init(context) <= 0 ||
	    EVP_PKEY_fromdata(context, out, private ? EVP_PKEY_KEYPAIR : EVP_PKEY_PUBLIC_KEY, params) <= 0)
		return mm_fail_openssl(err, MM_ECRYPTO, "RSA key");
	return MM_OK;
}
