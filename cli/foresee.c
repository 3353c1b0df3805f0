/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/foresee.h"

#include "cli/output.h"

#include <mintmark/forecast.h>
#include <string.h>

#define YEAR       (365 * (mm_duration)86400)
#define FURTHEST   (MM_HORIZON_YEARS * YEAR)
#define MOST_STEPS 5000 /* a second of work, and more than anybody reads */

const char *const mm_picture_words[] = {"text", "json", "svg", NULL};

/* ---- horizons ---------------------------------------------------------------------------------------------------- */

/* "2y": for horizons alone; the configuration has no years. */
static bool parse_years(const char *text, mm_duration *out)
{
	size_t digits = strspn(text, "0123456789");

	*out = 0;
	if (digits == 0 || digits > 4 || strcmp(text + digits, "y") != 0)
		return false;
	for (size_t i = 0; i < digits; i++)
		*out = *out * 10 + (text[i] - '0');
	*out *= YEAR;
	return true;
}

static bool parse_duration(const char *text, mm_duration *out)
{
	return parse_years(text, out) || mm_duration_parse(text, out, NULL) == MM_OK;
}

static enum mm_code fail_horizon(const char *flag, const char *text, const char *side, mm_time example,
				 struct mm_err *err)
{
	char time[MM_TIME_TEXT_SIZE];

	mm_time_format(example, time);
	return mm_fail(err, MM_EUSAGE,
		       "--%s: found \"%.80s\"; accepted: a duration such as 90d or 1y, or a time %s now such as %s, at "
		       "most %dy away",
		       flag, text, side, time, MM_HORIZON_YEARS);
}

enum mm_code mm_horizon_ahead(const char *flag, const char *text, mm_time now, mm_time *out, struct mm_err *err)
{
	mm_duration distance;

	if (parse_duration(text, &distance) && distance <= FURTHEST)
		*out = now + distance;
	else if (mm_time_parse(text, out, NULL) != MM_OK)
		*out = MM_NEVER;
	if (*out <= now || *out - now > FURTHEST)
		return fail_horizon(flag, text, "after", now + YEAR, err);
	return MM_OK;
}

enum mm_code mm_horizon_back(const char *flag, const char *text, mm_time now, mm_time *out, struct mm_err *err)
{
	mm_duration distance;

	if (parse_duration(text, &distance) && distance <= FURTHEST)
		*out = distance < now ? now - distance : 1;
	else if (mm_time_parse(text, out, NULL) != MM_OK)
		*out = MM_NEVER;
	if (*out == MM_NEVER || *out > now || now - *out > FURTHEST)
		return fail_horizon(flag, text, "before", now - YEAR, err);
	return MM_OK;
}

/* ---- foresight --------------------------------------------------------------------------------------------------- */

void mm_foresight_clear(struct mm_foresight *foresight)
{
	mm_timeline_free(foresight->timeline);
	mm_keyset_free(foresight->future);
	*foresight = (struct mm_foresight){0};
}

enum mm_code mm_foresee(struct mm_call *call, const struct mm_keyset *set, const struct mm_policy *policy,
			mm_time since, mm_time now, mm_time until, struct mm_foresight *out, struct mm_err *err)
{
	enum mm_code code = mm_forecast(set, policy, now, until, MOST_STEPS, &out->future, err);

	if (policy->delivers)
		mm_note("%s: it is assumed that every destination has each new key at once", call->command->name);
	if (code == MM_ELIMIT)
		mm_hint(call, "a nearer --until, or a longer rotate_every");
	if (code != MM_OK)
		return code;
	return mm_timeline_new(out->future, policy, since, now, until, &out->timeline, err);
}

/* ---- for programs ------------------------------------------------------------------------------------------------ */

static json_t *life_json(const struct mm_life *life)
{
	const struct mm_key *key = life->record->key;
	json_t *spans = json_array();

	for (size_t i = 0; i < life->count; i++) {
		const struct mm_phase *phase = &life->phases[i];

		json_array_append_new(spans, json_pack("{s:s, s:o, s:o}", "state", mm_phase_names[phase->kind], "from",
						       mm_json_time(phase->from), "to", mm_json_time(phase->to)));
	}
	return json_pack("{s:s, s:s, s:b, s:o}", "kid", mm_key_kid(key), "algorithm", mm_key_alg(key)->name, "planned",
			 mm_key_is_planned(key), "spans", spans);
}

static json_t *event_json(const struct mm_timeline_event *event)
{
	const struct mm_key *key = event->life->record->key;

	return json_pack("{s:o, s:s, s:s, s:s}", "at", mm_json_time(event->phase->from), "kid", mm_key_kid(key),
			 "algorithm", mm_key_alg(key)->name, "state", mm_phase_names[event->phase->kind]);
}

json_t *mm_timeline_json(const struct mm_timeline *timeline)
{
	json_t *keys = json_array(), *events = json_array();

	for (size_t i = 0; i < timeline->count; i++)
		json_array_append_new(keys, life_json(&timeline->lives[i]));
	for (size_t i = 0; i < timeline->event_count; i++)
		json_array_append_new(events, event_json(&timeline->events[i]));
	return json_pack("{s:o, s:o, s:o, s:o, s:o, s:I}", "from", mm_json_time(timeline->from), "now",
			 mm_json_time(timeline->now), "to", mm_json_time(timeline->to), "keys", keys, "events", events,
			 "left_out", (json_int_t)timeline->left_out);
}
