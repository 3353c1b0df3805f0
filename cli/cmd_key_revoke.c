/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/output.h"
#include "cli/verb.h"

/* As mm_manage_revoke does: a signer that nothing stands by for gets a successor first, here one that is never made. */
static enum mm_code plan_successor(struct mm_verb *verb, struct mm_err *err)
{
	const struct mm_policy *policy = &verb->context.policy;
	mm_auto(mm_key) key = NULL;
	enum mm_code code;

	if (!mm_keyset_lacks_successor(verb->plan, verb->kid, policy))
		return MM_OK;
	code = mm_key_planned(verb->alg, 1, &key, err);
	return code == MM_OK ? mm_keyset_publish_successor(verb->plan, key, policy, verb->now, err) : code;
}

static enum mm_code confirm(struct mm_verb *verb, struct mm_err *err)
{
	enum mm_code code = plan_successor(verb, err);

	if (code == MM_OK)
		code = mm_keyset_revoke(verb->plan, verb->kid, &verb->context.policy, verb->now, err);
	return code == MM_OK ? mm_verb_confirm(verb, verb->kid, true, err) : code;
}

/* Whoever revokes a key relies on its being gone. */
static enum mm_code check_destroyed(struct mm_verb *verb, struct mm_err *err)
{
	const struct mm_err *warning = &verb->context.store->warning;

	if (warning->code == MM_OK)
		return MM_OK;
	mm_hint(verb->call, "remove its file by hand; the next change of the key set tries it again");
	return mm_fail(err, warning->code, "key revoke: %s is revoked, but its private half may still be there",
		       verb->kid);
}

static enum mm_code run(struct mm_call *call, struct mm_err *err)
{
	mm_auto_verb verb = {0};
	enum mm_code code = mm_verb_open(call, &verb, err);

	if (code != MM_OK)
		return code;
	code = mm_verb_find_key(&verb, err);
	if (code == MM_OK)
		code = confirm(&verb, err);
	if (code == MM_OK)
		code = mm_manage_revoke(&verb.manage, verb.kid, &verb.change, err);
	code = mm_verb_finish(&verb, code, err);
	return code == MM_OK ? check_destroyed(&verb, err) : code;
}

static const struct mm_flag flags[] = {
	MM_FLAG_ROW_WHOSE_ACTIVE, MM_FLAG_ROW_YES, MM_FLAG_ROW_REASON, MM_FLAG_ROW_CONFIG, MM_FLAG_ROW_OUTPUT, {0},
};

const struct mm_command mm_cmd_key_revoke = {
	.name = "key revoke",
	.arguments = "KID|active",
	.usage =
		"For a key that others may have: takes it out of the JWKS now and for ever, and destroys its private "
		"half. "
		"If it signs, its standby takes over in the same moment. The beginning of the kid will do, from 8 "
		"characters on.\n"
		"\n"
		"It says first who will be hurt: verifiers refuse the tokens of this key as soon as they fetch the new "
		"JWKS, and may accept them, forged ones too, as long as they keep an older one. Then it asks; a script "
		"says "
		"--yes. Where only files are published, run 'mintmark publish' right afterwards.",
	.flags = flags,
	.options_size = sizeof(struct mm_verb_options),
	.run = run,
	.help = "take a key out of service for ever: an emergency",
	.private_keys = true,
};
