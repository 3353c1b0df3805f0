/* SPDX-License-Identifier: Apache-2.0 */
/* The command line, parsed by a command's rows. */
#ifndef MINTMARK_CLI_ARGS_H
#define MINTMARK_CLI_ARGS_H

#include "cli/command.h"

extern const struct mm_flag mm_no_flags[];

struct mm_args {
	const struct mm_command *command;
	void *options;     /* command->options_size bytes, zero where nothing was given */
	char **positional; /* the array is owned, the texts are argv's */
	size_t count;
	bool help; /* -h or --help: nothing else was checked then */
};

/*
 * Parses what follows the command's name: "--flag=value", "--flag value", "-f value", "-fvalue", "-f=value", flags and
 * arguments in any order, nothing but arguments after "--"; "-" is an argument, and so is a kid where KID is one.
 * MM_EUSAGE: an unknown flag (the nearest known one is named), a missing, superfluous, empty or wrong value, a flag
 * given twice that is no list, a required flag or argument missing, an argument too many. `*out` is cleared by the
 * caller, also after a failure.
 */
MM_MUSTCHECK enum mm_code mm_args_parse(const struct mm_command *command, int argc, char **argv, struct mm_args *out,
					struct mm_err *err);
void mm_args_clear(struct mm_args *args);
#define mm_auto_args MM_CLEANUP(mm_args_clear) struct mm_args

/* How many arguments the row allows, from its text; SIZE_MAX: any number. */
void mm_arguments_count(const char *arguments, size_t *least, size_t *most);

#endif
