/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A store in a directory: keyset.json, keys/KID.pem and lock. Private keys are written before the set that names them
 * and destroyed after the set that does not; why each step survives a crash: docs/decisions/0003-durable-replace.md.
 */
#include "keys/store_impl.h"
#include "keys/store_mark.h"
#include "keys/store_material.h"
#include "keys/store_watch.h"

#include <fcntl.h>
#include <mintmark/file.h>
#include <mintmark/store.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define DIR_MODE     0700
#define SET_MODE     0644 /* public halves and times: the directory's mode decides who may read them */
#define LOCK_WAIT_MS 10000
#define LOAD_TRIES   100

struct dir_store {
	struct mm_store store;
	char *path;
	int fd;                   /* the directory that was found at `path` last */
	struct mm_watch watch;    /* none until somebody asks for it */
	struct mm_file_id loaded; /* the key set's file when it was read last */
};

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

/* Goes on with the directory that is at the path now, with the checks that the first one had to pass. */
static enum mm_code follow_path(struct dir_store *dir, struct mm_err *err)
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

static enum mm_code set_is_missing(const char *mark, struct mm_err *err)
{
	return mm_fail(err, MM_EIO, MM_STORE_SET " is missing, but %s", mark);
}

/* Reads the set without material; `text` gets the file as it is. MM_ENOTFOUND: nothing was ever committed. */
static enum mm_code read_set(const struct dir_store *dir, struct mm_buf *text, struct mm_keyset **out,
			     struct mm_err *err)
{
	const char *mark = mm_mark_of_set(dir->fd); /* asked first: the first commit may come in between */
	struct mm_err why = {0};
	enum mm_code code = mm_file_read(dir->fd, MM_STORE_SET, MM_FILE_OWNED, MM_KEYSET_TEXT_MAX, text, &why);

	if (code == MM_ENOTFOUND && mark)
		return set_is_missing(mark, err);
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
		enum mm_code code = read_set(dir, &text, &set, err);

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
	enum mm_code code = follow_path(dir, err);

	if (code != MM_OK)
		return code;
	/* Both before reading: a commit in between is then noticed by the next `changed`, at worst once too often. */
	(void)mm_watch_drain(&dir->watch, MM_STORE_SET);
	id = mm_file_id(dir->fd, MM_STORE_SET);
	code = what == MM_LOAD_PRIVATE ? read_whole(dir, out, err) : read_set(dir, &text, out, err);
	if (code == MM_OK)
		dir->loaded = id;
	return mm_context(err, code, "%s", dir->path);
}

/* ---- commit ----------------------------------------------------------------------------------------------------- */

static enum mm_code sweep(const struct dir_store *dir, int keys_fd, struct mm_err *err)
{
	enum mm_code code = mm_dir_sweep(dir->fd, err);

	return code == MM_OK ? mm_dir_sweep(keys_fd, err) : code;
}

/* What is stored, and its text; none of it is not an error. */
static enum mm_code read_stored(const struct dir_store *dir, struct mm_buf *text, struct mm_keyset **out,
				struct mm_err *err)
{
	struct mm_err why = {0};
	enum mm_code code = read_set(dir, text, out, &why);

	return code == MM_OK || code == MM_ENOTFOUND ? MM_OK : mm_fail(err, code, "%s", why.text);
}

/*
 * The set was renamed into place, and then the directory could not be synced: nobody knows what a power loss would
 * leave. Nothing is acknowledged, so what was there before is put back: written anew, which is not a retry.
 */
static bool put_back(const struct dir_store *dir, const struct mm_buf *before)
{
	enum mm_code code = before->len > 0
				    ? mm_file_replace(dir->fd, MM_STORE_SET, mm_buf_span(before), SET_MODE, NULL)
				    : mm_file_remove(dir->fd, MM_STORE_SET, NULL);

	return code == MM_OK;
}

/* Puts `next` in place of `before`. On failure `before` stands, unless it is `*in_doubt` which of them does. */
static enum mm_code replace_set(const struct dir_store *dir, const struct mm_buf *before, const struct mm_keyset *next,
				bool *in_doubt, struct mm_err *err)
{
	struct mm_file_id id = mm_file_id(dir->fd, MM_STORE_SET);
	mm_auto_buf text = {0};
	enum mm_code code = mm_keyset_encode(next, &text, err);

	if (code == MM_OK)
		code = mm_buf_check(&text, err);
	if (code == MM_OK)
		code = mm_file_replace(dir->fd, MM_STORE_SET, mm_buf_span(&text), SET_MODE, err);
	if (code != MM_OK && !mm_file_id_eq(id, mm_file_id(dir->fd, MM_STORE_SET)))
		*in_doubt = !put_back(dir, before);
	return code;
}

/* The commit is durable and stands; that this failed is for the caller to say, and the next commit tries again. */
static void destroy_unnamed(struct dir_store *dir, int keys_fd, const struct mm_keyset *set)
{
	struct mm_err *warning = &dir->store.warning;
	enum mm_code code = mm_material_destroy(keys_fd, set, warning);

	(void)mm_context(warning, code, "%s/" MM_STORE_KEYS ": a private key could not be destroyed", dir->path);
}

/* Private keys first, then the set that names them; then the private keys that the set in place does not name. */
static enum mm_code write_whole(struct dir_store *dir, int keys_fd, const struct mm_buf *before,
				const struct mm_keyset *stored, const struct mm_keyset *next, struct mm_err *err)
{
	bool in_doubt = false;
	enum mm_code code = mm_context(err, mm_material_store(keys_fd, stored, next, err), MM_STORE_KEYS);

	if (code == MM_OK)
		code = replace_set(dir, before, next, &in_doubt, err);
	if (code == MM_OK) {
		destroy_unnamed(dir, keys_fd, next);
		return MM_OK;
	}
	if (in_doubt)
		return mm_context(err, code,
				  "the old key set could not be put back, a crash may leave it or the new one");
	if (mm_material_destroy(keys_fd, stored, NULL) != MM_OK)
		return mm_context(err, code, "the key set was not changed; a private key is left over");
	return mm_context(err, code, "nothing was changed");
}

static enum mm_code commit_locked(struct dir_store *dir, const struct mm_keyset *next, uint64_t expected,
				  struct mm_err *err)
{
	mm_auto(mm_keyset) stored = NULL;
	mm_auto_buf before = {0};
	mm_auto_fd keys_fd = -1;
	enum mm_code code = mm_dir_make(dir->fd, MM_STORE_KEYS, DIR_MODE, MM_FILE_PRIVATE, &keys_fd, err);

	if (code == MM_OK)
		code = sweep(dir, keys_fd, err);
	if (code == MM_OK)
		code = read_stored(dir, &before, &stored, err);
	if (code != MM_OK)
		return mm_context(err, code, "nothing was changed");
	if ((stored ? stored->revision : 0) != expected)
		return mm_store_conflict(stored ? stored->revision : 0, expected, err);
	return write_whole(dir, keys_fd, &before, stored, next, err);
}

/* The lock, unless a set got lost here: a lock that is made now would hide that from the next commit. */
static enum mm_code take_lock(const struct dir_store *dir, int *lock, struct mm_err *err)
{
	const char *mark = mm_mark_of_set(dir->fd);

	if (mark && faccessat(dir->fd, MM_STORE_SET, F_OK, AT_SYMLINK_NOFOLLOW) != 0)
		return set_is_missing(mark, err);
	return mm_file_lock(dir->fd, MM_STORE_LOCK, LOCK_WAIT_MS, lock, err);
}

static void mark_committed(struct dir_store *dir, int lock)
{
	struct mm_err why = {0};

	if (mm_mark_set(lock, &why) != MM_OK)
		mm_fail(&dir->store.warning, why.code, "%s/" MM_STORE_LOCK ": %s", dir->path, why.text);
}

static enum mm_code dir_commit(struct mm_store *store, const struct mm_keyset *next, uint64_t expected,
			       const struct mm_actor *actor, struct mm_err *err)
{
	struct dir_store *dir = self(store);
	mm_auto_fd lock = -1;
	enum mm_code code = follow_path(dir, err);

	(void)actor;
	if (code == MM_OK)
		code = take_lock(dir, &lock, err);
	if (code != MM_OK)
		code = mm_context(err, code, "nothing was changed");
	else
		code = commit_locked(dir, next, expected, err);
	if (code == MM_OK)
		mark_committed(dir, lock);
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

/* ---- open, share and close --------------------------------------------------------------------------------------------- */

static void dir_close(struct mm_store *store)
{
	struct dir_store *dir = self(store);

	mm_fd_close(&dir->watch.fd);
	mm_fd_close(&dir->fd);
	free(dir->path);
	free(dir);
}

static enum mm_code dir_share(struct mm_store *store, struct mm_store **out, struct mm_err *err);

static const struct mm_store_ops dir_ops = {
	.load = dir_load,
	.commit = dir_commit,
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
		return mm_dir_make(AT_FDCWD, path, DIR_MODE, MM_FILE_OWNED, fd, err);
	return code == MM_OK ? MM_OK : mm_fail(err, code, "%s", why.text);
}

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

/* The path may name another directory by now, or none; the new handle finds that out as the old one would. */
static enum mm_code dir_share(struct mm_store *store, struct mm_store **out, struct mm_err *err)
{
	const struct dir_store *dir = self(store);
	mm_auto_fd fd = fcntl(dir->fd, F_DUPFD_CLOEXEC, 0);

	*out = NULL;
	return fd >= 0 ? make_handle(dir->path, &fd, out, err) : mm_fail_errno(err, "%s", dir->path);
}

enum mm_code mm_store_open_dir(const char *path, bool create, struct mm_store **out, struct mm_err *err)
{
	mm_auto_fd fd = -1;
	enum mm_code code = open_or_make(path, create, &fd, err);

	return code == MM_OK ? make_handle(path, &fd, out, err) : code;
}
