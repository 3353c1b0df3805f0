/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/args.h"
#include "cli/claim_flags.h"
#include "cli/context.h"
#include "cli/output.h"

#include <mintmark/directory.h>
#include <mintmark/fault.h>
#include <mintmark/token.h>

struct create_options {
	struct mm_common_options common;
	const char *namespace;
	const char *uid;
	const char *subject;
	struct mm_strings audiences;
	mm_duration duration;
	int bound_kind;
	const char *bound_name;
	const char *bound_uid;
	struct mm_strings claims;
	const struct mm_alg *alg;
	const char *fault;
	const char *issuer;
};

static const char *const bound_kinds[] = {"Pod", "Node", "Secret", NULL};

/* ---- the request and the answer --------------------------------------------------------------------------------- */

static enum mm_code check_options(const struct mm_call *call, struct mm_err *err)
{
	const struct create_options *options = call->options;

	if (call->argument_count == 0 && !options->subject)
		return mm_fail(err, MM_EUSAGE, "token create: SERVICEACCOUNT is missing, and so is --subject");
	if (call->argument_count == 0 && (options->namespace || options->uid))
		return mm_fail(err, MM_EUSAGE, "token create: --%s needs SERVICEACCOUNT",
			       options->namespace ? "namespace" : "uid");
	if (options->bound_kind >= 0 && !options->bound_name)
		return mm_fail(err, MM_EUSAGE, "token create: --bound-object-kind needs --bound-object-name");
	if (options->bound_kind < 0 && (options->bound_name || options->bound_uid))
		return mm_fail(err, MM_EUSAGE, "token create: --bound-object-%s needs --bound-object-kind",
			       options->bound_name ? "name" : "uid");
	return MM_OK;
}

/* Only for a token that is made for tests may the claims that mintmark sets itself be others. */
static bool is_for_tests(const struct create_options *options)
{
	return options->fault || options->issuer;
}

/* What was declared of an account is what a review of its tokens will look for; anybody else's uid is derived. */
static enum mm_code set_uid(const struct mm_directory *directory, const struct mm_snapshot *snapshot,
			    struct mm_mint_request *request, struct mm_account *account, struct mm_err *err)
{
	struct mm_err why = {0};
	enum mm_code code;

	if (request->uid || !request->service_account)
		return MM_OK;
	code = mm_directory_account(directory, snapshot->issuer, request->namespace, request->service_account, account,
				    &why);
	request->uid = code == MM_OK ? account->uid : NULL;
	return code == MM_OK || code == MM_ENOTFOUND ? MM_OK : mm_fail(err, code, "%s", why.text);
}

static enum mm_code mint(struct mm_call *call, const struct mm_snapshot *snapshot, const struct mm_directory *directory,
			 const json_t *claims, struct mm_minted *minted, struct mm_err *err)
{
	const struct create_options *options = call->options;
	const struct mm_fault_request faulty = {
		.fault = options->fault ? mm_fault_find(options->fault) : NULL,
		.issuer = options->issuer,
		.claims = claims,
	};
	struct mm_mint_request request = {
		.namespace = options->namespace ? options->namespace : "default",
		.service_account = call->argument_count > 0 ? call->arguments[0] : NULL,
		.uid = options->uid,
		.subject = options->subject,
		.audiences = (const char *const *)options->audiences.v,
		.audience_count = options->audiences.n,
		.ttl = options->duration,
		.bound_kind = options->bound_kind >= 0 ? bound_kinds[options->bound_kind] : NULL,
		.bound = {options->bound_name, options->bound_uid},
		.extra = is_for_tests(options) ? NULL : claims,
		.alg = options->alg,
	};
	struct mm_account account;
	enum mm_code code = set_uid(directory, snapshot, &request, &account, err);

	if (code != MM_OK)
		return code;
	if (is_for_tests(options))
		return mm_mint_faulty(snapshot, &request, &faulty, mm_clock_now(), minted, err);
	return mm_mint(snapshot, &request, mm_clock_now(), minted, err);
}

/* What the token says is read from the token, so that the answer cannot say anything else; null is what it lacks. */
static enum mm_code print_json(const struct mm_minted *minted, struct mm_err *err)
{
	MM_CLEANUP(mm_token_clear) struct mm_token token = {0};
	enum mm_code code = mm_token_inspect(mm_buf_span(&minted->token), &token, err);

	if (code != MM_OK)
		return code;
	return mm_print_json(
		json_pack("{s:s#, s:o, s:o, s:O?, s:O?, s:O?, s:O?, s:O?, s:O?}", "token", minted->token.p,
			  minted->token.len, "expirationTimestamp", mm_json_time(minted->expires_at),
			  "creationTimestamp", mm_json_time(minted->issued_at), "issuer",
			  json_object_get(token.claims, "iss"), "subject", json_object_get(token.claims, "sub"),
			  "audiences", json_object_get(token.claims, "aud"), "kid",
			  json_object_get(token.header, "kid"), "algorithm", json_object_get(token.header, "alg"),
			  "jti", json_object_get(token.claims, "jti")),
		err);
}

static enum mm_code print_text(const struct mm_minted *minted, struct mm_err *err)
{
	mm_auto_buf text = {0};

	mm_buf_add_span(&text, mm_buf_span(&minted->token));
	mm_buf_add_str(&text, "\n");
	return mm_print(&text, err);
}

static enum mm_code run(struct mm_call *call, struct mm_err *err)
{
	const struct create_options *options = call->options;
	MM_CLEANUP(mm_minted_clear) struct mm_minted minted = {0};
	mm_auto_context context = {0};
	mm_auto(mm_snapshot) snapshot = NULL;
	mm_auto(mm_directory) directory = NULL;
	json_t *claims = NULL;
	enum mm_code code = check_options(call, err);

	if (code == MM_OK)
		code = mm_collect_claims(call, &options->claims, &claims, err);
	if (code == MM_OK)
		code = mm_cli_open_snapshot(call, true, mm_clock_now(), &context, &snapshot, err);
	if (code == MM_OK)
		code = mm_directory_build(context.config, &directory, err);
	if (code == MM_OK)
		code = mm_context(err, mint(call, snapshot, directory, claims, &minted, err), "token create");
	json_decref(claims);
	if (code == MM_OK)
		code = (mm_wants_json(call) ? print_json : print_text)(&minted, err);
	return code;
}

#define AT(member) offsetof(struct create_options, member)

static const char *fault_name(size_t i)
{
	return mm_fault_at(i) ? mm_fault_name(mm_fault_at(i)) : NULL;
}

static const char *fault_help(size_t i)
{
	return mm_fault_help(mm_fault_at(i));
}

static const struct mm_choices faults = {"Faults", fault_name, fault_help};

static const struct mm_flag flags[] = {
	{.name = "namespace",
	 .letter = 'n',
	 .type = MM_FLAG_TEXT,
	 .offset = AT(namespace),
	 .value = "NAMESPACE",
	 .help = "the namespace of the service account; without it \"default\""},
	{.name = "audience",
	 .type = MM_FLAG_LIST,
	 .offset = AT(audiences),
	 .value = "AUDIENCE",
	 .help = "whom the token is for; without it tokens.audiences, or the issuer"},
	{.name = "duration",
	 .type = MM_FLAG_DURATION,
	 .offset = AT(duration),
	 .value = "DURATION",
	 .help = "the lifetime, from 1s to tokens.max_ttl; without it tokens.default_ttl"},
	{.name = "bound-object-kind",
	 .type = MM_FLAG_WORD,
	 .offset = AT(bound_kind),
	 .value = "KIND",
	 .words = bound_kinds,
	 .help = "the kind of object that the token is bound to"},
	{.name = "bound-object-name",
	 .type = MM_FLAG_TEXT,
	 .offset = AT(bound_name),
	 .value = "NAME",
	 .help = "the name of that object"},
	{.name = "bound-object-uid",
	 .type = MM_FLAG_TEXT,
	 .offset = AT(bound_uid),
	 .value = "UID",
	 .help = "the uid of that object"},
	{.name = "claim",
	 .type = MM_FLAG_LIST,
	 .offset = AT(claims),
	 .value = "NAME=JSON",
	 .help = "a further claim, such as 'team=\"a\"' or 'level=3'"},
	{.name = "subject",
	 .type = MM_FLAG_TEXT,
	 .offset = AT(subject),
	 .value = "SUBJECT",
	 .help = "sub, in place of system:serviceaccount:NAMESPACE:SERVICEACCOUNT"},
	{.name = "uid",
	 .type = MM_FLAG_TEXT,
	 .offset = AT(uid),
	 .value = "UID",
	 .help = "the uid of the service account; without it the declared one, or one that issuer, namespace and name "
		 "determine"},
	{.name = "algorithm",
	 .type = MM_FLAG_ALGORITHM,
	 .offset = AT(alg),
	 .value = "ALG",
	 .help = "sign with the active key for it; without it that for the first one of the configuration"},
	{.name = "fault",
	 .type = MM_FLAG_CHOICE,
	 .offset = AT(fault),
	 .value = "FAULT",
	 .choices = &faults,
	 .help = "for tests of verifiers: what is wrong with the token, one of the faults below"},
	{.name = "issuer",
	 .type = MM_FLAG_TEXT,
	 .offset = AT(issuer),
	 .value = "URL",
	 .help = "for tests of verifiers: iss, in place of the configured issuer"},
	MM_FLAG_ROW_CONFIG,
	MM_FLAG_ROW_OUTPUT,
	{0},
};

const struct mm_command mm_cmd_token_create = {
	.name = "token create",
	.arguments = "[SERVICEACCOUNT]",
	.usage = "Mints a token for a service account, with the claims that kube-apiserver would give it, and prints "
		 "it. The flags are those of 'kubectl create token'. Nobody is asked whether account or bound object "
		 "exist.\n"
		 "\n"
		 "With --subject and without SERVICEACCOUNT the token has that subject and no kubernetes.io claim.\n"
		 "\n"
		 "With --fault or --issuer the token is one for tests of whatever verifies tokens. Then --claim may "
		 "replace any claim, and NAME=null takes one out.",
	.flags = flags,
	.options_size = sizeof(struct create_options),
	.run = run,
	.help = "mint a token for a service account",
	.private_keys = true,
};
