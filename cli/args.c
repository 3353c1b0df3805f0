/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/args.h"

#include <mintmark/base64url.h>
#include <mintmark/suggest.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

const struct mm_flag mm_no_flags[] = {{0}};

/* The parse under way: what is left of argv, and which flags were met. */
struct parse {
	const struct mm_command *command;
	struct mm_args *out;
	bool *seen; /* by the flag's place in the row's list */
	char **next;
	char **end;
	struct mm_err *err;
};

static void *target(const struct parse *parse, const struct mm_flag *flag)
{
	return (char *)parse->out->options + flag->offset;
}

static enum mm_code fail_value(const struct parse *parse, const struct mm_flag *flag, const char *text,
			       const char *accepts)
{
	return mm_fail(parse->err, MM_EUSAGE, "--%s: found \"%.80s\"; accepted: %s", flag->name, text, accepts);
}

/* ---- values ----------------------------------------------------------------------------------------------------- */

static enum mm_code set_word(const struct parse *parse, const struct mm_flag *flag, const char *text)
{
	mm_auto_buf accepts = {0};
	enum mm_code code;

	for (int i = 0; flag->words[i]; i++) {
		if (strcmp(flag->words[i], text) == 0) {
			*(int *)target(parse, flag) = i;
			return MM_OK;
		}
		mm_buf_printf(&accepts, "%s%s", i == 0 ? "" : flag->words[i + 1] ? ", " : " or ", flag->words[i]);
	}
	code = mm_buf_check(&accepts, parse->err);
	return code == MM_OK ? fail_value(parse, flag, text, accepts.p) : code;
}

/* All of a few are named where the mistake is; of many the nearest, or where they stand. */
#define CHOICES_NAMED 8

static enum mm_code fail_choice(const struct parse *parse, const struct mm_flag *flag, const char *text)
{
	struct mm_suggestion suggestion = {.wanted = text};
	mm_auto_buf accepts = {0};
	const char *name;
	size_t n = 0;
	enum mm_code code;

	for (; (name = flag->choices->name(n)); n++) {
		mm_suggestion_offer(&suggestion, name);
		mm_buf_printf(&accepts, "%s%s", n == 0 ? "" : flag->choices->name(n + 1) ? ", " : " or ", name);
	}
	if (suggestion.nearest)
		return mm_fail(parse->err, MM_EUSAGE, "--%s: found \"%.80s\"; did you mean %s?", flag->name, text,
			       suggestion.nearest);
	code = mm_buf_check(&accepts, parse->err);
	if (code != MM_OK)
		return code;
	return fail_value(parse, flag, text, n <= CHOICES_NAMED ? accepts.p : "one of those that --help lists");
}

static enum mm_code set_choice(const struct parse *parse, const struct mm_flag *flag, const char *text)
{
	const char *name;

	for (size_t i = 0; (name = flag->choices->name(i)); i++) {
		if (strcmp(name, text) == 0) {
			*(const char **)target(parse, flag) = name;
			return MM_OK;
		}
	}
	return fail_choice(parse, flag, text);
}

static enum mm_code set_algorithm(const struct parse *parse, const struct mm_flag *flag, const char *text)
{
	const struct mm_alg *alg = mm_alg_find(mm_span_str(text));

	*(const struct mm_alg **)target(parse, flag) = alg;
	return alg ? MM_OK : fail_value(parse, flag, text, mm_alg_names());
}

static enum mm_code set_duration(const struct parse *parse, const struct mm_flag *flag, const char *text)
{
	mm_duration *duration = target(parse, flag);

	/* 0 is what stands there when the flag is not given, and no flag has a use for it. */
	if (mm_duration_parse(text, duration, NULL) != MM_OK || *duration == 0)
		return fail_value(parse, flag, text, "a duration of at least one second, such as 90s, 15m, 1h or 30d");
	return MM_OK;
}

static enum mm_code set_time(const struct parse *parse, const struct mm_flag *flag, const char *text)
{
	mm_time *time = target(parse, flag);

	if (mm_time_parse(text, time, NULL) != MM_OK || *time == MM_NEVER)
		return fail_value(parse, flag, text, "a time such as 2026-11-22T00:15:00Z, or seconds since 1970");
	return MM_OK;
}

static enum mm_code set_value(const struct parse *parse, const struct mm_flag *flag, const char *text)
{
	if (*text == '\0')
		return mm_fail(parse->err, MM_EUSAGE, "--%s: found nothing; accepted: %s", flag->name, flag->value);
	switch (flag->type) {
	case MM_FLAG_LIST: return mm_strings_add(target(parse, flag), text, parse->err);
	case MM_FLAG_WORD: return set_word(parse, flag, text);
	case MM_FLAG_CHOICE: return set_choice(parse, flag, text);
	case MM_FLAG_ALGORITHM: return set_algorithm(parse, flag, text);
	case MM_FLAG_DURATION: return set_duration(parse, flag, text);
	case MM_FLAG_TIME: return set_time(parse, flag, text);
	default: *(const char **)target(parse, flag) = text; return MM_OK;
	}
}

/* ---- flags ------------------------------------------------------------------------------------------------------ */

static bool takes_kid(const struct parse *parse)
{
	const char *arguments = parse->command->arguments;

	return strncmp(arguments + (*arguments == '['), "KID", 3) == 0;
}

/* What to do when it was no flag: one kid in 64 begins with '-', and people copy the beginning of one. */
static const char *instead(const struct parse *parse)
{
	return takes_kid(parse) ? "; the beginning of a kid that looks like a flag goes behind --" : "";
}

static enum mm_code fail_unknown(const struct parse *parse, const char *name)
{
	struct mm_suggestion suggestion = {.wanted = name};

	for (const struct mm_flag *flag = parse->command->flags; flag->name; flag++) {
		if (!flag->hidden)
			mm_suggestion_offer(&suggestion, flag->name);
	}
	mm_suggestion_offer(&suggestion, "help");
	if (suggestion.nearest)
		return mm_fail(parse->err, MM_EUSAGE, "unknown flag --%s; did you mean --%s?", name,
			       suggestion.nearest);
	return mm_fail(parse->err, MM_EUSAGE, "unknown flag --%s%s", name, instead(parse));
}

static enum mm_code fail_needless(const struct parse *parse, const char *name, const char *text)
{
	return mm_fail(parse->err, MM_EUSAGE, "--%s: takes no value, found \"%.80s\"", name, text);
}

/* Gives `flag` the value that is attached to it, or the next word of argv. */
static enum mm_code take_flag(struct parse *parse, const struct mm_flag *flag, const char *attached)
{
	bool *seen = &parse->seen[flag - parse->command->flags];

	if (*seen && flag->type != MM_FLAG_LIST)
		return mm_fail(parse->err, MM_EUSAGE, "--%s: given twice", flag->name);
	*seen = true;
	if (flag->type == MM_FLAG_SWITCH) {
		if (attached)
			return fail_needless(parse, flag->name, attached);
		*(bool *)target(parse, flag) = true;
		return MM_OK;
	}
	if (!attached && parse->next == parse->end)
		return mm_fail(parse->err, MM_EUSAGE, "--%s: the value is missing; accepted: %s", flag->name,
			       flag->value);
	return set_value(parse, flag, attached ? attached : *parse->next++);
}

/* "--name" or "--name=value"; `word` is what follows the dashes. */
static enum mm_code take_long(struct parse *parse, const char *word)
{
	size_t len = strcspn(word, "=");
	mm_auto_string name = strndup(word, len);

	if (!name)
		return mm_fail(parse->err, MM_ENOMEM, "out of memory");
	if (strcmp(name, "help") == 0) {
		parse->out->help = true;
		return word[len] == '=' ? fail_needless(parse, name, word + len + 1) : MM_OK;
	}
	for (const struct mm_flag *flag = parse->command->flags; flag->name; flag++) {
		if (strcmp(flag->name, name) == 0)
			return take_flag(parse, flag, word[len] == '=' ? word + len + 1 : NULL);
	}
	return fail_unknown(parse, name);
}

static const struct mm_flag *find_letter(const struct mm_command *command, char letter)
{
	for (const struct mm_flag *flag = command->flags; flag->name; flag++) {
		if (flag->letter == letter)
			return flag;
	}
	return NULL;
}

/* "-n", "-nvalue", "-n=value", or several switches; `letters` is what follows the dash. */
static enum mm_code take_short(struct parse *parse, const char *letters)
{
	for (; *letters != '\0'; letters++) {
		const struct mm_flag *flag = find_letter(parse->command, *letters);
		const char *rest = letters + 1;
		enum mm_code code;

		if (*letters == 'h') {
			parse->out->help = true;
			continue;
		}
		if (!flag)
			return mm_fail(parse->err, MM_EUSAGE, "unknown flag -%c%s", *letters, instead(parse));
		if (flag->type != MM_FLAG_SWITCH)
			return take_flag(parse, flag, *rest == '\0' ? NULL : rest + (*rest == '='));
		code = take_flag(parse, flag, NULL);
		if (code != MM_OK)
			return code;
	}
	return MM_OK;
}

/* Where a command takes a kid, what has the form of a whole one is one, and no flag. */
static bool is_kid(const struct parse *parse, const char *word)
{
	uint8_t digest[32];
	size_t len;

	if (!takes_kid(parse))
		return false;
	return mm_base64url_decode(mm_span_str(word), digest, sizeof digest, &len, NULL) == MM_OK &&
	       len == sizeof digest;
}

static enum mm_code take_words(struct parse *parse)
{
	bool only_arguments = false;
	enum mm_code code = MM_OK;

	while (code == MM_OK && parse->next < parse->end) {
		char *word = *parse->next++;

		if (only_arguments || word[0] != '-' || word[1] == '\0' || is_kid(parse, word))
			parse->out->positional[parse->out->count++] = word;
		else if (strcmp(word, "--") == 0)
			only_arguments = true;
		else if (word[1] == '-')
			code = take_long(parse, word + 2);
		else
			code = take_short(parse, word + 1);
	}
	return code;
}

/* ---- what was not given ----------------------------------------------------------------------------------------- */

static enum mm_code fill_in(const struct parse *parse)
{
	for (const struct mm_flag *flag = parse->command->flags; flag->name; flag++) {
		enum mm_code code = MM_OK;

		if (parse->seen[flag - parse->command->flags])
			continue;
		if (flag->required)
			return mm_fail(parse->err, MM_EUSAGE, "--%s %s is missing", flag->name, flag->value);
		if (flag->type == MM_FLAG_WORD)
			*(int *)target(parse, flag) = -1;
		if (flag->fallback)
			code = set_value(parse, flag, flag->fallback);
		if (code != MM_OK)
			return code;
	}
	return MM_OK;
}

void mm_arguments_count(const char *arguments, size_t *least, size_t *most)
{
	*least = *most = 0;
	for (const char *word = arguments; *word != '\0'; word += strspn(word, " ")) {
		size_t len = strcspn(word, " ");

		if (*word != '[')
			++*least;
		if (len >= 3 && strncmp(word + len - 3, "...", 3) == 0)
			*most = SIZE_MAX;
		else if (*most != SIZE_MAX)
			++*most;
		word += len;
	}
}

static enum mm_code check_arguments(const struct parse *parse)
{
	const struct mm_args *args = parse->out;
	size_t least, most;

	mm_arguments_count(parse->command->arguments, &least, &most);
	if (args->count < least)
		return mm_fail(parse->err, MM_EUSAGE, "an argument is missing; accepted: %s",
			       parse->command->arguments);
	if (args->count > most)
		return mm_fail(parse->err, MM_EUSAGE, "\"%.80s\" is an argument too many; accepted: %s",
			       args->positional[most], *parse->command->arguments ? parse->command->arguments : "none");
	return MM_OK;
}

enum mm_code mm_args_parse(const struct mm_command *command, int argc, char **argv, struct mm_args *out,
			   struct mm_err *err)
{
	struct parse parse = {.command = command, .out = out, .next = argv, .end = argv + argc, .err = err};
	enum mm_code code = MM_ENOMEM;
	size_t flag_count = 0;

	while (command->flags[flag_count].name)
		flag_count++;
	*out = (struct mm_args){.command = command};
	out->options = calloc(1, command->options_size + 1);
	out->positional = calloc((size_t)argc + 1, sizeof *out->positional);
	parse.seen = calloc(flag_count + 1, sizeof *parse.seen);
	if (out->options && out->positional && parse.seen)
		code = take_words(&parse);
	else
		mm_fail(err, MM_ENOMEM, "out of memory");
	if (code == MM_OK && !out->help)
		code = fill_in(&parse);
	if (code == MM_OK && !out->help)
		code = check_arguments(&parse);
	free(parse.seen);
	return code;
}

void mm_args_clear(struct mm_args *args)
{
	for (const struct mm_flag *flag = args->command ? args->command->flags : NULL; flag && flag->name; flag++) {
		if (flag->type == MM_FLAG_LIST && args->options)
			mm_strings_free((struct mm_strings *)((char *)args->options + flag->offset));
	}
	free(args->options);
	free(args->positional);
	*args = (struct mm_args){0};
}
