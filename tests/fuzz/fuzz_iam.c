/* SPDX-License-Identifier: Apache-2.0 */
/* Whatever policy is taken can be evaluated and checked; and nothing is allowed that no statement allows. */
#include <mintmark/iam.h>

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const values[] = {"system:serviceaccount:a:b", "2026-11-22", "10.0.0.1", "arn:aws:iam::1:x"};
	static const struct mm_iam_key keys[] = {{.name = "h:sub", .values = values, .count = 1},
						 {.name = "h:amr", .values = values, .count = 4, .multivalued = true}};
	const struct mm_iam_request request = {"sts:AssumeRoleWithWebIdentity", "Federated", "p", keys, 2, NULL, NULL};
	mm_auto(mm_iam_policy) policy = NULL;
	mm_auto_iam_decision decision = {0};
	mm_auto_findings findings = {0};
	bool allows = false;

	if (mm_iam_policy_parse(mm_span(data, size), &policy, NULL) != MM_OK)
		return 0;
	mm_iam_lint(policy, &findings);
	if (mm_iam_evaluate(policy, &request, 1795305600, &decision, NULL) != MM_OK)
		abort();
	for (size_t i = 0; i < decision.count; i++)
		allows = allows || (!decision.statements[i].deny && decision.statements[i].outcome == MM_IAM_MATCH);
	if (decision.verdict == MM_IAM_ALLOWED && !allows)
		abort();
	return 0;
}
