/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/export_apiserver.h"

#include "cli/output.h"

#include <mintmark/file.h>

enum { LOCK_WAIT_MS = 10000 };

void mm_apiserver_exported_clear(struct mm_apiserver_exported *exported)
{
	mm_apiserver_files_clear(&exported->files);
	mm_apiserver_change_clear(&exported->change);
	mm_keyset_free(exported->set);
	*exported = (struct mm_apiserver_exported){0};
}

static enum mm_code write_locked(const struct mm_apiserver_export *export, const struct mm_cli_context *context,
				 int dir, struct mm_apiserver_exported *out, struct mm_err *err)
{
	const struct mm_alg *alg = export->alg ? export->alg : context->policy.algs[0];
	enum mm_code code = mm_store_load(context->store, MM_LOAD_PRIVATE, &out->set, err);

	if (code == MM_OK)
		code = mm_apiserver_render(out->set, alg, mm_clock_now(), &out->files, err);
	if (code != MM_OK)
		return mm_context(err, code, "key export");
	code = mm_apiserver_write(&out->files, dir, export->force, &out->change, err);
	return mm_context(err, code, "key export: %s", export->dir);
}

enum mm_code mm_apiserver_export_once(struct mm_call *call, const struct mm_apiserver_export *export,
				      struct mm_cli_context *context, struct mm_apiserver_exported *out,
				      struct mm_err *err)
{
	mm_auto_fd dir = -1;
	enum mm_code code = mm_context(err, mm_apiserver_lock(export->dir, LOCK_WAIT_MS, &dir, err), "key export");

	if (code == MM_OK)
		code = write_locked(export, context, dir, out, err);
	if (code == MM_EREFUSED)
		mm_hint(call, "--algorithm names another of the algorithms in keys.algorithms");
	if (code == MM_EEXIST)
		mm_hint(call, "tokens by that key would be refused. 'mintmark key import' makes a private key one of "
			      "this issuer's; --force replaces the file all the same");
	if (code != MM_OK)
		return code;
	out->restart = mm_apiserver_restart(&out->files, &out->change, &context->policy);
	return MM_OK;
}

enum mm_code mm_apiserver_export(struct mm_call *call, const struct mm_apiserver_export *export, struct mm_err *err)
{
	mm_auto_context context = {0};
	mm_auto_exported exported = {0};
	mm_auto_buf text = {0};
	enum mm_code code = mm_cli_open_store(call, &context, err);

	if (code == MM_OK)
		code = mm_apiserver_export_once(call, export, &context, &exported, err);
	if (code != MM_OK)
		return code;
	mm_apiserver_warn(&exported);
	if (mm_wants_json(call))
		return mm_print_json(mm_apiserver_json(&exported, export->dir), err);
	mm_apiserver_add_text(&text, &exported, export->dir);
	return mm_print(&text, err);
}
