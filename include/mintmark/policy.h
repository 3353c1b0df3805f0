/* SPDX-License-Identifier: Apache-2.0 */
/* The rotation policy: what the operator promises about verifiers, and the waits that follow from it. In seconds. */
#ifndef MINTMARK_POLICY_H
#define MINTMARK_POLICY_H

#include <mintmark/alg.h>
#include <mintmark/clock.h>
#include <mintmark/config.h>

struct mm_policy {
	const struct mm_alg *alg;
	unsigned rsa_bits;
	mm_duration rotate_every; /* 0 = by hand */
	mm_duration verifier_cache;
	mm_duration propagation;
	mm_duration clock_skew;
	mm_duration max_ttl;
	unsigned max_keys;
};
/* MM_ECONFIG, with the arithmetic and the place in the file, when no schedule can satisfy it. */
MM_MUSTCHECK enum mm_code mm_policy_from_config(const struct mm_config *config, struct mm_policy *out,
						struct mm_err *err);
mm_duration mm_policy_publish_wait(const struct mm_policy *policy); /* propagation + verifier_cache + clock_skew */
mm_duration mm_policy_retire_wait(const struct mm_policy *policy);  /* propagation + max_ttl + clock_skew */

#endif
