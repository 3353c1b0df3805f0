/* SPDX-License-Identifier: Apache-2.0 */
/* What must hold between options, once each of them is right by itself. */
#ifndef MINTMARK_CONF_RELATIONS_H
#define MINTMARK_CONF_RELATIONS_H

#include <mintmark/config.h>

/* `config` knows its name and lines. MM_ECONFIG: "NAME:LINE: KEY: WHY; accepted: Y". */
MM_MUSTCHECK enum mm_code mm_config_check_relations(const struct mm_config *config, struct mm_err *err);

#endif
