/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MINTMARK_BASE_CERTCHAIN_LIST_H
#define MINTMARK_BASE_CERTCHAIN_LIST_H

#include <mintmark/certchain.h>
#include <openssl/x509.h>

/* The chain of these, in their order; they are referenced, not consumed. MM_ELIMIT: more than MM_CERTCHAIN_MAX. */
MM_MUSTCHECK enum mm_code mm_certchain_from_list(const STACK_OF(X509) * list, struct mm_certchain **out,
						 struct mm_err *err);

#endif
