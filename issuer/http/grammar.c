/* SPDX-License-Identifier: Apache-2.0 */
#include "issuer/http/grammar.h"

#include <arpa/inet.h>
#include <string.h>

enum {
	F = MM_CHAR_FIELD,
	TF = MM_CHAR_TOKEN | F,
	RF = MM_CHAR_TARGET | F,
	RTF = RF | MM_CHAR_TOKEN,
	ALL = RTF | MM_CHAR_HOST,
};

static const uint8_t classes[256] = {
	/* clang-format off */
	['\t'] = F, [' '] = F, ['"'] = F, ['\\'] = F, ['<'] = F, ['>'] = F, ['{'] = F, ['}'] = F,
	['#'] = TF, ['^'] = TF, ['`'] = TF, ['|'] = TF,
	['/'] = RF, ['?'] = RF, ['@'] = RF,
	['('] = RF, [')'] = RF, [','] = RF, [':'] = RF, [';'] = RF, ['='] = RF, ['['] = RF, [']'] = RF,
	['!'] = RTF, ['$'] = RTF, ['%'] = RTF, ['&'] = RTF, ['\''] = RTF, ['*'] = RTF, ['+'] = RTF, ['~'] = RTF,
	['-'] = ALL, ['.'] = ALL, ['_'] = ALL, ['0' ... '9'] = ALL, ['A' ... 'Z'] = ALL, ['a' ... 'z'] = ALL,
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

static bool is_port(struct mm_span text)
{
	unsigned port = 0;

	for (size_t i = 0; i < text.len; i++) {
		if (text.p[i] < '0' || text.p[i] > '9' || i == 5)
			return false;
		port = port * 10 + (unsigned)(text.p[i] - '0');
	}
	return text.len > 0 && port <= 65535;
}

static bool is_address(int family, struct mm_span host)
{
	unsigned char address[sizeof(struct in6_addr)];
	char text[INET6_ADDRSTRLEN];

	if (host.len >= sizeof text)
		return false;
	memcpy(text, host.p, host.len);
	text[host.len] = '\0';
	return inet_pton(family, text, address) == 1;
}

bool mm_authority_parse(struct mm_span authority, struct mm_span *host)
{
	bool bracketed = authority.len > 0 && authority.p[0] == '[';
	const char *end = authority.p + authority.len;
	const char *stop = authority.len > 0 ? memchr(authority.p, bracketed ? ']' : ':', authority.len) : NULL;
	const char *rest = stop ? stop + bracketed : end;

	if (bracketed && !stop)
		return false;
	*host = mm_span(authority.p + bracketed, (size_t)((stop ? stop : end) - authority.p) - bracketed);
	if (bracketed ? !is_address(AF_INET6, *host) : host->len == 0 || !mm_all_of(*host, MM_CHAR_HOST))
		return false;
	return rest == end || (*rest == ':' && is_port(mm_span(rest + 1, (size_t)(end - rest) - 1)));
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
