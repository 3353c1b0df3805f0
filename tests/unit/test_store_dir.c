/* SPDX-License-Identifier: Apache-2.0 */
/* The directory as a whole: who may own it, what is in it, what a crash leaves. Keys and watch: test_store_*.c. */
#include "tests/unit/dir_store.h"

#include <fcntl.h>
#include <mintmark/file.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- open ------------------------------------------------------------------------------------------------------- */

static void a_missing_directory_is_not_found(void **state)
{
	struct dir_name path = in_dir("new");
	(void)state;

	assert_open_fails(path.text, false, MM_ENOTFOUND, path.text);
	assert_false(test_file_exists(dir_fd(), "new"));
}

static void a_missing_directory_is_made_private(void **state)
{
	mm_auto(mm_store) store = NULL;
	mode_t umask_before = umask(0);
	(void)state;

	assert_ok(mm_store_open_dir(in_dir("new").text, true, &store, NULL), NULL);
	umask(umask_before);
	assert_int_equal(test_file_mode(dir_fd(), "new"), 0700);
}

static void a_slash_at_the_end_of_the_path_makes_no_difference(void **state)
{
	mm_auto(mm_store) made = NULL;
	mm_auto(mm_store) opened = NULL;
	(void)state;

	assert_ok(mm_store_open_dir(in_dir("new//").text, true, &made, NULL), NULL);
	assert_ok(mm_store_open_dir(in_dir("new/").text, false, &opened, NULL), NULL);
}

static void the_parent_of_the_directory_is_not_made(void **state)
{
	(void)state;
	assert_open_fails(in_dir("a/b").text, true, MM_EIO, "a/b");
	assert_false(test_file_exists(dir_fd(), "a"));
}

static void a_file_is_no_directory(void **state)
{
	(void)state;
	test_file_write(dir_fd(), "file", "", 0600);
	assert_open_fails(in_dir("file").text, true, MM_EIO, "file");
}

static void a_link_to_a_directory_is_refused(void **state)
{
	struct dir_name link = in_dir("link");
	(void)state;

	assert_int_equal(symlink(dir_path(), link.text), 0);
	assert_open_fails(link.text, false, MM_EUNSAFE, "symbolic link");
	assert_open_fails(link.text, true, MM_EUNSAFE, "symbolic link");
}

static void a_directory_that_others_may_write_to_is_refused(void **state)
{
	(void)state;
	assert_int_equal(chmod(dir_path(), 0770), 0);
	assert_open_fails(dir_path(), true, MM_EUNSAFE, "chmod go-w");
	assert_int_equal(chmod(dir_path(), 0702), 0);
	assert_open_fails(dir_path(), true, MM_EUNSAFE, dir_path());
}

static void a_directory_that_others_may_read_is_accepted(void **state)
{
	mm_auto(mm_store) store = NULL;
	(void)state;

	assert_int_equal(chmod(dir_path(), 0755), 0);
	assert_ok(mm_store_open_dir(dir_path(), false, &store, NULL), NULL);
}

static void a_directory_of_another_user_is_refused(void **state)
{
	(void)state;
	give_away(".");
	assert_open_fails(dir_path(), false, MM_EUNSAFE, "another user owns it");
}

static void opening_and_loading_write_nothing(void **state)
{
	struct mm_keyset *set = NULL;

	assert_int_equal(mm_store_load(store_of(state), MM_LOAD_PRIVATE, &set, NULL), MM_ENOTFOUND);
	assert_int_equal(test_dir_count(dir_fd()), 0);
}

/* ---- what is in the directory ------------------------------------------------------------------------------------ */

/* The umask can take nothing away from the set, and leave nothing to others of the keys. */
static void a_commit_leaves_the_set_the_keys_the_audit_and_the_lock(void **state)
{
	mode_t umask_before = umask(0);
	mm_auto(mm_keyset) set = with_first_set(state);
	(void)state;

	umask(umask_before);
	assert_int_equal(test_dir_count(dir_fd()), 4);
	assert_int_equal(test_file_mode(dir_fd(), "keyset.json"), 0644);
	assert_int_equal(test_file_mode(dir_fd(), "audit.log"), 0600);
	assert_int_equal(test_file_mode(dir_fd(), "lock") & 0077, 0);
	assert_int_equal(test_file_mode(dir_fd(), "keys"), 0700);
	for (size_t i = 0; i < 2; i++)
		assert_int_equal(test_file_mode(dir_fd(), key_file(&set->records[i]).text), 0600);
}

static void the_set_is_stored_in_its_format(void **state)
{
	mm_auto(mm_keyset) set = with_first_set(state);
	mm_auto_string text = test_file_read(dir_fd(), "keyset.json");
	mm_auto_buf expected = {0};

	assert_ok(mm_keyset_encode(set, &expected, NULL), NULL);
	assert_string_equal(text, expected.p);
}

/*
 * ---- what a crash leaves behind -----------------------------------------------------------------------------------
 */

static void left_over_temporaries_are_swept(void **state)
{
	mm_auto(mm_keyset) set = with_first_set(state);

	test_file_write(dir_fd(), ".keyset.json.tmp.0123ab", "{", 0600);
	test_file_write(dir_fd(), "keys/.x.pem.tmp.0123ab", "-----BEGIN", 0600);
	store_committed(store_of(state), set);
	assert_int_equal(test_dir_count(dir_fd()), 4);
	assert_false(test_file_exists(dir_fd(), "keys/.x.pem.tmp.0123ab"));
}

static void files_that_are_not_the_stores_are_left_alone(void **state)
{
	static const char *const names[] = {"NOTES", "keyset.json.bak", "keys/old-backup.pem", "keys/NOTES"};
	mm_auto(mm_keyset) set = with_first_set(state);

	for (size_t i = 0; i < MM_COUNT(names); i++)
		test_file_write(dir_fd(), names[i], "mine", 0600);
	store_committed(store_of(state), set);
	for (size_t i = 0; i < MM_COUNT(names); i++)
		assert_true(test_file_exists(dir_fd(), names[i]));
}

/*
 * ---- what is refused ----------------------------------------------------------------------------------------------
 */

static void a_set_behind_a_link_is_refused(void **state)
{
	mm_auto(mm_keyset) set = with_first_set(state);

	make_link_of("keyset.json");
	assert_load_fails(state, MM_EUNSAFE, "keyset.json: is a symbolic link");
	assert_commit_fails(state, set, MM_EUNSAFE, "keyset.json: is a symbolic link");
}

static void a_set_that_others_may_write_to_is_refused(void **state)
{
	mm_auto(mm_keyset) set = with_first_set(state);

	chmod_in_dir("keyset.json", 0664);
	assert_load_fails(state, MM_EUNSAFE, "chmod go-w");
	assert_commit_fails(state, set, MM_EUNSAFE, "keyset.json");
}

static void a_set_of_another_user_is_refused(void **state)
{
	mm_auto(mm_keyset) set = with_first_set(state);

	give_away("keyset.json");
	assert_load_fails(state, MM_EUNSAFE, "another user owns it");
	assert_commit_fails(state, set, MM_EUNSAFE, "keyset.json");
}

static void a_set_that_is_a_pipe_is_refused_at_once(void **state)
{
	assert_int_equal(mkfifoat(dir_fd(), "keyset.json", 0600), 0);
	assert_load_fails(state, MM_EUNSAFE, "keyset.json: is not a regular file");
}

static void a_lock_behind_a_link_is_refused(void **state)
{
	mm_auto(mm_keyset) set = with_first_set(state);

	make_link_of("lock");
	assert_commit_fails(state, set, MM_EUNSAFE, "lock: is a symbolic link");
}

/* What this program does not understand it does not overwrite either. */
static void a_set_that_cannot_be_read_is_not_replaced(void **state)
{
	static const char newer[] = "{\"format\": \"mintmark-keyset/2\"}\n";
	mm_auto(mm_keyset) set = with_first_set(state);
	mm_auto_string text = NULL;

	test_file_write(dir_fd(), "keyset.json", newer, 0644);
	assert_load_fails(state, MM_EPARSE, "this program reads mintmark-keyset/1");
	assert_commit_fails(state, set, MM_EPARSE, "this program reads mintmark-keyset/1");
	text = test_file_read(dir_fd(), "keyset.json");
	assert_string_equal(text, newer);
	assert_true(test_file_exists(dir_fd(), key_file(&set->records[0]).text));
}

/* Or a second init would sweep the private keys that only the lost set names. */
static void a_set_that_got_lost_is_not_taken_for_one_that_never_was(void **state)
{
	mm_auto(mm_keyset) set = with_first_set(state);
	mm_auto(mm_keyset) other = test_first_set();

	assert_int_equal(unlinkat(dir_fd(), "keyset.json", 0), 0);
	assert_load_fails(state, MM_EIO, "keyset.json is missing, but one was committed here");
	assert_commit_fails(state, other, MM_EIO, "restore it from a backup");
	assert_true(test_file_exists(dir_fd(), key_file(&set->records[0]).text));
}

static void make_key_file(const char *name)
{
	assert_int_equal(mkdirat(dir_fd(), "keys", 0700), 0);
	test_file_write(dir_fd(), name, "somebody's only copy", 0600);
}

#define A_KEY "keys/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA.pem"

/* A backup of keys/ alone. Asked twice: what a refused commit leaves must not make the next one sweep them. */
static void private_keys_without_set_and_lock_are_not_swept(void **state)
{
	mm_auto(mm_keyset) set = test_first_set();

	make_key_file(A_KEY);
	assert_load_fails(state, MM_EIO, "move the keys away");
	for (int i = 0; i < 2; i++) {
		assert_commit_fails(state, set, MM_EIO, "keys holds the private keys of a set that is not here");
		assert_true(test_file_exists(dir_fd(), A_KEY));
	}
	assert_false(test_file_exists(dir_fd(), "lock"));
}

/* Their directory came back with other permissions, which are to be mended first: no reason to forget them. */
static void private_keys_that_anybody_may_read_are_not_swept_either(void **state)
{
	mm_auto(mm_keyset) set = test_first_set();

	make_key_file(A_KEY);
	chmod_in_dir("keys", 0755);
	assert_commit_fails(state, set, MM_EIO, "move the keys away");
	chmod_in_dir("keys", 0700);
	assert_commit_fails(state, set, MM_EIO, "move the keys away");
	assert_true(test_file_exists(dir_fd(), A_KEY));
}

/* A first commit that was killed: it made the lock, and did not come to mark it. */
static void private_keys_beside_an_unmarked_lock_are_swept(void **state)
{
	make_key_file(A_KEY);
	test_file_write(dir_fd(), "lock", "", 0600);
	mm_keyset_free(with_first_set(state));
	assert_false(test_file_exists(dir_fd(), A_KEY));
}

static void a_set_without_its_lock_is_still_there(void **state)
{
	mm_auto(mm_keyset) set = with_first_set(state);
	mm_auto_string text = NULL;

	assert_int_equal(unlinkat(dir_fd(), "lock", 0), 0);
	mm_keyset_free(store_loaded(store_of(state), MM_LOAD_PRIVATE));
	store_committed(store_of(state), set);
	text = test_file_read(dir_fd(), "lock");
	assert_non_null(strstr(text, "A key set was committed"));
}

/*
 * ---- several handles
 * -----------------------------------------------------------------------------------------------
 */

struct late_commit {
	struct mm_store *store;
	struct mm_keyset *set;
	atomic_bool done;
};

static void *commit_in_thread(void *argument)
{
	struct late_commit *commit = argument;

	store_committed(commit->store, commit->set);
	atomic_store(&commit->done, true);
	return NULL;
}

static void a_commit_waits_for_the_lock(void **state)
{
	mm_auto(mm_keyset) set = test_first_set();
	struct late_commit commit = {.store = store_of(state), .set = set};
	pthread_t thread;
	int lock;

	assert_ok(mm_file_lock(dir_fd(), "lock", 0, &lock, NULL), NULL);
	assert_int_equal(pthread_create(&thread, NULL, commit_in_thread, &commit), 0);
	usleep(50000);
	assert_false(atomic_load(&commit.done));
	assert_false(test_file_exists(dir_fd(), "keyset.json"));
	mm_fd_close(&lock);
	assert_int_equal(pthread_join(thread, NULL), 0);
	assert_int_equal(set->revision, 1);
}

static void loading_does_not_wait_for_the_lock(void **state)
{
	mm_auto(mm_keyset) set = with_first_set(state);
	int lock;

	assert_ok(mm_file_lock(dir_fd(), "lock", 0, &lock, NULL), NULL);
	mm_keyset_free(store_loaded(store_of(state), MM_LOAD_PRIVATE));
	mm_fd_close(&lock);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, dir_store_open, dir_store_close)

static const struct CMUnitTest own_tests[] = {
	TEST(a_missing_directory_is_not_found),
	TEST(a_missing_directory_is_made_private),
	TEST(a_slash_at_the_end_of_the_path_makes_no_difference),
	TEST(the_parent_of_the_directory_is_not_made),
	TEST(a_file_is_no_directory),
	TEST(a_link_to_a_directory_is_refused),
	TEST(a_directory_that_others_may_write_to_is_refused),
	TEST(a_directory_that_others_may_read_is_accepted),
	TEST(a_directory_of_another_user_is_refused),
	TEST(opening_and_loading_write_nothing),
	TEST(a_commit_leaves_the_set_the_keys_the_audit_and_the_lock),
	TEST(the_set_is_stored_in_its_format),
	TEST(left_over_temporaries_are_swept),
	TEST(files_that_are_not_the_stores_are_left_alone),
	TEST(a_set_behind_a_link_is_refused),
	TEST(a_set_that_others_may_write_to_is_refused),
	TEST(a_set_of_another_user_is_refused),
	TEST(a_set_that_is_a_pipe_is_refused_at_once),
	TEST(a_lock_behind_a_link_is_refused),
	TEST(a_set_that_cannot_be_read_is_not_replaced),
	TEST(a_set_that_got_lost_is_not_taken_for_one_that_never_was),
	TEST(private_keys_without_set_and_lock_are_not_swept),
	TEST(private_keys_that_anybody_may_read_are_not_swept_either),
	TEST(private_keys_beside_an_unmarked_lock_are_swept),
	TEST(a_set_without_its_lock_is_still_there),
	TEST(a_commit_waits_for_the_lock),
	TEST(loading_does_not_wait_for_the_lock),
};

int main(void)
{
	struct CMUnitTest tests[STORE_CONTRACT_TESTS + MM_COUNT(own_tests)];

	memcpy(tests + store_contract(tests, dir_store_open, dir_store_close), own_tests, sizeof(own_tests));
	return cmocka_run_group_tests_name("store_dir", tests, NULL, NULL);
}
