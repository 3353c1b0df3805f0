/* SPDX-License-Identifier: Apache-2.0 */
/* PEM (RFC 7468) behind <mintmark/keyio.h>. */
#ifndef MINTMARK_KEYS_PEM_H
#define MINTMARK_KEYS_PEM_H

#include <mintmark/keyio.h>

/* The one private key in `text`; see mm_key_import. `*out` is freed by the caller. */
MM_MUSTCHECK enum mm_code mm_pem_read_private(struct mm_span text, struct mm_span passphrase, EVP_PKEY **out,
					      struct mm_err *err);

/* The one public key in `text`; MM_EPARSE: there is none, or something else besides. `*out` is freed by the caller. */
MM_MUSTCHECK enum mm_code mm_pem_read_public(struct mm_span text, EVP_PKEY **out, struct mm_err *err);
/* Whether there is a private key in `text`. */
bool mm_pem_has_private(struct mm_span text);

/* Appends one of the three PEM forms, never encrypted. MM_ECRYPTO. */
MM_MUSTCHECK enum mm_code mm_pem_write(EVP_PKEY *pkey, enum mm_key_form form, struct mm_buf *out, struct mm_err *err);

#endif
