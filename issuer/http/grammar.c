/* SPDX-License-Identifier: Apache-2.0 */
#include "issuer/http/grammar.h"

#include <string.h>

enum {
	F = MM_CHAR_FIELD,
	TF = MM_CHAR_TOKEN | F,
	RF = MM_CHAR_TARGET | F,
	RFH = RF | MM_CHAR_HOST,
	ALL = RFH | MM_CHAR_TOKEN,
};

static const uint8_t classes[256] = {
	/* clang-format off */
	['\t'] = F, [' '] = F, ['"'] = F, ['\\'] = F, ['<'] = F, ['>'] = F, ['{'] = F, ['}'] = F,
	['#'] = TF, ['^'] = TF, ['`'] = TF, ['|'] = TF,
	['/'] = RF, ['?'] = RF, ['@'] = RF,
	['('] = RFH, [')'] = RFH, [','] = RFH, [':'] = RFH, [';'] = RFH, ['='] = RFH, ['['] = RFH, [']'] = RFH,
	['!'] = ALL, ['$'] = ALL, ['%'] = ALL, ['&'] = ALL, ['\''] = ALL, ['*'] = ALL, ['+'] = ALL, ['-'] = ALL,
	['.'] = ALL, ['_'] = ALL, ['~'] = ALL, ['0' ... '9'] = ALL, ['A' ... 'Z'] = ALL, ['a' ... 'z'] = ALL,
	[0x80 ... 0xff] = F, /* obs-text: opaque, never interpreted */
	/* clang-format on */
};

bool mm_all_of(struct mm_span text, enum mm_char_class class)
{
	for (size_t i = 0; i < text.len; i++) {
		if (!(classes[(uint8_t)text.p[i]] & class))
			return false;
	}
	return true;
}

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
}

bool mm_name_is(struct mm_span name, const char *expected)
{
	if (name.len != strlen(expected))
		return false;
	for (size_t i = 0; i < name.len; i++) {
		if (lower(name.p[i]) != lower(expected[i]))
			return false;
	}
	return true;
}

static struct mm_span trim(struct mm_span text)
{
	while (text.len > 0 && (text.p[0] == ' ' || text.p[0] == '\t')) {
		text.p++;
		text.len--;
	}
	while (text.len > 0 && (text.p[text.len - 1] == ' ' || text.p[text.len - 1] == '\t'))
		text.len--;
	return text;
}

bool mm_list_next(struct mm_span *list, struct mm_span *element)
{
	while (list->len > 0) {
		const char *comma = memchr(list->p, ',', list->len);
		size_t len = comma ? (size_t)(comma - list->p) : list->len;
		size_t taken = comma ? len + 1 : len;

		*element = trim(mm_span(list->p, len));
		*list = mm_span(list->p + taken, list->len - taken);
		if (element->len > 0)
			return true;
	}
	return false;
}

bool mm_field_parse(struct mm_span line, struct mm_header *field, const char **why)
{
	const char *colon = memchr(line.p, ':', line.len);

	if (line.len > 0 && (line.p[0] == ' ' || line.p[0] == '\t'))
		*why = "a field line begins with white space";
	else if (!colon)
		*why = "a field line without a colon";
	else if (colon == line.p || !mm_all_of(mm_span(line.p, (size_t)(colon - line.p)), MM_CHAR_TOKEN))
		*why = "malformed field name";
	else if (!mm_all_of(mm_span(colon, (size_t)(line.p + line.len - colon)), MM_CHAR_FIELD))
		*why = "control character in a field value";
	else {
		field->name = mm_span(line.p, (size_t)(colon - line.p));
		field->value = trim(mm_span(colon + 1, line.len - field->name.len - 1));
		return true;
	}
	return false;
}
