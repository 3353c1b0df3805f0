/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/keysets.h"

#include "cli/change.h"

#define NOW (T0 + 1000)

/* A signer and a ready standby, and what becomes of them: the change that is told. */
static struct mm_change change;
static struct mm_policy policy;
static struct mm_err err;
static const struct mm_err no_warning;

static int make_change(void **state)
{
	(void)state;
	policy = test_policy_for("EdDSA", NULL);
	change = (struct mm_change){.before = test_first_set(), .now = NOW};
	return mm_keyset_copy(change.before, &change.after, &err) == MM_OK ? 0 : -1;
}

static int clear_change(void **state)
{
	(void)state;
	mm_change_clear(&change);
	return 0;
}

static const char *kid(size_t place)
{
	return mm_key_kid(change.after->records[place].key);
}

/* The standby takes over, and a new one is published: what `key rotate` does. */
static void rotate(void)
{
	mm_auto(mm_key) key = test_key("EdDSA");

	assert_ok(mm_keyset_activate(change.after, kid(1), &policy, MM_GAP_REFUSED, NOW, &err), &err);
	assert_ok(mm_keyset_publish(change.after, key, &policy, TEST_PUBLISH_WAIT, NOW, &err), &err);
	change.after->revision = 7;
}

static void assert_events(const char *expected)
{
	mm_auto_buf text = {0};

	assert_ok(mm_change_add_events(&text, &change, &err), &err);
	assert_string_equal(text.p ? text.p : "", expected);
}

static void each_event_is_a_line_with_what_follows_from_it(void **state)
{
	char expected[512];
	(void)state;

	rotate();
	snprintf(expected, sizeof expected,
		 "retired %s (EdDSA), served until 2026-11-23T00:33:40Z (in 1d)\n"
		 "activated %s (EdDSA)\n"
		 "published %s (EdDSA), ready at 2026-11-22T01:33:40Z (in 1h2m)\n",
		 kid(0), kid(1), kid(2));
	assert_events(expected);
}

static void a_revoked_key_is_not_said_to_be_served_on(void **state)
{
	char expected[512];
	(void)state;

	assert_ok(mm_keyset_revoke(change.after, kid(0), &policy, NOW, &err), &err);
	snprintf(expected, sizeof expected, "retired %s (EdDSA)\nrevoked %s (EdDSA)\nactivated %s (EdDSA)\n", kid(0),
		 kid(0), kid(1));
	assert_events(expected);
}

static void what_is_to_be_delivered_is_ready_so_long_after_that(void **state)
{
	char expected[512];
	(void)state;

	policy.delivers = true;
	rotate();
	snprintf(expected, sizeof expected,
		 "retired %s (EdDSA), served until 2026-11-23T00:33:40Z (in 1d)\n"
		 "activated %s (EdDSA)\n"
		 "published %s (EdDSA), ready 1h2m after it is delivered\n",
		 kid(0), kid(1), kid(2));
	assert_events(expected);
}

static void a_delivery_is_followed_by_the_wait_of_a_standby(void **state)
{
	char expected[512];
	(void)state;

	change.before->records[0].delivered = change.before->records[1].delivered = MM_NEVER;
	change.after->records[1].publish_wait = TEST_PUBLISH_WAIT;
	change.after->records[1].delivered = NOW;
	snprintf(expected, sizeof expected,
		 "delivered %s (EdDSA)\ndelivered %s (EdDSA), ready at 2026-11-22T01:33:40Z (in 1h2m)\n", kid(0),
		 kid(1));
	assert_events(expected);
}

static void nothing_is_said_where_nothing_happened(void **state)
{
	(void)state;
	assert_events("");
	mm_keyset_free(mm_take(change.after));
	assert_events("");
}

static void what_was_not_changed_is_what_was_found(void **state)
{
	(void)state;
	assert_ptr_equal(mm_change_result(&change), change.after);
	mm_keyset_free(mm_take(change.after));
	assert_ptr_equal(mm_change_result(&change), change.before);
}

static void the_next_step_is_a_line(void **state)
{
	mm_auto_buf text = {0};
	(void)state;

	mm_add_next(&text, change.after, &policy, NOW);
	assert_string_equal(text.p, "next: publish a new EdDSA key at 2026-12-21T23:13:00Z (in 29d22h)\n");
}

/* ---- JSON ------------------------------------------------------------------------------------------------------- */

static json_t *json_of(const struct mm_err *warning)
{
	json_t *json = NULL;

	assert_ok(mm_change_json(&change, &policy, warning, &json, &err), &err);
	return json;
}

static const char *event_at(const json_t *json, size_t place, const char **key)
{
	const json_t *event = json_array_get(json_object_get(json, "events"), place);

	*key = json_string_value(json_object_get(json_object_get(event, "key"), "kid"));
	return json_string_value(json_object_get(event, "event"));
}

static void json_has_the_revision_and_a_row_for_each_event(void **state)
{
	json_t *json;
	const char *key;
	(void)state;

	rotate();
	json = json_of(&no_warning);
	assert_int_equal(json_integer_value(json_object_get(json, "revision")), 7);
	assert_int_equal(json_array_size(json_object_get(json, "events")), 3);
	assert_string_equal(event_at(json, 0, &key), "retired");
	assert_string_equal(key, kid(0));
	assert_string_equal(event_at(json, 1, &key), "activated");
	assert_string_equal(key, kid(1));
	assert_string_equal(event_at(json, 2, &key), "published");
	assert_string_equal(key, kid(2));
	json_decref(json);
}

static void json_has_what_comes_next_and_no_harm(void **state)
{
	json_t *json;
	const json_t *next;
	(void)state;

	rotate();
	json = json_of(&no_warning);
	next = json_object_get(json, "next");
	assert_string_equal(json_string_value(json_object_get(next, "action")), "remove");
	assert_string_equal(json_string_value(json_object_get(next, "kid")), kid(0));
	assert_true(json_is_null(json_object_get(json_object_get(json, "hurt"), "new_tokens")));
	assert_true(json_is_null(json_object_get(json, "warning")));
	json_decref(json);
}

static void json_has_the_harm_of_a_revocation(void **state)
{
	const json_t *old;
	json_t *json;
	(void)state;

	assert_ok(mm_keyset_revoke(change.after, kid(0), &policy, NOW, &err), &err);
	json = json_of(&no_warning);
	old = json_object_get(json_object_get(json, "hurt"), "old_tokens");
	assert_string_equal(json_string_value(json_object_get(old, "accepted_until")), "2026-11-22T01:33:40Z");
	json_decref(json);
}

static void json_has_the_warning_of_the_store(void **state)
{
	const struct mm_err warning = {.code = MM_EIO, .text = "a private key could not be destroyed"};
	json_t *json = json_of(&warning);
	(void)state;

	assert_string_equal(json_string_value(json_object_get(json, "warning")), warning.text);
	json_decref(json);
}

static void json_of_nothing_done_has_no_events_and_the_revision_that_stands(void **state)
{
	json_t *json;
	(void)state;

	mm_keyset_free(mm_take(change.after));
	change.before->revision = 3;
	json = json_of(&no_warning);
	assert_int_equal(json_integer_value(json_object_get(json, "revision")), 3);
	assert_int_equal(json_array_size(json_object_get(json, "events")), 0);
	json_decref(json);
}

#define with_change(test) cmocka_unit_test_setup_teardown(test, make_change, clear_change)

int main(void)
{
	const struct CMUnitTest tests[] = {
		with_change(each_event_is_a_line_with_what_follows_from_it),
		with_change(a_revoked_key_is_not_said_to_be_served_on),
		with_change(what_is_to_be_delivered_is_ready_so_long_after_that),
		with_change(a_delivery_is_followed_by_the_wait_of_a_standby),
		with_change(nothing_is_said_where_nothing_happened),
		with_change(what_was_not_changed_is_what_was_found),
		with_change(the_next_step_is_a_line),
		with_change(json_has_the_revision_and_a_row_for_each_event),
		with_change(json_has_what_comes_next_and_no_harm),
		with_change(json_has_the_harm_of_a_revocation),
		with_change(json_has_the_warning_of_the_store),
		with_change(json_of_nothing_done_has_no_events_and_the_revision_that_stands),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
