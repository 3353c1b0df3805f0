/* SPDX-License-Identifier: Apache-2.0 */
/* What only `mintmark dev` does with requests; its routes stand in issuer/http/route.c. */
#ifndef MINTMARK_ISSUER_HTTP_HANDLERS_DEV_H
#define MINTMARK_ISSUER_HTTP_HANDLERS_DEV_H

#include "issuer/http/context.h"

#include <mintmark/fault.h>

mm_handler mm_handle_dev_clock;
mm_handler mm_handle_dev_rotate;
mm_handler mm_handle_dev_taint;
mm_handler mm_handle_dev_revoke;

#define MM_DEV_ANNOTATION "mintmark.dev/" /* fault, claims, issuer */

/* What the annotations of a TokenRequest ask for; {0} at first. */
struct mm_dev_wish {
	bool any;
	struct mm_fault_request faulty; /* the issuer is borrowed from the request */
	json_t *claims;                 /* owned */
};
void mm_dev_wish_clear(struct mm_dev_wish *wish); /* for MM_CLEANUP */

/*
 * Reads them. False, and a status: there are some, and this is not `mintmark dev` (403); or one that is unknown or says
 * nothing that could be done (400).
 */
MM_MUSTCHECK bool mm_dev_read_annotations(const struct mm_context *context, const struct mm_object_meta *meta,
					  struct mm_dev_wish *wish, struct mm_kube_status *status);

#endif
