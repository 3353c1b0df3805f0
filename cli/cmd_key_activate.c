/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/verb.h"

/* With --allow-gap it was refused for another reason. */
static void hint_refusal(struct mm_verb *verb, enum mm_gap gap)
{
	if (gap == MM_GAP_REFUSED)
		mm_verb_hint_not_ready(verb, verb->kid);
}

static enum mm_code run(struct mm_call *call, struct mm_err *err)
{
	static const struct mm_gap_verb activate = {mm_keyset_activate, mm_manage_activate, hint_refusal};

	return mm_verb_run_gap(call, &activate, err);
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
