/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The route table and its dispatcher. A row says where a route is found, what may be done there and which privilege
 * that takes; the dispatcher checks it before any handler runs, so that no handler can forget to.
 */
#ifndef MINTMARK_ISSUER_HTTP_ROUTE_H
#define MINTMARK_ISSUER_HTTP_ROUTE_H

#include "issuer/http/live.h"

#include <mintmark/http.h>

enum mm_listener_kind { MM_PUBLIC, MM_ADMIN, MM_LISTENER_COUNT };

/* Who is asking. Today there is one kind: somebody without credentials, of whom only the listener is known. */
struct mm_caller {
	enum mm_listener_kind listener;
};

/*
 * The one place that decides. Without credentials the admin listener is loopback only (the configuration enforces
 * it), and whoever is on this machine may read the metrics; nobody else may do anything that needs a privilege.
 */
bool mm_caller_may(const struct mm_caller *caller, enum mm_privilege privilege);

struct mm_stats_board;

/* What a handler may look at besides the request. */
struct mm_context {
	const struct mm_live *live; /* outlives the response */
	const struct mm_stats_board *stats;
	struct mm_caller caller;
	mm_time now;
};

/*
 * Fills `response`, which is empty; status 0 is taken for 200. On failure the dispatcher makes an error of the code,
 * with the line for the caller to read if the code blames the caller.
 */
typedef enum mm_code mm_handler(const struct mm_context *context, const struct mm_request *request,
				struct mm_response *response, struct mm_err *err);

struct mm_route {
	const char *name;   /* for metrics and the access log */
	const char *path;   /* under the issuer's path; compared byte for byte, nothing is decoded */
	bool at_root;       /* found without the issuer's path, too */
	unsigned listeners; /* MM_ON(MM_PUBLIC) | … */
	unsigned methods;   /* enum mm_method, MM_HEAD with every MM_GET */
	enum mm_privilege privilege;
	mm_handler *handle;
};
#define MM_ON(listener) (1u << (listener))

#define MM_ROUTE_COUNT 6
#define MM_ROUTE_NONE  MM_ROUTE_COUNT /* no route matched */
extern const struct mm_route mm_routes[MM_ROUTE_COUNT];
const char *mm_route_name(size_t route); /* "none" for MM_ROUTE_NONE */

/* Whether the body of `request`, of which only the head is there, will be looked at: a route takes it by POST. */
bool mm_route_wants_body(const struct mm_context *context, const struct mm_request *request);

/* Answers `request` into `response`, which must be empty; returns the route's index or MM_ROUTE_NONE. */
size_t mm_dispatch(const struct mm_context *context, const struct mm_request *request, struct mm_response *response);

/* The form of errors on a listener. */
enum mm_error_form mm_error_form(enum mm_listener_kind listener);

/* The handlers. */
mm_handler mm_handle_discovery;
mm_handler mm_handle_jwks;
mm_handler mm_handle_livez;
mm_handler mm_handle_readyz;
mm_handler mm_handle_version;
mm_handler mm_handle_metrics;

#endif
