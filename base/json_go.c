/* SPDX-License-Identifier: Apache-2.0 */
/* JSON as Go's encoding/json writes it, so that our tokens are byte for byte those of kube-apiserver. */
#include <mintmark/json.h>

#include <stdlib.h>
#include <string.h>

/* U+2028 and U+2029, which end a line in JavaScript, are e2 80 a8 and e2 80 a9. */
static bool is_line_separator(const char *p)
{
	return p[0] == '\xe2' && p[1] == '\x80' && (p[2] == '\xa8' || p[2] == '\xa9');
}

/* Bytes at which a run of plain ones ends: what is escaped, what may begin a line separator, and the final NUL. */
static const bool special[256] = {
	[0 ... 0x1f] = true, ['"'] = true, ['\\'] = true, ['<'] = true, ['>'] = true, ['&'] = true, [0xe2] = true,
};

static const char *skip_plain(const char *p)
{
	while (!special[(unsigned char)*p] || (*p == '\xe2' && !is_line_separator(p)))
		p++;
	return p;
}

/* Writes the escape for the character at `p`; returns the number of its bytes. */
static size_t add_escape(struct mm_buf *buf, const char *p)
{
	switch (*p) {
	case '"': mm_buf_add(buf, "\\\"", 2); return 1;
	case '\\': mm_buf_add(buf, "\\\\", 2); return 1;
	case '\n': mm_buf_add(buf, "\\n", 2); return 1;
	case '\r': mm_buf_add(buf, "\\r", 2); return 1;
	case '\t': mm_buf_add(buf, "\\t", 2); return 1;
	case '\xe2': mm_buf_add_str(buf, p[2] == '\xa8' ? "\\u2028" : "\\u2029"); return 3;
	default: mm_buf_printf(buf, "\\u%04x", (unsigned)(unsigned char)*p); return 1;
	}
}

void mm_json_add_string(struct mm_buf *buf, const char *text)
{
	mm_buf_add(buf, "\"", 1);
	for (;;) {
		const char *end = skip_plain(text);

		mm_buf_add(buf, text, (size_t)(end - text));
		if (*end == '\0')
			break;
		text = end + add_escape(buf, end);
	}
	mm_buf_add(buf, "\"", 1);
}

/* JSON knows no bytes: what is not UTF-8 gets a question mark for each foreign byte. */
static void add_ascii(struct mm_buf *buf, const char *text)
{
	mm_auto_buf ascii = {0};

	mm_buf_add_str(&ascii, text);
	for (size_t i = 0; i < ascii.len; i++) {
		if ((unsigned char)ascii.p[i] >= 0x80)
			ascii.p[i] = '?';
	}
	buf->failed |= ascii.failed;
	mm_json_add_string(buf, ascii.p ? ascii.p : "");
}

/* Printable ASCII needs no second look. */
static bool is_plain(const char *text)
{
	while (*text >= ' ' && *text < 0x7f)
		text++;
	return *text == '\0';
}

void mm_json_add_text(struct mm_buf *buf, const char *text)
{
	mm_auto_buf raw = {0};

	if (is_plain(text)) {
		mm_json_add_string(buf, text);
		return;
	}
	if (mm_utf8_valid(mm_span_str(text)))
		mm_json_add_string(&raw, text);
	else
		add_ascii(&raw, text);
	for (size_t i = 0; i < raw.len;) {
		unsigned point;
		size_t len = mm_unseen_at(mm_buf_span(&raw), i, &point);

		if (len > 0)
			mm_buf_printf(buf, "\\u%04x", point);
		else
			mm_buf_add(buf, raw.p + i, 1);
		i += len > 0 ? len : 1;
	}
	buf->failed |= raw.failed;
}

static enum mm_code add_value(struct mm_buf *buf, const json_t *value, int depth, struct mm_err *err);

static enum mm_code add_array(struct mm_buf *buf, const json_t *array, int depth, struct mm_err *err)
{
	const json_t *element;
	size_t i;

	mm_buf_add(buf, "[", 1);
	json_array_foreach(array, i, element)
	{
		enum mm_code code;

		if (i > 0)
			mm_buf_add(buf, ",", 1);
		code = add_value(buf, element, depth + 1, err);
		if (code != MM_OK)
			return code;
	}
	mm_buf_add(buf, "]", 1);
	return MM_OK;
}

struct member {
	const char *key;
	const json_t *value;
};

static int by_key(const void *a, const void *b)
{
	return strcmp(((const struct member *)a)->key, ((const struct member *)b)->key);
}

static enum mm_code add_members(struct mm_buf *buf, const struct member *members, size_t n, int depth,
				struct mm_err *err)
{
	mm_buf_add(buf, "{", 1);
	for (size_t i = 0; i < n; i++) {
		enum mm_code code;

		if (i > 0)
			mm_buf_add(buf, ",", 1);
		mm_json_add_string(buf, members[i].key);
		mm_buf_add(buf, ":", 1);
		code = add_value(buf, members[i].value, depth + 1, err);
		if (code != MM_OK)
			return code;
	}
	mm_buf_add(buf, "}", 1);
	return MM_OK;
}

static enum mm_code add_object(struct mm_buf *buf, const json_t *object, int depth, struct mm_err *err)
{
	size_t n = json_object_size(object), i = 0;
	struct member *members = calloc(n ? n : 1, sizeof *members);
	json_t *writable = (json_t *)(uintptr_t)object; /* json_object_iter asks for it, and changes nothing */
	const char *key;
	json_t *value;
	enum mm_code code;

	if (!members)
		return mm_fail(err, MM_ENOMEM, "out of memory");
	json_object_foreach(writable, key, value) members[i++] = (struct member){key, value};
	qsort(members, n, sizeof *members, by_key);
	code = add_members(buf, members, n, depth, err);
	free(members);
	return code;
}

/* `depth` is the number of arrays and objects around the value. */
static enum mm_code add_value(struct mm_buf *buf, const json_t *value, int depth, struct mm_err *err)
{
	if (depth == MM_JSON_DEPTH_MAX && (json_is_object(value) || json_is_array(value)))
		return mm_fail(err, MM_ELIMIT, "JSON: nested deeper than %d levels", MM_JSON_DEPTH_MAX);
	switch (json_typeof(value)) {
	case JSON_OBJECT: return add_object(buf, value, depth, err);
	case JSON_ARRAY: return add_array(buf, value, depth, err);
	case JSON_STRING: mm_json_add_string(buf, json_string_value(value)); break;
	case JSON_INTEGER: mm_buf_add_int(buf, json_integer_value(value)); break;
	case JSON_REAL: mm_buf_add_double(buf, json_real_value(value)); break;
	case JSON_TRUE: mm_buf_add(buf, "true", 4); break;
	case JSON_FALSE: mm_buf_add(buf, "false", 5); break;
	case JSON_NULL: mm_buf_add(buf, "null", 4); break;
	}
	return MM_OK;
}

enum mm_code mm_json_add_value(struct mm_buf *buf, const json_t *value, struct mm_err *err)
{
	enum mm_code code = add_value(buf, value, 0, err);

	return code != MM_OK ? code : mm_buf_check(buf, err);
}
