/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/dir_store.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

static struct dir_store_fixture fixture;

int dir_store_open(void **state)
{
	test_dir_make(&fixture.dir);
	assert_ok(mm_store_open_dir(fixture.dir.path, false, &fixture.base.store, NULL), NULL);
	*state = &fixture;
	return 0;
}

int dir_store_close(void **state)
{
	mm_store_free(store_of(state));
	test_dir_remove(&fixture.dir);
	return 0;
}

const char *dir_path(void)
{
	return fixture.dir.path;
}

int dir_fd(void)
{
	return fixture.dir.fd;
}

struct dir_name in_dir(const char *name)
{
	struct dir_name out;

	snprintf(out.text, sizeof(out.text), "%s/%s", fixture.dir.path, name);
	return out;
}

struct dir_name key_file(const struct mm_key_record *record)
{
	struct dir_name out;

	snprintf(out.text, sizeof(out.text), "keys/%s.pem", mm_key_kid(record->key));
	return out;
}

void chmod_in_dir(const char *name, mode_t mode)
{
	assert_int_equal(fchmodat(dir_fd(), name, mode, 0), 0);
}

void give_away(const char *name)
{
	if (geteuid() != 0) {
		print_message("skipped: only root can give a file to another user\n");
		skip();
	}
	assert_int_equal(fchownat(dir_fd(), name, 65534, (gid_t)-1, AT_SYMLINK_NOFOLLOW), 0);
}

void make_link_of(const char *name)
{
	struct dir_name aside = in_dir("aside");

	assert_int_equal(renameat(dir_fd(), name, dir_fd(), "aside"), 0);
	assert_int_equal(symlinkat(aside.text, dir_fd(), name), 0);
}

struct mm_keyset *with_first_set(void **state)
{
	struct mm_keyset *set = test_first_set();

	store_committed(store_of(state), set);
	return set;
}

void assert_load_fails(void **state, enum mm_code code, const char *why)
{
	struct mm_keyset *set = NULL;
	struct mm_err err = {0};

	assert_fails_saying(mm_store_load(store_of(state), MM_LOAD_PRIVATE, &set, &err), code, &err, why);
	assert_null(set);
}

void assert_commit_fails(void **state, struct mm_keyset *set, enum mm_code code, const char *why)
{
	struct mm_err err = {0};

	assert_int_equal(mm_store_commit(store_of(state), set, set->revision, &test_actor, T0 + 2000, &err), code);
	assert_contains(err.text, fixture.dir.path);
	assert_contains(err.text, "nothing was changed");
	assert_contains(err.text, why);
}

void assert_open_fails(const char *path, bool create, enum mm_code code, const char *why)
{
	struct mm_store *store = NULL;
	struct mm_err err = {0};

	assert_fails_saying(mm_store_open_dir(path, create, &store, &err), code, &err, why);
	assert_null(store);
}
