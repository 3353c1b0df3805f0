/* SPDX-License-Identifier: Apache-2.0 */
#include "issuer/http/exchange.h"

static void render(struct mm_worker *worker, const struct mm_response *response, mm_time now, bool keep_alive,
		   bool head_only)
{
	struct mm_outbox *outbox = &worker->outbox;
	size_t offset = outbox->copied.len;

	mm_response_head(&outbox->copied, response, keep_alive, now, &worker->date);
	if (!head_only && !response->prepared_body)
		mm_buf_add_span(&outbox->copied, mm_buf_span(&response->body));
	mm_outbox_add_copied(outbox, offset);
	if (response->prepared_headers)
		mm_outbox_add_borrowed(outbox, response->prepared_headers);
	if (!head_only && response->prepared_body)
		mm_outbox_add_borrowed(outbox, response->prepared_body);
}

static void count(struct mm_worker *worker, const struct mm_origin *origin, size_t route, int status)
{
	mm_counter_add(&worker->stats->requests[route][mm_status_index(status)], 1);
	mm_histogram_observe(&worker->stats->latency, worker->now_ns - origin->began_ns);
}

static void log_access(struct mm_worker *worker, const struct mm_origin *origin, struct mm_access_line *line,
		       mm_time now)
{
	enum mm_access_log format = worker->live->settings.access;

	if (format == MM_ACCESS_OFF)
		return;
	line->duration_ns = worker->now_ns - origin->began_ns;
	line->peer = origin->address;
	line->tls = origin->tls;
	mm_access_add(&worker->access, format, now, line);
	if (worker->access.lines.len >= MM_ACCESS_FLUSH)
		mm_counter_add(&worker->stats->log_dropped, mm_access_flush(&worker->access, worker->parts.log->fd));
}

static void finish(struct mm_worker *worker, const struct mm_origin *origin, struct mm_access_line *line, size_t route,
		   mm_time now)
{
	worker->now_ns = mm_clock_monotonic_ns();
	line->route = mm_route_name(route);
	count(worker, origin, route, line->status);
	log_access(worker, origin, line, now);
}

static struct mm_context context_of(struct mm_worker *worker, const struct mm_origin *origin)
{
	return (struct mm_context){
		.listener = origin->listener,
		.live = worker->live,
		.board = worker->parts.board,
		.stats = worker->stats,
		.refusals = &worker->refusals,
		.log = worker->parts.log,
		.limits = worker->parts.limits,
		.slot = worker->parts.slot,
		.dev = worker->parts.dev,
		.peer = origin->peer,
		.address = origin->address,
		.now = mm_worker_time(worker),
		.now_ns = worker->now_ns,
	};
}

bool mm_exchange_wants_body(struct mm_worker *worker, const struct mm_origin *origin)
{
	struct mm_context context = context_of(worker, origin);

	return mm_route_wants_body(&context, &worker->request);
}

bool mm_exchange_answer(struct mm_worker *worker, const struct mm_origin *origin)
{
	const struct mm_request *request = &worker->request;
	struct mm_response response = {0};
	mm_time now = mm_clock_now();
	struct mm_context context = context_of(worker, origin);
	bool keep_alive = request->keep_alive && !worker->draining;
	bool head_only = request->method == MM_HEAD;
	size_t route = mm_dispatch(&context, request, &response);
	struct mm_access_line line = {.method = request->method_text, .path = request->path};

	render(worker, &response, now, keep_alive, head_only);
	line.user = mm_span_str(context.caller.user ? context.caller.user->name : NULL);
	line.status = response.status;
	line.bytes = head_only ? 0 : mm_response_body_len(&response);
	finish(worker, origin, &line, route, now);
	mm_response_clear(&response);
	mm_identity_clear(&context.caller);
	return keep_alive;
}

void mm_exchange_refuse(struct mm_worker *worker, const struct mm_origin *origin, int status, const char *why)
{
	struct mm_response response = {0};
	struct mm_context context = context_of(worker, origin);
	const struct mm_request *request = &worker->request;
	struct mm_access_line line = {.method = request->method_text, .path = request->path, .status = status};
	bool head_only = request->method == MM_HEAD;
	mm_time now = mm_clock_now();

	mm_negotiate(&context, request);
	mm_answer_error(&context, &response, status, why);
	render(worker, &response, now, false, head_only);
	line.bytes = head_only ? 0 : response.body.len;
	finish(worker, origin, &line, MM_ROUTE_NONE, now);
	mm_response_clear(&response);
}
