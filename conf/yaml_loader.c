/* SPDX-License-Identifier: Apache-2.0 */
#include "conf/yaml_loader.h"

#include <stdlib.h>
#include <string.h>
#include <yaml.h>

struct reader {
	yaml_parser_t parser;
	const char *name;
	size_t nodes;
	unsigned depth;
	const struct mm_yaml *path[MM_YAML_DEPTH_MAX]; /* the lists and mappings that are being read, outermost first */
	struct mm_err *err;
};

#define mm_auto_event MM_CLEANUP(yaml_event_delete) yaml_event_t

static size_t line_of(const yaml_event_t *event)
{
	return event->start_mark.line + 1;
}

static enum mm_code fail_at(struct reader *reader, size_t line, const char *what)
{
	return mm_fail(reader->err, MM_ECONFIG, "%s:%zu: %s", reader->name, line, what);
}

static enum mm_code fail_parser(struct reader *reader)
{
	const yaml_parser_t *parser = &reader->parser;

	if (parser->error == YAML_MEMORY_ERROR)
		return mm_fail(reader->err, MM_ENOMEM, "out of memory");
	/* What libyaml says of [*] is right, and no help. */
	if (parser->context && strcmp(parser->context, "while scanning an alias") == 0)
		return fail_at(reader, parser->problem_mark.line + 1, "not YAML: write \"*\", in quotes");
	return mm_fail(reader->err, MM_ECONFIG, "%s:%zu: not YAML: %s", reader->name, parser->problem_mark.line + 1,
		       parser->problem ? parser->problem : "damaged");
}

/* The next event, with the forms refused that no configuration needs. */
static enum mm_code next_event(struct reader *reader, yaml_event_t *event)
{
	const yaml_char_t *anchor = NULL, *tag = NULL;

	if (!yaml_parser_parse(&reader->parser, event))
		return fail_parser(reader);
	switch (event->type) {
	case YAML_SCALAR_EVENT:
		anchor = event->data.scalar.anchor;
		tag = event->data.scalar.tag;
		break;
	case YAML_SEQUENCE_START_EVENT:
		anchor = event->data.sequence_start.anchor;
		tag = event->data.sequence_start.tag;
		break;
	case YAML_MAPPING_START_EVENT:
		anchor = event->data.mapping_start.anchor;
		tag = event->data.mapping_start.tag;
		break;
	default: break;
	}
	if (event->type == YAML_ALIAS_EVENT || anchor)
		return fail_at(reader, line_of(event),
			       "anchors and aliases are not accepted; in quotes, a text may begin with * or &");
	if (tag)
		return fail_at(reader, line_of(event), "tags are not accepted");
	if (event->type == YAML_SCALAR_EVENT &&
	    strlen((const char *)event->data.scalar.value) != event->data.scalar.length)
		return fail_at(reader, line_of(event), "a NUL character is not accepted");
	return MM_OK;
}

static const char *scalar(const yaml_event_t *event)
{
	return (const char *)event->data.scalar.value;
}

/* YAML 1.2 §10.3.2: what a plain scalar says that stands for nothing. */
static bool is_null(const yaml_event_t *event)
{
	static const char *const nulls[] = {"", "~", "null", "Null", "NULL"};

	if (event->data.scalar.style != YAML_PLAIN_SCALAR_STYLE)
		return false;
	for (size_t i = 0; i < MM_COUNT(nulls); i++) {
		if (strcmp(scalar(event), nulls[i]) == 0)
			return true;
	}
	return false;
}

/* A further, empty item of `parent`; borrowed until the next one is added. */
static enum mm_code add_item(struct reader *reader, struct mm_yaml *parent, const yaml_event_t *event,
			     struct mm_yaml **out)
{
	if (++reader->nodes > MM_YAML_NODES_MAX)
		return fail_at(reader, line_of(event), "too many keys and values");
	/* Full at every power of two: the capacity need not be stored. */
	if ((parent->count & (parent->count - 1)) == 0) {
		struct mm_yaml *items = reallocarray(parent->items, parent->count ? parent->count * 2 : 1,
						     sizeof *items);

		if (!items)
			return mm_fail(reader->err, MM_ENOMEM, "out of memory");
		parent->items = items;
	}
	*out = &parent->items[parent->count++];
	**out = (struct mm_yaml){.line = line_of(event)};
	return MM_OK;
}

/* "rules[2].may", for a key of the mapping that is being read. */
static void add_full_name(const struct reader *reader, const char *key, struct mm_buf *out)
{
	for (unsigned i = 1; i < reader->depth; i++) {
		const struct mm_yaml *node = reader->path[i];

		if (node->key)
			mm_buf_printf(out, "%s%s", out->len > 0 ? "." : "", node->key);
		else
			mm_buf_printf(out, "[%zu]", reader->path[i - 1]->count - 1);
	}
	mm_buf_printf(out, "%s%s", out->len > 0 ? "." : "", key);
}

static enum mm_code fail_repeated(struct reader *reader, const struct mm_yaml *first, const yaml_event_t *event)
{
	mm_auto_buf name = {0};
	enum mm_code code;

	add_full_name(reader, first->key, &name);
	code = mm_buf_check(&name, reader->err);
	if (code != MM_OK)
		return code;
	return mm_fail(reader->err, MM_ECONFIG, "%s:%zu: %s: repeated; it stands in line %zu already", reader->name,
		       line_of(event), name.p, first->line);
}

static enum mm_code add_key(struct reader *reader, struct mm_yaml *mapping, const yaml_event_t *event,
			    struct mm_yaml **out)
{
	enum mm_code code;

	if (event->type != YAML_SCALAR_EVENT || *scalar(event) == '\0')
		return fail_at(reader, line_of(event), "a key must be a name");
	/* Few enough to be looked through one by one. */
	if (mapping->count == MM_YAML_KEYS_MAX)
		return fail_at(reader, line_of(event), "too many keys in one mapping");
	for (size_t i = 0; i < mapping->count; i++) {
		if (strcmp(mapping->items[i].key, scalar(event)) == 0)
			return fail_repeated(reader, &mapping->items[i], event);
	}
	code = add_item(reader, mapping, event, out);
	if (code != MM_OK)
		return code;
	(*out)->key = strdup(scalar(event));
	return (*out)->key ? MM_OK : mm_fail(reader->err, MM_ENOMEM, "out of memory");
}

static enum mm_code read_node(struct reader *reader, struct mm_yaml *node, const yaml_event_t *event);

/* Reads up to and with the end of the list or mapping whose start was read. */
static enum mm_code read_items(struct reader *reader, struct mm_yaml *parent)
{
	yaml_event_type_t end = parent->kind == MM_YAML_LIST ? YAML_SEQUENCE_END_EVENT : YAML_MAPPING_END_EVENT;

	for (;;) {
		mm_auto_event first = {0};
		mm_auto_event value = {0};
		struct mm_yaml *item = NULL;
		enum mm_code code = next_event(reader, &first);

		if (code != MM_OK || first.type == end)
			return code;
		if (parent->kind == MM_YAML_LIST)
			code = add_item(reader, parent, &first, &item);
		else
			code = add_key(reader, parent, &first, &item);
		if (code == MM_OK && parent->kind == MM_YAML_MAPPING)
			code = next_event(reader, &value);
		if (code == MM_OK)
			code = read_node(reader, item, parent->kind == MM_YAML_LIST ? &first : &value);
		if (code != MM_OK)
			return code;
	}
}

/* Reads what begins with `event`. */
static enum mm_code read_node(struct reader *reader, struct mm_yaml *node, const yaml_event_t *event)
{
	enum mm_code code;

	if (event->type == YAML_SCALAR_EVENT) {
		if (is_null(event))
			return MM_OK;
		node->kind = MM_YAML_SCALAR;
		node->text = strdup(scalar(event));
		return node->text ? MM_OK : mm_fail(reader->err, MM_ENOMEM, "out of memory");
	}
	if (reader->depth == MM_YAML_DEPTH_MAX)
		return fail_at(reader, line_of(event), "nested too deeply");
	node->kind = event->type == YAML_SEQUENCE_START_EVENT ? MM_YAML_LIST : MM_YAML_MAPPING;
	reader->path[reader->depth++] = node;
	code = read_items(reader, node);
	reader->depth--;
	return code;
}

/* STREAM-START, then nothing or one document with a mapping or nothing in it, then STREAM-END. */
static enum mm_code read_stream(struct reader *reader, struct mm_yaml *top)
{
	for (unsigned documents = 0;;) {
		mm_auto_event event = {0};
		enum mm_code code = next_event(reader, &event);

		if (code != MM_OK)
			return code;
		if (event.type == YAML_STREAM_END_EVENT)
			return MM_OK;
		if (event.type == YAML_DOCUMENT_START_EVENT && documents++ > 0)
			return fail_at(reader, line_of(&event), "a second document is not accepted");
		if (event.type == YAML_MAPPING_START_EVENT)
			code = read_node(reader, top, &event);
		else if (event.type == YAML_SEQUENCE_START_EVENT ||
			 (event.type == YAML_SCALAR_EVENT && !is_null(&event)))
			code = fail_at(reader, line_of(&event), "found no mapping; accepted: KEY: VALUE");
		if (code != MM_OK)
			return code;
	}
}

enum mm_code mm_yaml_read(struct mm_span text, const char *name, struct mm_yaml **out, struct mm_err *err)
{
	mm_auto(mm_yaml) yaml = calloc(1, sizeof *yaml);
	struct reader reader = {.name = name, .err = err};
	enum mm_code code;

	if (!yaml || !yaml_parser_initialize(&reader.parser))
		return mm_fail(err, MM_ENOMEM, "out of memory");
	yaml->line = 1;
	yaml->kind = MM_YAML_MAPPING;
	/* Some editors write one; the parser, told what the encoding is, would take it for a part of the first key. */
	if (mm_span_starts(text, "\xef\xbb\xbf"))
		text = mm_span(text.p + 3, text.len - 3);
	yaml_parser_set_encoding(&reader.parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&reader.parser, (const unsigned char *)text.p, text.len);
	code = read_stream(&reader, yaml);
	yaml_parser_delete(&reader.parser);
	if (code == MM_OK)
		*out = mm_take(yaml);
	return code;
}

static void clear_node(struct mm_yaml *node)
{
	for (size_t i = 0; i < node->count; i++)
		clear_node(&node->items[i]);
	free(node->items);
	free(node->key);
	free(node->text);
}

void mm_yaml_free(struct mm_yaml *yaml)
{
	if (!yaml)
		return;
	clear_node(yaml);
	free(yaml);
}
