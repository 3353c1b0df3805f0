/* SPDX-License-Identifier: Apache-2.0 */
/* Places in S3, or in a store that speaks its API, as they are written: s3://BUCKET[/PREFIX]. */
#ifndef MINTMARK_S3_H
#define MINTMARK_S3_H

#include <mintmark/bytes.h>

#define MM_S3_PREFIX_MAX 900 /* bytes: a key has at most 1024, and the documents' own paths come after it */

struct mm_s3_location {
	char *bucket;
	char *prefix; /* "" or "a/b": without a slash at either end */
};

/* Whether a destination is such a location, or tries to be one: it has "://" in it. Anything else is a directory. */
bool mm_s3_location_meant(const char *text);

/*
 * The parts; `out` may be NULL. The bucket's name is one that S3 allows (Amazon S3 User Guide, "General purpose bucket
 * naming rules"). The prefix is what follows, without one slash at its end; nothing of it is decoded. It has no empty,
 * "." or ".." segments, which clients on the way would take out, no "?" or "#", which would be meant as something else,
 * and nothing that cannot be seen. MM_EPARSE, and the line says what is accepted. `*out` is {0} then.
 */
MM_MUSTCHECK enum mm_code mm_s3_location_parse(const char *text, struct mm_s3_location *out, struct mm_err *err);
void mm_s3_location_clear(struct mm_s3_location *location);
#define mm_auto_s3_location MM_CLEANUP(mm_s3_location_clear) struct mm_s3_location

/*
 * The URL of a store that speaks S3: https, or http for a loopback host; it may have a port and a path, but no query.
 * MM_EPARSE, MM_EREFUSED.
 */
MM_MUSTCHECK enum mm_code mm_s3_endpoint_check(const char *text, struct mm_err *err);
/* A region, as it stands in signatures and in AWS' host names: 1 to 63 of letters, digits, '-' and '_'. MM_EREFUSED. */
MM_MUSTCHECK enum mm_code mm_s3_region_check(const char *text, struct mm_err *err);

#endif
