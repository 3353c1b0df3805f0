/* SPDX-License-Identifier: Apache-2.0 */
#include "keys/made.h"

enum mm_code mm_publish_made(struct mm_keyset *set, const struct mm_policy *policy, const struct mm_alg *alg,
			     mm_duration wait, mm_time now, const struct mm_key_maker *maker, struct mm_err *err)
{
	mm_auto(mm_key) key = NULL;
	enum mm_code code = maker->make(maker->arg, alg, policy->rsa_bits, &key, err);

	return code == MM_OK ? mm_keyset_publish(set, key, policy, wait, now, err) : code;
}

static enum mm_code publish_pair(struct mm_keyset *set, const struct mm_policy *policy, const struct mm_alg *alg,
				 mm_time now, const struct mm_key_maker *maker, struct mm_err *err)
{
	enum mm_code code = mm_publish_made(set, policy, alg, 0, now, maker, err);

	/* There is no gap, delivered or not: nobody can have cached anything. */
	if (code == MM_OK)
		code = mm_keyset_activate(set, mm_key_kid(mm_keyset_standby(set, alg)->key), policy, MM_GAP_ALLOWED,
					  now, err);
	return code == MM_OK ? mm_publish_made(set, policy, alg, 0, now, maker, err) : code;
}

enum mm_code mm_publish_first(struct mm_keyset *set, const struct mm_policy *policy, mm_time now,
			      const struct mm_key_maker *maker, struct mm_err *err)
{
	enum mm_code code = MM_OK;

	for (size_t i = 0; code == MM_OK && i < policy->alg_count; i++)
		code = publish_pair(set, policy, policy->algs[i], now, maker, err);
	return code;
}
