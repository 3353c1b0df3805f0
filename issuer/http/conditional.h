/* SPDX-License-Identifier: Apache-2.0 */
/* Conditional requests (RFC 9110 §13) for GET and HEAD. */
#ifndef MINTMARK_ISSUER_HTTP_CONDITIONAL_H
#define MINTMARK_ISSUER_HTTP_CONDITIONAL_H

#include <mintmark/http.h>

/*
 * Whether the client has this version already: a 304 is the answer. If-None-Match decides when it is there; otherwise
 * If-Modified-Since, which is ignored unless it is one valid IMF-fixdate (RFC 9110 §13.1.3).
 */
bool mm_not_modified(const struct mm_request *request, const char *etag, mm_time modified);

#endif
