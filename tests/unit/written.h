/* SPDX-License-Identifier: Apache-2.0 */
/* For the tests of conf/: options that are set to what would be written in the file. */
#ifndef MINTMARK_TESTS_WRITTEN_H
#define MINTMARK_TESTS_WRITTEN_H

#include <mintmark/config.h>

/* All zeros, and nothing read; freed by the caller. */
struct mm_config *written_config_new(void);

/* Sets the option `name` to what `yaml` says, as if it stood in line 1 of f.yaml, in the folder /base. */
MM_MUSTCHECK enum mm_code written_set(struct mm_config *config, const char *name, const char *yaml, struct mm_err *err);
void written_accept(struct mm_config *config, const char *name, const char *yaml);
/* It is refused with `part` in the line, which says what would be accepted; nothing is set. */
void written_refuse(const char *name, const char *yaml, const char *part);

/* Parses the text as f.yaml in the folder /base; freed by the caller. And what must be refused, with `part`. */
struct mm_config *written_parse(const char *text);
void written_parse_refuse(const char *text, const char *part);

#endif
