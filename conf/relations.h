/* SPDX-License-Identifier: Apache-2.0 */
/* What must hold between options, once each of them is right by itself. */
#ifndef MINTMARK_CONF_RELATIONS_H
#define MINTMARK_CONF_RELATIONS_H

#include "conf/yaml_loader.h"

#include <mintmark/config.h>

/* `yaml` and `name` are what was read and where it stands. MM_ECONFIG: "NAME:LINE: KEY: WHY; accepted: Y". */
MM_MUSTCHECK enum mm_code mm_config_check_relations(const struct mm_config *config, const struct mm_yaml *yaml,
						    const char *name, struct mm_err *err);

#endif
