/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/args.h"
#include "cli/context.h"
#include "cli/findings.h"
#include "cli/output.h"
#include "cli/trust_parts.h"

#include <mintmark/s3.h>

struct create_options {
	struct mm_common_options common;
	const char *namespace;
	const char *issuer;
	const char *account;
	const char *partition;
	const char *role;
	const char *role_arn;
	struct mm_strings audiences;
	bool wildcards;
	mm_duration ttl;
	const char *region;
	bool regional_sts;
	bool pod_identity;
	const char *cluster;
	int what;
	const char *output_dir;
};

/* The parts in their order, and what is all of them. */
static const char *const what_words[] = {"policy", "service-account", "pod", "association", "all", NULL};
enum { WHAT_ALL = MM_TRUST_PART_COUNT };

struct run {
	struct mm_call *call;
	const struct create_options *options;
	struct mm_trust_order order;
	struct mm_cli_context context;
	struct mm_trust_request request;
	struct mm_trust_answer answer;
};

static void run_clear(struct run *run)
{
	mm_trust_answer_clear(&run->answer);
	mm_trust_request_clear(&run->request);
	mm_cli_context_clear(&run->context);
}

/* ---- what was asked for ----------------------------------------------------------------------------------------- */

static struct mm_trust_order order_of(const struct mm_call *call)
{
	const struct create_options *options = call->options;
	struct mm_trust_order order = {
		.cluster = options->cluster,
		.ttl = options->ttl,
		.region = options->region,
		.regional_sts = options->regional_sts,
	};
	bool several = options->output_dir || mm_wants_json(call);

	order.lenient = options->what == WHAT_ALL || (options->what < 0 && several);
	if (order.lenient) {
		order.parts[MM_TRUST_POLICY] = true;
		order.parts[MM_TRUST_SERVICE_ACCOUNT] = order.parts[MM_TRUST_POD] = !options->pod_identity;
		order.parts[MM_TRUST_ASSOCIATION] = options->pod_identity;
	} else {
		order.parts[options->what < 0 ? MM_TRUST_POLICY : options->what] = true;
	}
	return order;
}

/* A flag that has no meaning in this form; NULL: none was given. */
static const char *stray_flag(const struct create_options *options)
{
	const struct {
		const char *name;
		bool given, of_pod_identity;
	} flags[] = {
		{"cluster", options->cluster, true},
		{"audience", options->audiences.n > 0, false},
		{"allow-wildcards", options->wildcards, false},
		{"token-expiration", options->ttl > 0, false},
		{"region", options->region, false},
		{"sts-regional-endpoints", options->regional_sts, false},
		{"issuer", options->issuer, false},
	};

	for (size_t i = 0; i < MM_COUNT(flags); i++) {
		if (flags[i].given && flags[i].of_pod_identity != options->pod_identity)
			return flags[i].name;
	}
	return NULL;
}

static enum mm_code check_options(const struct run *run, struct mm_err *err)
{
	const struct create_options *options = run->options;
	const char *stray = stray_flag(options);
	int what = options->what;

	if (stray)
		return mm_fail(err, MM_EUSAGE, "--%s means nothing with%s --pod-identity", stray,
			       options->pod_identity ? "" : "out");
	if (what > MM_TRUST_POLICY && what < WHAT_ALL && (what == MM_TRUST_ASSOCIATION) != options->pod_identity)
		return mm_fail(err, MM_EUSAGE, "--what %s: there is none with%s --pod-identity", what_words[what],
			       options->pod_identity ? "" : "out");
	if (what == WHAT_ALL && !options->output_dir && !mm_wants_json(run->call))
		return mm_fail(err, MM_EUSAGE,
			       "--what all: these are several documents; accepted: with --output-dir DIR or -o json");
	if (run->call->argument_count == 0 &&
	    !(options->pod_identity && what <= MM_TRUST_POLICY && !run->order.lenient))
		return mm_fail(err, MM_EUSAGE, "SERVICEACCOUNT is missing");
	if (options->region && mm_s3_region_check(options->region, err) != MM_OK)
		return mm_context(err, MM_EUSAGE, "--region");
	return MM_OK;
}

/*
 * The configuration says who the issuer is, and which role an account is annotated with. The policy of EKS Pod Identity
 * names neither.
 */
static bool needs_config(const struct run *run)
{
	const struct create_options *options = run->options;
	bool role = run->call->argument_count > 0 && !options->role && !options->role_arn;

	if (options->issuer)
		return false;
	if (options->pod_identity)
		return role && run->order.parts[MM_TRUST_ASSOCIATION];
	return role || run->order.parts[MM_TRUST_POLICY];
}

static enum mm_code fill_request(struct run *run, struct mm_err *err)
{
	const struct create_options *options = run->options;
	const struct mm_trust_wish wish = {
		.namespace = options->namespace,
		.issuer = options->issuer,
		.account = options->account,
		.partition = options->partition,
		.role = options->role,
		.role_arn = options->role_arn,
		.audiences = &options->audiences,
		.wildcards = options->wildcards,
		.pod_identity = options->pod_identity,
	};
	enum mm_code code = needs_config(run) ? mm_cli_load_config(run->call, &run->context, err) : MM_OK;

	if (code != MM_OK && run->call->hint[0] != '\0')
		mm_hint(run->call, "%s--role-arn ARN does without a configuration",
			options->pod_identity ? "" : "--issuer URL with ");
	if (code != MM_OK)
		return code;
	return mm_trust_request_fill(run->call, &wish, run->context.config, &run->request, &run->answer.findings, err);
}

static enum mm_code create(struct mm_call *call, struct mm_err *err)
{
	const struct create_options *options = call->options;
	MM_CLEANUP(run_clear) struct run run = {.call = call, .options = options, .order = order_of(call)};
	enum mm_code code = check_options(&run, err);

	if (code == MM_OK)
		code = fill_request(&run, err);
	if (code == MM_OK)
		code = mm_trust_parts_make(call, &run.request, &run.order, &run.answer, err);
	if (code != MM_OK)
		return code;
	mm_findings_note(&run.answer.findings, MM_FINDING_SKIP);
	return options->output_dir ? mm_trust_answer_write(call, &run.answer, options->output_dir, err)
				   : mm_trust_answer_print(call, &run.answer, err);
}

static enum mm_code run(struct mm_call *call, struct mm_err *err)
{
	return mm_context(err, create(call, err), "trust create");
}

#define AT(member) offsetof(struct create_options, member)

static const struct mm_flag flags[] = {
	{.name = "namespace",
	 .letter = 'n',
	 .type = MM_FLAG_TEXT,
	 .offset = AT(namespace),
	 .value = "NAMESPACE",
	 .help = "the namespace of accounts that are named without one; without it \"default\""},
	{.name = "role-arn",
	 .type = MM_FLAG_TEXT,
	 .offset = AT(role_arn),
	 .value = "ARN",
	 .help = "the role; without it the annotation eks.amazonaws.com/role-arn of service_accounts"},
	{.name = "role",
	 .type = MM_FLAG_TEXT,
	 .offset = AT(role),
	 .value = "NAME",
	 .help = "the role by its name, with --account-id"},
	{.name = "account-id",
	 .type = MM_FLAG_TEXT,
	 .offset = AT(account),
	 .value = "DIGITS",
	 .help = "the AWS account of role and provider; without it that of the role's ARN"},
	{.name = "partition",
	 .type = MM_FLAG_TEXT,
	 .offset = AT(partition),
	 .value = "PARTITION",
	 .help = "such as aws-cn or aws-us-gov; without it that of the role's ARN, or aws"},
	{.name = "audience",
	 .type = MM_FLAG_LIST,
	 .offset = AT(audiences),
	 .value = "AUDIENCE",
	 .help = "whom the tokens are for; without it sts.amazonaws.com, or what the account is annotated with"},
	{.name = "allow-wildcards",
	 .type = MM_FLAG_SWITCH,
	 .offset = AT(wildcards),
	 .help = "* and ? in the names stand for others, by StringLike"},
	{.name = "token-expiration",
	 .type = MM_FLAG_DURATION,
	 .offset = AT(ttl),
	 .value = "DURATION",
	 .help = "how long the pod's token lives, at least 10m; without it 24h"},
	{.name = "region",
	 .type = MM_FLAG_TEXT,
	 .offset = AT(region),
	 .value = "REGION",
	 .help = "AWS_REGION of the pod"},
	{.name = "sts-regional-endpoints",
	 .type = MM_FLAG_SWITCH,
	 .offset = AT(regional_sts),
	 .help = "the pod asks the STS of its region"},
	{.name = "pod-identity",
	 .type = MM_FLAG_SWITCH,
	 .offset = AT(pod_identity),
	 .help = "for EKS Pod Identity: its service is trusted, and associations name the accounts"},
	{.name = "cluster",
	 .type = MM_FLAG_TEXT,
	 .offset = AT(cluster),
	 .value = "NAME",
	 .help = "the EKS cluster of the associations"},
	{.name = "what",
	 .type = MM_FLAG_WORD,
	 .offset = AT(what),
	 .value = "PART",
	 .words = what_words,
	 .help = "what to make; without it the policy, or with --output-dir or -o json all"},
	{.name = "output-dir",
	 .type = MM_FLAG_DIR,
	 .offset = AT(output_dir),
	 .value = "DIR",
	 .help = "write files into DIR instead of printing"},
	{.name = "issuer",
	 .type = MM_FLAG_TEXT,
	 .offset = AT(issuer),
	 .value = "URL",
	 .help = "another issuer than that of the configuration, which is not read then"},
	MM_FLAG_ROW_CONFIG,
	MM_FLAG_ROW_OUTPUT,
	{0},
};

const struct mm_command mm_cmd_trust_create = {
	.name = "trust create",
	.arguments = "[SERVICEACCOUNT]...",
	.usage =
		"Prints the trust policy with which service accounts, each NAME or NAMESPACE/NAME, may assume a role "
		"of AWS: tokens of this issuer, of exactly those accounts, for exactly that audience. An issuer that "
		"AWS would not register is refused.\n"
		"\n"
		"--what service-account prints the ServiceAccounts with the role's annotation instead, and --what pod "
		"Pods that have what the pod identity webhook would inject, for clusters without it; both for 'kubectl "
		"apply -f -'.\n"
		"\n"
		"With --pod-identity the policy is that of EKS Pod Identity, and --what association prints what 'aws "
		"eks create-pod-identity-association --cli-input-json' takes.",
	.flags = flags,
	.options_size = sizeof(struct create_options),
	.run = run,
	.help = "write a role's trust policy for service accounts",
};
