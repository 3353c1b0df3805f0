/* SPDX-License-Identifier: Apache-2.0 */
/* Writing YAML. It is read by conf/yaml_loader.c, and as configuration alone. */
#ifndef MINTMARK_YAML_H
#define MINTMARK_YAML_H

#include <jansson.h>
#include <mintmark/bytes.h>

/*
 * Appends a JSON object or array in block style, members in order of insertion, without "---". A text that is not
 * plainly one to every reader of YAML 1.1 and 1.2 ("no", "012", "a: b") stands in quotes, as in JSON.
 */
void mm_yaml_add(struct mm_buf *out, const json_t *value);

#endif
