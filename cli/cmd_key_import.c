/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/args.h"
#include "cli/context.h"
#include "cli/input.h"
#include "cli/keyrow.h"
#include "cli/output.h"

#include <mintmark/manage.h>

struct import_options {
	struct mm_common_options common;
	const struct mm_alg *alg;
	const char *passphrase_file;
};

static enum mm_code print_record(const struct mm_call *call, const struct mm_key_record *record, mm_time now,
				 struct mm_err *err)
{
	struct mm_key_row row = mm_key_row(record, now);
	char at[MM_TIME_TEXT_SIZE];
	mm_auto_buf text = {0};
	enum mm_code code;

	if (mm_wants_json(call))
		return mm_print_json(mm_key_row_json(record, now), err);
	mm_buf_printf(&text, "%s\n", row.kid);
	code = mm_print(&text, err);
	if (code != MM_OK)
		return code;
	mm_time_format(row.next_at, at);
	if (row.next_at == MM_NEVER)
		mm_note("%s key %s is %s", row.algorithm, row.kid, row.state);
	else
		mm_note("%s key %s is %s; %s at %s", row.algorithm, row.kid, row.state, row.next, at);
	return MM_OK;
}

static enum mm_code run(struct mm_call *call, struct mm_err *err)
{
	const struct import_options *options = call->options;
	mm_auto_context context = {0};
	mm_auto(mm_key) key = NULL;
	mm_time now = mm_clock_now();
	enum mm_code code = mm_cli_open_store(call, &context, err);

	if (code == MM_OK)
		code = mm_read_key(call, call->arguments[0], options->alg, options->passphrase_file, &key, err);
	if (code == MM_OK)
		code = mm_manage_import(context.store, &context.policy, key, now, &context.set, err);
	if (code == MM_ECONFLICT)
		mm_hint(call, "another process changed the key set at the same moment; try again");
	if (code != MM_OK)
		return code;
	mm_cli_note_warning(&context);
	return print_record(call, mm_keyset_find(context.set, mm_key_kid(key)), now, err);
}

static const struct mm_flag flags[] = {
	{.name = "algorithm",
	 .type = MM_FLAG_ALGORITHM,
	 .offset = offsetof(struct import_options, alg),
	 .value = "ALG",
	 .help = "what the key is for; without it the JWK's alg, RS256 for RSA, and what fits the curve"},
	{.name = "passphrase-file",
	 .type = MM_FLAG_FILE,
	 .offset = offsetof(struct import_options, passphrase_file),
	 .value = "FILE",
	 .help = "the first line is the passphrase of an encrypted key, - for standard input"},
	MM_FLAG_ROW_CONFIG,
	MM_FLAG_ROW_OUTPUT,
	{0},
};

const struct mm_command mm_cmd_key_import = {
	.name = "key import",
	.arguments = "FILE",
	.usage =
		"Adds a private key from FILE (- for standard input) to the issuer's keys and prints its kid: PEM with "
		"PKCS#1, SEC1 or PKCS#8, encrypted or not, or a private JWK. The key is vetted and tried, and "
		"published from now on; it is ready when verifiers have had time to fetch it. This version has no "
		"command yet that makes it sign.\n"
		"\n"
		"Files with keys and passphrases must not be readable by others.",
	.flags = flags,
	.options_size = sizeof(struct import_options),
	.run = run,
	.help = "add a private key from a file",
	.private_keys = true,
};
