/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/dump.h"

#include <mintmark/option.h>

static json_t *words_json(const char *const *words)
{
	json_t *list = json_array();

	for (; words && *words; words++)
		json_array_append_new(list, json_string(*words));
	return list;
}

static json_t *choices_json(const struct mm_choices *choices)
{
	json_t *list = json_array();

	for (size_t i = 0; choices->name(i); i++)
		json_array_append_new(list, json_string(choices->name(i)));
	return list;
}

static json_t *flag_json(const struct mm_flag *flag)
{
	return json_pack("{s:s, s:s%, s:s?, s:s?, s:o, s:s?, s:b, s:b, s:b, s:s}", "name", flag->name, "letter",
			 &flag->letter, (size_t)(flag->letter != '\0'), "value", flag->value, "default", flag->fallback,
			 "words", flag->choices ? choices_json(flag->choices) : words_json(flag->words), "title",
			 flag->choices ? flag->choices->title : NULL, "required", flag->required, "hidden",
			 flag->hidden, "repeatable", flag->type == MM_FLAG_LIST, "help", flag->help);
}

static json_t *command_json(const struct mm_command *command)
{
	json_t *flags = json_array();

	for (const struct mm_flag *flag = command->flags; flag->name; flag++)
		json_array_append_new(flags, flag_json(flag));
	return json_pack("{s:s, s:s, s:s, s:b, s:b, s:o}", "name", command->name, "arguments", command->arguments,
			 "help", command->help, "group", command->run == NULL, "private_keys", command->private_keys,
			 "flags", flags);
}

static json_t *fields_json(const struct mm_option *fields);

static json_t *option_json(const struct mm_option *option)
{
	static const char *const types[] = {
		[MM_OPT_STRING] = "string",
		[MM_OPT_PATH] = "path",
		[MM_OPT_DURATION] = "duration",
		[MM_OPT_INT] = "integer",
		[MM_OPT_ENUM] = "word",
		[MM_OPT_STRINGS] = "list",
		[MM_OPT_COMMAND] = "command",
		[MM_OPT_BOOL] = "boolean",
		[MM_OPT_PAIRS] = "mapping",
		[MM_OPT_RECORDS] = "records",
		[MM_OPT_DESTINATIONS] = "destinations",
	};
	mm_auto_buf accepts = {0};

	mm_option_accepts(option, &accepts);
	return json_pack("{s:s, s:s, s:s?, s:b, s:b, s:s, s:o, s:s, s:o}", "name", option->name, "type",
			 types[option->type], "default", option->fallback, "required", option->required, "reloadable",
			 option->reloadable, "accepts", accepts.p ? accepts.p : "", "words", words_json(option->words),
			 "help", option->help, "fields", fields_json(option->fields));
}

/* Of each record of a list; nothing for what is no list of records. */
static json_t *fields_json(const struct mm_option *fields)
{
	json_t *list = json_array();

	for (; fields && fields->name; fields++)
		json_array_append_new(list, option_json(fields));
	return list;
}

json_t *mm_dump_tables(const struct mm_command *const *commands)
{
	json_t *command_list = json_array(), *option_list = json_array();

	for (; *commands; commands++)
		json_array_append_new(command_list, command_json(*commands));
	for (size_t i = 0; i < mm_option_count; i++)
		json_array_append_new(option_list, option_json(&mm_options[i]));
	return json_pack("{s:s, s:o, s:o}", "version", MM_VERSION, "commands", command_list, "options", option_list);
}
