/* SPDX-License-Identifier: Apache-2.0 */
/* What is known beside token and policy: the registered provider, the role, the ServiceAccount; and what is refused. */
#include "tests/unit/explaining.h"
#include "tests/unit/support.h"

#include <string.h>

#define NO_PROVIDER              "InvalidIdentityToken: No OpenIDConnect provider found in your account for "
#define REGISTERED(url, clients) "{\"Url\":\"" url "\",\"ClientIDList\":[" clients "],\"ThumbprintList\":[]}"
#define LISTED(name)             "{\"Arn\":\"arn:aws:iam::" ACCOUNT ":oidc-provider/" name "\"}"
/* aws iam get-role, with a policy that names the provider of `account`. */
#define ROLE_ANSWER(arn, account)                                                                                      \
	"{\"Role\":{\"Arn\":" arn                                                                                      \
	",\"AssumeRolePolicyDocument\":{\"Statement\":{\"Effect\":\"Allow\",\"Action\":\"*\","                         \
	"\"Principal\":{\"Federated\":\"arn:aws:iam::" account ":oidc-provider/" NAME                                  \
	"\"},\"Condition\":" ON_SUB("StringEquals", SUBJECT) "}}}}"
#define OBJECT(kind, namespace, name, rest)                                                                            \
	"{\"apiVersion\":\"v1\",\"kind\":\"" kind "\",\"metadata\":{\"namespace\":\"" namespace "\",\"name\":\"" name  \
												"\"" rest "}}"
#define ANNOTATED(name, value) ",\"annotations\":{\"" name "\":\"" value "\"}"
#define WITH_ROLE              ANNOTATED("eks.amazonaws.com/role-arn", ROLE)
#define LIST(items)            "{\"kind\":\"List\",\"items\":[" items "]}"

static void the_registered_provider_must_be_the_issuers(void **state)
{
	static const struct explain_row rows[] = {
		{.rule = "IAM answers with the URL without its scheme",
		 .provider = REGISTERED(NAME, "\"sts.amazonaws.com\""),
		 .allowed = true,
		 .finds = "provider.url=pass"},
		{.rule = "a request has it with the scheme",
		 .provider = REGISTERED(ISSUER, "\"a\",\"sts.amazonaws.com\""),
		 .allowed = true,
		 .finds = "provider.audience=pass"},
		{.rule = "a slash too many",
		 .provider = REGISTERED(ISSUER "/", "\"sts.amazonaws.com\""),
		 .error = NO_PROVIDER ISSUER,
		 .hints = "hint.trailing-slash",
		 .says = ISSUER "/"},
		{.rule = "case counts",
		 .provider = REGISTERED("oidc.example.com/id/PROD", "\"sts.amazonaws.com\""),
		 .error = NO_PROVIDER,
		 .hints = "hint.case"},
		{.rule = "another cluster's",
		 .provider = REGISTERED("oidc.example.com/id/old", "\"sts.amazonaws.com\""),
		 .error = NO_PROVIDER,
		 .hints = "hint.cluster",
		 .says = "id/old|" NAME},
		{.rule = "the audience must be registered",
		 .provider = REGISTERED(NAME, "\"openshift\""),
		 .error = "InvalidIdentityToken: Incorrect token audience",
		 .hints = "hint.client-id",
		 .says = "openshift|ClientIDList|sts.amazonaws.com"},
		{.rule = "azp stands in its place",
		 .more = "\"azp\":\"client\"",
		 .condition = ON_SUB("StringEquals", SUBJECT),
		 .provider = REGISTERED(NAME, "\"sts.amazonaws.com\""),
		 .error = "InvalidIdentityToken: Incorrect token audience",
		 .hints = "hint.azp"},
		{.rule = "a list says which are registered",
		 .provider = "{\"OpenIDConnectProviderList\":[" LISTED("other.example.com") "," LISTED(NAME) "]}",
		 .allowed = true,
		 .finds = "provider.url=pass"},
		{.rule = "and in which account, where the policy has to name it",
		 .provider = "{\"OpenIDConnectProviderList\":[{\"Arn\":\"arn:aws:iam::999999999999:oidc-provider/" NAME
			     "\"}]}",
		 .hints = "hint.account",
		 .says = "999999999999|" ACCOUNT},
		{.rule = "which must be the role's",
		 .provider = "{\"OpenIDConnectProviderList\":[{\"Arn\":\"arn:aws:iam::999999999999:oidc-provider/" NAME
			     "\"}]}",
		 .role_arn = ROLE,
		 .principal = "{\"Federated\":\"arn:aws:iam::999999999999:oidc-provider/" NAME "\"}",
		 .error = NO_PROVIDER,
		 .hints = "hint.account",
		 .finds = "provider.account=fail"},
		{.rule = "and that it is not",
		 .provider = "{\"OpenIDConnectProviderList\":[]}",
		 .error = NO_PROVIDER ISSUER,
		 .hints = "hint.provider-missing",
		 .says = ISSUER},
		{.rule = "or that the only one is nearly it",
		 .provider = "{\"OpenIDConnectProviderList\":[" LISTED(NAME "/") "]}",
		 .error = NO_PROVIDER,
		 .hints = "hint.trailing-slash"},
		{.rule = "STS looks in the role's account",
		 .provider_arn = "arn:aws:iam::999999999999:oidc-provider/" NAME,
		 .role_arn = ROLE,
		 .principal = "{\"Federated\":\"arn:aws:iam::999999999999:oidc-provider/" NAME "\"}",
		 .error = NO_PROVIDER,
		 .hints = "hint.account",
		 .says = "999999999999|" ACCOUNT},
		{.rule = "which the answer of get-role names",
		 .policy = ROLE_ANSWER("\"" ROLE "\"", "999999999999"),
		 .hints = "hint.account",
		 .says = "999999999999|" ACCOUNT},
		{.rule = "unless another one is asked for",
		 .policy = ROLE_ANSWER("\"" ROLE "\"", "999999999999"),
		 .role_arn = "arn:aws:iam::999999999999:role/web",
		 .allowed = true},
		{.rule = "and what is no ARN of a role names none",
		 .policy = ROLE_ANSWER("\"x\"", "999999999999"),
		 .allowed = true},
		{.rule = "nor what is no text", .policy = ROLE_ANSWER("1", "999999999999"), .allowed = true},
		{.rule = "the ARN of the provider ends in the issuer's name",
		 .provider_arn = PROVIDER "/old",
		 .principal = "{\"Federated\":\"" PROVIDER "/old\"}",
		 .error = NO_PROVIDER,
		 .hints = "hint.cluster"},
		{.rule = "all that fits is allowed", .provider_arn = PROVIDER, .role_arn = ROLE, .allowed = true},
	};

	(void)state;
	explain_rows(rows, MM_COUNT(rows));
}

/* The pod identity webhook reads the ServiceAccount alone; what STS decides does not hang on it. */
static void the_service_account_is_read_as_the_webhook_reads_it(void **state)
{
	static const struct explain_row rows[] = {
		{.rule = "the annotation is there",
		 .account = OBJECT("ServiceAccount", "prod", "web", WITH_ROLE),
		 .allowed = true,
		 .finds = "account.role-arn=pass"},
		{.rule = "in a list with others",
		 .account = LIST(OBJECT("ServiceAccount", "prod", "api", "") "," OBJECT("ServiceAccount", "prod", "web",
											WITH_ROLE)),
		 .allowed = true,
		 .finds = "account.found=pass"},
		{.rule = "it is missing",
		 .account = OBJECT("ServiceAccount", "prod", "web", ""),
		 .allowed = true,
		 .hints = "hint.annotation-missing",
		 .finds = "account.role-arn=fail"},
		{.rule = "it is misspelt",
		 .account = OBJECT("ServiceAccount", "prod", "web", ANNOTATED("eks.amazonaws.com/role-ann", ROLE)),
		 .allowed = true,
		 .hints = "hint.annotation-misspelt",
		 .says = "eks.amazonaws.com/role-ann|eks.amazonaws.com/role-arn"},
		{.rule = "it is another tool's",
		 .account = OBJECT("ServiceAccount", "prod", "web", ANNOTATED("iam.amazonaws.com/role", ROLE)),
		 .allowed = true,
		 .hints = "hint.annotation-misspelt",
		 .says = "iam.amazonaws.com/role"},
		{.rule = "it stands on the Pod",
		 .account = LIST(
			 OBJECT("ServiceAccount", "prod", "web", "") "," OBJECT("Pod", "prod", "web-0", WITH_ROLE)),
		 .allowed = true,
		 .hints = "hint.pod-account hint.annotation-on-pod",
		 .says = "web-0"},
		{.rule = "its value is no ARN of a role",
		 .account = OBJECT("ServiceAccount", "prod", "web", ANNOTATED("eks.amazonaws.com/role-arn", "web")),
		 .allowed = true,
		 .hints = "hint.annotation-value",
		 .says = "\"web\""},
		{.rule = "or has white space",
		 .account = OBJECT("ServiceAccount", "prod", "web", ANNOTATED("eks.amazonaws.com/role-arn", ROLE " ")),
		 .allowed = true,
		 .hints = "hint.annotation-value"},
		{.rule = "it names another role than is asked for",
		 .account = OBJECT("ServiceAccount", "prod", "web", WITH_ROLE),
		 .role_arn = "arn:aws:iam::" ACCOUNT ":role/api",
		 .allowed = true,
		 .hints = "hint.annotation-role",
		 .says = ROLE "|:role/api"},
		{.rule = "or than that of which the policy is",
		 .account = OBJECT("ServiceAccount", "prod", "web", WITH_ROLE),
		 .policy = ROLE_ANSWER("\"arn:aws:iam::" ACCOUNT ":role/api\"", ACCOUNT),
		 .allowed = true,
		 .hints = "hint.annotation-role",
		 .says = ROLE "|:role/api"},
		{.rule = "the role of the annotation has the account in which STS looks",
		 .account = OBJECT("ServiceAccount", "prod", "web",
				   ANNOTATED("eks.amazonaws.com/role-arn", "arn:aws:iam::999999999999:role/web")),
		 .hints = "hint.account",
		 .says = "999999999999|" ACCOUNT},
		{.rule = "the annotated audience is what the webhook asks for",
		 .aud = "[\"openshift\"]",
		 .condition = ON_SUB("StringEquals", SUBJECT),
		 .account = OBJECT("ServiceAccount", "prod", "web", WITH_ROLE),
		 .allowed = true,
		 .hints = "hint.annotation-audience",
		 .says = "openshift|sts.amazonaws.com"},
		{.rule = "the token is another account's",
		 .account = OBJECT("ServiceAccount", "prod", "api", WITH_ROLE),
		 .allowed = true,
		 .hints = "hint.other-account",
		 .says = "\"web\"|\"api\""},
		{.rule = "or of another namespace",
		 .account = OBJECT("ServiceAccount", "production", "web", WITH_ROLE),
		 .allowed = true,
		 .hints = "hint.other-account",
		 .says = "\"prod\"|\"production\""},
		{.rule = "the pod runs as another account",
		 .account = LIST(OBJECT("ServiceAccount", "prod", "web",
					WITH_ROLE) ","
						   "{\"kind\":\"Pod\",\"metadata\":{\"name\":\"p\"},\"spec\":{"
						   "\"serviceAccountName\":\"api\"}}"),
		 .allowed = true,
		 .hints = "hint.pod-account",
		 .says = "\"api\"|\"web\""},
		{.rule = "a token of nobody in Kubernetes has no ServiceAccount",
		 .sub = "me",
		 .condition = ON_SUB("StringEquals", "me"),
		 .account = OBJECT("ServiceAccount", "prod", "web", WITH_ROLE),
		 .allowed = true,
		 .finds = "account.found=skip"},
	};

	(void)state;
	explain_rows(rows, MM_COUNT(rows));
}

static void what_is_not_what_it_should_be_is_an_error(void **state)
{
	static const struct {
		struct explain_row row;
		enum mm_code code;
		const char *line;
	} rows[] = {
		{{.provider = "{}"}, MM_EPARSE, "Url"},
		{{.provider = "{\"Url\":\"" NAME "\",\"ClientIDList\":[1]}"}, MM_EPARSE, "ClientIDList[0]"},
		{{.provider = "{\"OpenIDConnectProviderList\":[{}]}"}, MM_EPARSE, "OpenIDConnectProviderList[0]"},
		{{.provider_arn = "x"}, MM_EPARSE, "\"x\""},
		{{.provider_arn = ROLE}, MM_EPARSE, "oidc-provider"},
		{{.role_arn = "web"}, MM_EPARSE, "\"web\""},
		{{.account = OBJECT("Deployment", "prod", "web", "")}, MM_EPARSE, "Deployment"},
		{{.context = NAME ":SUB", .context_value = "x"}, MM_EUSAGE, "is what the token says"},
	};

	(void)state;
	for (size_t i = 0; i < MM_COUNT(rows); i++) {
		mm_auto_explanation explanation = {0};
		struct mm_err err = {0};
		enum mm_code code;
		struct explain_question *question = explain_ask(&rows[i].row, &explanation, &code, &err);

		assert_int_equal(code, rows[i].code);
		assert_contains(err.text, rows[i].line);
		assert_false(explanation.allowed);
		explain_forget(question);
	}
}

/* A claim that would write over the terminal is shown, and does nothing. */
static void hostile_claims_become_visible(void **state)
{
	static const struct explain_row row = {
		.rule = "control characters of a claim",
		.sub = "system:serviceaccount:prod:web\x1b]0;owned\x07",
		.condition = ON_SUB("StringEquals", "system:serviceaccount:prod:web"),
		.hints = "hint.name",
	};
	mm_auto_explanation explanation = {0};
	struct mm_err err = {0};
	enum mm_code code;
	struct explain_question *question = explain_ask(&row, &explanation, &code, &err);

	(void)state;
	assert_ok(code, &err);
	for (size_t i = 0; i < explanation.hints.n; i++)
		assert_null(strchr(explanation.hints.v[i].text, '\x1b'));
	for (size_t i = 0; i < explanation.token.n; i++)
		assert_null(strchr(explanation.token.v[i].text, '\x1b'));
	explain_forget(question);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_registered_provider_must_be_the_issuers),
		cmocka_unit_test(the_service_account_is_read_as_the_webhook_reads_it),
		cmocka_unit_test(what_is_not_what_it_should_be_is_an_error),
		cmocka_unit_test(hostile_claims_become_visible),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
