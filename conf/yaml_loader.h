/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The part of YAML that a configuration needs: a tree of mappings, lists and scalars, with their lines. Nothing is
 * typed here, and which keys there may be is for the reader of the tree to say. Anchors, aliases, tags and several
 * documents are refused, so that a small file cannot expand into a large tree.
 */
#ifndef MINTMARK_CONF_YAML_LOADER_H
#define MINTMARK_CONF_YAML_LOADER_H

#include <mintmark/bytes.h>

#define MM_YAML_DEPTH_MAX 8
#define MM_YAML_NODES_MAX 262144 /* of a file */
#define MM_YAML_KEYS_MAX  256    /* of one mapping */

enum mm_yaml_kind { MM_YAML_NOTHING, MM_YAML_SCALAR, MM_YAML_LIST, MM_YAML_MAPPING };

struct mm_yaml {
	char *key;   /* what stands before the colon, as it is; NULL: an item of a list, or the top */
	size_t line; /* where the key or the item begins, from 1 */
	enum mm_yaml_kind kind;
	char *text; /* of a scalar */
	size_t count;
	struct mm_yaml *items; /* of a list or mapping, in the order of the file; keys are different and not empty */
};

/*
 * Reads `text`; `name` stands for the file in messages. MM_ECONFIG: "NAME:LINE: …" for what is not YAML, not in the
 * part above, over a limit, or a repeated key. `*out` is a mapping, empty for an empty file; freed by the caller.
 */
MM_MUSTCHECK enum mm_code mm_yaml_read(struct mm_span text, const char *name, struct mm_yaml **out, struct mm_err *err);
void mm_yaml_free(struct mm_yaml *yaml);
MM_AUTO(mm_yaml)

#endif
