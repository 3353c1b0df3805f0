/* SPDX-License-Identifier: Apache-2.0 */
/* The life of a connection: opened, moved from phase to phase, each with its deadline, and closed. */
#include "issuer/http/conn_state.h"

#include <stdlib.h>
#include <unistd.h>

static struct mm_conn_list *list_of(struct mm_conn *conn)
{
	return &conn->endpoint->lists[conn->phase];
}

static int64_t deadline_of(const struct mm_conn *conn, enum mm_phase phase)
{
	const struct mm_worker *worker = conn->endpoint->worker;
	const struct mm_settings *settings = &worker->live->settings;

	switch (phase) {
	case MM_HANDSHAKING: return worker->now_ns + settings->head_timeout_ns;
	case MM_IDLE: return worker->now_ns + (worker->draining ? MM_LAST_CALL_NS : settings->idle_timeout_ns);
	case MM_IN_HEAD: return conn->began_ns + settings->head_timeout_ns;
	case MM_IN_BODY: return conn->began_ns + MM_REQUEST_TIMEOUT_NS;
	case MM_SENDING: return worker->now_ns + MM_SEND_TIMEOUT_NS;
	case MM_LINGERING: return worker->now_ns + MM_LINGER_TIMEOUT_NS;
	case MM_PHASE_COUNT: break;
	}
	return worker->now_ns;
}

void mm_conn_enter(struct mm_conn *conn, enum mm_phase phase)
{
	int64_t deadline_ns = deadline_of(conn, phase);

	if (phase == conn->phase && deadline_ns == conn->deadline_ns)
		return; /* the same request goes on: it keeps its place in the order of beginning */
	TAILQ_REMOVE(list_of(conn), conn, link);
	conn->phase = phase;
	conn->deadline_ns = deadline_ns;
	TAILQ_INSERT_TAIL(list_of(conn), conn, link);
}

void mm_conn_close(struct mm_conn *conn)
{
	struct mm_endpoint *endpoint = conn->endpoint;

	if (conn->interest)
		event_del(&conn->event);
	TAILQ_REMOVE(list_of(conn), conn, link);
	mm_transport_close(&conn->transport);
	mm_outbox_free(conn->out);
	mm_buf_free(&conn->in);
	free(conn);
	endpoint->open--;
	atomic_fetch_sub_explicit(&endpoint->worker->parts.open[endpoint->kind], 1, memory_order_relaxed);
	mm_counter_add(&endpoint->worker->stats->closed[endpoint->kind], 1);
	mm_worker_conn_gone(endpoint->worker);
}

static void close_because(struct mm_conn *conn, enum mm_close_reason reason)
{
	mm_counter_add(&conn->endpoint->worker->stats->closed_by_us[reason], 1);
	mm_conn_close(conn);
}

static void on_event(evutil_socket_t fd, short what, void *arg)
{
	struct mm_conn *conn = arg;

	(void)fd, (void)what;
	mm_worker_begin_event(conn->endpoint->worker);
	mm_conn_ready(conn);
}

void mm_conn_want(struct mm_conn *conn, short interest)
{
	if (conn->interest == interest)
		return;
	if (conn->interest)
		event_del(&conn->event);
	conn->interest = interest;
	event_assign(&conn->event, conn->endpoint->worker->base, conn->transport.fd, (short)(interest | EV_PERSIST),
		     on_event, conn);
	/* Fails only when out of memory; then the sweep closes the connection at its deadline. */
	(void)event_add(&conn->event, NULL);
}

struct mm_origin mm_conn_origin(const struct mm_conn *conn)
{
	return (struct mm_origin){
		.listener = conn->endpoint->kind,
		.address = conn->address,
		.tls = conn->transport.ops->protocol(&conn->transport),
		.began_ns = conn->began_ns,
	};
}

void mm_conn_open(struct mm_endpoint *endpoint, int fd, const struct sockaddr_storage *peer)
{
	const struct mm_tls *tls = endpoint->worker->live->tls;
	struct mm_conn *conn = calloc(1, sizeof *conn);

	if (!conn || !mm_transport_open(&conn->transport, fd, tls)) {
		close(fd);
		free(conn);
		atomic_fetch_sub_explicit(&endpoint->worker->parts.open[endpoint->kind], 1, memory_order_relaxed);
		return;
	}
	conn->endpoint = endpoint;
	conn->phase = tls ? MM_HANDSHAKING : MM_IDLE;
	conn->deadline_ns = deadline_of(conn, conn->phase);
	mm_address_format(peer, conn->address);
	TAILQ_INSERT_TAIL(list_of(conn), conn, link);
	endpoint->open++;
	mm_counter_add(&endpoint->worker->stats->accepted[endpoint->kind], 1);
	mm_conn_want(conn, EV_READ);
}

bool mm_conn_evict(struct mm_endpoint *endpoint)
{
	static const enum mm_phase order[] = {MM_IDLE, MM_HANDSHAKING, MM_IN_HEAD, MM_IN_BODY};

	for (size_t i = 0; i < MM_COUNT(order); i++) {
		struct mm_conn *oldest = TAILQ_FIRST(&endpoint->lists[order[i]]);

		if (!oldest)
			continue;
		oldest->transport.ops->shut(&oldest->transport);
		close_because(oldest, MM_CLOSE_LIMIT);
		return true;
	}
	return false;
}

static void close_politely(struct mm_conn *conn)
{
	conn->transport.ops->shut(&conn->transport);
	mm_conn_close(conn);
}

static void expire(struct mm_conn *conn)
{
	switch (conn->phase) {
	case MM_IN_HEAD:
	case MM_IN_BODY:
		mm_counter_add(&conn->endpoint->worker->stats->closed_by_us[MM_CLOSE_TIMEOUT], 1);
		mm_conn_refuse(conn, 408);
		break;
	case MM_HANDSHAKING:
	case MM_SENDING: close_because(conn, MM_CLOSE_TIMEOUT); break;
	case MM_IDLE: close_politely(conn); break;
	case MM_LINGERING:
	case MM_PHASE_COUNT: mm_conn_close(conn); break;
	}
}

void mm_conn_sweep(struct mm_endpoint *endpoint, int64_t now_ns)
{
	struct mm_conn *conn, *next;

	for (int phase = 0; phase < MM_PHASE_COUNT; phase++) {
		for (conn = TAILQ_FIRST(&endpoint->lists[phase]); conn; conn = next) {
			next = TAILQ_NEXT(conn, link);
			if (conn->deadline_ns <= now_ns)
				expire(conn);
			else if (phase == MM_IDLE)
				break; /* there may be many; a reload that lowers the timeout shows a while later */
		}
	}
}

void mm_conn_drain(struct mm_endpoint *endpoint)
{
	struct mm_conn_list *idle = &endpoint->lists[MM_IDLE];
	struct mm_conn *conn;

	while ((conn = TAILQ_FIRST(idle))) {
		mm_conn_receive(conn);
		if (TAILQ_FIRST(idle) == conn)
			close_politely(conn);
	}
}

void mm_conn_close_all(struct mm_endpoint *endpoint)
{
	struct mm_conn *conn;

	for (int phase = 0; phase < MM_PHASE_COUNT; phase++) {
		while ((conn = TAILQ_FIRST(&endpoint->lists[phase])))
			mm_conn_close(conn);
	}
}
