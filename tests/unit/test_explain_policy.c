/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tokens before policies: what AWS decides by its documented rules, and the hint that belongs to each mistake. Each row
 * is written from the rule that it names. Guide: IAM User Guide.
 */
#include "tests/unit/explaining.h"
#include "tests/unit/support.h"

#define EKS(region, id)    "oidc.eks." region ".amazonaws.com/id/" id
#define ID_A               "EXAMPLED539D4633E53DE1B716D3041E"
#define ID_B               "AAAAAAD539D4633E53DE1B716D3041E0"
#define FEDERATED(name)    "{\"Federated\":\"arn:aws:iam::" ACCOUNT ":oidc-provider/" name "\"}"
#define STATEMENT(rest)    "{\"Effect\":\"Allow\"," rest "}"
#define IN(name)           ON("StringEquals", name ":sub", SUBJECT)
#define WEB_IDENTITY       "\"Action\":\"sts:AssumeRoleWithWebIdentity\""
#define POLICY(statements) "{\"Version\":\"2012-10-17\",\"Statement\":[" statements "]}"

static void what_is_right_is_allowed(void **state)
{
	static const struct explain_row rows[] = {
		{.rule = "all conditions of a statement hold (guide, \"Condition\": AND)", .allowed = true},
		{.rule = "StringLike expands * (guide, \"String condition operators\")",
		 .condition = ON_SUB("StringLike", "system:serviceaccount:prod:*"),
		 .allowed = true},
		{.rule = "StringLike expands ? to one character",
		 .condition = ON_SUB("StringLike", "system:serviceaccount:prod:we?"),
		 .allowed = true},
		{.rule = "several values of a key: one is enough (OR)",
		 .condition = "{\"StringEquals\":{\"" NAME ":sub\":[\"system:serviceaccount:a:b\",\"" SUBJECT "\"]}}",
		 .allowed = true},
		{.rule = "keys have no case (guide, \"Condition keys are not case-sensitive\")",
		 .condition = ON("StringEquals", "OIDC.Example.com/id/prod:SUB", SUBJECT),
		 .allowed = true},
		{.rule = "StringEqualsIgnoreCase has no case",
		 .condition = ON_SUB("StringEqualsIgnoreCase", "System:ServiceAccount:PROD:Web"),
		 .allowed = true},
		{.rule = "a principal in a list counts as one alone",
		 .principal = "{\"Federated\":[\"arn:aws:iam::" ACCOUNT ":oidc-provider/other.example.com\",\"" PROVIDER
			      "\"]}",
		 .allowed = true},
		{.rule = "an action with a wildcard (guide, \"Action\")",
		 .action = "\"sts:AssumeRole*\"",
		 .allowed = true},
		{.rule = "one statement that allows is enough, whatever others want",
		 .condition = ON_SUB("StringEquals", "system:serviceaccount:other:one"),
		 .also = STATEMENT("\"Principal\":" FEDERATED(NAME) "," WEB_IDENTITY ",\"Condition\":" IN(NAME)),
		 .allowed = true},
		{.rule = "IfExists holds for a key that is not there",
		 .condition = "{\"StringEqualsIfExists\":{\"" NAME
			      ":email\":\"a@example.com\"},\"StringEquals\":{\"" NAME ":sub\":\"" SUBJECT "\"}}",
		 .allowed = true},
		{.rule = "a trailing slash is part of an issuer that has one",
		 .iss = "https://tenant.example.com/",
		 .principal = FEDERATED("tenant.example.com/"),
		 .condition = IN("tenant.example.com/"),
		 .allowed = true},
		{.rule = "aws:FederatedProvider is the provider's ARN",
		 .condition = "{\"ArnEquals\":{\"aws:FederatedProvider\":\"" PROVIDER "\"},\"StringEquals\":{\"" NAME
			      ":sub\":\"" SUBJECT "\"}}",
		 .allowed = true},
		{.rule = "with azp, :aud is azp and :oaud is aud (guide, \"Available keys for AWS OIDC federation\")",
		 .more = "\"azp\":\"client\"",
		 .condition = "{\"StringEquals\":{\"" NAME ":aud\":\"client\",\"" NAME
			      ":oaud\":\"sts.amazonaws.com\",\"" NAME ":sub\":\"" SUBJECT "\"}}",
		 .allowed = true},
	};

	(void)state;
	explain_rows(rows, MM_COUNT(rows));
}

static void what_allows_more_than_was_meant_is_warned_of(void **state)
{
	static const struct explain_row rows[] = {
		{.rule = "without a condition on sub every account of the issuer may assume the role",
		 .condition = ON_AUD("StringEquals", "sts.amazonaws.com"),
		 .allowed = true,
		 .hints = "hint.sub-unconstrained",
		 .says = "any service account"},
		{.rule = "without any condition, likewise",
		 .condition = "",
		 .allowed = true,
		 .hints = "hint.sub-unconstrained"},
		{.rule = "a star alone is no constraint",
		 .condition = ON_SUB("StringLike", "*"),
		 .allowed = true,
		 .hints = "hint.sub-unconstrained"},
		{.rule = "nor is a pattern for any namespace and any name",
		 .condition = ON_SUB("StringLike", "system:serviceaccount:*:*"),
		 .allowed = true,
		 .hints = "hint.sub-unconstrained"},
		{.rule = "nor is one account that is left out",
		 .condition = ON_SUB("StringNotEquals", "system:serviceaccount:kube-system:default"),
		 .allowed = true,
		 .hints = "hint.sub-unconstrained"},
		{.rule = "nor that sub is there at all",
		 .condition = ON("Null", NAME ":sub", "false"),
		 .allowed = true,
		 .hints = "hint.sub-unconstrained"},
	};

	(void)state;
	explain_rows(rows, MM_COUNT(rows));
}

static void subjects_that_differ_are_told_apart(void **state)
{
	static const struct explain_row rows[] = {
		{.rule = "the namespace is part of sub (Kubernetes, \"Service account token projection\")",
		 .condition = ON_SUB("StringEquals", "system:serviceaccount:production:web"),
		 .hints = "hint.namespace",
		 .says = "\"prod\"|\"production\""},
		{.rule = "and so is the name",
		 .condition = ON_SUB("StringEquals", "system:serviceaccount:prod:wbe"),
		 .hints = "hint.name",
		 .says = "\"web\"|\"wbe\""},
		{.rule = "of several, the nearest is told",
		 .condition = "{\"StringEquals\":{\"" NAME
			      ":sub\":[\"system:serviceaccount:prod:database\",\"system:serviceaccount:prod:wob\"]}}",
		 .hints = "hint.name",
		 .says = "\"wob\""},
		{.rule = "a name in the right namespace is nearer than the same name elsewhere",
		 .condition = "{\"StringEquals\":{\"" NAME
			      ":sub\":[\"system:serviceaccount:staging:web\",\"system:serviceaccount:prod:api\"]}}",
		 .hints = "hint.name",
		 .says = "\"api\""},
		{.rule = "both differ",
		 .condition = ON_SUB("StringEquals", "system:serviceaccount:a:b"),
		 .hints = "hint.subject",
		 .says = SUBJECT "|system:serviceaccount:a:b"},
		{.rule = "sub begins with system:serviceaccount:",
		 .condition = ON_SUB("StringEquals", "prod:web"),
		 .hints = "hint.sub-prefix",
		 .says = "prod:web|" SUBJECT},
		{.rule = "also where somebody writes it with a slash",
		 .condition = ON_SUB("StringEquals", "prod/web"),
		 .hints = "hint.sub-prefix"},
		{.rule = "and it is spelt so",
		 .condition = ON_SUB("StringEquals", "system:serviceaccounts:prod:web"),
		 .hints = "hint.sub-prefix"},
		{.rule = "the namespace comes before the name",
		 .condition = ON_SUB("StringEquals", "system:serviceaccount:web:prod"),
		 .hints = "hint.swapped"},
		{.rule = "StringEquals does not expand * (guide, \"String condition operators\")",
		 .condition = ON_SUB("StringEquals", "system:serviceaccount:prod:*"),
		 .hints = "hint.wildcard",
		 .says = "does not expand|StringEquals|system:serviceaccount:prod:*"},
		{.rule = "nor ?",
		 .condition = ON_SUB("StringEquals", "system:serviceaccount:prod:we?"),
		 .hints = "hint.wildcard"},
		{.rule = "where it would not fit either, that is told too",
		 .condition = ON_SUB("StringEquals", "system:serviceaccount:staging:*"),
		 .hints = "hint.wildcard hint.namespace",
		 .says = "\"staging\""},
		{.rule = "StringLike matches all of the value, so the namespace counts before the star",
		 .condition = ON_SUB("StringLike", "system:serviceaccount:production:*"),
		 .hints = "hint.namespace",
		 .says = "\"prod\"|\"production\""},
		{.rule = "and the name does",
		 .condition = ON_SUB("StringLike", "system:serviceaccount:*:api"),
		 .hints = "hint.name",
		 .says = "\"api\""},
		{.rule = "values have case (guide: \"case-sensitive\")",
		 .condition = ON_SUB("StringEquals", "system:serviceaccount:Prod:web"),
		 .hints = "hint.case",
		 .says = "system:serviceaccount:Prod:web|" SUBJECT},
		{.rule = "white space is part of a value",
		 .condition = ON_SUB("StringEquals", SUBJECT " "),
		 .hints = "hint.space"},
		{.rule = "StringNotEquals excludes the value",
		 .condition = ON_SUB("StringNotEquals", SUBJECT),
		 .hints = "hint.excluded",
		 .says = SUBJECT},
		{.rule = "subjects of other issuers have other forms",
		 .sub = "repo:org/app:ref:refs/heads/main",
		 .condition = ON_SUB("StringEquals", "repo:org/app:ref:refs/heads/dev"),
		 .hints = "hint.subject",
		 .says = "heads/main|heads/dev"},
	};

	(void)state;
	explain_rows(rows, MM_COUNT(rows));
}

static void audiences_that_differ_are_told_apart(void **state)
{
	static const struct explain_row rows[] = {
		{.rule = "the SDKs of AWS ask for sts.amazonaws.com; the policy must want it",
		 .condition = ON_AUD("StringEquals", "https://oidc.example.com"),
		 .hints = "hint.audience-of-policy",
		 .says = "sts.amazonaws.com|https://oidc.example.com"},
		{.rule = "a token for somebody else is not for STS",
		 .aud = "[\"vault\"]",
		 .condition = ON_AUD("StringEquals", "sts.amazonaws.com"),
		 .hints = "hint.audience",
		 .says = "\"vault\"|sts.amazonaws.com"},
		{.rule = "aud may be a text (RFC 7519 §4.1.3)",
		 .aud = "\"vault\"",
		 .condition = ON_AUD("StringEquals", "sts.amazonaws.com"),
		 .hints = "hint.audience",
		 .says = "\"vault\""},
		{.rule = "the pod's own token has the API server's audience, its issuer (kube-apiserver "
			 "--api-audiences)",
		 .aud = "[\"" ISSUER "\"]",
		 .condition = ON_AUD("StringEquals", "sts.amazonaws.com"),
		 .hints = "hint.default-token",
		 .says = ISSUER "|sts.amazonaws.com"},
		{.rule = "or the name of its service",
		 .aud = "[\"https://kubernetes.default.svc.cluster.local\"]",
		 .condition = ON_AUD("StringEquals", "sts.amazonaws.com"),
		 .hints = "hint.default-token"},
		{.rule = "an audience is no URL unless it was written as one",
		 .condition = ON_AUD("StringEquals", "https://sts.amazonaws.com"),
		 .hints = "hint.scheme"},
		{.rule = "a slash is part of it",
		 .aud = "[\"https://aud.example.com/\"]",
		 .condition = ON_AUD("StringEquals", "https://aud.example.com"),
		 .hints = "hint.trailing-slash"},
		{.rule = "azp takes the place of aud (guide, \"Available keys for AWS OIDC federation\")",
		 .more = "\"azp\":\"client\"",
		 .condition = ON_AUD("StringEquals", "sts.amazonaws.com"),
		 .hints = "hint.azp",
		 .says = "\"client\"|sts.amazonaws.com"},
		{.rule = "a key with several values needs a set operator (guide, \"Multivalued context keys\")",
		 .aud = "[\"sts.amazonaws.com\",\"vault\"]",
		 .condition = ON_AUD("StringEquals", "sts.amazonaws.com"),
		 .hints = "hint.several-values"},
	};

	(void)state;
	explain_rows(rows, MM_COUNT(rows));
}

static void condition_keys_that_no_token_has_are_explained(void **state)
{
	static const struct explain_row rows[] = {
		{.rule = "a key names the issuer without https:// (guide, \"OIDC federation\")",
		 .condition = IN("https://" NAME),
		 .hints = "hint.scheme",
		 .says = "https://" NAME},
		{.rule = "a slash too many makes another key",
		 .condition = IN(NAME "/"),
		 .hints = "hint.trailing-slash",
		 .says = NAME "/"},
		{.rule = "a key of another provider is not in the request",
		 .condition = IN("token.actions.githubusercontent.com"),
		 .hints = "hint.other-provider",
		 .says = "token.actions.githubusercontent.com|" NAME},
		{.rule = "the cluster's id is part of the key",
		 .condition = IN("oidc.example.com/id/staging"),
		 .hints = "hint.cluster",
		 .says = "id/staging"},
		{.rule = "and so is the path as such", .condition = IN("oidc.example.com"), .hints = "hint.path"},
		{.rule = "the key is not an ARN", .condition = IN(PROVIDER), .hints = "hint.key-arn"},
		{.rule = "a key has a colon before the claim",
		 .condition = ON("StringEquals", NAME "/sub", SUBJECT),
		 .hints = "hint.key-form"},
		{.rule = "other claims are no keys (guide, \"Available keys for AWS OIDC federation\")",
		 .more = "\"team\":\"a\"",
		 .condition = ON("StringEquals", NAME ":team", "a"),
		 .hints = "hint.key-claim",
		 .says = "\"team\""},
		{.rule = "nor is azp, which is :aud",
		 .more = "\"azp\":\"client\"",
		 .condition = ON("StringEquals", NAME ":azp", "client"),
		 .hints = "hint.key-claim",
		 .says = ":aud"},
		{.rule = "a key whose claim the token lacks",
		 .condition = ON("StringEquals", NAME ":email", "a@example.com"),
		 .hints = "hint.claim-missing"},
		{.rule = "sts:ExternalId is AssumeRole's (STS API Reference)",
		 .condition = ON("StringEquals", "sts:ExternalId", "x"),
		 .hints = "hint.external-id"},
		{.rule = "an operator that IAM does not know never passes",
		 .condition = ON_SUB("StringEqual", SUBJECT),
		 .hints = "hint.operator",
		 .says = "\"StringEqual\"|StringEquals"},
		{.rule = "what hangs on the call is undecided, and not allowed",
		 .condition = ON("IpAddress", "aws:SourceIp", "203.0.113.0/24"),
		 .hints = "hint.undecided",
		 .says = "aws:SourceIp"},
		{.rule = "until it is said",
		 .condition = "{\"IpAddress\":{\"aws:SourceIp\":\"203.0.113.0/24\"},\"StringEquals\":{\"" NAME
			      ":sub\":\"" SUBJECT "\"}}",
		 .context = "aws:SourceIp",
		 .context_value = "203.0.113.7",
		 .allowed = true},
		{.rule = "and then it may be the wrong one",
		 .condition = ON("IpAddress", "aws:SourceIp", "203.0.113.0/24"),
		 .context = "aws:SourceIp",
		 .context_value = "198.51.100.1",
		 .hints = "hint.value",
		 .says = "198.51.100.1|203.0.113.0/24"},
	};

	(void)state;
	explain_rows(rows, MM_COUNT(rows));
}

static void principals_that_are_not_the_provider_are_explained(void **state)
{
	static const struct explain_row rows[] = {
		{.rule = "the ARN names the issuer without https://",
		 .principal = FEDERATED("https://" NAME),
		 .hints = "hint.scheme"},
		{.rule = "and compares byte for byte: a slash",
		 .principal = FEDERATED(NAME "/"),
		 .hints = "hint.trailing-slash",
		 .says = NAME "/"},
		{.rule = "case", .principal = FEDERATED("oidc.example.com/id/Prod"), .hints = "hint.case"},
		{.rule = "the region is part of an issuer of EKS",
		 .iss = "https://" EKS("eu-west-1", ID_A),
		 .principal = FEDERATED(EKS("us-east-1", ID_A)),
		 .condition = IN(EKS("us-east-1", ID_A)),
		 .hints = "hint.region",
		 .says = "us-east-1|eu-west-1"},
		{.rule = "and so is the cluster's id",
		 .iss = "https://" EKS("eu-west-1", ID_A),
		 .principal = FEDERATED(EKS("eu-west-1", ID_B)),
		 .condition = IN(EKS("eu-west-1", ID_B)),
		 .hints = "hint.cluster",
		 .says = ID_A "|" ID_B},
		{.rule = "a principal that is right does not mend keys of another region",
		 .iss = "https://" EKS("eu-west-1", ID_A),
		 .principal = FEDERATED(EKS("eu-west-1", ID_A)),
		 .condition = IN(EKS("us-east-1", ID_A)),
		 .hints = "hint.region"},
		{.rule = "another provider altogether",
		 .principal = FEDERATED("token.actions.githubusercontent.com"),
		 .condition = IN("token.actions.githubusercontent.com"),
		 .hints = "hint.other-provider"},
		{.rule = "STS looks for the provider in the account of the role",
		 .principal = "{\"Federated\":\"arn:aws:iam::999999999999:oidc-provider/" NAME "\"}",
		 .role_arn = ROLE,
		 .hints = "hint.account",
		 .says = "999999999999|" ACCOUNT},
		{.rule = "and in its partition",
		 .principal = "{\"Federated\":\"arn:aws:iam::" ACCOUNT ":oidc-provider/" NAME "\"}",
		 .role_arn = "arn:aws-cn:iam::" ACCOUNT ":role/web",
		 .hints = "hint.partition",
		 .says = "aws-cn"},
		{.rule = "IAM takes no issuer with a port (guide, \"Create an OpenID Connect identity provider\")",
		 .iss = "https://oidc.example.com:8443/id",
		 .principal = FEDERATED("oidc.example.com:8443/id"),
		 .condition = IN("oidc.example.com:8443/id"),
		 .error = "No OpenIDConnect provider found",
		 .hints = "hint.issuer",
		 .says = "8443",
		 .finds = "token.issuer=fail"},
		{.rule = "nor one with a query",
		 .iss = "https://oidc.example.com/id?a=b",
		 .principal = FEDERATED("oidc.example.com/id?a=b"),
		 .condition = IN("oidc.example.com/id?a=b"),
		 .error = "No OpenIDConnect provider found",
		 .hints = "hint.issuer"},
		{.rule = "a token comes from a Federated principal, not from a service",
		 .principal = "{\"Service\":\"ec2.amazonaws.com\"}",
		 .hints = "hint.principal-type",
		 .says = "ec2.amazonaws.com"},
		{.rule = "nor from an account",
		 .principal = "{\"AWS\":\"arn:aws:iam::" ACCOUNT ":root\"}",
		 .hints = "hint.principal-type"},
		{.rule = "EKS Pod Identity has a trust of its own (EKS User Guide, \"EKS Pod Identity\")",
		 .principal = "{\"Service\":\"pods.eks.amazonaws.com\"}",
		 .action = "[\"sts:AssumeRole\",\"sts:TagSession\"]",
		 .condition = "",
		 .hints = "hint.pod-identity hint.action"},
		{.rule = "the principal is an ARN, not the issuer",
		 .principal = "{\"Federated\":\"" ISSUER "\"}",
		 .hints = "hint.principal"},
		{.rule = "and not one of SAML",
		 .principal = "{\"Federated\":\"arn:aws:iam::" ACCOUNT ":saml-provider/corp\"}",
		 .hints = "hint.principal"},
		{.rule = "statements for other issuers are right as they are, and nothing is said of them",
		 .condition = ON_SUB("StringEquals", "system:serviceaccount:prod:api"),
		 .also = STATEMENT("\"Principal\":" FEDERATED(
			 "other.example.com") "," WEB_IDENTITY ",\"Condition\":" IN("other.example.com")),
		 .hints = "hint.name"},
	};

	(void)state;
	explain_rows(rows, MM_COUNT(rows));
}

static void actions_and_denials_are_explained(void **state)
{
	static const struct explain_row rows[] = {
		{.rule = "sts:AssumeRole is another call (STS API Reference)",
		 .action = "\"sts:AssumeRole\"",
		 .hints = "hint.action",
		 .says = "sts:AssumeRole|sts:AssumeRoleWithWebIdentity"},
		{.rule = "and so is that for SAML",
		 .action = "[\"sts:AssumeRoleWithSAML\",\"sts:TagSession\"]",
		 .hints = "hint.action"},
		{.rule = "an explicit Deny wins (guide, \"Policy evaluation logic\")",
		 .also = "{\"Sid\":\"Freeze\",\"Effect\":\"Deny\",\"Principal\":\"*\"," WEB_IDENTITY "}",
		 .hints = "hint.deny",
		 .says = "Freeze"},
		{.rule = "also by a condition that holds",
		 .also = "{\"Effect\":\"Deny\",\"Principal\":\"*\"," WEB_IDENTITY
			 ",\"Condition\":" ON_SUB("StringLike", "system:serviceaccount:prod:*") "}",
		 .hints = "hint.deny",
		 .says = NAME ":sub"},
		{.rule = "and a Deny that hangs on the call could win",
		 .also = "{\"Effect\":\"Deny\",\"Principal\":\"*\"," WEB_IDENTITY
			 ",\"Condition\":" ON("NotIpAddress", "aws:SourceIp", "203.0.113.0/24") "}",
		 .hints = "hint.deny hint.undecided",
		 .says = "may deny|aws:SourceIp"},
		{.rule = "without an Allow nothing is allowed (guide: \"implicit deny\")",
		 .policy = POLICY("{\"Effect\":\"Deny\",\"Principal\":" FEDERATED("other.example.com") "," WEB_IDENTITY
												       "}"),
		 .hints = "hint.no-allow"},
	};

	(void)state;
	explain_rows(rows, MM_COUNT(rows));
}

#define TAGS     "\"https://aws.amazon.com/tags\":{\"principal_tags\":{\"team\":[\"a\"]}}"
#define IDENTITY "\"https://aws.amazon.com/source_identity\":\"somebody\""

static void what_a_token_asks_for_besides_the_role_must_be_allowed_as_well(void **state)
{
	static const struct explain_row rows[] = {
		{.rule = "session tags need sts:TagSession (guide, \"Pass session tags in AWS STS\")",
		 .more = TAGS,
		 .error = "AccessDenied: Not authorized to perform sts:TagSession",
		 .hints = "hint.session-tags",
		 .says = "https://aws.amazon.com/tags"},
		{.rule = "also those that come one by one (\"flattened\")",
		 .more = "\"https://aws.amazon.com/tags/principal_tags/team\":\"a\"",
		 .hints = "hint.session-tags"},
		{.rule = "with it they are taken",
		 .more = TAGS,
		 .action = "[\"sts:AssumeRoleWithWebIdentity\",\"sts:TagSession\"]",
		 .allowed = true},
		{.rule = "the conditions of that statement must hold, too",
		 .more = TAGS,
		 .also = STATEMENT("\"Principal\":" FEDERATED(
			 NAME) ",\"Action\":\"sts:TagSession\",\"Condition\":" ON_SUB("StringEquals", "other")),
		 .hints = "hint.session-tags"},
		{.rule = "of the tags in a request nothing is known",
		 .more = TAGS,
		 .also = STATEMENT("\"Principal\":" FEDERATED(NAME) ",\"Action\":\"sts:TagSession\",\"Condition\":" ON(
			 "StringEquals", "aws:RequestTag/team", "a")),
		 .error = "unless the conditions hold",
		 .hints = "hint.session-tags"},
		{.rule = "a source identity needs sts:SetSourceIdentity (guide, \"Monitor and control actions\")",
		 .more = IDENTITY,
		 .error = "AccessDenied: Not authorized to perform sts:SetSourceIdentity",
		 .hints = "hint.source-identity"},
		{.rule = "each is asked for by itself",
		 .more = TAGS "," IDENTITY,
		 .action = "[\"sts:AssumeRoleWithWebIdentity\",\"sts:TagSession\"]",
		 .hints = "hint.source-identity"},
		{.rule = "and sts:* is all of them", .more = TAGS "," IDENTITY, .action = "\"sts:*\"", .allowed = true},
		{.rule = "a claim whose name only begins so is none of them",
		 .more = "\"https://aws.amazon.com/tagsoup\":1",
		 .allowed = true},
	};

	(void)state;
	explain_rows(rows, MM_COUNT(rows));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_a_token_asks_for_besides_the_role_must_be_allowed_as_well),
		cmocka_unit_test(what_is_right_is_allowed),
		cmocka_unit_test(what_allows_more_than_was_meant_is_warned_of),
		cmocka_unit_test(subjects_that_differ_are_told_apart),
		cmocka_unit_test(audiences_that_differ_are_told_apart),
		cmocka_unit_test(condition_keys_that_no_token_has_are_explained),
		cmocka_unit_test(principals_that_are_not_the_provider_are_explained),
		cmocka_unit_test(actions_and_denials_are_explained),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
