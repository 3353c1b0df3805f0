/* SPDX-License-Identifier: Apache-2.0 */
#include <mintmark/keyio.h>

#include "keys/jwk.h"
#include "keys/pem.h"
#include "keys/vet.h"

#include <mintmark/json.h>
#include <mintmark/ossl.h>
#include <string.h>

static enum mm_code import_jwk(struct mm_span text, const struct mm_alg *alg, struct mm_key **out, struct mm_err *err)
{
	json_t *jwk = NULL;
	enum mm_code code = mm_json_load(text, MM_KEY_FILE_MAX, &jwk, err);

	if (code != MM_OK)
		return mm_context(err, code, "JWK");
	if (json_object_get(jwk, "keys"))
		code = mm_fail(err, MM_EPARSE, "found a JWK set; accepted: one private JWK");
	else
		code = mm_jwk_to_key_as(jwk, true, alg, out, err);
	mm_jwk_cleanse(jwk);
	json_decref(jwk);
	return code;
}

static enum mm_code import_pem(struct mm_span text, const struct mm_alg *alg, struct mm_span passphrase,
			       struct mm_key **out, struct mm_err *err)
{
	mm_ossl_auto(EVP_PKEY) pkey = NULL;
	enum mm_code code = mm_pem_read_private(text, passphrase, &pkey, err);

	if (code == MM_OK && !alg)
		code = mm_vet_default_alg(pkey, &alg, err);
	if (code != MM_OK)
		return code;
	return mm_key_from_pkey(alg, pkey, out, err);
}

static bool looks_like_json(struct mm_span text)
{
	size_t i = 0;

	while (i < text.len && memchr(" \t\r\n", text.p[i], 4))
		i++;
	return i < text.len && text.p[i] == '{';
}

enum mm_code mm_key_import(struct mm_span text, const struct mm_alg *alg, struct mm_span passphrase,
			   struct mm_key **out, struct mm_err *err)
{
	if (text.len > MM_KEY_FILE_MAX)
		return mm_fail(err, MM_ELIMIT, "a key file of %zu bytes; at most %d are read", text.len,
			       MM_KEY_FILE_MAX);
	return looks_like_json(text) ? import_jwk(text, alg, out, err) : import_pem(text, alg, passphrase, out, err);
}

static enum mm_code read_jwk_public(struct mm_span text, struct mm_key **out, struct mm_err *err)
{
	json_t *jwk = NULL;
	enum mm_code code = mm_json_load(text, MM_KEY_FILE_MAX, &jwk, err);

	if (code == MM_OK)
		code = mm_jwk_to_key(jwk, mm_jwk_private_member(jwk) != NULL, out, err);
	mm_jwk_cleanse(jwk);
	json_decref(jwk);
	return mm_context(err, code, "JWK");
}

static enum mm_code read_pem_public(struct mm_span text, struct mm_key **out, struct mm_err *err)
{
	mm_ossl_auto(EVP_PKEY) pkey = NULL;
	const struct mm_alg *alg;
	enum mm_code code;

	if (mm_pem_has_private(text))
		return import_pem(text, NULL, (struct mm_span){0}, out, err);
	code = mm_pem_read_public(text, &pkey, err);
	if (code == MM_OK)
		code = mm_vet_default_alg(pkey, &alg, err);
	return code == MM_OK ? mm_key_from_pkey(alg, pkey, out, err) : code;
}

enum mm_code mm_key_import_public(struct mm_span text, struct mm_key **out, struct mm_err *err)
{
	mm_auto(mm_key) key = NULL;
	enum mm_code code;

	*out = NULL;
	if (text.len > MM_KEY_FILE_MAX)
		return mm_fail(err, MM_ELIMIT, "a key file of %zu bytes; at most %d are read", text.len,
			       MM_KEY_FILE_MAX);
	code = looks_like_json(text) ? read_jwk_public(text, &key, err) : read_pem_public(text, &key, err);
	return code == MM_OK ? mm_key_public(key, out, err) : code;
}

static enum mm_code export_public_jwk(const struct mm_key *key, struct mm_buf *out, struct mm_err *err)
{
	json_t *jwk = NULL;
	enum mm_code code = mm_jwk_from_key(key, &jwk, err);

	if (code == MM_OK)
		code = mm_json_dump(jwk, false, out, err);
	json_decref(jwk);
	if (code != MM_OK)
		return code;
	mm_buf_add_str(out, "\n");
	return mm_buf_check(out, err);
}

enum mm_code mm_key_export(const struct mm_key *key, enum mm_key_form form, struct mm_buf *out, struct mm_err *err)
{
	bool public = form == MM_FORM_PUBLIC_PEM || form == MM_FORM_PUBLIC_JWK;
	enum mm_code code = mm_key_check_made(key, err);

	if (code != MM_OK)
		return code;
	if (!public && !mm_key_is_private(key))
		return mm_fail(err, MM_EREFUSED, "key %s has no private half here", mm_key_kid(key));
	if (form == MM_FORM_TRADITIONAL && mm_key_alg(key)->kty == MM_KTY_OKP)
		return mm_fail(err, MM_EREFUSED, "there is no traditional form of an Ed25519 key; use PKCS#8");
	switch (form) {
	case MM_FORM_PKCS8:
	case MM_FORM_TRADITIONAL:
	case MM_FORM_PUBLIC_PEM: return mm_pem_write(mm_key_pkey(key), form, out, err);
	case MM_FORM_PUBLIC_JWK: return export_public_jwk(key, out, err);
	case MM_FORM_PRIVATE_JWK: return mm_jwk_private_text(key, out, err);
	}
	return mm_fail(err, MM_EREFUSED, "unknown form of a key");
}
