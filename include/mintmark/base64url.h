/* SPDX-License-Identifier: Apache-2.0 */
/* base64url without padding (RFC 7515 §2), strict and canonical (RFC 4648 §3.5): one text for each byte string. */
#ifndef MINTMARK_BASE64URL_H
#define MINTMARK_BASE64URL_H

#include <mintmark/bytes.h>

/* The length of the text for `len` bytes, without a NUL. */
static inline size_t mm_base64url_len(size_t len)
{
	return len / 3 * 4 + (len % 3 ? len % 3 + 1 : 0);
}

/* Writes mm_base64url_len(len) characters to `out`, no NUL; returns that number. */
size_t mm_base64url_encode(char *out, const void *bytes, size_t len);

/* Appends the text for `len` bytes. */
void mm_base64url_add(struct mm_buf *buf, const void *bytes, size_t len);

/*
 * Decodes `text` into `out` of `cap` bytes and sets `*len`.
 * MM_EPARSE: a character outside the alphabet ('=', '+', '/', white space included), an impossible length, or last
 * bits that are not zero. MM_ELIMIT: more than `cap` bytes. Nothing is promised about `out` on failure.
 */
MM_MUSTCHECK enum mm_code mm_base64url_decode(struct mm_span text, void *out, size_t cap, size_t *len,
					      struct mm_err *err);

/* As mm_base64url_decode, appended to a buffer. */
MM_MUSTCHECK enum mm_code mm_base64url_decode_buf(struct mm_span text, struct mm_buf *out, struct mm_err *err);

#endif
