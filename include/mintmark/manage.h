/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Managing keys: the verbs of the command line and of the rotor on a store. Each loads the set, changes a copy and
 * commits it once. A key is made and probed by a second implementation before the clock is read, so that its
 * publication is stamped with the time of the commit and not with that of its making.
 *
 * On success `change` holds both sets, owned by the caller; on failure nothing was changed. Beside what stands at each
 * verb: the store's errors; MM_ENOTFOUND: there is no key set, or no key `kid`; MM_ECRYPTO: a probe failed.
 */
#ifndef MINTMARK_MANAGE_H
#define MINTMARK_MANAGE_H

#include <mintmark/schedule.h>
#include <mintmark/store.h>

/* What a verb works with; everything is borrowed. */
struct mm_manage {
	struct mm_store *store;
	const struct mm_policy *policy;
	struct mm_actor actor; /* `why` NULL: nothing was said; of mm_manage_run_due, the reasons of the schedule */
	const struct mm_key_maker *maker; /* NULL: keys are generated and probed in this thread */
	mm_time (*clock)(void *arg);      /* NULL: the system's */
	void *clock_arg;
};

struct mm_change {
	struct mm_keyset *before; /* NULL: there was none */
	struct mm_keyset *after;  /* as committed */
	mm_time now;              /* what its steps were stamped with */
};
void mm_change_clear(struct mm_change *change);
#define mm_auto_change MM_CLEANUP(mm_change_clear) struct mm_change

/* Generates a key and has the second implementation probe it (mm_probe): the maker for whatever is to be committed. */
extern const struct mm_key_maker mm_generate_probed;

/*
 * A fresh key set: for each algorithm an active key and a ready standby. With `import` (NULL: all are generated), which
 * verifiers know already, its standby waits in full (docs/decisions/0002). MM_EEXIST: there is a key set already; it is
 * not touched. MM_ECONFLICT: another init was faster. MM_EREFUSED: `import` is for no algorithm of the policy.
 */
MM_MUSTCHECK enum mm_code mm_manage_init(const struct mm_manage *manage, const struct mm_key *import,
					 struct mm_change *change, struct mm_err *err);

/*
 * Publishes `key`, and with `activate` lets it sign at once, a gap for verifiers that do not know it. MM_EEXIST: its
 * kid is or was in the set. MM_EREFUSED: keys.max_keys, it is public, or for an algorithm that the policy does not
 * name. MM_ECONFLICT: somebody committed first; the same holds of prepare, activate and rotate.
 */
MM_MUSTCHECK enum mm_code mm_manage_import(const struct mm_manage *manage, const struct mm_key *key, bool activate,
					   struct mm_change *change, struct mm_err *err);

/*
 * Publishes a new standby for `alg` (NULL: the policy's first). MM_EREFUSED: there are two already, or keys.max_keys.
 */
MM_MUSTCHECK enum mm_code mm_manage_prepare(const struct mm_manage *manage, const struct mm_alg *alg,
					    struct mm_change *change, struct mm_err *err);

/* As mm_keyset_activate, and a new standby is published if there is none left. */
MM_MUSTCHECK enum mm_code mm_manage_activate(const struct mm_manage *manage, const char *kid, enum mm_gap gap,
					     struct mm_change *change, struct mm_err *err);

/* The same for the standby of `alg` (NULL: the policy's first) that is ready first. */
MM_MUSTCHECK enum mm_code mm_manage_rotate(const struct mm_manage *manage, const struct mm_alg *alg,
					   struct mm_change *change, struct mm_err *err);

/* As mm_keyset_taint, and a new standby. Who loses against another commit tries again; the same holds of revoke. */
MM_MUSTCHECK enum mm_code mm_manage_taint(const struct mm_manage *manage, const char *kid, enum mm_gap gap,
					  struct mm_change *change, struct mm_err *err);

/* As mm_keyset_revoke, with a new key where nothing stands by, and a new standby. After MM_OK: store->warning. */
MM_MUSTCHECK enum mm_code mm_manage_revoke(const struct mm_manage *manage, const char *kid, struct mm_change *change,
					   struct mm_err *err);

/*
 * Every destination has what `delivered` serves (mm_keyset_deliver): to be called after that is certain. Who loses
 * against another commit tries again. MM_OK with change->after NULL: no key was waiting.
 */
MM_MUSTCHECK enum mm_code mm_manage_deliver(const struct mm_manage *manage, const struct mm_keyset *delivered,
					    struct mm_change *change, struct mm_err *err);

/*
 * Takes all actions that are due (mm_rotate). Who loses against another commit looks again what is due. MM_OK with
 * change->after NULL: nothing was.
 */
MM_MUSTCHECK enum mm_code mm_manage_run_due(const struct mm_manage *manage, struct mm_change *change,
					    struct mm_err *err);

#endif
