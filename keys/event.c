/* SPDX-License-Identifier: Apache-2.0 */
/* What happened to keys between two revisions. */
#include <mintmark/event.h>
#include <string.h>

const char *const mm_event_names[MM_EVENT_KINDS] = {
	[MM_EVENT_PUBLISHED] = "published", [MM_EVENT_ACTIVATED] = "activated", [MM_EVENT_RETIRED] = "retired",
	[MM_EVENT_TAINTED] = "tainted",     [MM_EVENT_EXTENDED] = "extended",   [MM_EVENT_REMOVED] = "removed",
	[MM_EVENT_REVOKED] = "revoked",     [MM_EVENT_FORGOTTEN] = "forgotten",
};

/* The steps that are stored as times; each that was not taken before is an event. */
static const struct {
	enum mm_event_kind kind;
	size_t offset;
} steps[] = {
	{MM_EVENT_PUBLISHED, offsetof(struct mm_key_record, published)},
	{MM_EVENT_ACTIVATED, offsetof(struct mm_key_record, activated)},
	{MM_EVENT_RETIRED, offsetof(struct mm_key_record, retired)},
	{MM_EVENT_TAINTED, offsetof(struct mm_key_record, tainted)},
	{MM_EVENT_REMOVED, offsetof(struct mm_key_record, removed)},
	{MM_EVENT_REVOKED, offsetof(struct mm_key_record, revoked)},
};

static mm_time time_at(const struct mm_key_record *record, size_t offset)
{
	return *(const mm_time *)((const char *)record + offset);
}

static bool happened(const struct mm_key_record *before, const struct mm_key_record *after, enum mm_event_kind kind)
{
	if (kind == MM_EVENT_EXTENDED)
		return before && before->activated != MM_NEVER && before->retired == after->retired &&
		       after->retire_wait > before->retire_wait;
	for (size_t i = 0; i < MM_COUNT(steps); i++) {
		if (steps[i].kind == kind)
			return time_at(after, steps[i].offset) != MM_NEVER &&
			       (!before || time_at(before, steps[i].offset) == MM_NEVER);
	}
	return false;
}

/* Records stand in order of creation and stay, so a key has the same place in both sets unless one was forgotten. */
static const struct mm_key_record *same_key(const struct mm_keyset *set, size_t place,
					    const struct mm_key_record *record)
{
	const char *kid = mm_key_kid(record->key);

	if (!set)
		return NULL;
	if (place < set->count && strcmp(mm_key_kid(set->records[place].key), kid) == 0)
		return &set->records[place];
	return mm_keyset_find(set, kid);
}

enum mm_code mm_keyset_events(const struct mm_keyset *before, const struct mm_keyset *after,
			      enum mm_code (*each)(void *arg, const struct mm_event *event, struct mm_err *err),
			      void *arg, struct mm_err *err)
{
	enum mm_code code = MM_OK;

	for (size_t i = 0; before && code == MM_OK && i < before->count; i++) {
		const struct mm_event event = {MM_EVENT_FORGOTTEN, &before->records[i]};

		if (!same_key(after, i, event.record))
			code = each(arg, &event, err);
	}
	for (size_t i = 0; code == MM_OK && i < after->count; i++) {
		const struct mm_key_record *record = &after->records[i];
		const struct mm_key_record *known = same_key(before, i, record);

		for (int kind = 0; code == MM_OK && kind < MM_EVENT_FORGOTTEN; kind++) {
			const struct mm_event event = {(enum mm_event_kind)kind, record};

			if (happened(known, record, event.kind))
				code = each(arg, &event, err);
		}
	}
	return code;
}
