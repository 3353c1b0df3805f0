/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/keysets.h"
#include "tests/unit/tokens.h"

#include <mintmark/mint.h>
#include <string.h>

#define NOW ((mm_time)1700000000)

static struct mm_snapshot *snapshot;

static int build_snapshot(void **state)
{
	struct mm_config config = test_config();
	mm_auto(mm_keyset) set = NULL;
	struct mm_err err = {0};

	(void)state;
	assert_ok(mm_keyset_new(&set, &err), &err);
	test_add_first(set, test_shared_key("ES256", 0), NOW);
	test_add_first(set, test_shared_key("EdDSA", 0), NOW);
	assert_ok(mm_snapshot_build(&config, set, true, NOW, &snapshot, &err), &err);
	return 0;
}

static int free_snapshot(void **state)
{
	(void)state;
	mm_snapshot_free(snapshot);
	return 0;
}

static struct mm_mint_request builder(void)
{
	return (struct mm_mint_request){.namespace = "default", .service_account = "builder"};
}

/* Mints, verifies as a stranger would, and gives the claims to the caller, who frees them. */
static json_t *mint(const struct mm_mint_request *request, struct mm_minted *minted)
{
	const struct mm_verify_options options = {.issuer = snapshot->issuer, .now = NOW};
	mm_auto(mm_jwks) jwks = NULL;
	MM_CLEANUP(mm_token_clear) struct mm_token token = {0};
	struct mm_err err = {0};

	assert_ok(mm_mint(snapshot, request, NOW, minted, &err), &err);
	assert_ok(mm_jwks_parse(mm_buf_span(&snapshot->documents->jwks.body), &jwks, &err), &err);
	assert_ok(mm_token_verify(mm_buf_span(&minted->token), jwks, &options, &token, &err), &err);
	assert_string_equal(token.kid, minted->kid);
	return json_incref(token.claims);
}

static const char *text_at(const json_t *claims, const char *a, const char *b, const char *c)
{
	const json_t *value = json_object_get(claims, a);

	if (b)
		value = json_object_get(value, b);
	return json_string_value(c ? json_object_get(value, c) : value);
}

static void a_token_for_a_service_account(void **state)
{
	struct mm_mint_request request = builder();
	MM_CLEANUP(mm_minted_clear) struct mm_minted minted = {0};
	json_t *claims = mint(&request, &minted);
	char uid[MM_UUID_SIZE];
	struct mm_err err = {0};

	(void)state;
	assert_ok(mm_service_account_uid(snapshot->issuer, "default", "builder", uid, &err), &err);
	assert_string_equal(text_at(claims, "sub", NULL, NULL), "system:serviceaccount:default:builder");
	assert_string_equal(text_at(claims, "iss", NULL, NULL), snapshot->issuer);
	assert_string_equal(text_at(claims, "jti", NULL, NULL), minted.jti);
	assert_int_equal(strlen(minted.jti), MM_UUID_SIZE - 1);
	assert_string_equal(text_at(claims, "kubernetes.io", "serviceaccount", "uid"), uid);
	assert_int_equal(json_integer_value(json_object_get(claims, "iat")), NOW);
	json_decref(claims);
}

static void the_algorithm_of_the_policy_signs_first(void **state)
{
	struct mm_mint_request request = builder();
	MM_CLEANUP(mm_minted_clear) struct mm_minted minted = {0};

	(void)state;
	json_decref(mint(&request, &minted));
	assert_string_equal(minted.kid, mm_key_kid(test_shared_key("ES256", 0)));
}

static void another_algorithm_can_be_asked_for(void **state)
{
	struct mm_mint_request request = builder();
	MM_CLEANUP(mm_minted_clear) struct mm_minted minted = {0};

	(void)state;
	request.alg = mm_alg_find(mm_span_str("EdDSA"));
	json_decref(mint(&request, &minted));
	assert_string_equal(minted.kid, mm_key_kid(test_shared_key("EdDSA", 0)));
}

static void every_token_has_a_jti_of_its_own(void **state)
{
	struct mm_mint_request request = builder();
	MM_CLEANUP(mm_minted_clear) struct mm_minted a = {0};
	MM_CLEANUP(mm_minted_clear) struct mm_minted b = {0};
	struct mm_err err = {0};

	(void)state;
	assert_ok(mm_mint(snapshot, &request, NOW, &a, &err), &err);
	assert_ok(mm_mint(snapshot, &request, NOW, &b, &err), &err);
	assert_string_not_equal(a.jti, b.jti);
}

static void default_lifetime_and_audience_are_the_snapshots(void **state)
{
	struct mm_mint_request request = builder();
	MM_CLEANUP(mm_minted_clear) struct mm_minted minted = {0};
	json_t *claims = mint(&request, &minted), *aud = json_object_get(claims, "aud");

	(void)state;
	assert_int_equal(minted.issued_at, NOW);
	assert_int_equal(minted.expires_at, NOW + 3600);
	assert_int_equal(json_integer_value(json_object_get(claims, "exp")), NOW + 3600);
	assert_int_equal(json_array_size(aud), 1);
	assert_string_equal(json_string_value(json_array_get(aud, 0)), snapshot->issuer);
	json_decref(claims);
}

static void lifetime_and_audiences_can_be_asked_for(void **state)
{
	static const char *const audiences[] = {"vault", "sts.amazonaws.com"};
	struct mm_mint_request request = builder();
	MM_CLEANUP(mm_minted_clear) struct mm_minted minted = {0};
	json_t *claims, *aud;

	(void)state;
	request.ttl = 86400;
	request.audiences = audiences;
	request.audience_count = 2;
	claims = mint(&request, &minted);
	aud = json_object_get(claims, "aud");
	assert_int_equal(minted.expires_at, NOW + 86400);
	assert_int_equal(json_array_size(aud), 2);
	assert_string_equal(json_string_value(json_array_get(aud, 1)), "sts.amazonaws.com");
	json_decref(claims);
}

static void assert_refused(const struct mm_mint_request *request, const char *reason)
{
	struct mm_minted minted = {0};
	struct mm_err err = {0};

	assert_int_equal(mm_mint(snapshot, request, NOW, &minted, &err), MM_EREFUSED);
	assert_contains(err.text, reason);
	assert_null(minted.token.p);
}

static void lifetimes_out_of_range_are_refused(void **state)
{
	struct mm_mint_request request = builder();

	(void)state;
	request.ttl = 86401;
	assert_refused(&request, "1s to 1d (tokens.max_ttl)");
	request.ttl = -1;
	assert_refused(&request, "possible: 1s");
	request.ttl = INT64_MAX;
	assert_refused(&request, "possible: 1s");
}

/* A raised max_ttl holds when the key set keeps the key for as long. */
static void no_token_outlives_what_the_key_set_has_promised(void **state)
{
	struct mm_mint_request request = builder();
	MM_CLEANUP(mm_minted_clear) struct mm_minted minted = {0};

	(void)state;
	snapshot->signers[0].max_ttl = 600;
	request.ttl = 601;
	assert_refused(&request, "possible as yet: 1s to 10m");
	request.ttl = 0;
	json_decref(mint(&request, &minted));
	snapshot->signers[0].max_ttl = 86400;
	assert_int_equal(minted.expires_at, NOW + 600);
}

static void a_second_is_a_lifetime(void **state)
{
	struct mm_mint_request request = builder();
	MM_CLEANUP(mm_minted_clear) struct mm_minted minted = {0};

	(void)state;
	request.ttl = 1;
	json_decref(mint(&request, &minted));
	assert_int_equal(minted.expires_at, NOW + 1);
}

static void a_declared_uid_replaces_the_derived_one(void **state)
{
	struct mm_mint_request request = builder();
	MM_CLEANUP(mm_minted_clear) struct mm_minted minted = {0};
	json_t *claims;

	(void)state;
	request.uid = "b2f6b5a5-5d0a-4a3e-9b53-6f3e8f5d3c11";
	claims = mint(&request, &minted);
	assert_string_equal(text_at(claims, "kubernetes.io", "serviceaccount", "uid"), request.uid);
	json_decref(claims);
}

static void a_subject_replaces_that_of_the_account(void **state)
{
	struct mm_mint_request request = builder();
	MM_CLEANUP(mm_minted_clear) struct mm_minted minted = {0};
	json_t *claims;

	(void)state;
	request.subject = "repo:a/b";
	claims = mint(&request, &minted);
	assert_string_equal(text_at(claims, "sub", NULL, NULL), "repo:a/b");
	assert_string_equal(text_at(claims, "kubernetes.io", "serviceaccount", "name"), "builder");
	json_decref(claims);
}

static void the_subject_of_a_service_account_is_that_of_the_one_named(void **state)
{
	struct mm_mint_request request = builder();
	MM_CLEANUP(mm_minted_clear) struct mm_minted minted = {0};

	(void)state;
	request.subject = "system:serviceaccount:default:builder";
	json_decref(mint(&request, &minted));
	request.subject = "system:serviceaccount:default:builde";
	assert_refused(&request, "\"system:serviceaccount:default:builde\" is not that of the service account, "
				 "\"system:serviceaccount:default:builder\"");
	request = (struct mm_mint_request){.subject = "system:serviceaccount:default:builder"};
	assert_refused(&request, "name that account and its namespace");
}

static void a_subject_alone_has_no_kubernetes_member(void **state)
{
	struct mm_mint_request request = {.subject = "somebody"};
	MM_CLEANUP(mm_minted_clear) struct mm_minted minted = {0};
	json_t *claims = mint(&request, &minted);

	(void)state;
	assert_null(json_object_get(claims, "kubernetes.io"));
	json_decref(claims);
}

static void tokens_are_bound_to_each_kind_of_object(void **state)
{
	static const char *const kinds[][2] = {{"Pod", "pod"}, {"Node", "node"}, {"Secret", "secret"}};

	(void)state;
	for (size_t i = 0; i < MM_COUNT(kinds); i++) {
		struct mm_mint_request request = builder();
		MM_CLEANUP(mm_minted_clear) struct mm_minted minted = {0};
		json_t *claims;

		request.bound_kind = kinds[i][0];
		request.bound = (struct mm_object_ref){"object-0", "11111111-2222-3333-4444-555555555555"};
		claims = mint(&request, &minted);
		assert_string_equal(text_at(claims, "kubernetes.io", kinds[i][1], "name"), "object-0");
		assert_string_equal(text_at(claims, "kubernetes.io", kinds[i][1], "uid"), request.bound.uid);
		assert_int_equal(json_object_size(json_object_get(claims, "kubernetes.io")), 3);
		json_decref(claims);
	}
}

static void the_node_of_a_pod_stands_beside_it(void **state)
{
	struct mm_mint_request request = builder();
	MM_CLEANUP(mm_minted_clear) struct mm_minted minted = {0};
	json_t *claims;

	(void)state;
	request.bound_kind = "Pod";
	request.bound = (struct mm_object_ref){"web-0", "p"};
	request.node = (struct mm_object_ref){"worker", "n"};
	claims = mint(&request, &minted);
	assert_string_equal(text_at(claims, "kubernetes.io", "pod", "uid"), "p");
	assert_string_equal(text_at(claims, "kubernetes.io", "node", "name"), "worker");
	assert_string_equal(text_at(claims, "kubernetes.io", "node", "uid"), "n");
	json_decref(claims);
}

/* The rest of the lifetimes is bound by the configuration as before. */
static void a_token_is_extended_where_the_key_set_has_promised_a_year(void **state)
{
	struct mm_mint_request request = builder();
	MM_CLEANUP(mm_minted_clear) struct mm_minted minted = {0};
	json_t *claims;

	(void)state;
	snapshot->signers[0].max_ttl = MM_EXTENDED_TTL;
	request.ttl = 3607;
	request.extend = true;
	claims = mint(&request, &minted);
	assert_int_equal(minted.expires_at, NOW + MM_EXTENDED_TTL);
	assert_int_equal(json_integer_value(json_object_get(claims, "exp")), NOW + MM_EXTENDED_TTL);
	assert_int_equal(json_integer_value(json_object_get(json_object_get(claims, "kubernetes.io"), "warnafter")),
			 NOW + 3607);
	json_decref(claims);
	request.ttl = 86401;
	assert_refused(&request, "1s to 1d (tokens.max_ttl)");
	snapshot->signers[0].max_ttl = 86400;
}

static void a_token_is_not_extended_beyond_what_the_key_set_has_promised(void **state)
{
	struct mm_mint_request request = builder();
	MM_CLEANUP(mm_minted_clear) struct mm_minted minted = {0};
	json_t *claims;

	(void)state;
	snapshot->signers[0].max_ttl = MM_EXTENDED_TTL - 1;
	request.ttl = 3607;
	request.extend = true;
	claims = mint(&request, &minted);
	snapshot->signers[0].max_ttl = 86400;
	assert_int_equal(minted.expires_at, NOW + 3607);
	assert_null(json_object_get(json_object_get(claims, "kubernetes.io"), "warnafter"));
	json_decref(claims);
}

static void the_longest_lifetime_is_what_configuration_and_key_set_both_allow(void **state)
{
	(void)state;
	assert_int_equal(mm_mint_longest_ttl(snapshot, NULL), 86400);
	snapshot->signers[0].max_ttl = 600;
	assert_int_equal(mm_mint_longest_ttl(snapshot, NULL), 600);
	assert_int_equal(mm_mint_longest_ttl(snapshot, mm_alg_find(mm_span_str("EdDSA"))), 86400);
	snapshot->signers[0].max_ttl = MM_EXTENDED_TTL;
	assert_int_equal(mm_mint_longest_ttl(snapshot, NULL), 86400);
	snapshot->signers[0].max_ttl = 86400;
	assert_int_equal(mm_mint_longest_ttl(snapshot, mm_alg_find(mm_span_str("RS256"))), 0);
}

static void what_cannot_be_bound_is_refused(void **state)
{
	struct mm_mint_request request = builder();

	(void)state;
	request.bound = (struct mm_object_ref){"x", "u"};
	request.bound_kind = "ConfigMap";
	assert_refused(&request, "Pod, Node, Secret");
	request.bound_kind = "pod";
	assert_refused(&request, "Pod, Node, Secret");
	request.bound_kind = "Pod";
	request.bound.name = NULL;
	assert_refused(&request, "name of the Pod");
	request.bound.name = "Bad_Name";
	assert_refused(&request, "Pod \"Bad_Name\"");
	request = (struct mm_mint_request){.subject = "x", .bound_kind = "Pod", .bound = {"x", "u"}};
	assert_refused(&request, "without a service account");
}

static void names_that_kubernetes_would_not_allow_are_refused(void **state)
{
	struct mm_mint_request request = builder();

	(void)state;
	request.namespace = "Prod";
	assert_refused(&request, "namespace \"Prod\"");
	request.namespace = NULL;
	assert_refused(&request, "namespace is missing");
	request = builder();
	request.service_account = "a:b";
	assert_refused(&request, "service account \"a:b\"");
	request = (struct mm_mint_request){0};
	assert_refused(&request, "subject is missing");
}

static void an_algorithm_without_a_key_is_refused(void **state)
{
	struct mm_mint_request request = builder();

	(void)state;
	request.alg = mm_alg_find(mm_span_str("RS256"));
	assert_refused(&request, "no active key for RS256 to sign with; possible: ES256, EdDSA");
}

static void without_signers_nothing_is_minted(void **state)
{
	struct mm_config config = test_config();
	mm_auto(mm_snapshot) documents_only = NULL;
	struct mm_mint_request request = builder();
	struct mm_minted minted = {0};
	struct mm_err err = {0};

	(void)state;
	assert_ok(mm_snapshot_build(&config, snapshot->set, false, NOW, &documents_only, &err), &err);
	assert_int_equal(mm_mint(documents_only, &request, NOW, &minted, &err), MM_EREFUSED);
	assert_string_equal(err.text, "no active key to sign with");
}

static void extra_claims_are_added(void **state)
{
	json_t *extra = json_pack("{s:[s,s]}", "groups", "a", "b");
	struct mm_mint_request request = builder();
	MM_CLEANUP(mm_minted_clear) struct mm_minted minted = {0};
	json_t *claims;

	(void)state;
	request.extra = extra;
	claims = mint(&request, &minted);
	assert_true(json_equal(json_object_get(claims, "groups"), json_object_get(extra, "groups")));
	json_decref(claims);
	json_decref(extra);
}

/* What no verifier would take is not minted. */
static void a_token_that_is_too_long_is_refused(void **state)
{
	mm_auto_buf text = {0};
	struct mm_mint_request request = builder();
	struct mm_minted minted = {0};
	struct mm_err err = {0};
	json_t *extra;

	(void)state;
	mm_buf_printf(&text, "%016000d", 0);
	request.extra = extra = json_pack("{s:s}", "long", text.p);
	assert_int_equal(mm_mint(snapshot, &request, NOW, &minted, &err), MM_ELIMIT);
	assert_contains(err.text, "at most 20000");
	assert_null(minted.token.p);
	json_decref(extra);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_token_for_a_service_account),
		cmocka_unit_test(the_algorithm_of_the_policy_signs_first),
		cmocka_unit_test(another_algorithm_can_be_asked_for),
		cmocka_unit_test(every_token_has_a_jti_of_its_own),
		cmocka_unit_test(default_lifetime_and_audience_are_the_snapshots),
		cmocka_unit_test(lifetime_and_audiences_can_be_asked_for),
		cmocka_unit_test(lifetimes_out_of_range_are_refused),
		cmocka_unit_test(no_token_outlives_what_the_key_set_has_promised),
		cmocka_unit_test(a_second_is_a_lifetime),
		cmocka_unit_test(a_declared_uid_replaces_the_derived_one),
		cmocka_unit_test(a_subject_replaces_that_of_the_account),
		cmocka_unit_test(the_subject_of_a_service_account_is_that_of_the_one_named),
		cmocka_unit_test(a_subject_alone_has_no_kubernetes_member),
		cmocka_unit_test(tokens_are_bound_to_each_kind_of_object),
		cmocka_unit_test(the_node_of_a_pod_stands_beside_it),
		cmocka_unit_test(a_token_is_extended_where_the_key_set_has_promised_a_year),
		cmocka_unit_test(a_token_is_not_extended_beyond_what_the_key_set_has_promised),
		cmocka_unit_test(the_longest_lifetime_is_what_configuration_and_key_set_both_allow),
		cmocka_unit_test(what_cannot_be_bound_is_refused),
		cmocka_unit_test(names_that_kubernetes_would_not_allow_are_refused),
		cmocka_unit_test(an_algorithm_without_a_key_is_refused),
		cmocka_unit_test(without_signers_nothing_is_minted),
		cmocka_unit_test(extra_claims_are_added),
		cmocka_unit_test(a_token_that_is_too_long_is_refused),
	};

	return cmocka_run_group_tests(tests, build_snapshot, free_snapshot);
}
