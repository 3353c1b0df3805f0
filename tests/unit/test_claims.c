/* SPDX-License-Identifier: Apache-2.0 */
/* Golden payloads: byte for byte what kube-apiserver would sign (pkg/serviceaccount/claims.go and encoding/json). */
#include "tests/unit/support.h"

#include <mintmark/claims.h>
#include <mintmark/json.h>
#include <string.h>

#define JTI "0d6a4e2e-1f53-4c53-9d0e-8c5f1b0a7a11"

static const char *const one_audience[] = {"sts.amazonaws.com"};

static struct mm_claims unbound(void)
{
	return (struct mm_claims){
		.issuer = "https://oidc.example.com/id/prod",
		.namespace = "default",
		.service_account = {"builder", "b2f6b5a5-5d0a-4a3e-9b53-6f3e8f5d3c11"},
		.audiences = one_audience,
		.audience_count = 1,
		.issued_at = 1700000000,
		.expires_at = 1700003600,
		.jti = JTI,
	};
}

static json_t *json(const char *text)
{
	json_t *value = json_loads(text, JSON_DECODE_ANY, NULL);

	assert_non_null(value);
	return value;
}

static void assert_payload(const struct mm_claims *claims, const char *expected)
{
	mm_auto_buf out = {0};
	struct mm_err err = {0};

	assert_ok(mm_claims_write(claims, &out, &err), &err);
	assert_string_equal(out.p, expected);
}

/* With the extra claims of `extra`, which replaces what `claims` has. */
static void assert_payload_with(struct mm_claims claims, const char *extra, const char *expected)
{
	json_t *object = json(extra);

	claims.extra = object;
	assert_payload(&claims, expected);
	json_decref(object);
}

static void assert_refused(const struct mm_claims *claims, enum mm_code code, const char *reason)
{
	mm_auto_buf out = {0};
	struct mm_err err = {0};

	assert_int_equal(mm_claims_write(claims, &out, &err), code);
	assert_contains(err.text, reason);
}

#define HEAD                                                                                                           \
	"{\"aud\":[\"sts.amazonaws.com\"],\"exp\":1700003600,\"iat\":1700000000,"                                      \
	"\"iss\":\"https://oidc.example.com/id/prod\",\"jti\":\"" JTI "\","
#define ACCOUNT "\"serviceaccount\":{\"name\":\"builder\",\"uid\":\"b2f6b5a5-5d0a-4a3e-9b53-6f3e8f5d3c11\"}"
#define TAIL    ",\"nbf\":1700000000,\"sub\":\"system:serviceaccount:default:builder\"}"

static void unbound_token(void **state)
{
	struct mm_claims claims = unbound();

	(void)state;
	assert_payload(&claims, HEAD "\"kubernetes.io\":{\"namespace\":\"default\"," ACCOUNT "}" TAIL);
}

static void bound_to_an_unscheduled_pod(void **state)
{
	struct mm_claims claims = unbound();

	(void)state;
	claims.pod = (struct mm_object_ref){"web-0", "11111111-2222-3333-4444-555555555555"};
	assert_payload(&claims, HEAD "\"kubernetes.io\":{\"namespace\":\"default\",\"pod\":{\"name\":\"web-0\","
				     "\"uid\":\"11111111-2222-3333-4444-555555555555\"}," ACCOUNT "}" TAIL);
}

static void bound_to_a_pod_on_a_node(void **state)
{
	struct mm_claims claims = unbound();

	(void)state;
	claims.pod = (struct mm_object_ref){"web-0", "11111111-2222-3333-4444-555555555555"};
	claims.node = (struct mm_object_ref){"worker-1.example.com", "66666666-2222-3333-4444-555555555555"};
	assert_payload(&claims,
		       HEAD "\"kubernetes.io\":{\"namespace\":\"default\","
			    "\"node\":{\"name\":\"worker-1.example.com\","
			    "\"uid\":\"66666666-2222-3333-4444-555555555555\"},"
			    "\"pod\":{\"name\":\"web-0\",\"uid\":\"11111111-2222-3333-4444-555555555555\"}," ACCOUNT
			    "}" TAIL);
}

static void bound_to_a_secret(void **state)
{
	struct mm_claims claims = unbound();

	(void)state;
	claims.secret = (struct mm_object_ref){"builder-token", "77777777-2222-3333-4444-555555555555"};
	assert_payload(&claims,
		       HEAD "\"kubernetes.io\":{\"namespace\":\"default\",\"secret\":{\"name\":\"builder-token\","
			    "\"uid\":\"77777777-2222-3333-4444-555555555555\"}," ACCOUNT "}" TAIL);
}

static void bound_to_a_node(void **state)
{
	struct mm_claims claims = unbound();

	(void)state;
	claims.node = (struct mm_object_ref){"worker-1", "66666666-2222-3333-4444-555555555555"};
	assert_payload(&claims, HEAD "\"kubernetes.io\":{\"namespace\":\"default\",\"node\":{\"name\":\"worker-1\","
				     "\"uid\":\"66666666-2222-3333-4444-555555555555\"}," ACCOUNT "}" TAIL);
}

static void uids_that_are_not_known_are_left_out(void **state)
{
	struct mm_claims claims = unbound();

	(void)state;
	claims.service_account.uid = NULL;
	claims.pod = (struct mm_object_ref){"web-0", ""};
	assert_payload(&claims, HEAD "\"kubernetes.io\":{\"namespace\":\"default\",\"pod\":{\"name\":\"web-0\"},"
				     "\"serviceaccount\":{\"name\":\"builder\"}}" TAIL);
}

static void warnafter_comes_last_in_its_object(void **state)
{
	struct mm_claims claims = unbound();

	(void)state;
	claims.pod = (struct mm_object_ref){"web-0", "u"};
	claims.warn_after = 1700003607;
	assert_payload(
		&claims,
		HEAD "\"kubernetes.io\":{\"namespace\":\"default\",\"pod\":{\"name\":\"web-0\",\"uid\":\"u\"}," ACCOUNT
		     ",\"warnafter\":1700003607}" TAIL);
}

static void audiences_keep_their_order(void **state)
{
	static const char *const audiences[] = {"vault", "api", "sts.amazonaws.com"};
	struct mm_claims claims = unbound();
	mm_auto_buf out = {0};
	struct mm_err err = {0};

	(void)state;
	claims.audiences = audiences;
	claims.audience_count = 3;
	assert_ok(mm_claims_write(&claims, &out, &err), &err);
	assert_true(mm_span_starts(mm_buf_span(&out), "{\"aud\":[\"vault\",\"api\",\"sts.amazonaws.com\"],\"exp\""));
}

static void subject_may_be_any_text_and_keeps_the_account(void **state)
{
	struct mm_claims claims = unbound();

	(void)state;
	claims.subject = "repo:mintmark/main:ref:refs/heads/main";
	assert_payload(&claims, HEAD "\"kubernetes.io\":{\"namespace\":\"default\"," ACCOUNT "}"
				     ",\"nbf\":1700000000,\"sub\":\"repo:mintmark/main:ref:refs/heads/main\"}");
}

static void without_a_service_account_there_is_no_kubernetes_member(void **state)
{
	struct mm_claims claims = unbound();

	(void)state;
	claims.service_account = (struct mm_object_ref){0};
	claims.namespace = NULL;
	claims.subject = "somebody";
	assert_payload(&claims, HEAD "\"nbf\":1700000000,\"sub\":\"somebody\"}");
}

static void text_is_escaped_as_go_does(void **state)
{
	static const char *const audiences[] = {"a<b>&c", "\"\\\n\xe2\x80\xa8", "gr\xc3\xbc\xc3\x9f"};
	struct mm_claims claims = unbound();

	(void)state;
	claims.service_account = (struct mm_object_ref){0};
	claims.subject = "<&>";
	claims.audiences = audiences;
	claims.audience_count = 3;
	assert_payload(&claims, "{\"aud\":[\"a\\u003cb\\u003e\\u0026c\",\"\\\"\\\\\\n\\u2028\",\"gr\xc3\xbc\xc3\x9f\"],"
				"\"exp\":1700003600,\"iat\":1700000000,\"iss\":\"https://oidc.example.com/id/prod\","
				"\"jti\":\"" JTI "\",\"nbf\":1700000000,\"sub\":\"\\u003c\\u0026\\u003e\"}");
}

static void extra_claims_are_sorted_in_between(void **state)
{
	struct mm_claims claims = unbound();

	(void)state;
	claims.service_account = (struct mm_object_ref){0};
	claims.subject = "x";
	assert_payload_with(
		claims, "{\"zone\":{\"b\":[1,true,null],\"a\":\"<\"},\"email\":\"a@b\",\"Groups\":[],\"isa\":-2}",
		"{\"Groups\":[],\"aud\":[\"sts.amazonaws.com\"],\"email\":\"a@b\",\"exp\":1700003600,"
		"\"iat\":1700000000,\"isa\":-2,\"iss\":\"https://oidc.example.com/id/prod\",\"jti\":\"" JTI "\","
		"\"nbf\":1700000000,\"sub\":\"x\",\"zone\":{\"a\":\"\\u003c\",\"b\":[1,true,null]}}");
}

static void an_empty_object_of_extra_claims_adds_nothing(void **state)
{
	(void)state;
	assert_payload_with(unbound(), "{}", HEAD "\"kubernetes.io\":{\"namespace\":\"default\"," ACCOUNT "}" TAIL);
}

static void extra_claims_change_nothing_else(void **state)
{
	struct mm_claims claims = unbound();

	(void)state;
	claims.pod = (struct mm_object_ref){"web-0", "u"};
	claims.warn_after = 1700003607;
	assert_payload_with(
		claims, "{\"zz\":0}",
		HEAD "\"kubernetes.io\":{\"namespace\":\"default\",\"pod\":{\"name\":\"web-0\",\"uid\":\"u\"}," ACCOUNT
		     ",\"warnafter\":1700003607},\"nbf\":1700000000,"
		     "\"sub\":\"system:serviceaccount:default:builder\",\"zz\":0}");
}

static void extra_claims_cannot_replace_ours(void **state)
{
	struct mm_claims claims = unbound();

	(void)state;
	for (size_t i = 0; mm_claim_name(i); i++) {
		json_t *extra = json_pack("{s:i}", mm_claim_name(i), 1);

		claims.extra = extra;
		assert_refused(&claims, MM_EREFUSED, mm_claim_name(i));
		json_decref(extra);
	}
}

/* Or else we would sign what our own review refuses to read. */
static void extra_claims_nested_too_deeply_are_refused(void **state)
{
	struct mm_claims claims = unbound();
	json_t *value = json_integer(1);

	(void)state;
	for (int i = 0; i < MM_JSON_DEPTH_MAX; i++)
		value = json_pack("[o]", value);
	claims.extra = value = json_pack("{s:o}", "deep", value);
	assert_refused(&claims, MM_ELIMIT, "nested deeper");
	json_decref(value);
}

static void extra_claims_that_nobody_could_read_are_refused(void **state)
{
	struct mm_claims claims = unbound();
	json_t *extra = json("{\"n\":1e20}");

	(void)state;
	claims.extra = extra;
	assert_refused(&claims, MM_EPARSE, "extra claims");
	json_decref(extra);
}

static void names_of_claims_are_sorted(void **state)
{
	(void)state;
	assert_string_equal(mm_claim_name(0), "aud");
	for (size_t i = 1; mm_claim_name(i); i++)
		assert_true(strcmp(mm_claim_name(i - 1), mm_claim_name(i)) < 0);
}

static void what_is_missing_is_named(void **state)
{
	struct mm_claims claims;

	(void)state;
	claims = unbound();
	claims.issuer = "";
	assert_refused(&claims, MM_EREFUSED, "issuer is missing");
	claims = unbound();
	claims.jti = NULL;
	assert_refused(&claims, MM_EREFUSED, "jti is missing");
	claims = unbound();
	claims.namespace = NULL;
	assert_refused(&claims, MM_EREFUSED, "namespace is missing");
	claims = unbound();
	claims.service_account = (struct mm_object_ref){0};
	assert_refused(&claims, MM_EREFUSED, "subject is missing");
	claims = unbound();
	claims.audience_count = 0;
	assert_refused(&claims, MM_EREFUSED, "no audience");
}

static void an_empty_audience_is_refused(void **state)
{
	static const char *const audiences[] = {"a", ""};
	struct mm_claims claims = unbound();

	(void)state;
	claims.audiences = audiences;
	claims.audience_count = 2;
	assert_refused(&claims, MM_EREFUSED, "audience is missing");
}

static void a_token_must_live(void **state)
{
	struct mm_claims claims = unbound();

	(void)state;
	claims.expires_at = claims.issued_at;
	assert_refused(&claims, MM_EREFUSED, "expire before");
}

static void names_that_would_need_escaping_are_refused(void **state)
{
	struct mm_claims claims = unbound();

	(void)state;
	claims.service_account.name = "a\"b";
	assert_refused(&claims, MM_EREFUSED, "service account");
	claims = unbound();
	claims.namespace = "a:b";
	assert_refused(&claims, MM_EREFUSED, "namespace");
}

static void text_that_is_not_utf8_is_refused(void **state)
{
	static const char *const audiences[] = {"\xff"};
	struct mm_claims claims;

	(void)state;
	claims = unbound();
	claims.subject = "\xc3";
	assert_refused(&claims, MM_EPARSE, "subject");
	claims = unbound();
	claims.audiences = audiences;
	assert_refused(&claims, MM_EPARSE, "audience");
	claims = unbound();
	claims.pod = (struct mm_object_ref){"p", "\xed\xa0\x80"};
	assert_refused(&claims, MM_EPARSE, "bound object");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(unbound_token),
		cmocka_unit_test(bound_to_an_unscheduled_pod),
		cmocka_unit_test(bound_to_a_pod_on_a_node),
		cmocka_unit_test(bound_to_a_secret),
		cmocka_unit_test(bound_to_a_node),
		cmocka_unit_test(uids_that_are_not_known_are_left_out),
		cmocka_unit_test(warnafter_comes_last_in_its_object),
		cmocka_unit_test(audiences_keep_their_order),
		cmocka_unit_test(subject_may_be_any_text_and_keeps_the_account),
		cmocka_unit_test(without_a_service_account_there_is_no_kubernetes_member),
		cmocka_unit_test(text_is_escaped_as_go_does),
		cmocka_unit_test(extra_claims_are_sorted_in_between),
		cmocka_unit_test(an_empty_object_of_extra_claims_adds_nothing),
		cmocka_unit_test(extra_claims_change_nothing_else),
		cmocka_unit_test(extra_claims_cannot_replace_ours),
		cmocka_unit_test(extra_claims_nested_too_deeply_are_refused),
		cmocka_unit_test(extra_claims_that_nobody_could_read_are_refused),
		cmocka_unit_test(names_of_claims_are_sorted),
		cmocka_unit_test(what_is_missing_is_named),
		cmocka_unit_test(an_empty_audience_is_refused),
		cmocka_unit_test(a_token_must_live),
		cmocka_unit_test(names_that_would_need_escaping_are_refused),
		cmocka_unit_test(text_that_is_not_utf8_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
