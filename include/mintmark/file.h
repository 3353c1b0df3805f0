/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Files that must survive power loss and must not be tampered with. Everything is opened relative to a directory's
 * descriptor and never through a symbolic link. Why each fsync is there: docs/decisions/0003-durable-replace.md.
 */
#ifndef MINTMARK_FILE_H
#define MINTMARK_FILE_H

#include <mintmark/bytes.h>
#include <sys/types.h>

/* What must hold of a file or directory for it to be opened; violations are MM_EUNSAFE and name path and remedy. */
enum mm_file_check {
	MM_FILE_ANY = 0,
	MM_FILE_OWNED = 1,   /* owner is the effective user or root, and nobody else may write to it */
	MM_FILE_PRIVATE = 3, /* OWNED, and nobody else may read it */
	/*
	 * PRIVATE, but the group may read what root owns when we are not root: else only root could hand a service a
	 * file. Credentials of systemd are so (0440, by an ACL), and secrets of Kubernetes with fsGroup.
	 */
	MM_FILE_HANDED = 5,
};

void mm_fd_close(int *fd); /* for MM_CLEANUP; closes when >= 0 and sets -1, errno kept */
#define mm_auto_fd MM_CLEANUP(mm_fd_close) int

/* Opens the directory at `path` (its last component must not be a link). MM_ENOTFOUND: it does not exist. */
MM_MUSTCHECK enum mm_code mm_dir_open(const char *path, enum mm_file_check check, int *fd, struct mm_err *err);

/* The same for the directory `name` in `dirfd`. */
MM_MUSTCHECK enum mm_code mm_dir_open_at(int dirfd, const char *name, enum mm_file_check check, int *fd,
					 struct mm_err *err);

/*
 * Here, `dirfd` may be AT_FDCWD, and a `name` that could lead out of the directory (a slash, "..") is MM_EUNSAFE;
 * a `path` may have slashes.
 */

/* Makes the directory `path` with `mode`, whatever the umask, unless it is there; syncs its parent, and opens it. */
MM_MUSTCHECK enum mm_code mm_dir_make(int dirfd, const char *path, mode_t mode, enum mm_file_check check, int *fd,
				      struct mm_err *err);

/* Appends the whole regular file. MM_ENOTFOUND, MM_EUNSAFE (check, link, not regular), MM_ELIMIT (> `max` bytes). */
MM_MUSTCHECK enum mm_code mm_file_read(int dirfd, const char *name, enum mm_file_check check, size_t max,
				       struct mm_buf *out, struct mm_err *err);

/* As mm_file_read for a path that a user gave: "-" is standard input, symbolic links are followed. */
MM_MUSTCHECK enum mm_code mm_path_read(const char *path, enum mm_file_check check, size_t max, struct mm_buf *out,
				       struct mm_err *err);

/*
 * Replaces `name` in `dirfd` durably: temporary file, fsync, rename, fsync of the directory. When it returns
 * MM_OK the new content survives power loss; on failure the old file is untouched, the temporary removed, and
 * nothing is retried. One exception, which the line names: when the last fsync (of the directory) fails, the new
 * content is visible but may not survive.
 */
MM_MUSTCHECK enum mm_code mm_file_replace(int dirfd, const char *name, struct mm_span content, mode_t mode,
					  struct mm_err *err);

/* The same for a `name` that must not be there yet, decided at the moment of the rename: MM_EEXIST. */
MM_MUSTCHECK enum mm_code mm_file_create(int dirfd, const char *name, struct mm_span content, mode_t mode,
					 struct mm_err *err);

/*
 * Replaces `name` unless it holds this content and has this mode already: then it is left alone, its times too, so that
 * nobody who watches it is woken. MM_OK means durable either way. MM_EUNSAFE: `name` is a link or no regular file.
 */
MM_MUSTCHECK enum mm_code mm_file_update(int dirfd, const char *name, struct mm_span content, mode_t mode,
					 bool *written, struct mm_err *err);

/*
 * Opens the regular file `name` to read it and to append to it; it is made with `mode`, less the umask, when it is not
 * there, and its entry in the directory lasts before anything is in it. MM_EUNSAFE as mm_file_read.
 */
MM_MUSTCHECK enum mm_code mm_file_open_append(int dirfd, const char *name, enum mm_file_check check, mode_t mode,
					      int *fd, struct mm_err *err);

/*
 * Appends durably. On failure nothing is retried, and what was written is taken back; only when that fails too is some
 * of it still there. Only under the writer's lock.
 */
MM_MUSTCHECK enum mm_code mm_file_append(int fd, struct mm_span content, struct mm_err *err);

/* Removes `name` durably; no error when it is not there. */
MM_MUSTCHECK enum mm_code mm_file_remove(int dirfd, const char *name, struct mm_err *err);

/* Removes the temporaries that a killed mm_file_replace left in `dirfd`. Only under the writer's lock. */
MM_MUSTCHECK enum mm_code mm_dir_sweep(int dirfd, struct mm_err *err);
/* The same for those of the file `name` alone, in a directory where others write too. */
MM_MUSTCHECK enum mm_code mm_file_sweep(int dirfd, const char *name, struct mm_err *err);

/* Takes an exclusive lock on `name` (made if needed), waiting up to `wait_ms`: MM_ETIMEOUT. Closing `*fd` frees it. */
MM_MUSTCHECK enum mm_code mm_file_lock(int dirfd, const char *name, int wait_ms, int *fd, struct mm_err *err);

/*
 * The same by flock on the directory itself, where no file of ours may stand: `dirfd` holds it until it is closed.
 * `path` is for the line.
 */
MM_MUSTCHECK enum mm_code mm_dir_lock(int dirfd, const char *path, int wait_ms, struct mm_err *err);

/* Tells one version of a file from another without reading it. */
struct mm_file_id {
	uint64_t dev, ino;
	int64_t size, mtime_ns, ctime_ns;
};
/* `path` relative to `dirfd` (AT_FDCWD for the process's); all zero when it is not there. Links are followed. */
struct mm_file_id mm_file_id(int dirfd, const char *path);
bool mm_file_id_eq(struct mm_file_id a, struct mm_file_id b);

#endif
