/* SPDX-License-Identifier: Apache-2.0 */
#include "issuer/publish/aws_file.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* Where the reader is. */
struct reader {
	struct mm_aws_file *file;
	enum mm_aws_file_kind kind;
	size_t line;
	bool in_section;
	struct mm_span section_kind, section;
	struct mm_span parent; /* the last setting that was not indented; absent: none yet in this section */
	size_t parent_indent;
};

static enum mm_code out_of_memory(struct mm_err *err)
{
	return mm_fail(err, MM_ENOMEM, "out of memory");
}

/* Never with what stands there: it may be a secret in the wrong place. */
static enum mm_code refuse_line(const struct reader *reader, const char *why, struct mm_err *err)
{
	return mm_fail(err, MM_EPARSE, "line %zu: %s", reader->line, why);
}

/* ---- spans ------------------------------------------------------------------------------------------------------ */

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static struct mm_span skip(struct mm_span text, size_t len)
{
	return mm_span(text.p + len, text.len - len);
}

static struct mm_span trim(struct mm_span text)
{
	while (text.len > 0 && is_blank(text.p[0]))
		text = skip(text, 1);
	while (text.len > 0 && is_blank(text.p[text.len - 1]))
		text.len--;
	return text;
}

/* Cuts `*rest` after the first `c`; returns what stood before it, absent when there is none. */
static struct mm_span cut_at(struct mm_span *rest, char c)
{
	const char *at = memchr(rest->p, c, rest->len);
	struct mm_span before = {0};

	if (at) {
		before = mm_span(rest->p, (size_t)(at - rest->p));
		*rest = skip(*rest, before.len + 1);
	}
	return before;
}

static bool begins_comment(struct mm_span text)
{
	return text.len > 0 && (text.p[0] == '#' || text.p[0] == ';');
}

/* Without what follows a # or ; that stands behind white space. */
static struct mm_span without_comment(struct mm_span text)
{
	for (size_t i = 1; i < text.len; i++) {
		if (is_blank(text.p[i - 1]) && begins_comment(skip(text, i)))
			return trim(mm_span(text.p, i));
	}
	return text;
}

static bool is_named(struct mm_span span, const char *name)
{
	return span.p && span.len == strlen(name) && strncasecmp(span.p, name, span.len) == 0;
}

/* ---- lines ------------------------------------------------------------------------------------------------------ */

static enum mm_code add_profile(struct mm_aws_file *file, struct mm_span name, struct mm_err *err)
{
	struct mm_span *grown = reallocarray(file->profiles, file->profile_count + 1, sizeof *grown);

	if (!grown)
		return out_of_memory(err);
	file->profiles = grown;
	grown[file->profile_count++] = name;
	return MM_OK;
}

/* "default", "profile NAME", "profile 'A NAME'"; and what else there may be, which is kept apart by its first word. */
static void name_section(struct reader *reader, struct mm_span text)
{
	struct mm_span name;
	size_t kind_len = 0;

	reader->section_kind = mm_span_str("profile");
	reader->section = text;
	if (reader->kind == MM_AWS_CREDENTIALS || mm_span_is(text, "default"))
		return;
	while (kind_len < text.len && !is_blank(text.p[kind_len]))
		kind_len++;
	name = trim(skip(text, kind_len));
	if (name.len > 1 && (name.p[0] == '"' || name.p[0] == '\'') && name.p[name.len - 1] == name.p[0])
		name = mm_span(name.p + 1, name.len - 2);
	reader->section_kind = mm_span(text.p, kind_len);
	reader->section = name;
}

static enum mm_code read_section(struct reader *reader, struct mm_span text, struct mm_err *err)
{
	struct mm_span rest = skip(text, 1), name = cut_at(&rest, ']');

	rest = trim(rest);
	if (!name.p || (rest.len > 0 && !begins_comment(rest)))
		return refuse_line(reader, "expected [SECTION] and nothing after it", err);
	name = trim(name);
	if (name.len == 0)
		return refuse_line(reader, "a section without a name", err);
	name_section(reader, name);
	reader->in_section = true;
	reader->parent = (struct mm_span){0};
	return mm_span_is(reader->section_kind, "profile") ? add_profile(reader->file, reader->section, err) : MM_OK;
}

static enum mm_code add_setting(struct reader *reader, struct mm_aws_setting setting, struct mm_err *err)
{
	struct mm_aws_file *file = reader->file;
	struct mm_aws_setting *grown = reallocarray(file->settings, file->count + 1, sizeof *grown);

	if (!grown)
		return out_of_memory(err);
	file->settings = grown;
	grown[file->count++] = setting;
	return MM_OK;
}

/*
 * "NAME = VALUE", or with a colon. What is indented more than the setting above it belongs to that one: it may be of any
 * form then, a list or the rest of a long value.
 */
static enum mm_code read_setting(struct reader *reader, struct mm_span text, size_t indent, struct mm_err *err)
{
	bool nested = reader->parent.p && indent > reader->parent_indent;
	struct mm_aws_setting setting = {
		.kind = reader->section_kind, .section = reader->section, .line = reader->line};
	size_t name_len = 0;

	if (!reader->in_section)
		return refuse_line(reader, "a setting before the first [SECTION]", err);
	while (name_len < text.len && text.p[name_len] != '=' && text.p[name_len] != ':')
		name_len++;
	setting.name = trim(mm_span(text.p, name_len));
	if (name_len == text.len || setting.name.len == 0)
		return nested ? MM_OK : refuse_line(reader, "expected NAME = VALUE, [SECTION] or # comment", err);
	setting.value = without_comment(trim(skip(text, name_len + 1)));
	if (begins_comment(setting.value))
		setting.value.len = 0;
	if (nested) {
		setting.parent = reader->parent;
	} else {
		reader->parent = setting.name;
		reader->parent_indent = indent;
	}
	return add_setting(reader, setting, err);
}

static enum mm_code read_line(struct reader *reader, struct mm_span line, struct mm_err *err)
{
	struct mm_span text = trim(line);

	for (size_t i = 0; i < line.len; i++) {
		if ((unsigned char)line.p[i] < ' ' && line.p[i] != '\t')
			return refuse_line(reader, "a control character", err);
	}
	if (text.len == 0 || begins_comment(text))
		return MM_OK;
	if (line.p[0] == '[')
		return read_section(reader, text, err);
	return read_setting(reader, text, (size_t)(text.p - line.p), err);
}

/* ---- the whole -------------------------------------------------------------------------------------------------- */

enum mm_code mm_aws_file_parse(struct mm_buf *text, enum mm_aws_file_kind kind, struct mm_aws_file *out,
			       struct mm_err *err)
{
	struct reader reader = {.file = out, .kind = kind};
	struct mm_span rest;
	enum mm_code code = mm_buf_check(text, err);

	*out = (struct mm_aws_file){.text = *text};
	*text = (struct mm_buf){0};
	rest = mm_buf_span(&out->text);
	while (code == MM_OK && rest.len > 0) {
		struct mm_span line = cut_at(&rest, '\n');

		if (!line.p) {
			line = rest;
			rest.len = 0;
		}
		if (line.len > 0 && line.p[line.len - 1] == '\r')
			line.len--;
		reader.line++;
		code = read_line(&reader, line, err);
	}
	return code;
}

void mm_aws_file_clear(struct mm_aws_file *file)
{
	mm_buf_free(&file->text);
	free(file->settings);
	free(file->profiles);
	*file = (struct mm_aws_file){0};
}

bool mm_aws_file_has_profile(const struct mm_aws_file *file, const char *profile)
{
	for (size_t i = 0; i < file->profile_count; i++) {
		if (mm_span_is(file->profiles[i], profile))
			return true;
	}
	return false;
}

static bool is_asked_for(const struct mm_aws_setting *setting, const char *kind, struct mm_span section,
			 const char *parent, const char *name)
{
	return mm_span_is(setting->kind, kind) && mm_span_eq(setting->section, section) &&
	       is_named(setting->name, name) &&
	       (parent ? is_named(setting->parent, parent) : setting->parent.p == NULL);
}

enum mm_code mm_aws_file_get(const struct mm_aws_file *file, const char *kind, struct mm_span section,
			     const char *parent, const char *name, struct mm_span *value, struct mm_err *err)
{
	const struct mm_aws_setting *found = NULL;

	*value = (struct mm_span){0};
	for (size_t i = 0; i < file->count; i++) {
		if (!is_asked_for(&file->settings[i], kind, section, parent, name))
			continue;
		if (found)
			return mm_fail(err, MM_EPARSE, "line %zu: %s is there already, in line %zu",
				       file->settings[i].line, name, found->line);
		found = &file->settings[i];
	}
	if (found && found->value.len > 0)
		*value = found->value;
	return MM_OK;
}
