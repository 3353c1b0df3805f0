/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The handlers of the Kubernetes API: a body becomes an object, the object is answered (tokenapi.h), the answer becomes
 * a body. Every refusal on the way is a Status.
 */
#include "issuer/http/handlers_dev.h"
#include "issuer/http/response.h"
#include "issuer/http/stats.h"
#include "issuer/http/tokenlog.h"

#include <mintmark/tokenapi.h>
#include <string.h>

#define NAME_SIZE 254 /* of the longest segment of a path, and NUL */

/* ---- what all have in common ------------------------------------------------------------------------------------- */

/*
 * The form of the body. False, and a status: the answer could not be read (406), or the body cannot (415); in
 * Kubernetes' order and words.
 */
static bool agree_on_media(const struct mm_context *context, const struct mm_request *request, enum mm_media *media,
			   struct mm_kube_status *status)
{
	if (!context->acceptable) {
		mm_status_fill(status, 406,
			       "only the following media types are accepted: application/json, "
			       "application/vnd.kubernetes.protobuf");
		return false;
	}
	if (!mm_media_of_body(mm_request_header(request, "Content-Type"), media)) {
		mm_status_fill(status, 415,
			       "the body of the request was in an unknown format - accepted media types include: "
			       "application/json, application/vnd.kubernetes.protobuf");
		return false;
	}
	return true;
}

/* What could not be decoded is the caller's fault, unless there was no memory for it. */
static void set_undecoded(struct mm_kube_status *status, enum mm_code code, const struct mm_err *err)
{
	mm_status_fill(status, code == MM_ENOMEM ? 503 : 400, code == MM_ENOMEM ? "out of memory" : err->text);
}

/* The object is encoded into the body already. */
static enum mm_code created(const struct mm_context *context, struct mm_response *response)
{
	response->status = 201;
	response->content_type = mm_media_type(context->media);
	response->no_store = true;
	return MM_OK;
}

static enum mm_code refused(const struct mm_context *context, struct mm_response *response,
			    const struct mm_kube_status *status)
{
	mm_response_status(response, context->media, status);
	return MM_OK;
}

/* ---- TokenRequest ------------------------------------------------------------------------------------------------ */

/*
 * There is no token that is not one: asked for a dry run, kube-apiserver hands out a good one. Whoever asks for a dry
 * run does not expect that.
 */
static bool is_dry_run(struct mm_span query)
{
	while (query.len > 0) {
		const char *end = memchr(query.p, '&', query.len);
		size_t len = end ? (size_t)(end - query.p) : query.len;
		const char *value = memchr(query.p, '=', len);

		if (mm_span_is(mm_span(query.p, value ? (size_t)(value - query.p) : len), "dryRun"))
			return true;
		query = end ? mm_span(end + 1, query.len - len - 1) : (struct mm_span){0};
	}
	return false;
}

static bool read_token_request(const struct mm_context *context, const struct mm_request *request,
			       struct mm_token_request *object, struct mm_kube_status *status, struct mm_err *err)
{
	enum mm_media media;
	enum mm_code code;

	if (!agree_on_media(context, request, &media, status))
		return false;
	if (is_dry_run(request->query)) {
		mm_status_fill(status, 400,
			       "a dry run of a token request is not supported: a token is good once it is made");
		return false;
	}
	code = mm_token_request_decode(media, request->body, object, err);
	if (code != MM_OK)
		set_undecoded(status, code, err);
	return code == MM_OK;
}

static struct mm_token_api api_of(const struct mm_context *context)
{
	return (struct mm_token_api){
		.snapshot = context->issuer->snapshot,
		.directory = context->live->directory,
		.rules = context->live->rules,
		.user = context->caller.user,
		.now = context->now,
	};
}

/* A copy of a segment of the path, none of which is longer. */
static const char *text_of(struct mm_span segment, char text[static NAME_SIZE])
{
	memcpy(text, segment.p, segment.len);
	text[segment.len] = '\0';
	return text;
}

static bool mint(const struct mm_context *context, struct mm_token_request *object, struct mm_token_api_minted *minted,
		 struct mm_kube_status *status, struct mm_err *err)
{
	MM_CLEANUP(mm_dev_wish_clear) struct mm_dev_wish wish = {0};
	struct mm_token_api api = api_of(context);
	char namespace[NAME_SIZE], name[NAME_SIZE];

	if (!mm_dev_read_annotations(context, &object->meta, &wish, status))
		return false;
	api.faulty = wish.any ? &wish.faulty : NULL;
	return mm_token_request_answer(&api, text_of(context->namespace, namespace), text_of(context->name, name),
				       object, minted, status, err) == MM_OK;
}

/* RFC 9111 §5.5 (obsoleted, but what Kubernetes' clients show to people); the texts hold no quotes. */
static void add_warning(struct mm_response *response, const struct mm_buf *warning)
{
	if (warning->len == 0)
		return;
	mm_buf_add_str(&response->extra_headers, "Warning: 299 - \"");
	mm_buf_add_span(&response->extra_headers, mm_buf_span(warning));
	mm_buf_add_str(&response->extra_headers, "\"\r\n");
}

/* The line of the audit is written last of all that can fail, and before the answer leaves. */
enum mm_code mm_handle_token(const struct mm_context *context, const struct mm_request *request,
			     struct mm_response *response, struct mm_err *err)
{
	MM_CLEANUP(mm_token_request_clear) struct mm_token_request object = {0};
	MM_CLEANUP(mm_token_api_minted_clear) struct mm_token_api_minted minted = {0};
	MM_CLEANUP(mm_kube_status_clear) struct mm_kube_status status = {0};
	enum mm_code code;

	if (!read_token_request(context, request, &object, &status, err) ||
	    !mint(context, &object, &minted, &status, err)) {
		mm_tokenlog_refused(context, &status, status.code >= 500 ? err : NULL);
		return refused(context, response, &status);
	}
	code = mm_token_request_encode(context->media, &object, &response->body, err);
	if (code != MM_OK)
		return code;
	add_warning(response, &minted.warning);
	mm_tokenlog_minted(context, &minted);
	return created(context, response);
}

/* ---- TokenReview ------------------------------------------------------------------------------------------------- */

static bool review(const struct mm_context *context, const struct mm_request *request, struct mm_token_review *object,
		   struct mm_kube_status *status, struct mm_err *err)
{
	struct mm_token_api api = api_of(context);
	enum mm_media media;
	enum mm_code code;

	if (!agree_on_media(context, request, &media, status))
		return false;
	code = mm_token_review_decode(media, request->body, object, err);
	if (code != MM_OK) {
		set_undecoded(status, code, err);
		return false;
	}
	return mm_token_review_answer(&api, object, status, err) == MM_OK;
}

enum mm_code mm_handle_token_review(const struct mm_context *context, const struct mm_request *request,
				    struct mm_response *response, struct mm_err *err)
{
	MM_CLEANUP(mm_token_review_clear) struct mm_token_review object = {0};
	MM_CLEANUP(mm_kube_status_clear) struct mm_kube_status status = {0};
	enum mm_code code;

	if (!review(context, request, &object, &status, err))
		return refused(context, response, &status);
	mm_counter_add(&context->stats->reviews[object.authenticated ? MM_REVIEW_AUTHENTICATED : MM_REVIEW_REJECTED],
		       1);
	code = mm_token_review_encode(context->media, &object, &response->body, err);
	return code == MM_OK ? created(context, response) : code;
}

/* ---- SelfSubjectReview ------------------------------------------------------------------------------------------- */

static enum mm_code answer_self_subject_review(const struct mm_context *context, const struct mm_request *request,
					       const char *version, struct mm_response *response, struct mm_err *err)
{
	MM_CLEANUP(mm_self_subject_review_clear) struct mm_self_subject_review object = {0};
	MM_CLEANUP(mm_kube_status_clear) struct mm_kube_status status = {0};
	enum mm_media media;
	enum mm_code code;

	if (!agree_on_media(context, request, &media, &status))
		return refused(context, response, &status);
	code = mm_self_subject_review_decode(media, request->body, version, &object, err);
	if (code != MM_OK) {
		set_undecoded(&status, code, err);
		return refused(context, response, &status);
	}
	object.meta.created = context->now;
	object.user = context->caller.user;
	code = mm_self_subject_review_encode(context->media, &object, &response->body, err);
	return code == MM_OK ? created(context, response) : code;
}

enum mm_code mm_handle_self_subject_review(const struct mm_context *context, const struct mm_request *request,
					   struct mm_response *response, struct mm_err *err)
{
	return answer_self_subject_review(context, request, "v1", response, err);
}

enum mm_code mm_handle_self_subject_review_beta(const struct mm_context *context, const struct mm_request *request,
						struct mm_response *response, struct mm_err *err)
{
	return answer_self_subject_review(context, request, "v1beta1", response, err);
}
