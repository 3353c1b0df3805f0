/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/keysets.h"

#include <mintmark/event.h>
#include <stdlib.h>
#include <string.h>

static struct mm_policy policy;
static struct mm_err err;

/* "published 0, activated 0": what is told, with the place of the record in the set that it is of. */
struct told {
	const struct mm_keyset *before, *after;
	struct mm_buf text;
};

static enum mm_code tell(void *arg, const struct mm_event *event, struct mm_err *why)
{
	struct told *told = arg;
	const struct mm_keyset *of = event->kind == MM_EVENT_FORGOTTEN ? told->before : told->after;

	mm_buf_printf(&told->text, "%s%s %d", told->text.len > 0 ? ", " : "", mm_event_names[event->kind],
		      (int)(event->record - of->records));
	return mm_buf_check(&told->text, why);
}

static void assert_told(const struct mm_keyset *before, const struct mm_keyset *after, const char *expected)
{
	struct told told = {.before = before, .after = after};

	assert_ok(mm_keyset_events(before, after, tell, &told, &err), &err);
	assert_string_equal(told.text.p ? told.text.p : "", expected);
	mm_buf_free(&told.text);
}

static struct mm_keyset *copy_of(const struct mm_keyset *set)
{
	struct mm_keyset *copy;

	assert_ok(mm_keyset_copy(set, &copy, &err), &err);
	return copy;
}

static void the_first_set_is_all_news(void **state)
{
	mm_auto(mm_keyset) set = test_first_set();
	(void)state;

	assert_told(NULL, set, "published 0, activated 0, published 1");
}

static void nothing_is_told_of_a_set_that_stayed(void **state)
{
	mm_auto(mm_keyset) set = test_first_set();
	mm_auto(mm_keyset) same = copy_of(set);
	(void)state;

	same->revision++;
	assert_told(set, same, "");
}

static void every_step_is_told(void **state)
{
	mm_auto(mm_keyset) set = test_first_set();
	mm_auto(mm_keyset) tainted = copy_of(set);
	mm_auto(mm_keyset) removed = NULL;
	mm_auto(mm_keyset) revoked = NULL;
	const char *kid = mm_key_kid(set->records[0].key);
	(void)state;

	assert_ok(mm_keyset_taint(tainted, kid, &policy, MM_GAP_REFUSED, T0, &err), &err);
	assert_told(set, tainted, "retired 0, tainted 0, activated 1");
	removed = copy_of(tainted);
	assert_ok(mm_keyset_remove(removed, kid, T0 + TEST_RETIRE_WAIT, &err), &err);
	assert_told(tainted, removed, "removed 0");
	revoked = copy_of(removed);
	assert_ok(mm_keyset_revoke(revoked, kid, &policy, T0 + TEST_RETIRE_WAIT, &err), &err);
	assert_told(removed, revoked, "revoked 0");
}

static void a_longer_promise_is_told_once(void **state)
{
	mm_auto(mm_keyset) set = test_first_set();
	mm_auto(mm_keyset) extended = copy_of(set);
	mm_auto(mm_keyset) rotated = NULL;
	struct mm_policy longer = policy;
	(void)state;

	longer.max_ttl *= 2;
	assert_ok(mm_keyset_extend(extended, mm_key_kid(set->records[0].key), &longer, &err), &err);
	assert_told(set, extended, "extended 0");
	rotated = copy_of(set);
	assert_ok(mm_keyset_activate(rotated, mm_key_kid(set->records[1].key), &longer, MM_GAP_REFUSED, T0, &err),
		  &err);
	assert_told(set, rotated, "retired 0, activated 1");
}

static void a_delivery_is_told_where_it_came_later(void **state)
{
	mm_auto(mm_keyset) set = test_first_set();
	mm_auto(mm_keyset) delivered = NULL;
	(void)state;

	set->records[1].delivered = MM_NEVER;
	assert_told(NULL, set, "published 0, activated 0, published 1");
	delivered = copy_of(set);
	delivered->records[1].delivered = T0 + 9;
	assert_told(set, delivered, "delivered 1");
	assert_told(NULL, delivered, "published 0, activated 0, published 1, delivered 1");
	delivered->records[1].delivered = T0; /* in the second of its publication */
	assert_told(set, delivered, "delivered 1");
}

static void a_key_that_signs_is_told_to_be_delivered_after_that(void **state)
{
	mm_auto(mm_keyset) set = test_first_set();
	mm_auto(mm_keyset) delivered = NULL;
	(void)state;

	set->records[0].delivered = MM_NEVER;
	delivered = copy_of(set);
	delivered->records[0].delivered = T0 + 9;
	assert_told(set, delivered, "delivered 0");
}

static void a_record_that_is_gone_is_told_as_forgotten(void **state)
{
	mm_auto(mm_keyset) set = test_first_set();
	mm_auto(mm_keyset) shorter = copy_of(set);
	(void)state;

	mm_key_free(shorter->records[0].key);
	shorter->records[0] = shorter->records[1];
	shorter->count = 1;
	assert_told(set, shorter, "forgotten 0");
}

static void what_is_forgotten_is_told_first(void **state)
{
	mm_auto(mm_keyset) set = test_first_set();
	mm_auto(mm_keyset) other = copy_of(set);
	mm_auto(mm_key) key = test_key("EdDSA");
	(void)state;

	mm_key_free(other->records[1].key);
	other->count = 1;
	test_add_first(other, key, T0);
	assert_told(set, other, "forgotten 1, published 1");
}

static enum mm_code refuse(void *arg, const struct mm_event *event, struct mm_err *why)
{
	(void)event;
	++*(int *)arg;
	return mm_fail(why, MM_EIO, "full");
}

static void the_first_failure_ends_it(void **state)
{
	mm_auto(mm_keyset) set = test_first_set();
	int calls = 0;
	(void)state;

	assert_fails(mm_keyset_events(NULL, set, refuse, &calls, &err), MM_EIO, &err);
	assert_int_equal(calls, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_set_is_all_news),
		cmocka_unit_test(nothing_is_told_of_a_set_that_stayed),
		cmocka_unit_test(every_step_is_told),
		cmocka_unit_test(a_longer_promise_is_told_once),
		cmocka_unit_test(a_delivery_is_told_where_it_came_later),
		cmocka_unit_test(a_key_that_signs_is_told_to_be_delivered_after_that),
		cmocka_unit_test(a_record_that_is_gone_is_told_as_forgotten),
		cmocka_unit_test(what_is_forgotten_is_told_first),
		cmocka_unit_test(the_first_failure_ends_it),
	};

	policy = test_policy_for("EdDSA", NULL);
	return cmocka_run_group_tests_name("event", tests, NULL, NULL);
}
