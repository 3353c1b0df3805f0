/* SPDX-License-Identifier: Apache-2.0 */
#include "conf/yaml_loader.h"

#include <stdlib.h>
#include <string.h>
#include <yaml.h>

struct reader {
	yaml_parser_t parser;
	const char *name;
	struct mm_yaml *out;
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
		return fail_at(reader, line_of(event), "anchors and aliases are not accepted");
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

/* Adds an empty entry for the key in `event`; the entry is borrowed until the next one is added. */
static enum mm_code add_entry(struct reader *reader, const char *prefix, const yaml_event_t *event,
			      struct mm_yaml_entry **out)
{
	struct mm_yaml *yaml = reader->out;
	const struct mm_yaml_entry *first;
	mm_auto_buf name = {0};
	enum mm_code code;

	if (yaml->count == MM_YAML_ENTRIES_MAX)
		return fail_at(reader, line_of(event), "too many keys");
	mm_buf_printf(&name, "%s%s%s", prefix, *prefix ? "." : "", scalar(event));
	code = mm_buf_check(&name, reader->err);
	if (code != MM_OK)
		return code;
	if (*scalar(event) == '\0' || strchr(scalar(event), '.'))
		return mm_fail(reader->err, MM_ECONFIG, "%s:%zu: %s: a key must be a name without dots; nest it",
			       reader->name, line_of(event), name.p);
	first = mm_yaml_find(yaml, name.p);
	if (first)
		return mm_fail(reader->err, MM_ECONFIG, "%s:%zu: %s: repeated; it stands in line %zu already",
			       reader->name, line_of(event), name.p, first->line);
	*out = &yaml->entries[yaml->count++];
	**out = (struct mm_yaml_entry){.line = line_of(event), .name = mm_buf_take(&name)};
	return MM_OK;
}

static enum mm_code read_list(struct reader *reader, struct mm_yaml_entry *entry)
{
	entry->kind = MM_YAML_LIST;
	for (;;) {
		mm_auto_event event = {0};
		enum mm_code code = next_event(reader, &event);

		if (code != MM_OK)
			return code;
		if (event.type == YAML_SEQUENCE_END_EVENT)
			return MM_OK;
		if (event.type != YAML_SCALAR_EVENT || is_null(&event))
			return mm_fail(reader->err, MM_ECONFIG, "%s:%zu: %s: found %s in the list; accepted: texts",
				       reader->name, line_of(&event), entry->name,
				       event.type == YAML_SCALAR_EVENT ? "nothing" : "a list or mapping");
		code = mm_strings_add(&entry->values, scalar(&event), reader->err);
		if (code != MM_OK)
			return code;
	}
}

static enum mm_code read_mapping(struct reader *reader, const char *prefix, unsigned depth);

static enum mm_code read_value(struct reader *reader, struct mm_yaml_entry *entry, unsigned depth)
{
	mm_auto_event event = {0};
	enum mm_code code = next_event(reader, &event);

	if (code != MM_OK)
		return code;
	switch (event.type) {
	case YAML_SCALAR_EVENT:
		if (is_null(&event))
			return MM_OK;
		entry->kind = MM_YAML_SCALAR;
		return mm_strings_add(&entry->values, scalar(&event), reader->err);
	case YAML_SEQUENCE_START_EVENT: return read_list(reader, entry);
	default: entry->kind = MM_YAML_SECTION; return read_mapping(reader, entry->name, depth + 1);
	}
}

/* Reads up to and with the end of the mapping whose start was read. */
static enum mm_code read_mapping(struct reader *reader, const char *prefix, unsigned depth)
{
	for (;;) {
		mm_auto_event event = {0};
		struct mm_yaml_entry *entry = NULL;
		enum mm_code code = next_event(reader, &event);

		if (code != MM_OK)
			return code;
		if (event.type == YAML_MAPPING_END_EVENT)
			return MM_OK;
		if (event.type != YAML_SCALAR_EVENT)
			return fail_at(reader, line_of(&event), "a key must be a name");
		if (depth == MM_YAML_DEPTH_MAX)
			return fail_at(reader, line_of(&event), "nested too deeply");
		code = add_entry(reader, prefix, &event, &entry);
		if (code == MM_OK)
			code = read_value(reader, entry, depth);
		if (code != MM_OK)
			return code;
	}
}

/* STREAM-START, then nothing or one document with a mapping or nothing in it, then STREAM-END. */
static enum mm_code read_stream(struct reader *reader)
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
			code = read_mapping(reader, "", 0);
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
	struct reader reader = {.name = name, .out = yaml, .err = err};
	enum mm_code code;

	if (yaml)
		yaml->entries = calloc(MM_YAML_ENTRIES_MAX, sizeof *yaml->entries);
	if (!yaml || !yaml->entries || !yaml_parser_initialize(&reader.parser))
		return mm_fail(err, MM_ENOMEM, "out of memory");
	/* Some editors write one; the parser, told what the encoding is, would take it for a part of the first key. */
	if (mm_span_starts(text, "\xef\xbb\xbf"))
		text = mm_span(text.p + 3, text.len - 3);
	yaml_parser_set_encoding(&reader.parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&reader.parser, (const unsigned char *)text.p, text.len);
	code = read_stream(&reader);
	yaml_parser_delete(&reader.parser);
	if (code == MM_OK)
		*out = mm_take(yaml);
	return code;
}

const struct mm_yaml_entry *mm_yaml_find(const struct mm_yaml *yaml, const char *name)
{
	for (size_t i = 0; i < yaml->count; i++) {
		if (strcmp(yaml->entries[i].name, name) == 0)
			return &yaml->entries[i];
	}
	return NULL;
}

void mm_yaml_free(struct mm_yaml *yaml)
{
	if (!yaml)
		return;
	for (size_t i = 0; i < yaml->count; i++) {
		free(yaml->entries[i].name);
		mm_strings_free(&yaml->entries[i].values);
	}
	free(yaml->entries);
	free(yaml);
}
