/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/store_contract.h"

#include <poll.h>
#include <pthread.h>
#include <stdlib.h>

struct mm_store *store_of(void **state)
{
	return ((struct store_fixture *)*state)->store;
}

struct mm_keyset *store_loaded(struct mm_store *store, enum mm_store_load what)
{
	struct mm_keyset *set = NULL;
	struct mm_err err = {0};

	assert_ok(mm_store_load(store, what, &set, &err), &err);
	return set;
}

void store_committed(struct mm_store *store, struct mm_keyset *next)
{
	struct mm_err err = {0};

	assert_ok(mm_store_commit(store, next, next->revision, &test_actor, T0 + 1000, &err), &err);
	assert_string_equal(store->warning.text, "");
}

static void assert_same_text(const struct mm_keyset *a, const struct mm_keyset *b)
{
	mm_auto_buf a_text = {0}, b_text = {0};

	assert_ok(mm_keyset_encode(a, &a_text, NULL), NULL);
	assert_ok(mm_keyset_encode(b, &b_text, NULL), NULL);
	assert_string_equal(a_text.p, b_text.p);
}

/* Makes the standby of a first set the signer, and gives the old signer back to be retired or revoked. */
static struct mm_key_record *swap_signer(struct mm_keyset *set)
{
	set->records[1].activated = T0 + 10;
	return &set->records[0];
}

static void nothing_is_found_before_the_first_commit(void **state)
{
	struct mm_keyset *set = NULL;
	struct mm_err err = {0};

	assert_fails(mm_store_load(store_of(state), MM_LOAD_PRIVATE, &set, &err), MM_ENOTFOUND, &err);
	assert_fails(mm_store_load(store_of(state), MM_LOAD_PUBLIC, &set, &err), MM_ENOTFOUND, &err);
}

static void the_first_commit_is_revision_1_at_the_given_time(void **state)
{
	mm_auto(mm_keyset) set = test_first_set();
	mm_auto(mm_keyset) loaded = NULL;

	assert_ok(mm_store_commit(store_of(state), set, 0, &test_actor, T0 + 5, NULL), NULL);
	assert_int_equal(set->revision, 1);
	assert_int_equal(set->committed, T0 + 5);
	loaded = store_loaded(store_of(state), MM_LOAD_PUBLIC);
	assert_int_equal(loaded->revision, 1);
	assert_int_equal(loaded->committed, T0 + 5);
}

static void what_was_committed_is_loaded(void **state)
{
	mm_auto(mm_keyset) set = test_first_set();
	mm_auto(mm_keyset) loaded = NULL;

	store_committed(store_of(state), set);
	loaded = store_loaded(store_of(state), MM_LOAD_PRIVATE);
	assert_same_text(loaded, set);
}

static void each_commit_is_one_revision_more(void **state)
{
	mm_auto(mm_keyset) set = test_first_set();

	for (uint64_t revision = 1; revision <= 20; revision++) {
		mm_auto(mm_keyset) loaded = NULL;

		store_committed(store_of(state), set);
		assert_int_equal(set->revision, revision);
		loaded = store_loaded(store_of(state), MM_LOAD_PUBLIC);
		assert_int_equal(loaded->revision, revision);
	}
}

static void private_halves_are_loaded_only_on_request(void **state)
{
	mm_auto(mm_keyset) set = test_first_set();
	mm_auto(mm_keyset) public = NULL;
	mm_auto(mm_keyset) private = NULL;

	store_committed(store_of(state), set);
	public = store_loaded(store_of(state), MM_LOAD_PUBLIC);
	private = store_loaded(store_of(state), MM_LOAD_PRIVATE);
	for (size_t i = 0; i < 2; i++) {
		assert_false(mm_key_is_private(public->records[i].key));
		assert_true(mm_key_is_private(private->records[i].key));
		assert_string_equal(mm_key_kid(private->records[i].key), mm_key_kid(set->records[i].key));
	}
}

static void a_commit_from_an_old_revision_conflicts(void **state)
{
	mm_auto(mm_keyset) set = test_first_set();
	mm_auto(mm_keyset) late = NULL;
	mm_auto(mm_keyset) loaded = NULL;
	struct mm_err err = {0};

	store_committed(store_of(state), set);
	late = store_loaded(store_of(state), MM_LOAD_PRIVATE);
	store_committed(store_of(state), set);
	swap_signer(late)->revoked = T0 + 10;
	assert_fails_saying(mm_store_commit(store_of(state), late, 1, &test_actor, T0 + 2000, &err), MM_ECONFLICT, &err,
			    "the key set is at revision 2, not 1");
	assert_int_equal(late->revision, 1);
	assert_int_equal(late->committed, T0 + 1000);
	loaded = store_loaded(store_of(state), MM_LOAD_PRIVATE);
	assert_same_text(loaded, set);
}

static void a_first_commit_conflicts_with_a_set_that_is_there(void **state)
{
	mm_auto(mm_keyset) set = test_first_set();
	mm_auto(mm_keyset) other = test_first_set();
	mm_auto(mm_keyset) loaded = NULL;
	struct mm_err err = {0};

	store_committed(store_of(state), set);
	assert_fails(mm_store_commit(store_of(state), other, 0, &test_actor, T0, &err), MM_ECONFLICT, &err);
	loaded = store_loaded(store_of(state), MM_LOAD_PRIVATE);
	assert_same_text(loaded, set);
}

static void a_commit_from_a_revision_that_never_was_conflicts(void **state)
{
	mm_auto(mm_keyset) set = test_first_set();
	struct mm_err err = {0};

	assert_fails(mm_store_commit(store_of(state), set, 7, &test_actor, T0, &err), MM_ECONFLICT, &err);
}

static void there_is_a_last_revision(void **state)
{
	mm_auto(mm_keyset) set = test_first_set();
	struct mm_err err = {0};

	assert_fails_saying(mm_store_commit(store_of(state), set, MM_REVISION_MAX, &test_actor, T0, &err), MM_ELIMIT,
			    &err, "the last revision");
	mm_err_clear(&err);
	assert_fails(mm_store_commit(store_of(state), set, UINT64_MAX, &test_actor, T0, &err), MM_ELIMIT, &err);
}

/* A board without a clock starts in 1970; what it would write as the time of the commit is read as none. */
static void a_clock_that_was_never_set_is_refused(void **state)
{
	mm_auto(mm_keyset) set = test_first_set();
	mm_auto(mm_keyset) loaded = NULL;
	struct mm_err err = {0};

	store_committed(store_of(state), set);
	assert_fails_saying(mm_store_commit(store_of(state), set, 1, &test_actor, MM_NEVER, &err), MM_EREFUSED, &err,
			    "the clock of this host is not set");
	loaded = store_loaded(store_of(state), MM_LOAD_PUBLIC);
	assert_int_equal(loaded->committed, set->committed);
}

static void a_set_that_is_not_good_is_refused(void **state)
{
	mm_auto(mm_keyset) set = test_first_set();
	mm_auto(mm_keyset) loaded = NULL;
	struct mm_err err = {0};

	store_committed(store_of(state), set);
	set->records[0].retired = T0 + 10;
	assert_fails_saying(mm_store_commit(store_of(state), set, 1, &test_actor, T0 + 2000, &err), MM_EREFUSED, &err,
			    "the key set is not fit to be stored: EdDSA: no key signs");
	assert_int_equal(set->revision, 1);
	loaded = store_loaded(store_of(state), MM_LOAD_PUBLIC);
	assert_int_equal(loaded->records[0].retired, MM_NEVER);
}

/* A change that needs no private key is made without loading any. */
static void a_set_loaded_without_private_halves_keeps_them_when_committed(void **state)
{
	mm_auto(mm_keyset) set = test_first_set();
	mm_auto(mm_keyset) public = NULL;
	mm_auto(mm_keyset) private = NULL;

	store_committed(store_of(state), set);
	public = store_loaded(store_of(state), MM_LOAD_PUBLIC);
	swap_signer(public)->retired = T0 + 10;
	store_committed(store_of(state), public);
	private = store_loaded(store_of(state), MM_LOAD_PRIVATE);
	assert_true(mm_key_is_private(private->records[0].key));
	assert_true(mm_key_is_private(private->records[1].key));
}

static void a_key_whose_private_half_nobody_has_is_refused(void **state)
{
	mm_auto(mm_keyset) set = test_first_set();
	struct mm_key *public = NULL;
	struct mm_err err = {0};

	assert_ok(mm_key_public(set->records[1].key, &public, NULL), NULL);
	mm_key_free(set->records[1].key);
	set->records[1].key = public;
	assert_fails_saying(mm_store_commit(store_of(state), set, 0, &test_actor, T0, &err), MM_EREFUSED, &err,
			    mm_key_kid(public));
	assert_fails(mm_store_load(store_of(state), MM_LOAD_PUBLIC, &set, &err), MM_ENOTFOUND, &err);
}

/* The set that is committed still has the private half in memory. The store must not. */
static void the_private_half_of_a_revoked_key_is_destroyed(void **state)
{
	mm_auto(mm_keyset) set = test_first_set();
	mm_auto(mm_keyset) loaded = NULL;

	store_committed(store_of(state), set);
	swap_signer(set)->revoked = T0 + 10;
	store_committed(store_of(state), set);
	loaded = store_loaded(store_of(state), MM_LOAD_PRIVATE);
	assert_false(mm_key_is_private(loaded->records[0].key));
	assert_true(mm_key_is_private(loaded->records[1].key));
}

static void the_private_half_of_a_removed_key_is_destroyed(void **state)
{
	mm_auto(mm_keyset) set = test_first_set();
	mm_auto(mm_keyset) loaded = NULL;

	store_committed(store_of(state), set);
	swap_signer(set)->retired = T0 + 10;
	set->records[0].retire_wait = 0;
	set->records[0].removed = T0 + 10;
	store_committed(store_of(state), set);
	loaded = store_loaded(store_of(state), MM_LOAD_PRIVATE);
	assert_false(mm_key_is_private(loaded->records[0].key));
}

/* Were it still there, the last commit would find it. */
static void the_private_half_of_a_key_that_left_the_set_is_destroyed(void **state)
{
	mm_auto(mm_keyset) with = test_first_set();
	mm_auto(mm_keyset) without = NULL;
	mm_auto(mm_keyset) again = NULL;
	struct mm_err err = {0};

	store_committed(store_of(state), with);
	again = store_loaded(store_of(state), MM_LOAD_PUBLIC);
	without = store_loaded(store_of(state), MM_LOAD_PUBLIC);
	mm_key_free(without->records[--without->count].key);
	store_committed(store_of(state), without);
	assert_fails(mm_store_commit(store_of(state), again, 2, &test_actor, T0, &err), MM_EREFUSED, &err);
}

static void a_loaded_set_is_the_callers_own(void **state)
{
	mm_auto(mm_keyset) set = test_first_set();
	mm_auto(mm_keyset) changed = NULL;
	mm_auto(mm_keyset) loaded = NULL;

	store_committed(store_of(state), set);
	changed = store_loaded(store_of(state), MM_LOAD_PRIVATE);
	swap_signer(changed)->revoked = T0 + 10;
	loaded = store_loaded(store_of(state), MM_LOAD_PRIVATE);
	assert_same_text(loaded, set);
}

static void changed_tells_of_commits_since_the_last_load(void **state)
{
	struct mm_store *store = store_of(state);
	mm_auto(mm_keyset) set = test_first_set();

	assert_false(mm_store_changed(store));
	for (int i = 0; i < 3; i++) {
		store_committed(store, set);
		assert_true(mm_store_changed(store));
		mm_keyset_free(store_loaded(store, MM_LOAD_PUBLIC));
		assert_false(mm_store_changed(store));
	}
}

static void an_empty_set_can_be_committed(void **state)
{
	mm_auto(mm_keyset) set = NULL;
	mm_auto(mm_keyset) loaded = NULL;

	assert_ok(mm_keyset_new(&set, NULL), NULL);
	store_committed(store_of(state), set);
	loaded = store_loaded(store_of(state), MM_LOAD_PRIVATE);
	assert_int_equal(loaded->revision, 1);
	assert_int_equal(loaded->count, 0);
}

static void keys_of_several_algorithms_are_kept(void **state)
{
	static const char *const algs[] = {"RS256", "ES256", "ES384", "ES512", "EdDSA"};
	mm_auto(mm_keyset) set = NULL;
	mm_auto(mm_keyset) loaded = NULL;

	assert_ok(mm_keyset_new(&set, NULL), NULL);
	for (size_t i = 0; i < MM_COUNT(algs); i++)
		test_active(set, algs[i]);
	store_committed(store_of(state), set);
	loaded = store_loaded(store_of(state), MM_LOAD_PRIVATE);
	for (size_t i = 0; i < MM_COUNT(algs); i++) {
		assert_ptr_equal(mm_key_alg(loaded->records[i].key), test_alg(algs[i]));
		assert_true(mm_key_is_private(loaded->records[i].key));
	}
}

static void a_key_that_is_only_planned_is_refused(void **state)
{
	mm_auto(mm_keyset) set = test_first_set();
	struct mm_err err = {0};

	mm_key_free(set->records[1].key);
	assert_ok(mm_key_planned(test_alg("EdDSA"), 7, &set->records[1].key, NULL), NULL);
	assert_fails_saying(mm_store_commit(store_of(state), set, 0, &test_actor, T0, &err), MM_EREFUSED, &err,
			    "planned-7");
	assert_int_equal(set->revision, 0);
}

/* ---- several handles -------------------------------------------------------------------------------------------- */

struct mm_store *store_shared(struct mm_store *store)
{
	struct mm_store *other = NULL;
	struct mm_err err = {0};

	assert_ok(mm_store_share(store, &other, &err), &err);
	return other;
}

static void what_one_handle_commits_another_loads(void **state)
{
	mm_auto(mm_keyset) set = test_first_set();
	mm_auto(mm_store) other = store_shared(store_of(state));
	mm_auto(mm_keyset) loaded = NULL;

	store_committed(store_of(state), set);
	loaded = store_loaded(other, MM_LOAD_PRIVATE);
	assert_same_text(loaded, set);
	assert_true(mm_key_is_private(loaded->records[0].key));
}

static void of_two_handles_the_slower_conflicts(void **state)
{
	mm_auto(mm_keyset) set = test_first_set();
	mm_auto(mm_store) other = store_shared(store_of(state));
	mm_auto(mm_keyset) late = NULL;
	struct mm_err err = {0};

	store_committed(other, set);
	late = store_loaded(store_of(state), MM_LOAD_PUBLIC);
	store_committed(other, set);
	assert_fails(mm_store_commit(store_of(state), late, 1, &test_actor, T0, &err), MM_ECONFLICT, &err);
}

static void a_handle_outlives_the_one_that_it_was_shared_from(void **state)
{
	struct store_fixture *fixture = *state;
	mm_auto(mm_keyset) set = test_first_set();
	mm_auto(mm_keyset) loaded = NULL;
	struct mm_store *first = fixture->store;

	store_committed(first, set);
	fixture->store = store_shared(first);
	mm_store_free(first);
	loaded = store_loaded(fixture->store, MM_LOAD_PRIVATE);
	assert_same_text(loaded, set);
	store_committed(fixture->store, set);
}

static void changed_is_told_to_each_handle_by_itself(void **state)
{
	mm_auto(mm_store) other = store_shared(store_of(state));
	mm_auto(mm_keyset) set = test_first_set();

	store_committed(store_of(state), set);
	mm_keyset_free(store_loaded(store_of(state), MM_LOAD_PUBLIC));
	assert_false(mm_store_changed(store_of(state)));
	assert_true(mm_store_changed(other));
	assert_true(mm_store_changed(other));
	mm_keyset_free(store_loaded(other, MM_LOAD_PUBLIC));
	assert_false(mm_store_changed(other));
}

static bool is_readable(int fd)
{
	struct pollfd entry = {.fd = fd, .events = POLLIN};

	return poll(&entry, 1, 0) == 1;
}

static void a_commit_by_anybody_wakes_whoever_watches(void **state)
{
	mm_auto(mm_store) other = store_shared(store_of(state));
	struct mm_store *const both[] = {store_of(state), other};
	mm_auto(mm_keyset) set = test_first_set();

	for (size_t i = 0; i < 2; i++) {
		assert_true(mm_store_watch_fd(both[i]) >= 0);
		assert_false(is_readable(mm_store_watch_fd(both[i])));
	}
	for (int round = 0; round < 3; round++) {
		store_committed(both[round % 2], set);
		for (size_t i = 0; i < 2; i++) {
			assert_true(is_readable(mm_store_watch_fd(both[i])));
			assert_true(mm_store_changed(both[i]));
			assert_false(is_readable(mm_store_watch_fd(both[i])));
			mm_keyset_free(store_loaded(both[i], MM_LOAD_PUBLIC));
			assert_false(mm_store_changed(both[i]));
		}
	}
}

static void a_load_takes_the_notice_of_what_it_read(void **state)
{
	mm_auto(mm_store) other = store_shared(store_of(state));
	mm_auto(mm_keyset) set = test_first_set();
	int fd = mm_store_watch_fd(other);

	store_committed(store_of(state), set);
	mm_keyset_free(store_loaded(other, MM_LOAD_PUBLIC));
	assert_false(is_readable(fd));
	assert_false(mm_store_changed(other));
}

enum { CONTENDERS = 3, WINS = 8 };

/* A thread that commits until it has won WINS times; and what it found. cmocka's assertions are for the main thread. */
struct contender {
	struct mm_store *store;
	int wins, failures;
	uint64_t revisions[WINS];
};

static void *contend(void *arg)
{
	struct contender *contender = arg;

	while (contender->wins < WINS && contender->failures == 0) {
		mm_auto(mm_keyset) set = NULL;
		enum mm_store_load what = contender->wins % 2 ? MM_LOAD_PRIVATE : MM_LOAD_PUBLIC;
		enum mm_code code = mm_store_load(contender->store, what, &set, NULL);

		if (code == MM_OK)
			code = mm_store_commit(contender->store, set, set->revision, &test_actor, T0 + 1000, NULL);
		if (code == MM_OK)
			contender->revisions[contender->wins++] = set->revision;
		else if (code != MM_ECONFLICT)
			contender->failures++;
		(void)mm_store_changed(contender->store);
	}
	return NULL;
}

static void each_revision_has_one_author_among_threads(void **state)
{
	mm_auto(mm_keyset) set = test_first_set();
	struct contender contenders[CONTENDERS] = {{0}};
	pthread_t threads[CONTENDERS];
	bool seen[1 + CONTENDERS * WINS + 1] = {false};

	store_committed(store_of(state), set);
	for (size_t i = 0; i < CONTENDERS; i++) {
		contenders[i].store = store_shared(store_of(state));
		assert_true(mm_store_watch_fd(contenders[i].store) >= 0);
		assert_int_equal(pthread_create(&threads[i], NULL, contend, &contenders[i]), 0);
	}
	for (size_t i = 0; i < CONTENDERS; i++) {
		assert_int_equal(pthread_join(threads[i], NULL), 0);
		mm_store_free(contenders[i].store);
		assert_int_equal(contenders[i].failures, 0);
		for (size_t win = 0; win < WINS; win++) {
			assert_in_range(contenders[i].revisions[win], 2, MM_COUNT(seen) - 1);
			assert_false(seen[contenders[i].revisions[win]]);
			seen[contenders[i].revisions[win]] = true;
		}
	}
	assert_true(mm_store_changed(store_of(state)));
}

size_t store_contract(struct CMUnitTest *out, CMFixtureFunction setup, CMFixtureFunction teardown)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_is_found_before_the_first_commit),
		cmocka_unit_test(the_first_commit_is_revision_1_at_the_given_time),
		cmocka_unit_test(what_was_committed_is_loaded),
		cmocka_unit_test(each_commit_is_one_revision_more),
		cmocka_unit_test(private_halves_are_loaded_only_on_request),
		cmocka_unit_test(a_commit_from_an_old_revision_conflicts),
		cmocka_unit_test(a_first_commit_conflicts_with_a_set_that_is_there),
		cmocka_unit_test(a_commit_from_a_revision_that_never_was_conflicts),
		cmocka_unit_test(there_is_a_last_revision),
		cmocka_unit_test(a_clock_that_was_never_set_is_refused),
		cmocka_unit_test(a_set_that_is_not_good_is_refused),
		cmocka_unit_test(a_set_loaded_without_private_halves_keeps_them_when_committed),
		cmocka_unit_test(a_key_whose_private_half_nobody_has_is_refused),
		cmocka_unit_test(the_private_half_of_a_revoked_key_is_destroyed),
		cmocka_unit_test(the_private_half_of_a_removed_key_is_destroyed),
		cmocka_unit_test(the_private_half_of_a_key_that_left_the_set_is_destroyed),
		cmocka_unit_test(a_loaded_set_is_the_callers_own),
		cmocka_unit_test(changed_tells_of_commits_since_the_last_load),
		cmocka_unit_test(an_empty_set_can_be_committed),
		cmocka_unit_test(keys_of_several_algorithms_are_kept),
		cmocka_unit_test(a_key_that_is_only_planned_is_refused),
		cmocka_unit_test(what_one_handle_commits_another_loads),
		cmocka_unit_test(of_two_handles_the_slower_conflicts),
		cmocka_unit_test(a_handle_outlives_the_one_that_it_was_shared_from),
		cmocka_unit_test(changed_is_told_to_each_handle_by_itself),
		cmocka_unit_test(a_commit_by_anybody_wakes_whoever_watches),
		cmocka_unit_test(a_load_takes_the_notice_of_what_it_read),
		cmocka_unit_test(each_revision_has_one_author_among_threads),
	};

	_Static_assert(MM_COUNT(tests) == STORE_CONTRACT_TESTS, "STORE_CONTRACT_TESTS counts them");
	for (size_t i = 0; i < MM_COUNT(tests); i++) {
		out[i] = tests[i];
		out[i].setup_func = setup;
		out[i].teardown_func = teardown;
	}
	return MM_COUNT(tests);
}
