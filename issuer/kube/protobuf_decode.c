/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Objects from Kubernetes' protobuf. None of our messages holds itself, so how deeply nested is what was sent has no
 * hold on the stack; what is not in kubernetes.proto is one unknown field, whatever it holds.
 */
#include "generated/kubernetes.pb-c.h"
#include "issuer/kube/arena.h"
#include "issuer/kube/codec.h"

#include <string.h>

static struct mm_span span(ProtobufCBinaryData bytes)
{
	return mm_span(bytes.data, bytes.len);
}

/* ---- texts --------------------------------------------------------------------------------------------------------- */

/* A field, and where its copy goes, which stays NULL for an empty one. */
struct text {
	const char *name;
	ProtobufCBinaryData bytes;
	char **out;
};

static enum mm_code check_utf8(const char *path, const char *name, struct mm_span text, struct mm_err *err)
{
	if (text.len > 0 && (memchr(text.p, '\0', text.len) || !mm_utf8_valid(text)))
		return mm_fail(err, MM_EPARSE, "%s%s: not UTF-8, or with a NUL in it", path, name);
	return MM_OK;
}

static enum mm_code copy_text(const char *path, const struct text *text, struct mm_err *err)
{
	struct mm_span bytes = span(text->bytes);
	enum mm_code code = mm_kube_check_text(path, text->name, bytes.len, err);

	if (code == MM_OK)
		code = check_utf8(path, text->name, bytes, err);
	if (code != MM_OK || bytes.len == 0)
		return code;
	*text->out = strndup(bytes.p, bytes.len);
	return *text->out ? MM_OK : mm_fail(err, MM_ENOMEM, "out of memory");
}

static enum mm_code copy_texts(const char *path, const struct text *texts, size_t n, struct mm_err *err)
{
	enum mm_code code = MM_OK;

	for (size_t i = 0; code == MM_OK && i < n; i++)
		code = copy_text(path, &texts[i], err);
	return code;
}

static enum mm_code copy_audiences(const ProtobufCBinaryData *audiences, size_t n, struct mm_strings *out,
				   struct mm_err *err)
{
	enum mm_code code = mm_kube_check_list("spec.", "audiences", n, err);

	for (size_t i = 0; code == MM_OK && i < n; i++) {
		mm_auto_string copy = NULL;
		const struct text text = {"audiences", audiences[i], &copy};

		code = copy_text("spec.", &text, err);
		if (code == MM_OK)
			code = mm_strings_add(out, copy ? copy : "", err);
	}
	return code;
}

/* ---- the parts of objects ------------------------------------------------------------------------------------------ */

static enum mm_code read_annotation(const K8s__Annotation *sent, struct mm_object_meta *out, struct mm_err *err)
{
	mm_auto_string key = NULL;
	mm_auto_string value = NULL;
	const struct text texts[] = {{"key", sent->key, &key}, {"value", sent->value, &value}};
	enum mm_code code = copy_texts("metadata.annotations.", texts, MM_COUNT(texts), err);

	return code == MM_OK ? mm_kube_annotate(out, key ? key : "", value ? value : "", err) : code;
}

static enum mm_code read_meta(const K8s__ObjectMeta *sent, struct mm_object_meta *out, struct mm_err *err)
{
	static const K8s__ObjectMeta empty = K8S__OBJECT_META__INIT;
	const K8s__ObjectMeta *meta = sent ? sent : &empty;
	const struct text texts[] = {
		{"name", meta->name, &out->name},
		{"namespace", meta->namespace_, &out->namespace},
		{"uid", meta->uid, &out->uid},
	};
	enum mm_code code = copy_texts("metadata.", texts, MM_COUNT(texts), err);

	for (size_t i = 0; code == MM_OK && i < meta->n_annotations; i++)
		code = read_annotation(meta->annotations[i], out, err);
	return code;
}

static enum mm_code read_bound_object(const K8s__BoundObjectReference *sent, struct mm_token_request *out,
				      struct mm_err *err)
{
	const struct text texts[] = {
		{"kind", sent->kind, &out->bound_kind},
		{"apiVersion", sent->api_version, &out->bound_api_version},
		{"name", sent->name, &out->bound_name},
		{"uid", sent->uid, &out->bound_uid},
	};

	out->is_bound = true;
	return copy_texts("spec.boundObjectRef.", texts, MM_COUNT(texts), err);
}

static enum mm_code read_request_spec(const K8s__TokenRequestSpec *sent, struct mm_token_request *out,
				      struct mm_err *err)
{
	enum mm_code code = copy_audiences(sent->audiences, sent->n_audiences, &out->audiences, err);

	out->has_expiration = sent->has_expiration_seconds;
	out->expiration_seconds = sent->expiration_seconds;
	if (code == MM_OK && sent->bound_object_ref)
		code = read_bound_object(sent->bound_object_ref, out, err);
	return code;
}

static enum mm_code read_review_spec(const K8s__TokenReviewSpec *sent, struct mm_token_review *out, struct mm_err *err)
{
	enum mm_code code = check_utf8("spec.", "token", span(sent->token), err);

	if (code != MM_OK)
		return code;
	mm_buf_add_span(&out->token, span(sent->token));
	code = mm_buf_check(&out->token, err);
	if (code == MM_OK)
		code = copy_audiences(sent->audiences, sent->n_audiences, &out->audiences, err);
	return code;
}

/* ---- whole objects ------------------------------------------------------------------------------------------------- */

static enum mm_code unpack_failed(const struct mm_arena *arena, const ProtobufCMessageDescriptor *type,
				  struct mm_err *err)
{
	if (arena->exhausted)
		return mm_fail(err, MM_ELIMIT, "protobuf: more fields in it than %zu bytes of memory can hold",
			       arena->size);
	return mm_fail(err, MM_EPARSE, "protobuf: not a well-formed %s", type->short_name);
}

/* NULL: unpack_failed. */
static const void *unpack(struct mm_arena *arena, const ProtobufCMessageDescriptor *type, struct mm_span bytes)
{
	return protobuf_c_message_unpack(type, &arena->allocator, bytes.len, (const uint8_t *)bytes.p);
}

/* What stands after the magic (pkg/runtime/serializer/protobuf of apimachinery), and room to take it apart. */
static enum mm_code begin(struct mm_arena *arena, struct mm_span *body, struct mm_err *err)
{
	static const char magic[] = {'k', '8', 's', '\0'};

	if (body->len < sizeof magic || memcmp(body->p, magic, sizeof magic) != 0)
		return mm_fail(err, MM_EPARSE, "protobuf: it does not begin with the bytes 6b 38 73 00 (k8s)");
	if (body->len == sizeof magic)
		return mm_fail(err, MM_EPARSE, "protobuf: nothing there, expected an object");
	if (!mm_arena_init(arena, body->len))
		return mm_fail(err, MM_ENOMEM, "out of memory");
	*body = mm_span(body->p + sizeof magic, body->len - sizeof magic);
	return MM_OK;
}

static enum mm_code check_envelope(const K8s__Unknown *envelope, struct mm_err *err)
{
	struct mm_span media = span(envelope->content_type);

	if (envelope->content_encoding.len > 0)
		return mm_fail(err, MM_EPARSE, "protobuf: the object has a contentEncoding, and none is accepted");
	if (media.len > 0 && !mm_span_is(media, mm_media_type(MM_MEDIA_PROTOBUF)))
		return mm_fail(err, MM_EPARSE, "protobuf: the object has a contentType that is not %s",
			       mm_media_type(MM_MEDIA_PROTOBUF));
	return MM_OK;
}

/* Checks all that stands around the object, whose bytes are `*out`. */
static enum mm_code open_envelope(struct mm_arena *arena, struct mm_span body, const struct mm_kube_type *type,
				  struct mm_span *out, struct mm_err *err)
{
	const K8s__Unknown *envelope;
	enum mm_code code = begin(arena, &body, err);

	if (code != MM_OK)
		return mm_kube_unrecognized(type, err, code);
	envelope = unpack(arena, &k8s__unknown__descriptor, body);
	if (!envelope)
		return mm_kube_unrecognized(type, err, unpack_failed(arena, &k8s__unknown__descriptor, err));
	code = check_envelope(envelope, err);
	if (code != MM_OK)
		return mm_kube_unrecognized(type, err, code);
	*out = span(envelope->raw);
	if (!envelope->type_meta)
		return MM_OK;
	return mm_kube_check_type(type, span(envelope->type_meta->kind), span(envelope->type_meta->api_version), err);
}

/* Copies what is wanted of a message. */
typedef enum mm_code reader(const void *message, void *out, struct mm_err *err);

/* The message's name is the kind of the object. */
static enum mm_code decode(struct mm_span body, const ProtobufCMessageDescriptor *descriptor, const char *version,
			   reader *read, void *out, struct mm_err *err)
{
	const struct mm_kube_type type = {descriptor->short_name, version};
	mm_auto_arena arena = {0};
	struct mm_span object = {0};
	const void *message;
	enum mm_code code = open_envelope(&arena, body, &type, &object, err);

	if (code != MM_OK)
		return code;
	message = unpack(&arena, descriptor, object);
	code = message ? read(message, out, err) : unpack_failed(&arena, descriptor, err);
	return mm_kube_unhandled(&type, err, code);
}

static enum mm_code read_request(const void *message, void *out, struct mm_err *err)
{
	const K8s__TokenRequest *sent = message;
	struct mm_token_request *request = out;
	enum mm_code code = read_meta(sent->metadata, &request->meta, err);

	return code == MM_OK && sent->spec ? read_request_spec(sent->spec, request, err) : code;
}

static enum mm_code read_review(const void *message, void *out, struct mm_err *err)
{
	const K8s__TokenReview *sent = message;
	struct mm_token_review *review = out;
	enum mm_code code = read_meta(sent->metadata, &review->meta, err);

	return code == MM_OK && sent->spec ? read_review_spec(sent->spec, review, err) : code;
}

static enum mm_code read_self_subject_review(const void *message, void *out, struct mm_err *err)
{
	const K8s__SelfSubjectReview *sent = message;
	struct mm_self_subject_review *review = out;

	return read_meta(sent->metadata, &review->meta, err);
}

static enum mm_code decode_token_request(struct mm_span body, struct mm_token_request *out, struct mm_err *err)
{
	return decode(body, &k8s__token_request__descriptor, "v1", read_request, out, err);
}

static enum mm_code decode_token_review(struct mm_span body, struct mm_token_review *out, struct mm_err *err)
{
	return decode(body, &k8s__token_review__descriptor, "v1", read_review, out, err);
}

static enum mm_code decode_self_subject_review(struct mm_span body, const char *version,
					       struct mm_self_subject_review *out, struct mm_err *err)
{
	return decode(body, &k8s__self_subject_review__descriptor, version, read_self_subject_review, out, err);
}

const struct mm_kube_decoder mm_kube_protobuf_decoder = {
	.token_request = decode_token_request,
	.token_review = decode_token_review,
	.self_subject_review = decode_self_subject_review,
};
