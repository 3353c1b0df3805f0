/* SPDX-License-Identifier: Apache-2.0 */
/* The quick way through JSON as programs write it; for json.c, and for the tests that hold it against jansson. */
#ifndef MINTMARK_BASE_JSON_PLAIN_H
#define MINTMARK_BASE_JSON_PLAIN_H

#include <jansson.h>
#include <mintmark/bytes.h>

/*
 * The object that `text` is, as jansson reads it with JSON_REJECT_DUPLICATES; freed by json_decref. NULL says nothing
 * of the text: it is not plain (it has escapes, real or negative numbers, or more than 18 digits), or it is wrong, or
 * nested deeper than MM_JSON_DEPTH_MAX, or there is no memory.
 */
json_t *mm_json_plain(struct mm_span text);

#endif
