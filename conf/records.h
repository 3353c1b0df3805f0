/* SPDX-License-Identifier: Apache-2.0 */
/* Lists of mappings: what conf/values.c has in its row of MM_OPT_RECORDS. Each value is a struct mm_records. */
#ifndef MINTMARK_CONF_RECORDS_H
#define MINTMARK_CONF_RECORDS_H

#include "conf/refuse.h"

/* As the functions of conf/values.h; the fields of each record are options of their own. */
MM_MUSTCHECK enum mm_code mm_records_set(const struct mm_option *option, void *out, const struct mm_yaml *written,
					 const struct mm_place *place, struct mm_err *err);
bool mm_records_equal(const struct mm_option *option, const void *a, const void *b);
MM_MUSTCHECK enum mm_code mm_records_copy(const struct mm_option *option, void *to, const void *from,
					  struct mm_err *err);
void mm_records_clear(const struct mm_option *option, void *value);

#endif
