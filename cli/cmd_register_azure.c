/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/args.h"
#include "cli/output.h"
#include "cli/register.h"

struct azure_options {
	struct mm_register_options common;
	const char *application;
	const char *identity;
	const char *resource_group;
};

static enum mm_code check_options(struct mm_call *call, struct mm_err *err)
{
	const struct azure_options *options = call->options;

	if (options->application && options->identity)
		return mm_fail(err, MM_EUSAGE, "register azure: --application cannot be combined with --identity");
	if (!options->identity != !options->resource_group)
		return mm_fail(err, MM_EUSAGE, "register azure: --%s is missing",
			       options->identity ? "resource-group" : "identity");
	if (options->common.accounts.n == 0 && !options->common.all_accounts) {
		mm_hint(call, "a federated credential is for one subject, without wildcards");
		return mm_fail(err, MM_EUSAGE,
			       "register azure: --service-account NAMESPACE/NAME is missing, and so is --all-accounts");
	}
	return MM_OK;
}

static enum mm_code take_client(struct mm_register *run, const char *account, const char *value, struct mm_err *err)
{
	return mm_register_add(run, account, run->registration.identity ? NULL : value, err);
}

static enum mm_code run_azure(struct mm_call *call, struct mm_err *err)
{
	const struct azure_options *options = call->options;
	mm_auto_register run = {0};
	enum mm_code code = check_options(call, err);

	if (code == MM_OK)
		code = mm_register_open(call, MM_CLOUD_AZURE, &run, err);
	if (code != MM_OK)
		return code;
	run.registration.identity = options->identity;
	run.registration.resource_group = options->resource_group;
	code = mm_register_add_named(&run, options->application, err);
	if (code == MM_OK)
		code = mm_register_add_annotated(&run, "azure.workload.identity/client-id", take_client, err);
	return code == MM_OK ? mm_register_finish(&run, err) : code;
}

static const struct mm_choices forms = MM_REGISTER_FORMS(azure);

#define AT(member) offsetof(struct azure_options, member)

static const struct mm_flag flags[] = {
	MM_FLAG_ROW_FORM(&forms),
	MM_FLAG_ROW_OUTPUT_DIR,
	{.name = "application",
	 .type = MM_FLAG_TEXT,
	 .offset = AT(application),
	 .value = "ID",
	 .help = "the client id of the app registration that gets the credentials"},
	{.name = "identity",
	 .type = MM_FLAG_TEXT,
	 .offset = AT(identity),
	 .value = "NAME",
	 .help = "the user-assigned managed identity that gets them instead"},
	{.name = "resource-group",
	 .type = MM_FLAG_TEXT,
	 .offset = AT(resource_group),
	 .value = "NAME",
	 .help = "of --identity"},
	MM_FLAG_ROW_AUDIENCE("api://AzureADTokenExchange"),
	MM_FLAG_ROW_SERVICE_ACCOUNT("who is the application or the identity"),
	MM_FLAG_ROW_ALL_ACCOUNTS("azure.workload.identity/client-id"),
	MM_FLAG_ROW_CONFIG,
	MM_FLAG_ROW_OUTPUT,
	{0},
};

const struct mm_command mm_cmd_register_azure = {
	.name = "register azure",
	.arguments = "",
	.usage = "Prints what registers this issuer with Microsoft Entra: a federated credential for each service "
		 "account, of an app registration or a managed identity. Nothing is called. What Entra would refuse is "
		 "refused, naming the rule.",
	.flags = flags,
	.options_size = sizeof(struct azure_options),
	.run = run_azure,
	.help = "print what registers the issuer with Microsoft Entra",
};
