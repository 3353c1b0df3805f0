/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a token asks for besides the role. The trust policy must allow it, or the role is refused as well (IAM User
 * Guide, "Pass session tags in AWS STS", "Monitor and control actions taken with assumed roles").
 */
#include "issuer/iam/explain_parts.h"

#include <mintmark/bytes.h>

static const struct demand {
	const char *claim; /* or the beginning of its name, up to a slash: tags come as an object or one by one */
	const char *is, *action, *hint, *remedy;
} demands[] = {
	{"https://aws.amazon.com/tags", "session tags", "sts:TagSession", "hint.session-tags",
	 "allow sts:TagSession in the statement as well, or leave the claim out of the token"},
	{"https://aws.amazon.com/source_identity", "a source identity", "sts:SetSourceIdentity", "hint.source-identity",
	 "allow sts:SetSourceIdentity in the statement as well, or leave the claim out of the token"},
};

/* The name of the claim by which the token asks for it; NULL: it does not. */
static const char *find_claim(const struct mm_trial *trial, const struct demand *demand)
{
	const char *name;
	json_t *value;

	json_object_foreach(trial->token.claims, name, value)
	{
		const char *rest = mm_behind(name, demand->claim);

		if (rest && (rest[0] == '\0' || rest[0] == '/'))
			return name;
	}
	return NULL;
}

enum mm_code mm_explain_demands(struct mm_trial *trial, struct mm_iam_request *request, struct mm_err *err)
{
	for (size_t i = 0; i < MM_COUNT(demands); i++) {
		const char *claim = find_claim(trial, &demands[i]);
		mm_auto_iam_decision decision = {0};
		enum mm_code code;

		if (!claim)
			continue;
		request->action = demands[i].action;
		code = mm_iam_evaluate(trial->asked->policy, request, trial->asked->now, &decision, err);
		if (code != MM_OK)
			return code;
		if (decision.verdict == MM_IAM_ALLOWED)
			continue;
		MM_HINT(demands[i].hint, demands[i].remedy,
			"the token has %s (%.120s), for which STS asks the policy to allow %s, too", demands[i].is,
			claim, demands[i].action);
		trial->action = demands[i].action;
		trial->out->decision.verdict = decision.verdict;
		return MM_OK;
	}
	return MM_OK;
}
