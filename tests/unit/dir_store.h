/* SPDX-License-Identifier: Apache-2.0 */
/* A directory store in a throwaway directory, for the tests of everything that is particular to directories. */
#ifndef MINTMARK_TESTS_DIR_STORE_H
#define MINTMARK_TESTS_DIR_STORE_H

#include "tests/unit/store_contract.h"

struct dir_store_fixture {
	struct store_fixture base;
	struct test_dir dir;
};

/* Setup and teardown. The directory is there already, empty and with mode 0700. */
int dir_store_open(void **state);
int dir_store_close(void **state);

/* The directory of the running test: its path and its descriptor. */
const char *dir_path(void);
int dir_fd(void);

struct dir_name {
	char text[512];
};
struct dir_name in_dir(const char *name);                     /* the path of a name in it */
struct dir_name key_file(const struct mm_key_record *record); /* the name in it of a record's private key */

void chmod_in_dir(const char *name, mode_t mode);
/* Gives a file to another user, or skips the test where only root could. */
void give_away(const char *name);
/* Moves a file aside and puts a symbolic link to it in its place. */
void make_link_of(const char *name);

/* Commits a first set and gives it back. */
struct mm_keyset *with_first_set(void **state);

/* Loading with private keys must fail with `code` and say `why`; a commit must also say that nothing was changed. */
void assert_load_fails(void **state, enum mm_code code, const char *why);
void assert_commit_fails(void **state, struct mm_keyset *set, enum mm_code code, const char *why);
/* Opening must fail. */
void assert_open_fails(const char *path, bool create, enum mm_code code, const char *why);

#endif
