/* SPDX-License-Identifier: Apache-2.0 */
#include "issuer/kube/csv.h"

/* The length of the end of a line that stands at `p`; 0: none does. */
static size_t line_end(const char *p)
{
	if (p[0] == '\r' && p[1] == '\n')
		return 2;
	return p[0] == '\n' || (p[0] == '\r' && p[1] == '\0');
}

static bool ends_field(const char *p)
{
	return *p == '\0' || *p == ',' || line_end(p) > 0;
}

/* What stands between the marks is moved over them; `*field_end` is where it ends then. */
static enum mm_code read_quoted(struct mm_csv *csv, char **field_end, struct mm_err *err)
{
	char *to = csv->at++;

	for (;;) {
		if (*csv->at == '\0')
			return mm_fail(err, MM_EPARSE, "a quotation mark is not closed");
		if (*csv->at == '"' && *++csv->at != '"')
			break;
		csv->line += *csv->at == '\n';
		*to++ = *csv->at++;
	}
	*field_end = to;
	return ends_field(csv->at) ? MM_OK
				   : mm_fail(err, MM_EPARSE, "something stands after the closing quotation mark");
}

static enum mm_code read_plain(struct mm_csv *csv, char **field_end, struct mm_err *err)
{
	while (!ends_field(csv->at)) {
		if (*csv->at++ == '"')
			return mm_fail(err, MM_EPARSE, "a quotation mark inside a field that does not begin with one");
	}
	*field_end = csv->at;
	return MM_OK;
}

/* Reads one field and what ends it; `*more` is whether that was a comma. */
static enum mm_code read_field(struct mm_csv *csv, bool *more, struct mm_err *err)
{
	char *field_end = csv->at;
	enum mm_code code = *csv->at == '"' ? read_quoted(csv, &field_end, err) : read_plain(csv, &field_end, err);
	size_t newline;

	if (code != MM_OK)
		return code;
	newline = line_end(csv->at);
	*more = *csv->at == ',';
	csv->at += *more ? 1 : newline;
	csv->line += newline > 0;
	*field_end = '\0';
	return MM_OK;
}

static void pass_empty_lines(struct mm_csv *csv)
{
	for (size_t len; (len = line_end(csv->at)) > 0; csv->at += len)
		csv->line++;
}

enum mm_code mm_csv_next(struct mm_csv *csv, struct mm_csv_record *record, struct mm_err *err)
{
	enum mm_code code = MM_OK;
	bool more;

	pass_empty_lines(csv);
	*record = (struct mm_csv_record){.line = csv->line};
	for (more = *csv->at != '\0'; code == MM_OK && more; record->count++) {
		if (record->count < MM_CSV_FIELDS_MAX)
			record->fields[record->count] = csv->at;
		code = read_field(csv, &more, err);
	}
	return code;
}
