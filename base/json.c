/* SPDX-License-Identifier: Apache-2.0 */
#include "base/json_plain.h"

#include <mintmark/json.h>
#include <string.h>

/* Where the scan stands; columns count characters, as jansson's do. */
struct scan {
	int line, column, depth;
	bool in_string, escaped;
};

static void scan_outside_string(struct scan *scan, char c)
{
	if (c == '"')
		scan->in_string = true;
	else if (c == '{' || c == '[')
		scan->depth++;
	else if ((c == '}' || c == ']') && scan->depth > 0)
		scan->depth--;
}

static void scan_inside_string(struct scan *scan, char c)
{
	if (scan->escaped)
		scan->escaped = false;
	else if (c == '\\')
		scan->escaped = true;
	else if (c == '"')
		scan->in_string = false;
}

/*
 * Refuses deep nesting before jansson recurses into it (it allows 2048 levels), and NUL. Up to the first character
 * that is not JSON this sees the brackets that jansson sees; there jansson stops.
 */
static enum mm_code scan_text(struct mm_span text, struct mm_err *err)
{
	struct scan scan = {.line = 1};

	for (size_t i = 0; i < text.len; i++) {
		char c = text.p[i];

		if (c == '\n') {
			scan.line++;
			scan.column = 0;
		} else if (((unsigned char)c & 0xc0) != 0x80) {
			scan.column++;
		}
		if (c == '\0')
			return mm_fail(err, MM_EPARSE, "JSON: line %d, column %d: a NUL byte", scan.line, scan.column);
		if (scan.in_string)
			scan_inside_string(&scan, c);
		else
			scan_outside_string(&scan, c);
		if (scan.depth > MM_JSON_DEPTH_MAX)
			return mm_fail(err, MM_ELIMIT, "JSON: line %d, column %d: nested deeper than %d levels",
				       scan.line, scan.column, MM_JSON_DEPTH_MAX);
	}
	return MM_OK;
}

/* jansson quotes the token that it stopped at, which may be half a private key: only what it says before is kept. */
static enum mm_code parse_failed(const json_error_t *error, struct mm_err *err)
{
	const char *near = strstr(error->text, " near '");
	int len = near ? (int)(near - error->text) : (int)strlen(error->text);

	if (json_error_code(error) == json_error_out_of_memory || len == 0)
		return mm_fail(err, MM_ENOMEM, "out of memory");
	return mm_fail(err, MM_EPARSE, "JSON: line %d, column %d: %.*s", error->line, error->column, len, error->text);
}

enum mm_code mm_json_load(struct mm_span text, size_t max_len, json_t **out, struct mm_err *err)
{
	json_error_t error = {0};
	enum mm_code code;
	json_t *value;

	*out = NULL;
	if (text.len > max_len)
		return mm_fail(err, MM_ELIMIT, "JSON: %zu bytes, of which %zu are allowed", text.len, max_len);
	if (text.len == 0)
		return mm_fail(err, MM_EPARSE, "JSON: line 1, column 1: nothing there, expected an object");
	if (mm_span_starts(text, "\xef\xbb\xbf"))
		return mm_fail(err, MM_EPARSE, "JSON: line 1, column 1: a byte order mark (RFC 8259 §8.1)");
	*out = mm_json_plain(text);
	if (*out)
		return MM_OK;
	code = scan_text(text, err);
	if (code != MM_OK)
		return code;
	value = json_loadb(text.p, text.len, JSON_REJECT_DUPLICATES, &error);
	if (!value)
		return parse_failed(&error, err);
	if (!json_is_object(value)) {
		json_decref(value);
		return mm_fail(err, MM_EPARSE, "JSON: line 1, column 1: an array, expected an object");
	}
	*out = value;
	return MM_OK;
}

static const char *type_name(const json_t *value)
{
	switch (json_typeof(value)) {
	case JSON_OBJECT: return "an object";
	case JSON_ARRAY: return "an array";
	case JSON_STRING: return "a string";
	case JSON_INTEGER: return "an integer";
	case JSON_REAL: return "a number that is not an integer";
	case JSON_TRUE:
	case JSON_FALSE: return "a boolean";
	case JSON_NULL: return "null";
	}
	return "nothing";
}

static enum mm_code get(const json_t *object, const char *name, json_type type, const char *expected,
			const json_t **out, struct mm_err *err)
{
	const json_t *value = json_object_get(object, name);

	if (!value)
		return mm_fail(err, MM_ENOTFOUND, "member \"%s\" is missing", name);
	if (json_typeof(value) != type)
		return mm_fail(err, MM_EPARSE, "member \"%s\": expected %s, found %s", name, expected,
			       type_name(value));
	*out = value;
	return MM_OK;
}

enum mm_code mm_json_get_string(const json_t *object, const char *name, const char **out, struct mm_err *err)
{
	const json_t *value;
	enum mm_code code = get(object, name, JSON_STRING, "a string", &value, err);

	if (code == MM_OK)
		*out = json_string_value(value);
	return code;
}

enum mm_code mm_json_get_int(const json_t *object, const char *name, int64_t *out, struct mm_err *err)
{
	const json_t *value;
	enum mm_code code = get(object, name, JSON_INTEGER, "an integer", &value, err);

	if (code == MM_OK)
		*out = json_integer_value(value);
	return code;
}

static int add_to_buf(const char *bytes, size_t len, void *buf)
{
	mm_buf_add(buf, bytes, len);
	return 0;
}

static enum mm_code dump(const json_t *value, size_t flags, struct mm_buf *out, struct mm_err *err)
{
	if (json_dump_callback(value, add_to_buf, out, flags | JSON_ENCODE_ANY) != 0 && !out->failed)
		return mm_fail(err, MM_EPARSE, "a value that JSON cannot write");
	return mm_buf_check(out, err);
}

const char *mm_json_text(const json_t *object, const char *name)
{
	return json_string_value(json_object_get(object, name));
}

json_t *mm_json_append(json_t *array, json_t *item)
{
	if (json_array_append_new(array, item) == 0)
		return array;
	json_decref(array);
	return NULL;
}

enum mm_code mm_json_dump(const json_t *value, bool sorted, struct mm_buf *out, struct mm_err *err)
{
	return dump(value, JSON_COMPACT | (sorted ? JSON_SORT_KEYS : 0), out, err);
}

enum mm_code mm_json_dump_pretty(const json_t *value, struct mm_buf *out, struct mm_err *err)
{
	enum mm_code code = dump(value, JSON_INDENT(2), out, err);

	if (code != MM_OK)
		return code;
	mm_buf_add_str(out, "\n");
	return mm_buf_check(out, err);
}
