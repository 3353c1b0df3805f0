/* SPDX-License-Identifier: Apache-2.0 */
/* TokenRequest without HTTP: what is minted, and bound to what. */
#include "tests/unit/asking.h"
#include "tests/unit/tokens.h"

#include <string.h>

/* ---- what is minted ---------------------------------------------------------------------------------------------- */

static void an_empty_request_gets_what_kubernetes_would_give(void **state)
{
	struct answer answer;

	(void)state;
	ask_begin(&answer, ask_declared);
	ask(&answer, "builder", "{}");
	assert_ok(answer.code, &answer.err);
	assert_string_equal(answer.request.meta.name, "builder");
	assert_string_equal(answer.request.meta.namespace, "default");
	assert_string_equal(answer.request.meta.uid, BUILDER_UID);
	assert_int_equal(answer.request.meta.created, WORLD_NOW);
	assert_true(answer.request.has_expiration);
	assert_int_equal(answer.request.expiration_seconds, 3600);
	assert_int_equal(answer.request.audiences.n, 2);
	assert_string_equal(answer.request.audiences.v[0], "api");
	assert_int_equal(answer.request.expires, WORLD_NOW + 3600);
	assert_int_equal(claim_time(answer.claims, "exp"), WORLD_NOW + 3600);
	assert_int_equal(json_array_size(json_object_get(answer.claims, "aud")), 2);
	assert_string_equal(claim_text(answer.claims, "sub"), "system:serviceaccount:default:builder");
	assert_string_equal(claim_text(answer.claims, "kubernetes.io", "serviceaccount", "uid"), BUILDER_UID);
	assert_int_equal(json_object_size(json_object_get(answer.claims, "kubernetes.io")), 2);
	assert_int_equal(answer.minted.warning.len, 0);
	ask_end(&answer);
}

static void what_there_is_to_tell_is_told_and_the_token_is_not_there_twice(void **state)
{
	struct answer answer;

	(void)state;
	ask_begin(&answer, ask_declared);
	ask(&answer, "builder", "{\"spec\":{\"audiences\":[\"vault\",\"vault\"]}}");
	assert_ok(answer.code, &answer.err);
	assert_string_equal(answer.minted.subject.p, "system:serviceaccount:default:builder");
	assert_int_equal(answer.minted.audiences.n, 2);
	assert_string_equal(answer.minted.audiences.v[1], "vault");
	assert_string_equal(answer.minted.minted.jti, claim_text(answer.claims, "jti"));
	assert_string_equal(answer.minted.minted.kid, mm_key_kid(test_shared_key("ES256", 0)));
	assert_int_equal(answer.minted.minted.expires_at, WORLD_NOW + 3600);
	assert_null(answer.minted.minted.token.p);
	ask_end(&answer);
}

static void names_and_uid_that_agree_may_be_said(void **state)
{
	struct answer answer;

	(void)state;
	ask_begin(&answer, ask_declared);
	ask(&answer, "builder",
	    "{\"metadata\":{\"name\":\"builder\",\"namespace\":\"default\",\"uid\":\"" BUILDER_UID "\"}}");
	assert_ok(answer.code, &answer.err);
	ask_end(&answer);
}

static void an_accounts_own_audiences_are_its_default(void **state)
{
	struct answer answer;

	(void)state;
	ask_begin(&answer, ask_declared);
	ask(&answer, "limited", "{}");
	assert_ok(answer.code, &answer.err);
	assert_int_equal(answer.request.audiences.n, 2);
	assert_string_equal(answer.request.audiences.v[0], "vault");
	assert_string_equal(answer.request.audiences.v[1], "aws");
	ask_end(&answer);
}

static void where_any_account_may_be_its_uid_is_derived(void **state)
{
	char uid[MM_UUID_SIZE];
	struct answer answer;

	(void)state;
	assert_ok(mm_service_account_uid(WORLD_ISSUER, "default", "whoever", uid, NULL), NULL);
	ask_begin(&answer, ASK_ANYTHING);
	ask(&answer, "whoever", "{}");
	assert_ok(answer.code, &answer.err);
	assert_string_equal(answer.request.meta.uid, uid);
	assert_string_equal(claim_text(answer.claims, "kubernetes.io", "serviceaccount", "uid"), uid);
	assert_string_equal(answer.request.audiences.v[0], WORLD_ISSUER);
	ask_end(&answer);
}

/* What somebody sends for an answer does not come back. */
static void a_status_that_was_sent_is_replaced(void **state)
{
	struct answer answer;

	(void)state;
	ask_begin(&answer, ask_declared);
	answer.request.expires = 7;
	mm_buf_add_str(&answer.request.token, "sent");
	answer.code = mm_token_request_answer(&answer.world.api, "default", "builder", &answer.request, &answer.minted,
					      &answer.status, &answer.err);
	assert_ok(answer.code, &answer.err);
	assert_int_equal(answer.request.expires, WORLD_NOW + 3600);
	answer.claims = test_world_claims(&answer.world, &answer.request.token);
	ask_end(&answer);
}

/* ---- bound objects ----------------------------------------------------------------------------------------------- */

static void a_token_for_a_pod_names_its_node(void **state)
{
	struct answer answer;

	(void)state;
	ask_begin(&answer, ask_declared);
	ask(&answer, "builder",
	    ASK_BOUND("\"kind\":\"Pod\",\"apiVersion\":\"v1\",\"name\":\"web\",\"uid\":\"" POD_UID "\""));
	assert_ok(answer.code, &answer.err);
	assert_string_equal(claim_text(answer.claims, "kubernetes.io", "pod", "name"), "web");
	assert_string_equal(claim_text(answer.claims, "kubernetes.io", "pod", "uid"), POD_UID);
	assert_string_equal(claim_text(answer.claims, "kubernetes.io", "node", "name"), "worker");
	assert_string_equal(claim_text(answer.claims, "kubernetes.io", "node", "uid"), NODE_UID);
	ask_end(&answer);
}

static void a_pod_that_runs_nowhere_has_no_node(void **state)
{
	struct answer answer;

	(void)state;
	ask_begin(&answer, ask_declared);
	ask(&answer, "builder", ASK_BOUND("\"kind\":\"Pod\",\"name\":\"pending\""));
	assert_ok(answer.code, &answer.err);
	assert_string_equal(claim_text(answer.claims, "kubernetes.io", "pod", "uid"), POD_UID);
	assert_null(json_object_get(json_object_get(answer.claims, "kubernetes.io"), "node"));
	ask_end(&answer);
}

static void nodes_and_secrets_can_be_bound_to(void **state)
{
	struct answer answer;

	(void)state;
	ask_begin(&answer, ask_declared);
	ask(&answer, "builder", ASK_BOUND("\"kind\":\"Node\",\"name\":\"worker\""));
	assert_ok(answer.code, &answer.err);
	assert_string_equal(claim_text(answer.claims, "kubernetes.io", "node", "uid"), NODE_UID);
	ask_forget(&answer);
	ask(&answer, "builder", ASK_BOUND("\"kind\":\"Secret\",\"name\":\"legacy\""));
	assert_ok(answer.code, &answer.err);
	assert_string_equal(claim_text(answer.claims, "kubernetes.io", "secret", "uid"), POD_UID);
	ask_end(&answer);
}

static void where_any_object_may_be_it_is_what_the_caller_says(void **state)
{
	struct answer answer;

	(void)state;
	ask_begin(&answer, ASK_ANYTHING);
	ask(&answer, "builder", ASK_BOUND("\"kind\":\"Pod\",\"name\":\"p\",\"uid\":\"u\""));
	assert_ok(answer.code, &answer.err);
	assert_string_equal(claim_text(answer.claims, "kubernetes.io", "pod", "uid"), "u");
	ask_forget(&answer);
	ask(&answer, "builder", ASK_BOUND("\"kind\":\"Pod\",\"name\":\"p\",\"uid\":\"\""));
	assert_ok(answer.code, &answer.err);
	assert_null(claim_text(answer.claims, "kubernetes.io", "pod", "uid"));
	ask_end(&answer);
}

/* ---- what is wrong on purpose ------------------------------------------------------------------------------------ */

static void a_wrong_token_is_minted_where_that_is_asked_for(void **state)
{
	struct mm_fault_request faulty = {.fault = mm_fault_find("expired")};
	struct answer answer;

	(void)state;
	ask_begin(&answer, ASK_ANYTHING);
	answer.world.api.faulty = &faulty;
	answer.code = mm_token_request_answer(&answer.world.api, "default", "builder", &answer.request, &answer.minted,
					      &answer.status, &answer.err);
	assert_ok(answer.code, &answer.err);
	assert_true(answer.minted.minted.expires_at < WORLD_NOW);
	ask_end(&answer);
}

static void a_fault_that_cannot_be_made_is_told(void **state)
{
	struct mm_fault_request faulty = {.fault = mm_fault_find("retired-key")};
	struct answer answer;

	(void)state;
	assert_non_null(faulty.fault);
	ask_begin(&answer, ASK_ANYTHING);
	answer.world.api.faulty = &faulty;
	ask(&answer, "builder", "{}");
	assert_int_equal(answer.status.code, 400);
	assert_contains(answer.status.message.p, "no retired key");
	ask_end(&answer);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_empty_request_gets_what_kubernetes_would_give),
		cmocka_unit_test(what_there_is_to_tell_is_told_and_the_token_is_not_there_twice),
		cmocka_unit_test(names_and_uid_that_agree_may_be_said),
		cmocka_unit_test(an_accounts_own_audiences_are_its_default),
		cmocka_unit_test(where_any_account_may_be_its_uid_is_derived),
		cmocka_unit_test(a_status_that_was_sent_is_replaced),
		cmocka_unit_test(a_token_for_a_pod_names_its_node),
		cmocka_unit_test(a_pod_that_runs_nowhere_has_no_node),
		cmocka_unit_test(nodes_and_secrets_can_be_bound_to),
		cmocka_unit_test(where_any_object_may_be_it_is_what_the_caller_says),
		cmocka_unit_test(a_wrong_token_is_minted_where_that_is_asked_for),
		cmocka_unit_test(a_fault_that_cannot_be_made_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
