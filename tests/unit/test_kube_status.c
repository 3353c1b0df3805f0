/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/support.h"
#include "tests/unit/wire.h"

#include <mintmark/kubeapi.h>

#define auto_status MM_CLEANUP(mm_kube_status_clear) struct mm_kube_status

static void encode(const struct mm_kube_status *status, enum mm_media media, struct mm_buf *out)
{
	struct mm_err err = {0};

	assert_ok(mm_kube_status_encode(status, media, out, &err), &err);
}

static void assert_json(const struct mm_kube_status *status, const char *expected)
{
	mm_auto_buf out = {0};

	encode(status, MM_MEDIA_JSON, &out);
	assert_string_equal(out.p, expected);
}

static struct mm_kube_status unauthorized(void)
{
	struct mm_kube_status status = {.code = 401, .reason = "Unauthorized"};

	mm_buf_add_str(&status.message, "Unauthorized");
	return status;
}

static struct mm_kube_status invalid(void)
{
	struct mm_kube_status status = {
		.code = 422,
		.reason = "Invalid",
		.group = "authentication.k8s.io",
		.kind = "TokenRequest",
		.cause_reason = "FieldValueInvalid",
		.cause_field = "spec.expirationSeconds",
	};

	mm_buf_add_str(&status.message, "too short");
	mm_buf_add_str(&status.cause_message, "Invalid value: 60");
	return status;
}

/* As kube-apiserver answers somebody without credentials. */
static void without_details_there_are_none(void **state)
{
	auto_status status = unauthorized();

	(void)state;
	assert_json(&status, "{\"kind\":\"Status\",\"apiVersion\":\"v1\",\"metadata\":{},\"status\":\"Failure\","
			     "\"message\":\"Unauthorized\",\"reason\":\"Unauthorized\",\"code\":401}\n");
}

static void a_cause_names_its_field(void **state)
{
	auto_status status = invalid();

	(void)state;
	assert_json(&status,
		    "{\"kind\":\"Status\",\"apiVersion\":\"v1\",\"metadata\":{},\"status\":\"Failure\","
		    "\"message\":\"too short\",\"reason\":\"Invalid\",\"details\":{\"group\":\"authentication.k8s.io\","
		    "\"kind\":\"TokenRequest\",\"causes\":[{\"reason\":\"FieldValueInvalid\","
		    "\"message\":\"Invalid value: 60\",\"field\":\"spec.expirationSeconds\"}]},\"code\":422}\n");
}

static void details_have_what_is_known(void **state)
{
	auto_status missing = {.code = 404, .reason = "NotFound", .kind = "serviceaccounts"};
	auto_status busy = {.code = 429, .reason = "TooManyRequests", .retry_after = 7};

	(void)state;
	mm_buf_add_str(&missing.name, "x");
	assert_json(&missing, "{\"kind\":\"Status\",\"apiVersion\":\"v1\",\"metadata\":{},\"status\":\"Failure\","
			      "\"reason\":\"NotFound\",\"details\":{\"name\":\"x\",\"kind\":\"serviceaccounts\"},"
			      "\"code\":404}\n");
	assert_json(&busy, "{\"kind\":\"Status\",\"apiVersion\":\"v1\",\"metadata\":{},\"status\":\"Failure\","
			   "\"reason\":\"TooManyRequests\",\"details\":{\"retryAfterSeconds\":7},\"code\":429}\n");
}

static void hostile_texts_are_escaped_and_mended(void **state)
{
	auto_status status = {.code = 404, .reason = "NotFound"};

	(void)state;
	mm_buf_add_str(&status.message, "\"\x1b[2J\xe2\x80\xae<");
	mm_buf_add_str(&status.name, "a\xff\xc3\xa9");
	assert_json(&status, "{\"kind\":\"Status\",\"apiVersion\":\"v1\",\"metadata\":{},\"status\":\"Failure\","
			     "\"message\":\"\\\"\\u001b[2J\\u202e\\u003c\",\"reason\":\"NotFound\","
			     "\"details\":{\"name\":\"a???\"},\"code\":404}\n");
}

/* The bytes that Kubernetes' own encoder would write, field by field. */
static void protobuf_writes_empty_fields_and_leaves_out_what_is_not_there(void **state)
{
	auto_status status = unauthorized();
	mm_auto_buf list_meta = {0}, object = {0}, expected = {0}, found = {0};

	(void)state;
	wire_text(&list_meta, 1, "");
	wire_text(&list_meta, 2, "");
	wire_text(&list_meta, 3, "");
	wire_message(&object, 1, &list_meta);
	wire_text(&object, 2, "Failure");
	wire_text(&object, 3, "Unauthorized");
	wire_text(&object, 4, "Unauthorized");
	wire_int(&object, 6, 401);
	wire_envelope(&expected, "v1", "Status", &object);
	encode(&status, MM_MEDIA_PROTOBUF, &found);
	assert_int_equal(found.len, expected.len);
	assert_memory_equal(found.p, expected.p, expected.len);
}

static void protobuf_has_details_and_causes(void **state)
{
	auto_status status = invalid();
	mm_auto_buf out = {0};
	struct mm_span object;

	(void)state;
	mm_buf_add_str(&status.name, "n\xff");
	status.retry_after = 3;
	encode(&status, MM_MEDIA_PROTOBUF, &out);
	object = wire_open(&out, "v1", "Status");
	assert_true(mm_span_is(wire_at(object, "3"), "too short"));
	assert_true(mm_span_is(wire_at(object, "4"), "Invalid"));
	assert_true(mm_span_is(wire_at(object, "5.1"), "n?"));
	assert_true(mm_span_is(wire_at(object, "5.2"), "authentication.k8s.io"));
	assert_true(mm_span_is(wire_at(object, "5.3"), "TokenRequest"));
	assert_true(mm_span_is(wire_at(object, "5.4.1"), "FieldValueInvalid"));
	assert_true(mm_span_is(wire_at(object, "5.4.2"), "Invalid value: 60"));
	assert_true(mm_span_is(wire_at(object, "5.4.3"), "spec.expirationSeconds"));
	assert_null(wire_at(object, "5.4#1").p);
	assert_int_equal(wire_int_at(object, "5.5", 0), 3);
	assert_int_equal(wire_int_at(object, "6", 0), 422);
}

static void an_answer_is_appended(void **state)
{
	auto_status status = unauthorized();

	(void)state;
	for (int i = 0; i < MM_MEDIA_COUNT; i++) {
		mm_auto_buf alone = {0}, out = {0};

		encode(&status, (enum mm_media)i, &alone);
		mm_buf_add_str(&out, "before");
		encode(&status, (enum mm_media)i, &out);
		assert_int_equal(out.len, alone.len + 6);
		assert_memory_equal(out.p + 6, alone.p, alone.len);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_details_there_are_none),
		cmocka_unit_test(a_cause_names_its_field),
		cmocka_unit_test(details_have_what_is_known),
		cmocka_unit_test(hostile_texts_are_escaped_and_mended),
		cmocka_unit_test(protobuf_writes_empty_fields_and_leaves_out_what_is_not_there),
		cmocka_unit_test(protobuf_has_details_and_causes),
		cmocka_unit_test(an_answer_is_appended),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
