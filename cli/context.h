/* SPDX-License-Identifier: Apache-2.0 */
/* What most commands begin with: the configuration that the flags name, and the key store that it names. */
#ifndef MINTMARK_CLI_CONTEXT_H
#define MINTMARK_CLI_CONTEXT_H

#include "cli/command.h"

#include <mintmark/config.h>
#include <mintmark/snapshot.h>
#include <mintmark/store.h>

/* Everything is owned; {0} is an empty one. */
struct mm_cli_context {
	struct mm_config *config;
	struct mm_policy policy;
	struct mm_store *store;
	struct mm_keyset *set;
};
void mm_cli_context_clear(struct mm_cli_context *context);
#define mm_auto_context MM_CLEANUP(mm_cli_context_clear) struct mm_cli_context

/*
 * Loads the configuration that --config, the environment or the usual places name. A missing configuration is a wrong one
 * (MM_ECONFIG: exit status 2), and the hint says how to make one. For commands whose options begin with struct
 * mm_common_options.
 */
MM_MUSTCHECK enum mm_code mm_cli_load_config(struct mm_call *call, struct mm_cli_context *context, struct mm_err *err);

/*
 * The call's first argument, or without one the issuer of the configuration, which `context` keeps. `otherwise` is the
 * hint where there is no configuration: how to do without.
 */
MM_MUSTCHECK enum mm_code mm_cli_find_issuer(struct mm_call *call, struct mm_cli_context *context,
					     const char *otherwise, const char **out, struct mm_err *err);

/*
 * Passes on how a command came out whose arguments may be to blame: what cannot be parsed (MM_EPARSE) is a wrong command
 * line then (MM_EUSAGE, exit status 2), and the command's name stands before the line.
 */
enum mm_code mm_cli_blame_arguments(const struct mm_call *call, enum mm_code code, const struct mm_err *why,
				    struct mm_err *err);

/* As mm_cli_load_config, with the policy that follows, and the store; MM_ENOTFOUND when it was never initialised. */
MM_MUSTCHECK enum mm_code mm_cli_open_store(struct mm_call *call, struct mm_cli_context *context, struct mm_err *err);

/* The same, and the key set as it is now. */
MM_MUSTCHECK enum mm_code mm_cli_open_set(struct mm_call *call, enum mm_store_load what, struct mm_cli_context *context,
					  struct mm_err *err);

/* The same as a snapshot: with signers for what mints, without for what only shows the documents. */
MM_MUSTCHECK enum mm_code mm_cli_open_snapshot(struct mm_call *call, bool with_signers, mm_time now,
					       struct mm_cli_context *context, struct mm_snapshot **out,
					       struct mm_err *err);

/*
 * After a commit: what it could not do once it was durable, on standard error. The command has succeeded
 * nevertheless.
 */
void mm_cli_note_warning(const struct mm_cli_context *context);

#endif
