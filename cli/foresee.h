/* SPDX-License-Identifier: Apache-2.0 */
/* How far commands look back and ahead, and what they see. */
#ifndef MINTMARK_CLI_FORESEE_H
#define MINTMARK_CLI_FORESEE_H

#include "cli/command.h"

#include <jansson.h>
#include <mintmark/timeline.h>

#define MM_HORIZON_YEARS 100 /* further than any operator plans */

/*
 * A time that lies before or after `now`, from the value of the flag `flag`: a duration, which may be in years of 365
 * days ("90d", "1y"), or the time itself. MM_EUSAGE: neither, on the other side of `now`, or more than MM_HORIZON_YEARS
 * away.
 */
MM_MUSTCHECK enum mm_code mm_horizon_back(const char *flag, const char *text, mm_time now, mm_time *out,
					  struct mm_err *err);
MM_MUSTCHECK enum mm_code mm_horizon_ahead(const char *flag, const char *text, mm_time now, mm_time *out,
					   struct mm_err *err);

/* What becomes of a key set if nobody does anything by hand; {0} is an empty one. */
struct mm_foresight {
	struct mm_keyset *future;
	struct mm_timeline *timeline;
};
void mm_foresight_clear(struct mm_foresight *foresight);
#define mm_auto_foresight MM_CLEANUP(mm_foresight_clear) struct mm_foresight

/*
 * mm_forecast from `now` to `until`, seen from `since` on. What it assumes of destinations is noted on standard error.
 * MM_ELIMIT: too much happens until then; the hint says so.
 */
MM_MUSTCHECK enum mm_code mm_foresee(struct mm_call *call, const struct mm_keyset *set, const struct mm_policy *policy,
				     mm_time since, mm_time now, mm_time until, struct mm_foresight *out,
				     struct mm_err *err);

/*
 * {from, now, to, keys: [{kid, algorithm, planned, spans: [{state, from, to}]}], events: [{at, kid, algorithm, state}],
 * left_out}, owned by the caller; what has no end is null. NULL when there is no memory.
 */
json_t *mm_timeline_json(const struct mm_timeline *timeline);

enum mm_picture_form { MM_PICTURE_TEXT, MM_PICTURE_JSON, MM_PICTURE_SVG };
extern const char *const mm_picture_words[];
#define MM_FLAG_ROW_PICTURE                                                                                            \
	{                                                                                                              \
		.name = "output", .letter = 'o', .type = MM_FLAG_WORD,                                                 \
		.offset = offsetof(struct mm_common_options, output), .value = "FORM", .fallback = "text",             \
		.words = mm_picture_words, .help = "the answer for people, for programs, or as a drawing"              \
	}

#endif
