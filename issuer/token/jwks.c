/* SPDX-License-Identifier: Apache-2.0 */
#include "issuer/token/token.h"

#include <mintmark/json.h>
#include <mintmark/keyio.h>
#include <stdlib.h>
#include <string.h>

struct entry {
	char *kid;          /* "" when the JWK has none that can be read */
	struct mm_key *key; /* NULL: not taken */
	char *reason;       /* why it was not taken */
	size_t index;       /* in the document */
};

struct mm_jwks {
	size_t count;          /* of entries that were taken */
	size_t total;          /* with those that were not */
	struct entry *entries; /* sorted by kid, those that were taken first */
};

static bool is_known_kty(const char *kty)
{
	for (size_t i = 0; i < MM_ALG_COUNT; i++) {
		if (strcmp(kty, mm_algs[i].kty_name) == 0)
			return true;
	}
	return false;
}

static bool is_known_crv(const char *crv)
{
	for (size_t i = 0; i < MM_ALG_COUNT; i++) {
		if (mm_algs[i].crv && strcmp(crv, mm_algs[i].crv) == 0)
			return true;
	}
	return false;
}

static bool is_known_alg(const char *alg)
{
	return mm_alg_find(mm_span_str(alg));
}

static bool is_for_signatures(const char *use)
{
	return strcmp(use, "sig") == 0;
}

/*
 * Whether the key is one for us. RFC 7517 §5: a set may hold keys of kinds that a reader does not know, and they are
 * to be ignored; so it is with keys for encryption, which real providers publish beside the others.
 */
static enum mm_code is_ours(const json_t *jwk, bool *ours, struct mm_err *err)
{
	static const struct {
		const char *member;
		bool required;
		bool (*ours)(const char *value);
	} rules[] = {
		{"kty", true, is_known_kty},
		{"use", false, is_for_signatures},
		{"alg", false, is_known_alg},
		{"crv", false, is_known_crv},
	};

	*ours = mm_jwk_allows(jwk, "verify");
	for (size_t i = 0; i < MM_COUNT(rules); i++) {
		const json_t *value = json_object_get(jwk, rules[i].member);

		if (!value && !rules[i].required)
			continue;
		if (!json_is_string(value))
			return mm_fail(err, MM_EPARSE, "%s is missing or not a string", rules[i].member);
		*ours = *ours && rules[i].ours(json_string_value(value));
	}
	return MM_OK;
}

static enum mm_code read_kid(const json_t *jwk, const char **out, struct mm_err *err)
{
	const char *kid = "";

	*out = "";
	if (json_object_get(jwk, "kid") && mm_json_get_string(jwk, "kid", &kid, err) != MM_OK)
		return MM_EPARSE;
	if (strlen(kid) > MM_KID_MAX)
		return mm_fail(err, MM_ELIMIT, "kid of %zu bytes, of which %d are allowed", strlen(kid), MM_KID_MAX);
	*out = kid;
	return MM_OK;
}

/* Sets `*key` unless the key is none for us; `*kid` also where the key cannot be taken. */
static enum mm_code read_key(const json_t *jwk, const char **kid, struct mm_key **key, struct mm_err *err)
{
	enum mm_code code;
	bool ours;

	*kid = "";
	if (!json_is_object(jwk))
		return mm_fail(err, MM_EPARSE, "not an object");
	code = read_kid(jwk, kid, err);
	if (code == MM_OK)
		code = is_ours(jwk, &ours, err);
	if (code == MM_OK && ours)
		code = mm_jwk_to_key(jwk, false, key, err);
	return **kid ? mm_context(err, code, "kid \"%.64s\"", *kid) : code;
}

/* Whether it is the key that is at fault and not we: RFC 7517 §5 wants such keys ignored. */
static bool is_skippable(enum mm_code code)
{
	return code == MM_EPARSE || code == MM_EREFUSED || code == MM_ELIMIT;
}

/* `why` holds the reason when there is no `key`. Takes the key over, also when it fails. */
static enum mm_code add_entry(struct mm_jwks *jwks, const char *kid, struct mm_key *key, const struct mm_err *why,
			      size_t index, struct mm_err *err)
{
	struct entry *entry = &jwks->entries[jwks->total++];

	*entry = (struct entry){.kid = strdup(kid), .key = key, .index = index};
	if (!key)
		entry->reason = strdup(why->text);
	else
		jwks->count++;
	return entry->kid && (key || entry->reason) ? MM_OK : mm_fail(err, MM_ENOMEM, "out of memory");
}

static enum mm_code add_key(struct mm_jwks *jwks, const json_t *jwk, size_t index, struct mm_err *first,
			    struct mm_err *err)
{
	struct mm_err why = {0};
	struct mm_key *key = NULL;
	const char *kid;
	enum mm_code code = read_key(jwk, &kid, &key, &why);
	const char *leaked = code == MM_OK ? NULL : mm_jwk_private_member(jwk);

	if (leaked)
		return mm_fail(err, MM_EREFUSED, "JWKS: key %zu: kid \"%.64s\": %s is a private member in a public key",
			       index, kid, leaked);
	if (code != MM_OK && !is_skippable(code))
		return mm_fail(err, code, "JWKS: key %zu: %s", index, why.text);
	if (code == MM_OK && !key)
		return MM_OK;
	if (code != MM_OK)
		mm_fail(first, code, "JWKS: key %zu: %s", index, why.text);
	return add_entry(jwks, kid, key, &why, index, err);
}

static int compare_kids(const void *a, const void *b)
{
	return strcmp(((const struct entry *)a)->kid, ((const struct entry *)b)->kid);
}

static int compare_entries(const void *a, const void *b)
{
	const struct entry *left = a, *right = b;

	return left->key && right->key ? compare_kids(a, b) : !left->key - !right->key;
}

/* A kid that two keys have stands for neither, be one of them of no use. */
static enum mm_code check_unique(struct mm_jwks *jwks, struct mm_err *err)
{
	qsort(jwks->entries, jwks->total, sizeof *jwks->entries, compare_kids);
	for (size_t i = 1; i < jwks->total; i++) {
		const struct entry *a = &jwks->entries[i - 1], *b = &jwks->entries[i];

		if (a->kid[0] && strcmp(a->kid, b->kid) == 0)
			return mm_fail(err, MM_EREFUSED, "JWKS: keys %zu and %zu both have kid \"%.64s\"", a->index,
				       b->index, a->kid);
	}
	return MM_OK;
}

static enum mm_code read_keys(struct mm_jwks *jwks, const json_t *document, struct mm_err *err)
{
	const json_t *keys = json_object_get(document, "keys");
	size_t n = json_array_size(keys);
	struct mm_err first = {0}; /* why the first key was not taken that was not */
	enum mm_code code = MM_OK;

	if (!json_is_array(keys))
		return mm_fail(err, MM_EPARSE, "JWKS: member \"keys\" is missing or not an array");
	if (n > MM_JWKS_KEYS_MAX)
		return mm_fail(err, MM_ELIMIT, "JWKS: %zu keys, of which %d are allowed", n, MM_JWKS_KEYS_MAX);
	jwks->entries = calloc(n + 1, sizeof *jwks->entries);
	if (!jwks->entries)
		return mm_fail(err, MM_ENOMEM, "out of memory");
	for (size_t i = 0; i < n && code == MM_OK; i++)
		code = add_key(jwks, json_array_get(keys, i), i, &first, err);
	if (code == MM_OK)
		code = check_unique(jwks, err);
	if (code == MM_OK && jwks->count == 0 && first.code != MM_OK)
		code = mm_fail(err, first.code, "%s", first.text);
	if (code == MM_OK)
		qsort(jwks->entries, jwks->total, sizeof *jwks->entries, compare_entries);
	return code;
}

enum mm_code mm_jwks_parse(struct mm_span text, struct mm_jwks **out, struct mm_err *err)
{
	mm_auto(mm_jwks) jwks = calloc(1, sizeof *jwks);
	json_t *document = NULL;
	enum mm_code code;

	*out = NULL;
	if (!jwks)
		return mm_fail(err, MM_ENOMEM, "out of memory");
	code = mm_json_load(text, MM_JWKS_MAX, &document, err);
	if (code != MM_OK)
		return mm_context(err, code, "JWKS");
	code = read_keys(jwks, document, err);
	json_decref(document);
	if (code == MM_OK)
		*out = mm_take(jwks);
	return code;
}

enum mm_code mm_jwks_from_keys(const struct mm_key *const *keys, size_t count, struct mm_jwks **out, struct mm_err *err)
{
	mm_auto(mm_jwks) jwks = calloc(1, sizeof *jwks);
	enum mm_code code = MM_OK;

	*out = NULL;
	if (jwks)
		jwks->entries = calloc(count + 1, sizeof *jwks->entries);
	if (!jwks || !jwks->entries)
		return mm_fail(err, MM_ENOMEM, "out of memory");
	for (size_t i = 0; i < count && code == MM_OK; i++)
		code = add_entry(jwks, mm_key_kid(keys[i]), mm_key_ref(keys[i]), NULL, i, err);
	if (code != MM_OK)
		return code;
	qsort(jwks->entries, jwks->total, sizeof *jwks->entries, compare_entries);
	*out = mm_take(jwks);
	return MM_OK;
}

size_t mm_jwks_count(const struct mm_jwks *jwks)
{
	return jwks->count;
}

const struct mm_key *mm_jwks_at(const struct mm_jwks *jwks, size_t i)
{
	return jwks->entries[i].key;
}

const char *mm_jwks_kid_at(const struct mm_jwks *jwks, size_t i)
{
	return jwks->entries[i].kid;
}

static int compare_kid(const void *kid, const void *entry)
{
	const struct mm_span *wanted = kid;
	struct mm_span found = mm_span_str(((const struct entry *)entry)->kid);
	int order = memcmp(wanted->p, found.p, wanted->len < found.len ? wanted->len : found.len);

	return order ? order : (wanted->len > found.len) - (wanted->len < found.len);
}

const struct mm_key *mm_jwks_find(const struct mm_jwks *jwks, struct mm_span kid)
{
	const struct entry *entry = NULL;

	if (kid.len > 0)
		entry = bsearch(&kid, jwks->entries, jwks->count, sizeof *jwks->entries, compare_kid);
	return entry ? entry->key : NULL;
}

const char *mm_jwks_not_taken(const struct mm_jwks *jwks, const char *kid, size_t *index)
{
	for (size_t i = jwks->count; i < jwks->total; i++) {
		const struct entry *entry = &jwks->entries[i];

		*index = entry->index;
		if (strcmp(entry->kid, kid) == 0)
			return entry->reason;
	}
	return NULL;
}

void mm_jwks_free(struct mm_jwks *jwks)
{
	if (!jwks)
		return;
	for (size_t i = 0; i < jwks->total; i++) {
		free(jwks->entries[i].kid);
		free(jwks->entries[i].reason);
		mm_key_free(jwks->entries[i].key);
	}
	free(jwks->entries);
	free(jwks);
}
