/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/change.h"

#include "cli/keyrow.h"
#include "cli/output.h"

#include <mintmark/event.h>

static void add_served_until(struct mm_buf *out, const struct mm_key_record *record, mm_time now)
{
	mm_buf_add_str(out, "served until ");
	mm_add_when(out, mm_key_removable_at(record), now);
}

/* What is said of an event beside its name: a time that it leads to. */
static void (*const consequences[MM_EVENT_KINDS])(struct mm_buf *out, const struct mm_key_record *record,
						  mm_time now) = {
	[MM_EVENT_PUBLISHED] = mm_add_ready,
	[MM_EVENT_DELIVERED] = mm_add_ready,
	[MM_EVENT_RETIRED] = add_served_until,
};

const struct mm_keyset *mm_change_result(const struct mm_change *change)
{
	return change->after ? change->after : change->before;
}

/* ---- for people ------------------------------------------------------------------------------------------------- */

struct text {
	struct mm_buf *out;
	mm_time now;
};

/* Nothing follows any more from what happened to a key that has left the JWKS, and no wait for one that signs. */
static bool leads_on(const struct mm_event *event, mm_time now)
{
	const struct mm_key_record *record = event->record;

	if (event->kind == MM_EVENT_DELIVERED)
		return mm_key_is_standby(record);
	return mm_key_states[mm_key_state(record, now)].in_jwks;
}

static enum mm_code add_event(void *arg, const struct mm_event *event, struct mm_err *err)
{
	const struct text *text = arg;
	const struct mm_key_record *record = event->record;
	(void)err;

	mm_buf_printf(text->out, "%s %s (%s)", mm_event_names[event->kind], mm_key_kid(record->key),
		      mm_key_alg(record->key)->name);
	if (consequences[event->kind] && leads_on(event, text->now)) {
		mm_buf_add_str(text->out, ", ");
		consequences[event->kind](text->out, record, text->now);
	}
	mm_buf_add_str(text->out, "\n");
	return MM_OK;
}

enum mm_code mm_change_add_events(struct mm_buf *out, const struct mm_change *change, struct mm_err *err)
{
	struct text text = {.out = out, .now = change->now};

	return change->after ? mm_keyset_events(change->before, change->after, add_event, &text, err) : MM_OK;
}

void mm_add_next(struct mm_buf *out, const struct mm_keyset *set, const struct mm_policy *policy, mm_time now)
{
	struct mm_action next = mm_schedule_next(set, policy, now);

	mm_buf_add_str(out, "next: ");
	mm_add_action(out, &next, now);
	mm_buf_add_str(out, "\n");
}

/* ---- for programs ----------------------------------------------------------------------------------------------- */

struct rows {
	json_t *events;
	const struct mm_change *change;
	const struct mm_policy *policy;
};

static enum mm_code append_event(void *arg, const struct mm_event *event, struct mm_err *err)
{
	const struct rows *rows = arg;
	const struct mm_change *change = rows->change;
	const struct mm_keyset *set = event->kind == MM_EVENT_FORGOTTEN ? change->before : change->after;
	json_t *row = json_pack("{s:s, s:o}", "event", mm_event_names[event->kind], "key",
				mm_key_row_json(set, rows->policy, event->record, change->now));

	return json_array_append_new(rows->events, row) == 0 ? MM_OK : mm_fail(err, MM_ENOMEM, "out of memory");
}

static enum mm_code append_events(json_t *events, const struct mm_change *change, const struct mm_policy *policy,
				  struct mm_hurt *hurt, struct mm_err *err)
{
	struct rows rows = {.events = events, .change = change, .policy = policy};
	enum mm_code code = mm_keyset_events(change->before, change->after, append_event, &rows, err);

	return code == MM_OK ? mm_hurt_of(change->before, change->after, policy, change->now, hurt, err) : code;
}

enum mm_code mm_change_json(const struct mm_change *change, const struct mm_policy *policy,
			    const struct mm_err *warning, json_t **out, struct mm_err *err)
{
	const struct mm_keyset *result = mm_change_result(change);
	struct mm_action next = mm_schedule_next(result, policy, change->now);
	struct mm_hurt hurt = {0};
	json_t *events = json_array();
	enum mm_code code = change->after ? append_events(events, change, policy, &hurt, err) : MM_OK;

	if (code != MM_OK) {
		json_decref(events);
		return code;
	}
	*out = json_pack("{s:I, s:o, s:o, s:o, s:s?}", "revision", (json_int_t)result->revision, "events", events,
			 "hurt", mm_hurt_json(&hurt), "next", mm_action_json(&next), "warning",
			 warning->code == MM_OK ? NULL : warning->text);
	return *out ? MM_OK : mm_fail(err, MM_ENOMEM, "out of memory");
}
