/* SPDX-License-Identifier: Apache-2.0 */
#include "keys/store_mark.h"

#include "keys/store_material.h"

#include <fcntl.h>
#include <mintmark/file.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char text[] = "A key set was committed in this directory. If keyset.json is missing, restore it.\n";

enum mm_code mm_mark_set(int lock, struct mm_err *err)
{
	struct stat st;
	ssize_t written = -1;

	if (fstat(lock, &st) == 0) {
		if (st.st_size > 0)
			return MM_OK;
		written = pwrite(lock, text, sizeof text - 1, 0);
	}
	/* Less than all of it will do: the lock is not empty any more. */
	return written > 0 && fsync(lock) == 0 ? MM_OK : mm_fail_errno(err, "cannot write");
}

/* The size of the lock; -1 when there is none. */
static off_t lock_size(int dirfd)
{
	struct stat st;

	return fstatat(dirfd, MM_STORE_LOCK, &st, AT_SYMLINK_NOFOLLOW) == 0 ? st.st_size : -1;
}

/* Also when nobody can tell: what cannot be listed may be all there is of somebody's keys. */
static bool may_hold_keys(int dirfd)
{
	struct mm_err why = {0};
	mm_auto_fd keys_fd = -1;
	bool found = true;

	if (mm_dir_open_at(dirfd, MM_STORE_KEYS, MM_FILE_ANY, &keys_fd, &why) != MM_OK)
		return why.code != MM_ENOTFOUND;
	return mm_material_any(keys_fd, &found, NULL) != MM_OK || found;
}

const char *mm_mark_of_set(int dirfd)
{
	off_t size = lock_size(dirfd);

	if (size > 0)
		return "one was committed here: restore it from a backup";
	/* The lock once more, after the keys: another's first commit may have made both in between. */
	if (size < 0 && may_hold_keys(dirfd) && lock_size(dirfd) < 0)
		return MM_STORE_KEYS " holds the private keys of a set that is not here: restore " MM_STORE_SET
				     " from a backup, or move the keys away";
	return NULL;
}

enum mm_code mm_mark_lost(const char *mark, struct mm_err *err)
{
	return mm_fail(err, MM_EIO, MM_STORE_SET " is missing, but %s", mark);
}
