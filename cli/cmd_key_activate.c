/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/verb.h"

/* What --allow-gap would do, and the question whether it may. */
static enum mm_code confirm_gap(struct mm_verb *verb, struct mm_err *err)
{
	enum mm_code code = mm_keyset_activate(verb->plan, verb->kid, &verb->context.policy, MM_GAP_ALLOWED, verb->now,
					       err);

	return code == MM_OK ? mm_verb_confirm(verb, verb->kid, false, err) : code;
}

static enum mm_code activate(struct mm_verb *verb, enum mm_gap gap, struct mm_err *err)
{
	enum mm_code code = mm_manage_activate(&verb->manage, verb->kid, gap, &verb->change, err);

	if (code == MM_EREFUSED && gap == MM_GAP_REFUSED)
		mm_verb_hint_not_ready(verb, verb->kid);
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
		code = activate(&verb, options->allow_gap ? MM_GAP_ALLOWED : MM_GAP_REFUSED, err);
	return mm_verb_finish(&verb, code, err);
}

static const struct mm_flag flags[] = {
	MM_FLAG_ROW_ALLOW_GAP, MM_FLAG_ROW_YES, MM_FLAG_ROW_REASON, MM_FLAG_ROW_CONFIG, MM_FLAG_ROW_OUTPUT, {0},
};

const struct mm_command mm_cmd_key_activate = {
	.name = "key activate",
	.arguments = "KID",
	.usage = "Makes the standby KID sign, in place of the key for the same algorithm that signs now, which is "
		 "served "
		 "on until its tokens have expired. The beginning of the kid will do, from 8 characters on.\n"
		 "\n"
		 "A key that is not ready yet is refused: verifiers may hold a JWKS without it, and would refuse its "
		 "tokens. With --allow-gap it signs nevertheless; until when that hurts is said before, and asked "
		 "about.",
	.flags = flags,
	.options_size = sizeof(struct mm_verb_options),
	.run = run,
	.help = "make a standby sign, by its kid",
	.private_keys = true,
};
