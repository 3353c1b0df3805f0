/* SPDX-License-Identifier: Apache-2.0 */
/* The life of a connection: opened, moved from phase to phase, each with its deadline, and closed. */
#include "issuer/http/conn_state.h"

#include <openssl/x509.h>
#include <stdlib.h>
#include <unistd.h>

#define OVERFLOW_UID 65534 /* as /proc/sys/kernel/overflowuid says, unless somebody has changed that */

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
	case MM_IN_BODY: return conn->began_ns + (conn->gives_way ? 0 : MM_REQUEST_TIMEOUT_NS);
	case MM_SENDING: return worker->now_ns + MM_SEND_TIMEOUT_NS;
	case MM_LINGERING: return worker->now_ns + MM_LINGER_TIMEOUT_NS;
	case MM_PHASE_COUNT: break;
	}
	return worker->now_ns;
}

/*
 * Whether it counts as a request to the admin listener that is under way: it holds a body. What strangers send does
 * not, since nobody keeps that: they would lock out the callers.
 */
static bool is_under_way(const struct mm_conn *conn)
{
	return conn->endpoint->kind == MM_ADMIN && conn->phase == MM_IN_BODY && !conn->codec.dropping &&
	       !conn->gives_way;
}

static void count_under_way(struct mm_conn *conn, bool counts)
{
	_Atomic size_t *under_way = conn->endpoint->worker->parts.under_way;

	if (counts && !conn->counted)
		atomic_fetch_add_explicit(under_way, 1, memory_order_relaxed);
	else if (!counts && conn->counted)
		atomic_fetch_sub_explicit(under_way, 1, memory_order_relaxed);
	conn->counted = counts;
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
	count_under_way(conn, is_under_way(conn));
}

bool mm_conn_make_room(struct mm_conn *conn)
{
	struct mm_endpoint *endpoint = conn->endpoint;
	const struct mm_worker *worker = endpoint->worker;
	struct mm_conn *oldest = TAILQ_FIRST(&endpoint->lists[MM_IN_BODY]);

	if (endpoint->kind != MM_ADMIN ||
	    atomic_load_explicit(worker->parts.under_way, memory_order_relaxed) < worker->live->settings.concurrent)
		return true;
	while (oldest && !oldest->counted)
		oldest = TAILQ_NEXT(oldest, link);
	if (!oldest)
		return false;
	oldest->gives_way = true;
	mm_conn_enter(oldest, MM_IN_BODY); /* with a deadline that has passed: the next sweep tells it */
	return true;
}

static void forget_peer(struct mm_conn *conn)
{
	if (conn->peer)
		mm_peer_clear(conn->peer);
	free(mm_take(conn->peer));
}

void mm_conn_close(struct mm_conn *conn)
{
	struct mm_endpoint *endpoint = conn->endpoint;

	if (conn->interest)
		event_del(&conn->event);
	TAILQ_REMOVE(list_of(conn), conn, link);
	count_under_way(conn, false);
	forget_peer(conn);
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

/* What TLS has shown. Without memory for it the caller is nobody. */
static void meet_certificate(struct mm_conn *conn)
{
	STACK_OF(X509) *chain = NULL;
	X509 *certificate = mm_transport_certificate(&conn->transport, &chain);

	if (!certificate)
		return;
	conn->peer = calloc(1, sizeof *conn->peer);
	if (!conn->peer)
		return;
	X509_up_ref(certificate);
	conn->peer->certificate = certificate;
	conn->peer->chain = chain ? X509_chain_up_ref(chain) : NULL;
}

struct mm_origin mm_conn_origin(struct mm_conn *conn)
{
	if (conn->endpoint->kind == MM_ADMIN && !conn->peer)
		meet_certificate(conn);
	return (struct mm_origin){
		.listener = conn->endpoint->kind,
		.address = conn->address,
		.tls = conn->transport.ops->protocol(&conn->transport),
		.peer = conn->peer,
		.began_ns = conn->began_ns,
	};
}

/*
 * Who it is on this machine. What cannot be found out leaves it nobody, and so does the uid under which the kernel lets
 * us see all who are outside our user namespace (user_namespaces(7)): it is no one's.
 */
static void meet_process(struct mm_conn *conn)
{
	struct ucred peer = {.uid = OVERFLOW_UID};
	socklen_t len = sizeof peer;
	bool known = getsockopt(conn->transport.fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) == 0 &&
		     peer.uid != OVERFLOW_UID;

	mm_peer_format(&peer, conn->address);
	conn->peer = known ? calloc(1, sizeof *conn->peer) : NULL;
	if (!conn->peer)
		return;
	conn->peer->has_uid = true;
	conn->peer->uid = peer.uid;
	conn->peer->gid = peer.gid;
}

/* On a socket file there is no TLS: nobody is between the two, and the kernel says who it is. */
static const struct mm_tls *tls_of(const struct mm_endpoint *endpoint, bool local)
{
	const struct mm_live *live = endpoint->worker->live;

	if (local)
		return NULL;
	return endpoint->kind == MM_ADMIN ? live->admin_tls : live->tls;
}

void mm_conn_open(struct mm_endpoint *endpoint, int fd, const struct sockaddr_storage *peer)
{
	bool local = peer->ss_family == AF_UNIX;
	const struct mm_tls *tls = tls_of(endpoint, local);
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
	if (local)
		meet_process(conn);
	else
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

/* A request that has not come yet comes too late, or took too long while there were too many. */
static void expire_request(struct mm_conn *conn)
{
	struct mm_worker_stats *stats = conn->endpoint->worker->stats;

	mm_counter_add(conn->gives_way ? &stats->throttled[MM_THROTTLE_CONCURRENT]
				       : &stats->closed_by_us[MM_CLOSE_TIMEOUT],
		       1);
	mm_conn_refuse(conn, conn->gives_way ? 429 : 408);
}

static void expire(struct mm_conn *conn)
{
	switch (conn->phase) {
	case MM_IN_HEAD:
	case MM_IN_BODY: expire_request(conn); break;
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
