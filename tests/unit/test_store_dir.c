/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/store_contract.h"

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <mintmark/file.h>

static struct fixture {
	struct store_fixture base;
	struct test_dir dir;
} fixture;

static int open_store(void **state)
{
	test_dir_make(&fixture.dir);
	assert_ok(mm_store_open_dir(fixture.dir.path, false, &fixture.base.store, NULL), NULL);
	*state = &fixture;
	return 0;
}

static int close_store(void **state)
{
	mm_store_free(store_of(state));
	test_dir_remove(&fixture.dir);
	return 0;
}

/* The directory of the test, and names in it. */
static int dirfd_of(void)
{
	return fixture.dir.fd;
}

struct name {
	char text[512];
};

static struct name in_dir(const char *name)
{
	struct name out;

	snprintf(out.text, sizeof(out.text), "%s/%s", fixture.dir.path, name);
	return out;
}

static struct name key_file(const struct mm_key_record *record)
{
	struct name out;

	snprintf(out.text, sizeof(out.text), "keys/%s.pem", mm_key_kid(record->key));
	return out;
}

static mode_t mode_of(const char *name)
{
	struct stat st;

	assert_int_equal(fstatat(dirfd_of(), name, &st, AT_SYMLINK_NOFOLLOW), 0);
	return st.st_mode & 07777;
}

static ino_t inode_of(const char *name)
{
	struct stat st;

	assert_int_equal(fstatat(dirfd_of(), name, &st, AT_SYMLINK_NOFOLLOW), 0);
	return st.st_ino;
}

static void chmod_in_dir(const char *name, mode_t mode)
{
	assert_int_equal(fchmodat(dirfd_of(), name, mode, 0), 0);
}

/* Gives a file away; false, and the test is to be skipped, when only root may. */
static bool give_away(const char *name)
{
	if (geteuid() != 0) {
		print_message("skipped: only root can give a file to another user\n");
		return false;
	}
	assert_int_equal(fchownat(dirfd_of(), name, 65534, (gid_t)-1, AT_SYMLINK_NOFOLLOW), 0);
	return true;
}

/* Moves a file aside and puts a symbolic link to it in its place. */
static void make_link_of(const char *name)
{
	struct name aside = in_dir("aside");

	assert_int_equal(renameat(dirfd_of(), name, dirfd_of(), "aside"), 0);
	assert_int_equal(symlinkat(aside.text, dirfd_of(), name), 0);
}

/* Commits a first set and gives it back. */
static struct mm_keyset *with_first_set(void **state)
{
	struct mm_keyset *set = test_first_set();

	store_committed(store_of(state), set);
	return set;
}

static void assert_load_fails(void **state, enum mm_code code, const char *why)
{
	struct mm_keyset *set = NULL;
	struct mm_err err = {0};

	assert_fails_saying(mm_store_load(store_of(state), MM_LOAD_PRIVATE, &set, &err), code, &err, why);
	assert_null(set);
}

static void assert_commit_fails(void **state, struct mm_keyset *set, enum mm_code code, const char *why)
{
	struct mm_err err = {0};

	assert_int_equal(mm_store_commit(store_of(state), set, set->revision, T0 + 2000, &err), code);
	assert_contains(err.text, fixture.dir.path);
	assert_contains(err.text, "nothing was changed");
	assert_contains(err.text, why);
}

static void assert_open_fails(const char *path, bool create, enum mm_code code, const char *why)
{
	struct mm_store *store = NULL;
	struct mm_err err = {0};

	assert_fails_saying(mm_store_open_dir(path, create, &store, &err), code, &err, why);
	assert_null(store);
}

/* ---- open ------------------------------------------------------------------------------------------------------- */

static void a_missing_directory_is_not_found(void **state)
{
	struct name path = in_dir("new");
	(void)state;

	assert_open_fails(path.text, false, MM_ENOTFOUND, path.text);
	assert_false(test_file_exists(dirfd_of(), "new"));
}

static void a_missing_directory_is_made_private(void **state)
{
	mm_auto(mm_store) store = NULL;
	mode_t umask_before = umask(0);
	(void)state;

	assert_ok(mm_store_open_dir(in_dir("new").text, true, &store, NULL), NULL);
	umask(umask_before);
	assert_int_equal(mode_of("new"), 0700);
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
	assert_false(test_file_exists(dirfd_of(), "a"));
}

static void a_file_is_no_directory(void **state)
{
	(void)state;
	test_file_write(dirfd_of(), "file", "", 0600);
	assert_open_fails(in_dir("file").text, true, MM_EIO, "file");
}

static void a_link_to_a_directory_is_refused(void **state)
{
	struct name link = in_dir("link");
	(void)state;

	assert_int_equal(symlink(fixture.dir.path, link.text), 0);
	assert_open_fails(link.text, false, MM_EUNSAFE, "symbolic link");
	assert_open_fails(link.text, true, MM_EUNSAFE, "symbolic link");
}

static void a_directory_that_others_may_write_to_is_refused(void **state)
{
	(void)state;
	assert_int_equal(chmod(fixture.dir.path, 0770), 0);
	assert_open_fails(fixture.dir.path, true, MM_EUNSAFE, "chmod go-w");
	assert_int_equal(chmod(fixture.dir.path, 0702), 0);
	assert_open_fails(fixture.dir.path, true, MM_EUNSAFE, fixture.dir.path);
}

static void a_directory_that_others_may_read_is_accepted(void **state)
{
	mm_auto(mm_store) store = NULL;
	(void)state;

	assert_int_equal(chmod(fixture.dir.path, 0755), 0);
	assert_ok(mm_store_open_dir(fixture.dir.path, false, &store, NULL), NULL);
}

static void a_directory_of_another_user_is_refused(void **state)
{
	(void)state;
	if (!give_away("."))
		skip();
	assert_open_fails(fixture.dir.path, false, MM_EUNSAFE, "another user owns it");
}

static void opening_and_loading_write_nothing(void **state)
{
	struct mm_keyset *set = NULL;

	assert_int_equal(mm_store_load(store_of(state), MM_LOAD_PRIVATE, &set, NULL), MM_ENOTFOUND);
	assert_int_equal(test_dir_count(dirfd_of()), 0);
}

/* ---- what is in the directory ------------------------------------------------------------------------------------ */

/* The umask can take nothing away from the set, and leave nothing to others of the keys. */
static void a_commit_leaves_the_set_the_keys_and_the_lock(void **state)
{
	mode_t umask_before = umask(0);
	mm_auto(mm_keyset) set = with_first_set(state);
	(void)state;

	umask(umask_before);
	assert_int_equal(test_dir_count(dirfd_of()), 3);
	assert_int_equal(mode_of("keyset.json"), 0644);
	assert_int_equal(mode_of("lock") & 0077, 0);
	assert_int_equal(mode_of("keys"), 0700);
	for (size_t i = 0; i < 2; i++)
		assert_int_equal(mode_of(key_file(&set->records[i]).text), 0600);
}

static void the_set_is_stored_in_its_format(void **state)
{
	mm_auto(mm_keyset) set = with_first_set(state);
	mm_auto_string text = test_file_read(dirfd_of(), "keyset.json");
	mm_auto_buf expected = {0};

	assert_ok(mm_keyset_encode(set, &expected, NULL), NULL);
	assert_string_equal(text, expected.p);
}

static void private_keys_are_stored_as_pkcs8(void **state)
{
	mm_auto(mm_keyset) set = with_first_set(state);
	mm_auto_string pem = test_file_read(dirfd_of(), key_file(&set->records[0]).text);

	assert_int_equal(strncmp(pem, "-----BEGIN PRIVATE KEY-----\n", 28), 0);
}

static void a_key_that_is_stored_is_not_written_again(void **state)
{
	mm_auto(mm_keyset) set = with_first_set(state);
	struct name name = key_file(&set->records[0]);
	ino_t before = inode_of(name.text);

	store_committed(store_of(state), set);
	assert_int_equal(inode_of(name.text), before);
}

static void a_key_file_that_got_lost_is_written_again_by_who_has_the_key(void **state)
{
	mm_auto(mm_keyset) set = with_first_set(state);
	struct name name = key_file(&set->records[0]);

	assert_int_equal(unlinkat(dirfd_of(), name.text, 0), 0);
	store_committed(store_of(state), set);
	mm_keyset_free(store_loaded(store_of(state), MM_LOAD_PRIVATE));
}

static void key_files_of_retired_keys_stay_and_of_removed_ones_go(void **state)
{
	mm_auto(mm_keyset) set = with_first_set(state);
	struct name name = key_file(&set->records[0]);

	set->records[1].activated = T0 + 10;
	set->records[0].retired = T0 + 10;
	store_committed(store_of(state), set);
	assert_true(test_file_exists(dirfd_of(), name.text));
	set->records[0].removed = T0 + 20;
	store_committed(store_of(state), set);
	assert_false(test_file_exists(dirfd_of(), name.text));
}

/* ---- what a crash leaves behind ----------------------------------------------------------------------------------- */

static void left_over_temporaries_are_swept(void **state)
{
	mm_auto(mm_keyset) set = with_first_set(state);

	test_file_write(dirfd_of(), ".keyset.json.tmp.0123ab", "{", 0600);
	test_file_write(dirfd_of(), "keys/.x.pem.tmp.0123ab", "-----BEGIN", 0600);
	store_committed(store_of(state), set);
	assert_int_equal(test_dir_count(dirfd_of()), 3);
	assert_false(test_file_exists(dirfd_of(), "keys/.x.pem.tmp.0123ab"));
}

/* Killed after writing a private key and before the set that names it. */
static void a_key_file_that_no_set_names_is_swept(void **state)
{
	static const char orphan[] = "keys/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA.pem";
	mm_auto(mm_keyset) set = with_first_set(state);

	test_file_write(dirfd_of(), orphan, "-----BEGIN", 0600);
	store_committed(store_of(state), set);
	assert_false(test_file_exists(dirfd_of(), orphan));
}

/* It may have been renamed into place without being durable, so its presence proves nothing. */
static void an_orphan_of_the_same_name_is_written_anew(void **state)
{
	mm_auto(mm_keyset) set = test_first_set();
	mm_auto(mm_keyset) loaded = NULL;

	assert_int_equal(mkdirat(dirfd_of(), "keys", 0700), 0);
	test_file_write(dirfd_of(), key_file(&set->records[0]).text, "", 0600);
	store_committed(store_of(state), set);
	loaded = store_loaded(store_of(state), MM_LOAD_PRIVATE);
	assert_true(mm_key_is_private(loaded->records[0].key));
}

static void files_that_are_not_the_stores_are_left_alone(void **state)
{
	static const char *const names[] = {"NOTES", "keyset.json.bak", "keys/old-backup.pem", "keys/NOTES"};
	mm_auto(mm_keyset) set = with_first_set(state);

	for (size_t i = 0; i < MM_COUNT(names); i++)
		test_file_write(dirfd_of(), names[i], "mine", 0600);
	store_committed(store_of(state), set);
	for (size_t i = 0; i < MM_COUNT(names); i++)
		assert_true(test_file_exists(dirfd_of(), names[i]));
}

/* The set is durable without it, so the commit stands; but whoever revoked a key must hear of it. */
static void a_private_key_that_cannot_be_destroyed_is_a_warning(void **state)
{
	mm_auto(mm_keyset) set = with_first_set(state);
	struct name name = key_file(&set->records[0]);
	struct mm_err err = {0};

	set->records[1].activated = T0 + 10;
	set->records[0].revoked = T0 + 10;
	assert_int_equal(unlinkat(dirfd_of(), name.text, 0), 0);
	assert_int_equal(mkdirat(dirfd_of(), name.text, 0700), 0);
	assert_ok(mm_store_commit(store_of(state), set, 1, T0 + 20, &err), &err);
	assert_int_equal(store_of(state)->warning.code, MM_EIO);
	assert_contains(store_of(state)->warning.text, "a private key could not be destroyed");
	assert_contains(store_of(state)->warning.text, mm_key_kid(set->records[0].key));
	assert_int_equal(unlinkat(dirfd_of(), name.text, AT_REMOVEDIR), 0);
	store_committed(store_of(state), set);
}

/* ---- what is refused ---------------------------------------------------------------------------------------------- */

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

	if (!give_away("keyset.json"))
		skip();
	assert_load_fails(state, MM_EUNSAFE, "another user owns it");
	assert_commit_fails(state, set, MM_EUNSAFE, "keyset.json");
}

static void a_set_that_is_a_pipe_is_refused_at_once(void **state)
{
	assert_int_equal(mkfifoat(dirfd_of(), "keyset.json", 0600), 0);
	assert_load_fails(state, MM_EUNSAFE, "keyset.json: is not a regular file");
}

static void a_private_key_behind_a_link_is_refused(void **state)
{
	mm_auto(mm_keyset) set = with_first_set(state);

	make_link_of(key_file(&set->records[0]).text);
	assert_load_fails(state, MM_EUNSAFE, "symbolic link");
}

static void a_private_key_that_others_may_read_is_refused(void **state)
{
	mm_auto(mm_keyset) set = with_first_set(state);
	struct name name = key_file(&set->records[1]);

	chmod_in_dir(name.text, 0640);
	assert_load_fails(state, MM_EUNSAFE, "chmod go-rwx");
	chmod_in_dir(name.text, 0604);
	assert_load_fails(state, MM_EUNSAFE, name.text);
}

static void a_private_key_of_another_user_is_refused(void **state)
{
	mm_auto(mm_keyset) set = with_first_set(state);

	if (!give_away(key_file(&set->records[0]).text))
		skip();
	assert_load_fails(state, MM_EUNSAFE, "another user owns it");
}

static void a_key_directory_that_is_not_private_is_refused(void **state)
{
	mm_auto(mm_keyset) set = with_first_set(state);

	chmod_in_dir("keys", 0755);
	assert_load_fails(state, MM_EUNSAFE, "/keys: group or others may read it");
	assert_commit_fails(state, set, MM_EUNSAFE, "chmod go-rwx");
}

static void a_key_directory_behind_a_link_is_refused(void **state)
{
	mm_auto(mm_keyset) set = with_first_set(state);

	make_link_of("keys");
	assert_load_fails(state, MM_EUNSAFE, "keys: is a symbolic link");
	assert_commit_fails(state, set, MM_EUNSAFE, "keys: is a symbolic link");
}

static void a_lock_behind_a_link_is_refused(void **state)
{
	mm_auto(mm_keyset) set = with_first_set(state);

	make_link_of("lock");
	assert_commit_fails(state, set, MM_EUNSAFE, "lock: is a symbolic link");
}

static void unsafe_private_keys_do_not_hinder_who_needs_none(void **state)
{
	mm_auto(mm_keyset) set = with_first_set(state);

	chmod_in_dir(key_file(&set->records[0]).text, 0644);
	mm_keyset_free(store_loaded(store_of(state), MM_LOAD_PUBLIC));
}

static void a_missing_private_key_is_named(void **state)
{
	mm_auto(mm_keyset) set = with_first_set(state);

	assert_int_equal(unlinkat(dirfd_of(), key_file(&set->records[1]).text, 0), 0);
	assert_load_fails(state, MM_EIO, mm_key_kid(set->records[1].key));
	assert_load_fails(state, MM_EIO, "the key set names it: restore it from a backup");
}

static void a_private_key_under_the_name_of_another_is_refused(void **state)
{
	mm_auto(mm_keyset) set = with_first_set(state);

	assert_int_equal(
		renameat(dirfd_of(), key_file(&set->records[1]).text, dirfd_of(), key_file(&set->records[0]).text), 0);
	assert_load_fails(state, MM_EREFUSED, "it holds another key");
}

static void a_private_key_that_is_damaged_is_refused(void **state)
{
	mm_auto(mm_keyset) set = with_first_set(state);
	struct name name = key_file(&set->records[0]);

	test_file_write(dirfd_of(), name.text, "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", 0600);
	assert_load_fails(state, MM_EPARSE, mm_key_kid(set->records[0].key));
}

/* What this program does not understand it does not overwrite either. */
static void a_set_that_cannot_be_read_is_not_replaced(void **state)
{
	static const char newer[] = "{\"format\": \"mintmark-keyset/2\"}\n";
	mm_auto(mm_keyset) set = with_first_set(state);
	mm_auto_string text = NULL;

	test_file_write(dirfd_of(), "keyset.json", newer, 0644);
	assert_load_fails(state, MM_EPARSE, "this program reads mintmark-keyset/1");
	assert_commit_fails(state, set, MM_EPARSE, "this program reads mintmark-keyset/1");
	text = test_file_read(dirfd_of(), "keyset.json");
	assert_string_equal(text, newer);
	assert_true(test_file_exists(dirfd_of(), key_file(&set->records[0]).text));
}

/* ---- several handles ----------------------------------------------------------------------------------------------- */

static struct mm_store *second_handle(void)
{
	struct mm_store *store = NULL;

	assert_ok(mm_store_open_dir(fixture.dir.path, false, &store, NULL), NULL);
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
	test_file_write(dirfd_of(), "NOTES", "mine", 0600);
	assert_false(mm_store_changed(store_of(state)));
	assert_false(is_readable(fd));
}

/* An administrator who restores the set by copying over it does not rename. */
static void a_set_that_is_written_in_place_wakes_the_watcher(void **state)
{
	mm_auto(mm_keyset) set = with_first_set(state);
	mm_auto_string text = test_file_read(dirfd_of(), "keyset.json");
	int fd = mm_store_watch_fd(store_of(state));

	mm_keyset_free(store_loaded(store_of(state), MM_LOAD_PUBLIC));
	test_file_write(dirfd_of(), "keyset.json", text, 0644);
	assert_true(is_readable(fd));
	assert_true(mm_store_changed(store_of(state)));
}

static void the_watch_follows_a_directory_that_is_moved(void **state)
{
	mm_auto(mm_keyset) set = with_first_set(state);
	mm_auto(mm_store) other = second_handle();
	struct name moved;
	int fd;

	snprintf(moved.text, sizeof(moved.text), "%s.moved", fixture.dir.path);
	assert_int_equal(rename(fixture.dir.path, moved.text), 0);
	fd = mm_store_watch_fd(other);
	store_committed(store_of(state), set);
	assert_true(fd >= 0);
	assert_true(is_readable(fd));
	assert_int_equal(rename(moved.text, fixture.dir.path), 0);
}

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

static atomic_bool thread_is_done;

static void *commit_in_thread(void *set)
{
	store_committed(fixture.base.store, set);
	atomic_store(&thread_is_done, true);
	return NULL;
}

static void a_commit_waits_for_the_lock(void **state)
{
	mm_auto(mm_keyset) set = test_first_set();
	pthread_t thread;
	int lock;
	(void)state;

	atomic_store(&thread_is_done, false);
	assert_ok(mm_file_lock(dirfd_of(), "lock", 0, &lock, NULL), NULL);
	assert_int_equal(pthread_create(&thread, NULL, commit_in_thread, set), 0);
	usleep(50000);
	assert_false(atomic_load(&thread_is_done));
	assert_false(test_file_exists(dirfd_of(), "keyset.json"));
	mm_fd_close(&lock);
	assert_int_equal(pthread_join(thread, NULL), 0);
	assert_int_equal(set->revision, 1);
}

static void loading_does_not_wait_for_the_lock(void **state)
{
	mm_auto(mm_keyset) set = with_first_set(state);
	int lock;

	assert_ok(mm_file_lock(dirfd_of(), "lock", 0, &lock, NULL), NULL);
	mm_keyset_free(store_loaded(store_of(state), MM_LOAD_PRIVATE));
	mm_fd_close(&lock);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_store, close_store)

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
	TEST(a_commit_leaves_the_set_the_keys_and_the_lock),
	TEST(the_set_is_stored_in_its_format),
	TEST(private_keys_are_stored_as_pkcs8),
	TEST(a_key_that_is_stored_is_not_written_again),
	TEST(a_key_file_that_got_lost_is_written_again_by_who_has_the_key),
	TEST(key_files_of_retired_keys_stay_and_of_removed_ones_go),
	TEST(left_over_temporaries_are_swept),
	TEST(a_key_file_that_no_set_names_is_swept),
	TEST(an_orphan_of_the_same_name_is_written_anew),
	TEST(files_that_are_not_the_stores_are_left_alone),
	TEST(a_private_key_that_cannot_be_destroyed_is_a_warning),
	TEST(a_set_behind_a_link_is_refused),
	TEST(a_set_that_others_may_write_to_is_refused),
	TEST(a_set_of_another_user_is_refused),
	TEST(a_set_that_is_a_pipe_is_refused_at_once),
	TEST(a_private_key_behind_a_link_is_refused),
	TEST(a_private_key_that_others_may_read_is_refused),
	TEST(a_private_key_of_another_user_is_refused),
	TEST(a_key_directory_that_is_not_private_is_refused),
	TEST(a_key_directory_behind_a_link_is_refused),
	TEST(a_lock_behind_a_link_is_refused),
	TEST(unsafe_private_keys_do_not_hinder_who_needs_none),
	TEST(a_missing_private_key_is_named),
	TEST(a_private_key_under_the_name_of_another_is_refused),
	TEST(a_private_key_that_is_damaged_is_refused),
	TEST(a_set_that_cannot_be_read_is_not_replaced),
	TEST(a_commit_by_another_handle_is_noticed_without_watching),
	TEST(a_commit_by_another_handle_wakes_the_watcher),
	TEST(asking_for_the_watch_again_gives_the_same_one),
	TEST(other_files_in_the_directory_are_no_change),
	TEST(a_set_that_is_written_in_place_wakes_the_watcher),
	TEST(the_watch_follows_a_directory_that_is_moved),
	TEST(without_inotify_the_caller_is_told_to_poll),
	TEST(a_commit_waits_for_the_lock),
	TEST(loading_does_not_wait_for_the_lock),
};

int main(void)
{
	struct CMUnitTest tests[STORE_CONTRACT_TESTS + MM_COUNT(own_tests)];

	memcpy(tests + store_contract(tests, open_store, close_store), own_tests, sizeof(own_tests));
	return cmocka_run_group_tests_name("store_dir", tests, NULL, NULL);
}
