/* SPDX-License-Identifier: Apache-2.0 */
#include "issuer/http/response.h"
#include "issuer/http/route.h"
#include "issuer/http/stats.h"
#include "tests/unit/keysets.h"
#include "tests/unit/tokens.h"

#include <string.h>

#define NOW ((mm_time)1700000000)

static struct mm_live *live;
static struct mm_stats_board board;
static struct mm_response response;

/* Dispatches one request; `response` holds the answer until the next. */
static size_t ask(enum mm_listener_kind listener, enum mm_method method, const char *path)
{
	struct mm_context context = {live, &board, {listener}, NOW};
	struct mm_request request = {.method = method, .path = mm_span_str(path)};

	mm_response_clear(&response);
	return mm_dispatch(&context, &request, &response);
}

static const char *asked(enum mm_listener_kind listener, const char *path)
{
	return mm_route_name(ask(listener, MM_GET, path));
}

static void documents_stand_under_the_issuers_path_alone(void **state)
{
	(void)state;
	assert_string_equal(asked(MM_PUBLIC, "/id/prod" MM_JWKS_PATH), "jwks");
	assert_ptr_equal(response.prepared_body, &live->issuers[0].snapshot->documents->jwks.body);
	assert_string_equal(asked(MM_PUBLIC, "/id/prod" MM_DISCOVERY_PATH), "discovery");
	assert_string_equal(asked(MM_PUBLIC, MM_JWKS_PATH), "none");
	assert_int_equal(response.status, 404);
}

static void health_is_found_at_the_root_and_under_the_path(void **state)
{
	(void)state;
	for (int listener = 0; listener < MM_LISTENER_COUNT; listener++) {
		assert_string_equal(asked((enum mm_listener_kind)listener, "/livez"), "livez");
		assert_string_equal(asked((enum mm_listener_kind)listener, "/id/prod/readyz"), "readyz");
		assert_int_equal(response.status, 200);
	}
}

static void paths_are_compared_byte_for_byte(void **state)
{
	static const char *const paths[] = {"/livez/",  "//livez", "/%6civez",        "/LIVEZ",        "/livez;",
					    "/./livez", "/",       "/id/prod//livez", "/id/prodlivez", "/id/prod"};

	(void)state;
	for (size_t i = 0; i < MM_COUNT(paths); i++)
		assert_string_equal(asked(MM_PUBLIC, paths[i]), "none");
}

static void each_listener_has_its_own_routes(void **state)
{
	(void)state;
	assert_string_equal(asked(MM_PUBLIC, "/metrics"), "none");
	assert_string_equal(asked(MM_PUBLIC, "/version"), "none");
	assert_string_equal(asked(MM_ADMIN, "/metrics"), "metrics");
	assert_string_equal(asked(MM_ADMIN, "/version"), "version");
	assert_string_equal(asked(MM_ADMIN, "/id/prod" MM_JWKS_PATH), "none");
}

static void a_method_that_is_not_allowed_is_405_and_names_those_that_are(void **state)
{
	(void)state;
	assert_string_equal(mm_route_name(ask(MM_PUBLIC, MM_POST, "/livez")), "livez");
	assert_int_equal(response.status, 405);
	assert_string_equal(response.extra_headers.p, "Allow: GET, HEAD\r\n");
	ask(MM_PUBLIC, MM_OTHER_METHOD, "/livez");
	assert_int_equal(response.status, 405);
}

static void errors_have_the_form_of_their_listener(void **state)
{
	(void)state;
	asked(MM_PUBLIC, "/x");
	assert_string_equal(response.body.p, "{\"error\":\"not found\"}\n");
	asked(MM_ADMIN, "/x");
	assert_contains(response.body.p, "\"kind\":\"Status\"");
}

static void every_read_route_takes_head_too(void **state)
{
	(void)state;
	for (size_t i = 0; i < MM_ROUTE_COUNT; i++) {
		if (mm_routes[i].methods & MM_GET)
			assert_true(mm_routes[i].methods & MM_HEAD);
	}
}

static void only_the_admin_listener_may_see_metrics(void **state)
{
	const struct mm_caller world = {MM_PUBLIC}, admin = {MM_ADMIN};

	(void)state;
	assert_true(mm_caller_may(&world, MM_PRIV_NONE));
	assert_false(mm_caller_may(&world, MM_PRIV_METRICS));
	assert_true(mm_caller_may(&admin, MM_PRIV_METRICS));
}

static void the_admin_listener_goes_by_no_name_but_localhost(void **state)
{
	static const struct {
		const char *host;
		int admin, world;
	} rows[] = {{"localhost:8444", 200, 200}, {"LOCALHOST", 200, 200},      {"127.0.0.1:1", 200, 200},
		    {"[::1]", 200, 200},          {"192.0.2.1", 200, 200},      {NULL, 200, 200},
		    {"rebound.test", 421, 200},   {"localhost.evil", 421, 200}, {"127.0.0.1.nip.io:80", 421, 200}};

	(void)state;
	for (size_t i = 0; i < MM_COUNT(rows); i++) {
		const struct mm_request request = {
			.method = MM_GET, .path = mm_span_str("/livez"), .host = mm_span_str(rows[i].host)};

		for (int listener = 0; listener < MM_LISTENER_COUNT; listener++) {
			struct mm_context context = {live, &board, {(enum mm_listener_kind)listener}, NOW};

			mm_response_clear(&response);
			mm_dispatch(&context, &request, &response);
			assert_int_equal(response.status, listener == MM_ADMIN ? rows[i].admin : rows[i].world);
		}
	}
}

static void a_privilege_that_is_unknown_is_nobodys(void **state)
{
	const struct mm_caller admin = {MM_ADMIN};

	(void)state;
	assert_false(mm_caller_may(&admin, (enum mm_privilege)99));
}

static void not_ready_is_503_with_the_reason(void **state)
{
	(void)state;
	live->not_ready = "stopping";
	asked(MM_PUBLIC, "/readyz");
	assert_int_equal(response.status, 503);
	assert_string_equal(response.body.p, "stopping");
	asked(MM_PUBLIC, "/livez");
	assert_int_equal(response.status, 200);
	live->not_ready = NULL;
}

static void metrics_add_up_what_workers_counted(void **state)
{
	static struct mm_worker_stats a, b;
	const struct mm_worker_stats *workers[] = {&a, &b};

	(void)state;
	mm_counter_add(&a.requests[0][mm_status_index(200)], 40);
	mm_counter_add(&b.requests[0][mm_status_index(200)], 2);
	mm_counter_add(&b.accepted[MM_PUBLIC], 5);
	mm_counter_add(&a.closed[MM_PUBLIC], 2);
	board.workers = workers;
	board.worker_count = 2;
	asked(MM_ADMIN, "/metrics");
	board.worker_count = 0;
	assert_contains(response.body.p, "mintmark_http_requests_total{route=\"jwks\",code=\"200\"} 42\n");
	assert_contains(response.body.p, "mintmark_http_connections{listener=\"public\"} 3\n");
	assert_contains(response.body.p, "mintmark_keys{state=\"active\"} 1\n");
	assert_contains(response.body.p, "mintmark_keyset_revision 9\n");
}

static int setup(void **state)
{
	struct mm_config config = test_config();
	mm_auto(mm_snapshot) snapshot = NULL;
	mm_auto(mm_keyset) set = NULL;
	struct mm_err err = {0};

	(void)state;
	assert_ok(mm_keyset_new(&set, &err), &err);
	test_add_first(set, test_shared_key("ES256", 0), NOW);
	set->revision = 9;
	assert_ok(mm_snapshot_build(&config, set, false, NOW, &snapshot, &err), &err);
	assert_ok(mm_live_new(&(struct mm_live_parts){.issuer_count = 1, .snapshots = &snapshot}, &live, &err), &err);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	mm_response_clear(&response);
	mm_live_free(live);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(documents_stand_under_the_issuers_path_alone),
		cmocka_unit_test(health_is_found_at_the_root_and_under_the_path),
		cmocka_unit_test(paths_are_compared_byte_for_byte),
		cmocka_unit_test(each_listener_has_its_own_routes),
		cmocka_unit_test(a_method_that_is_not_allowed_is_405_and_names_those_that_are),
		cmocka_unit_test(errors_have_the_form_of_their_listener),
		cmocka_unit_test(every_read_route_takes_head_too),
		cmocka_unit_test(only_the_admin_listener_may_see_metrics),
		cmocka_unit_test(the_admin_listener_goes_by_no_name_but_localhost),
		cmocka_unit_test(a_privilege_that_is_unknown_is_nobodys),
		cmocka_unit_test(not_ready_is_503_with_the_reason),
		cmocka_unit_test(metrics_add_up_what_workers_counted),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
