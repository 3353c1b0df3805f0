/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What STS refuses before it looks at a policy: the token's form, times, key and signature, by the rules of the STS API
 * Reference (AssumeRoleWithWebIdentity) and the IAM User Guide.
 */
#include "tests/unit/explaining.h"
#include "tests/unit/support.h"

#include <stdlib.h>
#include <string.h>

#define NOT_A_JWT   "InvalidIdentityToken: The ID Token provided is not a valid JWT."
#define NOT_VALID   "InvalidIdentityToken: The web identity token that was passed could not be validated"
#define NO_KEY      "InvalidIdentityToken: Couldn't retrieve verification key from your identity provider"
#define MISSING     "InvalidIdentityToken: Missing a required claim: "
#define NO_PROVIDER "InvalidIdentityToken: No OpenIDConnect provider found in your account for "

static void what_is_no_token_is_told(void **state)
{
	static const struct explain_row rows[] = {
		{.rule = "at least 4 characters",
		 .token = "a.b",
		 .error = "ValidationError",
		 .finds = "token.size=fail"},
		{.rule = "three parts", .token = "aaaa", .error = NOT_A_JWT, .finds = "token.form=fail"},
		{.rule = "each in base64url of JSON", .token = "a.b.c", .error = NOT_A_JWT, .finds = "token.form=fail"},
		{.rule = "not with what stands before it in a header",
		 .token = "Bearer a.b.c",
		 .error = NOT_A_JWT,
		 .hints = "hint.not-a-token",
		 .says = "Bearer"},
		{.rule = "not that for the API server of EKS",
		 .token = "k8s-aws-v1.aHR0cHM6Ly9zdHM",
		 .error = NOT_A_JWT,
		 .hints = "hint.not-a-token",
		 .says = "aws eks get-token"},
		{.rule = "not a TokenRequest",
		 .token = "{\"status\":{}}",
		 .error = NOT_A_JWT,
		 .hints = "hint.not-a-token"},
		{.rule = "not the path of its file",
		 .token = "/var/run/secrets/token",
		 .error = NOT_A_JWT,
		 .hints = "hint.not-a-token",
		 .says = "a path"},
	};

	(void)state;
	explain_rows(rows, MM_COUNT(rows));
}

static void more_than_20000_characters_are_refused(void **state)
{
	struct explain_row row = {.rule = "at most 20000 characters",
				  .error = "Member must have length less than or equal to 20000",
				  .finds = "token.size=fail"};
	char *token = malloc(20002);

	(void)state;
	assert_non_null(token);
	memset(token, 'a', 20001);
	token[20001] = '\0';
	row.token = token;
	explain_rows(&row, 1);
	token[20000] = '\0';
	row.error = NOT_A_JWT;
	row.finds = "token.size=pass";
	explain_rows(&row, 1);
	free(token);
}

static void algorithms_are_those_of_aws(void **state)
{
	static const struct explain_row rows[] = {
		{.rule = "RS256, RS384, RS512, ES256, ES384, ES512", .alg = "RS256", .allowed = true},
		{.rule = "of RSA also RS512", .alg = "RS512", .allowed = true},
		{.rule = "of EC also ES384", .alg = "ES384", .allowed = true},
		{.rule = "and ES512", .alg = "ES512", .allowed = true},
		{.rule = "not EdDSA",
		 .alg = "EdDSA",
		 .error = NOT_VALID,
		 .hints = "hint.algorithm hint.keys",
		 .says = "EdDSA",
		 .finds = "token.algorithm=fail"},
		{.rule = "not PS256", .alg = "PS256", .error = NOT_VALID, .hints = "hint.algorithm", .says = "PS256"},
	};

	(void)state;
	explain_rows(rows, MM_COUNT(rows));
}

static void times_are_integers_that_are_looked_at(void **state)
{
	static const struct explain_row rows[] = {
		{.rule = "exp is needed",
		 .exp = ABSENT,
		 .error = MISSING "exp",
		 .hints = "hint.claim-missing",
		 .finds = "token.expiry=fail"},
		{.rule = "expired three hours ago",
		 .exp = "1699989200",
		 .error = "ExpiredTokenException: Token expired: current date/time 1700000000 must be before the "
			  "expiration date/time 1699989200",
		 .hints = "hint.expired",
		 .says = "3h|2023-11-14T19:13:20Z"},
		{.rule = "five minutes beyond exp are allowed for clocks (guide, \"OIDC federation\")",
		 .exp = "1699999701",
		 .allowed = true,
		 .finds = "token.expiry=warn"},
		{.rule = "and not a second more",
		 .exp = "1699999700",
		 .error = "ExpiredTokenException",
		 .hints = "hint.expired",
		 .finds = "token.expiry=fail"},
		{.rule = "scientific notation is rejected",
		 .exp = "1.7000036e9",
		 .error = NOT_VALID,
		 .hints = "hint.time-form",
		 .says = "exp"},
		{.rule = "and so are fractions", .exp = "1700003600.0", .error = NOT_VALID, .hints = "hint.time-form"},
		{.rule = "and texts", .exp = "\"1700003600\"", .error = NOT_VALID, .hints = "hint.time-form"},
		{.rule = "iat likewise", .iat = "1.7e9", .error = NOT_VALID, .hints = "hint.time-form", .says = "iat"},
		{.rule = "not valid yet: nbf lies ahead",
		 .more = "\"nbf\":1700003600",
		 .error = NOT_VALID,
		 .hints = "hint.clock",
		 .says = "nbf|1h|2023-11-14T23:13:20Z"},
		{.rule = "issued in the future: the clocks differ",
		 .iat = "1700000900",
		 .error = NOT_VALID,
		 .hints = "hint.clock",
		 .says = "iat|15m"},
		{.rule = "by a few seconds they may",
		 .iat = "1700000010",
		 .allowed = true,
		 .finds = "token.issued-at=warn"},
		{.rule = "a token that is days old is warned of",
		 .iat = "1699700000",
		 .allowed = true,
		 .finds = "token.age=warn"},
	};

	(void)state;
	explain_rows(rows, MM_COUNT(rows));
}

static void claims_that_sts_needs_are_missed(void **state)
{
	static const struct explain_row rows[] = {
		{.rule = "iss", .iss = ABSENT, .error = MISSING "iss", .hints = "hint.claim-missing", .says = "iss"},
		{.rule = "sub",
		 .sub = ABSENT,
		 .error = MISSING "sub",
		 .hints = "hint.claim-missing hint.claim-missing"},
		{.rule = "aud",
		 .aud = ABSENT,
		 .error = MISSING "aud",
		 .hints = "hint.claim-missing hint.claim-missing"},
		{.rule = "aud that is empty is none",
		 .aud = "[]",
		 .error = MISSING "aud",
		 .hints = "hint.claim-missing hint.claim-missing",
		 .says = "aud"},
		{.rule = "a token of a Secret has neither exp nor aud (Kubernetes, \"Managing Service Accounts\")",
		 .iss = "kubernetes/serviceaccount",
		 .exp = ABSENT,
		 .aud = ABSENT,
		 .more = "\"kubernetes.io/serviceaccount/namespace\":\"prod\"",
		 .error = NO_PROVIDER,
		 .hints = "hint.legacy-token hint.other-provider",
		 .says = "kubernetes.io/service-account-token"},
		{.rule = "the issuer of a provider is https (IAM API Reference, CreateOpenIDConnectProvider)",
		 .iss = "http://" NAME,
		 .error = NO_PROVIDER "http://" NAME,
		 .hints = "hint.http hint.scheme",
		 .says = "http://" NAME},
	};

	(void)state;
	explain_rows(rows, MM_COUNT(rows));
}

static void keys_and_signatures_are_verified(void **state)
{
	static const struct explain_row rows[] = {
		{.rule = "without a JWKS the rest is decided, and it is said",
		 .unverified = true,
		 .allowed = true,
		 .finds = "token.signature=skip"},
		{.rule = "with one, by the key of the kid", .allowed = true, .finds = "token.signature=pass"},
		{.rule = "a kid that is not published: rotated away, or another issuer's",
		 .published_kid = "k2",
		 .error = NO_KEY,
		 .hints = "hint.key",
		 .says = "\"k1\"|\"k2\""},
		{.rule = "a hundred keys are looked at (IAM and STS quotas)", .published = 100, .allowed = true},
		{.rule = "and at one more, none",
		 .published = 101,
		 .error = NO_KEY,
		 .hints = "hint.keys",
		 .says = "101 EC|more than 100",
		 .finds = "token.keys=fail"},
		{.rule = "another key under the same kid",
		 .key = 1,
		 .error = NOT_VALID,
		 .hints = "hint.signature",
		 .says = "\"k1\""},
		{.rule = "without kid in the header the key must have none either",
		 .header = "{\"alg\":\"ES256\"}",
		 .error = NO_KEY,
		 .hints = "hint.kid"},
		{.rule = "and then it is taken",
		 .header = "{\"alg\":\"ES256\"}",
		 .published_kid = ABSENT,
		 .allowed = true},
		{.rule = "STS fetches the keys from iss, byte for byte (OpenID Connect Discovery 1.0 §4.3)",
		 .server = ISSUER,
		 .allowed = true,
		 .finds = "token.issuer=pass"},
		{.rule = "who serves them with a slash more is another issuer",
		 .server = ISSUER "/",
		 .error = NO_KEY,
		 .hints = "hint.trailing-slash",
		 .says = ISSUER "/"},
		{.rule = "and so is another host",
		 .server = "https://keys.example.com",
		 .error = NO_KEY,
		 .hints = "hint.other-provider"},
		{.rule = "the key decides the algorithm (RFC 8725 §3.1)",
		 .header = "{\"alg\":\"ES384\",\"kid\":\"k1\"}",
		 .error = NOT_VALID,
		 .hints = "hint.signature"},
	};

	(void)state;
	explain_rows(rows, MM_COUNT(rows));
}

/* Of a token with many faults the first in the order of STS is its answer; every fault has its finding. */
static void one_run_tells_all(void **state)
{
	static const struct explain_row row = {
		.rule = "expired, for somebody else, of another namespace",
		.exp = "1699989200",
		.aud = "[\"vault\"]",
		.published_kid = "k2",
		.condition = ON_SUB("StringEquals", "system:serviceaccount:production:web"),
		.provider = "{\"Url\":\"" NAME "\",\"ClientIDList\":[\"sts.amazonaws.com\"]}",
		.error = "ExpiredTokenException",
		.hints = "hint.expired hint.client-id hint.key hint.namespace",
	};

	(void)state;
	explain_rows(&row, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_no_token_is_told),
		cmocka_unit_test(more_than_20000_characters_are_refused),
		cmocka_unit_test(algorithms_are_those_of_aws),
		cmocka_unit_test(times_are_integers_that_are_looked_at),
		cmocka_unit_test(claims_that_sts_needs_are_missed),
		cmocka_unit_test(keys_and_signatures_are_verified),
		cmocka_unit_test(one_run_tells_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
