/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/keyrow.h"

#include "cli/output.h"

static mm_time became_ready(const struct mm_key_record *record)
{
	return record->published + record->publish_wait;
}

static mm_time may_be_removed(const struct mm_key_record *record)
{
	return record->retired + record->retire_wait;
}

static mm_time created(const struct mm_key_record *record)
{
	return record->created;
}

static mm_time published(const struct mm_key_record *record)
{
	return record->published;
}

static mm_time activated(const struct mm_key_record *record)
{
	return record->activated;
}

static mm_time retired(const struct mm_key_record *record)
{
	return record->retired;
}

static mm_time removed(const struct mm_key_record *record)
{
	return record->removed;
}

static mm_time revoked(const struct mm_key_record *record)
{
	return record->revoked;
}

/* When a record came into its state, and what comes next, and when it may. */
static const struct {
	mm_time (*since)(const struct mm_key_record *record);
	const char *next;
	mm_time (*next_at)(const struct mm_key_record *record);
} states[MM_STATE_COUNT] = {
	[MM_STATE_GENERATED] = {created, "not published", NULL},
	[MM_STATE_PUBLISHED] = {published, "ready", became_ready},
	[MM_STATE_READY] = {became_ready, "stands by", NULL},
	[MM_STATE_ACTIVE] = {activated, "signs", NULL},
	[MM_STATE_RETIRED] = {retired, "removable", may_be_removed},
	[MM_STATE_REMOVED] = {removed, "-", NULL},
	[MM_STATE_REVOKED] = {revoked, "-", NULL},
};

struct mm_key_row mm_key_row(const struct mm_key_record *record, mm_time now)
{
	enum mm_key_state state = mm_key_state(record, now);

	return (struct mm_key_row){
		.kid = mm_key_kid(record->key),
		.algorithm = mm_key_alg(record->key)->name,
		.state = mm_key_states[state].name,
		.since = states[state].since(record),
		.next = states[state].next,
		.next_at = states[state].next_at ? states[state].next_at(record) : MM_NEVER,
	};
}

json_t *mm_key_row_json(const struct mm_key_record *record, mm_time now)
{
	struct mm_key_row row = mm_key_row(record, now);
	char thumbprint[MM_KID_SIZE];
	struct mm_err err = {0};

	if (mm_key_thumbprint(record->key, thumbprint, &err) != MM_OK)
		return NULL;
	return json_pack("{s:s, s:s, s:s, s:i, s:s, s:o, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "kid", row.kid,
			 "thumbprint", thumbprint, "algorithm", row.algorithm, "bits", (int)mm_key_bits(record->key),
			 "state", row.state, "since", mm_json_time(row.since), "next", row.next, "next_at",
			 mm_json_time(row.next_at), "created", mm_json_time(record->created), "published",
			 mm_json_time(record->published), "activated", mm_json_time(record->activated), "retired",
			 mm_json_time(record->retired), "tainted", mm_json_time(record->tainted), "removed",
			 mm_json_time(record->removed), "revoked", mm_json_time(record->revoked));
}
