/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/support.h"

#include "cli/confirm.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct mm_call call;
static struct mm_err err;

/* Puts `fd` in the place of standard input, with nothing read ahead. */
static void become_input(int fd)
{
	assert_int_equal(dup2(fd, STDIN_FILENO), STDIN_FILENO);
	close(fd);
	rewind(stdin);
	clearerr(stdin);
	memset(&call, 0, sizeof call);
}

/* The question, asked on a terminal where `typed` is typed. */
static enum mm_code ask(const char *typed)
{
	int master = posix_openpt(O_RDWR | O_NOCTTY), terminal;
	enum mm_code code;

	assert_true(master >= 0 && grantpt(master) == 0 && unlockpt(master) == 0);
	terminal = open(ptsname(master), O_RDWR | O_NOCTTY);
	assert_true(terminal >= 0);
	become_input(terminal);
	assert_int_equal(write(master, typed, strlen(typed)), strlen(typed));
	code = mm_confirm(&call, &err);
	close(master);
	return code;
}

static void yes_goes_on(void **state)
{
	static const char *const answers[] = {"y\n", "Y\n", "yes\n", "YES\n"};
	(void)state;

	for (size_t i = 0; i < MM_COUNT(answers); i++)
		assert_ok(ask(answers[i]), &err);
}

static void any_other_answer_does_not(void **state)
{
	static const char *const answers[] = {"\n", "n\n", "no\n", "yes please\n", " y\n", "\x04"};
	(void)state;

	for (size_t i = 0; i < MM_COUNT(answers); i++) {
		assert_int_equal(ask(answers[i]), MM_EREFUSED);
		assert_string_equal(err.text, "nothing was changed: the answer was not yes");
		mm_err_clear(&err);
	}
}

static void a_long_answer_is_no_yes(void **state)
{
	char answer[200];
	(void)state;

	memset(answer, 'y', sizeof answer);
	memcpy(answer + sizeof answer - 2, "\n", 2);
	assert_fails(ask(answer), MM_EREFUSED, &err);
}

static void without_a_terminal_nobody_is_asked(void **state)
{
	int ends[2];
	(void)state;

	assert_int_equal(pipe(ends), 0);
	assert_int_equal(write(ends[1], "y\n", 2), 2);
	become_input(ends[0]);
	assert_fails(mm_confirm(&call, &err), MM_EUSAGE, &err);
	assert_string_equal(call.hint, "--yes goes on without asking");
	close(ends[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(yes_goes_on),
		cmocka_unit_test(any_other_answer_does_not),
		cmocka_unit_test(a_long_answer_is_no_yes),
		cmocka_unit_test(without_a_terminal_nobody_is_asked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
