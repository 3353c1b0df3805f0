/* SPDX-License-Identifier: Apache-2.0 */
/* The stored form of a key set. The format is final: docs/decisions/0004-keyset-format.md. */
#include <inttypes.h>
#include <mintmark/json.h>
#include <mintmark/keyio.h>
#include <mintmark/keyset.h>
#include <stdlib.h>
#include <string.h>

#define FORMAT "mintmark-keyset/1"

enum kind { TIME, WAIT };

/*
 * The members of a record beside its key, in the order in which they are written. A wait stands beside the step at
 * which it was frozen: the earlier of two, where a key may skip the first.
 */
static const struct member {
	const char *name;
	enum kind kind;
	size_t offset;
	size_t steps[2]; /* WAIT: the times of the steps */
} members[] = {
	{"created", TIME, offsetof(struct mm_key_record, created), {0}},
	{"published", TIME, offsetof(struct mm_key_record, published), {0}},
	{"publish_wait",
	 WAIT,
	 offsetof(struct mm_key_record, publish_wait),
	 {offsetof(struct mm_key_record, published), offsetof(struct mm_key_record, published)}},
	{"activated", TIME, offsetof(struct mm_key_record, activated), {0}},
	{"retire_wait",
	 WAIT,
	 offsetof(struct mm_key_record, retire_wait),
	 {offsetof(struct mm_key_record, activated), offsetof(struct mm_key_record, retired)}},
	{"retired", TIME, offsetof(struct mm_key_record, retired), {0}},
	{"tainted", TIME, offsetof(struct mm_key_record, tainted), {0}},
	{"removed", TIME, offsetof(struct mm_key_record, removed), {0}},
	{"revoked", TIME, offsetof(struct mm_key_record, revoked), {0}},
};

/* Times and waits are both int64_t, so one accessor serves every row of the table. */
static int64_t get(const struct mm_key_record *record, size_t offset)
{
	return *(const int64_t *)((const char *)record + offset);
}

/* Whether the record has this member: its time, or a step that its wait stands beside. */
static bool has(const struct mm_key_record *record, const struct member *m)
{
	if (m->kind == TIME)
		return get(record, m->offset) != MM_NEVER;
	return get(record, m->steps[0]) != MM_NEVER || get(record, m->steps[1]) != MM_NEVER;
}

static void set(struct mm_key_record *record, size_t offset, int64_t value)
{
	*(int64_t *)((char *)record + offset) = value;
}

/* ---- writing ---------------------------------------------------------------------------------------------------- */

static json_t *time_text(mm_time time)
{
	char text[MM_TIME_TEXT_SIZE];

	mm_time_format(time, text);
	return json_string_nocheck(text);
}

/* Adds the members of the table; false when memory ran out. */
static bool add_members(json_t *object, const struct mm_key_record *record)
{
	for (size_t i = 0; i < MM_COUNT(members); i++) {
		const struct member *m = &members[i];
		int64_t value = get(record, m->offset);
		json_t *written;

		if (!has(record, m))
			continue;
		written = m->kind == WAIT ? json_integer(value) : time_text(value);
		if (json_object_set_new_nocheck(object, m->name, written) != 0)
			return false;
	}
	return true;
}

static enum mm_code encode_record(const struct mm_key_record *record, json_t *keys, struct mm_err *err)
{
	json_t *object = json_object();
	json_t *jwk = NULL;
	enum mm_code code = mm_jwk_from_key(record->key, &jwk, err);

	if (code == MM_OK &&
	    (json_object_set_new_nocheck(object, "kid", json_string_nocheck(mm_key_kid(record->key))) != 0 ||
	     json_object_set_new_nocheck(object, "alg", json_string_nocheck(mm_key_alg(record->key)->name)) != 0 ||
	     json_object_set_nocheck(object, "jwk", jwk) != 0 || !add_members(object, record) ||
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
	    json_object_set_new_nocheck(root, "committed", time_text(keyset->committed)) != 0 ||
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
	for (size_t i = 0; i < MM_COUNT(members); i++) {
		if (strcmp(members[i].name, name) == 0)
			return true;
	}
	return strcmp(name, "kid") == 0 || strcmp(name, "alg") == 0 || strcmp(name, "jwk") == 0;
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

/* One text for each time: what mm_time_format writes, and nothing else that mm_time_parse would take. */
static enum mm_code decode_time(const json_t *object, const char *name, mm_time *out, struct mm_err *err)
{
	char canonical[MM_TIME_TEXT_SIZE];
	const char *text;
	enum mm_code code = mm_json_get_string(object, name, &text, err);

	if (code == MM_OK)
		code = mm_context(err, mm_time_parse(text, out, err), "%s", name);
	if (code != MM_OK)
		return code;
	mm_time_format(*out, canonical);
	if (strcmp(text, canonical) != 0 || *out == MM_NEVER)
		return mm_fail(err, MM_EPARSE, "%s: found \"%.40s\"; accepted: a time such as 2026-11-22T00:15:00Z",
			       name, text);
	return MM_OK;
}

/* Before 0.1.0 was released, retire_wait stood beside `retired` alone: the record of a signer may lack it. */
static bool may_lack(const struct mm_key_record *record, const struct member *m)
{
	return m->offset == offsetof(struct mm_key_record, retire_wait) && record->retired == MM_NEVER;
}

static enum mm_code decode_wait(const json_t *object, const struct member *m, struct mm_key_record *record,
				struct mm_err *err)
{
	bool present = json_object_get(object, m->name) != NULL;
	int64_t value;
	enum mm_code code;

	if (present != has(record, m) && !(!present && may_lack(record, m)))
		return mm_fail(err, MM_EPARSE, "%s must stand beside the step at which it was frozen, and only there",
			       m->name);
	if (!present)
		return MM_OK;
	code = mm_json_get_int(object, m->name, &value, err);
	if (code == MM_OK)
		set(record, m->offset, value);
	return code;
}

/* Times first: they tell which waits there must be. */
static enum mm_code decode_members(const json_t *object, struct mm_key_record *record, struct mm_err *err)
{
	enum mm_code code = MM_OK;

	for (size_t i = 0; code == MM_OK && i < MM_COUNT(members); i++) {
		const struct member *m = &members[i];
		int64_t value;

		if (m->kind == WAIT || !json_object_get(object, m->name))
			continue;
		code = decode_time(object, m->name, &value, err);
		if (code == MM_OK)
			set(record, m->offset, value);
	}
	for (size_t i = 0; code == MM_OK && i < MM_COUNT(members); i++) {
		if (members[i].kind == WAIT)
			code = decode_wait(object, &members[i], record, err);
	}
	return code;
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
		code = decode_members(object, &record, err);
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
		code = decode_time(root, "committed", &keyset->committed, err);
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
