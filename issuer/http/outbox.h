/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is on its way to one client: pieces in order, some copied, some borrowed from the live object, so that a
 * document is never copied. A worker fills one for each batch of pipelined requests and sends it with one call; only
 * what the client does not take at once is kept with its connection.
 */
#ifndef MINTMARK_ISSUER_HTTP_OUTBOX_H
#define MINTMARK_ISSUER_HTTP_OUTBOX_H

#include "issuer/http/live.h"
#include "issuer/http/transport.h"

#define MM_OUTBOX_PIECES 64
#define MM_OUTBOX_BYTES                                                                                                \
	65536 /* beyond these a batch ends, so that a client that pipelines without reading costs little */

struct mm_piece {
	const char *borrowed; /* NULL: in `copied` at `offset` */
	size_t offset;
	size_t len;
};

struct mm_outbox {
	struct mm_live *live; /* keeps what is borrowed alive; NULL while the worker's own view does */
	struct mm_buf copied;
	size_t count;
	size_t first; /* pieces before it are sent */
	size_t bytes; /* not sent yet */
	struct mm_piece pieces[MM_OUTBOX_PIECES];
};

/* Whether a response still fits: it takes four pieces at most. */
bool mm_outbox_has_room(const struct mm_outbox *outbox);
static inline bool mm_outbox_empty(const struct mm_outbox *outbox)
{
	return outbox->bytes == 0;
}

/* The caller writes into `copied` and then says where it began; pieces that touch become one. */
void mm_outbox_add_copied(struct mm_outbox *outbox, size_t offset);
void mm_outbox_add_borrowed(struct mm_outbox *outbox, const struct mm_buf *bytes);

/* Sends as much as the transport takes. MM_IO_OK: all of it. */
enum mm_io mm_outbox_flush(struct mm_outbox *outbox, struct mm_transport *transport);

/* Moves what `outbox` holds to a new one that owns it, with a reference to `live`. NULL: out of memory. */
struct mm_outbox *mm_outbox_detach(struct mm_outbox *outbox, const struct mm_live *live);
void mm_outbox_reset(struct mm_outbox *outbox); /* empty and cleansed, memory kept for the next batch */
void mm_outbox_free(struct mm_outbox *outbox);

#endif
