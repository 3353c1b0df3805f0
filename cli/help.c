/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/help.h"

#include "cli/args.h"
#include "cli/dump.h"
#include "cli/output.h"
#include "cli/run.h"

#include <stdio.h>
#include <string.h>

/* ---- text in columns -------------------------------------------------------------------------------------------- */

/*
 * Appends `text` from `column` on, wrapped between words so that no line is longer than MM_HELP_COLUMNS; further lines
 * begin at `indent`. A newline in `text` begins a new line.
 */
static void add_wrapped(struct mm_buf *out, const char *text, size_t column, size_t indent)
{
	bool first = true;

	for (const char *word = text; *word != '\0';) {
		size_t len = strcspn(word, " \n");

		if (!first && column + 1 + len > MM_HELP_COLUMNS) {
			mm_buf_printf(out, "\n%*s", (int)indent, "");
			column = indent;
			first = true;
		}
		mm_buf_printf(out, "%s%.*s", first ? "" : " ", (int)len, word);
		column += len + !first;
		first = false;
		word += len;
		if (*word == '\n') {
			mm_buf_printf(out, "\n%*s", word[1] == '\n' || word[1] == '\0' ? 0 : (int)indent, "");
			column = indent;
			first = true;
		}
		word += *word != '\0';
	}
	mm_buf_add_str(out, "\n");
}

/* A row of two columns, the second from `indent` on: in the next line where the first is too wide. */
static void add_row(struct mm_buf *out, const char *left, const char *right, size_t indent)
{
	size_t width = strlen(left) + 2;

	mm_buf_printf(out, "  %s", left);
	if (width + 2 > indent) {
		mm_buf_add_str(out, "\n");
		width = 0;
	}
	mm_buf_printf(out, "%*s", (int)(indent - width), "");
	add_wrapped(out, right, indent, indent);
}

/* ---- flags ------------------------------------------------------------------------------------------------------ */

/* "-n, --namespace NAME" */
static void add_flag_left(struct mm_buf *out, const struct mm_flag *flag)
{
	if (flag->letter)
		mm_buf_printf(out, "-%c, ", flag->letter);
	else
		mm_buf_add_str(out, "    ");
	mm_buf_printf(out, "--%s", flag->name);
	if (flag->value)
		mm_buf_printf(out, " %s", flag->value);
}

/* The help line, and what the row says of values: the words, the default, whether it is needed or may be repeated. */
static void add_flag_right(struct mm_buf *out, const struct mm_flag *flag)
{
	mm_buf_add_str(out, flag->help);
	for (size_t i = 0; flag->words && flag->words[i]; i++)
		mm_buf_printf(out, "%s%s", i == 0 ? ": " : flag->words[i + 1] ? ", " : " or ", flag->words[i]);
	if (flag->type == MM_FLAG_ALGORITHM)
		mm_buf_printf(out, ": %s", mm_alg_names());
	if (flag->required)
		mm_buf_add_str(out, " (required)");
	if (flag->type == MM_FLAG_LIST)
		mm_buf_add_str(out, " (may be repeated)");
	if (flag->fallback)
		mm_buf_printf(out, " (default: %s)", flag->fallback);
}

#define FLAG_INDENT   30
#define CHOICE_INDENT 25

static void add_flags(struct mm_buf *out, const struct mm_command *command)
{
	mm_buf_add_str(out, "\nFlags:\n");
	for (const struct mm_flag *flag = command->flags; flag->name; flag++) {
		mm_auto_buf left = {0}, right = {0};

		if (flag->hidden)
			continue;
		add_flag_left(&left, flag);
		add_flag_right(&right, flag);
		if (left.p && right.p)
			add_row(out, left.p, right.p, FLAG_INDENT);
	}
	add_row(out, "-h, --help", "this help", FLAG_INDENT);
}

/* Below the flags, what each word of a long list means. */
static void add_choices(struct mm_buf *out, const struct mm_command *command)
{
	for (const struct mm_flag *flag = command->flags; flag->name; flag++) {
		if (!flag->choices || flag->hidden)
			continue;
		mm_buf_printf(out, "\n%s:\n", flag->choices->title);
		for (size_t i = 0; flag->choices->name(i); i++)
			add_row(out, flag->choices->name(i), flag->choices->help(i), CHOICE_INDENT);
	}
}

/* ---- the three levels ------------------------------------------------------------------------------------------- */

#define COMMAND_INDENT 20

/* The commands of a group, or those at the top. */
static void add_commands(struct mm_buf *out, const struct mm_command *const *commands, const struct mm_command *group)
{
	mm_buf_add_str(out, "\nCommands:\n");
	for (; *commands; commands++) {
		if (mm_command_in(*commands, group))
			add_row(out, mm_command_word(*commands), (*commands)->help, COMMAND_INDENT);
	}
}

static void add_program_help(struct mm_buf *out, const struct mm_command *const *commands)
{
	mm_buf_add_str(out, "mintmark - the mint for workload identity tokens\n\nUsage:\n"
			    "  mintmark COMMAND [flags]\n");
	add_commands(out, commands, NULL);
	mm_buf_add_str(out, "\n");
	add_wrapped(out,
		    "Exit status: 0 done; 1 refused or failed; 2 the command line or the configuration is wrong.\n"
		    "'mintmark COMMAND --help' tells more; so do the manual pages mintmark(1) and mintmark.yaml(5).",
		    0, 0);
}

static void add_group_help(struct mm_buf *out, const struct mm_command *const *commands, const struct mm_command *group)
{
	mm_buf_printf(out, "mintmark %s - %s\n\nUsage:\n  mintmark %s COMMAND [flags]\n", group->name, group->help,
		      group->name);
	add_commands(out, commands, group);
	mm_buf_printf(out, "\n'mintmark %s COMMAND --help' tells more.\n", group->name);
}

static void add_command_help(struct mm_buf *out, const struct mm_command *command)
{
	mm_buf_printf(out, "mintmark %s - %s\n\nUsage:\n  mintmark %s%s%s [flags]\n", command->name, command->help,
		      command->name, *command->arguments ? " " : "", command->arguments);
	if (command->usage) {
		mm_buf_add_str(out, "\n");
		add_wrapped(out, command->usage, 0, 0);
	}
	add_flags(out, command);
	add_choices(out, command);
}

void mm_help_write(const struct mm_command *const *commands, const struct mm_command *command, struct mm_buf *out)
{
	if (!command)
		add_program_help(out, commands);
	else if (!command->run)
		add_group_help(out, commands, command);
	else
		add_command_help(out, command);
}

enum mm_code mm_help_print(const struct mm_command *const *commands, const struct mm_command *command,
			   struct mm_err *err)
{
	mm_auto_buf text = {0};

	mm_help_write(commands, command, &text);
	return mm_print(&text, err);
}

/* ---- the command ------------------------------------------------------------------------------------------------ */

struct help_options {
	int dump;
};

static enum mm_code run_help(struct mm_call *call, struct mm_err *err)
{
	const struct help_options *options = call->options;
	const struct mm_command *command = NULL;

	if (options->dump >= 0)
		return mm_print_json(mm_dump_tables(call->commands), err);
	for (size_t i = 0; i < call->argument_count; i++) {
		enum mm_code code = mm_command_look_up(call->commands, command, call->arguments[i], &command, err);

		if (code != MM_OK) {
			mm_hint(call, "'mintmark help%s%s' lists the commands", command && !command->run ? " " : "",
				command && !command->run ? command->name : "");
			return mm_context(err, code, "help");
		}
	}
	return mm_help_print(call->commands, command, err);
}

static const char *const dump_words[] = {"json", NULL};
static const struct mm_flag help_flags[] = {
	/* The tables for programs: tests/functional/test_docs.py compares the manual pages with them. */
	{.name = "dump",
	 .type = MM_FLAG_WORD,
	 .offset = offsetof(struct help_options, dump),
	 .value = "FORM",
	 .words = dump_words,
	 .hidden = true,
	 .help = "all commands, flags and options"},
	{0},
};

const struct mm_command mm_cmd_help = {
	.name = "help",
	.arguments = "[COMMAND]...",
	.flags = help_flags,
	.options_size = sizeof(struct help_options),
	.run = run_help,
	.help = "tell about the program or a command",
};
