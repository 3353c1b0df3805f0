/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Objects as Kubernetes' protobuf, with the fields that Kubernetes' own encoder writes (Marshal in generated.pb.go): all
 * but pointers that are nil and lists that are empty. So "" and 0 are written too.
 *
 * A message of protobuf-c is a tree of structs that borrow their texts. Each is built on the stack; only lists take
 * memory, and when there is none, `out` fails.
 */
#include "generated/kubernetes.pb-c.h"
#include "issuer/kube/codec.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SET(message, field, value) ((message)->has_##field = true, (message)->field = (value))

/* NULL is written as "". */
static ProtobufCBinaryData text(const char *p)
{
	return (ProtobufCBinaryData){p ? strlen(p) : 0, (uint8_t *)(uintptr_t)p};
}

static ProtobufCBinaryData bytes(struct mm_span span)
{
	return (ProtobufCBinaryData){span.len, (uint8_t *)(uintptr_t)span.p};
}

static void *allocate(size_t n, size_t size, struct mm_buf *out)
{
	void *p = n > 0 ? calloc(n, size) : NULL;

	out->failed |= n > 0 && !p;
	return p;
}

struct list {
	size_t n;
	ProtobufCBinaryData *v;
};

static struct list list_of(const struct mm_strings *texts, struct mm_buf *out)
{
	struct list list = {.v = allocate(texts->n, sizeof *list.v, out)};

	for (; list.v && list.n < texts->n; list.n++)
		list.v[list.n] = text(texts->v[list.n]);
	return list;
}

static void list_free(struct list *list)
{
	free(list->v);
}
#define auto_list MM_CLEANUP(list_free) struct list

/* ---- what stands around each object -------------------------------------------------------------------------------- */

static void pack(const ProtobufCMessage *message, struct mm_buf *out)
{
	char *room = mm_buf_reserve(out, protobuf_c_message_get_packed_size(message));

	if (room)
		out->len += protobuf_c_message_pack(message, (uint8_t *)room);
}

/* As pkg/runtime/serializer/protobuf of apimachinery does it; the message's name is the kind of the object. */
static void pack_object(const ProtobufCMessage *object, const char *api_version, struct mm_buf *out)
{
	K8s__TypeMeta type = K8S__TYPE_META__INIT;
	K8s__Unknown envelope = K8S__UNKNOWN__INIT;
	mm_auto_buf raw = {0};

	pack(object, &raw);
	SET(&type, api_version, text(api_version));
	SET(&type, kind, text(object->descriptor->short_name));
	envelope.type_meta = &type;
	SET(&envelope, raw, bytes(mm_buf_span(&raw)));
	SET(&envelope, content_encoding, text(""));
	SET(&envelope, content_type, text(""));
	mm_buf_add(out, "k8s", sizeof "k8s"); /* with its NUL */
	pack(&envelope.base, out);
	out->failed |= raw.failed;
}

static void pack_ours(const ProtobufCMessage *object, const char *version, struct mm_buf *out)
{
	char api_version[sizeof MM_KUBE_GROUP "/v1beta1"];

	snprintf(api_version, sizeof api_version, MM_KUBE_GROUP "/%s", version);
	pack_object(object, api_version, out);
}

/* ---- metadata ------------------------------------------------------------------------------------------------------ */

static K8s__Time time_of(mm_time time)
{
	K8s__Time message = K8S__TIME__INIT;

	if (time != MM_NEVER) {
		SET(&message, seconds, time);
		SET(&message, nanos, 0);
	}
	return message;
}

struct meta {
	K8s__ObjectMeta message;
	K8s__Time created;
	K8s__Annotation *annotations;
	K8s__Annotation **pointers; /* to each of them */
};

static void annotate(struct meta *meta, const struct mm_object_meta *from, struct mm_buf *out)
{
	size_t n = from->annotation_names.n;

	meta->annotations = allocate(n, sizeof *meta->annotations, out);
	meta->pointers = allocate(n, sizeof *meta->pointers, out);
	if (!meta->annotations || !meta->pointers)
		return;
	for (size_t i = 0; i < n; i++) {
		K8s__Annotation *annotation = meta->pointers[i] = &meta->annotations[i];

		k8s__annotation__init(annotation);
		SET(annotation, key, text(from->annotation_names.v[i]));
		SET(annotation, value, text(from->annotation_values.v[i]));
	}
	meta->message.n_annotations = n;
	meta->message.annotations = meta->pointers;
}

/* `*meta` must stay where it is. */
static void meta_init(struct meta *meta, const struct mm_object_meta *from, struct mm_buf *out)
{
	K8s__ObjectMeta *message = &meta->message;

	k8s__object_meta__init(message);
	SET(message, name, text(from->name));
	SET(message, generate_name, text(""));
	SET(message, namespace_, text(from->namespace));
	SET(message, self_link, text(""));
	SET(message, uid, text(from->uid));
	SET(message, resource_version, text(""));
	SET(message, generation, 0);
	meta->created = time_of(from->created);
	message->creation_timestamp = &meta->created;
	annotate(meta, from, out);
}

static void meta_free(struct meta *meta)
{
	free(meta->annotations);
	free(meta->pointers);
}
#define auto_meta MM_CLEANUP(meta_free) struct meta

/* ---- TokenRequest -------------------------------------------------------------------------------------------------- */

static void encode_token_request(const struct mm_token_request *request, struct mm_buf *out)
{
	K8s__TokenRequest message = K8S__TOKEN_REQUEST__INIT;
	K8s__TokenRequestSpec spec = K8S__TOKEN_REQUEST_SPEC__INIT;
	K8s__BoundObjectReference bound = K8S__BOUND_OBJECT_REFERENCE__INIT;
	K8s__TokenRequestStatus status = K8S__TOKEN_REQUEST_STATUS__INIT;
	K8s__Time expires = time_of(request->expires);
	auto_list audiences = list_of(&request->audiences, out);
	auto_meta meta = {0};

	meta_init(&meta, &request->meta, out);
	SET(&bound, kind, text(request->bound_kind));
	SET(&bound, api_version, text(request->bound_api_version));
	SET(&bound, name, text(request->bound_name));
	SET(&bound, uid, text(request->bound_uid));
	spec.n_audiences = audiences.n;
	spec.audiences = audiences.v;
	spec.bound_object_ref = request->is_bound ? &bound : NULL;
	spec.has_expiration_seconds = request->has_expiration;
	spec.expiration_seconds = request->expiration_seconds;
	SET(&status, token, bytes(mm_buf_span(&request->token)));
	status.expiration_timestamp = &expires;
	message.metadata = &meta.message;
	message.spec = &spec;
	message.status = &status;
	pack_ours(&message.base, "v1", out);
}

/* ---- reviews ------------------------------------------------------------------------------------------------------- */

struct user {
	K8s__UserInfo message;
	struct list groups;
	K8s__Extra extra[MM_USER_EXTRA_MAX];
	K8s__Extra *pointers[MM_USER_EXTRA_MAX]; /* to each of them */
	K8s__ExtraValue values[MM_USER_EXTRA_MAX];
	ProtobufCBinaryData items[MM_USER_EXTRA_MAX]; /* one for each value */
};

/* `*user` must stay where it is. */
static void user_init(struct user *user, const struct mm_user *from, struct mm_buf *out)
{
	K8s__UserInfo *message = &user->message;

	k8s__user_info__init(message);
	SET(message, username, text(from->name));
	SET(message, uid, text(from->uid));
	user->groups = list_of(&from->groups, out);
	message->n_groups = user->groups.n;
	message->groups = user->groups.v;
	for (size_t i = 0; i < from->extra_count; i++) {
		const struct mm_user_extra *extra = mm_kube_extra_at(from, i);

		k8s__extra__init(&user->extra[i]);
		SET(&user->extra[i], key, text(extra->key));
		user->extra[i].value = &user->values[i];
		k8s__extra_value__init(&user->values[i]);
		user->values[i].n_items = 1;
		user->values[i].items = &user->items[i];
		user->items[i] = text(extra->value);
		user->pointers[i] = &user->extra[i];
	}
	message->n_extra = from->extra_count;
	message->extra = user->pointers;
}

static void user_free(struct user *user)
{
	list_free(&user->groups);
}
#define auto_user MM_CLEANUP(user_free) struct user

static void encode_token_review(const struct mm_token_review *review, struct mm_buf *out)
{
	K8s__TokenReview message = K8S__TOKEN_REVIEW__INIT;
	K8s__TokenReviewSpec spec = K8S__TOKEN_REVIEW_SPEC__INIT;
	K8s__TokenReviewStatus status = K8S__TOKEN_REVIEW_STATUS__INIT;
	auto_list audiences = list_of(&review->audiences, out);
	auto_list status_audiences = list_of(&review->status_audiences, out);
	auto_meta meta = {0};
	auto_user user = {0};

	meta_init(&meta, &review->meta, out);
	user_init(&user, &review->user, out);
	SET(&spec, token, bytes(mm_buf_span(&review->token)));
	spec.n_audiences = audiences.n;
	spec.audiences = audiences.v;
	SET(&status, authenticated, review->authenticated);
	status.user = &user.message;
	SET(&status, error, bytes(mm_buf_span(&review->error)));
	status.n_audiences = status_audiences.n;
	status.audiences = status_audiences.v;
	message.metadata = &meta.message;
	message.spec = &spec;
	message.status = &status;
	pack_ours(&message.base, "v1", out);
}

static void encode_self_subject_review(const struct mm_self_subject_review *review, struct mm_buf *out)
{
	static const struct mm_user nobody;
	K8s__SelfSubjectReview message = K8S__SELF_SUBJECT_REVIEW__INIT;
	K8s__SelfSubjectReviewStatus status = K8S__SELF_SUBJECT_REVIEW_STATUS__INIT;
	auto_meta meta = {0};
	auto_user user = {0};

	meta_init(&meta, &review->meta, out);
	user_init(&user, review->user ? review->user : &nobody, out);
	status.user_info = &user.message;
	message.metadata = &meta.message;
	message.status = &status;
	pack_ours(&message.base, review->version, out);
}

/* ---- Status -------------------------------------------------------------------------------------------------------- */

static void encode_status(const struct mm_kube_status *from, struct mm_buf *out)
{
	K8s__Status message = K8S__STATUS__INIT;
	K8s__ListMeta meta = K8S__LIST_META__INIT;
	K8s__StatusDetails details = K8S__STATUS_DETAILS__INIT;
	K8s__StatusCause cause = K8S__STATUS_CAUSE__INIT;
	K8s__StatusCause *causes[] = {&cause};
	mm_auto_buf text_of_message = {0}, name = {0}, text_of_cause = {0};

	mm_kube_mend(&from->message, &text_of_message);
	mm_kube_mend(&from->name, &name);
	mm_kube_mend(&from->cause_message, &text_of_cause);
	SET(&meta, self_link, text(""));
	SET(&meta, resource_version, text(""));
	SET(&meta, continue_token, text(""));
	SET(&cause, reason, text(from->cause_reason));
	SET(&cause, message, bytes(mm_buf_span(&text_of_cause)));
	SET(&cause, field, text(from->cause_field));
	SET(&details, name, bytes(mm_buf_span(&name)));
	SET(&details, group, text(from->group));
	SET(&details, kind, text(from->kind));
	details.n_causes = from->cause_reason ? 1 : 0;
	details.causes = causes;
	SET(&details, retry_after_seconds, from->retry_after);
	SET(&details, uid, text(""));
	message.metadata = &meta;
	SET(&message, status, text("Failure"));
	SET(&message, message, bytes(mm_buf_span(&text_of_message)));
	SET(&message, reason, text(from->reason));
	message.details = mm_kube_status_has_details(from) ? &details : NULL;
	SET(&message, code, from->code);
	pack_object(&message.base, "v1", out);
	out->failed |= text_of_message.failed || name.failed || text_of_cause.failed;
}

const struct mm_kube_encoder mm_kube_protobuf_encoder = {
	.token_request = encode_token_request,
	.token_review = encode_token_review,
	.self_subject_review = encode_self_subject_review,
	.status = encode_status,
};
