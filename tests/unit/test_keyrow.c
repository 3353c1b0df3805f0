/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/keysets.h"

#include "cli/keyrow.h"

#define MONTH (30 * (mm_duration)86400)

/* A signer, a standby that is ready, and one that is not, all published at T0. */
static struct mm_keyset *set;
static struct mm_policy policy;
static struct mm_err err;

static int make_set(void **state)
{
	mm_auto(mm_key) key = test_key("EdDSA");
	(void)state;

	policy = test_policy_for("EdDSA", NULL);
	set = test_first_set();
	return mm_keyset_publish(set, key, &policy, TEST_PUBLISH_WAIT, T0, &err) == MM_OK ? 0 : -1;
}

static int free_set(void **state)
{
	(void)state;
	mm_keyset_free(set);
	return 0;
}

/* The row of the key at `place`; `next` and `next_at` as the schedule has them, or what it does meanwhile. */
static void check(size_t place, mm_time now, const char *state, mm_time since, const char *next, mm_time next_at)
{
	struct mm_key_row row = mm_key_row(set, &policy, &set->records[place], now);

	assert_string_equal(row.kid, mm_key_kid(set->records[place].key));
	assert_string_equal(row.algorithm, "EdDSA");
	assert_string_equal(row.state, state);
	assert_int_equal(row.since, since);
	assert_string_equal(row.next.kind == MM_ACTION_NONE ? row.idle : mm_action_names[row.next.kind], next);
	assert_int_equal(row.next.at, next_at);
}

static void each_state_says_since_when_and_what_the_schedule_does_next(void **state)
{
	struct mm_key_record *record = &set->records[0];
	(void)state;

	check(0, T0 + 1, "active", T0, "retire", T0 + MONTH);
	check(1, T0 + 1, "ready", T0, "activate", T0 + MONTH);
	check(2, T0 + 1, "published", T0, "ready", T0 + TEST_PUBLISH_WAIT);
	check(2, T0 + TEST_PUBLISH_WAIT, "ready", T0 + TEST_PUBLISH_WAIT, "stands by", MM_NEVER);
	assert_ok(mm_keyset_activate(set, mm_key_kid(set->records[1].key), &policy, MM_GAP_REFUSED, T0 + 5, &err),
		  &err);
	check(0, T0 + 6, "retired", T0 + 5, "remove", T0 + 5 + TEST_RETIRE_WAIT);
	record->removed = T0 + TEST_RETIRE_WAIT + 10;
	check(0, T0 + TEST_RETIRE_WAIT + 11, "removed", record->removed, "-", MM_NEVER);
	record->revoked = record->removed + 1;
	check(0, record->revoked, "revoked", record->revoked, "-", MM_NEVER);
}

static void by_hand_a_signer_signs_and_a_standby_stands_by(void **state)
{
	(void)state;
	policy.rotate_every = 0;
	check(0, T0 + 1, "active", T0, "signs", MM_NEVER);
	check(1, T0 + 1, "ready", T0, "stands by", MM_NEVER);
}

static void an_unpublished_key_is_generated(void **state)
{
	(void)state;
	test_published(&set->records[2], MM_NEVER);
	check(2, T0 + 1, "generated", T0, "not published", MM_NEVER);
}

static void a_key_may_wait_for_its_delivery_or_for_that_of_another_one(void **state)
{
	(void)state;
	policy.delivers = true;
	set->records[2].delivered = MM_NEVER;
	check(2, T0 + 1, "published", T0, "await", MM_NEVER);
	check(1, T0 + 1, "ready", T0, "await", MM_NEVER);
	assert_ptr_equal(mm_key_row(set, &policy, &set->records[1], T0 + 1).next.record, &set->records[2]);
}

/* ---- actions ---------------------------------------------------------------------------------------------------- */

static void assert_action_text(const struct mm_action *action, const char *expected)
{
	mm_auto_buf text = {0};

	mm_add_action(&text, action, T0);
	assert_string_equal(text.p, expected);
}

static void an_action_is_told_with_its_key_and_its_time(void **state)
{
	const struct mm_key_record *record = &set->records[1];
	struct mm_action action = {MM_ACTION_ACTIVATE, test_alg("EdDSA"), record, T0 + 86400, "because"};
	char expected[160];
	(void)state;

	snprintf(expected, sizeof expected, "activate %s (EdDSA) at 2026-11-23T00:15:00Z (in 1d)",
		 mm_key_kid(record->key));
	assert_action_text(&action, expected);
	action.at = T0 - 60;
	snprintf(expected, sizeof expected, "activate %s (EdDSA), due since 2026-11-22T00:14:00Z (1m ago)",
		 mm_key_kid(record->key));
	assert_action_text(&action, expected);
}

static void a_key_that_is_yet_to_be_made_has_only_an_algorithm(void **state)
{
	const struct mm_action action = {MM_ACTION_PUBLISH, test_alg("EdDSA"), NULL, T0 + 60, "because"};
	json_t *json = mm_action_json(&action);
	(void)state;

	assert_action_text(&action, "publish a new EdDSA key at 2026-11-22T00:16:00Z (in 1m)");
	assert_string_equal(json_string_value(json_object_get(json, "action")), "publish");
	assert_string_equal(json_string_value(json_object_get(json, "algorithm")), "EdDSA");
	assert_string_equal(json_string_value(json_object_get(json, "at")), "2026-11-22T00:16:00Z");
	assert_string_equal(json_string_value(json_object_get(json, "why")), "because");
	assert_true(json_is_null(json_object_get(json, "kid")));
	json_decref(json);
}

static void what_is_awaited_has_no_time(void **state)
{
	const struct mm_key_record *record = &set->records[2];
	const struct mm_action action = {MM_ACTION_AWAIT, test_alg("EdDSA"), record, MM_NEVER, "because"};
	json_t *json = mm_action_json(&action);
	char expected[160];
	(void)state;

	snprintf(expected, sizeof expected, "await delivery of %s (EdDSA)", mm_key_kid(record->key));
	assert_action_text(&action, expected);
	assert_string_equal(json_string_value(json_object_get(json, "action")), "await");
	assert_string_equal(json_string_value(json_object_get(json, "kid")), mm_key_kid(record->key));
	assert_true(json_is_null(json_object_get(json, "at")));
	json_decref(json);
}

static void assert_ready(const char *short_text, const char *long_text)
{
	char text[MM_READY_SIZE];
	mm_auto_buf added = {0};

	mm_ready_format(&set->records[2], T0, text);
	assert_string_equal(text, short_text);
	mm_add_ready(&added, &set->records[2], T0);
	assert_string_equal(added.p, long_text);
}

static void when_a_key_is_ready_depends_on_its_delivery(void **state)
{
	(void)state;
	assert_ready("ready in 1h2m", "ready at 2026-11-22T01:17:00Z (in 1h2m)");
	set->records[2].delivered = MM_NEVER;
	assert_ready("ready 1h2m after it is delivered", "ready 1h2m after it is delivered");
	set->records[2].publish_wait = 0;
	assert_ready("ready once it is delivered", "ready once it is delivered");
}

static void where_nothing_happens_by_itself_that_is_said(void **state)
{
	const struct mm_action action = {.kind = MM_ACTION_NONE, .why = ""};
	json_t *json = mm_action_json(&action);
	(void)state;

	assert_action_text(&action, "nothing happens by itself");
	assert_true(json_is_null(json));
	json_decref(json);
}

/* ---- JSON ------------------------------------------------------------------------------------------------------- */

static void assert_member(const json_t *row, const char *name, const char *expected)
{
	const json_t *member = json_object_get(row, name);

	assert_non_null(member);
	if (expected)
		assert_string_equal(json_string_value(member), expected);
	else
		assert_true(json_is_null(member));
}

static void json_has_the_thumbprint_beside_the_kid(void **state)
{
	json_t *row = mm_key_row_json(set, &policy, &set->records[0], T0);
	char thumbprint[MM_KID_SIZE];
	(void)state;

	assert_ok(mm_key_thumbprint(set->records[0].key, thumbprint, &err), &err);
	assert_member(row, "thumbprint", thumbprint);
	assert_member(row, "kid", mm_key_kid(set->records[0].key));
	assert_string_not_equal(thumbprint, mm_key_kid(set->records[0].key));
	json_decref(row);
}

static void json_of_a_standby_has_its_wait_and_what_follows_from_it(void **state)
{
	json_t *row = mm_key_row_json(set, &policy, &set->records[2], T0 + 1);
	(void)state;

	assert_member(row, "state", "published");
	assert_member(row, "next", "ready");
	assert_member(row, "next_at", "2026-11-22T01:17:00Z");
	assert_member(row, "published", "2026-11-22T00:15:00Z");
	assert_int_equal(json_integer_value(json_object_get(row, "publish_wait")), TEST_PUBLISH_WAIT);
	assert_member(row, "ready_at", "2026-11-22T01:17:00Z");
	assert_member(row, "activated", NULL);
	assert_member(row, "retire_wait", NULL);
	assert_member(row, "retired", NULL);
	assert_member(row, "removable_at", NULL);
	json_decref(row);
}

static void json_says_when_a_key_was_delivered_where_that_means_something(void **state)
{
	json_t *row = mm_key_row_json(set, &policy, &set->records[2], T0 + 1);
	(void)state;

	assert_null(json_object_get(row, "delivered"));
	json_decref(row);
	policy.delivers = true;
	row = mm_key_row_json(set, &policy, &set->records[2], T0 + 1);
	assert_member(row, "delivered", "2026-11-22T00:15:00Z");
	json_decref(row);
	set->records[2].delivered = MM_NEVER;
	row = mm_key_row_json(set, &policy, &set->records[2], T0 + 1);
	assert_true(json_is_null(json_object_get(row, "delivered")));
	assert_true(json_is_null(json_object_get(row, "ready_at")));
	assert_true(json_is_null(json_object_get(row, "next_at")));
	assert_member(row, "next", "await");
	json_decref(row);
	policy.delivers = false;
	set->records[2].delivered = T0 + 9;
	row = mm_key_row_json(set, &policy, &set->records[2], T0 + 10);
	assert_member(row, "delivered", "2026-11-22T00:15:09Z");
	assert_member(row, "ready_at", "2026-11-22T01:17:09Z");
	json_decref(row);
}

static void json_of_a_retired_key_says_when_it_may_be_removed(void **state)
{
	json_t *row;
	(void)state;

	assert_ok(mm_keyset_activate(set, mm_key_kid(set->records[1].key), &policy, MM_GAP_REFUSED, T0, &err), &err);
	row = mm_key_row_json(set, &policy, &set->records[0], T0);
	assert_member(row, "next", "remove");
	assert_int_equal(json_integer_value(json_object_get(row, "retire_wait")), TEST_RETIRE_WAIT);
	assert_member(row, "removable_at", "2026-11-23T00:17:00Z");
	assert_member(row, "tainted", NULL);
	assert_member(row, "removed", NULL);
	assert_member(row, "revoked", NULL);
	json_decref(row);
}

static void json_of_a_key_to_which_nothing_happens_has_no_next(void **state)
{
	json_t *row;
	(void)state;

	policy.rotate_every = 0;
	row = mm_key_row_json(set, &policy, &set->records[0], T0);
	assert_member(row, "next", NULL);
	assert_member(row, "next_at", NULL);
	json_decref(row);
}

#define with_set(test) cmocka_unit_test_setup_teardown(test, make_set, free_set)

int main(void)
{
	const struct CMUnitTest tests[] = {
		with_set(each_state_says_since_when_and_what_the_schedule_does_next),
		with_set(by_hand_a_signer_signs_and_a_standby_stands_by),
		with_set(an_unpublished_key_is_generated),
		with_set(a_key_may_wait_for_its_delivery_or_for_that_of_another_one),
		with_set(what_is_awaited_has_no_time),
		with_set(when_a_key_is_ready_depends_on_its_delivery),
		with_set(json_says_when_a_key_was_delivered_where_that_means_something),
		with_set(an_action_is_told_with_its_key_and_its_time),
		with_set(a_key_that_is_yet_to_be_made_has_only_an_algorithm),
		with_set(where_nothing_happens_by_itself_that_is_said),
		with_set(json_has_the_thumbprint_beside_the_kid),
		with_set(json_of_a_standby_has_its_wait_and_what_follows_from_it),
		with_set(json_of_a_retired_key_says_when_it_may_be_removed),
		with_set(json_of_a_key_to_which_nothing_happens_has_no_next),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
