/* SPDX-License-Identifier: Apache-2.0 */
#include <mintmark/config.h>
#include <mintmark/file.h>

#include "conf/mapping.h"
#include "conf/relations.h"

#include <mintmark/option.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CONFIG_FILE_MAX (4 << 20) /* bytes: some thousand declared service accounts */
#define SYSTEM_CONFIG   "/etc/mintmark/mintmark.yaml"

static enum mm_code out_of_memory(struct mm_err *err)
{
	return mm_fail(err, MM_ENOMEM, "out of memory");
}

const char *mm_listen_unix_path(const char *address)
{
	size_t len = strlen(MM_LISTEN_UNIX);

	return strncmp(address, MM_LISTEN_UNIX, len) == 0 ? address + len : NULL;
}

/* ---- reading ----------------------------------------------------------------------------------------------------- */

enum mm_code mm_config_parse(struct mm_span text, const char *name, const char *base_dir, struct mm_config **out,
			     struct mm_err *err)
{
	const struct mm_option_table table = {mm_options, mm_option_count};
	const struct mm_place place = {.file = name, .base_dir = base_dir, .name = ""};
	mm_auto(mm_yaml) yaml = NULL;
	mm_auto(mm_config) config = calloc(1, sizeof *config);
	enum mm_code code;

	if (!config)
		return out_of_memory(err);
	config->name = strdup(name);
	config->lines = calloc(mm_option_count, sizeof *config->lines);
	if (!config->name || !config->lines)
		return out_of_memory(err);
	code = mm_yaml_read(text, name, &yaml, err);
	if (code == MM_OK)
		code = mm_mapping_read(&table, yaml, config, config->lines, &place, err);
	if (code == MM_OK)
		code = mm_config_check_relations(config, err);
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
