/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/support.h"

#include "cli/output_dir.h"

#include <string.h>

static struct test_dir dir;
static struct mm_pairs files;
static struct mm_err err;

static int begin(void **state)
{
	(void)state;
	test_dir_make(&dir);
	test_strings_add(&files.names, "01-a.json");
	test_strings_add(&files.values, "{}\n");
	test_strings_add(&files.names, "02-b.yaml");
	test_strings_add(&files.values, "b: 1\n");
	return 0;
}

static int end(void **state)
{
	(void)state;
	mm_strings_free(&files.names);
	mm_strings_free(&files.values);
	test_dir_remove(&dir);
	return 0;
}

static void assert_content(const char *name, const char *content)
{
	mm_auto_string found = test_file_read(dir.fd, name);

	assert_non_null(found);
	assert_string_equal(found, content);
}

/* What is told, with the folder's path as DIR. */
static void assert_told(const char *path, const char *expected)
{
	mm_auto_buf text = {0}, wanted = {0};

	assert_ok(mm_output_dir_write(path, &files, &text, NULL, &err), &err);
	for (const char *at; (at = strstr(expected, "DIR")); expected = at + strlen("DIR")) {
		mm_buf_add(&wanted, expected, (size_t)(at - expected));
		mm_buf_add_str(&wanted, dir.path);
	}
	mm_buf_add_str(&wanted, expected);
	assert_string_equal(text.p, wanted.p);
}

static void the_directory_is_made_and_each_file_is_told_of(void **state)
{
	(void)state;

	assert_told(test_dir_path(&dir, "new"), "DIR/new/01-a.json written\nDIR/new/02-b.yaml written\n");
	assert_content("new/02-b.yaml", "b: 1\n");
	assert_int_equal(test_file_mode(dir.fd, "new/01-a.json"), 0644);
}

static void only_what_differs_is_written_anew(void **state)
{
	(void)state;

	test_file_write(dir.fd, "01-a.json", "{}\n", 0644);
	test_file_write(dir.fd, "02-b.yaml", "b: 2\n", 0644);
	test_file_write(dir.fd, "03-c", "", 0644);
	assert_told(test_dir_path(&dir, ""), "DIR/01-a.json unchanged\nDIR/02-b.yaml written\n");
	assert_content("02-b.yaml", "b: 1\n");
	assert_content("03-c", "");
}

static void programs_get_an_object_for_each_file(void **state)
{
	json_t *list = json_array();
	mm_auto_buf text = {0};
	const char *name, *path;
	int written;
	(void)state;

	assert_ok(mm_output_dir_write(dir.path, &files, &text, list, &err), &err);
	assert_int_equal(json_array_size(list), 2);
	assert_int_equal(json_unpack(json_array_get(list, 1), "{s:s, s:s, s:b}", "name", &name, "path", &path,
				     "written", &written),
			 0);
	assert_string_equal(name, "02-b.yaml");
	assert_string_equal(path, test_dir_path(&dir, "02-b.yaml"));
	assert_true(written);
	json_decref(list);
}

static void a_path_cannot_steer_a_terminal(void **state)
{
	mm_auto_buf text = {0};
	(void)state;

	assert_ok(mm_output_dir_write(test_dir_path(&dir, "a\nb"), &files, &text, NULL, &err), &err);
	assert_contains(text.p, "a\\u000ab/01-a.json written\n");
}

static void what_is_no_directory_is_an_error_that_names_it(void **state)
{
	mm_auto_buf text = {0};
	(void)state;

	test_file_write(dir.fd, "file", "", 0644);
	assert_int_not_equal(mm_output_dir_write(test_dir_path(&dir, "file"), &files, &text, NULL, &err), MM_OK);
	assert_contains(err.text, "/file");
	mm_err_clear(&err);
	assert_int_not_equal(mm_output_dir_write(test_dir_path(&dir, "no/such"), &files, &text, NULL, &err), MM_OK);
	assert_contains(err.text, "no/such");
	mm_err_clear(&err);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_directory_is_made_and_each_file_is_told_of), TEST(only_what_differs_is_written_anew),
		TEST(programs_get_an_object_for_each_file),           TEST(a_path_cannot_steer_a_terminal),
		TEST(what_is_no_directory_is_an_error_that_names_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
