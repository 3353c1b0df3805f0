/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/timescale.h"

#include <stdio.h>
#include <time.h>

#define MINUTE 60
#define HOUR   3600
#define DAY    86400

static double lesser(double a, double b)
{
	return a < b ? a : b;
}

static double greater(double a, double b)
{
	return a > b ? a : b;
}

/* Places are never negative. */
static double whole(double place)
{
	return (double)(long)place;
}

/* ---- places ------------------------------------------------------------------------------------------------------ */

static double share(mm_time part, mm_time whole)
{
	return (double)part / (double)whole;
}

struct mm_scale mm_scale_drawn(const struct mm_timeline *timeline, double width, double least)
{
	return (struct mm_scale){
		.timeline = timeline,
		.width = width,
		.now = width * share(timeline->now - timeline->from, timeline->to - timeline->from),
		.least = least,
	};
}

struct mm_scale mm_scale_cells(const struct mm_timeline *timeline, size_t cells)
{
	struct mm_scale scale = mm_scale_drawn(timeline, (double)cells, 1);

	/* Now is between two cells; and where there is a past, and there always is a future, neither has none. */
	scale.whole = true;
	scale.now = whole(scale.now + 0.5);
	if (scale.now < 1 && timeline->now > timeline->from)
		scale.now = 1;
	if (scale.now > scale.width - 1)
		scale.now = scale.width - 1;
	return scale;
}

double mm_scale_place(const struct mm_scale *scale, mm_time time)
{
	const struct mm_timeline *timeline = scale->timeline;
	double place;

	if (time <= timeline->from)
		return 0;
	if (time >= timeline->to)
		return scale->width;
	if (time < timeline->now)
		place = scale->now * share(time - timeline->from, timeline->now - timeline->from);
	else
		place = scale->now +
			(scale->width - scale->now) * share(time - timeline->now, timeline->to - timeline->now);
	return scale->whole ? whole(place) : place;
}

size_t mm_scale_bars(const struct mm_scale *scale, const struct mm_life *life,
		     struct mm_bar bars[static MM_PHASE_KINDS])
{
	double edge = 0;
	size_t count = 0;

	for (size_t i = 0; i < life->count; i++) {
		mm_time from, to;
		struct mm_bar bar = {.phase = &life->phases[i]};

		if (!mm_timeline_shows(scale->timeline, bar.phase, &from, &to))
			continue;
		bar.from = greater(mm_scale_place(scale, from), edge);
		bar.to = edge = greater(mm_scale_place(scale, to), bar.from + scale->least);
		bars[count++] = bar;
	}
	/* What was pushed over the right edge is pushed back. */
	edge = scale->width;
	for (size_t i = count; i-- > 0;) {
		bars[i].to = lesser(bars[i].to, edge);
		bars[i].from = edge = lesser(bars[i].from, bars[i].to - scale->least);
	}
	return count;
}

/* ---- ticks ------------------------------------------------------------------------------------------------------- */

static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
				     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

/* How far ticks are apart: by the clock, or by the calendar; and the room for a label and a space. */
static const struct step {
	mm_duration seconds;
	int months;
	size_t label;
} steps[] = {
	{1, 0, 9},          {5, 0, 9},           {15, 0, 9},          {30, 0, 9},      {MINUTE, 0, 7},
	{5 * MINUTE, 0, 7}, {15 * MINUTE, 0, 7}, {30 * MINUTE, 0, 7}, {HOUR, 0, 7},    {3 * HOUR, 0, 7},
	{6 * HOUR, 0, 7},   {12 * HOUR, 0, 7},   {DAY, 0, 7},         {2 * DAY, 0, 7}, {7 * DAY, 0, 7},
	{14 * DAY, 0, 7},   {0, 1, 5},           {0, 3, 5},           {0, 6, 5},       {0, 12, 5},
	{0, 24, 5},         {0, 60, 5},          {0, 120, 5},         {0, 240, 5},     {0, 600, 5},
};

/* Weeks begin on Monday, and the first one since 1970 was the 5th of January. */
#define FIRST_MONDAY (4 * DAY)

static struct tm calendar(mm_time time)
{
	time_t t = (time_t)time;
	struct tm tm = {0};

	gmtime_r(&t, &tm);
	return tm;
}

/* The first of the month that begins `months` after January 1970. */
static mm_time month_begin(int64_t count)
{
	struct tm tm = {.tm_year = 70 + (int)(count / 12), .tm_mon = (int)(count % 12), .tm_mday = 1};

	return (mm_time)timegm(&tm);
}

static mm_time round_up(mm_time time, mm_duration step, mm_time origin)
{
	return origin + (time - origin + step - 1) / step * step;
}

/* The first tick not before `from`. */
static mm_time first_tick(const struct step *step, mm_time from)
{
	struct tm tm = calendar(from);
	int64_t month = (int64_t)(tm.tm_year - 70) * 12 + tm.tm_mon;

	if (step->seconds >= 7 * DAY && from > FIRST_MONDAY)
		return round_up(from, step->seconds, FIRST_MONDAY);
	if (step->seconds > 0)
		return round_up(from, step->seconds, 0);
	month = round_up(month, step->months, 0);
	return month_begin(month) < from ? month_begin(month + step->months) : month_begin(month);
}

static mm_time next_tick(const struct step *step, mm_time tick)
{
	struct tm tm;

	if (step->seconds > 0)
		return tick + step->seconds;
	tm = calendar(tick);
	return month_begin((int64_t)(tm.tm_year - 70) * 12 + tm.tm_mon + step->months);
}

static void label_tick(const struct step *step, struct mm_tick *tick)
{
	struct tm tm = calendar(tick->at);
	bool midnight = tm.tm_hour == 0 && tm.tm_min == 0 && tm.tm_sec == 0;

	if (step->months > 0 && (tm.tm_mon == 0 || step->months % 12 == 0))
		strftime(tick->label, sizeof tick->label, "%Y", &tm);
	else if (step->months > 0)
		snprintf(tick->label, sizeof tick->label, "%s", months[tm.tm_mon]);
	else if (midnight)
		snprintf(tick->label, sizeof tick->label, "%s %d", months[tm.tm_mon], tm.tm_mday % 32);
	else
		strftime(tick->label, sizeof tick->label, step->seconds < MINUTE ? "%H:%M:%S" : "%H:%M", &tm);
}

static bool fits(const struct step *step, mm_time from, mm_time to, size_t room)
{
	mm_duration seconds = step->seconds > 0 ? step->seconds : step->months * (30 * DAY);
	mm_duration count = (to - from) / seconds + 1;

	return count <= MM_TICKS_MAX && (size_t)count * step->label <= room;
}

size_t mm_ticks(mm_time from, mm_time to, size_t room, struct mm_tick ticks[static MM_TICKS_MAX])
{
	const struct step *step = steps, *last = &steps[MM_COUNT(steps) - 1];
	size_t count = 0;

	while (step < last && !fits(step, from, to, room))
		step++;
	for (mm_time at = first_tick(step, from); at < to && count < MM_TICKS_MAX; at = next_tick(step, at)) {
		ticks[count].at = at;
		label_tick(step, &ticks[count++]);
	}
	return count;
}

void mm_time_short(const struct mm_timeline *timeline, mm_time time, char out[static MM_TICK_LABEL_SIZE])
{
	struct tm tm = calendar(time);
	mm_duration shown = timeline->to - timeline->from;

	if (shown > 3 * DAY)
		snprintf(out, MM_TICK_LABEL_SIZE, "%s %d", months[tm.tm_mon], tm.tm_mday % 32);
	else
		strftime(out, MM_TICK_LABEL_SIZE, shown > 10 * MINUTE ? "%H:%M" : "%H:%M:%S", &tm);
}
