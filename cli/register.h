/* SPDX-License-Identifier: Apache-2.0 */
/* What `register aws`, `gcp` and `azure` have in common: what is known of the issuer, the accounts, and the answer. */
#ifndef MINTMARK_CLI_REGISTER_H
#define MINTMARK_CLI_REGISTER_H

#include "cli/context.h"

#include <mintmark/registration.h>

/* Their options begin with this. */
struct mm_register_options {
	struct mm_common_options common;
	const char *form; /* NULL: the cloud's first */
	const char *output_dir;
	struct mm_strings audiences;
	struct mm_strings accounts; /* "NAMESPACE/NAME" */
	bool all_accounts;
	bool dry_run; /* AWS: the form files, into the current directory unless output_dir names another */
};

/* The forms of a cloud, for --form. */
const char *mm_register_aws_form(size_t i), *mm_register_aws_form_help(size_t i);
const char *mm_register_gcp_form(size_t i), *mm_register_gcp_form_help(size_t i);
const char *mm_register_azure_form(size_t i), *mm_register_azure_form_help(size_t i);
#define MM_REGISTER_FORMS(cloud)                                                                                       \
	{                                                                                                              \
		"Forms", mm_register_##cloud##_form, mm_register_##cloud##_form_help                                   \
	}

#define MM_FLAG_ROW_FORM(forms)                                                                                        \
	{                                                                                                              \
		.name = "form", .type = MM_FLAG_CHOICE, .offset = offsetof(struct mm_register_options, form),          \
		.value = "FORM", .choices = (forms), .help = "the form; without it cli"                                \
	}
#define MM_FLAG_ROW_OUTPUT_DIR                                                                                         \
	{                                                                                                              \
		.name = "output-dir", .type = MM_FLAG_DIR, .offset = offsetof(struct mm_register_options, output_dir), \
		.value = "DIR", .help = "write files into DIR instead of printing"                                     \
	}
#define MM_FLAG_ROW_AUDIENCE(default_audience)                                                                         \
	{                                                                                                              \
		.name = "audience", .type = MM_FLAG_LIST, .offset = offsetof(struct mm_register_options, audiences),   \
		.value = "AUDIENCE", .help = "of the tokens; without it " default_audience                             \
	}
#define MM_FLAG_ROW_SERVICE_ACCOUNT(help_text)                                                                         \
	{                                                                                                              \
		.name = "service-account", .type = MM_FLAG_LIST,                                                       \
		.offset = offsetof(struct mm_register_options, accounts), .value = "NAMESPACE/NAME",                   \
		.help = (help_text)                                                                                    \
	}
#define MM_FLAG_ROW_ALL_ACCOUNTS(annotation)                                                                           \
	{                                                                                                              \
		.name = "all-accounts", .type = MM_FLAG_SWITCH,                                                        \
		.offset = offsetof(struct mm_register_options, all_accounts),                                          \
		.help = "and those of the configuration's service_accounts that have " annotation                      \
	}

/* One run of such a command; {0} is an empty one. */
struct mm_register {
	struct mm_call *call;
	const struct mm_registration_form *form;
	struct mm_cli_context context;
	struct mm_snapshot *snapshot;
	json_t *jwks;
	struct mm_strings names, targets; /* of the accounts, in the same order; a target "" is none */
	struct mm_registration_account *accounts;
	struct mm_registration registration; /* borrows from all of this */
	struct mm_findings findings;
};
void mm_register_clear(struct mm_register *run);
#define mm_auto_register MM_CLEANUP(mm_register_clear) struct mm_register

/*
 * Opens the issuer's configuration and key set, and fills in what follows from them and the common options. MM_EUSAGE:
 * the form is several files, and neither --output-dir nor -o json was given.
 */
MM_MUSTCHECK enum mm_code mm_register_open(struct mm_call *call, enum mm_cloud_id cloud, struct mm_register *run,
					   struct mm_err *err);

/* Adds an account, unless it is there already with that target (NULL: none). MM_ENOMEM. */
MM_MUSTCHECK enum mm_code mm_register_add(struct mm_register *run, const char *account, const char *target,
					  struct mm_err *err);
/* Adds those of --service-account, all with `target`. */
MM_MUSTCHECK enum mm_code mm_register_add_named(struct mm_register *run, const char *target, struct mm_err *err);
/*
 * With --all-accounts, calls `take` with each account of the configuration that has this annotation, and its value;
 * it may call mm_register_add.
 */
MM_MUSTCHECK enum mm_code mm_register_add_annotated(struct mm_register *run, const char *annotation,
						    enum mm_code (*take)(struct mm_register *run, const char *account,
									 const char *value, struct mm_err *err),
						    struct mm_err *err);

/* Checks, renders and answers: printed, or written into --output-dir. MM_EREFUSED: the cloud would refuse it. */
MM_MUSTCHECK enum mm_code mm_register_finish(struct mm_register *run, struct mm_err *err);

#endif
