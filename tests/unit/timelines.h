/* SPDX-License-Identifier: Apache-2.0 */
/* Timelines for tests: of key sets made by hand, whose keys are planned ones: their kids are known beforehand. */
#ifndef MINTMARK_TESTS_TIMELINES_H
#define MINTMARK_TESTS_TIMELINES_H

#include "tests/unit/keysets.h"

#include <mintmark/forecast.h>
#include <mintmark/timeline.h>

#define DAY ((mm_duration)86400)

/* Appends a record with the key "planned-NUMBER", published at `published` with the usual waits; the set keeps it. */
struct mm_key_record *test_planned(struct mm_keyset *set, const char *alg, unsigned number, mm_time published);

/* A set and its timeline; both are freed by test_story_free. */
struct test_story {
	struct mm_policy policy;
	struct mm_keyset *set;
	struct mm_keyset *future;
	struct mm_timeline *timeline;
};

/*
 * Every kind of phase, at T0: RS256 keys of which the first was removed, the second tainted and the third revoked, and
 * the fourth signs; an ES256 key that signs, and its standby.
 */
struct test_story test_story_begin(void);

/* Carries story.set on to `to`, and makes the timeline from `from`. */
void test_story_show(struct test_story *story, mm_time from, mm_time to);
void test_story_free(struct test_story *story);

/* The life of the key "planned-NUMBER", which must be in the timeline. */
const struct mm_life *test_life(const struct mm_timeline *timeline, unsigned number);

#endif
