/* SPDX-License-Identifier: Apache-2.0 */
#include <mintmark/json.h>
#include <mintmark/yaml.h>
#include <string.h>
#include <strings.h>

#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"

enum { INDENT = 2 };

static void add_inside(struct mm_buf *out, const json_t *value, size_t indent);

/* YAML 1.1 has these for true, false and null (yaml.org/type/bool.html, /null.html). */
static bool is_word(const char *text)
{
	static const char *const words[] = {"true", "false", "yes", "no", "on", "off", "y", "n", "null"};

	for (size_t i = 0; i < MM_COUNT(words); i++) {
		if (strcasecmp(words[i], text) == 0)
			return true;
	}
	return false;
}

/* It begins with a letter or a slash, as no number or time does, and has nothing in it that means something. */
static bool is_plain(const char *text)
{
	return *text != '\0' && strchr(LETTERS "/", *text) && text[strspn(text, LETTERS "0123456789-_./")] == '\0' &&
	       !is_word(text);
}

static void add_text(struct mm_buf *out, const char *text)
{
	if (is_plain(text))
		mm_buf_add_str(out, text);
	else
		mm_json_add_text(out, text);
}

static void add_scalar(struct mm_buf *out, const json_t *value)
{
	switch (json_typeof(value)) {
	case JSON_STRING: add_text(out, json_string_value(value)); break;
	case JSON_INTEGER: mm_buf_add_int(out, json_integer_value(value)); break;
	case JSON_REAL: mm_buf_add_double(out, json_real_value(value)); break;
	case JSON_TRUE: mm_buf_add_str(out, "true"); break;
	case JSON_FALSE: mm_buf_add_str(out, "false"); break;
	case JSON_OBJECT: mm_buf_add_str(out, "{}"); break;
	case JSON_ARRAY: mm_buf_add_str(out, "[]"); break;
	default: mm_buf_add_str(out, "null");
	}
	mm_buf_add_str(out, "\n");
}

static bool has_inside(const json_t *value)
{
	return json_object_size(value) > 0 || json_array_size(value) > 0;
}

static void pad(struct mm_buf *out, size_t indent)
{
	mm_buf_printf(out, "%*s", (int)indent, "");
}

/* A list is not indented below its name, as in what kubectl writes. */
static void add_member(struct mm_buf *out, const char *name, const json_t *value, size_t indent)
{
	size_t inner = json_is_object(value) ? indent + INDENT : indent;

	add_text(out, name);
	mm_buf_add_str(out, has_inside(value) ? ":\n" : ": ");
	if (has_inside(value))
		pad(out, inner);
	add_inside(out, value, inner);
}

/* Its first line goes on where the line under way ends: behind the dash of a list, or at `indent`. */
static void add_mapping(struct mm_buf *out, const json_t *object, size_t indent)
{
	json_t *writable = (json_t *)(uintptr_t)object; /* json_object_iter asks for it, and changes nothing */
	const char *name;
	json_t *member;
	bool first = true;

	json_object_foreach(writable, name, member)
	{
		if (!first)
			pad(out, indent);
		first = false;
		add_member(out, name, member, indent);
	}
}

static void add_list(struct mm_buf *out, const json_t *array, size_t indent)
{
	json_t *item;
	size_t i;

	json_array_foreach(array, i, item)
	{
		if (i > 0)
			pad(out, indent);
		mm_buf_add_str(out, "- ");
		add_inside(out, item, indent + INDENT);
	}
}

static void add_inside(struct mm_buf *out, const json_t *value, size_t indent)
{
	if (!has_inside(value))
		add_scalar(out, value);
	else if (json_is_object(value))
		add_mapping(out, value, indent);
	else
		add_list(out, value, indent);
}

void mm_yaml_add(struct mm_buf *out, const json_t *value)
{
	add_inside(out, value, 0);
}
