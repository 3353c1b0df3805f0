/* SPDX-License-Identifier: Apache-2.0 */
/* One key of a JWKS (RFC 7517 §4, RFC 7518 §6): the rules, each by itself. */
#include "issuer/doctor/doctor_parts.h"

#include <mintmark/json.h>
#include <mintmark/keyio.h>
#include <string.h>

static enum mm_doctor_verdict say(enum mm_doctor_verdict verdict, struct mm_err *why, const char *what,
				  const char *value)
{
	if (value)
		mm_fail(why, MM_EREFUSED, "%s \"%.64s\"", what, value);
	else
		mm_fail(why, MM_EREFUSED, "%s", what);
	return verdict;
}

static enum mm_doctor_verdict judge_private(const json_t *key, struct mm_err *why)
{
	const char *member = mm_jwk_private_member(key);

	return member ? say(MM_KEY_BAD, why, "it publishes the private member", member) : MM_KEY_GOOD;
}

static enum mm_doctor_verdict judge_kid(const json_t *key, struct mm_err *why)
{
	const json_t *kid = json_object_get(key, "kid");

	if (!json_is_string(kid) || json_string_length(kid) == 0)
		return say(MM_KEY_BAD, why, !kid ? "it has no kid" : "its kid is no string, or empty", NULL);
	if (json_string_length(kid) > MM_KID_MAX)
		return say(MM_KEY_BAD, why, "its kid is longer than 1024 bytes", NULL);
	return MM_KEY_GOOD;
}

static bool is_known(const char *kty, const char *crv)
{
	for (size_t i = 0; i < MM_ALG_COUNT; i++) {
		const struct mm_alg *alg = &mm_algs[i];

		if (strcmp(kty, alg->kty_name) == 0 && (!alg->crv || (crv && strcmp(crv, alg->crv) == 0)))
			return true;
	}
	return false;
}

static enum mm_doctor_verdict judge_kty(const json_t *key, struct mm_err *why)
{
	const char *kty = mm_json_text(key, "kty"), *crv = mm_json_text(key, "crv");

	if (!kty)
		return say(MM_KEY_BAD, why, "its kty is missing, or no string", NULL);
	if (is_known(kty, crv))
		return MM_KEY_GOOD;
	if (strcmp(kty, "EC") != 0 && strcmp(kty, "OKP") != 0)
		return say(MM_KEY_FOREIGN, why, "no verifier knows kty", kty);
	return crv ? say(MM_KEY_FOREIGN, why, "no cloud takes the curve", crv)
		   : say(MM_KEY_BAD, why, "its crv is missing, or no string", NULL);
}

static enum mm_doctor_verdict judge_use(const json_t *key, struct mm_err *why)
{
	const json_t *use = json_object_get(key, "use");

	if (use && !json_is_string(use))
		return say(MM_KEY_BAD, why, "its use is no string", NULL);
	if (use && strcmp(json_string_value(use), "sig") != 0)
		return say(MM_KEY_FOREIGN, why, "it is not for signatures: its use is", json_string_value(use));
	if (!mm_jwk_allows(key, "verify"))
		return say(MM_KEY_FOREIGN, why, "it is not for signatures: its key_ops lacks", "verify");
	return use ? MM_KEY_GOOD : say(MM_KEY_ODD, why, "it has no use: some verifiers pass over it", NULL);
}

static enum mm_doctor_verdict judge_alg(const json_t *key, struct mm_err *why)
{
	const char *kty = mm_json_text(key, "kty"), *crv = mm_json_text(key, "crv");
	const json_t *member = json_object_get(key, "alg");
	const struct mm_alg *alg;

	if (!member)
		return say(MM_KEY_ODD, why, "it has no alg: what it signs with is anybody's guess", NULL);
	if (!json_is_string(member))
		return say(MM_KEY_BAD, why, "its alg is no string", NULL);
	alg = mm_alg_find(mm_span_str(json_string_value(member)));
	if (!alg)
		return say(MM_KEY_FOREIGN, why, "no cloud takes alg", json_string_value(member));
	if (strcmp(kty, alg->kty_name) != 0)
		return say(MM_KEY_BAD, why, "its kty does not fit its alg, which is", alg->name);
	if (alg->crv && strcmp(crv, alg->crv) != 0)
		return say(MM_KEY_BAD, why, "its crv does not fit its alg, which is", alg->name);
	return MM_KEY_GOOD;
}

/* What import asks of keys is asked of published ones: sizes, exponent, points on their curve, weak moduli. */
static enum mm_doctor_verdict judge_material(const json_t *key, struct mm_err *why)
{
	mm_auto(mm_key) parsed = NULL;

	return mm_jwk_to_key(key, false, &parsed, why) == MM_OK ? MM_KEY_GOOD : MM_KEY_BAD;
}

const struct mm_doctor_key_rule mm_doctor_key_rules[MM_DOCTOR_KEY_RULES] = {
	{"jwks.private", judge_private, "no private members",
	 "take it offline and REVOKE THIS KEY NOW: whoever read the JWKS can sign as this issuer"},
	{"jwks.kty", judge_kty, "known types and curves", "publish keys of kty RSA, or EC on P-256, P-384 or P-521"},
	{"jwks.use", judge_use, "each key is for signatures",
	 "write \"use\": \"sig\" into the keys that tokens are signed with"},
	{"jwks.alg", judge_alg, "each key says which, and it fits",
	 "write the alg of the tokens that it signs into each key: RS256, ES256, ..."},
	{"jwks.kid", judge_kid, "each key has one",
	 "give each key a kid: tokens name their key by it, and GCP takes no token without"},
	{"jwks.material", judge_material, "sizes and numbers are sound",
	 "replace the key by a new one (RSA of 2048 bits or more, or EC)"},
};
