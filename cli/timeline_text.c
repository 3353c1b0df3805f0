/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/timeline_text.h"

#include "cli/keyname.h"
#include "cli/timescale.h"

#include <stdio.h>
#include <string.h>

/* From here on rows begin with the algorithm too, and exact times stand beside their key. */
#define ROOMY 40

/* How a phase is drawn. */
static const struct {
	const char *utf8, *ascii;
	const char *colour; /* SGR parameters (ECMA-48 §8.3.117) */
	const char *meaning;
} looks[MM_PHASE_KINDS] = {
	[MM_PHASE_GENERATED] = {"·", ",", "37", "generated"},
	[MM_PHASE_PUBLISHED] = {"╌", ".", "33", "published, waits"},
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
	if (terminal->columns >= ROOMY)
		page.label += widest_alg(timeline) + 1;
	page.cells = terminal->columns > page.label + MM_PHASE_KINDS ? terminal->columns - page.label - 1
								     : MM_PHASE_KINDS;
	page.scale = mm_scale_cells(timeline, page.cells);
	return page;
}

static void pad(struct mm_buf *out, size_t columns)
{
	mm_buf_printf(out, "%*s", (int)columns, "");
}

/* Spaces at the end of a line are for nobody. */
static void end_line(struct mm_buf *out)
{
	while (!out->failed && out->len > 0 && out->p[out->len - 1] == ' ')
		out->len--;
	mm_buf_add_str(out, "\n");
}

/* ---- text that flows --------------------------------------------------------------------------------------------- */

struct flow {
	const struct page *page;
	size_t indent;
	size_t column; /* 0: nothing stands in this line yet */
};

/* Columns: characters that do not continue one of UTF-8. */
static size_t display_width(const char *text)
{
	size_t width = 0;

	for (; *text != '\0'; text++)
		width += ((unsigned char)*text & 0xc0) != 0x80;
	return width;
}

/* After a space, or in the next line. */
static void flow_add_word(struct flow *flow, const char *piece)
{
	struct mm_buf *out = flow->page->out;
	size_t width = display_width(piece);

	if (flow->column > flow->indent && flow->column + 1 + width > flow->page->terminal->columns) {
		end_line(out);
		flow->column = 0;
	}
	if (flow->column == 0) {
		pad(out, flow->indent);
		flow->column = flow->indent;
	} else if (flow->column > flow->indent) {
		mm_buf_add_str(out, " ");
		flow->column++;
	}
	mm_buf_add_str(out, piece);
	flow->column += width;
}

/* A piece that is broken only where a whole line is too short for it. */
static void flow_add(struct flow *flow, const char *piece)
{
	mm_auto_string words = strdup(piece);
	char *rest = words;

	if (!words)
		flow->page->out->failed = true;
	else if (display_width(piece) <= flow->page->terminal->columns - flow->indent)
		flow_add_word(flow, piece);
	else
		for (char *word; (word = strsep(&rest, " "));)
			flow_add_word(flow, word);
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
		pad(page->out, at);
		mm_buf_printf(page->out, "%s %s", page->signs->now_mark, text);
	} else if (at > width) {
		pad(page->out, at - width - 1);
		mm_buf_printf(page->out, "%s %s", text, page->signs->now_mark);
	} else {
		pad(page->out, at);
		mm_buf_add_str(page->out, page->signs->now_mark);
	}
	end_line(page->out);
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
		if (column + strlen(ticks[next].label) <= page->cells + 1) {
			pad(&labels, column - labels.len);
			mm_buf_add_str(&labels, ticks[next].label);
		}
		next++;
	}
	pad(page->out, page->label);
	mm_buf_add_span(page->out, mm_buf_span(&labels));
	end_line(page->out);
	mm_buf_printf(page->out, "%-*s", (int)page->kids, "KEY");
	mm_buf_printf(page->out, "%-*s", (int)(page->label - page->kids), page->label > page->kids ? "ALG" : "");
	mm_buf_add_span(page->out, mm_buf_span(&axis));
	end_line(page->out);
}

/* ---- rows -------------------------------------------------------------------------------------------------------- */

static void add_look(const struct page *page, enum mm_phase_kind kind, size_t times)
{
	if (times == 0)
		return;
	if (page->terminal->colour)
		mm_buf_printf(page->out, "\x1b[%sm", looks[kind].colour);
	while (times-- > 0)
		mm_buf_add_str(page->out, page->terminal->utf8 ? looks[kind].utf8 : looks[kind].ascii);
	if (page->terminal->colour)
		mm_buf_add_str(page->out, "\x1b[0m");
}

/* From cell `from` to `to`, with the line of now where it is between them. */
static void add_cells(const struct page *page, enum mm_phase_kind kind, size_t from, size_t to)
{
	size_t now = (size_t)page->scale.now;

	if (from <= now && now < to) {
		add_look(page, kind, now - from);
		mm_buf_add_str(page->out, page->signs->now_line);
		from = now;
	}
	add_look(page, kind, to - from);
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
	end_line(page->out);
}

/* ---- legend and exact times -------------------------------------------------------------------------------------- */

static void add_legend(const struct page *page)
{
	struct flow flow = {.page = page};

	for (enum mm_phase_kind kind = 0; kind < MM_PHASE_KINDS; kind++) {
		char text[64];

		if (!mm_timeline_has(page->timeline, kind))
			continue;
		snprintf(text, sizeof text, "%s %s ", page->terminal->utf8 ? looks[kind].utf8 : looks[kind].ascii,
			 looks[kind].meaning);
		flow_add(&flow, text);
	}
	end_line(page->out);
}

/* "→ ready 2026-11-22T01:17:00Z" */
static void add_step(struct flow *flow, const char *before, const char *word, mm_time time, const char *after)
{
	char at[MM_TIME_TEXT_SIZE], text[80];

	mm_time_format(time, at);
	snprintf(text, sizeof text, "%s%s%s %s%s", before, *before != '\0' ? " " : "", word, at, after);
	flow_add(flow, text);
}

/* Every step that the key took or will take, and how long the last one lasts where that is known. */
static void add_times(const struct page *page, const struct mm_life *life)
{
	struct flow flow = {.page = page};
	const struct mm_phase *last = &life->phases[life->count - 1];
	char kid[MM_KID_SIZE];

	mm_kid_short(life->record->key, kid);
	if (page->terminal->columns >= ROOMY) {
		mm_buf_printf(page->out, "%-*s ", (int)page->kids, kid);
		flow.indent = flow.column = page->kids + 1;
	} else {
		flow_add(&flow, kid);
	}
	for (const struct mm_phase *phase = life->phases; phase <= last; phase++)
		add_step(&flow, phase > life->phases ? page->signs->arrow : "", mm_phase_names[phase->kind],
			 phase->from, "");
	if (last->to != MM_NEVER)
		add_step(&flow, "", "(until", last->to, ")");
	end_line(page->out);
}

static void add_heading(const struct page *page)
{
	const struct mm_timeline *timeline = page->timeline;
	struct flow flow = {.page = page};
	char from[MM_TIME_TEXT_SIZE];

	mm_time_format(timeline->from, from);
	flow_add(&flow, from);
	add_step(&flow, "", page->signs->arrow, timeline->to, "");
	end_line(page->out);
}

static void add_left_out(const struct page *page)
{
	size_t left_out = page->timeline->left_out;

	if (left_out > 0)
		mm_buf_printf(page->out, "(%zu %s before this time %s left out)\n", left_out,
			      left_out == 1 ? "key from" : "keys from", left_out == 1 ? "is" : "are");
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
