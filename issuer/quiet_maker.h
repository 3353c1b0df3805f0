/* SPDX-License-Identifier: Apache-2.0 */
/* Keys made beside a server at work. */
#ifndef MINTMARK_ISSUER_QUIET_MAKER_H
#define MINTMARK_ISSUER_QUIET_MAKER_H

#include <mintmark/schedule.h>

/*
 * As mm_generate_probed, in a thread of its own that yields to all others: an RSA key takes up to seconds, in which
 * requests are answered as ever. The caller waits; what it does afterwards, such as a commit, is not of low priority.
 */
extern const struct mm_key_maker mm_quiet_maker;

#endif
