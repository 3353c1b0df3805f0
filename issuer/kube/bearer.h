/* SPDX-License-Identifier: Apache-2.0 */
/* Bearer tokens in an Authorization header (RFC 6750 §2.1, RFC 9110 §11.6.2). */
#ifndef MINTMARK_ISSUER_KUBE_BEARER_H
#define MINTMARK_ISSUER_KUBE_BEARER_H

#include <mintmark/bytes.h>

/* Whether a header can carry it: 1 to MM_TOKEN_MAX characters of b64token. */
bool mm_bearer_is_token(struct mm_span text);

/*
 * The token in the value of the header: "Bearer" in whatever case, one space, one token and nothing else. MM_EVERIFY;
 * the line does not quote the header.
 */
MM_MUSTCHECK enum mm_code mm_bearer_read(struct mm_span authorization, struct mm_span *token, struct mm_err *err);

#endif
