/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The audit of tokens: a line for each that was minted, and for each that was refused to somebody, in the log whatever
 * its level is. Never the token. The line is written before the answer leaves; a reader that sleeps holds up nobody for
 * longer than mintmark/log.h says.
 */
#ifndef MINTMARK_ISSUER_HTTP_TOKENLOG_H
#define MINTMARK_ISSUER_HTTP_TOKENLOG_H

#include "issuer/http/context.h"

#include <mintmark/tokenapi.h>

/* Both count, too. Audiences that are too long for one line are told in further ones, with the same jti. */
void mm_tokenlog_minted(const struct mm_context *context, const struct mm_token_api_minted *minted);
/* `cause`: what the caller is not told, of a failure inside; NULL: nothing. */
void mm_tokenlog_refused(const struct mm_context *context, const struct mm_kube_status *status,
			 const struct mm_err *cause);

#endif
