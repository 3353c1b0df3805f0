/* SPDX-License-Identifier: Apache-2.0 */
#include "issuer/http/response.h"
#include "issuer/http/route.h"
#include "issuer/http/stats.h"
#include "tests/unit/keysets.h"
#include "tests/unit/tokens.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define NOW   ((mm_time)1700000000)
#define TOKEN "0123456789abcdef"
#define MINT  "/api/v1/namespaces/a/serviceaccounts/b/token"

/* Under what rules the server is asked, by the one caller that it knows. */
enum rules { RULES_ALL, RULES_REVIEW, RULES_COUNT };

struct fixture {
	struct mm_live *lives[RULES_COUNT];
	struct mm_limits *limits;
	struct mm_stats_board board;
	struct mm_worker_stats stats;
	struct mm_refusals refusals;
	struct mm_log log;
	struct mm_response response; /* the last answer */
};

/* One request; of the rest of the context the tests change what they are about. */
struct ask {
	enum mm_listener_kind listener;
	enum mm_method method; /* 0: GET */
	const char *path;
	bool known; /* sends the token, unless `authorization` is something else */
	const char *authorization, *accept, *content_type, *body, *query;
	enum rules rules;
	struct mm_dev *dev;
	int64_t now_ns;
};

#define ADMIN(...)    ((struct ask){.listener = MM_ADMIN, .known = true, __VA_ARGS__})
#define STRANGER(...) ((struct ask){.listener = MM_ADMIN, __VA_ARGS__})
#define WORLD(...)    ((struct ask){.listener = MM_PUBLIC, __VA_ARGS__})

static void add_header(struct mm_request *request, const char *name, const char *value)
{
	if (value)
		request->headers[request->header_count++] = (struct mm_header){mm_span_str(name), mm_span_str(value)};
}

static struct mm_request request_of(const struct ask *ask)
{
	struct mm_request request = {
		.method = ask->method ? ask->method : MM_GET,
		.path = mm_span_str(ask->path),
		.query = mm_span_str(ask->query),
		.body = mm_span_str(ask->body ? ask->body : ""),
	};

	add_header(&request, "authorization", ask->authorization || !ask->known ? ask->authorization : "Bearer " TOKEN);
	add_header(&request, "accept", ask->accept);
	add_header(&request, "content-type", ask->content_type);
	return request;
}

static struct mm_context context_of(struct fixture *fixture, const struct ask *ask)
{
	return (struct mm_context){
		.listener = ask->listener,
		.live = fixture->lives[ask->rules],
		.board = &fixture->board,
		.stats = &fixture->stats,
		.refusals = &fixture->refusals,
		.log = &fixture->log,
		.limits = fixture->limits,
		.address = "192.0.2.1:4711",
		.dev = ask->dev,
		.now = NOW,
		.now_ns = ask->now_ns,
	};
}

/* Dispatches it; fixture->response holds the answer until the next. Returns its status. */
static int status_of(struct fixture *fixture, struct ask ask)
{
	struct mm_context context = context_of(fixture, &ask);
	struct mm_request request = request_of(&ask);

	mm_response_clear(&fixture->response);
	mm_dispatch(&context, &request, &fixture->response);
	mm_identity_clear(&context.caller);
	return fixture->response.status;
}

static const char *route_of(struct fixture *fixture, struct ask ask)
{
	struct mm_context context = context_of(fixture, &ask);
	struct mm_request request = request_of(&ask);
	size_t route;

	mm_response_clear(&fixture->response);
	route = mm_dispatch(&context, &request, &fixture->response);
	mm_identity_clear(&context.caller);
	return mm_route_name(route);
}

static bool wants_body(struct fixture *fixture, struct ask ask)
{
	struct mm_context context = context_of(fixture, &ask);
	struct mm_request request = request_of(&ask);

	return mm_route_wants_body(&context, &request);
}

/* What the log has said since it was asked last. */
static const char *logged(struct fixture *fixture)
{
	static char text[8192];
	ssize_t n = pread(fixture->log.fd, text, sizeof text - 1, 0);

	assert_true(n >= 0);
	text[n] = '\0';
	assert_int_equal(ftruncate(fixture->log.fd, 0), 0);
	assert_int_equal(lseek(fixture->log.fd, 0, SEEK_SET), 0);
	return text;
}

/* ---- finding ----------------------------------------------------------------------------------------------------- */

static void documents_stand_under_the_issuers_path_alone_for_the_world(void **state)
{
	struct fixture *fixture = *state;

	assert_string_equal(route_of(fixture, WORLD(.path = "/id/prod" MM_JWKS_PATH)), "jwks");
	assert_ptr_equal(fixture->response.prepared_body,
			 &fixture->lives[0]->issuers[0].snapshot->documents->jwks.body);
	assert_string_equal(route_of(fixture, WORLD(.path = "/id/prod" MM_DISCOVERY_PATH)), "discovery");
	assert_string_equal(route_of(fixture, WORLD(.path = MM_JWKS_PATH)), "none");
	assert_int_equal(fixture->response.status, 404);
}

static void documents_are_on_the_admin_listener_with_and_without_the_issuers_path(void **state)
{
	struct fixture *fixture = *state;

	assert_int_equal(status_of(fixture, ADMIN(.path = MM_JWKS_PATH)), 200);
	assert_int_equal(status_of(fixture, ADMIN(.path = "/id/prod" MM_DISCOVERY_PATH)), 200);
}

static void health_is_found_at_the_root_and_under_the_path(void **state)
{
	struct fixture *fixture = *state;

	for (int listener = 0; listener < MM_LISTENER_COUNT; listener++) {
		assert_string_equal(
			route_of(fixture, (struct ask){.listener = (enum mm_listener_kind)listener, .path = "/livez"}),
			"livez");
		assert_string_equal(route_of(fixture, (struct ask){.listener = (enum mm_listener_kind)listener,
								   .path = "/id/prod/readyz"}),
				    "readyz");
		assert_int_equal(fixture->response.status, 200);
	}
}

static void paths_are_compared_byte_for_byte(void **state)
{
	static const char *const paths[] = {"/livez/",  "//livez", "/%6civez",        "/LIVEZ",        "/livez;",
					    "/./livez", "/",       "/id/prod//livez", "/id/prodlivez", "/id/prod"};

	for (size_t i = 0; i < MM_COUNT(paths); i++)
		assert_string_equal(route_of(*state, WORLD(.path = paths[i])), "none");
}

static void a_segment_is_what_a_name_can_be_and_nothing_is_decoded(void **state)
{
	static const struct {
		const char *path, *route;
	} rows[] = {
		{MINT, "token"},
		{"/id/prod" MINT, "token"},
		{"/api/v1/namespaces/a-1/serviceaccounts/b.c-2/token", "token"},
		{"/api/v1/namespaces//serviceaccounts/b/token", "none"},
		{"/api/v1/namespaces/a/serviceaccounts//token", "none"},
		{"/api/v1/namespaces/a/serviceaccounts/token", "none"},
		{"/api/v1/namespaces/a/serviceaccounts/b/token/", "none"},
		{"/api/v1/namespaces/a/serviceaccounts/b/c/token", "none"},
		{"/api/v1/namespaces/a%2fb/serviceaccounts/b/token", "none"},
		{"/api/v1/namespaces/%2e%2e/serviceaccounts/b/token", "none"},
		{"/api/v1/namespaces/A/serviceaccounts/b/token", "none"},
		{"/api/v1/namespaces/a_b/serviceaccounts/b/token", "none"},
		{"/api/v1/namespaces/{namespace}/serviceaccounts/{name}/token", "none"},
		{"/api/v1/namespaces/a/serviceaccounts/b/tokens", "none"},
		{"/api/v1/namespaces/a/serviceaccounts/b/toke", "none"},
		{"/api/v1/namespaces/a/serviceaccounts/b", "none"},
		{"/api/v1/namespaces/a/serviceaccounts/", "none"},
		{"/id/prod/id/prod" MINT, "none"},
	};

	for (size_t i = 0; i < MM_COUNT(rows); i++)
		assert_string_equal(route_of(*state, ADMIN(.path = rows[i].path)), rows[i].route);
}

static void a_segment_has_at_most_253_bytes(void **state)
{
	char path[512] = "/api/v1/namespaces/";
	size_t start = strlen(path);

	memset(path + start, 'a', 253);
	strcpy(path + start + 253, "/serviceaccounts/b/token");
	assert_string_equal(route_of(*state, ADMIN(.path = path)), "token");
	memset(path + start, 'a', 254);
	strcpy(path + start + 254, "/serviceaccounts/b/token");
	assert_string_equal(route_of(*state, ADMIN(.path = path)), "none");
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
	struct fixture *fixture = *state;
	static char second[] = "/id/prod/2";
	struct mm_live_issuer issuers[] = {fixture->lives[RULES_ALL]->issuers[0], {.prefix = second}};
	struct mm_live live = {.issuer_count = 2, .issuers = issuers};

	issuers[1].snapshot = issuers[0].snapshot;
	for (size_t i = 0; i < MM_COUNT(rows); i++) {
		const struct ask ask = ADMIN(.path = rows[i].path);
		struct mm_context context = context_of(fixture, &ask);
		struct mm_request request = request_of(&ask);
		const struct mm_live *known = context.live;

		live.callers = known->callers;
		live.rules = known->rules;
		context.live = &live;
		mm_response_clear(&fixture->response);
		assert_string_equal(mm_route_name(mm_dispatch(&context, &request, &fixture->response)), rows[i].route);
		assert_ptr_equal(context.issuer, &issuers[rows[i].issuer]);
		mm_identity_clear(&context.caller);
	}
}

static void the_routes_of_dev_are_there_in_dev_alone(void **state)
{
	static int anything;
	struct mm_dev *dev = (struct mm_dev *)&anything; /* no handler is reached */

	assert_int_equal(status_of(*state, ADMIN(.path = "/dev/rotate")), 404);
	assert_int_equal(status_of(*state, ADMIN(.path = "/dev/rotate", .dev = dev)), 405);
	assert_int_equal(
		status_of(*state, ADMIN(.path = "/dev/rotate", .method = MM_POST, .dev = dev, .rules = RULES_REVIEW)),
		403);
	assert_int_equal(status_of(*state, STRANGER(.path = "/dev/rotate", .method = MM_POST, .dev = dev)), 401);
	assert_int_equal(status_of(*state, WORLD(.path = "/dev/rotate", .method = MM_POST, .dev = dev)), 404);
}

static void each_listener_has_its_own_routes(void **state)
{
	static const char *const admin_only[] = {"/metrics",
						 "/version",
						 MINT,
						 "/id/prod" MINT,
						 "/apis/authentication.k8s.io/v1/tokenreviews",
						 "/apis/authentication.k8s.io/v1/selfsubjectreviews",
						 "/apis/authentication.k8s.io/v1beta1/selfsubjectreviews"};

	for (size_t i = 0; i < MM_COUNT(admin_only); i++) {
		assert_string_equal(route_of(*state, WORLD(.path = admin_only[i])), "none");
		assert_string_not_equal(route_of(*state, ADMIN(.path = admin_only[i])), "none");
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

/* ---- who is let in ----------------------------------------------------------------------------------------------- */

static void a_stranger_learns_nothing_of_what_there_is(void **state)
{
	static const char *const paths[] = {"/metrics", MINT, MM_JWKS_PATH, "/id/prod" MM_DISCOVERY_PATH,
					    "/nothing", "/"};
	static const char *const authorizations[] = {NULL, "Bearer wrong", "Basic " TOKEN, "Bearer " TOKEN "0", ""};
	struct fixture *fixture = *state;

	for (size_t i = 0; i < MM_COUNT(paths); i++) {
		for (size_t j = 0; j < MM_COUNT(authorizations); j++) {
			const struct ask ask = STRANGER(.path = paths[i], .authorization = authorizations[j]);

			assert_int_equal(status_of(fixture, ask), 401);
			assert_string_equal(fixture->response.body.p,
					    "{\"kind\":\"Status\",\"apiVersion\":\"v1\",\"metadata\":{},"
					    "\"status\":\"Failure\",\"message\":\"Unauthorized\","
					    "\"reason\":\"Unauthorized\",\"code\":401}\n");
			assert_string_equal(fixture->response.extra_headers.p,
					    "WWW-Authenticate: Bearer realm=\"mintmark\"\r\n");
		}
	}
}

static void health_and_version_need_nobody(void **state)
{
	static const char *const paths[] = {"/livez", "/readyz", "/version", "/id/prod/version"};

	for (size_t i = 0; i < MM_COUNT(paths); i++) {
		assert_int_equal(status_of(*state, STRANGER(.path = paths[i])), 200);
	}
}

static void what_nobody_may_is_403_in_the_words_of_kubernetes(void **state)
{
	struct fixture *fixture = *state;

	assert_int_equal(status_of(fixture, ADMIN(.path = "/metrics", .rules = RULES_REVIEW)), 403);
	assert_contains(fixture->response.body.p, "forbidden: User \\\"dev\\\" cannot get path \\\"/metrics\\\"");
	assert_int_equal(status_of(fixture, ADMIN(.path = MINT, .method = MM_POST, .rules = RULES_REVIEW)), 403);
	assert_contains(fixture->response.body.p, "serviceaccounts \\\"b\\\" is forbidden: User \\\"dev\\\"");
	assert_contains(fixture->response.body.p, "\"details\":{\"name\":\"b\",\"kind\":\"serviceaccounts\"}");
}

static void a_token_that_is_refused_by_the_rules_is_told_to_the_audit(void **state)
{
	struct fixture *fixture = *state;
	const char *line;

	fixture->log.level = MM_LOG_ERROR;
	status_of(fixture, ADMIN(.path = MINT, .method = MM_POST, .rules = RULES_REVIEW));
	line = logged(fixture);
	assert_contains(line, "level=audit msg=\"token refused\" caller=dev via=token peer=192.0.2.1:4711 account=a/b "
			      "code=403 reason=Forbidden message=");
	assert_null(strstr(line, TOKEN));
	assert_int_equal(mm_counter_get(&fixture->stats.refused[mm_status_index(403)]), 1);
}

static void a_path_that_is_not_there_comes_before_a_method_and_that_before_the_rules(void **state)
{
	struct fixture *fixture = *state;

	assert_int_equal(status_of(fixture, ADMIN(.path = "/nothing", .method = MM_POST, .rules = RULES_REVIEW)), 404);
	assert_contains(fixture->response.body.p, "\"message\":\"the server could not find the requested resource\"");
	assert_int_equal(status_of(fixture, ADMIN(.path = MINT, .rules = RULES_REVIEW)), 405);
	assert_contains(fixture->response.body.p, "\"reason\":\"MethodNotAllowed\"");
	assert_string_equal(fixture->response.extra_headers.p, "Allow: POST\r\n");
}

static void whoever_calls_too_often_reads_when_to_come_back(void **state)
{
	struct fixture *fixture = *state;
	struct mm_settings *settings = &fixture->lives[RULES_ALL]->settings;

	settings->rate = 1;
	settings->burst = 2;
	assert_int_equal(status_of(fixture, ADMIN(.path = "/metrics", .now_ns = 1)), 200);
	assert_int_equal(status_of(fixture, ADMIN(.path = "/nothing", .now_ns = 1)), 404);
	assert_int_equal(status_of(fixture, ADMIN(.path = "/metrics", .now_ns = 1)), 429);
	assert_string_equal(fixture->response.extra_headers.p, "Retry-After: 1\r\n");
	assert_contains(fixture->response.body.p,
			"\"reason\":\"TooManyRequests\",\"details\":{\"retryAfterSeconds\":1}");
	assert_int_equal(status_of(fixture, ADMIN(.path = "/livez", .now_ns = 1)), 200);
	assert_int_equal(status_of(fixture, ADMIN(.path = "/metrics", .now_ns = 2000000000)), 200);
	assert_int_equal(mm_counter_get(&fixture->stats.throttled[MM_THROTTLE_RATE]), 1);
	settings->rate = 0;
}

static void who_calls_is_counted_by_what_was_shown(void **state)
{
	struct fixture *fixture = *state;
	const mm_counter(*counts)[2] = fixture->stats.authentications;

	status_of(fixture, ADMIN(.path = "/metrics"));
	status_of(fixture, STRANGER(.path = "/metrics"));
	status_of(fixture, STRANGER(.path = "/metrics", .authorization = "Bearer x"));
	assert_int_equal(mm_counter_get(&counts[MM_CALLER_TOKEN][1]), 1);
	assert_int_equal(mm_counter_get(&counts[MM_CALLER_TOKEN][0]), 1);
	assert_int_equal(mm_counter_get(&counts[MM_CALLER_NOBODY][0]), 1);
}

static void a_flood_of_wrong_tokens_is_a_line_a_second(void **state)
{
	struct ask ask = ADMIN(.path = "/metrics", .authorization = "Bearer not-this-one", .now_ns = 5000000000);
	struct fixture *fixture = *state;
	const char *line;

	for (int i = 0; i < 100; i++)
		status_of(fixture, ask);
	line = logged(fixture);
	assert_contains(line, "level=info msg=\"a caller was not recognized\" by=token peer=192.0.2.1:4711 error=");
	assert_contains(line, " times=1\n");
	assert_null(strstr(line, "not-this-one"));
	assert_int_equal(strchr(line, '\n') - line, strlen(line) - 1);
	ask.now_ns += 1000000000;
	status_of(fixture, ask);
	assert_contains(logged(fixture), " times=100\n");
}

static void whoever_shows_nothing_is_no_line(void **state)
{
	struct fixture *fixture = *state;

	status_of(fixture, STRANGER(.path = "/metrics"));
	assert_string_equal(logged(fixture), "");
}

static void a_body_is_kept_for_those_alone_who_may_use_the_route(void **state)
{
	struct fixture *fixture = *state;

	assert_true(wants_body(fixture, ADMIN(.path = MINT, .method = MM_POST)));
	assert_false(wants_body(fixture, ADMIN(.path = MINT, .method = MM_PUT)));
	assert_false(wants_body(fixture, ADMIN(.path = "/metrics", .method = MM_POST)));
	assert_false(wants_body(fixture, ADMIN(.path = "/nothing", .method = MM_POST)));
	assert_false(wants_body(fixture, ADMIN(.path = MINT, .method = MM_POST, .rules = RULES_REVIEW)));
	assert_false(wants_body(fixture, STRANGER(.path = MINT, .method = MM_POST)));
	assert_false(wants_body(fixture, WORLD(.path = MINT, .method = MM_POST)));
	assert_string_equal(logged(fixture), "");
	for (int kind = 0; kind < MM_CALLER_KINDS; kind++)
		assert_int_equal(mm_counter_get(&fixture->stats.authentications[kind][1]), 0);
}

/* ---- answers ----------------------------------------------------------------------------------------------------- */

static void a_method_that_is_not_allowed_is_405_and_names_those_that_are(void **state)
{
	struct fixture *fixture = *state;

	assert_int_equal(status_of(fixture, WORLD(.path = "/livez", .method = MM_POST)), 405);
	assert_string_equal(fixture->response.extra_headers.p, "Allow: GET, HEAD\r\n");
	assert_int_equal(status_of(fixture, WORLD(.path = "/livez", .method = MM_OTHER_METHOD)), 405);
}

static void errors_have_the_form_of_their_listener_and_of_accept(void **state)
{
	static const char protobuf[] = "application/vnd.kubernetes.protobuf";
	struct fixture *fixture = *state;

	status_of(fixture, WORLD(.path = "/x", .accept = protobuf));
	assert_string_equal(fixture->response.body.p, "{\"error\":\"not found\"}\n");
	status_of(fixture, ADMIN(.path = "/x"));
	assert_contains(fixture->response.body.p, "\"kind\":\"Status\"");
	status_of(fixture, ADMIN(.path = "/x", .accept = protobuf));
	assert_string_equal(fixture->response.content_type, protobuf);
	status_of(fixture, STRANGER(.path = "/x", .accept = protobuf));
	assert_int_equal(fixture->response.status, 401);
	assert_string_equal(fixture->response.content_type, protobuf);
}

static void not_ready_is_503_with_the_reason(void **state)
{
	struct fixture *fixture = *state;
	struct mm_live *live = fixture->lives[RULES_ALL];

	live->not_ready = "stopping";
	assert_int_equal(status_of(fixture, WORLD(.path = "/readyz")), 503);
	assert_string_equal(fixture->response.body.p, "stopping");
	assert_int_equal(status_of(fixture, WORLD(.path = "/livez")), 200);
	live->not_ready = NULL;
}

static void metrics_add_up_what_workers_counted(void **state)
{
	static struct mm_worker_stats a, b;
	const struct mm_worker_stats *workers[] = {&a, &b};
	struct fixture *fixture = *state;

	mm_counter_add(&a.requests[0][mm_status_index(200)], 40);
	mm_counter_add(&b.requests[0][mm_status_index(200)], 2);
	mm_counter_add(&b.accepted[MM_PUBLIC], 5);
	mm_counter_add(&a.closed[MM_PUBLIC], 2);
	fixture->board.workers = workers;
	fixture->board.worker_count = 2;
	assert_int_equal(status_of(fixture, ADMIN(.path = "/metrics")), 200);
	fixture->board.worker_count = 0;
	assert_contains(fixture->response.body.p, "mintmark_http_requests_total{route=\"jwks\",code=\"200\"} 42\n");
	assert_contains(fixture->response.body.p, "mintmark_http_connections{listener=\"public\"} 3\n");
	assert_contains(fixture->response.body.p, "mintmark_keys{state=\"active\"} 1\n");
	assert_contains(fixture->response.body.p, "mintmark_keyset_revision 9\n");
}

/* ---- what it takes ----------------------------------------------------------------------------------------------- */

static struct mm_snapshot *new_snapshot(const struct mm_config *config)
{
	mm_auto(mm_keyset) set = NULL;
	struct mm_snapshot *snapshot;
	struct mm_err err = {0};

	assert_ok(mm_keyset_new(&set, &err), &err);
	test_add_first(set, test_shared_key("ES256", 0), NOW);
	set->revision = 9;
	assert_ok(mm_snapshot_build(config, set, true, NOW, &snapshot, &err), &err);
	return snapshot;
}

/* For RULES_REVIEW the caller may review and nothing else. */
static struct mm_rules *new_rules(struct mm_config *config, enum rules which)
{
	static char dev_text[] = "dev", review_text[] = "review";
	static char *dev[] = {dev_text}, *review[] = {review_text};
	static struct mm_rule_record record = {.users = {dev, 1}, .may = {review, 1}};
	static size_t line = 1;
	struct mm_rules *rules;
	struct mm_err err = {0};

	config->rules = (struct mm_records){.n = 1, .lines = &line, .v = &record};
	if (which == RULES_ALL)
		assert_ok(mm_rules_allow_all("dev", &rules, &err), &err);
	else
		assert_ok(mm_rules_build(config, &rules, &err), &err);
	return rules;
}

static struct mm_live *new_live(enum rules which)
{
	struct mm_config config = test_config();
	mm_auto(mm_snapshot) snapshot = new_snapshot(&config);
	mm_auto(mm_rules) rules = new_rules(&config, which);
	mm_auto(mm_callers) callers = NULL;
	mm_auto(mm_directory) directory = NULL;
	struct mm_live *live;
	struct mm_err err = {0};

	config.service_accounts.any = config.bound_objects.any = true;
	assert_ok(mm_callers_of_token(TOKEN, "dev", &callers, &err), &err);
	assert_ok(mm_directory_build(&config, &directory, &err), &err);
	assert_ok(mm_live_new(&(struct mm_live_parts){.issuer_count = 1,
						      .snapshots = &snapshot,
						      .callers = callers,
						      .rules = rules,
						      .directory = directory},
			      &live, &err),
		  &err);
	return live;
}

static struct fixture fixture_of_all;

static int setup_all(void **state)
{
	(void)state;
	for (int i = 0; i < RULES_COUNT; i++)
		fixture_of_all.lives[i] = new_live((enum rules)i);
	return 0;
}

static int teardown_all(void **state)
{
	(void)state;
	for (int i = 0; i < RULES_COUNT; i++)
		mm_live_free(fixture_of_all.lives[i]);
	return 0;
}

/* What a test may leave behind is fresh for each. */
static int setup(void **state)
{
	struct fixture *fixture = &fixture_of_all;
	struct mm_err err = {0};

	memset(&fixture->stats, 0, sizeof fixture->stats);
	fixture->refusals = (struct mm_refusals){0};
	fixture->log = (struct mm_log){.fd = memfd_create("log", MFD_CLOEXEC), .level = MM_LOG_INFO};
	assert_ok(mm_limits_new(&fixture->limits, &err), &err);
	*state = fixture;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *fixture = *state;

	mm_response_clear(&fixture->response);
	mm_limits_free(fixture->limits);
	close(fixture->log.fd);
	return 0;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(documents_stand_under_the_issuers_path_alone_for_the_world),
		TEST(documents_are_on_the_admin_listener_with_and_without_the_issuers_path),
		TEST(health_is_found_at_the_root_and_under_the_path),
		TEST(paths_are_compared_byte_for_byte),
		TEST(a_segment_is_what_a_name_can_be_and_nothing_is_decoded),
		TEST(a_segment_has_at_most_253_bytes),
		TEST(the_issuer_is_the_one_under_whose_path_it_is),
		TEST(the_routes_of_dev_are_there_in_dev_alone),
		TEST(each_listener_has_its_own_routes),
		TEST(what_takes_no_privilege_is_known_by_name),
		TEST(all_that_the_world_can_reach_takes_no_privilege),
		TEST(every_read_route_takes_head_too),
		TEST(a_stranger_learns_nothing_of_what_there_is),
		TEST(health_and_version_need_nobody),
		TEST(what_nobody_may_is_403_in_the_words_of_kubernetes),
		TEST(a_token_that_is_refused_by_the_rules_is_told_to_the_audit),
		TEST(a_path_that_is_not_there_comes_before_a_method_and_that_before_the_rules),
		TEST(whoever_calls_too_often_reads_when_to_come_back),
		TEST(who_calls_is_counted_by_what_was_shown),
		TEST(a_flood_of_wrong_tokens_is_a_line_a_second),
		TEST(whoever_shows_nothing_is_no_line),
		TEST(a_body_is_kept_for_those_alone_who_may_use_the_route),
		TEST(a_method_that_is_not_allowed_is_405_and_names_those_that_are),
		TEST(errors_have_the_form_of_their_listener_and_of_accept),
		TEST(not_ready_is_503_with_the_reason),
		TEST(metrics_add_up_what_workers_counted),
	};

	return cmocka_run_group_tests(tests, setup_all, teardown_all);
}
