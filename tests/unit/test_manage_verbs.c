/* SPDX-License-Identifier: Apache-2.0 */
/* What an operator and the rotor do to a key set that is there. */
#include "tests/unit/managing.h"

#include <stdio.h>

static struct managing m;
static const char *active, *standby;

static int start(void **state)
{
	(void)state;
	managing_start(&m, "ES256", NULL);
	assert_ok(mm_manage_init(&m.manage, NULL, managing_change(&m), &m.err), &m.err);
	active = managing_kid(&m, 0);
	standby = managing_kid(&m, 1);
	m.made = 0;
	return 0;
}

static int end(void **state)
{
	(void)state;
	managing_end(&m);
	return 0;
}

static enum mm_code prepare(void)
{
	return mm_manage_prepare(&m.manage, NULL, managing_change(&m), &m.err);
}

static enum mm_code rotate(void)
{
	return mm_manage_rotate(&m.manage, NULL, managing_change(&m), &m.err);
}

static enum mm_code revoke(const char *kid)
{
	return mm_manage_revoke(&m.manage, kid, managing_change(&m), &m.err);
}

static enum mm_code deliver(const struct mm_keyset *delivered)
{
	return mm_manage_deliver(&m.manage, delivered, managing_change(&m), &m.err);
}

static enum mm_code run_due(void)
{
	return mm_manage_run_due(&m.manage, managing_change(&m), &m.err);
}

/* ---- prepare, rotate, activate ----------------------------------------------------------------------------------- */

static void prepare_publishes_a_second_standby_and_no_third(void **state)
{
	(void)state;
	assert_ok(prepare(), &m.err);
	assert_int_equal(managing_state(&m, 2), MM_STATE_PUBLISHED);
	assert_fails_saying(prepare(), MM_EREFUSED, &m.err, "2 ES256 keys stand by already");
}

static void prepare_for_an_algorithm_that_is_not_configured_is_refused(void **state)
{
	(void)state;
	assert_fails_saying(mm_manage_prepare(&m.manage, test_alg("RS256"), managing_change(&m), &m.err), MM_EREFUSED,
			    &m.err, "RS256 is not among the algorithms");
}

static void rotate_swaps_and_leaves_a_standby(void **state)
{
	(void)state;
	assert_ok(rotate(), &m.err);
	assert_int_equal(managing_state(&m, 0), MM_STATE_RETIRED);
	assert_int_equal(managing_state(&m, 1), MM_STATE_ACTIVE);
	assert_int_equal(managing_state(&m, 2), MM_STATE_PUBLISHED);
	assert_int_equal(m.change.before->revision, 1);
	assert_int_equal(m.change.after->revision, 2);
}

static void the_next_rotation_waits_until_the_new_standby_is_ready(void **state)
{
	(void)state;
	assert_ok(rotate(), &m.err);
	m.now += TEST_PUBLISH_WAIT - 1;
	assert_fails_saying(rotate(), MM_EREFUSED, &m.err, "is not ready before 2026-11-22T01:17:00Z");
	m.now += 1;
	assert_ok(rotate(), &m.err);
	assert_int_equal(m.change.after->revision, 3);
}

/* Invariant 7 is about restarts; this one is that nobody makes keys for nothing. */
static void a_refused_rotation_makes_no_key(void **state)
{
	(void)state;
	assert_ok(rotate(), &m.err);
	m.made = 0;
	assert_int_equal(rotate(), MM_EREFUSED);
	assert_int_equal(m.made, 0);
}

static void nor_does_a_refused_preparation(void **state)
{
	(void)state;
	m.policy.max_keys = 2;
	assert_fails_saying(prepare(), MM_EREFUSED, &m.err, "the JWKS holds 2 keys already, and keys.max_keys is 2");
	assert_int_equal(m.made, 0);
}

static void activate_takes_the_key_that_it_is_told(void **state)
{
	const char *kid;

	(void)state;
	assert_ok(prepare(), &m.err);
	kid = managing_kid(&m, 2);
	assert_fails_saying(mm_manage_activate(&m.manage, kid, MM_GAP_REFUSED, managing_change(&m), &m.err),
			    MM_EREFUSED, &m.err, "not ready");
	assert_ok(mm_manage_activate(&m.manage, kid, MM_GAP_ALLOWED, managing_change(&m), &m.err), &m.err);
	assert_int_equal(managing_state(&m, 2), MM_STATE_ACTIVE);
	assert_int_equal(managing_state(&m, 1), MM_STATE_READY);
	assert_fails_saying(mm_manage_activate(&m.manage, "x", MM_GAP_ALLOWED, managing_change(&m), &m.err),
			    MM_ENOTFOUND, &m.err, "no key x");
}

/* The wait counts from the moment at which the key is there, however long it took to make. */
static void a_key_is_published_when_it_was_made(void **state)
{
	(void)state;
	m.making_takes = 600;
	assert_ok(prepare(), &m.err);
	assert_int_equal(m.change.after->records[2].published, T0 + 600);
	assert_int_equal(m.change.after->committed, T0 + 600);
	assert_int_equal(m.change.now, T0 + 600);
	assert_int_equal(m.made, 1);
}

/* ---- taint and revoke -------------------------------------------------------------------------------------------- */

static void taint_hands_over_and_leaves_a_standby(void **state)
{
	(void)state;
	assert_ok(mm_manage_taint(&m.manage, active, MM_GAP_REFUSED, managing_change(&m), &m.err), &m.err);
	assert_int_equal(managing_state(&m, 0), MM_STATE_RETIRED);
	assert_int_equal(m.change.after->records[0].tainted, T0);
	assert_int_equal(managing_state(&m, 1), MM_STATE_ACTIVE);
	assert_int_equal(managing_state(&m, 2), MM_STATE_PUBLISHED);
}

static void revoke_is_one_commit_that_destroys_and_replaces(void **state)
{
	mm_auto(mm_keyset) stored = NULL;

	(void)state;
	assert_ok(revoke(active), &m.err);
	assert_int_equal(m.change.after->revision, 2);
	assert_int_equal(managing_state(&m, 0), MM_STATE_REVOKED);
	assert_int_equal(managing_state(&m, 1), MM_STATE_ACTIVE);
	assert_int_equal(managing_state(&m, 2), MM_STATE_PUBLISHED);
	assert_ok(mm_store_load(m.store, MM_LOAD_PRIVATE, &stored, &m.err), &m.err);
	assert_false(mm_key_is_private(stored->records[0].key));
	assert_true(mm_key_is_private(stored->records[1].key));
}

static void revoking_the_standby_brings_a_new_one(void **state)
{
	(void)state;
	assert_ok(revoke(standby), &m.err);
	assert_int_equal(managing_state(&m, 0), MM_STATE_ACTIVE);
	assert_int_equal(managing_state(&m, 1), MM_STATE_REVOKED);
	assert_int_equal(managing_state(&m, 2), MM_STATE_PUBLISHED);
}

/* An emergency in an emergency: the successor is not ready, and it signs all the same. */
static void a_second_revocation_does_not_wait(void **state)
{
	(void)state;
	assert_ok(revoke(active), &m.err);
	m.now += 1;
	assert_ok(revoke(standby), &m.err);
	assert_int_equal(managing_state(&m, 2), MM_STATE_ACTIVE);
	assert_int_equal(managing_state(&m, 3), MM_STATE_PUBLISHED);
}

static void a_signer_that_nothing_stands_by_for_is_replaced_by_a_new_key_even_in_a_full_jwks(void **state)
{
	(void)state;
	assert_ok(rotate(), &m.err); /* retired, active, published */
	m.policy.max_keys = 2;
	assert_ok(revoke(managing_kid(&m, 2)), &m.err);
	assert_int_equal(m.change.after->count, 3);
	assert_ok(revoke(standby), &m.err);
	assert_int_equal(managing_state(&m, 1), MM_STATE_REVOKED);
	assert_int_equal(managing_state(&m, 3), MM_STATE_ACTIVE);
	assert_int_equal(mm_keyset_served(m.change.after), 2);
}

/* keys.max_keys may have been lowered meanwhile, and an emergency is not the time to say so. */
static void and_in_one_that_holds_more_than_it_may(void **state)
{
	const char *signer;

	(void)state;
	assert_ok(rotate(), &m.err); /* retired, active, published */
	m.now += TEST_PUBLISH_WAIT;
	assert_ok(rotate(), &m.err); /* retired, retired, active, published */
	m.policy.max_keys = 2;
	signer = managing_kid(&m, 2);
	assert_ok(revoke(managing_kid(&m, 3)), &m.err);
	assert_ok(revoke(signer), &m.err);
	assert_int_equal(managing_state(&m, 2), MM_STATE_REVOKED);
	assert_int_equal(managing_state(&m, 4), MM_STATE_ACTIVE);
	assert_int_equal(mm_keyset_served(m.change.after), 3);
}

static void no_key_is_made_for_an_algorithm_that_is_given_up_anyhow(void **state)
{
	mm_auto(mm_key) key = test_key("EdDSA");

	(void)state;
	m.policy = test_policy_for("ES256", "EdDSA");
	assert_ok(mm_manage_import(&m.manage, key, true, managing_change(&m), &m.err), &m.err);
	m.policy.max_keys = 2; /* no room for another standby */
	assert_ok(revoke(standby), &m.err);
	m.policy = test_policy_for("EdDSA", NULL);
	m.made = 0;
	assert_ok(revoke(active), &m.err);
	assert_int_equal(managing_state(&m, 0), MM_STATE_REVOKED);
	assert_null(mm_keyset_signer(m.change.after, test_alg("ES256"), m.now));
	assert_int_equal(mm_keyset_standby_count(m.change.after, test_alg("ES256")), 0);
	assert_int_equal(m.made, 0);
}

static void what_is_revoked_stays_revoked(void **state)
{
	(void)state;
	assert_ok(revoke(active), &m.err);
	assert_fails_saying(revoke(active), MM_EREFUSED, &m.err, "revoked already");
	assert_fails_saying(revoke("x"), MM_ENOTFOUND, &m.err, "no key x");
}

/* ---- the schedule ------------------------------------------------------------------------------------------------ */

static void when_nothing_is_due_nothing_is_committed(void **state)
{
	(void)state;
	assert_ok(run_due(), &m.err);
	assert_null(m.change.after);
	assert_int_equal(m.made, 0);
}

static void what_is_due_is_one_commit(void **state)
{
	(void)state;
	assert_ok(rotate(), &m.err);
	m.now += 2 * m.policy.rotate_every;
	m.made = 0;
	assert_ok(run_due(), &m.err);
	assert_int_equal(m.change.after->revision, 3);
	assert_int_equal(managing_state(&m, 0), MM_STATE_REMOVED);
	assert_int_equal(managing_state(&m, 3), MM_STATE_PUBLISHED);
	assert_int_equal(m.made, 1);
}

/* Nothing is removed or activated that nobody asked for: the clock may be wrong when somebody acts by hand. */
static void a_verb_takes_its_consequences_with_it_and_no_more(void **state)
{
	(void)state;
	assert_ok(rotate(), &m.err);
	m.now += 2 * m.policy.rotate_every;
	assert_ok(revoke(managing_kid(&m, 2)), &m.err);
	assert_int_equal(managing_state(&m, 0), MM_STATE_RETIRED);
	assert_int_equal(managing_state(&m, 1), MM_STATE_ACTIVE);
	assert_int_equal(managing_state(&m, 2), MM_STATE_REVOKED);
	assert_int_equal(managing_state(&m, 3), MM_STATE_PUBLISHED);
}

static void a_rotation_by_hand_removes_what_may_go(void **state)
{
	(void)state;
	assert_ok(rotate(), &m.err);
	m.now += TEST_RETIRE_WAIT;
	assert_ok(rotate(), &m.err);
	assert_int_equal(managing_state(&m, 0), MM_STATE_REMOVED);
	assert_int_equal(managing_state(&m, 1), MM_STATE_RETIRED);
}

/* What a store that tells what it was told would hear. */
static char heard[256];

static enum mm_code hearing_commit(struct mm_store *store, const struct mm_keyset *next, uint64_t expected,
				   const struct mm_actor *actor, struct mm_err *err)
{
	(void)store;
	snprintf(heard, sizeof heard, "%s: %s", actor->name, actor->why ? actor->why : "-");
	return m.store->ops->commit(m.store, next, expected, actor, err);
}

static enum mm_code hearing_load(struct mm_store *store, enum mm_store_load what, struct mm_keyset **out,
				 struct mm_err *err)
{
	(void)store;
	return mm_store_load(m.store, what, out, err);
}

static void the_reason_is_the_operators_or_that_of_the_schedule(void **state)
{
	static const struct mm_store_ops ops = {.load = hearing_load, .commit = hearing_commit};
	struct mm_store hearing = {.ops = &ops};

	(void)state;
	m.manage.store = &hearing;
	m.now += m.policy.rotate_every;
	assert_ok(run_due(), &m.err);
	assert_string_equal(heard, "test: the next rotation needs a standby");
	m.now += TEST_PUBLISH_WAIT;
	assert_ok(run_due(), &m.err);
	assert_string_equal(heard, "test: rotate_every has passed");
	assert_ok(prepare(), &m.err);
	assert_string_equal(heard, "test: -");
	m.manage.actor.why = "the laptop was stolen";
	assert_ok(revoke(active), &m.err);
	assert_string_equal(heard, "test: the laptop was stolen");
}

/* ---- deliver ----------------------------------------------------------------------------------------------------- */

/* With destinations, a second standby; and the set that destinations will have. */
static struct mm_keyset *publish_to_destinations(void)
{
	struct mm_keyset *set;

	m.policy.delivers = true;
	assert_ok(prepare(), &m.err);
	assert_ok(mm_keyset_copy(m.change.after, &set, &m.err), &m.err);
	return set;
}

static void what_is_everywhere_is_committed_and_its_wait_begins(void **state)
{
	mm_auto(mm_keyset) delivered = publish_to_destinations();

	(void)state;
	m.now += 500;
	assert_ok(deliver(delivered), &m.err);
	assert_int_equal(m.change.after->revision, 3);
	assert_int_equal(m.change.after->records[2].delivered, T0 + 500);
	m.now += TEST_PUBLISH_WAIT;
	assert_int_equal(managing_state(&m, 2), MM_STATE_READY);
}

static void where_no_key_waits_nothing_is_committed(void **state)
{
	mm_auto(mm_keyset) delivered = publish_to_destinations();

	(void)state;
	assert_ok(deliver(delivered), &m.err);
	assert_ok(deliver(delivered), &m.err);
	assert_null(m.change.after);
	assert_int_equal(m.change.before->revision, 3);
}

static void what_was_published_since_waits_for_the_next_delivery(void **state)
{
	mm_auto(mm_keyset) delivered = publish_to_destinations();
	mm_auto(mm_keyset) next = NULL;

	(void)state;
	assert_ok(revoke(standby), &m.err); /* there is room for another one */
	assert_ok(prepare(), &m.err);
	assert_ok(mm_keyset_copy(m.change.after, &next, &m.err), &m.err);
	assert_ok(deliver(delivered), &m.err);
	assert_int_equal(m.change.after->records[2].delivered, T0);
	assert_int_equal(m.change.after->records[3].delivered, MM_NEVER);
	assert_ok(deliver(next), &m.err);
	assert_int_equal(m.change.after->records[3].delivered, T0);
}

static int rivals;

static enum mm_code losing_commit(struct mm_store *store, const struct mm_keyset *next, uint64_t expected,
				  const struct mm_actor *actor, struct mm_err *err)
{
	(void)store;
	if (rivals-- > 0)
		return mm_fail(err, MM_ECONFLICT, "somebody else was faster");
	return m.store->ops->commit(m.store, next, expected, actor, err);
}

static void who_delivers_tries_again_when_somebody_else_was_faster(void **state)
{
	static const struct mm_store_ops ops = {.load = hearing_load, .commit = losing_commit};
	mm_auto(mm_keyset) delivered = publish_to_destinations();
	struct mm_store losing = {.ops = &ops};

	(void)state;
	m.manage.store = &losing;
	rivals = 3;
	assert_ok(deliver(delivered), &m.err);
	assert_int_equal(m.change.after->records[2].delivered, T0);
}

static void a_delivery_says_why(void **state)
{
	static const struct mm_store_ops ops = {.load = hearing_load, .commit = hearing_commit};
	mm_auto(mm_keyset) delivered = publish_to_destinations();
	struct mm_store hearing = {.ops = &ops};

	(void)state;
	m.manage.store = &hearing;
	assert_ok(deliver(delivered), &m.err);
	assert_string_equal(heard, "test: every destination has it");
}

static void a_rotation_to_a_key_that_is_not_everywhere_is_refused(void **state)
{
	mm_auto(mm_keyset) delivered = publish_to_destinations();

	(void)state;
	assert_ok(rotate(), &m.err);
	m.now += 10 * TEST_PUBLISH_WAIT;
	assert_fails_saying(rotate(), MM_EREFUSED, &m.err, "is not published everywhere yet");
	assert_ok(deliver(delivered), &m.err);
	m.now += TEST_PUBLISH_WAIT;
	assert_ok(rotate(), &m.err);
}

static void a_revoked_signer_is_replaced_all_the_same(void **state)
{
	(void)state;
	m.policy.delivers = true;
	assert_ok(revoke(standby), &m.err);
	assert_ok(revoke(active), &m.err);
	assert_int_equal(managing_state(&m, 2), MM_STATE_ACTIVE);
	assert_int_equal(m.change.after->records[2].delivered, MM_NEVER);
}

#define test(name) cmocka_unit_test_setup_teardown(name, start, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(prepare_publishes_a_second_standby_and_no_third),
		test(prepare_for_an_algorithm_that_is_not_configured_is_refused),
		test(rotate_swaps_and_leaves_a_standby),
		test(the_next_rotation_waits_until_the_new_standby_is_ready),
		test(a_refused_rotation_makes_no_key),
		test(nor_does_a_refused_preparation),
		test(activate_takes_the_key_that_it_is_told),
		test(a_key_is_published_when_it_was_made),
		test(taint_hands_over_and_leaves_a_standby),
		test(revoke_is_one_commit_that_destroys_and_replaces),
		test(revoking_the_standby_brings_a_new_one),
		test(a_second_revocation_does_not_wait),
		test(a_signer_that_nothing_stands_by_for_is_replaced_by_a_new_key_even_in_a_full_jwks),
		test(and_in_one_that_holds_more_than_it_may),
		test(no_key_is_made_for_an_algorithm_that_is_given_up_anyhow),
		test(what_is_revoked_stays_revoked),
		test(when_nothing_is_due_nothing_is_committed),
		test(what_is_due_is_one_commit),
		test(a_verb_takes_its_consequences_with_it_and_no_more),
		test(a_rotation_by_hand_removes_what_may_go),
		test(the_reason_is_the_operators_or_that_of_the_schedule),
		test(what_is_everywhere_is_committed_and_its_wait_begins),
		test(where_no_key_waits_nothing_is_committed),
		test(what_was_published_since_waits_for_the_next_delivery),
		test(who_delivers_tries_again_when_somebody_else_was_faster),
		test(a_delivery_says_why),
		test(a_rotation_to_a_key_that_is_not_everywhere_is_refused),
		test(a_revoked_signer_is_replaced_all_the_same),
	};

	return cmocka_run_group_tests_name("manage_verbs", tests, NULL, NULL);
}
