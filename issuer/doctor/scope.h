/* SPDX-License-Identifier: Apache-2.0 */
/* From where an address can be reached: who fetches for a stranger must not be led to what only we can reach. */
#ifndef MINTMARK_ISSUER_DOCTOR_SCOPE_H
#define MINTMARK_ISSUER_DOCTOR_SCOPE_H

#include <stdbool.h>

enum mm_scope {
	MM_SCOPE_PUBLIC,
	MM_SCOPE_PRIVATE,    /* and what is reserved, shared or multicast */
	MM_SCOPE_LINK_LOCAL, /* where clouds keep the metadata of their machines */
	MM_SCOPE_LOOPBACK,
};
extern const char *const mm_scope_words[]; /* "public", "private", "link-local", "loopback" */

/* Of a numeric address, IPv6 without brackets; that of an IPv4 address for those that embed one. False: it is none. */
bool mm_scope_of(const char *address, enum mm_scope *out);

/* Whether somebody of scope `from` may send us to `to`: into the world, or to its own neighbours. */
bool mm_scope_may_lead(enum mm_scope from, enum mm_scope to);

#endif
