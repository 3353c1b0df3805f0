/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/support.h"

#include "issuer/cloud/artefact.h"

#include <stdlib.h>
#include <string.h>

/* ---- shell ------------------------------------------------------------------------------------------------------ */

static void words_are_quoted_when_they_must_be(void **state)
{
	static const char *const rows[][2] = {
		{"plain", "plain"},
		{"https://h.example/a_b-c?", "'https://h.example/a_b-c?'"},
		{"system:serviceaccount:a:b", "system:serviceaccount:a:b"},
		{"", "''"},
		{"a b", "'a b'"},
		{"it's", "'it'\\''s'"},
		{"'", "''\\'''"},
		{"$(x)`y`\\", "'$(x)`y`\\'"},
		{"a\nb", "'a\nb'"},
		{"~", "'~'"},
		{"*", "'*'"},
		{"#", "'#'"},
		{"\xc3\xbc", "'\xc3\xbc'"},
	};
	(void)state;

	for (size_t i = 0; i < MM_COUNT(rows); i++) {
		mm_auto_buf out = {0};

		mm_shell_add_word(&out, rows[i][0]);
		assert_string_equal(mm_buf_span(&out).p, rows[i][1]);
	}
}

static void flags_stand_on_lines_of_their_own(void **state)
{
	mm_auto_buf out = {0};
	(void)state;

	mm_buf_add_str(&out, "tool");
	mm_shell_add_flag(&out, "--a", "b c", false);
	mm_shell_add_flag(&out, "--d", "-e", true);
	assert_string_equal(out.p, "tool \\\n  --a 'b c' \\\n  --d=-e");
}

static void a_comment_is_one_on_every_line(void **state)
{
	static const char *const rows[][2] = {
		{"a", "# a\n"}, {"a\n", "# a\n"}, {"a\nb", "# a\n# b\n"}, {"a\n\nb\n", "# a\n# \n# b\n"}, {"", ""},
	};
	(void)state;

	for (size_t i = 0; i < MM_COUNT(rows); i++) {
		mm_auto_buf out = {0};

		mm_shell_add_comment(&out, mm_span_str(rows[i][0]));
		assert_string_equal(mm_buf_span(&out).p, rows[i][1]);
	}
}

static void a_note_cannot_leave_its_comment(void **state)
{
	mm_auto_buf out = {0};
	(void)state;

	mm_shell_add_note(&out, "of %s", "x\nrm -r y");
	assert_string_equal(out.p, "# of x\n# rm -r y\n");
}

/* ---- Terraform -------------------------------------------------------------------------------------------------- */

static void strings_are_no_templates(void **state)
{
	static const char *const rows[][2] = {
		{"a", "\"a\""},
		{"\"\\", "\"\\\"\\\\\""},
		{"${a}", "\"\\u0024{a}\""},
		{"%{a}", "\"\\u0025{a}\""},
		{"$${a}", "\"$\\u0024{a}\""},
		{"$a %b $ {", "\"$a %b $ {\""},
		{"a\nb\tc", "\"a\\nb\\u0009c\""},
		{"\x7f", "\"\\u007f\""},
		{"\xc3\xbc", "\"\xc3\xbc\""},
	};
	(void)state;

	for (size_t i = 0; i < MM_COUNT(rows); i++) {
		mm_auto_buf out = {0};

		mm_hcl_add_string(&out, rows[i][0]);
		assert_string_equal(out.p, rows[i][1]);
	}
}

static void blocks_are_laid_out_as_terraform_does_it(void **state)
{
	mm_auto_buf out = {0};
	struct mm_hcl hcl = {.out = &out};
	json_t *list = json_pack("[s, s]", "x", "y");
	(void)state;

	mm_hcl_open(&hcl, "a \"b\"");
	mm_hcl_set_string(&hcl, "long_name", "t");
	mm_hcl_set(&hcl, "c", "d.e");
	mm_hcl_open(&hcl, "inner");
	mm_hcl_set_list(&hcl, "f", list);
	mm_hcl_close(&hcl);
	mm_hcl_open(&hcl, "inner");
	mm_hcl_close(&hcl);
	mm_hcl_close(&hcl);
	mm_hcl_open(&hcl, "g");
	mm_hcl_close(&hcl);
	assert_ok(mm_hcl_check(&hcl, NULL), NULL);
	assert_string_equal(out.p, "a \"b\" {\n"
				   "  long_name = \"t\"\n"
				   "  c         = d.e\n"
				   "\n"
				   "  inner {\n"
				   "    f = [\"x\", \"y\"]\n"
				   "  }\n"
				   "\n"
				   "  inner {\n"
				   "  }\n"
				   "}\n"
				   "\n"
				   "g {\n"
				   "}\n");
	json_decref(list);
}

static void labels_have_nothing_but_what_may_stand_in_them(void **state)
{
	mm_auto_string label = NULL;
	(void)state;

	assert_ok(mm_artefact_label("role_", "team/a.b-c d\"", "_-", NULL, &label, NULL), NULL);
	assert_string_equal(label, "role_team_a_b-c_d_");
}

static void labels_of_different_texts_differ(void **state)
{
	static const char *const rows[][2] = {{"a.b", "a_b"}, {"a_b", "a_b_2"}, {"a/b", "a_b_3"}, {"a_b_2", "a_b_2_2"}};
	mm_auto_strings taken = {0};
	(void)state;

	for (size_t i = 0; i < MM_COUNT(rows); i++) {
		mm_auto_string label = NULL;

		assert_ok(mm_artefact_label("", rows[i][0], "_", &taken, &label, NULL), NULL);
		assert_string_equal(label, rows[i][1]);
	}
}

/* ---- files ------------------------------------------------------------------------------------------------------ */

static void files_keep_their_order(void **state)
{
	struct mm_pairs files = {0};
	mm_auto_buf text = {0};
	(void)state;

	mm_buf_add_str(&text, "b");
	assert_ok(mm_artefact_add(&files, "a", &text, NULL), NULL);
	assert_ok(mm_artefact_add_json(&files, "c", json_pack("{s:i}", "d", 1), NULL), NULL);
	assert_fails(mm_artefact_add_json(&files, "e", NULL, NULL), MM_ENOMEM, NULL);
	assert_int_equal(files.names.n, 2);
	assert_int_equal(files.values.n, 2);
	assert_string_equal(files.names.v[0], "a");
	assert_string_equal(files.values.v[0], "b");
	assert_string_equal(files.values.v[1], "{\n  \"d\": 1\n}\n");
	mm_strings_free(&files.names);
	mm_strings_free(&files.values);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words_are_quoted_when_they_must_be),
		cmocka_unit_test(flags_stand_on_lines_of_their_own),
		cmocka_unit_test(a_comment_is_one_on_every_line),
		cmocka_unit_test(a_note_cannot_leave_its_comment),
		cmocka_unit_test(strings_are_no_templates),
		cmocka_unit_test(blocks_are_laid_out_as_terraform_does_it),
		cmocka_unit_test(labels_have_nothing_but_what_may_stand_in_them),
		cmocka_unit_test(labels_of_different_texts_differ),
		cmocka_unit_test(files_keep_their_order),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
