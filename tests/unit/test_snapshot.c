/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/keysets.h"
#include "tests/unit/tokens.h"

#include <mintmark/snapshot.h>
#include <string.h>

#define NOW ((mm_time)1700000000)

/* A fresh set with one key for each of the named algorithms, NULL at the end. */
static struct mm_keyset *keyset(const char *const algs[])
{
	struct mm_keyset *set;
	struct mm_err err = {0};

	assert_ok(mm_keyset_new(&set, &err), &err);
	for (; *algs; algs++)
		test_add_first(set, test_shared_key(*algs, 0), NOW);
	set->revision = 7;
	set->committed = NOW;
	return set;
}

static struct mm_snapshot *build(const struct mm_config *config, const char *const algs[], bool with_signers)
{
	mm_auto(mm_keyset) set = keyset(algs);
	struct mm_snapshot *snapshot;
	struct mm_err err = {0};

	assert_ok(mm_snapshot_build(config, set, with_signers, NOW, &snapshot, &err), &err);
	return snapshot;
}

static const char *const es256[] = {"ES256", NULL};

static void holds_what_the_configuration_says(void **state)
{
	struct mm_config config = test_config();
	mm_auto(mm_snapshot) snapshot = build(&config, es256, true);

	(void)state;
	assert_int_equal(snapshot->revision, 7);
	assert_string_equal(snapshot->issuer, config.issuer);
	assert_int_equal(snapshot->default_ttl, 3600);
	assert_int_equal(snapshot->max_ttl, 86400);
	assert_int_equal(snapshot->set->count, 1);
	assert_string_equal(snapshot->policy.algs[0]->name, "ES256");
}

static void default_audience_is_the_issuer(void **state)
{
	struct mm_config config = test_config();
	mm_auto(mm_snapshot) snapshot = build(&config, es256, false);

	(void)state;
	assert_int_equal(snapshot->audiences.n, 1);
	assert_string_equal(snapshot->audiences.v[0], config.issuer);
}

static void configured_audiences_replace_the_issuer(void **state)
{
	struct mm_config config = test_config();
	char a[] = "a", b[] = "b", *audiences[] = {a, b};
	mm_auto(mm_snapshot) snapshot = NULL;

	(void)state;
	config.tokens.audiences = (struct mm_strings){audiences, 2};
	snapshot = build(&config, es256, false);
	assert_int_equal(snapshot->audiences.n, 2);
	assert_string_equal(snapshot->audiences.v[0], "a");
	assert_string_equal(snapshot->audiences.v[1], "b");
}

static void one_signer_for_each_algorithm_the_configured_first(void **state)
{
	static const char *const algs[] = {"EdDSA", "ES384", "ES256", "RS256", NULL};
	static const char *const order[] = {"ES256", "RS256", "ES384", "EdDSA"};
	struct mm_config config = test_config();
	mm_auto(mm_snapshot) snapshot = build(&config, algs, true);

	(void)state;
	assert_int_equal(snapshot->signer_count, MM_COUNT(order));
	for (size_t i = 0; i < MM_COUNT(order); i++)
		assert_string_equal(mm_jws_alg(snapshot->signers[i].jws)->name, order[i]);
}

static void several_configured_algorithms_sign_in_their_order(void **state)
{
	static const char *const algs[] = {"EdDSA", "ES256", "ES384", NULL};
	static const char *const order[] = {"ES384", "ES256", "EdDSA"}; /* which is being given up */
	char es384[] = "ES384", es256_text[] = "ES256", *configured[] = {es384, es256_text};
	struct mm_config config = test_config();
	mm_auto(mm_snapshot) snapshot = NULL;

	(void)state;
	config.keys.algorithms = (struct mm_strings){configured, 2};
	snapshot = build(&config, algs, true);
	assert_int_equal(snapshot->signer_count, MM_COUNT(order));
	for (size_t i = 0; i < MM_COUNT(order); i++)
		assert_string_equal(mm_jws_alg(snapshot->signers[i].jws)->name, order[i]);
}

/* Its key is published and waits: until it may sign, the one that signed before is the default. */
static void an_algorithm_that_is_being_introduced_does_not_sign_yet(void **state)
{
	static const char *const algs[] = {"EdDSA", NULL};
	struct mm_config config = test_config();
	mm_auto(mm_keyset) set = keyset(algs);
	mm_auto(mm_snapshot) snapshot = NULL;
	struct mm_policy policy;
	struct mm_err err = {0};

	(void)state;
	assert_ok(mm_policy_from_config(&config, &policy, &err), &err);
	assert_ok(mm_keyset_publish(set, test_shared_key("ES256", 0), &policy, 3720, NOW, &err), &err);
	assert_ok(mm_snapshot_build(&config, set, true, NOW, &snapshot, &err), &err);
	assert_int_equal(snapshot->signer_count, 1);
	assert_string_equal(mm_jws_alg(snapshot->signers[0].jws)->name, "EdDSA");
	assert_contains(snapshot->documents->discovery.body.p, "[\"ES256\",\"EdDSA\"]");
}

static void an_algorithm_without_a_key_leaves_the_others(void **state)
{
	static const char *const algs[] = {"ES384", NULL};
	struct mm_config config = test_config();
	mm_auto(mm_snapshot) snapshot = build(&config, algs, true);

	(void)state;
	assert_int_equal(snapshot->signer_count, 1);
	assert_string_equal(mm_jws_alg(snapshot->signers[0].jws)->name, "ES384");
}

static void make_public(struct mm_key_record *record)
{
	struct mm_key *public_key;
	struct mm_err err = {0};

	assert_ok(mm_key_public(record->key, &public_key, &err), &err);
	mm_key_free(record->key);
	record->key = public_key;
}

static void without_signers_public_keys_are_enough(void **state)
{
	struct mm_config config = test_config();
	mm_auto(mm_keyset) set = keyset(es256);
	mm_auto(mm_snapshot) snapshot = NULL;
	struct mm_err err = {0};

	(void)state;
	make_public(&set->records[0]);
	assert_ok(mm_snapshot_build(&config, set, false, NOW, &snapshot, &err), &err);
	assert_int_equal(snapshot->signer_count, 0);
	assert_int_equal(mm_jwks_count(snapshot->verifiers), 1);
}

/* A load with private keys found the half of the signer missing: nothing is served that cannot sign. */
static void a_signer_whose_private_half_is_missing_is_named(void **state)
{
	struct mm_config config = test_config();
	mm_auto(mm_keyset) set = keyset(es256);
	mm_auto(mm_snapshot) none = NULL;
	mm_auto_buf line = {0};
	struct mm_err err = {0};

	(void)state;
	make_public(&set->records[0]);
	mm_buf_printf(&line, "key %s cannot sign: only its public half is here", mm_key_kid(set->records[0].key));
	assert_int_equal(mm_snapshot_build(&config, set, true, NOW, &none, &err), MM_EREFUSED);
	assert_string_equal(err.text, line.p);
	assert_null(none);
}

static bool verifies(const struct mm_snapshot *snapshot, const struct mm_key_record *record)
{
	return mm_jwks_find(snapshot->verifiers, mm_span_str(mm_key_kid(record->key)));
}

/* Retired, tainted and coming keys verify what they signed or will sign, with the public half alone; gone ones do not. */
static void every_key_that_is_accepted_verifies(void **state)
{
	static const char *const algs[] = {"ES256", "EdDSA", "ES384", NULL};
	struct mm_config config = test_config();
	mm_auto(mm_keyset) set = keyset(algs);
	mm_auto(mm_snapshot) snapshot = NULL;
	struct mm_policy policy;
	struct mm_err err = {0};

	(void)state;
	assert_ok(mm_policy_from_config(&config, &policy, &err), &err);
	assert_ok(mm_keyset_publish(set, test_shared_key("ES256", 1), &policy, 3720, NOW, &err), &err);
	set->records[1].retired = set->records[1].tainted = NOW;
	make_public(&set->records[1]);
	set->records[2].revoked = NOW;
	assert_ok(mm_snapshot_build(&config, set, true, NOW, &snapshot, &err), &err);
	assert_int_equal(mm_jwks_count(snapshot->verifiers), 3);
	assert_true(verifies(snapshot, &set->records[0]));
	assert_true(verifies(snapshot, &set->records[1]));
	assert_false(verifies(snapshot, &set->records[2]));
	assert_true(verifies(snapshot, &set->records[3]));
}

/* HTTP must not promise a longer life than the waits of a rotation count with. */
static void max_age_is_the_verifier_cache_but_at_most_an_hour(void **state)
{
	static const struct {
		mm_duration cache;
		const char *line;
	} rows[] = {{600, "max-age=600\r\n"}, {3600, "max-age=3600\r\n"}, {86400, "max-age=3600\r\n"}};
	struct mm_config config = test_config();

	(void)state;
	for (size_t i = 0; i < MM_COUNT(rows); i++) {
		mm_auto(mm_snapshot) snapshot = NULL;

		config.keys.verifier_cache = rows[i].cache;
		snapshot = build(&config, es256, false);
		assert_contains(snapshot->documents->jwks.headers.p, rows[i].line);
		assert_contains(snapshot->documents->discovery.headers.p, rows[i].line);
	}
}

static void stays_while_somebody_holds_it(void **state)
{
	struct mm_config config = test_config();
	struct mm_snapshot *snapshot = build(&config, es256, true);
	struct mm_snapshot *held = mm_snapshot_ref(snapshot);

	(void)state;
	assert_ptr_equal(held, snapshot);
	mm_snapshot_free(snapshot);
	assert_int_equal(held->revision, 7); /* the sanitizer says more */
	mm_snapshot_free(held);
}

static void does_not_change_with_the_set_it_was_built_from(void **state)
{
	struct mm_config config = test_config();
	mm_auto(mm_keyset) set = keyset(es256);
	mm_auto(mm_snapshot) snapshot = NULL;
	struct mm_err err = {0};

	(void)state;
	assert_ok(mm_snapshot_build(&config, set, true, NOW, &snapshot, &err), &err);
	set->records[0].revoked = NOW;
	assert_non_null(mm_keyset_signer(snapshot->set, NULL, NOW));
}

static void a_signer_signs_for_as_long_as_its_key_is_kept(void **state)
{
	static const char *const algs[] = {"ES256", NULL};
	struct mm_config config = test_config();
	mm_auto(mm_snapshot) promised = build(&config, algs, true);
	mm_auto(mm_snapshot) raised = NULL;

	(void)state;
	assert_int_equal(promised->signers[0].max_ttl, 86400);
	config.tokens.max_ttl = 2 * 86400;
	raised = build(&config, algs, true);
	assert_int_equal(raised->signers[0].max_ttl, 86400);
	assert_int_equal(raised->max_ttl, 2 * 86400);
}

/* Of the signer's promise: the snapshot's own max_ttl stays what was configured. */
static void a_signer_may_sign_for_a_year_where_tokens_are_extended(void **state)
{
	static const char *const algs[] = {"ES256", NULL};
	struct mm_config config = test_config();
	mm_auto(mm_keyset) set = keyset(algs);
	mm_auto(mm_snapshot) snapshot = NULL;
	struct mm_policy policy;
	struct mm_err err = {0};

	(void)state;
	config.tokens.extend_expiration = true;
	assert_ok(mm_policy_from_config(&config, &policy, &err), &err);
	assert_ok(mm_keyset_extend(set, mm_key_kid(set->records[0].key), &policy, &err), &err);
	assert_ok(mm_snapshot_build(&config, set, true, NOW, &snapshot, &err), &err);
	assert_true(snapshot->extend_expiration);
	assert_int_equal(snapshot->signers[0].max_ttl, 365 * 86400);
	assert_int_equal(snapshot->max_ttl, 86400);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_signer_signs_for_as_long_as_its_key_is_kept),
		cmocka_unit_test(a_signer_may_sign_for_a_year_where_tokens_are_extended),
		cmocka_unit_test(holds_what_the_configuration_says),
		cmocka_unit_test(default_audience_is_the_issuer),
		cmocka_unit_test(configured_audiences_replace_the_issuer),
		cmocka_unit_test(one_signer_for_each_algorithm_the_configured_first),
		cmocka_unit_test(several_configured_algorithms_sign_in_their_order),
		cmocka_unit_test(an_algorithm_that_is_being_introduced_does_not_sign_yet),
		cmocka_unit_test(an_algorithm_without_a_key_leaves_the_others),
		cmocka_unit_test(without_signers_public_keys_are_enough),
		cmocka_unit_test(a_signer_whose_private_half_is_missing_is_named),
		cmocka_unit_test(every_key_that_is_accepted_verifies),
		cmocka_unit_test(max_age_is_the_verifier_cache_but_at_most_an_hour),
		cmocka_unit_test(stays_while_somebody_holds_it),
		cmocka_unit_test(does_not_change_with_the_set_it_was_built_from),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
