/* SPDX-License-Identifier: Apache-2.0 */
/* What is written is compared with what wire.c writes, or read by it. */
#include "tests/unit/kubewire.h"
#include "tests/unit/users.h"

#define auto_request MM_CLEANUP(mm_token_request_clear) struct mm_token_request
#define auto_review  MM_CLEANUP(mm_token_review_clear) struct mm_token_review

static void a_token_request_is_answered_as_kubernetes_does(void **state)
{
	mm_auto_buf object = {0}, expected_object = {0}, expected = {0}, found = {0};
	auto_request request = {0};
	struct mm_err err = {0};

	(void)state;
	kubewire_request(&object, "default", "", MM_NEVER, MM_NEVER);
	assert_ok(kubewire_decode(&object, &request, &err), &err);
	mm_buf_add_str(&request.token, "a.b.c");
	request.meta.created = KUBEWIRE_NOW;
	request.expires = KUBEWIRE_NOW + 3600;
	assert_ok(mm_token_request_encode(MM_MEDIA_PROTOBUF, &request, &found, &err), &err);
	kubewire_request(&expected_object, "default", "a.b.c", KUBEWIRE_NOW, KUBEWIRE_NOW + 3600);
	wire_envelope(&expected, GROUP_VERSION, "TokenRequest", &expected_object);
	assert_same_bytes(&found, &expected);
}

static void what_was_left_open_is_left_out(void **state)
{
	mm_auto_buf spec = {0}, object = {0}, expected = {0}, found = {0};
	const struct mm_token_request request = {0};
	struct mm_err err = {0};

	(void)state;
	kubewire_meta(&object, 1, "", "", "", MM_NEVER);
	wire_message(&object, 2, &spec);
	kubewire_request_status(&object, 3, "", MM_NEVER);
	wire_envelope(&expected, GROUP_VERSION, "TokenRequest", &object);
	assert_ok(mm_token_request_encode(MM_MEDIA_PROTOBUF, &request, &found, &err), &err);
	assert_same_bytes(&found, &expected);
}

static void annotations_are_answered(void **state)
{
	mm_auto_buf meta = {0}, object = {0}, found = {0};
	auto_request request = {0};
	struct mm_err err = {0};
	struct mm_span answer;

	(void)state;
	kubewire_annotation(&meta, "b", "2");
	kubewire_annotation(&meta, "a", "1");
	wire_message(&object, 1, &meta);
	assert_ok(kubewire_decode(&object, &request, &err), &err);
	assert_ok(mm_token_request_encode(MM_MEDIA_PROTOBUF, &request, &found, &err), &err);
	answer = wire_open(&found, GROUP_VERSION, "TokenRequest");
	assert_true(mm_span_is(wire_at(answer, "1.12#0.1"), "a"));
	assert_true(mm_span_is(wire_at(answer, "1.12#0.2"), "1"));
	assert_true(mm_span_is(wire_at(answer, "1.12#1.1"), "b"));
	assert_true(mm_span_is(wire_at(answer, "1.12#1.2"), "2"));
	assert_null(wire_at(answer, "1.12#2").p);
}

/* UserInfo, its extra in the order of the keys. */
static void assert_user_on_the_wire(struct mm_span user)
{
	assert_true(mm_span_is(wire_at(user, "1"), "system:serviceaccount:shop:default"));
	assert_true(mm_span_is(wire_at(user, "2"), ""));
	assert_true(mm_span_is(wire_at(user, "3"), "system:serviceaccounts"));
	assert_true(mm_span_is(wire_at(user, "3#1"), "system:authenticated"));
	assert_null(wire_at(user, "3#2").p);
	assert_true(mm_span_is(wire_at(user, "4.1"), "authentication.kubernetes.io/credential-id"));
	assert_true(mm_span_is(wire_at(user, "4.2.1"), "JTI=1"));
	assert_true(mm_span_is(wire_at(user, "4#1.1"), "authentication.kubernetes.io/pod-name"));
	assert_true(mm_span_is(wire_at(user, "4#1.2.1"), "p"));
	assert_null(wire_at(user, "4#1.2.1#1").p);
	assert_null(wire_at(user, "4#2").p);
}

static void a_review_of_a_good_token_says_whose_it_is(void **state)
{
	auto_review review = {.authenticated = true, .meta.created = KUBEWIRE_NOW};
	mm_auto_buf out = {0};
	struct mm_err err = {0};
	struct mm_span answer;

	(void)state;
	mm_buf_add_str(&review.token, "a.b.c");
	test_strings_add(&review.audiences, "x");
	test_strings_add(&review.audiences, "y");
	test_user_of_pod(&review.user, NULL);
	test_strings_add(&review.status_audiences, "y");
	assert_ok(mm_token_review_encode(MM_MEDIA_PROTOBUF, &review, &out, &err), &err);
	answer = wire_open(&out, GROUP_VERSION, "TokenReview");
	assert_int_equal(wire_int_at(answer, "1.8.1", 0), KUBEWIRE_NOW);
	assert_int_equal(wire_int_at(answer, "1.8.2", 1), 0);
	assert_true(mm_span_is(wire_at(answer, "2.1"), "a.b.c"));
	assert_true(mm_span_is(wire_at(answer, "2.2#1"), "y"));
	assert_int_equal(wire_int_at(answer, "3.1", 0), 1);
	assert_user_on_the_wire(wire_at(answer, "3.2"));
	assert_true(mm_span_is(wire_at(answer, "3.3"), ""));
	assert_true(mm_span_is(wire_at(answer, "3.4"), "y"));
	assert_null(wire_at(answer, "3.4#1").p);
}

static void a_review_of_a_bad_token_says_why(void **state)
{
	auto_review review = {0};
	mm_auto_buf out = {0};
	struct mm_err err = {0};
	struct mm_span answer;

	(void)state;
	mm_buf_add_str(&review.error, "invalid bearer token");
	assert_ok(mm_token_review_encode(MM_MEDIA_PROTOBUF, &review, &out, &err), &err);
	answer = wire_open(&out, GROUP_VERSION, "TokenReview");
	assert_int_equal(wire_int_at(answer, "3.1", 1), 0);
	assert_true(mm_span_is(wire_at(answer, "3.2.1"), ""));
	assert_true(mm_span_is(wire_at(answer, "3.3"), "invalid bearer token"));
	assert_null(wire_at(answer, "3.4").p);
}

static void a_self_subject_review_says_who_asks(void **state)
{
	MM_CLEANUP(mm_user_clear) struct mm_user user = {0};
	const struct mm_self_subject_review review = {
		.version = "v1beta1", .meta.created = KUBEWIRE_NOW, .user = &user};
	mm_auto_buf out = {0};
	struct mm_err err = {0};
	struct mm_span answer;

	(void)state;
	test_user_of_pod(&user, NULL);
	assert_ok(mm_self_subject_review_encode(MM_MEDIA_PROTOBUF, &review, &out, &err), &err);
	answer = wire_open(&out, GROUP_VERSION "beta1", "SelfSubjectReview");
	assert_int_equal(wire_int_at(answer, "1.8.1", 0), KUBEWIRE_NOW);
	assert_user_on_the_wire(wire_at(answer, "2.1"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_token_request_is_answered_as_kubernetes_does),
		cmocka_unit_test(what_was_left_open_is_left_out),
		cmocka_unit_test(annotations_are_answered),
		cmocka_unit_test(a_review_of_a_good_token_says_whose_it_is),
		cmocka_unit_test(a_review_of_a_bad_token_says_why),
		cmocka_unit_test(a_self_subject_review_says_who_asks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
