/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The route table and its dispatcher. A row says where a route is found, what may be done there and which privilege
 * that takes; the dispatcher finds out who is calling and checks it before any handler runs, so that no handler can
 * forget to.
 */
#ifndef MINTMARK_ISSUER_HTTP_ROUTE_H
#define MINTMARK_ISSUER_HTTP_ROUTE_H

#include "issuer/http/context.h"

struct mm_route {
	const char *name; /* for metrics and the access log */
	/*
	 * Under the issuer's path; compared byte for byte, nothing is decoded. {namespace} and {name} stand for one
	 * segment of 1 to 253 bytes of A-Z, a-z, 0-9, '-', '.' and '_'.
	 */
	const char *path;
	unsigned listeners; /* MM_ON(MM_PUBLIC) | … */
	unsigned at_root;   /* likewise: where it is found without the issuer's path, too */
	unsigned open;      /* likewise: where it takes no privilege */
	unsigned methods;   /* enum mm_method, MM_HEAD with every MM_GET */
	enum mm_privilege privilege;
	mm_handler *handle;
};
#define MM_ON(listener) (1u << (listener))

#define MM_ROUTE_COUNT 14
#define MM_ROUTE_NONE  MM_ROUTE_COUNT /* no route matched */
extern const struct mm_route mm_routes[MM_ROUTE_COUNT];
const char *mm_route_name(size_t route); /* "none" for MM_ROUTE_NONE */

/*
 * Whether the body of `request`, of which only the head is there, will be looked at: a route takes it, and the caller
 * may use that route. A stranger's is not kept.
 */
bool mm_route_wants_body(struct mm_context *context, const struct mm_request *request);

/*
 * Answers `request` into `response`, which must be empty; returns the route's index or MM_ROUTE_NONE. On the admin
 * listener whoever is nobody gets 401 for everything but the routes that need no privilege, and learns nothing of what
 * there is; then come 429, 404, 405 and 403.
 */
size_t mm_dispatch(struct mm_context *context, const struct mm_request *request, struct mm_response *response);

/* Sets `media` and `acceptable` by what the request says of its answer; only the admin listener looks at that. */
void mm_negotiate(struct mm_context *context, const struct mm_request *request);

/* Makes `response`, which must be empty, an error in the form of the listener; `message` NULL is the status's own. */
void mm_answer_error(const struct mm_context *context, struct mm_response *response, int status, const char *message);

/* The handlers; those of `mintmark dev` are in issuer/http/handlers_dev.h. */
mm_handler mm_handle_discovery;
mm_handler mm_handle_jwks;
mm_handler mm_handle_livez;
mm_handler mm_handle_readyz;
mm_handler mm_handle_version;
mm_handler mm_handle_metrics;
mm_handler mm_handle_token;
mm_handler mm_handle_token_review;
mm_handler mm_handle_self_subject_review;
mm_handler mm_handle_self_subject_review_beta;

#endif
