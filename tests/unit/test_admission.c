/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/front.h"

#include "issuer/http/response.h"

#include <string.h>

static void a_stranger_learns_nothing_of_what_there_is(void **state)
{
	static const char *const paths[] = {"/metrics", FRONT_MINT, MM_JWKS_PATH, "/id/prod" MM_DISCOVERY_PATH,
					    "/nothing", "/"};
	static const char *const authorizations[] = {NULL, "Bearer wrong", "Basic " FRONT_TOKEN,
						     "Bearer " FRONT_TOKEN "0", ""};
	struct front *front = *state;

	for (size_t i = 0; i < MM_COUNT(paths); i++) {
		for (size_t j = 0; j < MM_COUNT(authorizations); j++) {
			const struct front_ask ask = STRANGER(.path = paths[i], .authorization = authorizations[j]);

			assert_int_equal(front_status(front, ask), 401);
			assert_string_equal(front->response.body.p,
					    "{\"kind\":\"Status\",\"apiVersion\":\"v1\",\"metadata\":{},"
					    "\"status\":\"Failure\",\"message\":\"Unauthorized\","
					    "\"reason\":\"Unauthorized\",\"code\":401}\n");
			assert_string_equal(front->response.extra_headers.p,
					    "WWW-Authenticate: Bearer realm=\"mintmark\"\r\n");
		}
	}
}

static void health_and_version_need_nobody(void **state)
{
	static const char *const paths[] = {"/livez", "/readyz", "/version", "/id/prod/version"};

	for (size_t i = 0; i < MM_COUNT(paths); i++) {
		assert_int_equal(front_status(*state, STRANGER(.path = paths[i])), 200);
	}
}

static void what_nobody_may_is_403_in_the_words_of_kubernetes(void **state)
{
	struct front *front = *state;

	assert_int_equal(front_status(front, ADMIN(.path = "/metrics", .rules = FRONT_REVIEW)), 403);
	assert_contains(front->response.body.p, "forbidden: User \\\"dev\\\" cannot get path \\\"/metrics\\\"");
	assert_int_equal(front_status(front, ADMIN(.path = FRONT_MINT, .method = MM_POST, .rules = FRONT_REVIEW)), 403);
	assert_contains(front->response.body.p, "serviceaccounts \\\"b\\\" is forbidden: User \\\"dev\\\"");
	assert_contains(front->response.body.p, "\"details\":{\"name\":\"b\",\"kind\":\"serviceaccounts\"}");
}

static void a_token_that_is_refused_by_the_rules_is_told_to_the_audit(void **state)
{
	struct front *front = *state;
	const char *line;

	front->log.level = MM_LOG_ERROR;
	front_status(front, ADMIN(.path = FRONT_MINT, .method = MM_POST, .rules = FRONT_REVIEW));
	line = front_logged(front);
	assert_contains(line, "level=audit msg=\"token refused\" caller=dev via=token peer=192.0.2.1:4711 account=a/b "
			      "code=403 reason=Forbidden message=");
	assert_null(strstr(line, FRONT_TOKEN));
	assert_int_equal(mm_counter_get(&front->stats.refused[mm_status_index(403)]), 1);
}

static void a_path_that_is_not_there_comes_before_a_method_and_that_before_the_rules(void **state)
{
	struct front *front = *state;

	assert_int_equal(front_status(front, ADMIN(.path = "/nothing", .method = MM_POST, .rules = FRONT_REVIEW)), 404);
	assert_contains(front->response.body.p, "\"message\":\"the server could not find the requested resource\"");
	assert_int_equal(front_status(front, ADMIN(.path = FRONT_MINT, .rules = FRONT_REVIEW)), 405);
	assert_contains(front->response.body.p, "\"reason\":\"MethodNotAllowed\"");
	assert_string_equal(front->response.extra_headers.p, "Allow: POST\r\n");
}

static void whoever_calls_too_often_reads_when_to_come_back(void **state)
{
	struct front *front = *state;
	struct mm_settings *settings = &front->lives[FRONT_ALL]->settings;

	settings->rate = 1;
	settings->burst = 2;
	assert_int_equal(front_status(front, ADMIN(.path = "/metrics", .now_ns = 1)), 200);
	assert_int_equal(front_status(front, ADMIN(.path = "/nothing", .now_ns = 1)), 404);
	assert_int_equal(front_status(front, ADMIN(.path = "/metrics", .now_ns = 1)), 429);
	assert_string_equal(front->response.extra_headers.p, "Retry-After: 1\r\n");
	assert_contains(front->response.body.p, "\"reason\":\"TooManyRequests\",\"details\":{\"retryAfterSeconds\":1}");
	assert_int_equal(front_status(front, ADMIN(.path = "/livez", .now_ns = 1)), 200);
	assert_int_equal(front_status(front, ADMIN(.path = "/metrics", .now_ns = 2000000000)), 200);
	assert_int_equal(mm_counter_get(&front->stats.throttled[MM_THROTTLE_RATE]), 1);
	settings->rate = 0;
}

static void who_calls_is_counted_by_what_was_shown(void **state)
{
	struct front *front = *state;
	const mm_counter(*counts)[2] = front->stats.authentications;

	front_status(front, ADMIN(.path = "/metrics"));
	front_status(front, STRANGER(.path = "/metrics"));
	front_status(front, STRANGER(.path = "/metrics", .authorization = "Bearer x"));
	assert_int_equal(mm_counter_get(&counts[MM_CALLER_TOKEN][1]), 1);
	assert_int_equal(mm_counter_get(&counts[MM_CALLER_TOKEN][0]), 1);
	assert_int_equal(mm_counter_get(&counts[MM_CALLER_NOBODY][0]), 1);
}

static void a_flood_of_wrong_tokens_is_a_line_a_second(void **state)
{
	struct front_ask ask = ADMIN(.path = "/metrics", .authorization = "Bearer not-this-one", .now_ns = 5000000000);
	struct front *front = *state;
	const char *line;

	for (int i = 0; i < 100; i++)
		front_status(front, ask);
	line = front_logged(front);
	assert_contains(line, "level=info msg=\"a caller was not recognized\" by=token peer=192.0.2.1:4711 error=");
	assert_contains(line, " times=1\n");
	assert_null(strstr(line, "not-this-one"));
	assert_int_equal(strchr(line, '\n') - line, strlen(line) - 1);
	ask.now_ns += 1000000000;
	front_status(front, ask);
	assert_contains(front_logged(front), " times=100\n");
}

static void whoever_shows_nothing_is_no_line(void **state)
{
	struct front *front = *state;

	front_status(front, STRANGER(.path = "/metrics"));
	assert_string_equal(front_logged(front), "");
}

static void a_body_is_kept_for_those_alone_who_may_use_the_route(void **state)
{
	struct front *front = *state;

	assert_true(front_wants_body(front, ADMIN(.path = FRONT_MINT, .method = MM_POST)));
	assert_false(front_wants_body(front, ADMIN(.path = FRONT_MINT, .method = MM_PUT)));
	assert_false(front_wants_body(front, ADMIN(.path = "/metrics", .method = MM_POST)));
	assert_false(front_wants_body(front, ADMIN(.path = "/nothing", .method = MM_POST)));
	assert_false(front_wants_body(front, ADMIN(.path = FRONT_MINT, .method = MM_POST, .rules = FRONT_REVIEW)));
	assert_false(front_wants_body(front, STRANGER(.path = FRONT_MINT, .method = MM_POST)));
	assert_false(front_wants_body(front, WORLD(.path = FRONT_MINT, .method = MM_POST)));
	assert_string_equal(front_logged(front), "");
	for (int kind = 0; kind < MM_CALLER_KINDS; kind++)
		assert_int_equal(mm_counter_get(&front->stats.authentications[kind][1]), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FRONT_TEST(a_stranger_learns_nothing_of_what_there_is),
		FRONT_TEST(health_and_version_need_nobody),
		FRONT_TEST(what_nobody_may_is_403_in_the_words_of_kubernetes),
		FRONT_TEST(a_token_that_is_refused_by_the_rules_is_told_to_the_audit),
		FRONT_TEST(a_path_that_is_not_there_comes_before_a_method_and_that_before_the_rules),
		FRONT_TEST(whoever_calls_too_often_reads_when_to_come_back),
		FRONT_TEST(who_calls_is_counted_by_what_was_shown),
		FRONT_TEST(a_flood_of_wrong_tokens_is_a_line_a_second),
		FRONT_TEST(whoever_shows_nothing_is_no_line),
		FRONT_TEST(a_body_is_kept_for_those_alone_who_may_use_the_route),
	};

	return cmocka_run_group_tests(tests, front_open, front_close);
}
