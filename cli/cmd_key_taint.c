/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/verb.h"

static bool signs(const struct mm_verb *verb)
{
	return mm_key_state(mm_keyset_find(verb->context.set, verb->kid), verb->now) == MM_STATE_ACTIVE;
}

/* What --allow-gap would do, and the question whether it may. */
static enum mm_code confirm_gap(struct mm_verb *verb, struct mm_err *err)
{
	enum mm_code code = mm_keyset_taint(verb->plan, verb->kid, &verb->context.policy, MM_GAP_ALLOWED, verb->now,
					    err);

	return code == MM_OK ? mm_verb_confirm(verb, verb->kid, false, err) : code;
}

static enum mm_code taint(struct mm_verb *verb, enum mm_gap gap, struct mm_err *err)
{
	enum mm_code code = mm_manage_taint(&verb->manage, verb->kid, gap, &verb->change, err);

	if (code == MM_EREFUSED && signs(verb))
		mm_verb_hint_not_ready(verb, NULL);
	return code;
}

static enum mm_code run(struct mm_call *call, struct mm_err *err)
{
	const struct mm_verb_options *options = call->options;
	mm_auto_verb verb = {0};
	enum mm_code code = mm_verb_open(call, &verb, err);

	if (code != MM_OK)
		return code;
	code = mm_verb_find_key(&verb, err);
	if (code == MM_OK && options->allow_gap)
		code = confirm_gap(&verb, err);
	if (code == MM_OK)
		code = taint(&verb, options->allow_gap ? MM_GAP_ALLOWED : MM_GAP_REFUSED, err);
	return mm_verb_finish(&verb, code, err);
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
