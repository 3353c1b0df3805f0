/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A commit to a directory store. Private keys are written before the set that names them, the audit before the set that
 * it tells of, and keys are destroyed after the set that does not name them any more; why each step survives a crash:
 * docs/decisions/0003-durable-replace.md and 0013-audit.md.
 */
#include "keys/audit.h"
#include "keys/store_dir.h"
#include "keys/store_mark.h"
#include "keys/store_material.h"

#include <fcntl.h>
#include <mintmark/file.h>
#include <unistd.h>

#define SET_MODE     0644 /* public halves and times: the directory's mode decides who may read them */
#define LOCK_WAIT_MS 10000

/* A commit under way, and what it found. */
struct commit {
	struct dir_store *dir;
	const struct mm_keyset *next;
	struct mm_author author;
	int keys_fd;
	struct mm_buf before;     /* the text of the set that is stored */
	struct mm_keyset *stored; /* NULL: none was ever committed */
};

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
	enum mm_code code = mm_dir_store_read(dir, text, out, &why);

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

/* Puts `text` in place of `before`. On failure `before` stands, unless it is `*in_doubt` which of them does. */
static enum mm_code replace_set(const struct dir_store *dir, const struct mm_buf *before, const struct mm_buf *text,
				bool *in_doubt, struct mm_err *err)
{
	struct mm_file_id id = mm_file_id(dir->fd, MM_STORE_SET);
	enum mm_code code = mm_file_replace(dir->fd, MM_STORE_SET, mm_buf_span(text), SET_MODE, err);

	if (code != MM_OK && !mm_file_id_eq(id, mm_file_id(dir->fd, MM_STORE_SET)))
		*in_doubt = !put_back(dir, before);
	return code;
}

/* What happens in the audit first, then the set by which it does. */
static enum mm_code write_audited(const struct commit *commit, const struct mm_buf *text, bool *in_doubt,
				  struct mm_err *err)
{
	const struct dir_store *dir = commit->dir;
	struct mm_err why = {0};
	enum mm_code code = mm_audit_events(dir->fd, commit->stored, commit->next, &commit->author, err);

	if (code != MM_OK)
		return code;
	code = replace_set(dir, &commit->before, text, in_doubt, &why);
	if (code == MM_OK)
		return MM_OK;
	if (!*in_doubt)
		mm_audit_abandon(dir->fd, commit->stored, commit->next, &commit->author, why.text);
	return mm_fail(err, code, "%s", why.text);
}

/* The commit is durable and stands; that this failed is for the caller to say, and the next commit tries again. */
static void destroy_unnamed(struct dir_store *dir, int keys_fd, const struct mm_keyset *set)
{
	struct mm_err *warning = &dir->store.warning;
	enum mm_code code = mm_material_destroy(keys_fd, set, warning);

	(void)mm_context(warning, code, "%s/" MM_STORE_KEYS ": a private key could not be destroyed", dir->path);
}

/* Private keys first, then the set that names them; then the private keys that the set in place does not name. */
static enum mm_code write_whole(const struct commit *commit, const struct mm_buf *text, struct mm_err *err)
{
	bool in_doubt = false;
	enum mm_code code = mm_material_store(commit->keys_fd, commit->stored, commit->next, err);

	code = mm_context(err, code, MM_STORE_KEYS);
	if (code == MM_OK)
		code = write_audited(commit, text, &in_doubt, err);
	if (code == MM_OK) {
		destroy_unnamed(commit->dir, commit->keys_fd, commit->next);
		return MM_OK;
	}
	if (in_doubt)
		return mm_context(err, code,
				  "the old key set could not be put back, a crash may leave it or the new one");
	if (mm_material_destroy(commit->keys_fd, commit->stored, NULL) != MM_OK)
		return mm_context(err, code, "the key set was not changed; a private key is left over");
	return mm_context(err, code, "nothing was changed");
}

/* What can be found and made before anything is changed. */
static enum mm_code prepare(struct commit *commit, struct mm_buf *text, struct mm_err *err)
{
	const struct dir_store *dir = commit->dir;
	enum mm_code code = mm_keyset_encode(commit->next, text, err);

	if (code == MM_OK)
		code = mm_buf_check(text, err);
	if (code == MM_OK)
		code = mm_dir_make(dir->fd, MM_STORE_KEYS, MM_STORE_DIR_MODE, MM_FILE_PRIVATE, &commit->keys_fd, err);
	if (code == MM_OK)
		code = sweep(dir, commit->keys_fd, err);
	if (code == MM_OK)
		code = read_stored(dir, &commit->before, &commit->stored, err);
	return mm_context(err, code, "nothing was changed");
}

static enum mm_code commit_locked(struct commit *commit, uint64_t expected, struct mm_err *err)
{
	mm_auto_buf text = {0};
	enum mm_code code = prepare(commit, &text, err);
	uint64_t revision = commit->stored ? commit->stored->revision : 0;

	if (code != MM_OK)
		return code;
	if (revision != expected)
		return mm_store_conflict(revision, expected, err);
	return write_whole(commit, &text, err);
}

/* The lock, unless a set got lost here: a lock that is made now would hide that from the next commit. */
static enum mm_code take_lock(const struct dir_store *dir, int *lock, struct mm_err *err)
{
	const char *mark = mm_mark_of_set(dir->fd);

	if (mark && faccessat(dir->fd, MM_STORE_SET, F_OK, AT_SYMLINK_NOFOLLOW) != 0)
		return mm_mark_lost(mark, err);
	return mm_file_lock(dir->fd, MM_STORE_LOCK, LOCK_WAIT_MS, lock, err);
}

static void mark_committed(struct dir_store *dir, int lock)
{
	struct mm_err why = {0};

	if (mm_mark_set(lock, &why) != MM_OK)
		mm_fail(&dir->store.warning, why.code, "%s/" MM_STORE_LOCK ": %s", dir->path, why.text);
}

static void end(struct commit *commit)
{
	mm_fd_close(&commit->keys_fd);
	mm_buf_free(&commit->before);
	mm_keyset_free(commit->stored);
}

enum mm_code mm_dir_store_commit(struct mm_store *store, const struct mm_keyset *next, uint64_t expected,
				 const struct mm_actor *actor, struct mm_err *err)
{
	struct dir_store *dir = (struct dir_store *)store;
	MM_CLEANUP(end)
	struct commit commit = {.dir = dir, .next = next, .author = mm_author_of(actor), .keys_fd = -1};
	mm_auto_fd lock = -1;
	enum mm_code code = mm_dir_store_follow(dir, err);

	if (code == MM_OK)
		code = take_lock(dir, &lock, err);
	if (code != MM_OK)
		code = mm_context(err, code, "nothing was changed");
	else
		code = commit_locked(&commit, expected, err);
	if (code == MM_OK)
		mark_committed(dir, lock);
	return mm_context(err, code, "%s", dir->path);
}
