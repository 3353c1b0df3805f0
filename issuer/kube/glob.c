/* SPDX-License-Identifier: Apache-2.0 */
#include <mintmark/rules.h>

#include <string.h>

static struct mm_span skip(struct mm_span text, const char *to)
{
	return mm_span(to, (size_t)(text.p + text.len - to));
}

/*
 * What stands between two stars is taken where it comes first: if the rest fits behind a later place, it fits behind an
 * earlier one too, since the star between takes up what is left over. So nothing is ever tried again.
 */
bool mm_glob_match(const char *pattern, struct mm_span text)
{
	const char *star = strchr(pattern, '*'), *found = text.p;
	size_t len = star ? (size_t)(star - pattern) : 0;

	if (text.len == 0)
		return false;
	if (!star)
		return mm_span_is(text, pattern);
	if (text.len < len || memcmp(text.p, pattern, len) != 0)
		return false;
	for (;;) {
		text = skip(text, found + len);
		pattern = star + 1;
		star = strchr(pattern, '*');
		if (!star)
			break;
		len = (size_t)(star - pattern);
		found = text.len > 0 ? memmem(text.p + 1, text.len - 1, pattern, len) : NULL;
		if (!found)
			return false;
	}
	len = strlen(pattern);
	return text.len > len && memcmp(text.p + text.len - len, pattern, len) == 0;
}
