/* SPDX-License-Identifier: Apache-2.0 */
/* Objects as JSON, members and their order as in Go's structs of k8s.io/api, so byte for byte as kube-apiserver. */
#include "issuer/kube/codec.h"

#include <mintmark/json.h>

/* Bytes for which the rest of most answers has room beside the token: one allocation instead of several. */
enum { ROOM = 1024 };

static void add(struct mm_buf *out, const char *json)
{
	mm_buf_add_str(out, json);
}

/* The name of a member, after a comma unless it is the first of its object. */
static void add_name(struct mm_buf *out, const char *name)
{
	if (out->len > 0 && out->p[out->len - 1] != '{')
		mm_buf_add(out, ",", 1);
	mm_buf_add(out, "\"", 1);
	mm_buf_add_str(out, name);
	mm_buf_add(out, "\":", 2);
}

/* Go's omitempty: nothing at all without a text. */
static void add_text(struct mm_buf *out, const char *name, const char *text)
{
	if (!text || *text == '\0')
		return;
	add_name(out, name);
	mm_json_add_string(out, text);
}

static void add_time(struct mm_buf *out, const char *name, mm_time time)
{
	char text[MM_TIME_TEXT_SIZE];

	add_name(out, name);
	if (time == MM_NEVER) {
		add(out, "null");
		return;
	}
	mm_time_format(time, text);
	mm_json_add_string(out, text);
}

static void add_array(struct mm_buf *out, const struct mm_strings *list)
{
	for (size_t i = 0; i < list->n; i++) {
		mm_buf_add(out, i == 0 ? "[" : ",", 1);
		mm_json_add_string(out, list->v[i]);
	}
	add(out, list->n == 0 ? "null" : "]");
}

/* Go's omitempty. */
static void add_texts(struct mm_buf *out, const char *name, const struct mm_strings *list)
{
	if (list->n == 0)
		return;
	add_name(out, name);
	add_array(out, list);
}

static void begin(struct mm_buf *out, const char *kind, const char *version, const struct mm_object_meta *meta)
{
	add(out, "{\"kind\":\"");
	add(out, kind);
	add(out, "\",\"apiVersion\":\"" MM_KUBE_GROUP "/");
	add(out, version);
	add(out, "\",\"metadata\":{");
	add_text(out, "name", meta->name);
	add_text(out, "namespace", meta->namespace);
	add_text(out, "uid", meta->uid);
	add_time(out, "creationTimestamp", meta->created);
	if (meta->annotation_names.n > 0) {
		add(out, ",\"annotations\":{");
		for (size_t i = 0; i < meta->annotation_names.n; i++) {
			if (i > 0)
				add(out, ",");
			mm_json_add_string(out, meta->annotation_names.v[i]);
			add(out, ":");
			mm_json_add_string(out, meta->annotation_values.v[i]);
		}
		add(out, "}");
	}
	add(out, "}");
}

/* ---- TokenRequest -------------------------------------------------------------------------------------------------- */

static void add_bound_object(struct mm_buf *out, const struct mm_token_request *request)
{
	add_name(out, "boundObjectRef");
	if (!request->is_bound) {
		add(out, "null");
		return;
	}
	add(out, "{");
	add_text(out, "kind", request->bound_kind);
	add_text(out, "apiVersion", request->bound_api_version);
	add_text(out, "name", request->bound_name);
	add_text(out, "uid", request->bound_uid);
	add(out, "}");
}

static void encode_token_request(const struct mm_token_request *request, struct mm_buf *out)
{
	mm_buf_reserve(out, request->token.len + ROOM);
	begin(out, "TokenRequest", "v1", &request->meta);
	add(out, ",\"spec\":{\"audiences\":");
	add_array(out, &request->audiences);
	add(out, ",\"expirationSeconds\":");
	if (request->has_expiration)
		mm_buf_add_int(out, request->expiration_seconds);
	else
		add(out, "null");
	add_bound_object(out, request);
	add(out, "},\"status\":{\"token\":");
	mm_json_add_string(out, mm_buf_span(&request->token).p);
	add_time(out, "expirationTimestamp", request->expires);
	add(out, "}}\n");
}

/* ---- reviews ------------------------------------------------------------------------------------------------------- */

static void add_user(struct mm_buf *out, const char *name, const struct mm_user *user)
{
	add_name(out, name);
	add(out, "{");
	add_text(out, "username", user->name);
	add_text(out, "uid", user->uid);
	add_texts(out, "groups", &user->groups);
	if (user->extra_count > 0) {
		add_name(out, "extra");
		add(out, "{");
		for (size_t i = 0; i < user->extra_count; i++) {
			const struct mm_user_extra *extra = mm_kube_extra_at(user, i);

			add_name(out, extra->key);
			add(out, "[");
			mm_json_add_string(out, extra->value);
			add(out, "]");
		}
		add(out, "}");
	}
	add(out, "}");
}

static void encode_token_review(const struct mm_token_review *review, struct mm_buf *out)
{
	mm_buf_reserve(out, review->token.len + ROOM);
	begin(out, "TokenReview", "v1", &review->meta);
	add(out, ",\"spec\":{");
	add_text(out, "token", review->token.p);
	add_texts(out, "audiences", &review->audiences);
	add(out, "},\"status\":{");
	if (review->authenticated)
		add(out, "\"authenticated\":true");
	add_user(out, "user", &review->user);
	add_texts(out, "audiences", &review->status_audiences);
	add_text(out, "error", review->error.p);
	add(out, "}}\n");
}

static void encode_self_subject_review(const struct mm_self_subject_review *review, struct mm_buf *out)
{
	static const struct mm_user nobody;

	begin(out, "SelfSubjectReview", review->version, &review->meta);
	add(out, ",\"status\":{");
	add_user(out, "userInfo", review->user ? review->user : &nobody);
	add(out, "}}\n");
}

/* ---- Status -------------------------------------------------------------------------------------------------------- */

/* As add_text, for a text that may be anything. */
static void add_foreign(struct mm_buf *out, const char *name, const char *text)
{
	if (!text || *text == '\0')
		return;
	add_name(out, name);
	mm_json_add_text(out, text);
}

static void add_cause(struct mm_buf *out, const struct mm_kube_status *status)
{
	add_name(out, "causes");
	add(out, "[{");
	add_text(out, "reason", status->cause_reason);
	add_foreign(out, "message", status->cause_message.p);
	add_text(out, "field", status->cause_field);
	add(out, "}]");
}

static void add_details(struct mm_buf *out, const struct mm_kube_status *status)
{
	add_name(out, "details");
	add(out, "{");
	add_foreign(out, "name", status->name.p);
	add_text(out, "group", status->group);
	add_text(out, "kind", status->kind);
	if (status->cause_reason)
		add_cause(out, status);
	if (status->retry_after > 0) {
		add_name(out, "retryAfterSeconds");
		mm_buf_add_int(out, status->retry_after);
	}
	add(out, "}");
}

static void encode_status(const struct mm_kube_status *status, struct mm_buf *out)
{
	add(out, "{\"kind\":\"Status\",\"apiVersion\":\"v1\",\"metadata\":{},\"status\":\"Failure\"");
	add_foreign(out, "message", status->message.p);
	add_text(out, "reason", status->reason);
	if (mm_kube_status_has_details(status))
		add_details(out, status);
	add_name(out, "code");
	mm_buf_add_int(out, status->code);
	add(out, "}\n");
}

const struct mm_kube_encoder mm_kube_json_encoder = {
	.token_request = encode_token_request,
	.token_review = encode_token_review,
	.self_subject_review = encode_self_subject_review,
	.status = encode_status,
};
