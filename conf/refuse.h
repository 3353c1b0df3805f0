/* SPDX-License-Identifier: Apache-2.0 */
/* The lines for what stands wrong in the file, and what each text of an option has to fit. */
#ifndef MINTMARK_CONF_REFUSE_H
#define MINTMARK_CONF_REFUSE_H

#include "conf/yaml_loader.h"

#include <mintmark/option.h>

/* Where a value stands: for messages, and for what is relative to it. */
struct mm_place {
	const char *file;     /* as messages call it */
	const char *base_dir; /* what relative paths are joined to */
	const char *name;     /* of the option in full: "rules[1].may" */
};

/* A path that is written there as it is from the process's own directory. MM_ENOMEM is in the buffer. */
void mm_place_join(const struct mm_place *place, const char *path, struct mm_buf *out);

/*
 * MM_ECONFIG with 'FILE:LINE: NAME: found "X": WHY; accepted: ACCEPTS'. The line, and what was found, are those of
 * `written`; `why` is the broken rule, or "".
 */
enum mm_code mm_written_refuse(const struct mm_yaml *written, const char *why, const char *accepts,
			       const struct mm_place *place, struct mm_err *err);
/* Likewise with what the option accepts. */
enum mm_code mm_value_refuse(const struct mm_option *option, const struct mm_yaml *written, const char *why,
			     const struct mm_place *place, struct mm_err *err);

/* Whether `written` is a text, one of the option's words, and fits its further rule; as mm_value_refuse otherwise. */
MM_MUSTCHECK enum mm_code mm_text_check(const struct mm_option *option, const struct mm_yaml *written,
					const struct mm_place *place, struct mm_err *err);

#endif
