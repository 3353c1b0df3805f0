/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/users.h"

#include <mintmark/kubeapi.h>

#define NOW ((mm_time)1795309200) /* 2026-11-22T01:00:00Z */

#define auto_request MM_CLEANUP(mm_token_request_clear) struct mm_token_request
#define auto_review  MM_CLEANUP(mm_token_review_clear) struct mm_token_review

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

static void a_token_request_is_answered_as_kubernetes_does(void **state)
{
	auto_request request = {.meta.created = NOW, .expires = NOW + 3600};
	mm_auto_buf out = {0};
	struct mm_err err = {0};

	(void)state;
	decode_request("{\"metadata\":{\"name\":\"default\",\"namespace\":\"shop\",\"uid\":\"u-1\"},\"spec\":"
		       "{\"audiences\":[\"https://x?a&b\",\"y\"],\"expirationSeconds\":3600}}",
		       &request);
	mm_buf_add_str(&request.token, "a.b.c");
	assert_ok(mm_token_request_encode(MM_MEDIA_JSON, &request, &out, &err), &err);
	assert_string_equal(out.p,
			    "{\"kind\":\"TokenRequest\",\"apiVersion\":\"authentication.k8s.io/"
			    "v1\",\"metadata\":{\"name\":\"default\","
			    "\"namespace\":\"shop\",\"uid\":\"u-1\",\"creationTimestamp\":\"2026-11-22T01:00:00Z\"},"
			    "\"spec\":{\"audiences\":[\"https://x?a\\u0026b\",\"y\"],\"expirationSeconds\":3600,"
			    "\"boundObjectRef\":null},"
			    "\"status\":{\"token\":\"a.b.c\",\"expirationTimestamp\":\"2026-11-22T02:00:00Z\"}}\n");
}

static void what_is_bound_and_annotated_is_answered_too(void **state)
{
	auto_request request = {0};
	mm_auto_buf out = {0};
	struct mm_err err = {0};

	(void)state;
	decode_request("{\"metadata\":{\"annotations\":{\"b\":\"{\\\"x\\\":1}\",\"a\":\"\"}},"
		       "\"spec\":{\"boundObjectRef\":{\"kind\":\"Pod\",\"name\":\"p\",\"uid\":\"\"}}}",
		       &request);
	assert_ok(mm_token_request_encode(MM_MEDIA_JSON, &request, &out, &err), &err);
	assert_string_equal(out.p,
			    "{\"kind\":\"TokenRequest\",\"apiVersion\":\"authentication.k8s.io/v1\",\"metadata\":"
			    "{\"creationTimestamp\":null,\"annotations\":{\"a\":\"\",\"b\":\"{\\\"x\\\":1}\"}},"
			    "\"spec\":{\"audiences\":null,\"expirationSeconds\":null,"
			    "\"boundObjectRef\":{\"kind\":\"Pod\",\"name\":\"p\"}},"
			    "\"status\":{\"token\":\"\",\"expirationTimestamp\":null}}\n");
}

#define USER                                                                                                           \
	"{\"username\":\"system:serviceaccount:shop:default\",\"uid\":\"u-1\","                                        \
	"\"groups\":[\"system:serviceaccounts\",\"system:authenticated\"],"                                            \
	"\"extra\":{\"authentication.kubernetes.io/credential-id\":[\"JTI=1\"],"                                       \
	"\"authentication.kubernetes.io/pod-name\":[\"p\"]}}"

static void a_review_of_a_good_token_says_whose_it_is(void **state)
{
	auto_review review = {.authenticated = true};
	mm_auto_buf out = {0};
	struct mm_err err = {0};

	(void)state;
	decode_review("{\"spec\":{\"token\":\"a.b.c\",\"audiences\":[\"x\",\"y\"]}}", &review);
	test_user_of_pod(&review.user, "u-1");
	test_strings_add(&review.status_audiences, "y");
	assert_ok(mm_token_review_encode(MM_MEDIA_JSON, &review, &out, &err), &err);
	assert_string_equal(out.p, "{\"kind\":\"TokenReview\",\"apiVersion\":\"authentication.k8s.io/v1\",\"metadata\":"
				   "{\"creationTimestamp\":null},"
				   "\"spec\":{\"token\":\"a.b.c\",\"audiences\":[\"x\",\"y\"]},"
				   "\"status\":{\"authenticated\":true,\"user\":" USER ",\"audiences\":[\"y\"]}}\n");
}

static void a_review_of_a_bad_token_says_why(void **state)
{
	auto_review review = {0};
	mm_auto_buf out = {0};
	struct mm_err err = {0};

	(void)state;
	decode_review("{\"spec\":{\"token\":\"a.b.c\"}}", &review);
	mm_buf_add_str(&review.error, "invalid bearer token");
	assert_ok(mm_token_review_encode(MM_MEDIA_JSON, &review, &out, &err), &err);
	assert_contains(out.p, "\"spec\":{\"token\":\"a.b.c\"},"
			       "\"status\":{\"user\":{},\"error\":\"invalid bearer token\"}}\n");
}

static void a_self_subject_review_says_who_asks(void **state)
{
	MM_CLEANUP(mm_user_clear) struct mm_user user = {0};
	const struct mm_self_subject_review review = {.version = "v1beta1", .meta.created = NOW, .user = &user};
	mm_auto_buf out = {0};
	struct mm_err err = {0};

	(void)state;
	test_user_of_pod(&user, "u-1");
	assert_ok(mm_self_subject_review_encode(MM_MEDIA_JSON, &review, &out, &err), &err);
	assert_string_equal(out.p, "{\"kind\":\"SelfSubjectReview\",\"apiVersion\":\"authentication.k8s.io/v1beta1\","
				   "\"metadata\":{\"creationTimestamp\":\"2026-11-22T01:00:00Z\"},"
				   "\"status\":{\"userInfo\":" USER "}}\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_token_request_is_answered_as_kubernetes_does),
		cmocka_unit_test(what_is_bound_and_annotated_is_answered_too),
		cmocka_unit_test(a_review_of_a_good_token_says_whose_it_is),
		cmocka_unit_test(a_review_of_a_bad_token_says_why),
		cmocka_unit_test(a_self_subject_review_says_who_asks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
