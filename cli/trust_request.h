/* SPDX-License-Identifier: Apache-2.0 */
/* Whom a trust policy is wanted for, and which role: from the command line, and what the configuration adds to it. */
#ifndef MINTMARK_CLI_TRUST_REQUEST_H
#define MINTMARK_CLI_TRUST_REQUEST_H

#include "cli/command.h"

#include <mintmark/config.h>
#include <mintmark/trust.h>

/* As the flags say it; everything is borrowed, and NULL where it was not said. */
struct mm_trust_wish {
	const char *namespace;
	const char *issuer;
	const char *account, *partition;
	const char *role, *role_arn;
	const struct mm_strings *audiences;
	bool wildcards, pod_identity;
};

/* Everything is owned, or borrowed from wish and configuration; {0} is an empty one. */
struct mm_trust_request {
	struct mm_trust trust;
	struct mm_strings namespaces, names; /* of the service accounts, in the order of the arguments */
	char *role_arn;                      /* NULL: not known */
	char *account, *partition;           /* what `trust` points to; account "": not known */
	const char *audience;                /* for annotations: NULL where it is the webhook's own */
};
void mm_trust_request_clear(struct mm_trust_request *request);

/*
 * Fills it from the call's arguments, NAME or NAMESPACE/NAME; `config` is NULL when none is needed. What the
 * configuration says of the accounts holds where no flag says otherwise: role and audience, by their annotations. Finds
 * accounts and audiences for which no token would be minted. MM_EUSAGE, MM_EREFUSED, MM_EPARSE with a hint, MM_ENOMEM.
 */
MM_MUSTCHECK enum mm_code mm_trust_request_fill(struct mm_call *call, const struct mm_trust_wish *wish,
						const struct mm_config *config, struct mm_trust_request *request,
						struct mm_findings *findings, struct mm_err *err);

#endif
