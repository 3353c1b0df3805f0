/* SPDX-License-Identifier: Apache-2.0 */
/* How a value of a request stands to one of a policy, by the type of the operator. */
#ifndef MINTMARK_ISSUER_IAM_IAM_COMPARE_H
#define MINTMARK_ISSUER_IAM_IAM_COMPARE_H

#include <mintmark/bytes.h>

/* `got` is less than `wanted`, … Types without an order know EQUAL and OTHER alone. */
enum mm_iam_order {
	MM_IAM_LESS = 1,
	MM_IAM_EQUAL = 2,
	MM_IAM_GREATER = 4,
	MM_IAM_OTHER = 8,
	MM_IAM_UNREADABLE = 16, /* one of them is not of the type: whether they are equal cannot be said */
};

/* `wanted` is a pattern of mm_iam_expand: wildcards are MM_IAM_RUN and MM_IAM_ONE_CHARACTER. */
enum mm_iam_order mm_iam_compare_text(struct mm_span wanted, const char *got);
enum mm_iam_order mm_iam_compare_text_without_case(struct mm_span wanted, const char *got); /* of ASCII */
/* Both have six parts between colons, each matched by itself; the last may have colons of its own. */
enum mm_iam_order mm_iam_compare_arn(struct mm_span wanted, const char *got);

/* The others are plain text. */
enum mm_iam_order mm_iam_compare_number(struct mm_span wanted, const char *got); /* "-12.50": exact, of any length */
/* A W3C date and time ("2026", "2026-11-22T00:15Z", …), or seconds since the epoch; years from 1970 to 9999. */
enum mm_iam_order mm_iam_compare_date(struct mm_span wanted, const char *got);
enum mm_iam_order mm_iam_compare_bool(struct mm_span wanted, const char *got);
enum mm_iam_order mm_iam_compare_binary(struct mm_span wanted, const char *got); /* base64, and bytes */
enum mm_iam_order mm_iam_compare_ip(struct mm_span wanted, const char *got);     /* a range, and an address */

/* "true" or "false", without regard to case. */
bool mm_iam_read_bool(struct mm_span text, bool *out);

#endif
