/* SPDX-License-Identifier: Apache-2.0 */
/* Every byte that is read here was written by wire.c, or seen on the wire. */
#include "tests/unit/kubewire.h"
#include "tests/unit/support.h"

#include <stdlib.h>
#include <string.h>

#define UNHANDLED    "TokenRequest in version \"v1\" cannot be handled as a TokenRequest: "
#define UNRECOGNIZED "the object provided is unrecognized (must be of type TokenRequest): "

#define auto_request MM_CLEANUP(mm_token_request_clear) struct mm_token_request
#define auto_review  MM_CLEANUP(mm_token_review_clear) struct mm_token_review
#define auto_whoami  MM_CLEANUP(mm_self_subject_review_clear) struct mm_self_subject_review

/* ---- reading ------------------------------------------------------------------------------------------------------- */

/* kubectl 1.32 and later, create token without flags, seen on the wire. */
static void a_bare_request_of_kubectl_is_read(void **state)
{
	static const char sent[] = "k8s\0\x0a\x28\x0a\x18"
				   "authentication.k8s.io/v1\x12\x0c"
				   "TokenRequest\x12\x1a\x0a\x10\x0a\x00\x12\x00\x1a\x00\x22\x00\x2a\x00\x32\x00\x38"
				   "\x00\x42\x00\x12\x00\x1a\x04\x0a\x00\x12\x00\x1a\x00\x22";
	mm_auto_buf object = {0}, body = {0}, spec = {0};
	auto_request request = {0};
	struct mm_err err = {0};

	(void)state;
	kubewire_meta(&object, 1, "", "", "", MM_NEVER);
	wire_message(&object, 2, &spec);
	kubewire_request_status(&object, 3, "", MM_NEVER);
	wire_envelope(&body, GROUP_VERSION, "TokenRequest", &object);
	assert_int_equal(body.len, sizeof sent);
	assert_memory_equal(body.p, sent, sizeof sent);
	assert_ok(mm_token_request_decode(MM_MEDIA_PROTOBUF, mm_buf_span(&body), &request, &err), &err);
	assert_null(request.meta.name);
	assert_null(request.meta.uid);
	assert_int_equal(request.audiences.n, 0);
	assert_false(request.has_expiration);
	assert_false(request.is_bound);
}

static void every_field_of_a_token_request_is_read(void **state)
{
	mm_auto_buf object = {0};
	auto_request request = {0};
	struct mm_err err = {0};

	(void)state;
	kubewire_request(&object, "default", "ignored", KUBEWIRE_NOW, KUBEWIRE_NOW);
	assert_ok(kubewire_decode(&object, &request, &err), &err);
	assert_string_equal(request.meta.name, "default");
	assert_null(request.meta.namespace);
	assert_int_equal(request.meta.created, MM_NEVER);
	assert_int_equal(request.audiences.n, 2);
	assert_string_equal(request.audiences.v[0], "https://sts.example.com");
	assert_string_equal(request.audiences.v[1], "b");
	assert_true(request.has_expiration);
	assert_int_equal(request.expiration_seconds, 3600);
	assert_true(request.is_bound);
	assert_string_equal(request.bound_kind, "Pod");
	assert_string_equal(request.bound_api_version, "v1");
	assert_string_equal(request.bound_name, "web-0");
	assert_string_equal(request.bound_uid, "u-2");
	assert_int_equal(request.token.len, 0);
}

static void annotations_are_read_in_order_of_their_names(void **state)
{
	mm_auto_buf object = {0}, meta = {0};
	auto_request request = {0};
	struct mm_err err = {0};

	(void)state;
	kubewire_annotation(&meta, "c", "3");
	kubewire_annotation(&meta, "a", "1");
	kubewire_annotation(&meta, "b", "");
	wire_message(&object, 1, &meta);
	assert_ok(kubewire_decode(&object, &request, &err), &err);
	assert_int_equal(request.meta.annotation_names.n, 3);
	assert_string_equal(request.meta.annotation_names.v[0], "a");
	assert_string_equal(request.meta.annotation_names.v[1], "b");
	assert_string_equal(request.meta.annotation_names.v[2], "c");
	assert_string_equal(request.meta.annotation_values.v[0], "1");
	assert_string_equal(request.meta.annotation_values.v[1], "");
	assert_string_equal(request.meta.annotation_values.v[2], "3");
}

static void a_negative_number_is_read(void **state)
{
	mm_auto_buf object = {0}, spec = {0};
	auto_request request = {0};
	struct mm_err err = {0};

	(void)state;
	wire_int(&spec, 4, UINT64_MAX);
	wire_message(&object, 2, &spec);
	assert_ok(kubewire_decode(&object, &request, &err), &err);
	assert_int_equal(request.expiration_seconds, -1);
}

static void what_is_unknown_is_passed_over(void **state)
{
	mm_auto_buf object = {0};
	auto_request request = {0};
	struct mm_err err = {0};

	(void)state;
	wire_text(&object, 99, "whatever");
	wire_int(&object, 536870911, 7);
	kubewire_request(&object, "default", "", KUBEWIRE_NOW, KUBEWIRE_NOW);
	assert_ok(kubewire_decode(&object, &request, &err), &err);
	assert_string_equal(request.meta.name, "default");
}

static void an_envelope_may_be_bare(void **state)
{
	static const char empty[] = {'k', '8', 's', '\0', 2 << 3 | 2, 0}; /* raw: "" */
	auto_request request = {0};
	struct mm_err err = {0};

	(void)state;
	assert_ok(mm_token_request_decode(MM_MEDIA_PROTOBUF, mm_span(empty, sizeof empty), &request, &err), &err);
	assert_int_equal(request.audiences.n, 0);
}

/* The token may be longer than any that is valid: it is for the one who verifies it to say so. */
static void a_token_review_has_a_token_and_audiences(void **state)
{
	mm_auto_buf object = {0}, spec = {0}, body = {0}, token = {0};
	auto_review review = {0};
	struct mm_err err = {0};

	(void)state;
	mm_buf_printf(&token, "%040000d", 0);
	wire_message(&spec, 1, &token);
	wire_text(&spec, 2, "x");
	wire_text(&spec, 2, "");
	kubewire_meta(&object, 1, "", "", "", MM_NEVER);
	wire_message(&object, 2, &spec);
	wire_envelope(&body, GROUP_VERSION, "TokenReview", &object);
	assert_ok(mm_token_review_decode(MM_MEDIA_PROTOBUF, mm_buf_span(&body), &review, &err), &err);
	assert_same_bytes(&review.token, &token);
	assert_int_equal(review.audiences.n, 2);
	assert_string_equal(review.audiences.v[0], "x");
	assert_string_equal(review.audiences.v[1], "");
}

static void a_self_subject_review_is_read(void **state)
{
	mm_auto_buf object = {0}, body = {0};
	auto_whoami review = {0};
	struct mm_err err = {0};

	(void)state;
	kubewire_meta(&object, 1, "", "", "", MM_NEVER);
	wire_envelope(&body, GROUP_VERSION "beta1", "SelfSubjectReview", &object);
	assert_ok(mm_self_subject_review_decode(MM_MEDIA_PROTOBUF, mm_buf_span(&body), "v1beta1", &review, &err), &err);
}

static void a_self_subject_review_of_another_version_is_refused(void **state)
{
	mm_auto_buf body = {0};
	auto_whoami review = {0};
	struct mm_err err = {0};

	(void)state;
	wire_envelope(&body, GROUP_VERSION, "SelfSubjectReview", &(struct mm_buf){0});
	assert_fails(mm_self_subject_review_decode(MM_MEDIA_PROTOBUF, mm_buf_span(&body), "v1beta1", &review, &err),
		     MM_EPARSE, &err);
}

/* ---- refusing ------------------------------------------------------------------------------------------------------ */

static void assert_body_refused(struct mm_span body, enum mm_code code, const char *line)
{
	auto_request request = {0};
	struct mm_err err = {0};

	assert_int_equal(mm_token_request_decode(MM_MEDIA_PROTOBUF, body, &request, &err), code);
	assert_contains(err.text, line);
}

static void assert_object_refused(const struct mm_buf *object, enum mm_code code, const char *line)
{
	mm_auto_buf body = {0};

	wire_envelope(&body, GROUP_VERSION, "TokenRequest", object);
	assert_body_refused(mm_buf_span(&body), code, line);
}

static void another_kind_or_version_is_refused(void **state)
{
	const struct mm_buf nothing = {0};
	mm_auto_buf kind = {0}, version = {0};

	(void)state;
	wire_envelope(&kind, GROUP_VERSION, "Pod", &nothing);
	wire_envelope(&version, "v1", "TokenRequest", &nothing);
	assert_body_refused(
		mm_buf_span(&kind), MM_EPARSE,
		"Pod in version \"v1\" cannot be handled as a TokenRequest: expected kind \"TokenRequest\"");
	assert_body_refused(mm_buf_span(&version), MM_EPARSE,
			    "the API version in the data (v1) does not match the expected API version "
			    "(authentication.k8s.io/v1)");
}

static void without_the_magic_it_is_refused(void **state)
{
	mm_auto_buf body = {0};

	(void)state;
	wire_envelope(&body, GROUP_VERSION, "TokenRequest", &(struct mm_buf){0});
	for (size_t len = 0; len < 4; len++)
		assert_body_refused(mm_span(body.p, len), MM_EPARSE, UNRECOGNIZED "protobuf: it does not begin");
	assert_body_refused(mm_span(body.p, 4), MM_EPARSE, UNRECOGNIZED "protobuf: nothing there");
	body.p[3] = '\n';
	assert_body_refused(mm_buf_span(&body), MM_EPARSE, UNRECOGNIZED "protobuf: it does not begin");
}

static void encoded_content_is_refused(void **state)
{
	mm_auto_buf encoding = {0}, type = {0}, known = {0};
	auto_request request = {0};
	struct mm_err err = {0};

	(void)state;
	mm_buf_add(&encoding, "k8s", 4);
	wire_text(&encoding, 3, "gzip");
	mm_buf_add(&type, "k8s", 4);
	wire_text(&type, 4, "application/json");
	mm_buf_add(&known, "k8s", 4);
	wire_text(&known, 4, "application/vnd.kubernetes.protobuf");
	assert_body_refused(mm_buf_span(&encoding), MM_EPARSE,
			    UNRECOGNIZED "protobuf: the object has a contentEncoding");
	assert_body_refused(mm_buf_span(&type), MM_EPARSE, UNRECOGNIZED "protobuf: the object has a contentType");
	assert_ok(mm_token_request_decode(MM_MEDIA_PROTOBUF, mm_buf_span(&known), &request, &err), &err);
}

/* Cut anywhere, it is either refused or ends between two fields of the envelope. */
static void what_is_cut_off_is_not_read_beyond(void **state)
{
	mm_auto_buf object = {0}, body = {0};
	int refused = 0;

	(void)state;
	kubewire_request(&object, "default", "", KUBEWIRE_NOW, KUBEWIRE_NOW);
	wire_envelope(&body, GROUP_VERSION, "TokenRequest", &object);
	for (size_t len = 0; len < body.len; len++) {
		char *exact = malloc(len ? len : 1);
		auto_request request = {0};

		assert_non_null(exact);
		memcpy(exact, body.p, len);
		refused += mm_token_request_decode(MM_MEDIA_PROTOBUF, mm_span(exact, len), &request, NULL) != MM_OK;
		free(exact);
	}
	assert_int_equal(refused, body.len - 3); /* after the type, the object, and the contentEncoding */
}

static void malformed_objects_are_refused(void **state)
{
	static const struct {
		const char *bytes;
		size_t len;
	} rows[] = {
		{"\x12", 1},                                              /* a tag and nothing else */
		{"\x12\x05", 2},                                          /* longer than what is left */
		{"\x12\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 11},     /* of a length beyond all memory */
		{"\x12\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x00", 12}, /* a varint of eleven bytes */
		{"\x12\x02\x20\x80", 4},                                  /* a varint that does not end */
		{"\x10\x01", 2},                                          /* a number where a message belongs */
		{"\x12\x02\x22\x00", 4},                                  /* bytes where a number belongs */
		{"\x12\x02\x08\x01", 4},                                  /* a number where bytes belong */
		{"\x00\x00", 2},                                          /* field 0 */
		{"\x13\x14", 2},                                          /* a group */
		{"\x16", 1},                                              /* a wire type that there is none of */
		{"\x1d\x00\x00", 3},                                      /* four bytes, of which two are there */
		{"\x19\x00", 2},                                          /* eight, one */
	};

	(void)state;
	for (size_t i = 0; i < MM_COUNT(rows); i++) {
		mm_auto_buf object = {0};

		mm_buf_add(&object, rows[i].bytes, rows[i].len);
		assert_object_refused(&object, MM_EPARSE, UNHANDLED "protobuf: not a well-formed TokenRequest");
	}
}

static void texts_are_utf8_without_nul(void **state)
{
	static const struct mm_span texts[] = {{"a\0b", 3}, {"\0", 1}, {"\xff", 1}, {"\xed\xa0\x80", 3}};

	(void)state;
	for (size_t i = 0; i < MM_COUNT(texts); i++) {
		mm_auto_buf meta = {0}, with_name = {0}, spec = {0}, with_audience = {0}, review = {0}, body = {0};
		auto_review out = {0};
		struct mm_err err = {0};

		wire_bytes(&meta, 1, texts[i]);
		wire_message(&with_name, 1, &meta);
		assert_object_refused(&with_name, MM_EPARSE, UNHANDLED "metadata.name: not UTF-8, or with a NUL");
		wire_bytes(&spec, 1, texts[i]);
		wire_message(&with_audience, 2, &spec);
		assert_object_refused(&with_audience, MM_EPARSE, UNHANDLED "spec.audiences: not UTF-8, or with a NUL");
		wire_message(&review, 2, &spec); /* where field 1 is the token */
		wire_envelope(&body, GROUP_VERSION, "TokenReview", &review);
		assert_fails(mm_token_review_decode(MM_MEDIA_PROTOBUF, mm_buf_span(&body), &out, &err), MM_EPARSE,
			     &err);
	}
}

static void an_annotation_may_be_there_once(void **state)
{
	mm_auto_buf object = {0}, meta = {0};

	(void)state;
	kubewire_annotation(&meta, "a", "1");
	kubewire_annotation(&meta, "a", "2");
	wire_message(&object, 1, &meta);
	assert_object_refused(&object, MM_EPARSE, UNHANDLED "metadata.annotations: \"a\" is there twice");
}

/* An object with so many audiences and annotations, of one to three bytes. */
static void put_many(struct mm_buf *object, int audiences, int annotations)
{
	mm_auto_buf meta = {0}, spec = {0};

	for (int i = 0; i < annotations; i++) {
		mm_auto_buf name = {0};

		mm_buf_add_int(&name, i);
		kubewire_annotation(&meta, name.p, "x");
	}
	for (int i = 0; i < audiences; i++)
		wire_text(&spec, 1, "x");
	wire_message(object, 1, &meta);
	wire_message(object, 2, &spec);
}

static void numbers_and_texts_have_limits(void **state)
{
	mm_auto_buf at_limit = {0}, audiences = {0}, annotations = {0}, long_name = {0}, meta = {0}, name = {0};
	auto_request request = {0};
	struct mm_err err = {0};

	(void)state;
	put_many(&at_limit, 100, 100);
	assert_ok(kubewire_decode(&at_limit, &request, &err), &err);
	assert_int_equal(request.audiences.n, 100);
	assert_int_equal(request.meta.annotation_names.n, 100);
	put_many(&audiences, 101, 0);
	assert_object_refused(&audiences, MM_ELIMIT, UNHANDLED "spec.audiences: 101 of them");
	put_many(&annotations, 0, 101);
	assert_object_refused(&annotations, MM_ELIMIT, UNHANDLED "metadata.annotations: 101 of them");
	mm_buf_printf(&name, "%04097d", 0);
	wire_message(&meta, 1, &name);
	wire_message(&long_name, 1, &meta);
	assert_object_refused(&long_name, MM_ELIMIT, UNHANDLED "metadata.name: a text of 4097 bytes");
}

/* What a body of 64 KiB can hold of the smallest: protobuf-c would take megabytes for each, and gigabytes for two. */
static void many_small_fields_are_refused_before_they_take_memory(void **state)
{
	static const struct mm_span units[] = {
		{"\x78\x00", 2},                 /* unknown numbers */
		{"\x7a\x00", 2},                 /* unknown bytes */
		{"\x0a\x00", 2},                 /* metadata again and again, to be merged */
		{"\x0a\x02\x62\x00", 4},         /* with one annotation each time */
		{"\x12\x02\x0a\x00", 4},         /* spec with one audience each time */
		{"\x1a\x04\x12\x02\x22\x00", 6}, /* status with something unknown in it */
	};

	(void)state;
	for (size_t i = 0; i < MM_COUNT(units); i++) {
		mm_auto_buf object = {0};

		while (object.len < 65000)
			mm_buf_add_span(&object, units[i]);
		assert_object_refused(&object, MM_ELIMIT, "protobuf: more fields in it than");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_bare_request_of_kubectl_is_read),
		cmocka_unit_test(every_field_of_a_token_request_is_read),
		cmocka_unit_test(annotations_are_read_in_order_of_their_names),
		cmocka_unit_test(a_negative_number_is_read),
		cmocka_unit_test(what_is_unknown_is_passed_over),
		cmocka_unit_test(an_envelope_may_be_bare),
		cmocka_unit_test(a_token_review_has_a_token_and_audiences),
		cmocka_unit_test(a_self_subject_review_is_read),
		cmocka_unit_test(a_self_subject_review_of_another_version_is_refused),
		cmocka_unit_test(another_kind_or_version_is_refused),
		cmocka_unit_test(without_the_magic_it_is_refused),
		cmocka_unit_test(encoded_content_is_refused),
		cmocka_unit_test(what_is_cut_off_is_not_read_beyond),
		cmocka_unit_test(malformed_objects_are_refused),
		cmocka_unit_test(texts_are_utf8_without_nul),
		cmocka_unit_test(an_annotation_may_be_there_once),
		cmocka_unit_test(numbers_and_texts_have_limits),
		cmocka_unit_test(many_small_fields_are_refused_before_they_take_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
