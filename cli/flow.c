/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/flow.h"

#include <string.h>

void mm_pad(struct mm_buf *out, size_t columns)
{
	mm_buf_printf(out, "%*s", (int)columns, "");
}

void mm_end_line(struct mm_buf *out)
{
	while (!out->failed && out->len > 0 && out->p[out->len - 1] == ' ')
		out->len--;
	mm_buf_add_str(out, "\n");
}

/* Columns: characters, but not what continues one of UTF-8, nor what sets a colour. */
static size_t display_width(const char *text)
{
	size_t width = 0;

	for (; *text != '\0'; text++) {
		if (*text == '\x1b')
			text += strcspn(text, "m");
		else
			width += ((unsigned char)*text & 0xc0) != 0x80;
	}
	return width;
}

static void add_unbroken(struct mm_flow *flow, const char *piece)
{
	size_t width = display_width(piece);

	if (flow->column > flow->indent && flow->column + 1 + width > flow->columns) {
		mm_end_line(flow->out);
		flow->column = 0;
	}
	if (flow->column == 0) {
		mm_pad(flow->out, flow->indent);
		flow->column = flow->indent;
	} else if (flow->column > flow->indent) {
		mm_buf_add_str(flow->out, " ");
		flow->column++;
	}
	mm_buf_add_str(flow->out, piece);
	flow->column += width;
}

void mm_flow_add(struct mm_flow *flow, const char *piece)
{
	mm_auto_string words = strdup(piece);
	char *rest = words;

	if (!words)
		flow->out->failed = true;
	else if (flow->indent + display_width(piece) <= flow->columns)
		add_unbroken(flow, piece);
	else
		for (char *word; (word = strsep(&rest, " "));)
			add_unbroken(flow, word);
}
