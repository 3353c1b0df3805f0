/* SPDX-License-Identifier: Apache-2.0 */
/* What a connection is made of: for conn.c, which keeps its life and deadlines, and conn_io.c, which does its work. */
#ifndef MINTMARK_ISSUER_HTTP_CONN_STATE_H
#define MINTMARK_ISSUER_HTTP_CONN_STATE_H

#include "issuer/http/codec.h"
#include "issuer/http/conn.h"
#include "issuer/http/exchange.h"
#include "issuer/http/listener.h"
#include "issuer/http/worker.h"

#include <event2/event_struct.h>
#include <mintmark/callers.h>

struct mm_conn {
	TAILQ_ENTRY(mm_conn) link; /* in the endpoint's list of its phase */
	struct mm_endpoint *endpoint;
	struct mm_transport transport;
	struct event event;
	short interest; /* EV_READ or EV_WRITE; 0: not registered */
	enum mm_phase phase;
	bool closing;        /* once everything is sent */
	int64_t deadline_ns; /* absolute: no progress moves it within a phase */
	int64_t began_ns;    /* when the first byte of the current request came */
	struct mm_codec codec;
	struct mm_buf in;      /* the unfinished request, and what came behind it */
	struct mm_outbox *out; /* what the client has not taken; NULL: nothing */
	size_t lingered;       /* bytes */
	struct mm_peer *peer;  /* what it proved; NULL: nothing, or nobody has asked yet */
	bool counted;          /* in worker->parts.under_way */
	bool gives_way;        /* its body takes too long while there are too many */
	char address[MM_ADDRESS_TEXT_SIZE];
};

/* ---- conn.c ---- */

/* Begins a phase, with its deadline. Also from MM_IDLE to MM_IDLE: the connection becomes the last to be evicted. */
void mm_conn_enter(struct mm_conn *conn, enum mm_phase phase);
/* Wakes for EV_READ or for EV_WRITE, not both: nothing is read while the client does not take its answers. */
void mm_conn_want(struct mm_conn *conn, short interest);
/*
 * Before it holds a body: beyond limits.concurrent of them the one that began first gives way, so that nobody is locked
 * out by bodies that do not come. False: there is none that this worker could answer.
 */
bool mm_conn_make_room(struct mm_conn *conn);
void mm_conn_close(struct mm_conn *conn);
struct mm_origin mm_conn_origin(struct mm_conn *conn);

/* ---- conn_io.c: whatever these begin with, the connection may be closed when they return ---- */

/* The descriptor is ready for what was wanted. */
void mm_conn_ready(struct mm_conn *conn);
/* Reads, answers and sends as far as possible. */
void mm_conn_receive(struct mm_conn *conn);
/* Answers the unfinished request with `status`, then closes. */
void mm_conn_refuse(struct mm_conn *conn, int status);

#endif
