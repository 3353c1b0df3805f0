/* SPDX-License-Identifier: Apache-2.0 */
#include "keys/verify.h"
#include "keys/ecdsa.h"

#include <mintmark/ossl.h>
#include <mintmark/signer.h>
#include <openssl/err.h>

/* The signature in OpenSSL's form: for ECDSA that is built in `der`. */
static bool openssl_form(const struct mm_key *key, struct mm_span *signature, uint8_t der[static MM_ECDSA_DER_MAX])
{
	size_t len = 0;

	if (signature->len != mm_key_signature_len(key))
		return false;
	if (mm_key_alg(key)->kty != MM_KTY_EC)
		return true;
	if (!mm_ecdsa_to_der(mm_key_alg(key), *signature, der, &len))
		return false;
	*signature = mm_span(der, len);
	return true;
}

enum mm_code mm_verify(const struct mm_key *key, struct mm_span message, struct mm_span signature, struct mm_err *err)
{
	mm_ossl_auto(EVP_MD_CTX) context = NULL;
	const EVP_MD_CTX *prepared = NULL;
	uint8_t der[MM_ECDSA_DER_MAX];
	enum mm_code code = mm_key_check_made(key, err);
	bool good;

	if (code != MM_OK)
		return code;
	if (!openssl_form(key, &signature, der))
		return mm_fail(err, MM_EVERIFY, "the signature does not verify");
	code = mm_key_verifying(key, &prepared, err);
	if (code != MM_OK)
		return code;
	context = EVP_MD_CTX_new();
	if (!context || !EVP_MD_CTX_copy_ex(context, prepared))
		return mm_fail_openssl(err, MM_ECRYPTO, "preparing to verify");
	good = EVP_DigestVerify(context, (const uint8_t *)signature.p, signature.len, (const uint8_t *)message.p,
				message.len) == 1;
	ERR_clear_error(); /* of a bad signature: a TLS connection of this thread would take it for its own */
	return good ? MM_OK : mm_fail(err, MM_EVERIFY, "the signature does not verify");
}
