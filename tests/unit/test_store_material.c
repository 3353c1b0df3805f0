/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/dir_store.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static ino_t inode_of(const char *name)
{
	struct stat st;

	assert_int_equal(fstatat(dir_fd(), name, &st, AT_SYMLINK_NOFOLLOW), 0);
	return st.st_ino;
}

static void private_keys_are_stored_as_pkcs8(void **state)
{
	mm_auto(mm_keyset) set = with_first_set(state);
	mm_auto_string pem = test_file_read(dir_fd(), key_file(&set->records[0]).text);

	assert_int_equal(strncmp(pem, "-----BEGIN PRIVATE KEY-----\n", 28), 0);
}

static void a_key_that_is_stored_is_not_written_again(void **state)
{
	mm_auto(mm_keyset) set = with_first_set(state);
	struct dir_name name = key_file(&set->records[0]);
	ino_t before = inode_of(name.text);

	store_committed(store_of(state), set);
	assert_int_equal(inode_of(name.text), before);
}

static void a_key_file_that_got_lost_is_written_again_by_who_has_the_key(void **state)
{
	mm_auto(mm_keyset) set = with_first_set(state);
	struct dir_name name = key_file(&set->records[0]);

	assert_int_equal(unlinkat(dir_fd(), name.text, 0), 0);
	store_committed(store_of(state), set);
	mm_keyset_free(store_loaded(store_of(state), MM_LOAD_PRIVATE));
}

static void key_files_of_retired_keys_stay_and_of_removed_ones_go(void **state)
{
	mm_auto(mm_keyset) set = with_first_set(state);
	struct dir_name name = key_file(&set->records[0]);

	set->records[1].activated = T0 + 10;
	set->records[0].retired = T0 + 10;
	store_committed(store_of(state), set);
	assert_true(test_file_exists(dir_fd(), name.text));
	set->records[0].retire_wait = 0;
	set->records[0].removed = T0 + 20;
	store_committed(store_of(state), set);
	assert_false(test_file_exists(dir_fd(), name.text));
}

/* Killed after writing a private key and before the set that names it. */
static void a_key_file_that_no_set_names_is_swept(void **state)
{
	static const char orphan[] = "keys/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA.pem";
	mm_auto(mm_keyset) set = with_first_set(state);

	test_file_write(dir_fd(), orphan, "-----BEGIN", 0600);
	store_committed(store_of(state), set);
	assert_false(test_file_exists(dir_fd(), orphan));
}

/* It may have been renamed into place without being durable, so its presence proves nothing. */
static void an_orphan_of_the_same_name_is_written_anew(void **state)
{
	mm_auto(mm_keyset) set = test_first_set();
	mm_auto(mm_keyset) loaded = NULL;

	assert_int_equal(mkdirat(dir_fd(), "keys", 0700), 0);
	test_file_write(dir_fd(), "lock", "", 0600);
	test_file_write(dir_fd(), key_file(&set->records[0]).text, "", 0600);
	store_committed(store_of(state), set);
	loaded = store_loaded(store_of(state), MM_LOAD_PRIVATE);
	assert_true(mm_key_is_private(loaded->records[0].key));
}

/* The set is durable without it, so the commit stands; but whoever revoked a key must hear of it. */
static void a_private_key_that_cannot_be_destroyed_is_a_warning(void **state)
{
	mm_auto(mm_keyset) set = with_first_set(state);
	struct dir_name name = key_file(&set->records[0]);
	struct mm_err err = {0};

	set->records[1].activated = T0 + 10;
	set->records[0].revoked = T0 + 10;
	assert_int_equal(unlinkat(dir_fd(), name.text, 0), 0);
	assert_int_equal(mkdirat(dir_fd(), name.text, 0700), 0);
	assert_ok(mm_store_commit(store_of(state), set, 1, &test_actor, T0 + 20, &err), &err);
	assert_int_equal(store_of(state)->warning.code, MM_EIO);
	assert_contains(store_of(state)->warning.text, "a private key could not be destroyed");
	assert_contains(store_of(state)->warning.text, mm_key_kid(set->records[0].key));
	assert_int_equal(unlinkat(dir_fd(), name.text, AT_REMOVEDIR), 0);
	store_committed(store_of(state), set);
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
	struct dir_name name = key_file(&set->records[1]);

	chmod_in_dir(name.text, 0640);
	assert_load_fails(state, MM_EUNSAFE, "chmod go-rwx");
	chmod_in_dir(name.text, 0604);
	assert_load_fails(state, MM_EUNSAFE, name.text);
}

static void a_private_key_of_another_user_is_refused(void **state)
{
	mm_auto(mm_keyset) set = with_first_set(state);

	give_away(key_file(&set->records[0]).text);
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

static void unsafe_private_keys_do_not_hinder_who_needs_none(void **state)
{
	mm_auto(mm_keyset) set = with_first_set(state);

	chmod_in_dir(key_file(&set->records[0]).text, 0644);
	mm_keyset_free(store_loaded(store_of(state), MM_LOAD_PUBLIC));
}

static void a_missing_private_key_is_named(void **state)
{
	mm_auto(mm_keyset) set = with_first_set(state);

	assert_int_equal(unlinkat(dir_fd(), key_file(&set->records[1]).text, 0), 0);
	assert_load_fails(state, MM_EIO, mm_key_kid(set->records[1].key));
	assert_load_fails(state, MM_EIO, "the key set names it: restore it from a backup");
}

static void a_private_key_under_the_name_of_another_is_refused(void **state)
{
	mm_auto(mm_keyset) set = with_first_set(state);

	assert_int_equal(renameat(dir_fd(), key_file(&set->records[1]).text, dir_fd(), key_file(&set->records[0]).text),
			 0);
	assert_load_fails(state, MM_EREFUSED, "it holds another key");
}

static void a_private_key_that_is_damaged_is_refused(void **state)
{
	mm_auto(mm_keyset) set = with_first_set(state);
	struct dir_name name = key_file(&set->records[0]);

	test_file_write(dir_fd(), name.text, "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", 0600);
	assert_load_fails(state, MM_EPARSE, mm_key_kid(set->records[0].key));
}

/* Found out while the old key still signs; and revoking the damaged standby is the way out. */
static void a_standby_that_is_damaged_does_not_take_over(void **state)
{
	mm_auto(mm_keyset) set = with_first_set(state);
	mm_auto(mm_keyset) swapped = NULL;
	struct dir_name name = key_file(&set->records[1]);

	assert_ok(mm_keyset_copy(set, &swapped, NULL), NULL);
	swapped->records[1].activated = T0 + 10;
	swapped->records[0].retired = T0 + 10;
	test_file_write(dir_fd(), name.text, "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", 0600);
	assert_commit_fails(state, swapped, MM_EPARSE, "cannot sign: revoke it, or restore its file from a backup");
	set->records[1].revoked = T0 + 10;
	store_committed(store_of(state), set);
	assert_false(test_file_exists(dir_fd(), name.text));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, dir_store_open, dir_store_close)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(private_keys_are_stored_as_pkcs8),
		TEST(a_key_that_is_stored_is_not_written_again),
		TEST(a_key_file_that_got_lost_is_written_again_by_who_has_the_key),
		TEST(key_files_of_retired_keys_stay_and_of_removed_ones_go),
		TEST(a_key_file_that_no_set_names_is_swept),
		TEST(an_orphan_of_the_same_name_is_written_anew),
		TEST(a_private_key_that_cannot_be_destroyed_is_a_warning),
		TEST(a_private_key_behind_a_link_is_refused),
		TEST(a_private_key_that_others_may_read_is_refused),
		TEST(a_private_key_of_another_user_is_refused),
		TEST(a_key_directory_that_is_not_private_is_refused),
		TEST(a_key_directory_behind_a_link_is_refused),
		TEST(unsafe_private_keys_do_not_hinder_who_needs_none),
		TEST(a_missing_private_key_is_named),
		TEST(a_private_key_under_the_name_of_another_is_refused),
		TEST(a_private_key_that_is_damaged_is_refused),
		TEST(a_standby_that_is_damaged_does_not_take_over),
	};

	return cmocka_run_group_tests_name("store_material", tests, NULL, NULL);
}
