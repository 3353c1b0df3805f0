/* SPDX-License-Identifier: Apache-2.0 */
/* The two documents: printed, or written out for a static host. */
#include "cli/args.h"
#include "cli/context.h"
#include "cli/output.h"

#include <mintmark/document.h>
#include <mintmark/file.h>
#include <mintmark/url.h>

/* ---- jwks and discovery ----------------------------------------------------------------------------------------- */

static enum mm_code print_document(struct mm_call *call, size_t offset, struct mm_err *err)
{
	mm_auto_context context = {0};
	mm_auto(mm_snapshot) snapshot = NULL;
	const struct mm_document *document;
	mm_auto_buf text = {0};
	enum mm_code code = mm_cli_open_snapshot(call, false, mm_clock_now(), &context, &snapshot, err);

	if (code != MM_OK)
		return code;
	document = (const struct mm_document *)((const char *)snapshot->documents + offset);
	mm_buf_add_span(&text, mm_buf_span(&document->body));
	mm_buf_add_str(&text, "\n");
	return mm_print(&text, err);
}

static enum mm_code run_jwks(struct mm_call *call, struct mm_err *err)
{
	return print_document(call, offsetof(struct mm_documents, jwks), err);
}

static enum mm_code run_discovery(struct mm_call *call, struct mm_err *err)
{
	return print_document(call, offsetof(struct mm_documents, discovery), err);
}

static const struct mm_flag document_flags[] = {
	MM_FLAG_ROW_CONFIG,
	/* Whoever gives it to every command need not make an exception: the document is JSON in any form. */
	{.name = "output",
	 .letter = 'o',
	 .type = MM_FLAG_WORD,
	 .offset = offsetof(struct mm_common_options, output),
	 .value = "FORM",
	 .words = mm_output_words,
	 .hidden = true,
	 .help = "changes nothing"},
	{0},
};

const struct mm_command mm_cmd_jwks = {
	.name = "jwks",
	.arguments = "",
	.usage = "Prints the JSON Web Key Set as it is served at ISSUER" MM_JWKS_PATH ": public keys alone.",
	.flags = document_flags,
	.options_size = sizeof(struct mm_common_options),
	.run = run_jwks,
	.help = "print the JWKS",
};

const struct mm_command mm_cmd_discovery = {
	.name = "discovery",
	.arguments = "",
	.usage = "Prints the OIDC discovery document as it is served at ISSUER" MM_DISCOVERY_PATH ".",
	.flags = document_flags,
	.options_size = sizeof(struct mm_common_options),
	.run = run_discovery,
	.help = "print the discovery document",
};

/* ---- publish ---------------------------------------------------------------------------------------------------- */

enum { LOCK_WAIT_MS = 10000 };

struct publish_options {
	struct mm_common_options common;
	bool omit_issuer_path;
};

static enum mm_code print_result(const struct mm_call *call, const char *dir, const char *prefix,
				 const struct mm_publish_result *result, struct mm_err *err)
{
	const struct {
		const char *name, *path;
		bool written;
	} files[] = {
		{"jwks", MM_JWKS_PATH, result->jwks_written},
		{"discovery", MM_DISCOVERY_PATH, result->discovery_written},
	};
	json_t *answer = mm_wants_json(call) ? json_object() : NULL;
	mm_auto_buf text = {0};

	for (size_t i = 0; i < MM_COUNT(files); i++) {
		mm_auto_buf path = {0};

		mm_buf_printf(&path, "%s%s%s", dir, prefix, files[i].path);
		if (mm_buf_check(&path, err) != MM_OK)
			break;
		mm_buf_printf(&text, "%s %s\n", path.p, files[i].written ? "written" : "unchanged");
		json_object_set_new(answer, files[i].name,
				    json_pack("{s:s, s:b}", "path", path.p, "written", files[i].written));
	}
	return answer ? mm_print_json(answer, err) : mm_print(&text, err);
}

/* The key set is loaded under the lock of the directory, or else an older set could be published after a newer. */
static enum mm_code publish(struct mm_cli_context *context, int site, const char *prefix,
			    struct mm_publish_result *result, struct mm_err *err)
{
	mm_auto(mm_snapshot) snapshot = NULL;
	enum mm_code code = mm_store_load(context->store, MM_LOAD_PUBLIC, &context->set, err);

	if (code == MM_OK)
		code = mm_snapshot_build(context->config, context->set, false, mm_clock_now(), &snapshot, err);
	return code == MM_OK ? mm_documents_publish(snapshot->documents, site, prefix, result, err) : code;
}

static enum mm_code run_publish(struct mm_call *call, struct mm_err *err)
{
	const struct publish_options *options = call->options;
	const char *dir = call->arguments[0], *prefix;
	mm_auto_context context = {0};
	mm_auto(mm_url) issuer = NULL;
	mm_auto_fd site = -1;
	struct mm_publish_result result = {0};
	enum mm_code code = mm_cli_open_store(call, &context, err);

	if (code == MM_OK)
		code = mm_issuer_url_check(context.config->issuer, &issuer, err);
	if (code == MM_OK)
		code = mm_site_lock(dir, LOCK_WAIT_MS, &site, err);
	if (code != MM_OK)
		return code;
	prefix = options->omit_issuer_path ? "" : issuer->path;
	code = mm_context(err, publish(&context, site, prefix, &result, err), "%s", dir);
	return code == MM_OK ? print_result(call, dir, prefix, &result, err) : code;
}

static const struct mm_flag publish_flags[] = {
	{.name = "omit-issuer-path",
	 .type = MM_FLAG_SWITCH,
	 .offset = offsetof(struct publish_options, omit_issuer_path),
	 .help = "DIR stands for the issuer URL itself, not for the root of its host"},
	MM_FLAG_ROW_CONFIG,
	MM_FLAG_ROW_OUTPUT,
	{0},
};

const struct mm_command mm_cmd_publish = {
	.name = "publish",
	.arguments = "DIR",
	.usage = "Writes the JWKS and then the discovery document under DIR, at the paths that they have on the "
		 "issuer's host, for any web server or bucket that serves files. Each file is replaced at once and "
		 "durably, and left alone when it is right already.\n"
		 "\n"
		 "A bucket does not know the types of the two files, which have no extension: application/json for the "
		 "discovery document, application/jwk-set+json or application/json for the JWKS.",
	.flags = publish_flags,
	.options_size = sizeof(struct publish_options),
	.run = run_publish,
	.help = "write both documents out for a static host",
};
