/* SPDX-License-Identifier: Apache-2.0 */
/* What happened to keys between two revisions. */
#include <mintmark/event.h>
#include <string.h>

const char *const mm_event_names[MM_EVENT_KINDS] = {
	[MM_EVENT_PUBLISHED] = "published", [MM_EVENT_DELIVERED] = "delivered", [MM_EVENT_ACTIVATED] = "activated",
	[MM_EVENT_RETIRED] = "retired",     [MM_EVENT_TAINTED] = "tainted",     [MM_EVENT_EXTENDED] = "extended",
	[MM_EVENT_REMOVED] = "removed",     [MM_EVENT_REVOKED] = "revoked",     [MM_EVENT_FORGOTTEN] = "forgotten",
};

/* When the step of that kind was taken; MM_NEVER also for kinds that are no step. */
static mm_time taken_at(const struct mm_key_record *record, enum mm_event_kind kind)
{
	switch (kind) {
	case MM_EVENT_PUBLISHED: return record->published;
	case MM_EVENT_DELIVERED: return record->delivered;
	case MM_EVENT_ACTIVATED: return record->activated;
	case MM_EVENT_RETIRED: return record->retired;
	case MM_EVENT_TAINTED: return record->tainted;
	case MM_EVENT_REMOVED: return record->removed;
	case MM_EVENT_REVOKED: return record->revoked;
	default: return MM_NEVER;
	}
}

static bool happened(const struct mm_key_record *before, const struct mm_key_record *after, enum mm_event_kind kind)
{
	/* What is published since and delivered at the same time was delivered by that. */
	if (kind == MM_EVENT_DELIVERED && after->delivered == after->published &&
	    (!before || before->published == MM_NEVER))
		return false;
	if (kind == MM_EVENT_EXTENDED)
		return before && before->activated != MM_NEVER && before->retired == after->retired &&
		       after->retire_wait > before->retire_wait;
	return taken_at(after, kind) != MM_NEVER && (!before || taken_at(before, kind) == MM_NEVER);
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
