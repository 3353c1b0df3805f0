/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/timelines.h"

#include <stdio.h>
#include <string.h>

struct mm_key_record *test_planned(struct mm_keyset *set, const char *alg, unsigned number, mm_time published)
{
	struct mm_key_record *record = test_record(set, "EdDSA");
	struct mm_err err = {0};

	mm_key_free(record->key);
	assert_ok(mm_key_planned(test_alg(alg), number, &record->key, &err), &err);
	record->created = published;
	test_published(record, published);
	record->publish_wait = TEST_PUBLISH_WAIT;
	return record;
}

static void activate(struct mm_key_record *record, mm_time activated, mm_time retired)
{
	record->activated = activated;
	record->retired = retired;
	record->retire_wait = TEST_RETIRE_WAIT;
}

struct test_story test_story_begin(void)
{
	struct test_story story = {.policy = test_policy_for("RS256", "ES256")};
	struct mm_key_record *record;
	struct mm_err err = {0};

	assert_ok(mm_keyset_new(&story.set, &err), &err);
	record = test_planned(story.set, "RS256", 1, T0 - 60 * DAY);
	activate(record, T0 - 50 * DAY, T0 - 20 * DAY);
	record->removed = T0 - 18 * DAY;
	record = test_planned(story.set, "RS256", 2, T0 - 50 * DAY);
	activate(record, T0 - 20 * DAY, T0 - 10 * DAY);
	record->tainted = T0 - 10 * DAY;
	record->removed = T0 - 8 * DAY;
	record = test_planned(story.set, "RS256", 3, T0 - 20 * DAY);
	activate(record, T0 - 10 * DAY, MM_NEVER);
	record->revoked = T0 - 3 * DAY;
	record = test_planned(story.set, "RS256", 4, T0 - 12 * DAY);
	activate(record, T0 - 3 * DAY, MM_NEVER);
	test_planned(story.set, "RS256", 5, T0 - 3 * DAY);
	record = test_planned(story.set, "ES256", 6, T0 - 12 * DAY);
	record->publish_wait = 0;
	activate(record, T0 - 12 * DAY, MM_NEVER);
	test_planned(story.set, "ES256", 7, T0 - 12 * DAY)->publish_wait = 0;
	return story;
}

void test_story_show(struct test_story *story, mm_time from, mm_time to)
{
	struct mm_err err = {0};

	assert_ok(mm_forecast(story->set, &story->policy, T0, to, 1000, &story->future, &err), &err);
	assert_ok(mm_timeline_new(story->future, &story->policy, from, T0, to, &story->timeline, &err), &err);
}

void test_story_free(struct test_story *story)
{
	mm_timeline_free(story->timeline);
	mm_keyset_free(story->future);
	mm_keyset_free(story->set);
}

const struct mm_life *test_life(const struct mm_timeline *timeline, unsigned number)
{
	char kid[MM_KID_SIZE];

	snprintf(kid, sizeof kid, "planned-%u", number);
	for (size_t i = 0; i < timeline->count; i++) {
		if (strcmp(mm_key_kid(timeline->lives[i].record->key), kid) == 0)
			return &timeline->lives[i];
	}
	fail_msg("there is no %s in the timeline", kid);
	return NULL;
}
