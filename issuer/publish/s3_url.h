/* SPDX-License-Identifier: Apache-2.0 */
/* Where the objects of a bucket are. */
#ifndef MINTMARK_ISSUER_PUBLISH_S3_URL_H
#define MINTMARK_ISSUER_PUBLISH_S3_URL_H

#include <mintmark/bytes.h>

/*
 * Appends the URL of the bucket, without a slash at its end. With an endpoint "ENDPOINT/BUCKET"; of AWS (NULL)
 * "https://BUCKET.s3.REGION.amazonaws.com", or the bucket in the path where a dot in its name would be beyond the
 * wildcard of AWS' certificate. All were checked (s3.h).
 */
void mm_s3_add_bucket_url(struct mm_buf *out, const char *bucket, const char *endpoint, const char *region);

/*
 * Appends "/KEY", encoded as SigV4 has it: everything but letters, digits, - . _ ~ and the slash (Amazon S3 API,
 * "Authenticating Requests: Using the Authorization Header", UriEncode). libcurl signs the path as it finds it.
 */
void mm_s3_add_key(struct mm_buf *out, const char *key);

#endif
