/* SPDX-License-Identifier: Apache-2.0 */
/* The table of faults, and the functions of those rows for which data is not enough. */
#include "issuer/fault.h"

#include <mintmark/json.h>
#include <mintmark/keyio.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <string.h>

#define HOUR   3600
#define NO_KID "no-key-ever-had-this-kid"

/* ---- header and claims ------------------------------------------------------------------------------------------- */

static enum mm_code set_text(json_t *object, const char *name, const char *text, struct mm_err *err)
{
	return json_object_set_new(object, name, json_string(text)) == 0 ? MM_OK
									 : mm_fail(err, MM_ENOMEM, "out of memory");
}

static enum mm_code write_exp_as_text(struct mm_fault_work *work, struct mm_err *err)
{
	mm_auto_buf text = {0};
	enum mm_code code;

	mm_buf_add_int(&text, json_integer_value(json_object_get(work->claims, "exp")));
	code = mm_buf_check(&text, err);
	return code == MM_OK ? set_text(work->claims, "exp", text.p, err) : code;
}

static enum mm_code add_slash_to_issuer(struct mm_fault_work *work, struct mm_err *err)
{
	mm_auto_buf text = {0};
	enum mm_code code;

	mm_buf_printf(&text, "%s/", mm_json_text(work->claims, "iss"));
	code = mm_buf_check(&text, err);
	return code == MM_OK ? set_text(work->claims, "iss", text.p, err) : code;
}

/* One that the kind of key could have: a verifier that does what the header says cannot tell before it has tried. */
static enum mm_code name_other_alg(struct mm_fault_work *work, struct mm_err *err)
{
	const struct mm_alg *alg = mm_key_alg(work->key), *other = mm_alg_find(mm_span_str("ES256"));

	for (size_t i = 0; i < MM_ALG_COUNT; i++) {
		if (mm_algs[i].kty == alg->kty && &mm_algs[i] != alg) {
			other = &mm_algs[i];
			break;
		}
	}
	return set_text(work->header, "alg", other->name, err);
}

static enum mm_code name_other_key(struct mm_fault_work *work, struct mm_err *err)
{
	const struct mm_keyset *set = work->snapshot->set;
	const struct mm_alg *alg = mm_key_alg(work->key);

	for (size_t i = 0; i < set->count; i++) {
		const struct mm_key_record *record = &set->records[i];

		if (mm_key_states[mm_key_state(record, MM_NEVER)].in_jwks && mm_key_alg(record->key) == alg &&
		    record->key != work->key)
			return set_text(work->header, "kid", mm_key_kid(record->key), err);
	}
	return mm_fail(err, MM_EREFUSED, "no other key for %s is published: publish one", alg->name);
}

static enum mm_code embed_key(struct mm_fault_work *work, struct mm_err *err)
{
	json_t *jwk;
	enum mm_code code = mm_jwk_from_key(work->key, &jwk, err);

	if (code != MM_OK)
		return code;
	return json_object_set_new(work->header, "jwk", jwk) == 0 ? MM_OK : mm_fail(err, MM_ENOMEM, "out of memory");
}

/* ---- signatures -------------------------------------------------------------------------------------------------- */

static enum mm_code drop_signature(const struct mm_fault_work *work, struct mm_span text, uint8_t *signature,
				   size_t *len, struct mm_err *err)
{
	(void)work, (void)text, (void)signature, (void)err;
	*len = 0;
	return MM_OK;
}

static enum mm_code flip_bit(const struct mm_fault_work *work, struct mm_span text, uint8_t *signature, size_t *len,
			     struct mm_err *err)
{
	(void)work, (void)text, (void)err;
	signature[*len / 2] ^= 1;
	return MM_OK;
}

static enum mm_code zero(const struct mm_fault_work *work, struct mm_span text, uint8_t *signature, size_t *len,
			 struct mm_err *err)
{
	(void)work, (void)text, (void)err;
	memset(signature, 0, *len);
	return MM_OK;
}

static enum mm_code hs256(struct mm_span secret, struct mm_span text, uint8_t *signature, size_t *len,
			  struct mm_err *err)
{
	unsigned made;

	if (!HMAC(EVP_sha256(), secret.p, (int)secret.len, (const uint8_t *)text.p, text.len, signature, &made))
		return mm_fail_openssl(err, MM_ECRYPTO, "HMAC");
	*len = made;
	return MM_OK;
}

/* The secret is what people have of the key: its PEM file. */
static enum mm_code hs256_with_public_key(const struct mm_fault_work *work, struct mm_span text, uint8_t *signature,
					  size_t *len, struct mm_err *err)
{
	mm_auto_buf pem = {0};
	enum mm_code code = mm_key_export(work->key, MM_FORM_PUBLIC_PEM, &pem, err);

	return code == MM_OK ? hs256(mm_buf_span(&pem), text, signature, len, err) : code;
}

static enum mm_code hs256_with_nothing(const struct mm_fault_work *work, struct mm_span text, uint8_t *signature,
				       size_t *len, struct mm_err *err)
{
	(void)work;
	return hs256(mm_span_str(""), text, signature, len, err);
}

/* ---- the table --------------------------------------------------------------------------------------------------- */

/* clang-format off */
static const struct mm_fault faults[] = {
	/* when it is valid */
	{"expired", "it expired an hour ago", .times = {.exp = -HOUR, .iat = -2 * HOUR, .nbf = -2 * HOUR}},
	{"not-yet-valid", "nbf is in an hour", .times = {.nbf = HOUR, .exp = 2 * HOUR}},
	{"issued-in-future", "iat is in an hour", .times = {.iat = HOUR, .exp = 2 * HOUR}},
	{"short-lived", "good, and expires in 10 seconds", .times = {.exp = 10}},
	{"no-exp", "exp is missing", .claims = "{\"exp\":null}"},
	{"string-exp", "exp is a string (RFC 7519 section 2: NumericDate)", .alter = write_exp_as_text},

	/* by whom, for whom, about whom */
	{"wrong-issuer", "iss is https://issuer.invalid", .claims = "{\"iss\":\"https://issuer.invalid\"}"},
	{"issuer-with-slash", "iss has a slash at its end, which the issuer has not",
	 .alter = add_slash_to_issuer},
	{"no-issuer", "iss is missing", .claims = "{\"iss\":null}"},
	{"wrong-audience", "aud is [\"https://audience.invalid\"]",
	 .claims = "{\"aud\":[\"https://audience.invalid\"]}"},
	{"no-audience", "aud is missing", .claims = "{\"aud\":null}"},
	{"empty-audience", "aud is an empty list", .claims = "{\"aud\":[]}"},
	{"no-subject", "sub is missing; whoever needs one refuses it", .claims = "{\"sub\":null}"},

	/* by which key */
	{"unpublished-key", "signed by a fresh key, whose kid no JWKS has", .key = MM_FAULT_KEY_FRESH},
	{"retired-key", "good, and signed by a retired key, which is published still", .key = MM_FAULT_KEY_RETIRED},
	{"tainted-key", "good, and signed by a tainted key, which is published still", .key = MM_FAULT_KEY_TAINTED},
	{"wrong-kid", "its kid is of no key at all", .header = "{\"kid\":\"" NO_KID "\"}"},
	{"other-kid", "its kid is of another published key", .alter = name_other_key},
	{"no-kid", "good, and has no kid: all keys may be tried, or it is refused", .header = "{\"kid\":null}"},
	{"kid-path", "its kid is a path to /dev/null, and HS256 with an empty secret signed it",
	 .header = "{\"alg\":\"HS256\",\"kid\":\"../../../../../../../../dev/null\"}", .seal = hs256_with_nothing},
	{"embedded-key", "signed by a fresh key that its header brings along (CVE-2018-0114)",
	 .key = MM_FAULT_KEY_FRESH, .alter = embed_key},
	{"foreign-jku", "signed by a fresh key, with a jku that is not the issuer's",
	 .key = MM_FAULT_KEY_FRESH, .header = "{\"jku\":\"https://issuer.invalid/jwks\"}"},

	/* with which algorithm */
	{"alg-none", "alg is none, and the signature is empty (RFC 8725 section 2.1)",
	 .header = "{\"alg\":\"none\"}", .seal = drop_signature},
	{"hs256-with-public-key", "alg is HS256, and the secret is the public key as PEM (RFC 8725 section 2.1)",
	 .header = "{\"alg\":\"HS256\"}", .seal = hs256_with_public_key},
	{"wrong-alg", "alg is another one than the key's", .alter = name_other_alg},

	/* with which signature */
	{"broken-signature", "one bit of the signature is wrong", .seal = flip_bit},
	{"zero-signature", "every bit of the signature is zero (CVE-2022-21449)", .seal = zero},
	{"no-signature", "the signature is empty, though alg names one", .seal = drop_signature},
	{"other-payload", "sub was changed after it was signed",
	 .claims_afterwards = "{\"changed\":true,\"sub\":\"system:serviceaccount:kube-system:admin\"}"},

	/* as what */
	{"wrong-typ", "typ is logout+jwt: no identity token (RFC 8725 section 3.11)",
	 .header = "{\"typ\":\"logout+jwt\"}"},
	{"no-typ", "good, and has no typ, as with older issuers", .header = "{\"typ\":null}"},
	{"unknown-crit", "crit names an extension that nobody knows (RFC 7515 section 4.1.11)",
	 .header = "{\"crit\":[\"urn:unknown\"],\"urn:unknown\":true}"},
};
/* clang-format on */

const struct mm_fault *mm_fault_at(size_t i)
{
	return i < MM_COUNT(faults) ? &faults[i] : NULL;
}

const struct mm_fault *mm_fault_find(const char *name)
{
	for (size_t i = 0; i < MM_COUNT(faults); i++) {
		if (strcmp(faults[i].name, name) == 0)
			return &faults[i];
	}
	return NULL;
}

const char *mm_fault_name(const struct mm_fault *fault)
{
	return fault->name;
}

const char *mm_fault_help(const struct mm_fault *fault)
{
	return fault->help;
}
