/* SPDX-License-Identifier: Apache-2.0 */
/*
 * jansson takes a text character by character, and each string twice: some 15 ns a byte, which for a TokenReview is as
 * long as checking the signature. What this file reads is a part of JSON that leaves nothing to interpret; for anything
 * else, and for saying what is wrong, mm_json_load has jansson. It never accepts what jansson would not (fuzz_json).
 * Why it is here: docs/decisions/0019.
 */
#include "base/json_plain.h"

#include <mintmark/json.h>
#include <string.h>

enum { DIGITS_MAX = 18 }; /* for which 64 bits are always enough */

struct reader {
	const char *p, *end;
	int depth;
};

static json_t *read_value(struct reader *reader);

/* The next character that is no white space, which stays; NUL, which is not JSON, at the end. */
static char peek(struct reader *reader)
{
	while (reader->p < reader->end &&
	       (*reader->p == ' ' || *reader->p == '\n' || *reader->p == '\r' || *reader->p == '\t'))
		reader->p++;
	return reader->p < reader->end ? *reader->p : '\0';
}

static bool take(struct reader *reader, char c)
{
	bool found = peek(reader) == c;

	reader->p += found;
	return found;
}

/* What characters of a string are, in a byte's bits, so that a long one is looked through at a character a cycle. */
enum { ENDS = 1, UNPLAIN = 2, UNASCII = 4 };
static const unsigned char kinds[256] = {
	[0 ... 0x1f] = ENDS | UNPLAIN,
	['"'] = ENDS,
	['\\'] = ENDS | UNPLAIN,
	[0x80 ... 0xff] = UNASCII,
};

/* What stands between two quotation marks, if it means itself: no escapes and no control characters, but UTF-8. */
static bool take_text(struct reader *reader, struct mm_span *text)
{
	const char *p;
	unsigned char seen = 0;

	if (!take(reader, '"'))
		return false;
	for (p = reader->p; p < reader->end && !(seen & ENDS); p++)
		seen |= kinds[(unsigned char)*p];
	if (!(seen & ENDS) || (seen & UNPLAIN))
		return false;
	*text = mm_span(reader->p, (size_t)(p - 1 - reader->p));
	reader->p = p;
	return !(seen & UNASCII) || mm_utf8_valid(*text);
}

static json_t *read_text(struct reader *reader)
{
	struct mm_span text;

	return take_text(reader, &text) ? json_stringn_nocheck(text.p, text.len) : NULL;
}

static bool read_member(struct reader *reader, json_t *object)
{
	struct mm_span name;
	json_t *value;

	if (!take_text(reader, &name) || !take(reader, ':') || json_object_getn(object, name.p, name.len))
		return false;
	value = read_value(reader);
	return value && json_object_setn_new_nocheck(object, name.p, name.len, value) == 0;
}

static bool read_element(struct reader *reader, json_t *array)
{
	json_t *value = read_value(reader);

	return value && json_array_append_new(array, value) == 0;
}

static json_t *read_list(struct reader *reader, json_t *list, char closing,
			 bool (*read_one)(struct reader *reader, json_t *list))
{
	bool good = list && reader->depth < MM_JSON_DEPTH_MAX;

	reader->p++;
	reader->depth++;
	if (good && !take(reader, closing)) {
		do
			good = read_one(reader, list);
		while (good && take(reader, ','));
		good = good && take(reader, closing);
	}
	reader->depth--;
	if (good)
		return list;
	json_decref(list);
	return NULL;
}

/* What would make it a real, or a longer integer, is none of the characters that may follow. */
static json_t *read_number(struct reader *reader)
{
	const char *first = reader->p;
	json_int_t value = 0;

	while (reader->p < reader->end && *reader->p >= '0' && *reader->p <= '9' && reader->p - first < DIGITS_MAX)
		value = value * 10 + (*reader->p++ - '0');
	return *first == '0' && reader->p - first > 1 ? NULL : json_integer(value);
}

static json_t *read_word(struct reader *reader)
{
	static const struct {
		const char *word;
		json_t *(*value)(void);
	} words[] = {{"null", json_null}, {"true", json_true}, {"false", json_false}};
	struct mm_span left = mm_span(reader->p, (size_t)(reader->end - reader->p));

	for (size_t i = 0; i < MM_COUNT(words); i++) {
		if (mm_span_starts(left, words[i].word)) {
			reader->p += strlen(words[i].word);
			return words[i].value();
		}
	}
	return NULL;
}

static json_t *read_value(struct reader *reader)
{
	switch (peek(reader)) {
	case '"': return read_text(reader);
	case '{': return read_list(reader, json_object(), '}', read_member);
	case '[': return read_list(reader, json_array(), ']', read_element);
	case '0' ... '9': return read_number(reader);
	default: return read_word(reader);
	}
}

json_t *mm_json_plain(struct mm_span text)
{
	struct reader reader = {.p = text.p, .end = text.p + text.len};
	json_t *value = peek(&reader) == '{' ? read_value(&reader) : NULL;

	peek(&reader);
	if (reader.p == reader.end)
		return value;
	json_decref(value);
	return NULL;
}
