/* SPDX-License-Identifier: Apache-2.0 */
/* Every byte that is read here was written by wire.c, and what is written is compared with or read by wire.c. */
#include "tests/unit/support.h"
#include "tests/unit/wire.h"

#include <mintmark/kubeapi.h>
#include <stdlib.h>
#include <string.h>

#define NOW           ((mm_time)1795309200)
#define GROUP_VERSION "authentication.k8s.io/v1"
#define UNHANDLED     "TokenRequest in version \"v1\" cannot be handled as a TokenRequest: "
#define UNRECOGNIZED  "the object provided is unrecognized (must be of type TokenRequest): "

#define auto_request MM_CLEANUP(mm_token_request_clear) struct mm_token_request
#define auto_review  MM_CLEANUP(mm_token_review_clear) struct mm_token_review
#define auto_whoami  MM_CLEANUP(mm_self_subject_review_clear) struct mm_self_subject_review

static enum mm_code decode(const struct mm_buf *object, struct mm_token_request *out, struct mm_err *err)
{
	mm_auto_buf body = {0};

	wire_envelope(&body, GROUP_VERSION, "TokenRequest", object);
	return mm_token_request_decode(MM_MEDIA_PROTOBUF, mm_buf_span(&body), out, err);
}

static void assert_same(const struct mm_buf *found, const struct mm_buf *expected)
{
	assert_int_equal(found->len, expected->len);
	assert_memory_equal(found->p, expected->p, expected->len);
}

static void add(struct mm_strings *list, const char *text)
{
	struct mm_err err = {0};

	assert_ok(mm_strings_add(list, text, &err), &err);
}

static char *copy(const char *text)
{
	char *p = strdup(text);

	assert_non_null(p);
	return p;
}

/* ---- what Kubernetes writes ---------------------------------------------------------------------------------------- */

/* ObjectMeta, of which Kubernetes writes the first seven fields also when they are empty. */
static void put_meta(struct mm_buf *out, unsigned field, const char *name, const char *namespace, const char *uid,
		     mm_time created)
{
	mm_auto_buf meta = {0}, time = {0};

	wire_text(&meta, 1, name);
	wire_text(&meta, 2, "");
	wire_text(&meta, 3, namespace);
	wire_text(&meta, 4, "");
	wire_text(&meta, 5, uid);
	wire_text(&meta, 6, "");
	wire_int(&meta, 7, 0);
	if (created != MM_NEVER) {
		wire_int(&time, 1, (uint64_t)created);
		wire_int(&time, 2, 0);
	}
	wire_message(&meta, 8, &time);
	wire_message(out, field, &meta);
}

static void put_bound_object(struct mm_buf *out, unsigned field)
{
	mm_auto_buf object = {0};

	wire_text(&object, 1, "Pod");
	wire_text(&object, 2, "v1");
	wire_text(&object, 3, "web-0");
	wire_text(&object, 4, "u-2");
	wire_message(out, field, &object);
}

static void put_request_status(struct mm_buf *out, unsigned field, const char *token, mm_time expires)
{
	mm_auto_buf status = {0}, time = {0};

	wire_text(&status, 1, token);
	if (expires != MM_NEVER) {
		wire_int(&time, 1, (uint64_t)expires);
		wire_int(&time, 2, 0);
	}
	wire_message(&status, 2, &time);
	wire_message(out, field, &status);
}

/* A request as kubectl 1.32 and later send it with all flags; as an answer, with a status. */
static void put_request(struct mm_buf *out, const char *name, const char *token, mm_time created, mm_time expires)
{
	mm_auto_buf spec = {0};

	wire_text(&spec, 1, "https://sts.example.com");
	wire_text(&spec, 1, "b");
	put_bound_object(&spec, 3);
	wire_int(&spec, 4, 3600);
	put_meta(out, 1, name, "", "", created);
	wire_message(out, 2, &spec);
	put_request_status(out, 3, token, expires);
}

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
	put_meta(&object, 1, "", "", "", MM_NEVER);
	wire_message(&object, 2, &spec);
	put_request_status(&object, 3, "", MM_NEVER);
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
	put_request(&object, "default", "ignored", NOW, NOW);
	assert_ok(decode(&object, &request, &err), &err);
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

static void put_annotation(struct mm_buf *meta, const char *key, const char *value)
{
	mm_auto_buf entry = {0};

	wire_text(&entry, 1, key);
	wire_text(&entry, 2, value);
	wire_message(meta, 12, &entry);
}

static void annotations_are_read_in_order_of_their_names(void **state)
{
	mm_auto_buf object = {0}, meta = {0};
	auto_request request = {0};
	struct mm_err err = {0};

	(void)state;
	put_annotation(&meta, "c", "3");
	put_annotation(&meta, "a", "1");
	put_annotation(&meta, "b", "");
	wire_message(&object, 1, &meta);
	assert_ok(decode(&object, &request, &err), &err);
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
	assert_ok(decode(&object, &request, &err), &err);
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
	put_request(&object, "default", "", NOW, NOW);
	assert_ok(decode(&object, &request, &err), &err);
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
	put_meta(&object, 1, "", "", "", MM_NEVER);
	wire_message(&object, 2, &spec);
	wire_envelope(&body, GROUP_VERSION, "TokenReview", &object);
	assert_ok(mm_token_review_decode(MM_MEDIA_PROTOBUF, mm_buf_span(&body), &review, &err), &err);
	assert_same(&review.token, &token);
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
	put_meta(&object, 1, "", "", "", MM_NEVER);
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
	put_request(&object, "default", "", NOW, NOW);
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
	put_annotation(&meta, "a", "1");
	put_annotation(&meta, "a", "2");
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
		put_annotation(&meta, name.p, "x");
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
	assert_ok(decode(&at_limit, &request, &err), &err);
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

/* ---- writing ------------------------------------------------------------------------------------------------------- */

static void a_token_request_is_answered_as_kubernetes_does(void **state)
{
	mm_auto_buf object = {0}, expected_object = {0}, expected = {0}, found = {0};
	auto_request request = {0};
	struct mm_err err = {0};

	(void)state;
	put_request(&object, "default", "", MM_NEVER, MM_NEVER);
	assert_ok(decode(&object, &request, &err), &err);
	mm_buf_add_str(&request.token, "a.b.c");
	request.meta.created = NOW;
	request.expires = NOW + 3600;
	assert_ok(mm_token_request_encode(MM_MEDIA_PROTOBUF, &request, &found, &err), &err);
	put_request(&expected_object, "default", "a.b.c", NOW, NOW + 3600);
	wire_envelope(&expected, GROUP_VERSION, "TokenRequest", &expected_object);
	assert_same(&found, &expected);
}

static void what_was_left_open_is_left_out(void **state)
{
	mm_auto_buf spec = {0}, object = {0}, expected = {0}, found = {0};
	const struct mm_token_request request = {0};
	struct mm_err err = {0};

	(void)state;
	put_meta(&object, 1, "", "", "", MM_NEVER);
	wire_message(&object, 2, &spec);
	put_request_status(&object, 3, "", MM_NEVER);
	wire_envelope(&expected, GROUP_VERSION, "TokenRequest", &object);
	assert_ok(mm_token_request_encode(MM_MEDIA_PROTOBUF, &request, &found, &err), &err);
	assert_same(&found, &expected);
}

static void annotations_are_answered(void **state)
{
	mm_auto_buf meta = {0}, object = {0}, found = {0};
	auto_request request = {0};
	struct mm_err err = {0};
	struct mm_span answer;

	(void)state;
	put_annotation(&meta, "b", "2");
	put_annotation(&meta, "a", "1");
	wire_message(&object, 1, &meta);
	assert_ok(decode(&object, &request, &err), &err);
	assert_ok(mm_token_request_encode(MM_MEDIA_PROTOBUF, &request, &found, &err), &err);
	answer = wire_open(&found, GROUP_VERSION, "TokenRequest");
	assert_true(mm_span_is(wire_at(answer, "1.12#0.1"), "a"));
	assert_true(mm_span_is(wire_at(answer, "1.12#0.2"), "1"));
	assert_true(mm_span_is(wire_at(answer, "1.12#1.1"), "b"));
	assert_true(mm_span_is(wire_at(answer, "1.12#1.2"), "2"));
	assert_null(wire_at(answer, "1.12#2").p);
}

static void add_user(struct mm_user *user)
{
	user->name = copy("system:serviceaccount:shop:default");
	add(&user->groups, "system:serviceaccounts");
	add(&user->groups, "system:authenticated");
	user->extra[0] = (struct mm_user_extra){"authentication.kubernetes.io/pod-name", copy("p")};
	user->extra[1] = (struct mm_user_extra){"authentication.kubernetes.io/credential-id", copy("JTI=1")};
	user->extra_count = 2;
}

/* UserInfo, its extra in the order of the keys. */
static void assert_user(struct mm_span user)
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
	auto_review review = {.authenticated = true, .meta.created = NOW};
	mm_auto_buf out = {0};
	struct mm_err err = {0};
	struct mm_span answer;

	(void)state;
	mm_buf_add_str(&review.token, "a.b.c");
	add(&review.audiences, "x");
	add(&review.audiences, "y");
	add_user(&review.user);
	add(&review.status_audiences, "y");
	assert_ok(mm_token_review_encode(MM_MEDIA_PROTOBUF, &review, &out, &err), &err);
	answer = wire_open(&out, GROUP_VERSION, "TokenReview");
	assert_int_equal(wire_int_at(answer, "1.8.1", 0), NOW);
	assert_int_equal(wire_int_at(answer, "1.8.2", 1), 0);
	assert_true(mm_span_is(wire_at(answer, "2.1"), "a.b.c"));
	assert_true(mm_span_is(wire_at(answer, "2.2#1"), "y"));
	assert_int_equal(wire_int_at(answer, "3.1", 0), 1);
	assert_user(wire_at(answer, "3.2"));
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
	const struct mm_self_subject_review review = {.version = "v1beta1", .meta.created = NOW, .user = &user};
	mm_auto_buf out = {0};
	struct mm_err err = {0};
	struct mm_span answer;

	(void)state;
	add_user(&user);
	assert_ok(mm_self_subject_review_encode(MM_MEDIA_PROTOBUF, &review, &out, &err), &err);
	answer = wire_open(&out, GROUP_VERSION "beta1", "SelfSubjectReview");
	assert_int_equal(wire_int_at(answer, "1.8.1", 0), NOW);
	assert_user(wire_at(answer, "2.1"));
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
		cmocka_unit_test(a_token_request_is_answered_as_kubernetes_does),
		cmocka_unit_test(what_was_left_open_is_left_out),
		cmocka_unit_test(annotations_are_answered),
		cmocka_unit_test(a_review_of_a_good_token_says_whose_it_is),
		cmocka_unit_test(a_review_of_a_bad_token_says_why),
		cmocka_unit_test(a_self_subject_review_says_who_asks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
