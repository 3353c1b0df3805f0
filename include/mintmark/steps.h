/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The steps of a key's life, each on a key set in memory that is committed afterwards. A step is stamped with `now`,
 * but never before the step before it (a clock may have been set back), and freezes the wait that begins with it.
 * Errors leave the set as it was.
 */
#ifndef MINTMARK_STEPS_H
#define MINTMARK_STEPS_H

#include <mintmark/keyset.h>

/* Whether a key may sign before every verifier can have it. */
enum mm_gap { MM_GAP_REFUSED, MM_GAP_ALLOWED };

/*
 * A new standby: `key` is served from now on, and ready `wait` after it is delivered, which it is now unless
 * policy->delivers. The wait is mm_policy_publish_wait, or 0 where nobody can have cached a JWKS without the key
 * (docs/decisions/0002). MM_EEXIST: its kid is or was in the set. MM_EREFUSED: it is public, or the JWKS holds
 * policy->max_keys keys.
 */
MM_MUSTCHECK enum mm_code mm_keyset_publish(struct mm_keyset *set, const struct mm_key *key,
					    const struct mm_policy *policy, mm_duration wait, mm_time now,
					    struct mm_err *err);

/*
 * `delivered` is what every destination has now, or a set in which the same keys are served; NULL: there is no
 * destination. Stamps each key of `set` that is served in both and was not delivered yet: its wait begins. Therefore it
 * is frozen anew where the policy has a longer one by now; a wait of 0 stays. Returns how many keys there were.
 */
size_t mm_keyset_deliver(struct mm_keyset *set, const struct mm_keyset *delivered, const struct mm_policy *policy,
			 mm_time now);

/* Whether some key that is served waits to be delivered. */
bool mm_keyset_awaits_delivery(const struct mm_keyset *set);

/* Whether the JWKS has room for one more key: to be asked before one is made. MM_EREFUSED: it has not. */
MM_MUSTCHECK enum mm_code mm_keyset_check_room(const struct mm_keyset *set, const struct mm_policy *policy,
					       struct mm_err *err);

/* Whether `kid` signs, and nothing would take its place: then it can be revoked once it has been given a successor. */
bool mm_keyset_lacks_successor(const struct mm_keyset *set, const char *kid, const struct mm_policy *policy);

/*
 * A successor for a signer that is revoked in the same commit. It takes that key's place, so that a full JWKS is no
 * objection; otherwise as mm_keyset_publish.
 */
MM_MUSTCHECK enum mm_code mm_keyset_publish_successor(struct mm_keyset *set, const struct mm_key *key,
						      const struct mm_policy *policy, mm_time now, struct mm_err *err);

/*
 * The standby `kid` signs from now on, and the signer of its algorithm, if there is one, is retired: one swap.
 * MM_ENOTFOUND. MM_EREFUSED: it is no standby, or not ready before a time that the line names, and gaps are refused.
 */
MM_MUSTCHECK enum mm_code mm_keyset_activate(struct mm_keyset *set, const char *kid, const struct mm_policy *policy,
					     enum mm_gap gap, mm_time now, struct mm_err *err);

/*
 * `kid` never signs again, and is served on until its tokens have expired. If it signs, its standby takes over (see
 * mm_keyset_standby), or its algorithm is given up (mm_keyset_is_surplus). MM_ENOTFOUND. MM_EREFUSED: it signs and no
 * standby is ready (with gaps: there is none), it is tainted already, or it is not served any more.
 */
MM_MUSTCHECK enum mm_code mm_keyset_taint(struct mm_keyset *set, const char *kid, const struct mm_policy *policy,
					  enum mm_gap gap, mm_time now, struct mm_err *err);

/*
 * `kid` is out of the JWKS now and for ever; what remains is a tombstone without private half. If it signs, its standby
 * takes over, ready or not, or its algorithm is given up (mm_keyset_is_surplus). MM_ENOTFOUND. MM_EREFUSED: it is
 * revoked already; or it signs, and there is no standby: give the set one first (mm_keyset_publish_successor).
 */
MM_MUSTCHECK enum mm_code mm_keyset_revoke(struct mm_keyset *set, const char *kid, const struct mm_policy *policy,
					   mm_time now, struct mm_err *err);

/*
 * Out of the JWKS, in good order: a retired key whose retire_wait has passed, or a standby that never signed.
 * MM_ENOTFOUND. MM_EREFUSED: any other.
 */
MM_MUSTCHECK enum mm_code mm_keyset_remove(struct mm_keyset *set, const char *kid, mm_time now, struct mm_err *err);

/*
 * `alg` is given up: its signer retires without a successor, and its standbys are removed. MM_EREFUSED: nothing else
 * signs.
 */
MM_MUSTCHECK enum mm_code mm_keyset_give_up(struct mm_keyset *set, const struct mm_alg *alg,
					    const struct mm_policy *policy, mm_time now, struct mm_err *err);

/* Whether `alg` is to be given up: the policy does not name it, and the first that it names signs. */
bool mm_keyset_is_surplus(const struct mm_keyset *set, const struct mm_alg *alg, const struct mm_policy *policy);

/*
 * The signer `kid` stays published for at least the policy's retire_wait once it is retired: max_ttl was raised since
 * it was activated. MM_ENOTFOUND. MM_EREFUSED: it does not sign.
 */
MM_MUSTCHECK enum mm_code mm_keyset_extend(struct mm_keyset *set, const char *kid, const struct mm_policy *policy,
					   struct mm_err *err);

/* The standby of `alg` that is ready first, whether it is yet or not; NULL: there is none. */
const struct mm_key_record *mm_keyset_standby(const struct mm_keyset *set, const struct mm_alg *alg);
size_t mm_keyset_standby_count(const struct mm_keyset *set, const struct mm_alg *alg);
bool mm_key_is_standby(const struct mm_key_record *record);      /* published, and never yet anything else */
bool mm_key_awaits_delivery(const struct mm_key_record *record); /* served, and not everywhere yet */
/* A time that depends on when a key is delivered: later than any other, and nothing may be added to it. */
#define MM_UNFORESEEN INT64_MAX
mm_time mm_key_ready_at(const struct mm_key_record *record);     /* delivered + publish_wait, or MM_UNFORESEEN */
mm_time mm_key_removable_at(const struct mm_key_record *record); /* retired + retire_wait */
/*
 * The longest lifetime of a token by that key: max_ttl, or less while its retire_wait promises less
 * (docs/decisions/0012). A key set of before 0.1.0 has promised nothing, and is not held to anything either.
 */
mm_duration mm_key_longest_ttl(const struct mm_key_record *record, const struct mm_policy *policy);
size_t mm_keyset_served(const struct mm_keyset *set); /* how many keys the JWKS holds */

#endif
