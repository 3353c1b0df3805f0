/* SPDX-License-Identifier: Apache-2.0 */
#include "conf/values.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define ITEM_MAX     1024 /* bytes of an item of a list */
#define ARGUMENT_MAX 4096 /* bytes of a word of a command */
#define QUOTED_MAX   80   /* bytes of a wrong value that a message repeats */

static void *member(const struct mm_option *option, struct mm_config *config)
{
	return (char *)config + option->offset;
}

static const void *member_const(const struct mm_option *option, const struct mm_config *config)
{
	return (const char *)config + option->offset;
}

/* The line for a wrong value; `why` is the broken rule, or "". */
static enum mm_code refuse(const struct mm_option *option, const char *found, const char *why, struct mm_err *err)
{
	mm_auto_buf accepts = {0};
	enum mm_code code;

	mm_option_accepts(option, &accepts);
	code = mm_buf_check(&accepts, err);
	if (code != MM_OK)
		return code;
	return mm_fail(err, MM_ECONFIG, "found \"%.*s%s\"%s%s; accepted: %s", QUOTED_MAX, found,
		       strlen(found) > QUOTED_MAX ? "..." : "", *why ? ": " : "", why, accepts.p);
}

static enum mm_code check_rule(const struct mm_option *option, const char *text, struct mm_err *err)
{
	struct mm_err why = {0};
	mm_auto_buf named = {0};
	const char *begin;

	if (!option->check || option->check(text, &why) == MM_OK)
		return MM_OK;
	/* The rule may name the value before it says what is wrong with it; so do we, and once is enough. */
	mm_buf_printf(&named, "\"%s\": ", text);
	begin = named.p ? strstr(why.text, named.p) : NULL;
	return refuse(option, text, begin ? begin + named.len : why.text, err);
}

static bool has_word(const char *const *words, const char *text, int64_t *index)
{
	for (*index = 0; words[*index]; ++*index) {
		if (strcmp(words[*index], text) == 0)
			return true;
	}
	return false;
}

static bool fits_words(const struct mm_option *option, const char *text)
{
	int64_t index;

	return !option->words || has_word(option->words, text, &index);
}

static enum mm_code set_text(const struct mm_option *option, char **out, const char *text, struct mm_err *err)
{
	int64_t len = (int64_t)strlen(text);
	enum mm_code code;
	char *copy;

	if (len < option->min || len > option->max || !fits_words(option, text))
		return refuse(option, text, "", err);
	code = check_rule(option, text, err);
	if (code != MM_OK)
		return code;
	copy = strdup(text);
	if (!copy)
		return mm_fail(err, MM_ENOMEM, "out of memory");
	free(*out);
	*out = copy;
	return MM_OK;
}

static enum mm_code set_string(const struct mm_option *option, void *out, const struct mm_strings *texts,
			       const char *base_dir, struct mm_err *err)
{
	(void)base_dir;
	return set_text(option, out, texts->v[0], err);
}

static enum mm_code set_path(const struct mm_option *option, void *out, const struct mm_strings *texts,
			     const char *base_dir, struct mm_err *err)
{
	const char *text = texts->v[0];
	mm_auto_buf joined = {0};
	enum mm_code code;

	if (*text == '/' || *text == '\0' || strcmp(base_dir, ".") == 0)
		return set_text(option, out, text, err);
	mm_buf_printf(&joined, "%s/%s", base_dir, text);
	code = mm_buf_check(&joined, err);
	return code == MM_OK ? set_text(option, out, joined.p, err) : code;
}

static enum mm_code set_duration(const struct mm_option *option, void *out, const struct mm_strings *texts,
				 const char *base_dir, struct mm_err *err)
{
	mm_duration value;

	(void)base_dir;
	if (mm_duration_parse(texts->v[0], &value, NULL) != MM_OK || value < option->min || value > option->max)
		return refuse(option, texts->v[0], "", err);
	*(mm_duration *)out = value;
	return check_rule(option, texts->v[0], err);
}

static enum mm_code set_int(const struct mm_option *option, void *out, const struct mm_strings *texts,
			    const char *base_dir, struct mm_err *err)
{
	const char *text = texts->v[0];
	long long value;
	char *end;

	(void)base_dir;
	errno = 0;
	value = strtoll(text, &end, 10);
	/* strtoll takes white space, a sign and leading zeros (octal in YAML 1.1) as well: digits only. */
	if (strspn(text, "0123456789") != strlen(text) || end == text || (text[0] == '0' && text[1]) || errno ||
	    value < option->min || value > option->max)
		return refuse(option, text, "", err);
	*(int64_t *)out = value;
	return check_rule(option, text, err);
}

static enum mm_code set_enum(const struct mm_option *option, void *out, const struct mm_strings *texts,
			     const char *base_dir, struct mm_err *err)
{
	int64_t index;

	(void)base_dir;
	if (!has_word(option->words, texts->v[0], &index))
		return refuse(option, texts->v[0], "", err);
	*(int64_t *)out = index;
	return MM_OK;
}

static enum mm_code check_count(const struct mm_option *option, const struct mm_strings *texts, struct mm_err *err)
{
	if ((int64_t)texts->n < option->min)
		return refuse(option, "[]", "", err);
	if ((int64_t)texts->n > option->max)
		return refuse(option, texts->v[option->max], "one too many", err);
	return MM_OK;
}

/* `list` takes the place of what was there, and is left empty. */
static void replace_list(void *out, struct mm_strings *list)
{
	mm_strings_free(out);
	*(struct mm_strings *)out = *list;
	*list = (struct mm_strings){0};
}

static enum mm_code set_strings(const struct mm_option *option, void *out, const struct mm_strings *texts,
				const char *base_dir, struct mm_err *err)
{
	mm_auto_strings list = {0};
	enum mm_code code = check_count(option, texts, err);

	(void)base_dir;
	for (size_t i = 0; i < texts->n && code == MM_OK; i++) {
		const char *text = texts->v[i];

		if (*text == '\0' || strlen(text) > ITEM_MAX || !fits_words(option, text))
			return refuse(option, text, "", err);
		if (mm_strings_has(&list, text))
			return refuse(option, text, "twice", err);
		code = check_rule(option, text, err);
		if (code == MM_OK)
			code = mm_strings_add(&list, text, err);
	}
	if (code == MM_OK)
		replace_list(out, &list);
	return code;
}

/* Neither a shell nor $PATH is between what is written and what is run. Arguments may be empty, and be there twice. */
static enum mm_code set_command(const struct mm_option *option, void *out, const struct mm_strings *texts,
				const char *base_dir, struct mm_err *err)
{
	mm_auto_strings list = {0};
	enum mm_code code = check_count(option, texts, err);

	(void)base_dir;
	if (code == MM_OK && texts->v[0][0] != '/')
		return refuse(option, texts->v[0], "not an absolute path", err);
	for (size_t i = 0; i < texts->n && code == MM_OK; i++) {
		if (strlen(texts->v[i]) > ARGUMENT_MAX)
			return refuse(option, texts->v[i], "too long", err);
		code = mm_strings_add(&list, texts->v[i], err);
	}
	if (code == MM_OK)
		replace_list(out, &list);
	return code;
}

static bool text_equal(const void *a, const void *b)
{
	const char *x = *(char *const *)a, *y = *(char *const *)b;

	return x && y ? strcmp(x, y) == 0 : x == y;
}

static bool number_equal(const void *a, const void *b)
{
	return *(const int64_t *)a == *(const int64_t *)b;
}

static bool strings_equal(const void *a, const void *b)
{
	return mm_strings_eq(a, b);
}

static void text_clear(void *value)
{
	mm_string_free(value);
}

static void number_clear(void *value)
{
	*(int64_t *)value = 0;
}

static void strings_clear(void *value)
{
	mm_strings_free(value);
}

/* A value that is copied was accepted before: nothing is checked again. */
static enum mm_code text_copy(void *to, const void *from, struct mm_err *err)
{
	const char *text = *(char *const *)from;
	char *copy = text ? strdup(text) : NULL;

	if (text && !copy)
		return mm_fail(err, MM_ENOMEM, "out of memory");
	text_clear(to);
	*(char **)to = copy;
	return MM_OK;
}

static enum mm_code number_copy(void *to, const void *from, struct mm_err *err)
{
	(void)err;
	*(int64_t *)to = *(const int64_t *)from;
	return MM_OK;
}

static enum mm_code strings_copy(void *to, const void *from, struct mm_err *err)
{
	return mm_strings_copy(to, from, err);
}

static const struct type_row {
	enum mm_code (*set)(const struct mm_option *option, void *out, const struct mm_strings *texts,
			    const char *base_dir, struct mm_err *err);
	bool (*equal)(const void *a, const void *b);
	void (*clear)(void *value);
	enum mm_code (*copy)(void *to, const void *from, struct mm_err *err);
} types[] = {
	[MM_OPT_STRING] = {set_string, text_equal, text_clear, text_copy},
	[MM_OPT_PATH] = {set_path, text_equal, text_clear, text_copy},
	[MM_OPT_DURATION] = {set_duration, number_equal, number_clear, number_copy},
	[MM_OPT_INT] = {set_int, number_equal, number_clear, number_copy},
	[MM_OPT_ENUM] = {set_enum, number_equal, number_clear, number_copy},
	[MM_OPT_STRINGS] = {set_strings, strings_equal, strings_clear, strings_copy},
	[MM_OPT_COMMAND] = {set_command, strings_equal, strings_clear, strings_copy},
};

enum mm_code mm_option_set(const struct mm_option *option, struct mm_config *config, const struct mm_strings *texts,
			   const char *base_dir, struct mm_err *err)
{
	return types[option->type].set(option, member(option, config), texts, base_dir, err);
}

bool mm_option_equal(const struct mm_option *option, const struct mm_config *a, const struct mm_config *b)
{
	return types[option->type].equal(member_const(option, a), member_const(option, b));
}

void mm_option_clear(const struct mm_option *option, struct mm_config *config)
{
	types[option->type].clear(member(option, config));
}

enum mm_code mm_option_copy(const struct mm_option *option, struct mm_config *to, const struct mm_config *from,
			    struct mm_err *err)
{
	return types[option->type].copy(member(option, to), member_const(option, from), err);
}
