/* SPDX-License-Identifier: Apache-2.0 */
/* mintmark key export --for kube-apiserver: both files (mintmark/apiserver.h), once or after each commit. */
#ifndef MINTMARK_CLI_EXPORT_APISERVER_H
#define MINTMARK_CLI_EXPORT_APISERVER_H

#include "cli/context.h"

#include <jansson.h>
#include <mintmark/apiserver.h>

/* What is wanted. */
struct mm_apiserver_export {
	const char *dir;
	const struct mm_alg *alg; /* NULL: the policy's first */
	bool force;               /* also over keys that this issuer does not know */
};

/* What was done. */
struct mm_apiserver_exported {
	struct mm_keyset *set;
	struct mm_apiserver_files files;
	struct mm_apiserver_change change;
	struct mm_restart restart;
};
void mm_apiserver_exported_clear(struct mm_apiserver_exported *exported);
#define mm_auto_exported MM_CLEANUP(mm_apiserver_exported_clear) struct mm_apiserver_exported

/* Writes both files once, from the store of `context`; `out` is cleared by the caller in any case. */
MM_MUSTCHECK enum mm_code mm_apiserver_export_once(struct mm_call *call, const struct mm_apiserver_export *export,
						   struct mm_cli_context *context, struct mm_apiserver_exported *out,
						   struct mm_err *err);

/* The same as a command: with its answer. */
MM_MUSTCHECK enum mm_code mm_apiserver_export(struct mm_call *call, const struct mm_apiserver_export *export,
					      struct mm_err *err);

/*
 * The same at once, after each commit and on SIGHUP, until SIGTERM or SIGINT, with a line for each change. What fails
 * at the start is returned; what fails later is said once and tried again each second.
 */
MM_MUSTCHECK enum mm_code mm_apiserver_watch(struct mm_call *call, const struct mm_apiserver_export *export,
					     struct mm_err *err);

/* ---- answers ---------------------------------------------------------------------------------------------------- */

/* For people: several lines with all keys, or one. */
void mm_apiserver_add_text(struct mm_buf *out, const struct mm_apiserver_exported *exported, const char *dir);
void mm_apiserver_add_line(struct mm_buf *out, const struct mm_apiserver_exported *exported);
/* On standard error: keys of the JWKS that a kube-apiserver cannot verify with. */
void mm_apiserver_warn(const struct mm_apiserver_exported *exported);
/* For programs; owned by the caller. NULL: there is no memory. */
json_t *mm_apiserver_json(const struct mm_apiserver_exported *exported, const char *dir);

#endif
