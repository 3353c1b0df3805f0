/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/args.h"
#include "cli/output.h"
#include "cli/register.h"

struct gcp_options {
	struct mm_register_options common;
	const char *project;
	const char *project_number;
	const char *pool;
	const char *provider;
	const char *google_account;
	const char *token_file;
	bool upload_jwks;
};

static enum mm_code take_email(struct mm_register *run, const char *account, const char *value, struct mm_err *err)
{
	return mm_register_add(run, account, value, err);
}

static enum mm_code run_gcp(struct mm_call *call, struct mm_err *err)
{
	const struct gcp_options *options = call->options;
	mm_auto_register run = {0};
	enum mm_code code;

	if (options->google_account && options->common.accounts.n == 0)
		return mm_fail(err, MM_EUSAGE, "register gcp: --gcp-service-account needs --service-account");
	code = mm_register_open(call, MM_CLOUD_GCP, &run, err);
	if (code != MM_OK)
		return code;
	run.registration.project_id = options->project;
	run.registration.project_number = options->project_number;
	run.registration.pool = options->pool;
	run.registration.provider = options->provider;
	run.registration.token_file = options->token_file;
	run.registration.upload_jwks = options->upload_jwks;
	code = mm_register_add_named(&run, options->google_account, err);
	if (code == MM_OK)
		code = mm_register_add_annotated(&run, "iam.gke.io/gcp-service-account", take_email, err);
	return code == MM_OK ? mm_register_finish(&run, err) : code;
}

static const struct mm_choices forms = MM_REGISTER_FORMS(gcp);

#define AT(member) offsetof(struct gcp_options, member)

static const struct mm_flag flags[] = {
	MM_FLAG_ROW_FORM(&forms),
	MM_FLAG_ROW_OUTPUT_DIR,
	{.name = "project",
	 .type = MM_FLAG_TEXT,
	 .offset = AT(project),
	 .value = "ID",
	 .help = "the project that gets the pool; without it that of gcloud or Terraform"},
	{.name = "project-number",
	 .type = MM_FLAG_TEXT,
	 .offset = AT(project_number),
	 .value = "NUMBER",
	 .help = "its number, by which principals are named"},
	{.name = "pool",
	 .type = MM_FLAG_TEXT,
	 .offset = AT(pool),
	 .value = "ID",
	 .fallback = "mintmark",
	 .help = "the workload identity pool"},
	{.name = "provider",
	 .type = MM_FLAG_TEXT,
	 .offset = AT(provider),
	 .value = "ID",
	 .fallback = "mintmark",
	 .help = "the provider in it"},
	MM_FLAG_ROW_AUDIENCE("the provider's own name"),
	{.name = "upload-jwks",
	 .type = MM_FLAG_SWITCH,
	 .offset = AT(upload_jwks),
	 .help = "register the JWKS itself, for an issuer that Google cannot reach"},
	{.name = "gcp-service-account",
	 .type = MM_FLAG_TEXT,
	 .offset = AT(google_account),
	 .value = "EMAIL",
	 .help = "the Google service account that the named service accounts may act for"},
	MM_FLAG_ROW_SERVICE_ACCOUNT("who may act for --gcp-service-account; without it, a principal of its own"),
	MM_FLAG_ROW_ALL_ACCOUNTS("iam.gke.io/gcp-service-account"),
	{.name = "token-file",
	 .type = MM_FLAG_TEXT,
	 .offset = AT(token_file),
	 .value = "PATH",
	 .fallback = "/var/run/service-account/token",
	 .help = "where a workload finds its token, for the form credentials"},
	MM_FLAG_ROW_CONFIG,
	MM_FLAG_ROW_OUTPUT,
	{0},
};

const struct mm_command mm_cmd_register_gcp = {
	.name = "register gcp",
	.arguments = "",
	.usage = "Prints what registers this issuer with Google Cloud: a workload identity pool, the provider in it "
		 "and, for service accounts, who may act for which Google service account. Nothing is called. What "
		 "Google would refuse is refused, naming the rule.",
	.flags = flags,
	.options_size = sizeof(struct gcp_options),
	.run = run_gcp,
	.help = "print what registers the issuer with Google Cloud",
};
