/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a change does to what is served, and what a failure does not. Files are watched by what they are, not by when.
 */
#include "tests/unit/feeding.h"
#include "tests/unit/keysets.h"
#include "tests/unit/tlspair.h"
#include "tests/unit/tokens.h"

#include <string.h>

static bool no_live_object;

/* In the place of mm_live_new for the code of this program: see Makefile.am. */
enum mm_code __real_mm_live_new(const struct mm_live_parts *parts, struct mm_live **out, struct mm_err *err);
enum mm_code __wrap_mm_live_new(const struct mm_live_parts *parts, struct mm_live **out, struct mm_err *err);
enum mm_code __wrap_mm_live_new(const struct mm_live_parts *parts, struct mm_live **out, struct mm_err *err)
{
	return no_live_object ? mm_fail(err, MM_ENOMEM, "out of memory") : __real_mm_live_new(parts, out, err);
}

static void what_is_there_at_the_start_is_served_and_counts_as_no_reload(void **state)
{
	struct feeding *feeding = *state;

	feeding_start(feeding);
	assert_int_equal(feeding_live(feeding)->issuers[0].snapshot->revision, 1);
	assert_null(feeding_live(feeding)->not_ready);
	for (int what = 0; what < MM_RELOAD_COUNT; what++)
		assert_int_equal(feeding_done(feeding, what) + feeding_failed(feeding, what), 0);
}

static void a_key_set_that_cannot_be_read_at_the_start_is_fatal(void **state)
{
	struct feeding *feeding = *state;
	struct mm_err err = {0};

	feeding->store.trouble = "the disk is gone";
	assert_fails(mm_feed_start(&feeding->feed, &err), MM_EIO, &err);
}

static void nothing_new_changes_nothing(void **state)
{
	struct feeding *feeding = *state;
	const struct mm_live *before;

	feeding_start(feeding);
	before = feeding_live(feeding);
	mm_feed_check(&feeding->feed);
	assert_ptr_equal(feeding_live(feeding), before);
}

static void a_commit_is_served_at_the_next_check(void **state)
{
	struct feeding *feeding = *state;

	feeding_start(feeding);
	feeding_commit(feeding);
	mm_feed_check(&feeding->feed);
	assert_int_equal(feeding_live(feeding)->issuers[0].snapshot->revision, 2);
	assert_int_equal(feeding_done(feeding, MM_RELOAD_STORE), 1);
}

static void a_key_set_that_cannot_be_read_is_served_on_and_said_once(void **state)
{
	struct feeding *feeding = *state;

	feeding_start(feeding);
	feeding_commit(feeding);
	feeding->store.trouble = "the disk is gone";
	mm_feed_check(&feeding->feed);
	mm_feed_check(&feeding->feed);
	assert_int_equal(feeding_live(feeding)->issuers[0].snapshot->revision, 1);
	assert_string_equal(feeding_live(feeding)->not_ready, "the key set cannot be read");
	assert_int_equal(feeding_failed(feeding, MM_RELOAD_STORE), 2);
	assert_int_equal(feeding_count_logged(feeding, "the disk is gone"), 1);
}

static void another_reason_is_said_too(void **state)
{
	struct feeding *feeding = *state;

	feeding_start(feeding);
	feeding_commit(feeding);
	feeding->store.trouble = "the disk is gone";
	mm_feed_check(&feeding->feed);
	feeding->store.trouble = "the disk is back, but empty";
	mm_feed_check(&feeding->feed);
	assert_int_equal(feeding_count_logged(feeding, "but empty"), 1);
}

static void a_key_set_that_can_be_read_again_is_served_without_a_commit(void **state)
{
	struct feeding *feeding = *state;

	feeding_start(feeding);
	feeding_commit(feeding);
	feeding->store.trouble = "the disk is gone";
	mm_feed_check(&feeding->feed);
	feeding->store.trouble = NULL;
	mm_feed_check_stores(&feeding->feed);
	assert_int_equal(feeding_live(feeding)->issuers[0].snapshot->revision, 2);
	assert_null(feeding_live(feeding)->not_ready);
}

static void a_changed_configuration_is_in_force_at_the_next_check(void **state)
{
	struct feeding *feeding = *state;

	feeding_start(feeding);
	feeding_write_config(feeding, "keys: {algorithm: EdDSA}\nhttp: {idle_timeout: 7s, max_connections: 17}\n");
	mm_feed_check(&feeding->feed);
	assert_int_equal(feeding_live(feeding)->settings.idle_timeout_ns, INT64_C(7000000000));
	assert_int_equal(feeding_live(feeding)->settings.max_connections, 17);
	assert_int_equal(feeding_done(feeding, MM_RELOAD_CONFIG), 1);
}

static void no_configuration_gets_more_connections_than_are_allowed(void **state)
{
	struct feeding *feeding = *state;

	feeding->feed.connections_allowed = 100;
	feeding_start(feeding);
	assert_int_equal(feeding_live(feeding)->settings.max_connections, 100);
	feeding_write_config(feeding, "keys: {algorithm: EdDSA}\nhttp: {max_connections: 50}\n");
	mm_feed_check(&feeding->feed);
	assert_int_equal(feeding_live(feeding)->settings.max_connections, 50);
}

static void a_wrong_configuration_leaves_the_old_one_in_force(void **state)
{
	struct feeding *feeding = *state;
	const struct mm_live *before;

	feeding_start(feeding);
	before = feeding_live(feeding);
	feeding_write_config(feeding, "http: {idle_timeout: 7s, workers: many}\n");
	mm_feed_check(&feeding->feed);
	assert_ptr_equal(feeding_live(feeding), before);
	assert_ptr_equal(mm_feed_config(&feeding->feed), feeding->config);
	assert_int_equal(feeding_failed(feeding, MM_RELOAD_CONFIG), 1);
	mm_feed_check(&feeding->feed);
	assert_int_equal(feeding_failed(feeding, MM_RELOAD_CONFIG), 1); /* it is the same file */
}

/* What a reload says of the configuration in force, and what is served, must not part ways. */
static void without_a_live_object_nothing_is_swapped_and_all_is_tried_again(void **state)
{
	struct feeding *feeding = *state;
	const struct mm_live *before;

	feeding_start(feeding);
	before = feeding_live(feeding);
	feeding_write_config(feeding, "keys: {algorithm: EdDSA}\nhttp: {idle_timeout: 7s}\n");
	feeding_commit(feeding);
	no_live_object = true;
	mm_feed_check(&feeding->feed);
	mm_feed_check(&feeding->feed);
	no_live_object = false;
	assert_ptr_equal(feeding_live(feeding), before);
	assert_ptr_equal(mm_feed_config(&feeding->feed), feeding->config);
	assert_ptr_equal(feeding->feed.snapshots[0], before->issuers[0].snapshot);
	assert_int_equal(feeding_failed(feeding, MM_RELOAD_CONFIG), 2);
	assert_int_equal(feeding_count_logged(feeding, "the new configuration is not used"), 1);
	mm_feed_check(&feeding->feed);
	assert_int_equal(feeding_live(feeding)->settings.idle_timeout_ns, INT64_C(7000000000));
	assert_int_equal(feeding_live(feeding)->issuers[0].snapshot->revision, 2);
	assert_null(feeding_live(feeding)->not_ready);
}

static void an_option_that_is_fixed_is_named_and_kept(void **state)
{
	struct feeding *feeding = *state;

	feeding_start(feeding);
	feeding_write_config(feeding, "keys: {algorithm: EdDSA}\nlisten: {public: '127.0.0.1:1'}\n");
	mm_feed_check(&feeding->feed);
	assert_string_equal(mm_feed_config(&feeding->feed)->listen.public, feeding->config->listen.public);
	assert_int_equal(feeding_count_logged(feeding, "option=listen.public"), 1);
}

static void a_reload_loads_what_did_not_change(void **state)
{
	struct feeding *feeding = *state;

	feeding_start(feeding);
	mm_feed_reload(&feeding->feed);
	assert_int_equal(feeding_done(feeding, MM_RELOAD_CONFIG), 1);
	assert_int_equal(feeding_done(feeding, MM_RELOAD_STORE), 1);
	assert_int_equal(feeding_done(feeding, MM_RELOAD_TLS), 0); /* there is none */
}

static void without_a_file_the_configuration_is_never_read_again(void **state)
{
	struct feeding *feeding = *state;
	struct mm_err err = {0};

	assert_ok(mm_feed_start(&feeding->feed, &err), &err);
	feeding_write_config(feeding, "http: {idle_timeout: 7s}\n");
	mm_feed_check(&feeding->feed);
	mm_feed_reload(&feeding->feed);
	assert_int_equal(feeding_done(feeding, MM_RELOAD_CONFIG), 0);
	assert_ptr_equal(mm_feed_config(&feeding->feed), feeding->config);
}

static void a_damaged_certificate_leaves_the_old_one_in_place(void **state)
{
	struct feeding *feeding = *state;
	mm_time expires = mm_clock_now() + 1800;

	test_tls_pair(&feeding->dir, "c.pem", "k.pem", expires);
	feeding_write_config(feeding, "keys: {algorithm: EdDSA}\ntls: {certificate: c.pem, key: k.pem}\n");
	feeding_load_config(feeding);
	feeding_start(feeding);
	test_file_write(feeding->dir.fd, "c.pem", "damaged", 0600);
	mm_feed_check(&feeding->feed);
	assert_int_equal(mm_tls_expires(feeding_live(feeding)->tls), expires);
	assert_int_equal(feeding_failed(feeding, MM_RELOAD_TLS), 1);
	test_tls_pair(&feeding->dir, "c.pem", "k.pem", expires + 60);
	mm_feed_check(&feeding->feed);
	assert_int_equal(mm_tls_expires(feeding_live(feeding)->tls), expires + 60);
}

static uint64_t events(const struct feeding *feeding, enum mm_event_kind kind)
{
	return mm_counter_get(&feeding->stats.key_events[kind]);
}

static void what_was_there_at_the_start_is_no_event(void **state)
{
	struct feeding *feeding = *state;

	feeding_start(feeding);
	mm_feed_reload(&feeding->feed);
	assert_int_equal(feeding_count_logged(feeding, "msg=\"key "), 1); /* the key set was loaded again */
	for (int kind = 0; kind < MM_EVENT_KINDS; kind++)
		assert_int_equal(events(feeding, kind), 0);
}

static void what_happened_to_a_key_is_logged_and_counted_whoever_did_it(void **state)
{
	struct feeding *feeding = *state;
	const char *signer = mm_key_kid(feeding->set->records[0].key);
	const char *standby = mm_key_kid(feeding->set->records[1].key);
	struct mm_err err = {0};
	char line[128];

	feeding_start(feeding);
	assert_ok(mm_keyset_activate(feeding->set, standby, &test_policy, MM_GAP_REFUSED, T0, &err), &err);
	feeding_commit(feeding);
	mm_feed_check(&feeding->feed);
	snprintf(line, sizeof line, "level=info msg=\"key activated\" kid=%s alg=EdDSA\n", standby);
	assert_int_equal(feeding_count_logged(feeding, line), 1);
	snprintf(line, sizeof line, "level=info msg=\"key retired\" kid=%s alg=EdDSA\n", signer);
	assert_int_equal(feeding_count_logged(feeding, line), 1);
	assert_int_equal(events(feeding, MM_EVENT_ACTIVATED), 1);
	assert_int_equal(events(feeding, MM_EVENT_RETIRED), 1);
	assert_int_equal(events(feeding, MM_EVENT_PUBLISHED), 0);
}

static void the_line_of_a_key_set_names_the_next_step(void **state)
{
	struct feeding *feeding = *state;

	feeding_start(feeding);
	feeding_commit(feeding);
	mm_feed_check(&feeding->feed);
	assert_int_equal(feeding_count_logged(feeding, "revision=2 keys=2 next=publish alg=EdDSA at=2026-12-"), 1);
	feeding_write_config(feeding, "keys: {algorithm: EdDSA, rotate_every: 0}\n");
	mm_feed_check(&feeding->feed);
	assert_int_equal(feeding_count_logged(feeding, "next=none at=never"), 1);
}

static void a_rotation_that_fails_is_no_readiness_until_it_works(void **state)
{
	struct feeding *feeding = *state;
	const struct mm_live *before;

	feeding_start(feeding);
	mm_feed_note_rotation(&feeding->feed, true);
	assert_string_equal(feeding_live(feeding)->not_ready, "a due key rotation cannot be committed");
	before = feeding_live(feeding);
	mm_feed_note_rotation(&feeding->feed, true);
	assert_ptr_equal(feeding_live(feeding), before);
	mm_feed_note_rotation(&feeding->feed, false);
	assert_null(feeding_live(feeding)->not_ready);
}

static void while_stopping_it_says_so_whatever_else_is_wrong(void **state)
{
	struct feeding *feeding = *state;

	feeding_start(feeding);
	feeding_commit(feeding);
	feeding->store.trouble = "the disk is gone";
	mm_feed_check(&feeding->feed);
	mm_feed_note_rotation(&feeding->feed, true);
	mm_feed_drain(&feeding->feed);
	assert_string_equal(feeding_live(feeding)->not_ready, "stopping");
}

/* ---- several issuers --------------------------------------------------------------------------------------------- */

struct second {
	struct mm_config *config;
	struct fragile_store store;
};

static void add_second(struct feeding *feeding, struct second *second)
{
	mm_auto(mm_keyset) set = test_first_set();
	struct mm_err err = {0};

	*second = (struct second){.store.store.ops = &fragile_ops};
	assert_ok(mm_config_parse(mm_span_str("issuer: https://h.example/second\nkeys: {algorithm: EdDSA}\n"), "second",
				  "/", &second->config, &err),
		  &err);
	assert_ok(mm_store_open_memory(&second->store.memory, &err), &err);
	assert_ok(mm_store_commit(second->store.memory, set, 0, &test_actor, T0, &err), &err);
	feeding->sources[1] = (struct mm_feed_source){.config = second->config, .store = &second->store.store};
	feeding->feed.source_count = 2;
}

static void clear_second(struct second *second)
{
	mm_store_free(second->store.memory);
	mm_config_free(second->config);
}

static void each_issuer_is_served_from_its_own_store(void **state)
{
	struct feeding *feeding = *state;
	struct second second;

	add_second(feeding, &second);
	feeding_start(feeding);
	feeding_commit(feeding);
	mm_feed_check(&feeding->feed);
	assert_int_equal(feeding_live(feeding)->issuer_count, 2);
	assert_string_equal(feeding_live(feeding)->issuers[0].prefix, "");
	assert_int_equal(feeding_live(feeding)->issuers[0].snapshot->revision, 2);
	assert_string_equal(feeding_live(feeding)->issuers[1].prefix, "/second");
	assert_int_equal(feeding_live(feeding)->issuers[1].snapshot->revision, 1);
	clear_second(&second);
}

static void a_key_set_of_one_issuer_that_fails_leaves_the_others_alone(void **state)
{
	struct feeding *feeding = *state;
	struct second second;

	add_second(feeding, &second);
	feeding_start(feeding);
	second.store.trouble = "the second is gone";
	mm_feed_reload(&feeding->feed);
	feeding_commit(feeding);
	mm_feed_check(&feeding->feed);
	assert_int_equal(feeding_live(feeding)->issuers[0].snapshot->revision, 2);
	assert_string_equal(feeding_live(feeding)->not_ready, "the key set cannot be read");
	assert_int_equal(feeding_count_logged(feeding, "the second is gone"), 1);
	second.store.trouble = NULL;
	mm_feed_check(&feeding->feed);
	assert_null(feeding_live(feeding)->not_ready);
	clear_second(&second);
}

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
		FEED_TEST(each_issuer_is_served_from_its_own_store),
		FEED_TEST(a_key_set_of_one_issuer_that_fails_leaves_the_others_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
