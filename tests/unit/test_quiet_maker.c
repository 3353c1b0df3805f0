/* SPDX-License-Identifier: Apache-2.0 */
#include "issuer/quiet_maker.h"
#include "tests/unit/keyhelp.h"

#include <sys/resource.h>

static int priority_of_probe;
static bool probe_fails;

/* In the place of mm_probe for the code of this program: see Makefile.am. */
enum mm_code __wrap_mm_probe(const struct mm_signer *signer, const struct mm_key *public_key, struct mm_err *err);
enum mm_code __wrap_mm_probe(const struct mm_signer *signer, const struct mm_key *public_key, struct mm_err *err)
{
	(void)signer, (void)public_key;
	priority_of_probe = getpriority(PRIO_PROCESS, 0); /* of the calling thread */
	return probe_fails ? mm_fail(err, MM_ECRYPTO, "libjwt does not verify it") : MM_OK;
}

static void a_key_is_made_and_probed_at_lowest_priority_and_its_caller_stays_as_it_was(void **state)
{
	int before = getpriority(PRIO_PROCESS, 0);
	mm_auto(mm_key) key = NULL;
	struct mm_err err = {0};

	(void)state;
	assert_ok(mm_quiet_maker.make(mm_quiet_maker.arg, test_alg("ES256"), 2048, &key, &err), &err);
	assert_true(mm_key_is_private(key));
	assert_string_equal(mm_key_alg(key)->name, "ES256");
	assert_int_equal(priority_of_probe, 19);
	assert_int_equal(getpriority(PRIO_PROCESS, 0), before);
}

static void what_fails_in_the_thread_fails_for_the_caller(void **state)
{
	mm_auto(mm_key) key = NULL;
	struct mm_err err = {0};

	(void)state;
	probe_fails = true;
	assert_fails(mm_quiet_maker.make(mm_quiet_maker.arg, test_alg("ES256"), 2048, &key, &err), MM_ECRYPTO, &err);
	probe_fails = false;
	assert_null(key);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_key_is_made_and_probed_at_lowest_priority_and_its_caller_stays_as_it_was),
		cmocka_unit_test(what_fails_in_the_thread_fails_for_the_caller),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
