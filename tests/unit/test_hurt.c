/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/keysets.h"

#include "cli/hurt.h"

#include <string.h>

#define NOW (T0 + 1000)

/* A signer and a ready standby, and a copy of them that the tests change. */
static struct mm_keyset *before, *after;
static struct mm_policy policy;
static struct mm_hurt hurt;
static struct mm_err err;

static int make_sets(void **state)
{
	(void)state;
	policy = test_policy_for("EdDSA", NULL);
	before = test_first_set();
	return mm_keyset_copy(before, &after, &err) == MM_OK ? 0 : -1;
}

static int free_sets(void **state)
{
	(void)state;
	mm_keyset_free(before);
	mm_keyset_free(after);
	return 0;
}

/* What was done to `after` so far is the state before; what follows is the change. */
static void settle(void)
{
	mm_keyset_free(before);
	assert_ok(mm_keyset_copy(after, &before, &err), &err);
}

static const char *kid(size_t place)
{
	return mm_key_kid(after->records[place].key);
}

static void revoke(size_t place)
{
	assert_ok(mm_keyset_revoke(after, kid(place), &policy, NOW, &err), &err);
}

static void look(void)
{
	assert_ok(mm_hurt_of(before, after, &policy, NOW, &hurt, &err), &err);
}

static void assert_text(const char *part, bool there)
{
	mm_auto_buf text = {0};

	mm_hurt_add_text(&text, &hurt, NOW);
	assert_int_equal(text.p && strstr(text.p, part), there);
}

static void publish_standby(mm_duration wait)
{
	mm_auto(mm_key) key = test_key("EdDSA");

	assert_ok(mm_keyset_publish(after, key, &policy, wait, NOW, &err), &err);
}

/* ---- revoke ----------------------------------------------------------------------------------------------------- */

static void tokens_of_a_revoked_signer_hurt_until_caches_and_lifetimes_end(void **state)
{
	(void)state;
	revoke(0);
	look();
	assert_ptr_equal(hurt.revoked, &after->records[0]);
	assert_int_equal(hurt.accepted_until, NOW + TEST_PUBLISH_WAIT);
	assert_int_equal(hurt.expired_by, NOW + TEST_RETIRE_WAIT);
	assert_true(mm_hurt_any(&hurt));
}

static void a_ready_successor_hurts_nobody_and_is_named(void **state)
{
	(void)state;
	revoke(0);
	look();
	assert_ptr_equal(hurt.activated, &after->records[1]);
	assert_int_equal(hurt.refused_until, MM_NEVER);
	assert_text(kid(1), true);
	assert_text("is ready", true);
	assert_text("refuses new tokens", false);
}

static void a_successor_that_is_not_ready_hurts_until_it_would_have_been(void **state)
{
	(void)state;
	after->records[1].publish_wait = 5000;
	settle();
	revoke(0);
	look();
	assert_int_equal(hurt.refused_until, T0 + 5000);
	assert_text("is not ready", true);
	assert_text("refuses new tokens until 2026-11-22T01:38:20Z", true);
}

static void the_longest_lifetime_that_was_ever_allowed_counts(void **state)
{
	(void)state;
	after->records[0].retire_wait = 10 * TEST_RETIRE_WAIT;
	settle();
	revoke(0);
	look();
	assert_int_equal(hurt.expired_by, NOW + 10 * (mm_time)TEST_RETIRE_WAIT);
}

static void tokens_of_a_retired_key_end_when_it_could_have_been_removed(void **state)
{
	(void)state;
	assert_ok(mm_keyset_activate(after, kid(1), &policy, MM_GAP_REFUSED, T0 + 10, &err), &err);
	settle();
	revoke(0);
	look();
	assert_int_equal(hurt.expired_by, T0 + 10 + TEST_RETIRE_WAIT);
	assert_int_equal(hurt.accepted_until, NOW + TEST_PUBLISH_WAIT);
	assert_null(hurt.activated);
}

static void a_standby_signed_nothing_and_whoever_has_it_may_be_believed(void **state)
{
	(void)state;
	revoke(1);
	look();
	assert_int_equal(hurt.expired_by, MM_NEVER);
	assert_int_equal(hurt.accepted_until, NOW + TEST_PUBLISH_WAIT);
	assert_text("It signed no token that is still valid.", true);
	assert_text("may accept what it signs, or signed, until 2026-11-22T01:33:40Z (in 1h2m)", true);
}

static void verifiers_keep_a_removed_key_for_as_long_as_they_cache(void **state)
{
	(void)state;
	after->records[1].removed = NOW - TEST_PUBLISH_WAIT + 7;
	settle();
	revoke(1);
	look();
	assert_int_equal(hurt.accepted_until, NOW + 7);
	mm_keyset_free(after);
	before->records[1].removed = NOW - TEST_PUBLISH_WAIT;
	assert_ok(mm_keyset_copy(before, &after, &err), &err);
	revoke(1);
	look();
	assert_int_equal(hurt.accepted_until, MM_NEVER);
	assert_false(mm_hurt_any(&hurt));
	assert_text("No verifier holds a JWKS with it any more.", true);
}

/* verifier_cache was lowered since that key was published. */
static void a_jwks_may_be_held_for_as_long_as_any_served_key_was_to_wait(void **state)
{
	(void)state;
	after->records[1].publish_wait = TEST_PUBLISH_WAIT + 5;
	settle();
	revoke(0);
	look();
	assert_int_equal(hurt.accepted_until, NOW + TEST_PUBLISH_WAIT + 5);
}

static void the_wait_of_a_key_that_is_served_no_more_is_over(void **state)
{
	(void)state;
	after->records[1].publish_wait = TEST_PUBLISH_WAIT + 5;
	after->records[1].removed = NOW - 1;
	publish_standby(0);
	settle();
	revoke(0);
	look();
	assert_int_equal(hurt.accepted_until, NOW + TEST_PUBLISH_WAIT);
}

static void a_removed_key_is_held_for_as_long_as_it_was_to_wait_itself(void **state)
{
	(void)state;
	after->records[1].publish_wait = TEST_PUBLISH_WAIT + 5;
	after->records[1].removed = NOW - 1;
	settle();
	revoke(1);
	look();
	assert_int_equal(hurt.accepted_until, NOW - 1 + TEST_PUBLISH_WAIT + 5);
}

/* ---- activate --------------------------------------------------------------------------------------------------- */

static void activating_a_ready_key_hurts_nobody(void **state)
{
	(void)state;
	assert_ok(mm_keyset_activate(after, kid(1), &policy, MM_GAP_REFUSED, NOW, &err), &err);
	look();
	assert_false(mm_hurt_any(&hurt));
}

static void activating_a_new_key_hurts_for_the_whole_wait(void **state)
{
	(void)state;
	publish_standby(TEST_PUBLISH_WAIT);
	assert_ok(mm_keyset_activate(after, kid(2), &policy, MM_GAP_ALLOWED, NOW, &err), &err);
	look();
	assert_int_equal(hurt.refused_until, NOW + TEST_PUBLISH_WAIT);
	assert_null(hurt.revoked);
}

static void of_two_activations_the_one_that_hurts_for_longer_counts(void **state)
{
	mm_auto(mm_key) other = test_key("ES256");
	(void)state;

	publish_standby(TEST_PUBLISH_WAIT);
	test_add_first(after, other, NOW);
	assert_ok(mm_keyset_activate(after, kid(2), &policy, MM_GAP_ALLOWED, NOW, &err), &err);
	look();
	assert_ptr_equal(hurt.activated, &after->records[2]);
}

static void a_key_that_is_yet_to_be_made_is_not_named(void **state)
{
	mm_auto(mm_key) key = NULL;
	(void)state;

	assert_ok(mm_key_planned(policy.algs[0], 1, &key, &err), &err);
	assert_ok(mm_keyset_publish(after, key, &policy, TEST_PUBLISH_WAIT, NOW, &err), &err);
	assert_ok(mm_keyset_activate(after, mm_key_kid(key), &policy, MM_GAP_ALLOWED, NOW, &err), &err);
	look();
	assert_text("A new key signs from now on, and is not ready.", true);
	assert_text("planned", false);
}

/* ---- destinations ------------------------------------------------------------------------------------------------ */

static void with_destinations_a_revoked_key_is_believed_until_they_have_the_new_jwks(void **state)
{
	(void)state;
	policy.delivers = true;
	revoke(0);
	look();
	assert_int_equal(hurt.accepted_until, MM_UNFORESEEN);
	assert_int_equal(hurt.accepted_for, TEST_PUBLISH_WAIT);
	assert_int_equal(hurt.expired_by, NOW + TEST_RETIRE_WAIT);
	assert_text("what it signs, or signed, until the new one is published everywhere, and then for 1h2m.", true);
	assert_text("is ready", true);
}

static void a_successor_that_is_not_delivered_hurts_until_its_wait_after_that(void **state)
{
	(void)state;
	policy.delivers = true;
	after->records[1].delivered = MM_NEVER;
	after->records[1].publish_wait = TEST_PUBLISH_WAIT;
	settle();
	revoke(0);
	look();
	assert_int_equal(hurt.refused_until, MM_UNFORESEEN);
	assert_text("is not ready", true);
	assert_text("refuses new tokens until it is published everywhere, and then for 1h2m.", true);
}

static void a_standby_of_init_hurts_until_it_is_delivered(void **state)
{
	(void)state;
	policy.delivers = true;
	after->records[1].delivered = MM_NEVER;
	settle();
	revoke(0);
	look();
	assert_text("refuses new tokens until it is published everywhere.", true);
}

static void of_two_activations_one_that_is_not_delivered_counts(void **state)
{
	(void)state;
	policy = test_policy_for("EdDSA", "ES256");
	policy.delivers = true;
	publish_standby(TEST_PUBLISH_WAIT);
	after->records[2].delivered = MM_NEVER;
	settle();
	after->records[1].publish_wait = 5000;
	after->records[1].activated = after->records[2].activated = NOW;
	look();
	assert_ptr_equal(hurt.activated, &after->records[2]);
}

/* ---- JSON ------------------------------------------------------------------------------------------------------- */

static const char *json_text(const json_t *json, const char *object, const char *name)
{
	return json_string_value(json_object_get(json_object_get(json, object), name));
}

static void json_tells_old_tokens_from_new_ones(void **state)
{
	json_t *json;
	(void)state;

	after->records[1].publish_wait = 5000;
	settle();
	revoke(0);
	look();
	json = mm_hurt_json(&hurt);
	assert_string_equal(json_text(json, "old_tokens", "kid"), kid(0));
	assert_string_equal(json_text(json, "old_tokens", "accepted_until"), "2026-11-22T01:55:00Z");
	assert_string_equal(json_text(json, "old_tokens", "expired_by"), "2026-11-23T00:33:40Z");
	assert_string_equal(json_text(json, "new_tokens", "kid"), kid(1));
	assert_string_equal(json_text(json, "new_tokens", "refused_until"), "2026-11-22T01:38:20Z");
	assert_null(json_object_get(json_object_get(json, "old_tokens"), "accepted_after_delivery"));
	assert_null(json_object_get(json_object_get(json, "new_tokens"), "refused_after_delivery"));
	json_decref(json);
}

static void json_has_seconds_after_a_delivery_that_nobody_can_foresee(void **state)
{
	const json_t *old, *new;
	json_t *json;
	(void)state;

	policy.delivers = true;
	after->records[1].delivered = MM_NEVER;
	after->records[1].publish_wait = 5000;
	settle();
	revoke(0);
	look();
	json = mm_hurt_json(&hurt);
	old = json_object_get(json, "old_tokens");
	new = json_object_get(json, "new_tokens");
	assert_true(json_is_null(json_object_get(old, "accepted_until")));
	assert_int_equal(json_integer_value(json_object_get(old, "accepted_after_delivery")), 5000);
	assert_true(json_is_null(json_object_get(new, "refused_until")));
	assert_int_equal(json_integer_value(json_object_get(new, "refused_after_delivery")), 5000);
	json_decref(json);
}

static void json_is_null_where_nobody_is_hurt(void **state)
{
	json_t *json;
	(void)state;

	look();
	json = mm_hurt_json(&hurt);
	assert_true(json_is_null(json_object_get(json, "old_tokens")));
	assert_true(json_is_null(json_object_get(json, "new_tokens")));
	json_decref(json);
}

#define with_sets(test) cmocka_unit_test_setup_teardown(test, make_sets, free_sets)

int main(void)
{
	const struct CMUnitTest tests[] = {
		with_sets(tokens_of_a_revoked_signer_hurt_until_caches_and_lifetimes_end),
		with_sets(a_ready_successor_hurts_nobody_and_is_named),
		with_sets(a_successor_that_is_not_ready_hurts_until_it_would_have_been),
		with_sets(the_longest_lifetime_that_was_ever_allowed_counts),
		with_sets(tokens_of_a_retired_key_end_when_it_could_have_been_removed),
		with_sets(a_standby_signed_nothing_and_whoever_has_it_may_be_believed),
		with_sets(verifiers_keep_a_removed_key_for_as_long_as_they_cache),
		with_sets(a_jwks_may_be_held_for_as_long_as_any_served_key_was_to_wait),
		with_sets(the_wait_of_a_key_that_is_served_no_more_is_over),
		with_sets(a_removed_key_is_held_for_as_long_as_it_was_to_wait_itself),
		with_sets(activating_a_ready_key_hurts_nobody),
		with_sets(activating_a_new_key_hurts_for_the_whole_wait),
		with_sets(of_two_activations_the_one_that_hurts_for_longer_counts),
		with_sets(a_key_that_is_yet_to_be_made_is_not_named),
		with_sets(json_tells_old_tokens_from_new_ones),
		with_sets(with_destinations_a_revoked_key_is_believed_until_they_have_the_new_jwks),
		with_sets(a_successor_that_is_not_delivered_hurts_until_its_wait_after_that),
		with_sets(a_standby_of_init_hurts_until_it_is_delivered),
		with_sets(of_two_activations_one_that_is_not_delivered_counts),
		with_sets(json_has_seconds_after_a_delivery_that_nobody_can_foresee),
		with_sets(json_is_null_where_nobody_is_hurt),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
