/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/keysets.h"

#include "cli/keyname.h"

#include <string.h>

/* A signer and a standby with real kids, and twelve planned keys, whose kids begin alike: planned-1 to planned-12. */
static struct mm_keyset *set;
static struct mm_policy policy;
static struct mm_call call;
static struct mm_err err;
static const struct mm_key_record *found;

static int make_set(void **state)
{
	(void)state;
	policy = test_policy_for("EdDSA", "ES256");
	set = test_first_set();
	for (unsigned i = 1; i <= 12; i++) {
		mm_auto(mm_key) key = NULL;

		assert_ok(mm_key_planned(test_alg("EdDSA"), i, &key, &err), &err);
		assert_ok(mm_keyset_publish(set, key, &policy, 0, T0, &err), &err);
	}
	memset(&call, 0, sizeof call);
	return 0;
}

static int free_set(void **state)
{
	(void)state;
	mm_keyset_free(set);
	return 0;
}

static enum mm_code look(const char *name)
{
	return mm_key_by_name(&call, set, &policy, NULL, name, T0, &found, &err);
}

static void a_kid_is_that_key(void **state)
{
	(void)state;
	assert_ok(look(mm_key_kid(set->records[1].key)), &err);
	assert_ptr_equal(found, &set->records[1]);
}

static void active_is_the_signer_of_the_algorithm(void **state)
{
	(void)state;
	assert_ok(look("active"), &err);
	assert_ptr_equal(found, &set->records[0]);
	assert_int_equal(mm_key_by_name(&call, set, &policy, policy.algs[1], "active", T0, &found, &err), MM_ENOTFOUND);
	assert_string_equal(err.text, "no key for ES256 is active");
	mm_err_clear(&err);
}

/* Nobody should have to look up algorithms before revoking what signs. */
static void active_is_what_signs_while_another_algorithm_is_introduced(void **state)
{
	(void)state;
	policy = test_policy_for("ES256", "EdDSA");
	assert_ok(look("active"), &err);
	assert_ptr_equal(found, &set->records[0]);
	policy = test_policy_for("ES256", NULL);
	assert_ok(look("active"), &err);
	assert_ptr_equal(found, &set->records[0]);
}

static void the_beginning_of_a_kid_will_do(void **state)
{
	char beginning[MM_KEY_PREFIX_MIN + 1] = {0};
	(void)state;

	memcpy(beginning, mm_key_kid(set->records[1].key), MM_KEY_PREFIX_MIN);
	assert_ok(look(beginning), &err);
	assert_ptr_equal(found, &set->records[1]);
}

static void a_shorter_beginning_is_refused_with_what_would_do(void **state)
{
	char beginning[MM_KEY_PREFIX_MIN] = {0};
	(void)state;

	memcpy(beginning, mm_key_kid(set->records[1].key), MM_KEY_PREFIX_MIN - 1);
	assert_fails_saying(look(beginning), MM_ENOTFOUND, &err, "its first 8 characters or more, or active");
}

static void a_kid_that_begins_another_one_is_meant_by_itself(void **state)
{
	(void)state;
	assert_ok(look("planned-1"), &err);
	assert_string_equal(mm_key_kid(found->key), "planned-1");
}

static void a_beginning_of_several_kids_is_refused_and_they_are_named(void **state)
{
	(void)state;
	set->records[2].removed = T0; /* planned-1: what is meant may be a tombstone */
	assert_fails_saying(look("planned-"), MM_ENOTFOUND, &err, "12 kids begin with planned-");
	assert_null(found);
	assert_string_equal(call.hint, "planned-1 (removed), planned-2 (ready), planned-3 (ready), planned-4 (ready), "
				       "planned-5 (ready); 'mintmark key list' lists all");
}

static void an_unknown_kid_is_refused_and_those_that_are_served_are_named(void **state)
{
	char expected[256];
	(void)state;

	set->count = 3;
	set->records[2].removed = T0;
	snprintf(expected, sizeof expected, "%s (active), %s (ready)", mm_key_kid(set->records[0].key),
		 mm_key_kid(set->records[1].key));
	assert_fails_saying(look("nobody-has-this"), MM_ENOTFOUND, &err, "there is no key nobody-has-this");
	assert_string_equal(call.hint, expected);
	set->count = 14;
}

#define with_set(test) cmocka_unit_test_setup_teardown(test, make_set, free_set)

int main(void)
{
	const struct CMUnitTest tests[] = {
		with_set(a_kid_is_that_key),
		with_set(active_is_the_signer_of_the_algorithm),
		with_set(active_is_what_signs_while_another_algorithm_is_introduced),
		with_set(the_beginning_of_a_kid_will_do),
		with_set(a_shorter_beginning_is_refused_with_what_would_do),
		with_set(a_kid_that_begins_another_one_is_meant_by_itself),
		with_set(a_beginning_of_several_kids_is_refused_and_they_are_named),
		with_set(an_unknown_kid_is_refused_and_those_that_are_served_are_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
