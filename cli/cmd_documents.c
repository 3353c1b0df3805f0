/* SPDX-License-Identifier: Apache-2.0 */
/* The two documents, printed. */
#include "cli/args.h"
#include "cli/context.h"
#include "cli/output.h"

#include <mintmark/document.h>

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
