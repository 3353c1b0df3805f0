/* SPDX-License-Identifier: Apache-2.0 */
/* What trust create makes of a request. */
#ifndef MINTMARK_CLI_TRUST_PARTS_H
#define MINTMARK_CLI_TRUST_PARTS_H

#include "cli/trust_answer.h"
#include "cli/trust_request.h"

struct mm_trust_order {
	bool parts[MM_TRUST_PART_COUNT];
	bool lenient;                 /* what cannot be made is left out and told of (skip); otherwise it is an error */
	const char *cluster, *region; /* NULL: not known */
	mm_duration ttl;              /* 0: not said */
	bool regional_sts;
};

/* MM_EUSAGE: something is missing, and the hint says what; MM_EREFUSED: AWS would refuse it; MM_EPARSE, MM_ENOMEM. */
MM_MUSTCHECK enum mm_code mm_trust_parts_make(struct mm_call *call, const struct mm_trust_request *request,
					      const struct mm_trust_order *order, struct mm_trust_answer *answer,
					      struct mm_err *err);

#endif
