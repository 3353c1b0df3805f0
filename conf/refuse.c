/* SPDX-License-Identifier: Apache-2.0 */
#include "conf/refuse.h"

#include <string.h>

#define QUOTED_MAX 80 /* bytes of a wrong value that a message repeats */

void mm_place_join(const struct mm_place *place, const char *path, struct mm_buf *out)
{
	if (*path != '/' && *path != '\0' && strcmp(place->base_dir, ".") != 0)
		mm_buf_printf(out, "%s/", place->base_dir);
	mm_buf_add_str(out, path);
}

static void add_found(const struct mm_yaml *written, struct mm_buf *out)
{
	static const char *const kinds[] = {
		[MM_YAML_NOTHING] = "nothing",
		[MM_YAML_LIST] = "a list",
		[MM_YAML_MAPPING] = "a mapping",
	};

	if (written->kind == MM_YAML_SCALAR)
		mm_buf_printf(out, "\"%.*s%s\"", QUOTED_MAX, written->text,
			      strlen(written->text) > QUOTED_MAX ? "..." : "");
	else if (written->kind == MM_YAML_LIST && written->count == 0)
		mm_buf_add_str(out, "an empty list");
	else
		mm_buf_add_str(out, kinds[written->kind]);
}

enum mm_code mm_written_refuse(const struct mm_yaml *written, const char *why, const char *accepts,
			       const struct mm_place *place, struct mm_err *err)
{
	mm_auto_buf found = {0};
	enum mm_code code;

	add_found(written, &found);
	code = mm_buf_check(&found, err);
	if (code != MM_OK)
		return code;
	return mm_fail(err, MM_ECONFIG, "%s:%zu: %s: found %s%s%s; accepted: %s", place->file, written->line,
		       place->name, found.p, *why ? ": " : "", why, accepts);
}

enum mm_code mm_value_refuse(const struct mm_option *option, const struct mm_yaml *written, const char *why,
			     const struct mm_place *place, struct mm_err *err)
{
	mm_auto_buf accepts = {0};
	enum mm_code code;

	mm_option_accepts(option, &accepts);
	code = mm_buf_check(&accepts, err);
	return code == MM_OK ? mm_written_refuse(written, why, accepts.p, place, err) : code;
}

static bool fits_words(const struct mm_option *option, const char *text)
{
	for (const char *const *word = option->words; *word; word++) {
		if (strcmp(*word, text) == 0)
			return true;
	}
	return false;
}

enum mm_code mm_text_check(const struct mm_option *option, const struct mm_yaml *written, const struct mm_place *place,
			   struct mm_err *err)
{
	struct mm_err why = {0};
	mm_auto_buf named = {0};
	enum mm_code code;
	const char *begin;

	if (written->kind != MM_YAML_SCALAR || (option->words && !fits_words(option, written->text)))
		return mm_value_refuse(option, written, "", place, err);
	code = option->check ? option->check(written->text, &why) : MM_OK;
	if (code == MM_OK)
		return MM_OK;
	if (code == MM_ENOMEM)
		return mm_fail(err, code, "%s", why.text);
	/* The rule may name the value before it says what is wrong with it; so do we, and once is enough. */
	mm_buf_printf(&named, "\"%s\": ", written->text);
	begin = named.p ? strstr(why.text, named.p) : NULL;
	return mm_value_refuse(option, written, begin ? begin + named.len : why.text, place, err);
}
