/* SPDX-License-Identifier: Apache-2.0 */
#include "issuer/token/token.h"

#include <mintmark/json.h>
#include <mintmark/keyio.h>
#include <stdlib.h>
#include <string.h>

struct entry {
	char *kid; /* "" when the JWK has none */
	struct mm_key *key;
	size_t index; /* in the document */
};

struct mm_jwks {
	size_t count;
	struct entry *entries; /* sorted by kid */
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

/* key_ops (RFC 7517 §4.3): absent, or "verify" is among them. */
static bool may_verify(const json_t *jwk)
{
	const json_t *ops = json_object_get(jwk, "key_ops"), *op;
	size_t i;

	json_array_foreach(ops, i, op)
	{
		const char *name = json_string_value(op);

		if (name && strcmp(name, "verify") == 0)
			return true;
	}
	return !ops;
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

	*ours = may_verify(jwk);
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

static enum mm_code read_kid(const json_t *jwk, char **out, struct mm_err *err)
{
	const char *kid = "";

	if (json_object_get(jwk, "kid") && mm_json_get_string(jwk, "kid", &kid, err) != MM_OK)
		return MM_EPARSE;
	if (strlen(kid) > MM_KID_MAX)
		return mm_fail(err, MM_ELIMIT, "kid of %zu bytes, of which %d are allowed", strlen(kid), MM_KID_MAX);
	*out = strdup(kid);
	return *out ? MM_OK : mm_fail(err, MM_ENOMEM, "out of memory");
}

static enum mm_code add_key(struct mm_jwks *jwks, const json_t *jwk, size_t index, struct mm_err *err)
{
	struct entry *entry = &jwks->entries[jwks->count];
	enum mm_code code;
	bool ours;

	if (!json_is_object(jwk))
		return mm_fail(err, MM_EPARSE, "not an object");
	code = is_ours(jwk, &ours, err);
	if (code != MM_OK || !ours)
		return code;
	*entry = (struct entry){.index = index};
	jwks->count++;
	code = read_kid(jwk, &entry->kid, err);
	if (code != MM_OK)
		return code;
	code = mm_jwk_to_key(jwk, false, &entry->key, err);
	return entry->kid[0] ? mm_context(err, code, "kid \"%.64s\"", entry->kid) : code;
}

static int compare_entries(const void *a, const void *b)
{
	return strcmp(((const struct entry *)a)->kid, ((const struct entry *)b)->kid);
}

static enum mm_code sort_unique(struct mm_jwks *jwks, struct mm_err *err)
{
	qsort(jwks->entries, jwks->count, sizeof *jwks->entries, compare_entries);
	for (size_t i = 1; i < jwks->count; i++) {
		const struct entry *a = &jwks->entries[i - 1], *b = &jwks->entries[i];

		if (a->kid[0] && strcmp(a->kid, b->kid) == 0)
			return mm_fail(err, MM_EREFUSED, "JWKS: keys %zu and %zu both have kid \"%.64s\"", a->index,
				       b->index, a->kid);
	}
	return MM_OK;
}

static enum mm_code read_keys(struct mm_jwks *jwks, const json_t *document, struct mm_err *err)
{
	const json_t *keys = json_object_get(document, "keys"), *jwk;
	size_t n = json_array_size(keys), i;

	if (!json_is_array(keys))
		return mm_fail(err, MM_EPARSE, "JWKS: member \"keys\" is missing or not an array");
	if (n > MM_JWKS_KEYS_MAX)
		return mm_fail(err, MM_ELIMIT, "JWKS: %zu keys, of which %d are allowed", n, MM_JWKS_KEYS_MAX);
	jwks->entries = calloc(n + 1, sizeof *jwks->entries);
	if (!jwks->entries)
		return mm_fail(err, MM_ENOMEM, "out of memory");
	json_array_foreach(keys, i, jwk)
	{
		enum mm_code code = add_key(jwks, jwk, i, err);

		if (code != MM_OK)
			return mm_context(err, code, "JWKS: key %zu", i);
	}
	return sort_unique(jwks, err);
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

size_t mm_jwks_count(const struct mm_jwks *jwks)
{
	return jwks->count;
}

const struct mm_key *mm_jwks_at(const struct mm_jwks *jwks, size_t i)
{
	return jwks->entries[i].key;
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

void mm_jwks_free(struct mm_jwks *jwks)
{
	if (!jwks)
		return;
	for (size_t i = 0; i < jwks->count; i++) {
		free(jwks->entries[i].kid);
		mm_key_free(jwks->entries[i].key);
	}
	free(jwks->entries);
	free(jwks);
}
