/* SPDX-License-Identifier: Apache-2.0 */
/* The first keys, and keys from elsewhere; and what two processes do to each other. */
#include "tests/unit/managing.h"

#include <string.h>

static struct managing m;

static int start(void **state)
{
	(void)state;
	managing_start(&m, "ES256", NULL);
	return 0;
}

static int end(void **state)
{
	(void)state;
	managing_end(&m);
	return 0;
}

static void init(void)
{
	assert_ok(mm_manage_init(&m.manage, NULL, managing_change(&m), &m.err), &m.err);
}

static enum mm_code import(const struct mm_key *key)
{
	return mm_manage_import(&m.manage, key, false, managing_change(&m), &m.err);
}

static struct mm_keyset *load(enum mm_store_load what)
{
	struct mm_keyset *set;

	assert_ok(mm_store_load(m.store, what, &set, &m.err), &m.err);
	return set;
}

/* ---- init -------------------------------------------------------------------------------------------------------- */

static void init_makes_an_active_key_and_a_ready_standby(void **state)
{
	mm_auto(mm_keyset) stored = NULL;

	(void)state;
	init();
	assert_int_equal(m.change.after->revision, 1);
	assert_null(m.change.before);
	assert_int_equal(m.change.after->count, 2);
	assert_int_equal(managing_state(&m, 0), MM_STATE_ACTIVE);
	assert_int_equal(managing_state(&m, 1), MM_STATE_READY);
	stored = load(MM_LOAD_PRIVATE);
	for (size_t i = 0; i < 2; i++) {
		assert_string_equal(mm_key_kid(stored->records[i].key), managing_kid(&m, i));
		assert_true(mm_key_is_private(stored->records[i].key));
	}
}

static void init_makes_keys_of_the_policy(void **state)
{
	(void)state;
	m.policy = test_policy_for("RS256", NULL);
	m.policy.rsa_bits = 2048;
	init();
	for (size_t i = 0; i < 2; i++) {
		assert_ptr_equal(mm_key_alg(m.change.after->records[i].key), test_alg("RS256"));
		assert_int_equal(mm_key_bits(m.change.after->records[i].key), 2048);
	}
}

static void init_makes_a_signer_and_a_standby_for_each_algorithm(void **state)
{
	(void)state;
	m.policy = test_policy_for("ES256", "EdDSA");
	init();
	assert_int_equal(m.change.after->count, 4);
	for (size_t i = 0; i < 2; i++) {
		assert_non_null(mm_keyset_signer(m.change.after, m.policy.algs[i], T0));
		assert_int_equal(mm_keyset_standby_count(m.change.after, m.policy.algs[i]), 1);
	}
}

static void init_never_touches_a_key_set(void **state)
{
	mm_auto(mm_keyset) stored = NULL;
	const char *kid;

	(void)state;
	init();
	kid = managing_kid(&m, 0);
	assert_fails(mm_manage_init(&m.manage, NULL, managing_change(&m), &m.err), MM_EEXIST, &m.err);
	assert_null(m.change.after);
	stored = load(MM_LOAD_PUBLIC);
	assert_int_equal(stored->revision, 1);
	assert_string_equal(mm_key_kid(stored->records[0].key), kid);
}

static void init_with_a_key_signs_with_it_and_lets_the_standby_wait(void **state)
{
	mm_auto(mm_key) key = test_key("ES256");

	(void)state;
	assert_ok(mm_manage_init(&m.manage, key, managing_change(&m), &m.err), &m.err);
	assert_int_equal(m.change.after->count, 2);
	assert_string_equal(mm_key_kid(mm_keyset_signer(m.change.after, test_alg("ES256"), T0)->key), mm_key_kid(key));
	assert_int_equal(managing_state(&m, 1), MM_STATE_PUBLISHED);
	m.now += TEST_PUBLISH_WAIT;
	assert_int_equal(managing_state(&m, 1), MM_STATE_READY);
}

/* Who knows the imported key has a JWKS in which nothing else stands. */
static void beside_an_imported_key_other_algorithms_wait(void **state)
{
	mm_auto(mm_key) key = test_key("EdDSA");

	(void)state;
	m.policy = test_policy_for("ES256", "EdDSA");
	assert_ok(mm_manage_init(&m.manage, key, managing_change(&m), &m.err), &m.err);
	assert_int_equal(m.change.after->count, 3);
	assert_null(mm_keyset_signer(m.change.after, test_alg("ES256"), T0));
	assert_int_equal(managing_state(&m, 1), MM_STATE_PUBLISHED);
	assert_int_equal(managing_state(&m, 2), MM_STATE_PUBLISHED);
}

static void init_with_a_key_of_another_algorithm_is_refused(void **state)
{
	mm_auto(mm_key) key = test_key("EdDSA");
	mm_auto(mm_keyset) set = NULL;

	(void)state;
	assert_fails_saying(mm_manage_init(&m.manage, key, managing_change(&m), &m.err), MM_EREFUSED, &m.err,
			    "EdDSA is not among the algorithms that the configuration names (ES256)");
	assert_fails(mm_store_load(m.store, MM_LOAD_PUBLIC, &set, &m.err), MM_ENOTFOUND, &m.err);
}

static void with_destinations_the_standby_of_init_is_ready_once_it_is_delivered(void **state)
{
	struct mm_change delivered;

	(void)state;
	m.policy.delivers = true;
	init();
	assert_int_equal(managing_state(&m, 0), MM_STATE_ACTIVE);
	assert_int_equal(managing_state(&m, 1), MM_STATE_PUBLISHED);
	assert_int_equal(m.change.after->records[1].publish_wait, 0);
	m.now += 10;
	assert_ok(mm_manage_deliver(&m.manage, m.change.after, &delivered, &m.err), &m.err);
	assert_int_equal(mm_key_state(&delivered.after->records[1], m.now), MM_STATE_READY);
	assert_int_equal(delivered.after->records[0].delivered, T0 + 10);
	mm_change_clear(&delivered);
}

static void and_an_imported_key_signs_at_once(void **state)
{
	mm_auto(mm_key) key = test_key("ES256");

	(void)state;
	m.policy.delivers = true;
	assert_ok(mm_manage_init(&m.manage, key, managing_change(&m), &m.err), &m.err);
	assert_int_equal(managing_state(&m, 0), MM_STATE_ACTIVE);
	assert_int_equal(m.change.after->records[0].delivered, MM_NEVER);
	assert_int_equal(m.change.after->records[1].publish_wait, TEST_PUBLISH_WAIT);
}

/* ---- import ------------------------------------------------------------------------------------------------------ */

static void import_publishes_a_key_that_does_not_sign_yet(void **state)
{
	mm_auto(mm_key) key = test_key("ES256");
	mm_auto(mm_keyset) stored = NULL;

	(void)state;
	init();
	m.now += 10;
	assert_ok(import(key), &m.err);
	assert_int_equal(m.change.after->revision, 2);
	assert_int_equal(managing_state(&m, 2), MM_STATE_PUBLISHED);
	assert_int_equal(m.change.after->records[2].publish_wait, TEST_PUBLISH_WAIT);
	assert_int_equal(managing_state(&m, 0), MM_STATE_ACTIVE);
	stored = load(MM_LOAD_PRIVATE);
	for (size_t i = 0; i < 3; i++)
		assert_true(mm_key_is_private(stored->records[i].key));
}

static void an_imported_key_may_sign_at_once_if_one_insists(void **state)
{
	mm_auto(mm_key) key = test_key("ES256");

	(void)state;
	init();
	assert_ok(mm_manage_import(&m.manage, key, true, managing_change(&m), &m.err), &m.err);
	assert_int_equal(managing_state(&m, 2), MM_STATE_ACTIVE);
	assert_int_equal(managing_state(&m, 0), MM_STATE_RETIRED);
	assert_int_equal(managing_state(&m, 1), MM_STATE_READY);
}

/* It would be given up as soon as it signed. */
static void import_for_an_algorithm_that_is_not_configured_is_refused(void **state)
{
	mm_auto(mm_key) key = test_key("EdDSA");

	(void)state;
	init();
	assert_fails_saying(import(key), MM_EREFUSED, &m.err, "EdDSA is not among the algorithms");
}

static void import_of_a_known_key_is_refused(void **state)
{
	mm_auto(mm_key) key = test_key("ES256");
	mm_auto(mm_keyset) stored = NULL;

	(void)state;
	assert_ok(mm_manage_init(&m.manage, key, managing_change(&m), &m.err), &m.err);
	assert_fails(import(key), MM_EEXIST, &m.err);
	stored = load(MM_LOAD_PUBLIC);
	assert_int_equal(stored->revision, 1);
}

static void import_of_a_public_key_is_refused(void **state)
{
	mm_auto(mm_key) key = test_key("ES256");
	mm_auto(mm_key) public_key = NULL;

	(void)state;
	assert_ok(mm_key_public(key, &public_key, &m.err), &m.err);
	init();
	assert_fails_saying(import(public_key), MM_EREFUSED, &m.err, "public half");
}

static void without_a_key_set_every_verb_finds_none(void **state)
{
	mm_auto(mm_key) key = test_key("ES256");

	(void)state;
	assert_fails(import(key), MM_ENOTFOUND, &m.err);
	assert_fails(mm_manage_rotate(&m.manage, NULL, managing_change(&m), &m.err), MM_ENOTFOUND, &m.err);
	assert_fails(mm_manage_revoke(&m.manage, "x", managing_change(&m), &m.err), MM_ENOTFOUND, &m.err);
	assert_fails(mm_manage_run_due(&m.manage, managing_change(&m), &m.err), MM_ENOTFOUND, &m.err);
}

/* ---- two at once ------------------------------------------------------------------------------------------------- */

/* A store in which somebody else commits between our load and our commit, so many times. */
struct racing {
	struct mm_store base;
	int times;
};

static enum mm_code racing_load(struct mm_store *store, enum mm_store_load what, struct mm_keyset **out,
				struct mm_err *err)
{
	(void)store;
	return mm_store_load(m.store, what, out, err);
}

/* A key set of theirs, or one key more for ES256 in ours. */
static void they_commit(bool first)
{
	const struct mm_actor they = {.name = "they"};
	mm_auto(mm_key) key = test_key("ES256");
	mm_auto(mm_keyset) set = NULL;
	mm_auto_change theirs = {0};
	struct mm_err err = {0};

	if (first) {
		assert_ok(mm_manage_init(&m.manage, NULL, &theirs, &err), &err);
		return;
	}
	set = load(MM_LOAD_PRIVATE);
	assert_ok(mm_keyset_publish(set, key, &m.policy, TEST_PUBLISH_WAIT, m.now, &err), &err);
	assert_ok(mm_store_commit(m.store, set, set->revision, &they, m.now, &err), &err);
}

static enum mm_code racing_commit(struct mm_store *store, const struct mm_keyset *next, uint64_t expected,
				  const struct mm_actor *actor, struct mm_err *err)
{
	if (((struct racing *)store)->times-- > 0)
		they_commit(expected == 0);
	return m.store->ops->commit(m.store, next, expected, actor, err);
}

static struct racing race(int times)
{
	static const struct mm_store_ops ops = {.load = racing_load, .commit = racing_commit};

	return (struct racing){.base = {.ops = &ops}, .times = times};
}

/* The verbs as another process calls them. */
static struct mm_manage ours(struct racing *racing)
{
	struct mm_manage manage = m.manage;

	manage.store = &racing->base;
	return manage;
}

static void of_two_imports_at_once_the_slower_is_told(void **state)
{
	mm_auto(mm_key) key = test_key("ES256");
	struct racing racing = race(1);
	struct mm_manage manage = ours(&racing);

	(void)state;
	init();
	assert_fails(mm_manage_import(&manage, key, false, managing_change(&m), &m.err), MM_ECONFLICT, &m.err);
	assert_null(m.change.after);
}

static void of_two_inits_at_once_the_slower_changes_nothing(void **state)
{
	struct racing racing = race(1);
	struct mm_manage manage = ours(&racing);
	mm_auto(mm_keyset) stored = NULL;

	(void)state;
	assert_fails(mm_manage_init(&manage, NULL, managing_change(&m), &m.err), MM_ECONFLICT, &m.err);
	assert_null(m.change.after);
	stored = load(MM_LOAD_PUBLIC);
	assert_int_equal(stored->revision, 1);
	assert_int_equal(stored->count, 2);
}

static void a_revocation_goes_through_whatever_others_do(void **state)
{
	struct racing racing = race(3);
	struct mm_manage manage = ours(&racing);
	const char *kid;

	(void)state;
	init();
	kid = managing_kid(&m, 0);
	assert_ok(mm_manage_revoke(&manage, kid, managing_change(&m), &m.err), &m.err);
	assert_int_equal(managing_state(&m, 0), MM_STATE_REVOKED);
	assert_int_equal(m.change.after->revision, 5);
}

/* What was made for the attempt that was lost is used in the next one. */
static void a_key_that_was_made_is_not_made_again(void **state)
{
	struct racing racing = race(1);
	struct mm_manage manage = ours(&racing);

	(void)state;
	m.policy = test_policy_for("ES256", "EdDSA");
	init();
	m.made = 0;
	m.now += m.policy.rotate_every - TEST_PUBLISH_WAIT;
	assert_ok(mm_manage_run_due(&manage, managing_change(&m), &m.err), &m.err);
	assert_int_equal(m.change.after->revision, 3);
	assert_int_equal(mm_keyset_standby_count(m.change.after, test_alg("ES256")), 2);
	assert_int_equal(mm_keyset_standby_count(m.change.after, test_alg("EdDSA")), 2);
	assert_int_equal(m.made, 2); /* one of each, and that for ES256 was not needed any more */
}

#define test(name) cmocka_unit_test_setup_teardown(name, start, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(init_makes_an_active_key_and_a_ready_standby),
		test(init_makes_keys_of_the_policy),
		test(init_makes_a_signer_and_a_standby_for_each_algorithm),
		test(init_never_touches_a_key_set),
		test(init_with_a_key_signs_with_it_and_lets_the_standby_wait),
		test(beside_an_imported_key_other_algorithms_wait),
		test(init_with_a_key_of_another_algorithm_is_refused),
		test(with_destinations_the_standby_of_init_is_ready_once_it_is_delivered),
		test(and_an_imported_key_signs_at_once),
		test(import_publishes_a_key_that_does_not_sign_yet),
		test(an_imported_key_may_sign_at_once_if_one_insists),
		test(import_for_an_algorithm_that_is_not_configured_is_refused),
		test(import_of_a_known_key_is_refused),
		test(import_of_a_public_key_is_refused),
		test(without_a_key_set_every_verb_finds_none),
		test(of_two_imports_at_once_the_slower_is_told),
		test(of_two_inits_at_once_the_slower_changes_nothing),
		test(a_revocation_goes_through_whatever_others_do),
		test(a_key_that_was_made_is_not_made_again),
	};

	return cmocka_run_group_tests_name("manage", tests, NULL, NULL);
}
