/* SPDX-License-Identifier: Apache-2.0 */
/* The issuers of `mintmark dev`: configurations that no file has, and keys in memory. */
#ifndef MINTMARK_CLI_DEV_ISSUERS_H
#define MINTMARK_CLI_DEV_ISSUERS_H

#include <mintmark/alg.h>
#include <mintmark/config.h>
#include <mintmark/store.h>

/* What all of them have in common; everything is borrowed. */
struct mm_dev_setting {
	const char *public, *admin; /* HOST:PORT on loopback */
	const struct mm_alg *alg;
	const struct mm_strings *audiences; /* none: each issuer's own */
	int64_t workers;
	const char *log_level;
	const char *certificate, *key; /* paths; NULL: plain HTTP */
};

/*
 * The configuration of the issuer `issuer`. Keys rotate when somebody asks for it, and nothing waits; accounts and
 * bound objects are any; nobody calls too often. MM_EREFUSED: what the setting holds cannot be configured.
 */
MM_MUSTCHECK enum mm_code mm_dev_config(const struct mm_dev_setting *setting, const char *issuer,
					struct mm_config **out, struct mm_err *err);

struct mm_dev_made {
	struct mm_config *config;
	struct mm_store *store; /* with an active key and its standby */
};
struct mm_dev_issuers {
	size_t count;
	struct mm_dev_made *v;
};
/* The issuer `base`, and one at each of the paths under it. MM_EUSAGE: a path that no issuer could have, or twice. */
MM_MUSTCHECK enum mm_code mm_dev_issuers_make(const struct mm_dev_setting *setting, const char *base,
					      const struct mm_strings *paths, struct mm_dev_issuers *out,
					      struct mm_err *err);
void mm_dev_issuers_clear(struct mm_dev_issuers *issuers); /* for MM_CLEANUP */

#endif
