/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/keysets.h"
#include "tests/unit/tokens.h"

#include <mintmark/dev.h>
#include <mintmark/snapshot.h>
#include <string.h>

/* Two issuers without waits, as `mintmark dev` makes them. */
struct fixture {
	struct mm_config config;
	struct mm_store *stores[2];
	struct mm_dev *dev;
	struct mm_change change; /* of the last step */
	struct mm_err err;
};

static struct fixture fixture;

static int start(void **state)
{
	struct fixture *f = *state = &fixture;
	struct mm_dev_issuer issuers[2];

	*f = (struct fixture){.config = test_config()};
	f->config.keys.rotate_every = f->config.keys.verifier_cache = 0;
	f->config.keys.propagation = f->config.keys.clock_skew = 0;
	f->config.keys.max_keys = 5;
	for (size_t i = 0; i < 2; i++) {
		struct mm_policy policy;
		struct mm_manage manage = {.policy = &policy, .actor = {.name = "test"}};
		mm_auto_change change = {0};

		assert_ok(mm_store_open_memory(&f->stores[i], &f->err), &f->err);
		assert_ok(mm_policy_from_config(&f->config, &policy, &f->err), &f->err);
		manage.store = f->stores[i];
		assert_ok(mm_manage_init(&manage, NULL, &change, &f->err), &f->err);
		issuers[i] = (struct mm_dev_issuer){&f->config, f->stores[i]};
	}
	assert_ok(mm_dev_new(issuers, 2, &f->dev, &f->err), &f->err);
	return 0;
}

static int end(void **state)
{
	struct fixture *f = *state;

	mm_change_clear(&f->change);
	mm_dev_free(f->dev);
	mm_store_free(f->stores[0]);
	mm_store_free(f->stores[1]);
	return 0;
}

/* The set after the step; it stands until the next one. */
static const struct mm_keyset *take(struct fixture *f, enum mm_dev_step step, const char *kid)
{
	mm_change_clear(&f->change);
	assert_ok(mm_dev_step(f->dev, 0, step, kid, &f->change, &f->err), &f->err);
	return f->change.after;
}

/* A copy in static space. */
static const char *signer_of(struct fixture *f, size_t issuer)
{
	static char kids[2][MM_KID_SIZE];
	mm_auto(mm_keyset) set = NULL;

	assert_ok(mm_store_load(f->stores[issuer], MM_LOAD_PUBLIC, &set, &f->err), &f->err);
	return strcpy(kids[issuer], mm_key_kid(mm_keyset_signer(set, NULL, MM_NEVER)->key));
}

static enum mm_key_state state_of(const struct mm_keyset *set, const char *kid)
{
	return mm_key_state(mm_keyset_find(set, kid), mm_clock_now());
}

/* ---- the clock --------------------------------------------------------------------------------------------------- */

static void the_clock_is_the_systems_at_first(void **state)
{
	struct fixture *f = *state;
	mm_time before = mm_clock_now(), now = mm_dev_now(f->dev);

	assert_in_range(now, before, mm_clock_now());
	assert_int_equal(mm_dev_get_clock(f->dev).at, MM_NEVER);
	assert_int_equal(mm_dev_get_clock(f->dev).shift, 0);
}

static void a_frozen_clock_stands(void **state)
{
	static const mm_time times[] = {1, 1700000000, MM_TIME_MAX};
	struct fixture *f = *state;

	for (size_t i = 0; i < MM_COUNT(times); i++) {
		mm_dev_set_clock(f->dev, (struct mm_dev_clock){.at = times[i]});
		assert_int_equal(mm_dev_now(f->dev), times[i]);
		assert_int_equal(mm_dev_get_clock(f->dev).at, times[i]);
		assert_int_equal(mm_dev_get_clock(f->dev).shift, 0);
	}
}

static void a_shifted_clock_runs_ahead_or_behind(void **state)
{
	static const int64_t shifts[] = {3600, -3600, 1, -1};
	struct fixture *f = *state;

	for (size_t i = 0; i < MM_COUNT(shifts); i++) {
		mm_time before = mm_clock_now(), now;

		mm_dev_set_clock(f->dev, (struct mm_dev_clock){.shift = shifts[i]});
		now = mm_dev_now(f->dev);
		assert_in_range(now - shifts[i], before, mm_clock_now());
		assert_int_equal(mm_dev_get_clock(f->dev).shift, shifts[i]);
		assert_int_equal(mm_dev_get_clock(f->dev).at, MM_NEVER);
	}
}

static void the_clock_keeps_to_times_that_can_be_written(void **state)
{
	struct fixture *f = *state;

	mm_dev_set_clock(f->dev, (struct mm_dev_clock){.shift = -MM_DEV_SHIFT_MAX});
	assert_int_equal(mm_dev_now(f->dev), 1);
}

/* ---- the keys ---------------------------------------------------------------------------------------------------- */

static void after_rotate_the_standby_signs_and_the_old_key_is_published(void **state)
{
	struct fixture *f = *state;
	const char *old = signer_of(f, 0);
	mm_auto_string kept = strdup(old);
	const struct mm_keyset *set = take(f, MM_DEV_ROTATE, NULL);

	assert_string_not_equal(signer_of(f, 0), kept);
	assert_int_equal(state_of(set, kept), MM_STATE_RETIRED);
	assert_int_equal(mm_keyset_standby_count(set, test_alg("ES256")), 1);
	assert_int_equal(set->revision, 2);
}

static void rotations_follow_one_another_without_a_wait(void **state)
{
	struct fixture *f = *state;

	for (int i = 0; i < 3; i++) {
		mm_auto_string old = strdup(signer_of(f, 0));

		take(f, MM_DEV_ROTATE, NULL);
		assert_string_not_equal(signer_of(f, 0), old);
	}
}

static void a_full_jwks_lets_the_oldest_retired_key_go(void **state)
{
	struct fixture *f = *state;
	mm_auto_string first = strdup(signer_of(f, 0));
	const struct mm_keyset *set = NULL;

	for (int i = 0; i < 8; i++) {
		set = take(f, MM_DEV_ROTATE, NULL);
		assert_in_range(mm_keyset_served(set), 2, 5);
	}
	assert_int_equal(mm_keyset_served(set), 5);
	assert_int_equal(state_of(set, first), MM_STATE_REVOKED);
}

static void a_standby_can_be_chosen(void **state)
{
	struct fixture *f = *state;
	const struct mm_keyset *set = take(f, MM_DEV_ROTATE, NULL);
	mm_auto_string standby = strdup(mm_key_kid(mm_keyset_standby(set, test_alg("ES256"))->key));

	take(f, MM_DEV_ROTATE, standby);
	assert_string_equal(signer_of(f, 0), standby);
}

static void a_tainted_signer_stays_published_and_signs_no_more(void **state)
{
	struct fixture *f = *state;
	mm_auto_string old = strdup(signer_of(f, 0));
	const struct mm_keyset *set = take(f, MM_DEV_TAINT, NULL);

	assert_string_not_equal(signer_of(f, 0), old);
	assert_int_equal(state_of(set, old), MM_STATE_RETIRED);
	assert_int_not_equal(mm_keyset_find(set, old)->tainted, MM_NEVER);
	assert_int_equal(mm_keyset_standby_count(set, test_alg("ES256")), 1);
}

static void a_revoked_signer_is_gone(void **state)
{
	struct fixture *f = *state;
	mm_auto_string old = strdup(signer_of(f, 0));
	const struct mm_keyset *set = take(f, MM_DEV_REVOKE, NULL);

	assert_string_not_equal(signer_of(f, 0), old);
	assert_int_equal(state_of(set, old), MM_STATE_REVOKED);
}

static void a_retired_key_can_be_tainted_and_revoked(void **state)
{
	struct fixture *f = *state;
	mm_auto_string old = strdup(signer_of(f, 0));
	mm_auto_string signer = NULL;

	take(f, MM_DEV_ROTATE, NULL);
	signer = strdup(signer_of(f, 0));
	assert_int_not_equal(mm_keyset_find(take(f, MM_DEV_TAINT, old), old)->tainted, MM_NEVER);
	assert_int_equal(state_of(take(f, MM_DEV_REVOKE, old), old), MM_STATE_REVOKED);
	assert_string_equal(signer_of(f, 0), signer);
}

static void keys_that_are_not_there_are_told(void **state)
{
	struct fixture *f = *state;

	assert_fails_saying(mm_dev_step(f->dev, 0, MM_DEV_REVOKE, "nobody", &f->change, &f->err), MM_ENOTFOUND, &f->err,
			    "there is no key nobody");
	assert_null(f->change.after);
}

static void issuers_have_keys_of_their_own(void **state)
{
	struct fixture *f = *state;
	mm_auto_string other = strdup(signer_of(f, 1));

	take(f, MM_DEV_REVOKE, NULL);
	assert_string_equal(signer_of(f, 1), other);
}

/* Whatever the clock of tokens says, keys can be changed, and what signs can mint for as long as is configured. */
static void keys_change_under_any_clock(void **state)
{
	struct fixture *f = *state;
	mm_auto(mm_snapshot) snapshot = NULL;
	mm_auto(mm_keyset) set = NULL;

	mm_dev_set_clock(f->dev, (struct mm_dev_clock){.at = 1});
	take(f, MM_DEV_ROTATE, NULL);
	mm_dev_set_clock(f->dev, (struct mm_dev_clock){.at = MM_TIME_MAX});
	take(f, MM_DEV_ROTATE, NULL);
	assert_ok(mm_store_load(f->stores[0], MM_LOAD_PRIVATE, &set, &f->err), &f->err);
	assert_ok(mm_snapshot_build(&f->config, set, true, mm_clock_now(), &snapshot, &f->err), &f->err);
	assert_int_equal(snapshot->signers[0].max_ttl, f->config.tokens.max_ttl);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(the_clock_is_the_systems_at_first, start, end),
		cmocka_unit_test_setup_teardown(a_frozen_clock_stands, start, end),
		cmocka_unit_test_setup_teardown(a_shifted_clock_runs_ahead_or_behind, start, end),
		cmocka_unit_test_setup_teardown(the_clock_keeps_to_times_that_can_be_written, start, end),
		cmocka_unit_test_setup_teardown(after_rotate_the_standby_signs_and_the_old_key_is_published, start,
						end),
		cmocka_unit_test_setup_teardown(rotations_follow_one_another_without_a_wait, start, end),
		cmocka_unit_test_setup_teardown(a_full_jwks_lets_the_oldest_retired_key_go, start, end),
		cmocka_unit_test_setup_teardown(a_standby_can_be_chosen, start, end),
		cmocka_unit_test_setup_teardown(a_tainted_signer_stays_published_and_signs_no_more, start, end),
		cmocka_unit_test_setup_teardown(a_revoked_signer_is_gone, start, end),
		cmocka_unit_test_setup_teardown(a_retired_key_can_be_tainted_and_revoked, start, end),
		cmocka_unit_test_setup_teardown(keys_that_are_not_there_are_told, start, end),
		cmocka_unit_test_setup_teardown(issuers_have_keys_of_their_own, start, end),
		cmocka_unit_test_setup_teardown(keys_change_under_any_clock, start, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
