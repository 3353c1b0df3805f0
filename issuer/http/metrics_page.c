/* SPDX-License-Identifier: Apache-2.0 */
/* GET /metrics: what the workers counted, added up, and how the key set stands, as Prometheus reads it. */
#include "issuer/http/announce.h"

#include <openssl/crypto.h>

static const char *const listener_names[MM_LISTENER_COUNT] = {[MM_PUBLIC] = "public", [MM_ADMIN] = "admin"};
static const char *const reload_names[MM_RELOAD_COUNT] = {
	[MM_RELOAD_CONFIG] = "config",
	[MM_RELOAD_TLS] = "tls",
	[MM_RELOAD_CALLERS] = "callers",
	[MM_RELOAD_STORE] = "store",
};
static const char *const close_names[MM_CLOSE_REASONS] = {[MM_CLOSE_LIMIT] = "limit",
							  [MM_CLOSE_TIMEOUT] = "timeout",
							  [MM_CLOSE_BAD_REQUEST] = "bad_request",
							  [MM_CLOSE_TLS] = "tls"};

/* The sum over all workers of the counter at one place in their stats. */
#define SUM(board, member)                                                                                             \
	({                                                                                                             \
		uint64_t sum_ = 0;                                                                                     \
		for (size_t worker_ = 0; worker_ < (board)->worker_count; worker_++)                                   \
			sum_ += mm_counter_get(&(board)->workers[worker_]->member);                                    \
		sum_;                                                                                                  \
	})

static void gauge(struct mm_buf *out, const char *name, const char *help, double value)
{
	mm_metrics_family(out, name, "gauge", help);
	mm_metrics_sample(out, name, NULL, value);
}

static void labelled(struct mm_buf *out, const char *name, const char *label, const char *value, uint64_t n)
{
	const struct mm_label labels[] = {{label, value}, {NULL, NULL}};

	mm_metrics_sample(out, name, labels, (double)n);
}

static void add_build(struct mm_buf *out)
{
	const struct mm_label labels[] = {
		{"version", MM_VERSION}, {"openssl", OpenSSL_version(OPENSSL_VERSION_STRING)}, {NULL, NULL}};

	mm_metrics_family(out, "mintmark_build_info", "gauge", "Version of mintmark and of the OpenSSL it runs with.");
	mm_metrics_sample(out, "mintmark_build_info", labels, 1);
}

static void add_requests(struct mm_buf *out, const struct mm_stats_board *board)
{
	mm_metrics_family(out, "mintmark_http_requests_total", "counter",
			  "Requests answered, by route (none: no route matched) and status.");
	for (size_t route = 0; route <= MM_ROUTE_COUNT; route++) {
		for (size_t i = 0; i < MM_STATUS_COUNT; i++) {
			uint64_t n = SUM(board, requests[route][i]);
			const char code[] = {(char)('0' + mm_statuses[i].code / 100),
					     (char)('0' + mm_statuses[i].code / 10 % 10),
					     (char)('0' + mm_statuses[i].code % 10), '\0'};
			const struct mm_label labels[] = {
				{"route", mm_route_name(route)}, {"code", code}, {NULL, NULL}};

			if (n > 0)
				mm_metrics_sample(out, "mintmark_http_requests_total", labels, (double)n);
		}
	}
}

static void add_latency(struct mm_buf *out, const struct mm_stats_board *board)
{
	struct mm_histogram all = {0};

	for (size_t i = 0; i < board->worker_count; i++)
		mm_histogram_merge(&all, &board->workers[i]->latency);
	mm_metrics_family(out, "mintmark_http_request_duration_seconds", "histogram",
			  "From the first byte of a request to its answer being ready.");
	mm_metrics_histogram(out, "mintmark_http_request_duration_seconds", NULL, &all);
}

static void add_connections(struct mm_buf *out, const struct mm_stats_board *board)
{
	mm_metrics_family(out, "mintmark_http_connections", "gauge", "Open connections, by listener.");
	for (int i = 0; i < MM_LISTENER_COUNT; i++) {
		uint64_t closed = SUM(board, closed[i]);
		uint64_t accepted = SUM(board, accepted[i]);

		/* Other workers count on meanwhile: the two need not be of one moment. */
		labelled(out, "mintmark_http_connections", "listener", listener_names[i],
			 accepted > closed ? accepted - closed : 0);
	}
	mm_metrics_family(out, "mintmark_http_connections_accepted_total", "counter",
			  "Connections accepted, by listener.");
	for (int i = 0; i < MM_LISTENER_COUNT; i++)
		labelled(out, "mintmark_http_connections_accepted_total", "listener", listener_names[i],
			 SUM(board, accepted[i]));
	mm_metrics_family(out, "mintmark_http_connections_closed_total", "counter",
			  "Connections that the server closed for a reason.");
	for (int i = 0; i < MM_CLOSE_REASONS; i++)
		labelled(out, "mintmark_http_connections_closed_total", "reason", close_names[i],
			 SUM(board, closed_by_us[i]));
	mm_metrics_family(out, "mintmark_http_accept_errors_total", "counter", "Failures to accept a connection.");
	mm_metrics_sample(out, "mintmark_http_accept_errors_total", NULL, (double)SUM(board, accept_errors));
}

static const char *const throttle_names[MM_THROTTLES] = {
	[MM_THROTTLE_RATE] = "rate", [MM_THROTTLE_CONCURRENT] = "concurrent"};
static const char *const review_names[MM_REVIEWS] = {
	[MM_REVIEW_AUTHENTICATED] = "authenticated", [MM_REVIEW_REJECTED] = "rejected"};

static void add_callers(struct mm_buf *out, const struct mm_stats_board *board)
{
	static const char *const results[] = {"refused", "accepted"};

	mm_metrics_family(out, "mintmark_authentications_total", "counter",
			  "Callers of the admin listener, by what they showed and whether it holds.");
	for (int kind = 0; kind < MM_CALLER_KINDS; kind++) {
		/* Nobody is never accepted. */
		for (int result = 0; result < (kind == MM_CALLER_NOBODY ? 1 : 2); result++) {
			const struct mm_label labels[] = {{"kind", mm_caller_kind_name((enum mm_caller_kind)kind)},
							  {"result", results[result]},
							  {NULL, NULL}};

			mm_metrics_sample(out, "mintmark_authentications_total", labels,
					  (double)SUM(board, authentications[kind][result]));
		}
	}
	mm_metrics_family(out, "mintmark_throttled_total", "counter",
			  "Requests to the admin listener that were told to come back later.");
	for (int i = 0; i < MM_THROTTLES; i++)
		labelled(out, "mintmark_throttled_total", "reason", throttle_names[i], SUM(board, throttled[i]));
}

static void add_tokens(struct mm_buf *out, const struct mm_stats_board *board)
{
	mm_metrics_family(out, "mintmark_tokens_minted_total", "counter", "Tokens minted, by algorithm.");
	for (int i = 0; i < MM_ALG_COUNT; i++)
		labelled(out, "mintmark_tokens_minted_total", "alg", mm_algs[i].name, SUM(board, minted[i]));
	mm_metrics_family(out, "mintmark_tokens_refused_total", "counter",
			  "Tokens that an authenticated caller did not get, by Kubernetes' reason.");
	for (size_t i = 0; i < MM_STATUS_COUNT; i++) {
		uint64_t n = SUM(board, refused[i]);

		if (n > 0)
			labelled(out, "mintmark_tokens_refused_total", "reason", mm_statuses[i].reason, n);
	}
	mm_metrics_family(out, "mintmark_token_reviews_total", "counter", "Tokens reviewed, by result.");
	for (int i = 0; i < MM_REVIEWS; i++)
		labelled(out, "mintmark_token_reviews_total", "result", review_names[i], SUM(board, reviews[i]));
}

static void add_log(struct mm_buf *out, const struct mm_stats_board *board)
{
	mm_metrics_family(out, "mintmark_access_log_dropped_total", "counter",
			  "Lines of the access log that were dropped because nobody read them.");
	mm_metrics_sample(out, "mintmark_access_log_dropped_total", NULL, (double)SUM(board, log_dropped));
	mm_metrics_family(out, "mintmark_log_dropped_total", "counter",
			  "Lines of the log, other than those of the access log, that were dropped.");
	mm_metrics_sample(out, "mintmark_log_dropped_total", NULL, board->log ? (double)mm_log_dropped(board->log) : 0);
}

static void add_reloads(struct mm_buf *out, const struct mm_reload_stats *reloads)
{
	mm_metrics_family(out, "mintmark_reloads_total", "counter", "Successful loads while serving.");
	for (int i = 0; i < MM_RELOAD_COUNT; i++)
		labelled(out, "mintmark_reloads_total", "what", reload_names[i], mm_counter_get(&reloads->done[i]));
	mm_metrics_family(out, "mintmark_reload_failures_total", "counter",
			  "Failed loads while serving; what ran before runs on.");
	for (int i = 0; i < MM_RELOAD_COUNT; i++)
		labelled(out, "mintmark_reload_failures_total", "what", reload_names[i],
			 mm_counter_get(&reloads->failed[i]));
}

static void add_keys(struct mm_buf *out, const struct mm_snapshot *snapshot, mm_time now)
{
	struct mm_action next = mm_snapshot_next(snapshot, now);
	uint64_t by_state[MM_STATE_COUNT] = {0}, awaiting = 0;

	for (size_t i = 0; i < snapshot->set->count; i++) {
		by_state[mm_key_state(&snapshot->set->records[i], now)]++;
		awaiting += mm_key_awaits_delivery(&snapshot->set->records[i]);
	}
	mm_metrics_family(out, "mintmark_keys", "gauge", "Keys, by state.");
	for (int i = 0; i < MM_STATE_COUNT; i++)
		labelled(out, "mintmark_keys", "state", mm_key_states[i].name, by_state[i]);
	gauge(out, "mintmark_keys_awaiting_delivery",
	      "Keys that are served here, and that not every destination of publish has yet.", (double)awaiting);
	gauge(out, "mintmark_keyset_revision", "Revision of the key set that is served.", (double)snapshot->revision);
	gauge(out, "mintmark_keyset_committed_timestamp_seconds", "When that revision was committed.",
	      (double)snapshot->set->committed);
	gauge(out, "mintmark_next_action_timestamp_seconds",
	      "When the next step of the schedule is due; 0 if there is none.",
	      next.kind == MM_ACTION_NONE ? 0 : (double)next.at);
}

static void add_rotation(struct mm_buf *out, const struct mm_stats_board *board)
{
	mm_metrics_family(out, "mintmark_key_events_total", "counter",
			  "What happened to keys while serving, whoever did it.");
	for (int i = 0; i < MM_EVENT_KINDS; i++)
		labelled(out, "mintmark_key_events_total", "event", mm_event_names[i],
			 mm_counter_get(&board->reloads.key_events[i]));
	mm_metrics_family(out, "mintmark_rotation_failures_total", "counter",
			  "Attempts to rotate keys that failed; each is repeated.");
	mm_metrics_sample(out, "mintmark_rotation_failures_total", NULL,
			  (double)mm_counter_get(&board->rotor.failures));
	gauge(out, "mintmark_rotation_held", "Whether no key is rotated because the clock was set forward.",
	      board->rotor.held ? 1 : 0);
}

static void add_hook(struct mm_buf *out, const struct mm_hook_stats *hook)
{
	mm_metrics_family(out, "mintmark_on_change_runs_total", "counter",
			  "Runs of keys.on_change; failed ones are repeated.");
	labelled(out, "mintmark_on_change_runs_total", "result", "succeeded", mm_counter_get(&hook->succeeded));
	labelled(out, "mintmark_on_change_runs_total", "result", "failed", mm_counter_get(&hook->failed));
}

static void add_publisher(struct mm_buf *out, const struct mm_publisher_stats *publisher)
{
	mm_metrics_family(out, "mintmark_publications_total", "counter",
			  "Attempts to bring a revision to a destination of publish; failed ones are repeated.");
	labelled(out, "mintmark_publications_total", "result", "succeeded", mm_counter_get(&publisher->succeeded));
	labelled(out, "mintmark_publications_total", "result", "failed", mm_counter_get(&publisher->failed));
	gauge(out, "mintmark_destinations_behind",
	      "Destinations of publish that are not known to hold the newest revision.", (double)publisher->behind);
	gauge(out, "mintmark_published_revision",
	      "Newest revision that every destination of publish has held; 0 if there is none.",
	      (double)publisher->revision);
}

enum mm_code mm_handle_metrics(const struct mm_context *context, const struct mm_request *request,
			       struct mm_response *response, struct mm_err *err)
{
	const struct mm_live *live = context->live;
	struct mm_buf *out = &response->body;

	(void)request, (void)err;
	response->content_type = "text/plain; version=0.0.4; charset=utf-8";
	response->no_store = true;
	add_build(out);
	gauge(out, "process_start_time_seconds", "When the server started.", (double)context->board->started);
	gauge(out, "mintmark_ready", "Whether /readyz says ok.", live->not_ready ? 0 : 1);
	add_requests(out, context->board);
	add_latency(out, context->board);
	add_connections(out, context->board);
	add_callers(out, context->board);
	add_tokens(out, context->board);
	add_log(out, context->board);
	add_reloads(out, &context->board->reloads);
	add_keys(out, live->issuers[0].snapshot, context->now);
	add_rotation(out, context->board);
	add_hook(out, &context->board->hook);
	add_publisher(out, &context->board->publisher);
	if (live->tls)
		gauge(out, "mintmark_tls_certificate_expiry_timestamp_seconds", "When the certificate expires.",
		      (double)mm_tls_expires(live->tls));
	return MM_OK;
}
