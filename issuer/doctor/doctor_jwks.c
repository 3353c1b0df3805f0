/* SPDX-License-Identifier: Apache-2.0 */
/* The key set (RFC 7517 §5): each rule is asked about each key, and says one thing about all of them. */
#include "issuer/doctor/doctor_parts.h"

#include <mintmark/json.h>
#include <string.h>

/* The worst that a rule said, of the first key of which it did. */
struct tally {
	enum mm_doctor_verdict worst;
	size_t n;     /* how many keys are so */
	size_t index; /* of the first */
	struct mm_err why;
};

struct judging {
	const json_t *array;
	struct tally tallies[MM_DOCTOR_KEY_RULES];
	json_t **sound;
};

static void count(struct tally *tally, enum mm_doctor_verdict verdict, size_t index, const struct mm_err *why)
{
	if (verdict == MM_KEY_GOOD || verdict < tally->worst)
		return;
	if (verdict > tally->worst)
		*tally = (struct tally){.worst = verdict, .index = index, .why = *why};
	tally->n++;
}

/* The worst that a rule says of it. */
static enum mm_doctor_verdict judge_key(struct judging *judging, size_t index, const json_t *key)
{
	enum mm_doctor_verdict worst = MM_KEY_GOOD;

	for (size_t i = 0; i < MM_DOCTOR_KEY_RULES && worst < MM_KEY_FOREIGN; i++) {
		struct mm_err why = {0};
		enum mm_doctor_verdict verdict = mm_doctor_key_rules[i].judge(key, &why);

		count(&judging->tallies[i], verdict, index, &why);
		worst = verdict > worst ? verdict : worst;
	}
	return worst;
}

static void add_key_name(const json_t *array, size_t index, struct mm_buf *out)
{
	const char *kid = mm_json_text(json_array_get(array, index), "kid");

	mm_buf_printf(out, "key %zu", index + 1);
	if (kid)
		mm_buf_printf(out, " (kid %.64s)", kid);
}

static void report_rule(const struct judging *judging, size_t i, struct mm_findings *report)
{
	const struct tally *tally = &judging->tallies[i];
	mm_auto_buf text = {0};

	if (tally->n == 0) {
		mm_finding_add(report, MM_FINDING_PASS, mm_doctor_key_rules[i].check, NULL, "%s",
			       mm_doctor_key_rules[i].good);
		return;
	}
	add_key_name(judging->array, tally->index, &text);
	mm_buf_printf(&text, ": %s", tally->why.text);
	if (tally->n > 1)
		mm_buf_printf(&text, " (and %zu more of %zu)", tally->n - 1, json_array_size(judging->array));
	report->failed = report->failed || text.failed;
	if (!text.failed)
		mm_finding_add(report, tally->worst == MM_KEY_BAD ? MM_FINDING_FAIL : MM_FINDING_WARN,
			       mm_doctor_key_rules[i].check, mm_doctor_key_rules[i].remedy, "%s", text.p);
}

/* A kid that two keys have stands for neither. */
static void judge_unique(const json_t *array, struct mm_findings *report)
{
	for (size_t i = 0; i < json_array_size(array); i++) {
		const char *kid = mm_json_text(json_array_get(array, i), "kid");

		for (size_t j = 0; kid && j < i; j++) {
			const char *other = mm_json_text(json_array_get(array, j), "kid");

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
		const char *alg = mm_json_text(key, "alg");
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

/* Sorts the keys: in `sound` nothing failed, and those in `usable` can verify tokens. False: out of memory. */
static bool sort_keys(struct judging *judging, json_t *sound, json_t *usable)
{
	bool done = sound && usable;
	json_t *key;
	size_t i;

	json_array_foreach(judging->array, i, key)
	{
		enum mm_doctor_verdict verdict = judge_key(judging, i, key);

		if (verdict < MM_KEY_BAD)
			done = done && json_array_append(sound, key) == 0;
		if (verdict < MM_KEY_FOREIGN)
			done = done && json_array_append(usable, key) == 0;
	}
	return done;
}

static void judge_keys(struct judging *judging, const json_t *discovery, struct mm_findings *report)
{
	json_t *sound = json_array(), *usable = json_array();
	bool done = sort_keys(judging, sound, usable);
	size_t n = json_array_size(judging->array);

	for (size_t i = 0; i < MM_DOCTOR_KEY_RULES; i++)
		report_rule(judging, i, report);
	judge_unique(judging->array, report);
	if (json_array_size(usable) > 0) {
		mm_finding_add(report, MM_FINDING_PASS, "jwks.usable", NULL, "%zu of %zu keys can verify tokens",
			       json_array_size(usable), n);
		judge_listed(usable, discovery, report);
	} else if (json_array_size(sound) == n) {
		mm_finding_add(report, MM_FINDING_FAIL, "jwks.usable", "publish the key that tokens are signed with",
			       "none of the %zu keys can verify tokens", n);
	}
	json_decref(usable);
	*judging->sound = json_pack("{s:o}", "keys", sound);
	report->failed = report->failed || !done || !*judging->sound;
}

json_t *mm_doctor_judge_jwks(struct mm_span body, const json_t *discovery, struct mm_findings *report)
{
	json_t *document = NULL, *sound = NULL;
	struct judging judging = {.sound = &sound};
	struct mm_err why = {0};

	if (mm_json_load(body, MM_JWKS_MAX, &document, &why) != MM_OK) {
		mm_finding_add(report, MM_FINDING_FAIL, "jwks.json",
			       "publish one JSON object, as `mintmark jwks` prints it",
			       "not what every reader reads alike: %s", why.text);
		return NULL;
	}
	mm_finding_add(report, MM_FINDING_PASS, "jwks.json", NULL, "one JSON object");
	judging.array = json_object_get(document, "keys");
	if (judge_array(judging.array, report))
		judge_keys(&judging, discovery, report);
	json_decref(document);
	return sound;
}
