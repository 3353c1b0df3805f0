/* SPDX-License-Identifier: Apache-2.0 */
/* A small command table with every kind of flag and argument, for the tests of cli/. */
#ifndef MINTMARK_TESTS_COMMANDS_H
#define MINTMARK_TESTS_COMMANDS_H

#include "cli/command.h"

struct test_options {
	bool quick;
	bool deep;
	const char *text;
	const char *file;
	const char *dir;
	struct mm_strings list;
	int word;
	int other_word;
	const char *choice;
	const struct mm_alg *alg;
	mm_duration duration;
	mm_time time;
	const char *hidden;
};

/*
 * "plain" (no arguments), "group", "group strike" (FILE and every kind of flag), "group any" ([COMMAND]...), "shell".
 */
extern const struct mm_command *const test_commands[];
extern const struct mm_command test_strike;
extern const struct mm_command test_any;
extern const struct mm_command test_plain;

#endif
