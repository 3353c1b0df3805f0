/* SPDX-License-Identifier: Apache-2.0 */
#include "issuer/publish/s3_object.h"

#include <stdlib.h>
#include <string.h>

#define MARK_ISSUER   "x-amz-meta-mintmark-issuer"
#define MARK_REVISION "x-amz-meta-mintmark-revision"

/* Clears all but the key. */
static void forget(struct mm_s3_object *object)
{
	char *key = mm_take(object->key);

	mm_s3_object_clear(object);
	object->key = key;
}

void mm_s3_object_clear(struct mm_s3_object *object)
{
	free(object->key);
	mm_buf_free(&object->body);
	free(object->etag);
	free(object->content_type);
	free(object->cache_control);
	free(object->issuer);
	free(object->revision);
	*object = (struct mm_s3_object){0};
}

/* ---- looking ---------------------------------------------------------------------------------------------------- */

static enum mm_code take_headers(struct mm_s3_client *client, struct mm_s3_object *object, struct mm_err *err)
{
	const struct {
		const char *name;
		char **to;
	} rows[] = {
		{"etag", &object->etag},
		{"content-type", &object->content_type},
		{"cache-control", &object->cache_control},
		{MARK_ISSUER, &object->issuer},
		{MARK_REVISION, &object->revision},
	};

	for (size_t i = 0; i < MM_COUNT(rows); i++) {
		const char *value = mm_s3_header(client, rows[i].name);

		if (value && !(*rows[i].to = strdup(value)))
			return mm_fail(err, MM_ENOMEM, "out of memory");
	}
	return MM_OK;
}

static enum mm_code judge_look(struct mm_s3_client *client, const struct mm_s3_answer *answer,
			       struct mm_s3_object *object, struct mm_err *err)
{
	struct mm_s3_error error;

	mm_s3_error_read(mm_buf_span(&answer->body), &error);
	if (answer->status == 404 && strcmp(error.code, "NoSuchBucket") != 0)
		object->seen = MM_S3_ABSENT;
	else if (answer->status == 403 && (error.code[0] == '\0' || strcmp(error.code, "AccessDenied") == 0))
		object->seen = MM_S3_HIDDEN;
	else
		return mm_s3_fail(client, answer, err);
	return MM_OK;
}

/* GET and not HEAD: it says which bytes are there, and the answer to a HEAD has no room for why it fails. */
enum mm_code mm_s3_object_look(struct mm_s3_client *client, struct mm_s3_object *object, struct mm_err *err)
{
	mm_auto_s3_answer answer = {0};
	enum mm_code code = mm_s3_get(client, object->key, &answer, err);

	forget(object);
	if (code != MM_OK)
		return code;
	if (answer.status != 200)
		return mm_context(err, judge_look(client, &answer, object, err), "%s", object->key);
	object->seen = MM_S3_THERE;
	object->body = answer.body;
	answer.body = (struct mm_buf){0};
	return take_headers(client, object, err);
}

bool mm_s3_object_revision(const struct mm_s3_object *object, uint64_t *revision)
{
	const char *text = object->revision ? object->revision : "";

	*revision = 0;
	if (*text == '\0' || (text[0] == '0' && text[1] != '\0'))
		return false;
	for (; *text != '\0'; text++) {
		if (*text < '0' || *text > '9' || __builtin_mul_overflow(*revision, 10u, revision) ||
		    __builtin_add_overflow(*revision, (unsigned)(*text - '0'), revision))
			return false;
	}
	return true;
}

/* ---- what it is to be ------------------------------------------------------------------------------------------- */

static void add_cache_control(struct mm_buf *out, const struct mm_s3_content *content)
{
	mm_buf_printf(out, "public, max-age=%lld", (long long)content->max_age);
}

static bool is_text(const char *found, const char *wanted)
{
	return found && strcmp(found, wanted) == 0;
}

bool mm_s3_object_is(const struct mm_s3_object *object, const struct mm_s3_content *content)
{
	mm_auto_buf cache_control = {0};
	uint64_t revision;

	add_cache_control(&cache_control, content);
	return object->seen == MM_S3_THERE && !cache_control.failed &&
	       mm_span_eq(mm_buf_span(&object->body), mm_buf_span(&content->document->body)) &&
	       mm_s3_object_revision(object, &revision) && revision == content->revision &&
	       is_text(object->issuer, content->issuer) &&
	       is_text(object->content_type, content->document->content_type) &&
	       is_text(object->cache_control, cache_control.p);
}

/* ---- putting ---------------------------------------------------------------------------------------------------- */

static enum mm_code add_header(struct mm_strings *headers, const char *name, const char *value, struct mm_err *err)
{
	mm_auto_buf row = {0};
	enum mm_code code;

	mm_buf_printf(&row, "%s: %s", name, value);
	code = mm_buf_check(&row, err);
	return code == MM_OK ? mm_strings_add(headers, row.p, err) : code;
}

/* What is seen as absent must still be so; what is there must be what it was. */
static enum mm_code add_condition(struct mm_strings *headers, const struct mm_s3_object *object, struct mm_err *err)
{
	if (object->seen == MM_S3_THERE)
		return add_header(headers, "If-Match", object->etag, err);
	return add_header(headers, "If-None-Match", "*", err);
}

static enum mm_code make_headers(const struct mm_s3_content *content, struct mm_strings *headers, struct mm_err *err)
{
	mm_auto_buf cache_control = {0}, revision = {0};
	enum mm_code code;

	add_cache_control(&cache_control, content);
	mm_buf_printf(&revision, "%llu", (unsigned long long)content->revision);
	if (cache_control.failed || revision.failed)
		return mm_fail(err, MM_ENOMEM, "out of memory");
	code = add_header(headers, "Content-Type", content->document->content_type, err);
	if (code == MM_OK)
		code = add_header(headers, "Cache-Control", cache_control.p, err);
	if (code == MM_OK)
		code = add_header(headers, MARK_ISSUER, content->issuer, err);
	if (code == MM_OK)
		code = add_header(headers, MARK_REVISION, revision.p, err);
	return code;
}

/*
 * 412: somebody was faster; 409: somebody is at it just now; 404: what was to be replaced is gone (Amazon S3 User
 * Guide, "How to prevent object overwrites with conditional writes").
 */
static enum mm_code judge_put(struct mm_s3_client *client, const struct mm_s3_answer *answer, bool replaces,
			      enum mm_s3_put_outcome *outcome, struct mm_err *err)
{
	struct mm_s3_error error;
	bool gone;

	mm_s3_error_read(mm_buf_span(&answer->body), &error);
	gone = replaces && answer->status == 404 && strcmp(error.code, "NoSuchBucket") != 0;
	if (answer->status >= 200 && answer->status < 300)
		*outcome = MM_S3_PUT_DONE;
	else if (answer->status == 412 || answer->status == 409 || gone)
		*outcome = MM_S3_PUT_OVERTAKEN;
	else if (mm_s3_error_is_of_condition(answer->status, &error))
		*outcome = MM_S3_PUT_NO_CONDITIONS;
	else
		return mm_s3_fail(client, answer, err);
	return MM_OK;
}

enum mm_code mm_s3_object_put(struct mm_s3_client *client, const struct mm_s3_object *object,
			      const struct mm_s3_content *content, bool conditional, enum mm_s3_put_outcome *outcome,
			      struct mm_err *err)
{
	mm_auto_strings headers = {0};
	mm_auto_s3_answer answer = {0};
	bool replaces = object->seen == MM_S3_THERE;
	enum mm_code code = make_headers(content, &headers, err);

	*outcome = MM_S3_PUT_NO_CONDITIONS;
	if (conditional && replaces && !object->etag)
		return code; /* nothing to be compared with */
	if (code == MM_OK && conditional)
		code = add_condition(&headers, object, err);
	if (code == MM_OK)
		code = mm_s3_put(client, object->key, &headers, mm_buf_span(&content->document->body), &answer, err);
	if (code != MM_OK)
		return code;
	return mm_context(err, judge_put(client, &answer, replaces, outcome, err), "%s", object->key);
}
