/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/support.h"

#include "cli/findings.h"

static struct mm_findings findings;

static int fill(void **state)
{
	(void)state;
	mm_finding_add(&findings, MM_FINDING_PASS, "chain.order", NULL, "the chain is in order");
	mm_finding_add(&findings, MM_FINDING_SKIP, "chain.names", "name the host", "there is no name to look for");
	mm_finding_add(&findings, MM_FINDING_WARN, "chain.leaf-only", "serve the intermediate too", "one certificate");
	mm_finding_add(&findings, MM_FINDING_FAIL, "x", NULL, "expired");
	return 0;
}

static int empty(void **state)
{
	(void)state;
	mm_findings_free(&findings);
	return 0;
}

static void assert_table(enum mm_finding_level least, bool colour, const char *expected)
{
	mm_auto_buf text = {0};

	mm_findings_add_text(&text, &findings, least, colour);
	assert_string_equal(text.p ? text.p : "", expected);
}

static void a_table_has_level_name_and_text_in_columns_and_the_remedy_below(void **state)
{
	(void)state;

	assert_table(MM_FINDING_PASS, false,
		     "pass  chain.order      the chain is in order\n"
		     "skip  chain.names      there is no name to look for\n"
		     "                       name the host\n"
		     "warn  chain.leaf-only  one certificate\n"
		     "                       serve the intermediate too\n"
		     "fail  x                expired\n");
}

static void what_is_less_than_asked_for_is_left_out_and_takes_no_room(void **state)
{
	(void)state;

	assert_table(MM_FINDING_FAIL, false, "fail  x  expired\n");
}

static void only_the_level_has_a_colour(void **state)
{
	(void)state;

	assert_table(MM_FINDING_FAIL, true, "\x1b[31mfail\x1b[0m  x  expired\n");
}

static void nothing_found_is_an_empty_table_and_an_empty_array(void **state)
{
	json_t *json;
	(void)state;

	mm_findings_free(&findings);
	assert_table(MM_FINDING_PASS, true, "");
	json = mm_findings_json(&findings);
	assert_true(json_is_array(json));
	assert_int_equal(json_array_size(json), 0);
	json_decref(json);
}

static void for_programs_there_are_all_of_them_with_every_member(void **state)
{
	json_t *json = mm_findings_json(&findings);
	json_t *wanted = json_loads("[{\"check\": \"chain.order\", \"level\": \"pass\", \"text\": \"the chain is in "
				    "order\", \"remedy\": null}, {\"check\": \"chain.names\", \"level\": \"skip\", "
				    "\"text\": \"there is no name to look for\", \"remedy\": \"name the host\"}, "
				    "{\"check\": \"chain.leaf-only\", \"level\": \"warn\", \"text\": \"one "
				    "certificate\", \"remedy\": \"serve the intermediate too\"}, {\"check\": \"x\", "
				    "\"level\": \"fail\", \"text\": \"expired\", \"remedy\": null}]",
				    0, NULL);
	(void)state;

	assert_non_null(wanted);
	assert_true(json_equal(json, wanted));
	json_decref(json);
	json_decref(wanted);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fill, empty)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_table_has_level_name_and_text_in_columns_and_the_remedy_below),
		TEST(what_is_less_than_asked_for_is_left_out_and_takes_no_room),
		TEST(only_the_level_has_a_colour),
		TEST(nothing_found_is_an_empty_table_and_an_empty_array),
		TEST(for_programs_there_are_all_of_them_with_every_member),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
