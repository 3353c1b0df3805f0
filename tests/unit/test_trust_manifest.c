/* SPDX-License-Identifier: Apache-2.0 */
/* As amazon-eks-pod-identity-webhook injects it, and as the EKS API Reference has it. */
#include "tests/unit/support.h"

#include <mintmark/trust.h>

#define ROLE "arn:aws:iam::123456789012:role/runner"

static const struct mm_trust_account plain = {.namespace = "build", .name = "runner", .role_arn = ROLE};
static const struct mm_trust_account full = {
	.namespace = "build",
	.name = "runner",
	.role_arn = ROLE,
	.audience = "other",
	.ttl = 3600,
	.region = "eu-central-1",
	.regional_sts = true,
};
static struct mm_err err;

static void assert_object(json_t *object, const char *expected)
{
	json_t *wanted = json_loads(expected, 0, NULL);

	assert_non_null(wanted);
	assert_true(json_equal(object, wanted));
	json_decref(object);
	json_decref(wanted);
}

static void a_service_account_names_its_role(void **state)
{
	json_t *object;
	(void)state;

	assert_ok(mm_trust_service_account(&plain, &object, &err), &err);
	assert_object(object, "{\"apiVersion\": \"v1\", \"kind\": \"ServiceAccount\", \"metadata\": {\"name\": "
			      "\"runner\", \"namespace\": \"build\", \"annotations\": "
			      "{\"eks.amazonaws.com/role-arn\": \"" ROLE "\"}}}");
}

static void what_differs_from_the_webhooks_defaults_is_annotated_as_text(void **state)
{
	json_t *object;
	(void)state;

	assert_ok(mm_trust_service_account(&full, &object, &err), &err);
	assert_object(object, "{\"apiVersion\": \"v1\", \"kind\": \"ServiceAccount\", \"metadata\": {\"name\": "
			      "\"runner\", \"namespace\": \"build\", \"annotations\": "
			      "{\"eks.amazonaws.com/role-arn\": \"" ROLE "\", \"eks.amazonaws.com/audience\": "
			      "\"other\", \"eks.amazonaws.com/token-expiration\": \"3600\", "
			      "\"eks.amazonaws.com/sts-regional-endpoints\": \"true\"}}}");
}

#define POD_BEGIN                                                                                                      \
	"{\"apiVersion\": \"v1\", \"kind\": \"Pod\", \"metadata\": {\"name\": \"runner\", \"namespace\": \"build\"}, " \
	"\"spec\": {\"serviceAccountName\": \"runner\", \"restartPolicy\": \"Never\", \"containers\": [{\"name\": "    \
	"\"app\", \"image\": \"amazon/aws-cli\", \"args\": [\"sts\", \"get-caller-identity\"], \"env\": ["
#define POD_ROLE                                                                                                       \
	"{\"name\": \"AWS_ROLE_ARN\", \"value\": \"" ROLE "\"}, {\"name\": \"AWS_WEB_IDENTITY_TOKEN_FILE\", "          \
	"\"value\": \"/var/run/secrets/eks.amazonaws.com/serviceaccount/token\"}"
#define POD_VOLUME                                                                                                     \
	"], \"volumeMounts\": [{\"name\": \"aws-iam-token\", \"mountPath\": "                                          \
	"\"/var/run/secrets/eks.amazonaws.com/serviceaccount\", \"readOnly\": true}]}], \"volumes\": [{\"name\": "     \
	"\"aws-iam-token\", \"projected\": {\"sources\": [{\"serviceAccountToken\": {\"path\": \"token\", "

static void a_pod_has_what_the_webhook_would_inject(void **state)
{
	json_t *object;
	(void)state;

	assert_ok(mm_trust_pod(&plain, &object, &err), &err);
	assert_object(object, POD_BEGIN POD_ROLE POD_VOLUME
		      "\"audience\": \"sts.amazonaws.com\", \"expirationSeconds\": 86400}}]}}]}}");
	assert_ok(mm_trust_pod(&full, &object, &err), &err);
	assert_object(object,
		      POD_BEGIN "{\"name\": \"AWS_STS_REGIONAL_ENDPOINTS\", \"value\": \"regional\"}, {\"name\": "
				"\"AWS_DEFAULT_REGION\", \"value\": \"eu-central-1\"}, {\"name\": \"AWS_REGION\", "
				"\"value\": \"eu-central-1\"}, " POD_ROLE POD_VOLUME
				"\"audience\": \"other\", \"expirationSeconds\": 3600}}]}}]}}");
}

static void a_token_lives_for_ten_minutes_at_least(void **state)
{
	struct mm_trust_account account = plain;
	json_int_t seconds = 0;
	json_t *object;
	(void)state;

	account.ttl = 60;
	assert_ok(mm_trust_pod(&account, &object, &err), &err);
	assert_int_equal(json_unpack(object, "{s:{s:[{s:{s:[{s:{s:I}}]}}]}}", "spec", "volumes", "projected", "sources",
				     "serviceAccountToken", "expirationSeconds", &seconds),
			 0);
	assert_int_equal(seconds, 600);
	json_decref(object);
}

static void an_association_says_which_account_of_which_cluster_has_which_role(void **state)
{
	json_t *object;
	(void)state;

	assert_ok(mm_trust_association(&plain, "prod-1", &object, &err), &err);
	assert_object(object, "{\"clusterName\": \"prod-1\", \"namespace\": \"build\", \"serviceAccount\": "
			      "\"runner\", \"roleArn\": \"" ROLE "\"}");
}

static void names_of_clusters_are_those_of_eks(void **state)
{
	static const char *const names[] = {"",
					    "-prod",
					    "_prod",
					    "prod.1",
					    "pr od",
					    "../prod",
					    "a23456789012345678901234567890123456789012345678901234567890"
					    "12345678901234567890123456789012345678901"};
	json_t *object;
	(void)state;

	for (size_t i = 0; i < MM_COUNT(names); i++) {
		assert_fails(mm_trust_association(&plain, names[i], &object, &err), MM_EREFUSED, &err);
		assert_null(object);
	}
}

static void names_are_those_of_kubernetes_and_the_role_is_one(void **state)
{
	struct mm_trust_account account = plain;
	json_t *object;
	(void)state;

	account.namespace = "Build";
	assert_fails(mm_trust_service_account(&account, &object, &err), MM_EREFUSED, &err);
	account.namespace = "build";
	account.name = "deploy-*";
	assert_fails(mm_trust_pod(&account, &object, &err), MM_EREFUSED, &err);
	account.name = "runner";
	account.audience = "\xff";
	assert_fails(mm_trust_pod(&account, &object, &err), MM_EREFUSED, &err);
	account.audience = NULL;
	account.role_arn = "runner";
	assert_fails(mm_trust_association(&account, "prod", &object, &err), MM_EPARSE, &err);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_service_account_names_its_role),
		cmocka_unit_test(what_differs_from_the_webhooks_defaults_is_annotated_as_text),
		cmocka_unit_test(a_pod_has_what_the_webhook_would_inject),
		cmocka_unit_test(a_token_lives_for_ten_minutes_at_least),
		cmocka_unit_test(an_association_says_which_account_of_which_cluster_has_which_role),
		cmocka_unit_test(names_of_clusters_are_those_of_eks),
		cmocka_unit_test(names_are_those_of_kubernetes_and_the_role_is_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
