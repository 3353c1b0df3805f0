/* SPDX-License-Identifier: Apache-2.0 */
/* From a mapping in the file into a struct, as a table of options says: the whole configuration, or one record. */
#ifndef MINTMARK_CONF_MAPPING_H
#define MINTMARK_CONF_MAPPING_H

#include "conf/values.h"

struct mm_option_table {
	const struct mm_option *rows; /* a name with a dot is one of a mapping in the mapping: "keys.algorithm" */
	size_t count;
};

/*
 * Fills `base`, which is all zeros or was filled before, from `mapping`, with defaults for what is not written.
 * `lines[row]` becomes the line where each option stands, 0 for a default. `place->name` stands before the names in
 * messages: "" for the top. MM_ECONFIG: "FILE:LINE: NAME: …" for an unknown key, with the nearest known one, a value
 * that is not accepted, and one that is missing.
 */
MM_MUSTCHECK enum mm_code mm_mapping_read(const struct mm_option_table *table, const struct mm_yaml *mapping,
					  void *base, size_t lines[], const struct mm_place *place, struct mm_err *err);

#endif
