/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/context.h"

#include "cli/output.h"

#include <string.h>

void mm_cli_context_clear(struct mm_cli_context *context)
{
	mm_keyset_free(context->set);
	mm_store_free(context->store);
	mm_config_free(context->config);
	*context = (struct mm_cli_context){0};
}

static enum mm_code find_and_load(const char *flag, struct mm_config **out, struct mm_err *err)
{
	mm_auto_string path = NULL;
	enum mm_code code = mm_config_find(flag, &path, err);

	return code == MM_OK ? mm_config_load(path, out, err) : code;
}

enum mm_code mm_cli_load_config(struct mm_call *call, struct mm_cli_context *context, struct mm_err *err)
{
	const struct mm_common_options *options = call->options;
	struct mm_err why = {0};
	enum mm_code code = find_and_load(options->config, &context->config, &why);

	if (code == MM_ENOTFOUND) {
		mm_hint(call, "'mintmark init --issuer URL' makes a configuration; --config FILE names another one");
		code = MM_ECONFIG;
	}
	return code == MM_OK ? MM_OK : mm_fail(err, code, "%s", why.text);
}

static void hint_init(struct mm_call *call, const struct mm_config *config)
{
	mm_hint(call, "'mintmark init --issuer %s --dir DIR' makes the first keys, where DIR holds mintmark.yaml",
		config->issuer);
}

enum mm_code mm_cli_find_issuer(struct mm_call *call, struct mm_cli_context *context, const char *otherwise,
				const char **out, struct mm_err *err)
{
	enum mm_code code;

	if (call->argument_count > 0) {
		*out = call->arguments[0];
		return MM_OK;
	}
	code = mm_cli_load_config(call, context, err);
	if (code == MM_OK)
		*out = context->config->issuer;
	else if (call->hint[0] != '\0')
		mm_hint(call, "%s", otherwise);
	return code;
}

enum mm_code mm_cli_blame_arguments(const struct mm_call *call, enum mm_code code, const struct mm_err *why,
				    struct mm_err *err)
{
	if (code == MM_OK)
		return MM_OK;
	if (code == MM_EPARSE)
		return mm_fail(err, MM_EUSAGE, "%s: %s", call->command->name, why->text);
	return mm_fail(err, code, "%s", why->text);
}

enum mm_code mm_cli_open_store(struct mm_call *call, struct mm_cli_context *context, struct mm_err *err)
{
	enum mm_code code = mm_cli_load_config(call, context, err);

	if (code == MM_OK)
		code = mm_policy_from_config(context->config, &context->policy, err);
	if (code == MM_OK)
		code = mm_store_open_dir(context->config->data_dir, false, &context->store, err);
	if (code == MM_ENOTFOUND)
		hint_init(call, context->config);
	return code;
}

enum mm_code mm_cli_open_set(struct mm_call *call, enum mm_store_load what, struct mm_cli_context *context,
			     struct mm_err *err)
{
	enum mm_code code = mm_cli_open_store(call, context, err);

	if (code != MM_OK)
		return code;
	code = mm_store_load(context->store, what, &context->set, err);
	if (code == MM_ENOTFOUND)
		hint_init(call, context->config);
	return code;
}

enum mm_code mm_cli_open_snapshot(struct mm_call *call, bool with_signers, mm_time now, struct mm_cli_context *context,
				  struct mm_snapshot **out, struct mm_err *err)
{
	enum mm_code code = mm_cli_open_set(call, with_signers ? MM_LOAD_PRIVATE : MM_LOAD_PUBLIC, context, err);

	return code == MM_OK ? mm_snapshot_build(context->config, context->set, with_signers, now, out, err) : code;
}

void mm_cli_note_warning(const struct mm_cli_context *context)
{
	const struct mm_err *warning = &context->store->warning;

	if (warning->code != MM_OK)
		mm_note("warning: %s", warning->text);
}
