/* SPDX-License-Identifier: Apache-2.0 */
/* Objects from JSON. Lines about a wrong type read as those of Go's encoding/json in kube-apiserver. */
#include "issuer/kube/codec.h"

#include <mintmark/json.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <string.h>

/* An object within the one that was sent, in the words of the line that tells of its members. */
struct place {
	const json_t *object; /* NULL: absent */
	const char *type;     /* Go's struct: "TokenRequestSpec" */
	const char *path;     /* of its members: "spec." */
};

static const char *go_name(const json_t *value)
{
	switch (json_typeof(value)) {
	case JSON_OBJECT: return "object";
	case JSON_ARRAY: return "array";
	case JSON_STRING: return "string";
	case JSON_INTEGER:
	case JSON_REAL: return "number";
	case JSON_TRUE:
	case JSON_FALSE: return "bool";
	case JSON_NULL: break;
	}
	return "null";
}

static enum mm_code misfit(const struct place *at, const char *name, const json_t *found, const char *go_type,
			   struct mm_err *err)
{
	return mm_fail(err, MM_EPARSE, "json: cannot unmarshal %s into Go struct field %s.%s%s of type %s",
		       go_name(found), at->type, at->path, name, go_type);
}

/* NULL also when it is null. */
static const json_t *member(const struct place *at, const char *name)
{
	const json_t *value = json_object_get(at->object, name);

	return json_is_null(value) ? NULL : value;
}

static enum mm_code enter(const struct place *at, const char *name, const char *type, const char *path,
			  struct place *inner, struct mm_err *err)
{
	const json_t *value = member(at, name);
	char go_type[64];

	*inner = (struct place){value, type, path};
	if (!value || json_is_object(value))
		return MM_OK;
	snprintf(go_type, sizeof go_type, "v1.%s", type);
	return misfit(at, name, value, go_type, err);
}

/* NULL when it is absent. */
static enum mm_code find_text(const struct place *at, const char *name, const json_t **out, struct mm_err *err)
{
	*out = member(at, name);
	return !*out || json_is_string(*out) ? MM_OK : misfit(at, name, *out, "string", err);
}

static enum mm_code read_text(const struct place *at, const char *name, char **out, struct mm_err *err)
{
	const json_t *text;
	enum mm_code code = find_text(at, name, &text, err);

	if (code != MM_OK || !text)
		return code;
	code = mm_kube_check_text(at->path, name, json_string_length(text), err);
	if (code != MM_OK)
		return code;
	*out = strdup(json_string_value(text));
	return *out ? MM_OK : mm_fail(err, MM_ENOMEM, "out of memory");
}

static enum mm_code read_texts(const struct place *at, const char *name, struct mm_strings *out, struct mm_err *err)
{
	const json_t *array = member(at, name), *text;
	enum mm_code code = MM_OK;
	size_t i;

	if (array && !json_is_array(array))
		return misfit(at, name, array, "[]string", err);
	code = mm_kube_check_list(at->path, name, json_array_size(array), err);
	for (i = 0; code == MM_OK && i < json_array_size(array); i++) {
		text = json_array_get(array, i);
		if (!json_is_string(text))
			return misfit(at, name, text, "string", err);
		code = mm_kube_check_text(at->path, name, json_string_length(text), err);
		if (code == MM_OK)
			code = mm_strings_add(out, json_string_value(text), err);
	}
	return code;
}

/* Into memory that will be cleansed; the text that it is taken from is cleansed at once. */
static enum mm_code read_secret(const struct place *at, const char *name, struct mm_buf *out, struct mm_err *err)
{
	const json_t *text;
	enum mm_code code = find_text(at, name, &text, err);

	if (code != MM_OK || !text)
		return code;
	mm_buf_add(out, json_string_value(text), json_string_length(text));
	OPENSSL_cleanse((char *)(uintptr_t)json_string_value(text), json_string_length(text));
	return mm_buf_check(out, err);
}

/* ---- metadata ------------------------------------------------------------------------------------------------------ */

static enum mm_code read_annotations(const struct place *at, struct mm_object_meta *out, struct mm_err *err)
{
	const json_t *map = member(at, "annotations");
	json_t *writable = (json_t *)(uintptr_t)map; /* json_object_iter asks for it, and changes nothing */
	const char *name;
	enum mm_code code;
	json_t *value;

	if (map && !json_is_object(map))
		return misfit(at, "annotations", map, "map[string]string", err);
	json_object_foreach(writable, name, value)
	{
		if (!json_is_string(value))
			return misfit(at, "annotations", value, "string", err);
		code = mm_kube_annotate(out, name, json_string_value(value), err);
		if (code != MM_OK)
			return code;
	}
	return MM_OK;
}

static enum mm_code read_meta(const struct place *whole, struct mm_object_meta *out, struct mm_err *err)
{
	struct place at;
	enum mm_code code = enter(whole, "metadata", "ObjectMeta", "metadata.", &at, err);

	if (code == MM_OK)
		code = read_text(&at, "name", &out->name, err);
	if (code == MM_OK)
		code = read_text(&at, "namespace", &out->namespace, err);
	if (code == MM_OK)
		code = read_text(&at, "uid", &out->uid, err);
	if (code == MM_OK)
		code = read_annotations(&at, out, err);
	return code;
}

/* ---- the parts of a TokenRequest ----------------------------------------------------------------------------------- */

static enum mm_code read_expiration(const struct place *at, struct mm_token_request *out, struct mm_err *err)
{
	const json_t *value = member(at, "expirationSeconds");

	if (!value)
		return MM_OK;
	if (!json_is_integer(value))
		return misfit(at, "expirationSeconds", value, "int64", err);
	out->has_expiration = true;
	out->expiration_seconds = json_integer_value(value);
	return MM_OK;
}

static enum mm_code read_bound_object(const struct place *spec, struct mm_token_request *out, struct mm_err *err)
{
	struct place at;
	enum mm_code code = enter(spec, "boundObjectRef", "BoundObjectReference", "spec.boundObjectRef.", &at, err);

	out->is_bound = at.object;
	if (code == MM_OK)
		code = read_text(&at, "kind", &out->bound_kind, err);
	if (code == MM_OK)
		code = read_text(&at, "apiVersion", &out->bound_api_version, err);
	if (code == MM_OK)
		code = read_text(&at, "name", &out->bound_name, err);
	if (code == MM_OK)
		code = read_text(&at, "uid", &out->bound_uid, err);
	return code;
}

/* ---- whole objects ------------------------------------------------------------------------------------------------- */

/* Copies what is wanted of an object. */
typedef enum mm_code reader(const struct place *whole, void *out, struct mm_err *err);

static enum mm_code read_request(const struct place *whole, void *out, struct mm_err *err)
{
	struct mm_token_request *request = out;
	struct place spec;
	enum mm_code code = read_meta(whole, &request->meta, err);

	if (code == MM_OK)
		code = enter(whole, "spec", "TokenRequestSpec", "spec.", &spec, err);
	if (code == MM_OK)
		code = read_texts(&spec, "audiences", &request->audiences, err);
	if (code == MM_OK)
		code = read_expiration(&spec, request, err);
	if (code == MM_OK)
		code = read_bound_object(&spec, request, err);
	return code;
}

static enum mm_code read_review(const struct place *whole, void *out, struct mm_err *err)
{
	struct mm_token_review *review = out;
	struct place spec;
	enum mm_code code = read_meta(whole, &review->meta, err);

	if (code == MM_OK)
		code = enter(whole, "spec", "TokenReviewSpec", "spec.", &spec, err);
	if (code == MM_OK)
		code = read_secret(&spec, "token", &review->token, err);
	if (code == MM_OK)
		code = read_texts(&spec, "audiences", &review->audiences, err);
	return code;
}

static enum mm_code read_self_subject_review(const struct place *whole, void *out, struct mm_err *err)
{
	struct mm_self_subject_review *review = out;

	return read_meta(whole, &review->meta, err);
}

static enum mm_code check_type(const json_t *object, const struct mm_kube_type *type, struct mm_err *err)
{
	const struct place at = {object, "", ""};
	const json_t *sent_kind, *sent_version;
	enum mm_code code = find_text(&at, "kind", &sent_kind, err);

	if (code == MM_OK)
		code = find_text(&at, "apiVersion", &sent_version, err);
	if (code != MM_OK)
		return mm_kube_unrecognized(type, err, mm_context(err, code, "couldn't get version/kind"));
	return mm_kube_check_type(type, mm_span_str(json_string_value(sent_kind)),
				  mm_span_str(json_string_value(sent_version)), err);
}

static enum mm_code decode(struct mm_span body, const struct mm_kube_type *type, reader *read, void *out,
			   struct mm_err *err)
{
	struct place whole = {.type = type->kind, .path = ""};
	json_t *object;
	enum mm_code code = mm_json_load(body, body.len, &object, err);

	if (code != MM_OK)
		return mm_kube_unrecognized(type, err, code);
	whole.object = object;
	code = check_type(object, type, err);
	if (code == MM_OK)
		code = mm_kube_unhandled(type, err, read(&whole, out, err));
	json_decref(object);
	return code;
}

static enum mm_code decode_token_request(struct mm_span body, struct mm_token_request *out, struct mm_err *err)
{
	return decode(body, &(struct mm_kube_type){"TokenRequest", "v1"}, read_request, out, err);
}

static enum mm_code decode_token_review(struct mm_span body, struct mm_token_review *out, struct mm_err *err)
{
	return decode(body, &(struct mm_kube_type){"TokenReview", "v1"}, read_review, out, err);
}

static enum mm_code decode_self_subject_review(struct mm_span body, const char *version,
					       struct mm_self_subject_review *out, struct mm_err *err)
{
	return decode(body, &(struct mm_kube_type){"SelfSubjectReview", version}, read_self_subject_review, out, err);
}

const struct mm_kube_decoder mm_kube_json_decoder = {
	.token_request = decode_token_request,
	.token_review = decode_token_review,
	.self_subject_review = decode_self_subject_review,
};
