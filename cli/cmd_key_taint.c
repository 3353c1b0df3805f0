/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/verb.h"

static bool signs(const struct mm_verb *verb)
{
	return mm_key_state(mm_keyset_find(verb->context.set, verb->kid), verb->now) == MM_STATE_ACTIVE;
}

static void hint_refusal(struct mm_verb *verb, enum mm_gap gap)
{
	(void)gap;
	if (signs(verb))
		mm_verb_hint_not_ready(verb, NULL);
}

static enum mm_code run(struct mm_call *call, struct mm_err *err)
{
	static const struct mm_gap_verb taint = {mm_keyset_taint, mm_manage_taint, hint_refusal};

	return mm_verb_run_gap(call, &taint, err);
}

static const struct mm_flag flags[] = {
	MM_FLAG_ROW_WHOSE_ACTIVE,
	MM_FLAG_ROW_ALLOW_GAP,
	MM_FLAG_ROW_YES,
	MM_FLAG_ROW_REASON,
	MM_FLAG_ROW_CONFIG,
	MM_FLAG_ROW_OUTPUT,
	{0},
};

const struct mm_command mm_cmd_key_taint = {
	.name = "key taint",
	.arguments = "KID|active",
	.usage = "Makes sure that a key never signs again, without hurting anybody: it is served on until its tokens "
		 "have "
		 "expired. If it signs now, its standby takes over; while that is not ready, tainting is refused, or "
		 "with "
		 "--allow-gap done after a question. The beginning of the kid will do, from 8 characters on.\n"
		 "\n"
		 "For a key that is no longer trusted to be secret, use 'mintmark key revoke'.",
	.flags = flags,
	.options_size = sizeof(struct mm_verb_options),
	.run = run,
	.help = "stop signing with a key, and serve it on",
	.private_keys = true,
};
