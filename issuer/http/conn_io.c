/* SPDX-License-Identifier: Apache-2.0 */
/* The work of a connection: reading, answering, sending. */
#include "issuer/http/conn_state.h"

#include <openssl/crypto.h>
#include <string.h>

#define LINGER_BYTES_MAX 262144 /* that a peer may send us after we have closed */

/* The interest that serves an operation which has to wait. */
static short interest_of(enum mm_io io)
{
	return io == MM_IO_WAIT_READ ? EV_READ : EV_WRITE;
}

/* Everything that was to be sent is sent. Returns whether there is more to read. */
static bool settle(struct mm_conn *conn)
{
	if (conn->closing) {
		conn->transport.ops->shut(&conn->transport);
		mm_conn_enter(conn, MM_LINGERING);
	} else if (mm_codec_in_body(&conn->codec)) {
		mm_conn_enter(conn, MM_IN_BODY);
	} else if (mm_codec_begun(&conn->codec)) {
		mm_conn_enter(conn, MM_IN_HEAD);
	} else {
		mm_conn_enter(conn, MM_IDLE);
	}
	mm_conn_want(conn, EV_READ);
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
			mm_conn_enter(conn, MM_SENDING);
			mm_conn_want(conn, interest_of(io));
			return io;
		}
		io = MM_IO_FAILED;
	}
	mm_outbox_reset(&worker->outbox);
	return io;
}

/*
 * Keeps what was received and not used, wherever it is now: in the worker's scratch or in conn->in. Of credentials, and
 * of tokens to be reviewed, nothing stays in the scratch.
 */
static void keep(struct mm_conn *conn, char *buf, size_t used, size_t len)
{
	bool in_scratch = buf != conn->in.p;

	if (used == len) {
		mm_buf_free(&conn->in);
	} else if (buf == conn->in.p) {
		memmove(conn->in.p, buf + used, len - used);
		conn->in.len = len - used;
	} else {
		mm_buf_reset(&conn->in);
		mm_buf_add(&conn->in, buf + used, len - used);
	}
	if (in_scratch && conn->endpoint->kind == MM_ADMIN)
		OPENSSL_cleanse(buf, len);
}

/* Answers the request in `buf`, which never became one. */
static void refuse(struct mm_conn *conn, const char *buf, size_t len, int status, const char *why)
{
	struct mm_worker *worker = conn->endpoint->worker;
	struct mm_origin origin = mm_conn_origin(conn);

	mm_codec_glean(&conn->codec, buf, len, &worker->request);
	mm_exchange_refuse(worker, &origin, status, why);
	conn->closing = true;
}

/*
 * A head has come without its body. A body that no route wants is passed over, not kept; who asks before sending it is
 * answered at once, and the connection closes, as one cannot know whether it will come (RFC 9110 §10.1.1).
 */
static void meet_body(struct mm_conn *conn, char *buf, size_t *len)
{
	struct mm_worker *worker = conn->endpoint->worker;
	struct mm_origin origin = mm_conn_origin(conn);

	if (mm_exchange_wants_body(worker, &origin)) {
		if (!mm_conn_make_room(conn)) {
			mm_counter_add(&worker->stats->throttled[MM_THROTTLE_CONCURRENT], 1);
			refuse(conn, buf, *len, 429, NULL);
		}
		return;
	}
	if (conn->codec.expect_continue) {
		worker->request.keep_alive = false;
		conn->closing = !mm_exchange_answer(worker, &origin);
	} else {
		mm_codec_drop_body(&conn->codec, buf, len);
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
		struct mm_origin origin = mm_conn_origin(conn);
		bool head_known = mm_codec_in_body(&conn->codec);
		size_t rest = *len - used;
		enum mm_parse got = mm_codec_feed(&conn->codec, buf + used, &rest, &worker->request);

		if (got == MM_PARSE_BAD) {
			mm_counter_add(&worker->stats->closed_by_us[MM_CLOSE_BAD_REQUEST], 1);
			refuse(conn, buf + used, rest, conn->codec.status, conn->codec.why);
		} else if (got == MM_PARSE_MORE && mm_codec_in_body(&conn->codec) && !head_known) {
			meet_body(conn, buf + used, &rest);
		}
		*len = used + rest;
		if (got != MM_PARSE_DONE)
			break;
		conn->closing = !mm_exchange_answer(worker, &origin);
		used += conn->codec.consumed;
		conn->codec = (struct mm_codec){0};
		conn->gives_way = false;
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

	if (conn->closing || !conn->codec.expect_continue || !mm_codec_in_body(&conn->codec))
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
		mm_conn_close(conn);
		return false;
	}
	return io == MM_IO_OK && settle(conn);
}

/* The client could take nothing for a while: goes on sending, then with the requests that came meanwhile. */
static bool resume(struct mm_conn *conn)
{
	enum mm_io io = mm_outbox_flush(conn->out, &conn->transport);

	if (io == MM_IO_WAIT_READ || io == MM_IO_WAIT_WRITE) {
		mm_conn_want(conn, interest_of(io));
		return false;
	}
	if (io != MM_IO_OK) {
		mm_conn_close(conn);
		return false;
	}
	mm_outbox_free(mm_take(conn->out));
	if (!mm_codec_begun(&conn->codec))
		conn->began_ns = conn->endpoint->worker->now_ns;
	return consume(conn, conn->in.p, conn->in.len);
}

/* Nothing could be read. */
static void wait_or_close(struct mm_conn *conn, enum mm_io io)
{
	bool shaken = conn->phase == MM_HANDSHAKING && conn->transport.ops->protocol(&conn->transport)[0];

	if (io == MM_IO_FAILED && conn->phase == MM_HANDSHAKING) {
		mm_counter_add(&conn->endpoint->worker->stats->closed_by_us[MM_CLOSE_TLS], 1);
		conn->closing = true; /* an alert is on its way, which says why */
		(void)settle(conn);
		return;
	}
	if (io != MM_IO_WAIT_READ && io != MM_IO_WAIT_WRITE) {
		mm_conn_close(conn);
		return;
	}
	if (shaken)
		mm_conn_enter(conn, MM_IDLE);
	mm_conn_want(conn, interest_of(io));
}

/*
 * Where the next bytes go. Behind an unfinished head in the worker's scratch, so that only what is left of them is kept
 * in a buffer of its size; behind what is longer, in conn->in itself. NULL: out of memory.
 */
static char *room(struct mm_conn *conn, size_t *cap)
{
	char *scratch = conn->endpoint->worker->scratch;
	size_t len = conn->in.len;
	size_t left = MM_REQUEST_MAX - len; /* never 0: so much is always a whole request */

	*cap = left < MM_SCRATCH_SIZE ? left : MM_SCRATCH_SIZE;
	if (len > MM_HEAD_MAX)
		return mm_buf_reserve(&conn->in, *cap);
	if (len > 0)
		memcpy(scratch, conn->in.p, len);
	*cap = MM_SCRATCH_SIZE - len;
	return scratch + len;
}

void mm_conn_receive(struct mm_conn *conn)
{
	bool again = true;

	while (again) {
		size_t len = conn->in.len, cap, n = 0;
		char *end = room(conn, &cap);
		enum mm_io io = end ? conn->transport.ops->read(&conn->transport, end, cap, &n) : MM_IO_FAILED;

		if (io != MM_IO_OK) {
			wait_or_close(conn, io);
			return;
		}
		if (!mm_codec_begun(&conn->codec))
			conn->began_ns = conn->endpoint->worker->now_ns;
		again = consume(conn, end - len, len + n) && conn->transport.ops->has_more(&conn->transport);
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
		mm_conn_close(conn);
}

void mm_conn_refuse(struct mm_conn *conn, int status)
{
	refuse(conn, conn->in.p, conn->in.len, status, NULL);
	(void)consume(conn, conn->in.p, conn->in.len);
}

void mm_conn_ready(struct mm_conn *conn)
{
	if (conn->phase == MM_LINGERING)
		linger(conn);
	else if (!conn->out || resume(conn))
		mm_conn_receive(conn);
}
