/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Values of a policy with wildcards and variables. A pattern is text in which a wildcard is a byte that no UTF-8 has:
 * a star which came from a variable, or was written ${*}, is a star.
 */
#ifndef MINTMARK_ISSUER_IAM_IAM_PATTERN_H
#define MINTMARK_ISSUER_IAM_IAM_PATTERN_H

#include <mintmark/iam.h>

#define MM_IAM_RUN           '\xff' /* "*": any number of characters, none included */
#define MM_IAM_ONE_CHARACTER '\xfe' /* "?" */

/* What is to be replaced in a value, and by what. */
struct mm_iam_expansion {
	bool wildcards;
	/* The value of a variable: the only one of that key; NULL: it has none. NULL: ${…} is plain text. */
	const char *(*value)(const void *arg, struct mm_span name);
	/* Whether one without a value has none in any such request, so that its default counts. NULL: each. */
	bool (*knows)(const void *arg, struct mm_span name);
	const void *arg;
};

/*
 * Appends the pattern. False: a variable has no value in this request and no default that counts, so that nothing can match
 * ("any attempt to match it fails and causes the statement to be invalid"), or is not closed.
 */
bool mm_iam_expand(const struct mm_iam_expansion *expansion, const char *value, struct mm_buf *out);

/* Whether all of `text` fits; the time is bounded by the product of both lengths, whatever the stars. */
bool mm_iam_pattern_match(struct mm_span pattern, struct mm_span text);

/* The same for a pattern as it is written, with * and ?. */
bool mm_iam_like(struct mm_span pattern, struct mm_span text);
/* The same for actions, of which case does not count. */
bool mm_iam_action_match(const char *pattern, const char *action);

#endif
