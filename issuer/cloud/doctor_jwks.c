/* SPDX-License-Identifier: Apache-2.0 */
/* The key set (RFC 7517, RFC 7518): each rule is asked about each key, and says one thing about all of them. */
#include "issuer/cloud/doctor_parts.h"

#include <mintmark/json.h>
#include <mintmark/keyio.h>
#include <string.h>

/* What a rule says of a key. */
enum verdict {
	GOOD,
	ODD,     /* a warning, and the key is used nevertheless */
	FOREIGN, /* a warning: verifiers pass over it (RFC 7517 §5), and the other rules do not matter */
	BAD,
};

struct rule {
	const char *check;
	enum verdict (*judge)(const json_t *key, struct mm_err *why);
	const char *good, *remedy;
};

/* ---- the rules -------------------------------------------------------------------------------------------------- */

static enum verdict say(enum verdict verdict, struct mm_err *why, const char *what, const char *value)
{
	if (value)
		mm_fail(why, MM_EREFUSED, "%s \"%.64s\"", what, value);
	else
		mm_fail(why, MM_EREFUSED, "%s", what);
	return verdict;
}

static const char *text_member(const json_t *key, const char *name)
{
	return json_string_value(json_object_get(key, name));
}

static enum verdict judge_private(const json_t *key, struct mm_err *why)
{
	const char *member = mm_jwk_private_member(key);

	return member ? say(BAD, why, "it publishes the private member", member) : GOOD;
}

static enum verdict judge_kid(const json_t *key, struct mm_err *why)
{
	const json_t *kid = json_object_get(key, "kid");

	if (!json_is_string(kid) || json_string_length(kid) == 0)
		return say(BAD, why, !kid ? "it has no kid" : "its kid is no string, or empty", NULL);
	if (json_string_length(kid) > MM_KID_MAX)
		return say(BAD, why, "its kid is longer than 1024 bytes", NULL);
	return GOOD;
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

static enum verdict judge_kty(const json_t *key, struct mm_err *why)
{
	const char *kty = text_member(key, "kty"), *crv = text_member(key, "crv");

	if (!kty)
		return say(BAD, why, "its kty is missing, or no string", NULL);
	if (is_known(kty, crv))
		return GOOD;
	if (strcmp(kty, "EC") != 0 && strcmp(kty, "OKP") != 0)
		return say(FOREIGN, why, "no verifier knows kty", kty);
	return crv ? say(FOREIGN, why, "no cloud takes the curve", crv)
		   : say(BAD, why, "its crv is missing, or no string", NULL);
}

static enum verdict judge_use(const json_t *key, struct mm_err *why)
{
	const json_t *use = json_object_get(key, "use");

	if (use && !json_is_string(use))
		return say(BAD, why, "its use is no string", NULL);
	if (use && strcmp(json_string_value(use), "sig") != 0)
		return say(FOREIGN, why, "it is not for signatures: its use is", json_string_value(use));
	if (!mm_jwk_allows(key, "verify"))
		return say(FOREIGN, why, "it is not for signatures: its key_ops lacks", "verify");
	return use ? GOOD : say(ODD, why, "it has no use: some verifiers pass over it", NULL);
}

static enum verdict judge_alg(const json_t *key, struct mm_err *why)
{
	const char *kty = text_member(key, "kty"), *crv = text_member(key, "crv");
	const json_t *member = json_object_get(key, "alg");
	const struct mm_alg *alg;

	if (!member)
		return say(ODD, why, "it has no alg: what it signs with is anybody's guess", NULL);
	if (!json_is_string(member))
		return say(BAD, why, "its alg is no string", NULL);
	alg = mm_alg_find(mm_span_str(json_string_value(member)));
	if (!alg)
		return say(FOREIGN, why, "no cloud takes alg", json_string_value(member));
	if (strcmp(kty, alg->kty_name) != 0)
		return say(BAD, why, "its kty does not fit its alg, which is", alg->name);
	if (alg->crv && strcmp(crv, alg->crv) != 0)
		return say(BAD, why, "its crv does not fit its alg, which is", alg->name);
	return GOOD;
}

/* What import asks of keys is asked of published ones: sizes, exponent, points on their curve, weak moduli. */
static enum verdict judge_material(const json_t *key, struct mm_err *why)
{
	mm_auto(mm_key) parsed = NULL;

	return mm_jwk_to_key(key, false, &parsed, why) == MM_OK ? GOOD : BAD;
}

/* In this order; what follows a rule that a key broke is not asked of it, but for kid, which changes nothing. */
enum { RULE_KID, RULE_PRIVATE, RULE_KTY, RULE_USE, RULE_ALG, RULE_MATERIAL, RULE_COUNT };
static const struct rule rules[RULE_COUNT] = {
	[RULE_KID] = {"jwks.kid", judge_kid, "each key has one",
		      "give each key a kid: tokens name their key by it, and GCP takes no token without"},
	[RULE_PRIVATE] = {"jwks.private", judge_private, "no private members",
			  "take it offline and REVOKE THIS KEY NOW: whoever read the JWKS can sign as this issuer"},
	[RULE_KTY] = {"jwks.kty", judge_kty, "known types and curves",
		      "publish keys of kty RSA, or EC on P-256, P-384 or P-521"},
	[RULE_USE] = {"jwks.use", judge_use, "each key is for signatures",
		      "write \"use\": \"sig\" into the keys that tokens are signed with"},
	[RULE_ALG] = {"jwks.alg", judge_alg, "each key says which, and it fits",
		      "write the alg of the tokens that it signs into each key: RS256, ES256, ..."},
	[RULE_MATERIAL] = {"jwks.material", judge_material, "sizes and numbers are sound",
			   "replace the key by a new one (RSA of 2048 bits or more, or EC)"},
};

/* ---- what is said of all keys ----------------------------------------------------------------------------------- */

/* The worst that a rule said, of the first key of which it did. */
struct tally {
	enum verdict worst;
	size_t n;     /* how many keys are so */
	size_t index; /* of the first */
	struct mm_err why;
};

struct judging {
	const json_t *array;
	struct tally tallies[RULE_COUNT];
	struct mm_doctor_keys *keys;
};

static void count(struct tally *tally, enum verdict verdict, size_t index, const struct mm_err *why)
{
	if (verdict == GOOD || verdict < tally->worst)
		return;
	if (verdict > tally->worst)
		*tally = (struct tally){.worst = verdict, .index = index, .why = *why};
	tally->n++;
}

/* Whether nothing failed; `*usable`: whether it can verify tokens. */
static bool judge_key(struct judging *judging, size_t index, const json_t *key, bool *usable)
{
	bool sound = true;

	*usable = true;
	for (size_t i = 0; i < RULE_COUNT; i++) {
		struct mm_err why = {0};
		enum verdict verdict = rules[i].judge(key, &why);

		count(&judging->tallies[i], verdict, index, &why);
		sound = sound && verdict != BAD;
		*usable = sound && verdict != FOREIGN && *usable;
		if (verdict == FOREIGN || (verdict == BAD && i != RULE_KID))
			break;
	}
	return sound;
}

static void add_key_name(const json_t *array, size_t index, struct mm_buf *out)
{
	const char *kid = text_member(json_array_get(array, index), "kid");

	mm_buf_printf(out, "key %zu", index + 1);
	if (kid)
		mm_buf_printf(out, " (kid %.64s)", kid);
}

static void report_rule(const struct judging *judging, size_t i, struct mm_findings *report)
{
	const struct tally *tally = &judging->tallies[i];
	mm_auto_buf text = {0};

	if (tally->n == 0) {
		mm_finding_add(report, MM_FINDING_PASS, rules[i].check, NULL, "%s", rules[i].good);
		return;
	}
	add_key_name(judging->array, tally->index, &text);
	mm_buf_printf(&text, ": %s", tally->why.text);
	if (tally->n > 1)
		mm_buf_printf(&text, " (and %zu more of %zu)", tally->n - 1, json_array_size(judging->array));
	report->failed = report->failed || text.failed;
	if (!text.failed)
		mm_finding_add(report, tally->worst == BAD ? MM_FINDING_FAIL : MM_FINDING_WARN, rules[i].check,
			       rules[i].remedy, "%s", text.p);
}

/* A kid that two keys have stands for neither. */
static void judge_unique(const json_t *array, struct mm_findings *report)
{
	for (size_t i = 0; i < json_array_size(array); i++) {
		const char *kid = text_member(json_array_get(array, i), "kid");

		for (size_t j = 0; kid && j < i; j++) {
			const char *other = text_member(json_array_get(array, j), "kid");

			if (!other || strcmp(kid, other) != 0)
				continue;
			mm_finding_add(report, MM_FINDING_FAIL, "jwks.kid-unique",
				       "give each key a kid of its own: which of them a token means cannot be told",
				       "keys %zu and %zu both have kid \"%.64s\"", j + 1, i + 1, kid);
			return;
		}
	}
	mm_finding_add(report, MM_FINDING_PASS, "jwks.kid-unique", NULL, "each key has another");
}

/* Strict verifiers (go-oidc) take only algorithms that the discovery document lists. */
static void judge_listed(const json_t *keys, const json_t *discovery, struct mm_findings *report)
{
	const json_t *listed = json_object_get(discovery, "id_token_signing_alg_values_supported"), *key;
	size_t i, j;

	if (!mm_doctor_holds(report, "discovery.algorithms") || json_array_size(listed) == 0)
		return;
	json_array_foreach(keys, i, key)
	{
		const char *alg = text_member(key, "alg");
		const json_t *word;
		bool found = !alg;

		json_array_foreach(listed, j, word) found = found || strcmp(json_string_value(word), alg) == 0;
		if (found)
			continue;
		mm_finding_add(report, MM_FINDING_FAIL, "jwks.alg-listed",
			       "list the algorithms of all keys in id_token_signing_alg_values_supported",
			       "a key is for %.64s, which the discovery document does not list", alg);
		return;
	}
	mm_finding_add(report, MM_FINDING_PASS, "jwks.alg-listed", NULL,
		       "the discovery document lists those of the keys");
}

static bool judge_array(const json_t *array, struct mm_findings *report)
{
	static const char remedy[] = "publish {\"keys\": [...]} with the key that tokens are signed with";
	size_t n = json_array_size(array);

	for (size_t i = 0; i < n; i++) {
		if (json_is_object(json_array_get(array, i)))
			continue;
		mm_finding_add(report, MM_FINDING_FAIL, "jwks.keys", remedy, "key %zu is no object", i + 1);
		return false;
	}
	if (!json_is_array(array))
		mm_finding_add(report, MM_FINDING_FAIL, "jwks.keys", remedy, "\"keys\" is missing, or no array");
	else if (n == 0)
		mm_finding_add(report, MM_FINDING_FAIL, "jwks.keys", remedy, "there are none");
	else if (n > MM_JWKS_KEYS_MAX)
		mm_finding_add(report, MM_FINDING_FAIL, "jwks.keys", "publish no more than are needed to verify",
			       "%zu keys, of which %d are read", n, MM_JWKS_KEYS_MAX);
	else
		mm_finding_add(report, MM_FINDING_PASS, "jwks.keys", NULL, "%zu", n);
	return mm_doctor_holds(report, "jwks.keys");
}

static enum mm_code judge_keys(struct judging *judging, const json_t *discovery, struct mm_findings *report,
			       struct mm_err *err)
{
	json_t *sound = json_array(), *usable_keys = json_array(), *key;
	bool complete = sound && usable_keys, failed = false;
	size_t i;

	json_array_foreach(judging->array, i, key)
	{
		bool usable;

		if (judge_key(judging, i, key, &usable))
			complete = complete && json_array_append(sound, key) == 0;
		else
			failed = true;
		if (usable)
			complete = complete && json_array_append(usable_keys, key) == 0;
	}
	for (i = 0; i < RULE_COUNT; i++)
		report_rule(judging, i, report);
	judge_unique(judging->array, report);
	judging->keys->usable = json_array_size(usable_keys);
	if (judging->keys->usable > 0) {
		mm_finding_add(report, MM_FINDING_PASS, "jwks.usable", NULL, "%zu of %zu keys can verify tokens",
			       judging->keys->usable, json_array_size(judging->array));
		judge_listed(usable_keys, discovery, report);
	} else if (!failed) {
		mm_finding_add(report, MM_FINDING_FAIL, "jwks.usable", "publish the key that tokens are signed with",
			       "none of the %zu keys can verify tokens", json_array_size(judging->array));
	}
	json_decref(usable_keys);
	judging->keys->sound = json_pack("{s:o}", "keys", sound);
	return complete && judging->keys->sound ? MM_OK : mm_fail(err, MM_ENOMEM, "out of memory");
}

enum mm_code mm_doctor_judge_jwks(struct mm_span body, const json_t *discovery, struct mm_doctor_keys *keys,
				  struct mm_findings *report, struct mm_err *err)
{
	struct judging judging = {.keys = keys};
	struct mm_err why = {0};
	json_t *document = NULL;
	enum mm_code code = mm_json_load(body, MM_JWKS_MAX, &document, &why);

	if (code == MM_ENOMEM)
		return mm_fail(err, code, "out of memory");
	if (code != MM_OK) {
		mm_finding_add(report, MM_FINDING_FAIL, "jwks.json",
			       "publish one JSON object, as `mintmark jwks` prints it",
			       "not what every reader reads alike: %s", why.text);
		return MM_OK;
	}
	mm_finding_add(report, MM_FINDING_PASS, "jwks.json", NULL, "one JSON object");
	judging.array = json_object_get(document, "keys");
	if (judge_array(judging.array, report))
		code = judge_keys(&judging, discovery, report, err);
	json_decref(document);
	return code;
}
