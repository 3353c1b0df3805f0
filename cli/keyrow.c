/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/keyrow.h"

#include "cli/output.h"

#include <stdio.h>

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

/* When a record came into its state, and what it does while nothing is going to happen to it. */
static const struct {
	mm_time (*since)(const struct mm_key_record *record);
	const char *idle;
} states[MM_STATE_COUNT] = {
	[MM_STATE_GENERATED] = {created, "not published"},
	[MM_STATE_PUBLISHED] = {published, "-"},
	[MM_STATE_READY] = {mm_key_ready_at, "stands by"},
	[MM_STATE_ACTIVE] = {activated, "signs"},
	[MM_STATE_RETIRED] = {retired, "-"},
	[MM_STATE_REMOVED] = {removed, "-"},
	[MM_STATE_REVOKED] = {revoked, "-"},
};

struct mm_key_row mm_key_row(const struct mm_keyset *set, const struct mm_policy *policy,
			     const struct mm_key_record *record, mm_time now)
{
	enum mm_key_state state = mm_key_state(record, now);

	return (struct mm_key_row){
		.kid = mm_key_kid(record->key),
		.algorithm = mm_key_alg(record->key)->name,
		.state = mm_key_states[state].name,
		.since = states[state].since(record),
		.next = mm_schedule_key(set, policy, record, now),
		.idle = states[state].idle,
	};
}

/* ---- what comes next -------------------------------------------------------------------------------------------- */

void mm_ready_format(const struct mm_key_record *record, mm_time now, char out[static MM_READY_SIZE])
{
	char wait[MM_DURATION_TEXT_SIZE], in[MM_DISTANCE_SIZE];

	mm_duration_format(record->publish_wait, wait);
	if (record->delivered != MM_NEVER) {
		mm_distance_format(mm_key_ready_at(record), now, in);
		snprintf(out, MM_READY_SIZE, "ready %s", in);
	} else if (record->publish_wait > 0) {
		snprintf(out, MM_READY_SIZE, "ready %s after it is delivered", wait);
	} else {
		snprintf(out, MM_READY_SIZE, "ready once it is delivered");
	}
}

void mm_add_ready(struct mm_buf *out, const struct mm_key_record *record, mm_time now)
{
	char ready[MM_READY_SIZE];

	mm_ready_format(record, now, ready);
	if (record->delivered == MM_NEVER) {
		mm_buf_add_str(out, ready);
		return;
	}
	mm_buf_add_str(out, "ready at ");
	mm_add_when(out, mm_key_ready_at(record), now);
}

void mm_add_action(struct mm_buf *out, const struct mm_action *action, mm_time now)
{
	if (action->kind == MM_ACTION_NONE) {
		mm_buf_add_str(out, "nothing happens by itself");
		return;
	}
	if (action->record)
		mm_buf_printf(out, "%s%s %s (%s)", mm_action_names[action->kind],
			      action->kind == MM_ACTION_AWAIT ? " delivery of" : "", mm_key_kid(action->record->key),
			      action->alg->name);
	else
		mm_buf_printf(out, "%s a new %s key", mm_action_names[action->kind], action->alg->name);
	if (action->kind == MM_ACTION_AWAIT)
		return;
	mm_buf_add_str(out, action->at > now ? " at " : ", due since ");
	mm_add_when(out, action->at, now);
}

/* ---- for programs ----------------------------------------------------------------------------------------------- */

static json_t *action_name(const struct mm_action *action)
{
	return action->kind == MM_ACTION_NONE ? json_null() : json_string(mm_action_names[action->kind]);
}

json_t *mm_action_json(const struct mm_action *action)
{
	if (action->kind == MM_ACTION_NONE)
		return json_null();
	return json_pack("{s:o, s:s, s:s?, s:o, s:s}", "action", action_name(action), "algorithm", action->alg->name,
			 "kid", action->record ? mm_key_kid(action->record->key) : NULL, "at", mm_json_time(action->at),
			 "why", action->why);
}

/* A time or a wait that is not there yet is null. */
static json_t *wait_after(mm_time step, mm_duration wait)
{
	return step == MM_NEVER ? json_null() : json_integer(wait);
}

static json_t *time_after(mm_time step, mm_time time)
{
	return step == MM_NEVER ? json_null() : mm_json_time(time);
}

/* NULL, which is left out: where nothing is delivered anywhere, there is nothing to tell. */
static json_t *delivery(const struct mm_policy *policy, const struct mm_key_record *record)
{
	if (!policy->delivers && record->delivered == record->published)
		return NULL;
	return mm_json_time(record->delivered);
}

json_t *mm_key_row_json(const struct mm_keyset *set, const struct mm_policy *policy, const struct mm_key_record *record,
			mm_time now)
{
	struct mm_key_row row = mm_key_row(set, policy, record, now);
	char thumbprint[MM_KID_SIZE];

	if (mm_key_thumbprint(record->key, thumbprint, NULL) != MM_OK)
		return NULL;
	return json_pack("{s:s, s:s, s:s, s:i, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o*, s:o, s:o, s:o, s:o, s:o, s:o, "
			 "s:o, s:o}",
			 "kid", row.kid, "thumbprint", thumbprint, "algorithm", row.algorithm, "bits",
			 (int)mm_key_bits(record->key), "state", row.state, "since", mm_json_time(row.since), "next",
			 action_name(&row.next), "next_at", mm_json_time(row.next.at), "created",
			 mm_json_time(record->created), "published", mm_json_time(record->published), "publish_wait",
			 wait_after(record->published, record->publish_wait), "delivered", delivery(policy, record),
			 "ready_at", time_after(record->delivered, mm_key_ready_at(record)), "activated",
			 mm_json_time(record->activated), "retire_wait",
			 wait_after(record->activated, record->retire_wait), "retired", mm_json_time(record->retired),
			 "removable_at", time_after(record->retired, mm_key_removable_at(record)), "tainted",
			 mm_json_time(record->tainted), "removed", mm_json_time(record->removed), "revoked",
			 mm_json_time(record->revoked));
}
