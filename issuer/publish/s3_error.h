/* SPDX-License-Identifier: Apache-2.0 */
/* What a store says when it says no (Amazon S3 API, "REST error responses"). */
#ifndef MINTMARK_ISSUER_PUBLISH_S3_ERROR_H
#define MINTMARK_ISSUER_PUBLISH_S3_ERROR_H

#include <mintmark/bytes.h>

/* All of it is a stranger's: for lines and for comparisons. "" is what was not said. */
struct mm_s3_error {
	char code[64];     /* "NoSuchBucket" */
	char message[256]; /* a sentence in English, cut */
	char region[64];   /* that the bucket is in, as far as the body tells */
	char header[64];   /* that it will not have: of NotImplemented and InvalidArgument */
};

/* Reads the few elements that matter; what is no error of S3 gives empty texts. */
void mm_s3_error_read(struct mm_span body, struct mm_s3_error *out);

/* Whether it is about If-Match or If-None-Match: the store does not know them on a PUT. */
bool mm_s3_error_is_of_condition(long status, const struct mm_s3_error *error);

/*
 * Fails with what the store said and, where it is known, what to do about it. `region` is what was asked, `bucket_region`
 * (may be NULL) what the store says the bucket is in. MM_ENOTFOUND: NoSuchBucket; MM_ENETWORK: the store's own trouble;
 * MM_EREFUSED.
 */
enum mm_code mm_s3_error_fail(long status, const struct mm_s3_error *error, const char *region,
			      const char *bucket_region, struct mm_err *err);

#endif
