/* SPDX-License-Identifier: Apache-2.0 */
/* Views of bytes, a growable buffer that cleanses what it frees, and comparisons. Lengths are bytes. */
#ifndef MINTMARK_BYTES_H
#define MINTMARK_BYTES_H

#include <mintmark/attr.h>
#include <mintmark/err.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A view: owns nothing, not terminated by NUL. An absent value has p == NULL. */
struct mm_span {
	const char *p;
	size_t len;
};

static inline struct mm_span mm_span(const void *p, size_t len)
{
	return (struct mm_span){p, len};
}

struct mm_span mm_span_str(const char *text); /* NULL gives the absent span */
bool mm_span_eq(struct mm_span a, struct mm_span b);
bool mm_span_is(struct mm_span a, const char *text);
bool mm_span_starts(struct mm_span a, const char *prefix);
/*
 * The length of the character at `at` of UTF-8 that a terminal or a reader must not get as it is, and its code point in
 * `*c`; 0 when it is an ordinary one. C0 and C1 controls, line separators, and what changes the direction of the text
 * around it (CVE-2021-42574).
 */
size_t mm_unseen_at(struct mm_span text, size_t at, unsigned *c);
bool mm_utf8_valid(struct mm_span text); /* RFC 3629 §4: no surrogates, no longer forms than needed */

/*
 * A growable buffer; {0} is an empty one. After any addition p[len] is NUL. Additions do not return an error:
 * a failed allocation makes the buffer sticky-failed and later additions do nothing; ask once with mm_buf_check.
 * Whatever memory it lets go of, when growing or freed, is cleansed first.
 */
struct mm_buf {
	char *p;
	size_t len;
	size_t cap;
	bool failed;
};

void mm_buf_add(struct mm_buf *buf, const void *bytes, size_t len);
void mm_buf_add_str(struct mm_buf *buf, const char *text);
void mm_buf_add_span(struct mm_buf *buf, struct mm_span span);
void mm_buf_add_int(struct mm_buf *buf, int64_t value); /* decimal, without printf: for hot paths */
/* A finite number in the fewest digits that read back the same, as Go and JavaScript write it: 0.1, 1e+21. */
void mm_buf_add_double(struct mm_buf *buf, double value);
void mm_buf_printf(struct mm_buf *buf, const char *format, ...) MM_PRINTF(2, 3);
void mm_buf_add_hex(struct mm_buf *buf, const uint8_t *bytes, size_t len); /* two lower-case digits for each */
/*
 * The text as Go's %q writes it, which is how Kubernetes shows names: in quotes, with \n, \x7f, \u202e for what
 * mm_unseen_at finds and for bytes that are no UTF-8. What is longer than MM_QUOTED_MAX bytes is cut and ends in "...".
 */
#define MM_QUOTED_MAX 256
void mm_buf_add_quoted(struct mm_buf *buf, struct mm_span text);
/* Room for `len` more bytes at the end; NULL when failed. The caller writes them and adds to buf->len. */
char *mm_buf_reserve(struct mm_buf *buf, size_t len);
void mm_buf_reset(struct mm_buf *buf); /* len = 0, memory kept, failure forgotten */
MM_MUSTCHECK enum mm_code mm_buf_check(const struct mm_buf *buf, struct mm_err *err); /* MM_OK or MM_ENOMEM */
struct mm_span mm_buf_span(const struct mm_buf *buf);
/* The bytes as a string that the caller frees with free(); the buffer is empty afterwards. NULL when failed. */
char *mm_buf_take(struct mm_buf *buf);
void mm_buf_free(struct mm_buf *buf);
#define mm_auto_buf MM_CLEANUP(mm_buf_free) struct mm_buf

/* One owned string, or NULL: there is none. */
void mm_string_free(char **text); /* for MM_CLEANUP */
#define mm_auto_string MM_CLEANUP(mm_string_free) char *
bool mm_string_eq(const char *a, const char *b); /* also when both are NULL */
/* A copy of `text`, which may be NULL, takes the place of what `*to` held; that is left alone on MM_ENOMEM. */
MM_MUSTCHECK enum mm_code mm_string_set(char **to, const char *text, struct mm_err *err);

/* A list of owned strings; {0} is an empty one. */
struct mm_strings {
	char **v;
	size_t n;
};

MM_MUSTCHECK enum mm_code mm_strings_add(struct mm_strings *list, const char *text, struct mm_err *err);
bool mm_strings_has(const struct mm_strings *list, const char *text);
bool mm_strings_eq(const struct mm_strings *a, const struct mm_strings *b); /* the same texts in the same order */
/* What `to` held before is freed; on MM_ENOMEM it holds the first few. */
MM_MUSTCHECK enum mm_code mm_strings_copy(struct mm_strings *to, const struct mm_strings *from, struct mm_err *err);
void mm_strings_free(struct mm_strings *list);
#define mm_auto_strings MM_CLEANUP(mm_strings_free) struct mm_strings

/* Names and texts as they were written, in order; for mappings with keys of any kind. */
struct mm_pairs {
	struct mm_strings names, values;
};

/* The value of the first of that name; NULL: there is none. */
const char *mm_pairs_find(const struct mm_pairs *pairs, const char *name);
void mm_pairs_free(struct mm_pairs *pairs);
#define mm_auto_pairs MM_CLEANUP(mm_pairs_free) struct mm_pairs

#endif
