/* SPDX-License-Identifier: Apache-2.0 */
#include "conf/values.h"

#include "conf/lists.h"
#include "conf/records.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* ---- setting ----------------------------------------------------------------------------------------------------- */

/* `text` is what is written, or what became of it. */
static enum mm_code set_text(const struct mm_option *option, char **out, const char *text,
			     const struct mm_yaml *written, const struct mm_place *place, struct mm_err *err)
{
	int64_t len = (int64_t)strlen(text);
	enum mm_code code;

	if (len < option->min || len > option->max)
		return mm_value_refuse(option, written, "", place, err);
	code = mm_text_check(option, written, place, err);
	return code == MM_OK ? mm_string_set(out, text, err) : code;
}

static enum mm_code set_string(const struct mm_option *option, void *out, const struct mm_yaml *written,
			       const struct mm_place *place, struct mm_err *err)
{
	return set_text(option, out, written->text, written, place, err);
}

static enum mm_code set_path(const struct mm_option *option, void *out, const struct mm_yaml *written,
			     const struct mm_place *place, struct mm_err *err)
{
	mm_auto_buf joined = {0};
	enum mm_code code;

	mm_place_join(place, written->text, &joined);
	code = mm_buf_check(&joined, err);
	return code == MM_OK ? set_text(option, out, joined.p, written, place, err) : code;
}

static enum mm_code set_duration(const struct mm_option *option, void *out, const struct mm_yaml *written,
				 const struct mm_place *place, struct mm_err *err)
{
	mm_duration value;
	enum mm_code code;

	if (mm_duration_parse(written->text, &value, NULL) != MM_OK || value < option->min || value > option->max)
		return mm_value_refuse(option, written, "", place, err);
	code = mm_text_check(option, written, place, err);
	if (code == MM_OK)
		*(mm_duration *)out = value;
	return code;
}

static enum mm_code set_int(const struct mm_option *option, void *out, const struct mm_yaml *written,
			    const struct mm_place *place, struct mm_err *err)
{
	const char *text = written->text;
	enum mm_code code;
	long long value;
	char *end;

	errno = 0;
	value = strtoll(text, &end, 10);
	/* strtoll takes white space, a sign and leading zeros (octal in YAML 1.1) as well: digits only. */
	if (strspn(text, "0123456789") != strlen(text) || end == text || (text[0] == '0' && text[1]) || errno ||
	    value < option->min || value > option->max)
		return mm_value_refuse(option, written, "", place, err);
	code = mm_text_check(option, written, place, err);
	if (code == MM_OK)
		*(int64_t *)out = value;
	return code;
}

static enum mm_code set_enum(const struct mm_option *option, void *out, const struct mm_yaml *written,
			     const struct mm_place *place, struct mm_err *err)
{
	enum mm_code code = mm_text_check(option, written, place, err);
	int64_t index = 0;

	if (code != MM_OK)
		return code;
	while (strcmp(option->words[index], written->text) != 0)
		index++;
	*(int64_t *)out = index;
	return MM_OK;
}

/* YAML 1.1 has a score of words for the two; a configuration is not the place to remember which. */
static enum mm_code set_bool(const struct mm_option *option, void *out, const struct mm_yaml *written,
			     const struct mm_place *place, struct mm_err *err)
{
	bool is_true = strcmp(written->text, "true") == 0;

	if (!is_true && strcmp(written->text, "false") != 0)
		return mm_value_refuse(option, written, "", place, err);
	*(bool *)out = is_true;
	return MM_OK;
}

/* ---- comparing, copying, clearing -------------------------------------------------------------------------------- */

static bool text_equal(const struct mm_option *option, const void *a, const void *b)
{
	(void)option;
	return mm_string_eq(*(char *const *)a, *(char *const *)b);
}

static bool number_equal(const struct mm_option *option, const void *a, const void *b)
{
	(void)option;
	return *(const int64_t *)a == *(const int64_t *)b;
}

static bool bool_equal(const struct mm_option *option, const void *a, const void *b)
{
	(void)option;
	return *(const bool *)a == *(const bool *)b;
}

static bool strings_equal(const struct mm_option *option, const void *a, const void *b)
{
	(void)option;
	return mm_strings_eq(a, b);
}

static bool pairs_equal(const struct mm_option *option, const void *a, const void *b)
{
	const struct mm_pairs *x = a, *y = b;

	(void)option;
	return mm_strings_eq(&x->names, &y->names) && mm_strings_eq(&x->values, &y->values);
}

static void text_clear(const struct mm_option *option, void *value)
{
	(void)option;
	mm_string_free(value);
}

static void number_clear(const struct mm_option *option, void *value)
{
	(void)option;
	*(int64_t *)value = 0;
}

static void bool_clear(const struct mm_option *option, void *value)
{
	(void)option;
	*(bool *)value = false;
}

static void strings_clear(const struct mm_option *option, void *value)
{
	(void)option;
	mm_strings_free(value);
}

static void pairs_clear(const struct mm_option *option, void *value)
{
	(void)option;
	mm_pairs_free(value);
}

/* A value that is copied was accepted before: nothing is checked again. */
static enum mm_code text_copy(const struct mm_option *option, void *to, const void *from, struct mm_err *err)
{
	(void)option;
	return mm_string_set(to, *(char *const *)from, err);
}

static enum mm_code number_copy(const struct mm_option *option, void *to, const void *from, struct mm_err *err)
{
	(void)option, (void)err;
	*(int64_t *)to = *(const int64_t *)from;
	return MM_OK;
}

static enum mm_code bool_copy(const struct mm_option *option, void *to, const void *from, struct mm_err *err)
{
	(void)option, (void)err;
	*(bool *)to = *(const bool *)from;
	return MM_OK;
}

static enum mm_code strings_copy(const struct mm_option *option, void *to, const void *from, struct mm_err *err)
{
	(void)option;
	return mm_strings_copy(to, from, err);
}

static enum mm_code pairs_copy(const struct mm_option *option, void *to, const void *from, struct mm_err *err)
{
	const struct mm_pairs *source = from;
	struct mm_pairs *target = to;
	enum mm_code code = mm_strings_copy(&target->names, &source->names, err);

	(void)option;
	return code == MM_OK ? mm_strings_copy(&target->values, &source->values, err) : code;
}

/* ---- the types --------------------------------------------------------------------------------------------------- */

static const struct type_row {
	enum mm_yaml_kind kind; /* what has to be written; of records that may be any, the word too */
	enum mm_code (*set)(const struct mm_option *option, void *out, const struct mm_yaml *written,
			    const struct mm_place *place, struct mm_err *err);
	bool (*equal)(const struct mm_option *option, const void *a, const void *b);
	void (*clear)(const struct mm_option *option, void *value);
	enum mm_code (*copy)(const struct mm_option *option, void *to, const void *from, struct mm_err *err);
} types[] = {
	[MM_OPT_STRING] = {MM_YAML_SCALAR, set_string, text_equal, text_clear, text_copy},
	[MM_OPT_PATH] = {MM_YAML_SCALAR, set_path, text_equal, text_clear, text_copy},
	[MM_OPT_DURATION] = {MM_YAML_SCALAR, set_duration, number_equal, number_clear, number_copy},
	[MM_OPT_INT] = {MM_YAML_SCALAR, set_int, number_equal, number_clear, number_copy},
	[MM_OPT_ENUM] = {MM_YAML_SCALAR, set_enum, number_equal, number_clear, number_copy},
	[MM_OPT_STRINGS] = {MM_YAML_LIST, mm_strings_set, strings_equal, strings_clear, strings_copy},
	[MM_OPT_COMMAND] = {MM_YAML_LIST, mm_command_set, strings_equal, strings_clear, strings_copy},
	[MM_OPT_DESTINATIONS] = {MM_YAML_LIST, mm_strings_set, strings_equal, strings_clear, strings_copy},
	[MM_OPT_BOOL] = {MM_YAML_SCALAR, set_bool, bool_equal, bool_clear, bool_copy},
	[MM_OPT_PAIRS] = {MM_YAML_MAPPING, mm_pairs_set, pairs_equal, pairs_clear, pairs_copy},
	[MM_OPT_RECORDS] = {MM_YAML_LIST, mm_records_set, mm_records_equal, mm_records_clear, mm_records_copy},
};

enum mm_code mm_option_set(const struct mm_option *option, void *base, const struct mm_yaml *written,
			   const struct mm_place *place, struct mm_err *err)
{
	const struct type_row *type = &types[option->type];
	bool word = option->any_word && written->kind == MM_YAML_SCALAR;

	if (written->kind != type->kind && !word)
		return mm_value_refuse(option, written, "", place, err);
	return type->set(option, (char *)base + option->offset, written, place, err);
}

bool mm_option_equal(const struct mm_option *option, const void *a, const void *b)
{
	return types[option->type].equal(option, (const char *)a + option->offset, (const char *)b + option->offset);
}

enum mm_code mm_option_copy(const struct mm_option *option, void *to, const void *from, struct mm_err *err)
{
	return types[option->type].copy(option, (char *)to + option->offset, (const char *)from + option->offset, err);
}

void mm_option_clear(const struct mm_option *option, void *base)
{
	types[option->type].clear(option, (char *)base + option->offset);
}
