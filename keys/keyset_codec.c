/* SPDX-License-Identifier: Apache-2.0 */
/* The stored form of a key set. The format is final: docs/decisions/0004-keyset-format.md. */
#include "keys/keyset_members.h"

#include <inttypes.h>
#include <mintmark/json.h>
#include <mintmark/keyio.h>
#include <mintmark/keyset.h>
#include <stdlib.h>
#include <string.h>

#define FORMAT "mintmark-keyset/1"

/* ---- writing ---------------------------------------------------------------------------------------------------- */

static enum mm_code encode_record(const struct mm_key_record *record, json_t *keys, struct mm_err *err)
{
	json_t *object = json_object();
	json_t *jwk = NULL;
	enum mm_code code = mm_jwk_from_key(record->key, &jwk, err);

	if (code == MM_OK &&
	    (json_object_set_new_nocheck(object, "kid", json_string_nocheck(mm_key_kid(record->key))) != 0 ||
	     json_object_set_new_nocheck(object, "alg", json_string_nocheck(mm_key_alg(record->key)->name)) != 0 ||
	     json_object_set_nocheck(object, "jwk", jwk) != 0 || !mm_members_add(object, record) ||
	     json_array_append(keys, object) != 0))
		code = mm_fail(err, MM_ENOMEM, "key set: out of memory");
	json_decref(jwk);
	json_decref(object);
	return code;
}

static enum mm_code encode_root(const struct mm_keyset *keyset, json_t *root, struct mm_err *err)
{
	json_t *keys = json_array();
	enum mm_code code = MM_OK;

	if (json_object_set_new_nocheck(root, "format", json_string_nocheck(FORMAT)) != 0 ||
	    json_object_set_new_nocheck(root, "revision", json_integer((json_int_t)keyset->revision)) != 0 ||
	    json_object_set_new_nocheck(root, "committed", mm_members_time(keyset->committed)) != 0 ||
	    json_object_set_nocheck(root, "keys", keys) != 0)
		code = mm_fail(err, MM_ENOMEM, "key set: out of memory");
	for (size_t i = 0; i < keyset->count && code == MM_OK; i++)
		code = encode_record(&keyset->records[i], keys, err);
	json_decref(keys);
	return code;
}

enum mm_code mm_keyset_encode(const struct mm_keyset *keyset, struct mm_buf *out, struct mm_err *err)
{
	size_t before = out->len;
	json_t *root = json_object();
	enum mm_code code = encode_root(keyset, root, err);

	if (code == MM_OK)
		code = mm_json_dump_pretty(root, out, err);
	if (code == MM_OK && out->len - before > MM_KEYSET_TEXT_MAX)
		code = mm_fail(err, MM_ELIMIT, "key set: %zu bytes, more than %d", out->len - before,
			       MM_KEYSET_TEXT_MAX);
	json_decref(root);
	return code;
}

/* ---- reading ---------------------------------------------------------------------------------------------------- */

static bool is_record_member(const char *name)
{
	return strcmp(name, "kid") == 0 || strcmp(name, "alg") == 0 || strcmp(name, "jwk") == 0 || mm_members_has(name);
}

static bool is_root_member(const char *name)
{
	return strcmp(name, "format") == 0 || strcmp(name, "revision") == 0 || strcmp(name, "committed") == 0 ||
	       strcmp(name, "keys") == 0;
}

/* A member that this format does not have could mean something that must not be ignored, and would be lost. */
static enum mm_code refuse_unknown(json_t *object, bool (*known)(const char *name), struct mm_err *err)
{
	const char *name;
	json_t *value;

	json_object_foreach(object, name, value)
	{
		if (!known(name))
			return mm_fail(err, MM_EPARSE, "unknown member \"%.40s\" in format " FORMAT, name);
	}
	return MM_OK;
}

/*
 * The key must be in the form in which it is published, whole and without additions, and its kid and alg as beside
 * it.
 */
static enum mm_code check_key(const struct mm_key *key, const json_t *jwk, const char *kid, const char *alg,
			      struct mm_err *err)
{
	json_t *published = NULL;
	enum mm_code code;

	if (strcmp(mm_key_kid(key), kid) != 0)
		return mm_fail(err, MM_EREFUSED, "kid is not that of the key in jwk, which is %s", mm_key_kid(key));
	if (strcmp(mm_key_alg(key)->name, alg) != 0)
		return mm_fail(err, MM_EREFUSED, "alg is %.20s, but %s in jwk", alg, mm_key_alg(key)->name);
	code = mm_jwk_from_key(key, &published, err);
	if (code == MM_OK && !json_equal(jwk, published))
		code = mm_fail(err, MM_EREFUSED, "jwk has other members than the published form of the key");
	json_decref(published);
	return code;
}

static enum mm_code decode_key(const json_t *object, const char *kid, struct mm_key **out, struct mm_err *err)
{
	const json_t *jwk = json_object_get(object, "jwk");
	mm_auto(mm_key) key = NULL;
	const char *alg;
	enum mm_code code = mm_json_get_string(object, "alg", &alg, err);

	if (code == MM_OK && !json_is_object(jwk))
		code = mm_fail(err, MM_EPARSE, "jwk is missing, or not an object");
	if (code == MM_OK)
		code = mm_context(err, mm_jwk_to_key(jwk, false, &key, err), "jwk");
	if (code == MM_OK)
		code = check_key(key, jwk, kid, alg, err);
	if (code == MM_OK)
		*out = mm_take(key);
	return code;
}

/* Appends to `keyset`, in which there is room. */
static enum mm_code decode_record(json_t *object, struct mm_keyset *keyset, struct mm_err *err)
{
	struct mm_key_record record = {0};
	const char *kid;
	enum mm_code code;

	if (!json_is_object(object))
		return mm_fail(err, MM_EPARSE, "keys: entry %zu is not an object", keyset->count);
	code = mm_json_get_string(object, "kid", &kid, err);
	if (code != MM_OK)
		return mm_context(err, code, "keys: entry %zu", keyset->count);
	code = refuse_unknown(object, is_record_member, err);
	if (code == MM_OK)
		code = mm_members_decode(object, &record, err);
	if (code == MM_OK)
		code = decode_key(object, kid, &record.key, err);
	if (code == MM_OK)
		keyset->records[keyset->count++] = record;
	return mm_context(err, code, "key %.*s", MM_KID_SIZE - 1, kid);
}

static enum mm_code decode_keys(const json_t *root, struct mm_keyset *keyset, struct mm_err *err)
{
	const json_t *keys = json_object_get(root, "keys");
	size_t count = json_array_size(keys);
	enum mm_code code = MM_OK;

	if (!json_is_array(keys))
		return mm_fail(err, MM_EPARSE, "keys is missing, or not an array");
	keyset->records = calloc(count + 1, sizeof(*keyset->records));
	if (!keyset->records)
		return mm_fail(err, MM_ENOMEM, "key set: out of memory");
	for (size_t i = 0; i < count && code == MM_OK; i++)
		code = decode_record(json_array_get(keys, i), keyset, err);
	return code;
}

static enum mm_code decode_revision(const json_t *root, uint64_t *out, struct mm_err *err)
{
	int64_t revision;
	enum mm_code code = mm_json_get_int(root, "revision", &revision, err);

	if (code == MM_OK && (revision < 1 || revision > MM_REVISION_MAX))
		code = mm_fail(err, MM_EPARSE, "revision: found %" PRId64 "; accepted: 1 to %" PRId64, revision,
			       MM_REVISION_MAX);
	if (code == MM_OK)
		*out = (uint64_t)revision;
	return code;
}

static enum mm_code decode_format(const json_t *root, struct mm_err *err)
{
	const char *format;
	enum mm_code code = mm_json_get_string(root, "format", &format, err);

	if (code == MM_OK && strcmp(format, FORMAT) != 0)
		code = mm_fail(err, MM_EPARSE, "format: found \"%.40s\"; this program reads " FORMAT, format);
	return code;
}

/* The format comes first: what a newer one means by the rest is not for this program to judge. */
static enum mm_code decode_root(json_t *root, struct mm_keyset *keyset, struct mm_err *err)
{
	enum mm_code code = decode_format(root, err);

	if (code == MM_OK)
		code = refuse_unknown(root, is_root_member, err);
	if (code == MM_OK)
		code = decode_revision(root, &keyset->revision, err);
	if (code == MM_OK)
		code = mm_members_get_time(root, "committed", &keyset->committed, err);
	if (code == MM_OK)
		code = decode_keys(root, keyset, err);
	return code == MM_OK ? mm_keyset_check(keyset, err) : code;
}

enum mm_code mm_keyset_decode(struct mm_span text, struct mm_keyset **out, struct mm_err *err)
{
	mm_auto(mm_keyset) keyset = NULL;
	json_t *root = NULL;
	enum mm_code code = mm_keyset_new(&keyset, err);

	if (code == MM_OK)
		code = mm_json_load(text, MM_KEYSET_TEXT_MAX, &root, err);
	if (code == MM_OK)
		code = decode_root(root, keyset, err);
	if (code == MM_OK)
		*out = mm_take(keyset);
	json_decref(root);
	return code;
}
