/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/keyname.h"

#include "cli/output.h"

#include <stdio.h>
#include <string.h>

#define HINTED_MAX 5 /* kids; as many as a hint has room for */

/* Tombstones, of which there may be thousands, are named only by somebody who knows how they begin. */
static bool may_be_meant(const struct mm_key_record *record, const char *prefix, mm_time now)
{
	if (strlen(prefix) >= MM_KEY_PREFIX_MIN)
		return strncmp(mm_key_kid(record->key), prefix, strlen(prefix)) == 0;
	return mm_key_states[mm_key_state(record, now)].in_jwks;
}

static void hint_candidates(struct mm_call *call, const struct mm_keyset *set, const char *prefix, mm_time now)
{
	mm_auto_buf list = {0};
	size_t found = 0;

	for (size_t i = 0; i < set->count; i++) {
		const struct mm_key_record *record = &set->records[i];

		if (!may_be_meant(record, prefix, now) || ++found > HINTED_MAX)
			continue;
		mm_buf_printf(&list, "%s%s (%s)", found > 1 ? ", " : "", mm_key_kid(record->key),
			      mm_key_states[mm_key_state(record, now)].name);
	}
	if (list.p && !list.failed)
		mm_hint(call, "%s%s", list.p, found > HINTED_MAX ? "; 'mintmark key list' lists all" : "");
}

/*
 * What signs tokens for which no algorithm is asked: in an emergency nobody should have to know of what is
 * introduced.
 */
static const struct mm_key_record *default_signer(const struct mm_keyset *set, const struct mm_policy *policy,
						  mm_time now)
{
	const struct mm_key_record *signer = NULL;

	for (size_t i = 0; !signer && i < policy->alg_count; i++)
		signer = mm_keyset_signer(set, policy->algs[i], now);
	return signer ? signer : mm_keyset_signer(set, NULL, now);
}

enum mm_code mm_key_by_name(struct mm_call *call, const struct mm_keyset *set, const struct mm_policy *policy,
			    const struct mm_alg *alg, const char *name, mm_time now, const struct mm_key_record **out,
			    struct mm_err *err)
{
	size_t found = 0, len = strlen(name);

	if (strcmp(name, "active") == 0) {
		*out = alg ? mm_keyset_signer(set, alg, now) : default_signer(set, policy, now);
		if (*out)
			return MM_OK;
		hint_candidates(call, set, "", now);
		return mm_fail(err, MM_ENOTFOUND, "no key for %s is active", alg ? alg->name : "any algorithm");
	}
	*out = mm_keyset_find(set, name);
	if (*out)
		return MM_OK;
	for (size_t i = 0; len >= MM_KEY_PREFIX_MIN && i < set->count; i++) {
		if (strncmp(mm_key_kid(set->records[i].key), name, len) != 0)
			continue;
		*out = &set->records[i];
		found++;
	}
	if (found == 1)
		return MM_OK;
	*out = NULL;
	hint_candidates(call, set, found > 1 ? name : "", now);
	if (found > 1)
		return mm_fail(err, MM_ENOTFOUND, "%zu kids begin with %.80s", found, name);
	if (len < MM_KEY_PREFIX_MIN)
		return mm_fail(err, MM_ENOTFOUND,
			       "there is no key %s; accepted: a kid, its first %d characters or more, or active", name,
			       MM_KEY_PREFIX_MIN);
	return mm_fail(err, MM_ENOTFOUND, "there is no key %.80s", name);
}

void mm_kid_short(const struct mm_key *key, char out[static MM_KID_SIZE])
{
	int len = mm_key_is_planned(key) ? MM_KID_SIZE - 1 : MM_KEY_PREFIX_MIN;

	snprintf(out, MM_KID_SIZE, "%.*s", len, mm_key_kid(key));
}
