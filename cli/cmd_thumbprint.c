/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/args.h"
#include "cli/context.h"
#include "cli/findings.h"
#include "cli/output.h"
#include "cli/thumbprint_show.h"

#include <mintmark/file.h>
#include <stdio.h>
#include <string.h>

#define CHAIN_FILE_MAX (1024 * 1024) /* bytes */
#define TIMEOUT_MAX    3600          /* seconds */

struct thumbprint_options {
	struct mm_common_options common;
	const char *chain;
	const char *connect;
	const char *cacert;
	bool host_only;
	struct mm_strings registered;
	bool sha256;
	mm_duration timeout;
};

/* ---- where the chain comes from --------------------------------------------------------------------------------- */

static enum mm_code check_options(const struct thumbprint_options *options, struct mm_err *err)
{
	const char *why = NULL;

	if (options->chain && (options->connect || options->cacert || options->host_only))
		why = "with --chain nothing is connected to, so --connect, --cacert and --host-only mean nothing";
	else if (options->cacert && options->host_only)
		why = "--cacert is for the discovery document, which --host-only leaves alone";
	return why ? mm_fail(err, MM_EUSAGE, "thumbprint: %s", why) : MM_OK;
}

/* Before anybody is connected to. */
static enum mm_code read_registered(const struct thumbprint_options *options, struct mm_strings *out,
				    struct mm_err *err)
{
	struct mm_err why = {0};
	enum mm_code code = mm_thumbprint_read(&options->registered, options->sha256, out, &why);

	return code == MM_OK ? MM_OK
			     : mm_fail(err, code == MM_EPARSE ? MM_EUSAGE : code, "thumbprint: --check: %s", why.text);
}

static enum mm_code read_file(struct mm_call *call, mm_time now, struct mm_thumbprints *out, struct mm_err *err)
{
	const struct thumbprint_options *options = call->options;
	const char *host = call->argument_count > 0 ? call->arguments[0] : NULL;
	mm_auto_buf text = {0};
	enum mm_code code = mm_path_read(options->chain, MM_FILE_ANY, CHAIN_FILE_MAX, &text, err);

	if (code == MM_OK)
		code = mm_context(err, mm_thumbprint_of_file(mm_buf_span(&text), host, now, out, err), "%s",
				  options->chain);
	return code;
}

static enum mm_code find(struct mm_call *call, mm_time now, struct mm_thumbprints *out, struct mm_err *err)
{
	static const char otherwise[] = "without a configuration: mintmark thumbprint with the issuer's URL, its "
					"HOST[:PORT], or --chain FILE";
	const struct thumbprint_options *options = call->options;
	const struct mm_thumbprint_options how = {
		.connect = options->connect,
		.ca_file = options->cacert,
		.host_alone = options->host_only,
		.timeout_ms = (int)(options->timeout < TIMEOUT_MAX ? options->timeout : TIMEOUT_MAX) * 1000,
		.now = now,
	};
	mm_auto_context context = {0};
	const char *host = NULL;
	struct mm_err why = {0};
	enum mm_code code;

	if (options->chain)
		return read_file(call, now, out, err);
	code = mm_cli_find_issuer(call, &context, otherwise, &host, err);
	if (code != MM_OK)
		return code;
	code = mm_cli_blame_arguments(call, mm_thumbprint_of(host, &how, out, &why), &why, err);
	if (code == MM_EREFUSED && strncmp(host, "http://", 7) == 0)
		mm_hint(call, "serve the issuer over https; for a server by hand, 'mintmark thumbprint HOST:PORT'");
	else if (code == MM_ENETWORK || code == MM_ETIMEOUT)
		mm_hint(call, "--connect ADDR[:PORT] goes to another place under this name; --chain FILE reads the "
			      "certificates from a file");
	return code;
}

/* ---- the answer ------------------------------------------------------------------------------------------------- */

static const char *digest_of(const struct mm_thumbprints *found, size_t i, bool sha256)
{
	return sha256 ? found->v[i].sha256 : found->v[i].hex;
}

/* Two hosts may present one authority: a provider needs its thumbprint once. */
static void add_list(struct mm_buf *out, const struct mm_thumbprints *found, bool sha256, const char *separator)
{
	for (size_t i = 0; i < found->n; i++) {
		if (i > 0 && strcmp(digest_of(found, 0, sha256), digest_of(found, i, sha256)) == 0)
			continue;
		mm_buf_printf(out, "%s%s", i > 0 ? separator : "", digest_of(found, i, sha256));
	}
}

static enum mm_code print_text(const struct mm_thumbprints *found, bool sha256, mm_time now, struct mm_err *err)
{
	mm_auto_buf answer = {0};

	for (size_t i = 0; i < found->n; i++) {
		mm_auto_buf chain = {0};

		mm_chain_add_text(&chain, &found->v[i], now);
		fputs(mm_buf_span(&chain).p, stderr);
		mm_findings_note(&found->v[i].findings, MM_FINDING_PASS);
	}
	mm_findings_note(&found->findings, MM_FINDING_PASS);
	add_list(&answer, found, sha256, "\n");
	mm_buf_add_str(&answer, "\n");
	return mm_print(&answer, err);
}

/* `same` NULL: nothing was compared. */
static enum mm_code print_json(const struct mm_thumbprints *found, const bool *same, struct mm_err *err)
{
	json_t *thumbprints = json_array();

	for (size_t i = 0; i < found->n; i++)
		json_array_append_new(thumbprints, mm_thumbprint_json(&found->v[i]));
	return mm_print_json(json_pack("{s:o, s:o, s:o}", "thumbprints", thumbprints, "findings",
				       mm_findings_json(&found->findings), "matches",
				       same ? json_boolean(*same) : json_null()),
			     err);
}

/* Exit status 1 when what is registered is not what is served; how to mend it is the hint. */
static enum mm_code fail_differs(struct mm_call *call, const struct mm_thumbprints *found, struct mm_err *err)
{
	const struct thumbprint_options *options = call->options;
	mm_auto_buf list = {0};

	add_list(&list, found, false, " ");
	if (!options->sha256 && !list.failed)
		mm_hint(call,
			"aws iam update-open-id-connect-provider-thumbprint --open-id-connect-provider-arn ARN "
			"--thumbprint-list %s",
			list.p);
	return mm_fail(err, MM_EVERIFY, "what is registered is not what is served");
}

static enum mm_code answer(struct mm_call *call, struct mm_thumbprints *found, const struct mm_strings *registered,
			   mm_time now, struct mm_err *err)
{
	const struct thumbprint_options *options = call->options;
	mm_auto_findings compared = {0};
	bool checked = registered->n > 0, same;
	enum mm_code code;

	if (checked)
		mm_thumbprint_check(found, options->sha256, registered, &compared);
	same = mm_findings_worst(&compared) != MM_FINDING_FAIL;
	mm_findings_move(&found->findings, &compared);
	code = mm_findings_check(&found->findings, err);
	if (code != MM_OK)
		return code;
	if (mm_wants_json(call))
		code = print_json(found, checked ? &same : NULL, err);
	else
		code = print_text(found, options->sha256, now, err);
	return code == MM_OK && !same ? fail_differs(call, found, err) : code;
}

static enum mm_code run(struct mm_call *call, struct mm_err *err)
{
	const struct thumbprint_options *options = call->options;
	mm_auto_strings registered = {0};
	mm_auto_thumbprints found = {0};
	mm_time now = mm_clock_now();
	enum mm_code code = check_options(options, err);

	if (code == MM_OK)
		code = read_registered(options, &registered, err);
	if (code == MM_OK)
		code = find(call, now, &found, err);
	return code == MM_OK ? answer(call, &found, &registered, now, err) : code;
}

#define AT(member) offsetof(struct thumbprint_options, member)

static const struct mm_flag flags[] = {
	{.name = "chain",
	 .type = MM_FLAG_FILE,
	 .offset = AT(chain),
	 .value = "FILE",
	 .help = "the certificates as they are presented, in PEM, instead of connecting; - for standard input"},
	{.name = "connect",
	 .type = MM_FLAG_TEXT,
	 .offset = AT(connect),
	 .value = "ADDR[:PORT]",
	 .help = "go there in place of the host, which need not be in DNS yet"},
	{.name = "check",
	 .type = MM_FLAG_LIST,
	 .offset = AT(registered),
	 .value = "HEX",
	 .help = "what is registered: exit status 1 and what differs, if that is not what is served"},
	{.name = "sha256",
	 .type = MM_FLAG_SWITCH,
	 .offset = AT(sha256),
	 .help = "SHA-256 of the same certificate, for others than IAM"},
	{.name = "host-only",
	 .type = MM_FLAG_SWITCH,
	 .offset = AT(host_only),
	 .help = "do not ask the discovery document for the host of the keys"},
	{.name = "cacert",
	 .type = MM_FLAG_FILE,
	 .offset = AT(cacert),
	 .value = "FILE",
	 .help = "believe the discovery document only of a server that these authorities vouch for"},
	{.name = "timeout", .type = MM_FLAG_DURATION, .offset = AT(timeout), .value = "DURATION", .hidden = true},
	MM_FLAG_ROW_CONFIG,
	MM_FLAG_ROW_OUTPUT,
	{0},
};

const struct mm_command mm_cmd_thumbprint = {
	.name = "thumbprint",
	.arguments = "[URL|HOST]",
	.usage = "Prints the thumbprint that AWS IAM asks for: SHA-1 of the last certificate that the host of the "
		 "issuer's jwks_uri presents, and of the issuer's own host where that is another one. Whoever it is "
		 "that answers, nobody is trusted: run it where you trust the network.\n"
		 "\n"
		 "URL is the issuer, by default that of the configuration; HOST may be HOST:PORT. Standard error tells "
		 "what was presented, which certificate was taken, and what is wrong with the chain.",
	.flags = flags,
	.options_size = sizeof(struct thumbprint_options),
	.run = run,
	.help = "print the thumbprint of an issuer's host for AWS IAM",
};
