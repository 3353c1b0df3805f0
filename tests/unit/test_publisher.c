/* SPDX-License-Identifier: Apache-2.0 */
/* A publisher in front of a store in memory, with directories for destinations: one that is locked is one that is slow. */
#include "issuer/publisher.h"
#include "tests/unit/keysets.h"

#include <mintmark/document.h>
#include <mintmark/file.h>
#include <mintmark/manage.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define SECOND_NS INT64_C(1000000000)
#define JWKS_FILE "openid/v1/jwks"

struct fixture {
	struct test_dir dir; /* with the destinations a and b */
	struct mm_config *config;
	struct mm_store *store;
	struct mm_snapshot *snapshot; /* as the server knows it */
	struct mm_log log;
	struct mm_publisher_stats stats;
	struct mm_publisher *publisher;
	int64_t steady_ns;
};

/* ---- what the server does ---------------------------------------------------------------------------------------- */

static void load(struct fixture *fixture)
{
	mm_auto(mm_keyset) set = NULL;
	struct mm_err err = {0};

	mm_snapshot_free(mm_take(fixture->snapshot));
	assert_ok(mm_store_load(fixture->store, MM_LOAD_PUBLIC, &set, &err), &err);
	assert_ok(mm_snapshot_build(fixture->config, set, false, T0, &fixture->snapshot, &err), &err);
}

static void turn(struct fixture *fixture)
{
	mm_publisher_turn(fixture->publisher, fixture->config, fixture->snapshot, fixture->steady_ns);
}

/* Until a job has ended. */
static void collect(struct fixture *fixture)
{
	struct pollfd done = {.fd = mm_publisher_fd(fixture->publisher), .events = POLLIN};

	assert_true(mm_publisher_works(fixture->publisher));
	assert_int_equal(poll(&done, 1, 20000), 1);
	mm_publisher_collect(fixture->publisher, fixture->steady_ns);
}

/* Until nothing is left to be done at this time. */
static void settle(struct fixture *fixture)
{
	turn(fixture);
	while (mm_publisher_works(fixture->publisher)) {
		collect(fixture);
		if (mm_store_changed(fixture->store))
			load(fixture);
		turn(fixture);
	}
}

static void pass(struct fixture *fixture, mm_duration seconds)
{
	fixture->steady_ns += seconds * SECOND_NS;
}

/* ---- what others do ---------------------------------------------------------------------------------------------- */

static struct mm_manage manage(const struct fixture *fixture)
{
	return (struct mm_manage){.store = fixture->store, .policy = &fixture->snapshot->policy, .actor = test_actor};
}

static void prepare(struct fixture *fixture)
{
	const struct mm_manage verbs = manage(fixture);
	mm_auto_change change = {0};
	struct mm_err err = {0};

	assert_ok(mm_manage_prepare(&verbs, NULL, &change, &err), &err);
}

static const struct mm_key_record *newest(const struct fixture *fixture)
{
	return &fixture->snapshot->set->records[fixture->snapshot->set->count - 1];
}

/* Outlives the snapshot. */
static char *newest_kid(const struct fixture *fixture)
{
	char *kid = strdup(mm_key_kid(newest(fixture)->key));

	assert_non_null(kid);
	return kid;
}

static bool holds(const struct fixture *fixture, const char *destination, const char *kid)
{
	char name[128];
	char *text;
	bool found;

	snprintf(name, sizeof name, "%s/" JWKS_FILE, destination);
	text = test_file_read(fixture->dir.fd, name);
	found = text && strstr(text, kid);
	free(text);
	return found;
}

/* ---- the fixture ------------------------------------------------------------------------------------------------- */

static void configure(struct fixture *fixture, const char *first, const char *second)
{
	static const char text[] = "issuer: https://oidc.example.com\nkeys: {algorithm: EdDSA}\n";
	struct mm_err err = {0};

	mm_config_free(mm_take(fixture->config));
	assert_ok(mm_config_parse(mm_span_str(text), "test", "/", &fixture->config, &err), &err);
	if (first)
		test_strings_add(&fixture->config->publish, test_dir_path(&fixture->dir, first));
	if (second)
		test_strings_add(&fixture->config->publish, test_dir_path(&fixture->dir, second));
}

static int setup(void **state)
{
	struct fixture *fixture = calloc(1, sizeof *fixture);
	mm_auto(mm_keyset) set = test_first_set();
	struct mm_err err = {0};

	assert_non_null(fixture);
	test_dir_make(&fixture->dir);
	fixture->log = (struct mm_log){.fd = memfd_create("log", MFD_CLOEXEC), .level = MM_LOG_DEBUG};
	fixture->steady_ns = 1000 * SECOND_NS;
	configure(fixture, "a", "b");
	assert_ok(mm_store_open_memory(&fixture->store, &err), &err);
	assert_ok(mm_store_commit(fixture->store, set, 0, &test_actor, T0, &err), &err);
	load(fixture);
	assert_ok(mm_publisher_new(&(struct mm_publisher_parts){fixture->store, &fixture->log, &fixture->stats},
				   &fixture->publisher, &err),
		  &err);
	*state = fixture;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *fixture = *state;

	mm_publisher_free(fixture->publisher);
	mm_snapshot_free(fixture->snapshot);
	mm_store_free(fixture->store);
	mm_config_free(fixture->config);
	close(fixture->log.fd);
	test_dir_remove(&fixture->dir);
	free(fixture);
	return 0;
}

/* ---- the tests --------------------------------------------------------------------------------------------------- */

static void every_destination_gets_what_is_committed(void **state)
{
	struct fixture *fixture = *state;
	mm_auto_string kid = newest_kid(fixture);

	settle(fixture);
	assert_true(holds(fixture, "a", kid));
	assert_true(holds(fixture, "b", kid));
	assert_int_equal(fixture->stats.revision, fixture->snapshot->revision);
	assert_int_equal(fixture->stats.behind, 0);
}

static void without_destinations_nothing_is_done(void **state)
{
	struct fixture *fixture = *state;

	configure(fixture, NULL, NULL);
	load(fixture);
	turn(fixture);
	assert_false(mm_publisher_works(fixture->publisher));
	assert_int_equal(fixture->stats.revision, 0);
}

static void what_commits_is_told_from_what_may_be_broken_off(void **state)
{
	struct fixture *fixture = *state;
	bool brought = false, committed = false;

	settle(fixture);
	prepare(fixture);
	load(fixture);
	for (turn(fixture); mm_publisher_works(fixture->publisher); turn(fixture)) {
		*(mm_publisher_commits(fixture->publisher) ? &committed : &brought) = true;
		collect(fixture);
	}
	assert_true(brought);
	assert_true(committed);
	assert_false(mm_publisher_commits(fixture->publisher));
}

static void a_new_key_waits_until_it_is_everywhere_and_then_that_is_committed(void **state)
{
	struct fixture *fixture = *state;

	settle(fixture);
	prepare(fixture);
	load(fixture);
	assert_int_equal(newest(fixture)->delivered, MM_NEVER);
	settle(fixture);
	pass(fixture, 1); /* a commit is not asked for twice in one second */
	settle(fixture);
	assert_int_not_equal(newest(fixture)->delivered, MM_NEVER);
	assert_true(newest(fixture)->delivered >= newest(fixture)->published);
	assert_false(mm_keyset_awaits_delivery(fixture->snapshot->set));
	assert_true(holds(fixture, "b", mm_key_kid(newest(fixture)->key)));
	assert_int_equal(fixture->stats.revision, fixture->snapshot->revision);
}

static void a_destination_that_fails_holds_the_delivery_back_and_no_other_destination(void **state)
{
	struct fixture *fixture = *state;
	mm_auto_string kid = NULL;

	settle(fixture);
	test_file_write(fixture->dir.fd, "file", "", 0600);
	configure(fixture, "a", "file/b");
	prepare(fixture);
	load(fixture);
	kid = newest_kid(fixture);
	settle(fixture);
	assert_true(holds(fixture, "a", kid));
	assert_int_equal(fixture->stats.behind, 1);
	assert_int_equal(newest(fixture)->delivered, MM_NEVER);
	assert_int_equal(unlinkat(fixture->dir.fd, "file", 0), 0);
	assert_int_equal(mkdirat(fixture->dir.fd, "file", 0755), 0);
	settle(fixture);
	assert_false(holds(fixture, "file/b", kid)); /* not before it is time */
	pass(fixture, 60);
	settle(fixture);
	assert_true(holds(fixture, "file/b", kid));
	assert_int_not_equal(newest(fixture)->delivered, MM_NEVER);
}

static void a_destination_that_is_slow_delays_no_other(void **state)
{
	struct fixture *fixture = *state;
	mm_auto_string kid = newest_kid(fixture);
	mm_auto_fd lock = -1;
	struct mm_err err = {0};

	assert_ok(mm_site_lock(test_dir_path(&fixture->dir, "a"), 0, &lock, &err), &err);
	turn(fixture);
	collect(fixture);
	assert_true(holds(fixture, "b", kid));
	assert_true(mm_publisher_works(fixture->publisher));
	assert_false(holds(fixture, "a", kid));
	mm_fd_close(&lock);
	settle(fixture);
	assert_true(holds(fixture, "a", kid));
}

static void what_was_committed_while_the_way_was_barred_is_brought_instead(void **state)
{
	struct fixture *fixture = *state;
	mm_auto_string older = newest_kid(fixture);
	mm_auto_fd lock = -1;
	struct mm_err err = {0};

	configure(fixture, "a", NULL);
	load(fixture);
	assert_ok(mm_site_lock(test_dir_path(&fixture->dir, "a"), 0, &lock, &err), &err);
	turn(fixture);
	prepare(fixture); /* the server does not know yet */
	mm_fd_close(&lock);
	collect(fixture);
	/* Not even for a moment: somebody else may have brought the newer one. */
	assert_false(holds(fixture, "a", older));
	assert_int_equal(fixture->stats.failed, 0);
	assert_int_equal(test_count_in(fixture->log.fd, "level=error"), 0);
	turn(fixture);
	assert_false(mm_publisher_works(fixture->publisher)); /* it is not tried in a circle */
	load(fixture);
	settle(fixture);
	assert_true(holds(fixture, "a", mm_key_kid(newest(fixture)->key)));
}

static void a_failure_is_counted_and_each_reason_said_once(void **state)
{
	struct fixture *fixture = *state;

	test_file_write(fixture->dir.fd, "file", "", 0600);
	configure(fixture, "file/a", NULL);
	load(fixture);
	for (int i = 1; i <= 3; i++) {
		settle(fixture);
		assert_int_equal(mm_counter_get(&fixture->stats.failed), i);
		pass(fixture, 60);
	}
	assert_int_equal(test_count_in(fixture->log.fd, "level=error"), 1);
	mm_publisher_retry(fixture->publisher);
	settle(fixture);
	assert_int_equal(test_count_in(fixture->log.fd, "level=error"), 2);
}

static void what_is_there_is_not_brought_again(void **state)
{
	struct fixture *fixture = *state;

	settle(fixture);
	assert_int_equal(mm_counter_get(&fixture->stats.succeeded), 2);
	pass(fixture, 3600);
	turn(fixture);
	assert_false(mm_publisher_works(fixture->publisher));
}

static void after_a_reload_the_documents_may_be_others_at_the_same_revision(void **state)
{
	struct fixture *fixture = *state;

	settle(fixture);
	load(fixture);
	settle(fixture);
	assert_int_equal(mm_counter_get(&fixture->stats.succeeded), 4);
}

static void other_destinations_take_the_place_of_those_before(void **state)
{
	struct fixture *fixture = *state;

	settle(fixture);
	configure(fixture, "c", NULL);
	load(fixture);
	settle(fixture);
	assert_true(holds(fixture, "c", mm_key_kid(newest(fixture)->key)));
	configure(fixture, NULL, NULL);
	load(fixture);
	settle(fixture);
	assert_int_equal(fixture->stats.revision, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(every_destination_gets_what_is_committed),
		TEST(without_destinations_nothing_is_done),
		TEST(what_commits_is_told_from_what_may_be_broken_off),
		TEST(a_new_key_waits_until_it_is_everywhere_and_then_that_is_committed),
		TEST(a_destination_that_fails_holds_the_delivery_back_and_no_other_destination),
		TEST(a_destination_that_is_slow_delays_no_other),
		TEST(what_was_committed_while_the_way_was_barred_is_brought_instead),
		TEST(a_failure_is_counted_and_each_reason_said_once),
		TEST(what_is_there_is_not_brought_again),
		TEST(after_a_reload_the_documents_may_be_others_at_the_same_revision),
		TEST(other_destinations_take_the_place_of_those_before),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
