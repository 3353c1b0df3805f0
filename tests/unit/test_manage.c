/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/support.h"
#include "tests/unit/tokens.h"

#include <mintmark/manage.h>
#include <string.h>

#define NOW ((mm_time)1700000000)

static struct mm_policy policy_for(const char *alg)
{
	struct mm_config config = test_config();
	struct mm_policy policy;
	struct mm_err err = {0};

	assert_ok(mm_policy_from_config(&config, &policy, &err), &err);
	policy.alg = mm_alg_find(mm_span_str(alg));
	return policy;
}

static struct mm_store *memory(void)
{
	struct mm_store *store;
	struct mm_err err = {0};

	assert_ok(mm_store_open_memory(&store, &err), &err);
	return store;
}

static struct mm_keyset *load(struct mm_store *store, enum mm_store_load what)
{
	struct mm_keyset *set;
	struct mm_err err = {0};

	assert_ok(mm_store_load(store, what, &set, &err), &err);
	return set;
}

static enum mm_key_state state_of(const struct mm_keyset *set, size_t i, mm_time now)
{
	assert_true(i < set->count);
	return mm_key_state(&set->records[i], now);
}

static void init_makes_an_active_key_and_a_ready_standby(void **state)
{
	mm_auto(mm_store) store = memory();
	mm_auto(mm_keyset) set = NULL;
	mm_auto(mm_keyset) stored = NULL;
	struct mm_policy policy = policy_for("ES256");
	struct mm_err err = {0};

	(void)state;
	assert_ok(mm_manage_init(store, &policy, NULL, NOW, &set, &err), &err);
	assert_int_equal(set->revision, 1);
	assert_int_equal(set->count, 2);
	assert_int_equal(state_of(set, 0, NOW), MM_STATE_ACTIVE);
	assert_int_equal(state_of(set, 1, NOW), MM_STATE_READY);
	stored = load(store, MM_LOAD_PRIVATE);
	for (size_t i = 0; i < 2; i++) {
		assert_string_equal(mm_key_kid(stored->records[i].key), mm_key_kid(set->records[i].key));
		assert_true(mm_key_is_private(stored->records[i].key));
	}
}

static void init_makes_keys_of_the_policy(void **state)
{
	mm_auto(mm_store) store = memory();
	mm_auto(mm_keyset) set = NULL;
	struct mm_policy policy = policy_for("RS256");
	struct mm_err err = {0};

	(void)state;
	assert_ok(mm_manage_init(store, &policy, NULL, NOW, &set, &err), &err);
	for (size_t i = 0; i < set->count; i++) {
		assert_ptr_equal(mm_key_alg(set->records[i].key), policy.alg);
		assert_int_equal(mm_key_bits(set->records[i].key), 2048);
	}
}

static void init_never_touches_a_key_set(void **state)
{
	mm_auto(mm_store) store = memory();
	mm_auto(mm_keyset) first = NULL;
	mm_auto(mm_keyset) second = NULL;
	mm_auto(mm_keyset) stored = NULL;
	struct mm_policy policy = policy_for("ES256");
	struct mm_err err = {0};

	(void)state;
	assert_ok(mm_manage_init(store, &policy, NULL, NOW, &first, &err), &err);
	assert_fails(mm_manage_init(store, &policy, NULL, NOW + 1, &second, &err), MM_EEXIST, &err);
	assert_null(second);
	stored = load(store, MM_LOAD_PUBLIC);
	assert_int_equal(stored->revision, 1);
	assert_string_equal(mm_key_kid(stored->records[0].key), mm_key_kid(first->records[0].key));
}

static void init_with_a_key_signs_with_it_and_lets_the_standby_wait(void **state)
{
	const struct mm_key *key = test_shared_key("ES256", 0);
	mm_auto(mm_store) store = memory();
	mm_auto(mm_keyset) set = NULL;
	struct mm_policy policy = policy_for("ES256");
	struct mm_err err = {0};

	(void)state;
	assert_ok(mm_manage_init(store, &policy, key, NOW, &set, &err), &err);
	assert_int_equal(set->count, 2);
	assert_string_equal(mm_key_kid(mm_keyset_signer(set, policy.alg, NOW)->key), mm_key_kid(key));
	assert_int_equal(state_of(set, 1, NOW), MM_STATE_PUBLISHED);
	assert_int_equal(state_of(set, 1, NOW + mm_policy_publish_wait(&policy)), MM_STATE_READY);
}

static void init_with_a_key_of_another_algorithm_is_refused(void **state)
{
	mm_auto(mm_store) store = memory();
	mm_auto(mm_keyset) set = NULL;
	struct mm_policy policy = policy_for("RS256");
	struct mm_err err = {0};

	(void)state;
	assert_int_equal(mm_manage_init(store, &policy, test_shared_key("ES256", 0), NOW, &set, &err), MM_EREFUSED);
	assert_contains(err.text, "ES256");
	assert_contains(err.text, "keys.algorithm is RS256");
	mm_err_clear(&err);
	assert_fails(mm_store_load(store, MM_LOAD_PUBLIC, &set, &err), MM_ENOTFOUND, &err);
}

static void import_publishes_a_key_that_does_not_sign_yet(void **state)
{
	const struct mm_key *key = test_shared_key("ES256", 0);
	mm_auto(mm_store) store = memory();
	mm_auto(mm_keyset) initial = NULL;
	mm_auto(mm_keyset) set = NULL;
	mm_auto(mm_keyset) stored = NULL;
	struct mm_policy policy = policy_for("ES256");
	struct mm_err err = {0};

	(void)state;
	assert_ok(mm_manage_init(store, &policy, NULL, NOW, &initial, &err), &err);
	assert_ok(mm_manage_import(store, &policy, key, NOW + 10, &set, &err), &err);
	assert_int_equal(set->revision, 2);
	assert_int_equal(state_of(set, 2, NOW + 10), MM_STATE_PUBLISHED);
	assert_int_equal(set->records[2].publish_wait, mm_policy_publish_wait(&policy));
	assert_string_equal(mm_key_kid(mm_keyset_signer(set, policy.alg, NOW + 10)->key),
			    mm_key_kid(initial->records[0].key));
	stored = load(store, MM_LOAD_PRIVATE);
	for (size_t i = 0; i < 3; i++)
		assert_true(mm_key_is_private(stored->records[i].key));
}

/* That is how an algorithm is introduced: its first key waits like any other. */
static void import_of_another_algorithm_waits_beside_the_signer(void **state)
{
	const struct mm_key *key = test_shared_key("EdDSA", 0);
	mm_auto(mm_store) store = memory();
	mm_auto(mm_keyset) initial = NULL;
	mm_auto(mm_keyset) set = NULL;
	struct mm_policy policy = policy_for("ES256");
	struct mm_err err = {0};

	(void)state;
	assert_ok(mm_manage_init(store, &policy, NULL, NOW, &initial, &err), &err);
	assert_ok(mm_manage_import(store, &policy, key, NOW, &set, &err), &err);
	assert_int_equal(state_of(set, 2, NOW), MM_STATE_PUBLISHED);
	assert_null(mm_keyset_signer(set, mm_key_alg(key), NOW));
	assert_non_null(mm_keyset_signer(set, policy.alg, NOW));
}

static void import_of_a_known_key_is_refused(void **state)
{
	const struct mm_key *key = test_shared_key("ES256", 0);
	mm_auto(mm_store) store = memory();
	mm_auto(mm_keyset) initial = NULL;
	mm_auto(mm_keyset) set = NULL;
	mm_auto(mm_keyset) stored = NULL;
	struct mm_policy policy = policy_for("ES256");
	struct mm_err err = {0};

	(void)state;
	assert_ok(mm_manage_init(store, &policy, key, NOW, &initial, &err), &err);
	assert_fails(mm_manage_import(store, &policy, key, NOW, &set, &err), MM_EEXIST, &err);
	stored = load(store, MM_LOAD_PUBLIC);
	assert_int_equal(stored->revision, 1);
}

static void import_of_a_public_key_is_refused(void **state)
{
	mm_auto(mm_store) store = memory();
	mm_auto(mm_keyset) initial = NULL;
	mm_auto(mm_keyset) set = NULL;
	mm_auto(mm_key) public_key = NULL;
	struct mm_policy policy = policy_for("ES256");
	struct mm_err err = {0};

	(void)state;
	assert_ok(mm_key_public(test_shared_key("ES256", 0), &public_key, &err), &err);
	assert_ok(mm_manage_init(store, &policy, NULL, NOW, &initial, &err), &err);
	assert_fails(mm_manage_import(store, &policy, public_key, NOW, &set, &err), MM_EREFUSED, &err);
}

static void import_without_a_key_set_finds_none(void **state)
{
	mm_auto(mm_store) store = memory();
	mm_auto(mm_keyset) set = NULL;
	struct mm_policy policy = policy_for("ES256");
	struct mm_err err = {0};

	(void)state;
	assert_fails(mm_manage_import(store, &policy, test_shared_key("ES256", 0), NOW, &set, &err), MM_ENOTFOUND,
		     &err);
}

/* A store in which somebody else commits between our load and our commit. */
struct racing {
	struct mm_store base;
	struct mm_store *inner;
	struct mm_policy policy;
};

static enum mm_code racing_load(struct mm_store *store, enum mm_store_load what, struct mm_keyset **out,
				struct mm_err *err)
{
	return mm_store_load(((struct racing *)store)->inner, what, out, err);
}

static enum mm_code racing_commit(struct mm_store *store, const struct mm_keyset *next, uint64_t expected,
				  struct mm_err *err)
{
	struct racing *racing = (struct racing *)store;
	mm_auto(mm_keyset) theirs = NULL;
	struct mm_err none = {0};

	if (expected == 0)
		assert_ok(mm_manage_init(racing->inner, &racing->policy, NULL, NOW, &theirs, &none), &none);
	else
		assert_ok(mm_manage_import(racing->inner, &racing->policy, test_shared_key("ES256", 3), NOW, &theirs,
					   &none),
			  &none);
	return racing->inner->ops->commit(racing->inner, next, expected, err);
}

static struct racing race_on(struct mm_store *inner)
{
	static const struct mm_store_ops ops = {.load = racing_load, .commit = racing_commit};

	return (struct racing){.base = {.ops = &ops}, .inner = inner, .policy = policy_for("ES256")};
}

static void of_two_imports_at_once_the_slower_is_told(void **state)
{
	mm_auto(mm_store) store = memory();
	mm_auto(mm_keyset) initial = NULL;
	mm_auto(mm_keyset) set = NULL;
	struct racing racing = race_on(store);
	struct mm_err err = {0};

	(void)state;
	assert_ok(mm_manage_init(store, &racing.policy, NULL, NOW, &initial, &err), &err);
	assert_fails(mm_manage_import(&racing.base, &racing.policy, test_shared_key("ES256", 0), NOW, &set, &err),
		     MM_ECONFLICT, &err);
	assert_null(set);
}

static void of_two_inits_at_once_the_slower_changes_nothing(void **state)
{
	mm_auto(mm_store) store = memory();
	mm_auto(mm_keyset) set = NULL;
	mm_auto(mm_keyset) stored = NULL;
	struct racing racing = race_on(store);
	struct mm_err err = {0};

	(void)state;
	assert_fails(mm_manage_init(&racing.base, &racing.policy, NULL, NOW, &set, &err), MM_ECONFLICT, &err);
	assert_null(set);
	stored = load(store, MM_LOAD_PUBLIC);
	assert_int_equal(stored->revision, 1);
	assert_int_equal(stored->count, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(init_makes_an_active_key_and_a_ready_standby),
		cmocka_unit_test(init_makes_keys_of_the_policy),
		cmocka_unit_test(init_never_touches_a_key_set),
		cmocka_unit_test(init_with_a_key_signs_with_it_and_lets_the_standby_wait),
		cmocka_unit_test(init_with_a_key_of_another_algorithm_is_refused),
		cmocka_unit_test(import_publishes_a_key_that_does_not_sign_yet),
		cmocka_unit_test(import_of_another_algorithm_waits_beside_the_signer),
		cmocka_unit_test(import_of_a_known_key_is_refused),
		cmocka_unit_test(import_of_a_public_key_is_refused),
		cmocka_unit_test(import_without_a_key_set_finds_none),
		cmocka_unit_test(of_two_imports_at_once_the_slower_is_told),
		cmocka_unit_test(of_two_inits_at_once_the_slower_changes_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
