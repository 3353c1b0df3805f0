/* SPDX-License-Identifier: Apache-2.0 */
/* Which form a body has, and which the answer is to have: Content-Type and Accept. */
#include <mintmark/kubeapi.h>

#include <string.h>
#include <strings.h>

static const char *const types[MM_MEDIA_COUNT] = {
	[MM_MEDIA_JSON] = "application/json",
	[MM_MEDIA_PROTOBUF] = "application/vnd.kubernetes.protobuf",
};

const char *mm_media_type(enum mm_media media)
{
	return types[media];
}

static bool is(struct mm_span text, const char *word)
{
	return text.len == strlen(word) && strncasecmp(text.p, word, text.len) == 0;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static struct mm_span trim(struct mm_span text)
{
	while (text.len > 0 && is_blank(text.p[0])) {
		text.p++;
		text.len--;
	}
	while (text.len > 0 && is_blank(text.p[text.len - 1]))
		text.len--;
	return text;
}

/*
 * Cuts off what stands before the next separator, trimmed; in a quoted string none is seen (RFC 9110 §5.6.4). After the
 * last one `*rest` is absent.
 */
static struct mm_span cut(struct mm_span *rest, char separator)
{
	struct mm_span whole = *rest;
	bool quoted = false;

	for (size_t i = 0; i < whole.len; i++) {
		char c = whole.p[i];

		if (quoted && c == '\\') {
			i++;
		} else if (c == '"') {
			quoted = !quoted;
		} else if (c == separator && !quoted) {
			*rest = mm_span(whole.p + i + 1, whole.len - i - 1);
			return trim(mm_span(whole.p, i));
		}
	}
	*rest = mm_span(NULL, 0);
	return trim(whole);
}

bool mm_media_of_body(struct mm_span content_type, enum mm_media *out)
{
	struct mm_span type = cut(&content_type, ';');

	*out = MM_MEDIA_JSON;
	if (type.len == 0)
		return true;
	for (int i = 0; i < MM_MEDIA_COUNT; i++) {
		if (is(type, types[i])) {
			*out = (enum mm_media)i;
			return true;
		}
	}
	return false;
}

/* ---- Accept -------------------------------------------------------------------------------------------------------- */

enum { WEIGHT_MAX = 1000 };

/* One element: "application/json;q=0.8". */
struct range {
	struct mm_span type;
	int weight;   /* in thousandths */
	bool as_else; /* the object is to be turned into another (as=Table) */
};

/* "0", "0.125", "1.000" (RFC 9110 §12.4.2). */
static bool read_weight(struct mm_span text, int *out)
{
	int scale = WEIGHT_MAX;

	if (text.len == 0 || text.len > 5 || (text.p[0] != '0' && text.p[0] != '1') ||
	    (text.len > 1 && text.p[1] != '.'))
		return false;
	*out = text.p[0] == '1' ? WEIGHT_MAX : 0;
	for (size_t i = 2; i < text.len; i++) {
		if (text.p[i] < '0' || text.p[i] > '9')
			return false;
		scale /= 10;
		*out += (text.p[i] - '0') * scale;
	}
	return *out <= WEIGHT_MAX;
}

static bool read_range(struct mm_span element, struct range *out)
{
	*out = (struct range){.type = cut(&element, ';'), .weight = WEIGHT_MAX};
	while (element.p) {
		struct mm_span value = cut(&element, ';'), name = cut(&value, '=');

		if (is(name, "q") && !read_weight(trim(value), &out->weight))
			return false;
		if (is(name, "as"))
			out->as_else = true;
	}
	return true;
}

/* How closely the range fits the type; 0: not at all. */
static int closeness(struct mm_span range, const char *type)
{
	return is(range, type) ? 3 : is(range, "application/*") ? 2 : is(range, "*/*") ? 1 : 0;
}

/* What the closest range says of a type (RFC 9110 §12.5.1). */
struct wish {
	int closeness;
	int weight;
	size_t place; /* of the range among all */
};

static bool is_preferred(const struct wish *a, const struct wish *b)
{
	return a->weight != b->weight ? a->weight > b->weight : a->place < b->place;
}

bool mm_media_of_answer(struct mm_span accept, enum mm_media *out)
{
	struct wish wishes[MM_MEDIA_COUNT] = {0};

	*out = MM_MEDIA_JSON;
	if (trim(accept).len == 0)
		return true;
	for (size_t place = 0; accept.p; place++) {
		struct range range;

		if (!read_range(cut(&accept, ','), &range) || range.as_else)
			continue;
		for (int i = 0; i < MM_MEDIA_COUNT; i++) {
			int close = closeness(range.type, types[i]);

			if (close > wishes[i].closeness)
				wishes[i] = (struct wish){close, range.weight, place};
		}
	}
	if (is_preferred(&wishes[MM_MEDIA_PROTOBUF], &wishes[MM_MEDIA_JSON]))
		*out = MM_MEDIA_PROTOBUF;
	return wishes[*out].weight > 0;
}
