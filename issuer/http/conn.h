/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One connection: a state machine that reads, parses, answers and writes without ever blocking. In its common course,
 * a whole request in and a whole answer out, it owns no buffer: it works in its worker's and keeps what is left over.
 */
#ifndef MINTMARK_ISSUER_HTTP_CONN_H
#define MINTMARK_ISSUER_HTTP_CONN_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>
#include <sys/socket.h>

struct mm_conn;
struct mm_endpoint;
TAILQ_HEAD(mm_conn_list, mm_conn);

enum mm_phase {
	MM_HANDSHAKING, /* TLS */
	MM_IDLE,        /* between requests: nothing of the next one has come */
	MM_IN_HEAD,
	MM_IN_BODY,
	MM_SENDING,   /* the client does not take its answers; nothing is read until it has */
	MM_LINGERING, /* closed by us; reading on, so that no RST overtakes the answer (RFC 9112 §9.6) */
	MM_PHASE_COUNT
};

/* Absolute limits that are not configurable, as http.head_timeout and http.idle_timeout are. */
#define MM_REQUEST_TIMEOUT_NS INT64_C(30000000000) /* first byte of a request to last byte of its body */
#define MM_SEND_TIMEOUT_NS    INT64_C(30000000000) /* to take one batch of answers */
#define MM_LINGER_TIMEOUT_NS  INT64_C(1000000000)  /* to notice that we have closed */
#define MM_LAST_CALL_NS       INT64_C(1000000000)  /* for the first request on a connection that is new when draining */

/* Takes the accepted descriptor over, already counted in worker->parts.open; when that fails, it is closed. */
void mm_conn_open(struct mm_endpoint *endpoint, int fd, const struct sockaddr_storage *peer);

/*
 * Closes the connection of which least is lost: the one that has been idle for longest; if none is, the one whose
 * handshake, head or body, in this order, began first. False: there is none; a whole request is always answered.
 */
bool mm_conn_evict(struct mm_endpoint *endpoint);

/* Answers with 408 or closes what is past its deadline. */
void mm_conn_sweep(struct mm_endpoint *endpoint, int64_t now_ns);

/* After worker->draining was set: answers what idle connections have sent by now, and closes them. */
void mm_conn_drain(struct mm_endpoint *endpoint);

void mm_conn_close_all(struct mm_endpoint *endpoint);

#endif
