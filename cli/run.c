/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/run.h"

#include "cli/args.h"
#include "cli/help.h"
#include "cli/output.h"

#include <mintmark/harden.h>
#include <mintmark/suggest.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

const struct mm_command *mm_command_find(const struct mm_command *const *commands, const char *name)
{
	for (; *commands; commands++) {
		if (strcmp((*commands)->name, name) == 0)
			return *commands;
	}
	return NULL;
}

bool mm_command_in(const struct mm_command *command, const struct mm_command *group)
{
	size_t len = group ? strlen(group->name) : 0;

	if (!group)
		return strchr(command->name, ' ') == NULL;
	return strncmp(command->name, group->name, len) == 0 && command->name[len] == ' ';
}

const char *mm_command_word(const struct mm_command *command)
{
	const char *space = strrchr(command->name, ' ');

	return space ? space + 1 : command->name;
}

static enum mm_code fail_unknown(const struct mm_command *const *commands, const struct mm_command *group,
				 const char *word, struct mm_err *err)
{
	struct mm_suggestion suggestion = {.wanted = word};
	const char *group_name = group ? group->name : "", *space = group ? " " : "";

	for (; *commands; commands++) {
		if (mm_command_in(*commands, group))
			mm_suggestion_offer(&suggestion, mm_command_word(*commands));
	}
	if (*word == '\0')
		return mm_fail(err, MM_EUSAGE, "%s%san empty command", group_name, group ? ": " : "");
	if (suggestion.nearest)
		return mm_fail(err, MM_EUSAGE, "%s%s%.80s: unknown command; did you mean %s%s%s?", group_name, space,
			       word, group_name, space, suggestion.nearest);
	return mm_fail(err, MM_EUSAGE, "%s%s%.80s: unknown command", group_name, space, word);
}

enum mm_code mm_command_look_up(const struct mm_command *const *commands, const struct mm_command *group,
				const char *word, const struct mm_command **out, struct mm_err *err)
{
	for (const struct mm_command *const *row = commands; *row; row++) {
		if (mm_command_in(*row, group) && strcmp(mm_command_word(*row), word) == 0) {
			*out = *row;
			return MM_OK;
		}
	}
	return fail_unknown(commands, group, word, err);
}

static bool asks_for_help(const char *word)
{
	return strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0;
}

/* Moves `*argv` past the command's name and sets call->command to the command, to a group, or to NULL: the program. */
static enum mm_code find_command(struct mm_call *call, int *argc, char ***argv, struct mm_err *err)
{
	while (*argc > 0 && **argv[0] != '-' && !(call->command && call->command->run)) {
		enum mm_code code = mm_command_look_up(call->commands, call->command, **argv, &call->command, err);

		if (code != MM_OK)
			return code;
		++*argv;
		--*argc;
	}
	return MM_OK;
}

static enum mm_code run_command(struct mm_call *call, int argc, char **argv, struct mm_err *err)
{
	mm_auto_args args = {0};
	enum mm_code code = mm_args_parse(call->command, argc, argv, &args, err);

	if (code != MM_OK)
		return mm_context(err, code, "%s", call->command->name);
	if (args.help)
		return mm_help_print(call->commands, call->command, err);
	call->options = args.options;
	call->arguments = args.positional;
	call->argument_count = args.count;
	if (call->command->private_keys)
		code = mm_process_harden(err);
	return code == MM_OK ? call->command->run(call, err) : code;
}

/* What stands where a command was expected: a wish for help or the version, or nothing that would do. */
static enum mm_code run_without_command(struct mm_call *call, int argc, char **argv, struct mm_err *err)
{
	if (argc > 0 && asks_for_help(argv[0]))
		return mm_help_print(call->commands, call->command, err);
	if (argc > 0 && !call->command && strcmp(argv[0], "--version") == 0) {
		call->command = mm_command_find(call->commands, "version");
		return run_command(call, argc - 1, argv + 1, err);
	}
	if (argc > 0 && argv[0][0] == '-' && argv[0][1] != '\0')
		return mm_fail(err, MM_EUSAGE, "%.80s: flags come after the command", argv[0]);
	return mm_fail(err, MM_EUSAGE, "%s%sa command is missing", call->command ? call->command->name : "",
		       call->command ? ": " : "");
}

static void report(const struct mm_call *call, const struct mm_err *err)
{
	mm_auto_buf hint = {0};

	mm_note("%s", err->text);
	mm_add_visible(&hint, mm_span_str(call->hint), false); /* it may repeat what was typed */
	if (hint.len > 0)
		fprintf(stderr, "hint: %s\n", hint.p);
	else if (err->code == MM_EUSAGE)
		fprintf(stderr, "hint: see 'mintmark%s%s --help'\n", call->command ? " " : "",
			call->command ? call->command->name : "");
}

int mm_cli_run(const struct mm_command *const *commands, int argc, char **argv)
{
	struct mm_call call = {.commands = commands};
	struct mm_err err = {0};
	enum mm_code code;

	mm_process_guard_streams();
	/* A reader that went away, or a limit of file size, is an error like any other, not a silent death. */
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
	argc -= argc > 0;
	argv++;
	code = find_command(&call, &argc, &argv, &err);
	if (code == MM_OK)
		code = call.command && call.command->run ? run_command(&call, argc, argv, &err)
							 : run_without_command(&call, argc, argv, &err);
	if (code != MM_OK)
		report(&call, &err);
	return mm_code_exit_status(code);
}
