/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/dir_store.h"

#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

static struct mm_store *second_handle(void)
{
	struct mm_store *store = NULL;

	assert_ok(mm_store_open_dir(dir_path(), false, &store, NULL), NULL);
	return store;
}

static bool is_readable(int fd)
{
	struct pollfd entry = {.fd = fd, .events = POLLIN};

	return poll(&entry, 1, 0) == 1;
}

static void a_commit_by_another_handle_is_noticed_without_watching(void **state)
{
	mm_auto(mm_store) other = second_handle();
	mm_auto(mm_keyset) set = with_first_set(state);

	mm_keyset_free(store_loaded(other, MM_LOAD_PUBLIC));
	assert_false(mm_store_changed(other));
	store_committed(store_of(state), set);
	assert_true(mm_store_changed(other));
}

static void a_commit_by_another_handle_wakes_the_watcher(void **state)
{
	mm_auto(mm_store) other = second_handle();
	int fd = mm_store_watch_fd(other);
	mm_auto(mm_keyset) set = test_first_set();

	assert_true(fd >= 0);
	assert_false(is_readable(fd));
	for (int i = 0; i < 3; i++) {
		store_committed(store_of(state), set);
		assert_true(is_readable(fd));
		assert_true(mm_store_changed(other));
		assert_false(is_readable(fd));
		mm_keyset_free(store_loaded(other, MM_LOAD_PUBLIC));
		assert_false(mm_store_changed(other));
	}
}

static void asking_for_the_watch_again_gives_the_same_one(void **state)
{
	int fd = mm_store_watch_fd(store_of(state));

	assert_int_equal(mm_store_watch_fd(store_of(state)), fd);
}

static void other_files_in_the_directory_are_no_change(void **state)
{
	mm_auto(mm_keyset) set = with_first_set(state);
	int fd = mm_store_watch_fd(store_of(state));

	mm_keyset_free(store_loaded(store_of(state), MM_LOAD_PUBLIC));
	test_file_write(dir_fd(), "NOTES", "mine", 0600);
	assert_false(mm_store_changed(store_of(state)));
	assert_false(is_readable(fd));
}

/* An administrator who restores the set by copying over it does not rename. */
static void a_set_that_is_written_in_place_wakes_the_watcher(void **state)
{
	mm_auto(mm_keyset) set = with_first_set(state);
	mm_auto_string text = test_file_read(dir_fd(), "keyset.json");
	int fd = mm_store_watch_fd(store_of(state));

	mm_keyset_free(store_loaded(store_of(state), MM_LOAD_PUBLIC));
	test_file_write(dir_fd(), "keyset.json", text, 0644);
	assert_true(is_readable(fd));
	assert_true(mm_store_changed(store_of(state)));
}

/* Two commits within one tick of the file system's clock may leave a file that looks like the first. */
static void a_notice_counts_even_if_the_file_looks_the_same(void **state)
{
	mm_auto(mm_keyset) set = with_first_set(state);
	int fd = mm_store_watch_fd(store_of(state));
	int writer;

	mm_keyset_free(store_loaded(store_of(state), MM_LOAD_PUBLIC));
	writer = openat(dir_fd(), "keyset.json", O_WRONLY | O_CLOEXEC);
	assert_true(writer >= 0);
	close(writer);
	assert_true(is_readable(fd));
	assert_true(mm_store_changed(store_of(state)));
}

static void a_load_takes_the_notice_of_what_it_read(void **state)
{
	mm_auto(mm_store) other = second_handle();
	int fd = mm_store_watch_fd(other);
	mm_auto(mm_keyset) set = with_first_set(state);

	mm_keyset_free(store_loaded(other, MM_LOAD_PUBLIC));
	assert_false(is_readable(fd));
	assert_false(mm_store_changed(other));
}

/* ---- another directory at the path ------------------------------------------------------------------------------- */

static struct dir_name moved_away(void)
{
	struct dir_name away;

	snprintf(away.text, sizeof(away.text), "%s.away", dir_path());
	assert_int_equal(rename(dir_path(), away.text), 0);
	return away;
}

/* Instead of whatever is at the path by now. */
static void put_back(const struct dir_name *away)
{
	struct test_dir stand_in = {.fd = -1};

	snprintf(stand_in.path, sizeof(stand_in.path), "%s", dir_path());
	test_dir_remove(&stand_in);
	assert_int_equal(rename(away->text, dir_path()), 0);
}

static void a_directory_that_is_gone_is_a_change_and_no_empty_store(void **state)
{
	mm_auto(mm_keyset) set = with_first_set(state);
	struct mm_keyset *loaded = NULL;
	struct mm_err err = {0};
	struct dir_name away;

	mm_keyset_free(store_loaded(store_of(state), MM_LOAD_PUBLIC));
	away = moved_away();
	assert_true(mm_store_changed(store_of(state)));
	assert_fails_saying(mm_store_load(store_of(state), MM_LOAD_PUBLIC, &loaded, &err), MM_EIO, &err, dir_path());
	assert_fails_saying(mm_store_commit(store_of(state), set, 1, &test_actor, 1, &err), MM_EIO, &err,
			    "nothing was changed");
	put_back(&away);
	assert_false(mm_store_changed(store_of(state)));
	mm_keyset_free(store_loaded(store_of(state), MM_LOAD_PUBLIC));
}

/* As when a backup is put in place of the directory. */
static void another_directory_at_the_path_is_what_is_loaded_and_watched(void **state)
{
	mm_auto(mm_keyset) set = with_first_set(state);
	mm_auto(mm_keyset) restored = test_first_set();
	mm_auto(mm_keyset) loaded = NULL;
	mm_auto(mm_store) other = NULL;
	int fd = mm_store_watch_fd(store_of(state));
	struct dir_name away;

	mm_keyset_free(store_loaded(store_of(state), MM_LOAD_PUBLIC));
	away = moved_away();
	assert_ok(mm_store_open_dir(dir_path(), true, &other, NULL), NULL);
	store_committed(other, restored);
	assert_true(mm_store_changed(store_of(state)));
	loaded = store_loaded(store_of(state), MM_LOAD_PRIVATE);
	assert_non_null(mm_keyset_find(loaded, mm_key_kid(restored->records[0].key)));
	assert_false(mm_store_changed(store_of(state)));
	assert_int_equal(mm_store_watch_fd(store_of(state)), fd);
	assert_false(is_readable(fd));
	store_committed(other, restored);
	assert_true(is_readable(fd));
	put_back(&away);
}

static void what_happens_in_the_directory_that_was_replaced_is_no_change(void **state)
{
	mm_auto(mm_keyset) set = with_first_set(state);
	mm_auto(mm_store) other = NULL;
	int fd = mm_store_watch_fd(store_of(state));
	struct mm_keyset *none = NULL;
	struct dir_name away = moved_away();

	assert_ok(mm_store_open_dir(dir_path(), true, &other, NULL), NULL);
	assert_int_equal(mm_store_load(store_of(state), MM_LOAD_PUBLIC, &none, NULL), MM_ENOTFOUND);
	test_file_write(dir_fd(), "keyset.json", "{}", 0644);
	assert_false(is_readable(fd));
	put_back(&away);
}

static void another_directory_must_be_as_safe_as_the_first(void **state)
{
	mm_auto(mm_keyset) set = with_first_set(state);
	struct mm_keyset *loaded = NULL;
	struct mm_err err = {0};
	struct dir_name away = moved_away();

	assert_int_equal(mkdir(dir_path(), 0777), 0);
	assert_int_equal(chmod(dir_path(), 0777), 0);
	assert_true(mm_store_changed(store_of(state)));
	assert_fails_saying(mm_store_load(store_of(state), MM_LOAD_PUBLIC, &loaded, &err), MM_EUNSAFE, &err,
			    "chmod go-w");
	put_back(&away);
}

/* ---- without inotify --------------------------------------------------------------------------------------------- */

/* Out of descriptors is one reason of several for which inotify may not be had. */
static void without_inotify_the_caller_is_told_to_poll(void **state)
{
	mm_auto(mm_keyset) set = test_first_set();
	struct rlimit limit, none;

	assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
	none = limit;
	none.rlim_cur = 0;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	assert_int_equal(mm_store_watch_fd(store_of(state)), -1);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
	store_committed(store_of(state), set);
	assert_true(mm_store_changed(store_of(state)));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, dir_store_open, dir_store_close)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_commit_by_another_handle_is_noticed_without_watching),
		TEST(a_commit_by_another_handle_wakes_the_watcher),
		TEST(asking_for_the_watch_again_gives_the_same_one),
		TEST(other_files_in_the_directory_are_no_change),
		TEST(a_set_that_is_written_in_place_wakes_the_watcher),
		TEST(a_notice_counts_even_if_the_file_looks_the_same),
		TEST(a_load_takes_the_notice_of_what_it_read),
		TEST(a_directory_that_is_gone_is_a_change_and_no_empty_store),
		TEST(another_directory_at_the_path_is_what_is_loaded_and_watched),
		TEST(what_happens_in_the_directory_that_was_replaced_is_no_change),
		TEST(another_directory_must_be_as_safe_as_the_first),
		TEST(without_inotify_the_caller_is_told_to_poll),
	};

	return cmocka_run_group_tests_name("store_watch", tests, NULL, NULL);
}
