/* SPDX-License-Identifier: Apache-2.0 */
/* Answers that are several files, for --output-dir. */
#ifndef MINTMARK_CLI_OUTPUT_DIR_H
#define MINTMARK_CLI_OUTPUT_DIR_H

#include <jansson.h>
#include <mintmark/bytes.h>

/*
 * Writes each file, name and content, into the directory `dir`, which is made unless it is there. What is there already
 * is replaced, unless it is the same. Appends what was done, for an answer: lines to `text`, "PATH written" or "PATH
 * unchanged", and to the array `json` (NULL: none is wanted) objects {"name", "path", "written"}. The errors of
 * mm_dir_make and mm_file_update.
 */
MM_MUSTCHECK enum mm_code mm_output_dir_write(const char *dir, const struct mm_pairs *files, struct mm_buf *text,
					      json_t *json, struct mm_err *err);

#endif
