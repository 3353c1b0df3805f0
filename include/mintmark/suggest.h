/* SPDX-License-Identifier: Apache-2.0 */
/* The name that somebody who mistyped probably meant. */
#ifndef MINTMARK_SUGGEST_H
#define MINTMARK_SUGGEST_H

#include <stddef.h>

/* Names of commands, flags and options are shorter; longer ones are not compared. */
#define MM_SUGGEST_NAME_MAX 64

/*
 * How many characters must be inserted, removed, replaced or swapped with their neighbour to make `b` of `a`: the
 * optimal string alignment distance. SIZE_MAX when either is longer than MM_SUGGEST_NAME_MAX.
 */
size_t mm_edit_distance(const char *a, const char *b);

/* A search: start with {.wanted = …}, offer every known name, then read `nearest` (borrowed; NULL: nothing is near). */
struct mm_suggestion {
	const char *wanted;
	const char *nearest;
	size_t distance; /* of `nearest` */
};

/*
 * Takes `name` if it is nearer than what was offered before and near enough to be meant: one edit for each three
 * characters that were typed, or `wanted` is its beginning.
 */
void mm_suggestion_offer(struct mm_suggestion *suggestion, const char *name);

#endif
