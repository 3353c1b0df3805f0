/* SPDX-License-Identifier: Apache-2.0 */
/* What must hold in a record between its fields, and between the records of a list. */
#ifndef MINTMARK_CONF_RECORD_RELATIONS_H
#define MINTMARK_CONF_RECORD_RELATIONS_H

#include <mintmark/config.h>

/* MM_ECONFIG: "NAME:LINE: rules[1]: WHY; accepted: Y". */
MM_MUSTCHECK enum mm_code mm_rule_records_check(const struct mm_config *config, struct mm_err *err);
MM_MUSTCHECK enum mm_code mm_account_records_check(const struct mm_config *config, struct mm_err *err);
MM_MUSTCHECK enum mm_code mm_object_records_check(const struct mm_config *config, struct mm_err *err);

#endif
