/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who is let in at the admin listener: who is calling, whether they call too often, and what they may use. Each of the
 * mm_admit functions makes `response` the refusal and returns false when it is no.
 */
#ifndef MINTMARK_ISSUER_HTTP_ADMISSION_H
#define MINTMARK_ISSUER_HTTP_ADMISSION_H

#include "issuer/http/route.h"

/*
 * 401, and the reason in the log alone: finds context->caller out. Counts it. 500, 503: it cannot be found out now.
 */
bool mm_admit_caller(struct mm_context *context, const struct mm_request *request, struct mm_response *response);

/* 429 with Retry-After: too many requests came from context->caller. */
bool mm_admit_pace(const struct mm_context *context, struct mm_response *response);

/* 403: sets context->decision. Without a privilege nothing is asked. */
bool mm_admit_use(struct mm_context *context, const struct mm_request *request, enum mm_privilege privilege,
		  struct mm_response *response);

/* Whether all of that would be well but the pace, without a trace of having asked. Sets context->caller. */
bool mm_may_use(struct mm_context *context, const struct mm_request *request, enum mm_privilege privilege);

#endif
