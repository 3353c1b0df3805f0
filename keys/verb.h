/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What all verbs of manage.h have in common: load, change a copy, commit it once. A verb is one function that changes
 * the copy. It is called again whenever a key had to be made for it, so that the time it finds is that of the commit,
 * and whenever another process committed first, if it insists.
 */
#ifndef MINTMARK_KEYS_VERB_H
#define MINTMARK_KEYS_VERB_H

#include <mintmark/manage.h>

/* One attempt of a verb to change a set. */
struct mm_attempt {
	const struct mm_manage *manage;
	struct mm_key_maker maker; /* deals the keys that were made for earlier attempts first */
	struct mm_keyset *set;     /* the copy that is changed */
	mm_time now;
	struct mm_buf why;
	size_t steps; /* of the schedule; of a verb that may idle, all of them */
};

struct mm_manage_verb {
	enum mm_code (*apply)(struct mm_attempt *attempt, const void *arg, struct mm_err *err);
	const void *arg;
	bool insists;  /* tries again when another process committed first */
	bool is_first; /* there is no set yet, and must be none */
	bool may_idle; /* does what is to be done, if anything: without steps there is nothing to commit */
};

/* Errors as manage.h has them, and those of `apply`. */
MM_MUSTCHECK enum mm_code mm_manage_perform(const struct mm_manage *manage, const struct mm_manage_verb *verb,
					    struct mm_change *change, struct mm_err *err);

/* For `apply`: takes what is due of those kinds of actions (mm_rotate). */
MM_MUSTCHECK enum mm_code mm_attempt_run_due(struct mm_attempt *attempt, unsigned kinds, struct mm_err *err);

#endif
