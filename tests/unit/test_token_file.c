/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/users.h"

#include "issuer/kube/token_file.h"

#include <mintmark/token.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static enum mm_code parse(struct mm_span text, struct mm_token_file **out, struct mm_err *err)
{
	mm_auto_buf copy = {0};

	mm_buf_add_span(&copy, text);
	return mm_token_file_parse(&copy, "tokens.csv", out, err);
}

static struct mm_token_file *parsed(const char *text)
{
	struct mm_token_file *file;
	struct mm_err err = {0};

	assert_ok(parse(mm_span_str(text), &file, &err), &err);
	return file;
}

static const struct mm_user *find(const struct mm_token_file *file, const char *token)
{
	return mm_token_file_find(file, mm_span_str(token));
}

static void each_row_names_a_user(void **state)
{
	static const struct {
		const char *row, *user;
	} rows[] = {
		{"secret,alice,1", "alice 1 [system:authenticated]"},
		{"secret,alice,", "alice - [system:authenticated]"},
		{"secret,alice,1,", "alice 1 [system:authenticated]"},
		{"secret,alice,1,ops", "alice 1 [ops,system:authenticated]"},
		{"secret,alice,1,\"ops,dev\"", "alice 1 [ops,dev,system:authenticated]"},
		{"secret,alice,1,ops,and,more", "alice 1 [ops,system:authenticated]"},
		{"\"secret\",\"alice\",\"1\",\"a b\"\r\n", "alice 1 [a b,system:authenticated]"},
		{"\xef\xbb\xbfsecret,alice,1\r\n", "alice 1 [system:authenticated]"},
		{"\r\n\nsecret,\"al\"\"ice\",1\n\n", "al\"ice 1 [system:authenticated]"},
		{"secret,alice,1,\"system:authenticated,system:masters\"",
		 "alice 1 [system:authenticated,system:masters]"},
	};

	(void)state;
	for (size_t i = 0; i < MM_COUNT(rows); i++) {
		mm_auto(mm_token_file) file = parsed(rows[i].row);

		assert_non_null(find(file, "secret"));
		assert_user(find(file, "secret"), rows[i].user);
	}
}

static void only_the_very_token_is_found(void **state)
{
	mm_auto(mm_token_file) file = parsed("secret-1,alice,1\nsecret-2,bob,2\nSecret-1,carol,3\n");

	(void)state;
	assert_string_equal(find(file, "secret-1")->name, "alice");
	assert_string_equal(find(file, "secret-2")->name, "bob");
	assert_string_equal(find(file, "Secret-1")->name, "carol");
	assert_null(find(file, "secret-3"));  /* of the same length */
	assert_null(find(file, "secret-"));   /* the beginning of two */
	assert_null(find(file, "secret-11")); /* begins with one */
	assert_null(find(file, "SECRET-1"));
	assert_null(find(file, "alice"));
	assert_null(find(file, ""));
	assert_null(mm_token_file_find(file, mm_span("secret-1\0", 9)));
}

static void a_file_may_be_empty(void **state)
{
	static const char *const texts[] = {"", "\n", "\r\n\r\n", "\xef\xbb\xbf"};

	(void)state;
	for (size_t i = 0; i < MM_COUNT(texts); i++) {
		mm_auto(mm_token_file) file = parsed(texts[i]);

		assert_null(find(file, ""));
		assert_null(find(file, "secret"));
	}
}

static void many_rows_are_told_apart(void **state)
{
	enum { ROWS = 1000 };
	mm_auto_buf text = {0};
	mm_auto(mm_token_file) file = NULL;

	(void)state;
	for (int i = 0; i < ROWS; i++)
		mm_buf_printf(&text, "token-%d,user-%d,\n", i, i);
	file = parsed(text.p);
	for (int i = 0; i < ROWS; i++) {
		char token[32], name[32];

		snprintf(token, sizeof token, "token-%d", i);
		snprintf(name, sizeof name, "user-%d", i);
		assert_string_equal(find(file, token)->name, name);
	}
	assert_null(find(file, "token-1000"));
}

static void what_is_wrong_is_told_with_its_line_and_without_the_token(void **state)
{
	static const struct {
		const char *text, *why;
	} rows[] = {
		{"secret", "tokens.csv:1: 1 of at least 3 columns; accepted: token,user,uid"},
		{"secret,alice", "tokens.csv:1: 2 of at least 3 columns"},
		{"a,b,c\n\nsecret,alice\n", "tokens.csv:3: 2 of at least 3 columns"},
		{"# secret tokens\n", "tokens.csv:1: 1 of at least 3 columns"},
		{",alice,1", "tokens.csv:1: the token has no characters"},
		{"secret,,1", "tokens.csv:1: the user is empty"},
		{"sec ret,alice,1", "tokens.csv:1: the token has characters that no header can carry"},
		{" secret,alice,1", "no header can carry"},
		{"\"secret,\",alice,1", "no header can carry"},
		{"secr\xc3\xa9t,alice,1", "no header can carry"},
		{"a,b,c\n\"secret\",alice\",1", "tokens.csv:2: a quotation mark inside a field"},
		{"a,b,c\n\"secret,alice,1\n", "tokens.csv:2: a quotation mark is not closed"},
		{"secret, alice,1", "tokens.csv:1: the user is not UTF-8"},
		{"secret,alice\xff,1", "tokens.csv:1: the user is not UTF-8"},
		{"secret,alice,\x01", "tokens.csv:1: the uid is not UTF-8"},
		{"secret,alice,1,\"ops, dev\"", "tokens.csv:1: the group is not UTF-8"},
		{"secret,alice,1,\"ops,,dev\"", "tokens.csv:1: the group is empty"},
		{"secret,alice,1,\",\"", "tokens.csv:1: the group is empty"},
		{"secret,system:anonymous,1", "tokens.csv:1: the user \"system:anonymous\" is reserved"},
		{"secret,system:serviceaccount:a:b,1", "is reserved"},
		{"secret,unix:uid:0,1", "is reserved"},
		{"secret,alice,1,system:unauthenticated", "the group \"system:unauthenticated\" is reserved"},
		{"secret,alice,1,\"ops,system:serviceaccounts:a\"", "is reserved"},
		{"a,b,c\nsecret,alice,1\nd,e,f\nsecret,bob,2\n", "tokens.csv:4: the same token as in line 2"},
		{"secret,alice,1\nsecret,alice,1\n", "tokens.csv:2: the same token as in line 1"},
	};

	(void)state;
	for (size_t i = 0; i < MM_COUNT(rows); i++) {
		struct mm_token_file *file;
		struct mm_err err = {0};

		assert_int_equal(parse(mm_span_str(rows[i].text), &file, &err), MM_ECONFIG);
		assert_int_equal(err.code, MM_ECONFIG);
		assert_null(file);
		assert_contains(err.text, rows[i].why);
		assert_null(strstr(err.text, "secr"));
	}
}

static void a_nul_is_refused(void **state)
{
	struct mm_token_file *file;
	struct mm_err err = {0};

	(void)state;
	assert_int_equal(parse(mm_span("a,b,c\0d", 7), &file, &err), MM_ECONFIG);
	assert_string_equal(err.text, "tokens.csv: a NUL byte is in it");
}

static void a_token_may_be_as_long_as_a_header_takes_it(void **state)
{
	mm_auto_buf text = {0};
	mm_auto(mm_token_file) file = NULL;
	struct mm_token_file *refused;
	struct mm_err err = {0};

	(void)state;
	for (int i = 0; i < MM_TOKEN_MAX; i++)
		mm_buf_add_str(&text, "a");
	mm_buf_add_str(&text, ",alice,1");
	file = parsed(text.p);
	assert_non_null(mm_token_file_find(file, mm_span(text.p, MM_TOKEN_MAX)));
	mm_buf_reset(&text);
	for (int i = 0; i < MM_TOKEN_MAX + 1; i++)
		mm_buf_add_str(&text, "a");
	mm_buf_add_str(&text, ",alice,1");
	assert_int_equal(parse(mm_buf_span(&text), &refused, &err), MM_ECONFIG);
}

static void one_token_is_one_user(void **state)
{
	mm_auto(mm_token_file) file = NULL;
	struct mm_err err = {0};

	(void)state;
	assert_ok(mm_token_file_of_token("secret", "dev", &file, &err), &err);
	assert_user(find(file, "secret"), "dev - [system:authenticated]");
	assert_null(find(file, "Secret"));
}

static void one_token_must_be_one_that_a_header_can_carry(void **state)
{
	struct mm_token_file *file;
	struct mm_err err = {0};

	(void)state;
	assert_fails(mm_token_file_of_token("sec ret", "dev", &file, &err), MM_EREFUSED, &err);
	assert_null(file);
	assert_fails(mm_token_file_of_token("secret", "", &file, &err), MM_EREFUSED, &err);
	assert_null(file);
}

static void only_the_owner_may_read_the_file(void **state)
{
	static const struct {
		mode_t mode;
		const char *remedy;
	} rows[] = {
		{0600, NULL},           {0400, NULL},         {0640, "chmod go-rwx"},
		{0604, "chmod go-rwx"}, {0620, "chmod go-w"}, {0602, "chmod go-w"},
	};
	struct test_dir dir;

	(void)state;
	test_dir_make(&dir);
	for (size_t i = 0; i < MM_COUNT(rows); i++) {
		mm_auto(mm_token_file) file = NULL;
		struct mm_err err = {0};
		enum mm_code code;

		test_file_write(dir.fd, "tokens.csv", "secret,alice,1\n", rows[i].mode);
		code = mm_token_file_load(test_dir_path(&dir, "tokens.csv"), &file, &err);
		assert_int_equal(code, rows[i].remedy ? MM_EUNSAFE : MM_OK);
		assert_int_equal(!file, !!rows[i].remedy);
		if (rows[i].remedy) {
			assert_contains(err.text, rows[i].remedy);
			assert_contains(err.text, "tokens.csv");
		}
	}
	test_dir_remove(&dir);
}

static void a_file_that_is_not_there_or_too_large_is_told(void **state)
{
	char *large = malloc(MM_TOKEN_FILE_MAX + 2);
	struct mm_token_file *file;
	struct test_dir dir;
	struct mm_err err = {0};

	(void)state;
	test_dir_make(&dir);
	assert_fails(mm_token_file_load(test_dir_path(&dir, "tokens.csv"), &file, &err), MM_ENOTFOUND, &err);
	assert_null(file);
	memset(large, '\n', MM_TOKEN_FILE_MAX + 1);
	large[MM_TOKEN_FILE_MAX + 1] = '\0';
	test_file_write(dir.fd, "tokens.csv", large, 0600);
	assert_fails(mm_token_file_load(test_dir_path(&dir, "tokens.csv"), &file, &err), MM_ELIMIT, &err);
	assert_null(file);
	free(large);
	test_dir_remove(&dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_row_names_a_user),
		cmocka_unit_test(only_the_very_token_is_found),
		cmocka_unit_test(a_file_may_be_empty),
		cmocka_unit_test(many_rows_are_told_apart),
		cmocka_unit_test(what_is_wrong_is_told_with_its_line_and_without_the_token),
		cmocka_unit_test(a_nul_is_refused),
		cmocka_unit_test(a_token_may_be_as_long_as_a_header_takes_it),
		cmocka_unit_test(one_token_is_one_user),
		cmocka_unit_test(one_token_must_be_one_that_a_header_can_carry),
		cmocka_unit_test(only_the_owner_may_read_the_file),
		cmocka_unit_test(a_file_that_is_not_there_or_too_large_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
