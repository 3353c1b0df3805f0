/* SPDX-License-Identifier: Apache-2.0 */
#include "issuer/http/live.h"
#include "tests/unit/keysets.h"
#include "tests/unit/tokens.h"

#include <stdlib.h>
#include <string.h>

#define NOW ((mm_time)1700000000)

static struct mm_snapshot *snapshot(uint64_t revision)
{
	struct mm_config config = test_config();
	mm_auto(mm_keyset) set = NULL;
	struct mm_snapshot *made;
	struct mm_err err = {0};

	assert_ok(mm_keyset_new(&set, &err), &err);
	test_add_first(set, test_shared_key("ES256", 0), NOW);
	set->revision = revision;
	assert_ok(mm_snapshot_build(&config, set, false, NOW, &made, &err), &err);
	return made;
}

static struct mm_live *live_of(uint64_t revision)
{
	mm_auto(mm_snapshot) made = snapshot(revision);
	struct mm_live *live;
	struct mm_err err = {0};

	assert_ok(mm_live_new(&(struct mm_live_parts){.issuer_count = 1, .snapshots = &made}, &live, &err), &err);
	return live;
}

static void the_prefix_is_the_path_of_the_issuer(void **state)
{
	mm_auto(mm_live) live = live_of(1);

	(void)state;
	assert_string_equal(live->issuers[0].prefix, "/id/prod");
}

static void a_look_sees_what_was_published_last(void **state)
{
	struct mm_live_slot slot;
	struct mm_live_view view = {0};

	(void)state;
	mm_live_slot_init(&slot);
	mm_live_publish(&slot, live_of(1));
	assert_int_equal(mm_live_look(&slot, &view)->issuers[0].snapshot->revision, 1);
	mm_live_publish(&slot, live_of(2));
	mm_live_publish(&slot, live_of(3));
	assert_int_equal(mm_live_look(&slot, &view)->issuers[0].snapshot->revision, 3);
	mm_live_view_clear(&view);
	mm_live_slot_clear(&slot);
}

static void without_news_a_look_gives_the_same_object(void **state)
{
	struct mm_live_slot slot;
	struct mm_live_view view = {0};
	const struct mm_live *first;

	(void)state;
	mm_live_slot_init(&slot);
	mm_live_publish(&slot, live_of(1));
	first = mm_live_look(&slot, &view);
	assert_ptr_equal(mm_live_look(&slot, &view), first);
	assert_int_equal(first->refs.count, 2); /* the slot's and the view's */
	mm_live_view_clear(&view);
	mm_live_slot_clear(&slot);
}

static void what_a_view_holds_outlives_its_successor(void **state)
{
	struct mm_live_slot slot;
	struct mm_live_view view = {0};
	const struct mm_live *held;

	(void)state;
	mm_live_slot_init(&slot);
	mm_live_publish(&slot, live_of(1));
	held = mm_live_look(&slot, &view);
	mm_live_publish(&slot, live_of(2));
	assert_int_equal(held->issuers[0].snapshot->revision, 1);
	assert_int_equal(held->refs.count, 1);
	mm_live_view_clear(&view);
	mm_live_slot_clear(&slot);
}

static void a_wait_for_what_is_there_or_has_passed_does_not_wait(void **state)
{
	struct mm_live_slot slot;

	(void)state;
	mm_live_slot_init(&slot);
	mm_live_publish(&slot, live_of(5));
	assert_true(mm_live_wait(&slot, 0, 5, 0));
	assert_true(mm_live_wait(&slot, 0, 4, 0));
	mm_live_slot_clear(&slot);
}

static void a_wait_gives_up_after_its_time(void **state)
{
	struct mm_live_slot slot;

	(void)state;
	mm_live_slot_init(&slot);
	mm_live_publish(&slot, live_of(5));
	assert_false(mm_live_wait(&slot, 0, 6, 1));
	mm_live_slot_clear(&slot);
}

static void *wait_for_third(void *arg)
{
	return mm_live_wait(arg, 0, 3, 60000) ? NULL : arg;
}

static void a_wait_ends_with_the_revision_that_is_waited_for(void **state)
{
	struct mm_live_slot slot;
	pthread_t waiter;
	void *failed;

	(void)state;
	mm_live_slot_init(&slot);
	mm_live_publish(&slot, live_of(1));
	assert_int_equal(pthread_create(&waiter, NULL, wait_for_third, &slot), 0);
	mm_live_publish(&slot, live_of(2));
	mm_live_publish(&slot, live_of(3));
	assert_int_equal(pthread_join(waiter, &failed), 0);
	assert_null(failed);
	mm_live_slot_clear(&slot);
}

static void an_issuer_that_is_no_url_makes_no_live_object(void **state)
{
	mm_auto(mm_snapshot) made = snapshot(1);
	struct mm_live *live = NULL;
	struct mm_err err = {0};

	(void)state;
	memset(made->issuer, '?', strlen(made->issuer));
	assert_fails(mm_live_new(&(struct mm_live_parts){.issuer_count = 1, .snapshots = &made}, &live, &err),
		     MM_EPARSE, &err);
	assert_null(live);
}

/* Readers that look all the time while another thread publishes: revisions never go back, nothing is torn. */
#define PUBLISHED 200
#define READERS   2

static void *read_until_last(void *arg)
{
	struct mm_live_slot *slot = arg;
	struct mm_live_view view = {0};
	uint64_t last = 0;

	while (last < PUBLISHED) {
		uint64_t seen = mm_live_look(slot, &view)->issuers[0].snapshot->revision;

		if (seen < last)
			return slot; /* not NULL: it went back */
		last = seen;
	}
	mm_live_view_clear(&view);
	return NULL;
}

static void readers_never_see_an_older_one_again(void **state)
{
	struct mm_live_slot slot;
	pthread_t readers[READERS];

	(void)state;
	mm_live_slot_init(&slot);
	mm_live_publish(&slot, live_of(1));
	for (int i = 0; i < READERS; i++)
		assert_int_equal(pthread_create(&readers[i], NULL, read_until_last, &slot), 0);
	for (uint64_t revision = 2; revision <= PUBLISHED; revision++)
		mm_live_publish(&slot, live_of(revision));
	for (int i = 0; i < READERS; i++) {
		void *failed;

		assert_int_equal(pthread_join(readers[i], &failed), 0);
		assert_null(failed);
	}
	mm_live_slot_clear(&slot);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_prefix_is_the_path_of_the_issuer),
		cmocka_unit_test(a_look_sees_what_was_published_last),
		cmocka_unit_test(without_news_a_look_gives_the_same_object),
		cmocka_unit_test(what_a_view_holds_outlives_its_successor),
		cmocka_unit_test(a_wait_for_what_is_there_or_has_passed_does_not_wait),
		cmocka_unit_test(a_wait_gives_up_after_its_time),
		cmocka_unit_test(a_wait_ends_with_the_revision_that_is_waited_for),
		cmocka_unit_test(an_issuer_that_is_no_url_makes_no_live_object),
		cmocka_unit_test(readers_never_see_an_older_one_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
