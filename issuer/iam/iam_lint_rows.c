/* SPDX-License-Identifier: Apache-2.0 */
/* What can be found in a trust policy. What IAM would not store is a failure, too: it may not be stored yet. */
#include "issuer/iam/iam_lint.h"

#include <stdarg.h>
#include <stdio.h>

#define PASS(its_name)                                                                                                 \
	{                                                                                                              \
		its_name, MM_FINDING_PASS, NULL                                                                        \
	}
#define WARN(its_name, what_to_do)                                                                                     \
	{                                                                                                              \
		its_name, MM_FINDING_WARN, what_to_do                                                                  \
	}
#define FAIL(its_name, what_to_do)                                                                                     \
	{                                                                                                              \
		its_name, MM_FINDING_FAIL, what_to_do                                                                  \
	}

static const struct {
	const char *name;
	enum mm_finding_level level;
	const char *remedy;
} rows[MM_IAM_LINT_COUNT] = {
	[MM_IAM_LINT_OK] = PASS("policy.statement"),
	[MM_IAM_LINT_VERSION] = WARN("policy.version", "write \"Version\": \"2012-10-17\""),
	[MM_IAM_LINT_VARIABLE] = FAIL("policy.variable", "write \"Version\": \"2012-10-17\""),
	[MM_IAM_LINT_SIZE] = WARN("policy.size",
				  "name fewer service accounts, or ask for a larger quota of the account "
				  "(role trust policy length)"),
	[MM_IAM_LINT_QUOTA] = FAIL("policy.quota", "divide it: several roles, each for some of the service accounts"),
	[MM_IAM_LINT_SID] = FAIL("policy.sid", "give each statement a Sid of its own, of letters and digits, or none"),
	[MM_IAM_LINT_NO_ALLOW] = WARN("policy.no-allow", "add a statement that allows " MM_STS_WEB_IDENTITY),
	[MM_IAM_LINT_EMPTY] = WARN("policy.empty", "say what is meant, or leave it out"),
	[MM_IAM_LINT_EVERYBODY] = FAIL("policy.everybody", "name the provider: \"Principal\": {\"Federated\": "
							   "\"arn:aws:iam::ACCOUNT:oidc-provider/HOST/PATH\"}"),
	[MM_IAM_LINT_NOT_PRINCIPAL] = FAIL("policy.not-principal",
					   "name in Principal who may, and deny the others in a "
					   "statement of their own"),
	[MM_IAM_LINT_PRINCIPAL] = FAIL("policy.principal", "write the ARN as IAM lists it: aws iam "
							   "list-open-id-connect-providers"),
	[MM_IAM_LINT_PRINCIPAL_SLASH] = WARN("policy.principal-slash", "keep it only if iss ends in that slash, too"),
	[MM_IAM_LINT_PRINCIPAL_WILDCARD] = FAIL("policy.principal-wildcard", "name each provider by its whole ARN"),
	[MM_IAM_LINT_ACTION] = FAIL("policy.action", "a trust policy has actions of STS: " MM_STS_WEB_IDENTITY),
	[MM_IAM_LINT_ACTION_PRINCIPAL] = FAIL("policy.action-principal",
					      "tokens: {\"Federated\": PROVIDER} and " MM_STS_WEB_IDENTITY
					      "; roles, users and services: sts:AssumeRole"),
	[MM_IAM_LINT_ACTION_WIDE] = WARN("policy.action-wide", "write the action: " MM_STS_WEB_IDENTITY),
	[MM_IAM_LINT_POD_IDENTITY] = FAIL("policy.pod-identity",
					  "\"Action\": [\"sts:AssumeRole\", \"sts:TagSession\"]"),
	[MM_IAM_LINT_OPERATOR] = FAIL("policy.operator", "take one of the condition operators of the IAM User Guide"),
	[MM_IAM_LINT_NULL_SET] = FAIL("policy.null-set", "write Null alone"),
	[MM_IAM_LINT_KEY] = FAIL("policy.key", "keys of tokens are HOST/PATH:sub and HOST/PATH:aud"),
	[MM_IAM_LINT_KEY_SCHEME] = FAIL("policy.key-scheme", "write the issuer without https:// in condition keys"),
	[MM_IAM_LINT_KEY_SLASH] = FAIL("policy.key-slash", "write the provider in the key as in the principal's ARN"),
	[MM_IAM_LINT_KEY_PROVIDER] = FAIL("policy.key-provider",
					  "let principal and keys name the same provider, whose tokens are meant"),
	[MM_IAM_LINT_KEY_CLAIM] = WARN("policy.key-claim", "use sub and aud"),
	[MM_IAM_LINT_WILDCARD] = FAIL("policy.wildcard", "use StringLike (StringNotLike) where * and ? are wildcards"),
	[MM_IAM_LINT_VALUE] = FAIL("policy.value", "write a value of the operator's type"),
	[MM_IAM_LINT_FOR_ALL] = FAIL("policy.for-all",
				     "leave ForAllValues: out, for sub and aud have one value; or add "
				     "\"Null\": {KEY: \"false\"}"),
	[MM_IAM_LINT_IF_EXISTS] = FAIL("policy.if-exists", "leave IfExists out"),
	[MM_IAM_LINT_NEVER] = FAIL("policy.never", "list the values under one operator, or divide the statement"),
	[MM_IAM_LINT_NO_SUB] = FAIL("policy.no-sub", "add \"StringEquals\": {\"HOST/PATH:sub\": "
						     "\"system:serviceaccount:NAMESPACE:NAME\"}"),
	[MM_IAM_LINT_NO_AUD] = WARN("policy.no-aud",
				    "add \"StringEquals\": {\"HOST/PATH:aud\": \"sts.amazonaws.com\"}"),
	[MM_IAM_LINT_SUB_ANY] = FAIL("policy.sub-any", "name the service account, or at least its namespace"),
	[MM_IAM_LINT_SUB_WIDE] = WARN("policy.sub-wide", "name the service accounts, if not all of them are meant"),
	[MM_IAM_LINT_SUB_FORM] = FAIL("policy.sub", "write system:serviceaccount:NAMESPACE:NAME"),
	[MM_IAM_LINT_SUB_FOREIGN] = WARN("policy.sub-foreign",
					 "service accounts are system:serviceaccount:NAMESPACE:NAME"),
	[MM_IAM_LINT_AUD_ANY] = FAIL("policy.aud-any", "name the audience: sts.amazonaws.com"),
	[MM_IAM_LINT_AUD_VALUE] = WARN("policy.aud", "write the audience that pods ask for, which is sts.amazonaws.com "
						     "unless they were told otherwise"),
};

const char *mm_iam_check_name(enum mm_iam_check check)
{
	return rows[check].name;
}

void mm_iam_complain(const struct mm_iam_lint *lint, enum mm_iam_check check, const char *format, ...)
{
	char text[MM_ERR_TEXT_MAX], place[64] = "";
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof text, format, args);
	va_end(args);
	if (lint->rule && lint->rule->sid && *lint->rule->sid)
		snprintf(place, sizeof place, "Statement[%zu] (%.32s): ", lint->index, lint->rule->sid);
	else if (lint->rule)
		snprintf(place, sizeof place, "Statement[%zu]: ", lint->index);
	mm_finding_add(lint->out, rows[check].level, rows[check].name, rows[check].remedy, "%s%s", place, text);
}
