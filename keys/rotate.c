/* SPDX-License-Identifier: Apache-2.0 */
/* What is due, taken step by step: look, take one step, look again. */
#include <mintmark/schedule.h>

#include "keys/made.h"

#include <string.h>

static enum mm_code take(struct mm_keyset *set, const struct mm_policy *policy, const struct mm_action *action,
			 mm_time now, const struct mm_key_maker *maker, struct mm_err *err)
{
	const char *kid = action->record ? mm_key_kid(action->record->key) : NULL;

	switch (action->kind) {
	case MM_ACTION_DELIVER: mm_keyset_deliver(set, NULL, policy, now); return MM_OK;
	case MM_ACTION_REMOVE: return mm_keyset_remove(set, kid, now, err);
	case MM_ACTION_EXTEND: return mm_keyset_extend(set, kid, policy, err);
	case MM_ACTION_PUBLISH:
		return mm_publish_made(set, policy, action->alg, mm_policy_publish_wait(policy), now, maker, err);
	case MM_ACTION_ACTIVATE: return mm_keyset_activate(set, kid, policy, MM_GAP_REFUSED, now, err);
	case MM_ACTION_RETIRE: return mm_keyset_give_up(set, action->alg, policy, now, err);
	default: return mm_fail(err, MM_EREFUSED, "the schedule asks for no step");
	}
}

static bool is_told(const struct mm_buf *why, const char *reason)
{
	return why->len > 0 && memmem(why->p, why->len, reason, strlen(reason));
}

static void tell(struct mm_buf *why, const char *reason)
{
	if (!is_told(why, reason))
		mm_buf_printf(why, "%s%s", why->len > 0 ? "; " : "", reason);
}

enum mm_code mm_rotate(struct mm_keyset *set, const struct mm_policy *policy, unsigned kinds, mm_time now,
		       const struct mm_key_maker *maker, struct mm_buf *why, size_t *steps, struct mm_err *err)
{
	/* Every key takes a few steps at most, so a schedule that does not come to rest is a mistake of ours. */
	const size_t most = 8 * (set->count + MM_ALG_COUNT);

	for (*steps = 0; *steps < most; ++*steps) {
		struct mm_action action = mm_schedule_next_of(set, policy, kinds, now);
		enum mm_code code;

		if (!mm_action_is_due(&action, now))
			return mm_buf_check(why, err);
		code = take(set, policy, &action, now, maker, err);
		if (code != MM_OK)
			return code;
		tell(why, action.why);
	}
	return mm_fail(err, MM_EREFUSED, "the schedule does not come to rest after %zu steps", most);
}
