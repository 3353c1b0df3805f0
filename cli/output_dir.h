/* SPDX-License-Identifier: Apache-2.0 */
/* Answers that are several files, for --output-dir. */
#ifndef MINTMARK_CLI_OUTPUT_DIR_H
#define MINTMARK_CLI_OUTPUT_DIR_H

#include "cli/command.h"

/*
 * Writes each file, name and content, into the directory `dir`, which is made unless it is there. What is there already
 * is replaced, unless it is the same. The answer on standard output is each path, and whether it was written: lines, or
 * {"files": [{"path", "written"}]}. For commands whose options begin with struct mm_common_options.
 */
MM_MUSTCHECK enum mm_code mm_output_dir_write(const struct mm_call *call, const char *dir, const struct mm_pairs *files,
					      struct mm_err *err);

#endif
