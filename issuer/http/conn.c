/* SPDX-License-Identifier: Apache-2.0 */
#include "issuer/http/conn.h"

#include "issuer/http/codec.h"
#include "issuer/http/exchange.h"
#include "issuer/http/listener.h"
#include "issuer/http/worker.h"

#include <event2/event_struct.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define READ_STEP        4096   /* by how much the buffer of an unfinished request grows at least */
#define LINGER_BYTES_MAX 262144 /* that a peer may send us after we have closed */

enum phase {
	HANDSHAKING, /* TLS */
	IDLE,        /* between requests: nothing of the next one has come */
	IN_HEAD,
	IN_BODY,
	SENDING,   /* the client does not take its answers; nothing is read until it has */
	LINGERING, /* closed by us; reading on, so that no RST overtakes the answer (RFC 9112 §9.6) */
};

struct mm_conn {
	TAILQ_ENTRY(mm_conn) link; /* in the endpoint's idle or busy list */
	struct mm_endpoint *endpoint;
	struct mm_transport transport;
	struct event event;
	short interest; /* EV_READ or EV_WRITE; 0: not registered */
	enum phase phase;
	bool closing;        /* once everything is sent */
	int64_t deadline_ns; /* absolute: no progress moves it within a phase */
	int64_t began_ns;    /* when the first byte of the current request came */
	struct mm_codec codec;
	struct mm_buf in;      /* the unfinished request, and what came behind it */
	struct mm_outbox *out; /* what the client has not taken; NULL: nothing */
	size_t lingered;       /* bytes */
	char peer[MM_ADDRESS_TEXT_SIZE];
};

static struct mm_conn_list *list_of(struct mm_conn *conn)
{
	return conn->phase == IDLE ? &conn->endpoint->idle : &conn->endpoint->busy;
}

static int64_t deadline_of(const struct mm_conn *conn, enum phase phase)
{
	const struct mm_worker *worker = conn->endpoint->worker;
	const struct mm_settings *settings = &worker->live->settings;

	switch (phase) {
	case HANDSHAKING: return worker->now_ns + settings->head_timeout_ns;
	case IDLE: return worker->now_ns + settings->idle_timeout_ns;
	case IN_HEAD: return conn->began_ns + settings->head_timeout_ns;
	case IN_BODY: return conn->began_ns + MM_REQUEST_TIMEOUT_NS;
	case SENDING: return worker->now_ns + MM_SEND_TIMEOUT_NS;
	case LINGERING: return worker->now_ns + MM_LINGER_TIMEOUT_NS;
	}
	return worker->now_ns;
}

/* Also from IDLE to IDLE: the connection becomes the last to be evicted. */
static void enter(struct mm_conn *conn, enum phase phase)
{
	TAILQ_REMOVE(list_of(conn), conn, link);
	conn->phase = phase;
	conn->deadline_ns = deadline_of(conn, phase);
	TAILQ_INSERT_TAIL(list_of(conn), conn, link);
}

static void close_conn(struct mm_conn *conn)
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
	mm_counter_add(&endpoint->worker->stats->closed[endpoint->kind], 1);
	mm_worker_conn_gone(endpoint->worker);
}

static void close_because(struct mm_conn *conn, enum mm_close_reason reason)
{
	mm_counter_add(&conn->endpoint->worker->stats->closed_by_us[reason], 1);
	close_conn(conn);
}

static void on_event(evutil_socket_t fd, short what, void *arg);

static void want(struct mm_conn *conn, short interest)
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

static struct mm_origin origin_of(const struct mm_conn *conn)
{
	return (struct mm_origin){conn->endpoint->kind, conn->peer, conn->transport.ops->protocol(&conn->transport),
				  conn->began_ns};
}

/* Everything that was to be sent is sent. Returns whether there is more to read. */
static bool settle(struct mm_conn *conn)
{
	if (conn->closing) {
		conn->transport.ops->shut(&conn->transport);
		enter(conn, LINGERING);
	} else if (mm_codec_in_body(&conn->codec)) {
		enter(conn, IN_BODY);
	} else if (mm_codec_begun(&conn->codec)) {
		enter(conn, IN_HEAD);
	} else {
		enter(conn, IDLE);
	}
	want(conn, EV_READ);
	return !conn->closing;
}

/* Sends what is in the worker's outbox; what the client does not take now is kept. MM_IO_FAILED: to be closed. */
static enum mm_io flush(struct mm_conn *conn)
{
	struct mm_worker *worker = conn->endpoint->worker;
	enum mm_io io = mm_outbox_flush(&worker->outbox, &conn->transport);

	if (io == MM_IO_WAIT_READ || io == MM_IO_WAIT_WRITE) {
		conn->out = mm_outbox_detach(&worker->outbox, worker->live);
		if (conn->out) {
			enter(conn, SENDING);
			want(conn, io == MM_IO_WAIT_READ ? EV_READ : EV_WRITE);
			return io;
		}
		io = MM_IO_FAILED;
	}
	mm_outbox_reset(&worker->outbox);
	return io;
}

/* Keeps what was received and not used, wherever it is now: in the worker's scratch or in the connection's own buffer. */
static void keep(struct mm_conn *conn, const char *buf, size_t used, size_t len)
{
	if (used == len) {
		mm_buf_free(&conn->in);
	} else if (conn->in.len > 0) {
		memmove(conn->in.p, buf + used, len - used);
		conn->in.len = len - used;
	} else {
		mm_buf_add(&conn->in, buf + used, len - used);
	}
}

/*
 * Answers the whole requests among `*len` received bytes, until the connection is to be closed, or the client takes no
 * more. Returns how many bytes are used up; decoding may make `*len` smaller.
 */
static size_t answer_requests(struct mm_conn *conn, char *buf, size_t *len, enum mm_io *io)
{
	struct mm_worker *worker = conn->endpoint->worker;
	size_t used = 0;

	while (used < *len && !conn->closing && *io == MM_IO_OK) {
		struct mm_origin origin = origin_of(conn);
		size_t rest = *len - used;
		enum mm_parse got = mm_codec_feed(&conn->codec, buf + used, &rest, &worker->request);

		*len = used + rest;
		if (got == MM_PARSE_MORE)
			break;
		if (got == MM_PARSE_BAD) {
			mm_counter_add(&worker->stats->closed_by_us[MM_CLOSE_BAD_REQUEST], 1);
			mm_exchange_refuse(worker, &origin, conn->codec.status, conn->codec.why);
			conn->closing = true;
			break;
		}
		conn->closing = !mm_exchange_answer(worker, &origin);
		used += conn->codec.consumed;
		conn->codec = (struct mm_codec){0};
		conn->began_ns = worker->now_ns;
		if (!mm_outbox_has_room(&worker->outbox))
			*io = flush(conn);
	}
	return used;
}

static void add_continue(struct mm_conn *conn)
{
	struct mm_outbox *outbox = &conn->endpoint->worker->outbox;
	size_t offset = outbox->copied.len;

	if (!conn->codec.expect_continue || !mm_codec_in_body(&conn->codec))
		return;
	conn->codec.expect_continue = false;
	mm_buf_add_str(&outbox->copied, "HTTP/1.1 100 Continue\r\n\r\n");
	mm_outbox_add_copied(outbox, offset);
}

/* Works on what was received: in the worker's scratch, or in conn->in. Returns whether there is more to read. */
static bool consume(struct mm_conn *conn, char *buf, size_t len)
{
	enum mm_io io = MM_IO_OK;
	size_t used = answer_requests(conn, buf, &len, &io);

	if (conn->closing)
		used = len;
	keep(conn, buf, used, len);
	if (io == MM_IO_OK) {
		add_continue(conn);
		io = flush(conn);
	}
	if (io == MM_IO_FAILED || conn->in.failed) {
		close_conn(conn);
		return false;
	}
	return io == MM_IO_OK && settle(conn);
}

/* The client could take nothing for a while: goes on sending, then with the requests that came meanwhile. */
static bool resume(struct mm_conn *conn)
{
	enum mm_io io = mm_outbox_flush(conn->out, &conn->transport);

	if (io == MM_IO_WAIT_READ || io == MM_IO_WAIT_WRITE) {
		want(conn, io == MM_IO_WAIT_READ ? EV_READ : EV_WRITE);
		return false;
	}
	if (io != MM_IO_OK) {
		close_conn(conn);
		return false;
	}
	mm_outbox_free(mm_take(conn->out));
	conn->began_ns = conn->endpoint->worker->now_ns;
	return consume(conn, conn->in.p, conn->in.len);
}

/* Nothing could be read. */
static void wait_or_close(struct mm_conn *conn, enum mm_io io)
{
	bool shaken = conn->phase == HANDSHAKING && conn->transport.ops->protocol(&conn->transport)[0];

	if (io == MM_IO_FAILED && conn->phase == HANDSHAKING) {
		mm_counter_add(&conn->endpoint->worker->stats->closed_by_us[MM_CLOSE_TLS], 1);
		conn->closing = true;
		settle(conn); /* an alert is on its way, which says why */
		return;
	}
	if (io != MM_IO_WAIT_READ && io != MM_IO_WAIT_WRITE) {
		close_conn(conn);
		return;
	}
	if (shaken)
		enter(conn, IDLE);
	if (conn->phase == IDLE && conn->endpoint->worker->draining) {
		close_conn(conn);
		return;
	}
	want(conn, io == MM_IO_WAIT_READ ? EV_READ : EV_WRITE);
}

/* Where the next bytes go: behind the unfinished request, or into the worker's scratch when there is none. */
static char *room(struct mm_conn *conn, size_t *len, size_t *cap)
{
	struct mm_worker *worker = conn->endpoint->worker;
	size_t left;

	*len = conn->in.len;
	if (*len == 0) {
		*cap = MM_SCRATCH_SIZE;
		return worker->scratch;
	}
	left = MM_REQUEST_MAX - *len; /* never 0: so much is always a whole request, see MM_REQUEST_MAX */
	*cap = *len + (left < READ_STEP ? left : READ_STEP);
	return mm_buf_reserve(&conn->in, *cap - *len) ? conn->in.p : NULL;
}

static void receive(struct mm_conn *conn)
{
	bool again = true;

	while (again) {
		size_t len, cap, n = 0;
		char *buf = room(conn, &len, &cap);
		enum mm_io io = buf ? conn->transport.ops->read(&conn->transport, buf + len, cap - len, &n)
				    : MM_IO_FAILED;

		if (io != MM_IO_OK) {
			wait_or_close(conn, io);
			return;
		}
		if (!mm_codec_begun(&conn->codec))
			conn->began_ns = conn->endpoint->worker->now_ns;
		if (len > 0)
			conn->in.len += n;
		again = consume(conn, buf, len + n) && conn->transport.ops->has_more(&conn->transport);
	}
}

static void linger(struct mm_conn *conn)
{
	struct mm_worker *worker = conn->endpoint->worker;
	enum mm_io io = MM_IO_OK;

	while (io == MM_IO_OK && conn->lingered < LINGER_BYTES_MAX) {
		size_t n = 0;

		io = mm_transport_discard(&conn->transport, worker->scratch, MM_SCRATCH_SIZE, &n);
		conn->lingered += n;
	}
	if (io != MM_IO_WAIT_READ)
		close_conn(conn);
}

static void on_event(evutil_socket_t fd, short what, void *arg)
{
	struct mm_conn *conn = arg;

	(void)fd, (void)what;
	mm_worker_begin_event(conn->endpoint->worker);
	if (conn->phase == LINGERING)
		linger(conn);
	else if (!conn->out || resume(conn))
		receive(conn);
}

void mm_conn_open(struct mm_endpoint *endpoint, int fd, const struct sockaddr_storage *peer)
{
	const struct mm_tls *tls = endpoint->worker->live->tls;
	struct mm_conn *conn = calloc(1, sizeof *conn);

	if (!conn || !mm_transport_open(&conn->transport, fd, tls)) {
		close(fd);
		free(conn);
		return;
	}
	conn->endpoint = endpoint;
	conn->phase = tls ? HANDSHAKING : IDLE;
	conn->deadline_ns = deadline_of(conn, conn->phase);
	mm_address_format(peer, conn->peer);
	TAILQ_INSERT_TAIL(list_of(conn), conn, link);
	endpoint->open++;
	mm_counter_add(&endpoint->worker->stats->accepted[endpoint->kind], 1);
	want(conn, EV_READ);
}

bool mm_conn_evict(struct mm_endpoint *endpoint)
{
	struct mm_conn *oldest = TAILQ_FIRST(&endpoint->idle);

	if (!oldest)
		return false;
	oldest->transport.ops->shut(&oldest->transport);
	close_because(oldest, MM_CLOSE_LIMIT);
	return true;
}

static void expire(struct mm_conn *conn)
{
	struct mm_origin origin = origin_of(conn);

	switch (conn->phase) {
	case IN_HEAD:
	case IN_BODY:
		mm_counter_add(&conn->endpoint->worker->stats->closed_by_us[MM_CLOSE_TIMEOUT], 1);
		mm_exchange_refuse(conn->endpoint->worker, &origin, 408, NULL);
		conn->closing = true;
		consume(conn, conn->in.p, conn->in.len);
		break;
	case HANDSHAKING:
	case SENDING: close_because(conn, MM_CLOSE_TIMEOUT); break;
	case IDLE:
		conn->transport.ops->shut(&conn->transport);
		close_conn(conn);
		break;
	case LINGERING: close_conn(conn); break;
	}
}

void mm_conn_sweep(struct mm_endpoint *endpoint, int64_t now_ns)
{
	struct mm_conn *conn, *next;

	while ((conn = TAILQ_FIRST(&endpoint->idle)) && conn->deadline_ns <= now_ns)
		expire(conn);
	for (conn = TAILQ_FIRST(&endpoint->busy); conn; conn = next) {
		next = TAILQ_NEXT(conn, link);
		if (conn->deadline_ns <= now_ns)
			expire(conn);
	}
}

void mm_conn_drain(struct mm_endpoint *endpoint)
{
	struct mm_conn *conn;

	while ((conn = TAILQ_FIRST(&endpoint->idle))) {
		receive(conn);
		if (TAILQ_FIRST(&endpoint->idle) == conn)
			close_conn(conn);
	}
}

void mm_conn_close_all(struct mm_endpoint *endpoint)
{
	struct mm_conn *conn;

	while ((conn = TAILQ_FIRST(&endpoint->idle)) || (conn = TAILQ_FIRST(&endpoint->busy)))
		close_conn(conn);
}
