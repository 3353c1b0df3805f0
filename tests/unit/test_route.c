/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/front.h"

#include "issuer/http/response.h"

#include <string.h>

/* ---- finding ----------------------------------------------------------------------------------------------------- */

static void documents_stand_under_the_issuers_path_alone_for_the_world(void **state)
{
	struct front *front = *state;

	assert_string_equal(front_route(front, WORLD(.path = "/id/prod" MM_JWKS_PATH)), "jwks");
	assert_ptr_equal(front->response.prepared_body, &front->lives[0]->issuers[0].snapshot->documents->jwks.body);
	assert_string_equal(front_route(front, WORLD(.path = "/id/prod" MM_DISCOVERY_PATH)), "discovery");
	assert_string_equal(front_route(front, WORLD(.path = MM_JWKS_PATH)), "none");
	assert_int_equal(front->response.status, 404);
}

static void documents_are_on_the_admin_listener_with_and_without_the_issuers_path(void **state)
{
	struct front *front = *state;

	assert_int_equal(front_status(front, ADMIN(.path = MM_JWKS_PATH)), 200);
	assert_int_equal(front_status(front, ADMIN(.path = "/id/prod" MM_DISCOVERY_PATH)), 200);
}

static void health_is_found_at_the_root_and_under_the_path(void **state)
{
	struct front *front = *state;

	for (int listener = 0; listener < MM_LISTENER_COUNT; listener++) {
		assert_string_equal(front_route(front, (struct front_ask){.listener = (enum mm_listener_kind)listener,
									  .path = "/livez"}),
				    "livez");
		assert_string_equal(front_route(front, (struct front_ask){.listener = (enum mm_listener_kind)listener,
									  .path = "/id/prod/readyz"}),
				    "readyz");
		assert_int_equal(front->response.status, 200);
	}
}

static void paths_are_compared_byte_for_byte(void **state)
{
	static const char *const paths[] = {"/livez/",  "//livez", "/%6civez",        "/LIVEZ",        "/livez;",
					    "/./livez", "/",       "/id/prod//livez", "/id/prodlivez", "/id/prod"};

	for (size_t i = 0; i < MM_COUNT(paths); i++)
		assert_string_equal(front_route(*state, WORLD(.path = paths[i])), "none");
}

static void nothing_in_a_segment_is_decoded(void **state)
{
	static const struct {
		const char *path, *route;
	} rows[] = {
		{FRONT_MINT, "token"},
		{"/id/prod" FRONT_MINT, "token"},
		{"/api/v1/namespaces/a-1/serviceaccounts/b.c-2/token", "token"},
		{"/api/v1/namespaces//serviceaccounts/b/token", "none"},
		{"/api/v1/namespaces/a/serviceaccounts//token", "none"},
		{"/api/v1/namespaces/a/serviceaccounts/token", "none"},
		{"/api/v1/namespaces/a/serviceaccounts/b/token/", "none"},
		{"/api/v1/namespaces/a/serviceaccounts/b/c/token", "none"},
		{"/api/v1/namespaces/a%2fb/serviceaccounts/b/token", "none"},
		{"/api/v1/namespaces/%2e%2e/serviceaccounts/b/token", "none"},
		{"/api/v1/namespaces/A/serviceaccounts/b_C/token", "token"}, /* no such name, as the handler says */
		{"/api/v1/namespaces/a~b/serviceaccounts/b/token", "none"},
		{"/api/v1/namespaces/a:b/serviceaccounts/b/token", "none"},
		{"/api/v1/namespaces/{namespace}/serviceaccounts/{name}/token", "none"},
		{"/api/v1/namespaces/a/serviceaccounts/b/tokens", "none"},
		{"/api/v1/namespaces/a/serviceaccounts/b/toke", "none"},
		{"/api/v1/namespaces/a/serviceaccounts/b", "none"},
		{"/api/v1/namespaces/a/serviceaccounts/", "none"},
		{"/id/prod/id/prod" FRONT_MINT, "none"},
	};

	for (size_t i = 0; i < MM_COUNT(rows); i++)
		assert_string_equal(front_route(*state, ADMIN(.path = rows[i].path)), rows[i].route);
}

static void a_segment_has_at_most_253_bytes(void **state)
{
	char path[512] = "/api/v1/namespaces/";
	size_t start = strlen(path);

	memset(path + start, 'a', 253);
	strcpy(path + start + 253, "/serviceaccounts/b/token");
	assert_string_equal(front_route(*state, ADMIN(.path = path)), "token");
	memset(path + start, 'a', 254);
	strcpy(path + start + 254, "/serviceaccounts/b/token");
	assert_string_equal(front_route(*state, ADMIN(.path = path)), "none");
}

/* The second issuer's path begins with the first one's. */
static void the_issuer_is_the_one_under_whose_path_it_is(void **state)
{
	static const struct {
		const char *path;
		size_t issuer;
		const char *route;
	} rows[] = {
		{"/id/prod/version", 0, "version"},
		{"/id/prod/2/version", 1, "version"},
		{"/version", 0, "version"},
		{"/id/prod/3/version", 0, "none"},
		{"/id/prod/2", 0, "none"},
		{"/id/prod/2version", 0, "none"},
		{"/id/prod/2/id/prod/version", 0, "none"},
		{"/id/version", 0, "none"},
	};
	struct front *front = *state;
	static char second[] = "/id/prod/2";
	struct mm_live_issuer issuers[] = {front->lives[FRONT_ALL]->issuers[0], {.prefix = second}};
	struct mm_live live = {.issuer_count = 2, .issuers = issuers};

	issuers[1].snapshot = issuers[0].snapshot;
	for (size_t i = 0; i < MM_COUNT(rows); i++) {
		const struct front_ask ask = ADMIN(.path = rows[i].path);
		struct mm_context context = front_context_of(front, &ask);
		struct mm_request request = front_request_of(&ask);
		const struct mm_live *known = context.live;

		live.callers = known->callers;
		live.rules = known->rules;
		context.live = &live;
		mm_response_clear(&front->response);
		assert_string_equal(mm_route_name(mm_dispatch(&context, &request, &front->response)), rows[i].route);
		assert_ptr_equal(context.issuer, &issuers[rows[i].issuer]);
		mm_identity_clear(&context.caller);
	}
}

static void the_routes_of_dev_are_there_in_dev_alone(void **state)
{
	static int anything;
	struct mm_dev *dev = (struct mm_dev *)&anything; /* no handler is reached */

	assert_int_equal(front_status(*state, ADMIN(.path = "/dev/rotate")), 404);
	assert_int_equal(front_status(*state, ADMIN(.path = "/dev/rotate", .dev = dev)), 405);
	assert_int_equal(front_status(*state, ADMIN(.path = "/dev/rotate", .method = MM_POST, .dev = dev,
						    .rules = FRONT_REVIEW)),
			 403);
	assert_int_equal(front_status(*state, STRANGER(.path = "/dev/rotate", .method = MM_POST, .dev = dev)), 401);
	assert_int_equal(front_status(*state, WORLD(.path = "/dev/rotate", .method = MM_POST, .dev = dev)), 404);
}

static void each_listener_has_its_own_routes(void **state)
{
	static const char *const admin_only[] = {"/metrics",
						 "/version",
						 FRONT_MINT,
						 "/id/prod" FRONT_MINT,
						 "/apis/authentication.k8s.io/v1/tokenreviews",
						 "/apis/authentication.k8s.io/v1/selfsubjectreviews",
						 "/apis/authentication.k8s.io/v1beta1/selfsubjectreviews"};

	for (size_t i = 0; i < MM_COUNT(admin_only); i++) {
		assert_string_equal(front_route(*state, WORLD(.path = admin_only[i])), "none");
		assert_string_not_equal(front_route(*state, ADMIN(.path = admin_only[i])), "none");
	}
}

/* By name: a row that is wrong is noticed here. */
static void what_takes_no_privilege_is_known_by_name(void **state)
{
	static const char *const open[MM_LISTENER_COUNT] = {
		[MM_PUBLIC] = " jwks discovery livez readyz",
		[MM_ADMIN] = " livez readyz version",
	};

	(void)state;
	for (int listener = 0; listener < MM_LISTENER_COUNT; listener++) {
		mm_auto_buf found = {0};

		for (size_t i = 0; i < MM_ROUTE_COUNT; i++) {
			const struct mm_route *route = &mm_routes[i];

			if ((route->listeners & MM_ON(listener)) &&
			    ((route->open & MM_ON(listener)) || route->privilege == MM_PRIV_NONE))
				mm_buf_printf(&found, " %s", route->name);
		}
		assert_string_equal(found.p, open[listener]);
	}
}

static void all_that_the_world_can_reach_takes_no_privilege(void **state)
{
	(void)state;
	for (size_t i = 0; i < MM_ROUTE_COUNT; i++) {
		if (mm_routes[i].listeners & MM_ON(MM_PUBLIC))
			assert_true((mm_routes[i].open & MM_ON(MM_PUBLIC)) || mm_routes[i].privilege == MM_PRIV_NONE);
	}
}

static void every_read_route_takes_head_too(void **state)
{
	(void)state;
	for (size_t i = 0; i < MM_ROUTE_COUNT; i++) {
		if (mm_routes[i].methods & MM_GET)
			assert_true(mm_routes[i].methods & MM_HEAD);
	}
}

/* ---- answers ----------------------------------------------------------------------------------------------------- */

static void a_method_that_is_not_allowed_is_405_and_names_those_that_are(void **state)
{
	struct front *front = *state;

	assert_int_equal(front_status(front, WORLD(.path = "/livez", .method = MM_POST)), 405);
	assert_string_equal(front->response.extra_headers.p, "Allow: GET, HEAD\r\n");
	assert_int_equal(front_status(front, WORLD(.path = "/livez", .method = MM_OTHER_METHOD)), 405);
}

static void errors_have_the_form_of_their_listener_and_of_accept(void **state)
{
	static const char protobuf[] = "application/vnd.kubernetes.protobuf";
	struct front *front = *state;

	front_status(front, WORLD(.path = "/x", .accept = protobuf));
	assert_string_equal(front->response.body.p, "{\"error\":\"not found\"}\n");
	front_status(front, ADMIN(.path = "/x"));
	assert_contains(front->response.body.p, "\"kind\":\"Status\"");
	front_status(front, ADMIN(.path = "/x", .accept = protobuf));
	assert_string_equal(front->response.content_type, protobuf);
	front_status(front, STRANGER(.path = "/x", .accept = protobuf));
	assert_int_equal(front->response.status, 401);
	assert_string_equal(front->response.content_type, protobuf);
}

static void not_ready_is_503_with_the_reason(void **state)
{
	struct front *front = *state;
	struct mm_live *live = front->lives[FRONT_ALL];

	live->not_ready = "stopping";
	assert_int_equal(front_status(front, WORLD(.path = "/readyz")), 503);
	assert_string_equal(front->response.body.p, "stopping");
	assert_int_equal(front_status(front, WORLD(.path = "/livez")), 200);
	live->not_ready = NULL;
}

static void metrics_add_up_what_workers_counted(void **state)
{
	static struct mm_worker_stats a, b;
	const struct mm_worker_stats *workers[] = {&a, &b};
	struct front *front = *state;

	mm_counter_add(&a.requests[0][mm_status_index(200)], 40);
	mm_counter_add(&b.requests[0][mm_status_index(200)], 2);
	mm_counter_add(&b.accepted[MM_PUBLIC], 5);
	mm_counter_add(&a.closed[MM_PUBLIC], 2);
	front->board.workers = workers;
	front->board.worker_count = 2;
	assert_int_equal(front_status(front, ADMIN(.path = "/metrics")), 200);
	front->board.worker_count = 0;
	assert_contains(front->response.body.p, "mintmark_http_requests_total{route=\"jwks\",code=\"200\"} 42\n");
	assert_contains(front->response.body.p, "mintmark_http_connections{listener=\"public\"} 3\n");
	assert_contains(front->response.body.p, "mintmark_keys{state=\"active\"} 1\n");
	assert_contains(front->response.body.p, "mintmark_keyset_revision 9\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FRONT_TEST(documents_stand_under_the_issuers_path_alone_for_the_world),
		FRONT_TEST(documents_are_on_the_admin_listener_with_and_without_the_issuers_path),
		FRONT_TEST(health_is_found_at_the_root_and_under_the_path),
		FRONT_TEST(paths_are_compared_byte_for_byte),
		FRONT_TEST(nothing_in_a_segment_is_decoded),
		FRONT_TEST(a_segment_has_at_most_253_bytes),
		FRONT_TEST(the_issuer_is_the_one_under_whose_path_it_is),
		FRONT_TEST(the_routes_of_dev_are_there_in_dev_alone),
		FRONT_TEST(each_listener_has_its_own_routes),
		FRONT_TEST(what_takes_no_privilege_is_known_by_name),
		FRONT_TEST(all_that_the_world_can_reach_takes_no_privilege),
		FRONT_TEST(every_read_route_takes_head_too),
		FRONT_TEST(a_method_that_is_not_allowed_is_405_and_names_those_that_are),
		FRONT_TEST(errors_have_the_form_of_their_listener_and_of_accept),
		FRONT_TEST(not_ready_is_503_with_the_reason),
		FRONT_TEST(metrics_add_up_what_workers_counted),
	};

	return cmocka_run_group_tests(tests, front_open, front_close);
}
