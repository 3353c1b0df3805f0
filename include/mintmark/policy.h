/* SPDX-License-Identifier: Apache-2.0 */
/* The rotation policy: what the operator promises about verifiers, and the waits that follow from it. In seconds. */
#ifndef MINTMARK_POLICY_H
#define MINTMARK_POLICY_H

#include <mintmark/alg.h>
#include <mintmark/clock.h>
#include <mintmark/config.h>

/* How long a token lives that is extended: ExpirationExtensionSeconds of kube-apiserver (pkg/serviceaccount). */
#define MM_EXTENDED_TTL ((mm_duration)365 * 86400)

struct mm_policy {
	size_t alg_count;                        /* at least 1 */
	const struct mm_alg *algs[MM_ALG_COUNT]; /* each has one signer; the first is what tokens get by default */
	unsigned rsa_bits;
	mm_duration rotate_every; /* 0 = by hand */
	mm_duration verifier_cache;
	mm_duration propagation;
	mm_duration clock_skew;
	mm_duration max_ttl; /* of any token: tokens.max_ttl, or MM_EXTENDED_TTL where tokens may be extended to it */
	unsigned max_keys;
	bool delivers; /* `publish` names destinations: a key is known to the world once all of them have it */
};

/*
 * MM_ECONFIG, with the arithmetic and the place in the file, when no schedule can satisfy it: rotate_every shorter than
 * publish_wait, or more keys in the JWKS than max_keys.
 */
MM_MUSTCHECK enum mm_code mm_policy_from_config(const struct mm_config *config, struct mm_policy *out,
						struct mm_err *err);
bool mm_policy_has_alg(const struct mm_policy *policy, const struct mm_alg *alg);
mm_duration mm_policy_publish_wait(const struct mm_policy *policy); /* propagation + verifier_cache + clock_skew */
mm_duration mm_policy_retire_wait(const struct mm_policy *policy);  /* propagation + max_ttl + clock_skew */

#endif
