/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/commands.h"

#include "cli/args.h"

static enum mm_code run_nothing(struct mm_call *call, struct mm_err *err)
{
	(void)call;
	(void)err;
	return MM_OK;
}

#define AT(member) offsetof(struct test_options, member)

static const char *choice_name(size_t i)
{
	static const char *const names[] = {"gold", "silver"};

	return i < MM_COUNT(names) ? names[i] : NULL;
}

static const char *choice_help(size_t i)
{
	return i == 0 ? "a heavy one" : "a light one";
}

static const struct mm_choices choices = {"Metals", choice_name, choice_help};
static const char *const words[] = {"one", "two", "three", NULL};

static const struct mm_flag strike_flags[] = {
	{.name = "quick", .letter = 'q', .type = MM_FLAG_SWITCH, .offset = AT(quick), .help = "do not wait"},
	{.name = "deep", .letter = 'd', .type = MM_FLAG_SWITCH, .offset = AT(deep), .help = "go down"},
	{.name = "text",
	 .letter = 't',
	 .type = MM_FLAG_TEXT,
	 .offset = AT(text),
	 .value = "TEXT",
	 .required = true,
	 .help = "it's any text: with a colon"},
	{.name = "file", .type = MM_FLAG_FILE, .offset = AT(file), .value = "FILE", .help = "a file"},
	{.name = "dir", .type = MM_FLAG_DIR, .offset = AT(dir), .value = "DIR", .help = "a directory"},
	{.name = "item", .type = MM_FLAG_LIST, .offset = AT(list), .value = "ITEM", .help = "an item"},
	{.name = "word",
	 .letter = 'w',
	 .type = MM_FLAG_WORD,
	 .offset = AT(word),
	 .value = "WORD",
	 .fallback = "two",
	 .words = words,
	 .help = "a word"},
	{.name = "other-word",
	 .type = MM_FLAG_WORD,
	 .offset = AT(other_word),
	 .value = "WORD",
	 .words = words,
	 .help = "another word"},
	{.name = "metal",
	 .type = MM_FLAG_CHOICE,
	 .offset = AT(choice),
	 .value = "METAL",
	 .choices = &choices,
	 .help = "what it is made of"},
	{.name = "algorithm", .type = MM_FLAG_ALGORITHM, .offset = AT(alg), .value = "ALG", .help = "an algorithm"},
	{.name = "duration",
	 .type = MM_FLAG_DURATION,
	 .offset = AT(duration),
	 .value = "DURATION",
	 .fallback = "90s",
	 .help = "a duration"},
	{.name = "time", .type = MM_FLAG_TIME, .offset = AT(time), .value = "TIME", .help = "a time"},
	{.name = "secret",
	 .type = MM_FLAG_TEXT,
	 .offset = AT(hidden),
	 .value = "X",
	 .hidden = true,
	 .help = "not for everybody"},
	{0},
};

const struct mm_command test_strike = {
	.name = "group strike",
	.arguments = "FILE [TOKEN|-]",
	.usage = "Strikes a coin.\n\nA second paragraph that is so long that it must be wrapped before the eightieth "
		 "column.",
	.flags = strike_flags,
	.options_size = sizeof(struct test_options),
	.run = run_nothing,
	.help = "strike a coin",
};

const struct mm_command test_any = {
	.name = "group any",
	.arguments = "[COMMAND]...",
	.flags = mm_no_flags,
	.run = run_nothing,
	.help = "take anything",
};

const struct mm_command test_plain = {
	.name = "plain",
	.arguments = "",
	.flags = mm_no_flags,
	.run = run_nothing,
	.help = "do nothing",
};

static const struct mm_command group = {
	.name = "group",
	.arguments = "COMMAND",
	.flags = mm_no_flags,
	.help = "several commands",
};

static const struct mm_command shell = {
	.name = "shell",
	.arguments = "bash|zsh DIR",
	.flags = mm_no_flags,
	.run = run_nothing,
	.help = "choose a shell",
};

const struct mm_command *const test_commands[] = {&test_plain, &group, &test_strike, &test_any, &shell, NULL};
