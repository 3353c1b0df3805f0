/* SPDX-License-Identifier: Apache-2.0 */
#include <mintmark/config.h>
#include <mintmark/file.h>
#include <mintmark/suggest.h>

#include "conf/relations.h"
#include "conf/values.h"
#include "conf/yaml_loader.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CONFIG_FILE_MAX 65536 /* bytes */
#define SYSTEM_CONFIG   "/etc/mintmark/mintmark.yaml"

/* What is being read: where messages say that it stands, and what it says. */
struct source {
	const char *name;
	const char *base_dir;
	const struct mm_yaml *yaml;
};

static enum mm_code out_of_memory(struct mm_err *err)
{
	return mm_fail(err, MM_ENOMEM, "out of memory");
}

/* ---- names ------------------------------------------------------------------------------------------------------ */

/* Whether the option lies directly or deeper in the section: "keys.algorithm" in "keys". */
static bool in_section(const struct mm_option *option, const char *section, size_t len)
{
	return strncmp(option->name, section, len) == 0 && option->name[len] == '.';
}

static bool is_section(const char *name)
{
	for (size_t i = 0; i < mm_option_count; i++) {
		if (in_section(&mm_options[i], name, strlen(name)))
			return true;
	}
	return false;
}

/* The names at the top, or those in a section, as a list for messages. */
static void add_names(const char *section, size_t len, struct mm_buf *out)
{
	const char *last = "";
	size_t last_len = 0;

	for (size_t i = 0; i < mm_option_count; i++) {
		const char *name = mm_options[i].name;
		size_t name_len;

		if (len > 0 && !in_section(&mm_options[i], section, len))
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

/* Every name that may stand in the file: options, and the sections that they are in. */
static enum mm_code list_names(struct mm_strings *out, struct mm_err *err)
{
	enum mm_code code = MM_OK;

	for (size_t i = 0; i < mm_option_count && code == MM_OK; i++) {
		const char *name = mm_options[i].name;
		mm_auto_string section = strndup(name, strcspn(name, "."));

		if (!section)
			return out_of_memory(err);
		if (!mm_strings_has(out, section))
			code = mm_strings_add(out, section, err);
		if (code == MM_OK && strcmp(section, name) != 0)
			code = mm_strings_add(out, name, err);
	}
	return code;
}

static enum mm_code fail_unknown(const struct source *source, const struct mm_yaml_entry *entry, struct mm_err *err)
{
	struct mm_suggestion suggestion = {.wanted = entry->name};
	mm_auto_strings known = {0};
	const char *dot = strrchr(entry->name, '.');
	size_t section_len = dot ? (size_t)(dot - entry->name) : 0;
	mm_auto_buf names = {0};
	enum mm_code code = list_names(&known, err);

	if (code != MM_OK)
		return code;
	for (size_t i = 0; i < known.n; i++)
		mm_suggestion_offer(&suggestion, known.v[i]);
	if (suggestion.nearest)
		return mm_fail(err, MM_ECONFIG, "%s:%zu: %s: unknown key; did you mean %s?", source->name, entry->line,
			       entry->name, suggestion.nearest);
	add_names(entry->name, section_len, &names);
	if (names.len == 0) /* in an option that takes a value, or deeper: the whole section is unknown */
		add_names("", 0, &names);
	code = mm_buf_check(&names, err);
	if (code != MM_OK)
		return code;
	return mm_fail(err, MM_ECONFIG, "%s:%zu: %s: unknown key; accepted: %s", source->name, entry->line, entry->name,
		       names.p);
}

/* ---- one entry -------------------------------------------------------------------------------------------------- */

/* A line for an entry of the wrong shape. */
static enum mm_code fail_shape(const struct source *source, const struct mm_yaml_entry *entry,
			       const struct mm_option *option, struct mm_err *err)
{
	static const char *const found[] = {
		[MM_YAML_NOTHING] = "nothing",
		[MM_YAML_SCALAR] = "a single value",
		[MM_YAML_LIST] = "a list",
		[MM_YAML_SECTION] = "a mapping",
	};
	mm_auto_buf accepts = {0};
	enum mm_code code;

	if (option) {
		mm_option_accepts(option, &accepts);
	} else {
		mm_buf_add_str(&accepts, "a mapping with ");
		add_names(entry->name, strlen(entry->name), &accepts);
	}
	code = mm_buf_check(&accepts, err);
	if (code != MM_OK)
		return code;
	return mm_fail(err, MM_ECONFIG, "%s:%zu: %s: found %s; accepted: %s", source->name, entry->line, entry->name,
		       found[entry->kind], accepts.p);
}

static bool takes_list(const struct mm_option *option)
{
	return option->type == MM_OPT_STRINGS || option->type == MM_OPT_COMMAND;
}

static enum mm_code apply(struct mm_config *config, const struct source *source, const struct mm_yaml_entry *entry,
			  struct mm_err *err)
{
	const struct mm_option *option = mm_option_find(entry->name);
	enum mm_code code;

	if (!option && !is_section(entry->name))
		return fail_unknown(source, entry, err);
	if (!option)
		/* A section may be empty, as when all that is in it is commented out. */
		return entry->kind == MM_YAML_SECTION || entry->kind == MM_YAML_NOTHING
			       ? MM_OK
			       : fail_shape(source, entry, NULL, err);
	if (entry->kind != (takes_list(option) ? MM_YAML_LIST : MM_YAML_SCALAR))
		return fail_shape(source, entry, option, err);
	config->lines[option - mm_options] = entry->line;
	code = mm_option_set(option, config, &entry->values, source->base_dir, err);
	return mm_context(err, code, "%s:%zu: %s", source->name, entry->line, entry->name);
}

static enum mm_code apply_fallbacks(struct mm_config *config, struct mm_err *err)
{
	for (size_t i = 0; i < mm_option_count; i++) {
		mm_auto_strings texts = {0};
		enum mm_code code;

		if (!mm_options[i].fallback)
			continue;
		code = mm_strings_add(&texts, mm_options[i].fallback, err);
		if (code == MM_OK)
			code = mm_option_set(&mm_options[i], config, &texts, ".", err);
		if (code != MM_OK)
			return mm_context(err, code, "default of %s", mm_options[i].name);
	}
	return MM_OK;
}

static enum mm_code check_required(const struct source *source, struct mm_err *err)
{
	for (size_t i = 0; i < mm_option_count; i++) {
		const struct mm_option *option = &mm_options[i];
		mm_auto_buf accepts = {0};

		if (!option->required || mm_yaml_find(source->yaml, option->name))
			continue;
		mm_option_accepts(option, &accepts);
		return mm_fail(err, MM_ECONFIG, "%s: %s: missing; accepted: %s", source->name, option->name,
			       accepts.p ? accepts.p : "");
	}
	return MM_OK;
}

/* ---- the whole -------------------------------------------------------------------------------------------------- */

enum mm_code mm_config_parse(struct mm_span text, const char *name, const char *base_dir, struct mm_config **out,
			     struct mm_err *err)
{
	mm_auto(mm_yaml) yaml = NULL;
	mm_auto(mm_config) config = calloc(1, sizeof *config);
	struct source source = {.name = name, .base_dir = base_dir};
	enum mm_code code;

	if (!config)
		return out_of_memory(err);
	config->name = strdup(name);
	config->lines = calloc(mm_option_count, sizeof *config->lines);
	if (!config->name || !config->lines)
		return out_of_memory(err);
	code = mm_yaml_read(text, name, &yaml, err);
	if (code == MM_OK)
		code = apply_fallbacks(config, err);
	source.yaml = yaml;
	for (size_t i = 0; code == MM_OK && i < yaml->count; i++)
		code = apply(config, &source, &yaml->entries[i], err);
	if (code == MM_OK)
		code = check_required(&source, err);
	if (code == MM_OK)
		code = mm_config_check_relations(config, yaml, name, err);
	if (code == MM_OK)
		*out = mm_take(config);
	return code;
}

/* The directory of the file: "." for a bare name. */
static char *directory_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	if (!slash)
		return strdup(".");
	return slash == path ? strdup("/") : strndup(path, (size_t)(slash - path));
}

enum mm_code mm_config_load(const char *path, struct mm_config **out, struct mm_err *err)
{
	bool from_stdin = strcmp(path, "-") == 0;
	mm_auto(mm_config) config = NULL;
	mm_auto_string base_dir = directory_of(path);
	mm_auto_buf text = {0};
	struct mm_err why = {0};
	enum mm_code code;

	if (!base_dir)
		return out_of_memory(err);
	code = mm_path_read(path, from_stdin ? MM_FILE_ANY : MM_FILE_OWNED, CONFIG_FILE_MAX, &text, &why);
	if (code != MM_OK) /* too large, or open to others: it is the configuration that is wrong */
		return mm_fail(err, code == MM_EUNSAFE || code == MM_ELIMIT ? MM_ECONFIG : code, "%s", why.text);
	code = mm_config_parse(mm_buf_span(&text), from_stdin ? "standard input" : path, base_dir, &config, err);
	if (code != MM_OK)
		return code;
	if (!from_stdin) {
		config->path = strdup(path);
		if (!config->path)
			return out_of_memory(err);
	}
	*out = mm_take(config);
	return MM_OK;
}

enum mm_code mm_config_context(const struct mm_config *config, const char *option, enum mm_code code,
			       struct mm_err *err)
{
	const struct mm_option *row = mm_option_find(option);
	size_t line = config->lines && row ? config->lines[row - mm_options] : 0;

	if (!config->name)
		return code;
	return line > 0 ? mm_context(err, code, "%s:%zu", config->name, line)
			: mm_context(err, code, "%s", config->name);
}

void mm_config_free(struct mm_config *config)
{
	if (!config)
		return;
	for (size_t i = 0; i < mm_option_count; i++)
		mm_option_clear(&mm_options[i], config);
	free(config->path);
	free(config->name);
	free(config->lines);
	free(config);
}

enum mm_code mm_config_find(const char *flag, char **path, struct mm_err *err)
{
	const char *environment = getenv("MINTMARK_CONFIG");
	const char *found = NULL;

	/* What somebody named is used, even when it is not there: to go on to another file would surprise. */
	if (flag)
		found = flag;
	else if (environment && *environment)
		found = environment;
	else if (access("mintmark.yaml", F_OK) == 0)
		found = "mintmark.yaml";
	else if (access(SYSTEM_CONFIG, F_OK) == 0)
		found = SYSTEM_CONFIG;
	if (!found)
		return mm_fail(err, MM_ENOTFOUND,
			       "no configuration: neither --config nor $MINTMARK_CONFIG is set, and there is no "
			       "./mintmark.yaml and no " SYSTEM_CONFIG);
	*path = strdup(found);
	return *path ? MM_OK : out_of_memory(err);
}

enum mm_code mm_config_fixed_changes(const struct mm_config *running, const struct mm_config *next,
				     struct mm_strings *names, struct mm_err *err)
{
	for (size_t i = 0; i < mm_option_count; i++) {
		const struct mm_option *option = &mm_options[i];
		enum mm_code code;

		if (option->reloadable || mm_option_equal(option, running, next))
			continue;
		code = mm_strings_add(names, option->name, err);
		if (code != MM_OK)
			return code;
	}
	return MM_OK;
}

enum mm_code mm_config_keep_fixed(const struct mm_config *running, struct mm_config *next, struct mm_err *err)
{
	enum mm_code code = MM_OK;

	for (size_t i = 0; i < mm_option_count && code == MM_OK; i++) {
		if (!mm_options[i].reloadable)
			code = mm_option_copy(&mm_options[i], next, running, err);
	}
	return code;
}
