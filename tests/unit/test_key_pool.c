/* SPDX-License-Identifier: Apache-2.0 */
#include "keys/key_pool.h"
#include "tests/unit/keysets.h"

#include <mintmark/manage.h>

static enum mm_code make(void *arg, const struct mm_alg *alg, unsigned rsa_bits, struct mm_key **out,
			 struct mm_err *err)
{
	++*(unsigned *)arg;
	return mm_key_generate(alg, rsa_bits, out, err);
}

/* A key out of the pool; the pool keeps it. */
static const char *deal(struct mm_key_pool *pool, const char *alg)
{
	mm_auto(mm_key) key = NULL;
	struct mm_err err = {0};

	assert_ok(mm_key_pool_make(pool, test_alg(alg), 0, &key, &err), &err);
	return mm_key_kid(key);
}

static void each_key_is_dealt_once(void **state)
{
	unsigned made = 0;
	const struct mm_key_maker maker = {make, &made};
	MM_CLEANUP(mm_key_pool_clear) struct mm_key_pool pool = {.maker = &maker};
	const char *first = deal(&pool, "EdDSA");

	(void)state;
	assert_string_not_equal(deal(&pool, "EdDSA"), first);
	assert_int_equal(made, 2);
}

static void after_a_rewind_the_same_keys_are_dealt_again(void **state)
{
	unsigned made = 0;
	const struct mm_key_maker maker = {make, &made};
	MM_CLEANUP(mm_key_pool_clear) struct mm_key_pool pool = {.maker = &maker};
	const char *eddsa = deal(&pool, "EdDSA"), *es256 = deal(&pool, "ES256");

	(void)state;
	mm_key_pool_rewind(&pool);
	assert_string_equal(deal(&pool, "ES256"), es256);
	assert_string_equal(deal(&pool, "EdDSA"), eddsa);
	assert_int_equal(made, 2);
}

static void it_does_not_go_on_for_ever(void **state)
{
	unsigned made = 0;
	const struct mm_key_maker maker = {make, &made};
	MM_CLEANUP(mm_key_pool_clear) struct mm_key_pool pool = {.maker = &maker};
	mm_auto(mm_key) key = NULL;
	struct mm_err err = {0};

	(void)state;
	for (size_t i = 0; i < MM_COUNT(pool.keys); i++)
		deal(&pool, "EdDSA");
	assert_fails(mm_key_pool_make(&pool, test_alg("EdDSA"), 0, &key, &err), MM_ELIMIT, &err);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_key_is_dealt_once),
		cmocka_unit_test(after_a_rewind_the_same_keys_are_dealt_again),
		cmocka_unit_test(it_does_not_go_on_for_ever),
	};

	return cmocka_run_group_tests_name("key_pool", tests, NULL, NULL);
}
