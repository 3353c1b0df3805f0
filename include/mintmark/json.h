/* SPDX-License-Identifier: Apache-2.0 */
/* Reading untrusted JSON, and writing JSON as Go's encoding/json would, on top of jansson. */
#ifndef MINTMARK_JSON_H
#define MINTMARK_JSON_H

#include <jansson.h>
#include <mintmark/bytes.h>

#define MM_JSON_DEPTH_MAX 16

/*
 * Parses one JSON object; `*out` is owned by the caller (json_decref).
 * MM_ELIMIT: more than `max_len` bytes, or nested deeper than MM_JSON_DEPTH_MAX (checked before anything recurses).
 * MM_EPARSE: not an object, not UTF-8, a byte order mark, NUL (also as \u0000), trailing bytes, duplicate members
 * (also when escaped, RFC 7515 §4), numbers beyond 64-bit integers or finite doubles; line and column are named.
 */
MM_MUSTCHECK enum mm_code mm_json_load(struct mm_span text, size_t max_len, json_t **out, struct mm_err *err);

/*
 * Typed members of an object. MM_ENOTFOUND: absent. MM_EPARSE: present with another type; the line names the member
 * and both types. The string stays owned by `object`. Integers are JSON integers: 1.0 and 1e3 are refused.
 */
MM_MUSTCHECK enum mm_code mm_json_get_string(const json_t *object, const char *name, const char **out,
					     struct mm_err *err);
MM_MUSTCHECK enum mm_code mm_json_get_int(const json_t *object, const char *name, int64_t *out, struct mm_err *err);

/* A member's text, for what was checked before, or is judged: NULL when it is absent or of another type. */
const char *mm_json_text(const json_t *object, const char *name);

/*
 * `array` with `item` at its end, both taken over. NULL when one of them is NULL or there is no memory; the other is
 * freed then. So a list is built in a loop, and asked once whether it was.
 */
json_t *mm_json_append(json_t *array, json_t *item);

/* Compact text, members sorted when `sorted`, else in order of insertion. */
MM_MUSTCHECK enum mm_code mm_json_dump(const json_t *value, bool sorted, struct mm_buf *out, struct mm_err *err);

/* The same for people: two spaces of indentation and a newline at the end. */
MM_MUSTCHECK enum mm_code mm_json_dump_pretty(const json_t *value, struct mm_buf *out, struct mm_err *err);

/*
 * Appends `text`, which must be valid UTF-8, as a JSON string with its quotes, escaped as Go's encoding/json does,
 * which writes Kubernetes' tokens: also <, >, &, U+2028 and U+2029 as \uXXXX.
 */
void mm_json_add_string(struct mm_buf *buf, const char *text);

/*
 * The same for a line that people read too, and for whatever text: what must not be seen raw (mm_unseen_at) is escaped,
 * and if it is not UTF-8, each foreign byte becomes a question mark.
 */
void mm_json_add_text(struct mm_buf *buf, const char *text);

/* Appends any value, members sorted at every level and strings escaped as above. MM_ELIMIT: nested too deeply. */
MM_MUSTCHECK enum mm_code mm_json_add_value(struct mm_buf *buf, const json_t *value, struct mm_err *err);

#endif
