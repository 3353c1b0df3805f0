/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/keysets.h"

#include "cli/dev_issuers.h"

#include <mintmark/snapshot.h>
#include <string.h>

#define BASE "http://127.0.0.1:8080"

static const struct mm_strings none;

static struct mm_dev_setting setting(void)
{
	return (struct mm_dev_setting){.public = "127.0.0.1:0",
				       .admin = "[::1]:0",
				       .alg = test_alg("ES256"),
				       .audiences = &none,
				       .workers = 3,
				       .log_level = "warn"};
}

static struct mm_config *config_of(const struct mm_dev_setting *from, const char *issuer)
{
	struct mm_config *config;
	struct mm_err err = {0};

	assert_ok(mm_dev_config(from, issuer, &config, &err), &err);
	return config;
}

static void the_configuration_is_what_was_set(void **state)
{
	struct mm_dev_setting wished = setting();
	mm_auto(mm_config) config = config_of(&wished, BASE);

	(void)state;
	assert_string_equal(config->issuer, BASE);
	assert_string_equal(config->listen.public, "127.0.0.1:0");
	assert_string_equal(config->listen.admin, "[::1]:0");
	assert_string_equal(config->keys.algorithm, "ES256");
	assert_int_equal(config->http.workers, 3);
	assert_int_equal(config->log.level, MM_LOG_WARN);
	assert_null(config->tls.certificate);
	assert_true(config->service_accounts.any);
	assert_true(config->bound_objects.any);
}

static void no_key_waits_and_none_rotates(void **state)
{
	struct mm_dev_setting wished = setting();
	mm_auto(mm_config) config = config_of(&wished, BASE);
	struct mm_policy policy;
	struct mm_err err = {0};

	(void)state;
	assert_ok(mm_policy_from_config(config, &policy, &err), &err);
	assert_int_equal(mm_policy_publish_wait(&policy), 0);
	assert_int_equal(policy.rotate_every, 0);
}

static void texts_are_taken_as_they_are(void **state)
{
	static char odd[] = "a\"b\\c: [x]\n- {y} \xe2\x80\xa8#", plain[] = "true";
	static char *texts[] = {odd, plain};
	const struct mm_strings audiences = {texts, 2};
	struct mm_dev_setting wished = setting();
	mm_auto(mm_config) config = NULL;

	(void)state;
	wished.audiences = &audiences;
	config = config_of(&wished, BASE);
	assert_true(mm_strings_eq(&config->tokens.audiences, &audiences));
}

static void what_is_not_utf8_is_refused(void **state)
{
	static char broken[] = "\xff";
	static char *texts[] = {broken};
	const struct mm_strings audiences = {texts, 1};
	struct mm_dev_setting wished = setting();
	mm_auto(mm_config) config = NULL;
	struct mm_err err = {0};

	(void)state;
	wished.audiences = &audiences;
	assert_fails_saying(mm_dev_config(&wished, BASE, &config, &err), MM_EUSAGE, &err, "--audience: not UTF-8");
}

static void an_audience_stands_there_once(void **state)
{
	static char twice[] = "a";
	static char *texts[] = {twice, twice};
	const struct mm_strings audiences = {texts, 2};
	struct mm_dev_setting wished = setting();
	mm_auto(mm_config) config = NULL;
	struct mm_err err = {0};

	(void)state;
	wished.audiences = &audiences;
	assert_fails_saying(mm_dev_config(&wished, BASE, &config, &err), MM_EUSAGE, &err, "--audience a: given twice");
}

static void issuers_stand_at_their_paths_with_keys_of_their_own(void **state)
{
	static char a[] = "a", b[] = "tenants/b";
	static char *texts[] = {a, b};
	const struct mm_strings paths = {texts, 2};
	static const char *const urls[] = {BASE, BASE "/a", BASE "/tenants/b"};
	struct mm_dev_setting wished = setting();
	MM_CLEANUP(mm_dev_issuers_clear) struct mm_dev_issuers issuers = {0};
	struct mm_err err = {0};
	char signers[3][MM_KID_SIZE];

	(void)state;
	assert_ok(mm_dev_issuers_make(&wished, BASE, &paths, &issuers, &err), &err);
	assert_int_equal(issuers.count, 3);
	for (size_t i = 0; i < 3; i++) {
		mm_auto(mm_keyset) set = NULL;

		assert_string_equal(issuers.v[i].config->issuer, urls[i]);
		assert_ok(mm_store_load(issuers.v[i].store, MM_LOAD_PRIVATE, &set, &err), &err);
		strcpy(signers[i], mm_key_kid(mm_keyset_signer(set, NULL, MM_NEVER)->key));
		assert_int_equal(mm_keyset_standby_count(set, wished.alg), 1);
	}
	assert_string_not_equal(signers[0], signers[1]);
	assert_string_not_equal(signers[1], signers[2]);
}

static void paths_that_no_issuer_could_have_are_refused(void **state)
{
	static char same[] = "a", slash[] = "/a", behind[] = "a/", query[] = "a?b";
	static char *rows[][2] = {{same, same}, {same, slash}, {same, behind}, {same, query}};
	struct mm_dev_setting wished = setting();

	(void)state;
	for (size_t i = 0; i < MM_COUNT(rows); i++) {
		const struct mm_strings paths = {rows[i], 2};
		MM_CLEANUP(mm_dev_issuers_clear) struct mm_dev_issuers issuers = {0};
		struct mm_err err = {0};
		mm_auto_buf flag = {0};

		mm_buf_printf(&flag, "--path %s: ", rows[i][1]);
		assert_fails_saying(mm_dev_issuers_make(&wished, BASE, &paths, &issuers, &err), MM_EUSAGE, &err,
				    flag.p);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_configuration_is_what_was_set),
		cmocka_unit_test(no_key_waits_and_none_rotates),
		cmocka_unit_test(texts_are_taken_as_they_are),
		cmocka_unit_test(what_is_not_utf8_is_refused),
		cmocka_unit_test(an_audience_stands_there_once),
		cmocka_unit_test(issuers_stand_at_their_paths_with_keys_of_their_own),
		cmocka_unit_test(paths_that_no_issuer_could_have_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
