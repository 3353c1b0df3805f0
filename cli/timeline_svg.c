/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/timeline_svg.h"

#include "cli/keyname.h"
#include "cli/timescale.h"

#include <stdio.h>
#include <string.h>

/* In pixels, when the drawing is not scaled. */
enum {
	PAGE_WIDTH = 960,
	PAGE_HEIGHT_LEAST = 160,
	CHART_LEFT = 176,
	CHART_WIDTH = 760,
	AXIS_TOP = 84, /* where rows begin */
	ROW_HEIGHT = 32,
	BAR_LEAST = 4,
	TICK_CHARACTER = 9, /* generously */
	BAR_CHARACTER = 6,
	NOW_HEIGHT = 24, /* below the rows */
	LEGEND_HEIGHT = 44,
	MARGIN = 24,
};

/* How a phase is drawn: what signs is the highest, and only a promise to be there is a line. Colours are in `style`. */
static const struct {
	int height;
	int legend_width;
	const char *meaning;
} looks[MM_PHASE_KINDS] = {
	[MM_PHASE_GENERATED] = {2, 100, "generated"},
	[MM_PHASE_PUBLISHED] = {12, 132, "published, waits"},
	[MM_PHASE_DELIVERED] = {12, 132, "delivered, waits"},
	[MM_PHASE_READY] = {6, 132, "ready, stands by"},
	[MM_PHASE_ACTIVE] = {20, 112, "active, signs"},
	[MM_PHASE_RETIRED] = {12, 150, "retired, still served"},
	[MM_PHASE_TAINTED] = {12, 152, "tainted, still served"},
	[MM_PHASE_REMOVED] = {0, 0, ""},
	[MM_PHASE_REVOKED] = {14, 80, "revoked"},
};

/* The palette of Okabe and Ito, which people with any kind of colour blindness can tell apart. */
static const char style[] =
	"<style>\n"
	"text{font-family:ui-sans-serif,system-ui,'Segoe UI','DejaVu Sans',sans-serif;font-size:12px;fill:#24292f}\n"
	".title{font-size:16px;font-weight:600}\n"
	".quiet{fill:#57606a}\n"
	".kid{font-family:ui-monospace,Menlo,Consolas,'DejaVu Sans Mono',monospace;font-size:13px}\n"
	".plan{font-style:italic}\n"
	".page{fill:#ffffff}\n"
	".band{fill:#f3f5f7}\n"
	".grid{stroke:#d0d7de;stroke-width:1}\n"
	".now{stroke:#d1242f;stroke-width:1.5}\n"
	".now-label{fill:#d1242f;font-weight:600}\n"
	".on-bar{fill:#ffffff;font-size:11px}\n"
	".generated{fill:#8c959f}\n"
	".published{fill:#e69f00}\n"
	".delivered{fill:#f0e442}\n"
	".ready{fill:#56b4e9}\n"
	".active{fill:#0072b2}\n"
	".retired{fill:url(#mm-retired)}\n"
	".tainted{fill:url(#mm-tainted)}\n"
	".revoked{fill:none;stroke:#d55e00;stroke-width:3;stroke-linecap:round}\n"
	".retired-ink{stroke:#8c959f;stroke-width:3}\n"
	".retired-back{fill:#d8dee4}\n"
	".tainted-ink{stroke:#d55e00;stroke-width:2}\n"
	".tainted-back{fill:#f7d9c0}\n"
	"@media (prefers-color-scheme:dark){\n"
	"text{fill:#e6edf3}.quiet{fill:#9198a1}.page{fill:#0d1117}.band{fill:#161b22}.grid{stroke:#30363d}\n"
	".now{stroke:#ff7b72}.now-label{fill:#ff7b72}.on-bar{fill:#ffffff}.active{fill:#1a7fc4}\n"
	".retired-ink{stroke:#6e7681}.retired-back{fill:#30363d}.tainted-back{fill:#5a2a0c}.published-back{fill:#"
	"7a5500}\n"
	"}\n"
	"</style>\n"
	"<defs>\n"
	"<pattern id=\"mm-retired\" width=\"6\" height=\"6\" patternUnits=\"userSpaceOnUse\" "
	"patternTransform=\"rotate(45)\"><rect class=\"retired-back\" width=\"6\" height=\"6\"/>"
	"<path class=\"retired-ink\" d=\"M0 0V6\"/></pattern>\n"
	"<pattern id=\"mm-tainted\" width=\"6\" height=\"6\" patternUnits=\"userSpaceOnUse\">"
	"<rect class=\"tainted-back\" width=\"6\" height=\"6\"/>"
	"<path class=\"tainted-ink\" d=\"M0 0L6 6M6 0L0 6\"/></pattern>\n"
	"</defs>\n";

struct drawing {
	const struct mm_timeline *timeline;
	struct mm_scale scale;
	struct mm_buf *out;
	int bottom; /* of the rows */
};

/* ---- text -------------------------------------------------------------------------------------------------------- */

/* XML 1.0 §2.2 knows most control characters in no form at all; what turns text around helps nobody to read it. */
static void add_escaped(struct mm_buf *out, const char *text)
{
	struct mm_span span = mm_span_str(mm_utf8_valid(mm_span_str(text)) ? text : "");

	for (size_t i = 0; i < span.len;) {
		unsigned unseen;
		size_t len = mm_unseen_at(span, i, &unseen);

		if (len > 0)
			mm_buf_add_str(out, "\xef\xbf\xbd");
		else if (strchr("&<>\"'", span.p[i]))
			mm_buf_printf(out, "&#%d;", span.p[i]);
		else
			mm_buf_add(out, span.p + i, 1);
		i += len > 0 ? len : 1;
	}
}

static void add_time(struct mm_buf *out, mm_time time)
{
	char text[MM_TIME_TEXT_SIZE];

	mm_time_format(time, text);
	mm_buf_add_str(out, text);
}

/* "active 2026-11-22T00:15:00Z → 2026-12-22T00:15:00Z": a phase in words, of the key that it belongs to. */
static void add_tooltip(struct mm_buf *out, const struct mm_life *life, const struct mm_phase *phase)
{
	mm_buf_printf(out, "<title>%s %s %s ", mm_key_kid(life->record->key), mm_key_alg(life->record->key)->name,
		      mm_phase_names[phase->kind]);
	add_time(out, phase->from);
	if (phase->to != MM_NEVER && phase->kind != MM_PHASE_REVOKED) {
		mm_buf_add_str(out, " → ");
		add_time(out, phase->to);
	}
	mm_buf_add_str(out, "</title>");
}

/* ---- bars -------------------------------------------------------------------------------------------------------- */

static void add_shape(struct mm_buf *out, enum mm_phase_kind kind, double x, double middle, double width)
{
	double height = looks[kind].height, top = middle - height / 2;

	if (kind == MM_PHASE_REVOKED)
		mm_buf_printf(out, "<path class=\"revoked\" d=\"M%.2f %.2fl%.0f %.0fm0 -%.0fl-%.0f %.0f\">",
			      x - height / 2, top, height, height, height, height, height);
	else
		mm_buf_printf(out, "<rect class=\"%s\" x=\"%.2f\" y=\"%.2f\" width=\"%.2f\" height=\"%.0f\">",
			      mm_phase_names[kind], x, top, width, height);
}

static void end_shape(struct mm_buf *out, enum mm_phase_kind kind)
{
	mm_buf_add_str(out, kind == MM_PHASE_REVOKED ? "</path>\n" : "</rect>\n");
}

/* The longer side of a bar that now parts: the line is not drawn through words. */
static void choose_side(const struct drawing *drawing, double *from, double *to)
{
	double now = drawing->scale.now;

	if (now <= *from || now >= *to)
		return;
	if (now - *from > *to - now)
		*to = now;
	else
		*from = now;
}

static bool add_fitting(const struct drawing *drawing, const char *label, double from, double to, double middle)
{
	if ((double)(strlen(label) * BAR_CHARACTER) > to - from)
		return false;
	mm_buf_printf(drawing->out, "<text class=\"on-bar\" x=\"%.2f\" y=\"%.2f\" text-anchor=\"middle\">%s</text>\n",
		      CHART_LEFT + (from + to) / 2, middle + 4, label);
	return true;
}

/* That a key signs, and from when to when, where there is room for it. */
static void add_bar_label(const struct drawing *drawing, const struct mm_bar *bar, double middle)
{
	char first[MM_TICK_LABEL_SIZE], last[MM_TICK_LABEL_SIZE] = "…", label[64];
	const char *word;
	double from = bar->from, to = bar->to;

	choose_side(drawing, &from, &to);
	mm_time_short(drawing->timeline, bar->phase->from, first);
	if (bar->phase->to != MM_NEVER)
		mm_time_short(drawing->timeline, bar->phase->to, last);
	word = bar->phase->to != MM_NEVER && bar->phase->to <= drawing->timeline->now ? "signed" : "signs";
	snprintf(label, sizeof label, "%s %s – %s", word, first, last);
	if (!add_fitting(drawing, label, from, to, middle))
		add_fitting(drawing, word, from, to, middle);
}

static void add_row(const struct drawing *drawing, const struct mm_life *life, int top)
{
	struct mm_bar bars[MM_PHASE_KINDS];
	size_t count = mm_scale_bars(&drawing->scale, life, bars);
	const struct mm_key *key = life->record->key;
	char kid[MM_KID_SIZE];
	double middle = top + ROW_HEIGHT / 2.0;

	mm_kid_short(key, kid);
	mm_buf_printf(drawing->out, "<g>\n<text class=\"kid%s\" x=\"%d\" y=\"%.2f\">%s<title>%s</title></text>\n",
		      mm_key_is_planned(key) ? " plan" : "", MARGIN, middle + 4, kid, mm_key_kid(key));
	mm_buf_printf(drawing->out, "<text class=\"quiet\" x=\"%d\" y=\"%.2f\" text-anchor=\"end\">%s</text>\n",
		      CHART_LEFT - 12, middle + 4, mm_key_alg(key)->name);
	for (size_t i = 0; i < count; i++) {
		enum mm_phase_kind kind = bars[i].phase->kind;

		add_shape(drawing->out, kind, CHART_LEFT + bars[i].from, middle, bars[i].to - bars[i].from);
		add_tooltip(drawing->out, life, bars[i].phase);
		end_shape(drawing->out, kind);
		if (kind == MM_PHASE_ACTIVE)
			add_bar_label(drawing, &bars[i], middle);
	}
	mm_buf_add_str(drawing->out, "</g>\n");
}

/* ---- around them ------------------------------------------------------------------------------------------------- */

static void add_legend(const struct drawing *drawing)
{
	double middle = drawing->bottom + NOW_HEIGHT + LEGEND_HEIGHT / 2.0;
	int x = MARGIN;

	for (enum mm_phase_kind kind = 0; kind < MM_PHASE_KINDS; kind++) {
		if (!mm_timeline_has(drawing->timeline, kind))
			continue;
		add_shape(drawing->out, kind, kind == MM_PHASE_REVOKED ? x + 12 : x, middle, 24);
		end_shape(drawing->out, kind);
		mm_buf_printf(drawing->out, "<text x=\"%d\" y=\"%.2f\">%s</text>\n", x + 30, middle + 4,
			      looks[kind].meaning);
		x += 30 + looks[kind].legend_width;
	}
}

static void add_bands(const struct drawing *drawing)
{
	for (int top = AXIS_TOP; top < drawing->bottom; top += 2 * ROW_HEIGHT)
		mm_buf_printf(drawing->out, "<rect class=\"band\" x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\"/>\n",
			      MARGIN / 2, top, PAGE_WIDTH - MARGIN, ROW_HEIGHT);
}

static void add_axis(const struct drawing *drawing)
{
	struct mm_tick ticks[MM_TICKS_MAX];
	size_t count = mm_ticks(drawing->timeline->from, drawing->timeline->to, CHART_WIDTH / TICK_CHARACTER, ticks);

	for (size_t i = 0; i < count; i++) {
		double x = CHART_LEFT + mm_scale_place(&drawing->scale, ticks[i].at);

		mm_buf_printf(drawing->out, "<path class=\"grid\" d=\"M%.2f %dV%d\"/>\n", x, AXIS_TOP - 6,
			      drawing->bottom);
		mm_buf_printf(drawing->out,
			      "<text class=\"quiet\" x=\"%.2f\" y=\"%d\" text-anchor=\"middle\">%s</text>\n", x,
			      AXIS_TOP - 12, ticks[i].label);
	}
}

static void add_now(const struct drawing *drawing)
{
	double x = CHART_LEFT + drawing->scale.now;
	int bottom = drawing->bottom + NOW_HEIGHT;
	bool left = drawing->scale.now > CHART_WIDTH / 2.0;

	mm_buf_printf(drawing->out, "<path class=\"now\" d=\"M%.2f %dV%d\"/>\n", x, AXIS_TOP - 6, bottom);
	mm_buf_printf(drawing->out, "<text class=\"now-label\" x=\"%.2f\" y=\"%d\" text-anchor=\"%s\">now, ",
		      left ? x - 6 : x + 6, bottom - 4, left ? "end" : "start");
	add_time(drawing->out, drawing->timeline->now);
	mm_buf_add_str(drawing->out, "</text>\n");
}

static void add_description(const struct drawing *drawing)
{
	const struct mm_timeline *timeline = drawing->timeline;

	mm_buf_printf(drawing->out, "%zu %s from ", timeline->count, timeline->count == 1 ? "key" : "keys");
	add_time(drawing->out, timeline->from);
	mm_buf_add_str(drawing->out, " to ");
	add_time(drawing->out, timeline->to);
	mm_buf_printf(drawing->out, "; at most %zu in the JWKS at once", timeline->most_served);
	if (timeline->left_out > 0)
		mm_buf_printf(drawing->out, "; %zu from before left out", timeline->left_out);
}

static void add_head(const struct drawing *drawing, const char *title, int height)
{
	struct mm_buf *out = drawing->out;

	mm_buf_printf(out,
		      "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" width=\"%d\" height=\"%d\" "
		      "role=\"img\" aria-labelledby=\"mm-title mm-desc\">\n<title id=\"mm-title\">",
		      PAGE_WIDTH, height, PAGE_WIDTH, height);
	add_escaped(out, title);
	mm_buf_add_str(out, "</title>\n<desc id=\"mm-desc\">");
	add_description(drawing);
	mm_buf_add_str(out, "</desc>\n");
	mm_buf_add_str(out, style);
	mm_buf_printf(out, "<rect class=\"page\" width=\"%d\" height=\"%d\" rx=\"8\"/>\n", PAGE_WIDTH, height);
	mm_buf_printf(out, "<text class=\"title\" x=\"%d\" y=\"32\">", MARGIN);
	add_escaped(out, title);
	mm_buf_printf(out, "</text>\n<text class=\"quiet\" x=\"%d\" y=\"50\">", MARGIN);
	add_description(drawing);
	mm_buf_add_str(out, "</text>\n");
}

void mm_timeline_svg(const struct mm_timeline *timeline, const char *title, struct mm_buf *out)
{
	struct drawing drawing = {
		.timeline = timeline,
		.scale = mm_scale_drawn(timeline, CHART_WIDTH, BAR_LEAST),
		.out = out,
		.bottom = AXIS_TOP + (int)timeline->count * ROW_HEIGHT,
	};
	int height = drawing.bottom + NOW_HEIGHT + LEGEND_HEIGHT;

	add_head(&drawing, title, height > PAGE_HEIGHT_LEAST ? height : PAGE_HEIGHT_LEAST);
	add_bands(&drawing);
	add_axis(&drawing);
	for (size_t i = 0; i < timeline->count; i++)
		add_row(&drawing, &timeline->lives[i], AXIS_TOP + (int)i * ROW_HEIGHT);
	add_now(&drawing);
	add_legend(&drawing);
	mm_buf_add_str(out, "</svg>\n");
}
