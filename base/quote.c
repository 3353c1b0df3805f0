/* SPDX-License-Identifier: Apache-2.0 */
/* Text as Go's %q writes it, which is how Kubernetes' messages show names. */
#include <mintmark/bytes.h>

/* The length of the character at `at`; 0: it is no UTF-8. */
static size_t char_len(struct mm_span text, size_t at)
{
	uint8_t lead = (uint8_t)text.p[at];
	size_t len = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;

	return text.len - at >= len && mm_utf8_valid(mm_span(text.p + at, len)) ? len : 0;
}

static void add_escaped(struct mm_buf *out, unsigned c)
{
	static const char letters[] = "abtnvfr"; /* U+0007 to U+000D */

	if (c >= 7 && c <= 13)
		mm_buf_printf(out, "\\%c", letters[c - 7]);
	else
		mm_buf_printf(out, c < 0x80 ? "\\x%02x" : "\\u%04x", c);
}

static void add_char(struct mm_buf *out, struct mm_span text, size_t at, size_t len)
{
	unsigned c;

	if (mm_unseen_at(text, at, &c) > 0) {
		add_escaped(out, c);
		return;
	}
	if (c == '"' || c == '\\')
		mm_buf_add(out, "\\", 1);
	mm_buf_add(out, text.p + at, len);
}

void mm_buf_add_quoted(struct mm_buf *out, struct mm_span text)
{
	size_t at = 0;

	mm_buf_add(out, "\"", 1);
	while (at < text.len) {
		size_t len = char_len(text, at);

		if (at + (len > 0 ? len : 1) > MM_QUOTED_MAX)
			break;
		if (len > 0)
			add_char(out, text, at, len);
		else
			mm_buf_printf(out, "\\x%02x", (unsigned char)text.p[at]);
		at += len > 0 ? len : 1;
	}
	mm_buf_add_str(out, at < text.len ? "...\"" : "\"");
}
