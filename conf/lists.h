/* SPDX-License-Identifier: Apache-2.0 */
/* Lists of texts, and mappings of names to texts: what conf/values.c has in its rows of them. */
#ifndef MINTMARK_CONF_LISTS_H
#define MINTMARK_CONF_LISTS_H

#include "conf/refuse.h"

/* As mm_option_set; `out` is a struct mm_strings, or struct mm_pairs. The first is for lists of destinations too. */
MM_MUSTCHECK enum mm_code mm_strings_set(const struct mm_option *option, void *out, const struct mm_yaml *written,
					 const struct mm_place *place, struct mm_err *err);
MM_MUSTCHECK enum mm_code mm_command_set(const struct mm_option *option, void *out, const struct mm_yaml *written,
					 const struct mm_place *place, struct mm_err *err);
MM_MUSTCHECK enum mm_code mm_pairs_set(const struct mm_option *option, void *out, const struct mm_yaml *written,
				       const struct mm_place *place, struct mm_err *err);

/* What the option says of the number of items. */
MM_MUSTCHECK enum mm_code mm_count_check(const struct mm_option *option, const struct mm_yaml *written,
					 const struct mm_place *place, struct mm_err *err);

#endif
