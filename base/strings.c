/* SPDX-License-Identifier: Apache-2.0 */
#include <mintmark/bytes.h>

#include <stdlib.h>
#include <string.h>

void mm_string_free(char **text)
{
	free(*text);
	*text = NULL;
}

bool mm_string_eq(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

enum mm_code mm_string_set(char **to, const char *text, struct mm_err *err)
{
	char *copy = text ? strdup(text) : NULL;

	if (text && !copy)
		return mm_fail(err, MM_ENOMEM, "out of memory");
	free(*to);
	*to = copy;
	return MM_OK;
}

enum mm_code mm_strings_add(struct mm_strings *list, const char *text, struct mm_err *err)
{
	char *copy = strdup(text);

	/* Full at every power of two: the capacity need not be stored. */
	if (copy && (list->n & (list->n - 1)) == 0) {
		char **v = reallocarray(list->v, list->n ? list->n * 2 : 1, sizeof *v);

		if (v)
			list->v = v;
		else
			mm_string_free(&copy);
	}
	if (!copy)
		return mm_fail(err, MM_ENOMEM, "out of memory");
	list->v[list->n++] = copy;
	return MM_OK;
}

bool mm_strings_has(const struct mm_strings *list, const char *text)
{
	for (size_t i = 0; i < list->n; i++) {
		if (strcmp(list->v[i], text) == 0)
			return true;
	}
	return false;
}

bool mm_strings_eq(const struct mm_strings *a, const struct mm_strings *b)
{
	if (a->n != b->n)
		return false;
	for (size_t i = 0; i < a->n; i++) {
		if (strcmp(a->v[i], b->v[i]) != 0)
			return false;
	}
	return true;
}

enum mm_code mm_strings_copy(struct mm_strings *to, const struct mm_strings *from, struct mm_err *err)
{
	enum mm_code code = MM_OK;

	mm_strings_free(to);
	for (size_t i = 0; i < from->n && code == MM_OK; i++)
		code = mm_strings_add(to, from->v[i], err);
	return code;
}

void mm_strings_free(struct mm_strings *list)
{
	for (size_t i = 0; i < list->n; i++)
		free(list->v[i]);
	free(list->v);
	*list = (struct mm_strings){0};
}

const char *mm_pairs_find(const struct mm_pairs *pairs, const char *name)
{
	for (size_t i = 0; i < pairs->values.n; i++) {
		if (strcmp(pairs->names.v[i], name) == 0)
			return pairs->values.v[i];
	}
	return NULL;
}

void mm_pairs_free(struct mm_pairs *pairs)
{
	mm_strings_free(&pairs->names);
	mm_strings_free(&pairs->values);
}
