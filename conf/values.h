/* SPDX-License-Identifier: Apache-2.0 */
/* Values of options: from the text in the file into the struct, compared, and freed. One row for each type. */
#ifndef MINTMARK_CONF_VALUES_H
#define MINTMARK_CONF_VALUES_H

#include <mintmark/config.h>

/*
 * Sets the option from its written value: one text, or any number of them for a list. Paths that are relative
 * are joined to `base_dir`. A value that was set before is freed. MM_ECONFIG: 'found "X"; accepted: Y', or
 * 'found "X": WHY; accepted: Y' where a further rule was broken.
 */
MM_MUSTCHECK enum mm_code mm_option_set(const struct mm_option *option, struct mm_config *config,
					const struct mm_strings *texts, const char *base_dir, struct mm_err *err);

bool mm_option_equal(const struct mm_option *option, const struct mm_config *a, const struct mm_config *b);
MM_MUSTCHECK enum mm_code mm_option_copy(const struct mm_option *option, struct mm_config *to,
					 const struct mm_config *from, struct mm_err *err);
void mm_option_clear(const struct mm_option *option, struct mm_config *config);

#endif
