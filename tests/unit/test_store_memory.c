/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/store_contract.h"

static struct store_fixture fixture;

static int open_store(void **state)
{
	assert_ok(mm_store_open_memory(&fixture.store, NULL), NULL);
	*state = &fixture;
	return 0;
}

static int close_store(void **state)
{
	mm_store_free(store_of(state));
	return 0;
}

static void two_stores_know_nothing_of_each_other(void **state)
{
	mm_auto(mm_keyset) set = test_first_set();
	mm_auto(mm_store) other = NULL;
	struct mm_keyset *loaded = NULL;

	store_committed(store_of(state), set);
	assert_ok(mm_store_open_memory(&other, NULL), NULL);
	assert_int_equal(mm_store_load(other, MM_LOAD_PUBLIC, &loaded, NULL), MM_ENOTFOUND);
}

static void closing_nothing_does_nothing(void **state)
{
	(void)state;
	mm_store_free(NULL);
}

int main(void)
{
	struct CMUnitTest tests[STORE_CONTRACT_TESTS + 2] = {
		cmocka_unit_test_setup_teardown(two_stores_know_nothing_of_each_other, open_store, close_store),
		cmocka_unit_test(closing_nothing_does_nothing),
	};

	store_contract(tests + 2, open_store, close_store);
	return cmocka_run_group_tests_name("store_memory", tests, NULL, NULL);
}
