/* SPDX-License-Identifier: Apache-2.0 */
/* The decision that `mintmark caller can-i` explains: what the admin listener would make of a request, and why. */
#ifndef MINTMARK_CLI_CAN_I_H
#define MINTMARK_CLI_CAN_I_H

#include "cli/can_i_who.h"

#include <jansson.h>
#include <mintmark/rules.h>

/* What is asked; everything is borrowed. All after `privilege` is for MM_PRIV_MINT alone. */
struct mm_can_i_question {
	const struct mm_config *config;
	const struct mm_can_i_who *who;
	enum mm_privilege privilege;
	const char *namespace, *service_account;
	const struct mm_strings *audiences; /* none: those that the token would get */
	mm_duration duration;               /* 0: not said */
};

/* A bound of a token's lifetime: INT64_MAX is none. */
struct mm_can_i_bounds {
	mm_duration rules, account, tokens, least;
};

struct mm_can_i_answer {
	bool allowed;
	size_t rule, line; /* that allows it; from 0 and from 1 */
	struct mm_can_i_bounds bounds;
	struct mm_strings audiences; /* that the token would be for */
	/* What stands against it: {"text": …}, and where it is about a rule {"rule": 1, "line": 12, "part": "users"}. */
	json_t *reasons;
	struct mm_buf refusal; /* what the caller would read */
};
void mm_can_i_answer_clear(struct mm_can_i_answer *answer);

/* MM_ENOMEM, MM_ECRYPTO. */
MM_MUSTCHECK enum mm_code mm_can_i_decide(const struct mm_can_i_question *question, struct mm_can_i_answer *answer,
					  struct mm_err *err);

#endif
