/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/condition_keys.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

void mm_condition_keys_clear(struct mm_condition_keys *keys)
{
	for (size_t i = 0; keys->lists && i < keys->given; i++)
		mm_strings_free(&keys->lists[i]);
	free(keys->lists);
	free(keys->v);
	mm_strings_free(&keys->names);
	*keys = (struct mm_condition_keys){0};
}

/* A key that is given twice has two values. */
static enum mm_code add(struct mm_condition_keys *keys, const char *name, const char *value, struct mm_err *err)
{
	enum mm_code code = MM_OK;
	size_t i = 0;

	while (i < keys->names.n && strcasecmp(keys->names.v[i], name) != 0)
		i++;
	if (i == keys->names.n)
		code = mm_strings_add(&keys->names, name, err);
	return code == MM_OK ? mm_strings_add(&keys->lists[i], value, err) : code;
}

static enum mm_code read_one(struct mm_condition_keys *keys, const char *text, struct mm_err *err)
{
	const char *equals = strchr(text, '=');
	mm_auto_string name = NULL;

	if (!equals || equals == text || !mm_utf8_valid(mm_span_str(text)))
		return mm_fail(err, MM_EUSAGE, "--context: found \"%.80s\"; accepted: KEY=VALUE", text);
	name = strndup(text, (size_t)(equals - text));
	return name ? add(keys, name, equals + 1, err) : mm_fail(err, MM_ENOMEM, "out of memory");
}

enum mm_code mm_condition_keys_read(const struct mm_strings *given, struct mm_condition_keys *out, struct mm_err *err)
{
	enum mm_code code = MM_OK;

	out->given = given->n;
	out->lists = calloc(given->n + 1, sizeof *out->lists);
	out->v = calloc(given->n + 1, sizeof *out->v);
	if (!out->lists || !out->v)
		return mm_fail(err, MM_ENOMEM, "out of memory");
	for (size_t i = 0; i < given->n && code == MM_OK; i++)
		code = read_one(out, given->v[i], err);
	for (size_t i = 0; i < out->names.n; i++)
		out->v[i] = (struct mm_iam_key){.name = out->names.v[i],
						.values = (const char *const *)out->lists[i].v,
						.count = out->lists[i].n,
						.multivalued = out->lists[i].n > 1};
	return code;
}
