/* SPDX-License-Identifier: Apache-2.0 */
#include "conf/mapping.h"

#include <mintmark/suggest.h>
#include <stdlib.h>
#include <string.h>

/* What is being read into. */
struct target {
	const struct mm_option_table *table;
	void *base;
	size_t *lines;
	const struct mm_place *place;
};

/* One key: "keys.algorithm" in the table, and "rules[1].may" in full. */
struct key {
	const char *name;
	struct mm_place place;
};

/* ---- names ------------------------------------------------------------------------------------------------------- */

/* Whether the option lies directly or deeper in the section: "keys.algorithm" in "keys". */
static bool in_section(const struct mm_option *option, const char *section, size_t len)
{
	return strncmp(option->name, section, len) == 0 && option->name[len] == '.';
}

static bool is_section(const struct mm_option_table *table, const char *name)
{
	for (size_t i = 0; i < table->count; i++) {
		if (in_section(&table->rows[i], name, strlen(name)))
			return true;
	}
	return false;
}

static const struct mm_option *find_row(const struct mm_option_table *table, const char *name)
{
	for (size_t i = 0; i < table->count; i++) {
		if (strcmp(table->rows[i].name, name) == 0)
			return &table->rows[i];
	}
	return NULL;
}

/* The names at the top, or those in a section, as a list for messages. */
static void add_names(const struct mm_option_table *table, const char *section, size_t len, struct mm_buf *out)
{
	const char *last = "";
	size_t last_len = 0;

	for (size_t i = 0; i < table->count; i++) {
		const char *name = table->rows[i].name;
		size_t name_len;

		if (len > 0 && !in_section(&table->rows[i], section, len))
			continue;
		name += len > 0 ? len + 1 : 0;
		name_len = strcspn(name, ".");
		if (name_len == last_len && strncmp(name, last, name_len) == 0)
			continue;
		mm_buf_printf(out, "%s%.*s", last_len ? ", " : "", (int)name_len, name);
		last = name;
		last_len = name_len;
	}
}

/* Every name that may stand in the mapping: options, and the sections that they are in. */
static enum mm_code list_names(const struct mm_option_table *table, struct mm_strings *out, struct mm_err *err)
{
	enum mm_code code = MM_OK;

	for (size_t i = 0; i < table->count && code == MM_OK; i++) {
		const char *name = table->rows[i].name;
		mm_auto_string section = strndup(name, strcspn(name, "."));

		if (!section)
			return mm_fail(err, MM_ENOMEM, "out of memory");
		if (!mm_strings_has(out, section))
			code = mm_strings_add(out, section, err);
		if (code == MM_OK && strcmp(section, name) != 0)
			code = mm_strings_add(out, name, err);
	}
	return code;
}

/* Names are compared without their section, which was written right. */
static enum mm_code fail_unknown(const struct mm_option_table *table, const struct key *key, size_t line,
				 struct mm_err *err)
{
	const char *dot = strrchr(key->name, '.');
	size_t section = dot ? (size_t)(dot + 1 - key->name) : 0; /* bytes, with the dot */
	struct mm_suggestion suggestion = {.wanted = key->name + section};
	mm_auto_strings known = {0};
	mm_auto_buf names = {0};
	enum mm_code code = list_names(table, &known, err);

	if (code != MM_OK)
		return code;
	for (size_t i = 0; i < known.n; i++) {
		if (strncmp(known.v[i], key->name, section) == 0)
			mm_suggestion_offer(&suggestion, known.v[i] + section);
	}
	if (suggestion.nearest)
		return mm_fail(err, MM_ECONFIG, "%s:%zu: %s: unknown key; did you mean %.*s%s?", key->place.file, line,
			       key->place.name, (int)section, key->name, suggestion.nearest);
	add_names(table, key->name, dot ? (size_t)(dot - key->name) : 0, &names);
	code = mm_buf_check(&names, err);
	if (code != MM_OK)
		return code;
	return mm_fail(err, MM_ECONFIG, "%s:%zu: %s: unknown key; accepted: %s", key->place.file, line, key->place.name,
		       names.p);
}

/* ---- keys -------------------------------------------------------------------------------------------------------- */

static enum mm_code read_keys(const struct target *target, const char *section, const struct mm_yaml *mapping,
			      struct mm_err *err);

/* A section may be empty, as when all that is in it is commented out. */
static enum mm_code read_section(const struct target *target, const struct key *key, const struct mm_yaml *written,
				 struct mm_err *err)
{
	mm_auto_buf accepts = {0};
	enum mm_code code;

	if (written->kind == MM_YAML_NOTHING)
		return MM_OK;
	if (written->kind == MM_YAML_MAPPING)
		return read_keys(target, key->name, written, err);
	mm_buf_add_str(&accepts, "a mapping with ");
	add_names(target->table, key->name, strlen(key->name), &accepts);
	code = mm_buf_check(&accepts, err);
	return code == MM_OK ? mm_written_refuse(written, "", accepts.p, &key->place, err) : code;
}

static enum mm_code read_key(const struct target *target, const struct key *key, const struct mm_yaml *written,
			     struct mm_err *err)
{
	const struct mm_option *row;

	/* There is one way to write each name, so that a reader finds it, and a repetition is seen. */
	if (strchr(written->key, '.'))
		return mm_fail(err, MM_ECONFIG, "%s:%zu: %s: a key must be a name without dots; nest it",
			       key->place.file, written->line, key->place.name);
	row = find_row(target->table, key->name);
	if (row) {
		target->lines[row - target->table->rows] = written->line;
		return mm_option_set(row, target->base, written, &key->place, err);
	}
	if (is_section(target->table, key->name))
		return read_section(target, key, written, err);
	return fail_unknown(target->table, key, written->line, err);
}

static enum mm_code read_keys(const struct target *target, const char *section, const struct mm_yaml *mapping,
			      struct mm_err *err)
{
	const char *prefix = target->place->name;
	enum mm_code code = MM_OK;

	for (size_t i = 0; i < mapping->count && code == MM_OK; i++) {
		struct key key = {.place = *target->place};
		mm_auto_buf name = {0};

		mm_buf_printf(&name, "%s%s%s%s%s", prefix, *prefix ? "." : "", section, *section ? "." : "",
			      mapping->items[i].key);
		code = mm_buf_check(&name, err);
		if (code != MM_OK)
			return code;
		key.place.name = name.p;
		key.name = name.p + (*prefix ? strlen(prefix) + 1 : 0);
		code = read_key(target, &key, &mapping->items[i], err);
	}
	return code;
}

/* ---- the whole --------------------------------------------------------------------------------------------------- */

static enum mm_code set_fallbacks(const struct target *target, struct mm_err *err)
{
	for (size_t i = 0; i < target->table->count; i++) {
		const struct mm_option *row = &target->table->rows[i];
		const struct mm_place place = {.file = "defaults", .base_dir = ".", .name = row->name};
		mm_auto_string text = row->fallback ? strdup(row->fallback) : NULL;
		enum mm_code code;

		if (!row->fallback)
			continue;
		if (!text)
			return mm_fail(err, MM_ENOMEM, "out of memory");
		code = mm_option_set(row, target->base, &(struct mm_yaml){.kind = MM_YAML_SCALAR, .text = text}, &place,
				     err);
		if (code != MM_OK)
			return code;
	}
	return MM_OK;
}

static enum mm_code fail_missing(const struct mm_option *row, const struct mm_place *place, size_t line,
				 struct mm_err *err)
{
	mm_auto_buf accepts = {0};
	enum mm_code code;

	mm_option_accepts(row, &accepts);
	code = mm_buf_check(&accepts, err);
	if (code != MM_OK)
		return code;
	if (*place->name == '\0') /* the top begins nowhere */
		return mm_fail(err, MM_ECONFIG, "%s: %s: missing; accepted: %s", place->file, row->name, accepts.p);
	return mm_fail(err, MM_ECONFIG, "%s:%zu: %s.%s: missing; accepted: %s", place->file, line, place->name,
		       row->name, accepts.p);
}

enum mm_code mm_mapping_read(const struct mm_option_table *table, const struct mm_yaml *mapping, void *base,
			     size_t lines[], const struct mm_place *place, struct mm_err *err)
{
	const struct target target = {.table = table, .base = base, .lines = lines, .place = place};
	enum mm_code code = set_fallbacks(&target, err);

	memset(lines, 0, table->count * sizeof *lines);
	if (code == MM_OK)
		code = read_keys(&target, "", mapping, err);
	for (size_t i = 0; i < table->count && code == MM_OK; i++) {
		if (table->rows[i].required && lines[i] == 0)
			code = fail_missing(&table->rows[i], place, mapping->line, err);
	}
	return code;
}
