/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/keyrow.h"
#include "cli/output.h"
#include "cli/verb.h"

/* There are two standbys, unless the JWKS is full. */
static void hint_refusal(struct mm_verb *verb)
{
	const struct mm_key_record *first = mm_keyset_standby(verb->context.set, verb->alg);
	bool waits = first && mm_key_state(first, verb->now) == MM_STATE_PUBLISHED;
	char ready[MM_READY_SIZE];

	if (waits)
		mm_ready_format(first, verb->now, ready);
	if (mm_policy_has_alg(&verb->context.policy, verb->alg))
		mm_hint(verb->call, "'mintmark key rotate --algorithm %s' lets the first of them sign%s%s",
			verb->alg->name, waits ? "; it is " : "", waits ? ready : "");
	mm_verb_hint_full(verb);
}

static enum mm_code run(struct mm_call *call, struct mm_err *err)
{
	mm_auto_verb verb = {0};
	enum mm_code code = mm_verb_open(call, &verb, err);

	if (code != MM_OK)
		return code;
	code = mm_manage_prepare(&verb.manage, verb.alg, &verb.change, err);
	if (code == MM_EREFUSED)
		hint_refusal(&verb);
	return mm_verb_finish(&verb, code, err);
}

static const struct mm_flag flags[] = {
	MM_FLAG_ROW_ALGORITHM("what the key is for"), MM_FLAG_ROW_REASON, MM_FLAG_ROW_CONFIG, MM_FLAG_ROW_OUTPUT, {0},
};

const struct mm_command mm_cmd_key_prepare = {
	.name = "key prepare",
	.arguments = "",
	.usage = "Makes a key and publishes it. It signs nothing yet: it stands by, and is ready when every verifier "
		 "has had time to fetch it. There is always one standby without this command; a second one is for a "
		 "rotation that is to follow soon after another one. A third is refused.\n"
		 "\n"
		 "'mintmark key rotate' makes the standby sign.",
	.flags = flags,
	.options_size = sizeof(struct mm_verb_options),
	.run = run,
	.help = "publish a new key, which stands by",
	.private_keys = true,
};
