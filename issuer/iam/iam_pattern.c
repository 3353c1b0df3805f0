/* SPDX-License-Identifier: Apache-2.0 */
#include "issuer/iam/iam_pattern.h"

#include <ctype.h>
#include <string.h>

/* ---- expanding -------------------------------------------------------------------------------------------------- */

static void add_plain(const struct mm_iam_expansion *expansion, char c, struct mm_buf *out)
{
	if (expansion->wildcards && c == '*')
		c = MM_IAM_RUN;
	else if (expansion->wildcards && c == '?')
		c = MM_IAM_ONE_CHARACTER;
	mm_buf_add(out, &c, 1);
}

/* "aws:userid" or "aws:userid, 'anonymous'": the value that there is, else the default. */
static bool add_variable(const struct mm_iam_expansion *expansion, struct mm_span inside, struct mm_buf *out)
{
	const char *comma = memmem(inside.p, inside.len, ", '", 3), *value;
	struct mm_span name = mm_span(inside.p, comma ? (size_t)(comma - inside.p) : inside.len);

	if (inside.len == 1 && strchr("*?$", *inside.p)) {
		mm_buf_add_span(out, inside);
		return true;
	}
	value = expansion->value(expansion->arg, name);
	if (value) {
		mm_buf_add_str(out, value);
		return true;
	}
	if (!comma || (expansion->knows && !expansion->knows(expansion->arg, name)))
		return false;
	if (inside.p + inside.len < comma + 4 || inside.p[inside.len - 1] != '\'')
		return false;
	mm_buf_add(out, comma + 3, (size_t)(inside.p + inside.len - 1 - (comma + 3)));
	return true;
}

bool mm_iam_expand(const struct mm_iam_expansion *expansion, const char *value, struct mm_buf *out)
{
	while (*value) {
		if (expansion->value && value[0] == '$' && value[1] == '{') {
			const char *end = strchr(value, '}');

			if (!end || !add_variable(expansion, mm_span(value + 2, (size_t)(end - value - 2)), out))
				return false;
			value = end + 1;
		} else {
			add_plain(expansion, *value++, out);
		}
	}
	return true;
}

/* ---- matching --------------------------------------------------------------------------------------------------- */

/* The length of the UTF-8 character at `at`. */
static size_t character(struct mm_span text, size_t at)
{
	size_t end = at + 1;

	while (end < text.len && ((unsigned char)text.p[end] & 0xc0) == 0x80)
		end++;
	return end - at;
}

/* The bytes of a pattern that are wildcards, and whether case counts (of ASCII). */
struct alphabet {
	char run, one;
	bool fold;
};

static bool same(const struct alphabet *alphabet, char a, char b)
{
	return a == b || (alphabet->fold && tolower((unsigned char)a) == tolower((unsigned char)b));
}

/*
 * Only the last star is ever tried again: what stands before it has matched where it came first, and if the rest fits
 * behind a later place, it fits behind that one too. A star may take a part of a character: its rest counts as one then.
 */
static bool match(const struct alphabet *alphabet, struct mm_span pattern, struct mm_span text)
{
	size_t p = 0, t = 0, star = SIZE_MAX, retry = 0;

	while (t < text.len) {
		if (p < pattern.len && pattern.p[p] == alphabet->run) {
			star = p++;
			retry = t;
		} else if (p < pattern.len && pattern.p[p] == alphabet->one) {
			t += character(text, t);
			p++;
		} else if (p < pattern.len && same(alphabet, pattern.p[p], text.p[t])) {
			t++;
			p++;
		} else if (star != SIZE_MAX) {
			t = ++retry;
			p = star + 1;
		} else {
			return false;
		}
	}
	while (p < pattern.len && pattern.p[p] == alphabet->run)
		p++;
	return p == pattern.len;
}

bool mm_iam_pattern_match(struct mm_span pattern, struct mm_span text)
{
	static const struct alphabet expanded = {MM_IAM_RUN, MM_IAM_ONE_CHARACTER, false};

	return match(&expanded, pattern, text);
}

bool mm_iam_like(struct mm_span pattern, struct mm_span text)
{
	static const struct alphabet written = {'*', '?', false};

	return match(&written, pattern, text);
}

bool mm_iam_action_match(const char *pattern, const char *action)
{
	static const struct alphabet folded = {'*', '?', true};

	return match(&folded, mm_span_str(pattern), mm_span_str(action));
}
