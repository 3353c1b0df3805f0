/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a change does to what is served, and what a failure does not. Files are watched by what they are, not by when.
 */
#include "issuer/http/feed.h"
#include "tests/unit/keysets.h"
#include "tests/unit/tlspair.h"
#include "tests/unit/tokens.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* Memory, which cannot be read while `trouble` is set. */
struct fragile_store {
	struct mm_store store;
	struct mm_store *memory;
	const char *trouble;
	enum mm_store_load loaded; /* what was asked for last */
};

static enum mm_code fragile_load(struct mm_store *store, enum mm_store_load what, struct mm_keyset **out,
				 struct mm_err *err)
{
	struct fragile_store *fragile = (struct fragile_store *)store;

	fragile->loaded = what;
	if (fragile->trouble)
		return mm_fail(err, MM_EIO, "%s", fragile->trouble);
	return mm_store_load(fragile->memory, what, out, err);
}

static bool fragile_changed(struct mm_store *store)
{
	return mm_store_changed(((struct fragile_store *)store)->memory);
}

static const struct mm_store_ops fragile_ops = {.load = fragile_load, .changed = fragile_changed};

static bool no_live_object;

/* In the place of mm_live_new for the code of this program: see Makefile.am. */
enum mm_code __real_mm_live_new(const struct mm_live_parts *parts, struct mm_live **out, struct mm_err *err);
enum mm_code __wrap_mm_live_new(const struct mm_live_parts *parts, struct mm_live **out, struct mm_err *err);
enum mm_code __wrap_mm_live_new(const struct mm_live_parts *parts, struct mm_live **out, struct mm_err *err)
{
	return no_live_object ? mm_fail(err, MM_ENOMEM, "out of memory") : __real_mm_live_new(parts, out, err);
}

/* A feed and all that it borrows. */
struct fixture {
	struct test_dir dir;
	struct mm_log log;
	struct fragile_store store;
	struct mm_keyset *set;
	struct mm_config *config;
	struct mm_reload_stats stats;
	struct mm_live_slot slot;
	struct mm_live_view view;
	struct mm_feed_source sources[2];
	struct mm_feed feed;
};

/* Writes what follows the issuer into the configuration file, which is another file from then on. */
static void write_config(struct fixture *fixture, const char *rest)
{
	mm_auto_buf text = {0};

	mm_buf_printf(&text, "issuer: https://h.example\n%s", rest);
	test_file_write(fixture->dir.fd, "new.yaml", text.p, 0600);
	assert_int_equal(renameat(fixture->dir.fd, "new.yaml", fixture->dir.fd, "m.yaml"), 0);
}

static void load_config(struct fixture *fixture)
{
	struct mm_err err = {0};

	mm_config_free(fixture->config);
	assert_ok(mm_config_load(test_dir_path(&fixture->dir, "m.yaml"), &fixture->config, &err), &err);
	fixture->sources[0].config = fixture->config;
}

static void commit(struct fixture *fixture)
{
	struct mm_err err = {0};

	assert_ok(mm_store_commit(fixture->store.memory, fixture->set, fixture->set->revision, &test_actor, T0, &err),
		  &err);
}

static int setup(void **state)
{
	struct fixture *fixture = calloc(1, sizeof *fixture);
	struct mm_err err = {0};

	assert_non_null(fixture);
	test_dir_make(&fixture->dir);
	fixture->log = (struct mm_log){.fd = memfd_create("log", MFD_CLOEXEC), .level = MM_LOG_INFO};
	fixture->store.store.ops = &fragile_ops;
	assert_ok(mm_store_open_memory(&fixture->store.memory, &err), &err);
	fixture->set = test_first_set();
	commit(fixture);
	write_config(fixture, "keys: {algorithm: EdDSA}\n");
	mm_live_slot_init(&fixture->slot);
	fixture->sources[0].store = &fixture->store.store;
	fixture->feed = (struct mm_feed){
		.sources = fixture->sources,
		.source_count = 1,
		.log = &fixture->log,
		.stats = &fixture->stats,
		.slot = &fixture->slot,
	};
	load_config(fixture);
	*state = fixture;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *fixture = *state;

	mm_feed_clear(&fixture->feed);
	mm_live_view_clear(&fixture->view);
	mm_live_slot_clear(&fixture->slot);
	mm_keyset_free(fixture->set);
	mm_store_free(fixture->store.memory);
	mm_config_free(fixture->config);
	close(fixture->log.fd);
	test_dir_remove(&fixture->dir);
	free(fixture);
	return 0;
}

static void start(struct fixture *fixture)
{
	static char path[512];
	struct mm_err err = {0};

	snprintf(path, sizeof path, "%s", test_dir_path(&fixture->dir, "m.yaml"));
	fixture->feed.config_path = path;
	assert_ok(mm_feed_start(&fixture->feed, &err), &err);
}

static const struct mm_live *live(struct fixture *fixture)
{
	return mm_live_look(&fixture->slot, &fixture->view);
}

static int count_logged(const struct fixture *fixture, const char *part)
{
	static char text[65536];
	ssize_t len = pread(fixture->log.fd, text, sizeof text - 1, 0);
	int n = 0;

	assert_true(len >= 0);
	text[len] = '\0';
	for (const char *at = text; (at = strstr(at, part)); at++)
		n++;
	return n;
}

static uint64_t done(const struct fixture *fixture, enum mm_reload what)
{
	return mm_counter_get(&fixture->stats.done[what]);
}

static uint64_t failed(const struct fixture *fixture, enum mm_reload what)
{
	return mm_counter_get(&fixture->stats.failed[what]);
}

static void what_is_there_at_the_start_is_served_and_counts_as_no_reload(void **state)
{
	struct fixture *fixture = *state;

	start(fixture);
	assert_int_equal(live(fixture)->issuers[0].snapshot->revision, 1);
	assert_null(live(fixture)->not_ready);
	for (int what = 0; what < MM_RELOAD_COUNT; what++)
		assert_int_equal(done(fixture, what) + failed(fixture, what), 0);
}

static void a_key_set_that_cannot_be_read_at_the_start_is_fatal(void **state)
{
	struct fixture *fixture = *state;
	struct mm_err err = {0};

	fixture->store.trouble = "the disk is gone";
	assert_fails(mm_feed_start(&fixture->feed, &err), MM_EIO, &err);
}

static void nothing_new_changes_nothing(void **state)
{
	struct fixture *fixture = *state;
	const struct mm_live *before;

	start(fixture);
	before = live(fixture);
	mm_feed_check(&fixture->feed);
	assert_ptr_equal(live(fixture), before);
}

static void a_commit_is_served_at_the_next_check(void **state)
{
	struct fixture *fixture = *state;

	start(fixture);
	commit(fixture);
	mm_feed_check(&fixture->feed);
	assert_int_equal(live(fixture)->issuers[0].snapshot->revision, 2);
	assert_int_equal(done(fixture, MM_RELOAD_STORE), 1);
}

static void a_key_set_that_cannot_be_read_is_served_on_and_said_once(void **state)
{
	struct fixture *fixture = *state;

	start(fixture);
	commit(fixture);
	fixture->store.trouble = "the disk is gone";
	mm_feed_check(&fixture->feed);
	mm_feed_check(&fixture->feed);
	assert_int_equal(live(fixture)->issuers[0].snapshot->revision, 1);
	assert_string_equal(live(fixture)->not_ready, "the key set cannot be read");
	assert_int_equal(failed(fixture, MM_RELOAD_STORE), 2);
	assert_int_equal(count_logged(fixture, "the disk is gone"), 1);
}

static void another_reason_is_said_too(void **state)
{
	struct fixture *fixture = *state;

	start(fixture);
	commit(fixture);
	fixture->store.trouble = "the disk is gone";
	mm_feed_check(&fixture->feed);
	fixture->store.trouble = "the disk is back, but empty";
	mm_feed_check(&fixture->feed);
	assert_int_equal(count_logged(fixture, "but empty"), 1);
}

static void a_key_set_that_can_be_read_again_is_served_without_a_commit(void **state)
{
	struct fixture *fixture = *state;

	start(fixture);
	commit(fixture);
	fixture->store.trouble = "the disk is gone";
	mm_feed_check(&fixture->feed);
	fixture->store.trouble = NULL;
	mm_feed_check_stores(&fixture->feed);
	assert_int_equal(live(fixture)->issuers[0].snapshot->revision, 2);
	assert_null(live(fixture)->not_ready);
}

static void a_changed_configuration_is_in_force_at_the_next_check(void **state)
{
	struct fixture *fixture = *state;

	start(fixture);
	write_config(fixture, "keys: {algorithm: EdDSA}\nhttp: {idle_timeout: 7s, max_connections: 17}\n");
	mm_feed_check(&fixture->feed);
	assert_int_equal(live(fixture)->settings.idle_timeout_ns, INT64_C(7000000000));
	assert_int_equal(live(fixture)->settings.max_connections, 17);
	assert_int_equal(done(fixture, MM_RELOAD_CONFIG), 1);
}

static void no_configuration_gets_more_connections_than_are_allowed(void **state)
{
	struct fixture *fixture = *state;

	fixture->feed.connections_allowed = 100;
	start(fixture);
	assert_int_equal(live(fixture)->settings.max_connections, 100);
	write_config(fixture, "keys: {algorithm: EdDSA}\nhttp: {max_connections: 50}\n");
	mm_feed_check(&fixture->feed);
	assert_int_equal(live(fixture)->settings.max_connections, 50);
}

static void a_wrong_configuration_leaves_the_old_one_in_force(void **state)
{
	struct fixture *fixture = *state;
	const struct mm_live *before;

	start(fixture);
	before = live(fixture);
	write_config(fixture, "http: {idle_timeout: 7s, workers: many}\n");
	mm_feed_check(&fixture->feed);
	assert_ptr_equal(live(fixture), before);
	assert_ptr_equal(mm_feed_config(&fixture->feed), fixture->config);
	assert_int_equal(failed(fixture, MM_RELOAD_CONFIG), 1);
	mm_feed_check(&fixture->feed);
	assert_int_equal(failed(fixture, MM_RELOAD_CONFIG), 1); /* it is the same file */
}

/* What a reload says of the configuration in force, and what is served, must not part ways. */
static void without_a_live_object_nothing_is_swapped_and_all_is_tried_again(void **state)
{
	struct fixture *fixture = *state;
	const struct mm_live *before;

	start(fixture);
	before = live(fixture);
	write_config(fixture, "keys: {algorithm: EdDSA}\nhttp: {idle_timeout: 7s}\n");
	commit(fixture);
	no_live_object = true;
	mm_feed_check(&fixture->feed);
	mm_feed_check(&fixture->feed);
	no_live_object = false;
	assert_ptr_equal(live(fixture), before);
	assert_ptr_equal(mm_feed_config(&fixture->feed), fixture->config);
	assert_ptr_equal(fixture->feed.snapshots[0], before->issuers[0].snapshot);
	assert_int_equal(failed(fixture, MM_RELOAD_CONFIG), 2);
	assert_int_equal(count_logged(fixture, "the new configuration is not used"), 1);
	mm_feed_check(&fixture->feed);
	assert_int_equal(live(fixture)->settings.idle_timeout_ns, INT64_C(7000000000));
	assert_int_equal(live(fixture)->issuers[0].snapshot->revision, 2);
	assert_null(live(fixture)->not_ready);
}

static void an_option_that_is_fixed_is_named_and_kept(void **state)
{
	struct fixture *fixture = *state;

	start(fixture);
	write_config(fixture, "keys: {algorithm: EdDSA}\nlisten: {public: '127.0.0.1:1'}\n");
	mm_feed_check(&fixture->feed);
	assert_string_equal(mm_feed_config(&fixture->feed)->listen.public, fixture->config->listen.public);
	assert_int_equal(count_logged(fixture, "option=listen.public"), 1);
}

static void a_reload_loads_what_did_not_change(void **state)
{
	struct fixture *fixture = *state;

	start(fixture);
	mm_feed_reload(&fixture->feed);
	assert_int_equal(done(fixture, MM_RELOAD_CONFIG), 1);
	assert_int_equal(done(fixture, MM_RELOAD_STORE), 1);
	assert_int_equal(done(fixture, MM_RELOAD_TLS), 0); /* there is none */
}

static void without_a_file_the_configuration_is_never_read_again(void **state)
{
	struct fixture *fixture = *state;
	struct mm_err err = {0};

	assert_ok(mm_feed_start(&fixture->feed, &err), &err);
	write_config(fixture, "http: {idle_timeout: 7s}\n");
	mm_feed_check(&fixture->feed);
	mm_feed_reload(&fixture->feed);
	assert_int_equal(done(fixture, MM_RELOAD_CONFIG), 0);
	assert_ptr_equal(mm_feed_config(&fixture->feed), fixture->config);
}

static void a_damaged_certificate_leaves_the_old_one_in_place(void **state)
{
	struct fixture *fixture = *state;
	mm_time expires = mm_clock_now() + 1800;

	test_tls_pair(&fixture->dir, "c.pem", "k.pem", expires);
	write_config(fixture, "keys: {algorithm: EdDSA}\ntls: {certificate: c.pem, key: k.pem}\n");
	load_config(fixture);
	start(fixture);
	test_file_write(fixture->dir.fd, "c.pem", "damaged", 0600);
	mm_feed_check(&fixture->feed);
	assert_int_equal(mm_tls_expires(live(fixture)->tls), expires);
	assert_int_equal(failed(fixture, MM_RELOAD_TLS), 1);
	test_tls_pair(&fixture->dir, "c.pem", "k.pem", expires + 60);
	mm_feed_check(&fixture->feed);
	assert_int_equal(mm_tls_expires(live(fixture)->tls), expires + 60);
}

static uint64_t events(const struct fixture *fixture, enum mm_event_kind kind)
{
	return mm_counter_get(&fixture->stats.key_events[kind]);
}

static void what_was_there_at_the_start_is_no_event(void **state)
{
	struct fixture *fixture = *state;

	start(fixture);
	mm_feed_reload(&fixture->feed);
	assert_int_equal(count_logged(fixture, "msg=\"key "), 1); /* the key set was loaded again */
	for (int kind = 0; kind < MM_EVENT_KINDS; kind++)
		assert_int_equal(events(fixture, kind), 0);
}

static void what_happened_to_a_key_is_logged_and_counted_whoever_did_it(void **state)
{
	struct fixture *fixture = *state;
	const char *signer = mm_key_kid(fixture->set->records[0].key);
	const char *standby = mm_key_kid(fixture->set->records[1].key);
	struct mm_err err = {0};
	char line[128];

	start(fixture);
	assert_ok(mm_keyset_activate(fixture->set, standby, &test_policy, MM_GAP_REFUSED, T0, &err), &err);
	commit(fixture);
	mm_feed_check(&fixture->feed);
	snprintf(line, sizeof line, "level=info msg=\"key activated\" kid=%s alg=EdDSA\n", standby);
	assert_int_equal(count_logged(fixture, line), 1);
	snprintf(line, sizeof line, "level=info msg=\"key retired\" kid=%s alg=EdDSA\n", signer);
	assert_int_equal(count_logged(fixture, line), 1);
	assert_int_equal(events(fixture, MM_EVENT_ACTIVATED), 1);
	assert_int_equal(events(fixture, MM_EVENT_RETIRED), 1);
	assert_int_equal(events(fixture, MM_EVENT_PUBLISHED), 0);
}

static void the_line_of_a_key_set_names_the_next_step(void **state)
{
	struct fixture *fixture = *state;

	start(fixture);
	commit(fixture);
	mm_feed_check(&fixture->feed);
	assert_int_equal(count_logged(fixture, "revision=2 keys=2 next=publish alg=EdDSA at=2026-12-"), 1);
	write_config(fixture, "keys: {algorithm: EdDSA, rotate_every: 0}\n");
	mm_feed_check(&fixture->feed);
	assert_int_equal(count_logged(fixture, "next=none at=never"), 1);
}

static void a_rotation_that_fails_is_no_readiness_until_it_works(void **state)
{
	struct fixture *fixture = *state;
	const struct mm_live *before;

	start(fixture);
	mm_feed_note_rotation(&fixture->feed, true);
	assert_string_equal(live(fixture)->not_ready, "a due key rotation cannot be committed");
	before = live(fixture);
	mm_feed_note_rotation(&fixture->feed, true);
	assert_ptr_equal(live(fixture), before);
	mm_feed_note_rotation(&fixture->feed, false);
	assert_null(live(fixture)->not_ready);
}

static void while_stopping_it_says_so_whatever_else_is_wrong(void **state)
{
	struct fixture *fixture = *state;

	start(fixture);
	commit(fixture);
	fixture->store.trouble = "the disk is gone";
	mm_feed_check(&fixture->feed);
	mm_feed_note_rotation(&fixture->feed, true);
	mm_feed_drain(&fixture->feed);
	assert_string_equal(live(fixture)->not_ready, "stopping");
}

/* ---- with an admin listener -------------------------------------------------------------------------------------- */

#define TOKENS_CONFIG "keys: {algorithm: EdDSA}\ncallers: {tokens: tokens.csv}\n"

/* Who a bearer token is, by what is live; NULL: nobody. */
static const char *caller_of(struct fixture *fixture, const char *header)
{
	static char name[64];
	const struct mm_credentials credentials = {.authorization_count = 1, .authorization = mm_span_str(header)};
	const struct mm_live *now = live(fixture);
	struct mm_identity identity = {0};
	enum mm_code code = mm_authenticate(now->callers, now->issuers[0].snapshot, now->directory, &credentials, T0,
					    &identity, NULL);

	snprintf(name, sizeof name, "%s", code == MM_OK ? identity.user->name : "");
	mm_identity_clear(&identity);
	return code == MM_OK ? name : NULL;
}

static void write_tokens(struct fixture *fixture, const char *text)
{
	test_file_write(fixture->dir.fd, "new.csv", text, 0600);
	assert_int_equal(renameat(fixture->dir.fd, "new.csv", fixture->dir.fd, "tokens.csv"), 0);
}

static void start_with_tokens(struct fixture *fixture)
{
	write_tokens(fixture, "secret,alice,1\n");
	write_config(fixture, TOKENS_CONFIG);
	load_config(fixture);
	fixture->feed.admin = true;
	start(fixture);
}

static void without_an_admin_listener_no_private_key_is_loaded_and_nobody_known(void **state)
{
	struct fixture *fixture = *state;

	start(fixture);
	assert_int_equal(fixture->store.loaded, MM_LOAD_PUBLIC);
	assert_int_equal(live(fixture)->issuers[0].snapshot->signer_count, 0);
	assert_null(live(fixture)->callers);
	assert_null(live(fixture)->rules);
	assert_null(live(fixture)->directory);
}

static void with_an_admin_listener_what_is_served_can_sign_also_after_a_reload(void **state)
{
	struct fixture *fixture = *state;

	start_with_tokens(fixture);
	assert_int_equal(fixture->store.loaded, MM_LOAD_PRIVATE);
	assert_int_equal(live(fixture)->issuers[0].snapshot->signer_count, 1);
	write_config(fixture, TOKENS_CONFIG "http: {idle_timeout: 7s}\n");
	mm_feed_check(&fixture->feed);
	assert_int_equal(done(fixture, MM_RELOAD_CONFIG), 1);
	assert_int_equal(live(fixture)->issuers[0].snapshot->signer_count, 1);
	assert_non_null(live(fixture)->rules);
	assert_non_null(live(fixture)->directory);
}

static void callers_are_known_from_the_start_and_counted_as_no_reload(void **state)
{
	struct fixture *fixture = *state;

	start_with_tokens(fixture);
	assert_string_equal(caller_of(fixture, "Bearer secret"), "alice");
	mm_feed_check(&fixture->feed);
	assert_int_equal(done(fixture, MM_RELOAD_CALLERS), 0);
}

static void callers_that_cannot_be_read_at_the_start_are_fatal(void **state)
{
	struct fixture *fixture = *state;
	struct mm_err err = {0};

	write_tokens(fixture, "secret\n");
	write_config(fixture, TOKENS_CONFIG);
	load_config(fixture);
	fixture->feed.admin = true;
	assert_fails(mm_feed_start(&fixture->feed, &err), MM_ECONFIG, &err);
}

static void a_changed_token_file_holds_at_the_next_check(void **state)
{
	struct fixture *fixture = *state;

	start_with_tokens(fixture);
	write_tokens(fixture, "another,bob,2\n");
	mm_feed_check(&fixture->feed);
	assert_string_equal(caller_of(fixture, "Bearer another"), "bob");
	assert_null(caller_of(fixture, "Bearer secret"));
	assert_int_equal(done(fixture, MM_RELOAD_CALLERS), 1);
}

static void a_token_file_that_is_wrong_keeps_the_old_callers_and_is_said_once(void **state)
{
	struct fixture *fixture = *state;

	start_with_tokens(fixture);
	write_tokens(fixture, "secret,alice,1\nanother\n");
	mm_feed_check(&fixture->feed);
	mm_feed_check(&fixture->feed);
	assert_string_equal(caller_of(fixture, "Bearer secret"), "alice");
	assert_int_equal(failed(fixture, MM_RELOAD_CALLERS), 1);
	assert_int_equal(count_logged(fixture, "the new callers are not used; the old ones stay"), 1);
	assert_null(live(fixture)->not_ready);
}

static void a_wrong_token_file_stands_in_the_way_of_no_other_change(void **state)
{
	struct fixture *fixture = *state;

	start_with_tokens(fixture);
	write_tokens(fixture, "another\n");
	write_config(fixture, TOKENS_CONFIG "http: {idle_timeout: 7s}\n");
	mm_feed_check(&fixture->feed);
	assert_int_equal(live(fixture)->settings.idle_timeout_ns, INT64_C(7000000000));
	assert_string_equal(caller_of(fixture, "Bearer secret"), "alice");
}

/* Rules and callers of two configurations must never meet. */
static void a_configuration_that_names_a_wrong_token_file_changes_nothing(void **state)
{
	struct fixture *fixture = *state;
	const struct mm_live *before;

	start_with_tokens(fixture);
	before = live(fixture);
	test_file_write(fixture->dir.fd, "other.csv", "another\n", 0600);
	write_config(fixture, "keys: {algorithm: EdDSA}\ncallers: {tokens: other.csv}\n");
	mm_feed_check(&fixture->feed);
	assert_ptr_equal(live(fixture), before);
	assert_int_equal(failed(fixture, MM_RELOAD_CONFIG), 1);
}

static void a_configuration_that_names_another_token_file_brings_its_callers(void **state)
{
	struct fixture *fixture = *state;

	start_with_tokens(fixture);
	test_file_write(fixture->dir.fd, "other.csv", "another,bob,2\n", 0600);
	write_config(fixture, "keys: {algorithm: EdDSA}\ncallers: {tokens: other.csv}\n");
	mm_feed_check(&fixture->feed);
	assert_string_equal(caller_of(fixture, "Bearer another"), "bob");
	assert_null(caller_of(fixture, "Bearer secret"));
}

static void a_test_authors_token_is_the_only_caller_and_may_do_everything(void **state)
{
	struct fixture *fixture = *state;
	const struct mm_user dev = {.name = (char[]){"dev"}};
	const struct mm_question question = {.user = &dev, .privilege = MM_PRIV_DEV};
	struct mm_decision decision;

	fixture->feed.dev_token = "once";
	start_with_tokens(fixture);
	assert_string_equal(caller_of(fixture, "Bearer once"), "dev");
	assert_null(caller_of(fixture, "Bearer secret"));
	mm_rules_decide(live(fixture)->rules, &question, &decision);
	assert_true(decision.allowed);
}

/* ---- several issuers --------------------------------------------------------------------------------------------- */

struct second {
	struct mm_config *config;
	struct fragile_store store;
};

static void add_second(struct fixture *fixture, struct second *second)
{
	mm_auto(mm_keyset) set = test_first_set();
	struct mm_err err = {0};

	*second = (struct second){.store.store.ops = &fragile_ops};
	assert_ok(mm_config_parse(mm_span_str("issuer: https://h.example/second\nkeys: {algorithm: EdDSA}\n"), "second",
				  "/", &second->config, &err),
		  &err);
	assert_ok(mm_store_open_memory(&second->store.memory, &err), &err);
	assert_ok(mm_store_commit(second->store.memory, set, 0, &test_actor, T0, &err), &err);
	fixture->sources[1] = (struct mm_feed_source){.config = second->config, .store = &second->store.store};
	fixture->feed.source_count = 2;
}

static void clear_second(struct second *second)
{
	mm_store_free(second->store.memory);
	mm_config_free(second->config);
}

static void each_issuer_is_served_from_its_own_store(void **state)
{
	struct fixture *fixture = *state;
	struct second second;

	add_second(fixture, &second);
	start(fixture);
	commit(fixture);
	mm_feed_check(&fixture->feed);
	assert_int_equal(live(fixture)->issuer_count, 2);
	assert_string_equal(live(fixture)->issuers[0].prefix, "");
	assert_int_equal(live(fixture)->issuers[0].snapshot->revision, 2);
	assert_string_equal(live(fixture)->issuers[1].prefix, "/second");
	assert_int_equal(live(fixture)->issuers[1].snapshot->revision, 1);
	clear_second(&second);
}

static void a_key_set_of_one_issuer_that_fails_leaves_the_others_alone(void **state)
{
	struct fixture *fixture = *state;
	struct second second;

	add_second(fixture, &second);
	start(fixture);
	second.store.trouble = "the second is gone";
	mm_feed_reload(&fixture->feed);
	commit(fixture);
	mm_feed_check(&fixture->feed);
	assert_int_equal(live(fixture)->issuers[0].snapshot->revision, 2);
	assert_string_equal(live(fixture)->not_ready, "the key set cannot be read");
	assert_int_equal(count_logged(fixture, "the second is gone"), 1);
	second.store.trouble = NULL;
	mm_feed_check(&fixture->feed);
	assert_null(live(fixture)->not_ready);
	clear_second(&second);
}

#define FEED_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		FEED_TEST(what_is_there_at_the_start_is_served_and_counts_as_no_reload),
		FEED_TEST(a_key_set_that_cannot_be_read_at_the_start_is_fatal),
		FEED_TEST(nothing_new_changes_nothing),
		FEED_TEST(a_commit_is_served_at_the_next_check),
		FEED_TEST(a_key_set_that_cannot_be_read_is_served_on_and_said_once),
		FEED_TEST(another_reason_is_said_too),
		FEED_TEST(a_key_set_that_can_be_read_again_is_served_without_a_commit),
		FEED_TEST(a_changed_configuration_is_in_force_at_the_next_check),
		FEED_TEST(no_configuration_gets_more_connections_than_are_allowed),
		FEED_TEST(a_wrong_configuration_leaves_the_old_one_in_force),
		FEED_TEST(without_a_live_object_nothing_is_swapped_and_all_is_tried_again),
		FEED_TEST(an_option_that_is_fixed_is_named_and_kept),
		FEED_TEST(a_reload_loads_what_did_not_change),
		FEED_TEST(without_a_file_the_configuration_is_never_read_again),
		FEED_TEST(a_damaged_certificate_leaves_the_old_one_in_place),
		FEED_TEST(what_was_there_at_the_start_is_no_event),
		FEED_TEST(what_happened_to_a_key_is_logged_and_counted_whoever_did_it),
		FEED_TEST(the_line_of_a_key_set_names_the_next_step),
		FEED_TEST(a_rotation_that_fails_is_no_readiness_until_it_works),
		FEED_TEST(while_stopping_it_says_so_whatever_else_is_wrong),
		FEED_TEST(without_an_admin_listener_no_private_key_is_loaded_and_nobody_known),
		FEED_TEST(with_an_admin_listener_what_is_served_can_sign_also_after_a_reload),
		FEED_TEST(callers_are_known_from_the_start_and_counted_as_no_reload),
		FEED_TEST(callers_that_cannot_be_read_at_the_start_are_fatal),
		FEED_TEST(a_changed_token_file_holds_at_the_next_check),
		FEED_TEST(a_token_file_that_is_wrong_keeps_the_old_callers_and_is_said_once),
		FEED_TEST(a_wrong_token_file_stands_in_the_way_of_no_other_change),
		FEED_TEST(a_configuration_that_names_a_wrong_token_file_changes_nothing),
		FEED_TEST(a_configuration_that_names_another_token_file_brings_its_callers),
		FEED_TEST(a_test_authors_token_is_the_only_caller_and_may_do_everything),
		FEED_TEST(each_issuer_is_served_from_its_own_store),
		FEED_TEST(a_key_set_of_one_issuer_that_fails_leaves_the_others_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
