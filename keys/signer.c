/* SPDX-License-Identifier: Apache-2.0 */
#include <mintmark/signer.h>

#include "keys/ecdsa.h"
#include "keys/sigparams.h"

#include <mintmark/ossl.h>
#include <openssl/err.h>
#include <stdlib.h>
#include <string.h>

/* Signs in this process. */
struct local {
	struct mm_signer base;
	/*
	 * Initialised once, and holds the key. A copy of it makes each signature, so that threads only read this one.
	 */
	EVP_MD_CTX *prepared;
};

static void local_free(struct mm_signer *signer)
{
	struct local *local = (struct local *)signer;

	EVP_MD_CTX_free(local->prepared);
	free(local);
}

static enum mm_code local_sign(const struct mm_signer *signer, struct mm_span message, uint8_t *signature, size_t *len,
			       struct mm_err *err)
{
	const struct local *local = (const struct local *)signer;
	bool ecdsa = signer->alg->kty == MM_KTY_EC;
	mm_ossl_auto(EVP_MD_CTX) context = EVP_MD_CTX_new();
	uint8_t der[MM_ECDSA_DER_MAX];
	size_t made = ecdsa ? sizeof der : MM_SIGNATURE_MAX;

	if (!context || !EVP_MD_CTX_copy_ex(context, local->prepared) ||
	    EVP_DigestSign(context, ecdsa ? der : signature, &made, (const uint8_t *)message.p, message.len) != 1)
		return mm_fail_openssl(err, MM_ECRYPTO, "signing with key %s", signer->kid);
	if (ecdsa && !mm_ecdsa_from_der(signer->alg, mm_span(der, made), signature))
		return mm_fail_openssl(err, MM_ECRYPTO, "signing with key %s gave no ECDSA signature", signer->kid);
	*len = ecdsa ? signer->alg->signature_len : made;
	return MM_OK;
}

static const struct mm_signer_ops local_ops = {.sign = local_sign, .free = local_free};

enum mm_code mm_signer_local(const struct mm_key *key, struct mm_signer **out, struct mm_err *err)
{
	const struct mm_alg *alg = mm_key_alg(key);
	mm_auto(mm_signer) signer = NULL;
	OSSL_PARAM params[MM_SIGPARAMS_COUNT];
	struct local *local;

	if (!mm_key_is_private(key))
		return mm_fail(err, MM_EREFUSED, "key %s cannot sign: only its public half is here", mm_key_kid(key));
	local = calloc(1, sizeof *local);
	if (!local)
		return mm_fail(err, MM_ENOMEM, "no memory for a signer");
	signer = &local->base;
	signer->ops = &local_ops;
	signer->alg = alg;
	memcpy(signer->kid, mm_key_kid(key), MM_KID_SIZE);
	local->prepared = EVP_MD_CTX_new();
	mm_sigparams(alg, params);
	if (!local->prepared ||
	    !EVP_DigestSignInit_ex(local->prepared, NULL, alg->digest, NULL, NULL, mm_key_pkey(key), params))
		return mm_fail_openssl(err, MM_ECRYPTO, "preparing key %s", signer->kid);
	/* the copies are for one signature each: OpenSSL need not copy them again to keep them usable */
	EVP_MD_CTX_set_flags(local->prepared, EVP_MD_CTX_FLAG_FINALISE);
	*out = mm_take(signer);
	return MM_OK;
}

enum mm_code mm_sign(const struct mm_signer *signer, struct mm_span message, uint8_t signature[static MM_SIGNATURE_MAX],
		     size_t *len, struct mm_err *err)
{
	return signer->ops->sign(signer, message, signature, len, err);
}

void mm_signer_header(const struct mm_signer *signer, struct mm_buf *out)
{
	/* Neither alg names nor base64url kids need escaping. */
	mm_buf_printf(out, "{\"alg\":\"%s\",\"kid\":\"%s\",\"typ\":\"JWT\"}", signer->alg->name, signer->kid);
}

void mm_signer_free(struct mm_signer *signer)
{
	if (signer)
		signer->ops->free(signer);
}
