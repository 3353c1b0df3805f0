/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Values of options: from what stands in the file into a struct, compared, copied, and freed. One row for each type.
 * The struct, `base`, is a struct mm_config, or a record as an option's fields say.
 */
#ifndef MINTMARK_CONF_VALUES_H
#define MINTMARK_CONF_VALUES_H

#include "conf/refuse.h"

/*
 * Sets the option from what is written. A value that was set before is freed; one that is not accepted leaves it.
 * MM_ECONFIG: 'FILE:LINE: NAME: found X; accepted: Y', see mm_written_refuse.
 */
MM_MUSTCHECK enum mm_code mm_option_set(const struct mm_option *option, void *base, const struct mm_yaml *written,
					const struct mm_place *place, struct mm_err *err);

bool mm_option_equal(const struct mm_option *option, const void *a, const void *b);
MM_MUSTCHECK enum mm_code mm_option_copy(const struct mm_option *option, void *to, const void *from,
					 struct mm_err *err);
void mm_option_clear(const struct mm_option *option, void *base);

#endif
