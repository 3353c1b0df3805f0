/* SPDX-License-Identifier: Apache-2.0 */
/* The configuration of a new issuer: composed from what init was asked for, or compared with it. */
#ifndef MINTMARK_CLI_INIT_CONFIG_H
#define MINTMARK_CLI_INIT_CONFIG_H

#include <mintmark/config.h>
#include <mintmark/policy.h>

struct mm_key;

/* What init was asked for; everything is borrowed. */
struct mm_init_wish {
	const char *issuer;       /* that mm_issuer_url_check accepts */
	const struct mm_alg *alg; /* NULL: none in particular */
	unsigned rsa_bits;        /* 0: none in particular */
	const struct mm_key *key; /* to be imported, or NULL; what is not said otherwise follows from it */
};

/* The text of a configuration, data beside it. MM_ENOMEM. */
MM_MUSTCHECK enum mm_code mm_init_compose(const struct mm_init_wish *wish, struct mm_buf *out, struct mm_err *err);

/* The option of a configuration that is not as wished, with its value in `found`; NULL: they agree. */
const char *mm_init_disagreement(const struct mm_init_wish *wish, const struct mm_config *config,
				 const struct mm_policy *policy, struct mm_buf *found);

#endif
