/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/change.h"

#include "cli/keyrow.h"
#include "cli/output.h"

#include <mintmark/event.h>

/* What is said of an event beside its name: a time that it leads to. */
static const struct {
	const char *until;
	mm_time (*time)(const struct mm_key_record *record);
} consequences[MM_EVENT_KINDS] = {
	[MM_EVENT_PUBLISHED] = {"ready at", mm_key_ready_at},
	[MM_EVENT_RETIRED] = {"served until", mm_key_removable_at},
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

static enum mm_code add_event(void *arg, const struct mm_event *event, struct mm_err *err)
{
	const struct text *text = arg;
	const struct mm_key_record *record = event->record;
	bool served = mm_key_states[mm_key_state(record, text->now)].in_jwks; /* else nothing follows any more */
	mm_time (*time)(const struct mm_key_record *) = served ? consequences[event->kind].time : NULL;
	(void)err;

	mm_buf_printf(text->out, "%s %s (%s)", mm_event_names[event->kind], mm_key_kid(record->key),
		      mm_key_alg(record->key)->name);
	if (time) {
		mm_buf_printf(text->out, ", %s ", consequences[event->kind].until);
		mm_add_when(text->out, time(record), text->now);
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
