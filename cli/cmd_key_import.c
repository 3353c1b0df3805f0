/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/input.h"
#include "cli/verb.h"

struct import_options {
	struct mm_verb_options verb;
	const char *passphrase_file;
	bool activate;
};

/* What --activate would do, and the question whether it may. */
static enum mm_code confirm_gap(struct mm_verb *verb, const struct mm_key *key, struct mm_err *err)
{
	const struct mm_policy *policy = &verb->context.policy;
	enum mm_code code = mm_keyset_publish(verb->plan, key, policy, mm_policy_publish_wait(policy), verb->now, err);

	if (code == MM_OK)
		code = mm_keyset_activate(verb->plan, mm_key_kid(key), policy, MM_GAP_ALLOWED, verb->now, err);
	return code == MM_OK ? mm_verb_confirm(verb, mm_key_kid(key), false, err) : code;
}

static enum mm_code import(struct mm_verb *verb, const struct mm_key *key, bool activate, struct mm_err *err)
{
	enum mm_code code = MM_OK;

	verb->alg = mm_key_alg(key);
	if (activate)
		code = confirm_gap(verb, key, err);
	if (code == MM_OK)
		code = mm_manage_import(&verb->manage, key, activate, &verb->change, err);
	if (code == MM_EREFUSED)
		mm_verb_hint_full(verb);
	return code;
}

static enum mm_code run(struct mm_call *call, struct mm_err *err)
{
	const struct import_options *options = call->options;
	mm_auto_verb verb = {0};
	mm_auto(mm_key) key = NULL;
	enum mm_code code = mm_verb_open(call, &verb, err);

	if (code == MM_OK)
		code = mm_read_key(call, call->arguments[0], options->verb.alg, options->passphrase_file, &key, err);
	if (code != MM_OK)
		return code;
	return mm_verb_finish(&verb, import(&verb, key, options->activate, err), err);
}

static const struct mm_flag flags[] = {
	{.name = "algorithm",
	 .type = MM_FLAG_ALGORITHM,
	 .offset = offsetof(struct mm_verb_options, alg),
	 .value = "ALG",
	 .help = "what the key is for; without it the JWK's alg, RS256 for RSA, and what fits the curve"},
	{.name = "passphrase-file",
	 .type = MM_FLAG_FILE,
	 .offset = offsetof(struct import_options, passphrase_file),
	 .value = "FILE",
	 .help = "the first line is the passphrase of an encrypted key, - for standard input"},
	{.name = "activate",
	 .type = MM_FLAG_SWITCH,
	 .offset = offsetof(struct import_options, activate),
	 .help = "let it sign at once: verifiers that do not know it yet will refuse tokens"},
	MM_FLAG_ROW_YES,
	MM_FLAG_ROW_REASON,
	MM_FLAG_ROW_CONFIG,
	MM_FLAG_ROW_OUTPUT,
	{0},
};

const struct mm_command mm_cmd_key_import = {
	.name = "key import",
	.arguments = "FILE",
	.usage = "Adds a private key from FILE (- for standard input) to the issuer's keys: PEM with PKCS#1, SEC1 or "
		 "PKCS#8, "
		 "encrypted or not, or a private JWK. The key is vetted and tried, and published from now on. It "
		 "stands by, "
		 "and is ready when verifiers have had time to fetch it: 'mintmark key activate' then makes it sign. "
		 "With "
		 "--activate it signs at once; until when that hurts is said before, and asked about.\n"
		 "\n"
		 "Files with keys and passphrases must not be readable by others.",
	.flags = flags,
	.options_size = sizeof(struct import_options),
	.run = run,
	.help = "add a private key from a file",
	.private_keys = true,
};
