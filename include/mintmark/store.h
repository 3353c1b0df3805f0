/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The store seam: where the key set lives. One commit replaces the whole set under compare-and-swap on its revision.
 * Today a directory, or memory (tests, `dev`, simulation); etcd must fit behind the same table.
 */
#ifndef MINTMARK_STORE_H
#define MINTMARK_STORE_H

#include <mintmark/keyset.h>

struct mm_store;

/* Who commits, and why: for the audit. */
struct mm_actor {
	const char *name; /* "rotor", "key revoke" */
	const char *why;  /* one line, from whoever; NULL: nothing was said */
};

enum mm_store_load { MM_LOAD_PUBLIC, MM_LOAD_PRIVATE };

struct mm_store_ops {
	/*
	 * The newest committed set; never a mixture of two. MM_LOAD_PRIVATE: the records whose state has material
	 * carry it. MM_ENOTFOUND: nothing was ever committed; a set or a key that got lost is MM_EIO. MM_EUNSAFE,
	 * MM_EIO, MM_EPARSE name the file.
	 */
	enum mm_code (*load)(struct mm_store *store, enum mm_store_load what, struct mm_keyset **out,
			     struct mm_err *err);
	/*
	 * Commits `next`, which mm_store_commit has checked and numbered, if the stored revision is still `expected`.
	 * Records that carry a private key which the store lacks have it stored first; material of records that are
	 * removed, revoked or gone is destroyed afterwards. The rest as mm_store_commit.
	 */
	enum mm_code (*commit)(struct mm_store *store, const struct mm_keyset *next, uint64_t expected,
			       const struct mm_actor *actor, struct mm_err *err);
	/*
	 * A descriptor that becomes readable after a commit by anybody, or -1 where the caller has to poll. Asked for
	 * before the first load, it misses none. It stays the same until the store is closed.
	 */
	int (*watch_fd)(struct mm_store *store);
	/*
	 * Whether there may have been a commit since the last load by this handle; empties watch_fd. Cheap: no
	 * parsing, so that polling it each second is fine where notification does not work (NFS).
	 */
	bool (*changed)(struct mm_store *store);
	/* Another handle to the same store, for another thread. */
	enum mm_code (*share)(struct mm_store *store, struct mm_store **out, struct mm_err *err);
	void (*close)(struct mm_store *store);
};

/* Implementations embed this as their first member. A handle belongs to one thread at a time. */
struct mm_store {
	const struct mm_store_ops *ops;
	struct mm_err warning; /* what the last commit could not do once it was durable; empty when all was well */
};

/*
 * A directory: keyset.json, keys/KID.pem (PKCS#8, mode 0600), audit.log and lock. It must belong to the effective user
 * (or root) and be writable by nobody else: MM_EUNSAFE names what is wrong and the command that mends it. `create`:
 * made with mode 0700 when missing; otherwise MM_ENOTFOUND. The path counts, not the directory that was found there:
 * when another one is put in its place, `changed` says so and the next load or commit is one of that; while there is
 * none, they are MM_EIO.
 */
MM_MUSTCHECK enum mm_code mm_store_open_dir(const char *path, bool create, struct mm_store **out, struct mm_err *err);

/* Memory; gone when its last handle is closed. It has no audit. */
MM_MUSTCHECK enum mm_code mm_store_open_memory(struct mm_store **out, struct mm_err *err);

MM_MUSTCHECK enum mm_code mm_store_load(struct mm_store *store, enum mm_store_load what, struct mm_keyset **out,
					struct mm_err *err);
/*
 * Checks `next` (mm_keyset_check) and commits it if the stored revision is still `expected` (0: nothing stored yet), as
 * revision expected+1 at time `now`, and sets both in `next`. MM_OK means durable, in the audit too: a line for every
 * event (mm_keyset_events), written before the set. MM_EREFUSED: the check, a record whose private key is neither in it
 * nor in the store, or a `now` that is no time. MM_ECONFLICT: somebody committed first. MM_ELIMIT: `expected` is
 * MM_REVISION_MAX. On any error the previous set stands and `next` is as it was; what could be in doubt (a directory
 * that cannot be synced) is said in the line. After MM_OK store->warning tells, if its code is set, which private key
 * could not be destroyed, or that the lock could not be marked.
 */
MM_MUSTCHECK enum mm_code mm_store_commit(struct mm_store *store, struct mm_keyset *next, uint64_t expected,
					  const struct mm_actor *actor, mm_time now, struct mm_err *err);
/* Another handle to the same store, for another thread; each is freed by itself. MM_EIO, MM_ENOMEM. */
MM_MUSTCHECK enum mm_code mm_store_share(struct mm_store *store, struct mm_store **out, struct mm_err *err);
int mm_store_watch_fd(struct mm_store *store);
bool mm_store_changed(struct mm_store *store);
void mm_store_free(struct mm_store *store);
MM_AUTO(mm_store)

#endif
