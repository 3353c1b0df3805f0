/* SPDX-License-Identifier: Apache-2.0 */
#include <mintmark/signer.h>

#include <jwt.h>
#include <mintmark/base64url.h>
#include <mintmark/keyio.h>
#include <string.h>

/*
 * A token of no use to anybody: no issuer, no subject, expired in 1970. A signature of another length than the key's
 * goes no further: libjwt 1.10 writes behind its buffer when it is empty.
 */
static enum mm_code make_token(const struct mm_signer *signer, size_t signature_len, struct mm_buf *token,
			       struct mm_err *err)
{
	static const char payload[] = "{\"exp\":1,\"probe\":true}";
	uint8_t signature[MM_SIGNATURE_MAX];
	mm_auto_buf header = {0};
	size_t len = 0;
	enum mm_code code;

	mm_signer_header(signer, &header);
	mm_base64url_add(token, header.p, header.len);
	mm_buf_add_str(token, ".");
	mm_base64url_add(token, payload, sizeof payload - 1);
	code = mm_buf_check(&header, err);
	if (code == MM_OK)
		code = mm_buf_check(token, err);
	if (code == MM_OK)
		code = mm_sign(signer, mm_buf_span(token), signature, &len, err);
	if (code != MM_OK)
		return code;
	if (len != signature_len)
		return mm_fail(err, MM_ECRYPTO, "a signature of %zu bytes where %s has %zu", len, signer->alg->name,
			       signature_len);
	mm_buf_add_str(token, ".");
	mm_base64url_add(token, signature, len);
	return mm_buf_check(token, err);
}

/*
 * libjwt takes the algorithm from the header. That is ours here, and a key in PEM cannot be taken for an HMAC secret
 * with it; what libjwt says that it used is compared all the same.
 */
static enum mm_code ask_libjwt(const struct mm_buf *token, const struct mm_key *public_key, struct mm_err *err)
{
	const struct mm_alg *alg = mm_key_alg(public_key);
	mm_auto_buf pem = {0};
	jwt_t *jwt = NULL;
	bool good;
	enum mm_code code = mm_key_export(public_key, MM_FORM_PUBLIC_PEM, &pem, err);

	if (code != MM_OK)
		return code;
	good = jwt_decode(&jwt, token->p, (const unsigned char *)pem.p, (int)pem.len) == 0 &&
	       jwt_get_alg(jwt) == (jwt_alg_t)alg->libjwt;
	jwt_free(jwt);
	if (!good)
		return mm_fail(err, MM_ECRYPTO, "libjwt does not verify a probe signature with %s", alg->name);
	return MM_OK;
}

/* A stranger's view: all that he has is the published JWK. */
static enum mm_code ask_openssl(const struct mm_buf *token, const struct mm_key *public_key, struct mm_err *err)
{
	const char *dot = strrchr(token->p, '.');
	struct mm_span message = mm_span(token->p, (size_t)(dot - token->p));
	struct mm_span text = mm_span(dot + 1, token->len - message.len - 1);
	uint8_t signature[MM_SIGNATURE_MAX];
	mm_auto(mm_key) published = NULL;
	json_t *jwk = NULL;
	size_t len = 0;
	enum mm_code code = mm_base64url_decode(text, signature, sizeof signature, &len, err);

	if (code == MM_OK)
		code = mm_jwk_from_key(public_key, &jwk, err);
	if (code == MM_OK)
		code = mm_jwk_to_key(jwk, false, &published, err);
	json_decref(jwk);
	if (code != MM_OK)
		return code;
	if (mm_verify(published, message, mm_span(signature, len), NULL) != MM_OK)
		return mm_fail(err, MM_ECRYPTO,
			       "OpenSSL does not verify a probe signature with %s and the published JWK",
			       mm_key_alg(public_key)->name);
	return MM_OK;
}

enum mm_code mm_probe(const struct mm_signer *signer, const struct mm_key *public_key, struct mm_err *err)
{
	mm_auto_buf token = {0};
	enum mm_code code;

	if (signer->alg != mm_key_alg(public_key) || strcmp(signer->kid, mm_key_kid(public_key)) != 0)
		return mm_fail(err, MM_ECRYPTO, "the signer of key %s is asked about key %s", signer->kid,
			       mm_key_kid(public_key));
	code = make_token(signer, mm_key_signature_len(public_key), &token, err);
	if (code == MM_OK && signer->alg->libjwt >= 0)
		code = ask_libjwt(&token, public_key, err);
	if (code == MM_OK)
		code = ask_openssl(&token, public_key, err);
	return code;
}
