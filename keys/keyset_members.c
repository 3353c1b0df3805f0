/* SPDX-License-Identifier: Apache-2.0 */
#include "keys/keyset_members.h"

#include <mintmark/json.h>
#include <string.h>

enum kind {
	TIME,
	WAIT,
	DELIVERED, /* a time that is not written where it is that of the publication */
	AWAITS, /* true where that time is missing, so that a record with neither was delivered when it was published */
};

/*
 * In the order in which they are written. A wait stands beside the step at which it was frozen: the earlier of two,
 * where a key may skip the first.
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
	{"awaits_delivery", AWAITS, offsetof(struct mm_key_record, delivered), {0}},
	{"delivered", DELIVERED, offsetof(struct mm_key_record, delivered), {0}},
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

static void set(struct mm_key_record *record, size_t offset, int64_t value)
{
	*(int64_t *)((char *)record + offset) = value;
}

static bool has(const struct mm_key_record *record, const struct member *m)
{
	int64_t value = get(record, m->offset);

	switch (m->kind) {
	case WAIT: return get(record, m->steps[0]) != MM_NEVER || get(record, m->steps[1]) != MM_NEVER;
	case DELIVERED: return value != MM_NEVER && value != record->published;
	case AWAITS: return value == MM_NEVER && record->published != MM_NEVER;
	default: return value != MM_NEVER;
	}
}

bool mm_members_has(const char *name)
{
	for (size_t i = 0; i < MM_COUNT(members); i++) {
		if (strcmp(members[i].name, name) == 0)
			return true;
	}
	return false;
}

/* ---- writing ---------------------------------------------------------------------------------------------------- */

json_t *mm_members_time(mm_time time)
{
	char text[MM_TIME_TEXT_SIZE];

	mm_time_format(time, text);
	return json_string_nocheck(text);
}

static json_t *written(const struct mm_key_record *record, const struct member *m)
{
	switch (m->kind) {
	case WAIT: return json_integer(get(record, m->offset));
	case AWAITS: return json_true();
	default: return mm_members_time(get(record, m->offset));
	}
}

bool mm_members_add(json_t *object, const struct mm_key_record *record)
{
	for (size_t i = 0; i < MM_COUNT(members); i++) {
		const struct member *m = &members[i];

		if (has(record, m) && json_object_set_new_nocheck(object, m->name, written(record, m)) != 0)
			return false;
	}
	return true;
}

/* ---- reading ---------------------------------------------------------------------------------------------------- */

/* One text for each time: what mm_time_format writes, and nothing else that mm_time_parse would take. */
enum mm_code mm_members_get_time(const json_t *object, const char *name, mm_time *out, struct mm_err *err)
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

static enum mm_code decode_time(const json_t *object, const struct member *m, struct mm_key_record *record,
				struct mm_err *err)
{
	int64_t value;
	enum mm_code code;

	if (!json_object_get(object, m->name))
		return MM_OK;
	code = mm_members_get_time(object, m->name, &value, err);
	if (code == MM_OK)
		set(record, m->offset, value);
	return code;
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

static enum mm_code decode_awaits(const json_t *object, const struct member *m, struct mm_key_record *record,
				  struct mm_err *err)
{
	const json_t *awaits = json_object_get(object, m->name);

	if (!awaits && record->delivered == MM_NEVER)
		record->delivered = record->published;
	if (awaits && (!json_is_true(awaits) || !has(record, m)))
		return mm_fail(err, MM_EPARSE,
			       "%s: accepted: true, beside published and without delivered; or no such member",
			       m->name);
	return MM_OK;
}

/* Times first: they tell which of the others there must be. */
enum mm_code mm_members_decode(const json_t *object, struct mm_key_record *record, struct mm_err *err)
{
	enum mm_code code = MM_OK;

	for (size_t i = 0; code == MM_OK && i < MM_COUNT(members); i++) {
		if (members[i].kind == TIME || members[i].kind == DELIVERED)
			code = decode_time(object, &members[i], record, err);
	}
	for (size_t i = 0; code == MM_OK && i < MM_COUNT(members); i++) {
		if (members[i].kind == WAIT)
			code = decode_wait(object, &members[i], record, err);
		else if (members[i].kind == AWAITS)
			code = decode_awaits(object, &members[i], record, err);
	}
	return code;
}
