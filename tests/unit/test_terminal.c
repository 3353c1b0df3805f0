/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/support.h"

#include "cli/terminal.h"

#include <fcntl.h>
#include <pty.h>
#include <stdlib.h>
#include <unistd.h>

static const char *const names[] = {"COLUMNS", "LC_ALL", "LC_CTYPE", "LANG", "NO_COLOR", "TERM"};

static int forget_environment(void **state)
{
	(void)state;

	for (size_t i = 0; i < MM_COUNT(names); i++)
		unsetenv(names[i]);
	return 0;
}

static struct mm_terminal of_nothing(void)
{
	int fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
	struct mm_terminal terminal = mm_terminal_of(fd);

	close(fd);
	return terminal;
}

static void what_is_no_terminal_has_80_columns_and_no_colour(void **state)
{
	(void)state;

	setenv("TERM", "xterm", 1);
	assert_int_equal(of_nothing().columns, 80);
	assert_false(of_nothing().colour);
}

static void columns_are_those_of_the_environment_within_limits(void **state)
{
	static const struct {
		const char *text;
		size_t columns;
	} rows[] = {{"132", 132}, {"1", 20}, {"100000", 1000}, {"-5", 1000}, {"wide", 80}, {"", 80}};
	(void)state;

	for (size_t i = 0; i < MM_COUNT(rows); i++) {
		setenv("COLUMNS", rows[i].text, 1);
		assert_int_equal(of_nothing().columns, rows[i].columns);
	}
}

static void the_first_variable_of_the_locale_that_is_set_decides(void **state)
{
	(void)state;

	assert_false(of_nothing().utf8);
	setenv("LANG", "de_DE.utf8", 1);
	assert_true(of_nothing().utf8);
	setenv("LC_CTYPE", "C", 1);
	assert_false(of_nothing().utf8);
	setenv("LC_ALL", "C.UTF-8", 1);
	assert_true(of_nothing().utf8);
	setenv("LC_ALL", "", 1);
	assert_false(of_nothing().utf8);
}

static void a_terminal_has_its_own_width_and_colour_unless_told_otherwise(void **state)
{
	struct winsize size = {.ws_col = 97, .ws_row = 30};
	int master, slave;
	(void)state;

	assert_int_equal(openpty(&master, &slave, NULL, NULL, &size), 0);
	setenv("COLUMNS", "40", 1);
	setenv("TERM", "xterm", 1);
	assert_int_equal(mm_terminal_of(slave).columns, 97);
	assert_true(mm_terminal_of(slave).colour);
	setenv("NO_COLOR", "1", 1);
	assert_false(mm_terminal_of(slave).colour);
	setenv("NO_COLOR", "", 1);
	setenv("TERM", "dumb", 1);
	assert_false(mm_terminal_of(slave).colour);
	unsetenv("TERM");
	assert_false(mm_terminal_of(slave).colour);
	close(master);
	close(slave);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(what_is_no_terminal_has_80_columns_and_no_colour, forget_environment),
		cmocka_unit_test_setup(columns_are_those_of_the_environment_within_limits, forget_environment),
		cmocka_unit_test_setup(the_first_variable_of_the_locale_that_is_set_decides, forget_environment),
		cmocka_unit_test_setup(a_terminal_has_its_own_width_and_colour_unless_told_otherwise,
				       forget_environment),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
