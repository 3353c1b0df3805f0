/* SPDX-License-Identifier: Apache-2.0 */
/* Verbs on a memory store, under a clock that the test sets and with keys that are counted. */
#ifndef MINTMARK_TESTS_MANAGING_H
#define MINTMARK_TESTS_MANAGING_H

#include "tests/unit/keysets.h"

#include <mintmark/manage.h>

#define MANAGING_KIDS 8

struct managing {
	struct mm_store *store;
	struct mm_policy policy;
	struct mm_key_maker maker;
	struct mm_manage manage;
	struct mm_change change;               /* of the last verb */
	char kids[MANAGING_KIDS][MM_KID_SIZE]; /* by record: records keep their places */
	mm_time now;
	mm_duration making_takes; /* the clock goes on by it with every key that is made */
	unsigned made;
	struct mm_err err;
};

/* A fresh memory store under the policy of those algorithms, at T0. */
void managing_start(struct managing *m, const char *first, const char *second);
void managing_end(struct managing *m);

/* For the verbs: the last change is given up, and the line of the last error. */
struct mm_change *managing_change(struct managing *m);

enum mm_key_state managing_state(const struct managing *m, size_t record);
/*
 * A copy, which outlives the change: `revoke(managing_kid(&m, 2))` is safe. But not in one call with managing_change,
 * which may come first.
 */
const char *managing_kid(struct managing *m, size_t record);

#endif
