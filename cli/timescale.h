/* SPDX-License-Identifier: Apache-2.0 */
/* From times to places in a picture, whose unit is the cell of a terminal or the pixel. */
#ifndef MINTMARK_CLI_TIMESCALE_H
#define MINTMARK_CLI_TIMESCALE_H

#include <mintmark/timeline.h>

struct mm_scale {
	const struct mm_timeline *timeline;
	double width;
	double now;   /* where now is: between two cells */
	double least; /* how wide the shortest phase is drawn */
	bool whole;   /* places are whole numbers */
};

/* One unit is a cell of a terminal, or one of a drawing with phases of at least `least`. */
struct mm_scale mm_scale_cells(const struct mm_timeline *timeline, size_t cells);
struct mm_scale mm_scale_drawn(const struct mm_timeline *timeline, double width, double least);

/* From 0 to scale->width; times outside the window are at its edge. */
double mm_scale_place(const struct mm_scale *scale, mm_time time);

/* One phase in the picture. */
struct mm_bar {
	const struct mm_phase *phase;
	double from, to;
};

/*
 * The phases of `life` that are to be seen, side by side in order of time. What is too short to be seen takes what it
 * needs from its neighbours. Returns how many they are.
 */
size_t mm_scale_bars(const struct mm_scale *scale, const struct mm_life *life,
		     struct mm_bar bars[static MM_PHASE_KINDS]);

/* Ticks of an axis at round times of the calendar (UTC): hours, days, Mondays, months, years. */
#define MM_TICK_LABEL_SIZE 9
#define MM_TICKS_MAX       64
struct mm_tick {
	mm_time at;
	char label[MM_TICK_LABEL_SIZE]; /* "15:04", "Nov 22", "Dec", "2027" */
};

/* The closest that leave room for their labels, a space between two, on an axis of `room` characters. */
size_t mm_ticks(mm_time from, mm_time to, size_t room, struct mm_tick ticks[static MM_TICKS_MAX]);

/* "Nov 22", or "15:04" when the window is a matter of hours. */
void mm_time_short(const struct mm_timeline *timeline, mm_time time, char out[static MM_TICK_LABEL_SIZE]);

#endif
