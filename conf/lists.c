/* SPDX-License-Identifier: Apache-2.0 */
#include "conf/lists.h"

#include <mintmark/s3.h>
#include <string.h>

#define ITEM_MAX      1024 /* bytes of an item of a list */
#define LONG_ITEM_MAX 4096 /* of a word of a command, and of a value of a pair */

enum mm_code mm_count_check(const struct mm_option *option, const struct mm_yaml *written, const struct mm_place *place,
			    struct mm_err *err)
{
	if ((int64_t)written->count < option->min)
		return mm_value_refuse(option, written, "", place, err);
	if ((int64_t)written->count > option->max)
		return mm_value_refuse(option, &written->items[option->max], "one too many", place, err);
	return MM_OK;
}

/* `list` takes the place of what was there, and is left empty. */
static void replace_list(struct mm_strings *out, struct mm_strings *list)
{
	mm_strings_free(out);
	*out = *list;
	*list = (struct mm_strings){0};
}

/* A relative directory among destinations becomes what it is from the process's own. */
static void add_text(const struct mm_option *option, const struct mm_yaml *item, const struct mm_place *place,
		     struct mm_buf *out)
{
	if (option->type == MM_OPT_DESTINATIONS && !mm_s3_location_meant(item->text))
		mm_place_join(place, item->text, out);
	else
		mm_buf_add_str(out, item->text);
}

enum mm_code mm_strings_set(const struct mm_option *option, void *out, const struct mm_yaml *written,
			    const struct mm_place *place, struct mm_err *err)
{
	mm_auto_strings list = {0};
	enum mm_code code = mm_count_check(option, written, place, err);

	for (size_t i = 0; i < written->count && code == MM_OK; i++) {
		const struct mm_yaml *item = &written->items[i];
		mm_auto_buf text = {0};

		code = mm_text_check(option, item, place, err);
		if (code != MM_OK)
			return code;
		if (*item->text == '\0' || strlen(item->text) > ITEM_MAX)
			return mm_value_refuse(option, item, "", place, err);
		add_text(option, item, place, &text);
		code = mm_buf_check(&text, err);
		if (code == MM_OK && mm_strings_has(&list, text.p))
			return mm_value_refuse(option, item, "twice", place, err);
		if (code == MM_OK)
			code = mm_strings_add(&list, text.p, err);
	}
	if (code == MM_OK)
		replace_list(out, &list);
	return code;
}

/* Neither a shell nor $PATH is between what is written and what is run. Arguments may be empty, and be there twice. */
enum mm_code mm_command_set(const struct mm_option *option, void *out, const struct mm_yaml *written,
			    const struct mm_place *place, struct mm_err *err)
{
	mm_auto_strings list = {0};
	enum mm_code code = mm_count_check(option, written, place, err);

	for (size_t i = 0; i < written->count && code == MM_OK; i++) {
		const struct mm_yaml *item = &written->items[i];

		code = mm_text_check(option, item, place, err);
		if (code != MM_OK)
			return code;
		if (i == 0 && *item->text != '/')
			return mm_value_refuse(option, item, "not an absolute path", place, err);
		if (strlen(item->text) > LONG_ITEM_MAX)
			return mm_value_refuse(option, item, "too long", place, err);
		code = mm_strings_add(&list, item->text, err);
	}
	if (code == MM_OK)
		replace_list(out, &list);
	return code;
}

/* The option's rule is one for names; that they are different is the loader's affair. */
static enum mm_code add_pair(const struct mm_option *option, struct mm_strings *names, struct mm_strings *values,
			     const struct mm_yaml *item, const struct mm_place *place, struct mm_err *err)
{
	const struct mm_yaml name = {.kind = MM_YAML_SCALAR, .line = item->line, .text = item->key};
	struct mm_place at = *place;
	mm_auto_buf full_name = {0};
	enum mm_code code = mm_text_check(option, &name, place, err);

	mm_buf_printf(&full_name, "%s.%s", place->name, item->key);
	if (code == MM_OK)
		code = mm_buf_check(&full_name, err);
	if (code != MM_OK)
		return code;
	at.name = full_name.p;
	if (item->kind != MM_YAML_SCALAR)
		return mm_value_refuse(option, item, "", &at, err);
	if (strlen(item->text) > LONG_ITEM_MAX)
		return mm_value_refuse(option, item, "too long", &at, err);
	code = mm_strings_add(names, item->key, err);
	return code == MM_OK ? mm_strings_add(values, item->text, err) : code;
}

enum mm_code mm_pairs_set(const struct mm_option *option, void *out, const struct mm_yaml *written,
			  const struct mm_place *place, struct mm_err *err)
{
	mm_auto_strings values = {0};
	mm_auto_strings names = {0};
	struct mm_pairs *pairs = out;
	enum mm_code code = mm_count_check(option, written, place, err);

	for (size_t i = 0; i < written->count && code == MM_OK; i++)
		code = add_pair(option, &names, &values, &written->items[i], place, err);
	if (code == MM_OK) {
		replace_list(&pairs->names, &names);
		replace_list(&pairs->values, &values);
	}
	return code;
}
