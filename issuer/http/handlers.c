/* SPDX-License-Identifier: Apache-2.0 */
/* The handlers that answer from the snapshot or from nothing at all. */
#include "issuer/http/conditional.h"
#include "issuer/http/route.h"

static enum mm_code answer_document(const struct mm_document *document, const struct mm_request *request,
				    struct mm_response *response)
{
	static const struct mm_buf empty;
	bool not_modified = mm_not_modified(request, document->etag, document->modified);

	response->status = not_modified ? 304 : 200;
	response->prepared_headers = not_modified ? &document->headers_not_modified : &document->headers;
	response->prepared_body = not_modified ? &empty : &document->body;
	return MM_OK;
}

enum mm_code mm_handle_discovery(const struct mm_context *context, const struct mm_request *request,
				 struct mm_response *response, struct mm_err *err)
{
	(void)err;
	return answer_document(&context->issuer->snapshot->documents->discovery, request, response);
}

enum mm_code mm_handle_jwks(const struct mm_context *context, const struct mm_request *request,
			    struct mm_response *response, struct mm_err *err)
{
	(void)err;
	return answer_document(&context->issuer->snapshot->documents->jwks, request, response);
}

static enum mm_code answer_text(struct mm_response *response, int status, const char *text)
{
	response->status = status;
	response->content_type = "text/plain; charset=utf-8";
	response->no_store = true;
	mm_buf_add_str(&response->body, text);
	return MM_OK;
}

/* The process turns its event loop: all that a restart could mend. */
enum mm_code mm_handle_livez(const struct mm_context *context, const struct mm_request *request,
			     struct mm_response *response, struct mm_err *err)
{
	(void)context, (void)request, (void)err;
	return answer_text(response, 200, "ok");
}

/* Whether this replica should be sent requests; the reasons are fixed words, because the world can read them. */
enum mm_code mm_handle_readyz(const struct mm_context *context, const struct mm_request *request,
			      struct mm_response *response, struct mm_err *err)
{
	const char *why = context->live->not_ready;

	(void)request, (void)err;
	return why ? answer_text(response, 503, why) : answer_text(response, 200, "ok");
}

/*
 * The members of Kubernetes' version.Info that clients read. The number is that of the API that is spoken, in the form
 * that client-go parses; what comes after the plus sign is ours (Semantic Versioning §10).
 */
enum mm_code mm_handle_version(const struct mm_context *context, const struct mm_request *request,
			       struct mm_response *response, struct mm_err *err)
{
	(void)context, (void)request, (void)err;
	response->content_type = "application/json";
	response->no_store = true;
	mm_buf_add_str(&response->body,
		       "{\"major\":\"1\",\"minor\":\"32\",\"gitVersion\":\"v1.32.0+mintmark-" MM_VERSION
		       "\",\"platform\":\"linux\"}\n");
	return MM_OK;
}
