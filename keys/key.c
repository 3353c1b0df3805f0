/* SPDX-License-Identifier: Apache-2.0 */
#include <mintmark/key.h>

#include "keys/sigparams.h"
#include "keys/verify.h"
#include "keys/vet.h"

#include <mintmark/base64url.h>
#include <mintmark/ossl.h>
#include <mintmark/refs.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/x509.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct mm_key {
	struct mm_refs refs;
	const struct mm_alg *alg;
	EVP_PKEY *pkey;                  /* NULL: planned */
	_Atomic(EVP_MD_CTX *) verifying; /* NULL: nobody has asked for it */
	bool private;
	char kid[MM_KID_SIZE];
};

static bool has_private_half(const struct mm_alg *alg, const EVP_PKEY *pkey)
{
	bool has;

	ERR_set_mark();
	if (alg->kty == MM_KTY_OKP) {
		size_t len = 0;

		has = EVP_PKEY_get_raw_private_key(pkey, NULL, &len) == 1;
	} else {
		mm_ossl_auto(BIGNUM) private = NULL;

		has = EVP_PKEY_get_bn_param(
			pkey, alg->kty == MM_KTY_RSA ? OSSL_PKEY_PARAM_RSA_D : OSSL_PKEY_PARAM_PRIV_KEY, &private);
	}
	ERR_pop_to_mark();
	return has;
}

/*
 * A reference to `pkey`, or a copy of it that writes its point uncompressed: Go knows no other form, and what is
 * written makes the kid.
 */
static enum mm_code canonical(const struct mm_alg *alg, EVP_PKEY *pkey, EVP_PKEY **out, struct mm_err *err)
{
	char form[32] = "";

	if (alg->kty != MM_KTY_EC ||
	    !EVP_PKEY_get_utf8_string_param(pkey, OSSL_PKEY_PARAM_EC_POINT_CONVERSION_FORMAT, form, sizeof form,
					    NULL) ||
	    strcmp(form, OSSL_PKEY_EC_POINT_CONVERSION_FORMAT_UNCOMPRESSED) == 0) {
		EVP_PKEY_up_ref(pkey);
		*out = pkey;
		return MM_OK;
	}
	*out = EVP_PKEY_dup(pkey);
	if (!*out || !EVP_PKEY_set_utf8_string_param(*out, OSSL_PKEY_PARAM_EC_POINT_CONVERSION_FORMAT,
						     OSSL_PKEY_EC_POINT_CONVERSION_FORMAT_UNCOMPRESSED))
		return mm_fail_openssl(err, MM_ECRYPTO, "copying a key");
	return MM_OK;
}

/* kid = base64url(SHA-256(SubjectPublicKeyInfo)) */
static enum mm_code set_kid(struct mm_key *key, struct mm_err *err)
{
	mm_auto_buf spki = {0};
	uint8_t digest[32];
	enum mm_code code = mm_key_spki(key, &spki, err);

	if (code != MM_OK)
		return code;
	if (!EVP_Digest(spki.p, spki.len, digest, NULL, EVP_sha256(), NULL))
		return mm_fail_openssl(err, MM_ECRYPTO, "SHA-256");
	key->kid[mm_base64url_encode(key->kid, digest, sizeof digest)] = '\0';
	return MM_OK;
}

/* Consumes `pkey`, also on failure. */
static enum mm_code make_key(const struct mm_alg *alg, EVP_PKEY *pkey, bool private, struct mm_key **out,
			     struct mm_err *err)
{
	mm_auto(mm_key) key = calloc(1, sizeof *key);
	enum mm_code code;

	if (!key) {
		EVP_PKEY_free(pkey);
		return mm_fail(err, MM_ENOMEM, "no memory for a key");
	}
	*key = (struct mm_key){.alg = alg, .pkey = pkey, .private = private};
	mm_refs_init(&key->refs);
	code = set_kid(key, err);
	if (code != MM_OK)
		return code;
	*out = mm_take(key);
	return MM_OK;
}

enum mm_code mm_key_from_pkey(const struct mm_alg *alg, EVP_PKEY *pkey, struct mm_key **out, struct mm_err *err)
{
	mm_ossl_auto(EVP_PKEY) own = NULL;
	bool private = has_private_half(alg, pkey);
	enum mm_code code = mm_vet(alg, pkey, private, err);

	if (code == MM_OK)
		code = canonical(alg, pkey, &own, err);
	if (code != MM_OK)
		return code;
	return make_key(alg, mm_take(own), private, out, err);
}

static bool rsa_size_offered(unsigned bits)
{
	return bits == 2048 || bits == 3072 || bits == 4096;
}

enum mm_code mm_key_generate(const struct mm_alg *alg, unsigned rsa_bits, struct mm_key **out, struct mm_err *err)
{
	mm_ossl_auto(EVP_PKEY) pkey = NULL;

	switch (alg->kty) {
	case MM_KTY_RSA:
		if (!rsa_size_offered(rsa_bits))
			return mm_fail(err, MM_EREFUSED, "RSA of %u bits; accepted: 2048, 3072 or 4096", rsa_bits);
		pkey = EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)rsa_bits);
		break;
	case MM_KTY_EC: pkey = EVP_PKEY_Q_keygen(NULL, NULL, "EC", alg->group); break;
	case MM_KTY_OKP: pkey = EVP_PKEY_Q_keygen(NULL, NULL, alg->group); break;
	}
	if (!pkey)
		return mm_fail_openssl(err, MM_ECRYPTO, "generating a key for %s", alg->name);
	return mm_key_from_pkey(alg, pkey, out, err);
}

enum mm_code mm_key_planned(const struct mm_alg *alg, unsigned number, struct mm_key **out, struct mm_err *err)
{
	struct mm_key *key = calloc(1, sizeof *key);

	if (!key)
		return mm_fail(err, MM_ENOMEM, "no memory for a key");
	*key = (struct mm_key){.alg = alg};
	mm_refs_init(&key->refs);
	snprintf(key->kid, sizeof key->kid, "planned-%u", number);
	*out = key;
	return MM_OK;
}

bool mm_key_is_planned(const struct mm_key *key)
{
	return !key->pkey;
}

enum mm_code mm_key_check_made(const struct mm_key *key, struct mm_err *err)
{
	return key->pkey ? MM_OK : mm_fail(err, MM_EREFUSED, "key %s: it is planned, and not made", key->kid);
}

enum mm_code mm_key_public(const struct mm_key *key, struct mm_key **out, struct mm_err *err)
{
	mm_auto_buf spki = {0};
	const unsigned char *der;
	EVP_PKEY *pkey;
	enum mm_code code = mm_key_spki(key, &spki, err);

	if (code != MM_OK)
		return code;
	der = (const unsigned char *)spki.p;
	pkey = d2i_PUBKEY(NULL, &der, (long)spki.len);
	if (!pkey)
		return mm_fail_openssl(err, MM_ECRYPTO, "the public half of a key");
	return make_key(key->alg, pkey, false, out, err);
}

struct mm_key *mm_key_ref(const struct mm_key *key)
{
	/* The count is not part of what is immutable. */
	struct mm_key *counted = (struct mm_key *)(uintptr_t)key;

	mm_refs_take(&counted->refs);
	return counted;
}

void mm_key_free(struct mm_key *key)
{
	if (!key || !mm_refs_drop(&key->refs))
		return;
	EVP_MD_CTX_free(key->verifying);
	EVP_PKEY_free(key->pkey); /* cleanses the private numbers */
	free(key);
}

const struct mm_alg *mm_key_alg(const struct mm_key *key)
{
	return key->alg;
}

const char *mm_key_kid(const struct mm_key *key)
{
	return key->kid;
}

bool mm_key_is_private(const struct mm_key *key)
{
	return key->private;
}

unsigned mm_key_bits(const struct mm_key *key)
{
	return key->pkey ? (unsigned)EVP_PKEY_get_bits(key->pkey) : 0;
}

size_t mm_key_signature_len(const struct mm_key *key)
{
	if (key->alg->signature_len || !key->pkey)
		return key->alg->signature_len;
	return (size_t)EVP_PKEY_get_size(key->pkey);
}

EVP_PKEY *mm_key_pkey(const struct mm_key *key)
{
	return key->pkey;
}

static enum mm_code prepare(const struct mm_key *key, EVP_MD_CTX **out, struct mm_err *err)
{
	mm_ossl_auto(EVP_MD_CTX) context = EVP_MD_CTX_new();
	OSSL_PARAM params[MM_SIGPARAMS_COUNT];

	mm_sigparams(key->alg, params);
	if (!context || !EVP_DigestVerifyInit_ex(context, NULL, key->alg->digest, NULL, NULL, key->pkey, params))
		return mm_fail_openssl(err, MM_ECRYPTO, "preparing to verify");
	/* as of signers: the copies are for one signature each */
	EVP_MD_CTX_set_flags(context, EVP_MD_CTX_FLAG_FINALISE);
	*out = mm_take(context);
	return MM_OK;
}

enum mm_code mm_key_verifying(const struct mm_key *key, const EVP_MD_CTX **out, struct mm_err *err)
{
	/* What is kept for later is not part of what is immutable. */
	_Atomic(EVP_MD_CTX *) *kept = &((struct mm_key *)(uintptr_t)key)->verifying;
	EVP_MD_CTX *found = atomic_load_explicit(kept, memory_order_acquire);
	EVP_MD_CTX *fresh = NULL;
	enum mm_code code;

	if (!found) {
		code = prepare(key, &fresh, err);
		if (code != MM_OK)
			return code;
		if (atomic_compare_exchange_strong_explicit(kept, &found, fresh, memory_order_acq_rel,
							    memory_order_acquire))
			found = fresh;
		else
			EVP_MD_CTX_free(fresh); /* another thread was first */
	}
	*out = found;
	return MM_OK;
}

enum mm_code mm_key_spki(const struct mm_key *key, struct mm_buf *out, struct mm_err *err)
{
	enum mm_code code = mm_key_check_made(key, err);
	unsigned char *der = NULL;
	int len;

	if (code != MM_OK)
		return code;
	len = i2d_PUBKEY(key->pkey, &der);
	if (len <= 0)
		return mm_fail_openssl(err, MM_ECRYPTO, "encoding a public key");
	mm_buf_add(out, der, (size_t)len);
	OPENSSL_free(der);
	return mm_buf_check(out, err);
}
