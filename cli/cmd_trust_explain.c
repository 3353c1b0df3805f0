/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/args.h"
#include "cli/condition_keys.h"
#include "cli/context.h"
#include "cli/explanation.h"
#include "cli/input.h"
#include "cli/output.h"
#include "cli/terminal.h"

#include <mintmark/file.h>
#include <mintmark/json.h>
#include <mintmark/token.h>
#include <mintmark/trust.h>
#include <string.h>
#include <unistd.h>

#define JSON_FILE_MAX (1 << 20) /* bytes: a provider, or the pods of a namespace */

struct explain_options {
	struct mm_common_options common;
	const char *policy;
	const char *token;
	const char *token_file;
	const char *provider;
	const char *provider_arn;
	const char *role_arn;
	const char *service_account;
	const char *jwks;
	const char *issuer;
	const char *cacert;
	struct mm_strings context;
	mm_time at;
};

/* What was read; everything is owned. */
struct material {
	struct mm_buf token;
	struct mm_iam_policy *policy;
	struct mm_cli_context context;
	struct mm_jwks *jwks;
	const char *issuer; /* that serves them, where that is known; borrowed */
	json_t *provider, *service_account;
	struct mm_condition_keys keys; /* of --context */
};

static void clear_material(struct material *material)
{
	mm_buf_free(&material->token);
	mm_iam_policy_free(material->policy);
	mm_cli_context_clear(&material->context);
	mm_jwks_free(material->jwks);
	json_decref(material->provider);
	json_decref(material->service_account);
	mm_condition_keys_clear(&material->keys);
}

/* ---- the command line ------------------------------------------------------------------------------------------- */

static enum mm_code check_arns(const struct explain_options *options, struct mm_err *err)
{
	struct mm_err why = {0};
	struct mm_arn arn;

	if (options->role_arn && mm_role_arn_parse(options->role_arn, &arn, &why) != MM_OK)
		return mm_fail(err, MM_EUSAGE, "trust explain: --role-arn: %s", why.text);
	if (options->provider_arn && mm_arn_parse(options->provider_arn, &arn, &why) != MM_OK)
		return mm_fail(err, MM_EUSAGE, "trust explain: --provider-arn: %s", why.text);
	return MM_OK;
}

static enum mm_code check_options(const struct mm_call *call, struct mm_err *err)
{
	const struct explain_options *options = call->options;
	const char *const inputs[] = {options->policy,   options->token,           options->token_file,
				      options->provider, options->service_account, options->jwks};
	size_t standard = 0;
	const char *why = NULL;

	for (size_t i = 0; i < MM_COUNT(inputs); i++)
		standard += inputs[i] && strcmp(inputs[i], "-") == 0;
	if (!options->token == !options->token_file)
		why = "one of --token - and --token-file FILE must be there";
	else if (standard > 1)
		why = "only one input can be standard input";
	else if (options->jwks && options->issuer)
		why = "--jwks and --issuer both say where the keys are";
	else if (options->cacert && !options->issuer)
		why = "--cacert needs --issuer: otherwise nothing is fetched";
	return why ? mm_fail(err, MM_EUSAGE, "trust explain: %s", why) : check_arns(options, err);
}

/* ---- files ------------------------------------------------------------------------------------------------------ */

/* As it comes: what is too long for STS is for STS to refuse. */
static enum mm_code read_token(const struct explain_options *options, struct mm_buf *out, struct mm_err *err)
{
	const char *path = options->token_file ? options->token_file : "-";
	enum mm_code code = MM_OK;

	if (options->token && strcmp(options->token, "-") != 0)
		mm_buf_add_str(out, options->token);
	else
		code = mm_path_read(path, MM_FILE_ANY, JSON_FILE_MAX, out, err);
	while (out->len > 0 && (out->p[out->len - 1] == '\n' || out->p[out->len - 1] == '\r'))
		out->len--;
	return code == MM_OK ? mm_buf_check(out, err) : code;
}

static enum mm_code read_json(const char *path, json_t **out, struct mm_err *err)
{
	mm_auto_buf text = {0};
	enum mm_code code;

	if (!path)
		return MM_OK;
	code = mm_path_read(path, MM_FILE_ANY, JSON_FILE_MAX, &text, err);
	if (code == MM_OK)
		code = mm_context(err, mm_json_load(mm_buf_span(&text), JSON_FILE_MAX, out, err), "%s", path);
	return code;
}

/* ---- keys ------------------------------------------------------------------------------------------------------- */

static bool is_of_issuer(struct mm_span text, const char *issuer)
{
	MM_CLEANUP(mm_token_clear) struct mm_token token = {0};
	const char *found;

	return mm_token_inspect(text, &token, NULL) == MM_OK &&
	       mm_json_get_string(token.claims, "iss", &found, NULL) == MM_OK && strcmp(found, issuer) == 0;
}

static enum mm_code own_jwks(struct mm_call *call, struct material *material, struct mm_err *err)
{
	mm_auto(mm_snapshot) snapshot = NULL;
	enum mm_code code = mm_cli_open_snapshot(call, false, mm_clock_now(), &material->context, &snapshot, err);

	return code == MM_OK ? mm_jwks_parse(mm_buf_span(&snapshot->documents->jwks.body), &material->jwks, err) : code;
}

/*
 * Without --jwks and --issuer the keys of the configuration, which must be there only where --config names it:
 * elsewhere many explain tokens of other issuers, and a signature that is not verified is said to be.
 */
static enum mm_code open_jwks(struct mm_call *call, struct material *material, struct mm_err *err)
{
	const struct explain_options *options = call->options;
	struct mm_err why = {0};
	enum mm_code code;

	if (options->jwks)
		return mm_read_jwks(options->jwks, &material->jwks, err);
	if (options->issuer) {
		material->issuer = options->issuer;
		code = mm_jwks_discover(options->issuer, options->cacert, 0, &material->jwks, err);
		if (code != MM_OK)
			mm_hint(call, "AWS cannot verify what it cannot fetch either (IDPCommunicationError); with "
				      "--jwks FILE nothing is fetched here");
		return code;
	}
	if (options->common.config)
		return own_jwks(call, material, err);
	code = own_jwks(call, material, &why);
	call->hint[0] = '\0';
	if (code == MM_OK && !is_of_issuer(mm_buf_span(&material->token), material->context.config->issuer)) {
		mm_jwks_free(material->jwks);
		material->jwks = NULL;
	}
	if (!material->jwks)
		mm_note("the signature is not verified; --jwks FILE or --issuer URL says by which keys");
	return code == MM_ENOMEM ? mm_fail(err, code, "%s", why.text) : MM_OK;
}

static enum mm_code read_account(struct mm_call *call, struct material *material, struct mm_err *err)
{
	const struct explain_options *options = call->options;
	enum mm_code code = read_json(options->service_account, &material->service_account, err);

	if (code == MM_EPARSE)
		mm_hint(call, "'kubectl create --dry-run=client -o json -f FILE' makes JSON of a manifest in YAML");
	return code;
}

static enum mm_code read_material(struct mm_call *call, struct material *material, struct mm_err *err)
{
	const struct explain_options *options = call->options;
	enum mm_code code = mm_condition_keys_read(&options->context, &material->keys, err);

	if (code == MM_OK)
		code = mm_read_policy(options->policy, &material->policy, err);
	if (code == MM_OK)
		code = read_token(options, &material->token, err);
	if (code == MM_OK)
		code = read_json(options->provider, &material->provider, err);
	if (code == MM_OK)
		code = read_account(call, material, err);
	if (code == MM_OK)
		code = open_jwks(call, material, err);
	return code;
}

/* ---- the answer ------------------------------------------------------------------------------------------------- */

static enum mm_code print(const struct mm_call *call, const struct mm_explanation *explanation, struct mm_err *err)
{
	mm_auto_buf text = {0};

	if (mm_wants_json(call))
		return mm_print_json(mm_explanation_json(explanation), err);
	mm_explanation_add_text(&text, explanation, mm_terminal_of(STDOUT_FILENO).colour);
	return mm_print(&text, err);
}

static enum mm_code run(struct mm_call *call, struct mm_err *err)
{
	const struct explain_options *options = call->options;
	MM_CLEANUP(clear_material) struct material material = {0};
	mm_auto_explanation explanation = {0};
	struct mm_explain question = {
		.provider_arn = options->provider_arn,
		.role_arn = options->role_arn,
		.now = options->at != MM_NEVER ? options->at : mm_clock_now(),
	};
	enum mm_code code = check_options(call, err);

	if (code == MM_OK)
		code = read_material(call, &material, err);
	if (code != MM_OK)
		return code;
	question.policy = material.policy;
	question.token = mm_buf_span(&material.token);
	question.jwks = material.jwks;
	question.issuer = material.issuer;
	question.provider = material.provider;
	question.service_account = material.service_account;
	question.context = material.keys.v;
	question.context_count = material.keys.names.n;
	code = mm_explain(&question, &explanation, err);
	if (code == MM_OK)
		code = print(call, &explanation, err);
	if (code == MM_OK && !explanation.allowed)
		code = mm_fail(err, MM_EREFUSED, "STS would answer: %s", explanation.error);
	return code;
}

#define AT(member) offsetof(struct explain_options, member)

static const struct mm_flag flags[] = {
	{.name = "policy",
	 .type = MM_FLAG_FILE,
	 .offset = AT(policy),
	 .value = "FILE",
	 .required = true,
	 .help = "the role's trust policy, or the answer of 'aws iam get-role'"},
	{.name = "token",
	 .type = MM_FLAG_TEXT,
	 .offset = AT(token),
	 .value = "TOKEN",
	 .help = "the token, - for standard input, which keeps it out of process listings"},
	{.name = "token-file",
	 .type = MM_FLAG_FILE,
	 .offset = AT(token_file),
	 .value = "FILE",
	 .help = "the file with the token, such as $AWS_WEB_IDENTITY_TOKEN_FILE"},
	{.name = "provider",
	 .type = MM_FLAG_FILE,
	 .offset = AT(provider),
	 .value = "FILE",
	 .help = "the answer of 'aws iam get-open-id-connect-provider', or of list-open-id-connect-providers"},
	{.name = "provider-arn",
	 .type = MM_FLAG_TEXT,
	 .offset = AT(provider_arn),
	 .value = "ARN",
	 .help = "of the registered provider; without it that of the role's account, or the policy's"},
	{.name = "role-arn",
	 .type = MM_FLAG_TEXT,
	 .offset = AT(role_arn),
	 .value = "ARN",
	 .help = "the role that is asked for; without it that of which 'aws iam get-role' answers, or of the "
		 "ServiceAccount's annotation"},
	{.name = "service-account",
	 .type = MM_FLAG_FILE,
	 .offset = AT(service_account),
	 .value = "FILE",
	 .help = "the ServiceAccount, and pods, as 'kubectl get -o json' prints them"},
	{.name = "jwks",
	 .type = MM_FLAG_FILE,
	 .offset = AT(jwks),
	 .value = "FILE",
	 .help = "the keys to verify the token with"},
	{.name = "issuer",
	 .type = MM_FLAG_TEXT,
	 .offset = AT(issuer),
	 .value = "URL",
	 .help = "where the keys are fetched as AWS fetches them"},
	{.name = "cacert",
	 .type = MM_FLAG_FILE,
	 .offset = AT(cacert),
	 .value = "FILE",
	 .help = "the authorities to trust when fetching, in place of the system's"},
	{.name = "context",
	 .type = MM_FLAG_LIST,
	 .offset = AT(context),
	 .value = "KEY=VALUE",
	 .help = "a condition key of the call, such as aws:SourceIp=203.0.113.7"},
	{.name = "at",
	 .type = MM_FLAG_TIME,
	 .offset = AT(at),
	 .value = "TIME",
	 .help = "explain as if it were this time, such as 2026-11-22T00:15:00Z"},
	MM_FLAG_ROW_CONFIG,
	MM_FLAG_ROW_OUTPUT,
	{0},
};

const struct mm_command mm_cmd_trust_explain = {
	.name = "trust explain",
	.arguments = "",
	.usage = "Decides as AWS STS would whether the token may assume the role with that trust policy, from the "
		 "token's form to the last condition, and says what each wanted, what it got, and what is probably "
		 "wrong. Exit status 0 when it is allowed, and 1 when it is denied. Nothing is sent to AWS.\n"
		 "\n"
		 "The keys are those of --jwks or --issuer, or of the configuration where the token is of its issuer; "
		 "otherwise the signature is not verified, and that is said.\n"
		 "\n"
		 "A token on the command line is seen in process listings: pass it with --token - or --token-file.",
	.flags = flags,
	.options_size = sizeof(struct explain_options),
	.run = run,
	.help = "say what AWS STS would answer to a token, and why",
};
