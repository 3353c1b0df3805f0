/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/support.h"

#include "cli/help.h"
#include "cli/run.h"
#include "tests/unit/commands.h"

#include <string.h>

static char *help_of(const struct mm_command *command)
{
	struct mm_buf text = {0};

	mm_help_write(test_commands, command, &text);
	assert_ok(mm_buf_check(&text, NULL), NULL);
	return mm_buf_take(&text);
}

static void the_program_lists_what_is_at_the_top(void **state)
{
	mm_auto_string text = help_of(NULL);
	(void)state;

	assert_contains(text, "\n  plain             do nothing\n");
	assert_contains(text, "\n  group             several commands\n");
	assert_null(strstr(text, "strike"));
}

static void a_group_lists_what_is_in_it(void **state)
{
	mm_auto_string text = help_of(mm_command_find(test_commands, "group"));
	(void)state;

	assert_contains(text, "mintmark group - several commands\n");
	assert_contains(text, "\n  strike            strike a coin\n");
	assert_contains(text, "\n  any               take anything\n");
	assert_null(strstr(text, "do nothing"));
}

static void a_command_shows_usage_and_flags(void **state)
{
	mm_auto_string text = help_of(&test_strike);
	(void)state;

	assert_contains(text, "Usage:\n  mintmark group strike FILE [TOKEN|-] [flags]\n\nStrikes a coin.\n\nA second");
	assert_contains(text, "\n  -q, --quick                 do not wait\n");
	assert_contains(text, "\n  -t, --text TEXT             it's any text: with a colon (required)\n");
	assert_contains(text, "\n      --item ITEM             an item (may be repeated)\n");
	assert_contains(text, "\n  -w, --word WORD             a word: one, two or three (default: two)\n");
	assert_contains(text, "\n      --algorithm ALG         an algorithm: RS256, RS384");
	assert_contains(text, "\n      --duration DURATION     a duration (default: 90s)\n");
	assert_contains(text, "\n  -h, --help                  this help\n");
	assert_contains(text,
			"\n\nMetals:\n  gold                   a heavy one\n  silver                 a light one\n");
}

static void hidden_flags_are_not_shown(void **state)
{
	mm_auto_string text = help_of(&test_strike);
	(void)state;

	assert_null(strstr(text, "secret"));
}

static void no_line_is_longer_than_80_columns(void **state)
{
	(void)state;

	for (const struct mm_command *const *row = test_commands; *row; row++) {
		mm_auto_string text = help_of(*row);

		for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n"))
			assert_in_range(strlen(line), 0, MM_HELP_COLUMNS);
	}
}

static void lines_end_without_spaces(void **state)
{
	(void)state;

	for (const struct mm_command *const *row = test_commands; *row; row++) {
		mm_auto_string text = help_of(*row);

		assert_null(strstr(text, " \n"));
	}
}

static void commands_know_their_group_and_their_last_word(void **state)
{
	const struct mm_command *group = mm_command_find(test_commands, "group");
	(void)state;

	assert_true(mm_command_in(&test_strike, group));
	assert_false(mm_command_in(&test_strike, NULL));
	assert_true(mm_command_in(group, NULL));
	assert_false(mm_command_in(group, group));
	assert_false(mm_command_in(&test_plain, group));
	assert_string_equal(mm_command_word(&test_strike), "strike");
	assert_string_equal(mm_command_word(&test_plain), "plain");
	assert_null(mm_command_find(test_commands, "strike"));
	assert_ptr_equal(mm_command_find(test_commands, "group strike"), &test_strike);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_program_lists_what_is_at_the_top),
		cmocka_unit_test(a_group_lists_what_is_in_it),
		cmocka_unit_test(a_command_shows_usage_and_flags),
		cmocka_unit_test(hidden_flags_are_not_shown),
		cmocka_unit_test(no_line_is_longer_than_80_columns),
		cmocka_unit_test(lines_end_without_spaces),
		cmocka_unit_test(commands_know_their_group_and_their_last_word),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
