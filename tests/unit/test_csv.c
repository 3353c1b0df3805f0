/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/support.h"

#include "issuer/kube/csv.h"

#include <stdio.h>
#include <string.h>

/* What is read of `text`: the fields in brackets, "[a][b]", then the line in which the record begins, ";1". */
static char *shown(const char *text, struct mm_err *err)
{
	mm_auto_string copy = strdup(text);
	struct mm_csv csv = {.at = copy, .line = 1};
	struct mm_csv_record record;
	mm_auto_buf out = {0};
	enum mm_code code;

	while ((code = mm_csv_next(&csv, &record, err)) == MM_OK && record.count > 0) {
		for (size_t i = 0; i < record.count && i < MM_CSV_FIELDS_MAX; i++)
			mm_buf_printf(&out, "[%s]", record.fields[i]);
		if (record.count > MM_CSV_FIELDS_MAX)
			mm_buf_printf(&out, "+%zu", record.count - MM_CSV_FIELDS_MAX);
		mm_buf_printf(&out, ";%zu ", record.line);
	}
	if (code != MM_OK)
		mm_buf_printf(&out, "!%zu", record.line);
	return mm_buf_take(&out);
}

static void records_are_read(void **state)
{
	static const struct {
		const char *text, *records;
	} rows[] = {
		{"", ""},
		{"\n\r\n\n", ""},
		{"a", "[a];1 "},
		{"a,b,c", "[a][b][c];1 "},
		{"a,b\n", "[a][b];1 "},
		{"a,b\r\n", "[a][b];1 "},
		{"a,b\r", "[a][b];1 "},
		{"a\nb\r\nc", "[a];1 [b];2 [c];3 "},
		{"\n\na\n\nb", "[a];3 [b];5 "},
		{",", "[][];1 "},
		{"a,", "[a][];1 "},
		{"a,,b", "[a][][b];1 "},
		{" a , b ", "[ a ][ b ];1 "},
		{"a\rb,c", "[a\rb][c];1 "},
		{"\"\"", "[];1 "},
		{"\"a\"", "[a];1 "},
		{"\"a,b\",c", "[a,b][c];1 "},
		{"\"a\"\"b\"", "[a\"b];1 "},
		{"\"\"\"\"", "[\"];1 "},
		{"\"\"\"a\"\"\"\r\n", "[\"a\"];1 "},
		{"\"a\nb\",c\nd", "[a\nb][c];1 [d];3 "},
		{"\"a\r\nb\"\r\nd", "[a\r\nb];1 [d];3 "},
		{"1,2,3,4,5,6", "[1][2][3][4]+2;1 "},
		{"a,\"b\",\"\",\"d,e\"\n", "[a][b][][d,e];1 "},
	};

	(void)state;
	for (size_t i = 0; i < MM_COUNT(rows); i++) {
		struct mm_err err = {0};
		mm_auto_string found = shown(rows[i].text, &err);

		assert_string_equal(found, rows[i].records);
		assert_int_equal(err.code, MM_OK);
	}
}

static void wrong_quotes_are_refused_with_the_record_they_are_in(void **state)
{
	static const struct {
		const char *text, *records, *why;
	} rows[] = {
		{"\"a", "!1", "is not closed"},
		{"a\n\"b,c\nd\n", "[a];1 !2", "is not closed"},
		{"\"a\"\"", "!1", "is not closed"},
		{"a\"b", "!1", "does not begin with one"},
		{"a,b\"", "!1", "does not begin with one"},
		{" \"a\"", "!1", "does not begin with one"},
		{"\"a\"b", "!1", "after the closing quotation mark"},
		{"a\n\n\"a\" ,b", "[a];1 !3", "after the closing quotation mark"},
	};

	(void)state;
	for (size_t i = 0; i < MM_COUNT(rows); i++) {
		struct mm_err err = {0};
		mm_auto_string found = shown(rows[i].text, &err);

		assert_string_equal(found, rows[i].records);
		assert_int_equal(err.code, MM_EPARSE);
		assert_contains(err.text, rows[i].why);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(records_are_read),
		cmocka_unit_test(wrong_quotes_are_refused_with_the_record_they_are_in),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
