/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/args.h"
#include "cli/context.h"
#include "cli/findings.h"
#include "cli/input.h"
#include "cli/output.h"
#include "cli/terminal.h"

#include <mintmark/doctor.h>
#include <mintmark/suggest.h>
#include <string.h>
#include <unistd.h>

struct doctor_options {
	struct mm_common_options common;
	struct mm_strings clouds;
	const char *token;
	struct mm_strings audiences;
	const char *cacert;
	const char *connect;
	mm_duration timeout;
};

enum { TIMEOUT_MAX = 300 }; /* seconds, for one request */

/* ---- what is asked ---------------------------------------------------------------------------------------------- */

static const struct mm_cloud *find_cloud(const char *name)
{
	for (size_t i = 0; i < MM_CLOUD_COUNT; i++) {
		if (strcmp(mm_clouds[i].name, name) == 0)
			return &mm_clouds[i];
	}
	return NULL;
}

static enum mm_code fail_unknown(const char *name, struct mm_err *err)
{
	struct mm_suggestion suggestion = {.wanted = name};

	for (size_t i = 0; i < MM_CLOUD_COUNT; i++)
		mm_suggestion_offer(&suggestion, mm_clouds[i].name);
	if (suggestion.nearest)
		return mm_fail(err, MM_EUSAGE, "doctor: --for: found \"%.40s\"; did you mean %s?", name,
			       suggestion.nearest);
	return mm_fail(err, MM_EUSAGE, "doctor: --for: found \"%.40s\"; accepted: aws, gcp or azure", name);
}

static enum mm_code choose_clouds(const struct doctor_options *options, bool chosen[static MM_CLOUD_COUNT],
				  struct mm_err *err)
{
	for (size_t i = 0; i < options->clouds.n; i++) {
		const struct mm_cloud *cloud = find_cloud(options->clouds.v[i]);

		if (!cloud)
			return fail_unknown(options->clouds.v[i], err);
		chosen[cloud->id] = true;
	}
	return MM_OK;
}

static enum mm_code check_options(const struct doctor_options *options, struct mm_err *err)
{
	if (options->audiences.n > 0 && !options->token)
		return mm_fail(err, MM_EUSAGE, "doctor: --audience is what --token should have, which is missing");
	if (options->timeout > TIMEOUT_MAX)
		return mm_fail(err, MM_EUSAGE, "doctor: --timeout is for one request; accepted: 1s to 5m");
	return MM_OK;
}

static enum mm_code read_token(const struct doctor_options *options, struct mm_buf *out, struct mm_err *err)
{
	if (!options->token)
		return MM_OK;
	if (strcmp(options->token, "-") == 0)
		return mm_read_token_file("-", out, err);
	mm_buf_add_str(out, options->token);
	return mm_buf_check(out, err);
}

/* ---- the answer ------------------------------------------------------------------------------------------------- */

static bool is_same_skip(const struct mm_finding *a, const struct mm_finding *b)
{
	return a->level == MM_FINDING_SKIP && b->level == MM_FINDING_SKIP && strcmp(a->text, b->text) == 0;
}

/* For people: of the checks that were skipped for one reason, the first speaks for all. */
static void condense(const struct mm_findings *findings, struct mm_findings *out)
{
	for (size_t i = 0; i < findings->n; i++) {
		const struct mm_finding *finding = &findings->v[i];
		size_t before = 0, after = 0;

		for (size_t j = 0; j < findings->n; j++) {
			if (j != i && is_same_skip(finding, &findings->v[j]))
				*(j < i ? &before : &after) += 1;
		}
		if (before == 0 && after == 0)
			mm_finding_repeat(out, finding);
		else if (before == 0)
			mm_finding_add(out, finding->level, finding->check, finding->remedy, "%s; nor %zu more",
				       finding->text, after);
	}
}

static enum mm_code print_text(const struct mm_findings *findings, struct mm_err *err)
{
	mm_auto_findings condensed = {0};
	mm_auto_buf text = {0};
	enum mm_code code;

	condense(findings, &condensed);
	code = mm_findings_check(&condensed, err);
	if (code != MM_OK)
		return code;
	mm_findings_add_text(&text, &condensed, MM_FINDING_PASS, mm_terminal_of(STDOUT_FILENO).colour);
	mm_buf_printf(&text, "%zu checks: %zu passed, %zu skipped, %zu warned, %zu failed\n", findings->n,
		      mm_findings_count(findings, MM_FINDING_PASS), mm_findings_count(findings, MM_FINDING_SKIP),
		      mm_findings_count(findings, MM_FINDING_WARN), mm_findings_count(findings, MM_FINDING_FAIL));
	return mm_print(&text, err);
}

static enum mm_code print(const struct mm_call *call, const char *issuer, const struct mm_findings *findings,
			  struct mm_err *err)
{
	if (!mm_wants_json(call))
		return print_text(findings, err);
	return mm_print_json(json_pack("{s:s, s:b, s:o}", "issuer", issuer, "accepted",
				       mm_findings_worst(findings) != MM_FINDING_FAIL, "findings",
				       mm_findings_json(findings)),
			     err);
}

static enum mm_code answer(const struct mm_call *call, const char *issuer, const struct mm_findings *findings,
			   struct mm_err *err)
{
	enum mm_code code = print(call, issuer, findings, err);
	mm_auto_buf failed = {0};

	for (size_t i = 0; i < findings->n; i++) {
		if (findings->v[i].level == MM_FINDING_FAIL)
			mm_buf_printf(&failed, "%s%s", failed.len > 0 ? ", " : "", findings->v[i].check);
	}
	if (code != MM_OK || failed.len == 0)
		return code;
	code = mm_buf_check(&failed, err);
	return code == MM_OK ? mm_fail(err, MM_EREFUSED, "doctor: %s: failed: %s", issuer, failed.p) : code;
}

static enum mm_code run(struct mm_call *call, struct mm_err *err)
{
	static const char otherwise[] = "mintmark doctor URL examines an issuer without a configuration";
	const struct doctor_options *options = call->options;
	bool clouds[MM_CLOUD_COUNT] = {false};
	struct mm_doctor_options wanted = {
		.connect = options->connect,
		.ca_file = options->cacert,
		.timeout_ms = (int)(options->timeout < TIMEOUT_MAX ? options->timeout : TIMEOUT_MAX) * 1000,
		.audiences = options->audiences,
		.clouds = options->clouds.n > 0 ? clouds : NULL,
		.now = mm_clock_now(),
	};
	mm_auto_context context = {0};
	mm_auto_findings findings = {0};
	mm_auto_buf token = {0};
	const char *issuer = NULL;
	struct mm_err why = {0};
	enum mm_code code = check_options(options, err);

	if (code == MM_OK)
		code = choose_clouds(options, clouds, err);
	if (code == MM_OK)
		code = mm_cli_find_issuer(call, &context, otherwise, &issuer, err);
	if (code == MM_OK)
		code = read_token(options, &token, err);
	if (code != MM_OK)
		return code;
	wanted.token = options->token ? mm_buf_span(&token) : mm_span(NULL, 0);
	code = mm_cli_blame_arguments(call, mm_doctor(issuer, &wanted, &findings, &why), &why, err);
	return code == MM_OK ? answer(call, issuer, &findings, err) : code;
}

#define AT(member) offsetof(struct doctor_options, member)

static const struct mm_flag flags[] = {
	{.name = "for",
	 .type = MM_FLAG_LIST,
	 .offset = AT(clouds),
	 .value = "CLOUD",
	 .help = "aws, gcp or azure: ask about these alone"},
	{.name = "token",
	 .type = MM_FLAG_TEXT,
	 .offset = AT(token),
	 .value = "TOKEN",
	 .help = "a token of this issuer, to be examined as well; - for standard input"},
	{.name = "audience",
	 .type = MM_FLAG_LIST,
	 .offset = AT(audiences),
	 .value = "AUDIENCE",
	 .help = "one of these must be in the token's aud; without it that of a cloud"},
	{.name = "cacert",
	 .type = MM_FLAG_FILE,
	 .offset = AT(cacert),
	 .value = "FILE",
	 .help = "a private authority that is meant: that it is not public is then a warning"},
	{.name = "connect",
	 .type = MM_FLAG_TEXT,
	 .offset = AT(connect),
	 .value = "ADDR[:PORT]",
	 .help = "where the issuer's host is, when it is not in DNS yet"},
	{.name = "timeout",
	 .type = MM_FLAG_DURATION,
	 .offset = AT(timeout),
	 .value = "DURATION",
	 .fallback = "5s",
	 .help = "for each request; AWS STS waits 5s"},
	MM_FLAG_ROW_CONFIG,
	MM_FLAG_ROW_OUTPUT,
	{0},
};

const struct mm_command mm_cmd_doctor = {
	.name = "doctor",
	.arguments = "[URL]",
	.usage = "Examines an issuer, of whatever make, as AWS, GCP and Azure would: its URL, certificates, discovery "
		 "document, keys and HTTP headers, and a token where one is given. Each check passes, warns, fails, or "
		 "is skipped because of one that failed, and what is not right comes with its remedy. Exit status 0 "
		 "when nothing failed, and 1 otherwise. Without URL, the issuer of the configuration is examined.\n"
		 "\n"
		 "mintmark(1) lists the checks.",
	.flags = flags,
	.options_size = sizeof(struct doctor_options),
	.run = run,
	.help = "examine an issuer as AWS, GCP and Azure would",
};
