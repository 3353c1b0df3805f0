/* SPDX-License-Identifier: Apache-2.0 */
#include "conf/records.h"

#include "conf/lists.h"
#include "conf/mapping.h"
#include "conf/values.h"

#include <stdlib.h>
#include <string.h>

static size_t field_count(const struct mm_option *option)
{
	size_t n = 0;

	while (option->fields[n].name)
		n++;
	return n;
}

static void *record_at(const struct mm_option *option, const struct mm_records *records, size_t i)
{
	return (char *)records->v + i * option->record_size;
}

/* Room for `n` records, all zeros. */
static enum mm_code make_room(const struct mm_option *option, struct mm_records *records, size_t n, struct mm_err *err)
{
	records->lines = calloc(n ? n : 1, sizeof *records->lines);
	records->v = calloc(n ? n : 1, option->record_size);
	return records->lines && records->v ? MM_OK : mm_fail(err, MM_ENOMEM, "out of memory");
}

static enum mm_code read_record(const struct mm_option *option, void *record, const struct mm_yaml *written,
				const struct mm_place *place, struct mm_err *err)
{
	const struct mm_option_table fields = {option->fields, field_count(option)};
	enum mm_code code;
	size_t *lines; /* of the fields; nobody asks for them later */

	if (written->kind != MM_YAML_MAPPING)
		return mm_value_refuse(option, written, "", place, err);
	lines = calloc(fields.count + 1, sizeof *lines);
	if (!lines)
		return mm_fail(err, MM_ENOMEM, "out of memory");
	code = mm_mapping_read(&fields, written, record, lines, place, err);
	free(lines);
	return code;
}

static enum mm_code read_records(const struct mm_option *option, struct mm_records *records, const struct mm_yaml *list,
				 const struct mm_place *place, struct mm_err *err)
{
	enum mm_code code = make_room(option, records, list->count, err);

	for (size_t i = 0; i < list->count && code == MM_OK; i++) {
		struct mm_place at = *place;
		mm_auto_buf name = {0};

		mm_buf_printf(&name, "%s[%zu]", place->name, i);
		code = mm_buf_check(&name, err);
		if (code != MM_OK)
			return code;
		at.name = name.p;
		records->lines[i] = list->items[i].line;
		records->n++; /* whatever is in it, is freed with the records */
		code = read_record(option, record_at(option, records, i), &list->items[i], &at, err);
	}
	return code;
}

enum mm_code mm_records_set(const struct mm_option *option, void *out, const struct mm_yaml *written,
			    const struct mm_place *place, struct mm_err *err)
{
	struct mm_records records = {.any = written->kind == MM_YAML_SCALAR};
	enum mm_code code;

	if (records.any && (!option->any_word || strcmp(written->text, "any") != 0))
		return mm_value_refuse(option, written, "", place, err);
	code = mm_count_check(option, written, place, err);
	if (code != MM_OK)
		return code;
	code = read_records(option, &records, written, place, err);
	mm_records_clear(option, code == MM_OK ? out : &records);
	if (code == MM_OK)
		*(struct mm_records *)out = records;
	return code;
}

bool mm_records_equal(const struct mm_option *option, const void *one, const void *other)
{
	const struct mm_records *a = one, *b = other;

	if (a->any != b->any || a->n != b->n)
		return false;
	for (size_t i = 0; i < a->n; i++) {
		for (const struct mm_option *field = option->fields; field->name; field++) {
			if (!mm_option_equal(field, record_at(option, a, i), record_at(option, b, i)))
				return false;
		}
	}
	return true;
}

static enum mm_code copy_records(const struct mm_option *option, struct mm_records *to, const struct mm_records *from,
				 struct mm_err *err)
{
	enum mm_code code = make_room(option, to, from->n, err);

	for (; code == MM_OK && to->n < from->n; to->n++) {
		size_t i = to->n;

		to->lines[i] = from->lines[i];
		for (const struct mm_option *field = option->fields; field->name && code == MM_OK; field++)
			code = mm_option_copy(field, record_at(option, to, i), record_at(option, from, i), err);
	}
	return code;
}

enum mm_code mm_records_copy(const struct mm_option *option, void *to, const void *from, struct mm_err *err)
{
	struct mm_records records = {.any = ((const struct mm_records *)from)->any};
	enum mm_code code = copy_records(option, &records, from, err);

	mm_records_clear(option, code == MM_OK ? to : &records);
	if (code == MM_OK)
		*(struct mm_records *)to = records;
	return code;
}

void mm_records_clear(const struct mm_option *option, void *value)
{
	struct mm_records *records = value;

	for (size_t i = 0; i < records->n; i++) {
		for (const struct mm_option *field = option->fields; field->name; field++)
			mm_option_clear(field, record_at(option, records, i));
	}
	free(records->lines);
	free(records->v);
	*records = (struct mm_records){0};
}
