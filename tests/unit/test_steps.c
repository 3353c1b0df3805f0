/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/keysets.h"

#include <string.h>

/* A set of one EdDSA signer and one ready standby; and what most tests do with it. */
static struct mm_keyset *set;
static struct mm_policy policy;
static struct mm_err err;

static int make_set(void **state)
{
	(void)state;
	policy = test_policy_for("EdDSA", NULL);
	set = test_first_set();
	memset(&err, 0, sizeof err);
	return 0;
}

static int free_set(void **state)
{
	(void)state;
	mm_keyset_free(set);
	return 0;
}

static const char *kid(size_t i)
{
	return mm_key_kid(set->records[i].key);
}

static enum mm_key_state state_of(size_t i, mm_time now)
{
	return mm_key_state(&set->records[i], now);
}

static enum mm_code publish(const char *alg, mm_time now)
{
	mm_auto(mm_key) key = test_key(alg);

	return mm_keyset_publish(set, key, &policy, TEST_PUBLISH_WAIT, now, &err);
}

static enum mm_code activate(size_t i, mm_time now)
{
	return mm_keyset_activate(set, kid(i), &policy, MM_GAP_REFUSED, now, &err);
}

static void assert_consistent(void)
{
	assert_ok(mm_keyset_check(set, &err), &err);
}

/* ---- publish ----------------------------------------------------------------------------------------------------- */

static void a_published_key_waits(void **state)
{
	(void)state;
	assert_ok(publish("EdDSA", T0 + 100), &err);
	assert_int_equal(set->records[2].created, T0 + 100);
	assert_int_equal(set->records[2].published, T0 + 100);
	assert_int_equal(set->records[2].publish_wait, TEST_PUBLISH_WAIT);
	assert_int_equal(mm_key_ready_at(&set->records[2]), T0 + 100 + TEST_PUBLISH_WAIT);
	assert_true(mm_key_is_private(set->records[2].key));
	assert_consistent();
}

static void a_kid_is_never_used_twice(void **state)
{
	(void)state;
	assert_fails_saying(mm_keyset_publish(set, set->records[1].key, &policy, 0, T0, &err), MM_EEXIST, &err,
			    "ready");
	assert_ok(mm_keyset_revoke(set, kid(1), &policy, T0, &err), &err);
	assert_fails_saying(mm_keyset_publish(set, set->records[1].key, &policy, 0, T0, &err), MM_EEXIST, &err,
			    "revoked");
	assert_int_equal(set->count, 2);
}

static void a_public_key_is_refused(void **state)
{
	mm_auto(mm_key) private = test_key("EdDSA");
	mm_auto(mm_key) public = NULL;
	(void)state;

	assert_ok(mm_key_public(private, &public, &err), &err);
	assert_fails_saying(mm_keyset_publish(set, public, &policy, 0, T0, &err), MM_EREFUSED, &err, "public half");
	assert_int_equal(set->count, 2);
}

static void max_keys_counts_the_keys_that_are_served(void **state)
{
	(void)state;
	policy.max_keys = 3;
	assert_ok(publish("EdDSA", T0), &err);
	assert_fails_saying(publish("EdDSA", T0), MM_EREFUSED, &err, "holds 3 keys already, and keys.max_keys is 3");
	assert_ok(mm_keyset_revoke(set, kid(2), &policy, T0, &err), &err);
	assert_ok(publish("EdDSA", T0), &err);
}

/* ---- deliver ----------------------------------------------------------------------------------------------------- */

/* A standby that destinations do not have yet, and who has what they have. */
static struct mm_keyset *publish_to_destinations(void)
{
	struct mm_keyset *delivered;

	policy.delivers = true;
	assert_ok(publish("EdDSA", T0 + 100), &err);
	assert_ok(mm_keyset_copy(set, &delivered, &err), &err);
	return delivered;
}

static void with_destinations_the_wait_begins_with_the_delivery(void **state)
{
	mm_auto(mm_keyset) delivered = publish_to_destinations();
	(void)state;

	assert_int_equal(set->records[2].delivered, MM_NEVER);
	assert_int_equal(state_of(2, MM_TIME_MAX), MM_STATE_PUBLISHED);
	assert_int_equal(mm_keyset_deliver(set, delivered, &policy, T0 + 500), 1);
	assert_int_equal(set->records[2].delivered, T0 + 500);
	assert_int_equal(mm_key_ready_at(&set->records[2]), T0 + 500 + TEST_PUBLISH_WAIT);
	assert_consistent();
}

static void what_is_delivered_already_keeps_its_time(void **state)
{
	mm_auto(mm_keyset) delivered = publish_to_destinations();
	(void)state;

	assert_int_equal(mm_keyset_deliver(set, delivered, &policy, T0 + 500), 1);
	assert_int_equal(mm_keyset_deliver(set, delivered, &policy, T0 + 600), 0);
	assert_int_equal(set->records[2].delivered, T0 + 500);
	assert_int_equal(set->records[0].delivered, T0);
}

static void a_key_that_was_not_in_it_is_not_delivered(void **state)
{
	mm_auto(mm_keyset) delivered = publish_to_destinations();
	(void)state;

	assert_ok(publish("EdDSA", T0 + 200), &err);
	assert_int_equal(mm_keyset_deliver(set, delivered, &policy, T0 + 500), 1);
	assert_int_equal(set->records[3].delivered, MM_NEVER);
}

static void nor_is_one_that_only_was_in_it(void **state)
{
	mm_auto(mm_keyset) delivered = publish_to_destinations();
	(void)state;

	assert_ok(mm_keyset_revoke(delivered, kid(2), &policy, T0 + 200, &err), &err);
	assert_int_equal(mm_keyset_deliver(set, delivered, &policy, T0 + 500), 0);
}

static void nor_is_one_that_is_not_served_any_more(void **state)
{
	mm_auto(mm_keyset) delivered = publish_to_destinations();
	(void)state;

	assert_ok(mm_keyset_revoke(set, kid(2), &policy, T0 + 200, &err), &err);
	assert_int_equal(mm_keyset_deliver(set, delivered, &policy, T0 + 500), 0);
	assert_int_equal(set->records[2].delivered, MM_NEVER);
}

static void a_key_that_signs_before_it_was_delivered_gets_its_time_too(void **state)
{
	mm_auto(mm_keyset) delivered = publish_to_destinations();
	(void)state;

	assert_ok(mm_keyset_activate(set, kid(2), &policy, MM_GAP_ALLOWED, T0 + 200, &err), &err);
	assert_int_equal(mm_keyset_deliver(set, delivered, &policy, T0 + 500), 1);
	assert_int_equal(set->records[2].delivered, T0 + 500);
	assert_consistent();
}

static void where_there_is_no_destination_everything_is_delivered(void **state)
{
	mm_auto(mm_keyset) delivered = publish_to_destinations();
	(void)state;

	assert_ok(publish("EdDSA", T0 + 200), &err);
	assert_int_equal(mm_keyset_deliver(set, NULL, &policy, T0 + 500), 2);
}

/* The wait is frozen when it begins: the policy may have become longer since, and was relied on if it became shorter. */
static void the_longer_wait_counts(void **state)
{
	mm_auto(mm_keyset) delivered = publish_to_destinations();
	mm_auto(mm_key) key = test_key("EdDSA");
	(void)state;

	assert_ok(mm_keyset_publish(set, key, &policy, 0, T0 + 100, &err), &err);
	policy.verifier_cache += 1000;
	assert_int_equal(mm_keyset_deliver(set, NULL, &policy, T0 + 500), 2);
	assert_int_equal(set->records[2].publish_wait, TEST_PUBLISH_WAIT + 1000);
	assert_int_equal(set->records[3].publish_wait, 0);
	policy.verifier_cache = 1;
	assert_ok(publish("EdDSA", T0 + 600), &err);
	assert_int_equal(mm_keyset_deliver(set, NULL, &policy, T0 + 700), 1);
	assert_int_equal(set->records[4].publish_wait, TEST_PUBLISH_WAIT);
}

static void under_a_clock_that_was_set_back_a_delivery_is_not_before_the_publication(void **state)
{
	mm_auto(mm_keyset) delivered = publish_to_destinations();
	(void)state;

	assert_int_equal(mm_keyset_deliver(set, delivered, &policy, T0 - 500), 1);
	assert_int_equal(set->records[2].delivered, T0 + 100);
}

static void nor_is_a_step_out_of_the_jwks_before_the_delivery(void **state)
{
	mm_auto(mm_keyset) delivered = publish_to_destinations();
	(void)state;

	assert_ok(publish("EdDSA", T0 + 100), &err);
	assert_int_equal(mm_keyset_deliver(set, NULL, &policy, T0 + 86400), 2);
	assert_ok(mm_keyset_revoke(set, kid(2), &policy, T0 + 200, &err), &err);
	assert_ok(mm_keyset_remove(set, kid(3), T0 + 200, &err), &err);
	assert_int_equal(set->records[2].revoked, T0 + 86400);
	assert_int_equal(set->records[3].removed, T0 + 86400);
	assert_consistent();
}

static void a_key_that_is_not_everywhere_does_not_sign(void **state)
{
	mm_auto(mm_keyset) delivered = publish_to_destinations();
	(void)state;

	assert_fails_saying(activate(2, T0 + 86400), MM_EREFUSED, &err, "is not published everywhere yet");
	assert_ok(mm_keyset_activate(set, kid(2), &policy, MM_GAP_ALLOWED, T0 + 86400, &err), &err);
	assert_int_equal(state_of(2, T0 + 86400), MM_STATE_ACTIVE);
	assert_consistent();
}

static void nor_does_it_take_over_from_a_tainted_one(void **state)
{
	mm_auto(mm_keyset) delivered = publish_to_destinations();
	(void)state;

	assert_ok(mm_keyset_revoke(set, kid(1), &policy, T0 + 100, &err), &err);
	assert_fails_saying(mm_keyset_taint(set, kid(0), &policy, MM_GAP_REFUSED, T0 + 86400, &err), MM_EREFUSED, &err,
			    "is not published everywhere yet");
}

static void of_several_standbys_one_that_is_everywhere_takes_over(void **state)
{
	mm_auto(mm_keyset) delivered = publish_to_destinations();
	(void)state;

	assert_ok(publish("EdDSA", T0 + 200), &err);
	set->records[3].delivered = T0 + 90000;
	assert_ok(mm_keyset_revoke(set, kid(1), &policy, T0 + 300, &err), &err);
	assert_ok(mm_keyset_revoke(set, kid(0), &policy, T0 + 300, &err), &err);
	assert_int_equal(state_of(3, T0 + 300), MM_STATE_ACTIVE);
}

/* ---- activate ---------------------------------------------------------------------------------------------------- */

static void activating_retires_the_predecessor_at_the_same_moment(void **state)
{
	(void)state;
	assert_ok(activate(1, T0 + 50), &err);
	assert_int_equal(set->records[1].activated, T0 + 50);
	assert_int_equal(set->records[0].retired, T0 + 50);
	assert_ptr_equal(mm_keyset_signer(set, test_alg("EdDSA"), T0 + 50), &set->records[1]);
	assert_consistent();
}

/* Invariant 1. */
static void a_key_does_not_sign_before_it_is_ready(void **state)
{
	(void)state;
	assert_ok(publish("EdDSA", T0), &err);
	assert_fails_saying(activate(2, T0 + TEST_PUBLISH_WAIT - 1), MM_EREFUSED, &err,
			    "is not ready before 2026-11-22T01:17:00Z");
	assert_int_equal(state_of(0, T0), MM_STATE_ACTIVE);
	assert_ok(activate(2, T0 + TEST_PUBLISH_WAIT), &err);
}

static void unless_the_gap_is_allowed(void **state)
{
	(void)state;
	assert_ok(publish("EdDSA", T0), &err);
	assert_ok(mm_keyset_activate(set, kid(2), &policy, MM_GAP_ALLOWED, T0 + 1, &err), &err);
	assert_int_equal(state_of(2, T0 + 1), MM_STATE_ACTIVE);
	assert_consistent();
}

static void only_a_standby_can_be_activated(void **state)
{
	(void)state;
	assert_fails_saying(activate(0, T0), MM_EREFUSED, &err, "is active");
	assert_ok(activate(1, T0), &err);
	assert_fails_saying(activate(0, T0), MM_EREFUSED, &err, "is retired");
	assert_fails_saying(mm_keyset_activate(set, "nobody", &policy, MM_GAP_ALLOWED, T0, &err), MM_ENOTFOUND, &err,
			    "no key nobody");
}

static void the_first_key_of_a_new_algorithm_retires_nobody(void **state)
{
	(void)state;
	assert_ok(publish("ES256", T0), &err);
	assert_ok(activate(2, T0 + TEST_PUBLISH_WAIT), &err);
	assert_int_equal(state_of(0, T0 + TEST_PUBLISH_WAIT), MM_STATE_ACTIVE);
	assert_consistent();
}

/* Invariant 2: max_ttl may be lowered while tokens with the old lifetime are under way (docs/decisions/0012). */
static void a_lower_max_ttl_does_not_shorten_what_was_promised(void **state)
{
	(void)state;
	policy.max_ttl = 60;
	assert_ok(activate(1, T0 + 50), &err);
	assert_int_equal(set->records[0].retire_wait, TEST_RETIRE_WAIT);
	assert_int_equal(set->records[1].retire_wait, 180);
}

static void a_higher_max_ttl_lengthens_it(void **state)
{
	(void)state;
	policy.max_ttl = 2 * 86400;
	assert_ok(activate(1, T0 + 50), &err);
	assert_int_equal(set->records[0].retire_wait, TEST_RETIRE_WAIT + 86400);
}

/* Invariant 11. */
static void under_a_clock_that_was_set_back_steps_stay_in_their_order(void **state)
{
	const mm_time back = T0 - 86400;
	(void)state;

	assert_ok(mm_keyset_activate(set, kid(1), &policy, MM_GAP_ALLOWED, back, &err), &err);
	assert_int_equal(set->records[1].activated, T0);
	assert_int_equal(set->records[0].retired, T0);
	assert_ok(mm_keyset_revoke(set, kid(0), &policy, back, &err), &err);
	assert_int_equal(set->records[0].revoked, T0);
	assert_consistent();
}

/* ---- taint ------------------------------------------------------------------------------------------------------- */

static void tainting_the_signer_hands_over_and_goes_on_serving_it(void **state)
{
	(void)state;
	assert_ok(mm_keyset_taint(set, kid(0), &policy, MM_GAP_REFUSED, T0 + 5, &err), &err);
	assert_int_equal(state_of(0, T0 + 5), MM_STATE_RETIRED);
	assert_int_equal(set->records[0].tainted, T0 + 5);
	assert_int_equal(state_of(1, T0 + 5), MM_STATE_ACTIVE);
	assert_consistent();
}

static void a_tainted_standby_never_signs(void **state)
{
	(void)state;
	assert_ok(mm_keyset_taint(set, kid(1), &policy, MM_GAP_REFUSED, T0 + 5, &err), &err);
	assert_int_equal(state_of(1, T0 + 5), MM_STATE_RETIRED);
	assert_fails_saying(mm_keyset_activate(set, kid(1), &policy, MM_GAP_ALLOWED, T0 + 5, &err), MM_EREFUSED, &err,
			    "is retired");
	assert_null(mm_keyset_standby(set, test_alg("EdDSA")));
	assert_consistent();
}

static void a_retired_key_can_be_tainted_once(void **state)
{
	(void)state;
	assert_ok(activate(1, T0), &err);
	assert_ok(mm_keyset_taint(set, kid(0), &policy, MM_GAP_REFUSED, T0 + 9, &err), &err);
	assert_int_equal(set->records[0].retired, T0);
	assert_fails_saying(mm_keyset_taint(set, kid(0), &policy, MM_GAP_REFUSED, T0 + 9, &err), MM_EREFUSED, &err,
			    "tainted already");
}

static void the_signer_is_not_tainted_without_a_ready_successor(void **state)
{
	(void)state;
	assert_ok(mm_keyset_revoke(set, kid(1), &policy, T0, &err), &err);
	assert_fails_saying(mm_keyset_taint(set, kid(0), &policy, MM_GAP_ALLOWED, T0, &err), MM_EREFUSED, &err,
			    "no other EdDSA key stands by");
	assert_ok(publish("EdDSA", T0), &err);
	assert_fails_saying(mm_keyset_taint(set, kid(0), &policy, MM_GAP_REFUSED, T0 + 1, &err), MM_EREFUSED, &err,
			    "is not ready before");
	assert_int_equal(state_of(0, T0 + 1), MM_STATE_ACTIVE);
	assert_int_equal(set->records[0].tainted, MM_NEVER);
	assert_ok(mm_keyset_taint(set, kid(0), &policy, MM_GAP_ALLOWED, T0 + 1, &err), &err);
	assert_consistent();
}

static void what_is_not_served_cannot_be_tainted(void **state)
{
	(void)state;
	assert_ok(mm_keyset_revoke(set, kid(1), &policy, T0, &err), &err);
	assert_fails_saying(mm_keyset_taint(set, kid(1), &policy, MM_GAP_REFUSED, T0, &err), MM_EREFUSED, &err,
			    "is revoked, and not served any more");
}

/* ---- revoke ------------------------------------------------------------------------------------------------------ */

/* Invariant 6. */
static void revoking_the_signer_puts_the_standby_into_service(void **state)
{
	(void)state;
	assert_ok(mm_keyset_revoke(set, kid(0), &policy, T0 + 7, &err), &err);
	assert_int_equal(state_of(0, T0 + 7), MM_STATE_REVOKED);
	assert_int_equal(state_of(1, T0 + 7), MM_STATE_ACTIVE);
	assert_consistent();
}

static void of_several_standbys_the_one_that_is_ready_first_takes_over(void **state)
{
	(void)state;
	assert_ok(mm_keyset_revoke(set, kid(1), &policy, T0, &err), &err);
	assert_ok(publish("EdDSA", T0 + 100), &err);
	assert_ok(publish("EdDSA", T0 + 50), &err);
	assert_ptr_equal(mm_keyset_standby(set, test_alg("EdDSA")), &set->records[3]);
	assert_ok(mm_keyset_revoke(set, kid(0), &policy, T0 + 200, &err), &err);
	assert_int_equal(state_of(3, T0 + 200), MM_STATE_ACTIVE);
	assert_consistent();
}

static void a_signer_without_any_standby_is_not_revoked(void **state)
{
	(void)state;
	assert_ok(mm_keyset_revoke(set, kid(1), &policy, T0, &err), &err);
	assert_fails_saying(mm_keyset_revoke(set, kid(0), &policy, T0, &err), MM_EREFUSED, &err, "stands by");
	assert_int_equal(state_of(0, T0), MM_STATE_ACTIVE);
}

static void a_standby_of_another_algorithm_does_not_take_over(void **state)
{
	(void)state;
	assert_ok(publish("ES256", T0), &err);
	assert_ok(mm_keyset_revoke(set, kid(1), &policy, T0, &err), &err);
	assert_fails_saying(mm_keyset_revoke(set, kid(0), &policy, T0, &err), MM_EREFUSED, &err, "stands by");
}

static void every_key_can_be_revoked_once(void **state)
{
	(void)state;
	assert_ok(activate(1, T0), &err);
	assert_ok(mm_keyset_remove(set, kid(0), T0 + TEST_RETIRE_WAIT, &err), &err);
	assert_ok(mm_keyset_revoke(set, kid(0), &policy, T0 + TEST_RETIRE_WAIT, &err), &err);
	assert_int_equal(state_of(0, T0 + TEST_RETIRE_WAIT), MM_STATE_REVOKED);
	assert_fails_saying(mm_keyset_revoke(set, kid(0), &policy, T0, &err), MM_EREFUSED, &err, "revoked already");
	assert_fails_saying(mm_keyset_revoke(set, "x", &policy, T0, &err), MM_ENOTFOUND, &err, "no key x");
	assert_consistent();
}

/* ---- remove, give up, extend ------------------------------------------------------------------------------------- */

/* Invariant 2. */
static void a_retired_key_stays_until_its_wait_is_over(void **state)
{
	(void)state;
	assert_ok(activate(1, T0), &err);
	assert_fails_saying(mm_keyset_remove(set, kid(0), T0 + TEST_RETIRE_WAIT - 1, &err), MM_EREFUSED, &err,
			    "cannot be removed before 2026-11-23T00:17:00Z");
	assert_ok(mm_keyset_remove(set, kid(0), T0 + TEST_RETIRE_WAIT, &err), &err);
	assert_int_equal(state_of(0, T0 + TEST_RETIRE_WAIT), MM_STATE_REMOVED);
	assert_consistent();
}

static void a_shorter_policy_does_not_bring_removal_forward(void **state)
{
	(void)state;
	assert_ok(activate(1, T0), &err);
	policy.max_ttl = 1;
	assert_fails_saying(mm_keyset_remove(set, kid(0), T0 + TEST_RETIRE_WAIT - 1, &err), MM_EREFUSED, &err,
			    "until then tokens need it");
}

static void the_signer_cannot_be_removed(void **state)
{
	(void)state;
	assert_fails_saying(mm_keyset_remove(set, kid(0), T0 + 1000000, &err), MM_EREFUSED, &err, "is active");
}

static void a_standby_that_never_signed_can_be_removed_at_any_time(void **state)
{
	(void)state;
	assert_ok(mm_keyset_remove(set, kid(1), T0, &err), &err);
	assert_int_equal(state_of(1, T0), MM_STATE_REMOVED);
	assert_consistent();
}

static void giving_up_an_algorithm_leaves_no_standby_of_it(void **state)
{
	(void)state;
	assert_ok(publish("ES256", T0), &err);
	assert_ok(activate(2, T0 + TEST_PUBLISH_WAIT), &err);
	assert_ok(mm_keyset_give_up(set, test_alg("EdDSA"), &policy, T0 + TEST_PUBLISH_WAIT, &err), &err);
	assert_int_equal(state_of(0, T0 + TEST_PUBLISH_WAIT), MM_STATE_RETIRED);
	assert_int_equal(state_of(1, T0 + TEST_PUBLISH_WAIT), MM_STATE_REMOVED);
	assert_consistent();
}

/* Even by a process whose clock is behind. */
static void an_algorithm_that_was_given_up_can_be_introduced_again(void **state)
{
	const mm_time ready = T0 + TEST_PUBLISH_WAIT;
	(void)state;

	assert_ok(publish("ES256", T0), &err);
	assert_ok(activate(2, ready), &err);
	assert_ok(mm_keyset_give_up(set, test_alg("EdDSA"), &policy, ready, &err), &err);
	assert_ok(publish("EdDSA", ready - 86400), &err);
	assert_int_equal(set->records[3].published, ready + 1);
	assert_consistent();
}

/* ES256 signs, and EdDSA is not configured any more. */
static void change_algorithm(void)
{
	assert_ok(publish("ES256", T0), &err);
	assert_ok(activate(2, T0 + TEST_PUBLISH_WAIT), &err);
	policy = test_policy_for("ES256", NULL);
}

static void revoking_or_tainting_the_signer_of_an_algorithm_that_is_not_configured_gives_it_up(void **state)
{
	const mm_time now = T0 + TEST_PUBLISH_WAIT;
	mm_auto(mm_keyset) tainted = NULL;
	(void)state;

	change_algorithm();
	assert_ok(mm_keyset_copy(set, &tainted, &err), &err);
	assert_ok(mm_keyset_revoke(set, kid(0), &policy, now, &err), &err);
	assert_int_equal(state_of(0, now), MM_STATE_REVOKED);
	assert_int_equal(set->records[1].activated, MM_NEVER);
	assert_int_equal(state_of(1, now), MM_STATE_REMOVED);
	assert_int_equal(state_of(2, now), MM_STATE_ACTIVE);
	assert_consistent();
	assert_ok(mm_keyset_taint(tainted, kid(0), &policy, MM_GAP_REFUSED, now, &err), &err);
	assert_int_equal(mm_key_state(&tainted->records[0], now), MM_STATE_RETIRED);
	assert_int_equal(mm_key_state(&tainted->records[1], now), MM_STATE_REMOVED);
	assert_ok(mm_keyset_check(tainted, &err), &err);
}

static void its_signer_lacks_no_successor(void **state)
{
	(void)state;
	assert_ok(mm_keyset_remove(set, kid(1), T0, &err), &err);
	assert_true(mm_keyset_lacks_successor(set, kid(0), &policy));
	change_algorithm();
	assert_false(mm_keyset_lacks_successor(set, kid(0), &policy));
	assert_ok(mm_keyset_revoke(set, kid(0), &policy, T0 + TEST_PUBLISH_WAIT, &err), &err);
	assert_consistent();
}

static void but_while_the_configured_one_does_not_sign_it_is_needed(void **state)
{
	(void)state;
	assert_ok(publish("ES256", T0), &err);
	policy = test_policy_for("ES256", NULL);
	assert_ok(mm_keyset_revoke(set, kid(0), &policy, T0, &err), &err);
	assert_int_equal(state_of(1, T0), MM_STATE_ACTIVE);
	assert_true(mm_keyset_lacks_successor(set, kid(1), &policy));
}

/* Invariant 3. */
static void the_last_algorithm_that_signs_is_not_given_up(void **state)
{
	(void)state;
	assert_ok(publish("ES256", T0), &err);
	assert_fails_saying(mm_keyset_give_up(set, test_alg("EdDSA"), &policy, T0, &err), MM_EREFUSED, &err,
			    "no key of another algorithm signs");
	assert_int_equal(state_of(0, T0), MM_STATE_ACTIVE);
}

static void extending_never_shortens(void **state)
{
	(void)state;
	policy.max_ttl = 2 * 86400;
	assert_ok(mm_keyset_extend(set, kid(0), &policy, &err), &err);
	assert_int_equal(set->records[0].retire_wait, TEST_RETIRE_WAIT + 86400);
	policy.max_ttl = 60;
	assert_ok(mm_keyset_extend(set, kid(0), &policy, &err), &err);
	assert_int_equal(set->records[0].retire_wait, TEST_RETIRE_WAIT + 86400);
	assert_fails_saying(mm_keyset_extend(set, kid(1), &policy, &err), MM_EREFUSED, &err, "does not sign");
}

#define test(name) cmocka_unit_test_setup_teardown(name, make_set, free_set)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(a_published_key_waits),
		test(a_kid_is_never_used_twice),
		test(a_public_key_is_refused),
		test(max_keys_counts_the_keys_that_are_served),
		test(with_destinations_the_wait_begins_with_the_delivery),
		test(what_is_delivered_already_keeps_its_time),
		test(a_key_that_was_not_in_it_is_not_delivered),
		test(nor_is_one_that_only_was_in_it),
		test(nor_is_one_that_is_not_served_any_more),
		test(a_key_that_signs_before_it_was_delivered_gets_its_time_too),
		test(where_there_is_no_destination_everything_is_delivered),
		test(the_longer_wait_counts),
		test(under_a_clock_that_was_set_back_a_delivery_is_not_before_the_publication),
		test(nor_is_a_step_out_of_the_jwks_before_the_delivery),
		test(a_key_that_is_not_everywhere_does_not_sign),
		test(nor_does_it_take_over_from_a_tainted_one),
		test(of_several_standbys_one_that_is_everywhere_takes_over),
		test(activating_retires_the_predecessor_at_the_same_moment),
		test(a_key_does_not_sign_before_it_is_ready),
		test(unless_the_gap_is_allowed),
		test(only_a_standby_can_be_activated),
		test(the_first_key_of_a_new_algorithm_retires_nobody),
		test(a_lower_max_ttl_does_not_shorten_what_was_promised),
		test(a_higher_max_ttl_lengthens_it),
		test(under_a_clock_that_was_set_back_steps_stay_in_their_order),
		test(tainting_the_signer_hands_over_and_goes_on_serving_it),
		test(a_tainted_standby_never_signs),
		test(a_retired_key_can_be_tainted_once),
		test(the_signer_is_not_tainted_without_a_ready_successor),
		test(what_is_not_served_cannot_be_tainted),
		test(revoking_the_signer_puts_the_standby_into_service),
		test(of_several_standbys_the_one_that_is_ready_first_takes_over),
		test(a_signer_without_any_standby_is_not_revoked),
		test(a_standby_of_another_algorithm_does_not_take_over),
		test(every_key_can_be_revoked_once),
		test(a_retired_key_stays_until_its_wait_is_over),
		test(a_shorter_policy_does_not_bring_removal_forward),
		test(the_signer_cannot_be_removed),
		test(a_standby_that_never_signed_can_be_removed_at_any_time),
		test(giving_up_an_algorithm_leaves_no_standby_of_it),
		test(an_algorithm_that_was_given_up_can_be_introduced_again),
		test(revoking_or_tainting_the_signer_of_an_algorithm_that_is_not_configured_gives_it_up),
		test(its_signer_lacks_no_successor),
		test(but_while_the_configured_one_does_not_sign_it_is_needed),
		test(the_last_algorithm_that_signs_is_not_given_up),
		test(extending_never_shortens),
	};

	return cmocka_run_group_tests_name("steps", tests, NULL, NULL);
}
