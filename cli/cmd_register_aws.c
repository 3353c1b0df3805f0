/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/args.h"
#include "cli/output.h"
#include "cli/register.h"

#include <mintmark/thumbprint.h>
#include <mintmark/trust.h>
#include <string.h>

struct aws_options {
	struct mm_register_options common;
	const char *account;
	int partition;
	const char *role;
	struct mm_strings thumbprints;
	bool fetch_thumbprint;
	const char *connect;
	const char *ca_file;
};

static const char *const partitions[] = {"aws", "aws-cn", "aws-us-gov", NULL};

/* ---- what was given --------------------------------------------------------------------------------------------- */

static enum mm_code check_options(struct mm_call *call, struct mm_err *err)
{
	const struct aws_options *options = call->options;

	if (options->role && options->common.accounts.n == 0)
		return mm_fail(err, MM_EUSAGE, "register aws: --role needs --service-account");
	if (!options->role && options->common.accounts.n > 0) {
		mm_hint(call, "a provider is for all service accounts; a role, and its trust policy, is for some");
		return mm_fail(err, MM_EUSAGE, "register aws: --service-account needs --role");
	}
	if (options->common.all_accounts && !options->account) {
		mm_hint(call, "the roles of other accounts are left out: they need a provider there");
		return mm_fail(err, MM_EUSAGE, "register aws: --all-accounts needs --account-id");
	}
	if (options->fetch_thumbprint && options->thumbprints.n > 0)
		return mm_fail(err, MM_EUSAGE, "register aws: --thumbprint cannot be combined with --fetch-thumbprint");
	if (!options->fetch_thumbprint && (options->connect || options->ca_file))
		return mm_fail(err, MM_EUSAGE, "register aws: --%s needs --fetch-thumbprint",
			       options->connect ? "connect" : "cacert");
	if (options->common.dry_run && options->common.form && strcmp(options->common.form, "files") != 0)
		return mm_fail(err, MM_EUSAGE,
			       "register aws: --dry-run is for the form files; with every form, nothing is called");
	return MM_OK;
}

/* ---- accounts that are annotated with a role -------------------------------------------------------------------- */

static enum mm_code take_role(struct mm_register *run, const char *account, const char *value, struct mm_err *err)
{
	struct mm_err why = {0};
	struct mm_arn arn;

	if (mm_role_arn_parse(value, &arn, &why) != MM_OK) {
		mm_finding_add(&run->findings, MM_FINDING_FAIL, "aws.role-arn",
			       "mend service_accounts[].annotations in the configuration", "%s: %s", account, why.text);
		return MM_OK;
	}
	if (!mm_span_is(arn.account, run->registration.account) ||
	    !mm_span_is(arn.partition, run->registration.partition)) {
		mm_finding_add(&run->findings, MM_FINDING_WARN, "aws.role-elsewhere",
			       "register the issuer there too, with the --account-id and --partition of the role",
			       "%s: %s is in another account, and is left out", account, value);
		return MM_OK;
	}
	return mm_register_add(run, account, arn.resource.p + strlen("role/"), err);
}

/* ---- thumbprints ------------------------------------------------------------------------------------------------ */

static enum mm_code fetch_thumbprints(struct mm_register *run, const struct aws_options *options, struct mm_err *err)
{
	const struct mm_thumbprint_options how = {
		.connect = options->connect, .ca_file = options->ca_file, .now = mm_clock_now()};
	mm_auto_thumbprints found = {0};
	enum mm_code code = mm_thumbprint_of(run->registration.issuer, &how, &found, err);

	for (size_t i = 0; i < found.n && code == MM_OK; i++) {
		mm_findings_move(&run->findings, &found.v[i].findings);
		if (!mm_strings_has(&run->registration.thumbprints, found.v[i].hex))
			code = mm_strings_add(&run->registration.thumbprints, found.v[i].hex, err);
	}
	mm_findings_move(&run->findings, &found.findings);
	return mm_context(err, code, "register aws: --fetch-thumbprint");
}

static enum mm_code run_aws(struct mm_call *call, struct mm_err *err)
{
	const struct aws_options *options = call->options;
	mm_auto_register run = {0};
	enum mm_code code = check_options(call, err);

	if (code == MM_OK)
		code = mm_register_open(call, MM_CLOUD_AWS, &run, err);
	if (code != MM_OK)
		return code;
	run.registration.account = options->account;
	run.registration.partition = partitions[options->partition];
	code = options->fetch_thumbprint ? fetch_thumbprints(&run, options, err)
					 : mm_strings_copy(&run.registration.thumbprints, &options->thumbprints, err);
	if (code == MM_OK)
		code = mm_register_add_named(&run, options->role, err);
	if (code == MM_OK)
		code = mm_register_add_annotated(&run, MM_AWS_ANNOTATION_PREFIX "role-arn", take_role, err);
	return code == MM_OK ? mm_register_finish(&run, err) : code;
}

/* ---- the row ---------------------------------------------------------------------------------------------------- */

static const struct mm_choices forms = MM_REGISTER_FORMS(aws);

#define AT(member) offsetof(struct aws_options, member)

static const struct mm_flag flags[] = {
	MM_FLAG_ROW_FORM(&forms),
	MM_FLAG_ROW_OUTPUT_DIR,
	{.name = "dry-run",
	 .type = MM_FLAG_SWITCH,
	 .offset = AT(common.dry_run),
	 .help = "as in ccoctl: the form files, into the current directory unless --output-dir names another"},
	{.name = "account-id",
	 .type = MM_FLAG_TEXT,
	 .offset = AT(account),
	 .value = "DIGITS",
	 .help = "the AWS account, for what names the provider by its ARN"},
	{.name = "partition",
	 .type = MM_FLAG_WORD,
	 .offset = AT(partition),
	 .value = "PARTITION",
	 .fallback = "aws",
	 .words = partitions,
	 .help = "of the account"},
	MM_FLAG_ROW_AUDIENCE(MM_AWS_AUDIENCE),
	{.name = "thumbprint",
	 .type = MM_FLAG_LIST,
	 .offset = AT(thumbprints),
	 .value = "HEX",
	 .help = "to register; without any, IAM finds it out by itself"},
	{.name = "fetch-thumbprint",
	 .type = MM_FLAG_SWITCH,
	 .offset = AT(fetch_thumbprint),
	 .help = "ask the issuer's host for it, as 'mintmark thumbprint' does"},
	{.name = "connect",
	 .type = MM_FLAG_TEXT,
	 .offset = AT(connect),
	 .value = "ADDR[:PORT]",
	 .help = "with --fetch-thumbprint, where to connect to instead of resolving the host"},
	{.name = "cacert",
	 .type = MM_FLAG_FILE,
	 .offset = AT(ca_file),
	 .value = "FILE",
	 .help = "with --fetch-thumbprint, the authorities to trust instead of the system's"},
	{.name = "role",
	 .type = MM_FLAG_TEXT,
	 .offset = AT(role),
	 .value = "NAME",
	 .help = "a role, behind its path if it has one, that the named service accounts may assume"},
	MM_FLAG_ROW_SERVICE_ACCOUNT("who may assume --role"),
	MM_FLAG_ROW_ALL_ACCOUNTS(MM_AWS_ANNOTATION_PREFIX "role-arn"),
	MM_FLAG_ROW_CONFIG,
	MM_FLAG_ROW_OUTPUT,
	{0},
};

const struct mm_command mm_cmd_register_aws = {
	.name = "register aws",
	.arguments = "",
	.usage = "Prints what registers this issuer with AWS IAM: the OpenID Connect provider and, for service "
		 "accounts, roles with their trust policies. Nothing is called: run it, apply it or check it in. What "
		 "AWS would refuse is refused, naming the rule.",
	.flags = flags,
	.options_size = sizeof(struct aws_options),
	.run = run_aws,
	.help = "print what registers the issuer with AWS IAM",
};
