/* SPDX-License-Identifier: Apache-2.0 */
#include "issuer/http/stats.h"
#include "tests/unit/keysets.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What the page is made of: two workers, and one key set. */
struct fixture {
	struct mm_keyset *set;
	struct mm_snapshot snapshot;
	struct mm_live_issuer issuer;
	struct mm_live live;
	struct mm_worker_stats *workers[2];
	const struct mm_worker_stats *read_only[2]; /* the same */
	struct mm_stats_board board;
	struct mm_buf page;
};

static int setup(void **state)
{
	struct fixture *fixture = calloc(1, sizeof *fixture);

	assert_non_null(fixture);
	fixture->set = test_first_set();
	fixture->snapshot = (struct mm_snapshot){
		.set = fixture->set,
		.revision = 7,
		.policy = test_policy_for("EdDSA", NULL),
	};
	fixture->issuer.snapshot = &fixture->snapshot;
	fixture->live.issuer_count = 1;
	fixture->live.issuers = &fixture->issuer;
	for (size_t i = 0; i < MM_COUNT(fixture->workers); i++) {
		fixture->workers[i] = calloc(1, sizeof *fixture->workers[i]);
		assert_non_null(fixture->workers[i]);
		fixture->read_only[i] = fixture->workers[i];
	}
	fixture->board = (struct mm_stats_board){
		.worker_count = MM_COUNT(fixture->workers),
		.workers = fixture->read_only,
	};
	*state = fixture;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *fixture = *state;

	for (size_t i = 0; i < MM_COUNT(fixture->workers); i++)
		free(fixture->workers[i]);
	mm_buf_free(&fixture->page);
	mm_keyset_free(fixture->set);
	free(fixture);
	return 0;
}

static const char *page_at(struct fixture *fixture, mm_time now)
{
	const struct mm_context context = {.live = &fixture->live, .board = &fixture->board, .now = now};
	const struct mm_request request = {0};
	struct mm_response response = {0};
	struct mm_err err = {0};

	assert_ok(mm_handle_metrics(&context, &request, &response, &err), &err);
	assert_ok(mm_buf_check(&response.body, &err), &err);
	mm_buf_free(&fixture->page);
	fixture->page = response.body;
	return fixture->page.p;
}

static void what_each_worker_counted_is_added_up(void **state)
{
	struct fixture *fixture = *state;

	mm_counter_add(&fixture->workers[0]->closed_by_us[MM_CLOSE_TIMEOUT], 2);
	mm_counter_add(&fixture->workers[1]->closed_by_us[MM_CLOSE_TIMEOUT], 3);
	assert_contains(page_at(fixture, T0), "\nmintmark_http_connections_closed_total{reason=\"timeout\"} 5\n");
	assert_contains(page_at(fixture, T0), "\nmintmark_http_connections_closed_total{reason=\"limit\"} 0\n");
}

static void open_connections_are_never_fewer_than_none(void **state)
{
	struct fixture *fixture = *state;

	mm_counter_add(&fixture->workers[0]->accepted[MM_PUBLIC], 3);
	mm_counter_add(&fixture->workers[1]->closed[MM_PUBLIC], 1);
	assert_contains(page_at(fixture, T0), "\nmintmark_http_connections{listener=\"public\"} 2\n");
	mm_counter_add(&fixture->workers[1]->closed[MM_PUBLIC], 5);
	assert_contains(page_at(fixture, T0), "\nmintmark_http_connections{listener=\"public\"} 0\n");
}

static void only_answers_that_were_given_are_listed(void **state)
{
	struct fixture *fixture = *state;

	assert_null(strstr(page_at(fixture, T0), "mintmark_http_requests_total{"));
	mm_counter_add(&fixture->workers[1]->requests[MM_ROUTE_NONE][0], 4);
	assert_contains(page_at(fixture, T0), "\nmintmark_http_requests_total{route=\"none\",code=\"");
}

static void keys_that_await_their_delivery_are_counted(void **state)
{
	struct fixture *fixture = *state;

	assert_contains(page_at(fixture, T0), "\nmintmark_keys_awaiting_delivery 0\n");
	fixture->set->records[0].delivered = fixture->set->records[1].delivered = MM_NEVER;
	fixture->snapshot.policy.delivers = true;
	assert_contains(page_at(fixture, T0), "\nmintmark_keys_awaiting_delivery 2\n");
	assert_contains(page_at(fixture, T0), "\nmintmark_next_action_timestamp_seconds 0\n");
}

static void keys_are_counted_by_state(void **state)
{
	struct fixture *fixture = *state;

	assert_contains(page_at(fixture, T0), "\nmintmark_keys{state=\"active\"} 1\n");
	assert_contains(page_at(fixture, T0), "\nmintmark_keys{state=\"ready\"} 1\n");
	assert_contains(page_at(fixture, T0), "\nmintmark_keys{state=\"retired\"} 0\n");
	assert_contains(page_at(fixture, T0), "\nmintmark_keyset_revision 7\n");
}

static void the_next_action_is_that_of_the_schedule(void **state)
{
	struct fixture *fixture = *state;
	mm_time due = T0 + test_policy.rotate_every - TEST_PUBLISH_WAIT; /* the next standby */
	char line[80];

	snprintf(line, sizeof line, "\nmintmark_next_action_timestamp_seconds %lld\n", (long long)due);
	assert_contains(page_at(fixture, T0), line);
	assert_contains(page_at(fixture, due + 5), line); /* overdue */
}

static void where_nothing_is_scheduled_the_next_action_is_never(void **state)
{
	struct fixture *fixture = *state;

	fixture->snapshot.policy.rotate_every = 0;
	assert_contains(page_at(fixture, T0), "\nmintmark_next_action_timestamp_seconds 0\n");
}

static void each_kind_of_event_is_counted(void **state)
{
	struct fixture *fixture = *state;

	mm_counter_add(&fixture->board.reloads.key_events[MM_EVENT_ACTIVATED], 3);
	assert_contains(page_at(fixture, T0), "\nmintmark_key_events_total{event=\"activated\"} 3\n");
	assert_contains(page_at(fixture, T0), "\nmintmark_key_events_total{event=\"forgotten\"} 0\n");
}

static void what_hinders_rotation_is_shown(void **state)
{
	struct fixture *fixture = *state;

	assert_contains(page_at(fixture, T0), "\nmintmark_rotation_failures_total 0\n");
	assert_contains(page_at(fixture, T0), "\nmintmark_rotation_held 0\n");
	mm_counter_add(&fixture->board.rotor.failures, 2);
	fixture->board.rotor.held = true;
	assert_contains(page_at(fixture, T0), "\nmintmark_rotation_failures_total 2\n");
	assert_contains(page_at(fixture, T0), "\nmintmark_rotation_held 1\n");
}

static void readiness_is_a_number(void **state)
{
	struct fixture *fixture = *state;

	assert_contains(page_at(fixture, T0), "\nmintmark_ready 1\n");
	fixture->live.not_ready = "stopping";
	assert_contains(page_at(fixture, T0), "\nmintmark_ready 0\n");
}

static void callers_are_counted_by_what_they_showed(void **state)
{
	struct fixture *fixture = *state;

	mm_counter_add(&fixture->workers[0]->authentications[MM_CALLER_TOKEN][1], 2);
	mm_counter_add(&fixture->workers[1]->authentications[MM_CALLER_TOKEN][1], 3);
	mm_counter_add(&fixture->workers[1]->authentications[MM_CALLER_CERTIFICATE][0], 1);
	mm_counter_add(&fixture->workers[0]->throttled[MM_THROTTLE_RATE], 7);
	assert_contains(page_at(fixture, T0),
			"\nmintmark_authentications_total{kind=\"token\",result=\"accepted\"} 5\n");
	assert_contains(fixture->page.p,
			"\nmintmark_authentications_total{kind=\"certificate\",result=\"refused\"} 1\n");
	assert_contains(fixture->page.p, "\nmintmark_authentications_total{kind=\"nobody\",result=\"refused\"} 0\n");
	assert_null(strstr(fixture->page.p, "{kind=\"nobody\",result=\"accepted\"}"));
	assert_contains(fixture->page.p, "\nmintmark_throttled_total{reason=\"rate\"} 7\n");
	assert_contains(fixture->page.p, "\nmintmark_throttled_total{reason=\"concurrent\"} 0\n");
}

static void tokens_are_counted_by_algorithm_reason_and_result(void **state)
{
	struct fixture *fixture = *state;

	mm_counter_add(&fixture->workers[0]->minted[mm_alg_find(mm_span_str("ES256")) - mm_algs], 4);
	mm_counter_add(&fixture->workers[1]->refused[mm_status_index(422)], 2);
	mm_counter_add(&fixture->workers[1]->reviews[MM_REVIEW_REJECTED], 1);
	assert_contains(page_at(fixture, T0), "\nmintmark_tokens_minted_total{alg=\"ES256\"} 4\n");
	assert_contains(fixture->page.p, "\nmintmark_tokens_minted_total{alg=\"RS256\"} 0\n");
	assert_contains(fixture->page.p, "\nmintmark_tokens_refused_total{reason=\"Invalid\"} 2\n");
	assert_null(strstr(fixture->page.p, "{reason=\"Forbidden\"}"));
	assert_contains(fixture->page.p, "\nmintmark_token_reviews_total{result=\"rejected\"} 1\n");
}

static void without_tls_no_certificate_expires(void **state)
{
	assert_null(strstr(page_at(*state, T0), "mintmark_tls_certificate"));
}

#define PAGE_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		PAGE_TEST(what_each_worker_counted_is_added_up),
		PAGE_TEST(open_connections_are_never_fewer_than_none),
		PAGE_TEST(only_answers_that_were_given_are_listed),
		PAGE_TEST(keys_that_await_their_delivery_are_counted),
		PAGE_TEST(keys_are_counted_by_state),
		PAGE_TEST(the_next_action_is_that_of_the_schedule),
		PAGE_TEST(where_nothing_is_scheduled_the_next_action_is_never),
		PAGE_TEST(each_kind_of_event_is_counted),
		PAGE_TEST(what_hinders_rotation_is_shown),
		PAGE_TEST(readiness_is_a_number),
		PAGE_TEST(callers_are_counted_by_what_they_showed),
		PAGE_TEST(tokens_are_counted_by_algorithm_reason_and_result),
		PAGE_TEST(without_tls_no_certificate_expires),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
