/* SPDX-License-Identifier: Apache-2.0 */
#include "issuer/http/outbox.h"

#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

#define PIECES_PER_RESPONSE 4
#define COPIED_KEPT_MAX     32768 /* a metrics page should not stay with the worker for ever */

bool mm_outbox_has_room(const struct mm_outbox *outbox)
{
	return outbox->count + PIECES_PER_RESPONSE <= MM_OUTBOX_PIECES && outbox->bytes < MM_OUTBOX_BYTES;
}

static void add(struct mm_outbox *outbox, struct mm_piece piece)
{
	struct mm_piece *last = outbox->count > outbox->first ? &outbox->pieces[outbox->count - 1] : NULL;

	if (piece.len == 0)
		return;
	outbox->bytes += piece.len;
	if (last && !last->borrowed && !piece.borrowed && last->offset + last->len == piece.offset)
		last->len += piece.len;
	else
		outbox->pieces[outbox->count++] = piece;
}

void mm_outbox_add_copied(struct mm_outbox *outbox, size_t offset)
{
	add(outbox, (struct mm_piece){.offset = offset, .len = outbox->copied.len - offset});
}

void mm_outbox_add_borrowed(struct mm_outbox *outbox, const struct mm_buf *bytes)
{
	add(outbox, (struct mm_piece){.borrowed = bytes->p, .len = bytes->len});
}

static size_t as_vector(const struct mm_outbox *outbox, struct iovec iov[static MM_OUTBOX_PIECES])
{
	size_t n = 0;

	for (size_t i = outbox->first; i < outbox->count; i++) {
		const struct mm_piece *piece = &outbox->pieces[i];
		union {
			const char *read;
			void *base; /* writing system calls only read */
		} p = {.read = piece->borrowed ? piece->borrowed : outbox->copied.p + piece->offset};

		iov[n++] = (struct iovec){p.base, piece->len};
	}
	return n;
}

static void take_off(struct mm_outbox *outbox, size_t sent)
{
	outbox->bytes -= sent;
	while (sent > 0) {
		struct mm_piece *piece = &outbox->pieces[outbox->first];
		size_t n = sent < piece->len ? sent : piece->len;

		piece->len -= n;
		if (piece->borrowed)
			piece->borrowed += n;
		else
			piece->offset += n;
		if (piece->len == 0)
			outbox->first++;
		sent -= n;
	}
}

enum mm_io mm_outbox_flush(struct mm_outbox *outbox, struct mm_transport *transport)
{
	struct iovec iov[MM_OUTBOX_PIECES] __attribute__((uninitialized));

	if (outbox->copied.failed)
		return MM_IO_FAILED;
	while (!mm_outbox_empty(outbox)) {
		size_t count = as_vector(outbox, iov);
		size_t sent = 0;
		enum mm_io io = transport->ops->write(transport, iov, count, &sent);

		if (io != MM_IO_OK)
			return io;
		take_off(outbox, sent);
	}
	return MM_IO_OK;
}

struct mm_outbox *mm_outbox_detach(struct mm_outbox *outbox, const struct mm_live *live)
{
	struct mm_outbox *own = malloc(sizeof *own);

	if (!own)
		return NULL;
	*own = *outbox;
	own->live = mm_live_ref(live);
	outbox->copied = (struct mm_buf){0};
	mm_outbox_reset(outbox);
	return own;
}

void mm_outbox_reset(struct mm_outbox *outbox)
{
	if (outbox->copied.cap > COPIED_KEPT_MAX)
		mm_buf_free(&outbox->copied);
	if (outbox->copied.p)
		OPENSSL_cleanse(outbox->copied.p, outbox->copied.len); /* there may have been a token in it */
	mm_buf_reset(&outbox->copied);
	outbox->count = outbox->first = outbox->bytes = 0;
}

void mm_outbox_free(struct mm_outbox *outbox)
{
	if (!outbox)
		return;
	mm_live_free(outbox->live);
	mm_buf_free(&outbox->copied);
	free(outbox);
}
