/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/timeline_text.h"

#include "cli/flow.h"
#include "cli/keyname.h"
#include "cli/timescale.h"

#include <stdio.h>
#include <string.h>

/* From here on rows begin with the algorithm too. */
#define ROOM_FOR_ALG 40
/* "→ published 2026-11-22T00:15:00Z": where it has no room beside its key, it begins a line. */
#define STEP_WIDTH 33

/* One for each phase of a life; a key that was removed is not drawn. */
#define CELLS_LEAST (MM_PHASE_KINDS - 1)

/* How a phase is drawn. */
static const struct {
	const char *utf8, *ascii;
	const char *colour; /* SGR parameters (ECMA-48 §8.3.117) */
	const char *meaning;
} looks[MM_PHASE_KINDS] = {
	[MM_PHASE_GENERATED] = {"·", ",", "37", "generated"},
	[MM_PHASE_PUBLISHED] = {"╌", ".", "33", "published, waits"},
	[MM_PHASE_DELIVERED] = {"╍", ":", "33", "delivered, waits"},
	[MM_PHASE_READY] = {"━", "-", "36", "ready, stands by"},
	[MM_PHASE_ACTIVE] = {"█", "#", "32", "active, signs"},
	[MM_PHASE_RETIRED] = {"▒", "=", "34", "retired, still served"},
	[MM_PHASE_TAINTED] = {"▚", "%", "35", "tainted, still served"},
	[MM_PHASE_REMOVED] = {" ", " ", "0", "removed"},
	[MM_PHASE_REVOKED] = {"╳", "X", "31", "revoked"},
};

/* What the axis and the arrows are made of. */
struct signs {
	const char *now_mark, *now_axis, *now_line, *tick, *axis, *arrow;
};
static const struct signs signs_utf8 = {"▼", "┼", "│", "┬", "─", "→"};
static const struct signs signs_ascii = {"v", "|", "|", "+", "-", "->"};

struct page {
	const struct mm_timeline *timeline;
	const struct mm_terminal *terminal;
	const struct signs *signs;
	size_t label; /* columns before the picture */
	size_t kids;  /* of which for kids */
	size_t cells; /* of the picture, without the column of now */
	struct mm_scale scale;
	struct mm_buf *out;
};

static size_t widest_kid(const struct mm_timeline *timeline)
{
	char kid[MM_KID_SIZE];
	size_t widest = strlen("KEY");

	for (size_t i = 0; i < timeline->count; i++) {
		mm_kid_short(timeline->lives[i].record->key, kid);
		if (strlen(kid) > widest)
			widest = strlen(kid);
	}
	return widest;
}

static size_t widest_alg(const struct mm_timeline *timeline)
{
	size_t widest = strlen("ALG");

	for (size_t i = 0; i < timeline->count; i++) {
		const char *name = mm_key_alg(timeline->lives[i].record->key)->name;

		if (strlen(name) > widest)
			widest = strlen(name);
	}
	return widest;
}

static struct page lay_out(const struct mm_timeline *timeline, const struct mm_terminal *terminal, struct mm_buf *out)
{
	struct page page = {timeline, terminal, terminal->utf8 ? &signs_utf8 : &signs_ascii, .out = out};

	page.kids = widest_kid(timeline) + 1;
	page.label = page.kids;
	if (terminal->columns >= ROOM_FOR_ALG)
		page.label += widest_alg(timeline) + 1;
	page.cells = terminal->columns > page.label + CELLS_LEAST ? terminal->columns - page.label - 1 : CELLS_LEAST;
	page.scale = mm_scale_cells(timeline, page.cells);
	return page;
}

static void add_look(const struct page *page, struct mm_buf *out, enum mm_phase_kind kind, size_t times)
{
	bool colour = page->terminal->colour && kind != MM_PHASE_REMOVED;

	if (times == 0)
		return;
	if (colour)
		mm_buf_printf(out, "\x1b[%sm", looks[kind].colour);
	while (times-- > 0)
		mm_buf_add_str(out, page->terminal->utf8 ? looks[kind].utf8 : looks[kind].ascii);
	if (colour)
		mm_buf_add_str(out, "\x1b[0m");
}

/* ---- the axis ---------------------------------------------------------------------------------------------------- */

/* The column of the picture in which a cell stands: now has one of its own. */
static size_t column_of(const struct page *page, size_t cell)
{
	return cell + (cell >= (size_t)page->scale.now);
}

static void add_now(const struct page *page)
{
	size_t at = page->label + (size_t)page->scale.now;
	char time[MM_TIME_TEXT_SIZE], text[40];
	size_t width;

	mm_time_format(page->timeline->now, time);
	width = (size_t)snprintf(text, sizeof text, "now, %s", time);
	if (at + 2 + width <= page->terminal->columns) {
		mm_pad(page->out, at);
		mm_buf_printf(page->out, "%s %s", page->signs->now_mark, text);
	} else if (at > width) {
		mm_pad(page->out, at - width - 1);
		mm_buf_printf(page->out, "%s %s", text, page->signs->now_mark);
	} else {
		mm_pad(page->out, at);
		mm_buf_add_str(page->out, page->signs->now_mark);
	}
	mm_end_line(page->out);
}

static void add_axis(const struct page *page)
{
	struct mm_tick ticks[MM_TICKS_MAX];
	size_t count = mm_ticks(page->timeline->from, page->timeline->to, page->cells, ticks);
	mm_auto_buf labels = {0}, axis = {0};
	size_t column = 0, next = 0;

	for (; column <= page->cells; column++) {
		bool tick = next < count &&
			    column == column_of(page, (size_t)mm_scale_place(&page->scale, ticks[next].at));

		mm_buf_add_str(&axis, column == (size_t)page->scale.now ? page->signs->now_axis
				      : tick                            ? page->signs->tick
									: page->signs->axis);
		if (!tick)
			continue;
		if (column + strlen(ticks[next].label) <= page->cells + 1 && labels.len <= column) {
			mm_pad(&labels, column - labels.len);
			mm_buf_add_str(&labels, ticks[next].label);
		}
		next++;
	}
	mm_pad(page->out, page->label);
	mm_buf_add_span(page->out, mm_buf_span(&labels));
	mm_end_line(page->out);
	mm_buf_printf(page->out, "%-*s", (int)page->kids, "KEY");
	mm_buf_printf(page->out, "%-*s", (int)(page->label - page->kids), page->label > page->kids ? "ALG" : "");
	mm_buf_add_span(page->out, mm_buf_span(&axis));
	mm_end_line(page->out);
}

/* ---- rows -------------------------------------------------------------------------------------------------------- */

/* From cell `from` to `to`, with the line of now where it is between them. */
static void add_cells(const struct page *page, enum mm_phase_kind kind, size_t from, size_t to)
{
	size_t now = (size_t)page->scale.now;

	if (from <= now && now < to) {
		add_look(page, page->out, kind, now - from);
		mm_buf_add_str(page->out, page->signs->now_line);
		from = now;
	}
	add_look(page, page->out, kind, to - from);
}

static void add_row(const struct page *page, const struct mm_life *life)
{
	struct mm_bar bars[MM_PHASE_KINDS];
	size_t count = mm_scale_bars(&page->scale, life, bars), cell = 0;
	char kid[MM_KID_SIZE];

	mm_kid_short(life->record->key, kid);
	mm_buf_printf(page->out, "%-*s", (int)page->kids, kid);
	if (page->label > page->kids)
		mm_buf_printf(page->out, "%-*s", (int)(page->label - page->kids), mm_key_alg(life->record->key)->name);
	for (size_t i = 0; i < count; i++) {
		add_cells(page, MM_PHASE_REMOVED, cell, (size_t)bars[i].from);
		cell = (size_t)bars[i].to;
		add_cells(page, bars[i].phase->kind, (size_t)bars[i].from, cell);
	}
	add_cells(page, MM_PHASE_REMOVED, cell, page->cells);
	mm_end_line(page->out);
}

/* ---- legend and exact times -------------------------------------------------------------------------------------- */

static void add_legend(const struct page *page)
{
	struct mm_flow flow = {.out = page->out, .columns = page->terminal->columns};

	for (enum mm_phase_kind kind = 0; kind < MM_PHASE_KINDS; kind++) {
		mm_auto_buf text = {0};

		if (!mm_timeline_has(page->timeline, kind))
			continue;
		add_look(page, &text, kind, 1);
		mm_buf_printf(&text, " %s ", looks[kind].meaning);
		mm_flow_add(&flow, text.failed ? "" : text.p);
	}
	mm_end_line(page->out);
}

/* "→ ready 2026-11-22T01:17:00Z" */
static void add_step(struct mm_flow *flow, const char *before, const char *word, mm_time time)
{
	char at[MM_TIME_TEXT_SIZE], text[80];

	mm_time_format(time, at);
	snprintf(text, sizeof text, "%s%s%s %s", before, *before != '\0' ? " " : "", word, at);
	mm_flow_add(flow, text);
}

/* Every step that the key took or will take, and how long the last one lasts where that is known. */
static void add_times(const struct page *page, const struct mm_life *life)
{
	struct mm_flow flow = {.out = page->out, .columns = page->terminal->columns};
	const struct mm_phase *last = &life->phases[life->count - 1];
	char kid[MM_KID_SIZE];

	mm_kid_short(life->record->key, kid);
	if (page->terminal->columns >= page->kids + STEP_WIDTH) {
		mm_buf_printf(page->out, "%-*s ", (int)page->kids, kid);
		flow.indent = flow.column = page->kids + 1;
	} else {
		mm_flow_add(&flow, kid);
	}
	for (const struct mm_phase *phase = life->phases; phase <= last; phase++)
		add_step(&flow, phase > life->phases ? page->signs->arrow : "", mm_phase_names[phase->kind],
			 phase->from);
	if (last->to != MM_NEVER)
		add_step(&flow, "", "until", last->to);
	mm_end_line(page->out);
}

static void add_heading(const struct page *page)
{
	const struct mm_timeline *timeline = page->timeline;
	struct mm_flow flow = {.out = page->out, .columns = page->terminal->columns};
	char from[MM_TIME_TEXT_SIZE];

	mm_time_format(timeline->from, from);
	mm_flow_add(&flow, from);
	add_step(&flow, "", page->signs->arrow, timeline->to);
	mm_end_line(page->out);
}

static void add_left_out(const struct page *page)
{
	size_t left_out = page->timeline->left_out;
	struct mm_flow flow = {.out = page->out, .columns = page->terminal->columns};
	char text[80];

	if (left_out == 0)
		return;
	snprintf(text, sizeof text, "(%zu %s before this time %s left out)", left_out,
		 left_out == 1 ? "key from" : "keys from", left_out == 1 ? "is" : "are");
	mm_flow_add(&flow, text);
	mm_end_line(page->out);
}

void mm_timeline_text(const struct mm_timeline *timeline, const struct mm_terminal *terminal, struct mm_buf *out)
{
	struct page page = lay_out(timeline, terminal, out);

	add_heading(&page);
	if (timeline->count == 0) {
		mm_buf_add_str(out, "no key in this time\n");
		add_left_out(&page);
		return;
	}
	mm_buf_add_str(out, "\n");
	add_now(&page);
	add_axis(&page);
	for (size_t i = 0; i < timeline->count; i++)
		add_row(&page, &timeline->lives[i]);
	add_left_out(&page);
	mm_buf_add_str(out, "\n");
	add_legend(&page);
	mm_buf_add_str(out, "\n");
	for (size_t i = 0; i < timeline->count; i++)
		add_times(&page, &timeline->lives[i]);
}
