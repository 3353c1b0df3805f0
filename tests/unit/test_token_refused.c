/* SPDX-License-Identifier: Apache-2.0 */
/* TokenRequest without HTTP: every row of Kubernetes' table of errors, and which of several is told. */
#include "tests/unit/asking.h"

#include <mintmark/json.h>
#include <string.h>

static struct mm_buf status_of(int code, const char *reason, const char *message, const char *details)
{
	struct mm_buf text = {0};

	mm_buf_add_str(
		&text,
		"{\"kind\":\"Status\",\"apiVersion\":\"v1\",\"metadata\":{},\"status\":\"Failure\",\"message\":");
	mm_json_add_string(&text, message);
	mm_buf_printf(&text, ",\"reason\":\"%s\",", reason);
	if (details)
		mm_buf_printf(&text, "\"details\":%s,", details);
	mm_buf_printf(&text, "\"code\":%d}\n", code);
	return text;
}

struct refusal {
	const char *name, *json;
	int code;
	const char *reason, *message, *details;
};

static void assert_refused(struct answer *answer, const struct refusal *row)
{
	mm_auto_buf expected = status_of(row->code, row->reason, row->message, row->details);
	mm_auto_buf found = {0};
	struct mm_err err = {0};

	ask(answer, row->name, row->json);
	assert_int_not_equal(answer->code, MM_OK);
	assert_int_equal(answer->err.code, answer->code);
	assert_ok(mm_kube_status_encode(&answer->status, MM_MEDIA_JSON, &found, &err), &err);
	assert_string_equal(found.p, expected.p);
	assert_null(answer->minted.minted.token.p);
	assert_null(answer->request.token.p);
	ask_forget(answer);
}

#define INVALID(name, field, value, why)                                                                               \
	422, "Invalid",                                                                                                \
		"TokenRequest.authentication.k8s.io \"" name "\" is invalid: " field ": Invalid value: " value         \
		": " why

static const struct refusal refusals[] = {
	{"builder", "{\"metadata\":{\"name\":\"other\"}}",
	 INVALID("builder", "metadata.name", "\"other\"", "must match the service account name if specified"),
	 "{\"name\":\"builder\",\"group\":\"authentication.k8s.io\",\"kind\":\"TokenRequest\",\"causes\":[{\"reason\":"
	 "\"FieldValueInvalid\",\"message\":\"Invalid value: \\\"other\\\": must match the service account name if "
	 "specified\",\"field\":\"metadata.name\"}]}"},
	{"builder", "{\"metadata\":{\"namespace\":\"other\"}}",
	 INVALID("builder", "metadata.namespace", "\"other\"", "must match the service account namespace if specified"),
	 "{\"name\":\"builder\",\"group\":\"authentication.k8s.io\",\"kind\":\"TokenRequest\",\"causes\":[{\"reason\":"
	 "\"FieldValueInvalid\",\"message\":\"Invalid value: \\\"other\\\": must match the service account namespace "
	 "if specified\",\"field\":\"metadata.namespace\"}]}"},
	{"x", "{}", 404, "NotFound", "serviceaccounts \"x\" not found",
	 "{\"name\":\"x\",\"kind\":\"serviceaccounts\"}"},
	{"builder", "{\"metadata\":{\"uid\":\"U\"}}", 409, "Conflict",
	 "Operation cannot be fulfilled on TokenRequest.authentication.k8s.io \"builder\": the UID in the token "
	 "request "
	 "(U) does not match the UID of the service account (" BUILDER_UID ")",
	 "{\"name\":\"builder\",\"group\":\"authentication.k8s.io\",\"kind\":\"TokenRequest\"}"},
	{"builder", "{\"spec\":{\"audiences\":[\"api\",\"\"]}}",
	 INVALID("", "spec.audiences", "\"\"", "may not have an empty audience"),
	 "{\"group\":\"authentication.k8s.io\",\"kind\":\"TokenRequest\",\"causes\":[{\"reason\":\"FieldValueInvalid\","
	 "\"message\":\"Invalid value: \\\"\\\": may not have an empty audience\",\"field\":\"spec.audiences\"}]}"},
	{"limited", "{\"spec\":{\"audiences\":[\"vault\",\"api\"]}}", 403, "Forbidden",
	 "serviceaccounts \"limited\" is forbidden: the service account has no audience \"api\"",
	 "{\"name\":\"limited\",\"kind\":\"serviceaccounts\"}"},
	{"builder", "{\"spec\":{\"audiences\":[\"gcp\"]}}", 403, "Forbidden",
	 "serviceaccounts \"builder\" is forbidden: User \"alice\" cannot create resource \"serviceaccounts/token\" in "
	 "API "
	 "group \"\" in the namespace \"default\": no rule allows the audience \"gcp\"",
	 "{\"name\":\"builder\",\"kind\":\"serviceaccounts\"}"},
	{"foreign", "{}", 403, "Forbidden",
	 "serviceaccounts \"foreign\" is forbidden: User \"alice\" cannot create resource \"serviceaccounts/token\" in "
	 "API "
	 "group \"\" in the namespace \"default\": no rule allows the audience \"gcp\"",
	 "{\"name\":\"foreign\",\"kind\":\"serviceaccounts\"}"},
	{"builder", "{\"spec\":{\"expirationSeconds\":60}}",
	 INVALID("", "spec.expirationSeconds", "60", "may not specify a duration less than 10 minutes"),
	 "{\"group\":\"authentication.k8s.io\",\"kind\":\"TokenRequest\",\"causes\":[{\"reason\":\"FieldValueInvalid\","
	 "\"message\":\"Invalid value: 60: may not specify a duration less than 10 minutes\",\"field\":"
	 "\"spec.expirationSeconds\"}]}"},
	{"builder", "{\"spec\":{\"expirationSeconds\":4294967297}}",
	 INVALID("", "spec.expirationSeconds", "4294967297", "may not specify a duration larger than 2^32 seconds"),
	 "{\"group\":\"authentication.k8s.io\",\"kind\":\"TokenRequest\",\"causes\":[{\"reason\":\"FieldValueInvalid\","
	 "\"message\":\"Invalid value: 4294967297: may not specify a duration larger than 2^32 seconds\",\"field\":"
	 "\"spec.expirationSeconds\"}]}"},
	{"builder", ASK_BOUND("\"kind\":\"Pod\",\"name\":\"gone\""), 404, "NotFound", "pods \"gone\" not found",
	 "{\"name\":\"gone\",\"kind\":\"pods\"}"},
	{"builder", ASK_BOUND("\"kind\":\"Node\",\"name\":\"gone\""), 404, "NotFound", "nodes \"gone\" not found",
	 "{\"name\":\"gone\",\"kind\":\"nodes\"}"},
	{"builder", ASK_BOUND("\"kind\":\"Secret\",\"name\":\"gone\""), 404, "NotFound", "secrets \"gone\" not found",
	 "{\"name\":\"gone\",\"kind\":\"secrets\"}"},
	{"builder", ASK_BOUND("\"kind\":\"Pod\",\"name\":\"other\""), 400, "BadRequest",
	 "cannot bind token for serviceaccount \"builder\" to pod running with different serviceaccount name.", NULL},
	{"builder", ASK_BOUND("\"kind\":\"ConfigMap\",\"apiVersion\":\"v1\",\"name\":\"c\""), 400, "BadRequest",
	 "cannot bind token to object of type /v1, Kind=ConfigMap", NULL},
	{"builder", ASK_BOUND("\"kind\":\"Deployment\",\"apiVersion\":\"apps/v1\",\"name\":\"c\""), 400, "BadRequest",
	 "cannot bind token to object of type apps/v1, Kind=Deployment", NULL},
	{"builder", ASK_BOUND("\"kind\":\"Pod\",\"apiVersion\":\"v2\",\"name\":\"web\""), 400, "BadRequest",
	 "cannot bind token to object of type /v2, Kind=Pod", NULL},
	{"builder", ASK_BOUND("\"kind\":\"pod\",\"name\":\"web\""), 400, "BadRequest",
	 "cannot bind token to object of type /, Kind=pod", NULL},
	{"builder", ASK_BOUND(""), 400, "BadRequest", "cannot bind token to object of type /, Kind=", NULL},
	{"builder", ASK_BOUND("\"kind\":\"Pod\""), 400, "BadRequest", "Name parameter required.", NULL},
	{"builder", ASK_BOUND("\"kind\":\"Pod\",\"name\":\"web\",\"uid\":\"U\""), 409, "Conflict",
	 "Operation cannot be fulfilled on Pod \"web\": the UID in the bound object reference (U) does not match the "
	 "UID "
	 "in record. The object might have been deleted and then recreated",
	 "{\"name\":\"web\",\"kind\":\"Pod\"}"},
};

static void every_error_of_the_table_is_told_in_kubernetes_words(void **state)
{
	struct answer answer;

	(void)state;
	ask_begin(&answer, ask_declared);
	for (size_t i = 0; i < MM_COUNT(refusals); i++)
		assert_refused(&answer, &refusals[i]);
	ask_end(&answer);
}

/* Of a request that is wrong in every way the first in the order of the checks is told, then the next, and so on. */
static void the_checks_come_in_their_order(void **state)
{
	static const struct {
		const char *name, *json;
		const char *message;
	} rows[] = {
		{"x", "{\"metadata\":{\"name\":\"y\"}}", "metadata.name"},
		{"x", "{\"metadata\":{\"uid\":\"U\"},\"spec\":{\"expirationSeconds\":1}}", "\"x\" not found"},
		{"builder", "{\"metadata\":{\"uid\":\"U\"},\"spec\":{\"audiences\":[\"gcp\"]}}",
		 "the UID in the token"},
		{"limited", "{\"spec\":{\"audiences\":[\"gcp\"],\"expirationSeconds\":1}}", "has no audience \"gcp\""},
		{"builder", "{\"spec\":{\"audiences\":[\"gcp\"],\"expirationSeconds\":1}}", "no rule allows"},
		{"builder",
		 "{\"spec\":{\"expirationSeconds\":1,\"boundObjectRef\":{\"kind\":\"Pod\",\"name\":\"gone\"}}}",
		 "10 minutes"},
		{"builder", ASK_BOUND("\"kind\":\"Pod\",\"name\":\"other\",\"uid\":\"U\""),
		 "different serviceaccount name"},
	};
	struct answer answer;

	(void)state;
	ask_begin(&answer, ask_declared);
	for (size_t i = 0; i < MM_COUNT(rows); i++) {
		ask(&answer, rows[i].name, rows[i].json);
		assert_int_not_equal(answer.code, MM_OK);
		assert_contains(answer.status.message.p, rows[i].message);
		ask_forget(&answer);
	}
	ask_end(&answer);
}

/* `any` is not everything: names that no cluster could have are unknown. */
static void names_that_kubernetes_would_not_allow_are_not_found(void **state)
{
	static const struct refusal rows[] = {
		{"Builder", "{}", 404, "NotFound", "serviceaccounts \"Builder\" not found",
		 "{\"name\":\"Builder\",\"kind\":\"serviceaccounts\"}"},
		{"builder", ASK_BOUND("\"kind\":\"Pod\",\"name\":\"a/b\""), 404, "NotFound", "pods \"a/b\" not found",
		 "{\"name\":\"a/b\",\"kind\":\"pods\"}"},
	};
	struct answer answer;

	(void)state;
	ask_begin(&answer, ASK_ANYTHING);
	for (size_t i = 0; i < MM_COUNT(rows); i++)
		assert_refused(&answer, &rows[i]);
	ask_end(&answer);
}

static void a_name_that_is_hostile_is_quoted(void **state)
{
	struct answer answer;

	(void)state;
	ask_begin(&answer, ask_declared);
	ask(&answer, "builder", "{\"metadata\":{\"name\":\"a\\\"\\n\\u202e\"}}");
	assert_int_equal(answer.status.code, 422);
	assert_contains(answer.status.message.p, "Invalid value: \"a\\\"\\n\\u202e\": must match");
	ask_end(&answer);
}

/* Why it cannot sign is for the log of the issuer, not for its callers. */
static void a_token_that_cannot_be_signed_is_an_internal_error(void **state)
{
	static const struct refusal row = {"builder",
					   "{}",
					   500,
					   "InternalError",
					   "Internal error occurred: failed to generate token: signing failed",
					   NULL};
	struct answer answer;
	size_t signers;

	(void)state;
	ask_begin(&answer, ask_declared);
	signers = answer.world.snapshot->signer_count;
	answer.world.snapshot->signer_count = 0;
	assert_refused(&answer, &row);
	ask(&answer, row.name, row.json);
	assert_string_equal(answer.err.text, "no active key to sign with");
	answer.world.snapshot->signer_count = signers;
	ask_end(&answer);
}

static void a_token_that_no_verifier_would_take_is_the_callers_fault(void **state)
{
	mm_auto_buf json = {0};
	struct answer answer;

	(void)state;
	mm_buf_add_str(&json, "{\"spec\":{\"audiences\":[\"x\"");
	for (int i = 0; i < 5; i++)
		mm_buf_printf(&json, ",\"%04000d\"", i);
	mm_buf_add_str(&json, "]}}");
	ask_begin(&answer, ASK_ANYTHING);
	ask(&answer, "builder", json.p);
	assert_int_equal(answer.status.code, 400);
	assert_string_equal(answer.status.reason, "BadRequest");
	assert_contains(answer.status.message.p, "verifiers accept at most 20000");
	ask_end(&answer);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_error_of_the_table_is_told_in_kubernetes_words),
		cmocka_unit_test(the_checks_come_in_their_order),
		cmocka_unit_test(names_that_kubernetes_would_not_allow_are_not_found),
		cmocka_unit_test(a_name_that_is_hostile_is_quoted),
		cmocka_unit_test(a_token_that_cannot_be_signed_is_an_internal_error),
		cmocka_unit_test(a_token_that_no_verifier_would_take_is_the_callers_fault),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
