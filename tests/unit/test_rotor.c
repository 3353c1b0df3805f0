/* SPDX-License-Identifier: Apache-2.0 */
/* One rotor on a store in memory. Jobs read the real clock, so what is due here was due long ago. */
#include "issuer/rotor.h"
#include "tests/unit/keysets.h"

#include <fcntl.h>
#include <mintmark/manage.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define SECOND_NS INT64_C(1000000000)

/* Memory, in which nothing can be committed while `trouble` is set. */
struct fragile_store {
	struct mm_store store;
	struct mm_store *memory;
	const char *const *trouble;
	bool shared;
};

static struct fragile_store *fragile(struct mm_store *store)
{
	return (struct fragile_store *)store;
}

static enum mm_code fragile_load(struct mm_store *store, enum mm_store_load what, struct mm_keyset **out,
				 struct mm_err *err)
{
	return mm_store_load(fragile(store)->memory, what, out, err);
}

static enum mm_code fragile_commit(struct mm_store *store, const struct mm_keyset *next, uint64_t expected,
				   const struct mm_actor *actor, struct mm_err *err)
{
	struct mm_store *memory = fragile(store)->memory;

	if (*fragile(store)->trouble)
		return mm_fail(err, MM_EIO, "%s", *fragile(store)->trouble);
	store->warning.code = MM_EIO;
	strcpy(store->warning.text, "a key could not be destroyed");
	return memory->ops->commit(memory, next, expected, actor, err);
}

static enum mm_code fragile_share(struct mm_store *store, struct mm_store **out, struct mm_err *err)
{
	struct fragile_store *other = calloc(1, sizeof *other);
	enum mm_code code;

	assert_non_null(other);
	*other = (struct fragile_store){.store = {.ops = store->ops}, .trouble = fragile(store)->trouble};
	code = mm_store_share(fragile(store)->memory, &other->memory, err);
	*out = &other->store;
	return code;
}

static void fragile_close(struct mm_store *store)
{
	mm_store_free(fragile(store)->memory);
	free(store);
}

static const struct mm_store_ops fragile_ops = {
	.load = fragile_load,
	.commit = fragile_commit,
	.share = fragile_share,
	.close = fragile_close,
};

/* A rotor and all that it works with, by two clocks of which only the steady one runs. */
struct fixture {
	const char *trouble;
	struct fragile_store store;
	struct mm_log log;
	struct mm_rotor_stats stats;
	struct mm_policy policy;
	struct mm_key_maker maker;
	struct mm_keyset *set; /* as the server knows it */
	struct mm_rotor *rotor;
	mm_time now;
	int64_t steady_ns;
	int made;
	int may_make[2]; /* a pipe: the maker waits for a byte, if there is one */
};

static enum mm_code make(void *arg, const struct mm_alg *alg, unsigned rsa_bits, struct mm_key **out,
			 struct mm_err *err)
{
	struct fixture *fixture = arg;
	char byte;

	if (fixture->may_make[0] >= 0 && read(fixture->may_make[0], &byte, 1) != 1)
		return mm_fail(err, MM_ECRYPTO, "no key may be made");
	fixture->made++;
	return mm_key_generate(alg, rsa_bits, out, err);
}

/* A key set that was committed `age` seconds ago, when its first key began to sign. */
static void commit_set(struct fixture *fixture, mm_duration age)
{
	struct mm_err err = {0};

	fixture->now = mm_clock_now();
	assert_ok(mm_keyset_new(&fixture->set, &err), &err);
	for (int i = 0; i < 2; i++) {
		mm_auto(mm_key) key = test_key("EdDSA");

		test_add_first(fixture->set, key, fixture->now - age);
	}
	assert_ok(mm_store_commit(fixture->store.memory, fixture->set, 0, &test_actor, fixture->now - age, &err), &err);
}

static int setup_aged(void **state, mm_duration age)
{
	struct fixture *fixture = calloc(1, sizeof *fixture);
	struct mm_err err = {0};

	assert_non_null(fixture);
	fixture->log = (struct mm_log){.fd = memfd_create("log", MFD_CLOEXEC), .level = MM_LOG_DEBUG};
	fixture->store = (struct fragile_store){.store = {.ops = &fragile_ops}, .trouble = &fixture->trouble};
	assert_ok(mm_store_open_memory(&fixture->store.memory, &err), &err);
	fixture->policy = test_policy_for("EdDSA", NULL);
	fixture->maker = (struct mm_key_maker){make, fixture};
	fixture->may_make[0] = fixture->may_make[1] = -1;
	fixture->steady_ns = mm_clock_steady_ns();
	commit_set(fixture, age);
	assert_ok(mm_rotor_new(&(struct mm_rotor_parts){&fixture->store.store, &fixture->log, &fixture->stats,
							&fixture->maker},
			       &fixture->rotor, &err),
		  &err);
	*state = fixture;
	return 0;
}

/* The next standby was to be published an hour ago, and nothing else is due. */
static int setup_due(void **state)
{
	return setup_aged(state, test_policy.rotate_every - TEST_PUBLISH_WAIT + 3600);
}

static int setup_idle(void **state)
{
	return setup_aged(state, 3600);
}

static int teardown(void **state)
{
	struct fixture *fixture = *state;

	mm_rotor_free(fixture->rotor);
	mm_keyset_free(fixture->set);
	mm_store_free(fixture->store.memory);
	close(fixture->log.fd);
	for (int i = 0; i < 2; i++) {
		if (fixture->may_make[i] >= 0)
			close(fixture->may_make[i]);
	}
	free(fixture);
	return 0;
}

static void turn(struct fixture *fixture)
{
	mm_rotor_turn(fixture->rotor, fixture->set, &fixture->policy, fixture->now, fixture->steady_ns);
}

static void pass(struct fixture *fixture, mm_duration seconds)
{
	fixture->now += seconds;
	fixture->steady_ns += seconds * SECOND_NS;
}

static void collect(struct fixture *fixture)
{
	struct pollfd done = {.fd = mm_rotor_fd(fixture->rotor), .events = POLLIN};

	assert_true(mm_rotor_works(fixture->rotor));
	assert_int_equal(poll(&done, 1, -1), 1);
	mm_rotor_collect(fixture->rotor, fixture->steady_ns);
	assert_false(mm_rotor_works(fixture->rotor));
}

/* What the server does about the change of the store. */
static void reload(struct fixture *fixture)
{
	struct mm_err err = {0};

	mm_keyset_free(mm_take(fixture->set));
	assert_ok(mm_store_load(fixture->store.memory, MM_LOAD_PUBLIC, &fixture->set, &err), &err);
}

static const char *logged(const struct fixture *fixture)
{
	static char text[65536];
	ssize_t len = pread(fixture->log.fd, text, sizeof text - 1, 0);

	assert_true(len >= 0);
	text[len] = '\0';
	return text;
}

static uint64_t failures(const struct fixture *fixture)
{
	return mm_counter_get(&fixture->stats.failures);
}

static void what_is_not_due_is_not_done(void **state)
{
	struct fixture *fixture = *state;

	for (int i = 0; i < 5; i++) {
		turn(fixture);
		assert_false(mm_rotor_works(fixture->rotor));
		pass(fixture, 60);
	}
}

static void what_is_due_is_committed_by_the_rotor(void **state)
{
	struct fixture *fixture = *state;

	turn(fixture);
	collect(fixture);
	reload(fixture);
	assert_int_equal(fixture->set->revision, 2);
	assert_int_equal(mm_keyset_standby_count(fixture->set, test_alg("EdDSA")), 2);
	assert_false(mm_rotor_failed(fixture->rotor));
	turn(fixture);
	assert_false(mm_rotor_works(fixture->rotor)); /* that was all */
}

static int count_threads(void)
{
	int fd = open("/proc/self/task", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int n = test_dir_count(fd);

	close(fd);
	return n;
}

static void one_job_runs_at_a_time(void **state)
{
	struct fixture *fixture = *state;
	int threads;

	assert_int_equal(pipe(fixture->may_make), 0);
	turn(fixture);
	threads = count_threads();
	pass(fixture, 100);
	turn(fixture);
	mm_rotor_collect(fixture->rotor, fixture->steady_ns);
	assert_true(mm_rotor_works(fixture->rotor)); /* it waits for its key */
	while (!mm_rotor_makes_key(fixture->rotor))  /* from when its thread has come so far */
		usleep(1000);
	assert_int_equal(count_threads(), threads);
	assert_int_equal(write(fixture->may_make[1], "1", 1), 1);
	collect(fixture);
	assert_int_equal(fixture->made, 1);
}

static void a_job_works_on_copies(void **state)
{
	struct fixture *fixture = *state;

	assert_int_equal(pipe(fixture->may_make), 0);
	turn(fixture);
	memset(&fixture->policy, 0xee, sizeof fixture->policy);
	mm_keyset_free(mm_take(fixture->set));
	assert_int_equal(write(fixture->may_make[1], "1", 1), 1);
	collect(fixture);
	reload(fixture);
	assert_int_equal(fixture->set->revision, 2);
}

/* The server has not loaded yet what another process committed. */
static void what_another_process_did_is_not_done_again(void **state)
{
	struct fixture *fixture = *state;
	const struct mm_manage other = {
		.store = fixture->store.memory, .policy = &fixture->policy, .actor = test_actor};
	mm_auto_change change = {0};
	struct mm_err err = {0};

	assert_ok(mm_manage_run_due(&other, &change, &err), &err);
	turn(fixture);
	collect(fixture);
	assert_false(mm_rotor_failed(fixture->rotor));
	assert_int_equal(fixture->made, 0);
	assert_int_equal(test_count_in(fixture->log.fd, "level="), test_count_in(fixture->log.fd, "level=debug"));
	turn(fixture);
	assert_false(mm_rotor_works(fixture->rotor)); /* it is not asked for in a circle */
	reload(fixture);
	assert_int_equal(fixture->set->revision, 2);
}

static void a_failure_is_counted_and_each_reason_said_once(void **state)
{
	struct fixture *fixture = *state;

	fixture->trouble = "the disk is full";
	for (int i = 1; i <= 3; i++) {
		turn(fixture);
		collect(fixture);
		assert_true(mm_rotor_failed(fixture->rotor));
		assert_int_equal(failures(fixture), i);
		pass(fixture, 60);
	}
	assert_int_equal(test_count_in(fixture->log.fd, "the disk is full"), 1);
	fixture->trouble = "the disk is gone";
	turn(fixture);
	collect(fixture);
	assert_int_equal(test_count_in(fixture->log.fd, "the disk is gone"), 1);
}

static void a_failure_is_tried_again_after_twice_the_time_up_to_a_minute(void **state)
{
	static const mm_duration waits[] = {1, 2, 4, 8, 16, 32, 60, 60};
	struct fixture *fixture = *state;

	fixture->trouble = "the disk is full";
	turn(fixture);
	collect(fixture);
	for (size_t i = 0; i < MM_COUNT(waits); i++) {
		pass(fixture, waits[i] - 1);
		turn(fixture);
		assert_false(mm_rotor_works(fixture->rotor));
		pass(fixture, 1);
		turn(fixture);
		collect(fixture);
	}
}

static void another_revision_is_tried_at_once(void **state)
{
	struct fixture *fixture = *state;
	struct mm_err err = {0};

	fixture->trouble = "the disk is full";
	turn(fixture);
	collect(fixture);
	turn(fixture);
	assert_false(mm_rotor_works(fixture->rotor));
	assert_ok(mm_store_commit(fixture->store.memory, fixture->set, 1, &test_actor, fixture->now, &err), &err);
	turn(fixture);
	collect(fixture);
	assert_int_equal(failures(fixture), 2);
}

static void who_asks_for_it_has_it_tried_at_once_and_is_told(void **state)
{
	struct fixture *fixture = *state;

	fixture->trouble = "the disk is full";
	turn(fixture);
	collect(fixture);
	mm_rotor_retry(fixture->rotor);
	turn(fixture);
	collect(fixture);
	assert_int_equal(failures(fixture), 2);
	assert_int_equal(test_count_in(fixture->log.fd, "the disk is full"), 2);
}

static void success_ends_the_failure(void **state)
{
	struct fixture *fixture = *state;

	fixture->trouble = "the disk is full";
	turn(fixture);
	collect(fixture);
	fixture->trouble = NULL;
	pass(fixture, 1);
	turn(fixture);
	assert_true(mm_rotor_failed(fixture->rotor)); /* until it is done */
	collect(fixture);
	assert_false(mm_rotor_failed(fixture->rotor));
	assert_contains(logged(fixture), "no key rotation is overdue any more");
}

static void a_failure_ends_when_nothing_is_due_any_more(void **state)
{
	struct fixture *fixture = *state;

	fixture->trouble = "the disk is full";
	turn(fixture);
	collect(fixture);
	fixture->policy.rotate_every = 0;
	turn(fixture);
	assert_false(mm_rotor_failed(fixture->rotor));
	assert_false(mm_rotor_works(fixture->rotor));
}

static void a_key_that_cannot_be_made_is_a_failure(void **state)
{
	struct fixture *fixture = *state;

	assert_int_equal(pipe(fixture->may_make), 0);
	close(fixture->may_make[1]);
	fixture->may_make[1] = -1;
	turn(fixture);
	collect(fixture);
	assert_true(mm_rotor_failed(fixture->rotor));
	assert_contains(logged(fixture), "no key may be made");
}

static void what_went_wrong_after_a_commit_is_said(void **state)
{
	struct fixture *fixture = *state;

	turn(fixture);
	collect(fixture);
	assert_false(mm_rotor_failed(fixture->rotor));
	assert_int_equal(test_count_in(fixture->log.fd, "level=warn"), 1);
	assert_contains(logged(fixture), "a key could not be destroyed");
}

static void after_a_step_forward_nothing_is_done_for_the_longest_wait(void **state)
{
	struct fixture *fixture = *state;

	turn(fixture);
	pass(fixture, 1);
	fixture->now += 2 * test_policy.rotate_every;
	turn(fixture);
	assert_false(mm_rotor_works(fixture->rotor));
	assert_true(fixture->stats.held);
	assert_contains(logged(fixture), " by=60d held_for=1d2m until=");
	pass(fixture, TEST_RETIRE_WAIT - 1);
	turn(fixture);
	assert_false(mm_rotor_works(fixture->rotor));
	assert_int_equal(test_count_in(fixture->log.fd, "the clock was set forward"), 1);
	pass(fixture, 1);
	turn(fixture);
	assert_false(fixture->stats.held);
	assert_contains(logged(fixture), "rotation goes on");
	collect(fixture);
}

static void the_longest_wait_is_that_of_policy_and_served_keys(void **state)
{
	struct fixture *fixture = *state;

	fixture->set->records[0].retire_wait = 5 * 86400;
	turn(fixture);
	fixture->now += 3600;
	turn(fixture);
	assert_contains(logged(fixture), " held_for=5d ");
	fixture->set->records[0].retire_wait = 0;
	fixture->set->records[1].revoked = fixture->now; /* nobody waits for that one any more */
	fixture->set->records[1].publish_wait = 9 * 86400;
	fixture->now += 3600;
	turn(fixture);
	assert_contains(logged(fixture), " held_for=1d2m ");
}

static void less_than_the_clock_skew_is_no_step(void **state)
{
	struct fixture *fixture = *state;

	turn(fixture);
	fixture->now += test_policy.clock_skew;
	turn(fixture);
	assert_false(fixture->stats.held);
	fixture->now++;
	turn(fixture);
	assert_true(fixture->stats.held);
}

/* The clock is set forward by half an hour while a job runs: what it commits is of the time before. */
static void a_step_forward_during_a_job_lets_no_wait_pass(void **state)
{
	struct fixture *fixture = *state;

	fixture->now -= 1800; /* the job itself reads the real clock */
	turn(fixture);
	collect(fixture);
	reload(fixture);
	assert_in_range(fixture->set->committed, fixture->now, fixture->now + 600);
}

#define DUE(name)  cmocka_unit_test_setup_teardown(name, setup_due, teardown)
#define IDLE(name) cmocka_unit_test_setup_teardown(name, setup_idle, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IDLE(what_is_not_due_is_not_done),
		DUE(what_is_due_is_committed_by_the_rotor),
		DUE(one_job_runs_at_a_time),
		DUE(a_job_works_on_copies),
		DUE(what_another_process_did_is_not_done_again),
		DUE(a_failure_is_counted_and_each_reason_said_once),
		DUE(a_failure_is_tried_again_after_twice_the_time_up_to_a_minute),
		DUE(another_revision_is_tried_at_once),
		DUE(who_asks_for_it_has_it_tried_at_once_and_is_told),
		DUE(success_ends_the_failure),
		DUE(a_failure_ends_when_nothing_is_due_any_more),
		DUE(a_key_that_cannot_be_made_is_a_failure),
		DUE(what_went_wrong_after_a_commit_is_said),
		IDLE(after_a_step_forward_nothing_is_done_for_the_longest_wait),
		IDLE(the_longest_wait_is_that_of_policy_and_served_keys),
		IDLE(less_than_the_clock_skew_is_no_step),
		DUE(a_step_forward_during_a_job_lets_no_wait_pass),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
