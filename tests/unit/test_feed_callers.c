/* SPDX-License-Identifier: Apache-2.0 */
/* With an admin listener: what is loaded for it, and who is known when. */
#include "tests/unit/feeding.h"
#include "tests/unit/keysets.h"

#include <stdio.h>
#include <string.h>

#define TOKENS_CONFIG "keys: {algorithm: EdDSA}\ncallers: {tokens: tokens.csv}\n"

/* Who a bearer token is, by what is live; NULL: nobody. */
static const char *caller_of(struct feeding *feeding, const char *header)
{
	static char name[64];
	const struct mm_credentials credentials = {.authorization_count = 1, .authorization = mm_span_str(header)};
	const struct mm_live *now = feeding_live(feeding);
	struct mm_identity identity = {0};
	enum mm_code code = mm_authenticate(now->callers, now->issuers[0].snapshot, now->directory, &credentials, T0,
					    &identity, NULL);

	snprintf(name, sizeof name, "%s", code == MM_OK ? identity.user->name : "");
	mm_identity_clear(&identity);
	return code == MM_OK ? name : NULL;
}

static void write_tokens(struct feeding *feeding, const char *text)
{
	test_file_write(feeding->dir.fd, "new.csv", text, 0600);
	assert_int_equal(renameat(feeding->dir.fd, "new.csv", feeding->dir.fd, "tokens.csv"), 0);
}

static void start_with_tokens(struct feeding *feeding)
{
	write_tokens(feeding, "secret,alice,1\n");
	feeding_write_config(feeding, TOKENS_CONFIG);
	feeding_load_config(feeding);
	feeding->feed.admin = true;
	feeding_start(feeding);
}

static void without_an_admin_listener_no_private_key_is_loaded_and_nobody_known(void **state)
{
	struct feeding *feeding = *state;

	feeding_start(feeding);
	assert_int_equal(feeding->store.loaded, MM_LOAD_PUBLIC);
	assert_int_equal(feeding_live(feeding)->issuers[0].snapshot->signer_count, 0);
	assert_null(feeding_live(feeding)->callers);
	assert_null(feeding_live(feeding)->rules);
	assert_null(feeding_live(feeding)->directory);
}

static void with_an_admin_listener_what_is_served_can_sign_also_after_a_reload(void **state)
{
	struct feeding *feeding = *state;

	start_with_tokens(feeding);
	assert_int_equal(feeding->store.loaded, MM_LOAD_PRIVATE);
	assert_int_equal(feeding_live(feeding)->issuers[0].snapshot->signer_count, 1);
	feeding_write_config(feeding, TOKENS_CONFIG "http: {idle_timeout: 7s}\n");
	mm_feed_check(&feeding->feed);
	assert_int_equal(feeding_done(feeding, MM_RELOAD_CONFIG), 1);
	assert_int_equal(feeding_live(feeding)->issuers[0].snapshot->signer_count, 1);
	assert_non_null(feeding_live(feeding)->rules);
	assert_non_null(feeding_live(feeding)->directory);
}

/* The standby of the set is revoked, and from then on no private half can be read. */
static void revoke_and_lose(struct feeding *feeding)
{
	feeding->set->records[1].revoked = T0 + 1;
	feeding_commit(feeding);
	feeding->store.trouble = "no private half";
	feeding->store.private_alone = true;
	mm_feed_check(&feeding->feed);
}

static void a_revocation_is_served_although_a_private_half_cannot_be_read(void **state)
{
	struct feeding *feeding = *state;
	const struct mm_snapshot *snapshot;

	start_with_tokens(feeding);
	revoke_and_lose(feeding);
	snapshot = feeding_live(feeding)->issuers[0].snapshot;
	assert_int_equal(snapshot->revision, 2);
	assert_null(strstr(snapshot->documents->jwks.body.p, mm_key_kid(feeding->set->records[1].key)));
	assert_int_equal(snapshot->signer_count, 1);
	assert_non_null(feeding_live(feeding)->not_ready);
	assert_int_equal(feeding_count_logged(feeding, "no private half"), 1);
}

static void what_is_held_is_not_put_in_place_again_each_second(void **state)
{
	struct feeding *feeding = *state;
	const struct mm_live *live;

	start_with_tokens(feeding);
	revoke_and_lose(feeding);
	live = feeding_live(feeding);
	mm_feed_check(&feeding->feed);
	assert_ptr_equal(feeding_live(feeding), live);
	feeding->store.trouble = NULL;
	mm_feed_check(&feeding->feed);
	assert_null(feeding_live(feeding)->not_ready);
}

static void callers_are_known_from_the_start_and_counted_as_no_reload(void **state)
{
	struct feeding *feeding = *state;

	start_with_tokens(feeding);
	assert_string_equal(caller_of(feeding, "Bearer secret"), "alice");
	mm_feed_check(&feeding->feed);
	assert_int_equal(feeding_done(feeding, MM_RELOAD_CALLERS), 0);
}

static void callers_that_cannot_be_read_at_the_start_are_fatal(void **state)
{
	struct feeding *feeding = *state;
	struct mm_err err = {0};

	write_tokens(feeding, "secret\n");
	feeding_write_config(feeding, TOKENS_CONFIG);
	feeding_load_config(feeding);
	feeding->feed.admin = true;
	assert_fails(mm_feed_start(&feeding->feed, &err), MM_ECONFIG, &err);
}

static void a_changed_token_file_holds_at_the_next_check(void **state)
{
	struct feeding *feeding = *state;

	start_with_tokens(feeding);
	write_tokens(feeding, "another,bob,2\n");
	mm_feed_check(&feeding->feed);
	assert_string_equal(caller_of(feeding, "Bearer another"), "bob");
	assert_null(caller_of(feeding, "Bearer secret"));
	assert_int_equal(feeding_done(feeding, MM_RELOAD_CALLERS), 1);
}

static void a_token_file_that_is_wrong_keeps_the_old_callers_and_is_said_once(void **state)
{
	struct feeding *feeding = *state;

	start_with_tokens(feeding);
	write_tokens(feeding, "secret,alice,1\nanother\n");
	mm_feed_check(&feeding->feed);
	mm_feed_check(&feeding->feed);
	assert_string_equal(caller_of(feeding, "Bearer secret"), "alice");
	assert_int_equal(feeding_failed(feeding, MM_RELOAD_CALLERS), 1);
	assert_int_equal(feeding_count_logged(feeding, "the new callers are not used; the old ones stay"), 1);
	assert_null(feeding_live(feeding)->not_ready);
}

static void a_wrong_token_file_stands_in_the_way_of_no_other_change(void **state)
{
	struct feeding *feeding = *state;

	start_with_tokens(feeding);
	write_tokens(feeding, "another\n");
	feeding_write_config(feeding, TOKENS_CONFIG "http: {idle_timeout: 7s}\n");
	mm_feed_check(&feeding->feed);
	assert_int_equal(feeding_live(feeding)->settings.idle_timeout_ns, INT64_C(7000000000));
	assert_string_equal(caller_of(feeding, "Bearer secret"), "alice");
}

/* Rules and callers of two configurations must never meet. */
static void a_configuration_that_names_a_wrong_token_file_changes_nothing(void **state)
{
	struct feeding *feeding = *state;
	const struct mm_live *before;

	start_with_tokens(feeding);
	before = feeding_live(feeding);
	test_file_write(feeding->dir.fd, "other.csv", "another\n", 0600);
	feeding_write_config(feeding, "keys: {algorithm: EdDSA}\ncallers: {tokens: other.csv}\n");
	mm_feed_check(&feeding->feed);
	assert_ptr_equal(feeding_live(feeding), before);
	assert_int_equal(feeding_failed(feeding, MM_RELOAD_CONFIG), 1);
}

static void a_configuration_that_names_another_token_file_brings_its_callers(void **state)
{
	struct feeding *feeding = *state;

	start_with_tokens(feeding);
	test_file_write(feeding->dir.fd, "other.csv", "another,bob,2\n", 0600);
	feeding_write_config(feeding, "keys: {algorithm: EdDSA}\ncallers: {tokens: other.csv}\n");
	mm_feed_check(&feeding->feed);
	assert_string_equal(caller_of(feeding, "Bearer another"), "bob");
	assert_null(caller_of(feeding, "Bearer secret"));
}

static void a_test_authors_token_is_the_only_caller_and_may_do_everything(void **state)
{
	struct feeding *feeding = *state;
	const struct mm_user dev = {.name = (char[]){"dev"}};
	const struct mm_question question = {.user = &dev, .privilege = MM_PRIV_DEV};
	struct mm_decision decision;

	feeding->feed.dev_token = "once";
	start_with_tokens(feeding);
	assert_string_equal(caller_of(feeding, "Bearer once"), "dev");
	assert_null(caller_of(feeding, "Bearer secret"));
	mm_rules_decide(feeding_live(feeding)->rules, &question, &decision);
	assert_true(decision.allowed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FEED_TEST(without_an_admin_listener_no_private_key_is_loaded_and_nobody_known),
		FEED_TEST(with_an_admin_listener_what_is_served_can_sign_also_after_a_reload),
		FEED_TEST(a_revocation_is_served_although_a_private_half_cannot_be_read),
		FEED_TEST(what_is_held_is_not_put_in_place_again_each_second),
		FEED_TEST(callers_are_known_from_the_start_and_counted_as_no_reload),
		FEED_TEST(callers_that_cannot_be_read_at_the_start_are_fatal),
		FEED_TEST(a_changed_token_file_holds_at_the_next_check),
		FEED_TEST(a_token_file_that_is_wrong_keeps_the_old_callers_and_is_said_once),
		FEED_TEST(a_wrong_token_file_stands_in_the_way_of_no_other_change),
		FEED_TEST(a_configuration_that_names_a_wrong_token_file_changes_nothing),
		FEED_TEST(a_configuration_that_names_another_token_file_brings_its_callers),
		FEED_TEST(a_test_authors_token_is_the_only_caller_and_may_do_everything),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
