/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/support.h"

#include <mintmark/kubeapi.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define auto_request MM_CLEANUP(mm_token_request_clear) struct mm_token_request
#define auto_review  MM_CLEANUP(mm_token_review_clear) struct mm_token_review
#define auto_whoami  MM_CLEANUP(mm_self_subject_review_clear) struct mm_self_subject_review

static void decode_request(const char *body, struct mm_token_request *out)
{
	struct mm_err err = {0};

	assert_ok(mm_token_request_decode(MM_MEDIA_JSON, mm_span_str(body), out, &err), &err);
}

static void decode_review(const char *body, struct mm_token_review *out)
{
	struct mm_err err = {0};

	assert_ok(mm_token_review_decode(MM_MEDIA_JSON, mm_span_str(body), out, &err), &err);
}

/* ---- reading ------------------------------------------------------------------------------------------------------- */

/* kubectl 1.27 to 1.31, create token without flags. */
static void what_kubectl_leaves_open_is_null(void **state)
{
	auto_request request = {0};

	(void)state;
	decode_request("{\"kind\":\"TokenRequest\",\"apiVersion\":\"authentication.k8s.io/v1\","
		       "\"metadata\":{\"creationTimestamp\":null},\"spec\":{\"audiences\":null,"
		       "\"expirationSeconds\":null,\"boundObjectRef\":null},"
		       "\"status\":{\"token\":\"\",\"expirationTimestamp\":null}}\n",
		       &request);
	assert_null(request.meta.name);
	assert_int_equal(request.audiences.n, 0);
	assert_false(request.has_expiration);
	assert_false(request.is_bound);
	assert_int_equal(request.token.len, 0);
}

static void every_member_of_a_token_request_is_read(void **state)
{
	auto_request request = {0};

	(void)state;
	decode_request("{\"kind\":\"TokenRequest\",\"apiVersion\":\"authentication.k8s.io/v1\","
		       "\"metadata\":{\"name\":\"default\",\"namespace\":\"shop\",\"uid\":\"u-1\","
		       "\"annotations\":{\"b\":\"2\",\"a\":\"1\"}},"
		       "\"spec\":{\"audiences\":[\"x\",\"\\u00e9\"],\"expirationSeconds\":-7,"
		       "\"boundObjectRef\":{\"kind\":\"Pod\",\"apiVersion\":\"v1\",\"name\":\"p\",\"uid\":\"u-2\"}}}",
		       &request);
	assert_string_equal(request.meta.name, "default");
	assert_string_equal(request.meta.namespace, "shop");
	assert_string_equal(request.meta.uid, "u-1");
	assert_int_equal(request.meta.annotation_names.n, 2);
	assert_string_equal(request.meta.annotation_names.v[0], "a");
	assert_string_equal(request.meta.annotation_values.v[0], "1");
	assert_string_equal(request.meta.annotation_values.v[1], "2");
	assert_int_equal(request.audiences.n, 2);
	assert_string_equal(request.audiences.v[0], "x");
	assert_string_equal(request.audiences.v[1], "\xc3\xa9");
	assert_true(request.has_expiration);
	assert_int_equal(request.expiration_seconds, -7);
	assert_true(request.is_bound);
	assert_string_equal(request.bound_kind, "Pod");
	assert_string_equal(request.bound_api_version, "v1");
	assert_string_equal(request.bound_name, "p");
	assert_string_equal(request.bound_uid, "u-2");
}

static void what_is_absent_null_or_unknown_is_passed_over(void **state)
{
	static const char *const bodies[] = {
		"{}",
		"{\"kind\":null,\"apiVersion\":\"\",\"metadata\":null,\"spec\":null,\"status\":null}",
		"{\"spec\":{}}",
		"{\"metadata\":{\"name\":null,\"annotations\":null},\"spec\":{\"boundObjectRef\":null}}",
		"{\"unknown\":[{\"a\":1.5}],\"metadata\":{\"labels\":7},\"spec\":{\"Audiences\":3}}",
		"{\"status\":{\"token\":7}}",
	};

	(void)state;
	for (size_t i = 0; i < MM_COUNT(bodies); i++) {
		auto_request request = {0};

		decode_request(bodies[i], &request);
		assert_int_equal(request.audiences.n, 0);
		assert_null(request.meta.name);
		assert_false(request.has_expiration);
		assert_false(request.is_bound);
	}
}

static void an_empty_reference_is_one(void **state)
{
	auto_request request = {0};

	(void)state;
	decode_request("{\"spec\":{\"boundObjectRef\":{}}}", &request);
	assert_true(request.is_bound);
	assert_null(request.bound_kind);
}

static void a_token_review_has_a_token_and_audiences(void **state)
{
	auto_review review = {0};

	(void)state;
	decode_review("{\"kind\":\"TokenReview\",\"apiVersion\":\"authentication.k8s.io/v1\",\"metadata\":{},"
		      "\"spec\":{\"token\":\"a.b.c\",\"audiences\":[\"x\"]},\"status\":{\"user\":{}}}",
		      &review);
	assert_string_equal(review.token.p, "a.b.c");
	assert_int_equal(review.audiences.n, 1);
	assert_string_equal(review.audiences.v[0], "x");
}

/* It is for the one who verifies it to say that this is no token. */
static void a_token_may_be_long(void **state)
{
	enum { LEN = 40000 };
	mm_auto_buf body = {0};
	auto_review review = {0};

	(void)state;
	mm_buf_printf(&body, "{\"spec\":{\"token\":\"%0*d\"}}", LEN, 0);
	decode_review(body.p, &review);
	assert_int_equal(review.token.len, LEN);
}

static void a_self_subject_review_is_checked(void **state)
{
	static const char good[] = "{\"kind\":\"SelfSubjectReview\",\"apiVersion\":\"authentication.k8s.io/v1\","
				   "\"metadata\":{\"creationTimestamp\":null},\"status\":{\"userInfo\":{}}}";
	static const char bad[] = "{\"kind\":\"TokenReview\"}";
	auto_whoami review = {0};
	struct mm_err err = {0};

	(void)state;
	assert_ok(mm_self_subject_review_decode(MM_MEDIA_JSON, mm_span_str(good), "v1", &review, &err), &err);
	assert_fails(mm_self_subject_review_decode(MM_MEDIA_JSON, mm_span_str(bad), "v1", &review, &err), MM_EPARSE,
		     &err);
}

/* kubectl 1.27 says v1beta1; what is of another version than its path is refused. */
static void a_self_subject_review_has_the_version_of_its_path(void **state)
{
	static const struct {
		const char *version, *sent;
		bool fits;
	} rows[] = {
		{"v1", "authentication.k8s.io/v1", true},       {"v1beta1", "authentication.k8s.io/v1beta1", true},
		{"v1beta1", "authentication.k8s.io/v1", false}, {"v1", "authentication.k8s.io/v1beta1", false},
		{"v1", "authentication.k8s.io/x/v1", false},    {"v1", "v1", false},
		{"v1", "authentication.k8s.io", false},
	};

	(void)state;
	for (size_t i = 0; i < MM_COUNT(rows); i++) {
		auto_whoami review = {0};
		mm_auto_buf body = {0}, line = {0};
		struct mm_err err = {0};
		enum mm_code code;

		mm_buf_printf(&body, "{\"kind\":\"SelfSubjectReview\",\"apiVersion\":\"%s\"}", rows[i].sent);
		mm_buf_printf(&line,
			      "the API version in the data (%s) does not match the expected API version "
			      "(authentication.k8s.io/%s)",
			      rows[i].sent, rows[i].version);
		code = mm_self_subject_review_decode(MM_MEDIA_JSON, mm_buf_span(&body), rows[i].version, &review, &err);
		assert_int_equal(code, rows[i].fits ? MM_OK : MM_EPARSE);
		assert_string_equal(err.text, rows[i].fits ? "" : line.p);
		assert_string_equal(review.version, rows[i].version);
	}
}

/* ---- refusing ------------------------------------------------------------------------------------------------------ */

struct refusal {
	const char *body;
	const char *line; /* what stands in it */
};

#define UNHANDLED "TokenRequest in version \"v1\" cannot be handled as a TokenRequest: json: cannot unmarshal "
#define UNKNOWN   "the object provided is unrecognized (must be of type TokenRequest): "

static void refusals_have_kubernetes_lines(void **state)
{
	static const struct refusal rows[] = {
		{"{\"spec\":{\"expirationSeconds\":\"1h\"}}",
		 UNHANDLED "string into Go struct field TokenRequestSpec.spec.expirationSeconds of type int64"},
		{"{\"spec\":{\"expirationSeconds\":1.5}}",
		 UNHANDLED "number into Go struct field TokenRequestSpec.spec.expirationSeconds of type int64"},
		{"{\"spec\":{\"expirationSeconds\":true}}",
		 UNHANDLED "bool into Go struct field TokenRequestSpec.spec.expirationSeconds of type int64"},
		{"{\"spec\":{\"audiences\":\"a\"}}",
		 UNHANDLED "string into Go struct field TokenRequestSpec.spec.audiences of type []string"},
		{"{\"spec\":{\"audiences\":[{}]}}",
		 UNHANDLED "object into Go struct field TokenRequestSpec.spec.audiences of type string"},
		{"{\"spec\":{\"audiences\":[null]}}",
		 UNHANDLED "null into Go struct field TokenRequestSpec.spec.audiences of type string"},
		{"{\"spec\":[]}", UNHANDLED "array into Go struct field TokenRequest.spec of type v1.TokenRequestSpec"},
		{"{\"spec\":{\"boundObjectRef\":\"p\"}}",
		 UNHANDLED "string into Go struct field TokenRequestSpec.spec.boundObjectRef of type "
			   "v1.BoundObjectReference"},
		{"{\"spec\":{\"boundObjectRef\":{\"uid\":1}}}",
		 UNHANDLED "number into Go struct field BoundObjectReference.spec.boundObjectRef.uid of type string"},
		{"{\"metadata\":1}",
		 UNHANDLED "number into Go struct field TokenRequest.metadata of type v1.ObjectMeta"},
		{"{\"metadata\":{\"name\":[]}}",
		 UNHANDLED "array into Go struct field ObjectMeta.metadata.name of type string"},
		{"{\"metadata\":{\"annotations\":[]}}",
		 UNHANDLED "array into Go struct field ObjectMeta.metadata.annotations of type map[string]string"},
		{"{\"metadata\":{\"annotations\":{\"a\":false}}}",
		 UNHANDLED "bool into Go struct field ObjectMeta.metadata.annotations of type string"},
		{"{\"kind\":\"Pod\",\"apiVersion\":\"authentication.k8s.io/v1\"}",
		 "Pod in version \"v1\" cannot be handled as a TokenRequest: expected kind \"TokenRequest\" of "
		 "apiVersion "
		 "\"authentication.k8s.io/v1\""},
		{"{\"kind\":\"Lease\",\"apiVersion\":\"coordination.k8s.io/v1beta1\"}",
		 "Lease in version \"v1beta1\" cannot be handled as a TokenRequest: expected kind \"TokenRequest\" of "
		 "apiVersion "
		 "\"authentication.k8s.io/v1\""},
		{"{\"kind\":\"Pod\",\"apiVersion\":\"v2\"}",
		 "Pod in version \"v2\" cannot be handled as a TokenRequest: expected kind \"TokenRequest\" of "
		 "apiVersion "
		 "\"authentication.k8s.io/v1\""},
		{"{\"kind\":\"Pod\"}", "Pod in version \"v1\" cannot be handled as a TokenRequest: expected kind "
				       "\"TokenRequest\" of apiVersion "
				       "\"authentication.k8s.io/v1\""},
		{"{\"kind\":\"TokenRequest\",\"apiVersion\":\"authentication.k8s.io/v1beta1\"}",
		 "the API version in the data (authentication.k8s.io/v1beta1) does not match the expected API version "
		 "(authentication.k8s.io/v1)"},
		{"{\"kind\":7}", UNKNOWN "couldn't get version/kind: json: cannot unmarshal number into Go struct "
					 "field .kind of type string"},
		{"{\"apiVersion\":{}}", UNKNOWN "couldn't get version/kind: json: cannot unmarshal object into Go "
						"struct field .apiVersion of type string"},
		{"", UNKNOWN "JSON: line 1, column 1: nothing there"},
		{"[]", UNKNOWN "JSON: line 1, column 1: an array"},
		{"{", UNKNOWN "JSON: line 1"},
		{"{}x", UNKNOWN "JSON: line 1, column 3"},
		{"{\"spec\":{},\"sp\\u0065c\":{}}", UNKNOWN "JSON: line 1"},
		{"{\"metadata\":{\"name\":\"a\\u0000b\"}}", UNKNOWN "JSON: line 1"},
		{"{\"metadata\":{\"name\":\"\xff\"}}", UNKNOWN "JSON: line 1"},
		{"{\"spec\":{\"expirationSeconds\":9223372036854775808}}", UNKNOWN "JSON: line 1"},
	};

	(void)state;
	for (size_t i = 0; i < MM_COUNT(rows); i++) {
		auto_request request = {0};
		struct mm_err err = {0};

		assert_int_equal(mm_token_request_decode(MM_MEDIA_JSON, mm_span_str(rows[i].body), &request, &err),
				 MM_EPARSE);
		assert_contains(err.text, rows[i].line);
	}
}

static void a_review_names_its_own_types(void **state)
{
	auto_review review = {0};
	struct mm_err err = {0};

	(void)state;
	assert_int_equal(mm_token_review_decode(MM_MEDIA_JSON, mm_span_str("{\"spec\":{\"token\":1}}"), &review, &err),
			 MM_EPARSE);
	assert_string_equal(err.text,
			    "TokenReview in version \"v1\" cannot be handled as a TokenReview: json: cannot "
			    "unmarshal number into Go struct field TokenReviewSpec.spec.token of type string");
}

/* The line goes into answers and logs. */
static void a_line_quotes_no_token(void **state)
{
	static const char *const bodies[] = {
		"{\"spec\":{\"token\":\"secret\"",
		"{\"spec\":{\"token\":\"secret\"}} \"secret\"",
		"{\"spec\":{\"token\":[\"secret\"]}}",
		"{\"token\":\"secret\",\"token\":\"secret\"}",
	};

	(void)state;
	for (size_t i = 0; i < MM_COUNT(bodies); i++) {
		auto_review review = {0};
		struct mm_err err = {0};

		assert_int_equal(mm_token_review_decode(MM_MEDIA_JSON, mm_span_str(bodies[i]), &review, &err),
				 MM_EPARSE);
		assert_null(strstr(err.text, "secret"));
	}
}

static void a_foreign_kind_is_quoted_in_part(void **state)
{
	mm_auto_buf body = {0};
	auto_request request = {0};
	struct mm_err err = {0};

	(void)state;
	mm_buf_printf(&body, "{\"kind\":\"%0200d\"}", 0);
	assert_int_equal(mm_token_request_decode(MM_MEDIA_JSON, mm_buf_span(&body), &request, &err), MM_EPARSE);
	assert_contains(err.text, "0 in version \"v1\" cannot be handled as a TokenRequest: expected kind");
	assert_true(strlen(err.text) < 250);
}

/* A body with that many audiences or annotations, or with a text of that length. */
static char *body_of(const char *what, int n)
{
	struct mm_buf body = {0};
	char *text;

	if (strcmp(what, "audiences") == 0) {
		mm_buf_add_str(&body, "{\"spec\":{\"audiences\":[\"a\"");
		for (int i = 1; i < n; i++)
			mm_buf_add_str(&body, ",\"a\"");
		mm_buf_add_str(&body, "]}}");
	} else if (strcmp(what, "annotations") == 0) {
		mm_buf_add_str(&body, "{\"metadata\":{\"annotations\":{\"0\":\"\"");
		for (int i = 1; i < n; i++)
			mm_buf_printf(&body, ",\"%d\":\"\"", i);
		mm_buf_add_str(&body, "}}}");
	} else if (strcmp(what, "name of an annotation") == 0) {
		mm_buf_printf(&body, "{\"metadata\":{\"annotations\":{\"%0*d\":\"\"}}}", n, 0);
	} else {
		mm_buf_printf(&body, "{\"metadata\":{\"%s\":\"%0*d\"}}", what, n, 0);
	}
	text = mm_buf_take(&body);
	assert_non_null(text);
	return text;
}

static void numbers_and_texts_have_limits(void **state)
{
	static const struct {
		const char *what;
		int limit;
		const char *line;
	} rows[] = {
		{"audiences", 100, "spec.audiences: 101 of them, of which 100 are allowed"},
		{"annotations", 100, "metadata.annotations: 101 of them, of which 100 are allowed"},
		{"name of an annotation", 4096, "metadata.annotations: a text of 4097 bytes"},
		{"name", 4096, "metadata.name: a text of 4097 bytes, of which 4096 are allowed"},
	};

	(void)state;
	for (size_t i = 0; i < MM_COUNT(rows); i++) {
		mm_auto_string at_limit = body_of(rows[i].what, rows[i].limit);
		mm_auto_string beyond = body_of(rows[i].what, rows[i].limit + 1);
		auto_request good = {0}, bad = {0};
		struct mm_err err = {0};

		decode_request(at_limit, &good);
		assert_int_equal(mm_token_request_decode(MM_MEDIA_JSON, mm_span_str(beyond), &bad, &err), MM_ELIMIT);
		assert_contains(err.text, rows[i].line);
	}
}

static void nesting_has_a_limit(void **state)
{
	auto_request request = {0};
	struct mm_err err = {0};

	(void)state;
	assert_fails(mm_token_request_decode(MM_MEDIA_JSON, mm_span_str("{\"a\":[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]}"),
					     &request, &err),
		     MM_ELIMIT, &err);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_kubectl_leaves_open_is_null),
		cmocka_unit_test(every_member_of_a_token_request_is_read),
		cmocka_unit_test(what_is_absent_null_or_unknown_is_passed_over),
		cmocka_unit_test(an_empty_reference_is_one),
		cmocka_unit_test(a_token_review_has_a_token_and_audiences),
		cmocka_unit_test(a_token_may_be_long),
		cmocka_unit_test(a_self_subject_review_is_checked),
		cmocka_unit_test(a_self_subject_review_has_the_version_of_its_path),
		cmocka_unit_test(refusals_have_kubernetes_lines),
		cmocka_unit_test(a_review_names_its_own_types),
		cmocka_unit_test(a_line_quotes_no_token),
		cmocka_unit_test(a_foreign_kind_is_quoted_in_part),
		cmocka_unit_test(numbers_and_texts_have_limits),
		cmocka_unit_test(nesting_has_a_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
