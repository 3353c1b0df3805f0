/* SPDX-License-Identifier: Apache-2.0 */
#include "issuer/http/route.h"

#include "issuer/http/admission.h"
#include "issuer/http/handlers_dev.h"
#include "issuer/http/response.h"

#include <string.h>

#define PUBLIC MM_ON(MM_PUBLIC)
#define ADMIN  MM_ON(MM_ADMIN)
#define BOTH   (PUBLIC | ADMIN)
#define READ   (MM_GET | MM_HEAD)

#define AUTHENTICATION "/apis/authentication.k8s.io"
#define SEGMENT_MAX    253 /* bytes: the longest name of Kubernetes, a DNS-1123 subdomain */

const struct mm_route mm_routes[MM_ROUTE_COUNT] = {
	{"jwks", MM_JWKS_PATH, BOTH, ADMIN, PUBLIC, READ, MM_PRIV_AUTHENTICATED, mm_handle_jwks},
	{"discovery", MM_DISCOVERY_PATH, BOTH, ADMIN, PUBLIC, READ, MM_PRIV_AUTHENTICATED, mm_handle_discovery},
	{"token", "/api/v1/namespaces/{namespace}/serviceaccounts/{name}/token", ADMIN, ADMIN, 0, MM_POST, MM_PRIV_MINT,
	 mm_handle_token},
	{"tokenreviews", AUTHENTICATION "/v1/tokenreviews", ADMIN, ADMIN, 0, MM_POST, MM_PRIV_REVIEW,
	 mm_handle_token_review},
	{"selfsubjectreviews", AUTHENTICATION "/v1/selfsubjectreviews", ADMIN, ADMIN, 0, MM_POST, MM_PRIV_AUTHENTICATED,
	 mm_handle_self_subject_review},
	/* kubectl 1.27 asks for this alone; nobody asks so for the others. */
	{"selfsubjectreviews_v1beta1", AUTHENTICATION "/v1beta1/selfsubjectreviews", ADMIN, ADMIN, 0, MM_POST,
	 MM_PRIV_AUTHENTICATED, mm_handle_self_subject_review_beta},
	{"livez", "/livez", BOTH, BOTH, 0, READ, MM_PRIV_NONE, mm_handle_livez},
	{"readyz", "/readyz", BOTH, BOTH, 0, READ, MM_PRIV_NONE, mm_handle_readyz},
	{"version", "/version", ADMIN, ADMIN, 0, READ, MM_PRIV_NONE, mm_handle_version},
	{"metrics", "/metrics", ADMIN, ADMIN, 0, READ, MM_PRIV_METRICS, mm_handle_metrics},
	{"clock", "/dev/clock", ADMIN, ADMIN, 0, READ | MM_PUT, MM_PRIV_DEV, mm_handle_dev_clock},
	{"rotate", "/dev/rotate", ADMIN, ADMIN, 0, MM_POST, MM_PRIV_DEV, mm_handle_dev_rotate},
	{"taint", "/dev/taint", ADMIN, ADMIN, 0, MM_POST, MM_PRIV_DEV, mm_handle_dev_taint},
	{"revoke", "/dev/revoke", ADMIN, ADMIN, 0, MM_POST, MM_PRIV_DEV, mm_handle_dev_revoke},
};

static const struct {
	enum mm_method method;
	const char *name;
} method_names[] = {{MM_GET, "GET"}, {MM_HEAD, "HEAD"}, {MM_POST, "POST"}, {MM_PUT, "PUT"}};

const char *mm_route_name(size_t route)
{
	return route < MM_ROUTE_COUNT ? mm_routes[route].name : "none";
}

/* ---- finding ----------------------------------------------------------------------------------------------------- */

/* More than a name of Kubernetes may have: who mistypes one reads that there is no such account. */
static bool is_in_segment(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
	       c == '_';
}

/* What is left of `rest` behind the segment at its beginning, which is put into `*segment`. */
static struct mm_span take_segment(struct mm_span rest, struct mm_span *segment)
{
	size_t len = 0;

	while (len < rest.len && is_in_segment(rest.p[len]))
		len++;
	*segment = mm_span(rest.p, len);
	return mm_span(rest.p + len, rest.len - len);
}

/* Whether `rest`, all of it, is what the pattern means; what its segments are is put into `context`. */
static bool fits(const char *pattern, struct mm_span rest, struct mm_context *context)
{
	struct mm_span *const segments[] = {&context->namespace,
					    &context->name}; /* the order in which patterns have them */

	for (size_t i = 0; i <= MM_COUNT(segments); i++) {
		size_t literal = strcspn(pattern, "{");

		if (rest.len < literal || memcmp(rest.p, pattern, literal) != 0)
			return false;
		rest = mm_span(rest.p + literal, rest.len - literal);
		if (!pattern[literal] || i == MM_COUNT(segments))
			break;
		rest = take_segment(rest, segments[i]);
		if (segments[i]->len == 0 || segments[i]->len > SEGMENT_MAX)
			return false;
		pattern = strchr(pattern + literal, '}') + 1;
	}
	return rest.len == 0;
}

static bool fits_under(const struct mm_live_issuer *issuer, const struct mm_route *route, struct mm_span path,
		       struct mm_context *context)
{
	size_t len = strlen(issuer->prefix);

	return path.len > len && memcmp(path.p, issuer->prefix, len) == 0 &&
	       fits(route->path, mm_span(path.p + len, path.len - len), context);
}

/* Whether the route is there at all. */
static bool stands_on(const struct mm_route *route, const struct mm_context *context)
{
	return (route->listeners & MM_ON(context->listener)) && (route->privilege != MM_PRIV_DEV || context->dev);
}

static bool matches(const struct mm_route *route, struct mm_span path, struct mm_context *context)
{
	const struct mm_live *live = context->live;

	for (size_t i = 0; i < live->issuer_count; i++) {
		context->issuer = &live->issuers[i];
		if (fits_under(context->issuer, route, path, context))
			return true;
	}
	context->issuer = &live->issuers[0];
	return (route->at_root & MM_ON(context->listener)) && fits(route->path, path, context);
}

/* Sets the issuer and the segments, too. */
static size_t find(struct mm_context *context, struct mm_span path)
{
	for (size_t i = 0; i < MM_ROUTE_COUNT; i++) {
		if (stands_on(&mm_routes[i], context) && matches(&mm_routes[i], path, context))
			return i;
	}
	context->namespace = context->name = (struct mm_span){0};
	return MM_ROUTE_NONE;
}

static enum mm_privilege privilege_of(size_t route, const struct mm_context *context)
{
	const struct mm_route *row = &mm_routes[route];

	return row->open & MM_ON(context->listener) ? MM_PRIV_NONE : row->privilege;
}

/* ---- answering --------------------------------------------------------------------------------------------------- */

static enum mm_error_form form_of(const struct mm_context *context)
{
	if (context->listener == MM_PUBLIC)
		return MM_ERROR_PLAIN;
	return context->media == MM_MEDIA_PROTOBUF ? MM_ERROR_STATUS_PROTOBUF : MM_ERROR_STATUS_JSON;
}

void mm_answer_error(const struct mm_context *context, struct mm_response *response, int status, const char *message)
{
	mm_response_error(response, form_of(context), status, message);
}

void mm_negotiate(struct mm_context *context, const struct mm_request *request)
{
	if (context->listener == MM_ADMIN)
		context->acceptable = mm_media_of_answer(mm_request_header(request, "Accept"), &context->media);
}

static void add_allow(struct mm_buf *headers, unsigned methods)
{
	const char *separator = "Allow: ";

	for (size_t i = 0; i < MM_COUNT(method_names); i++) {
		if (!(methods & method_names[i].method))
			continue;
		mm_buf_add_str(headers, separator);
		mm_buf_add_str(headers, method_names[i].name);
		separator = ", ";
	}
	mm_buf_add_str(headers, "\r\n");
}

/* Whether there is such a route with such a method: 404, 405. */
static bool is_there(const struct mm_context *context, const struct mm_request *request, size_t found,
		     struct mm_response *response)
{
	bool admin = context->listener == MM_ADMIN;

	if (found == MM_ROUTE_NONE) {
		mm_answer_error(context, response, 404,
				admin ? "the server could not find the requested resource" : NULL);
		return false;
	}
	if (mm_routes[found].methods & request->method)
		return true;
	mm_answer_error(context, response, 405,
			admin ? "the server does not allow this method on the requested resource" : NULL);
	add_allow(&response->extra_headers, mm_routes[found].methods);
	return false;
}

static void run(const struct mm_route *route, const struct mm_context *context, const struct mm_request *request,
		struct mm_response *response)
{
	struct mm_err err = {0};
	enum mm_code code = route->handle(context, request, response, &err);
	int status;

	if (code == MM_OK && (response->body.failed || response->extra_headers.failed))
		code = mm_fail(&err, MM_ENOMEM, "out of memory");
	if (code == MM_OK) {
		response->status = response->status ? response->status : 200;
		return;
	}
	status = mm_code_http_status(code);
	if (status >= 500)
		mm_log(context->log, MM_LOG_ERROR, "a request failed", MM_F_STR("route", route->name), MM_F_ERR(&err));
	mm_response_clear(response);
	mm_answer_error(context, response, status, status < 500 ? err.text : NULL);
}

/* Whether the caller, who need not be anybody yet, is to learn of `found` at all: 401, 429. */
static bool is_heard(struct mm_context *context, const struct mm_request *request, size_t found,
		     struct mm_response *response)
{
	if (context->listener == MM_PUBLIC || (found != MM_ROUTE_NONE && privilege_of(found, context) == MM_PRIV_NONE))
		return true;
	return mm_admit_caller(context, request, response) && mm_admit_pace(context, response);
}

size_t mm_dispatch(struct mm_context *context, const struct mm_request *request, struct mm_response *response)
{
	size_t found = find(context, request->path);

	mm_negotiate(context, request);
	if (is_heard(context, request, found, response) && is_there(context, request, found, response) &&
	    mm_admit_use(context, request, privilege_of(found, context), response))
		run(&mm_routes[found], context, request, response);
	return found;
}

bool mm_route_wants_body(struct mm_context *context, const struct mm_request *request)
{
	size_t found = find(context, request->path);
	bool wants = found != MM_ROUTE_NONE && (request->method & (MM_POST | MM_PUT)) &&
		     (mm_routes[found].methods & request->method) &&
		     mm_may_use(context, request, privilege_of(found, context));

	mm_identity_clear(&context->caller);
	return wants;
}
