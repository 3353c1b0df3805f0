/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What `mintmark dev` adds to a server, for test authors: a clock that can be frozen and shifted, and changes of the
 * keys that hold at once. A server without one has none of its routes, and refuses the annotations of faults.
 */
#ifndef MINTMARK_DEV_H
#define MINTMARK_DEV_H

#include <mintmark/config.h>
#include <mintmark/manage.h>

struct mm_dev;

/* `count` issuers in the order in which the server has them; stores are shared (mm_store_share), configs borrowed. */
struct mm_dev_issuer {
	const struct mm_config *config;
	struct mm_store *store;
};
MM_MUSTCHECK enum mm_code mm_dev_new(const struct mm_dev_issuer *issuers, size_t count, struct mm_dev **out,
				     struct mm_err *err);
void mm_dev_free(struct mm_dev *dev);
MM_AUTO(mm_dev)

/*
 * The time that holds for tokens: for mm_server_options.clock, with the mm_dev as argument. Any thread. What happens to
 * keys is stamped with the system's time, as HTTP is, whose documents tell of it.
 */
mm_time mm_dev_now(void *dev);

/* Frozen at `at`, or, with `at` MM_NEVER, running, `shift` seconds ahead of the system's (or behind). Any thread. */
#define MM_DEV_SHIFT_MAX (INT64_C(100) * 365 * 86400)
struct mm_dev_clock {
	mm_time at;    /* up to MM_TIME_MAX */
	int64_t shift; /* at most MM_DEV_SHIFT_MAX, either way; 0 when frozen */
};
void mm_dev_set_clock(struct mm_dev *dev, struct mm_dev_clock clock);
struct mm_dev_clock mm_dev_get_clock(const struct mm_dev *dev);

enum mm_dev_step { MM_DEV_ROTATE, MM_DEV_TAINT, MM_DEV_REVOKE };
/*
 * Takes the step on issuer `index` and commits it. `kid` is the key to be tainted or revoked (NULL: the one that
 * signs), or the standby that is to sign (NULL: the one whose turn it is). What signs afterwards signs at once, and
 * there is a standby again; when the JWKS is full, the key that was retired first is revoked. `change` is for the
 * caller to clear; the server has to have loaded the revision of change->after before it holds. MM_ENOTFOUND: no such
 * key; the errors of manage.h. Any thread.
 */
MM_MUSTCHECK enum mm_code mm_dev_step(struct mm_dev *dev, size_t index, enum mm_dev_step step, const char *kid,
				      struct mm_change *change, struct mm_err *err);

#endif
