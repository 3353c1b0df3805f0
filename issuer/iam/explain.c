/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The order of STS: the token by itself, the provider of its issuer, the audience, the key and the signature, and then
 * the policy. Which of the token's own faults AWS tells first is not documented; the order here is ours.
 */
#include "issuer/iam/explain_parts.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void mm_trial_refuse(struct mm_trial *trial, const char *format, ...)
{
	mm_auto_buf text = {0};
	struct mm_err line = {0};
	char raw[MM_ERR_TEXT_MAX];
	va_list args;

	if (trial->out->error)
		return;
	va_start(args, format);
	vsnprintf(raw, sizeof raw, format, args);
	va_end(args);
	mm_fail(&line, MM_EREFUSED, "%s", raw); /* one visible line, as errors are */
	mm_buf_add_str(&text, line.text);
	trial->out->error = mm_buf_take(&text);
	trial->failed = !trial->out->error;
}

static void free_trial(struct mm_trial *trial)
{
	if (!trial)
		return;
	mm_token_clear(&trial->token);
	mm_strings_free(&trial->audiences);
	free(trial->role_arn);
	free(trial->provider_arn);
	for (size_t i = 0; i < MM_TRIAL_KEYS; i++) {
		free(trial->key_names[i]);
		mm_strings_free(&trial->key_values[i]);
	}
	free(trial->keys);
	free(trial);
}

void mm_explanation_clear(struct mm_explanation *explanation)
{
	mm_iam_decision_clear(&explanation->decision);
	mm_findings_free(&explanation->token);
	mm_findings_free(&explanation->provider);
	mm_findings_free(&explanation->account);
	mm_findings_free(&explanation->hints);
	free(explanation->error);
	free_trial(explanation->trial);
	*explanation = (struct mm_explanation){0};
}

static void decide(struct mm_trial *trial)
{
	struct mm_explanation *out = trial->out;

	out->decided = !out->error;
	out->allowed = out->decided && out->decision.verdict == MM_IAM_ALLOWED;
	if (!out->allowed)
		mm_trial_refuse(trial, "AccessDenied: Not authorized to perform %s%s", trial->action,
				out->decision.verdict == MM_IAM_UNKNOWN
					? ", unless the conditions hold that are undecided here"
					: "");
	mm_hint_policy(trial);
}

/* What depends on the claims. The account comes first: its annotation may be all that is known of the role. */
static enum mm_code explain_claims(struct mm_trial *trial, struct mm_err *err)
{
	enum mm_code code = mm_explain_account(trial, err);

	if (code == MM_OK)
		code = mm_explain_provider(trial, err);
	if (code == MM_OK)
		code = mm_explain_key(trial, err);
	if (code == MM_OK)
		code = mm_explain_policy(trial, err);
	if (code == MM_OK)
		decide(trial);
	return code;
}

static enum mm_code check(const struct mm_trial *trial, struct mm_err *err)
{
	const struct mm_explanation *out = trial->out;
	enum mm_code code = mm_findings_check(&out->token, err);

	if (code == MM_OK)
		code = mm_findings_check(&out->provider, err);
	if (code == MM_OK)
		code = mm_findings_check(&out->account, err);
	if (code == MM_OK)
		code = mm_findings_check(&out->hints, err);
	return code == MM_OK && trial->failed ? mm_fail(err, MM_ENOMEM, "out of memory") : code;
}

/* The role that is asked for: the one that was named, or that of which the policy says it is. */
static enum mm_code find_role(struct mm_trial *trial, struct mm_err *err)
{
	const char *found = mm_iam_policy_role(trial->asked->policy);
	struct mm_arn arn;

	if (trial->asked->role_arn)
		return mm_string_set(&trial->role_arn, trial->asked->role_arn, err);
	if (found && mm_role_arn_parse(found, &arn, NULL) == MM_OK)
		return mm_string_set(&trial->role_arn, found, err);
	return MM_OK;
}

enum mm_code mm_explain(const struct mm_explain *question, struct mm_explanation *out, struct mm_err *err)
{
	struct mm_trial *trial = calloc(1, sizeof *trial);
	enum mm_code code;

	if (!trial)
		return mm_fail(err, MM_ENOMEM, "out of memory");
	out->trial = trial;
	trial->asked = question;
	trial->out = out;
	code = find_role(trial, err);
	if (code == MM_OK)
		code = mm_explain_token(trial, err);
	if (code == MM_OK && trial->token.claims)
		code = explain_claims(trial, err);
	mm_findings_move(&out->hints, &trial->account_hints);
	if (code == MM_OK)
		code = check(trial, err);
	trial->asked = NULL; /* what was borrowed for the call alone */
	trial->account = NULL;
	trial->out = NULL;
	return code;
}
