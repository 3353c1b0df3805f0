/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The audit of a directory store: audit.log, one line of JSON for everything that happened to a key. A line is durable
 * before the set that it tells of, and one whose set never came is disowned: docs/decisions/0013-audit.md. All of it
 * under the writer's lock.
 */
#ifndef MINTMARK_KEYS_AUDIT_H
#define MINTMARK_KEYS_AUDIT_H

#include <mintmark/store.h>
#include <sys/types.h>

#define MM_STORE_AUDIT "audit.log"

/* Who commits, with what the system knows of this process. */
struct mm_author {
	const struct mm_actor *actor; /* borrowed */
	uid_t uid;
	pid_t pid;
	char user[64]; /* the name of `uid`; empty when it has none */
};

/* Not under the lock: the name of a user may come over a network. */
struct mm_author mm_author_of(const struct mm_actor *actor);

/*
 * Appends, durably, a line for each event from `stored` (NULL: there is no set) to `next`. When it fails there is no
 * line of `next`. MM_EUNSAFE, MM_EIO; MM_EPARSE: the file is no audit.
 */
MM_MUSTCHECK enum mm_code mm_audit_events(int dirfd, const struct mm_keyset *stored, const struct mm_keyset *next,
					  const struct mm_author *author, struct mm_err *err);

/*
 * `next`, of which mm_audit_events wrote, was not committed after all, and `why`: a line says so. When that fails, the
 * next mm_audit_events says it.
 */
void mm_audit_abandon(int dirfd, const struct mm_keyset *stored, const struct mm_keyset *next,
		      const struct mm_author *author, const char *why);

#endif
