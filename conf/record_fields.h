/* SPDX-License-Identifier: Apache-2.0 */
/* The fields of the records that the configuration has lists of; each up to a row without a name. */
#ifndef MINTMARK_CONF_RECORD_FIELDS_H
#define MINTMARK_CONF_RECORD_FIELDS_H

#include <mintmark/option.h>

extern const struct mm_option mm_rule_fields[];    /* struct mm_rule_record */
extern const struct mm_option mm_account_fields[]; /* struct mm_account_record */
extern const struct mm_option mm_object_fields[];  /* struct mm_object_record */

#endif
