/* SPDX-License-Identifier: Apache-2.0 */
/* The key that a token names, and whether it signed it, by the key set that was given. */
#include "issuer/iam/explain_parts.h"
#include "issuer/token/token.h"

#include <mintmark/cloud.h>

#define KIDS_TOLD 4

const char mm_sts_no_key[] = "InvalidIdentityToken: Couldn't retrieve verification key from your identity provider,  "
			     "please reference AssumeRoleWithWebIdentity documentation for requirements";

#define PASS(check, ...) mm_finding_add(&trial->out->token, MM_FINDING_PASS, check, NULL, __VA_ARGS__)
#define SKIP(check, ...) mm_finding_add(&trial->out->token, MM_FINDING_SKIP, check, NULL, __VA_ARGS__)
#define FAIL(check, ...) mm_finding_add(&trial->out->token, MM_FINDING_FAIL, check, NULL, __VA_ARGS__)

/* IAM and STS quotas: at most 100 RSA and 100 EC keys; with one more, none of them is used. */
static void check_key_count(struct mm_trial *trial)
{
	const struct mm_cloud *aws = &mm_clouds[MM_CLOUD_AWS];
	const struct mm_jwks *jwks = trial->asked->jwks;
	size_t rsa = 0, ec = 0;

	for (size_t i = 0; i < mm_jwks_count(jwks); i++) {
		enum mm_kty kty = mm_key_alg(mm_jwks_at(jwks, i))->kty;

		rsa += kty == MM_KTY_RSA;
		ec += kty == MM_KTY_EC;
	}
	if (rsa + ec > 0 && rsa <= aws->rsa_keys_max && ec <= aws->ec_keys_max)
		return;
	FAIL("token.keys", "the JWKS has %zu RSA and %zu EC keys; STS takes 1 to 100 of each kind", rsa, ec);
	mm_trial_refuse(trial, "%s", mm_sts_no_key);
	MM_HINT("hint.keys", "publish the keys that sign, and those whose tokens still live, and no more",
		"the JWKS has %zu RSA and %zu EC keys; with none, or more than 100 of a kind, STS uses none of them",
		rsa, ec);
}

/* "a, b and 3 more" */
static void list_kids(const struct mm_jwks *jwks, struct mm_buf *out)
{
	size_t count = mm_jwks_count(jwks), told = count < KIDS_TOLD ? count : KIDS_TOLD;

	for (size_t i = 0; i < told; i++)
		mm_buf_printf(out, "%s\"%.64s\"", i > 0 ? ", " : "", mm_jwks_kid_at(jwks, i));
	if (count > told)
		mm_buf_printf(out, " and %zu more", count - told);
}

static enum mm_code refuse_key(struct mm_trial *trial, const char *why, struct mm_err *err)
{
	mm_auto_buf kids = {0};
	enum mm_code code;

	list_kids(trial->asked->jwks, &kids);
	code = mm_buf_check(&kids, err);
	if (code != MM_OK)
		return code;
	FAIL("token.key", "%s", why);
	mm_trial_refuse(trial, "%s", mm_sts_no_key);
	MM_HINT("hint.key",
		"get a new token; if its kid is not published either, the JWKS is an old one, or another issuer's",
		"the key \"%.64s\" signed the token, and the JWKS has %s: it was rotated away, or is another issuer's",
		trial->token.kid, kids.len > 0 ? kids.p : "none");
	return MM_OK;
}

/* "A token without kid is matched against kid "" ": one key has none, or STS finds none. */
static void refuse_kidless(struct mm_trial *trial)
{
	FAIL("token.key", "the token has no kid, and no key of the JWKS is without one");
	mm_trial_refuse(trial, "%s", mm_sts_no_key);
	MM_HINT("hint.kid", "sign with a kid in the header, and publish the key under it",
		"the token names no key, and STS does not try them all: it looks for one whose kid is empty");
}

static bool has_kidless(const struct mm_jwks *jwks)
{
	for (size_t i = 0; i < mm_jwks_count(jwks); i++) {
		if (mm_jwks_kid_at(jwks, i)[0] == '\0')
			return true;
	}
	return false;
}

static void refuse_signature(struct mm_trial *trial, const char *why)
{
	FAIL("token.signature", "%s", why);
	mm_trial_refuse(trial, "%s", mm_sts_not_valid);
	MM_HINT("hint.signature",
		"compare the JWKS that the issuer serves now; copy the token whole, without line breaks",
		"the token was changed after it was signed, or another key than the published one has its kid "
		"\"%.64s\"",
		trial->token.kid);
}

enum mm_code mm_explain_key(struct mm_trial *trial, struct mm_err *err)
{
	const struct mm_verify_options options = {.signature_only = true}; /* of claims STS has other rules */
	MM_CLEANUP(mm_token_clear) struct mm_token token = {0};
	const struct mm_jwks *jwks = trial->asked->jwks;
	struct mm_err why = {0};
	enum mm_code code;

	if (!jwks) {
		SKIP("token.signature", "not verified: no JWKS was given");
		return MM_OK;
	}
	check_key_count(trial);
	code = mm_token_verify(trial->asked->token, jwks, &options, &token, &why);
	if (code == MM_ENOMEM || code == MM_ECRYPTO)
		return mm_fail(err, code, "%s", why.text);
	if (!trial->token.kid[0] && !has_kidless(jwks))
		refuse_kidless(trial);
	else if (code == MM_OK)
		PASS("token.signature", "by %s key %s", token.alg->name, token.kid[0] ? token.kid : "without kid");
	else if (token.fault == MM_TOKEN_NO_KEY)
		return refuse_key(trial, why.text, err);
	else
		refuse_signature(trial, why.text);
	return MM_OK;
}
