/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Both shells get the same script in their own words: find the command among the words typed so far; if the word before
 * the cursor is a flag that takes a value, offer values; else offer flags, subcommands or arguments.
 */
#include "cli/completion.h"

#include "cli/args.h"
#include "cli/output.h"
#include "cli/run.h"

#include <ctype.h>
#include <string.h>

/* ---- what can stand in a place ---------------------------------------------------------------------------------- */

/* What a place completes to. Words are separated by spaces; none, no files and no directories: nothing is known. */
struct candidates {
	struct mm_buf words;
	bool files;
	bool dirs;
};

static void candidates_free(struct candidates *candidates)
{
	mm_buf_free(&candidates->words);
}
#define mm_auto_candidates MM_CLEANUP(candidates_free) struct candidates

static void add_word(struct candidates *candidates, const char *word, size_t len)
{
	mm_buf_printf(&candidates->words, "%s%.*s", candidates->words.len > 0 ? " " : "", (int)len, word);
}

static void flag_candidates(const struct mm_flag *flag, struct candidates *out)
{
	out->files = flag->type == MM_FLAG_FILE;
	out->dirs = flag->type == MM_FLAG_DIR;
	for (size_t i = 0; flag->type == MM_FLAG_ALGORITHM && i < MM_ALG_COUNT; i++)
		add_word(out, mm_algs[i].name, strlen(mm_algs[i].name));
	for (size_t i = 0; flag->type == MM_FLAG_WORD && flag->words[i]; i++)
		add_word(out, flag->words[i], strlen(flag->words[i]));
	for (size_t i = 0; flag->type == MM_FLAG_CHOICE && flag->choices->name(i); i++)
		add_word(out, flag->choices->name(i), strlen(flag->choices->name(i)));
}

static void add_commands(const struct mm_command *const *commands, const struct mm_command *group,
			 struct candidates *out)
{
	for (; *commands; commands++) {
		if (mm_command_in(*commands, group))
			add_word(out, mm_command_word(*commands), strlen(mm_command_word(*commands)));
	}
}

/* The arguments as the row writes them: some words are known, and lower case is typed as it stands. */
static void argument_candidates(const struct mm_command *const *commands, const struct mm_command *command,
				struct candidates *out)
{
	static const char between[] = " []|.";

	if (!command->run) {
		add_commands(commands, command, out);
		return;
	}
	for (const char *word = command->arguments; *(word += strspn(word, between)) != '\0';) {
		size_t len = strcspn(word, between);
		struct mm_span span = mm_span(word, len);

		if (mm_span_is(span, "FILE"))
			out->files = true;
		else if (mm_span_is(span, "DIR") || mm_span_is(span, "DESTINATION"))
			out->dirs = true;
		else if (mm_span_is(span, "COMMAND"))
			add_commands(commands, NULL, out);
		else if (!isupper((unsigned char)*word))
			add_word(out, word, len);
		word += len;
	}
}

/* ---- what both scripts have ------------------------------------------------------------------------------------- */

/* The arms of "case "$command $word"": which words make up a command. */
static void add_command_arms(const struct mm_command *const *commands, struct mm_buf *out)
{
	for (const struct mm_command *const *row = commands; *row; row++)
		mm_buf_printf(out, "%s'%s%s'", row == commands ? "\t\t" : "|", strchr((*row)->name, ' ') ? "" : " ",
			      (*row)->name);
	mm_buf_add_str(out, ")\n\t\t\tcommand=\"${command:+$command }$word\" ;;\n\t\t*) break ;;\n");
}

struct shell {
	/* Appends the statement that offers the candidates; nothing where there are none. */
	void (*offer)(const struct candidates *candidates, struct mm_buf *out);
	/* The statement that offers flags: each of them is added, with a space, between these two. */
	const char *before_flags;
	void (*add_flag)(struct mm_buf *out, const char *name, const char *help);
	const char *after_flags;
};

/*
 * An arm for each flag that takes a value, also for those whose values nobody knows: a flag must not be offered
 * there.
 */
static void add_value_arms(const struct shell *shell, const struct mm_command *command, struct mm_buf *out)
{
	for (const struct mm_flag *flag = command->flags; flag->name; flag++) {
		mm_auto_candidates candidates = {0};

		if (flag->type == MM_FLAG_SWITCH || flag->hidden)
			continue;
		flag_candidates(flag, &candidates);
		mm_buf_printf(out, "\t'%s --%s'", command->name, flag->name);
		if (flag->letter)
			mm_buf_printf(out, "|'%s -%c'", command->name, flag->letter);
		mm_buf_add_str(out, ") ");
		shell->offer(&candidates, out);
		mm_buf_add_str(out, "return ;;\n");
	}
}

/* "help token ": what takes commands goes on in the group that stands before the cursor. */
static void add_group_arms(const struct shell *shell, const struct mm_command *const *commands,
			   const struct mm_command *command, struct mm_buf *out)
{
	if (!command->run || !strstr(command->arguments, "COMMAND"))
		return;
	for (const struct mm_command *const *row = commands; *row; row++) {
		mm_auto_candidates candidates = {0};

		if ((*row)->run)
			continue;
		add_commands(commands, *row, &candidates);
		mm_buf_printf(out, "\t'%s %s') ", command->name, (*row)->name);
		shell->offer(&candidates, out);
		mm_buf_add_str(out, "return ;;\n");
	}
}

static void offer_flags(const struct shell *shell, const struct mm_command *command, struct mm_buf *out)
{
	mm_buf_add_str(out, shell->before_flags);
	shell->add_flag(out, "help", "this help");
	for (const struct mm_flag *flag = command->flags; flag->name; flag++) {
		if (!flag->hidden)
			shell->add_flag(out, flag->name, flag->help);
	}
	mm_buf_add_str(out, shell->after_flags);
}

/* From inside the loop over the words before the cursor to the end of the function. */
static void add_script_body(const struct shell *shell, const struct mm_command *const *commands, struct mm_buf *out)
{
	mm_auto_candidates top = {0};

	mm_buf_add_str(out, "\t\tcase \"$command $word\" in\n");
	add_command_arms(commands, out);
	mm_buf_add_str(out, "\t\tesac\n\tdone\n\tcase \"$command $flag\" in\n");
	for (const struct mm_command *const *row = commands; *row; row++) {
		add_value_arms(shell, *row, out);
		add_group_arms(shell, commands, *row, out);
	}
	mm_buf_add_str(
		out,
		"\tesac\n\t[[ -n $attached ]] && return\n\tif [[ $current == -* ]]; then\n\t\tcase \"$command\" in\n");
	for (const struct mm_command *const *row = commands; *row; row++) {
		mm_buf_printf(out, "\t\t'%s') ", (*row)->name);
		offer_flags(shell, *row, out);
		mm_buf_add_str(out, ";;\n");
	}
	mm_buf_add_str(out, "\t\tesac\n\t\treturn\n\tfi\n\tcase \"$command\" in\n\t'') ");
	add_commands(commands, NULL, &top);
	shell->offer(&top, out);
	mm_buf_add_str(out, ";;\n");
	for (const struct mm_command *const *row = commands; *row; row++) {
		mm_auto_candidates candidates = {0};

		argument_candidates(commands, *row, &candidates);
		mm_buf_printf(out, "\t'%s') ", (*row)->name);
		shell->offer(&candidates, out);
		mm_buf_add_str(out, ";;\n");
	}
	mm_buf_add_str(out, "\tesac\n");
}

/* ---- bash ------------------------------------------------------------------------------------------------------- */

static void bash_offer(const struct candidates *candidates, struct mm_buf *out)
{
	if (candidates->words.len > 0)
		mm_buf_printf(out, "_mintmark_offer -W '%s'; ", candidates->words.p);
	if (candidates->files || candidates->dirs)
		mm_buf_printf(out, "compopt -o filenames 2>/dev/null; _mintmark_offer -%c; ",
			      candidates->files ? 'f' : 'd');
}

static void bash_add_flag(struct mm_buf *out, const char *name, const char *help)
{
	(void)help;
	mm_buf_printf(out, "--%s ", name);
}

void mm_completion_bash(const struct mm_command *const *commands, struct mm_buf *out)
{
	static const struct shell bash = {
		.offer = bash_offer,
		.before_flags = "_mintmark_offer -W '",
		.add_flag = bash_add_flag,
		.after_flags = "' ",
	};

	mm_buf_add_str(out, "# bash completion for mintmark:  source <(mintmark completion bash)\n"
			    "_mintmark_offer()\n"
			    "{\n"
			    "\tlocal found\n"
			    "\twhile IFS= read -r found; do COMPREPLY+=(\"$found\"); done < <(compgen -P \"$attached\" "
			    "\"$@\" -- \"$current\")\n"
			    "}\n"
			    "\n"
			    "_mintmark()\n"
			    "{\n"
			    "\tlocal current=${COMP_WORDS[COMP_CWORD]} flag=${COMP_WORDS[COMP_CWORD-1]}\n"
			    "\tlocal command='' attached='' word i\n"
			    "\tCOMPREPLY=()\n"
			    "\t# \"--flag=value\" comes as three words.\n"
			    "\tif [[ $current == '=' ]]; then\n"
			    "\t\tcurrent=''\n"
			    "\telif [[ $flag == '=' ]]; then\n"
			    "\t\tflag=${COMP_WORDS[COMP_CWORD-2]}\n"
			    "\telif [[ $current == -[^-]* ]]; then\n"
			    "\t\tflag=${current:0:2} attached=${current:0:2} current=${current:2}\n"
			    "\tfi\n"
			    "\tfor ((i = 1; i < COMP_CWORD; i++)); do\n"
			    "\t\tword=${COMP_WORDS[i]}\n");
	add_script_body(&bash, commands, out);
	mm_buf_add_str(out, "}\ncomplete -F _mintmark mintmark\n");
}

/* ---- zsh -------------------------------------------------------------------------------------------------------- */

static void zsh_offer(const struct candidates *candidates, struct mm_buf *out)
{
	if (candidates->words.len > 0)
		mm_buf_printf(out, "compadd -- %s; ", candidates->words.p);
	if (candidates->files || candidates->dirs)
		mm_buf_add_str(out, candidates->files ? "_files; " : "_files -/; ");
}

/* A description for _describe in single quotes: a colon would end the name, a quote the text. */
static void zsh_add_flag(struct mm_buf *out, const char *name, const char *help)
{
	mm_buf_printf(out, "'--%s:", name);
	for (; *help != '\0'; help++) {
		if (*help == '\'')
			mm_buf_add_str(out, "'\\''");
		else
			mm_buf_printf(out, "%s%c", *help == ':' ? "\\" : "", *help);
	}
	mm_buf_add_str(out, "' ");
}

void mm_completion_zsh(const struct mm_command *const *commands, struct mm_buf *out)
{
	static const struct shell zsh = {
		.offer = zsh_offer,
		.before_flags = "known=(",
		.add_flag = zsh_add_flag,
		.after_flags = "); _describe -o flag known ",
	};

	mm_buf_add_str(out, "#compdef mintmark\n"
			    "# zsh completion for mintmark:  source <(mintmark completion zsh)\n"
			    "_mintmark()\n"
			    "{\n"
			    "\tlocal current=$PREFIX flag=${words[CURRENT-1]} command='' attached='' word i\n"
			    "\tlocal -a known\n"
			    "\tif [[ $PREFIX == --*=* ]]; then\n"
			    "\t\tflag=${PREFIX%%=*}\n"
			    "\t\tcompset -P '*='\n"
			    "\t\tcurrent=$PREFIX\n"
			    "\telif [[ $PREFIX == -[^-]* ]]; then\n"
			    "\t\tflag=${PREFIX[1,2]} attached=1\n"
			    "\t\tcompset -P 2\n"
			    "\tfi\n"
			    "\tfor ((i = 2; i < CURRENT; i++)); do\n"
			    "\t\tword=${words[i]}\n");
	add_script_body(&zsh, commands, out);
	mm_buf_add_str(
		out,
		"}\n"
		"# Sourced, or loaded by the completion system as a file of $fpath.\n"
		"if [[ ${funcstack[1]} == _mintmark ]]; then _mintmark \"$@\"; else compdef _mintmark mintmark; fi\n");
}

/* ---- the command ------------------------------------------------------------------------------------------------ */

static enum mm_code run(struct mm_call *call, struct mm_err *err)
{
	const char *shell = call->arguments[0];
	mm_auto_buf script = {0};

	if (strcmp(shell, "bash") == 0)
		mm_completion_bash(call->commands, &script);
	else if (strcmp(shell, "zsh") == 0)
		mm_completion_zsh(call->commands, &script);
	else
		return mm_fail(err, MM_EUSAGE, "completion: found \"%.80s\"; accepted: bash or zsh", shell);
	return mm_print(&script, err);
}

const struct mm_command mm_cmd_completion = {
	.name = "completion",
	.arguments = "bash|zsh",
	.usage = "Prints a completion script. In ~/.bashrc:  source <(mintmark completion bash)\n"
		 "In ~/.zshrc, after compinit:  source <(mintmark completion zsh)",
	.flags = mm_no_flags,
	.run = run,
	.help = "print a completion script for a shell",
};
