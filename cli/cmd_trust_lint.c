/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/args.h"
#include "cli/findings.h"
#include "cli/input.h"
#include "cli/output.h"
#include "cli/terminal.h"

#include <unistd.h>

struct lint_options {
	struct mm_common_options common;
	const char *policy;
};

static enum mm_code print(const struct mm_call *call, const struct mm_findings *findings, struct mm_err *err)
{
	mm_auto_buf text = {0};

	if (mm_wants_json(call))
		return mm_print_json(json_pack("{s:b, s:o}", "ok", mm_findings_worst(findings) != MM_FINDING_FAIL,
					       "findings", mm_findings_json(findings)),
				     err);
	mm_findings_add_text(&text, findings, MM_FINDING_PASS, mm_terminal_of(STDOUT_FILENO).colour);
	return mm_print(&text, err);
}

static enum mm_code verdict(const struct mm_findings *findings, struct mm_err *err)
{
	size_t failed = mm_findings_count(findings, MM_FINDING_FAIL);

	if (failed == 0)
		return MM_OK;
	return mm_fail(err, MM_EREFUSED, "trust lint: %zu of %zu findings are failures", failed, findings->n);
}

static enum mm_code run(struct mm_call *call, struct mm_err *err)
{
	const struct lint_options *options = call->options;
	mm_auto(mm_iam_policy) policy = NULL;
	mm_auto_findings findings = {0};
	enum mm_code code = mm_read_policy(options->policy, &policy, err);

	if (code != MM_OK)
		return code;
	mm_iam_lint(policy, &findings);
	code = mm_findings_check(&findings, err);
	if (code == MM_OK)
		code = print(call, &findings, err);
	return code == MM_OK ? verdict(&findings, err) : code;
}

static const struct mm_flag flags[] = {
	{.name = "policy",
	 .type = MM_FLAG_FILE,
	 .offset = offsetof(struct lint_options, policy),
	 .value = "FILE",
	 .required = true,
	 .help = "the trust policy, or the answer of 'aws iam get-role'; - for standard input"},
	MM_FLAG_ROW_OUTPUT,
	{0},
};

const struct mm_command mm_cmd_trust_lint = {
	.name = "trust lint",
	.arguments = "",
	.usage = "Says what is wrong or unwise in the trust policy of a role, without a token: condition keys that no "
		 "request has, wildcards where there are none, conditions that any service account meets or that none "
		 "can, and what IAM would not store. Exit status 1 when something failed; warnings are left to you.",
	.flags = flags,
	.options_size = sizeof(struct lint_options),
	.run = run,
	.help = "check the trust policy of an AWS role by itself",
};
