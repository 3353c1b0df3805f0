/* SPDX-License-Identifier: Apache-2.0 */
#include "issuer/http/route.h"

#include "issuer/http/grammar.h"
#include "issuer/http/response.h"

#include <string.h>

#define PUBLIC MM_ON(MM_PUBLIC)
#define ADMIN  MM_ON(MM_ADMIN)
#define READ   (MM_GET | MM_HEAD)

const struct mm_route mm_routes[MM_ROUTE_COUNT] = {
	{"jwks", MM_JWKS_PATH, false, PUBLIC, READ, MM_PRIV_NONE, mm_handle_jwks},
	{"discovery", MM_DISCOVERY_PATH, false, PUBLIC, READ, MM_PRIV_NONE, mm_handle_discovery},
	{"livez", "/livez", true, PUBLIC | ADMIN, READ, MM_PRIV_NONE, mm_handle_livez},
	{"readyz", "/readyz", true, PUBLIC | ADMIN, READ, MM_PRIV_NONE, mm_handle_readyz},
	{"version", "/version", true, ADMIN, READ, MM_PRIV_NONE, mm_handle_version},
	{"metrics", "/metrics", true, ADMIN, READ, MM_PRIV_METRICS, mm_handle_metrics},
};

static const struct {
	enum mm_method method;
	const char *name;
} method_names[] = {{MM_GET, "GET"}, {MM_HEAD, "HEAD"}, {MM_POST, "POST"}};

const char *mm_route_name(size_t route)
{
	return route < MM_ROUTE_COUNT ? mm_routes[route].name : "none";
}

enum mm_error_form mm_error_form(enum mm_listener_kind listener)
{
	return listener == MM_ADMIN ? MM_ERROR_KUBERNETES : MM_ERROR_PLAIN;
}

bool mm_caller_may(const struct mm_caller *caller, enum mm_privilege privilege)
{
	switch (privilege) {
	case MM_PRIV_NONE: return true;
	case MM_PRIV_METRICS: return caller->listener == MM_ADMIN;
	default: return false;
	}
}

static bool matches(const struct mm_route *route, struct mm_span path, struct mm_span prefix)
{
	if (route->at_root && mm_span_is(path, route->path))
		return true;
	return path.len >= prefix.len && memcmp(path.p, prefix.p, prefix.len) == 0 &&
	       mm_span_is(mm_span(path.p + prefix.len, path.len - prefix.len), route->path);
}

static size_t find(const struct mm_context *context, struct mm_span path)
{
	struct mm_span prefix = mm_span_str(context->live->issuers[0].prefix);

	for (size_t i = 0; i < MM_ROUTE_COUNT; i++) {
		if ((mm_routes[i].listeners & MM_ON(context->caller.listener)) && matches(&mm_routes[i], path, prefix))
			return i;
	}
	return MM_ROUTE_NONE;
}

bool mm_route_wants_body(const struct mm_context *context, const struct mm_request *request)
{
	size_t found = find(context, request->path);

	return found != MM_ROUTE_NONE && request->method == MM_POST && (mm_routes[found].methods & MM_POST);
}

/*
 * The admin listener trusts whoever reaches it. A web page can make its name resolve to 127.0.0.1 (DNS rebinding) and
 * have a browser on this machine ask; the browser then says that name in Host. HTTP/1.0 may have none: no browser.
 */
static bool is_addressed(const struct mm_context *context, const struct mm_request *request)
{
	struct mm_span host;

	if (context->caller.listener != MM_ADMIN || !request->host.p)
		return true;
	return mm_authority_parse(request->host, &host) && (mm_name_is(host, "localhost") || mm_host_is_address(host));
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

static void run(const struct mm_route *route, const struct mm_context *context, const struct mm_request *request,
		struct mm_response *response)
{
	struct mm_err err = {0};
	enum mm_code code = route->handle(context, request, response, &err);
	int status = mm_code_http_status(code);

	if (code == MM_OK && (response->body.failed || response->extra_headers.failed)) {
		code = MM_ENOMEM;
		status = 500;
	}
	if (code == MM_OK) {
		response->status = response->status ? response->status : 200;
		return;
	}
	mm_response_clear(response);
	mm_response_error(response, mm_error_form(context->caller.listener), status, status < 500 ? err.text : NULL);
}

size_t mm_dispatch(const struct mm_context *context, const struct mm_request *request, struct mm_response *response)
{
	enum mm_error_form form = mm_error_form(context->caller.listener);
	size_t found = find(context, request->path);

	if (!is_addressed(context, request)) {
		mm_response_error(response, form, 421, NULL);
		return MM_ROUTE_NONE;
	}
	if (found == MM_ROUTE_NONE) {
		mm_response_error(response, form, 404, NULL);
		return found;
	}
	if (!(mm_routes[found].methods & request->method)) {
		mm_response_error(response, form, 405, NULL);
		add_allow(&response->extra_headers, mm_routes[found].methods);
	} else if (!mm_caller_may(&context->caller, mm_routes[found].privilege)) {
		mm_response_error(response, form, 403, NULL);
	} else {
		run(&mm_routes[found], context, request, response);
	}
	return found;
}
