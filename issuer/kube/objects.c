/* SPDX-License-Identifier: Apache-2.0 */
/* Kubernetes' objects as such: what both of their forms have in common, and their end. */
#include "issuer/kube/codec.h"

#include <string.h>

/* ---- what is refused in either form ------------------------------------------------------------------------------- */

/* pkg apiserver/pkg/endpoints/handlers: transformDecodeError in rest.go, and create.go. */
enum mm_code mm_kube_unrecognized(const struct mm_kube_type *type, struct mm_err *err, enum mm_code code)
{
	return mm_context(err, code, "the object provided is unrecognized (must be of type %s)", type->kind);
}

enum mm_code mm_kube_unhandled(const struct mm_kube_type *type, struct mm_err *err, enum mm_code code)
{
	return mm_context(err, code, "%s in version \"%s\" cannot be handled as a %s", type->kind, type->version,
			  type->kind);
}

/* As much of it as a line has room for. */
static int shown(struct mm_span text)
{
	enum { SHOWN_MAX = 100 };

	return (int)(text.len < SHOWN_MAX ? text.len : SHOWN_MAX);
}

/* Of "authentication.k8s.io/v1" what stands after the group. */
static struct mm_span version_of(struct mm_span group_version)
{
	const char *slash = memrchr(group_version.p, '/', group_version.len);
	size_t group = slash ? (size_t)(slash + 1 - group_version.p) : 0;

	return mm_span(group_version.p + group, group_version.len - group);
}

static enum mm_code refuse_kind(const struct mm_kube_type *type, struct mm_span kind, struct mm_span group_version,
				struct mm_err *err)
{
	struct mm_span version = group_version.len > 0 ? version_of(group_version) : mm_span_str(type->version);

	return mm_fail(err, MM_EPARSE,
		       "%.*s in version \"%.*s\" cannot be handled as a %s: expected kind \"%s\" of apiVersion "
		       "\"" MM_KUBE_GROUP "/%s\"",
		       shown(kind), kind.p, shown(version), version.p, type->kind, type->kind, type->version);
}

static bool is_version(struct mm_span group_version, const char *version)
{
	static const char group[] = MM_KUBE_GROUP "/";
	const size_t len = strlen(group);

	return mm_span_starts(group_version, group) &&
	       mm_span_is(mm_span(group_version.p + len, group_version.len - len), version);
}

enum mm_code mm_kube_check_type(const struct mm_kube_type *type, struct mm_span sent_kind, struct mm_span sent_version,
				struct mm_err *err)
{
	if (sent_kind.len > 0 && !mm_span_is(sent_kind, type->kind))
		return refuse_kind(type, sent_kind, sent_version, err);
	if (sent_version.len > 0 && !is_version(sent_version, type->version))
		return mm_fail(
			err, MM_EPARSE,
			"the API version in the data (%.*s) does not match the expected API version (" MM_KUBE_GROUP
			"/%s)",
			shown(sent_version), sent_version.p, type->version);
	return MM_OK;
}

enum mm_code mm_kube_check_text(const char *path, const char *name, size_t len, struct mm_err *err)
{
	if (len > MM_KUBE_TEXT_MAX)
		return mm_fail(err, MM_ELIMIT, "%s%s: a text of %zu bytes, of which %d are allowed", path, name, len,
			       MM_KUBE_TEXT_MAX);
	return MM_OK;
}

enum mm_code mm_kube_check_list(const char *path, const char *name, size_t count, struct mm_err *err)
{
	if (count > MM_KUBE_LIST_MAX)
		return mm_fail(err, MM_ELIMIT, "%s%s: %zu of them, of which %d are allowed", path, name, count,
			       MM_KUBE_LIST_MAX);
	return MM_OK;
}

/* ---- maps, whose entries Go writes in the order of their keys --------------------------------------------------------------------------------------------------- */

/* Moves the last one to place `to`. */
static void move_last(struct mm_strings *list, size_t to)
{
	char *last = list->v[list->n - 1];

	memmove(list->v + to + 1, list->v + to, (list->n - 1 - to) * sizeof *list->v);
	list->v[to] = last;
}

/* The place of the first name that does not come before it. */
static size_t place_of(const struct mm_strings *names, const char *name)
{
	size_t at = 0;

	while (at < names->n && strcmp(names->v[at], name) < 0)
		at++;
	return at;
}

enum mm_code mm_kube_annotate(struct mm_object_meta *meta, const char *name, const char *value, struct mm_err *err)
{
	struct mm_strings *names = &meta->annotation_names, *values = &meta->annotation_values;
	size_t at = place_of(names, name);
	enum mm_code code = mm_kube_check_list("metadata.", "annotations", names->n + 1, err);

	if (code == MM_OK)
		code = mm_kube_check_text("metadata.", "annotations", strlen(name), err);
	if (code == MM_OK)
		code = mm_kube_check_text("metadata.", "annotations", strlen(value), err);
	if (code == MM_OK && at < names->n && strcmp(names->v[at], name) == 0)
		code = mm_fail(err, MM_EPARSE, "metadata.annotations: \"%.100s\" is there twice", name);
	if (code == MM_OK)
		code = mm_strings_add(values, value, err);
	if (code == MM_OK)
		code = mm_strings_add(names, name, err);
	if (code != MM_OK)
		return code;
	move_last(names, at);
	move_last(values, at);
	return MM_OK;
}

/* At most MM_USER_EXTRA_MAX entries are seldom more than two: the key with `i` smaller ones. */
const struct mm_user_extra *mm_kube_extra_at(const struct mm_user *user, size_t i)
{
	for (size_t candidate = 0; candidate < user->extra_count; candidate++) {
		size_t smaller = 0;

		for (size_t other = 0; other < user->extra_count; other++)
			smaller += strcmp(user->extra[other].key, user->extra[candidate].key) < 0;
		if (smaller == i)
			return &user->extra[candidate];
	}
	return NULL;
}

/* ---- their end ----------------------------------------------------------------------------------------------------- */

static void meta_clear(struct mm_object_meta *meta)
{
	mm_string_free(&meta->name);
	mm_string_free(&meta->namespace);
	mm_string_free(&meta->uid);
	mm_strings_free(&meta->annotation_names);
	mm_strings_free(&meta->annotation_values);
}

void mm_token_request_clear(struct mm_token_request *request)
{
	meta_clear(&request->meta);
	mm_strings_free(&request->audiences);
	mm_string_free(&request->bound_kind);
	mm_string_free(&request->bound_api_version);
	mm_string_free(&request->bound_name);
	mm_string_free(&request->bound_uid);
	mm_buf_free(&request->token);
	*request = (struct mm_token_request){0};
}

void mm_token_review_clear(struct mm_token_review *review)
{
	meta_clear(&review->meta);
	mm_buf_free(&review->token);
	mm_strings_free(&review->audiences);
	mm_user_clear(&review->user);
	mm_strings_free(&review->status_audiences);
	mm_buf_free(&review->error);
	*review = (struct mm_token_review){0};
}

void mm_self_subject_review_clear(struct mm_self_subject_review *review)
{
	meta_clear(&review->meta);
	*review = (struct mm_self_subject_review){0};
}
