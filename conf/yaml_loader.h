/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The part of YAML that a configuration needs: nested mappings of scalars and of lists of scalars, flattened to
 * dotted names with their lines. Nothing is typed here; anchors, aliases, tags and several documents are refused, so
 * that a small file cannot expand into a large one.
 */
#ifndef MINTMARK_CONF_YAML_LOADER_H
#define MINTMARK_CONF_YAML_LOADER_H

#include <mintmark/bytes.h>

#define MM_YAML_DEPTH_MAX   8
#define MM_YAML_ENTRIES_MAX 512

enum mm_yaml_kind { MM_YAML_NOTHING, MM_YAML_SCALAR, MM_YAML_LIST, MM_YAML_SECTION };

struct mm_yaml_entry {
	char *name;  /* of the nested keys, joined with dots: "keys.rotate_every" */
	size_t line; /* of the key, from 1 */
	enum mm_yaml_kind kind;
	struct mm_strings values; /* one for a scalar, those of a list; none otherwise */
};

struct mm_yaml {
	struct mm_yaml_entry *entries; /* in the order of the file; a section comes before what is in it */
	size_t count;
};

/*
 * Reads `text`; `name` stands for the file in messages. MM_ECONFIG: "NAME:LINE: …" for what is not YAML, not in the
 * part above, or a repeated key. `*out` is freed by the caller.
 */
MM_MUSTCHECK enum mm_code mm_yaml_read(struct mm_span text, const char *name, struct mm_yaml **out, struct mm_err *err);
const struct mm_yaml_entry *mm_yaml_find(const struct mm_yaml *yaml, const char *name); /* NULL: not there */
void mm_yaml_free(struct mm_yaml *yaml);
MM_AUTO(mm_yaml)

#endif
