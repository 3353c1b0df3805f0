/* SPDX-License-Identifier: Apache-2.0 */
/* The line by which `mintmark dev` tells whoever started it where it is. */
#ifndef MINTMARK_CLI_DEV_READY_H
#define MINTMARK_CLI_DEV_READY_H

#include "cli/dev_issuers.h"

/* Everything is borrowed. */
struct mm_dev_ready {
	const struct mm_dev_issuers *issuers;
	const char *token;     /* of the one caller */
	const char *authority; /* PEM: what clients are to trust; NULL: plain HTTP */
};

/* Prints it, for mm_server_options.ready; `ready` is a struct mm_dev_ready. MM_EIO, MM_ENOMEM. */
MM_MUSTCHECK enum mm_code mm_dev_tell(void *ready, const char *public_address, const char *admin_address,
				      struct mm_err *err);

#endif
