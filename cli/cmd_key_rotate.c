/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/verb.h"

struct rotate_options {
	struct mm_verb_options verb;
	bool due;
};

static enum mm_code rotate(struct mm_verb *verb, struct mm_err *err)
{
	enum mm_code code = mm_manage_rotate(&verb->manage, verb->alg, &verb->change, err);

	if (code == MM_EREFUSED && mm_policy_has_alg(&verb->context.policy, verb->alg))
		mm_verb_hint_not_ready(verb, NULL);
	return code;
}

static enum mm_code run(struct mm_call *call, struct mm_err *err)
{
	const struct rotate_options *options = call->options;
	mm_auto_verb verb = {0};
	enum mm_code code;

	if (options->due && options->verb.alg)
		return mm_fail(err, MM_EUSAGE,
			       "key rotate: --due is for all algorithms, and does not go with --algorithm");
	code = mm_verb_open(call, &verb, err);
	if (code != MM_OK)
		return code;
	code = options->due ? mm_manage_run_due(&verb.manage, &verb.change, err) : rotate(&verb, err);
	return mm_verb_finish(&verb, code, err);
}

static const struct mm_flag flags[] = {
	MM_FLAG_ROW_ALGORITHM("the one whose keys rotate"),
	{.name = "due",
	 .type = MM_FLAG_SWITCH,
	 .offset = offsetof(struct rotate_options, due),
	 .help = "do what the schedule asks for by now, which may be nothing"},
	MM_FLAG_ROW_REASON,
	MM_FLAG_ROW_CONFIG,
	MM_FLAG_ROW_OUTPUT,
	{0},
};

const struct mm_command mm_cmd_key_rotate = {
	.name = "key rotate",
	.arguments = "",
	.usage = "Makes the standby sign, now, and publishes the next one. The key that signed until now is served on "
		 "until "
		 "its tokens have expired, so that nobody is hurt. While the standby is not ready it is refused (exit "
		 "status "
		 "1), and the message says until when.\n"
		 "\n"
		 "With --due it does what 'mintmark serve' would do by itself: whatever the schedule asks for by now. "
		 "For "
		 "cron, where only files are published and nothing is served; the exit status is 0 also when nothing "
		 "is due.",
	.flags = flags,
	.options_size = sizeof(struct rotate_options),
	.run = run,
	.help = "make the standby sign, whichever it is; or do what is due",
	.private_keys = true,
};
