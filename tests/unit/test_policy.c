/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/keysets.h"

/* The defaults of the options: publish_wait 1h2m, retire_wait 24h2m. The algorithm is only read. */
static struct mm_config config_of(char *algorithm)
{
	struct mm_config config = {0};

	config.keys.algorithm = algorithm;
	config.keys.rsa_bits = 3072;
	config.keys.rotate_every = 30 * 86400;
	config.keys.verifier_cache = 3600;
	config.keys.propagation = 60;
	config.keys.clock_skew = 60;
	config.keys.max_keys = 20;
	config.tokens.max_ttl = 86400;
	return config;
}

static char rs256[] = "RS256";

static void takes_every_value_from_the_configuration(void **state)
{
	const struct mm_config config = config_of(rs256);
	struct mm_policy policy;
	struct mm_err err = {0};
	(void)state;

	assert_ok(mm_policy_from_config(&config, &policy, &err), &err);
	assert_int_equal(policy.alg_count, 1);
	assert_string_equal(policy.algs[0]->name, "RS256");
	assert_int_equal(policy.rsa_bits, 3072);
	assert_int_equal(policy.rotate_every, 30 * 86400);
	assert_int_equal(policy.verifier_cache, 3600);
	assert_int_equal(policy.propagation, 60);
	assert_int_equal(policy.clock_skew, 60);
	assert_int_equal(policy.max_ttl, 86400);
	assert_int_equal(policy.max_keys, 20);
}

static void keys_are_delivered_where_destinations_are_named(void **state)
{
	static char name[] = "/srv/www", *names[] = {name};
	struct mm_config config = config_of(rs256);
	struct mm_policy policy;
	struct mm_err err = {0};
	(void)state;

	assert_ok(mm_policy_from_config(&config, &policy, &err), &err);
	assert_false(policy.delivers);
	config.publish = (struct mm_strings){names, 1};
	assert_ok(mm_policy_from_config(&config, &policy, &err), &err);
	assert_true(policy.delivers);
}

static void publish_wait_is_propagation_and_cache_and_skew(void **state)
{
	const struct mm_policy policy = {
		.propagation = 1, .verifier_cache = 20, .clock_skew = 300, .max_ttl = 4000, .rotate_every = 50000};
	(void)state;

	assert_int_equal(mm_policy_publish_wait(&policy), 321);
}

static void retire_wait_is_propagation_and_lifetime_and_skew(void **state)
{
	const struct mm_policy policy = {
		.propagation = 1, .verifier_cache = 20, .clock_skew = 300, .max_ttl = 4000, .rotate_every = 50000};
	(void)state;

	assert_int_equal(mm_policy_retire_wait(&policy), 4301);
}

/* docs/decisions/0012: keys are kept for the longest life that any token may have. */
static void a_token_that_may_be_extended_makes_the_waits_a_year_long(void **state)
{
	struct mm_config config = config_of(rs256);
	struct mm_policy policy;
	struct mm_err err = {0};
	(void)state;

	config.tokens.extend_expiration = true;
	assert_ok(mm_policy_from_config(&config, &policy, &err), &err);
	assert_int_equal(policy.max_ttl, 365 * 86400);
	assert_int_equal(mm_policy_retire_wait(&policy), 365 * 86400 + 120);
	config.tokens.max_ttl = 400 * (mm_duration)86400;
	assert_ok(mm_policy_from_config(&config, &policy, &err), &err);
	assert_int_equal(policy.max_ttl, 400 * (mm_duration)86400);
}

static void the_keys_that_an_extension_keeps_must_have_room(void **state)
{
	struct mm_config config = config_of(rs256);
	struct mm_policy policy;
	struct mm_err err = {0};
	(void)state;

	config.tokens.extend_expiration = true;
	config.keys.rotate_every = 7 * 86400;
	assert_fails_saying(mm_policy_from_config(&config, &policy, &err), MM_ECONFIG, &err,
			    "propagation 1m + extend_expiration 365d + clock_skew 1m = 365d2m");
	assert_fails_saying(mm_policy_from_config(&config, &policy, &err), MM_ECONFIG, &err,
			    "accepted: a longer rotate_every, no tokens.extend_expiration, or max_keys up to 100");
}

static void refuses_to_rotate_before_a_successor_can_be_ready(void **state)
{
	struct mm_config config = config_of(rs256);
	struct mm_policy policy;
	struct mm_err err = {0};
	(void)state;

	config.keys.rotate_every = 3719;
	assert_fails_saying(mm_policy_from_config(&config, &policy, &err), MM_ECONFIG, &err,
			    "propagation 1m + verifier_cache 1h + clock_skew 1m = 1h2m");
	assert_fails_saying(mm_policy_from_config(&config, &policy, &err), MM_ECONFIG, &err,
			    "keys.rotate_every: 1h1m59s");
}

/* With a lifetime so short that the number of retired keys is no objection. */
static void rotates_as_often_as_publish_wait_allows(void **state)
{
	struct mm_config config = config_of(rs256);
	struct mm_policy policy;
	struct mm_err err = {0};
	(void)state;

	config.tokens.max_ttl = 3600;
	config.keys.rotate_every = 3720;
	assert_ok(mm_policy_from_config(&config, &policy, &err), &err);
}

/* retire_wait 86520 / rotate_every 8652 = 10 retired keys, and 3 others; one second less makes it 11. */
static void refuses_more_keys_than_the_jwks_may_hold(void **state)
{
	struct mm_config config = config_of(rs256);
	struct mm_policy policy;
	struct mm_err err = {0};
	(void)state;

	config.keys.rotate_every = 8652;
	config.keys.max_keys = 13;
	assert_ok(mm_policy_from_config(&config, &policy, &err), &err);
	config.keys.rotate_every = 8651;
	assert_fails_saying(mm_policy_from_config(&config, &policy, &err), MM_ECONFIG, &err,
			    "hold 14 keys, more than 13: a retired key stays for propagation 1m + max_ttl 1d + "
			    "clock_skew 1m = 1d2m");
	assert_fails_saying(mm_policy_from_config(&config, &policy, &err), MM_ECONFIG, &err,
			    "is 11 retired keys, and 3 others");
}

static void rotating_by_hand_is_held_to_no_schedule(void **state)
{
	struct mm_config config = config_of(rs256);
	struct mm_policy policy;
	struct mm_err err = {0};
	(void)state;

	config.keys.rotate_every = 0;
	config.keys.verifier_cache = 30 * 86400;
	config.keys.max_keys = 2;
	assert_ok(mm_policy_from_config(&config, &policy, &err), &err);
}

static char es256[] = "ES256", hs512[] = "HS512";

static void by_hand_too_there_is_room_for_a_standby_of_each_algorithm(void **state)
{
	char *names[] = {es256, rs256};
	struct mm_config config = config_of(rs256);
	struct mm_policy policy;
	struct mm_err err = {0};
	(void)state;

	config.keys.algorithms = (struct mm_strings){.v = names, .n = 2};
	config.keys.rotate_every = 0;
	config.keys.max_keys = 3;
	assert_fails_saying(mm_policy_from_config(&config, &policy, &err), MM_ECONFIG, &err,
			    "keys.max_keys: found 3; accepted: 4 to 100");
}

static void the_first_of_several_algorithms_is_the_default(void **state)
{
	char *names[] = {es256, rs256};
	struct mm_config config = config_of(rs256);
	struct mm_policy policy;
	struct mm_err err = {0};
	(void)state;

	config.keys.algorithms = (struct mm_strings){.v = names, .n = 2};
	assert_ok(mm_policy_from_config(&config, &policy, &err), &err);
	assert_int_equal(policy.alg_count, 2);
	assert_string_equal(policy.algs[0]->name, "ES256");
	assert_true(mm_policy_has_alg(&policy, test_alg("RS256")));
	assert_false(mm_policy_has_alg(&policy, test_alg("EdDSA")));
}

static void each_algorithm_stands_in_the_list_once_and_is_known(void **state)
{
	char *twice[] = {es256, es256}, *unknown[] = {es256, hs512};
	struct mm_config config = config_of(rs256);
	struct mm_policy policy;
	struct mm_err err = {0};
	(void)state;

	config.keys.algorithms = (struct mm_strings){.v = twice, .n = 2};
	assert_fails_saying(mm_policy_from_config(&config, &policy, &err), MM_ECONFIG, &err,
			    "ES256 stands there twice");
	config.keys.algorithms.v = unknown;
	assert_fails_saying(mm_policy_from_config(&config, &policy, &err), MM_ECONFIG, &err,
			    "keys.algorithms: found HS512");
}

/* 13 keys for one, 26 for two. */
static void each_algorithm_needs_its_own_place_in_the_jwks(void **state)
{
	char *names[] = {es256, rs256};
	struct mm_config config = config_of(rs256);
	struct mm_policy policy;
	struct mm_err err = {0};
	(void)state;

	config.keys.algorithms = (struct mm_strings){.v = names, .n = 2};
	config.keys.rotate_every = 8652;
	config.keys.max_keys = 26;
	assert_ok(mm_policy_from_config(&config, &policy, &err), &err);
	config.keys.max_keys = 25;
	assert_fails_saying(mm_policy_from_config(&config, &policy, &err), MM_ECONFIG, &err,
			    "for each algorithm (there are 2)");
}

static void refuses_an_unknown_algorithm_and_names_the_known_ones(void **state)
{
	static char hs256[] = "HS256";
	const struct mm_config config = config_of(hs256);
	struct mm_policy policy;
	struct mm_err err = {0};
	(void)state;

	assert_fails_saying(mm_policy_from_config(&config, &policy, &err), MM_ECONFIG, &err,
			    "keys.algorithm: found HS256; accepted: RS256");
}

static void a_refused_policy_leaves_the_old_one_alone(void **state)
{
	struct mm_config config = config_of(rs256);
	struct mm_policy policy = {.max_keys = 7};
	(void)state;

	config.keys.rotate_every = 1;
	assert_int_equal(mm_policy_from_config(&config, &policy, NULL), MM_ECONFIG);
	assert_int_equal(policy.max_keys, 7);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(takes_every_value_from_the_configuration),
		cmocka_unit_test(keys_are_delivered_where_destinations_are_named),
		cmocka_unit_test(publish_wait_is_propagation_and_cache_and_skew),
		cmocka_unit_test(retire_wait_is_propagation_and_lifetime_and_skew),
		cmocka_unit_test(a_token_that_may_be_extended_makes_the_waits_a_year_long),
		cmocka_unit_test(the_keys_that_an_extension_keeps_must_have_room),
		cmocka_unit_test(refuses_to_rotate_before_a_successor_can_be_ready),
		cmocka_unit_test(rotates_as_often_as_publish_wait_allows),
		cmocka_unit_test(refuses_more_keys_than_the_jwks_may_hold),
		cmocka_unit_test(rotating_by_hand_is_held_to_no_schedule),
		cmocka_unit_test(by_hand_too_there_is_room_for_a_standby_of_each_algorithm),
		cmocka_unit_test(the_first_of_several_algorithms_is_the_default),
		cmocka_unit_test(each_algorithm_stands_in_the_list_once_and_is_known),
		cmocka_unit_test(each_algorithm_needs_its_own_place_in_the_jwks),
		cmocka_unit_test(refuses_an_unknown_algorithm_and_names_the_known_ones),
		cmocka_unit_test(a_refused_policy_leaves_the_old_one_alone),
	};

	return cmocka_run_group_tests_name("policy", tests, NULL, NULL);
}
