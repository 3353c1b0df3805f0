/* SPDX-License-Identifier: Apache-2.0 */
/* A store in a directory: opening, reading and watching it. Writing is in store_dir_commit.c. */
#include "keys/store_dir.h"

#include "keys/store_mark.h"
#include "keys/store_material.h"

#include <fcntl.h>
#include <mintmark/file.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define LOAD_TRIES 100

static struct dir_store *self(struct mm_store *store)
{
	return (struct dir_store *)store;
}

/* ---- the directory ---------------------------------------------------------------------------------------------- */

/* A directory that was put back from a backup, or mounted, is another one than that which is open. */
static bool is_at_path(const struct dir_store *dir)
{
	struct stat here, open;

	return stat(dir->path, &here) == 0 && fstat(dir->fd, &open) == 0 && here.st_dev == open.st_dev &&
	       here.st_ino == open.st_ino;
}

enum mm_code mm_dir_store_follow(struct dir_store *dir, struct mm_err *err)
{
	struct mm_err why = {0};
	mm_auto_fd fd = -1;
	enum mm_code code;

	if (is_at_path(dir))
		return MM_OK;
	code = mm_dir_open(dir->path, MM_FILE_OWNED, &fd, &why);
	if (code != MM_OK) /* there was one: MM_ENOTFOUND would say that there never was a set */
		return mm_fail(err, code == MM_ENOTFOUND ? MM_EIO : code, "%s", why.text);
	mm_fd_close(&dir->fd);
	dir->fd = fd;
	fd = -1;
	mm_watch_move(&dir->watch, dir->fd);
	return MM_OK;
}

/* ---- load ------------------------------------------------------------------------------------------------------- */

enum mm_code mm_dir_store_read(const struct dir_store *dir, struct mm_buf *text, struct mm_keyset **out,
			       struct mm_err *err)
{
	const char *mark = mm_mark_of_set(dir->fd); /* asked first: the first commit may come in between */
	struct mm_err why = {0};
	enum mm_code code = mm_file_read(dir->fd, MM_STORE_SET, MM_FILE_OWNED, MM_KEYSET_TEXT_MAX, text, &why);

	if (code == MM_ENOTFOUND && mark)
		return mm_mark_lost(mark, err);
	if (code != MM_OK)
		return mm_fail(err, code, "%s", why.text);
	return mm_context(err, mm_keyset_decode(mm_buf_span(text), out, err), MM_STORE_SET);
}

static enum mm_code read_material(const struct dir_store *dir, struct mm_keyset *set, struct mm_err *err)
{
	mm_auto_fd keys_fd = -1;
	enum mm_code code = mm_dir_open_at(dir->fd, MM_STORE_KEYS, MM_FILE_PRIVATE, &keys_fd, err);

	return code == MM_OK ? mm_context(err, mm_material_load(keys_fd, set, err), MM_STORE_KEYS) : code;
}

/*
 * A key file that is missing means that a commit which destroyed it came between reading the set and reading the key;
 * then the set is a newer one by now. If it is not, the file is really gone.
 */
static enum mm_code read_whole(const struct dir_store *dir, struct mm_keyset **out, struct mm_err *err)
{
	uint64_t tried = 0;

	for (int i = 0; i < LOAD_TRIES; i++) {
		mm_auto(mm_keyset) set = NULL;
		mm_auto_buf text = {0};
		struct mm_err why = {0};
		enum mm_code code = mm_dir_store_read(dir, &text, &set, err);

		if (code != MM_OK)
			return code;
		code = read_material(dir, set, &why);
		if (code == MM_OK) {
			*out = mm_take(set);
			return MM_OK;
		}
		if (code != MM_ENOTFOUND)
			return mm_fail(err, code, "%s", why.text);
		if (set->revision == tried)
			return mm_fail(err, MM_EIO, "%s, but the key set names it: restore it from a backup", why.text);
		tried = set->revision;
	}
	return mm_fail(err, MM_ECONFLICT, "the key set changed %d times while it was read", LOAD_TRIES);
}

static enum mm_code dir_load(struct mm_store *store, enum mm_store_load what, struct mm_keyset **out,
			     struct mm_err *err)
{
	struct dir_store *dir = self(store);
	struct mm_file_id id;
	mm_auto_buf text = {0};
	enum mm_code code = mm_dir_store_follow(dir, err);

	if (code != MM_OK)
		return code;
	/* Both before reading: a commit in between is then noticed by the next `changed`, at worst once too often. */
	(void)mm_watch_drain(&dir->watch, MM_STORE_SET);
	id = mm_file_id(dir->fd, MM_STORE_SET);
	code = what == MM_LOAD_PRIVATE ? read_whole(dir, out, err) : mm_dir_store_read(dir, &text, out, err);
	if (code == MM_OK)
		dir->loaded = id;
	return mm_context(err, code, "%s", dir->path);
}

/* ---- notice of commits ------------------------------------------------------------------------------------------ */

static int dir_watch_fd(struct mm_store *store)
{
	struct dir_store *dir = self(store);

	if (dir->watch.fd < 0)
		mm_watch_open(&dir->watch, dir->fd);
	return dir->watch.fd;
}

/*
 * The file's identity tells what happened before anybody watched; the watch, two commits within one tick of its clock;
 * the directory's identity, that both are about another one than the path names.
 */
static bool dir_changed(struct mm_store *store)
{
	struct dir_store *dir = self(store);
	bool noticed = mm_watch_drain(&dir->watch, MM_STORE_SET);

	return noticed || !is_at_path(dir) || !mm_file_id_eq(dir->loaded, mm_file_id(dir->fd, MM_STORE_SET));
}

/*
 * ---- open, share and close
 * ---------------------------------------------------------------------------------------------
 */

static void dir_close(struct mm_store *store)
{
	struct dir_store *dir = self(store);

	mm_fd_close(&dir->watch.fd);
	mm_fd_close(&dir->fd);
	free(dir->path);
	free(dir);
}

static enum mm_code make_handle(const char *path, int *fd, struct mm_store **out, struct mm_err *err);

/* The path may name another directory by now, or none; the new handle finds that out as the old one would. */
static enum mm_code dir_share(struct mm_store *store, struct mm_store **out, struct mm_err *err)
{
	const struct dir_store *dir = self(store);
	mm_auto_fd fd = fcntl(dir->fd, F_DUPFD_CLOEXEC, 0);

	return fd >= 0 ? make_handle(dir->path, &fd, out, err) : mm_fail_errno(err, "%s", dir->path);
}

static const struct mm_store_ops dir_ops = {
	.load = dir_load,
	.commit = mm_dir_store_commit,
	.watch_fd = dir_watch_fd,
	.changed = dir_changed,
	.share = dir_share,
	.close = dir_close,
};

static enum mm_code open_or_make(const char *path, bool create, int *fd, struct mm_err *err)
{
	struct mm_err why = {0};
	enum mm_code code = mm_dir_open(path, MM_FILE_OWNED, fd, &why);

	if (code == MM_ENOTFOUND && create)
		return mm_dir_make(AT_FDCWD, path, MM_STORE_DIR_MODE, MM_FILE_OWNED, fd, err);
	return code == MM_OK ? MM_OK : mm_fail(err, code, "%s", why.text);
}

/* Takes `*fd` over when it succeeds. */
static enum mm_code make_handle(const char *path, int *fd, struct mm_store **out, struct mm_err *err)
{
	mm_auto_string copy = strdup(path);
	struct dir_store *dir = calloc(1, sizeof(*dir));

	if (!dir || !copy) {
		free(dir);
		return mm_fail(err, MM_ENOMEM, "%s: out of memory", path);
	}
	*dir = (struct dir_store){.store.ops = &dir_ops, .path = mm_take(copy), .fd = *fd, .watch = MM_WATCH_NONE};
	*fd = -1;
	*out = &dir->store;
	return MM_OK;
}

enum mm_code mm_store_open_dir(const char *path, bool create, struct mm_store **out, struct mm_err *err)
{
	mm_auto_fd fd = -1;
	enum mm_code code = open_or_make(path, create, &fd, err);

	return code == MM_OK ? make_handle(path, &fd, out, err) : code;
}
